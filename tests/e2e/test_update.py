#!/usr/bin/env python3
"""get --update: what the old file has is not fetched, wherever in it that is."""

import unittest

from share_case import COMPLETE, ShareCase, kill_now

PIECE = 256 * 1024
MIB = 1 << 20


class Update(ShareCase):
    def updated(self, before, after, **expected):
        """Gets `after` where `before` is; what its JSON says."""
        self.share({"a.bin": after})
        out = self.folder({"a.bin": before})
        told = self.get(COMPLETE, "a.bin", "--update", "--out", out)
        self.assert_file(out / "a.bin", after)
        for key, most in expected.items():
            self.assertLessEqual(told[key], most, told)
        return told

    def test_put_in_front(self):
        before = self.random_bytes(64 * MIB)
        told = self.updated(before, self.random_bytes(100, 1) + before, received=MIB)
        self.assertGreater(told["found"], 62 * MIB)

    def test_taken_from_the_front(self):
        before = self.random_bytes(16 * MIB)
        self.updated(before, before[100:], received=MIB)

    def test_changed_in_the_middle(self):
        before = self.random_bytes(64 * MIB)
        at = 30 * MIB + 12_345
        self.updated(before, before[:at] + self.random_bytes(MIB, 1) + before[at + MIB:], received=2 * MIB)

    def test_put_into_the_middle(self):
        before = self.random_bytes(64 * MIB)
        at = 30 * MIB + 12_345
        self.updated(before, before[:at] + self.random_bytes(MIB, 1) + before[at:], received=2 * MIB)

    def test_two_halves_change_places(self):
        before = self.random_bytes(16 * MIB)
        self.updated(before, before[5 * MIB + 77:] + before[:5 * MIB + 77], received=MIB)

    def test_wholly_new(self):
        told = self.updated(self.random_bytes(8 * MIB), self.random_bytes(8 * MIB, 1))
        self.assertEqual((told["received"], told["found"]), (8 * MIB, 0))

    def test_shorter_than_a_piece(self):
        before = self.random_bytes(1000)
        self.updated(before, before + self.random_bytes(10, 1), received=1010)

    def test_an_empty_file_before(self):
        self.updated(b"", self.random_bytes(MIB))

    def test_one_value_everywhere(self):
        self.updated(bytes(4 * MIB), self.random_bytes(100, 1) + bytes(4 * MIB))

    def test_the_old_file_is_whole_until_the_new_one_is(self):
        """Killed in the middle: the old file is as it was, and the next get needs no more than is left."""
        before = self.random_bytes(32 * MIB)
        after = self.random_bytes(100, 1) + before[:16 * MIB] + self.random_bytes(16 * MIB, 2) + before[16 * MIB:]
        self.share({"a.bin": after}, "--limit-up", "4M")
        out = self.folder({"a.bin": before})
        running = self.start_get("a.bin", "--update", "--out", out)
        journal = out / "a.bin.journal"
        self.wait_until(lambda: journal.exists() and journal.stat().st_size > 32 * 70, "some pieces to be found", running)
        kill_now(running)
        self.assertTrue((out / "a.bin").read_bytes() == before)
        told = self.get(COMPLETE, "a.bin", "--update", "--out", out)
        self.assert_file(out / "a.bin", after)
        self.assertLessEqual(told["received"], 21 * MIB)


if __name__ == "__main__":
    unittest.main()
