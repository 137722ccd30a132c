#!/usr/bin/env python3
"""What strangers cost an honest client of --http: its time alone, and while each kind of flood goes on.

usage: http_floods.py CONTENT_NODE [ROUNDS]      CONTENT_NODE: build/release/content_node

One node that has all bytes, on the loopback; the honest client fetches 64 MiB on a new connection, ROUNDS times (20),
and the median counts. The floods come from one more process of this machine, so they take its processors, too.
"""

import http.client
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

FILE_BYTES = 64 << 20
HEAD = b"GET /big HTTP/1.1\r\nHost: localhost\r\n"


def connect(port):
    return socket.create_connection(("127.0.0.1", port))


def keep_open(port, first, more=None, count=1000):
    """So many connections that say `first`, and `more` each second; whichever is closed is made anew."""
    selector = selectors.DefaultSelector()
    said = 0.0
    while True:
        while len(selector.get_map()) < count:
            link = connect(port)
            link.setblocking(False)
            link.send(first)
            selector.register(link, selectors.EVENT_READ)
        for key, _ in selector.select(0.1):
            try:
                gone = not key.fileobj.recv(1)
            except BlockingIOError:
                continue
            except OSError:
                gone = True
            if gone:
                selector.unregister(key.fileobj)
                key.fileobj.close()
        if more and time.monotonic() - said > 1:
            said = time.monotonic()
            for key in list(selector.get_map().values()):
                try:
                    key.fileobj.send(more)
                except OSError:
                    pass


def idle(port):
    keep_open(port, b"")


def trickling(port):
    keep_open(port, HEAD, b"X: y\r\n")


def slow_readers(port):
    """They ask for all of it, and take a byte at a time."""
    keep_open(port, HEAD + b"\r\n")


def repeat(port, request):
    while True:
        with connect(port) as link:
            try:
                link.sendall(request)
                while link.recv(1 << 16):
                    pass
            except OSError:
                pass


def header_flood(port):
    repeat(port, HEAD + b"".join(b"X-%d: y\r\n" % i for i in range(1_000_000)) + b"\r\n")


def many_ranges(port):
    repeat(port, HEAD.replace(b"GET", b"HEAD") + b"Connection: close\r\nRange: bytes=" + b",".join(b"%d-" % i for i in range(2000)) + b"\r\n\r\n")


def many_small_ranges(port):
    spans = b",".join(b"%d-%d" % (1000 * i, 1000 * i) for i in range(1200))
    while True:
        with connect(port) as link:
            link.sendall(HEAD + b"Range: bytes=" + spans + b"\r\n\r\n")
            link.recv(1 << 16)


def reconnecting(port):
    while True:
        connect(port).close()


FLOODS = (idle, trickling, slow_readers, header_flood, many_ranges, many_small_ranges, reconnecting)


refused = 0


def fetch(port):
    global refused
    began = time.monotonic()
    while True:
        link = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        link.request("GET", "/big")
        reply = link.getresponse()
        if reply.status == 200:
            break
        refused += 1
        assert reply.status == 503, reply.status
        link.close()
    size = 0
    while part := reply.read(1 << 20):
        size += len(part)
    assert size == FILE_BYTES
    link.close()
    return time.monotonic() - began


def main():
    program = sys.argv[1]
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 20
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "big").write_bytes(os.urandom(FILE_BYTES))
        node = subprocess.Popen([program, folder, "--http", "0"], stdin=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        port = int(node.stderr.readline().rsplit(":", 1)[1].strip("/\n"))
        for flood in FLOODS:
            alone = [fetch(port) for _ in range(rounds)]
            child = os.fork()
            if child == 0:
                try:
                    flood(port)
                finally:
                    os._exit(0)
            time.sleep(3)
            flooded = statistics.median(fetch(port) for _ in range(rounds))
            os.kill(child, 9)
            os.waitpid(child, 0)
            alone = statistics.median(alone + [fetch(port) for _ in range(rounds)])
            status = Path(f"/proc/{node.pid}/status").read_text(encoding="ascii")
            memory = next(line.split()[1] for line in status.splitlines() if line.startswith("VmRSS"))
            print(f"{flood.__name__:20} {alone * 1000:7.1f} ms alone, {flooded * 1000:7.1f} ms flooded: {flooded / alone:5.2f}; "
                  f"{int(memory) >> 10} MiB, refused {refused} times", flush=True)
        node.stdin.close()
        node.wait()


if __name__ == "__main__":
    main()
