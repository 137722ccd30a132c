"""How peerProcess is made to spread one file from peer 0 to all others."""

import re

from comparelib.tools.ours import give_keys
from swarmlib.process import peer_command

from .tools import Tool

_COMMON = """\
NumberOfPreferredNeighbors {k}
UnchokingInterval {p}
OptimisticUnchokingInterval {m}
FileName {name}
FileSize {size}
PieceSize {piece_size}
ChokingPolicy {policy}
"""
LAST_WORDS = re.compile(r"complete: .*received ([0-9.]+) MB, sent ([0-9.]+) MB")


def program_of(binary):
    """The words of --binary, without progress."""
    return [word for word in peer_command(binary) if word not in ("--progress", "none")]


class Ours(Tool):
    """The peers of one directory, each in its namespace. `policy`, `binary` and `keys` are set by who makes the subclass."""

    policy = "course"
    binary = ""
    keys = False  # whether every connection is TLS

    def prepare(self):
        options = self.options
        size = self.source.stat().st_size
        (self.directory / "Common.cfg").write_text(
            _COMMON.format(
                k=options.k,
                p=options.p,
                m=options.m,
                name=self.source.name,
                size=size,
                piece_size=options.piece_size,
                # Programs that know no policies but the course's are measured without the line.
                policy=self.policy,
            ).replace("ChokingPolicy course\n", "")
            + "".join(f"{line}\n" for line in options.common)
        )
        peers = range(self.network.peers)
        lines = [f"{self.id(peer)} {self.network.address(peer)} 6008 {int(peer == 0)}\n" for peer in peers]
        (self.directory / "PeerInfo.cfg").write_text("".join(lines))
        if self.keys:
            give_keys(program_of(self.binary)[0], self.directory)
        # Where it goes to a file, progress is plain lines, the last of which is counted.
        words = program_of(self.binary)
        words = words if any("{id}" in word for word in words) else [*words, "{id}"]
        self._processes = []
        for peer in peers:
            self.folder(peer)
            own = [word.replace("{id}", str(self.id(peer))).replace("{dir}", str(self.directory)) for word in words]
            self._processes.append(self.start(peer, own, gated=True, cwd=self.directory))

    def is_done(self, leecher):
        return self.copy(leecher).exists()

    def settle(self):
        self.wait_for(lambda: all(map(self.crew.has_ended, self._processes)), "leaving")
        self.crew.check()
        found = [LAST_WORDS.search(self.crew.output(leecher).read_text()) for leecher in self.leechers]
        if all(found):
            # As the peers say it, rounded to 0.1 MB.
            received = sum(float(each[1]) * 1e6 for each in found)
            self.count_redundant = max(0, int(received - len(found) * self.source.stat().st_size))

    def folder(self, peer):
        folder = self.directory / f"peer_{self.id(peer)}"
        if not folder.exists():
            folder.mkdir()
            if peer == 0:
                (folder / self.source.name).hardlink_to(self.source)
        return folder

    def log(self, peer):
        return self.directory / f"log_peer_{self.id(peer)}.log"

    @staticmethod
    def id(peer):
        return 1001 + peer
