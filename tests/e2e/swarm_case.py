"""Swarms of real processes: what the end-to-end tests share.

A test describes a swarm, starts its peers in any order and waits for what must come about. Waiting polls a condition
up to one generous deadline, so that a slow machine or a sanitizer makes a test slower and never wrong. Every process
that a test starts is ended with it.
"""

import os
import random
import resource
import socket
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import course_log

HERE = Path(__file__).resolve().parent
PEER_PROCESS = os.path.abspath(os.environ.get("PEER_PROCESS") or HERE.parents[1] / "build" / "dev" / "peerProcess")
CLASSIC_PEER = HERE / "classic_peer.py"
DEADLINE_S = 120
FILE_NAME = "TheFile.dat"

if not os.access(PEER_PROCESS, os.X_OK):
    sys.exit(f"{PEER_PROCESS} is no program: build it (scripts/build dev) or set PEER_PROCESS")


def has_ipv6():
    """Whether this machine has the loopback address ::1."""
    try:
        _bound("::1", 0).close()
    except OSError:
        return False
    return True


def _bound(address, port):
    """A socket that holds a port without listening: nobody else gets it by chance, and a peer can still listen."""
    holder = socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET)
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        holder.bind((address, port))
    except OSError:
        holder.close()
        raise
    return holder


class Peer:
    """A process that speaks the protocol, ours or the classic one, from its start to its end."""

    def __init__(self, swarm, peer_id, command, kind, cwd=None, file_limit=None, descriptor_limit=None, environment=None):
        self.swarm, self.id, self.kind = swarm, peer_id, kind
        self.ended_by_test = False
        self.fresh = peer_id not in (peer.id for peer in swarm.lives)
        self.had_file = swarm.copy_of(peer_id).exists() if kind == "ours" else peer_id in swarm.seeds
        # Our peer goes on with its log where an earlier life ended.
        self.log_path = swarm.dir / f"log_peer_{peer_id}.log"
        self._log_start = self.log_path.stat().st_size if kind == "ours" and self.log_path.is_file() else 0
        self._stderr_path = swarm.dir / f"stderr_{len(swarm.lives)}_{peer_id}.txt"

        def limit():
            for which, most in ((resource.RLIMIT_FSIZE, file_limit), (resource.RLIMIT_NOFILE, descriptor_limit)):
                if most:
                    resource.setrlimit(which, (most, most))

        with self._stderr_path.open("wb") as stderr:
            self.process = subprocess.Popen(command, cwd=cwd or swarm.dir, stdin=subprocess.DEVNULL, stdout=stderr,
                                            stderr=stderr, preexec_fn=limit if file_limit or descriptor_limit else None,
                                            env=os.environ | (environment or {}))
        swarm.case.addCleanup(self.kill)

    def stderr(self):
        return self._stderr_path.read_text(errors="replace")

    def log(self):
        """The entries of this life's log so far."""
        if not self.log_path.is_file():
            return []
        with self.log_path.open("rb") as log:
            log.seek(self._log_start)
            return course_log.parse_growing(log.read())

    def count(self, kind):
        """How many entries of a kind the log has."""
        return sum(entry.kind == kind for entry in self.log())

    def running(self):
        return self.process.poll() is None

    def stopped(self):
        """Whether SIGSTOP has taken effect."""
        return Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"

    def signal(self, number):
        self.ended_by_test = True
        self.process.send_signal(number)

    def kill(self):
        """Ends it without a chance to tidy up."""
        self.ended_by_test = True
        self.process.kill()
        self.process.wait()

    def expect_exit(self, code):
        """Waits for its end, and checks the exit code."""
        self.ended_by_test = True
        self.swarm.wait_until(lambda: not self.running(), f"peer {self.id} to leave")
        self.swarm.case.assertEqual(self.process.returncode, code, self.last_words())

    def last_words(self):
        code = "still runs" if self.running() else f"exit code {self.process.returncode}"
        return f"peer {self.id} ({self.kind}), {code}, printed:\n{self.stderr()[-2000:]}"


class Swarm:
    """A directory with both configuration files and the seeds' copies of the file, and the peers that run in it."""

    def __init__(self, case, ids, seeds, size, piece_size, preferred, optimistic_s, host, name):
        self.case, self.ids, self.seeds, self.preferred = case, list(ids), set(seeds), preferred
        self.foreign = {}  # files that no peer can prove its own: path to bytes
        self.piece_size, self.piece_count, self.name = piece_size, -(-size // piece_size), name
        holder = tempfile.TemporaryDirectory(prefix="swarm-")
        case.addCleanup(holder.cleanup)
        self.dir = Path(holder.name)
        self.lives = []  # every process ever started, in order
        self.by_lines = True  # only later lines dial, as long as nobody is missing for long
        self.ports = {peer_id: self._hold_port() for peer_id in self.ids}
        self.content = random.Random(case.id()).randbytes(size)
        self.common = {"NumberOfPreferredNeighbors": preferred, "UnchokingInterval": 1,
                       "OptimisticUnchokingInterval": optimistic_s, "FileName": name, "FileSize": size,
                       "PieceSize": piece_size}
        self.write_common()
        hosts = dict.fromkeys(self.ids, host) if isinstance(host, str) else dict(zip(self.ids, host, strict=True))
        (self.dir / "PeerInfo.cfg").write_text("".join(
            f"{peer_id} {hosts[peer_id]} {self.ports[peer_id]} {int(peer_id in self.seeds)}\n"
            for peer_id in self.ids))
        for peer_id in self.seeds:
            self.give_file(peer_id)

    def write_common(self, **changes):
        """Writes Common.cfg, with these values changed."""
        self.common |= changes
        (self.dir / "Common.cfg").write_text("".join(f"{key} {value}\n" for key, value in self.common.items()))

    def _hold_port(self):
        """A port of the loopback, IPv4 and IPv6, that is this test's until its end."""
        while True:
            holder = _bound("127.0.0.1", 0)
            self.case.addCleanup(holder.close)
            port = holder.getsockname()[1]
            try:
                if has_ipv6():
                    self.case.addCleanup(_bound("::1", port).close)
                return port
            except OSError:
                continue  # over IPv6 it is somebody else's: try another

    def copy_of(self, peer_id):
        usual, short = self.dir / f"peer_{peer_id}", self.dir / str(peer_id)
        return (short if short.is_dir() and not usual.exists() else usual) / self.name

    def part_of(self, peer_id):
        return self.copy_of(peer_id).with_name(self.copy_of(peer_id).name + ".part")

    def give_file(self, peer_id):
        self.copy_of(peer_id).parent.mkdir(parents=True, exist_ok=True)
        self.copy_of(peer_id).write_bytes(self.content)

    def piece(self, index):
        return self.content[index * self.piece_size:(index + 1) * self.piece_size]

    def start(self, peer_id, *options, namespace=None, **circumstances):
        """Our peer; it ends by itself some time after the test's deadline, should nobody be left to end it."""
        command = [*(["ip", "netns", "exec", namespace] if namespace else []), PEER_PROCESS, str(peer_id), "--timeout", str(2 * DEADLINE_S), *options]
        command += [] if "--progress" in options else ["--progress", "none"]
        self.lives.append(Peer(self, peer_id, command, "ours", **circumstances))
        return self.lives[-1]

    def start_classic(self, peer_id, *options):
        """The peer written by somebody else."""
        command = [sys.executable, str(CLASSIC_PEER), str(peer_id), "--timeout", str(2 * DEADLINE_S), *options]
        self.lives.append(Peer(self, peer_id, command, "classic"))
        return self.lives[-1]

    def wait_until(self, condition, what):
        """Polls until the condition holds. Fails at the deadline, or as soon as a peer has failed."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            self.check_nobody_failed()
            if time.monotonic() > deadline:
                self.case.fail(f"waited in vain for {what}\n" + "\n".join(peer.last_words() for peer in self.lives))
            time.sleep(0.01)

    def check_nobody_failed(self):
        failed = [peer for peer in self.lives if not peer.ended_by_test and peer.process.poll()]
        if failed:
            self.case.fail("\n".join(peer.last_words() for peer in failed))

    def finish(self):
        """Every peer leaves with 0, and none before all have the file; all copies and all logs are right."""
        peers = {peer.id: peer for peer in self.lives}  # the last life of each
        self.case.assertEqual(sorted(peers), sorted(self.ids), "every listed peer has been started")
        self.wait_until(lambda: not all(peer.running() for peer in peers.values()), "a peer to leave")
        self.check_nobody_failed()
        self.check_copies()
        for peer in peers.values():
            peer.expect_exit(0)
        self.check_copies()
        for peer in peers.values():
            self.check_log(peer)

    def check_copies(self):
        """Every listed peer has the file, byte for byte, and under its final name alone."""
        for peer_id in self.ids:
            self.case.assertTrue(self.copy_of(peer_id).is_file(), f"peer {peer_id} has no file")
            # Not assertEqual: nobody wants to read the difference of two files.
            self.case.assertTrue(self.copy_of(peer_id).read_bytes() == self.content, f"peer {peer_id}'s file differs")
            if self.part_of(peer_id) not in self.foreign:
                self.case.assertFalse(self.part_of(peer_id).exists(), f"peer {peer_id} left an unfinished file")

    def check_log(self, peer):
        course_log.parse(peer.log_path.read_bytes().decode())
        with self.case.subTest(log=peer.id):
            course_log.check(self.case, peer.log(), peer_id=peer.id, listed=self.ids, piece_count=self.piece_count,
                             preferred=self.preferred, had_file=peer.had_file, fresh=peer.fresh, by_lines=self.by_lines)


class SwarmCase(unittest.TestCase):
    """A test with swarms of its own."""

    def swarm(self, ids=(1001, 1002), *, seeds=(1001,), size=100_000, piece_size=1024, preferred=2, optimistic_s=1,
              host="127.0.0.1", name=FILE_NAME):
        """`host` is that of all peers, or a list with one for each."""
        return Swarm(self, ids, seeds, size, piece_size, preferred, optimistic_s, host, name)

    def exchange(self, ids=(1001, 1002), *, order=None, options=(), **description):
        """A swarm of our peers alone, started in an order (that of the lines by default), to its good end."""
        swarm = self.swarm(ids, **description)
        for peer_id in order or swarm.ids:
            swarm.start(peer_id, *options)
        swarm.finish()
        return swarm


def run_peer(directory, *arguments):
    """Our peer to its end, as somebody at a terminal sees it: the finished process with its output as text."""
    return subprocess.run([PEER_PROCESS, *map(str, arguments)], cwd=directory, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, timeout=DEADLINE_S, check=False)

