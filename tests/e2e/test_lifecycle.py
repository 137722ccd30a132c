#!/usr/bin/env python3
"""How peers end, by force or by themselves, and how they come back.

"In the middle of a transfer" is made certain by a seed that is slow on purpose, or that the test plays itself.
"""

import signal
import socket
import unittest

import course_log
from swarm_case import SwarmCase, run_peer
from wire_link import (HAVE, INTERESTED, PIECE, REQUEST, UNCHOKE, WireCase, WireLink, bitfield, handshake, indexed,
                       message)

TIMED_OUT, INTERRUPTED, PORT_IN_USE = 2, 7, 65


class Restarts(SwarmCase):
    """A peer that is killed loses its connections and nothing else; it comes back, and all complete."""

    SLOW = {"size": 64 * 1024 - 100, "piece_size": 1024}  # five seconds' worth from a seed of 12 KiB/s

    def wait_for_pieces(self, peer, count):
        peer.swarm.wait_until(lambda: peer.count("piece") >= count, f"{count} pieces at peer {peer.id}")

    def wait_for_dials(self, peer, dialed, count):
        """Until the peer has been linked so many times with one that it dials."""
        peer.swarm.wait_until(lambda: sum(entry.kind == "dialed" and entry.values[0] == dialed for entry in peer.log())
                              >= count, f"peer {peer.id} to be linked with {dialed}")

    def test_leecher_killed_in_the_middle(self):
        swarm = self.swarm(**self.SLOW)
        seed = swarm.start_classic(1001, "--slow-kib", "12")
        leecher = swarm.start(1002)
        self.wait_for_pieces(leecher, 3)
        swarm.wait_until(lambda: seed.count("have") > 0, "the seed to be told")
        leecher.kill()

        # What it had told others before the kill, it had logged and stored.
        stored = set(course_log.pieces(leecher.log()))
        told = {entry.values[1] for entry in seed.log() if entry.kind == "have"}
        self.assertLessEqual(told, stored)
        self.assertLess(len(stored), swarm.piece_count)
        self.assertFalse(swarm.copy_of(1002).exists())
        self.check_part(swarm, 1002, stored)

        swarm.start(1002)
        swarm.finish()

    def check_part(self, swarm, peer_id, stored):
        """The unfinished file has its full size, and these pieces at their places."""
        part = swarm.part_of(peer_id).read_bytes()
        self.assertEqual(len(part), len(swarm.content))
        for index in stored:
            start = index * swarm.piece_size
            self.assertTrue(part[start:start + swarm.piece_size] == swarm.piece(index), f"piece {index} in .part")

    def test_one_of_several_leechers_killed(self):
        swarm = self.swarm([1001, 1002, 1003], **self.SLOW)
        swarm.start_classic(1001, "--slow-kib", "12")
        leechers = [swarm.start(1002), swarm.start(1003)]
        self.wait_for_pieces(leechers[0], 3)
        leechers[0].kill()
        swarm.start(1002)
        swarm.finish()

    def test_seed_killed_in_the_middle(self):
        """It comes back while somebody is still missing, so that nobody leaves before it is linked again."""
        swarm = self.swarm([1001, 1002, 1003, 1004], **self.SLOW)
        seed = swarm.start_classic(1001, "--slow-kib", "4")
        leechers = [swarm.start(1002), swarm.start(1003)]
        self.wait_for_pieces(leechers[0], 3)
        seed.kill()
        for leecher in leechers:
            self.assertLess(leecher.count("piece"), swarm.piece_count)
        swarm.start_classic(1001)
        for leecher in leechers:
            self.wait_for_dials(leecher, 1001, 2)
        swarm.start(1004)
        swarm.finish()

    def test_our_seed_killed_between_two_leechers(self):
        """The first leecher, complete but waiting for the second, dials the restarted seed again."""
        swarm = self.swarm([1001, 1002, 1003])
        seed, first = swarm.start(1001), swarm.start(1002)
        swarm.wait_until(lambda: first.count("complete"), "the first leecher to complete")
        seed.kill()
        swarm.start(1001)
        self.wait_for_dials(first, 1001, 2)
        swarm.start(1003)
        swarm.finish()

    def test_complete_leecher_killed(self):
        """Its next life begins with the file, and logs no second completion."""
        swarm = self.swarm([1001, 1002, 1003])
        swarm.start(1001)
        first = swarm.start(1002)
        swarm.wait_until(lambda: first.count("complete"), "the first leecher to complete")
        first.kill()
        again = swarm.start(1002)
        self.assertTrue(again.had_file)
        self.wait_for_dials(again, 1001, 1)
        swarm.start(1003)
        swarm.finish()

    def test_everybody_stopped_in_turn(self):
        """All stop politely before the last one ever came, and meet again later."""
        swarm = self.swarm([1001, 1002, 1003])
        peers = [swarm.start(1001), swarm.start(1002)]
        swarm.wait_until(lambda: peers[1].count("complete"), "the first leecher to complete")
        for peer in peers:
            peer.signal(signal.SIGTERM)
            peer.expect_exit(INTERRUPTED)
        for peer_id in swarm.ids:
            swarm.start(peer_id)
        swarm.finish()

    def test_unfinished_file_of_another_swarm(self):
        """What has the same name and cannot be proven ours is neither trusted, nor touched, nor in the way."""
        swarm = self.swarm()
        part = swarm.part_of(1002)
        part.parent.mkdir()
        part.write_bytes(b"\xaa" * 200_000)
        swarm.foreign[part] = part.read_bytes()
        swarm.start(1001)
        swarm.start(1002)
        swarm.finish()
        self.assertTrue(part.read_bytes() == swarm.foreign[part], "a file that is not ours was changed")


class Leaving(WireCase):
    """A peer stays until all have the file, and no longer."""

    def test_nobody_leaves_before_all_have_the_file(self):
        swarm = self.swarm([1001, 1002, 1003, 1004])
        early = [swarm.start(1001), swarm.start(1002), swarm.start(1003)]
        for peer in early[1:]:
            swarm.wait_until(lambda peer=peer: peer.count("complete"), "the early leechers to complete")
        late = swarm.start(1004)
        swarm.finish()
        dialed = {entry.values[0] for entry in late.log() if entry.kind == "dialed"}
        self.assertEqual(dialed, {1001, 1002, 1003}, "all others were still there")

    def test_a_seed_waits_for_the_other_seed(self):
        swarm = self.swarm(seeds=[1001, 1002])
        first = swarm.start(1001)
        stranger = self.connect(swarm, 1001)
        self.assertTrue(first.running())
        stranger.close()
        swarm.start(1002)
        swarm.finish()

    def test_a_neighbor_that_never_hangs_up(self):
        """It is not waited for, once everybody has the file."""
        swarm, seed = self.swarm_with(1001, size=100, piece_size=100)
        link = self.greet(swarm, 1001, 1002, indexed(HAVE, 0))
        link.rest()
        seed.expect_exit(0)

    def test_last_news_for_a_neighbor_that_was_cut_off(self):
        """It lost its link before we were complete, and must not wait for ever: it comes again and is told."""
        swarm, leecher = self.swarm_with(1001, ids=[1001, 1002, 1003], seeds=[1002, 1003], size=100, piece_size=100)
        cut_off = self.greet(swarm, 1001, 1002, bitfield([0], 1))
        cut_off.close()
        swarm.wait_until(lambda: "link with 1002 ended" in leecher.stderr(), "the link's end")
        feeder = self.greet(swarm, 1001, 1003, bitfield([0], 1), message(UNCHOKE))
        feeder.read_until(REQUEST)
        feeder.send(indexed(PIECE, 0, swarm.content))
        swarm.wait_until(lambda: leecher.count("complete"), "the file to be complete")
        try:
            again = WireLink(socket.create_connection(("127.0.0.1", swarm.ports[1001])))
        except ConnectionRefusedError:
            self.fail("the peer has left before all were told that it has the file")
        self.addCleanup(again.close)
        again.send(handshake(1002))
        self.assertEqual(again.read(32 + 6), handshake(1001) + bitfield([0], 1))

    def test_time_out(self):
        swarm = self.swarm()
        for peer_id in (1001, 1002):
            with self.subTest(alone=peer_id):
                done = run_peer(swarm.dir, peer_id, "--timeout", "1")
                self.assertEqual(done.returncode, TIMED_OUT, done.stderr)
        self.assertTrue(swarm.copy_of(1001).read_bytes() == swarm.content)


class Signals(WireCase):
    """SIGTERM and SIGINT end a peer in order and soon, whatever its neighbors do; the second one at once."""

    def leecher_with_three_pieces(self, *options):
        """(swarm, leecher, stored pieces); its only neighbor stays linked and neither reads nor writes."""
        swarm, leecher = self.swarm_with(1001, "--pipeline", "1", *options, seeds=[1002], size=1000, piece_size=100)
        link = self.greet(swarm, 1001, 1002, bitfield(range(10), 10), message(UNCHOKE))
        stored = set()
        while len(stored) < 3:
            index = int.from_bytes(link.read_until(REQUEST)[-1][1], "big")
            link.send(indexed(PIECE, index, swarm.piece(index)))
            stored.add(index)
        swarm.wait_until(lambda: leecher.count("piece") == 3, "three pieces")
        return swarm, leecher, stored

    def test_unfinished_bytes_are_kept(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            with self.subTest(number.name):
                swarm, leecher, stored = self.leecher_with_three_pieces()
                leecher.signal(number)
                leecher.expect_exit(INTERRUPTED)
                self.assertFalse(swarm.copy_of(1001).exists())
                part = swarm.part_of(1001).read_bytes()
                self.assertEqual(len(part), 1000)
                for index in stored:
                    self.assertEqual(part[100 * index:100 * index + 100], swarm.piece(index))
                self.assertEqual(set(course_log.pieces(leecher.log())), stored)

    def test_while_nobody_is_there(self):
        swarm = self.swarm()
        leecher = swarm.start(1002)
        # Before it is up, a signal would be an ordinary death.
        self.accept(self.listen(swarm, 1001)).close()
        leecher.signal(signal.SIGTERM)
        leecher.expect_exit(INTERRUPTED)

    def test_in_the_middle_of_sending(self):
        """The piece is larger than the sockets hold, and the neighbor does not read."""
        swarm, seed = self.swarm_with(1001, size=60_000_000, piece_size=60_000_000)
        link = self.greet(swarm, 1001, 1002, message(INTERESTED))
        link.send(indexed(REQUEST, 0))
        self.assertEqual(link.read_message()[0], UNCHOKE)
        seed.signal(signal.SIGTERM)
        seed.expect_exit(INTERRUPTED)

    def test_no_new_connections_while_leaving(self):
        swarm, leecher, _ = self.leecher_with_three_pieces()
        leecher.signal(signal.SIGTERM)
        swarm.wait_until(lambda: "leaving" in leecher.stderr(), "the leecher to say so")

        def refused():
            try:
                socket.create_connection(("127.0.0.1", swarm.ports[1001])).close()
            except ConnectionRefusedError:
                return True
            return False

        swarm.wait_until(refused, "connections to be refused")
        leecher.expect_exit(INTERRUPTED)

    def test_second_signal(self):
        """The first one waits for the neighbors, and says so at the end; the second one ends without last words."""
        def ends_at_once(signals):
            swarm, leecher, _ = self.leecher_with_three_pieces("--progress", "plain")
            for _ in range(signals):
                leecher.signal(signal.SIGTERM)
                swarm.wait_until(lambda: "leaving" in leecher.stderr(), "the leecher to say so")
            leecher.expect_exit(INTERRUPTED)
            return "incomplete: 3/10 pieces" not in leecher.stderr()

        self.assertFalse(ends_at_once(signals=1))
        # On a machine that stands still for a moment the first signal's patience may be over before the second one.
        self.assertTrue(any(ends_at_once(signals=2) for _ in range(3)))


class Ports(SwarmCase):
    def test_port_in_use(self):
        swarm = self.swarm()
        port = swarm.ports[1001]
        with socket.create_server(("127.0.0.1", port)):
            done = run_peer(swarm.dir, 1001)
        self.assertEqual(done.returncode, PORT_IN_USE)
        self.assertIn(f"port {port}", done.stderr)
        swarm.start(1001)
        swarm.start(1002)
        swarm.finish()

    def test_twice_the_same_peer(self):
        """The second one finds the port in use, and harms neither the file nor the first one."""
        swarm = self.swarm()
        first = swarm.start(1002)
        swarm.wait_until(swarm.part_of(1002).exists, "the first one to be up")
        second = run_peer(swarm.dir, 1002)
        self.assertEqual(second.returncode, PORT_IN_USE)
        self.assertTrue(first.running())
        swarm.start(1001)
        swarm.finish()


if __name__ == "__main__":
    unittest.main()
