"""`swarm report`: the history of a directory's logs as one page in a file."""

import os
import stat
import sys
import tempfile
from contextlib import suppress
from pathlib import Path

from . import page
from .cli import Exit, ScriptError
from .history import read_history
from .units import size_text

NAME = "swarm-report.html"


def write_report(directory, output=None, run=None):
    """Writes the page to `output`, or to DIR/swarm-report.html; "-" is stdout. Replaces no file but an earlier report."""
    content = page.render(read_history(directory, run), directory.resolve().name or str(directory))
    if output == "-":
        sys.stdout.buffer.write(content)
        return Exit.COMPLETE
    path = Path(output) if output else directory / NAME
    _check_target(path)
    _replace(path, content)
    # A name may be no text, and that must not end the report.
    name = str(path).encode(errors="replace").decode()
    print(f"{name}: {size_text(len(content))}, open it in a browser")
    return Exit.COMPLETE


def _check_target(path):
    """Raises ScriptError where something stands that is not an earlier report."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return
    begin = b""
    if stat.S_ISREG(status.st_mode):
        with open(path, "rb") as file:
            begin = file.read(4096)
    if page.MARK.encode() not in begin:
        raise ScriptError(f"{path} is there and is no report of this script: name another file with -o", Exit.USAGE)


def _replace(path, content):
    """Writes the file under its name only when it is whole."""
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:100]}.")
    try:
        with open(handle, "wb") as out:
            out.write(content)
        umask = os.umask(0)
        os.umask(umask)
        os.chmod(unfinished, 0o666 & ~umask)
        os.replace(unfinished, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(unfinished)
        raise
