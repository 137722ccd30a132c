"""What the user sees while a swarm runs: a table redrawn in place, or plain lines where there is no terminal."""

import os
import sys
from dataclasses import dataclass

from .units import rate_text

_COLOUR_OF_STATE = {"seed": "36", "leeching": "33", "complete": "32", "left": "32", "failed": "31", "stopped": "31"}


@dataclass(frozen=True)
class Row:
    """One peer: its state's first word is one of starting, leeching, complete, seed, left, failed, stopped."""

    peer_id: int
    is_leecher: bool
    state: str
    share: float  # of the pieces, 0 to 1
    rate: float  # bytes per second
    sources: list  # (peer ID, share of the bytes), best first

    @property
    def percent(self):
        return int(self.share * 100)  # Rounded down: 100 % means complete.


def row_of(progress, now, end=None):
    """The row of a peer from its PeerProgress; `end` says how its process ended, None while it runs."""
    if end is not None:
        state = end
    elif progress.completed is not None:
        state = "seed" if progress.peer.has_file else "complete"
    else:
        state = "leeching" if progress.is_up else "starting"
    return Row(
        progress.peer.id, not progress.peer.has_file, state, progress.share, progress.rate(now), progress.sources()
    )


@dataclass(frozen=True)
class Snapshot:
    """The swarm at one moment."""

    elapsed_s: float
    rows: list

    def summary(self):
        """One line for the whole swarm."""
        leechers = [row for row in self.rows if row.is_leecher]
        complete = sum(row.share == 1 for row in leechers)
        rate = sum(row.rate for row in leechers if row.share < 1)
        parts = [f"{self.elapsed_s:.1f} s"]
        if leechers:
            share = sum(row.share for row in leechers) / len(leechers)
            parts += [f"{int(share * 100)}%", f"{complete} of {len(leechers)} leechers complete"]
        else:
            parts.append("no leechers here")
        return "  ".join(parts + [rate_text(rate)] * (rate > 0))


def open_display(stream=sys.stderr):
    """A display for that stream: has show(snapshot), to be called often, and finish(snapshot)."""
    on_terminal = stream.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
    return LiveTable(stream) if on_terminal else PlainLines(stream)


class Display:
    """Shows a snapshot every `period_s`; a stream that nobody reads any more must not end the swarm."""

    period_s = 0.0

    def __init__(self, stream):
        self._stream = stream
        self._next_s = 0.0

    def show(self, snapshot):
        if snapshot.elapsed_s >= self._next_s:
            self._next_s = snapshot.elapsed_s + self.period_s
            self.finish(snapshot)

    def finish(self, snapshot):
        """Shows the last snapshot, whatever the time."""
        if self._stream is not None:
            try:
                self._stream.write(self._text(snapshot))
                self._stream.flush()
            except OSError:
                self._stream = None


class PlainLines(Display):
    """A summary line every two seconds."""

    period_s = 2.0

    def _text(self, snapshot):
        return snapshot.summary() + "\n"


class LiveTable(Display):
    """A table of all peers, redrawn in place; as wide as the terminal, and not higher than it."""

    period_s = 0.2

    def __init__(self, stream):
        super().__init__(stream)
        self._drawn = 0
        self._colours = not os.environ.get("NO_COLOR")
        self._blocks = "█░" if "utf" in (stream.encoding or "").lower() else "#."

    def _text(self, snapshot):
        try:
            width, height = os.get_terminal_size(self._stream.fileno())
        except OSError:
            width, height = 80, 24
        lines = self._lines(snapshot, width - 1 if width else 79, height - 1 if height else 23)
        up = f"\x1b[{self._drawn}A" if self._drawn else ""
        self._drawn = len(lines)
        return up + "".join(f"\r{self._coloured(text, code)}\x1b[K\n" for text, code in lines) + "\x1b[J"

    def _lines(self, snapshot, width, height):
        return table_lines(snapshot, width, height, self._blocks)

    def _coloured(self, text, code):
        return f"\x1b[{code}m{text}\x1b[0m" if self._colours and code else text


def table_lines(snapshot, width, height=None, blocks="#."):
    """The table's lines as (text, colour code): a heading, a row for each peer that fits, the summary."""
    rows, hidden = _rows_that_fit(snapshot.rows, height)
    id_width = max([4, *(len(str(row.peer_id)) for row in rows)])
    state_width = max([8, *(len(row.state) for row in rows)])
    bar_width = max(0, min(30, width - id_width - state_width - 48))
    space = " " * (bar_width + 1 if bar_width else 0)
    heading = f"{'peer':>{id_width}}  {'state':<{state_width}}  {space}   %  {'rate':>9}  from"
    lines = [(heading[:width], "2")]
    for row in rows:
        done = int(row.share * bar_width)
        bar = (blocks[0] * done + blocks[1] * (bar_width - done) + " ") if bar_width else ""
        rate = rate_text(row.rate) if row.rate else ""
        text = f"{row.peer_id:>{id_width}}  {row.state:<{state_width}}  {bar}{row.percent:>3}%  {rate:>9}  "
        text += sources_text(row.sources, width - len(text))
        lines.append((text.rstrip()[:width], _COLOUR_OF_STATE.get(row.state.split()[0])))
    if hidden:
        lines.append((f"... and {hidden} more peers"[:width], "2"))
    return [*lines, (snapshot.summary()[:width], "1")]


def _rows_that_fit(rows, height):
    """All rows, or as many as the height allows, those that still move or failed first; and how many are hidden."""
    if height is None or len(rows) + 2 <= height:
        return rows, 0
    fit = max(1, height - 3)
    most_wanted = sorted(rows, key=lambda row: row.state in ("complete", "left", "seed"))[:fit]
    shown = {row.peer_id for row in most_wanted}
    return [row for row in rows if row.peer_id in shown], len(rows) - fit


def sources_text(sources, width):
    """As many of the sources as fit, best first."""
    text = ""
    for peer_id, share in sources:
        longer = f"{text}{', ' if text else ''}{peer_id} {share:.0%}"
        if len(longer) > width:
            break
        text = longer
    return text
