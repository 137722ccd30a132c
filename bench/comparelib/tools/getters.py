"""peerProcess share and get: one sharer, and getters that find each other through it."""

from .. import machine
from .base import FILE_NAME, Tool, address
from .ours import Ours

_PORT = 6100


class Getters(Tool):
    """A getter is complete when its file has its name. It leaves then."""

    name = "get"
    says = "peerProcess, share and get; pieces as share makes them"
    leechers_end = True

    def __init__(self, case, folder, source, crew):
        super().__init__(case, folder, source, crew)
        self.marks = self.copies

    @classmethod
    def missing(cls):
        return Ours.missing()

    def prepare(self):
        shared = self.folder / "shared"
        shared.mkdir()
        (shared / FILE_NAME).hardlink_to(self.source)
        words = ["share", "--folder", shared, "--host", address(-1), "--port", _PORT]
        sharer = self.crew.start("source", [Ours.binary, *words, *self._words()])
        self.crew.wait_until(lambda: "sharing 1 file" in sharer.log.read_text(), "hashing")

    def go(self):
        for i, copy in enumerate(self.copies):
            self.crew.start(f"leecher{i}", [Ours.binary, "get", FILE_NAME, "--join", f"{address(-1)}:{_PORT}", "--out", copy.parent, *self._words()])

    def _words(self):
        return ["--network", f"bench-{self.folder.name}", "--no-multicast", "--progress", "plain"]
