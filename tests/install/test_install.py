#!/usr/bin/env python3
"""`cmake --install` into a prefix of its own: everything is there, runs from there, and man pages are clean."""

import os
import shutil
import socket
import subprocess
import tempfile
import unittest
from pathlib import Path

from documents import CLEAN, MAN, PROGRAM, ROOT

BUILD = Path(PROGRAM).parent
PATIENCE_S = 60
COMMON = "NumberOfPreferredNeighbors 1\nUnchokingInterval 1\nOptimisticUnchokingInterval 1\nFileName a.bin\nFileSize 10000\nPieceSize 1000\n"


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_S, **{"env": CLEAN, **options})


class InstallTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.prefix = Path(holder.name) / "prefix"
        done = run("cmake", "--install", BUILD, "--prefix", cls.prefix)
        if done.returncode != 0:
            raise AssertionError(f"{done.stderr}\nis everything built? (cmake --build {BUILD})")
        # What is installed runs without the sources' help and from any folder.
        cls.place = Path(holder.name) / "place"
        cls.place.mkdir()

    def installed(self, path):
        self.assertTrue((self.prefix / path).exists(), f"{path} is missing")
        return self.prefix / path

    def test_the_program_runs(self):
        done = run(self.installed("bin/peerProcess"), "--version", cwd=self.place)
        self.assertEqual(done.returncode, 0, done.stderr)
        has_module = (self.prefix / "lib/peerProcess/peerProcess-dht.so").exists()
        self.assertIn("DHT: OpenDHT" if has_module else "DHT: none", done.stdout)
        self.assertEqual(6, run(self.prefix / "bin/peerProcess", "ls", "--join", "127.0.0.1:1", "--no-multicast", "--progress", "none").returncode)

    def test_pswarm_runs_the_program_beside_it(self):
        pswarm = self.installed("bin/pswarm")
        self.assertIn("pswarm launch DIR", run(pswarm, "--help", cwd=self.place).stdout)

        with socket.socket() as one, socket.socket() as two:
            for each in (one, two):
                each.bind(("127.0.0.1", 0))
            ports = [each.getsockname()[1] for each in (one, two)]
        (self.place / "Common.cfg").write_text(COMMON)
        (self.place / "PeerInfo.cfg").write_text("".join(f"{1001 + i} localhost {port} {1 - i}\n" for i, port in enumerate(ports)))
        (self.place / "peer_1001").mkdir()
        (self.place / "peer_1001/a.bin").write_bytes(os.urandom(10_000))
        environment = {name: value for name, value in CLEAN.items() if name != "PEER_PROCESS"}
        done = run(pswarm, "launch", ".", cwd=self.place, env=environment)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual((self.place / "peer_1001/a.bin").read_bytes(), (self.place / "peer_1002/a.bin").read_bytes())

    def test_completions_units_and_documents_are_there(self):
        for program in ("peerProcess", "pswarm"):
            self.installed(f"share/bash-completion/completions/{program}")
            self.installed(f"share/zsh/vendor-completions/_{program}")
            self.installed(f"share/fish/vendor_completions.d/{program}.fish")
        for document in ("README.md", "docs/PROTOCOL.md", "copyright", "examples/swarm/PeerInfo.cfg"):
            self.installed(f"share/doc/peerprocess/{document}")
        for unit in (ROOT / "packaging/systemd").glob("*.service"):
            self.assertNotIn("/usr/bin/peerProcess", self.installed(f"lib/systemd/system/{unit.name}").read_text())
        for source, place in (("sysusers.d", "lib/sysusers.d"), ("logrotate", "etc/logrotate.d")):
            for file in (ROOT / "packaging" / source).glob("*"):
                self.installed(f"{place}/{file.name}")
        if (ROOT / "docs/examples").exists():
            self.installed("share/doc/peerprocess/examples")
        if (ROOT / "scripts/pbcast").exists():
            self.assertEqual(0, run(self.installed("bin/pbcast"), "--help", cwd=self.place).returncode)
        self.assertFalse(list(self.prefix.rglob("__pycache__")))

    @unittest.skipUnless(shutil.which("scdoc"), "there is no scdoc")
    def test_man_pages_are_there(self):
        pages = {path.name for path in (self.prefix / "share/man").rglob("*.gz")}
        self.assertEqual({f"{source.stem}.gz" for source in MAN.glob("*.scd")}, pages)
        for page in (self.prefix / "share/man").rglob("*.gz"):
            self.assertEqual(f"man{page.name.split('.')[-2]}", page.parent.name)

    @unittest.skipUnless(shutil.which("scdoc") and shutil.which("mandoc"), "there is no scdoc, or no mandoc")
    def test_man_pages_have_no_errors(self):
        for page in (self.prefix / "share/man").rglob("*.gz"):
            done = run("mandoc", "-T", "lint", "-W", "error", page)
            self.assertEqual((0, ""), (done.returncode, done.stdout + done.stderr), page.name)

    @unittest.skipUnless(shutil.which("scdoc") and shutil.which("man") and shutil.which("lexgrog"), "there is no scdoc, or no man")
    def test_man_shows_the_pages_without_a_warning(self):
        for page in (self.prefix / "share/man").rglob("*.gz"):
            done = run("man", "--warnings", "-E", "UTF-8", "-l", page, env={**CLEAN, "LC_ALL": "C.UTF-8", "MANWIDTH": "80"})
            self.assertEqual((0, ""), (done.returncode, done.stderr), page.name)
            self.assertNotRegex(done.stdout, r"@[a-z-]+@")
            self.assertRegex(run("lexgrog", page).stdout, f'"{page.name.rsplit(".", 2)[0]} - ')


if __name__ == "__main__":
    unittest.main()
