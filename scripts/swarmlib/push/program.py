"""Which peerProcess runs here, and its bytes where it is brought to others."""

import hashlib
import os
import shlex
import shutil
import sys
from pathlib import Path

from ..cli import REPOSITORY, Exit, ScriptError


def own_program(words):
    """The words of the command: of --binary, $PEER_PROCESS, beside this program, of the repository's build, or in PATH."""
    said = shlex.split(words or os.environ.get("PEER_PROCESS", ""))
    if said:
        if shutil.which(said[0]) is None:
            raise ScriptError(f"--binary: '{said[0]}' names no program that can be run", Exit.USAGE)
        return [os.path.abspath(said[0]) if "/" in said[0] else said[0], *said[1:]]
    beside = Path(sys.argv[0]).resolve().with_name("peerProcess")
    for place in (beside, REPOSITORY / "build" / "peerProcess"):
        if os.access(place, os.X_OK):
            return [str(place)]
    if found := shutil.which("peerProcess"):
        return [found]
    raise ScriptError("peerProcess is not found, neither beside this program nor in PATH: say where it is with --binary, or run scripts/build")


def bytes_of(program):
    """The file of the program and its SHA-256."""
    path = shutil.which(program[0])
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise ScriptError(f"{path}: {error.strerror}", Exit.IO) from error
    if not data.startswith(b"\x7fELF"):
        raise ScriptError(f"--copy-binary: {path} is a script, expected the program itself; say it with --binary", Exit.USAGE)
    return data, hashlib.sha256(data).hexdigest()
