"""Shared folders: what the tests of share, ls and get have in common.

Ports are ephemeral, everything is on the loopback, and each test has a network of its own. Waiting polls a condition up
to a deadline that only ends a hang.
"""

import base64
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
import unittest
from pathlib import Path

from swarm_case import DEADLINE_S, PEER_PROCESS

COMPLETE, TIMEOUT, NETWORK, INTERRUPTED, IO, USAGE, CONTENT_MISMATCH, BAD_CONFIGURATION, PORT_IN_USE = 0, 2, 6, 7, 17, 28, 32, 64, 65


def hold_port():
    """A port that is free for TCP and UDP, IPv4 and IPv6, and the sockets that keep it from others."""
    while True:
        holders = []
        try:
            port = 0
            for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
                holder = socket.socket(family)
                holders.append(holder)
                holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                try:
                    holder.bind((address, port))
                except OSError:
                    if family == socket.AF_INET6 and not socket.has_ipv6:
                        continue
                    raise
                port = holder.getsockname()[1]
            with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
                datagrams.bind(("127.0.0.1", port))
            return port, holders
        except OSError:
            for holder in holders:
                holder.close()


class Process:
    """A peerProcess that the test started, with what it has printed."""

    def __init__(self, case, name, arguments, cwd, program=PEER_PROCESS, environment=None, umask=-1):
        self.case, self.name = case, name
        # Multicast would reach a real link wherever a host is not the loopback.
        if arguments[0] in ("share", "get", "ls", "gateway") and not getattr(case, "multicast", False):
            arguments = [*arguments, "--no-multicast"]
        self._out, self._err = (Path(cwd) / f".{name}.{kind}" for kind in ("out", "err"))
        with self._out.open("wb") as out, self._err.open("wb") as err:
            self.process = subprocess.Popen([program, *map(str, arguments)], cwd=cwd, stdin=subprocess.DEVNULL, stdout=out, stderr=err,
                                            env=os.environ | (environment or {}), umask=umask)
        case.addCleanup(self.kill)

    def stdout(self):
        return self._out.read_text(errors="replace")

    def stderr(self):
        return self._err.read_text(errors="replace")

    def lines(self):
        """The JSON objects that it has printed, of whole lines."""
        return [json.loads(line) for line in self.stdout().split("\n")[:-1]]

    def running(self):
        return self.process.poll() is None

    def kill(self):
        self.process.kill()
        self.process.wait()

    def end(self, number=signal.SIGTERM):
        self.process.send_signal(number)
        return self.wait()

    def wait(self):
        self.process.wait(DEADLINE_S)
        return self.process.returncode

    def expect(self, code):
        self.case.assertEqual(self.wait(), code, self.words())
        return self

    def words(self):
        return f"{self.name} (exit code {self.process.poll()}) printed:\n{self.stdout()[-1000:]}\n{self.stderr()[-3000:]}"


class Sharer(Process):
    """A running `share`."""

    def __init__(self, case, name, arguments, cwd, port, host="127.0.0.1"):
        super().__init__(case, name, ["share", *arguments, "--json", "--progress", "none"], cwd)
        self.port, self.address = port, f"{host}:{port}"

    def offered(self):
        """Names to content ids, as told so far."""
        names = {}
        for line in self.lines():
            if line["event"] == "offered":
                names[line["name"]] = line["content_id"]
            elif line["event"] == "withdrawn" and names.get(line["name"]) == line["content_id"]:
                del names[line["name"]]
        return names


class ShareCase(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="share-", ignore_cleanup_errors=True)
        self.addCleanup(holder.cleanup)
        self.dir = Path(holder.name)
        self.network = self.id()
        self.sharers = []
        self._made = 0

    def wait_until(self, condition, what, *processes):
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            if time.monotonic() > deadline:
                self.fail(f"waited in vain for {what}\n" + "\n".join(each.words() for each in (*self.sharers, *processes)))
            time.sleep(0.02)

    def random_bytes(self, size, seed=0):
        return random.Random(f"{self.id()} {seed}").randbytes(size)

    def port(self):
        port, holders = hold_port()
        for holder in holders:
            self.addCleanup(holder.close)
        return port

    def folder(self, files):
        """A new folder with these files: name to bytes."""
        self._made += 1
        folder = self.dir / f"folder{self._made}"
        folder.mkdir()
        for name, data in files.items():
            self.put(folder, name, data)
        return folder

    @staticmethod
    def put(folder, name, data):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)

    def private(self, name, secret=bytes(range(32))):
        """The options for a private network."""
        file = self.dir / f"{name}-{secret[0]}.network"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(f"peerProcess-network {name} {base64.urlsafe_b64encode(secret).decode().rstrip('=')}\n")
        return ["--network-key", file]

    def share(self, files, *options, join=None, network=None, host="127.0.0.1"):
        """A sharer of a new folder, or of one that is there; it joins the first unless told otherwise."""
        folder = files if isinstance(files, Path) else self.folder(files)
        port = self.port()
        join = [self.sharers[0].address] if join is None and self.sharers else join or []
        arguments = ["--folder", folder, "--host", host, "--port", port, "--network", network or self.network, *options]
        arguments += ["--join", ",".join(join)] if join else []
        sharer = Sharer(self, f"share{len(self.sharers)}", arguments, self.dir, port, host)
        sharer.folder = folder
        self.sharers.append(sharer)
        if not isinstance(files, Path):
            self.wait_until(lambda: set(sharer.offered()) == set(files), f"all of {list(files)} to be offered")
        return sharer

    def start_get(self, *arguments, join=None, network=None, cwd=None, **options):
        self._made += 1
        return Process(self, f"get{self._made}", ["get", "--join", ",".join(join or [each.address for each in self.sharers]), "--network",
                                                  network or self.network, "--progress", "none", *arguments], cwd or self.dir, **options)

    def get(self, code, *arguments, **options):
        """A get to its end; its JSON when it succeeds."""
        done = self.start_get(*arguments, "--json", **options).expect(code)
        return json.loads(done.stdout()) if code == COMPLETE else done

    def ls(self, *options, join=None, network=None, code=COMPLETE):
        self._made += 1
        done = Process(self, f"ls{self._made}", ["ls", "--join", ",".join(join or [self.sharers[0].address]), "--network", network or self.network,
                                                 "--json", *options], self.dir).expect(code)
        return json.loads(done.stdout()) if code == COMPLETE else done

    def assert_file(self, path, data):
        self.assertTrue(path.is_file(), f"{path} is not there")
        # Not assertEqual: nobody wants to read the difference of two files.
        self.assertTrue(path.read_bytes() == data, f"{path} differs")
        for suffix in (".part", ".journal"):
            self.assertFalse(path.with_name(path.name[:240] + suffix).exists(), f"{path}{suffix} was left")
        self.assertEqual([each.name for each in path.parent.iterdir() if each.name.startswith(".peerProcess-")], [])


def kill_now(process):
    os.kill(process.process.pid, signal.SIGKILL)
    process.process.wait()
