"""All rules for one directory."""

import re

from .. import files
from ..cfg import ConfigError
from ..course_log import parse_log
from . import choking, ending, interest, pieces, start
from .findings import Findings
from .record import Record


def judge(config, *, of=None, tolerance_s=None, ends=None, run=""):
    """The findings about a directory's run, and its record. `of` are the IDs of the peers that are judged; all by default.

    Raises ConfigError where there is nothing to judge.
    """
    record = Record(config, tolerance_s)
    if not record.views and ends is None:
        raise ConfigError(f"{config.directory}: has no log_peer_ID.log of a peer of PeerInfo.cfg, so there is nothing to check")
    findings = Findings(of or [peer.id for peer in config.peers], run)
    _find_kept_files(record)
    _say_what_deviates(record, findings)
    start.check(record, findings, ends)
    for rules in (choking, interest, pieces):
        rules.check(record, findings)
    ending.check(record, findings, ends)
    return record, findings


def _find_kept_files(record):
    """Notes of leechers that download nothing whether they have the right file, as only an earlier run can have given it."""
    config = record.config
    seeds = [files.data_file(config, peer) for peer in config.peers if peer.has_file]
    seed = next((path for path in seeds if path.is_file()), None)
    for view in record.views.values():
        path = files.data_file(config, view.peer)
        if seed and not view.is_seed and not view.downloads and path.is_file() and path.stat().st_size == seed.stat().st_size:
            view.keeps_file = files.first_difference(seed, path) is None


def _say_what_deviates(record, findings):
    for view in record.views.values():
        log = view.log
        if not view.entries:
            findings.deviate("empty log", view.id, view.place_of(), "has no line of the course's log")
        _say_what_is_worded_otherwise(findings, view)
        for number, text in log.strange:
            findings.deviate("unknown line", view.id, view.place_of(number), f"no line of the course's log: {text.strip()!r}")
        for entry in view.foreign:
            findings.deviate("of another peer", view.id, view.place_of(entry.number), f"a line about peer {entry.peer}, which is not judged")
        if log.cut:
            findings.deviate("no end", view.id, view.place_of(log.cut), "the last line has no end, and is not judged")
        if view.earlier_lines:
            text = f"holds several runs; lines 1 to {view.earlier_lines} are of earlier ones, which are not judged"
            findings.deviate("several runs", view.id, view.place_of(), text)
        elif view.lives > 1:
            findings.deviate("restart", view.id, view.place_of(), "the count of pieces begins anew: the peer was started again")
        if view.untimed_line:
            text = "a line without a time that can be read; it is taken to have that of the line before it" if view.timed else \
                   "lines without a time that can be read: of this log only the order of the lines is judged"
            findings.deviate("no time", view.id, view.place_of(view.untimed_line), text)
        _say_where_time_runs_back(record, findings, view)
    for peer_id, ahead_s in record.ahead.items():
        if ahead_s:
            findings.notes.append(f"the clock of peer {peer_id}'s log is {ahead_s:+.1f} s from that of the others, which is taken into account")


def _say_what_is_worded_otherwise(findings, view):
    """The first line of each kind is looked at: whether its words or only its time are not the course's."""
    rules = {}
    for entry in view.entries:
        if entry.exact:
            continue
        if entry.kind not in rules:
            line = _line_of(view.log.path, entry.number)
            what = "the time" if _has_exact_words(line, view.id) else "the words"
            rules[entry.kind] = "form of time" if what == "the time" else f"wording of {entry.kind}", f"{what} of {line!r}"
        rule, text = rules[entry.kind]
        findings.deviate(rule, view.id, view.place_of(entry.number), text)


def _has_exact_words(line, peer_id):
    """Whether the line is the course's with another time."""
    words = re.search(r"\bPeer \d.*", line)
    entries = parse_log(f"2026-01-31 12:00:00.123: {words[0]}\n".encode(), peer_id).entries if words else ()
    return bool(entries) and entries[0].exact


def _say_where_time_runs_back(record, findings, view):
    if not view.timed:
        return
    latest = view.entries[0].time
    for entry in view.entries:
        if entry.time < latest - record.same_log_s * 1000:
            text = f"{(latest - entry.time) / 1000:.1f} s earlier than a line before it"
            findings.deviate("time runs back", view.id, view.place_of(entry.number), text)
        latest = max(latest, entry.time)


def _line_of(path, number):
    """The begin of the line as it stands there."""
    with open(path, encoding="utf-8", errors="replace") as log:
        return next((line for index, line in enumerate(log, 1) if index == number), "").rstrip("\r\n")[:200]
