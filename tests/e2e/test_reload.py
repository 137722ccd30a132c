#!/usr/bin/env python3
"""SIGHUP: PeerInfo.cfg is read again by peers that run, and their logs are opened anew."""

import os
import re
import signal
import socket
import unittest

import course_log
from chunk_case import ChunkSwarm
from content_case import ContentSwarm, reserved
from swarm_case import DEADLINE_S, FILE_NAME, SwarmCase, run_peer
from wire_link import WireLink, handshake

COMPLETE = 0
STAYS = ("--exit-when", "never")
IDS = (1001, 1002, 1003, 1004)


class ReloadCase(SwarmCase):
    def write_list(self, swarm, ids, ports=None, keys=None):
        """Replaces PeerInfo.cfg, in one step as an editor does."""
        lines = [f"{peer_id} 127.0.0.1 {(ports or {}).get(peer_id, swarm.ports[peer_id])} {int(peer_id in swarm.seeds)}"
                 f"{' ' + keys[peer_id] if keys else ''}\n" for peer_id in ids]
        new = swarm.dir / "PeerInfo.new"
        new.write_text("".join(lines))
        new.replace(swarm.dir / "PeerInfo.cfg")

    def reload(self, swarm, *peers, says="listed from now on"):
        """Sends SIGHUP and waits until each has said what came of it."""
        before = [peer.stderr().count(says) for peer in peers]
        for peer in peers:
            peer.process.send_signal(signal.SIGHUP)
        for peer, said in zip(peers, before, strict=True):
            swarm.wait_until(lambda peer=peer, said=said: peer.stderr().count(says) > said, f"peer {peer.id} to say: {says}")

    def wait_for_copies(self, swarm, *ids):
        swarm.wait_until(lambda: all(swarm.copy_of(peer_id).is_file() for peer_id in ids), f"peers {ids} to complete")
        for peer_id in ids:
            self.assertTrue(swarm.copy_of(peer_id).read_bytes() == swarm.content, f"peer {peer_id}'s file differs")


class PeersComeAndGo(ReloadCase):
    def test_a_fourth_peer_joins_three_that_serve_on(self):
        swarm = self.swarm(IDS)
        self.write_list(swarm, IDS[:3])
        peers = [swarm.start(peer_id, *STAYS) for peer_id in IDS[:3]]
        self.wait_for_copies(swarm, *IDS[:3])
        self.write_list(swarm, IDS)
        fourth = swarm.start(1004, *STAYS)
        self.reload(swarm, *peers)
        self.wait_for_copies(swarm, 1004)
        self.assertIn("4 listed from now on, 1 peer added", peers[0].stderr())
        for peer in (*peers, fourth):
            peer.signal(signal.SIGTERM)
            peer.expect_exit(COMPLETE)

    def test_with_keys_the_newcomer_s_counts_and_that_of_the_one_who_left_does_not(self):
        swarm = self.swarm(IDS)
        keys = {peer_id: run_peer(swarm.dir, "key", peer_id).stdout.strip() for peer_id in IDS}
        self.write_list(swarm, IDS[:3], keys=keys)
        peers = [swarm.start(peer_id, *STAYS) for peer_id in IDS[:3]]
        self.wait_for_copies(swarm, *IDS[:3])
        self.write_list(swarm, (1001, 1002, 1004), keys=keys)
        fourth = swarm.start(1004, *STAYS)
        self.reload(swarm, *peers[:2])
        self.wait_for_copies(swarm, 1004)
        self.assertIn("1 peer added, 1 removed", peers[0].stderr())
        # The third has not heard of it. It comes again, and is not let in.
        self.reload(swarm, peers[2], says="is not there any more")
        self.assertIn("the list of before goes on to hold", peers[2].stderr())
        for peer in (*peers, fourth):
            peer.signal(signal.SIGTERM)
            peer.expect_exit(COMPLETE)

    def test_nobody_waits_for_a_peer_that_is_removed(self):
        swarm = self.swarm(IDS[:3])
        peers = [swarm.start(peer_id) for peer_id in IDS[:2]]
        self.wait_for_copies(swarm, 1002)
        self.write_list(swarm, IDS[:2])
        self.reload(swarm, peers[1], says="1 peer removed")
        peers[0].process.send_signal(signal.SIGHUP)
        for peer in peers:
            peer.expect_exit(COMPLETE)

    def test_a_peer_that_lingers_goes_on_for_a_newcomer(self):
        swarm = self.swarm(IDS[:3])
        self.write_list(swarm, IDS[:2])
        options = ("--linger", str(2 * DEADLINE_S), "--log-level", "info")
        peers = [swarm.start(peer_id, *options) for peer_id in IDS[:2]]
        for peer in peers:
            swarm.wait_until(lambda peer=peer: "serving for" in peer.stderr(), f"peer {peer.id} to linger")
        self.write_list(swarm, IDS[:3])
        self.reload(swarm, *peers)
        third = swarm.start(1003, *options)
        for peer in peers:
            swarm.wait_until(lambda peer=peer: peer.stderr().count("serving for") == 2, f"peer {peer.id} to linger anew")
        for peer in (*peers, third):
            peer.signal(signal.SIGTERM)
            peer.expect_exit(COMPLETE)

    def test_a_peer_that_has_moved_is_found(self):
        swarm = self.swarm(IDS[:2])
        second = swarm.start(1002)
        swarm.wait_until(second.log_path.is_file, "the peer to be at work")
        swarm.ports[1001] = swarm._hold_port()
        self.write_list(swarm, IDS[:2])
        first = swarm.start(1001)
        self.reload(swarm, second, says="1 peer changed")
        self.wait_for_copies(swarm, 1002)
        for peer in (first, second):
            peer.expect_exit(COMPLETE)

    def test_who_waits_for_the_manifest_asks_the_newcomer(self):
        swarm = ContentSwarm(self, IDS[:3], (1001,), 100_000, 1024, 2, 1, "127.0.0.1", FILE_NAME)
        self.write_list(swarm, (1002, 1003))
        waiting = swarm.start(1002, "--log-level", "info")
        swarm.wait_until(lambda: "asking the other peers" in waiting.stderr(), "the peer to ask")
        self.write_list(swarm, (1001, 1002))
        self.reload(swarm, waiting)
        seed = swarm.start(1001)
        self.wait_for_copies(swarm, 1002)
        for peer in (waiting, seed):
            peer.expect_exit(COMPLETE)

    def test_who_waits_for_the_manifest_lets_go_of_a_peer_that_is_removed(self):
        swarm = ContentSwarm(self, IDS[:3], (1001,), 100_000, 1024, 2, 1, "127.0.0.1", FILE_NAME)
        waiting = swarm.start(1002, "--log-level", "info", *STAYS)
        swarm.wait_until(lambda: "asking the other peers" in waiting.stderr(), "peer 1002 to look for the manifest")
        link = WireLink(socket.create_connection(("127.0.0.1", swarm.ports[1002]), timeout=DEADLINE_S))
        self.addCleanup(link.close)
        link.send(handshake(1003, reserved(swarm.text)))
        self.write_list(swarm, (1001, 1002))
        self.reload(swarm, waiting)
        with self.assertRaises(EOFError):
            while True:
                link.read(1)
        waiting.signal(signal.SIGTERM)
        waiting.expect_exit(7)

    def test_a_chunk_folder_s_newcomer_is_fetched_from(self):
        chunks = {1: ("one", b"1" * 5000), 2: ("two", b"2" * 5000)}
        swarm = ChunkSwarm(self, chunks, {1001: [1], 1002: [], 1003: [2]})
        whole = (swarm.dir / "PeerInfo.cfg").read_text()
        (swarm.dir / "PeerInfo.cfg").write_text("".join(whole.splitlines(keepends=True)[:2]))
        peers = [swarm.start(peer_id) for peer_id in (1001, 1002)]
        swarm.wait_until(lambda: 1 in swarm.list_of(1002), "the first chunk")
        (swarm.dir / "PeerInfo.cfg").write_text(whole)
        self.reload(swarm, *peers)
        swarm.start(1003)
        swarm.finish()
        for peer_id in swarm.ids:
            swarm.check_folder(peer_id)

    def test_a_quorum_that_nobody_could_reach_keeps_the_list(self):
        chunks = {1: ("one", b"1" * 5000)}
        swarm = ChunkSwarm(self, chunks, {1001: [1], 1002: [1], 1003: []})
        third = swarm.start(1003, "--quorum", "2")
        swarm.wait_until(third.log_path.is_file, "the peer to be at work")
        lines = (swarm.dir / "PeerInfo.cfg").read_text().splitlines(keepends=True)
        (swarm.dir / "PeerInfo.cfg").write_text(lines[0] + lines[2])
        self.reload(swarm, third, says="no chunk could ever be fetched; the list of before goes on to hold")


class WrongLists(ReloadCase):
    def setUp(self):
        self.three = self.swarm(IDS[:3])
        self.peers = [self.three.start(peer_id) for peer_id in IDS[:2]]
        self.three.wait_until(lambda: all(peer.count("dialed") + peer.count("accepted") for peer in self.peers), "the peers to be linked")

    def goes_on(self):
        """The swarm of three comes to its good end all the same."""
        self.write_list(self.three, IDS[:3])
        self.three.start(1003)
        self.three.finish()

    def test_a_wrong_line_is_named_and_the_list_of_before_holds(self):
        (self.three.dir / "PeerInfo.cfg").write_text("1001 127.0.0.1 6001 1\n1002 127.0.0.1 70000 0\nwhat\n")
        self.reload(self.three, self.peers[1], says="PeerInfo.cfg:2:")
        said = [line for line in self.peers[1].stderr().splitlines() if "PeerInfo.cfg:2:" in line]
        self.assertEqual(len(said), 1)
        self.assertIn("(and 1 more); the list of before goes on to hold", said[0])
        self.goes_on()

    def test_a_list_that_is_gone_is_an_error(self):
        (self.three.dir / "PeerInfo.cfg").unlink()
        self.reload(self.three, self.peers[0], says="PeerInfo.cfg: cannot be read")
        self.goes_on()

    def test_a_pipe_is_not_waited_for(self):
        (self.three.dir / "PeerInfo.cfg").unlink()
        os.mkfifo(self.three.dir / "PeerInfo.cfg")
        self.reload(self.three, self.peers[0], says="PeerInfo.cfg: is no regular file")
        self.goes_on()

    def test_our_own_line_may_not_change(self):
        self.write_list(self.three, (1001, 1003))
        self.reload(self.three, self.peers[1], says="our own line, of peer 1002, is not there any more")
        self.write_list(self.three, IDS[:3], ports={1002: 9})
        self.reload(self.three, self.peers[1], says="PeerInfo.cfg:2: our own line, of peer 1002, has another host or port")
        self.goes_on()


class Logs(ReloadCase):
    def test_a_log_that_was_renamed_is_begun_anew_and_no_line_is_lost(self):
        swarm = self.swarm(IDS[:2], size=400_000)
        peers = [swarm.start(peer_id, *STAYS, "--limit-up", "400K") for peer_id in IDS[:2]]
        log = swarm.dir / "log_peer_1002.log"
        swarm.wait_until(lambda: peers[1].count("piece") > 5, "some pieces")
        log.rename(swarm.dir / "old.log")
        peers[1].process.send_signal(signal.SIGHUP)
        swarm.wait_until(log.is_file, "a new log")
        self.wait_for_copies(swarm, 1002)
        for peer in peers:
            peer.signal(signal.SIGTERM)
            peer.expect_exit(COMPLETE)
        old, new = (path.read_bytes().decode() for path in (swarm.dir / "old.log", log))
        course_log.parse(old)
        course_log.parse(new)
        counts = [int(count) for count in re.findall(r"Now the number of pieces it has is (\d+)\.", old + new)]
        self.assertEqual(counts, list(range(1, swarm.piece_count + 1)))
        self.assertTrue(new.count("downloaded the piece"))


if __name__ == "__main__":
    unittest.main()
