"""peerProcess: one daemon a peer, as in a swarm's directory."""

import os
import subprocess

from swarmlib.cfg import read_config
from swarmlib.cli import REPOSITORY
from swarmlib.create import write_config
from swarmlib.files import data_file

from .. import machine
from ..crew import Failed
from .base import FILE_NAME, Tool


def give_keys(binary, folder):
    """Makes a key for each line of the folder's PeerInfo.cfg, and writes its fingerprint behind it."""
    path = folder / "PeerInfo.cfg"
    lines = path.read_text().splitlines()
    made = [subprocess.run([binary, "key", "--dir", folder, line.split()[0]], check=True, capture_output=True, text=True) for line in lines]
    path.write_text("".join(f"{line} {key.stdout.strip()}\n" for line, key in zip(lines, made, strict=True)))


class Ours(Tool):
    """Leechers have no idle state: go() starts them. They serve on when all are complete, and are stopped."""

    name = "ours"
    says = "peerProcess, classic mode"
    binary = REPOSITORY / "build" / "peerProcess"
    settings = {}  # lines of Common.cfg
    manifest = None  # a piece hash: the swarm exchanges a manifest's content
    arguments = ()
    keys = False  # whether every connection is TLS

    @classmethod
    def variant(cls, name, binary=None, settings=(), manifest=None, arguments=(), keys=False):
        """A tool of its own, for builds and settings to be compared."""
        says = [f"peerProcess, {f'manifest with {manifest}' if manifest else 'classic mode'}", *(["TLS"] if keys else []),
                *map(" ".join, settings), *arguments]
        values = {"name": name, "settings": dict(settings), "manifest": manifest, "arguments": tuple(arguments), "keys": keys,
                  "says": ", ".join(says)}
        return type("OursVariant", (cls,), values | ({"binary": binary} if binary else {}))

    @classmethod
    def missing(cls):
        return None if os.access(cls.binary, os.X_OK) else f"scripts/build ({cls.binary} is not there)"

    def prepare(self):
        write_config(self.folder, file_name=FILE_NAME, file_size=self.case.size, piece_size=self.case.piece, leechers=self.case.leechers)
        if self.keys:
            give_keys(self.binary, self.folder)
        self._config = read_config(self.folder)
        seed, *self._leechers = self._config.peers
        self.marks = self.copies = [data_file(self._config, peer) for peer in self._leechers]
        for path in (*self.copies, data_file(self._config, seed)):
            path.parent.mkdir()
        os.link(self.source, data_file(self._config, seed))
        self._write_common(data_file(self._config, seed).parent)
        self._start("source", seed)
        self.crew.wait_until(lambda: seed.port in machine.listening_ports(), "the seed")

    def _write_common(self, seed_folder):
        """With room for everybody to be served, and what was asked for."""
        path = self.folder / "Common.cfg"
        values = dict(line.split() for line in path.read_text().splitlines())
        values["NumberOfPreferredNeighbors"] = str(self.case.leechers)
        if self.manifest:
            values = {key: value for key, value in values.items() if key not in ("FileSize", "PieceSize")}
            values["Manifest"] = self._make_manifest(seed_folder)
        path.write_text("".join(f"{key} {value}\n" for key, value in (values | self.settings).items()))

    def _make_manifest(self, seed_folder):
        words = ["manifest", seed_folder / FILE_NAME, "-o", seed_folder / f"{FILE_NAME}.manifest"]
        words += ["--piece-hash", self.manifest, "--piece-size", self.case.piece, "--progress", "none"]
        made = subprocess.run([self.binary, *map(str, words)], stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if made.returncode != 0:
            raise Failed(f"no manifest: {made.stderr.strip()}")
        return made.stdout.split()[0]

    def _start(self, name, peer):
        words = [peer.id, "--dir", self.folder, "--progress", "none", "--linger", 60, *self.arguments]
        self.crew.start(name, [self.binary, *words])

    def go(self):
        for i, peer in enumerate(self._leechers):
            self._start(f"leecher{i}", peer)
