"""Waits for files to appear in folders, with the time when each did."""

import ctypes
import errno
import os
import select
import struct
import time

_libc = ctypes.CDLL(None, use_errno=True)
_IN_CREATE, _IN_MOVED_TO = 0x100, 0x80
_HEAD = struct.Struct("iIII")


class Watch:
    """Looks for a set of paths from now on. `seen` has the time, on time.monotonic(), of those that have appeared.

    A file counts when it gets its name: who makes it must do so when its content is there.
    """

    def __init__(self, paths):
        self.seen = {}
        self._missing = set(paths)
        self._folders = {}
        self._fd = _checked(_libc.inotify_init1(os.O_CLOEXEC | os.O_NONBLOCK))
        for folder in {path.parent for path in paths}:
            wanted = _IN_CREATE | _IN_MOVED_TO
            self._folders[_checked(_libc.inotify_add_watch(self._fd, os.fsencode(folder), wanted))] = folder

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self._fd)

    @property
    def complete(self):
        return not self._missing

    def wait(self, seconds):
        """Waits for so long at most for something to appear."""
        if not select.select([self._fd], [], [], seconds)[0]:
            return
        now = time.monotonic()
        events = os.read(self._fd, 65536)
        offset = 0
        while offset < len(events):
            folder, _mask, _cookie, length = _HEAD.unpack_from(events, offset)
            offset += _HEAD.size
            path = self._folders[folder] / os.fsdecode(events[offset : offset + length].rstrip(b"\0"))
            offset += length
            if path in self._missing:
                self._missing.remove(path)
                self.seen[path] = now


def _checked(result):
    if result < 0:
        code = ctypes.get_errno()
        raise OSError(code, f"inotify: {os.strerror(code) if code != errno.EMFILE else 'too many watches'}")
    return result
