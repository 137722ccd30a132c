"""scripts/swarm push over real ssh: logins that fail, connections that are lost, and hosts that start others."""

import os
import shlex
import signal
import unittest
from pathlib import Path

from push_case import COMPLETE, NETWORK, SOME_FAILED, SSHD, PushCase
from ssh_hosts import SshHosts
from swarm_case import PEER_PROCESS


def parent_of(pid):
    return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])


def name_of(pid):
    return Path(f"/proc/{pid}/comm").read_text().strip()


@unittest.skipIf(SSHD is None, "no sshd is installed")
class SshCase(PushCase):
    def make_hosts(self, count):
        self.hosts = SshHosts(self, self.dir / "ssh", count)
        self.by_ssh = ("--ssh-command", shlex.join(self.hosts.command), "--remote-binary", PEER_PROCESS)

    def session_of(self, host):
        """The sshd of the connection by which the host's getter was started."""
        pid = self.getter_of(host)[0]
        while name_of(pid) != "sshd":
            pid = parent_of(pid)
        return pid


class SshTest(SshCase):
    def setUp(self):
        super().setUp()
        self.make_hosts(3)

    def test_those_that_cannot_be_reached_cost_only_themselves(self):
        told = self.push_json(*self.by_ssh, "--hosts", "h1,h0,h2,hx,h3", code=SOME_FAILED)
        self.assertEqual({host: one["code"] for host, one in told.items()}, {"h1": 0, "h0": NETWORK, "h2": 0, "hx": NETWORK, "h3": 0})
        self.assertIn("Connection refused", told["h0"]["reason"])
        self.assertIn("Host key verification failed", told["hx"]["reason"])
        self.assert_copied("h1", "h2", "h3")
        self.assert_nothing_runs()

    def test_a_lost_connection_ends_what_runs_there(self):
        pushing = self.start(*self.by_ssh, "--hosts", "h1,h2", "--limit-up", "500K", "--json")
        self.wait_until(lambda: self.getter_of("h1") and self.getter_of("h2"), "both have begun")
        getter = self.getter_of("h2")[0]
        os.kill(self.session_of("h2"), signal.SIGKILL)
        self.wait_until(lambda: not self.getter_of("h2"), f"{getter} has left")
        told = self.list_of(pushing, SOME_FAILED)
        self.assertEqual({host: one["code"] for host, one in told.items()}, {"h1": COMPLETE, "h2": NETWORK})
        self.assert_copied("h1")

    def test_the_program_is_brought(self):
        self.binary = self.small_binary()
        said = self.push(*self.by_ssh[:2], "--remote-binary", "/nowhere/peerProcess", "--copy-binary", "--hosts", "h1,h2")
        self.assert_copied("h1", "h2")
        self.assertIn("verified on 2 of 2 hosts", said.stdout)
        self.assertEqual(list((self.home / ".cache" / "peerProcess").iterdir()), [])


class TreeTest(SshCase):
    """Hosts start others: of four that are started here each has a part of the rest below it."""

    def direct(self):
        """How many processes of ssh there are here; those of hosts have a parent that is no launcher."""
        return [pid for pid in self.processes("ssh") if "python" in name_of(parent_of(pid))]

    def test_64_hosts(self):
        self.make_hosts(64)
        pushing = self.start(*self.by_ssh, "--hosts", ",".join(self.hosts.names), "--parallel-ssh", "4", "--json", "--limit-up", "4M")
        self.wait_until(lambda: len(self.getters()) >= 32, "half of them have begun")
        self.assertEqual(len(self.direct()), 4)
        self.list_of(pushing, COMPLETE)
        self.assert_copied(*self.hosts.names)
        self.assert_nothing_runs()

    def test_nothing_is_left_of_a_tree(self):
        self.make_hosts(6)
        for end in (signal.SIGINT, signal.SIGKILL):
            pushing = self.start(*self.by_ssh, "--hosts", ",".join(self.hosts.names), "--parallel-ssh", "1", "--limit-up", "50K")
            self.wait_until(lambda: len(self.getters()) == 6, "all have begun")
            pushing.send_signal(end)
            pushing.wait()
            self.assert_nothing_runs()
            self.wait_until(lambda: not self.processes("ssh"), "no host is connected with another one")

    def test_what_stands_below_a_host_that_is_down_is_started_from_here(self):
        self.make_hosts(8)
        # Two roots, h1 and h0; below h0 are h3, h5, h7.
        told = self.push_json(*self.by_ssh, "--hosts", "h1,h0,h2,h3,h4,h5,h6,h7", "--parallel-ssh", "2", code=SOME_FAILED)
        self.assertEqual([host for host, one in told.items() if one["code"] != 0], ["h0"])
        self.assertEqual(sorted(host for host, one in told.items() if "started from here" in one.get("note", "")), ["h3", "h5", "h7"])
        self.assert_copied(*(f"h{number}" for number in range(1, 8)))
        self.assert_nothing_runs()

    def test_a_host_that_another_cannot_reach_is_started_from_here(self):
        self.make_hosts(4)
        # Between hosts there is none but a copy of the configuration that a first login takes away.
        config = self.hosts.dir / "config"
        wrapper = self.dir / "ssh-once"
        refusal = '[ -z "$SSH_CONNECTION" ] || { echo "Permission denied (publickey)." >&2; exit 255; }'
        wrapper.write_text(f'#!/bin/sh\n{refusal}\nexec ssh -F {config} "$@"\n')
        wrapper.chmod(0o755)
        told = self.push_json("--ssh-command", str(wrapper), "--remote-binary", PEER_PROCESS, "--hosts", "h1,h2,h3,h4", "--parallel-ssh", "1")
        self.assertEqual({host: "note" in one for host, one in told.items()}, {"h1": False, "h2": True, "h3": True, "h4": True})
        self.assertIn("Permission denied (publickey).; started from here", told["h2"]["note"])
        self.assert_copied("h1", "h2", "h3", "h4")


if __name__ == "__main__":
    unittest.main()
