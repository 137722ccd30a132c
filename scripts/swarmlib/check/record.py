"""The logs of a run as the rules look at them: a view for each peer, and all times on one clock, in seconds."""

import math
from bisect import bisect_left, bisect_right
from itertools import accumulate
from typing import NamedTuple

from ..cfg import read_choking
from ..course_log import find_logs, read_log
from .clocks import offsets
from .findings import Place

SAME_LOG_S = 1.0  # Two threads may log in the wrong order within that time.
TOLERANCE_S = 1.0  # Times of two logs are compared with at least that.
_RUN_GAP_S = 2.0  # How much before the first of them another peer may have begun the same run.


class Mark(NamedTuple):
    """A line that says nothing beyond its kind and the neighbor."""

    time: float
    line: int


class Download(NamedTuple):
    time: float
    line: int
    piece: int
    source: int
    count: int | None


class Choice(NamedTuple):
    """The preferred neighbors, or the one optimistic neighbor."""

    time: float
    line: int
    ids: tuple


class Switch:
    """Something that is on or off, off at first, by the lines that say so."""

    def __init__(self):
        self._times = []
        self._states = []
        self.lines = []

    def turn(self, time, line, on):
        self._times.append(max(time, self._times[-1]) if self._times else time)
        self._states.append(on)
        self.lines.append(line)

    def last_time(self):
        return self._times[-1]

    def __iter__(self):
        return zip(self._times, self.lines, self._states)

    def at(self, time):
        """What it was at that time."""
        index = bisect_right(self._times, time) - 1
        return index >= 0 and self._states[index]

    def __bool__(self):
        return bool(self.lines)

    def is_throughout(self, on, start, end):
        """Whether it was that way from the one time to the other, and turned nowhere in between."""
        if self.at(start) != on:
            return False
        begin, stop = bisect_left(self._times, start), bisect_right(self._times, end)
        return all(state == on for state in self._states[begin:stop])

    def line_at(self, time):
        """The line that made it what it was then; 0 where it never was turned."""
        index = bisect_right(self._times, time) - 1
        return self.lines[index] if index >= 0 else 0


class View:
    """One peer's log, sorted by what the lines say."""

    def __init__(self, peer, place, log, is_seed):
        self.peer, self.id, self.place, self.log, self.is_seed = peer, peer.id, place, log, is_seed
        self.entries = [entry for entry in log.entries if entry.peer in (None, peer.id)]
        self.foreign = [entry for entry in log.entries if entry.peer not in (None, peer.id)]
        self.untimed_line = next((entry.number for entry in self.entries if entry.time is None), 0)
        self.timed = 2 * sum(entry.time is not None for entry in self.entries) > len(self.entries)
        if self.timed and self.untimed_line:
            self._fill_times()
        self.whole_seconds = self.timed and len(self.entries) > 10 and all(entry.time % 1000 == 0 for entry in self.entries)
        self.earlier_lines = 0  # of an earlier run, which are not judged
        self.lives = 1 + sum(begin > 0 for begin in self._begins())

    def _fill_times(self):
        """A line without a time has that of the line before it."""
        time = next(entry.time for entry in self.entries if entry.time is not None)
        for index, entry in enumerate(self.entries):
            time = time if entry.time is None else entry.time
            self.entries[index] = entry._replace(time=time)

    def _begins(self):
        """Indices of the first entries of the lives: a count that begins anew begins one."""
        begins, last_piece, link = [0], None, None
        for index, entry in enumerate(self.entries):
            if entry.kind in ("dialed", "accepted") and link is None:
                link = index
            elif entry.kind == "piece":
                if last_piece is not None and entry.values[2] == 1:
                    begins.append(index if link is None else link)
                last_piece, link = index, None
            elif entry.kind == "complete":
                link = None
        return begins

    def last_begin(self):
        """When the last life begins, by this log's clock, in milliseconds; None where that is not to be told."""
        return self.entries[self._begins()[-1]].time if self.entries else None

    def cut(self, index):
        self.earlier_lines = self.entries[index - 1].number if index else 0
        self.entries = self.entries[index:]
        self.lives = 1

    def cut_to_last_life(self):
        self.cut(self._begins()[-1])

    def cut_before(self, time):
        """Keeps what begins with the first link at or after that time."""
        for index, entry in enumerate(self.entries):
            if entry.kind in ("dialed", "accepted") and entry.time >= time:
                self.cut(index)
                return

    def sort(self, ahead_s=0.0):
        """Sorts the entries by kind, with times that are set right by that many seconds."""
        self.links, self.dialed, self.accepted = {}, {}, {}
        self.interest, self.unchoked, self.haves = {}, {}, {}
        self.downloads, self.preferred, self.optimistic, self.completions = [], [], [], []
        self.repeated_haves = {}
        self.last_of = {}  # when a neighbor was heard of for the last time
        self._ahead_s = ahead_s
        for entry in self.entries:
            self._take(entry, Mark(self.time_of(entry), entry.number))
        # Never running back, so that one can search in them.
        self._times = list(accumulate((self.time_of(entry) for entry in self.entries), max))
        self.begin = min(map(self.time_of, self.entries), default=math.nan)
        self.end = self._times[-1] if self.entries else math.nan
        self.preferred_times = list(accumulate((choice.time for choice in self.preferred), max))
        counts = [got.count for got in self.downloads[:1] if got.count]
        # A peer goes on with what it kept of an earlier run.
        self.kept = counts[0] - 1 if counts else 0
        self._favour()
        self._acquired = {}
        for got in self.downloads:
            self._acquired.setdefault(got.piece, got.time)

    def _take(self, entry, mark):
        kind, values = entry.kind, entry.values
        if kind not in ("preferred", "optimistic", "complete"):
            self.last_of[values[1] if kind == "piece" else values[0]] = mark.time
        if kind == "have":
            told = self.haves.setdefault(values[0], {})
            if values[1] in told:
                self.repeated_haves.setdefault(values[0], mark)
            told.setdefault(values[1], mark)
        elif kind == "piece":
            self.downloads.append(Download(*mark, *values))
        elif kind in ("interested", "not interested"):
            self.interest.setdefault(values[0], Switch()).turn(*mark, kind == "interested")
        elif kind in ("unchoked", "choked"):
            self.unchoked.setdefault(values[0], Switch()).turn(*mark, kind == "unchoked")
        elif kind in ("dialed", "accepted"):
            (self.dialed if kind == "dialed" else self.accepted).setdefault(values[0], []).append(mark)
            self.links.setdefault(values[0], []).append(mark)
            # A new link begins choked and not interested; what comes just before its line belongs to it.
            for turns in (self.unchoked.get(values[0]), self.interest.get(values[0])):
                if turns and not turns.last_time() >= mark.time - SAME_LOG_S:
                    turns.turn(*mark, False)
        elif kind == "preferred":
            self.preferred.append(Choice(*mark, values))
        elif kind == "optimistic":
            self.optimistic.append(Choice(*mark, values))
        else:
            self.completions.append(mark)

    def _favour(self):
        """By neighbor, whether it is preferred or the optimistic one, as the lines that name them say."""
        self.favoured = {}
        named = {"preferred": frozenset(), "optimistic": frozenset()}
        choices = [(choice, "preferred") for choice in self.preferred] + [(choice, "optimistic") for choice in self.optimistic]
        for choice, kind in sorted(choices, key=lambda pair: pair[0].line):
            before = named["preferred"] | named["optimistic"]
            named[kind] = frozenset(choice.ids)
            now = named["preferred"] | named["optimistic"]
            for other in before ^ now:
                self.favoured.setdefault(other, Switch()).turn(choice.time, choice.line, other in now)

    @property
    def from_before(self):
        """Whether a leecher has pieces from an earlier run, of which this log does not tell."""
        return not self.is_seed and (self.kept > 0 or self.keeps_file or (not self.downloads and bool(self.completions)))

    keeps_file = False  # whether a leecher that downloads nothing has the right file, which the log does not tell

    def has_by(self, piece):
        """When it had the piece at the latest; infinity for never, minus infinity for what it may have had from the start."""
        if self.is_seed:
            return -math.inf
        return self._acquired.get(piece, -math.inf if self.from_before else math.inf)

    def pieces(self):
        """The pieces that it downloaded, with the times, by time."""
        return sorted(self._acquired.items(), key=lambda pair: pair[1])

    def complete_at(self, piece_count):
        """When it had every piece; infinity for never."""
        if self.is_seed or self.keeps_file:
            return -math.inf
        if self.completions:
            return self.completions[0].time if self.downloads else -math.inf
        return self.downloads[-1].time if piece_count and len(self._acquired) + self.kept >= piece_count else math.inf

    def interest_of(self, other):
        """What this peer heard of the other one's interest."""
        return self.interest.get(other.id, ())

    def line_at(self, time):
        """The last line until then; the first one where that is later."""
        return self.entries[max(0, bisect_right(self._times, time) - 1)].number

    def last_link(self, other_id, time):
        """When the last connection with that neighbor until then was made; minus infinity for never."""
        times = list(accumulate((mark.time for mark in self.links.get(other_id, ())), max))
        index = bisect_right(times, time) - 1
        return times[index] if index >= 0 else -math.inf

    def time_of(self, entry):
        """When the entry was, on the clock of all."""
        return entry.time / 1000 - self._ahead_s if self.timed else math.nan

    def place_of(self, line=0):
        return Place(self.log.path, line)


class Record:
    """A directory's run."""

    def __init__(self, config, tolerance_s=None):
        self.config = config
        self.choking = read_choking(config.directory)
        self.piece_count = config.piece_count
        logs = find_logs(config.directory)
        listed = {peer.id for peer in config.peers}
        self.unlisted = {peer_id: path for peer_id, path in logs.items() if peer_id not in listed}
        self.missing = [peer for peer in config.peers if peer.id not in logs]
        self.views = {
            peer.id: View(peer, place, read_log(logs[peer.id], peer.id), peer.has_file)
            for place, peer in enumerate(config.peers)
            if peer.id in logs
        }
        self._cut_earlier_runs()
        for view in self.views.values():
            view.sort()
        whole = any(view.whole_seconds for view in self.views.values())
        self.tolerance_s = (TOLERANCE_S if tolerance_s is None else tolerance_s) + whole
        self.same_log_s = SAME_LOG_S + whole
        self.ahead = offsets(self.views, self.tolerance_s / 2)
        for peer_id, ahead_s in self.ahead.items():
            if ahead_s:
                self.views[peer_id].sort(ahead_s)

    def _cut_earlier_runs(self):
        """Of logs that several runs were appended to, keeps the last run."""
        leechers = [view for view in self.views.values() if not view.is_seed and any(entry.kind == "piece" for entry in view.entries)]
        if not leechers or not all(view.lives > 1 and view.timed for view in leechers):
            return
        begin = min(view.last_begin() for view in leechers) - _RUN_GAP_S * 1000
        for view in self.views.values():
            if view in leechers:
                view.cut_to_last_life()
            elif view.timed:
                view.cut_before(begin)

    def pairs(self):
        """(earlier, later) for each two peers whose logs are there."""
        views = sorted(self.views.values(), key=lambda view: view.place)
        return [(one, other) for index, one in enumerate(views) for other in views[index + 1:]]

    def overlap(self, one, other):
        """Whether the two logs can be of the same time."""
        return not (one.end < other.begin - self.tolerance_s or other.end < one.begin - self.tolerance_s)

    def may_unchoke(self, peer_id, other_id, time):
        """Whether the log of the first peer names the second one as preferred or optimistic around that time."""
        view = self.views.get(peer_id)
        turns = view.favoured.get(other_id) if view else None
        return bool(turns) and not turns.is_throughout(False, time - self.tolerance_s, time + self.tolerance_s)
