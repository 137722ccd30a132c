#!/usr/bin/env python3
"""A sharing process whose port is flooded: whoever comes honestly is served meanwhile, and memory goes back.

Whoever floods proves nothing and holds what he was given; each test waits for what the process has decided, not for time.
"""

import socket
import unittest
from pathlib import Path

from share_case import COMPLETE, ShareCase
from swarm_case import DEADLINE_S

MARK, FETCH_MANIFEST, FETCH_CATALOG = 0x80, 0x01, 0x02
INTERESTED = bytes([0, 0, 0, 1, 2])
NOTHING_OF_32_PIECES = bytes([0, 0, 0, 5, 5, 0, 0, 0, 0])


class Floods(ShareCase):
    def knock(self, sharer, feature, content, behind=b"", source="127.0.0.1"):
        """A connection whose handshake asks for something, and which stays."""
        link = socket.create_connection(("127.0.0.1", sharer.port), timeout=DEADLINE_S, source_address=(source, 0))
        self.addCleanup(link.close)
        link.sendall(b"P2PFILESHARINGPROJ" + bytes([MARK, feature]) + content + (77).to_bytes(4, "big") + behind)
        return link

    @staticmethod
    def is_over(link):
        """Whether the other end closes; waits for it."""
        try:
            while link.recv(65536):
                pass
        except ConnectionError:
            pass
        return True

    def prefix_of(self, sharer, name):
        return bytes.fromhex(sharer.offered()[name])[:8]

    def memory_of(self, sharer):
        status = Path(f"/proc/{sharer.process.pid}/status").read_text(encoding="utf-8")
        return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmRSS:"))

    def connections_of(self, sharer):
        return sum(1 for each in Path(f"/proc/{sharer.process.pid}/fd").iterdir() if "socket:" in str(each.readlink()))

    def test_questions_that_nobody_has_an_answer_for_hold_nothing(self):
        sharer = self.share({"a": b"1"})
        links = [self.knock(sharer, FETCH_CATALOG, i.to_bytes(8, "big")) for i in range(200)]
        self.assertEqual([each["name"] for each in self.ls()], ["a"])
        self.assertTrue(all(self.is_over(link) for link in links))

    def test_texts_that_were_given_hold_nothing(self):
        """The readers stay: each has its text, and two seconds."""
        sharer = self.share({"a": b"1"})
        content = self.prefix_of(sharer, "a")
        links = [self.knock(sharer, FETCH_MANIFEST, content) for _ in range(200)]
        self.assertEqual([each["name"] for each in self.ls()], ["a"])
        self.get(COMPLETE, "a", "--out", self.dir / "out")
        self.assertTrue(all(self.is_over(link) for link in links))

    def test_idle_links_make_room(self):
        """More than one address may have, all interested, none of which ever asks; then somebody who wants the file."""
        data = self.random_bytes(8 << 20)
        sharer = self.share({"a": data})
        content = self.prefix_of(sharer, "a")
        for _ in range(300):
            self.knock(sharer, 0, content, behind=NOTHING_OF_32_PIECES + INTERESTED)
        self.get(COMPLETE, "a", "--out", self.dir / "out")
        self.assert_file(self.dir / "out" / "a", data)
        self.wait_until(lambda: self.connections_of(sharer) < 100, "most idle links to be gone")

    def test_contents_that_nobody_uses_make_room_and_their_memory_goes_back(self):
        count = 600
        sharer = self.share({f"f{i}": bytes([i % 256, i // 256]) * 500 for i in range(count)})
        before = self.memory_of(sharer)
        links = [self.knock(sharer, 0, self.prefix_of(sharer, f"f{i}")) for i in range(count)]
        self.get(COMPLETE, "f7", "--out", self.dir / "out")
        self.assertLess(self.memory_of(sharer) - before, 128 << 20)
        for link in links:
            link.close()
        self.wait_until(lambda: self.memory_of(sharer) - before < 16 << 20, "the memory to go back")


if __name__ == "__main__":
    unittest.main()
