"""Common.cfg and PeerInfo.cfg in, checked values out.

Reads only what a launcher needs (FileName, FileSize, PieceSize and the peers): everything else is the peers' to
judge. Real files lack the final newline, or have tabs, trailing spaces and CRLF; all that is accepted, and so are
comments from a `#` at the start of a word to the end of the line.
"""

import ipaddress
import re
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .cli import Exit, ScriptError


class ConfigError(ScriptError):
    """Bad configuration: FILE:LINE and what was expected there."""

    def __init__(self, message):
        super().__init__(message, Exit.CONFIG)


@dataclass(frozen=True)
class Peer:
    """One line of PeerInfo.cfg."""

    id: int
    host: str
    port: int
    has_file: bool


@dataclass(frozen=True)
class SwarmConfig:
    """One directory's swarm: a file, its pieces, and the peers that exchange it."""

    directory: Path
    file_name: str
    file_size: int
    piece_size: int
    peers: tuple[Peer, ...]

    @property
    def piece_count(self):
        return -(-self.file_size // self.piece_size)

    def piece_length(self, piece):
        """Length of a piece; the last one is the remainder."""
        return min(self.piece_size, self.file_size - piece * self.piece_size)


def read_config(directory):
    """The swarm of a directory. Raises ConfigError."""
    directory = Path(directory)
    common = directory / "Common.cfg"
    values = _read_common(common)
    return SwarmConfig(
        directory=directory,
        file_name=_file_name(common, *_required(common, values, "FileName")),
        file_size=_integer(common, *_required(common, values, "FileSize"), "FileSize", 1, 2**63 - 1),
        piece_size=_integer(common, *_required(common, values, "PieceSize"), "PieceSize", 1, 2**32 - 6),
        peers=_read_peers(directory / "PeerInfo.cfg"),
    )


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


def _lines(path):
    """Number and text of each line that says something."""
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path}: expected text in UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: {error.strerror}") from None
    for number, line in enumerate(text.split("\n"), start=1):
        line = re.sub(r"(^|\s)#.*", "", line).strip()
        if line:
            yield number, line


def _read_common(path):
    """Line number and text of every key's value."""
    values = {}
    for number, line in _lines(path):
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


def _integer(path, number, text, what, low, high):
    if not (re.fullmatch("[0-9]{1,20}", text) and low <= int(text) <= high):
        raise ConfigError(f"{path}:{number}: {what}: expected a whole number from {low} to {high}, not '{text}'")
    return int(text)


def _read_peers(path):
    peers, line_of = [], {}
    for number, line in _lines(path):
        words = line.split()
        if len(words) < 4:
            raise ConfigError(f"{path}:{number}: expected 'peer-ID host port 0-or-1', not '{line}'")
        peer = Peer(
            id=_integer(path, number, words[0], "peer ID", 0, 2**32 - 1),
            host=words[1],
            port=_integer(path, number, words[2], "port", 1, 65535),
            has_file=bool(_integer(path, number, words[3], "column 4 (has the file)", 0, 1)),
        )
        if peer.id in line_of:
            raise ConfigError(f"{path}:{number}: peer {peer.id} stands a second time (first in line {line_of[peer.id]})")
        line_of[peer.id] = number
        peers.append(peer)
    if not peers:
        raise ConfigError(f"{path}: has no peer")
    return tuple(peers)
