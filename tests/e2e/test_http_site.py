#!/usr/bin/env python3
"""The site of contents, for clients as they are: curl, wget, Python's. The node behind it (content_node) has all bytes at once;
that bytes come from a swarm is another test's matter."""

import hashlib
import http.client
import json
import os
import random
import shutil
import socket
import subprocess
import tempfile
import threading
import unittest
import urllib.request
from pathlib import Path

NODE = os.environ["CONTENT_NODE"]


class Node:
    """Serves the files of a folder, until it is left."""

    def __init__(self, folder, *options):
        self.process = subprocess.Popen([NODE, folder, "--http", "0", *options], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        line = self.process.stderr.readline()
        if not line.startswith("http: "):
            raise AssertionError(f"no node: {line}{self.process.stderr.read()}")
        self.url = line.split()[1]
        self.port = int(self.url.rsplit(":", 1)[1].strip("/"))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        self.process.wait(timeout=30)
        self.process.stderr.close()


def run(*words, **more):
    return subprocess.run([str(word) for word in words], capture_output=True, timeout=60, check=False, **more)


class HttpSiteTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)
        self.files = self.folder / "files"
        (self.files / "sub" / "deep").mkdir(parents=True)
        self.bytes = random.Random(1).randbytes(3_000_000)
        (self.files / "big.bin").write_bytes(self.bytes)
        (self.files / "sub" / "a b&c.txt").write_text("one")
        (self.files / "sub" / "deep" / "é.txt").write_text("two")

    def need(self, program):
        if not shutil.which(program):
            self.skipTest(f"{program} is not installed")

    def test_curl_goes_on_where_it_was(self):
        self.need("curl")
        with Node(self.files) as node:
            part = self.folder / "part"
            part.write_bytes(self.bytes[:1_234_567])
            done = run("curl", "-sS", "-C", "-", "-o", part, node.url + "big.bin")
            self.assertEqual((done.returncode, done.stderr), (0, b""))
            self.assertEqual(part.read_bytes(), self.bytes)
            etag = self.folder / "etag"
            for code in ("200", "304"):
                done = run("curl", "-sS", "--etag-save", etag, "--etag-compare", etag, "-o", os.devnull, "-w", "%{http_code}", node.url + "big.bin")
                self.assertEqual(done.stdout.decode(), code)
            self.assertEqual(etag.read_text().strip(), '"' + hashlib.sha256(self.bytes).hexdigest() + '"')
            by_id = run("curl", "-sS", node.url + "content/" + hashlib.sha256(self.bytes).hexdigest())
            self.assertEqual(by_id.stdout, self.bytes)

    def test_wget_goes_on_and_takes_a_folder(self):
        self.need("wget")
        with Node(self.files) as node:
            (self.folder / "big.bin").write_bytes(self.bytes[:77])
            done = run("wget", "-q", "-c", node.url + "big.bin", cwd=self.folder)
            self.assertEqual(done.returncode, 0)
            self.assertEqual((self.folder / "big.bin").read_bytes(), self.bytes)
            got = self.folder / "got"
            got.mkdir()
            done = run("wget", "-q", "-r", "-np", "-nH", node.url + "sub/", cwd=got)
            self.assertEqual(done.returncode, 0)
            self.assertEqual((got / "sub" / "a b&c.txt").read_text(), "one")
            self.assertEqual((got / "sub" / "deep" / "é.txt").read_text(), "two")
            self.assertFalse((got / "big.bin").exists())

    def test_ranges_at_random_places(self):
        wrong = []
        with Node(self.files) as node:

            def read(seed):
                draw = random.Random(seed)
                link = http.client.HTTPConnection("127.0.0.1", node.port, timeout=60)
                for _ in range(100):
                    first = draw.randrange(len(self.bytes))
                    last = min(len(self.bytes) - 1, first + draw.choice((0, 1, 1000, 200_000)))
                    link.request("GET", "/big.bin", headers={"Range": f"bytes={first}-{last}"})
                    reply = link.getresponse()
                    if reply.status != 206 or reply.read() != self.bytes[first:last + 1]:
                        wrong.append((seed, first, last))
                link.close()

            readers = [threading.Thread(target=read, args=(seed,)) for seed in range(8)]
            for reader in readers:
                reader.start()
            for reader in readers:
                reader.join()
        self.assertEqual(wrong, [])

    def test_programs_read_a_folder(self):
        with Node(self.files) as node:
            request = urllib.request.Request(node.url + "sub", headers={"Accept": "application/json"})
            with urllib.request.urlopen(request, timeout=60) as reply:
                self.assertEqual(reply.url, node.url + "sub/")
                entries = json.load(reply)["entries"]
            self.assertEqual([(entry["name"], entry["size"]) for entry in entries], [("a b&c.txt", 3), ("deep/", 3)])

    def test_options_that_do_not_go_together(self):
        token = self.folder / "token"
        token.write_text("0123456789abcdef\n")
        token.chmod(0o644)
        for options, code, said in (
            (("--private", "--http", "0"), 28, "--http-token FILE"),
            (("--http", "0.0.0.0:0"), 28, "--http-cert FILE"),
            (("--http", "0", "--http-token", token), 66, str(token)),
            (("--http", "0", "--http-cert", "x"), 28, "--http-key"),
            (("--http-token", token), 28, "no --http"),
        ):
            with self.subTest(options):
                done = run(NODE, self.files, *options, stdin=subprocess.DEVNULL)
                self.assertEqual(done.returncode, code)
                self.assertIn(said, done.stderr.decode())

    def test_a_token_for_those_who_know_users_and_passwords_alone(self):
        self.need("curl")
        token = self.folder / "token"
        token.write_text("0123456789abcdef\n")
        token.chmod(0o600)
        with Node(self.files, "--private", "--http-token", token) as node:
            for words, code in (((), "401"), (("-u", "any:0123456789abcdef"), "200"), (("-u", "any:0123456789abcdeX"), "401"),
                                (("-H", "Authorization: Bearer 0123456789abcdef"), "200")):
                done = run("curl", "-sS", "-o", os.devnull, "-w", "%{http_code}", *words, node.url + "big.bin")
                self.assertEqual(done.stdout.decode(), code)

    def test_tls_for_clients_that_hold_the_certificate(self):
        self.need("curl")
        self.need("openssl")
        key, certificate = self.folder / "key", self.folder / "certificate"
        made = run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "1", "-subj",
                   "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate)
        self.assertEqual(made.returncode, 0, made.stderr)
        key.chmod(0o600)
        with Node(self.files, "--http-cert", certificate, "--http-key", key) as node:
            self.assertTrue(node.url.startswith("https://"))
            done = run("curl", "-sS", "--cacert", certificate, node.url + "big.bin")
            self.assertEqual((done.returncode, done.stdout), (0, self.bytes))
            self.assertEqual(run("curl", "-sS", node.url + "big.bin").returncode, 60)

    def test_a_unix_socket(self):
        self.need("curl")
        place = self.folder / "socket"
        process = subprocess.Popen([NODE, self.files, "--http", f"unix:{place}"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.assertEqual(process.stderr.readline(), f"http: unix:{place}\n")
        done = run("curl", "-sS", "--unix-socket", place, "http://whatever/big.bin")
        self.assertEqual(done.stdout, self.bytes)
        process.communicate(timeout=30)
        self.assertFalse(place.exists())

    def test_many_connections_at_a_time(self):
        with Node(self.files) as node:
            idle = [socket.create_connection(("127.0.0.1", node.port)) for _ in range(300)]
            with urllib.request.urlopen(node.url + "big.bin", timeout=60) as reply:
                self.assertEqual(reply.read(), self.bytes)
            for link in idle:
                link.close()


if __name__ == "__main__":
    unittest.main()
