"""Processes: one that never outlives its launcher, and identities that tell processes apart even if a pid is used again."""

import ctypes
import os
import select
import shlex
import shutil
import signal
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from .cli import REPOSITORY, Exit, ScriptError
from .files import SOCKET_NAME, output_file

# scripts/ of the sources, or, installed, PREFIX/share/peerProcess.
_HOME = Path(__file__).resolve().parents[1]
_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)  # Loaded before any fork: the child must do as little as possible.


class Identity(NamedTuple):
    """A process for ever: its pid may come again, but not with the same start time in the same boot."""

    pid: int
    started: int  # in clock ticks since boot
    boot: str

    @classmethod
    def of(cls, pid):
        """The identity of the process that has that pid now, or None when there is none or only a zombie."""
        try:
            with open(f"/proc/{pid}/stat", "rb") as stat, open("/proc/sys/kernel/random/boot_id") as boot:
                # The second field is the program's name in parentheses, which may contain anything.
                fields = stat.read().rpartition(b")")[2].split()
                return None if fields[0] in (b"Z", b"X") else cls(pid, int(fields[19]), boot.read().strip())
        except (FileNotFoundError, ProcessLookupError):
            return None

    def is_alive(self):
        return Identity.of(self.pid) == self

    def end(self, patience_s):
        """SIGTERM, and SIGKILL when it is still there that many seconds later. Returns when it is gone."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return
        try:
            # The handle stays with one process, so a check after opening it holds for every signal sent through it.
            if self.is_alive():
                with suppress(ProcessLookupError):
                    signal.pidfd_send_signal(handle, signal.SIGTERM)
                    if not select.select([handle], [], [], patience_s)[0]:
                        signal.pidfd_send_signal(handle, signal.SIGKILL)
                        select.select([handle], [], [])
        finally:
            os.close(handle)


class OwnProcess:
    """A process that this one has started, and that does not outlive it.

    It has a session of its own, so that a terminal's Ctrl-C reaches the launcher alone, which then stops it in order;
    signals go to its process group, so that a program behind a shell script gets them as well.
    """

    def __init__(self, command, **options):
        """Options are those of subprocess.Popen; without a stdin it is empty."""
        self.usage = None  # of the process and of those it has waited for, once it has ended
        self._exit_code = None
        launcher = os.getpid()

        def die_with_launcher():
            # SIGKILL, because nobody would be left to insist if it took its time over SIGTERM.
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != launcher:
                os._exit(1)  # The launcher died before the line above took effect.

        options = {"stdin": subprocess.DEVNULL, **options}
        self._process = subprocess.Popen(command, start_new_session=True, preexec_fn=die_with_launcher, **options)
        self.pid = self._process.pid
        self.stdin, self.stdout = self._process.stdin, self._process.stdout
        self.identity = Identity.of(self.pid)  # None if it has ended already

    def exit_code(self):
        """None while it runs; else its exit code, 128 + N when signal N ended it."""
        if self._exit_code is None:
            pid = self._process.pid
            if os.waitid(os.P_PID, pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
                return None
            # As long as the zombie keeps the group's number, what it left behind can be ended safely.
            self.send(signal.SIGKILL)
            _, status, self.usage = os.wait4(pid, 0)
            code = self._process.returncode = os.waitstatus_to_exitcode(status)
            self._exit_code = code if code >= 0 else 128 - code
        return self._exit_code

    def send(self, signal_number):
        """Sends a signal to the process group, unless the process has ended."""
        if self._exit_code is None:
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal_number)

    def kill(self):
        """Ends the process at once and waits until it is gone."""
        if self._exit_code is None:
            self.send(signal.SIGKILL)
            os.waitid(os.P_PID, self._process.pid, os.WEXITED | os.WNOWAIT)
            self.exit_code()


class PeerProcess(OwnProcess):
    """A running peer of a swarm's directory. What it prints goes to its output file."""

    def __init__(self, config, peer, command):
        self.peer = peer
        with open(output_file(config, peer), "wb") as output:
            words = command_line(command, config, peer)
            super().__init__(words, cwd=config.directory, stdout=output, stderr=subprocess.STDOUT)


def peer_command(words, option="--binary"):
    """The program that peers run, from that option; without it that of the same installation, or build/peerProcess, built if it is missing."""
    if not words:
        is_installed = _HOME.name == "peerProcess"
        program = _HOME.parents[1] / "bin" / "peerProcess" if is_installed else REPOSITORY / "build" / "peerProcess"
        if not program.exists() and is_installed:
            raise ScriptError(f"{program} is missing; say --binary")
        if not program.exists() and subprocess.run([REPOSITORY / "scripts" / "build"]).returncode != 0:
            raise ScriptError(f"{program} is missing and could not be built")
        return [str(program), "{id}", "--dir", "{dir}", "--progress", "none"]
    # Peers run in the swarm's directory: what names a file from here must do so from there.
    command = [os.path.abspath(word) if "/" in word and os.path.exists(word) else word for word in shlex.split(words)]
    if not command or shutil.which(command[0]) is None:
        raise ScriptError(f"{option}: '{words}' names no program that can be run", Exit.USAGE)
    return command


def with_status_socket(command):
    """Such a command that also lets the peer answer on its socket in the swarm's directory, where it runs."""
    # A short path, as that of a socket must not be longer than 107 bytes.
    asked = [*command, "--status", f"unix:{SOCKET_NAME.format(id='{id}')}"]
    return asked if any("{id}" in word for word in command) else [*asked, "{id}"]


def program_words(command):
    """Of such a command the words that name the program, without what is said of one peer."""
    return command[: next((i for i, word in enumerate(command) if "{id}" in word or "{dir}" in word), len(command))]


def command_line(command, config, peer):
    """The words that start one peer: {id} and {dir} are filled in; without {id} the peer ID comes last."""
    words = [word.replace("{id}", str(peer.id)).replace("{dir}", str(config.directory.resolve())) for word in command]
    return words if any("{id}" in word for word in command) else [*words, str(peer.id)]
