#!/usr/bin/env python3
"""Programs that know nothing of us fetch from plain URLs: curl, wget, aria2, pip, apt, Chromium.

A test is skipped where its program is not installed.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import unittest
import wave
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts"))
from http_case import HttpCase, place  # noqa: E402

from swarmlib import browser  # noqa: E402

MIB = 1 << 20
TOKEN = "a-long-secret-token-of-the-test"


def needs(program):
    return unittest.skipIf(shutil.which(program) is None, f"not installed: {program}")


class ClientCase(HttpCase):
    def setUp(self):
        super().setUp()
        self.to = self.dir / "fetched"
        self.to.mkdir()
        # Nobody's own settings count.
        self.environment = {"PATH": os.environ["PATH"], "HOME": str(self.to), "LC_ALL": "C.UTF-8", "no_proxy": "*"}

    def fetch(self, *words, **more):
        return self.client(*words, cwd=self.to, env=self.environment, **more)

    def serve_privately(self, files):
        """A private network's sharer, which wants the token; clients find it in .netrc."""
        token = self.dir / "token"
        token.touch(mode=0o600)
        token.write_text(TOKEN + "\n")
        sharer, url = self.serve(files, *self.private("closed"), "--http-token", token, network="closed")
        netrc = self.to / ".netrc"
        netrc.touch(mode=0o600)
        netrc.write_text(f"machine 127.0.0.1 login any password {TOKEN}\n")
        return sharer, url


@needs("curl")
class CurlTest(ClientCase):
    def curl(self, *words, **more):
        return self.fetch("curl", "-sS", *words, **more)

    def test_whole_ranges_and_heads(self):
        data = self.random_bytes(3 * MIB + 5)
        sharer, url = self.serve({"a.bin": data})
        self.assert_bytes(self.curl(f"{url}/a.bin").stdout, data)
        self.assert_bytes(self.curl("-r", "1000-1999", f"{url}/a.bin").stdout, data[1000:2000])
        self.assert_bytes(self.curl("-r", "-7", f"{url}/a.bin").stdout, data[-7:])
        several = self.curl("-i", "-r", "0-9,100-109,-5", f"{url}/a.bin").stdout
        head, _, body = several.partition(b"\r\n\r\n")
        self.assertTrue(head.startswith(b"HTTP/1.1 206"), head)
        self.assertIn(b"multipart/byteranges", head)
        for part in (data[:10], data[100:110], data[-5:]):
            self.assertIn(b"\r\n\r\n" + part + b"\r\n--", body)
        head = self.curl("-I", f"{url}/a.bin").stdout.decode().lower()
        self.assertIn(f"content-length: {len(data)}", head)
        self.assertIn("accept-ranges: bytes", head)
        self.assertIn(f'etag: "{sharer.offered()["a.bin"]}"', head)
        self.assertIn("416", self.curl("-o", "/dev/null", "-w", "%{http_code}", "-r", f"{len(data)}-", f"{url}/a.bin").stdout.decode())
        saved = ("--etag-save", "tag", "--etag-compare", "tag", "-o", "copy", "-w", "%{http_code}", f"{url}/a.bin")
        self.assertEqual([self.curl(*saved).stdout for _ in range(2)], [b"200", b"304"])

    def test_what_breaks_off_is_noticed_and_gone_on_from(self):
        data = self.random_bytes(16 * MIB)
        self.share({"a.bin": data}, "--limit-up", "4M")
        getter, url = self.keep("a.bin")
        fetching = subprocess.Popen(["curl", "-sS", "-o", "a.bin", f"{url}/a.bin"], cwd=self.to, env=self.environment, stderr=subprocess.PIPE)
        self.addCleanup(fetching.kill)
        copy = self.to / "a.bin"
        self.wait_until(lambda: copy.exists() and copy.stat().st_size > MIB, "some of it", getter)
        getter.end()
        _, words = fetching.communicate()
        self.assertIn(fetching.returncode, (18, 56), words)
        have = copy.stat().st_size
        self.assertLess(have, len(data))
        self.share({"a.bin": data})  # without a limit, so that the rest comes soon
        _, url = self.keep("a.bin")
        self.curl("-C", "-", "-o", "a.bin", f"{url}/a.bin")
        self.assert_bytes(copy.read_bytes(), data)

    def test_a_file_that_is_changed_breaks_off(self):
        before, after = self.random_bytes(32 * MIB), self.random_bytes(32 * MIB, 1)
        sharer, url = self.serve({"a.bin": before})
        fetching = subprocess.Popen(["curl", "-sS", "--limit-rate", "2M", "-o", "a.bin", f"{url}/a.bin"], cwd=self.to, env=self.environment,
                                    stderr=subprocess.PIPE)
        self.addCleanup(fetching.kill)
        copy = self.to / "a.bin"
        self.wait_until(lambda: copy.exists() and copy.stat().st_size > 0, "some of it")
        self.put(sharer.folder, "a.bin", after)
        _, words = fetching.communicate()
        self.assertEqual(fetching.returncode, 18, words)
        found = copy.read_bytes()
        self.assert_bytes(found, before[:len(found)])

    def test_with_the_token(self):
        _, url = self.serve_privately({"a.bin": b"private"})
        self.assertEqual(self.curl("-w", "%{http_code}", "-o", "/dev/null", f"{url}/a.bin").stdout, b"401")
        self.assertEqual(self.curl("-H", f"Authorization: Bearer {TOKEN}", f"{url}/a.bin").stdout, b"private")
        self.assertEqual(self.curl("--netrc", f"{url}/a.bin").stdout, b"private")


@needs("wget")
class WgetTest(ClientCase):
    def wget(self, *words, **more):
        return self.fetch("wget", "-q", *words, **more)

    def test_goes_on_with_what_is_there(self):
        data = self.random_bytes(2 * MIB)
        _, url = self.serve({"a.bin": data})
        (self.to / "a.bin").write_bytes(data[:700_000])
        self.wget("-c", f"{url}/a.bin")
        self.assert_bytes((self.to / "a.bin").read_bytes(), data)

    def test_a_whole_folder(self):
        files = {"sub/a": b"a", "sub/b c&d.txt": b"b", "sub/deep/er/ü.bin": self.random_bytes(100_000), "sub/deep/f": b"f", "other": b"o"}
        _, url = self.serve(files)
        self.wget("-r", "-np", "-nH", "-R", "index.html*", "--local-encoding=UTF-8", "--restrict-file-names=nocontrol", f"{url}/sub/")
        found = {str(file.relative_to(self.to)): file.read_bytes() for file in self.to.rglob("*") if file.is_file()}
        self.assertEqual(sorted(found), sorted(name for name in files if name != "other"))
        for name, data in found.items():
            self.assert_bytes(data, files[name])

    def test_with_the_token(self):
        _, url = self.serve_privately({"a.bin": b"private"})
        self.wget(f"{url}/a.bin")
        self.assertEqual((self.to / "a.bin").read_bytes(), b"private")


@needs("aria2c")
class AriaTest(ClientCase):
    def test_four_connections_while_it_is_fetched(self):
        data = self.random_bytes(12 * MIB + 3)
        self.share({"a.bin": data})
        _, url = self.keep("a.bin")
        self.fetch("aria2c", "-q", "--no-conf", "-x4", "-s4", "-k1M", "--file-allocation=none", f"{url}/a.bin")
        self.assert_bytes((self.to / "a.bin").read_bytes(), data)


def wheel(path, name, version, text):
    """A wheel of one module."""
    info = f"{name}-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr(f"{name}.py", text)
        made.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        made.writestr(f"{info}/RECORD", f"{name}.py,,\n{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")


HAS_PIP = subprocess.run([sys.executable, "-m", "pip", "--version"], capture_output=True, check=False).returncode == 0


@unittest.skipUnless(HAS_PIP, "not installed: pip")
class PipTest(ClientCase):
    def pip(self, url):
        self.environment |= {"PIP_CONFIG_FILE": os.devnull}
        self.fetch(sys.executable, "-m", "pip", "install", "--no-index", "--find-links", f"{url}/wheels/", "--target", self.to / "site", "--no-deps",
                   "--no-cache-dir", "--disable-pip-version-check", "--no-input", "swarm_test_module")
        done = self.client(sys.executable, "-c", "import swarm_test_module as m; print(m.VALUE)", env=self.environment | {"PYTHONPATH": str(self.to / "site")})
        self.assertEqual(done.stdout.strip(), b"42")

    def wheels(self):
        made = self.dir / "wheels"
        made.mkdir()
        for version, value in (("1.0", 41), ("1.1", 42)):
            wheel(made / f"swarm_test_module-{version}-py3-none-any.whl", "swarm_test_module", version, f"VALUE = {value}\n")
        return {f"wheels/{file.name}": file.read_bytes() for file in made.iterdir()}

    def test_installs_the_newest_wheel_of_a_shared_folder(self):
        _, url = self.serve(self.wheels())
        self.pip(url)

    def test_installs_with_the_token(self):
        _, url = self.serve_privately(self.wheels())
        self.pip(url)


@needs("apt-get")
@needs("dpkg-deb")
class AptTest(ClientCase):
    CONTROL = "Package: swarm-test\nVersion: 1.0\nArchitecture: all\nMaintainer: Nobody <nobody@example.org>\nDescription: made by a test\n"

    def repository(self):
        """The files of a small repository with one package."""
        tree = self.dir / "package"
        (tree / "DEBIAN").mkdir(parents=True)
        (tree / "DEBIAN" / "control").write_text(self.CONTROL)
        (tree / "usr" / "share").mkdir(parents=True)
        (tree / "usr" / "share" / "swarm-test").write_text("here\n")
        package = self.dir / "swarm-test_1.0_all.deb"
        self.client("dpkg-deb", "--root-owner-group", "--build", tree, package)
        data = package.read_bytes()
        pool = "pool/main/swarm-test_1.0_all.deb"
        packages = f"{self.CONTROL}Filename: {pool}\nSize: {len(data)}\nSHA256: {hashlib.sha256(data).hexdigest()}\n\n".encode()
        index = f"main/binary-{self.architecture()}/Packages"
        release = (f"Suite: stable\nCodename: stable\nComponents: main\nArchitectures: {self.architecture()}\nDate: Thu, 01 Jan 2026 00:00:00 UTC\nSHA256:\n"
                   f" {hashlib.sha256(packages).hexdigest()} {len(packages)} {index}\n").encode()
        return {f"apt/{pool}": data, f"apt/dists/stable/{index}": packages, "apt/dists/stable/Release": release}

    def architecture(self):
        return self.client("dpkg", "--print-architecture").stdout.decode().strip()

    def apt(self, url, *words):
        root = self.to / "root"
        for folder in ("etc/apt/sources.list.d", "etc/apt/preferences.d", "etc/apt/apt.conf.d", "var/lib/apt/lists/partial", "var/cache/apt/archives/partial",
                       "var/lib/dpkg", "etc/apt/trusted.gpg.d"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "var/lib/dpkg/status").touch()
        (root / "etc/apt/sources.list").write_text(f"deb [trusted=yes] {url}/apt stable main\n")
        (root / "etc/apt/auth.conf").write_text(f"machine http://{place(url)} login any password {TOKEN}\n")
        return self.fetch("apt-get", "-q", "-o", f"Dir={root}", "-o", f"Dir::State::status={root}/var/lib/dpkg/status", "-o", "APT::Sandbox::User=",
                          "-o", "Acquire::Languages=none", "-o", "Acquire::http::Proxy=false", *words)

    def gets_the_package(self, url, files):
        self.apt(url, "update")
        self.apt(url, "download", "swarm-test")
        self.assert_bytes((self.to / "swarm-test_1.0_all.deb").read_bytes(), files["apt/pool/main/swarm-test_1.0_all.deb"])

    def test_fetches_a_package_from_a_shared_repository(self):
        files = self.repository()
        _, url = self.serve(files)
        self.gets_the_package(url, files)

    def test_fetches_with_the_token(self):
        files = self.repository()
        _, url = self.serve_privately(files)
        self.gets_the_package(url, files)


@unittest.skipIf(browser.missing(), f"not installed: {browser.missing()}")
class BrowserTest(ClientCase):
    def test_plays_while_it_is_fetched_and_jumps(self):
        tone = self.to / "tone.wav"
        with wave.open(str(tone), "wb") as made:
            made.setnchannels(1)
            made.setsampwidth(2)
            made.setframerate(44_100)
            made.writeframes(self.random_bytes(2 * 44_100 * 60))
        self.share({"tone.wav": tone.read_bytes()}, "--limit-up", "1M")
        getter, url = self.keep("tone.wav")
        with browser.Browser() as page:
            page.open(f"{url}/")
            self.assertIn("tone.wav", page.run("return document.body.innerText"))
            # The page that Chromium makes of a sound. Scripts of ours can look at it, and it runs none itself.
            page.open(f"{url}/tone.wav")
            page.wait_for("return document.querySelector('video').readyState > 0", "the head of the sound")
            self.assertEqual(page.run("return document.querySelector('video').duration"), 60)
            page.run("const video = document.querySelector('video'); video.muted = true; video.currentTime = 40; video.play()")
            page.wait_for("return document.querySelector('video').currentTime > 40.2", "it to play from the middle on")
            self.assertEqual(page.console_errors(), [], getter.words())


if __name__ == "__main__":
    unittest.main()
