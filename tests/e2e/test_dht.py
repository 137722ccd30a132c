#!/usr/bin/env python3
"""--dht: a module that is loaded when a node wants it, and by nobody else; what visitors have nodes look for in it."""

import os
import shutil
import subprocess
import unittest
from pathlib import Path

from share_case import COMPLETE, USAGE, ShareCase
from swarm_case import PEER_PROCESS

MODULE = "peerProcess-dht.so"
BUILT = Path(PEER_PROCESS).with_name(MODULE)
OTHER_DHT = Path(os.environ.get("OTHER_DHT", "build/dev/tests/libother_dht.so"))
DISCOVERY_NODE = os.environ.get("DISCOVERY_NODE", "build/dev/discovery_node")


def has_loaded(process):
    maps = Path(f"/proc/{process.process.pid}/maps").read_text()
    return MODULE in maps or "libopendht" in maps


class DhtCase(ShareCase):
    def setUp(self):
        super().setUp()
        if self.id().split(".")[-1].startswith("test_with") and not BUILT.exists():
            self.skipTest(f"this build has no {MODULE}: it was made without OpenDHT")

    def install(self, module=None, place="bin"):
        """The program in a folder of its own, and with it a module in its place."""
        (self.dir / "bin").mkdir()
        (self.dir / place).mkdir(parents=True, exist_ok=True)
        program = self.dir / "bin" / "peerProcess"
        shutil.copy2(PEER_PROCESS, program)
        if module:
            shutil.copy2(module, self.dir / place / MODULE)
        return program

    def share_dht(self, program):
        """What `share --dht` says to standard error before it ends, or None when it goes on."""
        folder = self.folder({"a": b"1"})
        command = [program, "share", "--folder", folder, "--host", "127.0.0.1", "--port", str(self.port()), "--dht", "--no-multicast",
                   "--network", self.network, "--progress", "none", "--json"]
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
            if process.stdout.readline():
                process.terminate()
                process.communicate()
                self.assertEqual(process.returncode, COMPLETE)
                return None
            error = process.stderr.read()
            self.assertEqual(process.wait(), USAGE, error)
            return error

    def version(self, program):
        return subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout


class Module(DhtCase):
    def test_without_it_a_node_says_where_it_was_looked_for(self):
        program = self.install()
        error = self.share_dht(program)
        for said in ("there is no DHT", str(self.dir / "bin" / MODULE), str(self.dir / "lib" / "peerProcess" / MODULE), "libopendht-dev", "leave out --dht"):
            self.assertIn(said, error)
        self.assertIn(f"DHT: none (there is no {MODULE})", self.version(program))

    def test_one_of_another_version_is_refused(self):
        error = self.share_dht(self.install(OTHER_DHT))
        for said in (MODULE, "another version", "peerProcess 0.0.0 of somebody else", "install both from one build"):
            self.assertIn(said, error)

    def test_one_that_is_none_is_refused(self):
        (self.dir / "text").write_text("no library")
        error = self.share_dht(self.install(self.dir / "text"))
        self.assertIn("cannot be loaded", error)

    def test_with_the_module_beside_the_program_or_installed(self):
        for place in ("bin", "lib/peerProcess"):
            with self.subTest(place):
                program = self.install(BUILT, place)
                self.assertIsNone(self.share_dht(program))
                self.assertIn("DHT: OpenDHT", self.version(program))
                shutil.rmtree(self.dir / "bin")

    def test_with_dht_alone_it_is_loaded(self):
        plain = self.share({"a": b"1"})
        with_dht = self.share({"b": b"2"}, "--dht")
        self.assertFalse(has_loaded(plain))
        self.assertTrue(has_loaded(with_dht))


class Visitors(DhtCase):
    def test_with_a_dht_visitors_have_nodes_look_and_do_not_join(self):
        """A holder that the node knows by the DHT alone, where somebody announces it."""
        self.look_through_a_node([])

    def test_with_a_dht_visitors_of_a_private_network_do_so_too(self):
        self.network = "lab"
        self.look_through_a_node(self.private("lab"))

    def look_through_a_node(self, key):
        way_in = self.share({"other": b"1"}, "--dht", *key)
        data = self.random_bytes(100_000)
        holder = self.share({"f": data}, *key, join=[])
        announcer = subprocess.Popen([DISCOVERY_NODE, self.network, *key, "--self", "5", "127.0.0.1", str(holder.port), "--join", "127.0.0.1",
                                      str(way_in.port)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.addCleanup(announcer.communicate)
        self.addCleanup(announcer.kill)
        self.assertEqual(announcer.stdout.readline(), "up\n")
        content_id = holder.offered()["f"]
        announcer.stdin.write(f"announce {len(data)} {content_id} f\n")
        announcer.stdin.flush()
        self.assertEqual(announcer.stdout.readline(), "ok\n")
        # The announcement needs a moment.
        tries = []

        def got():
            get = self.start_get(content_id, "--dht", *key, "--out", self.dir / f"out{len(tries)}", join=[way_in.address], environment={"LD_DEBUG": "files"})
            tries.append(get)
            return get.wait() == COMPLETE

        self.wait_until(got, "a holder that the DHT knows")
        self.assert_file(self.dir / f"out{len(tries) - 1}" / "f", data)
        for get in tries:
            self.assertIn("libstdc++", get.stderr())
            self.assertNotIn("opendht", get.stderr())


if __name__ == "__main__":
    unittest.main()
