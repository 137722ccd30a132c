#!/usr/bin/env python3
"""When a peer leaves: --exit-when and --linger, and what a signal is worth then."""

import signal
import unittest

from swarm_case import run_peer
from wire_link import INTERESTED, PIECE, REQUEST, UNCHOKE, WireCase, bitfield, indexed, message

INTERRUPTED = 7


class ExitWhenSelf(WireCase):
    def test_a_seed_has_nothing_to_wait_for(self):
        swarm = self.swarm()
        self.assertEqual(run_peer(swarm.dir, 1001, "--exit-when", "self").returncode, 0)

    def test_a_leecher_leaves_with_its_file(self):
        """Though 1003 never came."""
        swarm = self.swarm([1001, 1002, 1003])
        seed = swarm.start(1001)
        leecher = swarm.start(1002, "--exit-when", "self")
        leecher.expect_exit(0)
        self.assertTrue(swarm.copy_of(1002).read_bytes() == swarm.content)
        self.assertTrue(seed.running())
        swarm.check_log(leecher)

    def test_what_was_asked_for_is_sent(self):
        """A neighbor asks for more than sockets hold and reads only when the peer would rather go."""
        swarm, peer = self.swarm_with(1001, "--exit-when", "self", ids=[1001, 1002, 1003], seeds=[1002], size=40 << 20, piece_size=1 << 20)
        feeder = self.greet(swarm, 1001, 1002, bitfield(range(40), 40), message(UNCHOKE))
        stored = []

        def feed():
            index = int.from_bytes(feeder.read_until(REQUEST)[-1][1], "big")
            feeder.send(indexed(PIECE, index, swarm.piece(index)))
            stored.append(index)

        for _ in range(39):
            feed()
        swarm.wait_until(lambda: peer.count("piece") == 39, "39 pieces")
        slow = self.greet(swarm, 1001, 1003, bitfield([], 40), message(INTERESTED))
        slow.read_until(UNCHOKE)
        slow.send(*(indexed(REQUEST, index) for index in stored))
        swarm.wait_until(lambda: peer.count("interested") == 1, "the interest to be seen")
        kind, payload = slow.read_message()
        self.assertEqual(kind, PIECE)
        feed()
        swarm.wait_until(lambda: peer.count("complete") == 1, "the file to be complete")
        got = {int.from_bytes(payload[:4], "big")}
        while len(got) < 39:
            kind, payload = slow.read_message()
            if kind == PIECE:
                index = int.from_bytes(payload[:4], "big")
                self.assertTrue(payload[4:] == swarm.piece(index))
                got.add(index)
        slow.close()
        feeder.close()
        peer.expect_exit(0)


class ExitWhenNever(WireCase):
    def test_serves_on_when_all_have_the_file(self):
        swarm = self.swarm()
        seed = swarm.start(1001, "--exit-when", "never")
        leecher = swarm.start(1002)
        leecher.expect_exit(0)
        swarm.copy_of(1002).unlink()
        swarm.start(1002).expect_exit(0)  # comes back with nothing, and is served again
        self.assertTrue(swarm.copy_of(1002).read_bytes() == swarm.content)
        seed.signal(signal.SIGTERM)
        seed.expect_exit(0)

    def test_a_signal_before_the_file_is_complete(self):
        swarm = self.swarm()
        leecher = swarm.start(1002, "--exit-when", "never")
        self.accept(self.listen(swarm, 1001)).close()
        leecher.signal(signal.SIGINT)
        leecher.expect_exit(INTERRUPTED)


class Linger(WireCase):
    def test_a_restarted_seed_does_not_wait_for_those_that_left(self):
        swarm = self.swarm()
        done = run_peer(swarm.dir, 1001, "--exit-when", "self", "--linger", "1", "--log-level", "info")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("serving for 1 s more", done.stderr)

    def test_who_comes_meanwhile_is_served(self):
        swarm = self.swarm([1001, 1002, 1003])
        seed = swarm.start(1001, "--exit-when", "self", "--linger", "60")
        swarm.start(1002, "--exit-when", "self").expect_exit(0)
        swarm.start(1003, "--exit-when", "self").expect_exit(0)
        self.assertTrue(seed.running())
        for peer_id in (1002, 1003):
            self.assertTrue(swarm.copy_of(peer_id).read_bytes() == swarm.content)
        seed.signal(signal.SIGTERM)
        seed.expect_exit(0)

    def test_after_all_have_the_file(self):
        swarm = self.swarm()
        seed = swarm.start(1001, "--linger", "2", "--log-level", "info")
        swarm.start(1002).expect_exit(0)
        swarm.wait_until(lambda: "serving for 2 s more" in seed.stderr(), "the seed to linger")
        self.assertTrue(seed.running())
        seed.expect_exit(0)


if __name__ == "__main__":
    unittest.main()
