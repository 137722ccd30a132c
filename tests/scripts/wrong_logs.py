"""For each rule of `scripts/swarm check` the logs in which it is broken."""

import re
from datetime import timedelta
from typing import NamedTuple

from good_run import NAME, START

from swarmlib.check.trial import End

RULES = {}


class Logs:
    """The lines of a run's logs by peer, to be changed by hand."""

    def __init__(self, texts):
        self.texts = {peer: list(lines) for peer, lines in texts.items()}

    def find(self, peer, pattern, after=0):
        """The number of the first line after that one that has the pattern."""
        return next(number for number, line in enumerate(self.texts[peer], 1) if number > after and re.search(pattern, line))

    def replace(self, peer, number, pattern, text):
        before = self.texts[peer][number - 1]
        self.texts[peer][number - 1] = re.sub(pattern, text, before)
        assert self.texts[peer][number - 1] != before, f"{before!r} has no {pattern!r}"
        return number

    def insert(self, owner, number, text, peer=None, raw=False, later_s=0.0):
        """Puts a line of the owner behind that one, with its time; returns its number."""
        stamp = self.texts[owner][number - 1][:23] if not later_s else self.later(owner, number, later_s)
        self.texts[owner].insert(number, text if raw else f"{stamp}: Peer {peer or owner} {text}.")
        return number + 1

    def later(self, owner, number, seconds):
        second = (START.fromisoformat(self.texts[owner][number - 1][:23]) - START).total_seconds() + seconds
        return (START + timedelta(seconds=second)).isoformat(" ", "milliseconds")

    def insert_at(self, owner, clock, text):
        """Puts a line at a time of day, "12:00:20.000"; returns its number."""
        stamp = f"2026-01-31 {clock}"
        number = next((number for number, line in enumerate(self.texts[owner]) if line[:23] > stamp), len(self.texts[owner]))
        self.texts[owner].insert(number, f"{stamp}: Peer {owner} {text}.")
        return number + 1

    def remove(self, peer, pattern):
        before = len(self.texts[peer])
        self.texts[peer] = [line for line in self.texts[peer] if not re.search(pattern, line)]
        assert len(self.texts[peer]) < before, f"no line has {pattern!r}"


class Case(NamedTuple):
    change: object  # of the logs; returns the number of the line that is to be named, or None
    run: dict  # options of the run whose logs these are
    peers: tuple  # one of which is at fault
    also: tuple  # what follows from the same fault: "ITEM RULE"
    files: object  # what is changed in the directory
    ends: dict
    of: tuple  # the peers that are judged; all where there is none


def broken(item, rule, *peers, run=None, also=(), files=None, ends=None, of=()):
    def note(change):
        RULES[item, rule] = Case(change, run or {}, peers, also, files, ends, of)
        return change

    return note


def by_run(item, rule, *peers, also=(), **run):
    """The run itself is wrong."""
    broken(item, rule, *peers, run=run, also=also)(None)


def with_files(item, rule, *peers, also=(), ends=None, of=()):
    def note(change):
        broken(item, rule, *peers, also=also, files=change, ends=ends, of=of)(None)
        return change

    return note


PIECE = r"has downloaded the piece \d+ from"
INTERESTED = "received the \u2018interested\u2019 message from"
REFUSES = "received the \u2018not interested\u2019 message from"
HAVE = "received the \u2018have\u2019 message from"


@broken("1a", "itself", 1003)
def _(logs):
    return logs.insert(1003, 50, "is choked by 1003")


@broken("1a", "unlisted", 1003, also=("2a no link",))
def _(logs):
    return logs.insert(1003, 50, "is choked by 1999")


@broken("1a", "piece index", 1003, also=("3c not told",))
def _(logs):
    number = logs.find(1002, f"{HAVE} 1003")
    return logs.replace(1002, number, r"piece \d+", "piece 120")


@broken("1a", "seed downloads", 1001, also=("2c no interest", "3a never unchoked", "3c not told"))
def _(logs):
    return logs.insert(1001, logs.find(1001, f"{HAVE} 1003 for the piece 7\\."), "has downloaded the piece 7 from 1003. Now the number of pieces it has is 1")


@with_files("1a", "no log", 1004, also=("1c failed",), ends={1004: End(1, False, 2.0)})
def _(directory):
    (directory / "log_peer_1004.log").unlink()


@broken("1b", "dials later", 1002)
def _(logs):
    logs.replace(1003, logs.find(1003, "connection to Peer 1002"), "makes a connection to", "is connected from")
    return logs.replace(1002, logs.find(1002, "connected from Peer 1003"), "is connected from", "makes a connection to")


@broken("1b", "accepts earlier", 1003)
def _(logs):
    return logs.replace(1003, logs.find(1003, "connection to Peer 1002"), "makes a connection to", "is connected from")


by_run("1b", "not linked", 1005, apart=((1005, 1003),))


@broken("2a", "one end", 1002, also=("2a no link",))
def _(logs):
    logs.remove(1002, "is connected from Peer 1003")
    return logs.find(1003, "makes a connection to Peer 1002")


@broken("2a", "no link", 1002, also=("2a one end",))
def _(logs):
    logs.remove(1002, "is connected from Peer 1003")
    return logs.find(1002, "from 1003")


@broken("2a", "before the link", 1002)
def _(logs):
    number = logs.find(1002, "is connected from Peer 1003")
    line = logs.texts[1002].pop(number - 1)
    logs.texts[1002].insert(logs.find(1002, r"12:00:0[3-9]") - 1, logs.texts[1002][logs.find(1002, r"12:00:0[3-9]") - 1][:23] + line[23:])
    return logs.find(1002, "from 1003")


@broken("2b", "not read", 1001, 1003)
def _(logs):
    number = logs.find(1001, f"{INTERESTED} 1003")
    logs.insert_at(1001, "12:00:04.000", f"{INTERESTED} 1003")
    return logs.replace(1001, number, "\u2018interested", "\u2018not interested")


@broken("2c", "false interest", 1001)
def _(logs):
    return logs.insert(1002, 100, f"{INTERESTED} 1001")


@broken("2c", "no interest", 1003, also=("2c silent", "2d not interested", "2e not interested"))
def _(logs):
    logs.remove(1004, f"interested\u2019 message from 1003")
    return logs.find(1003, f"{PIECE} 1004")


by_run("2c", "silent", 1003, faults={1003: "says nothing"})


@broken("2d", "too many", 1001)
def _(logs):
    number = logs.find(1001, r"preferred neighbors \d+,\d+", after=logs.find(1001, "optimistically"))
    missing = next(peer for peer in range(1002, 1007) if str(peer) not in logs.texts[1001][number - 1])
    return logs.replace(1001, number, r"(neighbors \d+,\d+)", rf"\1,{missing}")


@broken("2d", "named twice", 1001, also=("2d unchoked without a line",))
def _(logs):
    return logs.replace(1001, logs.find(1001, r"neighbors \d+,\d+"), r"neighbors (\d+),\d+", r"neighbors \1,\1")


@broken("2d", "not interested", 1003, also=("2d not unchoked", "2d unchoked without a line"))
def _(logs):
    number = logs.find(1003, "preferred neighbors", after=300)
    return logs.replace(1003, number, r"neighbors \d+", "neighbors 1001")


by_run("2d", "never", 1001, also=("2d unchoked without a line",), faults={1001: "no preferred lines"})
by_run("2d", "too often", *range(1001, 1007), real_interval_s=1)
by_run("2d", "late", *range(1001, 1007), real_interval_s=15)
by_run("2d", "too seldom", *range(1001, 1007), repeats=True, real_interval_s=10)
by_run("2d", "not the fastest", *range(1002, 1009), count=8, pieces=300, faults=dict.fromkeys(range(1002, 1009), "prefers the slowest"))
by_run("2d", "too many unchoked", 1001, also=("2d unchoked without a line", "2e never"), faults={1001: "serves all"})
by_run("2d", "unchoked without a line", 1003, also=("2d too many unchoked", "2e never"), faults={1003: "serves all"})


@broken("2d", "not unchoked", 1001, also=("3b while choked", "3a unchoke not logged", "2d unchoked without a line"))
def _(logs):
    for number, line in enumerate(logs.texts[1001], 1):
        names = re.findall(r"\b100[2-6]\b", line.partition("neighbors")[2])
        unserved = [peer for peer in range(1002, 1007) if not is_served(logs, peer, number)] if names else []
        if unserved:
            return logs.replace(1001, number, names[0], str(unserved[0]))
    raise AssertionError("everybody is served at all times")


def is_served(logs, peer, number, seconds=5):
    """Whether 1001 serves that peer at any time in the seconds after a line of its log."""
    begin, end = logs.texts[1001][number - 1][:23], logs.later(1001, number, seconds)
    served = False
    for line in logs.texts[peer]:
        if match := re.search(r"is (un)?choked by 1001", line):
            if line[:23] > end:
                break
            served = bool(match[1]) or (served and line[:23] > begin)
    return served


@broken("2e", "not interested", 1003, also=("2e not unchoked", "2d unchoked without a line"))
def _(logs):
    number = logs.find(1003, "optimistically")
    return logs.replace(1003, number, r"neighbor \d+", "neighbor 1001")


@broken("2e", "preferred already", 1001, also=("2d unchoked without a line",))
def _(logs):
    number = logs.find(1001, "optimistically")
    preferred = logs.texts[1001][logs.find(1001, "preferred neighbors") - 1]
    return logs.replace(1001, number, r"neighbor \d+", f"neighbor {preferred[-5:-1]}")


by_run("2e", "never", 1001, faults={1001: "no optimistic"})
by_run("2e", "too often", *range(1001, 1007), real_optimistic_s=2)
by_run("2e", "late", *range(1001, 1007), real_optimistic_s=32)


@broken("2e", "too seldom", 1001, run={"count": 8, "pieces": 300}, also=("2d unchoked without a line", "2e not unchoked"))
def _(logs):
    first = logs.find(1001, "optimistically")
    kept = logs.texts[1001][:first]
    logs.texts[1001] = kept + [line for line in logs.texts[1001][first:] if "optimistically" not in line]
    return first


@broken("2e", "not unchoked", 1001, also=("2d unchoked without a line",))
def _(logs):
    number = logs.find(1001, "optimistically")
    unserved = next(peer for peer in range(1002, 1007) if not is_served(logs, peer, number, seconds=2))
    return logs.replace(1001, number, r"neighbor \d+", f"neighbor {unserved}")


@broken("3a", "twice", 1003, also=("3f count",))
def _(logs):
    number = logs.find(1003, PIECE)
    piece = re.search(r"the piece \d+ from \d+", logs.texts[1003][number - 1])[0]
    second = logs.find(1003, f"{PIECE} {piece[-4:]}", after=number)
    return logs.insert(1003, second, f"has downloaded {piece}. Now the number of pieces it has is 3")


@broken("3a", "never unchoked", 1003, also=("2d not unchoked", "2e not unchoked"))
def _(logs):
    logs.remove(1003, "choked by")
    return logs.find(1003, PIECE)


@broken("3a", "unchoke not logged", 1003, also=("2d not unchoked", "2e not unchoked"))
def _(logs):
    logs.remove(1003, "is unchoked by 1001")


by_run("3a", "not random", *range(1002, 1007), pieces=200, faults=dict.fromkeys(range(1002, 1007), "in order"))


@broken("3b", "while choked", 1004)
def _(logs):
    # 1004 has given nothing to 1003 for some time, and chokes it, when the piece comes.
    choked = next(number for number, line in enumerate(logs.texts[1003], 1) if "is choked by 1004" in line)
    piece = next(
        number for number, line in enumerate(logs.texts[1003], 1)
        if line[:23] > logs.later(1003, choked, 2.5) and re.search(PIECE, line)
        and re.search(f"{HAVE} 1004 for the piece {re.search(r'piece ([0-9]+)', line)[1]}\\.", "\n".join(logs.texts[1003][:number]))
    )
    return logs.replace(1003, piece, r"from \d+\.", "from 1004.")


@broken("3b", "lacks it", 1003, also=("2d unchoked without a line",))
def _(logs):
    for number, line in enumerate(logs.texts[1003], 1):
        if match := re.search(r"downloaded the piece (\d+) from 1001\.", line):
            # Of the neighbors one that unchokes 1003 then, and never tells of the piece in time.
            for other in (1004, 1005, 1006, 1002):
                told = logs.find(1003, f"{HAVE} {other} for the piece {match[1]}\\.")
                words = [one for one in logs.texts[1003][:number] if re.search(rf"choked by {other}", one)]
                if words and "unchoked" in words[-1] and logs.texts[1003][told - 1][:23] > logs.later(1003, number, 3):
                    return logs.replace(1003, number, "from 1001", f"from {other}")
    raise AssertionError("no such piece")


@broken("3c", "impossible", 1004)
def _(logs):
    last = logs.find(1004, "number of pieces it has is 120")
    piece = re.search(r"the piece (\d+)", logs.texts[1004][last - 1])[1]
    logs.remove(1002, f"{HAVE} 1004 for the piece {piece}\\.")
    return logs.insert(1002, 200, f"{HAVE} 1004 for the piece {piece}")


by_run("3c", "not told", 1003, faults={1003: "tells nobody"})


@broken("3d", "false refusal", 1003)
def _(logs):
    return logs.insert_at(1001, "12:00:12.000", f"{REFUSES} 1003") and logs.insert_at(1001, "12:00:12.001", f"{INTERESTED} 1003") - 1


by_run("3d", "still interested", 1003, also=("3d false refusal",), faults={1003: "never refuses"})


@broken("3e", "seed", 1001)
def _(logs):
    return logs.insert(1001, 20, "has downloaded the complete file")


@broken("3e", "twice", 1003)
def _(logs):
    return logs.insert(1003, logs.find(1003, "complete file"), "has downloaded the complete file")


@broken("3e", "too early", 1003)
def _(logs):
    line = logs.texts[1003].pop(logs.find(1003, "complete file") - 1)
    at = logs.find(1003, "number of pieces it has is 80")
    logs.texts[1003].insert(at, logs.texts[1003][at - 1][:23] + line[23:])


@broken("3e", "not said", 1003)
def _(logs):
    logs.remove(1003, "complete file")
    return logs.find(1003, "number of pieces it has is 120")


@broken("3e", "incomplete", 1003, also=("3c impossible", "3d false refusal"))
def _(logs):
    number = logs.find(1003, "number of pieces it has is 120")
    del logs.texts[1003][number - 1:number + 1]
    return logs.find(1003, "number of pieces it has is 119")


@with_files("3e", "no file", 1004)
def _(directory):
    (directory / "peer_1004" / NAME).unlink()


@with_files("3e", "size", 1004)
def _(directory):
    (directory / "peer_1004" / NAME).write_bytes(b"short")


@with_files("3b", "wrong bytes", 1001, 1002, 1003, 1005, 1006, of=(1001, 1002, 1003, 1005, 1006))
@with_files("3e", "content", 1004)
def _(directory):
    data = bytearray((directory / "peer_1004" / NAME).read_bytes())
    data[100] ^= 1
    (directory / "peer_1004" / NAME).write_bytes(data)


@broken("3f", "count", 1003)
def _(logs):
    return logs.replace(1003, logs.find(1003, "number of pieces it has is 60"), "is 60", "is 61")


@broken("3f", "no count", 1003)
def _(logs):
    return logs.replace(1003, logs.find(1003, "number of pieces it has is 60"), r" Now.*", "")


@broken("4", "goes on", 1001)
def _(logs):
    return logs.insert(1001, len(logs.texts[1001]), "is choked by 1002", later_s=60)


@broken("4", "left early", 1001)
def _(logs):
    number = logs.find(1001, "12:00:3")
    del logs.texts[1001][number:]
    return number


with_files("1c", "does not end", 1004, ends={1004: End(143, True, 20.0)})(lambda directory: None)
with_files("1c", "failed", 1004, also=("3e incomplete", "4 left early"), ends={1004: End(1, False, 2.0)})(lambda directory: truncate_log(directory))
with_files("4", "ended early", 1001, also=("3e incomplete", "4 left early"), ends={1001: End(0, False, 2.0)})(lambda directory: truncate_log(directory))


def truncate_log(directory):
    log = directory / "log_peer_1004.log"
    log.write_text("".join(log.read_text(encoding="utf-8").splitlines(keepends=True)[:300]), encoding="utf-8")
