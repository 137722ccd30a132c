"""Run the local peers of a directory until all have left, show them, and verify what they received."""

import signal
import time

from . import files, report
from .cfg import ConfigError, is_local
from .cli import Exit, ScriptError
from .logs import PeerProgress
from .process import PeerProcess, with_status_socket
from .state import STOP_PATIENCE_S, remove_state, running, write_state
from .table import Snapshot, open_display, row_of

_TICK_S = 0.025


def run_swarm(config, command, *, timeout_s=None, keep_going=False, fresh=False, status_sockets=False):
    """Launches, watches, verifies and reports on the local peers. Returns the launcher's exit code."""
    peers = [peer for peer in config.peers if is_local(peer.host)]
    if not peers:
        raise ConfigError(f"{config.directory / 'PeerInfo.cfg'}: no peer's host is this machine")
    if running(config.directory):
        raise ScriptError(f"a swarm runs in {config.directory} already: scripts/swarm stop {config.directory}")
    files.check_seeds(config, peers)
    if fresh:
        files.remove_leechers_files(config, peers)
    if len(peers) < len(config.peers):
        print(f"{len(peers)} of {len(config.peers)} peers are on this machine", flush=True)
        print(report.elsewhere(config, peers), flush=True)

    launch = Launch(config, peers, with_status_socket(command) if status_sockets else command)
    reason = launch.run(timeout_s, keep_going)
    codes = launch.exit_codes()
    if reason == Exit.INTERRUPTED:
        print("interrupted: all peers are stopped")
    elif reason == Exit.TIMEOUT:
        print(f"timeout: all peers are stopped after {timeout_s:g} s")
    report.print_exit_codes(config, codes, launch.stopped)
    code = report.exit_code(reason, codes, launch.stopped)
    if code == Exit.COMPLETE or (keep_going and not launch.stopped):
        report.verify(config, peers, codes)
    if code == Exit.COMPLETE:
        report.print_performance(config, launch.progresses, launch.started)
    return code


class Launch:
    """One run of a directory's local peers. Whatever happens, none of them is left when run() returns or raises."""

    def __init__(self, config, peers, command):
        self.started = 0.0  # on time.monotonic()
        self.progresses = []
        self.stopped = set()  # IDs of the peers that did not end by themselves
        self._config = config
        self._peers = peers
        self._command = command
        self._processes = {}  # by peer ID
        self._display = open_display()

    def run(self, timeout_s, keep_going):
        """Starts the peers in file order and watches until all have left, or one has failed (unless keep_going).

        Returns INTERRUPTED or TIMEOUT if it stopped the peers for that, else COMPLETE.
        """
        with _Interrupts() as interrupts:
            try:
                self._start(interrupts)
                reason = self._watch(interrupts, timeout_s, keep_going)
                self._stop(interrupts)
                self._update()
                self._display.finish(self._snapshot())
            finally:
                for process in self._processes.values():
                    process.kill()
                remove_state(self._config.directory)
        return reason

    def exit_codes(self):
        """Exit code by peer ID; None for a peer that runs."""
        return {peer_id: process.exit_code() for peer_id, process in self._processes.items()}

    def _start(self, interrupts):
        logs = {peer.id: files.log_file(self._config, peer) for peer in self._peers}
        offsets = {peer_id: log.stat().st_size if log.exists() else 0 for peer_id, log in logs.items()}
        self.started = time.monotonic()
        # Once before the peers and once with them: `stop` finds the launcher at any time.
        write_state(self._config.directory, self.started, (), offsets)
        for peer in self._peers:
            if interrupts.count:
                break
            self._processes[peer.id] = PeerProcess(self._config, peer, self._command)
            self.progresses.append(PeerProgress(self._config, peer, self.started, offsets[peer.id]))
        write_state(self._config.directory, self.started, self._processes.values(), offsets)

    def _watch(self, interrupts, timeout_s, keep_going):
        while True:
            self._update()
            codes = self.exit_codes().values()
            if interrupts.count:
                return Exit.INTERRUPTED
            if None not in codes or (any(codes) and not keep_going):
                return Exit.COMPLETE
            if timeout_s is not None and time.monotonic() - self.started > timeout_s:
                return Exit.TIMEOUT
            self._display.show(self._snapshot())
            time.sleep(_TICK_S)

    def _stop(self, interrupts):
        """SIGTERM to those that still run, SIGKILL when their time is over or at the second interrupt."""
        self.stopped = {peer_id for peer_id, code in self.exit_codes().items() if code is None}
        for peer_id in self.stopped:
            self._processes[peer_id].send(signal.SIGTERM)
        deadline = time.monotonic() + STOP_PATIENCE_S
        while None in self.exit_codes().values() and time.monotonic() < deadline and interrupts.count < 2:
            self._display.show(self._snapshot())
            time.sleep(_TICK_S)
        for process in self._processes.values():
            process.kill()

    def _update(self):
        # First who has left, then the logs: the log of a peer that has left is whole.
        codes = self.exit_codes()
        now = time.monotonic()
        for progress in self.progresses:
            progress.update(now)
            if codes[progress.peer.id] == 0 and progress.peer.id not in self.stopped:
                progress.complete(now)

    def _snapshot(self):
        now = time.monotonic()
        codes = self.exit_codes()
        rows = [row_of(progress, now, self._end(progress.peer.id, codes)) for progress in self.progresses]
        return Snapshot(now - self.started, rows)

    def _end(self, peer_id, codes):
        if codes[peer_id] is None:
            return None
        if peer_id in self.stopped:
            return "stopped"
        return f"failed {codes[peer_id]}" if codes[peer_id] else "left"


class _Interrupts:
    """Counts Ctrl-C, SIGTERM and SIGHUP while it is entered, instead of letting them end the launcher."""

    def __init__(self):
        self.count = 0

    def __enter__(self):
        numbers = [signal.SIGINT, signal.SIGTERM]
        if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # as under nohup
            numbers.append(signal.SIGHUP)
        self._before = {number: signal.signal(number, self._note) for number in numbers}
        return self

    def _note(self, _number, _frame):
        self.count += 1

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)
