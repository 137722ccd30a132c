"""An HTTP server with versions of files, that tests use as the origin of gateways: what it has, says and sends is up to the test."""

import socket
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CHUNK = 16 * 1024


class OriginServer:
    """Serves `files`: path without its first slash -> bytes. Everything may be changed while it runs."""

    def __init__(self, files, port=0):
        self.files = dict(files)
        self.marks = {}  # path -> ETag; by default one that the bytes decide
        self.ranges = True
        self.status = None  # in the place of any other
        self.sent = 0  # bytes of bodies, in all
        self.allowed = None  # so many are sent at most; None: all
        self.requests = []  # (path, the Range header, the Authorization header)
        self._lock = threading.Lock()
        self._connections = []
        self._stopped = False
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self):
                super().setup()
                with outer._lock:
                    outer._connections.append(self.connection)

            def do_GET(self):
                outer._answer(self)

            def log_message(self, *_):
                pass

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 128

            def handle_error(self, *_):
                pass  # a client that has gone

        self._server = Server(("127.0.0.1", port), Handler)
        self.port = self._server.server_port
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        self._thread.start()

    def url(self, credentials="", path=""):
        return f"http://{credentials and credentials + '@'}127.0.0.1:{self.port}/{path}"

    def allow(self, more):
        with self._lock:
            self.allowed = None if more is None else (self.allowed or 0) + more

    def asked_ranges(self):
        """How many requests there were for more than a version."""
        with self._lock:
            return sum(asked != "bytes=0-0" for _, asked, _ in self.requests)

    def stop(self):
        """Connections break."""
        if self._stopped:
            return
        self._stopped = True
        self._server.shutdown()
        self._server.server_close()
        with self._lock:
            for connection in self._connections:
                try:
                    connection.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass  # it is over already

    def _take(self, count):
        """Waits until so many bytes may be sent."""
        while not self._stopped:
            with self._lock:
                if self.allowed is None or self.allowed >= count:
                    if self.allowed is not None:
                        self.allowed -= count
                    self.sent += count
                    return
            time.sleep(0.01)

    def _answer(self, handler):
        path = handler.path.lstrip("/")
        asked = handler.headers.get("Range")
        with self._lock:
            self.requests.append((path, asked, handler.headers.get("Authorization")))
            data, status = self.files.get(path), self.status
            mark = self.marks.get(path, f'"{hash(data):x}"')
        if status or data is None:
            handler.send_response(status or 404)
            handler.send_header("Content-Length", "5")
            handler.end_headers()
            handler.wfile.write(b"sorry")
            return
        first, last = 0, len(data) - 1
        if asked and self.ranges and not data:
            handler.send_response(416)
            handler.send_header("Content-Range", "bytes */0")
        elif asked and self.ranges:
            first, last = asked.removeprefix("bytes=").split("-")
            first, last = int(first), min(int(last), len(data) - 1)
            handler.send_response(206)
            handler.send_header("Content-Range", f"bytes {first}-{last}/{len(data)}")
        else:
            handler.send_response(200)
        handler.send_header("ETag", mark)
        handler.send_header("Content-Length", str(last + 1 - first))
        handler.end_headers()
        while first <= last:
            part = data[first:min(first + CHUNK, last + 1)]
            if last + 1 - first > 1 or first > 0:
                self._take(len(part))
            handler.wfile.write(part)
            first += len(part)
