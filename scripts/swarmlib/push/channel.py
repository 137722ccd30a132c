"""One process that leads to hosts: words go in, lines come out, and neither is ever waited for."""

import os
import subprocess
from collections import deque
from contextlib import suppress

from ..process import OwnProcess

_READ_AT_ONCE = 1 << 16
_LONGEST_LINE = 1 << 18


class Channel:
    """Its process does not outlive this one."""

    def __init__(self, key, command, environment=None):
        self.key = key
        self.is_tethered = False  # it gets beats
        self._process = OwnProcess(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=environment)
        self._stdin = self._process.stdin
        self.output = self._process.stdout
        os.set_blocking(self._stdin.fileno(), False)
        os.set_blocking(self.output.fileno(), False)
        self._waiting = deque()  # of memoryviews: many may wait for the same bytes
        self._partial = b""
        self._closing = False

    # --- to it ---------------------------------------------------------------------------------------------------

    def send(self, data):
        if self._stdin is not None and not self._closing:
            self._waiting.append(memoryview(data))
            self.flush()

    def flush(self):
        """As far as the pipe takes it now."""
        if self._stdin is None:
            return
        try:
            while self._waiting:
                part = self._waiting[0]
                count = os.write(self._stdin.fileno(), part[:_READ_AT_ONCE])
                if count < len(part):
                    self._waiting[0] = part[count:]
                else:
                    self._waiting.popleft()
        except BlockingIOError:
            return
        except BrokenPipeError:
            self._waiting.clear()
            self._closing = True
        if self._closing:
            self._end_input()

    @property
    def wants_to_write(self):
        return self._stdin is not None and bool(self._waiting)

    @property
    def input(self):
        return self._stdin

    def close_input(self):
        """It ends behind what was sent."""
        self._closing = True
        self.flush()

    def _end_input(self):
        stdin, self._stdin = self._stdin, None
        with suppress(OSError):
            stdin.close()

    # --- from it -------------------------------------------------------------------------------------------------

    def read_lines(self):
        """The lines that have come, without their ends; None when there will be no more."""
        try:
            data = os.read(self.output.fileno(), _READ_AT_ONCE)
        except BlockingIOError:
            return []
        if not data:
            return None
        lines = (self._partial + data).split(b"\n")
        self._partial = lines.pop()[-_LONGEST_LINE:]
        return [line.decode("utf-8", "replace").rstrip("\r") for line in lines]

    def last_line(self):
        """What had no end."""
        return self._partial.decode("utf-8", "replace")

    # --- its end -------------------------------------------------------------------------------------------------

    def exit_code(self):
        return self._process.exit_code()

    def kill(self):
        self._process.kill()

    def release(self):
        if self._stdin is not None:
            self._end_input()
        self.output.close()
