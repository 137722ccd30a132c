#!/usr/bin/env python3
"""Nodes are found by multicast, without --join: on a link that the test makes, and on a loopback of its own. Nothing is sent anywhere else."""

import itertools
import unittest

from capture import Capture
from namespaces import ip, make_namespace, may_make_namespaces
from share_case import COMPLETE, NETWORK, Process, ShareCase
from swarm_case import PEER_PROCESS


@unittest.skipUnless(may_make_namespaces(), "network namespaces need root")
class Multicast(ShareCase):
    """Three machines on one switch, which is in a namespace of its own."""

    multicast = True

    def setUp(self):
        super().setUp()
        self.switch = make_namespace(self, "sw")
        self.machines = [make_namespace(self, f"m{i}") for i in range(1, 4)]
        ip("-n", self.switch, "link", "add", "br0", "type", "bridge")
        ip("-n", self.switch, "link", "set", "br0", "up")
        for number, machine in enumerate(self.machines, 1):
            ip("link", "add", "eth0", "netns", machine, "type", "veth", "peer", "name", f"v{number}", "netns", self.switch)
            ip("-n", machine, "address", "add", f"10.78.0.{number}/24", "dev", "eth0")
            ip("-n", machine, "link", "set", "eth0", "up")
            ip("-n", self.switch, "link", "set", f"v{number}", "master", "br0")
            ip("-n", self.switch, "link", "set", f"v{number}", "up")

    def on(self, machine, *arguments, of=None):
        """Runs the program on a machine, in the test's own network or another one."""
        self._made += 1
        script = self.dir / f"run{self._made}"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self.machines[machine]} "{PEER_PROCESS}" "$@"\n')
        script.chmod(0o755)
        return Process(self, f"{arguments[0]}{self._made}", [*arguments, *(of or ["--network", self.network]), "--progress", "none"], self.dir,
                       program=script)

    def share_on(self, machine, files, *options, of=None):
        sharer = self.on(machine, "share", "--folder", self.folder(files), "--json", *options, of=of)
        self.wait_until(lambda: any(line["event"] == "ready" for line in sharer.lines()), "all to be offered", sharer)
        return sharer

    def found_on(self, machine, name, of=None):
        """Asks again as long as nobody is found: the first node may not be up on its link yet. Returns where it was put."""
        out = self.dir / f"found{self._made}"
        self.wait_until(lambda: self.on(machine, "get", name, "--out", out, of=of).wait() == COMPLETE, f"{name} to be found")
        return out / name

    def test_found_on_a_link_without_join(self):
        self.share_on(0, {"f": b"data"})
        self.assert_file(self.found_on(1, "f"), b"data")
        # Nodes find each other like this as well, so that either is a way in.
        self.share_on(2, {"g": b"more"})
        self.found_on(1, "g")

    def test_by_ipv6_alone(self):
        for number, machine in enumerate(self.machines, 1):
            ip("-n", machine, "address", "delete", f"10.78.0.{number}/24", "dev", "eth0")
        self.share_on(0, {"f": b"data"})
        self.found_on(1, "f")

    def test_on_one_machine_alone(self):
        self.share_on(0, {"f": b"data"}, "--host", "127.0.0.1", "--port", "7001")
        self.found_on(0, "f")
        # The loopback's datagrams are on the loopback.
        failed = self.on(1, "get", "f", "--out", self.dir / "other")
        self.assertEqual(failed.wait(), NETWORK, failed.words())

    def test_no_multicast(self):
        self.share_on(0, {"f": b"data"}, "--no-multicast")
        failed = self.on(1, "get", "f", "--out", self.dir / "other")
        self.assertEqual(failed.wait(), NETWORK, failed.words())
        self.share_on(2, {"f": b"data"})
        failed = self.on(1, "get", "f", "--no-multicast", "--out", self.dir / "other")
        self.assertEqual(failed.wait(), NETWORK, failed.words())

    def test_other_networks(self):
        sharer = self.network
        self.share_on(0, {"f": b"data"})
        self.network = sharer + "x"
        failed = self.on(1, "get", "f", "--out", self.dir / "other")
        self.assertEqual(failed.wait(), NETWORK, failed.words())

    def test_a_private_network_shows_nothing(self):
        """The same in an open network, where the link shows all of it, so that the capture is known to see what there is."""
        port, name = 7123, "moonshot"
        place = b"\x01\x00" + port.to_bytes(2, "big")  # in a beacon: here I am, at this port
        for of in (["--network", name], self.private(name, bytes(range(32)))):
            with self.subTest(of[0]):
                capture = Capture(self, self.switch, self.dir / f"frames{of[0]}")
                sharer = self.share_on(0, {"plan.txt": b"data"}, "--port", str(port), of=of)
                self.assert_file(self.found_on(1, "plan.txt", of=of), b"data")
                datagrams = set(capture.datagrams())
                sharer.process.terminate()
                self.assertEqual(sharer.wait(), COMPLETE)
                shown = {word: any(word in each for each in datagrams) for word in (b"p2pLAN", place)}
                if of[0] == "--network":
                    self.assertEqual({len(each) for each in datagrams}, {24})
                    self.assertEqual(shown, {b"p2pLAN": True, place: True})
                    continue
                self.assertEqual({len(each) for each in datagrams}, {52})
                self.assertGreaterEqual(len(datagrams), 3, "a node that is here, and somebody who asks and is answered")
                self.assertEqual(shown, {b"p2pLAN": False, place: False})
                for word in (name.encode(), b"plan.txt", b"10.78.0.1"):
                    self.assertFalse(any(word in each for each in datagrams), word)
                self.assertFalse(any(name.encode() in frame for frame in capture.frames()))
                # Nothing tells that two of them are of one node, or of one network.
                parts = [{each[at:at + 6] for at in range(len(each) - 5)} for each in datagrams]
                self.assertFalse(any(one & other for one, other in itertools.combinations(parts, 2)))

    def test_strangers_find_nobody_in_a_private_network(self):
        ours = self.private("lab", bytes(32))
        self.share_on(0, {"f": b"data"}, of=ours)
        self.share_on(2, {"open": b"data"}, of=["--network", "lab"])
        self.found_on(1, "f", of=ours)
        for name, of in (("f", ["--network", "lab"]), ("f", self.private("lab", bytes([1] * 32))), ("f", self.private("lab2", bytes(32))), ("open", ours)):
            with self.subTest(str(of)):
                failed = self.on(1, "get", name, "--out", self.dir / "other", of=of)
                self.assertEqual(failed.wait(), NETWORK, failed.words())

    def test_halves_of_a_network_find_each_other_again(self):
        """The cable of one is pulled until both have given up the other, and put back."""
        first, second = self.share_on(0, {"f": b"data"}), self.share_on(1, {"g": b"more"})
        self.found_on(0, "g")
        ip("-n", self.switch, "link", "set", "v2", "down")
        failed = self.on(0, "get", "g", "--out", self.dir / "apart")
        self.assertEqual(failed.wait(), NETWORK, failed.words())
        ip("-n", self.switch, "link", "set", "v2", "up")
        self.found_on(0, "g")
        self.assertTrue(first.running() and second.running())


if __name__ == "__main__":
    unittest.main()
