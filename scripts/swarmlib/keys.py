"""Make the keys of a directory's peers, each on the machine where the peer runs, and write the fingerprints into PeerInfo.cfg.

A private key stays where it is made: what comes back is its fingerprint alone. A key that is there is never made again.
"""

import os
import re
import shlex
import subprocess
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

from .cfg import ConfigError, is_local, read_bytes, read_peers
from .cli import Exit, ScriptError

_FINGERPRINT = "[A-Za-z0-9_-]{43}"
_WORD = re.compile(rb"[^ \t\r\v\f]+")
_COLUMNS = 4  # before that of the key
# A server with sshd's usual limits takes ten that have not logged in yet, and refuses some of more.
_CONNECTIONS = 8
# ssh takes the first -o of a name, so what the user gives stands before these.
_SSH_OPTIONS = ["-T", *(word for option in ("BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3",
                                            "ClearAllForwardings=yes", "ForwardAgent=no", "LogLevel=ERROR") for word in ("-o", option))]


class Key(NamedTuple):
    fingerprint: str
    origin: str  # "made" now, "kept" as it was, or "listed": only its line is known here


class Remote(NamedTuple):
    """How to reach the machines of others, and what is where there."""

    ssh: list  # the words of the command, with the user's options
    program: str  # as the shell there reads it
    directory: str


def make_keys(directory, program, remote=None):
    """Makes what is missing and replaces PeerInfo.cfg, as a whole, when a fingerprint is new. Returns the exit code.

    `program`: the words that run peerProcess here. Without `remote`, peers on other machines must have their keys listed.
    """
    path = directory / "PeerInfo.cfg"
    content = read_bytes(path)
    peers = read_peers(path, content)
    for peer in peers:
        _words(path, content, peer)  # whatever is wrong with the file is said before a key is made
    near = [peer for peer in peers if is_local(peer.host)]
    far = [peer for peer in peers if peer not in near]
    keys = {}
    if remote is None:
        keys = {peer.id: _listed_key(path, peer) for peer in far}
    keys |= {peer.id: _local_key(program, directory, peer) for peer in near}
    if remote is not None:
        keys |= _remote_keys(remote, far)

    replaced = [peer for peer in peers if peer.key not in ("", keys[peer.id].fingerprint)]
    new = _with_keys(path, content, peers, keys)
    if new != content:
        _replace(path, content, new)
    for peer in replaced:
        print(f"peer {peer.id}: its line had another key, which is replaced")
    counts = Counter(key.origin for key in keys.values())
    print(f"{path} has the keys of {len(peers)} peers: " + ", ".join(f"{counts[origin]} {origin}" for origin in sorted(counts)))
    if far and new != content:
        print("it has to be the same on all machines: copy it to " + ", ".join(dict.fromkeys(peer.host for peer in far)))
    return Exit.COMPLETE


def key_file(directory, peer):
    return f"{directory}/peer_{peer.id}.key"


def _listed_key(path, peer):
    if not peer.key:
        raise ConfigError(
            f"{path}:{peer.line}: peer {peer.id} is on {peer.host}, where its key has to be made: --ssh does that; or run "
            f"peerProcess key {peer.id} there, and write what it prints behind this line"
        )
    return Key(peer.key, "listed")


def _local_key(program, directory, peer):
    file = key_file(directory, peer)
    there = os.path.lexists(file)
    words = ["key", "--show", file] if there else ["key", "--dir", str(directory), str(peer.id)]
    done = subprocess.run([*program, *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    if done.returncode != 0 or not re.fullmatch(_FINGERPRINT + "\n", done.stdout):
        said = done.stderr.strip().removeprefix("peerProcess: ") or f"{shlex.join([*program, *words])} printed no fingerprint"
        raise ScriptError(f"peer {peer.id}: {said}", done.returncode or Exit.UNEXPECTED)
    return Key(done.stdout.strip(), "kept" if there else "made")


def _remote_keys(remote, peers):
    """Of all machines at once; when some fail, all that they said is one error."""
    by_host = {}
    for peer in peers:
        by_host.setdefault(peer.host, []).append(peer)
    keys, errors = {}, []
    with ThreadPoolExecutor(_CONNECTIONS) as threads:
        for result in threads.map(lambda host: _keys_of_host(remote, host, by_host[host]), by_host):
            errors.append(result) if isinstance(result, ScriptError) else keys.update(result)
    if errors:
        raise ScriptError("\n".join(map(str, errors)), errors[0].code)
    return keys


def _keys_of_host(remote, host, peers):
    """The keys of a machine's peers by ID, or the error."""
    # The words of a command are joined and read by a shell there, whatever it is.
    command = [*remote.ssh, *_SSH_OPTIONS, "--", host.strip("[]"), f"exec sh -c {shlex.quote(_script(remote, peers))}"]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace")
    except OSError as error:
        return ScriptError(f"{command[0]}: {error.strerror}", Exit.UNEXPECTED)
    # Shells may print a greeting before.
    found = {int(peer_id): Key(fingerprint, origin)
             for peer_id, origin, fingerprint in re.findall(rf"^key (\d+) (made|kept) ({_FINGERPRINT})$", done.stdout, re.MULTILINE)}
    if done.returncode == 0 and found.keys() == {peer.id for peer in peers}:
        return found
    said = done.stderr.strip() or f"printed no fingerprint, exit code {done.returncode}"
    # ssh's own failures are 255, and so is a command there that a signal has ended.
    code = Exit.NETWORK if done.returncode == 255 else done.returncode or Exit.UNEXPECTED
    return ScriptError("\n".join(f"{host}: {line}" for line in said.splitlines()), code)


def _script(remote, peers):
    lines = []
    for peer in peers:
        file = shlex.quote(key_file(remote.directory, peer))
        show = f"printf '\\nkey {peer.id} kept ' && {remote.program} key --show {file}"
        make = f"printf '\\nkey {peer.id} made ' && {remote.program} key --dir {shlex.quote(remote.directory)} {peer.id}"
        lines.append(f"if [ -e {file} ] || [ -L {file} ]; then {show}; else {make}; fi || exit")
    return "\n".join(lines)


def _words(path, content, peer):
    """Where the words of a peer's line are, as matches in the line."""
    words = list(_WORD.finditer(content.split(b"\n")[peer.line - 1]))
    words = words[: next((i for i, word in enumerate(words) if word[0].startswith(b"#")), len(words))]
    if len(words) not in (_COLUMNS, _COLUMNS + 1):
        raise ConfigError(f"{path}:{peer.line}: {len(words)} words, expected 'peer-ID host port 0-or-1', and behind them a key's fingerprint or nothing")
    if peer.key and not re.fullmatch(_FINGERPRINT, peer.key):
        raise ConfigError(f"{path}:{peer.line}: the fifth word is '{peer.key}', expected the fingerprint of a key or nothing")
    return words


def _with_keys(path, content, peers, keys):
    """The same file with a fingerprint in each line; all that is not a fingerprint stays as it is."""
    lines = content.split(b"\n")
    for peer in peers:
        words, line, key = _words(path, content, peer), lines[peer.line - 1], keys[peer.id].fingerprint.encode()
        if len(words) > _COLUMNS:
            begin, end = words[_COLUMNS].span()
        else:
            begin = end = words[-1].end()
            key = b" " + key
        lines[peer.line - 1] = line[:begin] + key + line[end:]
    return b"\n".join(lines)


def _replace(path, old, new):
    """By one rename, where the file really is, with the owner and the permissions that it has."""
    target = path.resolve()
    temporary = target.with_name(f".{target.name}.{os.getpid()}.new")
    status = target.stat()
    with open(temporary, "xb") as out:
        try:
            with suppress(PermissionError):
                os.fchown(out.fileno(), status.st_uid, status.st_gid)
            os.fchmod(out.fileno(), status.st_mode & 0o777)
            out.write(new)
            out.flush()
            os.fsync(out.fileno())
            if read_bytes(target) != old:
                raise ScriptError(f"{path} was changed meanwhile; nothing is lost: run this again")
            os.replace(temporary, target)
        except BaseException:
            temporary.unlink()
            raise
