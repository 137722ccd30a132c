#!/usr/bin/env python3
"""Gateways with an origin: what no member has is fetched from an HTTP server, once for all nodes that are asked for it."""

import re
import shutil
import subprocess
import sys
import threading
import unittest
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "support"))

from http_case import at  # noqa: E402
from origin_server import OriginServer  # noqa: E402
from share_case import COMPLETE, USAGE, Process, kill_now  # noqa: E402
from test_gateway import GatewayCase  # noqa: E402

MB = 1_000_000


class OriginCase(GatewayCase):
    def origin(self, files, **more):
        server = OriginServer(files, **more)
        self.addCleanup(server.stop)
        return server

    def setUp(self):
        super().setUp()
        self.first = self.port()  # of the gateway that all others join

    def gateway(self, *options, join=None, **more):
        return super().gateway("--log-level", "info", *options, join=join or [f"127.0.0.1:{self.first}"], **more)

    def gateways(self, origin, count, *options):
        """So many, in folders of their own, that know each other: processes and URLs."""
        started = []
        url = origin if isinstance(origin, str) else origin.url()
        for number in range(count):
            place = [] if started else ["--port", self.first]
            started.append(self.gateway("--origin", url, *place, *options, cache=f"cache{number}"))
        for number, (process, url) in enumerate(started):
            # The first one was told to join itself, and asks itself.
            known = count - 1 if number else count
            self.wait_until(lambda: self.asked(url) == known, "the gateways to know each other", process)
        return started

    def asked(self, url):
        """How many nodes have answered when they were asked for a name that nobody has."""
        status, _, body = self.ask(at(url, "no such name"))
        self.assertEqual(status, 404)
        number = re.search(rb": (\d+) nodes? of the network", body)
        silent = re.search(rb"of which (\d+) could not be reached", body)
        return (int(number[1]) if number else 0) - (int(silent[1]) if silent else 0)

    def read_all(self, urls, path):
        """What a client of each one gets, all at the same time."""
        got = [None] * len(urls)

        def read(number):
            got[number] = self.ask(at(urls[number], path))

        threads = [threading.Thread(target=read, args=(number,)) for number in range(len(urls))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return got


class Fetching(OriginCase):
    def test_once_for_all_nodes(self):
        data = self.random_bytes(24 * MB)
        origin = self.origin({"models/big.bin": data})
        gateways = self.gateways(origin, 4)
        for status, headers, body in self.read_all([url for _, url in gateways], "models/big.bin"):
            self.assertEqual((status, headers["Content-Length"]), (200, str(len(data))))
            self.assert_bytes(body, data)
        # That it is 1.0 where nothing is slow is for bench/origin to say.
        self.assertLess(origin.sent, 1.5 * len(data))
        self.assertTrue(all("Authorization" not in str(each) for each in origin.requests))
        # In the end it is a content like any other, and the one that a sharer of the same file would make of it.
        content = self.share({"big.bin": data}, network="another").offered()["big.bin"]
        self.wait_until(lambda: self.ask(at(gateways[0][1], f"content/{content}"), method="HEAD")[0] == 200, "the content")
        origin.stop()
        self.assert_bytes(self.read(at(gateways[0][1], f"content/{content}")), data)
        kill_now(gateways[0][0])

    def test_one_of_the_fetchers_dies(self):
        data = self.random_bytes(24 * MB)
        origin = self.origin({"f": data})
        gateways = self.gateways(origin, 3)
        origin.allow(9 * MB)
        got = {}
        readers = [threading.Thread(target=lambda number=number: got.update({number: self.ask(at(gateways[number][1], "f"))[2]}))
                   for number in (1, 2)]
        dying = self.begin(at(gateways[0][1], "f"))
        for reader in readers:
            reader.start()
        self.wait_until(lambda: origin.sent > 8 * MB, "a part to be sent")
        kill_now(gateways[0][0])
        dying.close()
        origin.allow(None)
        for reader in readers:
            reader.join()
        for number in (1, 2):
            self.assert_bytes(got[number], data)

    def test_only_what_is_read_is_fetched(self):
        data = self.random_bytes(32 * MB)
        origin = self.origin({"f": data})
        (_, url), = self.gateways(origin, 1)
        self.assert_bytes(self.read(at(url, "f"), 206, Range="bytes=20000000-20000999"), data[20_000_000:20_001_000])
        self.assertLess(origin.sent, 6 * MB)
        self.assert_bytes(self.read(at(url, "f"), 206, Range="bytes=-10"), data[-10:])
        self.assert_bytes(self.read(at(url, "f")), data)

    def test_an_origin_without_ranges(self):
        data = self.random_bytes(8 * MB)
        origin = self.origin({"f": data})
        origin.ranges = False
        gateways = self.gateways(origin, 2)
        for status, _, body in self.read_all([url for _, url in gateways], "f"):
            self.assertEqual(status, 200)
            self.assert_bytes(body, data)
        self.assertLessEqual(sum(asked is None for _, asked, _ in origin.requests), 2)

    def test_what_members_have_is_not_asked_of_the_origin(self):
        origin = self.origin({"f": b"the origin's", "g": b""})
        self.share({"f": b"a member's"})
        _, url = self.gateway("--origin", origin.url(), join=[self.sharers[0].address])
        self.assertEqual(self.read(at(url, "f")), b"a member's")
        self.assertEqual(self.read(at(url, "g")), b"")
        self.assertEqual([path for path, _, _ in origin.requests], ["g"])

    def test_a_small_file_and_strange_names(self):
        files = {"a b": b"x" * 300_000, "ü/&+%25": b"y", "a.part": b"z" * 1000}
        origin = self.origin({"a%20b": files["a b"], "%C3%BC/%26%2B%2525": files["ü/&+%25"], "a.part": files["a.part"]})
        (_, url), = self.gateways(origin, 1)
        for name, data in files.items():
            self.assert_bytes(self.read(at(url, name)), data)


class Versions(OriginCase):
    def test_it_changes_in_the_middle(self):
        old, new = self.random_bytes(24 * MB, 1), self.random_bytes(20 * MB, 2)
        origin = self.origin({"f": old})
        (gateway, url), = self.gateways(origin, 1)
        origin.allow(5 * MB)
        answer = self.begin(at(url, "f"))
        self.assert_bytes(answer.read(MB), old[:MB])
        origin.files["f"] = new
        origin.allow(None)
        rest = self.until_it_breaks(answer)
        self.assertTrue(old[MB:].startswith(rest))
        self.wait_until(lambda: "changed at the origin" in gateway.stderr(), "the reason", gateway)
        self.assert_bytes(self.read(at(url, "f")), new)

    def test_its_etag_stays_while_the_bytes_do(self):
        data = self.random_bytes(4 * MB)
        origin = self.origin({"f": data})
        (_, url), = self.gateways(origin, 1)
        _, before, _ = self.ask(at(url, "f"), method="HEAD")
        self.assert_bytes(self.read(at(url, "f")), data)
        _, after, _ = self.ask(at(url, "f"), method="HEAD")
        self.assertEqual(before["ETag"], after["ETag"])
        self.assertEqual(self.ask(at(url, "f"), If_None_Match=before["ETag"])[0], 304)
        origin.files["f"] = data[::-1]
        self.wait_until(lambda: self.ask(at(url, "f"), If_None_Match=before["ETag"])[0] == 200, "the new version")
        self.assert_bytes(self.read(at(url, "f")), data[::-1])

    def test_what_is_complete_is_found_again_and_given_to_who_comes_later(self):
        data = self.random_bytes(6 * MB)
        origin = self.origin({"f": data, "g": data[::-1]})
        (first, url), = self.gateways(origin, 1)
        self.assert_bytes(self.read(at(url, "f")), data)
        origin.allow(3 * MB)
        self.begin(at(url, "g")).read(1000)
        self.wait_until(lambda: "is complete: content" in first.stderr(), "it to be complete", first)
        self.assertEqual(first.end(), COMPLETE)
        origin.allow(None)
        ranges = origin.asked_ranges()
        _, url = self.gateway("--origin", origin.url(), "--port", self.first, cache="cache0")
        self.assert_bytes(self.read(at(url, "f")), data)
        other, second = self.gateway("--origin", origin.url(), cache="cache1")
        self.assert_bytes(self.read(at(second, "f")), data)
        self.assertEqual(origin.asked_ranges(), ranges, other.words())
        self.assert_bytes(self.read(at(second, "g")), data[::-1])


class Faults(OriginCase):
    def test_what_the_origin_does_not_have_or_refuses(self):
        origin = self.origin({"f": b"x" * 1000})
        gateway, url = self.gateway("--origin", origin.url("me:secret%21"))
        status, _, body = self.ask(at(url, "nothing"))
        self.assertEqual(status, 404)
        self.assertIn(b"the origin does not have it either", body)
        for code in (403, 500):
            origin.status = code
            self.wait_until(lambda code=code: str(code).encode() in self.ask(at(url, "f"))[2], f"status {code}", gateway)
            self.assertEqual(self.ask(at(url, "f"))[0], 504)
        origin.status = None
        self.wait_until(lambda: self.ask(at(url, "f"))[0] == 200, "the file", gateway)
        self.assertEqual({says for _, _, says in origin.requests}, {"Basic bWU6c2VjcmV0IQ=="})
        origin.stop()
        self.wait_until(lambda: b"cannot be reached" in self.ask(at(url, "f"))[2], "the origin to be gone", gateway)
        self.assertEqual(self.ask(at(url, "f"))[0], 504)
        self.assertNotIn("secret", gateway.words())

    def test_a_listing_is_not_made_up(self):
        origin = self.origin({"sub/": b"<html>"})
        (_, url), = self.gateways(origin, 1)
        self.read(at(url, "sub/"), 404)
        self.assertNotIn("sub/", [path for path, _, _ in origin.requests])

    def test_an_origin_that_breaks_off_is_asked_again(self):
        data = self.random_bytes(8 * MB)
        origin = self.origin({"f": data})
        (gateway, url), = self.gateways(origin, 1)
        # Two requests of 2 MiB share it: of the first one more than a megabyte comes.
        origin.allow(7 * MB // 2)
        answer = self.begin(at(url, "f"))
        self.assert_bytes(answer.read(MB), data[:MB])
        origin.stop()
        again = self.origin({"f": data}, port=origin.port)
        again.marks = {"f": f'"{hash(data):x}"'}
        origin.allow(None)
        self.assert_bytes(answer.read(), data[MB:])

    def test_urls_that_are_none(self):
        for url, why in (("ftp://h/", "http://"), ("http://me:secret@h:0/", "port"), ("http://h/?q", "query")):
            done = Process(self, f"bad{why[:2]}", ["gateway", "--http", "0", "--origin", url], self.dir).expect(USAGE)
            self.assertIn(why, done.stderr())
            self.assertNotIn("secret", done.stderr())
        done = Process(self, "environment", ["gateway", "--http", "0"], self.dir, environment={"PEERPROCESS_ORIGIN": "http://me:secret@h:0/"})
        self.assertIn("port", done.expect(USAGE).stderr())
        self.assertNotIn("secret", done.stderr())


NGINX = """
daemon off; pid {dir}/pid; error_log {dir}/error.log; worker_processes 1;
events {{ worker_connections 256; }}
http {{
  access_log {dir}/access.log; client_body_temp_path {dir}/1; proxy_temp_path {dir}/2; fastcgi_temp_path {dir}/3;
  uwsgi_temp_path {dir}/4; scgi_temp_path {dir}/5;
  server {{ listen 127.0.0.1:{port}; root {dir}/files; }}
}}
"""


@unittest.skipUnless(shutil.which("nginx"), "needs nginx")
class Nginx(OriginCase):
    def test_nginx(self):
        data = self.random_bytes(12 * MB)
        (self.dir / "files" / "sub").mkdir(parents=True)
        (self.dir / "files" / "sub" / "f.bin").write_bytes(data)
        port, conf = self.port(), self.dir / "nginx.conf"
        conf.write_text(("user root;" if Path("/root").owner() == Path.home().owner() else "") + NGINX.format(dir=self.dir, port=port))
        server = subprocess.Popen(["nginx", "-c", conf, "-p", self.dir], stderr=subprocess.DEVNULL)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        gateways = self.gateways(f"http://127.0.0.1:{port}/sub", 2)
        for status, _, body in self.read_all([url for _, url in gateways], "f.bin"):
            self.assertEqual(status, 200, body[:500])
            self.assert_bytes(body, data)


if __name__ == "__main__":
    unittest.main()
