#!/usr/bin/env python3
"""Files of special kinds in a shared folder: those without bytes, symbolic links, and those with holes."""

import hashlib
import os
import socket
import unittest

from hostile_node import EXCHANGE, FETCH_CATALOG, PLAIN_EXCHANGE, HostileNodes, catalog, hello
from share_case import COMPLETE, CONTENT_MISMATCH, ShareCase, kill_now
from swarm_case import DEADLINE_S


class EmptyFiles(HostileNodes, ShareCase):
    def test_by_name_and_of_many(self):
        files = {"empty": b"", "sub/empty": b"", "sub/tool": b"", "sub/full": b"bytes"}
        folder = self.folder(files)
        (folder / "sub/tool").chmod(0o755)
        sharer = self.share(folder)
        self.wait_until(lambda: set(sharer.offered()) == set(files), "all to be offered")
        sizes = {name: len(data) for name, data in files.items()}
        self.assertEqual({each["name"]: each["size"] for each in self.ls()}, sizes)
        told = self.get(COMPLETE, "empty", "--out", "one")
        self.assertEqual((told["size"], told["received"]), (0, 0))
        self.assert_file(self.dir / "one/empty", b"")
        self.get(COMPLETE, "empty", "--out", "one")
        self.start_get("--all", "--out", "many").expect(COMPLETE)
        self.start_get("--all", "--out", "many").expect(COMPLETE)
        for name, data in files.items():
            self.assertTrue((self.dir / "many" / name).read_bytes() == data, name)
        self.assertTrue(os.access(self.dir / "many/sub/tool", os.X_OK))
        self.assertFalse(os.access(self.dir / "many/sub/empty", os.X_OK))

    def test_a_file_of_the_user_stays_without_update(self):
        self.share({"a": b"", "sub/b": b""})
        out = self.folder({"a": b"mine", "sub/b": b"mine, too"})
        self.get(CONTENT_MISMATCH, "a", "--out", out)
        self.start_get("--all", "--out", out).expect(CONTENT_MISMATCH)
        self.assert_file(out / "a", b"mine")
        self.assert_file(out / "sub/b", b"mine, too")
        self.get(COMPLETE, "a", "--update", "--out", out)
        self.assert_file(out / "a", b"")
        self.assert_file(out / "sub/b", b"mine, too")

    def test_follows_from_bytes_to_none_and_back(self):
        sharer = self.share({"a": b"bytes"})
        follower = self.start_get("a", "--out", "out", "--follow")
        path = self.dir / "out/a"
        for data in (b"bytes", b"", self.random_bytes(300_000), b""):
            changed = self.dir / "changed"
            changed.write_bytes(data)
            changed.rename(sharer.folder / "a")
            self.wait_until(lambda: path.exists() and path.read_bytes() == data, f"{len(data)} bytes", follower)
        self.assertEqual(follower.end(), COMPLETE)
        self.assert_file(path, b"")

    def test_from_one_who_keeps_it(self):
        sharer = self.share({"a": b""})
        port = self.port()
        keeper = self.start_get("a", "--out", "kept", "--keep", "--port", port)
        self.wait_until(lambda: "serving it" in keeper.stderr(), "it to be complete", keeper)
        kill_now(sharer)
        self.get(COMPLETE, "a", "--out", "out", join=[f"127.0.0.1:{port}"])
        self.assert_file(self.dir / "out/a", b"")
        self.assertEqual(keeper.end(), COMPLETE)

    def test_nobody_exchanges_it(self):
        """Somebody comes with a handshake for it: the connection is closed, and the others are served as before."""
        sharer = self.share({"a": b"", "b": b"1"})
        prefix = bytes.fromhex(sharer.offered()["a"])[:8]
        for features in (EXCHANGE, PLAIN_EXCHANGE):
            with socket.create_connection(("127.0.0.1", sharer.port), DEADLINE_S) as link:
                link.sendall(hello(features, prefix, 4711))
                while link.recv(4096):
                    pass
        self.assertTrue(sharer.running())
        self.get(COMPLETE, "b", "--out", "out")

    def test_a_liar_cannot_empty_a_file(self):
        """It says that the name has bytes, and has a manifest of none, or the other way round."""
        empty = (b'{"peerProcess_manifest":1,"kind":"file","piece_size":262144,"piece_hash":"sha256",'
                 b'"files":[{"path":"a","size":0,"mode":"0644","pieces":[]}]}')
        broken = empty.replace(b'"pieces":[]', b'"pieces":["' + b"0" * 64 + b'"]')
        for manifest, size in ((empty, 5), (broken, 0)):
            named = hashlib.sha256(manifest).hexdigest()
            listed = catalog(("a", size, named))
            with self.subTest(size):
                evil = self.node(lambda wish, prefix, listed=listed, manifest=manifest: self.message(
                    *((9, listed) if wish == FETCH_CATALOG else (8, manifest))))
                out = self.folder({"a": b"mine"})
                self.get(CONTENT_MISMATCH, "a", "--update", "--out", out, join=[evil])
                self.assert_file(out / "a", b"mine")


class Links(ShareCase):
    def names(self, sharer, expected):
        self.wait_until(lambda: set(sharer.offered()) == expected, f"{expected} to be offered")

    def test_only_what_is_offered_itself(self):
        secret = self.folder({"secret": b"secret"})
        folder = self.folder({"sub/file": b"bytes", ".env": b"hidden"})
        for name, target in (("in", "sub/file"), ("out", secret / "secret"), ("env", ".env"), ("loop", "loop"),
                             ("sub/up", "..")):
            (folder / name).symlink_to(target)
        sharer = self.share(folder, "--follow-links")
        self.names(sharer, {"sub/file", "in"})
        ready = lambda: [line for line in sharer.lines() if line["event"] == "ready"]  # noqa: E731
        self.wait_until(ready, "it to be ready")
        self.assertEqual(ready()[0]["left_out"]["links"], 4)
        self.get(COMPLETE, "in", "--out", "out")
        self.assert_file(self.dir / "out/in", b"bytes")
        self.assertFalse((self.dir / "out/in").is_symlink())

    def test_a_link_that_is_turned_outside(self):
        """While it is shared, and while somebody fetches it: never a byte of what it leads to then."""
        data, secret = self.random_bytes(4 << 20), self.random_bytes(4 << 20, 1)
        outside = self.folder({"secret": secret})
        folder = self.folder({"file": data})
        (folder / "link").symlink_to("file")
        sharer = self.share(folder, "--follow-links", "--limit-up", "2M")
        self.names(sharer, {"file", "link"})
        getter = self.start_get("link", "--out", "out", "--timeout", 30)
        journal = self.dir / "out/link.journal"
        self.wait_until(lambda: journal.exists() and journal.stat().st_size > 70, "a piece", getter)
        (folder / "new").symlink_to(outside / "secret")
        (folder / "new").rename(folder / "link")
        self.names(sharer, {"file"})
        self.assertNotEqual(getter.end(), COMPLETE)
        for path in (self.dir / "out").iterdir():
            got = path.read_bytes()
            for at in range(0, len(secret), 256 * 1024):
                self.assertNotIn(secret[at:at + 64], got)
        (folder / "new").symlink_to("file")
        (folder / "new").rename(folder / "link")
        self.names(sharer, {"file", "link"})


class Sparse(ShareCase):
    def test_holes_stay_holes(self):
        """64 MiB with 1 MiB of data: by name, of many, and over an old file that was full."""
        size, data = 64 << 20, self.random_bytes(1 << 20)
        folder = self.folder({})
        with (folder / "disk").open("wb") as disk:
            for at in (0, 30 << 20):
                disk.seek(at)
                disk.write(data[:512 << 10] if at == 0 else data[512 << 10:])
            disk.truncate(size)
        room = (folder / "disk").stat().st_blocks * 512
        if room > 4 << 20:
            self.skipTest("this file system has no holes")
        sharer = self.share(folder)
        self.wait_until(lambda: "disk" in sharer.offered(), "it to be offered")
        old = self.folder({"disk": b"\xff" * (8 << 20)})
        for arguments in (("disk", "--out", "one"), ("--all", "--out", "many"), ("disk", "--update", "--out", old)):
            with self.subTest(arguments):
                self.start_get(*arguments).expect(COMPLETE)
                got = self.dir / arguments[-1] / "disk"
                self.assertTrue(got.read_bytes() == (folder / "disk").read_bytes())
                self.assertLessEqual(got.stat().st_blocks * 512, room + (256 << 10))


if __name__ == "__main__":
    unittest.main()
