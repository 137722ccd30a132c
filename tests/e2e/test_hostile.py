#!/usr/bin/env python3
"""What hostile remotes cannot do: keep good peers out or waiting, fill memory, disk or terminal, spin or end the process.

In each test 1001 is attacked while it serves 1002; what it must spend on that is bounded (docs/PROTOCOL.md, "Limits").
"""

import os
import re
import resource
import time
import unittest
from contextlib import suppress
from pathlib import Path

from swarm_case import PEER_PROCESS
from wire_link import (HAVE, INTERESTED, NOT_INTERESTED, REQUEST, UNCHOKE, WireCase, bitfield, handshake, indexed,
                       message)

MIB = 1 << 20
SANITIZED = any(mark in Path(PEER_PROCESS).read_bytes() for mark in (b"__asan_init", b"__tsan_init"))


class HostileCase(WireCase):
    def attacked(self, **description):
        """A seed for two others, 1002 who will be good and 1003 whose ID the attacker uses; (swarm, seed)."""
        swarm, seed = self.swarm_with(1001, ids=[1001, 1002, 1003], **description)
        # It listens before it has opened all that it needs.
        swarm.wait_until(seed.log_path.exists, "the seed to have its log")
        self.connect(swarm, 1001).close()
        # A descriptor that is just being given back would be counted among those in use.
        swarm.wait_until(lambda: self.sockets(seed) == 1, "the listening socket alone")
        return swarm, seed

    def serve(self, swarm, during=lambda: None):
        """Somebody good comes and gets all, while `during` is done again and again."""
        good = swarm.start(1002)

        def complete():
            during()
            return good.count("complete") == 1

        swarm.wait_until(complete, "1002 to get the file under attack")
        return good

    def finish(self, swarm, seed):
        """The real 1003 comes, all have the file, and the seed's counts are returned: {what: how often}."""
        swarm.start(1003)
        swarm.finish()
        return self.counts(seed)

    def counts(self, peer):
        line = re.search(r"links ended: (.*)", peer.stderr()).group(1)
        return {what: int(count) for count, what in re.findall(r"(\d+) ([a-z -]+)", line)}

    def memory(self, peer):
        """Resident bytes."""
        return int(re.search(r"VmRSS:\s*(\d+) kB", Path(f"/proc/{peer.process.pid}/status").read_text()).group(1)) * 1024

    def expect_growth_below(self, peer, before, limit):
        if not SANITIZED:  # freed memory is kept there
            self.assertLess(self.memory(peer) - before, limit)

    def cpu_s(self, peer):
        fields = Path(f"/proc/{peer.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self, peer):
        return len(os.listdir(f"/proc/{peer.process.pid}/fd"))

    def sockets(self, peer):
        count = 0
        for descriptor in Path(f"/proc/{peer.process.pid}/fd").iterdir():
            with suppress(FileNotFoundError):
                count += os.readlink(descriptor).startswith("socket:")
        return count

    def limit_descriptors(self, peer, count):
        _, hard = resource.prlimit(peer.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(peer.process.pid, resource.RLIMIT_NOFILE, (count, hard))


class Strangers(HostileCase):
    """Connections that never say who they are."""

    def test_hundreds_that_are_silent(self):
        swarm, seed = self.attacked()
        before = self.memory(seed)
        crowd = [self.connect(swarm, 1001) for _ in range(400)]
        self.serve(swarm)
        self.assertLess(self.descriptors(seed), 64 + 2 + 24)
        self.expect_growth_below(seed, before, 2 * MIB)
        for link in crowd:
            link.close()
        counts = self.finish(swarm, seed)
        self.assertGreaterEqual(counts["crowded out"], 400 - 66)
        self.assertLess(seed.stderr().count("\n"), 250, "400 refusals are no 400 lines")

    def test_handshakes_of_a_byte_a_second(self):
        swarm, seed = self.attacked()
        links = [self.connect(swarm, 1001) for _ in range(20)]
        drip = iter(range(32))
        next_at = time.monotonic()

        def send_a_byte():
            nonlocal next_at
            if time.monotonic() < next_at:
                return
            next_at += 1
            at = next(drip)
            for link in links:
                try:
                    link.send(handshake(1003)[at:at + 1])
                except ConnectionError:
                    pass

        self.serve(swarm, during=send_a_byte)

        def all_refused():
            send_a_byte()
            return seed.stderr().count("no handshake within 10 s") == len(links)

        swarm.wait_until(all_refused, "the slow ones to be sent away")
        self.assertEqual(self.finish(swarm, seed)["handshake time-outs"], len(links))

    def test_other_protocols_by_the_hundred(self):
        swarm, seed = self.attacked()
        texts = [b"GET / HTTP/1.1\r\n\r\n", bytes.fromhex("16030100c8010000c40303"), handshake(1001), handshake(77), os.urandom(64)]

        def knock():
            for text in texts:
                link = self.connect(swarm, 1001)
                link.send(text)
                link.rest()
                link.close()

        for _ in range(60):
            knock()
        self.serve(swarm, during=knock)
        for reason in ("HTTP spoken", "TLS spoken", "our own ID 1001", "the unknown ID 77", "not a handshake"):
            self.assertIn(reason, seed.stderr())
        self.assertGreaterEqual(self.finish(swarm, seed)["refused handshakes"], 300)
        self.assertRegex(seed.stderr(), r"links ended: ")
        self.assertLess(seed.stderr().count("refused a connection"), 250, "the terminal is not flooded")


class Descriptors(HostileCase):
    """No descriptors left."""

    def test_a_good_peer_gets_in_all_the_same(self):
        swarm, seed = self.attacked()
        self.limit_descriptors(seed, self.descriptors(seed) + 10)
        for _ in range(100):
            self.connect(swarm, 1001)
        swarm.wait_until(lambda: "Too many open files" in seed.stderr(), "the warning")
        self.serve(swarm)
        self.assertEqual(seed.stderr().count("Too many open files"), 1)
        self.assertIn("its place was needed", seed.stderr())
        self.limit_descriptors(seed, 1024)
        self.finish(swarm, seed)

    def test_waiting_for_one_does_not_spin(self):
        swarm, seed = self.attacked()
        self.limit_descriptors(seed, self.descriptors(seed))
        waiting = self.connect(swarm, 1001)
        waiting.send(handshake(1003))
        swarm.wait_until(lambda: "Too many open files" in seed.stderr(), "the warning")
        before = self.cpu_s(seed)
        time.sleep(1)
        self.assertLess(self.cpu_s(seed) - before, 0.5)
        self.assertTrue(waiting.nothing_came())
        self.limit_descriptors(seed, 1024)
        self.assertEqual(waiting.read(32), handshake(1001))
        waiting.close()
        self.serve(swarm)
        self.finish(swarm, seed)


class KnownPeers(HostileCase):
    """Remotes with a handshake that is valid."""

    def test_a_reader_that_never_reads(self):
        """What it asked for stays in the file: no memory, and nobody waits for it."""
        swarm, seed = self.attacked(size=20_000_000, piece_size=65_536, preferred=3)
        count = swarm.piece_count
        before = self.memory(seed)
        mute = self.greet(swarm, 1001, 1003, bitfield([], count), message(INTERESTED))
        mute.read_until(UNCHOKE)
        mute.send(*(indexed(REQUEST, index) for index in range(count)))
        flips = [message(NOT_INTERESTED), message(INTERESTED)]
        self.serve(swarm, during=lambda: mute.send(*flips))
        self.expect_growth_below(seed, before, 4 * MIB)
        mute.close()
        self.finish(swarm, seed)

    def test_more_requests_than_anybody_needs(self):
        swarm, seed = self.attacked(size=48_000_000, piece_size=8192)
        greedy = self.greet(swarm, 1001, 1003, bitfield([], swarm.piece_count), message(INTERESTED))
        greedy.read_until(UNCHOKE)
        greedy.send(*(indexed(REQUEST, index) for index in range(swarm.piece_count)))
        swarm.wait_until(lambda: "more than 4096 open requests" in seed.stderr(), "the flood to be refused")
        greedy.close()
        self.serve(swarm)
        self.assertEqual(self.finish(swarm, seed)["violation"], 1)

    def flood(self, what):
        swarm, seed = self.attacked()
        before = self.memory(seed)
        floods = [self.greet(swarm, 1001, 1003, bitfield([0], 98))]

        def more():
            try:
                floods[-1].send(what * 500)
            except ConnectionError:
                pass

        swarm.wait_until(lambda: more() or "a flood of messages" in seed.stderr(), "the flood to be stopped")
        # Coming again does not help.
        again = self.connect(swarm, 1001)
        again.send(handshake(1003))
        swarm.wait_until(lambda: "a flood of connections" in seed.stderr(), "the next one to be refused")
        self.serve(swarm)
        self.expect_growth_below(seed, before, 2 * MIB)
        lines = len(seed.log())
        self.assertLess(lines, 4096 + 1000, "the log is not flooded")
        for link in floods:
            link.close()
        self.assertGreaterEqual(self.finish(swarm, seed)["floods"], 2)

    def test_haves_again_and_again(self):
        self.flood(indexed(HAVE, 0))

    def test_interest_to_and_fro(self):
        self.flood(message(INTERESTED) + message(NOT_INTERESTED))

    def test_somebody_else_with_the_same_id(self):
        """The one that is linked stays linked, and gets its file."""
        swarm, seed = self.attacked(size=4_000_000)
        good = swarm.start(1002)
        swarm.wait_until(lambda: seed.count("accepted") == 1, "1002 to be linked")

        def impostors():
            for _ in range(10):
                link = self.connect(swarm, 1001)
                link.send(handshake(1002))

        swarm.wait_until(lambda: impostors() or good.count("complete") == 1, "1002 to get the file")
        swarm.wait_until(lambda: "already linked" in seed.stderr(), "an impostor to be refused")
        self.assertEqual(seed.count("accepted"), 1)
        self.assertGreaterEqual(self.finish(swarm, seed)["duplicates"], 1)


if __name__ == "__main__":
    unittest.main()
