#!/usr/bin/env python3
"""A gateway: what a network has, for any HTTP client, through a cache."""

import json
import os
import signal
import subprocess
import time
import unittest

from http_case import HttpCase, at
from share_case import COMPLETE, IO, USAGE, Process, kill_now


class GatewayCase(HttpCase):
    def gateway(self, *options, cache="cache", join=None, network=None, **more):
        """A gateway with its cache in that folder, and its URL."""
        self._made += 1
        arguments = ["gateway", "--http", "127.0.0.1:0", "--cache", self.dir / cache, "--network", network or self.network, "--progress", "none"]
        if known := join if join is not None else [each.address for each in self.sharers]:
            arguments += ["--join", ",".join(known)]
        running = Process(self, f"gateway{self._made}", [*arguments, "--json", *options], self.dir, **more)
        return running, self.url_of(running)

    def read(self, url, code=200, **headers):
        status, _, body = self.ask(url, **headers)
        self.assertEqual(status, code, body[:1000])
        return body

    def on_disk(self, cache="cache"):
        """How many bytes a cache takes."""
        return sum(path.lstat().st_blocks * 512 for path in (self.dir / cache).rglob("*") if path.is_file())

    def kept(self, cache="cache"):
        return {path.name for path in (self.dir / cache).rglob("*") if len(path.name) == 64}


class Fetching(GatewayCase):
    def test_a_file_and_ranges_of_it_from_two_sharers(self):
        data = self.random_bytes(6_000_000)
        for _ in range(2):
            self.share({"models/big.bin": data})
        content = self.sharers[0].offered()["models/big.bin"]
        _, url = self.gateway()
        status, headers, body = self.ask(at(url, "models/big.bin"), Range="bytes=5000000-5000099")
        self.assertEqual((status, headers["ETag"]), (206, f'"{content}"'))
        self.assert_bytes(body, data[5_000_000:5_000_100])
        self.assert_bytes(self.read(at(url, "models/big.bin")), data)
        self.assert_bytes(self.read(at(url, f"content/{content}")), data)
        self.assertEqual(self.kept(), {content})

    def test_folders_of_names_and_a_folder_that_is_one_content(self):
        first = self.share({"a": b"a" * 1000, "sub/b": b"b" * 70_000, "sub/deep/c": b"c"})
        tree = self.folder({"x/y": b"y" * 200_000, "z": b"z"})
        port = self.port()
        Process(self, "tree", ["share", "--as", "tree", tree, "--host", "127.0.0.1", "--port", port, "--network", self.network, "--join",
                               first.address, "--progress", "none"], self.dir)
        _, url = self.gateway()
        self.wait_until(lambda: self.ask(at(url, "tree/z"))[0] == 200, "the tree to be offered")
        self.assertEqual(self.read(at(url, "tree/z")), b"z")
        self.assertEqual(self.read(at(url, "tree/x/y")), b"y" * 200_000)
        self.assertEqual(self.read(at(url, "sub/deep/c")), b"c")

        def names(path):
            return {each["name"] for each in json.loads(self.read(at(url, path), Accept="application/json"))["entries"]}

        self.assertEqual(names(""), {"a", "sub/", "tree"})
        self.assertEqual(names("sub/"), {"b", "deep/"})
        self.assertEqual(names("tree/"), {"x/", "z"})
        self.assertEqual(self.ask(at(url, "sub"))[0], 302)
        self.read(at(url, "tree/nosuch"), 404)
        self.read(at(url, "a/"), 404)

    def test_only_what_is_asked_for_is_fetched(self):
        data = self.random_bytes(48_000_000)
        self.share({"big": data})
        gateway, url = self.gateway()
        self.assertEqual(self.ask(at(url, "big"), method="HEAD")[1]["Content-Length"], str(len(data)))
        self.assertLess(self.on_disk(), 100_000)
        self.assert_bytes(self.read(at(url, "big"), 206, Range="bytes=20000000-20000999"), data[20_000_000:20_001_000])
        self.assertLess(self.on_disk(), 3_000_000, gateway.words())
        self.assert_bytes(self.read(at(url, "big"), 206, Range="bytes=-1000"), data[-1000:])
        self.assertLess(self.on_disk(), 6_000_000)

    def test_a_client_that_goes_away_stops_the_fetch(self):
        data = self.random_bytes(24_000_000)
        self.share({"big": data}, "--limit-up", "2M")
        gateway, url = self.gateway()
        part = self.dir / "part"
        curl = subprocess.Popen(["curl", "-s", "-o", part, at(url, "big")])
        self.addCleanup(curl.wait)
        self.wait_until(lambda: part.exists() and part.stat().st_size > 1000, "some bytes", gateway)
        curl.kill()
        seen = []

        def stands_still():
            """For two seconds, in which the sharer would have sent a quarter more."""
            seen.append((time.monotonic(), self.on_disk()))
            before = [size for when, size in seen if when < seen[-1][0] - 2]
            return before and before[-1] == seen[-1][1]

        self.wait_until(stands_still, "the fetch to stop", gateway)
        self.assertLess(self.on_disk(), 20_000_000)

    def test_what_a_gateway_has_others_get_from_it(self):
        data = self.random_bytes(3_000_000)
        sharer = self.share({"f": data})
        content = sharer.offered()["f"]
        first, url = self.gateway(cache="one")
        self.assert_bytes(self.read(at(url, "f")), data)
        address = first.lines()[0]["address"]
        kill_now(sharer)
        _, other = self.gateway(cache="two", join=[address])
        self.assert_bytes(self.read(at(other, f"content/{content}")), data)
        # A get finds it there, too, by its id.
        self.get(COMPLETE, content, "--out", self.dir / "out", join=[address])
        self.assert_file(self.dir / "out" / "f", data)
        # A cache does not say what a name means; what nodes have said of it is remembered for two seconds.
        self.wait_until(lambda: self.ask(at(url, "f"))[0] == 404, "the name to be forgotten")
        self.assertIn(f"/content/{content}", self.read(at(url, "f"), 404).decode())


class Finding(GatewayCase):
    def test_what_nobody_has(self):
        self.share({"f": b"data"})
        _, url = self.gateway()
        self.assertIn(f'"nosuch": 1 node of the network "{self.network}" was asked', self.read(at(url, "nosuch"), 404).decode())
        self.assertIn("Nobody has the content", self.read(at(url, f"content/{'0' * 64}"), 404).decode())

    def test_two_contents_under_a_name(self):
        for data in (b"one", b"one", b"three"):
            self.share({"f": data})
        ids = {each.offered()["f"] for each in self.sharers}
        _, url = self.gateway()
        text = self.read(at(url, "f"), 409).decode()
        for each in ids:
            self.assertIn(each, text)
        self.assertEqual(self.read(at(url, f"content/{self.sharers[2].offered()['f']}")), b"three")

    def test_names_that_change(self):
        sharer = self.share({"f": b"before"})
        _, url = self.gateway()
        self.assertEqual(self.read(at(url, "f")), b"before")
        self.put(sharer.folder, "f", b"and after")
        self.wait_until(lambda: self.ask(at(url, "f"))[2] == b"and after", "the name to mean what it is now")


class Losing(GatewayCase):
    def test_a_sharer_that_dies_in_the_middle_and_comes_back(self):
        data = self.random_bytes(8_000_000)
        sharer = self.share({"f": data}, "--limit-up", "2M")
        _, url = self.gateway()
        part = self.dir / "part"
        curl = subprocess.Popen(["curl", "-s", "-o", part, at(url, "f")])
        self.addCleanup(curl.wait)
        self.addCleanup(curl.kill)
        self.wait_until(lambda: part.exists() and part.stat().st_size > 100_000, "some bytes")
        kill_now(sharer)
        self.assertEqual(curl.wait(40), 18)
        got = part.stat().st_size
        self.assertLess(got, len(data))
        self.assertTrue(data.startswith(part.read_bytes()))
        # What nobody has is told at once, and which pieces those are.
        port = sharer.port
        again = Process(self, "again", ["share", "--folder", sharer.folder, "--host", "127.0.0.1", "--port", port, "--network", self.network,
                                        "--progress", "none"], self.dir)
        self.wait_until(lambda: self.ask(at(url, "f"), method="HEAD")[0] == 200, "the sharer to be found again", again)
        self.client("curl", "-s", "-C", "-", "-o", part, at(url, "f"))
        self.assert_bytes(part.read_bytes(), data)

    def test_without_a_holder_it_says_what_is_missing(self):
        data = self.random_bytes(4_000_000)
        sharer = self.share({"f": data})
        content = sharer.offered()["f"]
        _, url = self.gateway()
        self.read(at(url, "f"), 206, Range="bytes=0-999")
        kill_now(sharer)
        self.assert_bytes(self.read(at(url, f"content/{content}"), 206, Range="bytes=0-999"), data[:1000])
        text = self.read(at(url, f"content/{content}"), 504, Range="bytes=3000000-3000999").decode()
        self.assertIn("1 of 16 pieces missing: piece 11", text)


class Keeping(GatewayCase):
    def restarted(self, gateway, *options):
        self.assertEqual(gateway.end(), COMPLETE, gateway.words())
        return self.gateway(*options)

    def test_found_again_after_a_restart_and_verified(self):
        data = self.random_bytes(5_000_000)
        sharer = self.share({"f": data})
        content = sharer.offered()["f"]
        gateway, url = self.gateway()
        self.assert_bytes(self.read(at(url, "f")), data)
        kill_now(sharer)
        (self.dir / "cache" / "notes.txt").write_text("mine")
        (next((self.dir / "cache" / "open").iterdir()) / "notes.txt").write_text("mine")
        gateway, url = self.restarted(gateway)
        self.assertIn("notes.txt", gateway.stderr())
        self.assertEqual(gateway.lines()[0]["contents"], 1)
        self.assert_bytes(self.read(at(url, f"content/{content}")), data)
        self.assertIn(f"/content/{content}", self.read(at(url, "f"), 404).decode())
        # A byte that is wrong is never sent.
        self.assertEqual(gateway.end(), COMPLETE, gateway.words())
        kept = next(self.dir.rglob("bytes"))
        with kept.open("r+b") as file:
            file.seek(2_500_000)
            file.write(bytes([data[2_500_000] ^ 1]))
        gateway, url = self.gateway()
        self.assert_bytes(self.read(at(url, f"content/{content}"), 206, Range="bytes=0-999"), data[:1000])
        self.read(at(url, f"content/{content}"), 504, Range="bytes=2500000-2500009")
        again = Process(self, "again", ["share", "--folder", sharer.folder, "--host", "127.0.0.1", "--port", sharer.port, "--network",
                                        self.network, "--progress", "none"], self.dir)
        self.wait_until(lambda: self.ask(at(url, "f"), method="HEAD")[0] == 200, "the sharer to be found again", again)
        self.assert_bytes(self.read(at(url, "f")), data)

    def test_a_part_is_found_again_and_offered(self):
        data = self.random_bytes(5_000_000)
        sharer = self.share({"f": data})
        content = sharer.offered()["f"]
        gateway, url = self.gateway()
        self.read(at(url, "f"), 206, Range="bytes=0-999")
        kill_now(sharer)
        gateway, url = self.restarted(gateway)
        _, other = self.gateway(cache="two", join=[gateway.lines()[0]["address"]])
        self.assert_bytes(self.read(at(other, f"content/{content}"), 206, Range="bytes=0-999"), data[:1000])

    def test_what_was_read_longest_ago_goes_and_never_what_is_being_read(self):
        files = {name: self.random_bytes(3_000_000, name) for name in "abcd"}
        sharer = self.share(files)
        ids = sharer.offered()
        gateway, url = self.gateway("--cache-size", "7M")
        for name in "ab":
            self.assert_bytes(self.read(at(url, name)), files[name])
        # Its client takes nothing for now, so that it is being read all the time.
        client, first = self.slow_client(url, "a")
        for name in "cd":
            self.assert_bytes(self.read(at(url, name)), files[name])
        self.wait_until(lambda: len(self.kept()) <= 2, "two contents to go", gateway)
        self.assertIn(ids["a"], self.kept())
        self.assertNotIn(ids["b"], self.kept())
        self.assert_bytes(first + self.rest_of(client), files["a"])

    def slow_client(self, url, name):
        answer = self.begin(at(url, name))
        return answer, answer.read(1000)

    @staticmethod
    def rest_of(answer):
        return answer.read()

    def test_a_content_that_is_larger_than_the_cache(self):
        data = self.random_bytes(48_000_000)
        self.share({"big": data}, "--limit-up", "24M")  # else all of it comes before anybody has looked
        gateway, url = self.gateway("--cache-size", "24M")
        self.assert_bytes(self.read(at(url, "big")), data)
        self.assertLess(self.on_disk(), 36_000_000, gateway.words())

    def test_one_process_a_cache(self):
        self.share({"f": b"data"})
        self.gateway()
        second = Process(self, "second", ["gateway", "--http", "0", "--cache", self.dir / "cache", "--network", self.network, "--join",
                                          self.sharers[0].address], self.dir)
        self.assertIn("another process uses", second.expect(IO).stderr())

    @unittest.skipUnless(os.geteuid() == 0, "a small tmpfs is for root")
    def test_a_full_disk(self):
        disk = self.dir / "cache"
        disk.mkdir()
        mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "gateway-test", disk], capture_output=True, check=False)
        if mounted.returncode != 0:
            self.skipTest(f"no tmpfs here: {mounted.stderr.decode()}")
        self.addCleanup(subprocess.run, ["umount", "-l", disk], check=True)
        files = {name: self.random_bytes(size, name) for name, size in (("a", 5_000_000), ("b", 5_000_000), ("small", 1000))}
        self.share(files | {"large": self.random_bytes(12_000_000, "large")})
        gateway, url = self.gateway()
        for name in ("a", "b"):  # the second makes the first one go
            self.assert_bytes(self.client("curl", "-s", "--max-time", 40, at(url, name)).stdout, files[name])
        # It is larger than the disk: pieces that its client has read make room for those that follow, or it is told.
        self.client("curl", "-sS", "--max-time", 40, "-o", self.dir / "large", at(url, "large"), code=(0, 18))
        self.assertTrue(gateway.running(), gateway.words())
        self.assert_bytes(self.read(at(url, "small")), files["small"])


class Being(GatewayCase):
    def test_a_private_network_wants_a_token(self):
        ours = self.private("lab")
        self.share({"f": b"data"}, *ours, network="lab")
        token = self.dir / "token"
        token.touch(mode=0o600)
        token.write_text("0123456789abcdef-token")
        refused = Process(self, "refused", ["gateway", "--http", "0", "--cache", self.dir / "cache", *ours], self.dir)
        self.assertIn("--http-token", refused.expect(USAGE).stderr())
        _, url = self.gateway(*ours, "--http-token", token, network="lab")
        self.assertEqual(self.ask(at(url, "f"))[0], 401)
        self.assertEqual(self.read(at(url, "f"), Authorization="Bearer 0123456789abcdef-token"), b"data")
        self.assertTrue((self.dir / "cache" / "private" / "lab").is_dir())

    def test_a_signal_ends_it_soon_whatever_is_under_way(self):
        data = self.random_bytes(8_000_000)
        self.share({"f": data}, "--limit-up", "500K")
        gateway, url = self.gateway()
        answer = self.begin(at(url, "f"))
        answer.read(1000)
        before = time.monotonic()
        self.assertEqual(gateway.end(signal.SIGTERM), COMPLETE, gateway.words())
        self.assertLess(time.monotonic() - before, 5)
        self.until_it_breaks(answer)

    def test_its_status(self):
        self.share({"f": b"data"})
        gateway, url = self.gateway("--status", "0")
        self.read(at(url, "f"))
        self.wait_until(lambda: "status: " in gateway.stderr(), "the status")
        status = gateway.stderr().split("status: ")[1].split()[0]
        found = json.loads(self.read(status + "status.json"))
        self.assertEqual(found["peer"]["mode"], "gateway")
        self.assertEqual(found["content"]["files"], 1)

    def test_where_requests_are_answered_has_to_be_said(self):
        self.assertIn("--http", Process(self, "nowhere", ["gateway", "--cache", self.dir / "cache"], self.dir).expect(USAGE).stderr())


if __name__ == "__main__":
    unittest.main()
