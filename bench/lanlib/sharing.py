"""How one sharer gives a file to getters that begin together: `peerProcess share` and `get`."""

from .ours import LAST_WORDS, program_of
from .tools import Tool


class Get(Tool):
    """Peer 0 shares its folder; all others get the file of it, and find each other by themselves. `binary` is set by who makes
    the subclass."""

    binary = ""
    _PORT = 5000

    def prepare(self):
        program = program_of(self.binary) if self.binary else program_of("")[:1]
        address = self.network.address(0)
        where = ["--host", address, "--port", self._PORT, "--progress", "plain"]
        self.folder(0)
        self.start(0, [*program, "share", "--folder", self.folder(0), *where])
        self._getters = {}
        for leecher in self.leechers:
            words = [*program, "get", self.source.name, "--join", f"{address}:{self._PORT}", "--out", self.folder(leecher)]
            self._getters[leecher] = self.start(leecher, [*words, "--progress", "plain"], gated=True)
        self.wait_for(lambda: "sharing 1 file" in self.crew.output(0).read_text(), "hashing")

    def is_done(self, leecher):
        return self.copy(leecher).exists()

    def settle(self):
        self.wait_for(lambda: all(map(self.crew.has_ended, self._getters.values())), "leaving")
        self.crew.check()
        found = [LAST_WORDS.search(self.crew.output(leecher).read_text()) for leecher in self.leechers]
        if all(found):
            received = sum(float(each[1]) * 1e6 for each in found)
            self.count_redundant = max(0, int(received - len(found) * self.source.stat().st_size))
