"""What remote.sh says: lines "@pswarm HOST KIND REST"."""

import json
import math
from typing import NamedTuple

_MARK = "@pswarm "
_KINDS = ("up", "missing", "program", "at", "complete", "failed", "ended", "gone", "said")
_LONGEST = 64 * 1024
MOST_WORDS = 500  # characters of a reason; whatever a host says, a table has to be readable


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


def _number(value):
    """A size or a rate. Raises ValueError or OverflowError where it is none."""
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(value)
    return max(0.0, number)


def parse_place(text):
    """None where it is none. The host may say anything."""
    try:
        told = json.loads(text)
        size, rates = _number(told["size"]), [(str(one["address"]), _number(one["rate"])) for one in told["from"]]
        total = sum(rate for _, rate in rates)
        share = min(1.0, _number(told["stored_bytes"]) / size) if size else None
        return Place(
            complete=bool(told["complete"]),
            content_id=str(told["content_id"] or ""),
            share=1.0 if told["complete"] else share,
            received=_number(told["received_rate"]),
            sent=_number(told["sent_rate"]),
            address=str(told["address"] or ""),
            sources=[(address, rate / total) for address, rate in rates if total > 0],
            stuck=str(told["stuck"] or "")[:MOST_WORDS],
            fetched=int(_number(told["received_bytes"])),
        )
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError):
        return None
