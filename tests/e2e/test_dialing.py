#!/usr/bin/env python3
"""Who dials whom: pairs of which one side cannot dial, peers that are missing, and why a dial leads to nothing."""

import re
import shutil
import unittest

from namespaces import ip, make_namespace, may_make_namespaces
from swarm_case import SwarmCase, run_peer
from wire_link import WireCase, bitfield

NOT_ALL_HEARD_OF = 3
TIMED_OUT = 2


def change_lines(swarm, change, directory=None):
    """Rewrites PeerInfo.cfg, for all or for the one that runs in `directory`."""
    lines = (swarm.dir / "PeerInfo.cfg").read_text().splitlines()
    ((directory or swarm.dir) / "PeerInfo.cfg").write_text("".join(change(*line.split()) + "\n" for line in lines))


class OneCanDial(SwarmCase):
    def test_the_earlier_side_dials_where_the_later_one_cannot(self):
        """What 1002 believes to be 1001's port is one on which nobody listens."""
        swarm = self.swarm()
        apart = swarm.dir / "apart"
        apart.mkdir()
        shutil.copy(swarm.dir / "Common.cfg", apart)
        closed = swarm._hold_port()
        change_lines(swarm, lambda peer, host, port, file: f"{peer} {host} {closed if peer == '1001' else port} {file}", apart)
        swarm.start(1001)
        leecher = swarm.start(1002, "--dir", str(apart))
        leecher.expect_exit(0)
        self.assertTrue((apart / "peer_1002" / swarm.name).read_bytes() == swarm.content)
        swarm.lives[0].expect_exit(0)
        self.assertIn("Peer 1001 makes a connection to Peer 1002.", swarm.lives[0].log_path.read_text())

    @unittest.skipUnless(may_make_namespaces(), "network namespaces need root; the test above and the simulator stand for this one")
    def test_a_machine_that_cannot_be_reached_from_outside(self):
        """As behind a NAT: what is sent to 1001's listed address vanishes, and from there everybody can be dialled."""
        sides = [make_namespace(self, side) for side in "no"]
        ip("link", "add", "cable", "netns", sides[0], "type", "veth", "peer", "name", "cable", "netns", sides[1])
        for side, host in zip(sides, ("10.78.0.1", "10.78.0.2"), strict=True):
            ip("-n", side, "address", "add", f"{host}/24", "dev", "cable")
            ip("-n", side, "link", "set", "cable", "up")
        ip("-n", sides[1], "route", "add", "10.79.0.1/32", "via", "10.78.0.1")  # which has no such address
        swarm = self.swarm(host=["10.79.0.1", "10.78.0.2"])
        swarm.by_lines = False
        for peer_id, side in zip(swarm.ids, sides, strict=True):
            swarm.start(peer_id, namespace=side)
        swarm.finish()


class Missing(SwarmCase):
    def test_a_third_never_started(self):
        """Among the missing are all of the seed's neighbors, so that by the graph nobody could get anything."""
        swarm = self.swarm(range(1001, 1013), seeds=[1001], preferred=4)
        swarm.by_lines = False
        swarm.write_common(MaxConnections=4)
        dials_seed = [peer for peer in swarm.ids if "dials peer 1001 " in run_peer(swarm.dir, peer, "--check").stdout]
        self.assertIn(len(dials_seed), (3, 4))
        missing = dials_seed + [peer for peer in reversed(swarm.ids) if peer not in dials_seed][:4 - len(dials_seed)]
        present = [peer for peer in swarm.ids if peer not in missing]
        for peer_id in present:
            swarm.start(peer_id)
        swarm.wait_until(lambda: all(swarm.copy_of(peer_id).exists() for peer_id in present), "all that are there to be complete")
        for peer_id in missing:
            swarm.start(peer_id)  # late, and not lost
        for peer in swarm.lives:
            peer.expect_exit(0)
        swarm.check_copies()
        for peer in swarm.lives:
            swarm.check_log(peer)

    def test_one_ring_is_refused(self):
        swarm = self.swarm()
        swarm.write_common(MaxConnections=3)
        refused = run_peer(swarm.dir, 1001)
        self.assertEqual(refused.returncode, 64)
        self.assertIn('MaxConnections is "3", expected an integer from 4 to 65535', refused.stderr)


class WhyNot(WireCase):
    def test_the_side_that_dials_says_why(self):
        nameless = self.swarm()
        change_lines(nameless, lambda peer, host, port, file: f"{peer} {'nosuch.invalid' if peer == '1001' else host} {port} {file}")
        refused = self.swarm()
        for swarm, reason in [(nameless, "cannot reach peer 1001 at nosuch.invalid:{}: the name cannot be resolved"),
                              (refused, "cannot reach peer 1001 at 127.0.0.1:{}: connection refused")]:
            with self.subTest(reason):
                reason = reason.format(swarm.ports[1001])
                run = run_peer(swarm.dir, 1002, "--progress", "none", "--timeout", 12)
                self.assertEqual(run.returncode, TIMED_OUT)
                self.assertIn("no progress: " + reason, run.stderr)
                self.assertRegex(run.stderr, "time-out: .*" + re.escape(reason))

    def test_so_does_the_side_that_waits_to_be_dialled(self):
        nameless = self.swarm()
        change_lines(nameless, lambda peer, host, port, file: f"{peer} {'nosuch.invalid' if peer == '1002' else host} {port} {file}")
        refused = self.swarm(seeds=[])
        for swarm, reason in [(nameless, "1002, which never connected; dialling it at nosuch.invalid:{} fails, too: the name cannot be resolved"),
                              (refused, "waiting for peer 1002 to connect; dialling it at 127.0.0.1:{} fails, too: connection refused")]:
            with self.subTest(reason):
                run = run_peer(swarm.dir, 1001, "--progress", "none", "--timeout", 15)
                self.assertEqual(run.returncode, TIMED_OUT)
                self.assertRegex(run.stderr, "time-out: .*" + re.escape(reason.format(swarm.ports[1002])))

    def test_another_peer_answers(self):
        swarm, peer = self.swarm_with(1003, ids=[1001, 1002, 1003])
        listener = self.listen(swarm, 1001)
        swarm.wait_until(lambda: self.answer(listener, 1002) and "no progress: cannot reach peer 1001" in peer.stderr(), "the reason")
        self.assertIn(f"cannot reach peer 1001 at 127.0.0.1:{swarm.ports[1001]}: a peer with another ID answers there", peer.stderr())

    def answer(self, listener, peer_id):
        link = self.accept(listener)
        link.send(b"P2PFILESHARINGPROJ" + bytes(10) + peer_id.to_bytes(4, "big"))
        link.close()
        return True

    def test_a_check_resolves_names(self):
        swarm = self.swarm()
        change_lines(swarm, lambda peer, host, port, file: f"{peer} {'nosuch.invalid' if peer == '1002' else host} {port} {file}")
        self.assertIn("warning: cannot resolve nosuch.invalid, the host of peer 1002", run_peer(swarm.dir, 1001, "--check").stdout)


class Patience(WireCase):
    def test_who_left_unfinished_is_not_waited_for_for_ever(self):
        swarm, peer = self.swarm_with(1001, "--patience", "1", size=157, piece_size=16)
        self.greet(swarm, 1001, 1002, bitfield(range(9), 10)).close()
        peer.expect_exit(NOT_ALL_HEARD_OF)
        self.assertIn("not everybody was heard of for 1 s: complete; waiting for peer 1002, which left with 9 of 10 pieces", peer.stderr())

    def test_who_never_came_is(self):
        swarm, peer = self.swarm_with(1001, "--patience", "1", ids=[1001, 1002, 1003], size=157, piece_size=16)
        self.greet(swarm, 1001, 1002, bitfield(range(9), 10)).close()
        swarm.wait_until(lambda: "no progress: complete; waiting for peers 1002 (left with 9 of 10 pieces), 1003 (never connected" in peer.stderr(),
                         "ten seconds of nothing")
        self.assertTrue(peer.running())
        self.greet(swarm, 1001, 1003, bitfield(range(10), 10))
        peer.expect_exit(NOT_ALL_HEARD_OF)

    def test_who_comes_while_we_linger_is_heard_of(self):
        swarm, peer = self.swarm_with(1001, "--patience", "1", "--linger", "4", size=157, piece_size=16)
        self.greet(swarm, 1001, 1002, bitfield(range(9), 10)).close()
        swarm.wait_until(lambda: "serving for 4 s more" in peer.stderr(), "the patience to end")
        self.greet(swarm, 1001, 1002, bitfield(range(10), 10))
        peer.expect_exit(0)


if __name__ == "__main__":
    unittest.main()
