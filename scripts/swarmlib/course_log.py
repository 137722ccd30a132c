"""Reads log_peer_ID.log, whoever wrote it: the eleven lines of docs/PROTOCOL.md, "Log", and what others make of them.

A line that is the course's to the letter gives an exact entry. One that says the same in other words (brackets round
the values, other quotes, "Peer" before each ID, another form of time) gives an entry that is not exact. A line that can
be read in more than one way, or not at all, is strange: it gives no entry and is listed, so that a reader can tell how
much of a log was not understood. Nothing that stands in a log raises an exception.

A log of hundreds of thousands of lines is read in about a second, so an exact line takes one match and no more.
"""

import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

_EPOCH = datetime(1970, 1, 1)
_MS = timedelta(milliseconds=1)
DAY_MS = 86_400_000
_LONGEST = 65_536  # Characters of a line; what is longer is no log line.
_SHOWN = 200  # Characters of a strange line that are kept.


class Entry(NamedTuple):
    """One event of a log.

    values: dialed, accepted, optimistic, unchoked, choked, interested, not interested: (the other peer,);
    preferred: the IDs, () for an empty list; have: (the other peer, piece); piece: (piece, source, count), with None
    for a count that the line does not say; complete: ().
    """

    number: int  # of the line, from 1
    time: int | None  # milliseconds since 1970 by the clock of the log's machine, without a time zone; None: not said
    peer: int | None  # whose event it is, by the line; None: not said
    kind: str
    values: tuple
    exact: bool


@dataclass
class Log:
    """One log: its entries in the order of its lines, and what was not understood."""

    path: Path
    peer: int  # by the file's name
    entries: list = field(default_factory=list)
    strange: list = field(default_factory=list)  # (number, begin of the text) of each line that gave no entry
    cut: int | None = None  # the number of the last line where that has no end and may be half of one
    lines: int = 0  # that are not empty
    crlf: bool = False  # whether a line ends as in Windows, which makes no entry less exact


_NUMBER = r"(0|[1-9]\d{0,9})"
_TEXTS = {
    "have": f"received the \u2018have\u2019 message from {_NUMBER} for the piece {_NUMBER}",
    "piece": rf"has downloaded the piece {_NUMBER} from {_NUMBER}\. Now the number of pieces it has is {_NUMBER}",
    "interested": f"received the \u2018interested\u2019 message from {_NUMBER}",
    "not interested": f"received the \u2018not interested\u2019 message from {_NUMBER}",
    "unchoked": f"is unchoked by {_NUMBER}",
    "choked": f"is choked by {_NUMBER}",
    "preferred": r"has the preferred neighbors ((?:0|[1-9]\d{0,9})(?:,(?:0|[1-9]\d{0,9}))*)",
    "optimistic": f"has the optimistically unchoked neighbor {_NUMBER}",
    "dialed": f"makes a connection to Peer {_NUMBER}",
    "accepted": f"is connected from Peer {_NUMBER}",
    "complete": "has downloaded the complete file()",
}
KINDS = tuple(_TEXTS)
_EXACT = re.compile(
    rf"(\d{{4}}-\d\d-\d\d \d\d:\d\d):([0-5]\d)\.(\d{{3}}): Peer {_NUMBER} (?:{'|'.join(_TEXTS.values())})\.", re.ASCII
)


def _groups():
    """The kind and the groups of the match by its last group."""
    found, group = {}, 5
    for kind, text in _TEXTS.items():
        count = re.compile(text).groups
        found[group + count - 1] = kind, range(group, group + count)
        group += count
    return found


_KIND_OF = _groups()

# The same in other words. A value may have brackets and a word before it: "[1002]", "Peer 1002", "[peer_ID 1002]".
_WORD = r"(?:peer|neighbou?r)?[ _]?(?:id)?"
_ID = rf"\W{{0,3}}{_WORD}\W{{0,3}}(\d{{1,10}})(?!\d)"
_PIECE = r"\W{0,3}(?:the )?piece(?: index| number)?\W{0,3}(\d{1,10})(?!\d)"
_COUNT = r"(?:\D{1,60}(\d{1,10})(?!\d))?"
_LIST = r"\W*(?:(?:peers?(?:[ _]?ids?)?\W*)?\d{1,10}(?!\d)\W*)*"
_MESSAGE = r"received\W+(?:the |an? )?\W{0,9}%s\W{1,9}(?:message )?from"
# The kind, a word that such a line must have, since looking for that is quick, and the pattern.
_LOOSE = [
    ("have", "have", re.compile(_MESSAGE % "have" + _ID + rf"\W{{1,5}}for{_PIECE}", re.I)),
    ("piece", "downloaded", re.compile(rf"downloaded{_PIECE}\W{{1,5}}from{_ID}{_COUNT}", re.I)),
    ("not interested", "interested", re.compile(_MESSAGE % "not[ _-]?interested" + _ID, re.I)),
    ("interested", "interested", re.compile(_MESSAGE % "interested" + _ID, re.I)),
    ("optimistic", "optimistic", re.compile(rf"optimistic(?:ally)?[ _-]unchoked neighbou?rs?(?: is)?{_ID}", re.I)),
    ("preferred", "preferred", re.compile(rf"preferred neighbou?rs?\b(?: are)?({_LIST})\Z", re.I)),
    ("unchoked", "unchoked by", re.compile(rf"\bunchoked by{_ID}", re.I)),
    ("choked", "choked by", re.compile(rf"\bchoked by{_ID}", re.I)),
    ("dialed", "connection", re.compile(rf"(?:makes?|made) (?:an? )?(?:tcp )?connection (?:to|with){_ID}", re.I)),
    ("accepted", "connect", re.compile(rf"(?:\bis connected (?:from|by)|accept(?:s|ed) (?:an? |the )?connection from){_ID}", re.I)),
    ("complete", "downloaded", re.compile(r"downloaded (?:the )?(?:complete|entire|whole) file", re.I)),
]
_OWNER = re.compile(r"\bpeer(?:[ _]?id)?\W{0,3}(\d{1,10})(?!\d)", re.I)
_FILE_NAME = re.compile(r"log_?peer_?\[?(\d{1,10})\]?\.(?:log|txt)", re.I)


def find_logs(directory):
    """The logs of a directory by peer ID: those in it, or else those in its folders, one a peer."""
    directory = Path(directory)
    for pattern in ("*", "*/*"):
        found = {}
        for path in sorted(directory.glob(pattern)):
            match = _FILE_NAME.fullmatch(path.name)
            if match and path.is_file():
                found.setdefault(int(match[1]), path)
        if found:
            return dict(sorted(found.items()))
    return {}


def read_log(path, peer):
    """The log of that peer. Raises OSError where it cannot be read."""
    path = Path(path)
    return parse_log(path.read_bytes(), peer, path)


def parse_log(data, peer, path=Path("log")):
    """The same for a log's bytes: UTF-8, or UTF-16 with its mark; what is neither stands as U+FFFD."""
    encoding = "utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig"
    lines = data.decode(encoding, errors="replace").split("\n")
    log = Log(path, peer)
    reader = _LooseReader(log.strange)
    # Some write the end of a line before the next one, so the last line may be whole without an end.
    unfinished = len(lines) if lines[-1].strip() else None
    for number, line in enumerate(lines, 1):
        if line.endswith("\r"):
            line, log.crlf = line.rstrip("\r"), True
        match = _EXACT.fullmatch(line)
        time = match and _exact_time(match)
        if time is not None:
            kind, groups = _KIND_OF[match.lastindex]
            log.entries.append(Entry(number, time, int(match[4]), kind, _exact_values(kind, match, groups), True))
        elif not line.strip():
            continue
        elif number == unfinished and not line.rstrip().endswith((".", "]")):
            log.cut = number
        elif entry := reader.entry(number, line):
            log.entries.append(entry)
        log.lines += 1
    reader.end()
    return log


def _exact_values(kind, match, groups):
    if kind == "preferred":
        return tuple(map(int, match[groups[0]].split(",")))
    return () if kind == "complete" else tuple(int(match[group]) for group in groups)


@lru_cache(maxsize=4096)
def _minute(text):
    """Milliseconds of a "YYYY-MM-DD HH:MM"; None where there is no such minute."""
    try:
        return (datetime.fromisoformat(text) - _EPOCH) // _MS
    except ValueError:
        return None


def _exact_time(match):
    minute = _minute(match[1])
    return None if minute is None else minute + int(match[2]) * 1000 + int(match[3])


_CLOCK = r"(\d{1,2}):(\d\d):(\d\d)(?:[.,:](\d{1,9}))?(?: ?([AP])\.?M\b)?"
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH = rf"\b({'|'.join(_MONTHS)})[a-z]*\.?"
_YEAR_FIRST = re.compile(rf"\b(\d{{4}})[-/.](\d{{1,2}})[-/.](\d{{1,2}})[ T,:]+{_CLOCK}", re.I)
_YEAR_LAST = re.compile(rf"\b(\d{{1,2}})[-/.](\d{{1,2}})[-/.](\d{{4}})[ T,:]+{_CLOCK}", re.I)
_MONTH_FIRST = re.compile(rf"{_MONTH} (\d{{1,2}}),? (?:(\d{{4}}),? )?{_CLOCK}(?:[ A-Z]{{1,6}}(\d{{4}}))?", re.I)
_DAY_FIRST = re.compile(rf"\b(\d{{1,2}})[ -]{_MONTH}[ -](\d{{4}}),? {_CLOCK}", re.I)
_TIME_ALONE = re.compile(rf"(?<![\d:]){_CLOCK}", re.I)
_SECONDS = re.compile(r"(?<![\d.])(1\d{9})(?:[.](\d{1,9})|(\d{3}))?(?!\d)")


class _LooseReader:
    """Reads lines that are not exact, and lists those that it does not understand."""

    def __init__(self, strange):
        self._strange = strange
        self._clock = _Clock()
        # Some loggers print the time on a line of its own before the event's: (number, line, time) of such a one.
        self._heading = None

    def entry(self, number, line):
        """The entry of a line, or None."""
        small = line.lower() if len(line) <= _LONGEST else ""
        found = [(kind, match) for kind, word, pattern in _LOOSE if word in small and (match := pattern.search(line))]
        if len(found) != 1:
            self.end()
            time = None if found or not small else self._clock.time(line)
            if time is None:
                self._strange.append((number, line[:_SHOWN]))
            else:
                self._heading = number, line, time
            return None
        [(kind, match)] = found
        before = line[: match.start()]
        owner = _OWNER.search(before)
        time = self._clock.time(before[: owner.start()] if owner else before)
        if time is None and self._heading and self._heading[0] == number - 1:
            time, self._heading = self._heading[2], None
        self.end()
        if kind == "preferred":
            values = tuple(map(int, re.findall(r"\d+", match[1])))
        else:
            values = tuple(value and int(value) for value in match.groups())
        return Entry(number, time, owner and int(owner[1]), kind, values, False)

    def end(self):
        """A heading that nothing has followed is strange."""
        if self._heading:
            number, line, _ = self._heading
            self._strange.append((number, line[:_SHOWN]))
            self._heading = None


class _Clock:
    """Reads times in the forms that are seen in logs."""

    def __init__(self):
        self._last_alone = None  # the last time of day that had no date, with the days that were added
        self._days = 0

    def time(self, text):
        """Milliseconds, or None where the text has no time."""
        try:
            time = self._dated(text)
        except (ValueError, OverflowError):
            return None
        if time is None and (match := _TIME_ALONE.search(text)):
            time = self._alone(_of_day(*match.groups()))
        return time

    def _alone(self, time):
        if time is not None:
            # A day has passed where the time of day falls by more than half of one.
            if self._last_alone is not None and time + self._days < self._last_alone - DAY_MS // 2:
                self._days += DAY_MS
            time += self._days
            self._last_alone = time
        return time

    @staticmethod
    def _dated(text):
        if match := _YEAR_FIRST.search(text):
            return _date(match[1], match[2], match[3], match.groups()[3:])
        if match := _YEAR_LAST.search(text):
            # Month first as in the United States, unless that cannot be.
            first, second = (match[1], match[2]) if int(match[1]) <= 12 else (match[2], match[1])
            return _date(match[3], first, second, match.groups()[3:])
        if match := _MONTH_FIRST.search(text):
            return _date(match[3] or match[9] or "1970", _month(match[1]), match[2], match.groups()[3:8])
        if match := _DAY_FIRST.search(text):
            return _date(match[3], _month(match[2]), match[1], match.groups()[3:])
        if match := _SECONDS.search(text):
            return int(match[1]) * 1000 + int((match[2] or match[3] or "0")[:3].ljust(3, "0"))
        return None


def _month(name):
    return _MONTHS.index(name[:3].lower()) + 1


def _date(year, month, day, clock):
    of_day = _of_day(*clock)
    return None if of_day is None else (datetime(int(year), int(month), int(day)) - _EPOCH) // _MS + of_day


def _of_day(hour, minute, second, fraction, half):
    hour, minute, second = int(hour), int(minute), int(second)
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in "pP" else 0)
    if hour > 23 or minute > 59 or second > 60:
        return None
    return ((hour * 60 + minute) * 60 + second) * 1000 + int((fraction or "0")[:3].ljust(3, "0"))
