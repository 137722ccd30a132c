"""Metainfo of one file for the torrent clients."""

import hashlib


def write_torrent(source, path, piece_size, announce=None):
    """Writes the .torrent of a file."""
    with open(source, "rb") as content:
        hashes = b"".join(hashlib.sha1(piece).digest() for piece in iter(lambda: content.read(piece_size), b""))
    info = {"length": source.stat().st_size, "name": source.name, "piece length": piece_size, "pieces": hashes}
    path.write_bytes(bencoded({"announce": announce, "info": info} if announce else {"info": info}))


def bencoded(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        value = value.encode()
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    return b"d" + b"".join(bencoded(key) + bencoded(value[key]) for key in sorted(value)) + b"e"
