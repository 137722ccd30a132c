"""The source file, and page cache that has been touched.

A virtual machine may have given its free memory back to its host. The first touch of such a page then costs far more than
copying a file does, and whoever runs first would pay for all. So as much as a run will write is written and deleted before
it, until that is quick.
"""

import os
import time

_BLOCK = os.urandom(1 << 20)
_FILE = 256 << 20
_QUICK_S_PER_GIB = 0.8
_PASSES = 4


def make_source(path, size):
    """A random file of that size. Its pages stay in memory, as nobody else has them to give away."""
    with open(path, "wb") as out:
        for start in range(0, size, len(_BLOCK)):
            out.write(os.urandom(min(len(_BLOCK), size - start)))


def read_through(path):
    with open(path, "rb", buffering=0) as file:
        buffer = bytearray(1 << 20)
        while file.readinto(buffer):
            pass


def touch_page_cache(directory, size):
    """Writes and deletes that many bytes until it is quick. Returns the seconds per GiB of the last pass."""
    for _ in range(_PASSES):
        start = time.monotonic()
        _write_and_delete(directory, size)
        seconds_per_gib = (time.monotonic() - start) / (size / 2**30)
        if seconds_per_gib < _QUICK_S_PER_GIB:
            break
    return seconds_per_gib


def _write_and_delete(directory, size):
    paths = []
    try:
        for start in range(0, size, _FILE):
            paths.append(directory / f"warm.{start}")
            with open(paths[-1], "wb", buffering=0) as out:
                for _ in range(-(-min(_FILE, size - start) // len(_BLOCK))):
                    out.write(_BLOCK)
    finally:
        for path in paths:
            path.unlink(missing_ok=True)
