"""One round of a soak: a swarm with a manifest whose peers are killed and come back, until a last one lets all leave."""

import hashlib
import json
import os
import shutil
import time
from contextlib import suppress
from pathlib import Path
from statistics import median
from typing import NamedTuple

from .cfg import read_config
from .cli import Exit, ScriptError
from .create import write_config
from .files import data_file, data_folder, make_seed_files, output_file, verify_copies
from .process import PeerProcess

_SAMPLE_S = 0.5
_LEAVE_PATIENCE_S = 120
_FEWEST_SAMPLES = 20
_DOWN_S = 3.0  # at most, from a kill to the restart
# What may differ between the second and the last third of a round without being called growth.
_RSS_SLACK, _RSS_FACTOR = 4 << 20, 1.15
_DESCRIPTOR_SLACK = 6


class Done(NamedTuple):
    """What came of a round."""

    kills: int
    emptied: int
    watched: int
    rss: int
    descriptors: int


class Watch:
    """Memory and descriptors of one process over time."""

    def __init__(self, pid):
        self._proc = Path(f"/proc/{pid}")
        self.samples = []  # (resident bytes, descriptors)

    def sample(self):
        try:
            resident = int((self._proc / "statm").read_text().split()[1]) * os.sysconf("SC_PAGESIZE")
            self.samples.append((resident, len(os.listdir(self._proc / "fd"))))
        except (FileNotFoundError, ProcessLookupError):
            pass  # it has just left

    def growth(self):
        """What has grown from the second third to the last one, as text; empty when nothing has."""
        third = len(self.samples) // 3
        if len(self.samples) < _FEWEST_SAMPLES:
            return ""
        (middle_rss, middle_fds), (last_rss, last_fds) = (zip(*self.samples[third * n : third * (n + 1)]) for n in (1, 2))
        if median(last_rss) > median(middle_rss) * _RSS_FACTOR + _RSS_SLACK:
            return f"memory, from {median(middle_rss):.0f} to {median(last_rss):.0f} bytes"
        if max(last_fds) > max(middle_fds) + _DESCRIPTOR_SLACK:
            return f"descriptors, from {max(middle_fds)} to {max(last_fds)}"
        return ""


def sockets(pid):
    """How many sockets a process has: one that listens, and one for each link."""
    count = 0
    with suppress(FileNotFoundError, ProcessLookupError):
        for descriptor in os.scandir(f"/proc/{pid}/fd"):
            with suppress(FileNotFoundError):
                count += os.readlink(descriptor.path).startswith("socket:")
    return count


class Round:
    """The last listed peer comes when the killing is over: until then nobody is done, and nobody leaves."""

    def __init__(self, directory, options, command, chance):
        self._options, self._command, self._chance = options, command, chance
        write_config(
            directory, file_name="soak.bin", file_size=options.size, piece_size=options.piece_size, leechers=options.peers - 1
        )
        self._config = read_config(directory)
        make_seed_files(self._config)
        self._name_manifest(directory)
        self._running, self._down = {}, {}  # by peer; the second: when to start it again
        self._kills = self._emptied = 0
        steady = [peer for number, peer in enumerate(self._config.peers[:-1]) if number % 5 == 0]
        self._mortal = [peer for peer in self._config.peers[:-1] if peer not in steady]
        self._steady = steady

    def _name_manifest(self, directory):
        seed = data_file(self._config, self._config.peers[0])
        content, size = seed.read_bytes(), self._options.piece_size
        pieces = [hashlib.sha256(content[at : at + size]).hexdigest() for at in range(0, len(content), size)]
        text = json.dumps(
            {
                "peerProcess_manifest": 1,
                "kind": "file",
                "piece_size": size,
                "piece_hash": "sha256",
                "files": [{"path": seed.name, "size": len(content), "mode": "0644", "pieces": pieces}],
            }
        ).encode()
        # Only the seed has it; the others fetch it, in every life that lost all.
        seed.with_name("soak.manifest").write_bytes(text)
        with (directory / "Common.cfg").open("a") as common:
            common.write(f"Manifest {hashlib.sha256(text).hexdigest()}\n")

    def run(self, seconds):
        """Returns what came of it; raises ScriptError for whatever broke or grew."""
        try:
            for peer in self._config.peers[:-1]:
                self._start(peer)
            self._watches = {peer: Watch(self._running[peer].pid) for peer in self._steady}
            self._churn(time.monotonic() + seconds)
            self._let_leave()
        finally:
            for process in self._running.values():
                process.kill()
        self._judge()
        samples = [sample for watch in self._watches.values() for sample in watch.samples]
        return Done(self._kills, self._emptied, len(self._watches), max(rss for rss, _ in samples), max(fds for _, fds in samples))

    def _start(self, peer):
        self._running[peer] = PeerProcess(self._config, peer, self._command)

    def _churn(self, end):
        now = time.monotonic()
        next_sample = now
        next_kill = now + self._pause()
        while now < end or self._down:
            for peer in [peer for peer, due in self._down.items() if due <= now]:
                del self._down[peer]
                self._start(peer)
            if now >= next_kill and now < end:
                self._kill_one(now)
                next_kill = now + self._pause()
            if now >= next_sample:
                self._sample()
                next_sample += _SAMPLE_S
            self._check_nobody_left(leaving=False)
            time.sleep(0.02)
            now = time.monotonic()

    def _pause(self):
        return self._chance.expovariate(self._options.kills / 60)

    def _kill_one(self, now):
        candidates = [peer for peer in self._mortal if peer not in self._down]
        if not candidates:
            return
        peer = self._chance.choice(candidates)
        self._running.pop(peer).kill()
        self._kills += 1
        if self._chance.random() < 0.5:
            self._emptied += 1
            shutil.rmtree(data_folder(self._config, peer), ignore_errors=True)
        self._down[peer] = now + self._chance.uniform(0, _DOWN_S)

    def _sample(self):
        for watch in self._watches.values():
            watch.sample()

    def _let_leave(self):
        end = time.monotonic() + _LEAVE_PATIENCE_S
        # Who comes back when some have left already could never learn that they have the file (docs/PROTOCOL.md, "End").
        while any(sockets(process.pid) < len(self._running) for process in self._running.values()):
            self._check_nobody_left(leaving=False)
            if time.monotonic() > end:
                raise ScriptError(f"not all peers have found each other again after {_LEAVE_PATIENCE_S} s without kills")
            time.sleep(0.02)
        self._start(self._config.peers[-1])
        while any(process.exit_code() is None for process in self._running.values()):
            self._check_nobody_left(leaving=True)
            if time.monotonic() > end:
                left = [str(peer.id) for peer, process in self._running.items() if process.exit_code() is None]
                raise ScriptError(f"still there after {_LEAVE_PATIENCE_S} s without kills: peers {', '.join(left)}")
            time.sleep(0.02)
        self._check_nobody_left(leaving=True)

    def _check_nobody_left(self, leaving):
        for peer, process in self._running.items():
            code = process.exit_code()
            if code is None or (leaving and code == Exit.COMPLETE):
                continue
            said = output_file(self._config, peer).read_text(errors="replace")[-2000:]
            raise ScriptError(f"peer {peer.id} left with {code}, and said:\n{said}")

    def _judge(self):
        first, *others = self._config.peers
        verify_copies(self._config, first, others)
        # A sanitizer keeps what was freed for a while.
        judged = {} if b"__asan_init" in Path(shutil.which(self._command[0])).read_bytes() else self._watches
        for peer, watch in judged.items():
            if growth := watch.growth():
                raise ScriptError(f"peer {peer.id} has grown: {growth}")
