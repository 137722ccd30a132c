"""A program: the least that a torrent client needs of a tracker. Who announces is told of all others that did.

  tracker.py ADDRESS PORT
"""

import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from lanlib.torrent import bencoded

_peers = set()


class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        query = parse_qs(urlsplit(self.path).query)
        me = self.client_address[0], int(query["port"][0])
        _peers.add(me)
        packed = b"".join(socket.inet_aton(address) + port.to_bytes(2, "big") for address, port in sorted(_peers - {me}))
        body = bencoded({"interval": 2, "min interval": 1, "peers": packed})
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        print("announce from", *me, flush=True)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    ThreadingHTTPServer.request_queue_size = 256
    ThreadingHTTPServer((sys.argv[1], int(sys.argv[2])), Handler).serve_forever()
