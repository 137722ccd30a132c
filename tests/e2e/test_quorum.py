#!/usr/bin/env python3
"""Chunk folders with liars: fewer than the quorum achieve nothing but being shown."""

import hashlib
import unittest

from chunk_case import ChunkCase, announcement, reserved
from wire_link import bitfield, handshake

INTERRUPTED, BAD_CONFIGURATION = 7, 64


class Quorum(ChunkCase):
    """Who is believed."""

    HOLDS_ALL = [1, 2, 3, 4]

    def test_two_holders_that_agree(self):
        swarm = self.chunk_swarm({1001: self.HOLDS_ALL, 1002: self.HOLDS_ALL, 1003: []})
        for peer_id in swarm.ids:
            swarm.start(peer_id, "--quorum", "2")
        swarm.finish()

    def test_quorum_of_common_cfg(self):
        swarm = self.chunk_swarm({1001: self.HOLDS_ALL, 1002: [1, 2, 4], 1003: []})
        (swarm.dir / "Common.cfg").write_text("TrustQuorum 2\n")
        swarm.start(1001)
        swarm.start(1002, "--quorum", "1")
        last = swarm.start(1003, "--progress", "plain")
        self.wait_for_words(last, "no progress: chunk 3 has only 1 of 2 holders that agree")
        last.signal(15)
        last.expect_exit(INTERRUPTED)
        self.assertIn("incomplete: 3/4 chunks", last.stderr())
        self.assertIn("quorum 3/4", last.stderr())
        swarm.check_folder(1003, [1, 2, 4])

    def test_a_late_comer_is_no_holder(self):
        """1002 has chunk 3 from 1001, restarts, and still does not vouch for it."""
        swarm = self.chunk_swarm({1001: self.HOLDS_ALL, 1002: [1, 2, 4], 1003: []})
        swarm.start(1001)
        received = swarm.start(1002)
        swarm.wait_until(lambda: received.count("complete"), "the second to complete")
        received.kill()
        again = swarm.start(1002)
        swarm.wait_until(lambda: again.count("accepted") + again.count("dialed"), "a link")
        player = self.stand_in(swarm, 1003, {}, {})
        swarm.wait_until(lambda: set(player.heard.get(1001, {})) == {1, 2, 3, 4} and set(player.heard.get(1002, {})) == {1, 2, 4}, "the announcements")
        swarm.wait_until(lambda: player.links, "links")
        self.assertNotIn(3, player.heard[1002])

    def liar_below(self, announces, sends):
        """Two honest holders, a liar and one who has nothing, with a quorum of 2; the last one completes with the truth."""
        swarm = self.chunk_swarm({1001: self.HOLDS_ALL, 1002: self.HOLDS_ALL, 1003: [], 1004: []})
        liar = self.stand_in(swarm, 1004, announces(swarm), sends(swarm))
        victim = swarm.start(1003, "--quorum", "2", "--log-level", "info")
        swarm.wait_until(lambda: victim.count("accepted"), "the liar to be heard first")
        peers = [swarm.start(peer_id, "--quorum", "2") for peer_id in (1001, 1002)]
        swarm.wait_until(lambda: victim.count("complete"), "the victim to complete")
        swarm.check_folder(1003)
        for peer_id in (1001, 1002):
            swarm.check_folder(peer_id)
        return swarm, liar, victim, peers

    def test_a_liar_below_the_threshold(self):
        swarm, liar, victim, _ = self.liar_below(lambda swarm: self.false(swarm.chunks), lambda swarm: self.false(swarm.chunks))
        self.assertEqual(liar.asked, set(), "a liar was asked for what it lied about")
        truth, lie = (hashlib.sha256(chunks[4][1]).hexdigest()[:12] for chunks in (swarm.chunks, self.false(swarm.chunks)))
        self.assertRegex(victim.stderr(), rf"holders disagree on chunk 4: peer 1004 says 300000 bytes, SHA-256 {lie}, .*; "
                                          rf"peers? .* says? 300000 bytes, SHA-256 {truth}")
        for peer in swarm.lives:  # the liar claims to be complete, so that nobody waits for it
            peer.expect_exit(0)

    def test_a_liar_that_announces_the_truth(self):
        """It has been asked for something, is found out and cut off; or it has not."""
        swarm, liar, victim, _ = self.liar_below(lambda swarm: swarm.chunks, lambda swarm: self.false(swarm.chunks))
        if liar.asked:
            self.wait_for_words(victim, "from 1004 has a wrong hash; peer 1004 is cut off")
        for peer in swarm.lives:
            peer.expect_exit(0)

    def test_a_liar_that_is_the_only_one_to_ask(self):
        """Two who announce and choke for ever, and one that sends: its bytes are checked by what the others said."""
        swarm = self.chunk_swarm({1001: [], 1002: self.HOLDS_ALL, 1003: self.HOLDS_ALL})
        victim = swarm.start(1001, "--quorum", "2", "--log-level", "info")
        liar = self.stand_in(swarm, 1003, swarm.chunks, self.false(swarm.chunks))
        honest = self.connect(swarm, 1001)
        honest.send(handshake(1002, reserved(4)), bitfield({0, 1, 2, 3}, 4), *[announcement(i, d, n) for i, (n, d) in swarm.chunks.items()])
        swarm.wait_until(lambda: liar.asked, "the liar to be asked")
        self.wait_for_words(victim, "from 1003 has a wrong hash; peer 1003 is cut off")
        swarm.check_folder(1001, [])
        self.assertTrue(victim.running())

    def test_as_many_liars_as_the_quorum(self):
        """There the guarantee ends: what two of two say is believed. It is said that others say otherwise, nobody's own file
        is touched, and with a quorum of 3 the same liars achieve nothing."""
        for quorum, expected in ((2, "lie"), (3, "nothing")):
            with self.subTest(quorum=quorum):
                swarm = self.chunk_swarm({1001: self.HOLDS_ALL, 1002: [], 1003: [], 1004: []})
                lie = self.false(swarm.chunks)
                liars = [self.stand_in(swarm, peer_id, lie) for peer_id in (1003, 1004)]
                victim = swarm.start(1002, "--quorum", str(quorum), "--log-level", "info")
                swarm.wait_until(lambda: victim.count("accepted") >= 2, "both liars to be heard")
                honest = swarm.start(1001, "--log-level", "info")
                if expected == "lie":
                    swarm.wait_until(lambda: victim.count("complete"), "the victim to complete")
                    for name, data in lie.values():
                        self.assertTrue((swarm.folders[1002] / name).read_bytes() == data)
                    self.wait_for_words(victim, "somebody says otherwise than was settled on chunk 1: peers 1003, 1004 say")
                else:
                    self.wait_for_words(victim, "holders disagree on chunk 1: peers 1003, 1004 say")
                    self.wait_for_words(victim, "; peer 1001 says")
                    swarm.check_folder(1002, [])
                self.wait_for_words(honest, "on chunk 1")
                swarm.check_folder(1001)
                for player in liars:
                    player.stop()

    def test_our_own_file_is_kept(self):
        swarm = self.chunk_swarm({1001: [1], 1002: [], 1003: []}, sizes=(100,))
        peer = swarm.start(1001, "--log-level", "info")
        truth = {1: ("chunk_1", b"what the others have")}
        self.stand_in(swarm, 1003, truth)
        swarm.wait_until(lambda: peer.count("accepted"), "a link")
        self.wait_for_words(peer, "somebody says otherwise than was settled on chunk 1: peer 1001 says 100 bytes")
        swarm.check_folder(1001)

    def test_a_quorum_that_nobody_can_reach(self):
        swarm = self.chunk_swarm({1001: self.HOLDS_ALL, 1002: []})
        peer = swarm.start(1001, "--quorum", "2")
        peer.expect_exit(BAD_CONFIGURATION)
        self.assertIn("lists only 1 other peer: no chunk could ever be fetched", peer.stderr())


if __name__ == "__main__":
    unittest.main()
