"""What the tests of `scripts/swarm push` share: running it, and looking for what it may leave behind."""

import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import time
import unittest
from contextlib import suppress
from pathlib import Path

from swarm_case import DEADLINE_S, HERE, PEER_PROCESS

SCRIPTS = HERE.parents[1] / "scripts"
SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
COMPLETE, NETWORK, INTERRUPTED, IO, USAGE, MISMATCH, SOME_FAILED = 0, 6, 7, 17, 28, 32, 70


class PushCase(unittest.TestCase):
    """A directory with a source in it. Nothing that a test has started is there after it, or it fails."""

    def setUp(self):
        # Another name for each test, by which its processes are known from others'.
        self.dir = Path(tempfile.mkdtemp(prefix="p2p-push-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.addCleanup(self.end_what_is_left)
        self.source = self.dir / "a.bin"
        self.write_source(3_000_000)
        self.there = self.dir / "there"
        self.home = self.dir / "home"
        self.home.mkdir()
        self.binary = PEER_PROCESS

    def write_source(self, size):
        self.source.write_bytes(random.Random(size).randbytes(size))

    def small_binary(self):
        """A program that can be brought quickly: what is only there for debuggers is left out."""
        small = self.dir / "peerProcess"
        if shutil.which("strip") is None or subprocess.run(["strip", "-o", small, PEER_PROCESS]).returncode != 0:
            shutil.copy(PEER_PROCESS, small)
        return small

    @property
    def dest(self):
        return f"{self.there}/{{host}}/a.bin"

    def copy(self, host, name="a.bin"):
        return self.there / host / name

    def command(self, source, dest, *options):
        return [SCRIPTS / "swarm", "push", source, dest, "--binary", self.binary, *map(str, options)]

    def environment(self):
        return os.environ | {"HOME": str(self.home), "TMPDIR": str(self.home), "PYTHONDONTWRITEBYTECODE": "1"}

    def push(self, *options, code=COMPLETE, source=None, dest=None):
        """Runs it to its end; returns what it has printed."""
        done = subprocess.run(self.command(source or self.source, dest or self.dest, *options), stdin=subprocess.DEVNULL, capture_output=True,
                              text=True, timeout=DEADLINE_S, env=self.environment(), cwd=self.dir)  # fmt: skip
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def push_json(self, *options, code=COMPLETE, **arguments):
        """The list of --json, by host."""
        return {one["host"]: one for one in json.loads(self.push("--json", *options, code=code, **arguments).stdout)}

    def start(self, *options, source=None, dest=None):
        """One that goes on; `said()` is what it has told people."""
        with (self.dir / "stderr").open("wb") as stderr:
            process = subprocess.Popen(self.command(source or self.source, dest or self.dest, *options), stdin=subprocess.DEVNULL,
                                       stdout=subprocess.PIPE, stderr=stderr, text=True, env=self.environment(), cwd=self.dir)  # fmt: skip
        self.addCleanup(process.stdout.close)
        self.addCleanup(self.end, process)
        return process

    def said(self):
        return (self.dir / "stderr").read_text()

    def list_of(self, process, code):
        """At its end: the list of --json, by host."""
        text = process.stdout.read()
        self.assertEqual(process.wait(), code, text + self.said())
        return {one["host"]: one for one in json.loads(text)}

    def end(self, process):
        if process.poll() is None:
            process.kill()
            process.wait()

    def wait_until(self, condition, what):
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"in vain: {what}")
            time.sleep(0.02)

    def processes(self, *words):
        """The pids of those whose command line has all these words and this test's directory."""
        found = []
        for entry in Path("/proc").iterdir():
            if entry.name.isdigit() and int(entry.name) != os.getpid():
                try:
                    line = (entry / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
                except OSError:
                    continue
                if any(str(self.dir) in word for word in line) and all(word in line for word in words):
                    found.append(int(entry.name))
        return found

    def getters(self):
        return self.processes("get")

    def getter_of(self, host):
        return self.processes("get", str(self.there / host))

    def assert_nothing_runs(self):
        self.wait_until(lambda: not self.processes("get") and not self.processes("share"), "all processes have left")

    def end_what_is_left(self):
        for pid in self.processes("get") + self.processes("share"):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def assert_copied(self, *hosts):
        for host in hosts:
            self.assertEqual(self.copy(host).read_bytes(), self.source.read_bytes(), host)

    def leftovers(self, host):
        return sorted(one.name for one in (self.there / host).iterdir() if one.name != "a.bin")
