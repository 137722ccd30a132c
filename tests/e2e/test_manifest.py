#!/usr/bin/env python3
"""peerProcess manifest and peerProcess verify: what is made of files, and what is said of files that are not as made."""

import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from swarm_case import DEADLINE_S, PEER_PROCESS, run_peer

COMPLETE, INTERRUPTED, IO, USAGE, CONTENT_MISMATCH, BAD_CONFIGURATION = 0, 7, 17, 28, 32, 64
PIECE = 64 * 1024
# Sizes around the ends of pieces, empty files, names of several kinds.
SIZES = {"a.bin": 5 * PIECE, "a/b/c.bin": 3 * PIECE + 1, "a/empty": 0, "back\\slash": 1, "z z/Ünïcödé €😀.txt": PIECE - 1}


class ManifestCase(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="manifest-")
        self.addCleanup(holder.cleanup)
        self.dir = Path(holder.name)
        self.tree = self.dir / "tree"
        generator = random.Random(self.id())
        self.contents = {name: generator.randbytes(size) for name, size in SIZES.items()}
        for name, content in self.contents.items():
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / name).write_bytes(content)
        (self.tree / "hollow").mkdir()

    def run_peer(self, code, *arguments):
        done = run_peer(self.dir, *arguments)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def make(self, *arguments, output="m.json", piece_size=PIECE):
        """Writes a manifest; the content id as it was printed, and the manifest as Python reads it."""
        done = self.run_peer(COMPLETE, "manifest", *arguments, "-o", output, "--piece-size", piece_size)
        return done.stdout, json.loads((self.dir / output).read_text(encoding="utf-8"))

    def verify(self, code, *arguments):
        """The lines of the plain report, and the JSON one, which must agree."""
        plain = self.run_peer(code, "verify", *arguments).stdout
        report = json.loads(self.run_peer(code, "verify", *arguments, "--json").stdout)
        self.assertEqual(report["verified"], code == COMPLETE)
        self.assertTrue(plain.splitlines()[-1].startswith("verified: " if code == COMPLETE else "mismatch: "), plain)
        return plain.splitlines(), report

    def pieces(self, name, hashed=hashlib.sha256):
        content = self.contents[name]
        return [hashed(content[at:at + PIECE]).hexdigest() for at in range(0, len(content), PIECE)]


class Manifest(ManifestCase):
    def test_folder(self):
        """Every byte of the manifest, computed by other means."""
        (self.tree / "a.bin").chmod(0o750)
        printed, manifest = self.make("tree")
        self.assertEqual(printed, hashlib.sha256((self.dir / "m.json").read_bytes()).hexdigest() + "\n")
        self.assertEqual(manifest, {
            "peerProcess_manifest": 1, "kind": "folder", "piece_size": PIECE, "piece_hash": "sha256",
            "folders": ["hollow"],
            "files": [{"path": name, "size": SIZES[name], "mode": "0755" if name == "a.bin" else "0644",
                       "pieces": self.pieces(name)} for name in sorted(SIZES, key=str.encode)]})

    def test_one_file(self):
        for path in (self.tree / "a.bin", "tree/a.bin", "./tree/../tree/a.bin"):
            _, manifest = self.make(path)
            self.assertEqual((manifest["kind"], len(manifest["files"])), ("file", 1))
            self.assertEqual((manifest["files"][0]["path"], manifest["files"][0]["pieces"]), ("a.bin", self.pieces("a.bin")))

    def test_several_paths(self):
        shutil.copy(self.tree / "a.bin", self.dir / "extra.bin")
        _, manifest = self.make("extra.bin", "tree/a/")
        self.assertEqual(manifest["kind"], "folder")
        self.assertEqual([file["path"] for file in manifest["files"]], ["a/b/c.bin", "a/empty", "extra.bin"])

    def test_same_content_same_id(self):
        """Wherever it lies, whenever it was written, and with any number of threads."""
        shutil.copytree(self.tree, self.dir / "copy", copy_function=shutil.copy)
        ids = {self.make(tree, "--jobs", jobs)[0] for tree in ("tree", "copy", "copy/.") for jobs in (1, 7)}
        self.assertEqual(len(ids), 1)
        self.assertNotIn(self.make("tree", piece_size=PIECE + 1)[0], ids)

    def test_json(self):
        # The usual piece size for so little is the smallest, 256 KiB.
        done = self.run_peer(COMPLETE, "manifest", "tree", "-o", "m.json", "--json", "--piece-hash", "xxh3")
        self.assertEqual(json.loads(done.stdout), {
            "content_id": hashlib.sha256((self.dir / "m.json").read_bytes()).hexdigest(), "files": len(SIZES),
            "pieces": 5, "size": sum(SIZES.values()), "piece_size": 256 * 1024, "manifest": "m.json"})

    def test_output(self):
        """Replaces an old manifest, is readable by others as any file, and never stands in its own content."""
        (self.dir / "m.json").write_text("old")
        self.make("tree")
        (self.dir / "plain").write_text("")
        self.assertEqual((self.dir / "m.json").stat().st_mode, (self.dir / "plain").stat().st_mode)
        before = sorted(self.dir.rglob("*"))
        (self.dir / "link").symlink_to("tree")
        for output in ("tree/m.json", "tree/a/../m.json", "link/m.json", "tree"):
            done = self.run_peer(USAGE, "manifest", "tree", "-o", output)
            self.assertIn(output, done.stderr)
        self.run_peer(USAGE, "manifest", "tree/a.bin", "-o", "tree/a.bin")
        self.assertEqual((self.tree / "a.bin").read_bytes(), self.contents["a.bin"])
        self.run_peer(IO, "manifest", "tree", "-o", "no/such/directory/m.json")
        (self.dir / "link").unlink()
        self.assertEqual(sorted(self.dir.rglob("*")), before)

    def refuse(self, *says):
        done = self.run_peer(IO, "manifest", "tree", "-o", "m.json")
        self.assertEqual(done.stdout, "")
        for text in says:
            self.assertIn(text, done.stderr)
        self.assertFalse((self.dir / "m.json").exists())

    def test_what_is_no_file(self):
        (self.tree / "a/link").symlink_to("empty")
        self.refuse("tree/a/link", "symbolic link")
        (self.tree / "a/link").unlink()
        os.mkfifo(self.tree / "a/pipe")
        self.refuse("tree/a/pipe", "special file")

    def test_names_that_a_manifest_cannot_have(self):
        for name, why in ((b"new\nline", "control character"), (b"latin-\xe9", "not UTF-8")):
            path = os.path.join(os.fsencode(self.tree), name)
            os.close(os.open(path, os.O_CREAT))
            with self.subTest(name):
                done = subprocess.run([PEER_PROCESS, "manifest", "tree", "-o", "m.json"], cwd=self.dir, capture_output=True,
                                      timeout=DEADLINE_S, check=False)
                self.assertEqual(done.returncode, IO, done.stderr)
                self.assertIn(why.encode(), done.stderr)
                self.assertEqual(done.stderr.count(b"\n"), 1)
            os.unlink(path)

    def test_what_cannot_be_read(self):
        self.assertIn("nowhere", self.run_peer(IO, "manifest", "nowhere", "-o", "m.json").stderr)
        self.run_peer(IO, "verify", "nowhere", "tree")
        # The kernel makes this file up when it is read; its size says more than there is.
        made_up = Path("/sys/kernel/mm/transparent_hugepage/enabled")
        if made_up.is_file():
            self.assertIn(made_up.name, self.run_peer(IO, "manifest", made_up, "-o", "m.json").stderr)

    def test_without_permission(self):
        """As somebody who is not root, for whom there are no permissions."""
        program, user = PEER_PROCESS, None
        if os.geteuid() == 0:
            user = 65534
            program = shutil.copy(PEER_PROCESS, self.dir / "peerProcess")
            self.dir.chmod(0o777)
        (self.tree / "a/b/c.bin").chmod(0)
        self.make("tree/a.bin", output="other.json")
        for arguments in (["manifest", "tree", "-o", "m.json"], ["verify", "m.json", "tree"]):
            done = subprocess.run([program, *arguments], cwd=self.dir, user=user, capture_output=True, text=True, timeout=DEADLINE_S, check=False)
            self.assertEqual(done.returncode, IO, done.stderr)
            self.assertIn("tree/a/b/c.bin: Permission denied", done.stderr)
            self.assertFalse(arguments[0] == "manifest" and (self.dir / "m.json").exists())
            if arguments[0] == "manifest":
                (self.tree / "a/b/c.bin").chmod(0o600)
                self.make("tree")
                (self.tree / "a/b/c.bin").chmod(0)

    def test_file_that_changes(self):
        """Somebody writes all the time. A run may fall between two writes; one of many does not."""
        stop = threading.Event()

        def touch():
            when = 1
            while not stop.is_set():
                os.utime(self.tree / "a/empty", ns=(when, when))
                when += 1

        toucher = threading.Thread(target=touch)
        toucher.start()
        try:
            deadline = time.monotonic() + DEADLINE_S
            while (done := run_peer(self.dir, "manifest", "tree", "-o", "m.json")).returncode == COMPLETE:
                (self.dir / "m.json").unlink()
                self.assertLess(time.monotonic(), deadline, "no run saw the change")
        finally:
            stop.set()
            toucher.join()
        self.assertEqual(done.returncode, IO, done.stderr)
        self.assertIn("tree/a/empty: changed while it was hashed", done.stderr)
        self.assertFalse((self.dir / "m.json").exists())

    def test_interruption(self):
        """Plain progress lines, a signal in the middle, and no output."""
        with (self.dir / "huge").open("wb") as huge:
            huge.truncate(1 << 40)
        with subprocess.Popen([PEER_PROCESS, "manifest", "huge", "-o", "m.json", "--jobs", "1"], cwd=self.dir, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True) as process:
            self.addCleanup(process.kill)
            line = process.stderr.readline()
            self.assertRegex(line, r"^ +\d+\.\d%  hashed \d+\.\d MB of \d+\.\d MB  \d+\.\d MB/s  ETA [-:\d]+\n$")
            process.send_signal(signal.SIGTERM)
            stdout, stderr = process.communicate(timeout=DEADLINE_S)
        self.assertEqual((process.returncode, stdout), (INTERRUPTED, ""), stderr)
        self.assertFalse((self.dir / "m.json").exists())

    def test_too_many_pieces(self):
        with (self.dir / "huge").open("wb") as huge:
            huge.truncate(1 << 40)
        self.assertIn("--piece-size", self.run_peer(USAGE, "manifest", "huge", "-o", "m.json", "--piece-size", 1024).stderr)


class Verify(ManifestCase):
    def setUp(self):
        super().setUp()
        self.printed, _ = self.make("tree")

    def test_as_it_was(self):
        for options in ([], ["--jobs", "1"]):
            lines, report = self.verify(COMPLETE, "m.json", "tree", *options)
            self.assertEqual(lines, [f"verified: 5 files, 11 pieces, {sum(SIZES.values())} bytes"])
            self.assertEqual(report, {"verified": True, "content_id": self.printed.strip(), "files": 5, "pieces": 11,
                                      "size": sum(SIZES.values()), "bad_files": [], "missing_folders": [], "extra": []})

    def test_one_file_and_both_hashes(self):
        for piece_hash in ("sha256", "xxh3"):
            self.make("tree/a.bin", "--piece-hash", piece_hash)
            for place in ("tree", "tree/a.bin"):
                self.verify(COMPLETE, "m.json", place)
            with (self.tree / "a.bin").open("r+b") as file:
                file.seek(2 * PIECE)
                file.write(bytes([self.contents["a.bin"][2 * PIECE] ^ 1]))
            for place in ("tree", "tree/a.bin"):
                self.assertIn("corrupt: a.bin, bad piece 2", self.verify(CONTENT_MISMATCH, "m.json", place)[0])
            (self.tree / "a.bin").write_bytes(self.contents["a.bin"])

    def test_everything_that_is_wrong(self):
        """Pieces count through all files: a.bin has 0 to 4, a/b/c.bin 5 to 8, the others 9 and 10."""
        content = bytearray(self.contents["a.bin"])
        for at in (0, PIECE, 3 * PIECE - 1, 5 * PIECE - 1):
            content[at] ^= 0x80
        (self.tree / "a.bin").write_bytes(content)
        os.truncate(self.tree / "a/b/c.bin", 2 * PIECE + 5)
        (self.tree / "a/empty").write_text("not so")
        (self.tree / "back\\slash").unlink()
        (self.tree / "back\\slash").mkdir()
        (self.tree / "z z/Ünïcödé €😀.txt").unlink()
        (self.tree / "hollow").rmdir()
        (self.tree / "a/more").write_text("?")
        lines, report = self.verify(CONTENT_MISMATCH, "m.json", "tree")
        self.assertEqual(lines, [
            "corrupt: a.bin, bad pieces 0 to 2, 4",
            f"short: a/b/c.bin, {2 * PIECE + 5} of {3 * PIECE + 1} bytes, bad pieces 7, 8",
            "long: a/empty, 6 of 0 bytes",
            "not a file: back\\slash",
            "missing: z z/Ünïcödé €😀.txt",
            "missing folder: hollow",
            "extra, not in the manifest: a/more",
            f"mismatch: 5 of 5 files, 6 bad of 11 pieces, {sum(SIZES.values())} bytes"])
        self.assertEqual([(file["path"], file["fault"], file.get("size"), file["expected_size"], file["bad_pieces"])
                          for file in report["bad_files"]],
                         [("a.bin", "corrupt", 5 * PIECE, 5 * PIECE, [0, 1, 2, 4]),
                          ("a/b/c.bin", "short", 2 * PIECE + 5, 3 * PIECE + 1, [7, 8]), ("a/empty", "long", 6, 0, []),
                          ("back\\slash", "not a file", None, 1, []),
                          ("z z/Ünïcödé €😀.txt", "missing", None, PIECE - 1, [])])
        self.assertEqual((report["missing_folders"], report["extra"]), (["hollow"], ["a/more"]))

    def test_links_stand_for_what_they_point_to(self):
        (self.tree / "a").rename(self.dir / "elsewhere")
        (self.tree / "a").symlink_to("../elsewhere")
        (self.tree / "a.bin").rename(self.dir / "a.bin")
        (self.tree / "a.bin").symlink_to("../a.bin")
        self.assertEqual(self.verify(COMPLETE, "m.json", "tree")[1]["extra"], [])
        (self.dir / "a.bin").unlink()
        self.assertIn("missing: a.bin", self.verify(CONTENT_MISMATCH, "m.json", "tree")[0])

    def test_extra_files_are_no_fault(self):
        for name in (b"more", b"a/new\nline", b"latin-\xe9"):
            with open(os.path.join(os.fsencode(self.tree), name), "wb"):
                pass
        done = subprocess.run([PEER_PROCESS, "verify", "m.json", "tree"], cwd=self.dir, capture_output=True, timeout=DEADLINE_S, check=False)
        self.assertEqual(done.returncode, COMPLETE, done.stderr)
        self.assertEqual(sorted(done.stdout.splitlines()[:-1]), [b"extra, not in the manifest: " + name
                                                                  for name in (b"a/new\\x0aline", b"latin-\\xe9", b"more")])

    def test_bad_manifest(self):
        text = (self.dir / "m.json").read_text(encoding="utf-8")
        for bad, says in ((text[:-20], "m.json:"), (text.replace('"a.bin"', '"../a.bin"'), "/files/0/path"),
                          (text.replace('manifest": 1', 'manifest": 2'), "version 1"), ("", "m.json:1:1: ")):
            (self.dir / "m.json").write_text(bad, encoding="utf-8")
            done = self.run_peer(BAD_CONFIGURATION, "verify", "m.json", "tree")
            self.assertTrue(done.stderr.startswith("m.json:"), done.stderr)
            self.assertIn(says, done.stderr)
            self.assertEqual(done.stdout, "")

    def test_content_that_is_not_there(self):
        for place in ("nowhere", "m.json"):
            self.assertIn(place, self.run_peer(IO, "verify", "m.json", place).stderr)

    def test_report_that_cannot_be_written(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([PEER_PROCESS, "verify", "m.json", "tree"], cwd=self.dir, stdout=full,
                                  stderr=subprocess.PIPE, timeout=DEADLINE_S, check=False)
        self.assertEqual(done.returncode, IO, done.stderr)


if __name__ == "__main__":
    unittest.main()
