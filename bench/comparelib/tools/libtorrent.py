"""libtorrent: one process a peer, each a small program on its Python binding, with settings for a fast network."""

import json
import subprocess
import sys
from functools import cache
from pathlib import Path

from swarmlib.create import free_ports

from .base import Tool, address
from .torrent import make_torrent

_PROGRAM = Path(__file__).with_name("libtorrent_peer.py")


@cache
def _interpreter():
    """A Python that has the binding: Debian's is for Debian's Python."""
    for python in (sys.executable, "/usr/bin/python3"):
        try:
            if subprocess.run([python, "-c", "import libtorrent"], capture_output=True, stdin=subprocess.DEVNULL).returncode == 0:
                return python
        except OSError:
            pass
    return None


class Libtorrent(Tool):
    """Leechers are up and have their torrent, but know nobody: the word is the list of those whom each shall connect to."""

    name = "libtorrent"
    says = "libtorrent 2 by its Python binding, tuned (comparelib/tools/libtorrent_peer.py)"

    @classmethod
    def missing(cls):
        return None if _interpreter() else "apt-get install python3-libtorrent"

    def prepare(self):
        torrent = self.folder / "data.torrent"
        make_torrent(torrent, self.source, self.case.piece)
        self._places = []
        for i in range(-1, self.case.leechers):
            [port] = free_ports(1, address(i))
            self._places.append([address(i), port])
            name, folder = ("source", self.source.parent) if i < 0 else (f"leecher{i}", self.copies[i].parent)
            words = [torrent, folder, address(i), port, self.marks[i] if i >= 0 else ""]
            self.crew.start(name, [_interpreter(), "-P", _PROGRAM, *words], stdin=subprocess.PIPE)
        self.crew.wait_until(lambda: all(member.log.read_bytes() for member in self.crew.members), "the peers")
        self._tell(0, [])

    def go(self):
        for i in range(1, len(self._places)):
            self._tell(i, self._places[:i])

    def _tell(self, i, others):
        pipe = self.crew.members[i].process.stdin
        pipe.write(json.dumps(others).encode() + b"\n")
        pipe.flush()
