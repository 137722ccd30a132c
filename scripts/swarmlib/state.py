"""DIR/.swarm.json: which processes belong to the swarm of a directory; what `status` and `stop` do with that."""

import json
import os
import time
from dataclasses import replace

from .cfg import is_local
from .cli import Exit
from .logs import PeerProgress
from .process import Identity
from .table import Row, Snapshot, row_of, table_lines

STOP_PATIENCE_S = 6.0  # A peer has five seconds to leave in order after SIGTERM.
_WATCH_S = 1.0  # How long `status` looks, to tell the present rate.


def _path(directory):
    return directory / ".swarm.json"


def write_state(directory, started, processes, log_offsets):
    """Notes the launcher (the caller) and the peers that run, with the place where each peer's log was then."""
    state = {
        "launcher": Identity.of(os.getpid()),
        "started": started,  # on time.monotonic(), which all processes share
        "peers": {
            process.peer.id: {"identity": process.identity, "log_offset": log_offsets[process.peer.id]}
            for process in processes
            if process.identity is not None
        },
    }
    unfinished = _path(directory).with_suffix(".json.new")
    unfinished.write_text(json.dumps(state, indent=1) + "\n")
    unfinished.rename(_path(directory))


def remove_state(directory):
    _path(directory).unlink(missing_ok=True)


def running(directory):
    """The noted state while at least one of its processes is alive, else None."""
    try:
        state = json.loads(_path(directory).read_text())
        state["launcher"] = Identity(*state["launcher"])
        for peer in state["peers"].values():
            peer["identity"] = Identity(*peer["identity"])
    except (FileNotFoundError, ValueError, KeyError, TypeError):
        return None
    everyone = [state["launcher"], *(peer["identity"] for peer in state["peers"].values())]
    return state if any(identity.is_alive() for identity in everyone) else None


def follow_logs(config, state, window_s):
    """(PeerProgress, Identity) of the noted peers. What was logged before now is dated back, out of the window of the rate."""
    noted = state["peers"]
    progresses = [
        (PeerProgress(config, peer, state["started"], noted[str(peer.id)]["log_offset"], window_s), noted[str(peer.id)]["identity"])
        for peer in config.peers
        if str(peer.id) in noted
    ]
    for progress, _ in progresses:
        progress.update(time.monotonic() - window_s)
    return progresses


def print_status(config):
    """Prints the table of the swarm that runs in the directory. Exit code 1 when there is none."""
    state = running(config.directory)
    if state is None:
        print(f"no swarm runs in {config.directory}")
        return Exit.UNEXPECTED
    # The launcher notes its peers when all of them are started.
    noted = state["peers"]
    waiting = [Row(peer.id, not peer.has_file, "starting", 0.0, 0, []) for peer in config.peers if str(peer.id) not in noted and is_local(peer.host)]
    progresses = follow_logs(config, state, _WATCH_S)
    time.sleep(_WATCH_S)
    now = time.monotonic()
    rows = [*waiting]
    for progress, identity in progresses:
        progress.update(now)
        row = row_of(progress, now, end=None if identity.is_alive() else "left")
        # When a peer became complete is not known here, so neither is its average rate.
        rows.append(row if progress.completed is None else replace(row, rate=0))
    launcher = state["launcher"]
    print(f"swarm in {config.directory}, launcher", f"pid {launcher.pid}" if launcher.is_alive() else "is gone")
    for text, _ in table_lines(Snapshot(now - state["started"], rows), width=100):
        print(text)
    return Exit.COMPLETE


def stop(directory):
    """Stops the swarm that runs in the directory: through its launcher, and what is left without one directly."""
    state = running(directory)
    if state is None:
        print(f"no swarm runs in {directory}")
        return Exit.COMPLETE
    # The launcher stops its peers in order and takes at most its own patience for that.
    state["launcher"].end(2 * STOP_PATIENCE_S)
    for peer in state["peers"].values():
        peer["identity"].end(STOP_PATIENCE_S)
    remove_state(directory)
    print(f"stopped the swarm in {directory}")
    return Exit.COMPLETE
