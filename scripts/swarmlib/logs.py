"""Follow the log_peer_*.log files: how far each peer is, how fast, and from whom.

Works with any peer that writes the course's lines. Most lines of a big swarm are 'have' lines, so a chunk is searched
for the two lines that matter and never split into all of its lines.
"""

import re
from collections import Counter, deque
from typing import NamedTuple

from .files import log_file

_CHUNK = 1 << 20
_MARK = b"downloaded the "
_COMPLETE = _MARK + b"complete file"
# Some peers print the brackets of the description or other small variations: numbers and their order are the same.
_PIECE = re.compile(_MARK + rb"piece\D{1,4}(\d{1,10})\D{1,16}(\d{1,10})\D{1,60}(\d{1,10})")


class Downloaded(NamedTuple):
    """`has downloaded the piece [piece] from [source]. Now the number of pieces it has is [count].`"""

    piece: int
    source: int
    count: int


class LogFollower:
    """Reads what was appended to one log file since the last time."""

    def __init__(self, path, offset=0):
        self.path = path
        self.offset = offset
        self.has_news = False  # whether anything was appended since `offset` as it was at first

    def read(self):
        """Yields a Downloaded for each piece, and "complete" for the completion line, up to the last whole line."""
        try:
            log = open(self.path, "rb", buffering=0)
        except FileNotFoundError:
            return
        with log:
            if log.seek(0, 2) < self.offset:
                self.offset = 0  # The peer began its log anew.
            log.seek(self.offset)
            while chunk := log.read(_CHUNK):
                self.has_news = True
                end = chunk.rfind(b"\n") + 1
                if not end and len(chunk) < _CHUNK:
                    return
                # A line stays unread until it is whole; what has no end in a whole chunk is no log line.
                self.offset += end or len(chunk)
                log.seek(self.offset)
                yield from _events(chunk, end)


def _events(chunk, end):
    position = chunk.find(_MARK, 0, end)
    while position >= 0:
        if match := _PIECE.match(chunk, position, end):
            yield Downloaded(*map(int, match.groups()))
        elif chunk.startswith(_COMPLETE, position):
            yield "complete"
        position = chunk.find(_MARK, position + len(_MARK), end)


class PeerProgress:
    """One peer's progress since the launch, from its log. Times are the caller's clock, in seconds."""

    def __init__(self, config, peer, started, log_offset, window_s=3.0):
        self.peer = peer
        self.started = started
        self.completed = started if peer.has_file else None
        self.pieces = config.piece_count if peer.has_file else 0
        self.received = Counter()  # bytes, by source
        self._config = config
        self._recent = deque()  # (time, source, bytes) of the last window_s, oldest first
        self._window_s = window_s
        self._follower = LogFollower(log_file(config, peer), log_offset)

    @property
    def is_up(self):
        """Whether the peer has logged anything."""
        return self._follower.has_news

    @property
    def share(self):
        """Of all pieces, 0 to 1."""
        # Of how many pieces is not known before the manifest is there; what is complete is so of any number.
        if self.completed is not None:
            return 1.0
        return self.pieces / self._config.piece_count if self._config.piece_count else 0.0

    def update(self, now):
        """Takes in what the log says since the last time."""
        news = Counter()
        for event in self._follower.read():
            if event == "complete":
                self.complete(now)
                continue
            self.pieces = event.count
            if event.piece < self._config.piece_count:
                news[event.source] += self._config.piece_length(event.piece)
            if self.pieces >= self._config.piece_count > 0:
                self.complete(now)
        self.received.update(news)
        self._recent.extend((now, source, size) for source, size in news.items())
        while self._recent and self._recent[0][0] <= now - self._window_s:
            self._recent.popleft()

    def complete(self, now):
        """Notes that the peer has the whole file."""
        self.pieces = self._config.piece_count
        if self.completed is None:
            self.completed = now

    def rate(self, now):
        """Bytes per second: of the last seconds, or of the whole download when that is complete."""
        if self.completed is not None:
            return self.received.total() / max(self.completed - self.started, 0.001)
        return sum(size for _, _, size in self._recent) / max(min(self._window_s, now - self.started), 0.2)

    def sources(self):
        """(peer ID, share) of those that gave most, in the same span of time as the rate; best first."""
        given = self.received
        if self.completed is None:
            given = Counter()
            for _, source, size in self._recent:
                given[source] += size
        return [(source, size / given.total()) for source, size in given.most_common()]
