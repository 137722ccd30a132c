"""Where a peer keeps its data; remove, make and compare that data."""

import errno
import os
import re
import shutil

from .cfg import ConfigError
from .cli import Exit, ScriptError
from .units import size_text

_BLOCK = 1 << 20


def data_folder(config, peer):
    """DIR/peer_ID, or DIR/ID where only that one exists."""
    folder, bare = config.directory / f"peer_{peer.id}", config.directory / str(peer.id)
    return bare if bare.is_dir() and not folder.exists() else folder


def data_file(config, peer):
    """The peer's complete file (which may not be there yet)."""
    return data_folder(config, peer) / config.file_name


def log_file(config, peer):
    """The peer's log in the course's format."""
    return config.directory / f"log_peer_{peer.id}.log"


def output_file(config, peer):
    """Where the launcher sends what the peer prints (stdout, too)."""
    return config.directory / f"stderr_peer_{peer.id}.txt"


def check_seeds(config, peers):
    """Raises ConfigError unless those of the peers that start with the file have one of the right size."""
    for peer in peers:
        if peer.has_file:
            path = data_file(config, peer)
            if not path.exists():
                raise ConfigError(
                    f"peer {peer.id} starts with the file, but {path} is not there\n"
                    f"  (a random one for trying: scripts/demo --prepare {config.directory})"
                )
            _check_size(config, path)


def remove_leechers_files(config, peers):
    """Makes leechers start from nothing: their file, its unfinished form, journal and log. A seed's file stays."""
    seeds = [data_file(config, peer) for peer in config.peers if peer.has_file]
    seed_files = {_place(file) for file in seeds} | {file.resolve() for file in seeds}
    for peer in peers:
        if peer.has_file:
            continue
        log_file(config, peer).unlink(missing_ok=True)
        file = data_file(config, peer)
        # Folders and files may be links to each other: what a seed needs is the seed's, wherever it lies.
        if _place(file) in seed_files or not file.parent.is_dir():
            continue
        for path in sorted(file.parent.iterdir()):
            if re.fullmatch(re.escape(file.name) + r"(\.part(\..*)?|\.journal)?", path.name):
                path.unlink()


def make_seed_files(config):
    """Gives every peer that starts with the file the same content: that of a seed that has it, else random bytes.

    Never overwrites a file. Returns the paths that were made.
    """
    targets = [data_file(config, peer) for peer in config.peers if peer.has_file]
    if not targets:
        raise ConfigError(f"{config.directory / 'PeerInfo.cfg'}: no peer starts with the file (column 4 is 1 nowhere)")
    existing = [path for path in targets if path.exists()]
    for path in existing:
        _check_size(config, path)
    missing = [path for path in targets if path not in existing]
    require_space(config.directory, config.file_size * len(missing))
    for path in missing:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Under its own name only when whole: an interrupted run leaves no seed with half a file.
        unfinished = path.with_name(f".{path.name}.making")
        if existing:
            shutil.copyfile(existing[0], unfinished)
        else:
            _write_random(unfinished, config.file_size)
        unfinished.rename(path)
        existing.append(path)
    return missing


def require_space(directory, size):
    """Raises OSError(ENOSPC) when the directory's file system has less free space than that."""
    free = shutil.disk_usage(directory).free
    if size > free:
        raise OSError(errno.ENOSPC, f"{size_text(size)} needed, {size_text(free)} free", str(directory))


def verify_copies(config, measure, others):
    """Compares the files of some peers byte for byte with one peer's; raises ScriptError on the first difference."""
    for peer in [measure, *others]:
        path = data_file(config, peer)
        if not path.is_file():
            raise ScriptError(f"peer {peer.id} has no complete file: {path} is not there", Exit.MISMATCH)
        _check_size(config, path, Exit.MISMATCH)
    for peer in others:
        offset = first_difference(data_file(config, measure), data_file(config, peer))
        if offset is not None:
            raise ScriptError(
                f"{data_file(config, peer)} differs from peer {measure.id}'s at byte {offset}"
                f" (piece {offset // config.piece_size})",
                Exit.MISMATCH,
            )


def _place(path):
    """Where a file really lies: links on the way to it are followed, a link in its place is not."""
    return path.parent.resolve() / path.name


def _check_size(config, path, code=Exit.CONFIG):
    size = path.stat().st_size
    if size != config.file_size:
        raise ScriptError(f"{path} has {size} bytes, but FileSize is {config.file_size}", code)


def _write_random(path, size):
    with open(path, "wb") as out:
        for start in range(0, size, _BLOCK):
            out.write(os.urandom(min(_BLOCK, size - start)))


def first_difference(path_a, path_b):
    """Offset of the first byte in which two files of equal size differ, or None."""
    with open(path_a, "rb") as file_a, open(path_b, "rb") as file_b:
        start = 0
        while block_a := file_a.read(_BLOCK):
            block_b = file_b.read(_BLOCK)
            if block_a != block_b:
                pairs = enumerate(zip(block_a, block_b))
                return start + next((i for i, (a, b) in pairs if a != b), min(len(block_a), len(block_b)))
            start += len(block_a)
    return None
