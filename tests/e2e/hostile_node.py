"""Somebody who answers as a node and means harm."""

import socket
import threading

from swarm_case import DEADLINE_S
from wire_link import HEADER, message

# An exchange is one in which peers name each other, or a plain one.
EXCHANGE, PLAIN_EXCHANGE, FETCH_MANIFEST, FETCH_CATALOG = 16, 0, 1, 2


class HostileNodes:
    """For a TestCase."""

    def node(self, answer, peer_id=12345, host="127.0.0.1"):
        """An address where each connection gets its handshake answered as ours are, with this ID, and then what
        `answer(wish, prefix)` says. For EXCHANGE that may be a function of the connection instead of bytes."""
        listener = socket.create_server((host, 0))
        self.addCleanup(listener.close)

        def converse(link):
            with link:
                link.settimeout(DEADLINE_S)
                hello = link.recv(32, socket.MSG_WAITALL)
                if len(hello) == 32:
                    link.sendall(hello[:18] + bytes([0x80, hello[19] & EXCHANGE]) + hello[20:28] + peer_id.to_bytes(4, "big"))
                    said = answer(hello[19], hello[20:28])
                    if callable(said):
                        said(link)
                    else:
                        link.sendall(said)
                        link.shutdown(socket.SHUT_WR)
                    link.recv(1)

        def accept():
            while True:
                try:
                    link = listener.accept()[0]
                except OSError:
                    return
                threading.Thread(target=self.quietly, args=(converse, link), daemon=True).start()

        threading.Thread(target=accept, daemon=True).start()
        return f"{host}:{listener.getsockname()[1]}"

    @staticmethod
    def quietly(function, *args):
        try:
            function(*args)
        except OSError:
            pass  # the other end has gone

    message = staticmethod(message)


def hello(features, prefix, peer_id):
    """A handshake of one of ours."""
    return HEADER + bytes([0x80, features]) + prefix + peer_id.to_bytes(4, "big")


def catalog(*entries):
    """The text of one; entries are (name, size, content id)."""
    lines = ",\n".join(f'{{"name":"{name}","size":{size},"content_id":"{content_id}"}}' for name, size, content_id in entries)
    return f'{{"peerProcess_catalog":1,"entries":[\n{lines}\n]}}\n'.encode()
