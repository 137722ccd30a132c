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
        self.wait_for(lambda: "sharing 1 file" in self.crew.output(0).read_text(), "hashing")
        for leecher in self.leechers:
            node = self.directory / f"node_{leecher}"
            self.start_node(leecher, self.node_command(program, f"{address}:{self._PORT}", node))

    def start_node(self, leecher, command):
        reader = [sys.executable, Path(__file__).with_name("http_reader.py"), self.copy(leecher), self._done_file(leecher)]
        self.start(leecher, [*reader, *command], gated=True)

    def node_command(self, program, join, folder):
        return [*program, "get", self.source.name, "--keep", "--http", "127.0.0.1:8000", "--join", join, "--out", folder,
                "--progress", "none"]

    def figures(self):
        """When the first byte came at the last node, from the node's start on, and from curl's."""
        found = [re.search(r"first byte ([0-9.]+) s, of curl ([0-9.]+) s", self.crew.output(leecher).read_text()) for leecher in self.leechers]
        return {"first_byte_s": max(float(each[1]) for each in found), "curl_first_byte_s": max(float(each[2]) for each in found)}


class Gateway(Http):
    """The same, and the nodes are gateways: up before, with empty caches. curl begins at the start signal."""

    def start_node(self, leecher, command):
        name = f"node_{leecher}"
        self.crew.start(name, self.network.namespace(leecher), command)
        self.wait_for(lambda: "http: " in self.crew.output(name).read_text(), "a gateway")
        words = "first byte %{time_starttransfer} s, of curl %{time_starttransfer} s"
        curl = f"curl -sS -f -o '{self.copy(leecher)}' -w '{words}' http://127.0.0.1:8000/{self.source.name} && : > '{self._done_file(leecher)}'"
        self.start(leecher, ["sh", "-c", curl], gated=True)

    def node_command(self, program, join, folder):
        return [*program, "gateway", "--http", "127.0.0.1:8000", "--join", join, "--cache", folder, "--cache-size", "100G", "--progress", "none"]
