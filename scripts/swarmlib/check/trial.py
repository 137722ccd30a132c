"""Runs of a program under test among peers of ours, made so that every item of the rubric has an occasion to be shown.

Each run has a directory of its own, ports of the loopback that are free, and an end: when all have left, when nothing
has moved for a while, or at its deadline. No process outlives it.
"""

import signal
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from .. import files
from ..cfg import read_config
from ..create import HOST, free_ports
from ..logs import PeerProgress
from ..process import PeerProcess, program_words
from ..report import last_lines
from ..state import STOP_PATIENCE_S
from .findings import Findings
from .judge import judge

FIRST_ID = 1001
FILE_NAME = "TheFile.dat"
PREFERRED, INTERVAL_S, OPTIMISTIC_S = 2, 2, 3
# A copy takes peers of ours, which are held back, as long as four optimistic intervals.
FILE_SIZE, PIECE_SIZE = 3_000_000, 16_384
RATE = FILE_SIZE // (4 * OPTIMISTIC_S)
_TICK_S = 0.05
_STILL_S = 30.0  # without any news in any log
_STILL_FAILED_S = 8.0  # the same after a process has failed
_AFTER_S = 20.0  # from the last completion to the end of the last process
_LAST_WORDS = 5  # lines


class Run(NamedTuple):
    """Who is who, a letter for each line of PeerInfo.cfg: O and o are ours, P and p the program; capitals have the file."""

    name: str
    lines: str
    purpose: str


RUNS = (
    Run("seed", "Pooooo", "the program has the file, and five of ours want it"),
    Run("leecher", "Opopop", "one of ours has the file; the program is dialled, dials, and exchanges pieces with ours"),
    Run("last", "oooooP", "the program has the file and is the last line, which dials all others"),
    Run("alone", "Ppppp", "nobody but the program"),
)


class End(NamedTuple):
    """How a process ended."""

    code: int
    stopped: bool  # by us
    waited_s: float  # for it, since every peer had the file or, where that never was, since the start


def run_all(program, ours, *, timeout_s, tell, keep=None, tolerance_s=None, runs=RUNS):
    """Makes the runs; returns the findings about the program. `tell` is called with a line about each run."""
    total = Findings(())
    for number, run in enumerate(runs, 1):
        tell(f"run {number} of {len(runs)}, '{run.name}': {run.purpose}")
        with TemporaryDirectory(prefix="swarm-check-") as holder:
            directory = Path(keep or holder).resolve() / run.name
            directory.mkdir(parents=True, exist_ok=False)
            total.take(_make(run, directory, program, ours, timeout_s, tolerance_s))
    return total


def _make(run, directory, program, ours, timeout_s, tolerance_s):
    config = _describe(run, directory)
    tested = [peer for peer, letter in zip(config.peers, run.lines) if letter in "Pp"]
    held = ["{id}", "--dir", "{dir}", "--progress", "none", "--limit-up", str(RATE), "--limit-down", str(RATE), "--patience", "5"]
    commands = {peer.id: program if peer in tested else [*program_words(ours), *held] for peer in config.peers}
    ends = Trial(config, commands).run(timeout_s)
    _, findings = judge(config, of=[peer.id for peer in tested], tolerance_s=tolerance_s, ends=ends, run=run.name)
    for peer in config.peers:
        end = ends[peer.id]
        if end.code or end.stopped:
            what = "was stopped" if end.stopped else f"ended with exit code {end.code}"
            whose = "the program" if peer in tested else "one of ours"
            words = last_lines(files.output_file(config, peer), _LAST_WORDS)
            findings.notes.append(f"{run.name}: peer {peer.id} ({whose}) {what}" + (f"; it printed: {' | '.join(words)}" if words else ""))
    return findings


def _describe(run, directory):
    """The run's directory with both configuration files, and the file where it belongs."""
    values = {
        "NumberOfPreferredNeighbors": PREFERRED, "UnchokingInterval": INTERVAL_S, "OptimisticUnchokingInterval": OPTIMISTIC_S,
        "FileName": FILE_NAME, "FileSize": FILE_SIZE, "PieceSize": PIECE_SIZE,
    }
    (directory / "Common.cfg").write_text("".join(f"{key} {value}\n" for key, value in values.items()))
    ports = free_ports(len(run.lines))
    (directory / "PeerInfo.cfg").write_text("".join(
        f"{FIRST_ID + place} {HOST} {port} {int(letter.isupper())}\n" for place, (letter, port) in enumerate(zip(run.lines, ports))
    ))
    config = read_config(directory)
    for peer in config.peers:
        (directory / f"peer_{peer.id}").mkdir()
    files.make_seed_files(config)
    return config


class Trial:
    """One run of processes, each with a command of its own."""

    def __init__(self, config, commands):
        self._config = config
        self._commands = commands
        self._processes = {}

    def run(self, timeout_s):
        """An End by peer ID. None of the processes is left when this returns or raises."""
        started = time.monotonic()
        progresses = [PeerProgress(self._config, peer, started, 0) for peer in self._config.peers]
        try:
            for peer in self._config.peers:
                self._processes[peer.id] = PeerProcess(self._config, peer, self._commands[peer.id])
            complete_at = self._watch(progresses, started, timeout_s)
            waited_s = time.monotonic() - (complete_at or started)
            stopped = self._stop()
        finally:
            for process in self._processes.values():
                process.kill()
        return {peer_id: End(process.exit_code(), peer_id in stopped, waited_s) for peer_id, process in self._processes.items()}

    def _running(self):
        return [process for process in self._processes.values() if process.exit_code() is None]

    def _watch(self, progresses, started, timeout_s):
        """Until there is nothing more to wait for. Returns when every peer had the file, or None."""
        news_at, before, complete_at = started, None, None
        while self._running():
            now = time.monotonic()
            for progress in progresses:
                progress.update(now)
            state = [(progress.pieces, progress.completed is None) for progress in progresses]
            if state != before:
                news_at, before = now, state
            if complete_at is None and all(progress.completed is not None for progress in progresses):
                complete_at = now
            has_failed = any(process.exit_code() for process in self._processes.values())
            still_s = _STILL_FAILED_S if has_failed else _STILL_S
            if now > started + timeout_s or now > news_at + still_s or (complete_at and now > complete_at + _AFTER_S):
                break
            time.sleep(_TICK_S)
        return complete_at

    def _stop(self):
        """SIGTERM to those that still run, which the caller kills if they do not heed it; their IDs."""
        stopped = {process.peer.id for process in self._running()}
        for process in self._running():
            process.send(signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE_S
        while self._running() and time.monotonic() < deadline:
            time.sleep(_TICK_S)
        return stopped
