#!/usr/bin/env python3
"""Our peer among classic peers written by somebody else (classic_peer.py).

A classic peer judges all that its neighbors send and leaves with exit code 3 when the protocol rules it out; every
swarm here ends with all exit codes 0.
"""

import unittest

from swarm_case import SwarmCase

ALL = range(1001, 1006)


class InteropCase(SwarmCase):
    def mixed(self, classic, *classic_options, ids=ALL, order=None, **description):
        """A swarm in which the peers `classic` are the other ones, to its good end."""
        swarm = self.swarm(ids, **description)
        for peer_id in order or swarm.ids:
            if peer_id in classic:
                swarm.start_classic(peer_id, *classic_options)
            else:
                swarm.start(peer_id, "--log-level", "info")
        swarm.finish()
        return swarm


class Roles(InteropCase):
    """Who is classic: dialing and listening, giving and taking, all pairs of these."""

    def test_classic_seed_is_dialed(self):
        self.mixed({1001})

    def test_classic_seed_dials(self):
        self.mixed({1005}, seeds=[1005])

    def test_classic_leecher_is_dialed(self):
        self.mixed({1001}, seeds=[1002], ids=[1001, 1002])

    def test_classic_leecher_dials(self):
        self.mixed({1002}, ids=[1001, 1002])

    def test_classic_seed_and_leechers(self):
        self.mixed({1001, 1003, 1005})

    def test_one_of_ours_among_classic_leechers(self):
        self.mixed({1001, 1003, 1004, 1005}, seeds=[1002])

    def test_both_seeds(self):
        self.mixed({1001}, seeds=[1001, 1002])

    def test_all_seeds(self):
        self.mixed({1001, 1003}, ids=[1001, 1002, 1003], seeds=[1001, 1002, 1003])

    def test_reversed_order(self):
        self.mixed({1002, 1004}, order=reversed(ALL))

    def test_smallest_id(self):
        self.mixed({1}, ids=[0, 1, 2], seeds=[0])
        self.mixed({0}, ids=[0, 1, 2], seeds=[0])


class Geometry(InteropCase):
    """Both read the same arithmetic out of the protocol."""

    def test_one_byte(self):
        self.mixed({1001}, size=1, piece_size=100)
        self.mixed({1002}, size=1, piece_size=100)

    def test_exact_multiple(self):
        self.mixed({1001, 1002}, size=16 * 1000, piece_size=1000)

    def test_pieces_of_one_byte(self):
        self.mixed({1001, 1002}, size=100, piece_size=1)

    def test_large_pieces(self):
        self.mixed({1001, 1002}, size=5_000_001, piece_size=1_000_000)

    def test_one_slot(self):
        self.mixed({1002, 1003}, preferred=1)
        self.mixed({1001, 1003}, preferred=0)


class Manners(InteropCase):
    """What classic peers out there do differently."""

    def test_sequential_downloads(self):
        self.mixed({1002, 1004}, "--style", "sequential")

    def test_slow_seed_that_cuts_its_frames_anywhere(self):
        self.mixed({1001}, "--slow-kib", "128", ids=[1001, 1002, 1003])

    def test_no_bitfield_while_empty(self):
        self.mixed({1001, 1004}, "--skip-bitfield", seeds=[1002])
        self.mixed({1002, 1003}, "--skip-bitfield", seeds=[1001])

    def test_junk_in_the_reserved_bytes(self):
        """Not among classic peers, which insist on zeros there."""
        for junk in ("30303030303030303030", "ffffffffffffffffffff", "00000000000000000001"):
            with self.subTest(reserved=junk):
                self.mixed({1001}, "--reserved", junk, ids=[1001, 1002, 1003])
                self.mixed({1002}, "--reserved", junk, ids=[1001, 1002, 1003])

    def test_lost_requests_are_asked_again(self):
        """The classic seed loses the first request after each unchoking, and answers only what is asked again."""
        swarm = self.mixed({1001}, "--drop-requests-while-unchoking", ids=[1001, 1002], size=20_000)
        self.assertIn("unanswered; asking again", swarm.lives[1].stderr())


if __name__ == "__main__":
    unittest.main()
