"""Manifests as somebody else writes them: hashlib and json alone, nothing of the C++ code."""

import ctypes
import hashlib
import json


class _Xxh128(ctypes.Structure):
    _fields_ = [("low", ctypes.c_uint64), ("high", ctypes.c_uint64)]


def _load_xxhash():
    try:
        library = ctypes.CDLL("libxxhash.so.0")
    except OSError:
        return None
    library.XXH3_128bits.restype = _Xxh128
    library.XXH3_128bits.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return library


_XXHASH = _load_xxhash()


def _xxh3(data):
    found = _XXHASH.XXH3_128bits(data, len(data))
    return f"{found.high:016x}{found.low:016x}"


HASHES = {"sha256": lambda data: hashlib.sha256(data).hexdigest()} | ({"xxh3": _xxh3} if _XXHASH else {})


def cut(data, piece_size):
    """A file's pieces."""
    return [data[at:at + piece_size] for at in range(0, len(data), piece_size)]


def _entry(path, data, mode, piece_size, digest):
    return {"path": path, "size": len(data), "mode": f"{mode:04o}", "pieces": [digest(piece) for piece in cut(data, piece_size)]}


def _text(kind, entries, piece_size, piece_hash, **more):
    return json.dumps({"peerProcess_manifest": 1, "kind": kind, "piece_size": piece_size, "piece_hash": piece_hash, **more,
                       "files": entries}, ensure_ascii=False).encode()


def of_file(name, data, piece_size, piece_hash="sha256", mode=0o644):
    """The bytes of one file's manifest."""
    return _text("file", [_entry(name, data, mode, piece_size, HASHES[piece_hash])], piece_size, piece_hash)


def of_folder(files, folders, piece_size, piece_hash="sha256"):
    """The bytes of a folder's manifest. `files`: path to (bytes, mode); `folders`: those with nothing in them."""
    paths = sorted(files, key=str.encode)
    entries = [_entry(path, *files[path], piece_size, HASHES[piece_hash]) for path in paths]
    return _text("folder", entries, piece_size, piece_hash, folders=sorted(folders, key=str.encode))


def content_id(text):
    return hashlib.sha256(text).hexdigest()
