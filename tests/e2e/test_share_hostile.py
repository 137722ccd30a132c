#!/usr/bin/env python3
"""Shared folders among those who mean harm: they cost time, and nothing else."""

import hashlib
import json
import socket
import unittest

from hostile_node import HostileNodes
from share_case import COMPLETE, CONTENT_MISMATCH, TIMEOUT, Process, ShareCase
from swarm_case import DEADLINE_S

PIECE = 256 * 1024


class Hostile(HostileNodes, ShareCase):
    def test_catalogs(self):
        honest = self.share({"a": b"1"})
        nothing = b'{"peerProcess_catalog":1,"entries":[\n]}\n'
        for payload in (b"", b"{", b"[" * 100_000, b"\0", b"\xff" * 1000, nothing + b"x",
                        b'{"peerProcess_catalog":1,"entries":[{"name":"../../evil","size":1,"content_id":"' + b"0" * 64 + b'"}]}'):
            with self.subTest(payload[:80]):
                evil = self.node(lambda wish, prefix, payload=payload: self.message(9, payload))
                self.assertEqual([each["name"] for each in self.ls(join=[evil, honest.address])], ["a"])
                self.get(COMPLETE, "a", "--out", "out", join=[evil, honest.address])
        for length in (0, 1, 0xffffffff, 0x7fffffff):
            with self.subTest(length):
                evil = self.node(lambda wish, prefix, length=length: self.message(9, b"x", length))
                self.assertEqual([each["name"] for each in self.ls(join=[evil, honest.address])], ["a"])

    def test_control_characters_do_not_reach_the_terminal(self):
        evil = self.node(lambda wish, prefix: self.message(
            9, b'{"peerProcess_catalog":1,"entries":[{"name":"a\\u001b[2J","size":1,"content_id":"' + b"0" * 64 + b'"}]}'))
        done = Process(self, "terminal", ["ls", "--join", evil, "--network", self.network], self.dir)
        done.wait()
        self.assertNotIn("\x1b", done.stdout() + done.stderr())

    def test_names_that_write_backwards_are_escaped(self):
        name = "gpj.\u202eexe\u200b"
        honest = self.share({name: b"1"}, "--log-level", "info")
        told = r"gpj.\xe2\x80\xaeexe\xe2\x80\x8b"
        got = self.start_get(name).expect(COMPLETE)
        words = ["ls", "--join", honest.address, "--network", self.network]
        listing = Process(self, "ls", words, self.dir).expect(COMPLETE).stdout()
        as_json = Process(self, "json", [*words, "--json"], self.dir).expect(COMPLETE).stdout()
        for text in (got.stdout(), listing, honest.stderr()):
            self.assertIn(told, text)
        for text in (got.stdout(), got.stderr(), listing, as_json, honest.stdout(), honest.stderr()):
            self.assertNotRegex(text, "[\u0080-\u009f\u200b-\u200f\u202a-\u202e]")
        self.assertEqual([each["name"] for each in json.loads(as_json)], [name])
        self.assert_file(self.dir / name, b"1")

    def test_manifest_that_is_another(self):
        """It names a content and gives something else for it, or something that is no manifest."""
        for text in (b"{}", b"nonsense"):
            content_id = hashlib.sha256(b"something").hexdigest()
            for named in (content_id, hashlib.sha256(text).hexdigest()):
                catalog = b'{"peerProcess_catalog":1,"entries":[{"name":"x","size":1,"content_id":"' + named.encode() + b'"}]}'
                evil = self.node(lambda wish, prefix, catalog=catalog, text=text: self.message(9, catalog) if wish == 2 else self.message(8, text))
                with self.subTest((text, named == content_id)):
                    code, patience = (TIMEOUT, 12) if named == content_id else (CONTENT_MISMATCH, DEADLINE_S)
                    self.get(code, "x", "--timeout", patience, "--out", "out", join=[evil])
                    self.assertFalse((self.dir / "out").exists())

    def test_liar_beside_an_honest_holder(self):
        """A node that says it has the content and sends nonsense for its pieces costs time, not the file."""
        data = self.random_bytes(4 * PIECE)
        honest = self.share({"a": data})
        content_id = honest.offered()["a"]
        catalog = b'{"peerProcess_catalog":1,"entries":[{"name":"a","size":1048576,"content_id":"' + content_id.encode() + b'"}]}'

        def answer(wish, prefix):
            if wish == 2:
                return self.message(9, catalog)
            if wish == 1:
                return self.message(8, b"nonsense")
            pieces = b"".join(self.message(7, index.to_bytes(4, "big") + bytes(PIECE)) for index in range(4))
            return self.message(5, b"\xf0") + self.message(1, b"") + pieces

        evil = self.node(answer)
        self.get(COMPLETE, "a", "--out", "out", join=[evil, honest.address])
        self.assert_file(self.dir / "out/a", data)

    def test_floods_do_not_keep_others_out(self):
        sharer = self.share({"a": b"1"})
        links = [socket.create_connection(("127.0.0.1", sharer.port)) for _ in range(400)]
        for link in links:
            self.addCleanup(link.close)
        self.get(COMPLETE, "a", "--out", "out")
        self.assertTrue(sharer.running())


if __name__ == "__main__":
    unittest.main()
