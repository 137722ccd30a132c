"""How each program is made to spread one file from peer 0 to all others.

A tool prepares everything that takes no network (programs up, data checked), then go() starts what is timed. Its
leechers' copies are at copy(i), i from 1 on.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

from swarmlib.cli import ScriptError

from .torrent import write_torrent

_HERE = Path(__file__).resolve().parent
_PATIENCE_S = 30


class Tool:
    """The base of all: `network`, `crew`, and an empty `directory` for what the run makes."""

    programs = ()
    count_redundant = None  # bytes that came for nothing, in all, where the program tells

    def __init__(self, network, crew, directory, source, options):
        self.network, self.crew, self.directory, self.source, self.options = network, crew, directory, source, options
        self.leechers = range(1, network.peers)
        missing = [program for program in self.programs if shutil.which(program) is None]
        if missing:
            raise ScriptError(f"not installed: {' '.join(missing)}")

    def prepare(self):
        raise NotImplementedError

    def go(self):
        self.crew.go(self.options.interval)

    def is_done(self, leecher):
        """Whether the leecher's copy is complete."""
        return self._done_file(leecher).exists()

    def settle(self):
        """After the last copy is complete: whatever is to be learned yet."""

    def figures(self):
        """More that the tool knows of the run, after settle()."""
        return {}

    def copy(self, leecher):
        return self.folder(leecher) / self.source.name

    def folder(self, peer):
        """The folder of a peer's data; the seed's has the file."""
        folder = self.directory / f"data_{peer}"
        if not folder.exists():
            folder.mkdir()
            if peer == 0:
                (folder / self.source.name).hardlink_to(self.source)
        return folder

    def start(self, peer, command, **options):
        return self.crew.start(peer, self.network.namespace(peer), command, **options)

    def wait_for(self, condition, what):
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            self.crew.check()
            if time.monotonic() > deadline:
                raise ScriptError(f"{what} takes longer than {_PATIENCE_S} s; see {self.directory}")
            time.sleep(0.01)

    def _done_file(self, leecher):
        return self.directory / f"done_{leecher}"


class Libtorrent(Tool):
    """Peers are told of each other, so there is no tracker: each dials those before it."""

    def prepare(self):
        torrent = self.directory / "content.torrent"
        write_torrent(self.source, torrent, self.options.torrent_piece_size)
        python = _python_with_libtorrent()
        for peer in range(self.network.peers):
            own = [self.network.address(peer), 6881, torrent, self.folder(peer), self.options.k + 1, self._go_file]
            others = [self.network.address(other) for other in range(peer)]
            self.start(peer, [python, _HERE / "torrent_client.py", *own, self._done_file(peer), *others])
        for peer in range(self.network.peers):
            self.wait_for(lambda: b"ready" in self.crew.output(peer).read_bytes(), f"libtorrent's peer {peer}")

    def go(self):
        self._go_file.touch()

    def settle(self):
        texts = [self.crew.output(leecher).read_text() for leecher in self.leechers]
        self.count_redundant = sum(int(text.split("redundant ")[1].split()[0]) for text in texts)

    @property
    def _go_file(self):
        return self.directory / "go"


class Aria2(Tool):
    programs = ("aria2c",)

    def prepare(self):
        torrent = self.directory / "content.torrent"
        url = f"http://{self.network.switch_address}:6969/announce"
        write_torrent(self.source, torrent, self.options.torrent_piece_size, url)
        tracker = [sys.executable, _HERE / "tracker.py", self.network.switch_address, 6969]
        self.crew.start("tracker", self.network.switch, tracker)
        time.sleep(0.5)
        for leecher in self.leechers:
            self._start(leecher, torrent, gated=True)
        self._start(0, torrent, gated=False)
        self.wait_for(lambda: b"announce" in self.crew.output("tracker").read_bytes(), "aria2's seed")

    def _start(self, peer, torrent, gated):
        hook = self.directory / f"hook_{peer}"
        hook.write_text(f"#!/bin/sh\n: > {self._done_file(peer)}\n")
        hook.chmod(0o755)
        options = (
            "--no-conf --enable-dht=false --enable-dht6=false --bt-enable-lpd=false --enable-peer-exchange=false --seed-ratio=0"
            " --file-allocation=none --bt-tracker-interval=1 --bt-max-peers=0 --listen-port=6881 --console-log-level=warn"
            " --summary-interval=0 --disable-ipv6=true --bt-min-crypto-level=plain"
        )
        own = [f"--dir={self.folder(peer)}", f"--on-bt-download-complete={hook}", *(["--check-integrity=true"] if peer == 0 else ())]
        self.start(peer, ["aria2c", *options.split(), *own, torrent], gated=gated)


class _Server(Tool):
    """One server, and a client a leecher that ends when its copy is complete."""

    port = 0

    def prepare(self):
        self.folder(0)
        self.start(0, self.server_command())
        self._clients = {leecher: self.start(leecher, self.client_command(leecher), gated=True) for leecher in self.leechers}
        time.sleep(0.5)
        self.crew.check()

    def is_done(self, leecher):
        return self.crew.has_ended(self._clients[leecher])

    def server_command(self):
        raise NotImplementedError

    def client_command(self, leecher):
        raise NotImplementedError


class Rsync(_Server):
    programs = ("rsync",)

    def server_command(self):
        settings = self.directory / "rsyncd.conf"
        settings.write_text(f"use chroot = no\nuid = 0\ngid = 0\n[content]\npath = {self.folder(0)}\n")
        return ["rsync", "--daemon", "--no-detach", f"--config={settings}", "--port=8730"]

    def client_command(self, leecher):
        url = f"rsync://{self.network.address(0)}:8730/content/{self.source.name}"
        return ["rsync", "--whole-file", url, f"{self.folder(leecher)}/"]


class Nginx(_Server):
    programs = ("nginx", "curl")

    def server_command(self):
        settings = self.directory / "nginx.conf"
        settings.write_text(
            f"daemon off; pid {self.directory}/nginx.pid; error_log stderr; user root;\nevents {{}}\n"
            f"http {{ access_log off; sendfile on; server {{ listen 8080; root {self.folder(0)}; }} }}\n"
        )
        return ["nginx", "-p", self.directory, "-c", settings]

    def client_command(self, leecher):
        url = f"http://{self.network.address(0)}:8080/{self.source.name}"
        return ["curl", "--silent", "--show-error", "--fail", "--output", self.copy(leecher), url]


def _python_with_libtorrent():
    """The interpreter that Debian's python3-libtorrent is for is not always the one that runs us."""
    for python in (sys.executable, "/usr/bin/python3"):
        if Path(python).exists() and _can_import(python):
            return python
    raise ScriptError("not installed: python3-libtorrent")


def _can_import(python):
    return subprocess.run([python, "-c", "import libtorrent"], capture_output=True, check=False).returncode == 0
