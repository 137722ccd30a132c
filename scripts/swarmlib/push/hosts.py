"""Which hosts a push is for."""

import os
import re
import subprocess
from pathlib import Path

from ..cli import Exit, ScriptError

# A name, an address, or one with a user before it. Nothing that ssh would take for an option, or a shell for anything.
_HOST = re.compile(r"(?:[A-Za-z0-9_.][A-Za-z0-9_.+-]*@)?[A-Za-z0-9_.:\[][A-Za-z0-9_.:%\[\]-]*")


def listed_hosts(text, origin="--hosts"):
    """The hosts of "a,b,c"; one that is listed twice counts once."""
    return checked([word.strip() for word in text.split(",") if word.strip()], origin)


def hosts_of_file(path):
    """A host a line, its first word, as in the hostfiles of MPI; blank lines and comments behind # are nothing."""
    try:
        lines = Path(path).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise ScriptError(f"{path}: {error.strerror}", Exit.IO) from error
    hosts = []
    for number, line in enumerate(lines, start=1):
        words = line.partition("#")[0].split()
        if words:
            hosts += checked(words[:1], f"{path}:{number}")
    if not hosts:
        raise ScriptError(f"{path}: no host is listed", Exit.USAGE)
    return list(dict.fromkeys(hosts))


def checked(hosts, origin):
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise ScriptError(f"{origin}: {host!r} is no host, expected a name, an address or USER@HOST", Exit.USAGE)
    if not hosts:
        raise ScriptError(f"{origin}: no host is listed", Exit.USAGE)
    return list(dict.fromkeys(hosts))


def allocated_hosts(environment=os.environ):
    """The nodes of the Slurm allocation in which this runs, in its order: the task of rank i is on the i-th."""
    nodes = environment.get("SLURM_JOB_NODELIST") or environment.get("SLURM_NODELIST")
    if not nodes:
        raise ScriptError("no Slurm allocation: SLURM_JOB_NODELIST is not set; run this in a job script, or inside salloc", Exit.USAGE)
    try:
        done = subprocess.run(["scontrol", "show", "hostnames", nodes], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except OSError as error:
        raise ScriptError(f"scontrol: {error.strerror}", Exit.UNEXPECTED) from error
    if done.returncode != 0:
        raise ScriptError(f"scontrol show hostnames {nodes}: {done.stderr.strip()}", Exit.UNEXPECTED)
    return checked(done.stdout.split(), "SLURM_JOB_NODELIST")
