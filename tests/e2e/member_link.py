"""Members as bytes: the question for members, its answer, and nodes that play by it and mean harm (docs/PROTOCOL.md, "Asking for
members"). For test_members.py and bench/members."""

import hashlib
import selectors
import socket
import threading

from wire_link import HEADER

MARK, FETCH_MEMBERS = 0x80, 0x08
MEMBERS, INTRODUCTION = 10, 11


def key_of(network):
    return hashlib.sha256(b"peerProcess members\n" + network.encode()).digest()[:8]


def introduction(port=0, leaving=False):
    return (4).to_bytes(4, "big") + bytes([INTRODUCTION]) + port.to_bytes(2, "big") + bytes([leaving])


def ask(port, key, behind=introduction(), peer_id=77, patience_s=60):
    """What a node answers to a question for members; empty when it says nothing."""
    with socket.create_connection(("127.0.0.1", port), timeout=patience_s) as link:
        link.sendall(HEADER + bytes([MARK, FETCH_MEMBERS]) + key + peer_id.to_bytes(4, "big") + behind)
        answer = b""
        try:
            while part := link.recv(65536):
                answer += part
        except ConnectionError:
            pass
        return answer


class Crowd:
    """Members that mean harm: each answers a question for members, with `lines` or with a thousand addresses at which nobody
    listens, others each time; it accepts everybody else and is silent."""

    def __init__(self, count, key, lines=None):
        self._select = selectors.DefaultSelector()
        self._key, self._named, self._over = key, 0, False
        self._lines = lines or self._made_up
        self.ports, self.questions = [], 0
        for number in range(count):
            listener = socket.create_server(("127.0.0.1", 0), backlog=64)
            listener.setblocking(False)
            self.ports.append(listener.getsockname()[1])
            self._select.register(listener, selectors.EVENT_READ, number)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def close(self):
        self._over = True
        self._thread.join()
        for key in list(self._select.get_map().values()):
            key.fileobj.close()
        self._select.close()

    def _run(self):
        while not self._over:
            for key, _ in self._select.select(timeout=0.05):
                if isinstance(key.data, int):
                    link = key.fileobj.accept()[0]
                    link.setblocking(False)
                    self._select.register(link, selectors.EVENT_READ, (key.data, bytearray()))
                else:
                    self._take(key.fileobj, *key.data)

    def _take(self, link, number, said):
        try:
            part = link.recv(4096)
            said += part
            if part and len(said) >= 40 and said[19] == FETCH_MEMBERS:
                self.questions += 1
                text = ("peerProcess members 1\n" + self._lines()).encode()
                link.setblocking(True)
                link.sendall(HEADER + bytes([MARK, 0]) + self._key + (5000 + number).to_bytes(4, "big") +
                             (1 + len(text)).to_bytes(4, "big") + bytes([MEMBERS]) + text)
                part = b""
        except OSError:
            part = b""
        if not part:
            self._select.unregister(link)
            link.close()

    def _made_up(self):
        self._named += 1000
        return "".join(f"127.{1 + i // 60000 % 200}.{i // 250 % 240}.{1 + i % 250}:{10000 + i % 50000} {i} 0\n"
                       for i in range(self._named - 1000, self._named))
