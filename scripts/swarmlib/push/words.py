"""What remote.sh says: lines "@pswarm HOST KIND REST"."""

import json
from typing import NamedTuple

_MARK = "@pswarm "
_KINDS = ("up", "missing", "program", "at", "complete", "failed", "ended", "gone", "said")
_LONGEST = 64 * 1024


class Word(NamedTuple):
    host: str
    kind: str  # one of _KINDS
    rest: str


def parse_word(line):
    """The word of a line, or None for a line of somebody else's, such as a greeting."""
    if not line.startswith(_MARK) or len(line) > _LONGEST:
        return None
    host, _, said = line.removeprefix(_MARK).partition(" ")
    kind, _, rest = said.partition(" ")
    return Word(host, kind, rest) if host and kind in _KINDS else None


class Place(NamedTuple):
    """How far a host is: the object of --json-progress, as far as it is understood (docs/STATUS.md)."""

    complete: bool
    content_id: str
    share: float | None
    received: float
    sent: float
    address: str
    sources: list  # (address, share of the bytes), best first
    stuck: str
    fetched: int  # bytes that came in this run


def parse_place(text):
    """None where it is none."""
    try:
        told = json.loads(text)
        size, rates = told["size"], [(str(one["address"]), float(one["rate"])) for one in told["from"]]
        total = sum(rate for _, rate in rates)
        share = min(1.0, max(0.0, told["stored_bytes"] / size)) if size else None
        return Place(
            complete=bool(told["complete"]),
            content_id=str(told["content_id"] or ""),
            share=1.0 if told["complete"] else share,
            received=float(told["received_rate"]),
            sent=float(told["sent_rate"]),
            address=str(told["address"] or ""),
            sources=[(address, rate / total) for address, rate in rates if total > 0],
            stuck=str(told["stuck"] or ""),
            fetched=int(told["received_bytes"]),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        return None
