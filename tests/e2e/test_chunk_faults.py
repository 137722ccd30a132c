#!/usr/bin/env python3
"""Chunk folders on disks that fail, with files that change, and death at every step: nothing is listed that is not whole."""

import errno
import os
import shutil
import unittest

import course_log
from chunk_case import RECEIVED, ChunkCase, reserved
from faults import fault, logged_calls
from wire_link import BITFIELD, INTERESTED, REQUEST, UNCHOKE, bitfield, handshake, indexed, message

IO, CONTENT_MISMATCH = 17, 32


class Death(ChunkCase):
    """kill -9 at every step of a chunk that comes; nothing is lost, and nothing is listed that is not whole."""

    def killed_everywhere(self, sizes):
        swarm = self.chunk_swarm({1001: list(range(1, len(sizes) + 1)), 1002: [], 1003: []}, sizes)
        folder, calls = swarm.folders[1002], swarm.dir / "calls"
        swarm.start(1001)

        def begin_anew():
            shutil.rmtree(folder)
            swarm.fill(1002, [])
            (swarm.dir / "log_peer_1002.log").unlink(missing_ok=True)

        def is_whole():
            return len(swarm.list_of(1002)) == len(sizes)

        counted = swarm.start(1002, environment=fault(f"{folder}*", log=calls))
        swarm.wait_until(is_whole, "the chunks")
        counted.kill()
        steps = [(number, name) for number, name, _ in logged_calls(calls) if name not in ("read", "sendfile")]
        self.assertLessEqual({"open", "write", "rename", "sync"}, {name for _, name in steps})
        for number, moment in [(number, moment) for number, name in steps for moment in ("before", "after", "middle") if moment != "middle" or name == "write"]:
            swarm.lives[-1].kill()
            swarm.lives[1:] = []
            begin_anew()
            killed = swarm.start(1002, environment=fault(f"{folder}*", at=number, action=f"kill-{moment}"))
            killed.ended_by_test = True
            swarm.wait_until(lambda killed=killed: not killed.running() or is_whole(), "the end of a life")
            killed.kill()
            with self.subTest(moment=moment, call=number):
                listed = swarm.list_of(1002)
                for index, name in listed.items():
                    self.assertTrue((folder / name).read_bytes() == swarm.chunks[index][1], "listed, and not whole")
                again = swarm.start(1002)
                swarm.wait_until(lambda again=again: again.count("dialed") and is_whole(), "the chunks after the kill")
                swarm.check_folder(1002)
                self.assertFalse({piece + 1 for piece in course_log.pieces(again.log())} & set(listed), "what was listed is fetched again")
                again.kill()
                # Nobody vouches for what it received, whatever killed it.
                received = {line.split(",")[0] for line in (folder / RECEIVED).read_text().splitlines()}
                self.assertEqual(received, {str(index) for index in swarm.chunks})

    def test_small_chunks(self):
        self.killed_everywhere((700, 0))

    def test_a_large_chunk(self):
        self.killed_everywhere(((1 << 20) + 700,))


class Disks(ChunkCase):
    def test_a_full_disk_pauses(self):
        for calls in (["write"], ["rename"], ["allocate"]):
            with self.subTest(calls):
                swarm = self.chunk_swarm({1001: [1, 2, 3, 4], 1002: []}, sizes=(1000, (1 << 20) + 5, 5, 300_000))
                full = swarm.dir / "full"
                full.touch()
                swarm.start(1001)
                peer = swarm.start(1002, environment=fault(f"{swarm.folders[1002]}/*", calls, 1, errno.ENOSPC, until_gone=full))
                self.wait_for_words(peer, "the disk is full")
                full.unlink()
                swarm.finish()
                self.assertIn("room again", peer.stderr())

    def test_an_error_of_the_disk(self):
        swarm = self.chunk_swarm({1001: [1, 2, 3, 4], 1002: []})
        swarm.start(1001)
        peer = swarm.start(1002, environment=fault(f"{swarm.folders[1002]}/*", ["write"], 1, errno.EIO))
        peer.expect_exit(IO)
        self.assertIn(os.strerror(errno.EIO), peer.stderr())
        swarm.start(1002)
        swarm.wait_until(lambda: len(swarm.list_of(1002)) == 4, "the next life to complete")

    def test_a_chunk_that_changes_while_it_is_shared(self):
        swarm = self.chunk_swarm({1001: [1, 2, 3, 4], 1002: []})
        seed = swarm.start(1001)
        link = self.connect(swarm, 1001)
        link.send(handshake(1002, reserved(4)), bitfield((), 4), message(INTERESTED))
        link.read(32)
        link.read_until(UNCHOKE)
        (swarm.folders[1001] / "chunk_2").write_bytes(b"another")
        link.send(indexed(REQUEST, 1))
        self.assertLessEqual(len(link.rest()), 9, "bytes of a changed chunk were sent")
        self.wait_for_words(seed, "1 chunk is no longer right on disk")
        again = self.connect(swarm, 1001)
        again.send(handshake(1002, reserved(4)))
        again.read(32)
        self.assertEqual(again.read_message(), (BITFIELD, bytes([0xb0])))
        again.close()
        self.assertEqual((swarm.folders[1001] / "chunk_2").read_bytes(), b"another")

    def test_a_received_chunk_that_was_changed(self):
        swarm = self.chunk_swarm({1001: [1, 2, 3, 4], 1002: []})
        swarm.start(1001)
        swarm.start(1002)
        swarm.finish()
        (swarm.folders[1002] / "chunk_2").write_bytes(b"another")
        changed = swarm.start(1002)
        changed.expect_exit(CONTENT_MISMATCH)
        self.assertIn("is not what was received as chunk 2 any more", changed.stderr())

    def test_one_folder_for_two(self):
        swarm = self.chunk_swarm({1001: [1], 1002: []})
        swarm.start(1001)
        swarm.wait_until(lambda: (swarm.dir / "log_peer_1001.log").exists(), "the first to be at work")
        swarm.folders[1002] = swarm.folders[1001]
        second = swarm.start(1002)
        second.expect_exit(IO)
        self.assertIn("another process uses the folder", second.stderr())


if __name__ == "__main__":
    unittest.main()
