#!/usr/bin/env python3
"""A network that falls apart and heals, between network namespaces that the test makes. Needs the right to make them."""

import subprocess
import unittest

from namespaces import ip, make_namespace, may_make_namespaces
from swarm_case import SwarmCase

# The cable takes seconds for what is exchanged over it, so that it can be cut in the middle.
RATE, BURST = "2mbit", "16kb"
SIZE, PIECE_SIZE = 1 << 20, 16 << 10


@unittest.skipUnless(may_make_namespaces("tc"), "network namespaces need root, and / must be a mount; the simulator's partitions stand for this test")
class Partition(SwarmCase):
    """Two machines, two peers on each; one cable."""

    def setUp(self):
        super().setUp()
        self.sides = [make_namespace(self, side) for side in "ab"]
        self.hosts = ["10.77.0.1", "10.77.0.2"]
        ip("link", "add", "cable", "netns", self.sides[0], "type", "veth", "peer", "name", "cable", "netns", self.sides[1])
        for side, host in zip(self.sides, self.hosts, strict=True):
            ip("-n", side, "address", "add", f"{host}/24", "dev", "cable")
            ip("-n", side, "link", "set", "cable", "up")
            subprocess.run(["tc", "-n", side, "qdisc", "add", "dev", "cable", "root", "tbf", "rate", RATE, "burst", BURST, "limit", "1mb"],
                           check=True, capture_output=True, timeout=30)

    def cut(self):
        ip("-n", self.sides[0], "link", "set", "cable", "down")

    def mend(self):
        ip("-n", self.sides[0], "link", "set", "cable", "up")

    def start(self, swarm, peer_id, side):
        return swarm.start(peer_id, namespace=self.sides[side])

    def test_cut_in_the_middle(self):
        swarm = self.swarm([1001, 1002, 1003, 1004], size=SIZE, piece_size=PIECE_SIZE, preferred=3,
                           host=[self.hosts[0], self.hosts[0], self.hosts[1], self.hosts[1]])
        for number, peer_id in enumerate(swarm.ids):
            peer = self.start(swarm, peer_id, number // 2)
        swarm.wait_until(lambda: peer.count("piece") >= 5, "some pieces on the far side")
        self.cut()
        swarm.wait_until(lambda: swarm.copy_of(1002).exists(), "the near side to be complete")
        self.assertFalse(swarm.copy_of(1003).exists() and swarm.copy_of(1004).exists())
        self.mend()
        swarm.finish()

    def test_a_side_that_starts_alone(self):
        """Who has the file and who wants it do not see each other at first; nobody gives up."""
        swarm = self.swarm([1001, 1002, 1003], size=SIZE, piece_size=PIECE_SIZE,
                           host=[self.hosts[0], self.hosts[1], self.hosts[1]])
        self.cut()
        for peer_id, side in ((1001, 0), (1002, 1), (1003, 1)):
            peer = self.start(swarm, peer_id, side)
        swarm.wait_until(lambda: peer.count("dialed") >= 1, "the far side to find itself")
        self.assertEqual(peer.count("piece"), 0)
        self.mend()
        swarm.finish()


if __name__ == "__main__":
    unittest.main()
