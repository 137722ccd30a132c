"""What `swarm top` shows: a table redrawn in place that fits its terminal, or plain lines where there is none."""

import os
import textwrap
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from .status import printable
from .table import Display, LiveTable, sources_text
from .units import rate_text

_COLOUR_OF_STATE = {"seed": "36", "leeching": "33", "complete": "32", "serving": "32", "left": "32", "failed": "31", "gone": "31"}
_AT_REST = ("complete", "seed", "serving", "left", "unseen")
_BAR = 20


@dataclass(frozen=True)
class TopRow:
    """One peer. What nobody knows of it is None."""

    peer_id: int  # or the address under which no peer was found
    state: str
    share: float | None = None  # of the pieces, 0 to 1
    received: float | None = None  # bytes per second
    sent: float | None = None
    sources: list = field(default_factory=list)  # (peer ID, share of the bytes), best first
    linked: int | None = None  # neighbors
    unchoking: int | None = None  # of them, those that do not choke it
    why: str = ""  # nothing goes on

    def ended(self, state):
        """The same peer when it is there no more."""
        return replace(self, state=state, received=None, sent=None, linked=None, unchoking=None, why="")

    @property
    def percent(self):
        return "" if self.share is None else f"{int(self.share * 100)}%"  # Rounded down: 100 % means complete.

    @property
    def unchoked(self):
        return "" if self.linked is None else f"{self.unchoking}/{self.linked}"


@dataclass(frozen=True)
class View:
    """All of them at one moment."""

    elapsed_s: float
    rows: list

    def summary(self):
        known = [row.share for row in self.rows if row.share is not None]
        parts = [f"{len(self.rows)} peers" if len(self.rows) != 1 else "1 peer", f"{sum(share == 1 for share in known)} complete"]
        if known:
            parts.append(f"{int(sum(known) / len(known) * 100)}% in all")
        parts += [f"{rate_text(rate)} received"] if (rate := sum(row.received or 0 for row in self.rows)) else []
        stuck = sum(bool(row.why) and row.state != "gone" for row in self.rows)
        return "  ".join(parts + [f"{stuck} without progress"] * bool(stuck))


def open_top(stream, period_s):
    """A display for that stream, as open_display() gives it."""
    on_terminal = stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
    display = TopTable(stream) if on_terminal else TopLines(stream)
    display.period_s = period_s
    return display


class TopLines(Display):
    """A line for each peer of which there is news."""

    def __init__(self, stream):
        super().__init__(stream)
        self._said = {}

    def _text(self, view):
        text = ""
        for place, row in enumerate(view.rows):
            news = line_of(row)
            if self._said.get(place) != news:
                self._said[place] = news
                text += f"{view.elapsed_s:.1f} s  {news}\n"
        return text


def line_of(row):
    """All that is known of a peer, in one line."""
    parts = [printable(row.peer_id), row.state, row.percent]
    parts += [f"{rate_text(row.received)} in"] if row.received else []
    parts += [f"{rate_text(row.sent)} out"] if row.sent else []
    parts += [f"from {sources_text(row.sources, 60)}"] if row.sources else []
    parts += [f"{row.unchoked} unchoke it"] if row.linked is not None else []
    parts += [printable(row.why)] if row.why else []
    return "  ".join(part for part in parts if part)


class TopTable(LiveTable):
    """The table of all peers."""

    def _lines(self, view, width, height):
        return top_lines(view, width, height, self._blocks)


class _Column(NamedTuple):
    """One of the table's columns, as wide as its widest text."""

    name: str
    align: str
    text: object  # a row's
    least: int = 0  # Narrower it would jump to and fro.

    def width(self, rows):
        return max([len(self.name), self.least, *(len(self.text(row)) for row in rows)])


def _all_columns(blocks):
    return [
        _Column("peer", ">", lambda row: printable(row.peer_id)),
        _Column("state", "<", lambda row: row.state, 8),
        _Column("done", "<", lambda row: _bar(row.share, blocks), _BAR),
        _Column("%", ">", lambda row: row.percent, 4),
        _Column("in", ">", lambda row: rate_text(row.received) if row.received else "", 9),
        _Column("out", ">", lambda row: rate_text(row.sent) if row.sent else "", 9),
        _Column("unchoked", ">", lambda row: row.unchoked),
    ]


# The first without which the rest says most. "from" is the last column, of which no width is known.
_LEFT_OUT_IN_ORDER = ("done", "unchoked", "out", "from", "state", "in")
_LEAST_FROM = 20


def top_lines(view, width, height=None, blocks="#."):
    """The table's lines as (text, colour code): a heading, the peers and the reasons that fit, the summary."""
    told = (textwrap.wrap(f"{printable(row.peer_id)}: {printable(row.why)}", width, subsequent_indent="  ") for row in view.rows if row.why)
    reasons = [line for lines in told for line in lines]
    if height is not None:
        reasons = reasons[: max(0, (height - 3) // 3)]
    rows, hidden = _rows_that_fit(view.rows, None if height is None else height - len(reasons))
    columns = {column.name: (column, column.width(rows)) for column in _all_columns(blocks)}
    sizes = {name: size + 2 for name, (_, size) in columns.items()} | {"from": _LEAST_FROM}
    for name in _LEFT_OUT_IN_ORDER:
        if sum(sizes.values()) > width:
            del sizes[name]
    shown = [column_and_size for name, column_and_size in columns.items() if name in sizes]
    room = width - sum(size + 2 for _, size in shown) if "from" in sizes else 0
    heading = "  ".join(f"{column.name:{column.align}{size}}" for column, size in shown)
    lines = [(heading + "  from" * (room > 0), "2")]
    for row in rows:
        text = "  ".join(f"{column.text(row):{column.align}{size}}" for column, size in shown)
        lines.append((text + "  " + sources_text(row.sources, room), _COLOUR_OF_STATE.get(row.state.split()[0])))
    if hidden:
        lines.append((f"... and {hidden} more peers", "2"))
    lines += [(line, "33") for line in reasons]
    lines.append((view.summary(), "1"))
    return [(text.rstrip()[:width], colour) for text, colour in lines]


def _bar(share, blocks):
    if share is None:
        return ""
    done = int(share * _BAR)
    return blocks[0] * done + blocks[1] * (_BAR - done)


def _rows_that_fit(rows, height):
    """All rows, or as many as the height allows, those first that still move or are stuck; and how many are hidden."""
    if height is None or len(rows) + 2 <= height:
        return rows, 0
    fit = max(1, height - 3)
    shown = {id(row) for row in sorted(rows, key=lambda row: row.state in _AT_REST)[:fit]}
    return [row for row in rows if id(row) in shown], len(rows) - fit
