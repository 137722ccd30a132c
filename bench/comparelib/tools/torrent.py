"""What BitTorrent's clients need: a torrent file, and a tracker that tells everybody of everybody."""

import hashlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from swarmlib.create import HOST, free_ports

from .base import FILE_NAME, Tool, address


def bencode(value):
    if isinstance(value, int):
        return b"i%de" % value
    if isinstance(value, str):
        return bencode(value.encode())
    if isinstance(value, bytes):
        return b"%d:%s" % (len(value), value)
    if isinstance(value, list):
        return b"l%se" % b"".join(map(bencode, value))
    return b"d%se" % b"".join(bencode(key) + bencode(value[key]) for key in sorted(value))


def make_torrent(path, source, piece, tracker=None):
    hashes = b""
    with open(source, "rb") as file:
        while block := file.read(piece):
            hashes += hashlib.sha1(block).digest()
    info = {"length": source.stat().st_size, "name": FILE_NAME, "piece length": piece, "pieces": hashes, "private": 1}
    path.write_bytes(bencode({"info": info} | ({"announce": tracker} if tracker else {})))


class Tracker:
    """Answers every announcement with all the others that have announced themselves, on a thread of this process."""

    def __init__(self):
        self._peers = set()
        tracker = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):  # noqa: N802  # the base class calls it so
                query = parse_qs(urlsplit(self.path).query, encoding="latin-1")
                body = tracker._answer(self.client_address[0], query)
                self.send_response(200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            request_queue_size = 256

        self._server = Server((HOST, 0), Handler)
        self.url = f"http://{HOST}:{self._server.server_port}/announce"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def knows(self, ip):
        return any(known == ip for known, _ in self._peers)

    def close(self):
        self._server.shutdown()
        self._server.server_close()

    def _answer(self, ip, query):
        if "port" not in query:  # a client that is just being stopped
            return bencode({"failure reason": "no port"})
        peer = (ip, int(query["port"][0]))
        if query.get("event") == ["stopped"]:
            self._peers = self._peers - {peer}
        else:
            self._peers = self._peers | {peer}
        others = b"".join(socket.inet_aton(host) + port.to_bytes(2, "big") for host, port in self._peers - {peer})
        return bencode({"interval": 5, "min interval": 1, "peers": others})


class Client(Tool):
    """A client that is up without a torrent, and is given it when it shall begin. The source has been given it before."""

    _tracker = None

    def prepare(self):
        self._tracker = Tracker()
        self._torrent = self.folder / "data.torrent"
        make_torrent(self._torrent, self.source, self.case.piece, self._tracker.url)
        self.control = {}
        for i in range(-1, self.case.leechers):
            self.control[i], listening = free_ports(2)
            name, folder = ("source", self.source.parent) if i < 0 else (f"leecher{i}", self.copies[i].parent)
            self.start(name, i, folder, listening)
        self.crew.wait_until(lambda: all(map(self.is_controllable, self.control)), "the clients")
        self.add(-1, self._torrent.read_bytes())
        self.crew.wait_until(lambda: self._tracker.knows(address(-1)), "the source's announcement")

    def go(self):
        content = self._torrent.read_bytes()
        threads = [threading.Thread(target=self.add, args=(i, content)) for i in range(self.case.leechers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    def close(self):
        if self._tracker:
            self._tracker.close()

    def is_controllable(self, i):
        try:
            socket.create_connection((HOST, self.control[i]), 1).close()
            return True
        except OSError:
            return False

    def hook(self, i):
        """A program that makes leecher i's mark."""
        path = self.folder / f"complete{i}.sh"
        path.write_text(f"#!/bin/sh\n: >'{self.marks[i]}'\n")
        path.chmod(0o755)
        return path

    def start(self, name, i, folder, port):
        """Starts client i, which listens on that port of its address and can be controlled through control[i]."""
        raise NotImplementedError

    def add(self, i, torrent):
        """Has client i fetch, or serve, that torrent."""
        raise NotImplementedError
