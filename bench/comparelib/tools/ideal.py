"""bench/relay.cpp: a swarm without a protocol, what the machine could do."""

import os
import subprocess

from swarmlib.cli import REPOSITORY

from .base import Tool


class Ideal(Tool):
    name = "ideal"
    says = "a mesh relay without any protocol (bench/relay.cpp), XXH3-128 of every piece"
    binary = REPOSITORY / "build" / "relay"

    @classmethod
    def missing(cls):
        return None if os.access(cls.binary, os.X_OK) else "cmake --preset release && cmake --build build --target bench"

    def prepare(self):
        self.marks = self.copies
        command = [self.binary, self.source, self.case.piece, *self.copies]
        # One process that becomes all of them: the memory of the largest is the leechers'.
        self._relay = self.crew.start("leechers", command, stdin=subprocess.PIPE)
        self.crew.wait_until(lambda: self._relay.log.read_bytes(), "the relay")

    def go(self):
        self._relay.process.stdin.write(b"go\n")
        self._relay.process.stdin.flush()
