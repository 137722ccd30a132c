#!/usr/bin/env python3
"""A user's files: what is not ours stays as it is, what we make has the right permissions, and our own files are never content."""

import errno
import json
import os
import signal
import stat
import subprocess
import unittest

from content_case import ContentCase
from faults import fault
from share_case import COMPLETE, CONTENT_MISMATCH, IO, Process, ShareCase, kill_now
from swarm_case import DEADLINE_S, PEER_PROCESS

DISK_FULL = 9
PIECE = 256 * 1024
LARGE = 96 << 20


def permissions(path):
    return stat.S_IMODE(path.stat().st_mode)


def run(*arguments, cwd):
    return subprocess.run([PEER_PROCESS, *map(str, arguments)], cwd=cwd, capture_output=True, text=True, timeout=DEADLINE_S, check=False)


class ScratchNames(ShareCase):
    def test_users_files_beside_the_target(self):
        self.share({"notes": b"a list"})
        out = self.folder({"notes.journal": b"ledger", "notes.part": b"mine"})
        self.get(COMPLETE, "notes", "--out", out)
        self.assertEqual({path.name: path.read_bytes() for path in out.iterdir()}, {"notes": b"a list", "notes.journal": b"ledger", "notes.part": b"mine"})

    def test_links_folders_and_fifos_are_not_followed(self):
        data = self.random_bytes(3 * PIECE)
        self.share({"big.bin": data})
        for suffix in (".part", ".journal"):
            for kind in ("link", "dangling", "folder", "fifo"):
                with self.subTest(kind=kind, suffix=suffix):
                    out = self.folder({"victim": b"secret"})
                    (out / "victim").chmod(0o600)
                    planted = out / f"big.bin{suffix}"
                    if kind == "folder":
                        planted.mkdir()
                    elif kind == "fifo":
                        os.mkfifo(planted)
                    else:
                        planted.symlink_to("victim" if kind == "link" else "nowhere")
                    before = planted.lstat()
                    self.get(COMPLETE, "big.bin", "--out", out)
                    self.assertEqual((out / "big.bin").read_bytes(), data)
                    self.assertEqual(((out / "victim").read_bytes(), permissions(out / "victim")), (b"secret", 0o600))
                    self.assertEqual((planted.lstat().st_mode, planted.lstat().st_ino), (before.st_mode, before.st_ino))
                    self.assertEqual({path.name for path in out.iterdir()}, {"big.bin", "victim", planted.name})

    def test_killed_beside_users_files_goes_on(self):
        data = self.random_bytes(LARGE)
        sharer = self.share({"large.bin": data})
        out = self.folder({"large.bin.part": b"mine"})
        running = self.start_get("large.bin", "--out", out)
        journals = lambda: [path for path in out.glob(".peerProcess-*.journal") if path.stat().st_size > 32 * 5]  # noqa: E731
        self.wait_until(lambda: not running.running() or journals(), "some pieces", running)
        sharer.process.send_signal(signal.SIGSTOP)
        kill_now(running)
        sharer.process.send_signal(signal.SIGCONT)
        if not journals():
            self.skipTest("it was complete before it could be killed")
        kept = journals()[0].stat().st_size // 32 - 1
        told = self.get(COMPLETE, "large.bin", "--out", out)
        self.assertEqual(sum(holder["pieces"] for holder in told["holders"]), -(-LARGE // PIECE) - kept)
        self.assertEqual((out / "large.bin.part").read_bytes(), b"mine")
        self.assertEqual({path.name for path in out.iterdir()}, {"large.bin", "large.bin.part"})

    def test_all_lengths_of_names(self):
        files = {letter * length: self.random_bytes(1000, length) for letter, length in (("a", 247), ("b", 248), ("c", 250), ("d", 251), ("e", 255))}
        self.share(files)
        for name, data in files.items():
            self.get(COMPLETE, name, "--out", "out")
            self.assertEqual((self.dir / "out" / name).read_bytes(), data)
        self.assertEqual({path.name for path in (self.dir / "out").iterdir()}, set(files))

    def test_workshop_of_a_shared_folder_is_a_link(self):
        """Manifests are kept in memory then, and nothing is written through the link."""
        folder = self.folder({"a": b"data"})
        elsewhere = self.folder({"f.manifest": b"mine"})
        (folder / ".peerProcess").symlink_to(elsewhere)
        sharer = self.share(folder)
        self.wait_until(sharer.offered, "it to be offered")
        self.assertEqual([path.name for path in elsewhere.iterdir()], ["f.manifest"])
        self.get(COMPLETE, "a", "--out", "out")

    def test_index_of_a_shared_folder_is_a_fifo(self):
        folder = self.folder({"a": b"data"})
        (folder / ".peerProcess").mkdir()
        os.mkfifo(folder / ".peerProcess/index")
        self.wait_until(self.share(folder).offered, "it to be offered")


class Update(ShareCase):
    def test_old_files_of_all_kinds(self):
        new = self.random_bytes(2 * PIECE + 5)
        self.share({"cfg": new})
        other = self.random_bytes(4 * PIECE, 1)
        olds = {"empty": b"", "byte": b"x", "short": b"old", "same size": other[:len(new)], "longer": other, "shares a piece": new[:PIECE] + other}
        for name, old in olds.items():
            for mode in (0o644, 0o755, 0o444):
                with self.subTest(name, mode=mode):
                    out = self.folder({"cfg": old})
                    (out / "cfg").chmod(mode)
                    refused = self.get(CONTENT_MISMATCH, "cfg", "--out", out)
                    self.assertIn("--update", refused.stderr())
                    self.assertEqual(((out / "cfg").read_bytes(), [path.name for path in out.iterdir()]), (old, ["cfg"]))
                    self.get(COMPLETE, "cfg", "--update", "--out", out)
                    self.assertTrue((out / "cfg").read_bytes() == new)
                    self.assertEqual(permissions(out / "cfg"), 0o644)
                    self.assertEqual([path.name for path in out.iterdir()], ["cfg"])

    def test_old_one_stays_until_the_new_one_is_complete(self):
        new, old = self.random_bytes(LARGE), self.random_bytes(1000, 1)
        self.share({"large.bin": new})
        out = self.folder({"large.bin": old})
        running = self.start_get("large.bin", "--update", "--out", out)
        journal = out / "large.bin.journal"
        self.wait_until(lambda: not running.running() or (journal.exists() and journal.stat().st_size > 32 * 5), "some pieces", running)
        kill_now(running)
        if not journal.exists():
            self.skipTest("it was complete before it could be killed")
        self.assertTrue((out / "large.bin").read_bytes() == old)
        self.get(COMPLETE, "large.bin", "--update", "--out", out)
        self.assert_file(out / "large.bin", new)

    def test_only_executable_differs(self):
        folder = self.folder({"tool": b"#!/bin/sh\n"})
        (folder / "tool").chmod(0o755)
        sharer = self.share(folder)
        self.wait_until(sharer.offered, "it to be offered")
        out = self.folder({"tool": b"#!/bin/sh\n"})
        self.get(COMPLETE, "tool", "--out", out)
        self.assertEqual(permissions(out / "tool"), 0o644)
        self.get(COMPLETE, "tool", "--update", "--out", out)
        self.assertEqual(permissions(out / "tool"), 0o755)


class Permissions(ShareCase):
    def test_what_the_umask_leaves(self):
        folder = self.folder({"file": b"data", "tool": b"#!/bin/sh\n"})
        (folder / "tool").chmod(0o755)
        sharer = self.share(folder)
        self.wait_until(lambda: len(sharer.offered()) == 2, "both to be offered")
        for umask, file, tool in ((0o077, 0o600, 0o700), (0o022, 0o644, 0o755), (0o002, 0o664, 0o775), (0o777, 0o600, 0o700)):
            out = self.folder({})
            for name, expected in (("file", file), ("tool", tool)):
                with self.subTest(name, umask=oct(umask)):
                    self.start_get(name, "--out", out, umask=umask).expect(COMPLETE)
                    self.assertEqual(permissions(out / name), expected)

    def test_refused_by_the_file_system(self):
        """FAT, CIFS and the like: all bytes are there, so it is no failure."""
        self.share({"file": b"data"})
        running = self.start_get("file", "--out", "out", umask=0o277, environment=fault("*", ["chmod"], 1, errno.EPERM))
        running.expect(COMPLETE)
        self.assertEqual((self.dir / "out/file").read_bytes(), b"data")
        self.assertEqual(running.stderr().count(os.strerror(errno.EPERM)), 1, running.words())

    def test_manifest_where_permissions_are_refused(self):
        folder = self.folder({"a": b"data"})
        made = Process(self, "manifest", ["manifest", folder, "-o", "m.json"], self.dir, environment=fault("*", ["chmod"], 1, errno.EPERM), umask=0o077)
        made.expect(COMPLETE)
        self.assertEqual(permissions(self.dir / "m.json"), 0o600)


class OwnFiles(ShareCase):
    def test_manifest_of_a_folder_that_was_shared(self):
        models = self.folder({"a": b"1", "sub/b": b"2"})
        sharer = self.share(models)
        self.wait_until(lambda: len(sharer.offered()) == 2, "both to be offered")
        sharer.end()
        done = run("manifest", models, "-o", "m.json", "--json", cwd=self.dir)
        self.assertEqual((done.returncode, json.loads(done.stdout)["files"]), (COMPLETE, 2), done.stderr)
        done = run("verify", "m.json", models, "--json", cwd=self.dir)
        self.assertEqual((done.returncode, json.loads(done.stdout)["extra"]), (COMPLETE, []), done.stderr)

    def test_manifest_is_written_to_files_only(self):
        folder = self.folder({"a": b"1"})
        (self.dir / "victim").write_bytes(b"mine")
        (self.dir / "link").symlink_to("victim")
        os.mkfifo(self.dir / "fifo")
        for name in ("link", "fifo"):
            done = run("manifest", folder, "-o", name, cwd=self.dir)
            self.assertEqual(done.returncode, IO, done.stderr)
            self.assertIn("no regular file", done.stderr)
        self.assertEqual((self.dir / "victim").read_bytes(), b"mine")
        self.assertTrue((self.dir / "link").is_symlink() and (self.dir / "fifo").is_fifo())


class FullDisk(ShareCase):
    def test_a_minute_without_room_ends_a_get(self):
        data = self.random_bytes(40 * PIECE)
        self.share({"big.bin": data})
        steady = self.dir / "steady"
        full = fault("*/big.bin.part", ["write"], 5, errno.ENOSPC, steady=steady)
        running = self.start_get("big.bin", "--out", "out", environment=full)
        self.wait_until(lambda: not running.running() or "the disk is full" in running.stderr(), "the disk to be full", running)
        self.assertTrue(running.running(), running.words())
        steady.write_text("61")
        running.expect(DISK_FULL)
        self.assertIn("full for a minute", running.stderr())
        self.get(COMPLETE, "big.bin", "--out", "out")
        self.assert_file(self.dir / "out/big.bin", data)


    def test_no_room_at_the_start(self):
        """What was reserved goes back, and the next get goes on under the same names."""
        data = self.random_bytes(40 * PIECE)
        self.share({"big.bin": data})
        self.start_get("big.bin", "--out", "out", environment=fault("*/big.bin.part", ["allocate"], 1, errno.ENOSPC)).expect(DISK_FULL)
        self.assertEqual(sum(path.stat().st_blocks for path in (self.dir / "out").glob("*.part")), 0)
        self.get(COMPLETE, "big.bin", "--out", "out")
        self.assert_file(self.dir / "out/big.bin", data)
        self.assertEqual([path.name for path in (self.dir / "out").iterdir()], ["big.bin"])


class Classic(ContentCase):
    def test_users_files_in_a_peers_folder(self):
        for known in (True, False):
            with self.subTest(manifest=known):
                swarm = self.content_swarm(at=[1001, 1002])
                if not known:
                    del swarm.common["Manifest"]
                    swarm.write_common()
                folder = swarm.folder_of(1002)
                folder.mkdir(exist_ok=True)
                for suffix in (".part", ".journal"):
                    (folder / (swarm.name + suffix)).write_bytes(b"mine")
                swarm.start(1001)
                swarm.start(1002)
                for peer in swarm.lives:
                    peer.expect_exit(0)
                self.assertTrue(swarm.copy_of(1002).read_bytes() == swarm.content)
                for suffix in (".part", ".journal"):
                    self.assertEqual((folder / (swarm.name + suffix)).read_bytes(), b"mine")


if __name__ == "__main__":
    unittest.main()
