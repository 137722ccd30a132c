#!/usr/bin/env python3
"""Chunk folders: what is missing comes from whoever has it, and lists that are none are refused."""

import hashlib
import subprocess
import unittest
from pathlib import Path

import course_log
from chunk_case import ANNOUNCEMENT, LIST, ChunkCase, ChunkSwarm, announcement, reserved
from status_case import EventStream, place_of, status_of
from swarm_case import DEADLINE_S, PEER_PROCESS
from wire_link import BITFIELD, HAVE, INTERESTED, PIECE, REQUEST, UNCHOKE, bitfield, handshake, indexed, message

USAGE, BAD_CONFIGURATION = 28, 64


class Exchanging(ChunkCase):
    """Folders become whole."""

    def test_the_example_of_the_description(self):
        swarm = self.chunk_swarm({1001: [1, 3], 1002: [2, 4]})
        first, second = swarm.start(1001), swarm.start(1002)
        swarm.finish()
        for peer, missing in ((first, {2, 4}), (second, {1, 3})):
            log = peer.log()
            self.assertEqual({piece + 1 for piece in course_log.pieces(log)}, missing)
            self.assertEqual([entry.values[2] for entry in log if entry.kind == "piece"], [3, 4])
            self.assertEqual(peer.count("complete"), 1)

    def test_options_with_single_dashes(self):
        swarm = self.chunk_swarm({1001: [1, 2, 3], 1002: [4]})
        swarm.command = lambda peer_id, *options: [
            PEER_PROCESS, "chunks", "-folder", str(swarm.folders[peer_id]), f"-transfer_port={swarm.ports[peer_id]}", "-name", "client",
            "-peers", "PeerInfo.cfg", *options]
        swarm.start(1001)
        swarm.start(1002)
        swarm.finish()

    def test_any_sizes(self):
        """Nothing, a byte, less and more than what is kept in memory. Of a large chunk the page cache has the bytes, not we."""
        swarm = self.chunk_swarm({1001: [1, 2, 3, 4, 5, 6], 1002: [2], 1003: []}, sizes=(0, 1, 3 << 20, 70 << 20, 0, (1 << 20) + 1))
        leechers = [swarm.start(1002), swarm.start(1003)]
        most_kib = {}

        def note_memory():
            for peer in leechers:
                try:
                    status = Path(f"/proc/{peer.process.pid}/status").read_text()
                except OSError:
                    continue
                for line in status.splitlines():
                    if line.startswith("RssAnon:"):
                        most_kib[peer.id] = max(most_kib.get(peer.id, 0), int(line.split()[1]))
            return not any(peer.running() for peer in leechers)

        swarm.start(1001)
        swarm.wait_until(note_memory, "the leechers to leave")
        swarm.finish()
        if "asan" not in PEER_PROCESS and "tsan" not in PEER_PROCESS:
            self.assertLess(max(most_kib.values()), 48 * 1024, "a large chunk was kept in memory")

    def test_names_of_all_kinds(self):
        names = ["a name, with a comma", "Übergröße", "not.hidden", "x" * 255, "-folder"]
        chunks = {index: (name, name.encode() * index) for index, name in enumerate(names, 1)}
        swarm = ChunkSwarm(self, chunks, {1001: [1, 2, 3, 4, 5], 1002: []})
        swarm.start(1001)
        swarm.start(1002)
        swarm.finish()

    def test_many_peers_and_many_chunks(self):
        sizes = [index * 37 % 5000 for index in range(1, 201)]
        ids = [1001 + i for i in range(5)]
        swarm = self.chunk_swarm({peer_id: [index for index in range(1, 201) if index % 5 in (i, (i + 1) % 5)] for i, peer_id in enumerate(ids)}, sizes)
        for peer_id in ids:
            swarm.start(peer_id, "--quorum", "2")
        swarm.finish()

    def test_one_that_comes_when_the_others_have_left(self):
        """Whole folders leave; a later peer gets all from one that stays."""
        swarm = self.chunk_swarm({1001: [1, 2, 3, 4], 1002: []})
        seed = swarm.start(1001, "--exit-when", "never")
        late = swarm.start(1002, "--exit-when", "self")
        late.expect_exit(0)
        swarm.check_folder(1002)
        seed.signal(15)
        seed.expect_exit(0)

    def test_a_received_chunk_is_written_under_its_name_at_once(self):
        """While another one is still missing."""
        swarm = self.chunk_swarm({1001: [1, 2], 1002: []}, sizes=(10, 20, 30))
        swarm.start(1001)
        swarm.start(1002)
        swarm.wait_until(lambda: set(swarm.list_of(1002)) == {1, 2}, "two chunks")
        swarm.check_folder(1002, [1, 2])

    def test_status_and_last_words(self):
        swarm = self.chunk_swarm({1001: [1, 2, 3, 4], 1002: []})
        peers = [swarm.start(peer_id, "--progress", "plain", "--log-level", "info") for peer_id in swarm.ids]
        swarm.finish()
        for peer in peers:
            self.assertIn("complete: 4/4 chunks after", peer.stderr())
            self.assertIn("quorum 4/4", peer.stderr())
        digits = hashlib.sha256(swarm.chunks[3][1]).hexdigest()[:12]
        self.assertIn(f"client2 info: chunk 3 is settled, 1 holder says: 5 bytes, SHA-256 {digits}", peers[1].stderr())

    def test_is_watched(self):
        swarm = self.chunk_swarm({1001: [1, 3], 1002: [2, 4]})
        first = swarm.start(1001, "--status", "0")
        swarm.wait_until(lambda: place_of(first.stderr()), "the place of the status")
        status = status_of(place_of(first.stderr()))
        self.assertEqual((status["peer"]["id"], status["peer"]["mode"], status["state"]["complete"]), (1001, "chunks", False))
        events = EventStream(self, place_of(first.stderr()), since=0)
        swarm.start(1002)
        swarm.finish()
        told = [event for _, event in events]
        self.assertEqual(sorted(each["piece"] for each in told if each["event"] == "piece_stored"), [1, 3])
        self.assertEqual((told[-1]["event"], told[-1]["code"]), ("leaving", 0))

    def test_check(self):
        swarm = self.chunk_swarm({1001: [1, 3], 1002: []})
        done = subprocess.run(swarm.command(1001, "--check"), cwd=swarm.dir, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("2 of 4 chunks", done.stdout)
        self.assertIn("fetches a chunk when 1 original holder vouches for it", done.stdout)


class Lists(ChunkCase):
    """What is wrong with a folder is said with its line, and nothing is changed."""

    def expect(self, code, text, *words, files=("a", "b"), options=()):
        swarm = self.chunk_swarm({1001: [], 1002: []})
        folder = swarm.folders[1001]
        (folder / LIST).write_text(text)
        for name in files:
            (folder / name).write_text(name)
        peer = swarm.start(1001, *options)
        peer.expect_exit(code)
        for word in words:
            self.assertIn(word, peer.stderr())
        self.assertEqual((folder / LIST).read_text(), text)
        self.assertFalse((swarm.dir / "log_peer_1001.log").exists(), "it began")

    def test_bad_lists(self):
        for text, words in (("1,a\n2,nothing\n4,LASTCHUNK\n", f"{LIST}:2:3: the file \"nothing\" of chunk 2 is missing"),
                            ("1,a\n1,b\n4,LASTCHUNK\n", f"{LIST}:2:1: chunk index 1 stands here again, first on line 1"),
                            ("1,a\n2,a\n4,LASTCHUNK\n", f"{LIST}:2:3: file name a stands here again"),
                            ("1,a\n5,b\n4,LASTCHUNK\n", f"{LIST}:2:1: chunk index 5 is past the last, which is 4 by line 3"),
                            ("1,a\n2,b\n", f"{LIST}:2:4: no LASTCHUNK line"),
                            ("", f"{LIST}: no LASTCHUNK line"),
                            ("1,../b\n4,LASTCHUNK\n", f"{LIST}:1:3: file name \"../b\" has the part .."),
                            ("first,a\n4,LASTCHUNK\n", f"{LIST}:1:1: chunk index is \"first\"")):
            with self.subTest(text):
                self.expect(BAD_CONFIGURATION, text, words)

    def test_no_list(self):
        swarm = self.chunk_swarm({1001: [], 1002: []})
        (swarm.folders[1001] / LIST).unlink()
        peer = swarm.start(1001)
        peer.expect_exit(BAD_CONFIGURATION)
        self.assertIn(f"{LIST} is missing, expected a list of chunks", peer.stderr())

    def test_command_line(self):
        swarm = self.chunk_swarm({1001: [], 1002: []})
        for arguments in (["chunks"], ["chunks", "--folder", "nowhere", "--transfer_port", "6000"], ["chunks", "--folder", ".", "--transfer_port", "0"],
                          ["chunks", "--folder", ".", "--transfer_port", "6000", "--quorum", "0"], ["chunks", "-nonsense"]):
            with self.subTest(arguments):
                done = subprocess.run([PEER_PROCESS, *arguments], cwd=swarm.dir, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
                self.assertEqual(done.returncode, USAGE, done.stderr)

    def test_a_port_that_is_not_listed(self):
        swarm = self.chunk_swarm({1001: [], 1002: []})
        swarm.ports[1001] = 1
        peer = swarm.start(1001)
        peer.expect_exit(BAD_CONFIGURATION)
        self.assertIn("PeerInfo.cfg: no line has port 1; expected our own line", peer.stderr())

    def test_a_file_in_the_way(self):
        """A file of the user's has the name of a chunk that is missing: it stays."""
        swarm = self.chunk_swarm({1001: [1, 2, 3, 4], 1002: []})
        (swarm.folders[1002] / "chunk_3").write_text("mine")
        swarm.start(1001)
        peer = swarm.start(1002)
        self.wait_for_words(peer, "chunk 3 cannot be received")
        self.wait_for_words(peer, "no progress: cannot be stored under its name: chunk 3")
        self.assertEqual((swarm.folders[1002] / "chunk_3").read_text(), "mine")
        self.assertEqual(set(swarm.list_of(1002)), {1, 2, 4})


class Wire(ChunkCase):
    """The bytes of docs/PROTOCOL.md."""

    def test_what_a_holder_says(self):
        swarm = self.chunk_swarm({1001: [2, 4], 1002: []})
        swarm.start(1001)
        link = self.connect(swarm, 1001)
        link.send(handshake(1002, reserved(4)))
        self.assertEqual(link.read(32), handshake(1001, reserved(4)))
        self.assertEqual(link.read_message(), (BITFIELD, bytes([0x50])))
        for index in (2, 4):
            expected = announcement(index, swarm.chunks[index][1], swarm.chunks[index][0])
            self.assertEqual(link.read(len(expected)), expected)
        self.assertTrue(link.nothing_came())

    def test_a_chunk_that_is_stored_is_told_by_have(self):
        swarm = self.chunk_swarm({1001: [], 1002: []})
        swarm.start(1001)
        link = self.connect(swarm, 1001)
        link.send(handshake(1002, reserved(4)), bitfield({2}, 4), announcement(3, b"", "nothing"))
        link.read(32)
        self.assertEqual(link.read_until(INTERESTED)[-1][0], INTERESTED)
        link.send(message(UNCHOKE))
        self.assertEqual(link.read_until(REQUEST)[-1][1], bytes([0, 0, 0, 2]))
        link.send(indexed(PIECE, 2))
        self.assertEqual(link.read_until(HAVE)[-1][1], bytes([0, 0, 0, 2]))
        self.assertEqual((swarm.folders[1001] / "nothing").read_bytes(), b"")
        self.assertEqual(swarm.list_of(1001), {3: "nothing"})

    def refused(self, *frames, says):
        swarm = self.chunk_swarm({1001: [1], 1002: []})
        peer = swarm.start(1001, "--log-level", "info")
        link = self.connect(swarm, 1001)
        link.send(*frames)
        link.rest()
        self.wait_for_words(peer, says)
        self.assertTrue(peer.running())
        swarm.check_folder(1001, [1])

    def test_who_is_refused(self):
        good = handshake(1002, reserved(4))
        self.refused(handshake(1002), says="peer 1002 announces no chunks, expected one that was started with peerProcess chunks as well")
        self.refused(handshake(1002, reserved(5)), says="peer 1002 has another total in its LASTCHUNK line than our 4")
        self.refused(handshake(1002, bytes([0x80, 0]) + reserved(4)[2:]), says="peer 1002 announces no chunks")
        self.refused(good, bitfield({1}, 4), announcement(3, b"x", "a"), says="announcement of piece 2, which is not in the bitfield")
        self.refused(good, bitfield({1}, 4), announcement(5, b"x", "a"), says="announcement of piece 4, expected 0 to 3")
        self.refused(good, bitfield({1, 2}, 4), announcement(3, b"x", "a"), announcement(2, b"x", "b"), says="expected each once in ascending order")
        self.refused(good, bitfield({1}, 4), message(INTERESTED), announcement(2, b"x", "a"), says="expected announcements right behind the bitfield alone")
        self.refused(good, bitfield({1}, 4), announcement(2, b"x", "a", size=2**32 - 1), says="expected at most 4294967290")
        self.refused(good, bitfield({1}, 4), message(ANNOUNCEMENT, bytes(40)), says="announcement with length 41, expected 42 to 296")
        self.refused(good, bitfield({1}, 4), indexed(PIECE, 3, b"x"), says="piece 3, whose size and hash are not settled")

    def test_names_that_would_leave_the_folder(self):
        for name in ("../escape", "/etc/passwd", "..", "a/b", "a\nb", LIST, ".peerProcess", "LASTCHUNK", " a"):
            with self.subTest(name):
                self.refused(handshake(1002, reserved(4)), bitfield({1}, 4), announcement(2, b"x", name), says="announcement of piece 1 with a name that")


if __name__ == "__main__":
    unittest.main()
