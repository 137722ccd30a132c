"""The process on this machine that has the content and gives it to the hosts: peerProcess share."""

import json
import os
import select
import subprocess
import time
from pathlib import Path

from ..cli import Exit, ScriptError
from ..create import free_ports
from ..process import OwnProcess

_PORT_IN_USE = 65
_TRIES = 5
_MOMENT_S = 1.0


def new_network(program):
    """The line of a private network for one push, with its secret."""
    done = subprocess.run([*program, "network", "new", "push"], stdin=subprocess.DEVNULL, capture_output=True)
    if done.returncode != 0:
        raise ScriptError(f"{program[0]}: {done.stderr.decode('utf-8', 'replace').strip()}", done.returncode)
    return done.stdout


class Seed:
    """Runs from start() on; ends with this process at the latest."""

    def __init__(self, program, source, secret, *, host, port=None, limit_up=None, extra=()):
        self._program, self._source, self._secret = program, Path(source), secret
        self._host, self._limit_up = host, limit_up
        self._said_port = port
        self._process = None
        self._partial = b""
        self._errors = b""
        self.port = 0
        self.content_id = ""
        self.left_out = {}
        self.fault, self.fault_code = "", Exit.COMPLETE  # why it offers the content no more

    @property
    def output(self):
        return self._process.stdout

    def start(self, on_slow=lambda: None):
        """Returns when the content is offered: it has been read once then. Calls `on_slow` if that takes longer than a
        moment. Raises ScriptError."""
        for attempt in range(_TRIES):
            self.port = self._said_port or free_ports(1, "")[0]
            code = self._run_until_ready(on_slow)
            if code is None:
                return
            if code != _PORT_IN_USE or self._said_port or attempt == _TRIES - 1:
                raise ScriptError(self._last_words() or f"the seed ended with {code}", code or Exit.UNEXPECTED)

    def command(self):
        # What begins with a hyphen is no option.
        path = os.path.join("." if str(self._source).startswith("-") else "", self._source)
        what = [f"--as={self._source.name}", path, "--hidden", "--private"] if self._source.is_dir() else ["--file", path]
        where = [*(["--host", self._host] if self._host else []), "--port", str(self.port)]
        limit = ["--limit-up", self._limit_up] if self._limit_up else []
        quiet = ["--json", "--progress", "none", "--log-level", "error"]
        return [*self._program, "share", *what, "--no-cache", "--finished", "--network-key", "-", "--no-multicast", *where, *limit, *quiet]

    def _run_until_ready(self, on_slow):
        self._errors_file = os.memfd_create("errors")
        self._process = OwnProcess(self.command(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self._errors_file)
        try:
            self._process.stdin.write(self._secret)
            self._process.stdin.close()
        except BrokenPipeError:
            pass  # It has ended, and its last words say why.
        ready = False
        while not ready:
            # A pipe's end tells that it has ended.
            if not select.select([self.output], [], [], _MOMENT_S)[0]:
                on_slow()
                select.select([self.output], [], [])
            events = self._read()
            if events is None:
                return self._wait()
            for event in events:
                if event.get("event") == "offered":
                    self.content_id = event["content_id"]
                if event.get("event") == "ready":
                    self.left_out = event.get("left_out", {})
                    ready = True
            if ready and not self.content_id:
                self.stop()
                raise ScriptError(self._last_words() or f"{self._source}: nothing can be offered of it", Exit.IO)
        return None

    def _wait(self):
        while self._process.exit_code() is None:
            time.sleep(0.005)
        return self._process.exit_code()

    def watch(self):
        """To be called when `output` is readable: notices when the content is not offered any more."""
        events = self._read()
        if events is None:
            code = self._wait()
            self.fault, self.fault_code = self._last_words() or f"the seed ended with {code}", code or Exit.UNEXPECTED
        elif any(event.get("event") == "withdrawn" for event in events):
            self.fault, self.fault_code = f"{self._source} has changed while it was pushed", Exit.MISMATCH

    def _read(self):
        """The events that have come; None when there are no more."""
        data = os.read(self.output.fileno(), 1 << 16)
        if not data:
            return None
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()
        events = []
        for line in lines:
            try:
                events.append(json.loads(line))
            except ValueError:
                continue
        return [event for event in events if isinstance(event, dict)]

    def _last_words(self):
        size = os.fstat(self._errors_file).st_size
        lines = os.pread(self._errors_file, 4096, max(0, size - 4096)).decode("utf-8", "replace").strip().splitlines()
        told = [line for line in lines if not line.startswith("Run with --help")]
        return told[-1].removeprefix("peerProcess: ") if told else ""

    def stop(self):
        if self._process is not None:
            self._process.kill()
