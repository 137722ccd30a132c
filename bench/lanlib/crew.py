"""The processes of one run: each in its peer's namespace, all started at the same moment, none left behind."""

import ctypes
import os
import signal
import subprocess
from contextlib import suppress

from swarmlib.cli import ScriptError

from .network import undisturbed

_PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None)  # Loaded before any fork: the child must do as little as possible.
# What starts a namespace's program costs milliseconds, which are no tool's fault: all wait for one word, which says how
# many seconds later theirs begins.
_GATE = ["sh", "-c", 'read -r wait && { [ "$wait" = 0 ] || sleep "$wait"; } && exec "$@" < /dev/null', "sh"]


class Crew:
    """Starts programs in a network's namespaces. Leaving it kills them all, and whatever they started."""

    def __init__(self, directory):
        self._directory = directory
        self._processes = []
        self._gated = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with undisturbed():
            for process in self._processes:
                # As long as it is not waited for, the number of its group is its own.
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGKILL)
            for process in self._processes:
                process.wait()
                if process.stdin:
                    process.stdin.close()

    def start(self, name, namespace, command, *, gated=False, cwd=None):
        """Starts a program now, or at go(). What it prints goes to the file output(name)."""
        words = ["ip", "netns", "exec", namespace, *(_GATE if gated else ()), *map(str, command)]
        launcher = os.getpid()

        def die_with_launcher():
            _libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != launcher:
                os._exit(1)  # The launcher died before the line above took effect.

        with open(self.output(name), "wb") as output:
            process = subprocess.Popen(
                words,
                cwd=cwd,
                stdin=subprocess.PIPE if gated else subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                preexec_fn=die_with_launcher,
            )
        self._processes.append(process)
        if gated:
            self._gated.append(process)
        return process

    def output(self, name):
        return self._directory / f"output_{name}.txt"

    def go(self, interval_s=0):
        """Lets all gated programs begin, in the order in which they were started, so long one after the other."""
        for i, process in enumerate(self._gated):
            process.stdin.write(f"{i * interval_s:g}\n".encode())
            process.stdin.flush()
        self._gated.clear()

    def check(self):
        """Raises when a program has failed."""
        for process in self._processes:
            # It stays unwaited for, see __exit__.
            ended = os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
            if ended is not None and ended.si_status != 0:
                raise ScriptError(f"{' '.join(process.args[4:])} failed ({ended.si_status}); see {self._directory}")

    def has_ended(self, process):
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is not None

    def cpu_s(self):
        """CPU seconds of all programs so far, the children that they have waited for included."""
        ticks = 0
        for process in self._processes:
            with suppress(OSError), open(f"/proc/{process.pid}/stat", "rb") as stat:
                fields = stat.read().rpartition(b")")[2].split()
                ticks += sum(int(fields[i]) for i in (11, 12, 13, 14))
        return ticks / os.sysconf("SC_CLK_TCK")
