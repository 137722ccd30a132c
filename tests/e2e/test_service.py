#!/usr/bin/env python3
"""As a service: what the program tells its manager, and whether the units and what belongs to them are right.

The manager is a datagram socket of the test. A real one is started by scripts/try-service.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from share_case import Process, ShareCase
from swarm_case import DEADLINE_S, PEER_PROCESS, SwarmCase

PACKAGING = Path(__file__).resolve().parents[2] / "packaging"
COMPLETE = 0


class Manager:
    """Listens at `place`: a path, or @ and an abstract name."""

    def __init__(self, case, place):
        self.case, self.place = case, str(place)
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        case.addCleanup(self._socket.close)
        self._socket.bind("\0" + self.place[1:] if self.place.startswith("@") else self.place)
        self._socket.settimeout(DEADLINE_S)
        self.heard = []

    def environment(self, **more):
        return {"NOTIFY_SOCKET": self.place} | more

    def hear(self, what):
        """The next message that begins so; others are kept in `heard`."""
        while True:
            self.heard.append(self._socket.recv(4096).decode())
            if self.heard[-1].startswith(what):
                return self.heard[-1]


class PeerAsService(SwarmCase):
    def check_life(self, place):
        manager = Manager(self, place)
        swarm = self.swarm()
        peer = swarm.start(1001, "--exit-when", "never", environment=manager.environment())
        manager.hear("READY=1")
        status = manager.hear("STATUS=")
        self.assertIn("98/98 pieces", status)
        peer.process.send_signal(signal.SIGHUP)
        self.assertRegex(manager.hear("RELOADING=1"), r"\ARELOADING=1\nMONOTONIC_USEC=\d+\Z")
        manager.hear("READY=1")
        peer.signal(signal.SIGTERM)
        manager.hear("STOPPING=1")
        peer.expect_exit(COMPLETE)
        self.assertEqual([word for word in manager.heard if not word.startswith("STATUS=")],
                         ["READY=1", next(word for word in manager.heard if word.startswith("RELOADING")), "READY=1", "STOPPING=1"])

    def test_a_manager_at_a_path_hears_of_its_whole_life(self):
        with tempfile.TemporaryDirectory(prefix="service-") as folder:
            self.check_life(Path(folder) / "notify")

    def test_a_manager_at_an_abstract_name_does(self):
        self.check_life(f"@peerProcess-test-{os.getpid()}-{self.id()}")

    def test_signs_of_life_are_for_the_process_that_is_named(self):
        with tempfile.TemporaryDirectory(prefix="service-") as folder:
            manager = Manager(self, Path(folder) / "notify")
            swarm = self.swarm(seeds=(1001, 1002))
            other = swarm.start(1001, "--exit-when", "never", environment=manager.environment(WATCHDOG_USEC="1000", WATCHDOG_PID="1"))
            manager.hear("STATUS=")  # its loop turns: before that a signal ends a process without a word
            other.signal(signal.SIGTERM)
            manager.hear("STOPPING=1")
            self.assertNotIn("WATCHDOG=1", manager.heard)
            watched = swarm.start(1002, "--exit-when", "never", environment=manager.environment(WATCHDOG_USEC="20000"))
            for _ in range(5):
                manager.hear("WATCHDOG=1")
            watched.signal(signal.SIGTERM)
            watched.expect_exit(COMPLETE)


class ShareAsService(ShareCase):
    def test_a_sharer_is_ready_says_how_far_it_is_and_looks_again_at_sighup(self):
        manager = Manager(self, self.dir / "notify")
        os.environ["NOTIFY_SOCKET"] = manager.place
        try:
            sharer = self.share({"one": b"1" * 1000})
        finally:
            del os.environ["NOTIFY_SOCKET"]
        manager.hear("READY=1")
        self.assertIn("sharing", manager.hear("STATUS="))
        sharer.process.send_signal(signal.SIGHUP)
        manager.hear("RELOADING=1")
        manager.hear("READY=1")
        self.assertEqual(sharer.end(), COMPLETE)
        manager.hear("STOPPING=1")


class GatewayAsService(ShareCase):
    def test_a_gateway_is_ready_says_what_it_has_and_leaves(self):
        manager = Manager(self, self.dir / "notify")
        gateway = Process(self, "gateway", ["gateway", "--http", "0", "--cache", self.dir / "cache", "--network", self.network, "--progress",
                                            "none"], self.dir, environment={"NOTIFY_SOCKET": str(manager.place)})
        manager.hear("READY=1")
        self.assertIn("0 contents", manager.hear("STATUS="))
        self.assertEqual(gateway.end(), COMPLETE, gateway.words())
        manager.hear("STOPPING=1")


def units(folder):
    """The units, installed with the program under test in the place of the one that would be installed."""
    for path in sorted((PACKAGING / "systemd").iterdir()):
        unit = Path(folder) / path.name.replace("@.", "@1001.")
        unit.write_text(path.read_text().replace("/usr/bin/peerProcess", PEER_PROCESS))
        yield unit


@unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
class Units(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="units-")
        self.addCleanup(holder.cleanup)
        self.units = list(units(holder.name))
        self.assertEqual(len(self.units), 3)

    def analyze(self, *arguments):
        return subprocess.run(["systemd-analyze", *map(str, arguments)], capture_output=True, text=True, timeout=DEADLINE_S, check=False)

    def test_systemd_finds_no_fault(self):
        done = self.analyze("verify", "--man=no", *self.units)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_they_are_exposed_by_2_0_at_most(self):
        for unit in self.units:
            done = self.analyze("security", "--offline=true", "--threshold=20", unit)
            if "offline" in done.stderr:
                self.skipTest("systemd-analyze is older than 250")
            self.assertEqual(done.returncode, 0, done.stdout[-300:])


class UnitTexts(unittest.TestCase):
    def settings(self, name):
        """Each key's values, in order."""
        found = {}
        for line in (PACKAGING / "systemd" / name).read_text().splitlines():
            if match := re.match(r"([A-Za-z]+)=(.*)\Z", line):
                found.setdefault(match[1], []).append(match[2])
        return found

    def test_no_start_is_tried_again_that_cannot_succeed(self):
        for name in ("peerprocess-gateway.service", "peerprocess-share.service", "peerprocess@.service"):
            with self.subTest(name):
                self.assertEqual(self.settings(name)["RestartPreventExitStatus"], ["28 64 66"])
                self.assertEqual(self.settings(name)["Type"], ["notify"])

    def test_the_user_is_the_one_that_is_made(self):
        made = (PACKAGING / "sysusers.d" / "peerprocess.conf").read_text().splitlines()[-1].split()
        self.assertEqual(made[:2], ["u", "peerprocess"])
        for name in ("peerprocess-gateway.service", "peerprocess-share.service", "peerprocess@.service"):
            self.assertEqual(self.settings(name)["User"], [made[1]])


@unittest.skipUnless(shutil.which("logrotate", path=os.environ.get("PATH", "") + ":/usr/sbin"), "logrotate is not installed")
class Rotation(SwarmCase):
    def test_a_log_is_rotated_and_the_peer_goes_on_in_a_new_one(self):
        swarm = self.swarm()
        peers = [swarm.start(peer_id, "--exit-when", "never") for peer_id in swarm.ids]
        swarm.wait_until(lambda: peers[1].count("complete"), "the file")
        rules = (PACKAGING / "logrotate" / "peerprocess").read_text()
        rules = rules.replace("/var/lib/peerprocess", str(swarm.dir)).replace("weekly", "daily")
        rules = re.sub(r"\n +su .*", f"\n    su {self.name_of('passwd', os.getuid())} {self.name_of('group', os.getgid())}", rules)
        rules = re.sub(r"if \[ -d .*", f"kill -HUP {peers[1].process.pid}", rules)
        (swarm.dir / "rules").write_text(rules)
        (swarm.dir / "rules").chmod(0o644)
        log = swarm.dir / "log_peer_1002.log"
        before = log.read_bytes()
        done = subprocess.run([shutil.which("logrotate", path=os.environ.get("PATH", "") + ":/usr/sbin"), "--force", "--state",
                               swarm.dir / "state", swarm.dir / "rules"], capture_output=True, text=True, timeout=DEADLINE_S, check=False)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        swarm.wait_until(log.is_file, "a new log")
        self.assertTrue((swarm.dir / "log_peer_1002.log.1").read_bytes().startswith(before))
        for peer in peers:
            peer.signal(signal.SIGTERM)
            peer.expect_exit(COMPLETE)

    def name_of(self, database, number):
        """Of this process's user or group."""
        line = subprocess.run(["getent", database, str(number)], capture_output=True, text=True, check=True).stdout
        return line.partition(":")[0]


if __name__ == "__main__":
    unittest.main()
