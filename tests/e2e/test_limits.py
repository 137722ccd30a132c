#!/usr/bin/env python3
"""--limit-up and --limit-down: never faster than that, in all modes, and everything arrives nevertheless.

A slow machine makes a transfer slower, so only one side is tested here: that not more has come than may have come by then.
How close the rates come to the limits is measured by bench/limits.
"""

import threading
import time
import unittest

from share_case import COMPLETE, USAGE, ShareCase
from swarm_case import SwarmCase, run_peer
from wire_link import INTERESTED, PIECE, REQUEST, UNCHOKE, WireCase, bitfield, handshake, indexed, message

MB = 1_000_000
# What a limit may let through at once: what was not used for so long, and one quantum (protocol/rate_limit.hpp).
AHEAD_S = 0.1 + 0.02


class Clock:
    """How long something took, at least."""

    def __enter__(self):
        self._began = time.monotonic()
        return self

    def __exit__(self, *_):
        self.seconds = time.monotonic() - self._began


class Classic(WireCase):
    def test_not_more_leaves_than_may_have_left(self):
        """At each moment, counted by the remote."""
        piece, count, rate = 50_000, 40, MB
        swarm, _ = self.swarm_with(1001, "--limit-up", "1M", size=piece * count, piece_size=piece)
        began = time.monotonic()
        link = self.greet(swarm, 1001, 1002, message(INTERESTED))
        link.read_until(UNCHOKE)
        link.send(*(indexed(REQUEST, index) for index in range(count)))
        came = 0
        while came < piece * count:
            length = int.from_bytes(link.read(4), "big")
            if link.read(1)[0] != PIECE:
                link.read(length - 1)
                continue
            index = int.from_bytes(link.read(4), "big")
            data = b""
            while len(data) < piece:
                more = link.read(min(10_000, piece - len(data)))
                data += more
                came += len(more)
                self.assertLessEqual(came, rate * (time.monotonic() - began + AHEAD_S))
            self.assertTrue(data == swarm.piece(index), f"piece {index} differs")

    def test_remotes_share_the_limit(self):
        """Two that are served at the same time get what one would get."""
        swarm = self.swarm(ids=(1001, 1002, 1003), size=MB, piece_size=20_000)
        swarm.start(1001, "--limit-up", "1M", "--exit-when", "never")
        links = [self.greet(swarm, 1001, peer, message(INTERESTED)) for peer in (1002, 1003)]
        began = time.monotonic()
        for link in links:
            link.read_until(UNCHOKE)
            link.send(*(indexed(REQUEST, index) for index in range(50)))
        readers = [threading.Thread(target=link.read, args=(MB,)) for link in links]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        self.assertGreaterEqual(time.monotonic() - began, 2 - AHEAD_S)

    def test_a_remote_that_sends_faster_is_held(self):
        """Nothing is lost, and nobody is cut off for it."""
        piece, count = 50_000, 40
        swarm = self.swarm(size=piece * count, piece_size=piece)
        listener = self.listen(swarm, 1001)
        peer = swarm.start(1002, "--limit-down", "1M", "--exit-when", "self")
        link = self.accept(listener)
        link.read(32)
        with Clock() as clock:
            link.send(handshake(1001), bitfield(range(count), count), message(UNCHOKE))
            sent = 0
            while sent < count:
                kind, payload = link.read_message()
                if kind == REQUEST:
                    index = int.from_bytes(payload, "big")
                    link.send(indexed(PIECE, index, swarm.piece(index)))
                    sent += 1
            swarm.wait_until(lambda: swarm.copy_of(1002).exists(), "the file to be complete")
        self.assertGreaterEqual(clock.seconds, 2 - AHEAD_S)
        self.assertTrue(swarm.copy_of(1002).read_bytes() == swarm.content)
        link.close()
        peer.expect_exit(COMPLETE)

    def test_pieces_of_64_mib(self):
        """Many quanta, and more than one second of the limit, fit into one piece."""
        with Clock() as clock:
            swarm = self.swarm(size=(64 << 20) + 10 * MB, piece_size=64 << 20)
            swarm.start(1001, "--limit-up", "40M")
            swarm.start(1002, "--limit-down", "60M")
            swarm.finish()
        self.assertGreaterEqual(clock.seconds, ((64 << 20) + 10 * MB) / (40 * MB) - AHEAD_S)

    def test_a_whole_swarm(self):
        """Each of three leechers takes 300 KB, and none of the four gives or takes faster than it may."""
        with Clock() as clock:
            swarm = self.swarm(ids=(1001, 1002, 1003, 1004), size=300_000, piece_size=10_000)
            for peer_id in swarm.ids:
                swarm.start(peer_id, "--limit-up", "500K", "--limit-down", "300K")
            swarm.finish()
        self.assertGreaterEqual(clock.seconds, 1 - AHEAD_S)


class Shared(ShareCase):
    def test_sharer(self):
        data = self.random_bytes(2 * MB)
        sharer = self.share({"a.bin": data}, "--limit-up", "1M")
        with Clock() as clock:
            self.get(COMPLETE, "a.bin", "--out", "out")
        self.assertGreaterEqual(clock.seconds, 2 - AHEAD_S)
        self.assert_file(self.dir / "out/a.bin", data)
        self.assertTrue(sharer.running())

    def test_contents_of_one_sharer_share_its_limit(self):
        files = {f"{i}.bin": self.random_bytes(MB // 2, i) for i in range(4)}
        self.share(files, "--limit-up", "1M")
        with Clock() as clock:
            gets = [self.start_get(name, "--out", f"out-{name}") for name in files]
            for each in gets:
                each.expect(COMPLETE)
        self.assertGreaterEqual(clock.seconds, 2 - AHEAD_S)

    def test_getter(self):
        data = self.random_bytes(2 * MB)
        self.share({"a.bin": data})
        self.share({"a.bin": data})
        with Clock() as clock:
            self.get(COMPLETE, "a.bin", "--out", "out", "--limit-down", "1M")
        self.assertGreaterEqual(clock.seconds, 2 - AHEAD_S)
        self.assert_file(self.dir / "out/a.bin", data)


class Words(SwarmCase):
    def test_what_is_no_rate_is_said(self):
        swarm = self.swarm()
        for command in (["1001"], ["share", "--folder", "."], ["get", "a"], ["chunks", "--folder", ".", "--transfer_port", "5000"]):
            for option in ("--limit-up", "--limit-down"):
                done = run_peer(swarm.dir, *command, option, "fast")
                self.assertEqual(done.returncode, USAGE)
                self.assertIn(f"{option}: \"fast\" is no rate, expected bytes a second such as 10M, 500K or 1.5G", done.stderr)
        done = run_peer(swarm.dir, "1001", "--limit-up", "9999")
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("expected at least 10K", done.stderr)


if __name__ == "__main__":
    unittest.main()
