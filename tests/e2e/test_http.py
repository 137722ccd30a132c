#!/usr/bin/env python3
"""Contents at plain URLs of share --http and get --keep --http: ranges, streaming, changes, access. The client is Python's."""

import base64
import json
import threading
import unittest

from http_case import HttpCase, at
from share_case import COMPLETE, USAGE, Sharer

MIB = 1 << 20


class ShareTest(HttpCase):
    def test_files_and_folders_by_name_and_by_content_id(self):
        files = {"a.bin": self.random_bytes(300_000), "sub/b c.txt": b"text\n", "sub/deep/d": b"d"}
        sharer, url = self.serve(files)
        for name, data in files.items():
            code, headers, body = self.ask(at(url, name))
            content = sharer.offered()[name]
            self.assertEqual((code, headers["Content-Length"], headers["ETag"]), (200, str(len(data)), f'"{content}"'), name)
            self.assert_bytes(body, data)
            self.assert_bytes(self.ask(f"{url}/content/{content}")[2], data)
        self.assertEqual(self.ask(f"{url}/sub")[0] // 100, 3)
        code, _, body = self.ask(f"{url}/sub/")
        self.assertEqual(code, 200)
        self.assertIn(b'href="b%20c.txt"', body)
        self.assertIn(b'href="deep/"', body)
        listing = json.loads(self.ask(f"{url}/", Accept="application/json")[2])
        self.assertIn("a.bin", json.dumps(listing))
        code, _, body = self.ask(f"{url}/no/such")
        self.assertEqual(code, 404)
        self.assertIn(b"does not offer", body)
        self.assertEqual(sharer.end(), COMPLETE)

    def test_a_folder_that_is_one_content(self):
        files = {"a.bin": self.random_bytes(300_000), "sub/b": b"b" * 5}
        folder = self.folder(files)
        port = self.port()
        sharer = Sharer(self, "as", ["--as", "all", folder, "--host", "127.0.0.1", "--port", port, "--network", self.network,
                                     "--http", "127.0.0.1:0"], self.dir, port)
        url = self.url_of(sharer)
        self.wait_until(lambda: "all" in sharer.offered(), "the folder to be offered", sharer)
        content = sharer.offered()["all"]
        self.assert_bytes(self.ask(f"{url}/all/a.bin")[2], files["a.bin"])
        self.assert_bytes(self.ask(f"{url}/content/{content}/sub/b")[2], files["sub/b"])
        self.assertIn(b'href="sub/"', self.ask(f"{url}/all/")[2])

    def test_a_file_that_is_changed_is_never_mixed(self):
        before, after = self.random_bytes(32 * MIB), self.random_bytes(32 * MIB, 1)
        sharer, url = self.serve({"a.bin": before})
        tag = f'"{sharer.offered()["a.bin"]}"'
        answer = self.begin(f"{url}/a.bin")
        begun = answer.read(MIB)
        # More than the buffers of both sides have room for is left to be sent.
        self.put(sharer.folder, "a.bin", after)
        begun += self.until_it_breaks(answer)
        self.assert_bytes(begun, before[:len(begun)])
        self.wait_until(lambda: f'"{sharer.offered().get("a.bin", "")}"' not in ('""', tag), "the new file to be offered")
        code, headers, body = self.ask(f"{url}/a.bin", Range="bytes=100-", If_Range=tag)
        self.assertEqual(code, 200)
        self.assert_bytes(body, after)
        self.assertEqual(self.ask(f"{url}/a.bin", If_Match=tag)[0], 412)
        self.assertEqual(self.ask(f"{url}/a.bin", If_None_Match=tag)[0], 200)
        self.assertEqual(self.ask(f"{url}/a.bin", If_None_Match=headers["ETag"])[0], 304)
        code, _, body = self.ask(f"{url}/a.bin", Range="bytes=100-199", If_Range=headers["ETag"])
        self.assertEqual(code, 206)
        self.assert_bytes(body, after[100:200])

    def test_ten_thousand_ranges_from_eight_threads(self):
        data = self.random_bytes(5 * MIB + 77)
        _, url = self.serve({"a.bin": data})
        self.read_ranges(url, data, 10_000)


class StreamingTest(HttpCase):
    """While it is fetched: nothing here waits for the whole."""

    def test_bytes_that_are_not_here_come_next(self):
        data = self.random_bytes(16 * MIB)
        sharer = self.share({"a.bin": data}, "--limit-up", "500K")
        getter, url = self.keep("a.bin")
        code, headers, body = self.ask(f"{url}/a.bin", Range="bytes=9000000-9000099")
        self.assertEqual(code, 206)
        self.assert_bytes(body, data[9_000_000:9_000_100])
        # All of it takes half a minute.
        self.assertTrue((self.dir / "a.bin.part").exists())
        self.assertEqual(headers["ETag"], f'"{sharer.offered()["a.bin"]}"')
        self.assertEqual(self.ask(f"{url}/a.bin", "HEAD")[1]["Content-Length"], str(len(data)))
        self.assertEqual(self.ask(f"{url}/b.bin")[0], 404)

    def test_two_thousand_ranges_while_it_is_fetched_and_afterwards(self):
        data = self.random_bytes(5 * MIB + 77)
        self.share({"a.bin": data})
        _, url = self.keep("a.bin")
        self.read_ranges(url, data, 1_000)
        self.wait_until(lambda: (self.dir / "a.bin").exists(), "all of it")
        self.read_ranges(url, data, 1_000)

    def test_who_comes_before_anybody_has_it_waits(self):
        port = self.port()
        getter, url = self.keep("a.bin", join=[f"127.0.0.1:{port}"])
        answers = []
        client = threading.Thread(target=lambda: answers.append(self.ask(f"{url}/a.bin")))
        client.start()
        data = self.random_bytes(MIB)
        folder = self.folder({"a.bin": data})
        Sharer(self, "late", ["--folder", folder, "--host", "127.0.0.1", "--port", port, "--network", self.network], self.dir, port)
        client.join()
        self.assertEqual(answers[0][0], 200, getter.words())
        self.assert_bytes(answers[0][2], data)

    def test_a_folder_is_read_while_it_is_fetched(self):
        files = {f"d{i % 3}/{i}": self.random_bytes(1000 + 77 * i, i) for i in range(40)}
        folder = self.folder(files)
        port = self.port()
        self.sharers.append(Sharer(self, "as", ["--as", "all", folder, "--host", "127.0.0.1", "--port", port, "--network", self.network],
                                   self.dir, port))
        getter, url = self.keep("all")
        for name, body in files.items():
            self.assert_bytes(self.ask(at(url, f"all/{name}"))[2], body)

    def test_what_a_followed_name_becomes_has_another_tag(self):
        old, new = self.random_bytes(MIB), self.random_bytes(MIB + 7, 1)
        sharer = self.share({"a.bin": old})
        getter = self.start_get("a.bin", "--follow", "--http", "127.0.0.1:0")
        url = self.url_of(getter)
        _, headers, body = self.ask(f"{url}/a.bin")
        self.assert_bytes(body, old)
        self.put(sharer.folder, "a.bin", new)
        self.wait_until(lambda: self.ask(f"{url}/a.bin", "HEAD", If_None_Match=headers["ETag"])[0] == 200, "the new content", getter)
        self.assert_bytes(self.ask(f"{url}/a.bin")[2], new)
        self.assertEqual(self.ask(f"{url}/content/{headers['ETag'][1:-1]}")[0], 404)

    def test_who_leaves_while_it_sends_is_noticed_and_gone_on_from(self):
        data = self.random_bytes(16 * MIB)
        self.share({"a.bin": data}, "--limit-up", "2M")
        getter, url = self.keep("a.bin")
        answer = self.begin(f"{url}/a.bin")
        begun = answer.read(100_000)
        getter.end()
        begun += self.until_it_breaks(answer)
        self.assert_bytes(begun, data[:len(begun)])
        self.share({"a.bin": data})  # without a limit, so that the rest comes soon
        getter, url = self.keep("a.bin")
        code, _, rest = self.ask(f"{url}/a.bin", Range=f"bytes={len(begun)}-", If_Range=answer.headers["ETag"])
        self.assertEqual(code, 206)
        self.assert_bytes(begun + rest, data)


class AccessTest(HttpCase):
    def test_in_a_private_network_only_who_has_the_token(self):
        token = self.dir / "token"
        token.touch(mode=0o600)
        token.write_text("a-long-secret-token-of-the-test\n")
        data = self.random_bytes(100_000)
        key = self.private("closed")
        refused = self.start_private_share(*key, "--http", "127.0.0.1:0")
        self.assertEqual(refused.wait(), USAGE)
        self.assertIn("token", refused.stderr())
        sharer = self.start_private_share(*key, "--http", "127.0.0.1:0", "--http-token", token)
        self.put(self.dir / "private", "a.bin", data)
        url = self.url_of(sharer)
        self.wait_until(lambda: "a.bin" in sharer.offered(), "the file to be offered", sharer)
        code, headers, body = self.ask(f"{url}/a.bin")
        self.assertEqual(code, 401)
        self.assertNotIn(data[:20], body)
        self.assertEqual(self.ask(f"{url}/a.bin", Authorization="Bearer wrong")[0], 401)
        self.assert_bytes(self.ask(f"{url}/a.bin", Authorization="Bearer a-long-secret-token-of-the-test")[2], data)
        basic = base64.b64encode(b"any:a-long-secret-token-of-the-test").decode()
        self.assert_bytes(self.ask(f"{url}/a.bin", Authorization=f"Basic {basic}")[2], data)

    def start_private_share(self, *options):
        folder = self.dir / "private"
        folder.mkdir(exist_ok=True)
        port = self.port()
        return Sharer(self, f"private{port}", ["--folder", folder, "--host", "127.0.0.1", "--port", port, *options], self.dir, port)

    def test_a_get_that_ends_when_it_is_complete_serves_nobody(self):
        done = self.start_get("a.bin", "--http", "127.0.0.1:0", join=["127.0.0.1:1"]).expect(USAGE)
        self.assertIn("--keep", done.stderr())
        many = self.start_get("a.bin", "b.bin", "--http", "127.0.0.1:0", join=["127.0.0.1:1"]).expect(USAGE)
        self.assertIn("one name", many.stderr())

    def test_names_of_other_hosts_are_not_ours(self):
        _, url = self.serve({"a": b"a"})
        self.assertIn(self.ask(f"{url}/a", Host="example.org")[0], (403, 421))


if __name__ == "__main__":
    unittest.main()
