"""Common.cfg and PeerInfo.cfg in, checked values out.

Reads only what a launcher needs (FileName, FileSize, PieceSize or the manifest, and the peers): everything else is the
peers' to judge. Real files lack the final newline, or have tabs, trailing spaces and CRLF; all that is accepted, and so are
comments from a `#` at the start of a word to the end of the line.
"""

import hashlib
import ipaddress
import json
import re
import socket
import time
from bisect import bisect_right
from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

from .cli import Exit, ScriptError


_LOOK_S = 1.0  # How often a manifest is looked for that is not there yet.


class ConfigError(ScriptError):
    """Bad configuration: FILE:LINE and what was expected there."""

    def __init__(self, message):
        super().__init__(message, Exit.CONFIG)


@dataclass(frozen=True)
class Choking:
    """How many neighbors are preferred, and the two intervals in seconds."""

    preferred: int
    interval_s: int
    optimistic_s: int
    is_full_mesh: bool  # whether each peer is linked with all others
    is_classic: bool  # whether the course's rules choose the preferred neighbors


@dataclass(frozen=True)
class Peer:
    """One line of PeerInfo.cfg."""

    id: int
    host: str
    port: int
    has_file: bool
    key: str = ""  # the fingerprint of its public key, where there is a fifth column
    line: int = 0  # in the file, from 1


class Content:
    """What is exchanged: one file, or a folder of files, cut into pieces file by file."""

    def __init__(self, files, piece_size, is_folder=False):
        self.files = files  # path below the content's place ("" for the one file), bytes
        self.is_folder = is_folder
        self.piece_size = piece_size
        self.size = sum(size for _, size in files)
        self._first_pieces = [0, *accumulate(-(-size // piece_size) for _, size in files)]

    @property
    def piece_count(self):
        return self._first_pieces[-1]

    def piece_length(self, piece):
        """Length of a piece; the last one of a file is the remainder."""
        index = bisect_right(self._first_pieces, piece) - 1
        return min(self.piece_size, self.files[index][1] - (piece - self._first_pieces[index]) * self.piece_size)


class SwarmConfig:
    """One directory's swarm: a content and the peers that exchange it."""

    def __init__(self, directory, file_name, peers, content=None, manifest=None):
        self.directory = directory
        self.file_name = file_name
        self.peers = peers
        self.manifest = manifest  # the content id in hexadecimal digits, where there is one
        self._content = content
        self._look_again = 0.0

    @property
    def content(self):
        """None while no peer's folder on this machine has the manifest: then a peer will fetch it from another one."""
        if self._content is None and time.monotonic() >= self._look_again:
            self._look_again = time.monotonic() + _LOOK_S
            self._content = next(filter(None, map(self._read_manifest, self._manifests())), None)
        return self._content

    @property
    def piece_count(self):
        return self.content.piece_count if self.content else 0

    @property
    def file_size(self):
        return self.content.size

    @property
    def piece_size(self):
        return self.content.piece_size

    def piece_length(self, piece):
        return self.content.piece_length(piece)

    def _manifests(self):
        for peer in self.peers:
            for folder in (f"peer_{peer.id}", str(peer.id)):
                yield from sorted((self.directory / folder).glob("*.manifest"))

    def _read_manifest(self, path):
        """The content, if that is the manifest which Common.cfg names."""
        try:
            text = path.read_bytes()
            if hashlib.sha256(text).hexdigest() != self.manifest:
                return None
            manifest = json.loads(text)
            is_folder = manifest["kind"] == "folder"
            files = [(file["path"] if is_folder else "", file["size"]) for file in manifest["files"]]
            return Content(files, manifest["piece_size"], is_folder)
        except OSError:
            return None
        except (ValueError, KeyError, TypeError, ArithmeticError) as error:
            raise ConfigError(f"{path}: is no manifest: {error!r}") from None


def read_config(directory):
    """The swarm of a directory. Raises ConfigError."""
    directory = Path(directory)
    common = directory / "Common.cfg"
    values = _read_common(common)
    file_name = _file_name(common, *_required(common, values, "FileName"))
    peers = read_peers(directory / "PeerInfo.cfg")
    if "Manifest" in values:
        return SwarmConfig(directory, file_name, peers, manifest=_content_id(common, *values["Manifest"]))
    file_size = _integer(common, *_required(common, values, "FileSize"), "FileSize", 1, 2**63 - 1)
    piece_size = _integer(common, *_required(common, values, "PieceSize"), "PieceSize", 1, 2**32 - 6)
    return SwarmConfig(directory, file_name, peers, Content([("", file_size)], piece_size))


def read_choking(directory):
    """What Common.cfg says of choking, which only a reader of logs wants to know. Raises ConfigError."""
    common = Path(directory) / "Common.cfg"
    values = _read_common(common)
    keys = (("NumberOfPreferredNeighbors", 0), ("UnchokingInterval", 1), ("OptimisticUnchokingInterval", 1))
    numbers = [_integer(common, *_required(common, values, key), key, low, 2**31 - 1) for key, low in keys]
    policy = values.get("ChokingPolicy", (0, "course"))[1]
    return Choking(*numbers, is_full_mesh="MaxConnections" not in values, is_classic=policy != "cooperative")


@cache
def is_local(host):
    """Whether a peer of that host name is this machine's to launch."""
    if host.lower() in ("localhost", socket.gethostname().lower()):
        return True
    try:
        addresses = {entry[4][0] for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except (OSError, UnicodeError):
        return False
    return any(_is_own_address(address) for address in addresses)


def _is_own_address(address):
    """Only an address of this machine can be bound."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    if ip.is_unspecified or ip.is_loopback:
        return ip.is_loopback
    with socket.socket(socket.AF_INET6 if ip.version == 6 else socket.AF_INET, socket.SOCK_STREAM) as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True


def read_bytes(path):
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None


def _lines(path, content):
    """Number and text of each line that says something."""
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: expected text in UTF-8") from None
    for number, line in enumerate(text.split("\n"), start=1):
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if line:
            yield number, line


def _read_common(path):
    """Line number and text of every key's value."""
    values = {}
    for number, line in _lines(path, read_bytes(path)):
        key, *value = line.split(maxsplit=1)
        if key in values:
            raise ConfigError(f"{path}:{number}: {key} stands a second time (first in line {values[key][0]})")
        values[key] = number, "".join(value)
    return values


def _required(path, values, key):
    if key not in values:
        raise ConfigError(f"{path}: has no {key}")
    return values[key]


def _file_name(path, number, value):
    # The scripts remove and create files of this name: it must not lead out of the peer's own folder.
    if "\0" in value or {"", ".", ".."} & set(value.split("/")):
        raise ConfigError(f"{path}:{number}: FileName: expected a name inside the peer's folder, not '{value}'")
    return value


def _content_id(path, number, value):
    if not re.fullmatch("[0-9a-fA-F]{64}", value):
        raise ConfigError(f"{path}:{number}: Manifest: expected 64 hexadecimal digits, not '{value}'")
    return value.lower()


def _integer(path, number, text, what, low, high):
    if not (re.fullmatch("[0-9]{1,20}", text) and low <= int(text) <= high):
        raise ConfigError(f"{path}:{number}: {what}: expected a whole number from {low} to {high}, not '{text}'")
    return int(text)


def read_peers(path, content=None):
    """The peers of a PeerInfo.cfg, or of what was read of it before. Raises ConfigError."""
    peers, line_of = [], {}
    for number, line in _lines(path, read_bytes(path) if content is None else content):
        words = line.split()
        if len(words) < 4:
            raise ConfigError(f"{path}:{number}: expected 'peer-ID host port 0-or-1', not '{line}'")
        peer = Peer(
            id=_integer(path, number, words[0], "peer ID", 0, 2**32 - 1),
            host=words[1],
            port=_integer(path, number, words[2], "port", 1, 65535),
            has_file=bool(_integer(path, number, words[3], "column 4 (has the file)", 0, 1)),
            key="".join(words[4:5]),
            line=number,
        )
        if peer.id in line_of:
            raise ConfigError(f"{path}:{number}: peer {peer.id} stands a second time (first in line {line_of[peer.id]})")
        line_of[peer.id] = number
        peers.append(peer)
    if not peers:
        raise ConfigError(f"{path}: has no peer")
    return tuple(peers)
