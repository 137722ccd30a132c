"""Where a peer keeps its data; remove, make and compare that data."""

import errno
import os
import re
import shutil

from .cfg import ConfigError, is_local
from .cli import Exit, ScriptError
from .units import size_text

SOCKET_NAME = "status_peer_{id}.sock"
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


def socket_file(config, peer):
    """Where a peer answers for its status, if the launcher has told it to."""
    return config.directory / SOCKET_NAME.format(id=peer.id)


def check_seeds(config, peers):
    """Raises ConfigError unless those of the peers that start with the file have one of the right size."""
    for peer in peers:
        if peer.has_file:
            path = data_file(config, peer)
            if not path.exists():
                raise ConfigError(
                    f"peer {peer.id} starts with the file, but {path} is not there"
                    + ("" if config.manifest else f"\n  (a random one for trying: scripts/demo --prepare {config.directory})")
                )
            if config.content is None:
                raise ConfigError(
                    f"peer {peer.id} starts with the file, but no {path.parent}/*.manifest is the one that Common.cfg names"
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
                shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


def make_seed_files(config):
    """Gives every peer of this machine that starts with the file the same content: that of one that has it, else random bytes.

    Never overwrites a file. Returns the paths that were made.
    """
    seeds = [peer for peer in config.peers if peer.has_file]
    if not seeds:
        raise ConfigError(f"{config.directory / 'PeerInfo.cfg'}: no peer starts with the file (column 4 is 1 nowhere)")
    targets = [data_file(config, peer) for peer in seeds if is_local(peer.host)]
    existing = [path for path in targets if path.exists()]
    if targets and not existing:
        if config.manifest:
            raise ConfigError(f"{targets[0]} is not there, and what the manifest names cannot be made up")
        # Two machines that each made one would have different files.
        if not is_local(seeds[0].host):
            raise ConfigError(f"{targets[0]} is not there: copy it from {seeds[0].host}, where peer {seeds[0].id} has it")
    if existing and config.content is None:
        raise ConfigError(f"no {existing[0].parent}/*.manifest is the one that Common.cfg names")
    for path in existing:
        _check_size(config, path)
    missing = [path for path in targets if path not in existing]
    if missing:
        require_space(config.directory, config.file_size * len(missing))
    for path in missing:
        path.parent.mkdir(parents=True, exist_ok=True)
        # Under its own name only when whole: an interrupted run leaves no seed with half a file.
        unfinished = path.with_name(f".{path.name}.making")
        if existing:
            shutil.rmtree(unfinished, ignore_errors=True)  # of an earlier, interrupted run
            shutil.copytree(existing[0], unfinished) if config.content.is_folder else shutil.copyfile(existing[0], unfinished)
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
        if not (path.is_dir() if config.content and config.content.is_folder else path.is_file()):
            raise ScriptError(f"peer {peer.id} has no complete file: {path} is not there", Exit.MISMATCH)
        _check_size(config, path, Exit.MISMATCH)
    for peer in others:
        for name, _ in config.content.files:
            right, copy = (data_file(config, each) / name if name else data_file(config, each) for each in (measure, peer))
            offset = first_difference(right, copy)
            if offset is not None:
                piece = "" if name else f" (piece {offset // config.piece_size})"
                raise ScriptError(f"{copy} differs from peer {measure.id}'s at byte {offset}{piece}", Exit.MISMATCH)


def _place(path):
    """Where a file really lies: links on the way to it are followed, a link in its place is not."""
    return path.parent.resolve() / path.name


def _check_size(config, path, code=Exit.CONFIG):
    source = "the manifest" if config.manifest else "FileSize"
    for name, expected in config.content.files:
        file = path / name if config.content.is_folder else path
        size = file.stat().st_size if file.is_file() else None
        if size is None:
            raise ScriptError(f"{file} is no file, as {source} says", code)
        if size != expected:
            raise ScriptError(f"{file} has {size} bytes, but {source} says {expected}", code)


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
