#!/usr/bin/env python3
"""Swarms of our own peers, of every shape, in which all goes well.

Each ends with every peer leaving by itself with exit code 0, none before all have the file, and with byte-identical
copies and consistent logs.
"""

import os
import random
import sys
import unittest

from swarm_case import SwarmCase, has_ipv6

FIVE = range(1001, 1006)


class Order(SwarmCase):
    """The order of the lines decides who dials whom, not who may come when."""

    def test_five_peers(self):
        """They form a full mesh, in which later lines dial earlier ones."""
        swarm = self.exchange(FIVE)
        for peer in swarm.lives:
            entries = peer.log()
            with self.subTest(peer=peer.id):
                self.assertEqual({entry.values[0] for entry in entries if entry.kind == "dialed"},
                                 set(range(1001, peer.id)))
                self.assertEqual({entry.values[0] for entry in entries if entry.kind == "accepted"},
                                 set(range(peer.id + 1, 1006)))

    def test_reversed_order(self):
        self.exchange(FIVE, order=reversed(FIVE))

    def test_seed_last(self):
        self.exchange(FIVE, seeds=[1001], order=[1002, 1003, 1004, 1005, 1001])

    def test_seed_on_the_last_line(self):
        self.exchange(FIVE, seeds=[1005])


class Geometry(SwarmCase):
    """Where files and pieces begin and end."""

    def test_one_byte(self):
        self.exchange(size=1, piece_size=1)

    def test_piece_larger_than_the_file(self):
        self.exchange(FIVE, size=1000, piece_size=65_536)

    def test_largest_piece_size(self):
        self.exchange(size=70_000, piece_size=64 << 20)

    def test_exact_multiple(self):
        self.exchange(size=64 * 1024, piece_size=1024)

    def test_last_piece_of_one_byte(self):
        self.exchange(size=64 * 1024 + 1, piece_size=1024)

    def test_pieces_of_one_byte(self):
        self.exchange([1001, 1002, 1003], size=257, piece_size=1)

    def test_bitfields_around_a_byte_and_a_word(self):
        for count in (7, 8, 9, 63, 64, 65):
            with self.subTest(pieces=count):
                self.exchange(size=count * 10 - 3, piece_size=10)

    def test_the_examples_of_the_protocol(self):
        self.exchange(FIVE, size=10_000_232, piece_size=32_768)

    def test_megabytes_in_large_pieces(self):
        """Pieces larger than any socket buffer."""
        self.exchange([1001, 1002, 1003], size=20_000_000, piece_size=6_000_000)


class Membership(SwarmCase):
    """Who has the file at the start, how many there are, and what they are called."""

    def test_two_seeds(self):
        self.exchange(FIVE, seeds=[1001, 1004])

    def test_every_peer_a_seed(self):
        self.exchange([1001, 1002, 1003], seeds=[1001, 1002, 1003])

    def test_alone_with_the_file(self):
        swarm = self.exchange([1001])
        self.assertEqual(swarm.lives[0].log(), [])

    def test_twelve_leechers(self):
        self.exchange(range(1001, 1014), size=300_000, piece_size=4096)

    def test_smallest_and_largest_id(self):
        self.exchange([0, 2147483647], seeds=[0])
        self.exchange([2147483647, 0], seeds=[2147483647])

    def test_ids_in_no_order(self):
        self.exchange([7, 3000, 12, 5], seeds=[12])


class Hosts(SwarmCase):
    """How PeerInfo.cfg may name this machine."""

    def test_localhost(self):
        self.exchange([1001, 1002, 1003], host="localhost")

    def test_names_and_addresses_mixed(self):
        self.exchange([1001, 1002, 1003], host=["127.0.0.1", "localhost", "127.0.0.1"])

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6 loopback")
    def test_ipv6(self):
        self.exchange([1001, 1002, 1003], host=["::1", "[::1]", "::1"])

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6 loopback")
    def test_ipv4_and_ipv6_mixed(self):
        self.exchange([1001, 1002, 1003], host=["::1", "127.0.0.1", "localhost"])


class Choking(SwarmCase):
    """Few upload slots make a swarm slower, not stuck."""

    def test_no_preferred_neighbors(self):
        """The optimistic neighbor is served alone, and moves on when it has all."""
        swarm = self.exchange([1001, 1002, 1003, 1004], preferred=0)
        for peer in swarm.lives:
            self.assertEqual(peer.count("preferred"), 0)
        self.assertGreater(swarm.lives[0].count("optimistic"), 0)

    def test_one_preferred_neighbor(self):
        self.exchange(FIVE, preferred=1)

    def test_more_slots_than_peers(self):
        self.exchange([1001, 1002, 1003], preferred=50)


class Options(SwarmCase):
    """What does not change the exchange's result."""

    def test_one_request_at_a_time(self):
        self.exchange([1001, 1002, 1003], options=["--pipeline", "1"])

    def test_largest_pipeline(self):
        self.exchange([1001, 1002, 1003], size=200_000, piece_size=64, options=["--pipeline", "4096"])

    def test_started_from_elsewhere(self):
        """--dir decides where everything is, not the working directory."""
        swarm = self.swarm()
        for peer_id in swarm.ids:
            swarm.start(peer_id, "--dir", str(swarm.dir), cwd="/")
        swarm.finish()


if os.environ.get("PEER_TEST_LARGE") == "1":

    class Large(SwarmCase):
        """A file of 5 GiB, nearly all of it a hole: offsets need more than 32 bits. Takes 5 GiB of disk."""

        SIZE, PIECE = (5 << 30) + 4321, 64 << 20

        def test_larger_than_4_gib(self):
            swarm = self.swarm(size=1)
            swarm.write_common(FileSize=self.SIZE, PieceSize=self.PIECE)
            marks = {}
            with swarm.copy_of(1001).open("r+b") as file:
                file.truncate(self.SIZE)
                for offset in (0, (2 << 30) - 50, (4 << 30) - 50, self.SIZE - 100):
                    marks[offset] = random.randbytes(100)
                    os.pwrite(file.fileno(), marks[offset], offset)
            for peer_id in swarm.ids:
                swarm.start(peer_id)
            for peer in swarm.lives:
                peer.expect_exit(0)
            with swarm.copy_of(1001).open("rb") as ours, swarm.copy_of(1002).open("rb") as theirs:
                while block := ours.read(16 << 20):
                    self.assertTrue(block == theirs.read(16 << 20), f"differs before {ours.tell()}")
                self.assertEqual(theirs.read(1), b"")
                for offset, mark in marks.items():
                    self.assertEqual(os.pread(theirs.fileno(), 100, offset), mark)

else:
    print("note: PEER_TEST_LARGE=1 adds a file of 5 GiB, which takes that much disk", file=sys.stderr)


if __name__ == "__main__":
    unittest.main()
