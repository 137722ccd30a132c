"""How one sharer gives a file to nodes that HTTP clients ask: curl at each node, while the node fetches the file."""

import re
import sys
from pathlib import Path

from .ours import program_of
from .tools import Tool


class Http(Tool):
    """Peer 0 shares its folder. On all others `get --keep --http` begins together, and curl as soon as it answers; what is timed is
    curl's copy. `binary` is set by who makes the subclass."""

    programs = ("curl",)
    binary = ""
    _PORT = 5000

    def prepare(self):
        program = program_of(self.binary) if self.binary else program_of("")[:1]
        address = self.network.address(0)
        self.folder(0)
        self.start(0, [*program, "share", "--folder", self.folder(0), "--host", address, "--port", self._PORT, "--progress", "plain"])
        for leecher in self.leechers:
            node = self.directory / f"node_{leecher}"
            self.start(leecher, [sys.executable, Path(__file__).with_name("http_reader.py"), self.copy(leecher), self._done_file(leecher),
                                 *self.node_command(program, f"{address}:{self._PORT}", node)], gated=True)
        self.wait_for(lambda: "sharing 1 file" in self.crew.output(0).read_text(), "hashing")

    def node_command(self, program, join, folder):
        return [*program, "get", self.source.name, "--keep", "--http", "127.0.0.1:8000", "--join", join, "--out", folder,
                "--progress", "none"]

    def figures(self):
        """When the first byte came at the last node, from the node's start on, and from curl's."""
        found = [re.search(r"first byte ([0-9.]+) s, of curl ([0-9.]+) s", self.crew.output(leecher).read_text()) for leecher in self.leechers]
        return {"first_byte_s": max(float(each[1]) for each in found), "curl_first_byte_s": max(float(each[2]) for each in found)}
