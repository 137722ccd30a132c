"""What happened in a swarm, from its logs: who got which piece when and from whom, who unchoked and preferred whom.

A directory's logs may hold several runs, one after the other: history is of one of them. Times are milliseconds from
its begin, with clocks moved that are known to be off. Peers are numbered from 0, in the order of PeerInfo.cfg where
there is one and of their IDs else. Nothing is made up: a peer without a log is known only by what the others heard.
"""

from bisect import bisect_left
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from .clocks import offsets
from .course_log import DAY_MS, find_logs, read_log
from .cfg import ConfigError, read_config, read_peers
from .cli import Exit, ScriptError

SILENCE_MS = 5_000  # Between two runs nobody logs anything for at least this long.
MOST_PEERS = 1_000  # Logs can name any number of peers.
MOST_KEPT = 1_000_000  # Pieces of one peer that no line names and that are still listed one by one.
MOST_PIECES = 2**32  # As a message can name.


@dataclass
class PeerHistory:
    """One peer. Times ascend in each list."""

    id: int
    host: str = ""
    has_log: bool = False
    is_seed: bool = False  # it began with all pieces
    kept: set = field(default_factory=set)  # pieces that it began with, where these are not all
    got: list = field(default_factory=list)  # (time, piece, number of the source or None, whether it had the piece)
    chokes: list = field(default_factory=list)  # (time, number of a neighbor, whether that one unchoked it)
    chosen: list = field(default_factory=list)  # (time, "preferred" or "optimistic", numbers of neighbors)
    completed: int | None = None
    lines: int = 0
    ahead_ms: int = 0  # by which its clock was, before its times were moved


@dataclass
class History:
    """One run."""

    begin: int  # milliseconds since 1970 by the logs' clocks
    span: int
    piece_count: int
    peers: list
    run: int  # from 1
    runs: int
    notes: list  # sentences on what a reader must know


def read_history(directory, run=None):
    """The history of a directory's last run, or of run number `run`. Raises ScriptError where there is no log."""
    directory = Path(directory)
    paths = find_logs(directory)
    if not paths:
        raise ScriptError(f"{directory}: has no log_peer_ID.log, neither itself nor in one of its folders", Exit.CONFIG)
    notes = []
    listed, piece_count = _configuration(directory, notes)
    return history([read_log(path, peer) for peer, path in paths.items()], listed, piece_count, run, notes)


def _configuration(directory, notes):
    """The peers that are listed and the number of pieces, as far as the configuration is there and right."""
    if not (directory / "Common.cfg").exists() and not (directory / "PeerInfo.cfg").exists():
        return (), 0
    try:
        config = read_config(directory)
        return config.peers, config.piece_count
    except ConfigError as error:
        notes.append(f"Common.cfg and PeerInfo.cfg count only in part: {error}.")
    try:
        return read_peers(directory / "PeerInfo.cfg"), 0
    except ConfigError:
        return (), 0


def history(logs, listed=(), piece_count=0, run=None, notes=()):
    """The same of logs that were read; piece_count 0: as many as the logs name."""
    notes = list(notes)
    entries = {log.peer: log.entries for log in logs}
    ahead = offsets(entries)
    _set_times(entries, ahead)
    bounds = _runs(entries)
    if run is not None and not 1 <= run <= len(bounds):
        raise ScriptError(f"--which {run}: the logs hold {_count(len(bounds), 'run')}", Exit.USAGE)
    run = run or len(bounds)
    begin, end = bounds[run - 1]
    entries = {
        peer: [entry for entry in lines if begin <= entry.time <= end] for peer, lines in entries.items()
    }
    if len(bounds) > 1:
        notes.append(f"The logs hold {len(bounds)} runs; this is number {run}. Another one is shown with --which N.")
    for log in logs:
        _note_log(log, ahead.get(log.peer, 0), notes)
    piece_count = piece_count or _piece_count(entries)
    peers = _peers(entries, listed, notes)
    for log in logs:
        peers[log.peer].lines = len(entries[log.peer])
        peers[log.peer].ahead_ms = ahead.get(log.peer, 0)
    _fill(peers, entries, begin, piece_count, notes)
    _fill_begin(list(peers.values()), {peer.id for peer in listed if peer.has_file}, bool(listed), piece_count, notes)
    return History(begin, end - begin, piece_count, list(peers.values()), run, len(bounds), notes)


def _set_times(entries, ahead):
    """Moves the times of clocks that are off, gives a line without a time that of the line before, and sorts."""
    known = [entry.time for lines in entries.values() for entry in lines if entry.time is not None]
    first = min(known, default=0)
    for peer, lines in entries.items():
        shift = ahead.get(peer, 0)
        last = next((entry.time - shift for entry in lines if entry.time is not None), first)
        timed = []
        for entry in lines:
            if entry.time is None:
                entry = entry._replace(time=last)
            elif shift:
                entry = entry._replace(time=entry.time - shift)
            last = entry.time
            timed.append(entry)
        # One damaged digit must not make a run of years.
        for before, stray, after in zip(range(len(timed)), range(1, len(timed)), range(2, len(timed))):
            time = timed[before].time
            if abs(timed[stray].time - time) > DAY_MS >= abs(timed[after].time - time):
                timed[stray] = timed[stray]._replace(time=time)
        # Threads may write their lines a little out of order.
        entries[peer] = sorted(timed, key=lambda entry: entry.time)


def _runs(entries):
    """First and last time of each run: a new one begins where after a silence those connect who were connected before."""
    times = sorted(entry.time for lines in entries.values() for entry in lines)
    if not times:
        return [(0, 0)]
    gaps = [now for last, now in zip(times, times[1:]) if now - last >= SILENCE_MS]
    begins = [times[0]]
    for gap in gaps:
        if _begins_run(entries, begins[-1], gap):
            begins.append(gap)
    ends = [times[bisect_left(times, begin) - 1] for begin in begins[1:]] + [times[-1]]
    return list(zip(begins, ends))


def _begins_run(entries, begin, gap):
    """Whether all processes are new ones after the gap: each connects first, and not only one of them comes again."""
    again = set()
    for peer, lines in entries.items():
        start, middle = (bisect_left(lines, time, key=lambda entry: entry.time) for time in (begin, gap))
        if middle == len(lines) or start == middle:
            continue
        if lines[middle].kind not in ("dialed", "accepted"):
            return False
        before, after = (
            {entry.values[0] for entry in part if entry.kind in ("dialed", "accepted")}
            for part in (lines[start:middle], lines[middle:])
        )
        again |= {frozenset((peer, other)) for other in before & after}
    return bool(again) and (len(again) == 1 and len(entries) <= 2 or not frozenset.intersection(*again))


def _note_log(log, ahead, notes):
    if ahead:
        direction = "ahead of" if ahead > 0 else "behind"
        notes.append(f"The clock of {log.peer} is {abs(ahead) / 1000:.1f} s {direction} the others': its times are moved.")
    if log.cut:
        notes.append(f"The last line of the log of {log.peer}, line {log.cut}, is cut off and left out.")
    if log.strange:
        notes.append(
            f"In the log of {log.peer} {_count(len(log.strange), 'line')} of {log.lines} could not be read, "
            f"the first of them line {log.strange[0][0]}."
        )
    if not log.entries:
        notes.append(f"The log of {log.peer} has no event.")
    elif others := sum(entry.peer not in (None, log.peer) for entry in log.entries):
        notes.append(f"Lines in the log of {log.peer} that name another peer are taken for its own: {others} of them.")
    if log.entries and all(entry.time is None for entry in log.entries):
        notes.append(f"The log of {log.peer} has no times; its events stand at the begin.")


def _count(number, what):
    return f"{number} {what}{'' if number == 1 else 's'}"


def _piece_count(entries):
    """As many pieces as the logs name; a number that no message can hold is none."""
    most = 0
    for lines in entries.values():
        for entry in lines:
            if entry.kind == "have":
                most = max(most, entry.values[1] + 1)
            elif entry.kind == "piece":
                most = max(most, entry.values[0] + 1, entry.values[2] or 0)
    return min(most, MOST_PIECES)


def _peers(entries, listed, notes):
    """The peers by ID: those that are listed, have a log, or are named as one's neighbor, as long as there is room."""
    peers = {peer.id: PeerHistory(peer.id, peer.host) for peer in listed}
    for peer in entries:
        peers.setdefault(peer, PeerHistory(peer)).has_log = True
    named = Counter()
    for lines in entries.values():
        for entry in lines:
            if entry.kind == "piece":
                named[entry.values[1]] += 1
            elif entry.kind in ("dialed", "accepted", "have"):
                named[entry.values[0]] += 1
    unknown = [peer for peer, _ in named.most_common() if peer not in peers]
    room = max(0, MOST_PEERS - len(peers))
    if len(unknown) > room:
        notes.append(f"Peers that have no log and stand in no PeerInfo.cfg are left out: {len(unknown) - room} of them.")
    for peer in sorted(unknown[:room]):
        peers[peer] = PeerHistory(peer)
    if not listed:
        peers = dict(sorted(peers.items()))
    silent = [str(peer.id) for peer in peers.values() if not peer.has_log]
    if silent:
        shown = ", ".join(silent[:20]) + (" and others" if len(silent) > 20 else "")
        notes.append(f"No log of {shown}: what they hold is known only by what the others heard.")
    return peers


def _fill(peers, entries, begin, piece_count, notes):
    """What each log tells of its peer, and of those that have none."""
    number_of = {peer: number for number, peer in enumerate(peers)}
    heard = defaultdict(dict)  # by peers without a log, the time at which each piece was first heard of
    beyond = 0
    for owner, lines in entries.items():
        peer, held = peers[owner], set()
        for entry in lines:
            time, values = entry.time - begin, entry.values
            if entry.kind == "have":
                other = peers.get(values[0])
                if other and not other.has_log and values[1] < piece_count:
                    pieces = heard[values[0]]
                    pieces[values[1]] = min(time, pieces.get(values[1], time))
            elif entry.kind == "piece":
                if values[0] >= piece_count:
                    beyond += 1
                    continue
                peer.got.append((time, values[0], number_of.get(values[1]), values[0] in held))
                held.add(values[0])
            elif entry.kind in ("unchoked", "choked"):
                if values[0] in number_of:
                    peer.chokes.append((time, number_of[values[0]], entry.kind == "unchoked"))
            elif entry.kind in ("preferred", "optimistic"):
                numbers = [number_of[value] for value in values if value in number_of]
                peer.chosen.append((time, entry.kind, numbers))
            elif entry.kind == "complete":
                peer.completed = time if peer.completed is None else peer.completed
            elif entry.kind in ("dialed", "accepted") and values[0] in number_of:
                # A new connection begins choked, though no line says so.
                peer.chokes.append((time, number_of[values[0]], False))
    for owner, pieces in heard.items():
        peers[owner].got = sorted((time, piece, None, False) for piece, time in pieces.items())
    if beyond:
        notes.append(f"Lines that name a piece beyond the last one, {piece_count - 1}, are left out: {beyond} of them.")
    again = sum(had for peer in peers.values() for *_, had in peer.got)
    if again:
        notes.append(f"Pieces that came to a peer which had downloaded them before: {again}.")


def _fill_begin(peers, seeds, is_listed, piece_count, notes):
    """What each peer began with: what is listed, or else what it must have had to give it, or to be complete."""
    gave = defaultdict(set)
    for peer in peers:
        for _, piece, source, _ in peer.got:
            if source is not None:
                gave[source].add(piece)
    for number, peer in enumerate(peers):
        got = {piece for _, piece, _, _ in peer.got}
        # Without a list, who gives and never gets is taken for a seed.
        peer.is_seed = peer.id in seeds if is_listed else bool(gave[number]) and not got
        if peer.is_seed:
            peer.got = [(time, piece, source, True) for time, piece, source, _ in peer.got]
            peer.completed = 0
            continue
        peer.kept = gave[number] - got
        if peer.completed is None and 0 < piece_count == len(peer.kept | got):
            peer.completed = max((time for time, _, _, had in peer.got if not had), default=0)
        elif peer.completed is not None and piece_count <= len(got) + MOST_KEPT:
            kept = set(range(piece_count)) - got
            if kept and kept != peer.kept:
                notes.append(
                    f"{peer.id} is complete with {_count(len(kept), 'piece')} that no line of its log names: "
                    "it had them at the begin."
                )
            peer.kept = kept
