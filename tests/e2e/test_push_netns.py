"""scripts/swarm push to network namespaces: machines with addresses of their own, one of which loses its cable."""

import os
import shlex
import signal
import unittest

from namespaces import ip, make_namespace, may_make_namespaces
from push_case import COMPLETE, INTERRUPTED, NETWORK, SOME_FAILED, SSHD, PushCase
from ssh_hosts import SshHosts
from swarm_case import PEER_PROCESS


@unittest.skipUnless(may_make_namespaces(), "needs network namespaces, and root for them")
class OnSwitch(PushCase):
    """A switch, on which the push runs with the address 10.77.0.254, and two hosts on it."""

    def setUp(self):
        super().setUp()
        self.switch = make_namespace(self, "switch")
        ip("-n", self.switch, "link", "add", "br0", "type", "bridge")
        ip("-n", self.switch, "link", "set", "br0", "up")
        ip("-n", self.switch, "addr", "add", "10.77.0.254/24", "dev", "br0")
        self.namespaces = [self.add_host(number) for number in (1, 2)]

    def add_host(self, number):
        host = make_namespace(self, f"h{number}")
        ip("-n", self.switch, "link", "add", f"v{number}", "type", "veth", "peer", "name", "eth0", "netns", host)
        ip("-n", self.switch, "link", "set", f"v{number}", "master", "br0", "up")
        ip("-n", host, "addr", "add", f"10.77.0.{number}/24", "dev", "eth0")
        ip("-n", host, "link", "set", "eth0", "up")
        return host

    def command(self, *words):
        return ["ip", "netns", "exec", self.switch, *super().command(*words)]

    def pull_cable(self, number):
        ip("-n", self.switch, "link", "set", f"v{number}", "down")


class NetnsTest(OnSwitch):
    def setUp(self):
        super().setUp()
        self.hosts = self.namespaces
        self.where = ("--via", "netns", "--seed-host", "10.77.0.254", "--hosts", ",".join(self.hosts))

    def test_hosts_with_addresses_of_their_own(self):
        told = self.push_json(*self.where)
        self.assert_copied(*self.hosts)
        self.assertEqual([one["code"] for one in told.values()], [COMPLETE, COMPLETE])
        self.assert_nothing_runs()

    def test_one_whose_cable_is_pulled_costs_only_itself(self):
        pushing = self.start(*self.where, "--limit-up", "1M", "--json")
        self.wait_until(lambda: all(self.getter_of(host) for host in self.hosts), "both have begun")
        self.pull_cable(2)
        self.wait_until(self.copy(self.hosts[0]).exists, "the other one is complete")
        # It would wait for a minute for the seed to come back.
        os.kill(self.getter_of(self.hosts[1])[0], signal.SIGTERM)
        told = self.list_of(pushing, SOME_FAILED)
        self.assertEqual(told[self.hosts[0]]["code"], COMPLETE)
        self.assertEqual(told[self.hosts[1]]["code"], INTERRUPTED)
        self.assert_copied(self.hosts[0])
        self.assert_nothing_runs()


@unittest.skipIf(SSHD is None, "no sshd is installed")
class SshTest(OnSwitch):
    """Each host has an sshd of its own, and no other way in."""

    def test_a_host_that_is_cut_off_leaves_by_itself(self):
        """Its connection ends without a word: here ssh notices, there the program, after 25 s of silence."""
        folder = self.dir / "ssh"
        places = [(namespace, f"10.77.0.{number}") for number, namespace in enumerate(self.namespaces, start=1)]
        hosts = SshHosts(self, folder, 2, places)
        ssh = shlex.join([*hosts.command, "-o", "ServerAliveInterval=1", "-o", "ServerAliveCountMax=2"])
        pushing = self.start("--ssh-command", ssh, "--remote-binary", PEER_PROCESS, "--hosts", "h1,h2", "--limit-up", "1M", "--json")
        self.wait_until(lambda: self.getter_of("h1") and self.getter_of("h2"), "both have begun")
        self.pull_cable(2)
        told = self.list_of(pushing, SOME_FAILED)
        self.assertEqual([told["h1"]["code"], told["h2"]["code"]], [COMPLETE, NETWORK])
        self.assert_copied("h1")
        self.assert_nothing_runs()


if __name__ == "__main__":
    unittest.main()
