#!/usr/bin/env python3
"""Shared folders in places where not everything is as usual: networks without a default route, file systems that tell nothing."""

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from namespaces import ip, make_namespace, may_make_namespaces
from share_case import COMPLETE, CONTENT_MISMATCH, NETWORK, Process, ShareCase
from swarm_case import PEER_PROCESS


class Nobody(ShareCase):
    def test_says_whom_it_asks_and_why_nobody_answers(self):
        port = self.port()
        for host, reason in (("nosuch.invalid", "cannot resolve nosuch.invalid"), ("127.0.0.1", f"127.0.0.1 port {port} refuses the connection")):
            for words in (["get", "f"], ["ls"]):
                with self.subTest(host=host, words=words):
                    done = Process(self, f"{words[0]}-{host}", [*words, "--join", f"{host}:{port}"], self.dir).expect(NETWORK)
                    self.assertIn(f"asking {host}:{port} ...", done.stderr())
                    self.assertIn(f"no node answers at {host}:{port} ({reason}", done.stderr())
                    self.assertIn("say where with --join HOST[:PORT]", done.stderr())

    def test_a_name_that_nobody_has_is_told_apart(self):
        sharer = self.share({"a": b"1"})
        done = self.get(NETWORK, "f", join=[sharer.address, "nosuch.invalid"])
        self.assertIn('nobody who can be found has "f"', done.stderr())
        self.assertIn("cannot resolve nosuch.invalid", done.stderr())


@unittest.skipUnless(may_make_namespaces(), "network namespaces need root")
class TwoMachines(ShareCase):
    """A cable and nothing else: no default route, no name server."""

    def setUp(self):
        super().setUp()
        self.sides = [make_namespace(self, side) for side in "cd"]
        ip("link", "add", "cable", "netns", self.sides[0], "type", "veth", "peer", "name", "cable", "netns", self.sides[1])
        for number, side in enumerate(self.sides, 1):
            ip("-n", side, "address", "add", f"10.5.0.{number}/24", "dev", "cable")
            ip("-n", side, "link", "set", "cable", "up")

    def on(self, side, name, *arguments):
        """A process on one of the machines."""
        script = self.dir / f"on-{name}"
        script.write_text(f'#!/bin/sh\nexec ip netns exec {self.sides[side]} "{PEER_PROCESS}" "$@"\n')
        script.chmod(0o755)
        return Process(self, name, arguments, self.dir, program=script)

    def share_on_first(self, files):
        folder = self.folder(files)
        sharer = self.on(0, "share", "share", "--folder", folder, "--json")
        self.wait_until(lambda: len([line for line in sharer.lines() if line["event"] == "offered"]) == len(files), "all to be offered", sharer)
        return folder, sharer

    def test_without_a_default_route(self):
        _, sharer = self.share_on_first({"f": b"data"})
        self.assertIn("serving on 10.5.0.1:5000", sharer.stderr())
        self.on(1, "get", "get", "f", "--join=10.5.0.1").expect(COMPLETE)
        self.assert_file(self.dir / "f", b"data")

    def test_link_local_addresses_alone(self):
        """The address that is printed is the one to join, though it names no network of the other machine."""
        for number, side in enumerate(self.sides, 1):
            ip("-n", side, "address", "delete", f"10.5.0.{number}/24", "dev", "cable")
        self.wait_until(lambda: "fe80::" in self.addresses(0) and "fe80::" in self.addresses(1), "the addresses")
        _, sharer = self.share_on_first({"f": b"data"})
        address = re.search(r"serving on (\[fe80::\S+\]):5000", sharer.stderr())
        self.assertTrue(address, sharer.words())
        self.on(1, "get", "get", "--join", address[1], "f").expect(COMPLETE)
        self.assert_file(self.dir / "f", b"data")

    def addresses(self, side):
        return subprocess.run(["ip", "-n", self.sides[side], "address", "show", "dev", "cable"], check=True, capture_output=True, text=True, timeout=30).stdout

    def test_a_machine_that_is_alone_says_so(self):
        for side in self.sides:
            ip("-n", side, "link", "set", "cable", "down")
        _, sharer = self.share_on_first({"f": b"data"})
        self.assertIn("this machine has no address but the loopback's", sharer.stderr())

    def fetch_while_it_changes(self, *options):
        """A get of what only changes its mode while it is on its way; the process, and the content ids of before and after."""
        subprocess.run(["tc", "-n", self.sides[0], "qdisc", "add", "dev", "cable", "root", "tbf", "rate", "8mbit", "burst", "64kb", "limit", "1mb"],
                       check=True, capture_output=True, timeout=30)
        self.data = self.random_bytes(8 << 20)
        folder, sharer = self.share_on_first({"big": self.data})
        getter = self.on(1, "get", "get", "big", "--join", "10.5.0.1", *options)
        journal = self.dir / "big.journal"
        self.wait_until(lambda: journal.exists() and journal.stat().st_size > 3 * 32, "some pieces", sharer, getter)
        (folder / "big").chmod(0o755)
        getter.wait()
        return getter, [line["content_id"] for line in sharer.lines() if line["event"] == "offered"]

    def test_a_source_that_changes_is_told(self):
        getter, ids = self.fetch_while_it_changes()
        getter.expect(CONTENT_MISMATCH)
        self.assertEqual(len(set(ids)), 2)
        for content_id in ids:
            self.assertIn(content_id, getter.stderr())

    def test_update_goes_on_with_what_the_source_has_become(self):
        getter, ids = self.fetch_while_it_changes("--update")
        getter.expect(COMPLETE)
        self.assertIn(ids[1], getter.stdout())
        self.assert_file(self.dir / "big", self.data)


def may_mount():
    """Whether a folder can be mounted by FUSE, here and now."""
    if shutil.which("bindfs") is None or shutil.which("fusermount") is None and shutil.which("fusermount3") is None:
        return False
    with tempfile.TemporaryDirectory() as folder:
        for name in ("source", "mounted"):
            (Path(folder) / name).mkdir()
        if subprocess.run(["bindfs", f"{folder}/source", f"{folder}/mounted"], capture_output=True, timeout=30).returncode != 0:
            return False
        subprocess.run(["umount", f"{folder}/mounted"], check=True, capture_output=True, timeout=30)
    return True


@unittest.skipUnless(may_mount(), "no bindfs, or no right to mount; the choice of file systems is unit-tested")
class BehindAFileSystem(ShareCase):
    def test_changes_that_inotify_does_not_tell_are_found(self):
        source, mounted = self.folder({"change": b"1", "remove": b"2"}), self.folder({})
        subprocess.run(["bindfs", source, mounted], check=True, capture_output=True, timeout=30)
        self.addCleanup(subprocess.run, ["umount", "--lazy", mounted], check=True, timeout=30)
        sharer = self.share(mounted)
        self.wait_until(lambda: len(sharer.offered()) == 2, "both to be offered")
        before = sharer.offered()["change"]
        self.put(source, "late", b"3")
        self.put(source, "change", b"something else")
        (source / "remove").unlink()
        self.wait_until(lambda: set(sharer.offered()) == {"change", "late"} and sharer.offered()["change"] != before, "the changes to be found")
        sharer.end()


if __name__ == "__main__":
    unittest.main()
