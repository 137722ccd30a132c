"""Plain URLs of running nodes: what the tests of HTTP have in common."""

import hashlib
import http.client
import random
import re
import subprocess
import threading
import urllib.error
import urllib.request
from urllib.parse import quote, urlsplit

from share_case import ShareCase
from swarm_case import DEADLINE_S


class HttpCase(ShareCase):
    def url_of(self, process):
        """Where this process serves HTTP, without a slash at its end."""
        found = []

        def said():
            self.assertTrue(process.running(), process.words())
            found[:] = re.findall(r"^http: (\S+?)/?$", process.stderr(), re.MULTILINE)
            return found

        self.wait_until(said, "the URL", process)
        return found[0]

    def serve(self, files, *options, **more):
        """A sharer with --http, and its URL."""
        sharer = self.share(files, "--http", "127.0.0.1:0", *options, **more)
        return sharer, self.url_of(sharer)

    def keep(self, name, *options, **more):
        """A get --keep with --http, and its URL."""
        got = self.start_get(name, "--keep", "--http", "127.0.0.1:0", *options, **more)
        return got, self.url_of(got)

    def client(self, *words, code=0, **more):
        """Runs a program to its end; `code`: one exit code, or several."""
        done = subprocess.run([*map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, timeout=DEADLINE_S, **more)
        self.assertIn(done.returncode, code if isinstance(code, tuple) else (code,),
                      f"{words}\n{done.stdout[-1000:].decode(errors='replace')}\n{done.stderr[-3000:].decode(errors='replace')}")
        return done

    def ask(self, url, method="GET", **headers):
        """The code, the headers and the body of an answer, whatever it is."""
        request = urllib.request.Request(url, method=method, headers={name.replace("_", "-"): value for name, value in headers.items()})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), Stay())
        try:
            with opener.open(request, timeout=DEADLINE_S) as answer:
                return answer.status, answer.headers, answer.read()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read()

    def begin(self, url):
        """An answer of which nothing is read yet."""
        client = http.client.HTTPConnection(place(url), timeout=DEADLINE_S)
        self.addCleanup(client.close)
        client.request("GET", urlsplit(url).path)
        answer = client.getresponse()
        self.addCleanup(answer.close)
        return answer

    def until_it_breaks(self, answer):
        """What still comes; it must be less than was promised, and the client must see that."""
        with self.assertRaises((http.client.IncompleteRead, ConnectionError)) as ended:
            answer.read()
        return getattr(ended.exception, "partial", b"")

    def assert_bytes(self, found, expected):
        # Not assertEqual: nobody wants to read the difference of two files.
        self.assertTrue(found == expected, f"{len(found)} bytes, {hashlib.sha256(found).hexdigest()}; {len(expected)} were expected")

    def read_ranges(self, url, data, count, threads=8):
        wrong = []

        def read(number):
            rolls = random.Random(number)
            client = http.client.HTTPConnection(place(url), timeout=DEADLINE_S)
            self.addCleanup(client.close)
            for _ in range(count // threads):
                first = rolls.randrange(len(data))
                last = min(first + rolls.choice((0, 1, 99, 1000, 20_000)), len(data) - 1)
                client.request("GET", "/a.bin", headers={"Range": f"bytes={first}-{last}"})
                answer = client.getresponse()
                body = answer.read()
                if (answer.status, answer.headers["Content-Range"]) != (206, f"bytes {first}-{last}/{len(data)}") or body != data[first:last + 1]:
                    wrong.append((first, last, answer.status, len(body)))
                    return

        readers = [threading.Thread(target=read, args=(number,)) for number in range(threads)]
        for reader in readers:
            reader.start()
        for reader in readers:
            reader.join()
        self.assertEqual(wrong, [])


class Stay(urllib.request.HTTPRedirectHandler):
    """Follows no redirect."""

    def redirect_request(self, *_):
        return None


def at(url, path):
    return f"{url}/{quote(path)}"


def place(url):
    return urlsplit(url).netloc
