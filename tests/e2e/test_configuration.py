#!/usr/bin/env python3
"""What our peer says before it begins: about its command line, its configuration and its folder."""

import os
import re
import shutil
import tempfile
import unittest
from pathlib import Path

from swarm_case import FILE_NAME, SwarmCase, run_peer

COMPLETE, DISK_FULL, IO, USAGE, CONTENT_MISMATCH, BAD_CONFIGURATION = 0, 9, 17, 28, 32, 64


class ConfigurationCase(SwarmCase):
    def expect(self, code, swarm, *arguments, says=()):
        """Runs peer 1002 (or with these arguments) to its end; what it printed, stdout and stderr."""
        done = run_peer(swarm.dir, *(arguments or [1002]))
        printed = done.stdout + done.stderr
        self.assertEqual(done.returncode, code, printed)
        for text in says:
            self.assertIn(text, printed)
        return done


class CommandLine(ConfigurationCase):
    def test_usage_errors(self):
        swarm = self.swarm()
        for arguments in ([""], ["peer"], ["-1"], ["1001x"], ["2147483648"], ["1001", "1002"], ["--check"],
                          ["1001", "--no-such-flag"], ["1001", "--pipeline", "0"], ["1001", "--pipeline", "4097"],
                          ["1001", "--timeout", "0"], ["1001", "--timeout"], ["1001", "--log-level", "loud"],
                          ["1001", "--progress", "fast"], ["1001", "--dir", "no/such/directory"]):
            with self.subTest(arguments=arguments):
                done = self.expect(USAGE, swarm, *arguments)
                self.assertEqual(done.stdout, "")
                self.assertNotEqual(done.stderr, "")

    def test_no_arguments(self):
        done = run_peer(self.swarm().dir)
        self.assertEqual((done.returncode, done.stdout), (USAGE, ""))
        self.assertIn("ID", done.stderr)
        for command in ("share --folder", "ls", "get ", "manifest ", "verify ", "chunks --folder", "1001"):
            self.assertIn(f"peerProcess {command}", done.stderr)

    def test_slips(self):
        swarm = self.swarm()
        for arguments, said in ((["shrae", "--folder", "x"], "did you mean share?"), (["gte", "x"], "did you mean get?"),
                                (["frobnicate"], "share, ls, get, gateway, manifest, verify, chunks, key or network"),
                                (["1001", "--timeot", "5"], "unknown option --timeot; did you mean --timeout?"),
                                (["share", "--foldr", "x"], "unknown option --foldr; did you mean --folder?"),
                                (["manifest", "x", "--ouput", "y"], "did you mean --output?"),
                                (["chunks", "-foldr", "x"], "did you mean --folder?"),
                                (["1001", "--progress", "barr"], "expected auto, bar, plain or none, not \"barr\"; did you mean bar?"),
                                (["1001", "--exit-when", "slef"], "expected all, self or never, not \"slef\"; did you mean self?"),
                                (["get", "x", "--log-level", "warning"], "debug, info, warn, error or off")):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.expect(USAGE, swarm, *arguments, says=[said]).stdout, "")

    def test_help_and_version(self):
        swarm = self.swarm()
        done = self.expect(COMPLETE, swarm, "--help", says=["--pipeline", "--timeout", "--dir", "PeerInfo.cfg"])
        for code in ("64 bad configuration", "65 port in use", "28 usage", "9 disk full"):
            self.assertIn(code, done.stdout)
        self.assertEqual(done.stderr, "")
        done = self.expect(COMPLETE, swarm, "--version")
        self.assertRegex(done.stdout, r"\ApeerProcess \d+\.\d+\.\d+\nDHT: (OpenDHT|none \(there is no peerProcess-dht\.so\))\n\Z")
        self.assertEqual(done.stderr, "")


class Files(ConfigurationCase):
    """Common.cfg and PeerInfo.cfg."""

    def expect_findings(self, swarm, *places):
        """Exit code 64 and exactly one finding a line, at these places: (file name, line, column, text)."""
        lines = self.expect(BAD_CONFIGURATION, swarm, 1002).stderr.splitlines()
        self.assertEqual(len(lines), len(places), lines)
        for line, (name, number, column, text) in zip(lines, places):
            self.assertTrue(line.removeprefix("./").startswith(f"{name}:{number}:{column}: "), line)
            self.assertIn(text, line)

    def test_everything_that_is_wrong_is_told_in_one_go(self):
        swarm = self.swarm()
        (swarm.dir / "Common.cfg").write_text("NumberOfPreferredNeighbors  two\nUnchokingIntervall 5\n"
                                              "OptimisticUnchokingInterval 15 s\nFileName ../TheFile.dat\n"
                                              "FileSize\nPieceSize 0\n")
        (swarm.dir / "PeerInfo.cfg").write_text("1001 localhost 6001 1\n1002 localhost 66000 0\n1001 localhost 6003 0\n"
                                                "1004 localhost 6004 yes\n1005 localhost 6005\n")
        self.expect_findings(
            swarm,
            ("Common.cfg", 1, 29, '"two"'), ("Common.cfg", 2, 1, "UnchokingInterval"), ("Common.cfg", 3, 32, '"s"'),
            ("Common.cfg", 4, 10, ".."), ("Common.cfg", 5, 9, "no value"), ("Common.cfg", 6, 11, '"0"'),
            ("PeerInfo.cfg", 2, 16, '"66000"'), ("PeerInfo.cfg", 3, 1, "first on line 1"),
            ("PeerInfo.cfg", 4, 21, '"yes"'), ("PeerInfo.cfg", 5, 20, "expected 4"))

    def test_keys_stand_in_all_lines_or_in_none(self):
        swarm = self.swarm()
        one, other = "A" * 43, "A" * 42 + "E"
        for text, finding in ((f"1001 localhost 6001 1 {one}\n1002 localhost 6002 0\n", ("PeerInfo.cfg", 2, 22, "no key, but line 1 has one")),
                              (f"1001 localhost 6001 1\n1002 localhost 6002 0 {one}\n", ("PeerInfo.cfg", 2, 23, "a key, but line 1 has none")),
                              (f"1001 localhost 6001 1 {one}\n1002 localhost 6002 0 {one}\n", ("PeerInfo.cfg", 2, 23, "again, first on line 1")),
                              (f"1001 localhost 6001 1 {other}\n1002 localhost 6002 0 key\n", ("PeerInfo.cfg", 2, 23, '"key"'))):
            (swarm.dir / "PeerInfo.cfg").write_text(text)
            self.expect_findings(swarm, finding)

    def test_missing_key(self):
        swarm = self.swarm()
        common = (swarm.dir / "Common.cfg").read_text()
        (swarm.dir / "Common.cfg").write_text(common.replace("PieceSize 1024\n", ""))
        self.expect(BAD_CONFIGURATION, swarm, says=["Common.cfg: key PieceSize is missing"])

    def test_missing_files(self):
        for name in ("Common.cfg", "PeerInfo.cfg"):
            with self.subTest(name):
                swarm = self.swarm()
                (swarm.dir / name).unlink()
                self.expect(BAD_CONFIGURATION, swarm, says=[name, "No such file"])
                (swarm.dir / name).mkdir()
                self.expect(BAD_CONFIGURATION, swarm, says=[name, "directory"])

    def test_unknown_peer(self):
        self.expect(BAD_CONFIGURATION, self.swarm(), 1003, says=["PeerInfo.cfg", "1003", "1001", "1002"])

    def test_nothing_is_touched_by_a_bad_configuration(self):
        swarm = self.swarm()
        swarm.write_common(FileSize="many")
        before = sorted(swarm.dir.rglob("*"))
        self.expect(BAD_CONFIGURATION, swarm)
        self.assertEqual(sorted(swarm.dir.rglob("*")), before)

    def test_as_people_write_them(self):
        """Tabs, CRLF, blank lines, a byte order mark, keys in any order, no final newline."""
        swarm = self.swarm()
        peers = (swarm.dir / "PeerInfo.cfg").read_text()
        lines = (swarm.dir / "Common.cfg").read_text().splitlines()
        spellings = [lambda text: text.rstrip("\n"), lambda text: text.replace("\n", "\r\n"),
                     lambda text: text.replace(" ", "\t  "), lambda text: text.replace("\n", "  \t\n\n"),
                     lambda text: "\ufeff\n" + text]
        for spelling in spellings:
            (swarm.dir / "Common.cfg").write_bytes(spelling("\n".join(reversed(lines)) + "\n").encode())
            (swarm.dir / "PeerInfo.cfg").write_bytes(spelling(peers).encode())
            with self.subTest(written=(swarm.dir / "Common.cfg").read_bytes()):
                swarm.copy_of(1002).unlink(missing_ok=True)
                for peer_id in swarm.ids:
                    (swarm.dir / f"log_peer_{peer_id}.log").unlink(missing_ok=True)
                    swarm.start(peer_id)
                swarm.finish()


class Check(ConfigurationCase):
    """--check says what would happen and leaves no trace."""

    def test_plan(self):
        swarm = self.swarm()
        swarm.write_common(FileSize=10_000_232, PieceSize=32_768)
        before = sorted(swarm.dir.rglob("*"))
        plan = self.expect(COMPLETE, swarm, 1002, "--check").stdout
        for text in ("306 pieces", "of 5992", "bitfield of 39 bytes", "peer_1002", f"port {swarm.ports[1002]}",
                     f"dials peer 1001 at 127.0.0.1 port {swarm.ports[1001]}"):
            self.assertIn(text, plan)
        self.assertEqual(sorted(swarm.dir.rglob("*")), before)

    def test_findings(self):
        swarm = self.swarm()
        self.expect(COMPLETE, swarm, 1001, "--check")
        swarm.copy_of(1001).write_bytes(b"short")
        self.expect(CONTENT_MISMATCH, swarm, 1001, "--check", says=[FILE_NAME, "5 bytes", "100000"])
        swarm.copy_of(1001).unlink()
        self.expect(IO, swarm, 1001, "--check", says=[FILE_NAME, "missing"])
        swarm.write_common(PieceSize=0)
        self.expect(BAD_CONFIGURATION, swarm, 1001, "--check", says=["Common.cfg:6:11: "])


class Folder(ConfigurationCase):
    """The peer's folder and its log."""

    def test_seed_with_a_file_of_another_size(self):
        for size in (0, 99_999, 100_001):
            with self.subTest(size=size):
                swarm = self.swarm()
                swarm.copy_of(1001).write_bytes(bytes(size))
                self.expect(CONTENT_MISMATCH, swarm, 1001, says=[FILE_NAME, f"{size} bytes", "100000"])
                self.assertEqual(swarm.copy_of(1001).stat().st_size, size)

    def test_seed_without_its_file(self):
        swarm = self.swarm()
        swarm.copy_of(1001).unlink()
        self.expect(IO, swarm, 1001, says=[FILE_NAME, "missing"])
        self.assertFalse(swarm.copy_of(1001).exists())

    def test_leecher_with_a_file_of_another_size(self):
        swarm = self.swarm()
        swarm.copy_of(1002).parent.mkdir()
        swarm.copy_of(1002).write_bytes(b"something else")
        self.expect(CONTENT_MISMATCH, swarm, says=[FILE_NAME, "14 bytes"])
        self.assertEqual(swarm.copy_of(1002).read_bytes(), b"something else")

    def test_directory_in_the_place_of_the_file(self):
        swarm = self.swarm()
        swarm.copy_of(1002).mkdir(parents=True)
        self.expect(CONTENT_MISMATCH, swarm, says=[FILE_NAME, "not a regular file"])

    def test_file_in_the_place_of_the_folder(self):
        swarm = self.swarm()
        (swarm.dir / "peer_1002").write_text("in the way")
        self.expect(IO, swarm, says=["peer_1002"])

    @unittest.skipIf(os.geteuid() == 0, "nothing is unwritable for root")
    def test_unwritable_folder(self):
        swarm = self.swarm()
        (swarm.dir / "peer_1002").mkdir(mode=0o500)
        self.expect(IO, swarm, says=["peer_1002", "Permission denied"])

    def test_directory_in_the_place_of_the_log(self):
        swarm = self.swarm()
        (swarm.dir / "log_peer_1002.log").mkdir()
        self.expect(IO, swarm, says=["log_peer_1002.log"])

    def test_folder_without_the_prefix(self):
        """An existing <ID>/ is used where there is no peer_<ID>/."""
        swarm = self.swarm()
        (swarm.dir / "peer_1001").rename(swarm.dir / "1001")
        (swarm.dir / "1002").mkdir()
        for peer_id in swarm.ids:
            swarm.start(peer_id)
        swarm.finish()
        self.assertEqual(list(swarm.dir.glob("peer_*")), [])

    def test_file_in_a_subdirectory(self):
        self.exchange(name="data/images/TheFile.dat")


class DiskFull(ConfigurationCase):
    """No room for the whole file is known at the start, not in the middle of the transfer."""

    def test_larger_than_any_disk(self):
        swarm = self.swarm()
        swarm.write_common(FileSize=1 << 50, PieceSize=64 << 20)
        self.expect(DISK_FULL, swarm, says=["peer_1002", str(1 << 50)])

    def test_limit_of_the_file_size(self):
        """As `ulimit -f` sets it. The system's signal about it must not end the peer without a word."""
        swarm = self.swarm(size=2_000_000)
        leecher = swarm.start(1002, file_limit=1_000_000)
        leecher.expect_exit(DISK_FULL)
        self.assertIn("2000000 bytes", leecher.stderr())

    @unittest.skipUnless(re.search(r"^\S+ /dev/shm tmpfs ", Path("/proc/mounts").read_text(), re.MULTILINE),
                         "no file system in memory")
    def test_larger_than_the_file_system(self):
        room = shutil.disk_usage("/dev/shm").total
        if room == 0:
            self.skipTest("the file system in memory has no limit")
        folder = tempfile.TemporaryDirectory(dir="/dev/shm")
        self.addCleanup(folder.cleanup)
        swarm = self.swarm()
        swarm.write_common(FileSize=2 * room, PieceSize=64 << 20)
        (swarm.dir / "peer_1002").symlink_to(folder.name)
        self.expect(DISK_FULL, swarm, says=["No space left", f"{2 * room} bytes"])


if __name__ == "__main__":
    unittest.main()
