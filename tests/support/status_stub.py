"""A made-up peer that answers as docs/STATUS.md says, for what reads a status: the dashboard's page and `swarm top`.

It speaks no protocol of peers. It can be asked on the loopback or on a Unix socket, go away and come back, and say whatever
a test wants: other numbers, hundreds of neighbors, hostile names.
"""

import base64
import hashlib
import http.server
import json
import random
import re
import socket
import socketserver
import threading
import time
from pathlib import Path

PAGE = Path(__file__).resolve().parents[2] / "peer" / "http" / "dashboard.html"
_HISTORY = 120


def bitfield(pieces, count):
    """Base64 of the bitfield that has these pieces of `count`."""
    field = bytearray(-(-count // 8))
    for piece in pieces:
        field[piece >> 3] |= 0x80 >> (piece & 7)
    return base64.b64encode(bytes(field)).decode()


def neighbor(peer_id, pieces, count, **changes):
    """One entry of `neighbors`: linked, unchoked both ways, with that many of `count` pieces."""
    have = sorted(random.Random(peer_id).sample(range(count), pieces))
    return {
        "id": peer_id, "content": "TheFile.dat", "address": f"127.0.0.1:{6000 + peer_id % 1000}", "linked": True, "linked_at": time.time() - 60,
        "met": True, "direction": "accepted" if peer_id % 2 else "dialed", "fault": None, "complete": pieces == count, "pieces": pieces,
        "have": bitfield(have, count), "offers": True, "received_rate": 0.0, "sent_rate": 0.0, "received_bytes": 0, "sent_bytes": 0,
        "chokes_us": False, "choked": False, "interested": True, "interested_in_us": pieces < count, "preferred": True, "optimistic": False,
        "requests": 2, "queued": 0,
    } | changes


def away(peer_id, count, fault="refused"):
    """A neighbor that was never linked."""
    return neighbor(peer_id, 0, count, linked=False, linked_at=None, met=False, direction=None, fault=fault, have=None, offers=False, chokes_us=True,
                    choked=True, interested=False, interested_in_us=False, preferred=False, requests=0)


def document(peer_id=1002, stored=120, count=240, neighbors=(), *, run="a", **changes):
    """A whole /status.json; `changes` replace what stands at the top of it."""
    now, piece = time.time(), 262144
    complete = stored == count
    wave = [4e6 + 2e6 * random.Random(i).random() for i in range(_HISTORY)]
    linked = [n for n in neighbors if n["linked"]]
    have = bitfield(sorted(random.Random(peer_id).sample(range(count), stored)), count)
    received = sum(n["received_rate"] for n in linked)
    return {
        "schema": 1, "time": now,
        "peer": {"id": peer_id, "mode": "classic", "address": f"127.0.0.1:{6000 + peer_id % 1000}", "version": "1.0", "pid": 4711, "run": run,
                 "started": now - 90, "uptime": 90.0},
        "content": {"kind": "file", "name": "TheFile.dat", "id": None, "size": count * piece, "piece_size": piece, "pieces": count, "stored": stored,
                    "stored_bytes": stored * piece, "have": have, "counts_from": 0, "files": 1, "files_done": int(complete)},
        "state": {"name": "serving" if complete else "fetching", "since": now - 80, "complete": complete, "ready": complete, "exit_when": "all",
                  "leaves_at": None, "eta": (count - stored) * piece / received if received and not complete else None},
        "rates": {"received": received, "sent": sum(n["sent_rate"] for n in linked)},
        "totals": {"received_bytes": stored * piece, "sent_bytes": 3 * piece, "pieces_stored": stored, "pieces_rejected": 0,
                   "links_established": len(linked), "links_ended": dict.fromkeys(
                       ("remote", "violation", "refused", "handshake_timeout", "crowded", "duplicate", "unresponsive", "renewed", "flood", "needless",
                        "unlisted"), 0)},
        "stuck": None,
        "waiting": {"choked": 3.25, "nobody_holds": 0.0, "disk": 0.0, "hash": 0.0, "socket": 0.5, "other": 0.0},
        "neighbors": list(neighbors),
        "swarm": {"known": len(neighbors) + 1, "linked": len(linked), "complete": sum(n["complete"] for n in neighbors) + complete,
                  "unchoking_us": sum(not n["chokes_us"] for n in linked), "unchoked": sum(not n["choked"] for n in linked), "rarest_copies": 1,
                  "rarest_pieces": 17, "mean_copies": 2.5},
        "events": {"last": 0, "first": 0, "recent": []},
        "history": {"interval": 1.0, "received": wave, "sent": [value / 3 for value in wave]},
    } | changes


class StatusStub:
    """Serves `document` (a value or a function that makes one) and the events that were given to say()."""

    def __init__(self, document, path=None):
        """On the Unix socket `path`, or on a free port of the loopback."""
        self.document = document
        self.token = None
        self.streams = True  # else there are too many
        self.polls = 0
        self._path, self._port, self._server = path and str(path), 0, None
        self._events, self._news = [], threading.Condition()
        self.come_back()

    @property
    def url(self):
        return f"http://127.0.0.1:{self._port}/"

    @property
    def address(self):
        """As `swarm top --status` takes it."""
        return f"unix:{self._path}" if self._path else f"127.0.0.1:{self._port}"

    def say(self, event, **fields):
        with self._news:
            self._events.append({"seq": len(self._events) + 1, "time": time.time(), "event": event} | fields)
            self._news.notify_all()

    def go_away(self):
        """As a process that has ended: nobody listens, and what was open is closed."""
        server, self._server = self._server, None
        if server is None:
            return
        with self._news:
            server.is_over = True
            self._news.notify_all()
        server.shutdown()
        server.server_close()
        for connection in list(server.connections):
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass  # It has ended already.
        if self._path:
            Path(self._path).unlink(missing_ok=True)

    def come_back(self):
        """At the same place, as another run that begins its events anew."""
        self._events = []
        kind = _UnixServer if self._path else _TcpServer
        self._server = kind(self._path or ("127.0.0.1", self._port), _Handler)
        self._server.stub, self._server.connections, self._server.is_over = self, set(), False
        if not self._path:
            self._port = self._server.server_address[1]
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def events_after(self, seq, server):
        """Waits a while for later events than `seq`; None when the peer is gone."""
        with self._news:
            self._news.wait_for(lambda: server.is_over or len(self._events) > seq, 1.0)
            return None if server.is_over else self._events[seq:]


def policy(page):
    """The Content-Security-Policy that lets this page do what it must and no more."""
    hashes = {tag: base64.b64encode(hashlib.sha256(re.search(rf"<{tag}[^>]*>(.*?)</{tag}>", page, re.DOTALL)[1].encode()).digest()).decode()
              for tag in ("style", "script")}
    return (f"default-src 'none'; script-src 'sha256-{hashes['script']}'; style-src 'sha256-{hashes['style']}'; img-src data:; connect-src 'self'; "
            "base-uri 'none'; form-action 'none'; frame-ancestors 'none'")


class _TcpServer(socketserver.ThreadingMixIn, http.server.HTTPServer):
    daemon_threads, allow_reuse_address = True, True


class _UnixServer(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


class _Handler(http.server.BaseHTTPRequestHandler):
    def setup(self):
        super().setup()
        self.server.connections.add(self.connection)

    def finish(self):
        self.server.connections.discard(self.connection)
        super().finish()

    def log_message(self, *_):
        pass

    def address_string(self):
        return "a reader"

    def do_GET(self):
        stub, place = self.server.stub, self.path.partition("?")[0]
        if place == "/":
            page = PAGE.read_text(encoding="utf-8")
            return self._answer(page.encode(), "text/html; charset=utf-8", policy(page))
        if stub.token and self.headers["Authorization"] != f"Bearer {stub.token}":
            return self._answer(b"the token is missing\n", "text/plain", code=401)
        if place == "/status.json":
            stub.polls += 1
            now = stub.document() if callable(stub.document) else stub.document
            return self._answer(json.dumps(now).encode(), "application/json")
        if place == "/events" and not stub.streams:
            return self._answer(b"too many streams\n", "text/plain", code=503)
        if place == "/events":
            return self._stream(int((re.search(r"since=(\d+)", self.path) or [0, 0])[1]))
        return self._answer(b"no such path\n", "text/plain", code=404)

    def _answer(self, body, kind, policy_text=None, code=200):
        self.send_response(code)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Cache-Control", "no-store")
        if policy_text:
            self.send_header("Content-Security-Policy", policy_text)
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, seq):
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.end_headers()
        try:
            while (news := self.server.stub.events_after(seq, self.server)) is not None:
                for event in news:
                    seq = event["seq"]
                    self.wfile.write(f"id: {seq}\ndata: {json.dumps(event, separators=(',', ':'))}\n\n".encode())
                self.wfile.write(b": \n\n")
        except OSError:
            pass  # The reader has left.
