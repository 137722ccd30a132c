"""`swarm top`: all peers of a directory, or of a list of status addresses, live.

A peer that has --status is asked for it. Of one that has not, the launcher's notes and its log tell what they can; and of one
that runs elsewhere, what the others have heard from it.
"""

import sys
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from .cli import Exit, ScriptError
from .files import socket_file
from .state import follow_logs, running
from .status import NoStatus, StatusAddress, ask, printable
from .table import row_of
from .toptable import TopRow, View, open_top

_ASKED_AT_ONCE = 16
_WINDOW_S = 3.0  # over which the rates of logs are taken


def row_of_status(status):
    """The row of a peer from its status. Raises KeyError and the like where that is not as docs/STATUS.md says."""
    content, state, swarm, rates = status["content"], status["state"], status["swarm"], status["rates"]
    given = Counter()
    for n in status["neighbors"]:
        # How much each gives now; of what is complete, who gave it.
        given[int(n["id"])] += float(n["received_bytes"] if state["complete"] else n["received_rate"])
    total = given.total()
    sources = sorted(((one, part / total) for one, part in given.items() if part > 0), key=lambda source: -source[1])
    share = 1.0 if state["complete"] else content["stored"] / content["pieces"] if content["pieces"] else 0.0
    name = {"fetching": "leeching", "serving": "complete" if state["complete"] else "serving"}.get(state["name"], state["name"])
    return TopRow(
        peer_id=int(status["peer"]["id"]),
        state=printable(name),
        share=_share(share),
        received=float(rates["received"]),
        sent=float(rates["sent"]),
        sources=sources,
        linked=int(swarm["linked"]),
        unchoking=int(swarm["unchoking_us"]),
        why=str(status["stuck"]["text"]) if status["stuck"] else "",
    )


def shares_of_neighbors(status):
    """How much of the content each linked neighbor has, as far as it told: 0 to 1 by peer ID."""
    pieces = status["content"]["pieces"]
    linked = [n for n in status["neighbors"] if n["linked"]]
    return {int(n["id"]): 1.0 if n["complete"] else _share(n["pieces"] / pieces) for n in linked if n["complete"] or pieces}


def _share(number):
    return min(1.0, max(0.0, float(number)))


def _row_of_log(progress, now, is_alive):
    row = row_of(progress, now, end=None if is_alive else "left")
    rate = 0.0 if progress.completed is not None else row.rate
    return TopRow(peer_id=row.peer_id, state=row.state, share=row.share, received=rate, sources=row.sources)


class _Watched:
    """A peer that is looked at, by its status address where it has one."""

    def __init__(self, address):
        self.address = address
        self.row = None  # the newest of its own status
        self.answers = False
        self.problem = ""  # why it does not answer
        self.heard = {}  # from its neighbors: share by peer ID

    def ask(self, token):
        try:
            status = ask(self.address, token)
            self.row, self.heard = row_of_status(status), shares_of_neighbors(status)
            self.answers, self.problem = True, ""
        except NoStatus as problem:
            self.answers, self.problem = False, str(problem)
        except (KeyError, TypeError, ValueError, OverflowError):
            self.answers, self.problem = False, "answers otherwise than docs/STATUS.md says"


class AddressList:
    """The peers behind a list of status addresses."""

    def __init__(self, texts, token):
        self._watched = [_Watched(StatusAddress(text)) for text in texts]
        self._token = token

    def look(self, pool):
        """The rows as they are now, and whether anybody is left."""
        list(pool.map(lambda watched: watched.ask(self._token), self._watched))
        rows = []
        for watched in self._watched:
            if watched.answers:
                rows.append(watched.row)
            elif watched.row:
                rows.append(watched.row.ended("gone"))
            else:
                rows.append(TopRow(peer_id=watched.address.text, state="gone", why=watched.problem))
        return rows, any(watched.answers for watched in self._watched)

    def nobody(self):
        return ScriptError("; ".join(f"{watched.address.text} {watched.problem}" for watched in self._watched), Exit.NETWORK)


class Directory:
    """The peers of a directory."""

    def __init__(self, config, token):
        self._config = config
        self._token = token
        self._watched = {peer.id: _Watched(StatusAddress(f"unix:{socket_file(config, peer).absolute()}")) for peer in config.peers}
        self._started = None  # of the launch whose logs are followed
        self._logs = {}  # by peer ID: (PeerProgress, Identity)

    def look(self, pool):
        """The rows as they are now, and whether anybody is left."""
        list(pool.map(lambda watched: watched.ask(self._token), self._watched.values()))
        state = running(self._config.directory)
        if state is not None and (state["started"], len(state["peers"])) != self._started:
            self._started = (state["started"], len(state["peers"]))
            self._logs = {progress.peer.id: (progress, identity) for progress, identity in follow_logs(self._config, state, _WINDOW_S)}
        now = time.monotonic()
        heard = {}
        for watched in self._watched.values():
            if watched.answers:
                heard |= {peer_id: max(share, heard.get(peer_id, 0.0)) for peer_id, share in watched.heard.items()}
        rows = [self._row(peer, now, heard) for peer in self._config.peers]
        return rows, state is not None or any(watched.answers for watched in self._watched.values())

    def _row(self, peer, now, heard):
        watched = self._watched[peer.id]
        if watched.answers:
            return watched.row
        if found := self._logs.get(peer.id):
            progress, identity = found
            progress.update(now)
            row = _row_of_log(progress, now, identity.is_alive())
            # Its log may have been written by an earlier life as well: its own word counts more.
            return watched.row.ended(row.state) if watched.row and row.state == "left" else row
        if watched.row:
            return watched.row.ended("gone")
        if peer.id in heard:
            return TopRow(peer_id=peer.id, state="heard of", share=heard[peer.id])
        return TopRow(peer_id=peer.id, state="unseen")

    def nobody(self):
        return ScriptError(f"no swarm runs in {self._config.directory}")


def run_top(source, *, interval_s, once, stream=sys.stdout):
    """Shows a directory or a list of addresses until nobody is left, or until Ctrl-C: both are its good end."""
    display = open_top(stream, interval_s)
    started = time.monotonic()
    with ThreadPoolExecutor(_ASKED_AT_ONCE) as pool:
        rows, anybody = source.look(pool)
        if not anybody:
            raise source.nobody()
        try:
            while anybody:
                if not once:
                    display.show(View(time.monotonic() - started, rows))
                time.sleep(interval_s)
                rows, anybody = source.look(pool)
                if once:
                    break
        except KeyboardInterrupt:
            pass
        display.finish(View(time.monotonic() - started, rows))
    return Exit.COMPLETE
