"""The text that runs on each host: the settings of one push, and remote.sh."""

import shlex
from dataclasses import dataclass, fields
from pathlib import Path

# The remote side's login shell may be any; it reads nothing but simple words and one text in single quotes.
BOOTSTRAP = (
    "exec sh -c 'n=$(printf \"\\nx\"); n=${n%x}; script=; while IFS= read -r l; do case $l in ENDOFSCRIPT) break;; esac; "
    "script=$script$l$n; done; eval \"$script\"' pswarm"
)
_END = "ENDOFSCRIPT"


@dataclass(frozen=True)
class Settings:
    """What remote.sh has to know. Each becomes a variable of the same name; a bool 1 or 0."""

    dest: str
    source_name: str  # what it is called where DEST is a folder to put it into
    is_folder: bool
    content: str  # the content id
    size: int = 0  # bytes, in all
    mode: str = "644"  # a file's permissions, octal
    exact: bool = False  # whatever the umask there
    changed: str = ""  # the time of the last change, seconds since 1970, or nothing
    program: str = "peerProcess"
    binary_hash: str = ""  # SHA-256 of the program that is brought where none can be run; nothing: none is brought
    keep_binary: bool = False
    replace: bool = True  # what is there and differs
    seed_host: str = ""  # nothing: where the connection comes from
    seed_port: int = 0
    limit_up: str = ""
    linger: str = ""  # seconds to serve when complete; nothing: until all is over
    fsync: bool = False
    silence: int = 25  # so many seconds without a word from here end it
    ssh_command: str = ""  # by which a host starts others


def text_of(settings):
    """Lines, with the end that the bootstrap waits for."""
    values = {one.name: getattr(settings, one.name) for one in fields(settings)}
    assigned = [f"{name}={shlex.quote(str(int(value) if isinstance(value, bool) else value))}" for name, value in values.items()]
    assigned.append(f"bootstrap={shlex.quote(BOOTSTRAP)}")
    body = (Path(__file__).with_name("remote.sh")).read_text(encoding="utf-8").splitlines()
    # Texts that go on in another line begin at its left edge, so nothing is lost by what is cut off.
    kept = [line.strip() for line in body if line.strip() and not line.lstrip().startswith("#")]
    return "\n".join([*assigned, *kept, _END]) + "\n"


def head_of(name, branch=None):
    """The lines behind the text: whose it is, and whom it starts."""
    below = lines_of(branch.below) if branch else []
    return "\n".join([name, str(len(below)), *below]) + "\n"


def lines_of(branches):
    """Each branch as how many lines of others follow its own, and its head."""
    lines = []
    for branch in branches:
        inner = lines_of(branch.below)
        lines += [f"{len(inner)} {branch.head}", *inner]
    return lines
