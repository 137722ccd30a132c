"""The processes of one run: what they use, and that none of them is left."""

import signal
import time

from swarmlib.process import OwnProcess

from . import machine

_PATIENCE_S = 3.0


class Failed(Exception):
    """A run that came to nothing, and why."""


class Member:
    """One process of a run, with all that come from it."""

    def __init__(self, name, process, log):
        self.name, self.process, self.log = name, process, log
        self.peak = self.anonymous = 0  # bytes, the largest of any of its processes

    def cpu_seconds(self):
        if self.process.usage:
            return self.process.usage.ru_utime + self.process.usage.ru_stime
        return sum(machine.cpu_seconds(pid) + machine.waited_for_seconds(pid) for pid in machine.descendants(self.process.pid))

    def sample_memory(self):
        for pid in machine.descendants(self.process.pid):
            peak, anonymous = machine.memory(pid)
            self.peak, self.anonymous = max(self.peak, peak), max(self.anonymous, anonymous)


class Crew:
    """Use it as a context: when it ends, so have all processes."""

    def __init__(self, folder):
        self._folder = folder
        self.members = []

    def start(self, name, command, *, stdout=None, **options):
        """Starts a process. What it prints goes to a file in the run's folder, stdout only where nobody else wants it."""
        log = self._folder / f"{name}.log"
        with open(log, "wb") as output:
            process = OwnProcess([str(word) for word in command], stdout=stdout or output, stderr=output, **options)
        member = Member(name, process, log)
        self.members.append(member)
        return member

    def cpu_seconds(self):
        return sum(member.cpu_seconds() for member in self.members)

    def sample_memory(self):
        for member in self.members:
            member.sample_memory()

    def memory(self, role):
        """(peak, anonymous) in bytes of the largest of those whose name begins so; None where nobody could look in time."""
        found = [member for member in self.members if member.name.startswith(role)]
        return tuple(max((getattr(member, what) for member in found), default=0) or None for what in ("peak", "anonymous"))

    def check(self):
        """Raises Failed when somebody has ended with an error."""
        for member in self.members:
            if code := member.process.exit_code():
                text = member.log.read_text(errors="replace").strip()[-400:]
                raise Failed(f"{member.name} exited with {code}{': ' if text else ''}{text}")

    def wait_until(self, condition, what, patience_s=60):
        deadline = time.monotonic() + patience_s
        while not condition():
            self.check()
            if time.monotonic() > deadline:
                raise Failed(f"waited in vain for {what}")
            time.sleep(0.002)

    def wait_for_end(self, role):
        """Until those whose name begins so have ended by themselves."""
        self.wait_until(lambda: all(each.process.exit_code() is not None for each in self.members if each.name.startswith(role)), "the end")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        with deaf():
            for member in self.members:
                member.process.send(signal.SIGTERM)
            deadline = time.monotonic() + _PATIENCE_S
            while any(member.process.exit_code() is None for member in self.members) and time.monotonic() < deadline:
                time.sleep(0.01)
            for member in self.members:
                member.process.kill()


class deaf:  # noqa: N801  # reads as a verb's object: with deaf()
    """No signal ends this process while it cleans up."""

    def __enter__(self):
        self._before = {number: signal.signal(number, signal.SIG_IGN) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}

    def __exit__(self, *_):
        for number, handler in self._before.items():
            signal.signal(number, handler)
