#!/usr/bin/env python3
"""Shared folders: share, ls and get as somebody at a terminal uses them."""

import os
import signal
import time
import unittest

import share_case
from share_case import (COMPLETE, CONTENT_MISMATCH, INTERRUPTED, IO, NETWORK, PORT_IN_USE, TIMEOUT, USAGE, Process, ShareCase,
                        kill_now)
from swarm_case import DEADLINE_S

PIECE = 256 * 1024
LARGE = 96 << 20


class Sharing(ShareCase):
    def test_one_file(self):
        data = self.random_bytes(3 * PIECE + 5)
        self.share({"a.bin": data, "b.bin": b"other"})
        told = self.get(COMPLETE, "a.bin", "--out", "here")
        self.assert_file(self.dir / "here/a.bin", data)
        self.assertEqual((told["name"], told["path"], told["size"]), ("a.bin", "here/a.bin", len(data)))
        self.assertEqual(told["content_id"], self.sharers[0].offered()["a.bin"])
        self.assertEqual([holder["address"] for holder in told["holders"]], [self.sharers[0].address])
        # Again: it is there, and nothing is fetched.
        self.assertEqual(self.get(COMPLETE, "a.bin", "--out", "here")["holders"], [])

    def test_plain_output(self):
        self.share({"a.bin": b"data"})
        content_id = self.sharers[0].offered()["a.bin"]
        done = self.start_get("a.bin").expect(COMPLETE)
        self.assertEqual(done.stdout(), f"{content_id}  a.bin\n")

    def test_by_content_id(self):
        data = self.random_bytes(PIECE)
        self.share({"deep/er/a.bin": data})
        self.get(COMPLETE, self.sharers[0].offered()["deep/er/a.bin"].upper(), "--out", "by-id")
        self.assert_file(self.dir / "by-id/a.bin", data)
        self.get(COMPLETE, "deep/er/a.bin", "--out", "by-name")
        self.assert_file(self.dir / "by-name/deep/er/a.bin", data)

    def test_holders_under_another_name_are_used(self):
        data = self.random_bytes(LARGE)
        self.share({"a/same.bin": data})
        self.share({"b/same.bin": data})
        for attempt in range(10):  # the second may be found too late for all pieces, once
            told = self.get(COMPLETE, "a/same.bin", "--out", f"out{attempt}")
            self.assert_file(self.dir / f"out{attempt}/a/same.bin", data)
            (self.dir / f"out{attempt}/a/same.bin").unlink()
            if len(told["holders"]) == 2:
                return
        self.fail(f"no get used both holders; the last one: {told}")

    def test_files_keep_what_they_are(self):
        """Nothing is written to what is shared, and an executable one arrives as such."""
        folder = self.folder({"tool": b"#!/bin/sh\n"})
        (folder / "tool").chmod(0o540)
        before = (folder / "tool").stat()
        sharer = self.share(folder)
        self.wait_until(sharer.offered, "it to be offered")
        self.get(COMPLETE, "tool", "--out", "out")
        after = (folder / "tool").stat()
        self.assertEqual((before.st_mode, before.st_mtime_ns, before.st_ino), (after.st_mode, after.st_mtime_ns, after.st_ino))
        self.assertEqual((self.dir / "out/tool").stat().st_mode & 0o777, 0o755)
        self.assertEqual(sorted(os.listdir(folder)), [".peerProcess", "tool"])

    def test_fetched_from_all_holders_at_once(self):
        data = self.random_bytes(LARGE)
        for _ in range(3):
            self.share({"large.bin": data})
        for attempt in range(10):  # a holder may be too late for all pieces, once
            told = self.get(COMPLETE, "large.bin", "--out", f"out{attempt}")
            self.assert_file(self.dir / f"out{attempt}/large.bin", data)
            (self.dir / f"out{attempt}/large.bin").unlink()
            self.assertEqual(sum(holder["pieces"] for holder in told["holders"]), -(-LARGE // PIECE))
            if len(told["holders"]) == 3:
                return
        self.fail(f"no get used all three holders; the last one: {told}")

    def test_several_gets_at_once(self):
        files = {f"{i}.bin": self.random_bytes(2 << 20, i) for i in range(4)}
        self.share(files)
        running = [self.start_get(name, "--out", "out") for name in files]
        for each in running:
            each.expect(COMPLETE)
        for name, data in files.items():
            self.assert_file(self.dir / "out" / name, data)

    def test_one_process_fetches_one_file(self):
        self.share({"large.bin": self.random_bytes(LARGE)})
        first = self.start_get("large.bin", "--out", "out")
        self.wait_until(lambda: (self.dir / "out/large.bin.journal").exists(), "the first to begin", first)
        first.process.send_signal(signal.SIGSTOP)
        try:
            second = self.get(IO, "large.bin", "--out", "out")
            self.assertIn("another process is fetching", second.stderr())
        finally:
            first.process.send_signal(signal.SIGCONT)
        first.expect(COMPLETE)

    def test_resumes_after_kill(self):
        data = self.random_bytes(LARGE)
        self.share({"large.bin": data})
        journal = self.dir / "out/large.bin.journal"
        running = self.start_get("large.bin", "--out", "out")
        self.wait_until(lambda: not running.running() or (journal.exists() and journal.stat().st_size > 32 * 20), "some pieces", running)
        kill_now(running)
        if not journal.exists():
            self.skipTest("it was complete before it could be killed")
        kept = journal.stat().st_size // 32 - 1
        told = self.get(COMPLETE, "large.bin", "--out", "out")
        self.assert_file(self.dir / "out/large.bin", data)
        self.assertEqual(sum(holder["pieces"] for holder in told["holders"]), -(-LARGE // PIECE) - kept)

    def test_interrupted_goes_on(self):
        data = self.random_bytes(LARGE)
        sharer = self.share({"large.bin": data})
        running = self.start_get("large.bin", "--out", "out")
        self.wait_until(lambda: (self.dir / "out/large.bin.journal").exists(), "it to begin", running)
        sharer.process.send_signal(signal.SIGSTOP)
        running.end(signal.SIGINT)
        sharer.process.send_signal(signal.SIGCONT)
        self.assertIn(running.process.returncode, (INTERRUPTED, COMPLETE))
        self.get(COMPLETE, "large.bin", "--out", "out")
        self.assert_file(self.dir / "out/large.bin", data)

    def test_holder_killed_in_the_middle(self):
        data = self.random_bytes(LARGE)
        dying, living = self.share({"large.bin": data}), self.share({"large.bin": data})
        living.process.send_signal(signal.SIGSTOP)
        try:
            running = self.start_get("large.bin", "--out", "out", "--json")
            journal = self.dir / "out/large.bin.journal"
            self.wait_until(lambda: not running.running() or (journal.exists() and journal.stat().st_size > 32 * 5), "some pieces", running)
            kill_now(dying)
        finally:
            living.process.send_signal(signal.SIGCONT)
        running.expect(COMPLETE)
        self.assert_file(self.dir / "out/large.bin", data)

    def test_holder_that_comes_later_is_used(self):
        data = self.random_bytes(LARGE)
        first = self.share({"large.bin": data})
        running = self.start_get("large.bin", "--out", "out")
        self.wait_until(lambda: not running.running() or (self.dir / "out/large.bin.journal").exists(), "it to begin", running)
        kill_now(first)
        if not (self.dir / "out/large.bin.journal").exists():
            self.skipTest("it was complete before the holder could be killed")
        # In the same place, as after a restart, with what was hashed before.
        again = share_case.Sharer(self, "again", ["--folder", first.folder, "--host", "127.0.0.1", "--port", first.port, "--network", self.network],
                                  self.dir, first.port)
        self.sharers.append(again)
        running.expect(COMPLETE)
        self.assert_file(self.dir / "out/large.bin", data)

    def test_restart_does_not_hash_again(self):
        first = self.share({"a.bin": self.random_bytes(PIECE + 1)})
        before = first.offered()
        manifest = next((first.folder / ".peerProcess").glob("*.manifest"))
        stamp = manifest.stat().st_mtime_ns
        first.end()
        again = self.share(first.folder, join=[])
        self.wait_until(lambda: again.offered() == before, "the same to be offered")
        self.assertEqual(manifest.stat().st_mtime_ns, stamp)

    def test_second_process_on_a_folder_is_refused(self):
        first = self.share({"a.bin": b"data"})
        second = self.share(first.folder)
        second.expect(IO)
        self.assertIn("another process uses the folder", second.stderr())
        self.assertIn("one process shares a folder", second.stderr())

    def test_signal_ends_it(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            sharer = self.share({"a.bin": b"data"}, join=[])
            self.assertEqual(sharer.end(number), COMPLETE, sharer.words())

    def test_port_in_use(self):
        first = self.share({"a.bin": b"data"})
        second = Process(self, "second", ["share", "--folder", self.folder({}), "--host", "127.0.0.1", "--port", first.port], self.dir)
        second.expect(PORT_IN_USE)
        self.assertIn("--port", second.stderr())

    def test_sharer_tells_who_fetches_what(self):
        data = self.random_bytes(3_000_000)
        sharer = self.share({"a.bin": data})
        content_id = sharer.offered()["a.bin"]
        self.get(COMPLETE, "a.bin")

        def told(event):
            return [line for line in sharer.lines() if line["event"] == event]

        self.wait_until(lambda: told("fetched"), "the end of the visit to be told")
        (begun,), (ended,) = told("fetching"), told("fetched")
        self.assertEqual((begun["name"], begun["content_id"], begun["bytes"]), ("a.bin", content_id, 0))
        self.assertEqual((ended["name"], ended["content_id"], ended["bytes"]), ("a.bin", content_id, len(data)))
        self.assertRegex(begun["address"], r"^127\.0\.0\.1:\d+$")
        self.assertEqual(ended["address"], begun["address"])


class Changes(ShareCase):
    def test_added_changed_removed_renamed(self):
        sharer = self.share({"keep": b"1", "change": b"2", "remove": b"3", "rename": b"4", "sub/dir/file": b"5"})
        before = sharer.offered()
        self.put(sharer.folder, "added", b"new")
        self.put(sharer.folder, "deep/added", b"new")
        (sharer.folder / "change").write_bytes(b"something else")
        (sharer.folder / "remove").unlink()
        (sharer.folder / "rename").rename(sharer.folder / "renamed")
        (sharer.folder / "sub").rename(sharer.folder / "moved")
        expected = {"keep", "change", "renamed", "moved/dir/file", "added", "deep/added"}
        self.wait_until(lambda: set(sharer.offered()) == expected and sharer.offered()["change"] != before["change"], "the changes to be seen")
        self.assertEqual(sharer.offered()["keep"], before["keep"])
        self.assertEqual({each["name"] for each in self.ls()}, expected)
        self.get(COMPLETE, "change", "--out", "out")
        self.assert_file(self.dir / "out/change", b"something else")
        self.assertIn("nobody who can be found", self.get(TIMEOUT, "remove", "--timeout", 3).stderr())

    def test_what_is_not_meant_for_others_is_left_out(self):
        files = {".ssh/id_rsa": b"key", ".env": b"secret", "key": b"mine", "open": b"data", "empty": b""}
        folder = self.folder(files)
        (folder / "key").chmod(0o600)
        (folder / "link").symlink_to("open")
        sharer = self.share(folder)
        ready = lambda sharer: [line for line in sharer.lines() if line["event"] == "ready"]  # noqa: E731
        self.wait_until(lambda: ready(sharer), "it to be ready")
        self.assertEqual(set(sharer.offered()), {"open", "empty"})
        self.assertEqual(ready(sharer)[0]["left_out"], {"hidden": 2, "private": 1, "links": 1, "special": 0})
        # Nobody else may read it any more: it is taken back.
        (folder / "open").chmod(0o600)
        self.wait_until(lambda: set(sharer.offered()) == {"empty"}, "it to be withdrawn")
        sharer.end()
        sharer = self.share(folder, "--hidden", "--private", join=[])
        self.wait_until(lambda: ready(sharer), "it to be ready")
        self.assertEqual(set(sharer.offered()), {"open", "empty", "key", ".env", ".ssh/id_rsa"})

    def test_file_that_grows_is_offered_when_it_is_whole(self):
        sharer = self.share({"a": b"1"})
        data = self.random_bytes(1 << 20)
        with (sharer.folder / "grows").open("wb") as out:
            for at in range(0, len(data), 1 << 16):
                out.write(data[at:at + (1 << 16)])
                out.flush()
                time.sleep(0.05)
        self.wait_until(lambda: "grows" in sharer.offered(), "it to be offered")
        self.get(COMPLETE, "grows", "--out", "out")
        self.assert_file(self.dir / "out/grows", data)

    def test_update(self):
        """A file that is there and differs is left alone, unless it is to be updated."""
        old = self.random_bytes(8 * PIECE)
        sharer = self.share({"a.bin": old})
        self.get(COMPLETE, "a.bin", "--out", "out")
        new = old[:5 * PIECE] + self.random_bytes(4 * PIECE, 1)
        before = sharer.offered()
        (sharer.folder / "a.bin").write_bytes(new)
        self.wait_until(lambda: sharer.offered().get("a.bin", before["a.bin"]) != before["a.bin"], "the change to be seen")
        self.assertIn("is something else", self.get(CONTENT_MISMATCH, "a.bin", "--out", "out").stderr())
        self.assert_file(self.dir / "out/a.bin", old)
        told = self.get(COMPLETE, "a.bin", "--out", "out", "--update")
        self.assert_file(self.dir / "out/a.bin", new)
        self.assertEqual(sum(holder["pieces"] for holder in told["holders"]), 4)


class Names(ShareCase):
    def test_ls(self):
        data = self.random_bytes(1000)
        one, two = self.share({"both": data, "sub/one": b"1"}), self.share({"both": data, "two": b"22"})
        self.wait_until(lambda: len(self.ls(join=[one.address, two.address])) == 3, "both to be listed")
        listed = {each["name"]: each for each in self.ls(join=[one.address, two.address])}
        self.assertEqual(set(listed), {"both", "sub/one", "two"})
        self.assertEqual(listed["both"]["size"], 1000)
        self.assertEqual(sorted(listed["both"]["holders"]), sorted([one.address, two.address]))
        self.assertEqual(listed["both"]["content_id"], one.offered()["both"])
        self.assertEqual(listed["two"]["holders"], [two.address])
        plain = Process(self, "plain", ["ls", "--join", f"{one.address},{two.address}", "--network", self.network], self.dir).expect(COMPLETE).stdout()
        header, *lines = plain.splitlines()
        self.assertEqual(header.split(), ["NAME", "BYTES", "CONTENT", "ID", "HOLDERS"])
        self.assertEqual([line.split() for line in lines if line.startswith("both")], [["both", "1000", one.offered()["both"], "2"]])

    def test_one_node_leads_to_all(self):
        """--join names one node; what the others have is found through it."""
        one, two, three = (self.share({name: name.encode()}) for name in ("one", "two", "three"))
        self.wait_until(lambda: len(self.ls(join=[one.address])) == 3, "all three to be listed")
        self.wait_until(lambda: len(self.ls(join=[three.address])) == 3, "all three to be listed through another")
        self.get(COMPLETE, "two", "--out", "out", join=[three.address])
        self.assert_file(self.dir / "out/two", b"two")
        # One that is dead does no harm beside one that lives.
        kill_now(two)
        self.get(COMPLETE, "one", "--out", "out", join=[two.address, three.address])

    def test_networks_do_not_see_each_other(self):
        here = self.share({"a": b"here"})
        there = self.share({"a": b"there", "b": b"b"}, join=[here.address], network=self.network + " other")
        self.assertEqual([each["holders"] for each in self.ls(join=[here.address, there.address])], [[here.address]])
        self.get(TIMEOUT, "b", "--timeout", 3, join=[here.address, there.address])
        self.get(COMPLETE, "a", "--out", "out", join=[here.address, there.address])
        self.assert_file(self.dir / "out/a", b"here")

    def test_two_contents_under_one_name(self):
        sharers = [self.share({"same": data}, host=f"127.0.0.{machine}") for machine, data in enumerate((b"one", b"other", b"other"), start=1)]
        ids = [each.offered()["same"] for each in sharers]
        self.assertEqual(len(set(ids)), 2)
        failed = self.get(CONTENT_MISMATCH, "same", "--out", "out")
        for content_id in ids:
            self.assertIn(content_id, failed.stderr())
        for sharer in sharers:
            self.assertIn(sharer.address, failed.stderr())
        self.assertFalse((self.dir / "out/same").exists())
        self.assertEqual(self.get(COMPLETE, "same", "--out", "out", "--quorum", 2)["quorum"], "2/2")
        self.assert_file(self.dir / "out/same", b"other")
        self.get(COMPLETE, ids[0], "--out", "by-id")
        self.assert_file(self.dir / "by-id/same", b"one")
        self.assertIn("2/3 holders agree", self.get(CONTENT_MISMATCH, "same", "--quorum", 3).stderr())
        self.get(CONTENT_MISMATCH, "same", "--quorum", 1)

    def test_nobody_has_it(self):
        sharer = self.share({"a": b"1"})
        self.assertIn("nobody who can be found has \"b\"", self.get(NETWORK, "b").stderr())
        kill_now(sharer)
        self.assertIn(sharer.address, self.get(NETWORK, "a").stderr())
        self.ls(code=NETWORK)

    def test_waits_until_somebody_has_it(self):
        sharer = self.share({"a": b"1"})
        running = self.start_get("later", "--out", "out", "--timeout", DEADLINE_S)
        self.put(sharer.folder, "later", b"now")
        running.expect(COMPLETE)
        self.assert_file(self.dir / "out/later", b"now")

    def test_usage(self):
        for arguments in (["get"], ["get", "../x"], ["get", "/x"], ["get", "a", "--join", "x:"], ["get", "a", "--quorum", "0"], ["share"],
                          ["share", "--folder", self.dir / "nowhere"], ["share", "--folder", self.dir, self.dir], ["share", self.dir],
                          ["share", "--folder", self.dir, "--port", "0"], ["ls", "--join", "::1"]):
            with self.subTest(arguments):
                Process(self, "usage", arguments, self.dir).expect(USAGE)
        for subcommand in ("share", "ls", "get"):
            self.assertIn("--join", Process(self, "help", [subcommand, "--help"], self.dir).expect(COMPLETE).stdout())


if __name__ == "__main__":
    unittest.main()
