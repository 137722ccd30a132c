"""A neighbor played by the test: a socket, and the bytes of docs/PROTOCOL.md written out."""

import socket

from swarm_case import DEADLINE_S, SwarmCase

HEADER = b"P2PFILESHARINGPROJ"
CHOKE, UNCHOKE, INTERESTED, NOT_INTERESTED, HAVE, BITFIELD, REQUEST, PIECE = range(8)
PEERS = 17


def handshake(peer_id, reserved=bytes(10)):
    return HEADER + reserved + peer_id.to_bytes(4, "big")


def message(kind, payload=b"", length=None):
    """A message; `length` is a false one."""
    return (1 + len(payload) if length is None else length).to_bytes(4, "big") + bytes([kind]) + payload


def indexed(kind, index, data=b""):
    return message(kind, index.to_bytes(4, "big") + data)


def bitfield(pieces, count):
    """The bitfield of a peer with these pieces of `count`."""
    bits = "".join("1" if index in pieces else "0" for index in range(count)).ljust(-(-count // 8) * 8, "0")
    return message(BITFIELD, bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits), 8)))


class WireLink:
    """One connection to a peer under test. Every wait ends at the deadline with an error."""

    def __init__(self, connected):
        self.socket = connected
        self.socket.settimeout(DEADLINE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, *frames):
        """All in one segment, where it is large enough."""
        self.socket.sendall(b"".join(frames))

    def send_bytewise(self, *frames):
        for byte in b"".join(frames):
            self.socket.sendall(bytes([byte]))

    def nothing_came(self):
        """Whether no byte has arrived so far."""
        self.socket.setblocking(False)
        try:
            self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return True
        finally:
            self.socket.settimeout(DEADLINE_S)
        return False

    def read(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise EOFError(f"the peer ended the connection after {data!r}")
            data += more
        return data

    def read_message(self):
        """The next message as (type, payload)."""
        length = int.from_bytes(self.read(4), "big")
        body = self.read(length)
        return body[0], body[1:]

    def read_until(self, kind):
        """All messages up to the first of a type, that one included."""
        messages = [self.read_message()]
        while messages[-1][0] != kind:
            messages.append(self.read_message())
        return messages

    def rest(self):
        """Everything up to the end of the connection, however the peer ends it."""
        data = b""
        try:
            while more := self.socket.recv(65536):
                data += more
        except ConnectionError:
            pass
        return data

    def close(self):
        self.socket.close()


class WireCase(SwarmCase):
    """A test that plays neighbors of its swarms' peers."""

    def swarm_with(self, peer_id, *options, **description):
        """A swarm of which only this peer has been started, with its messages on stderr; (swarm, peer)."""
        swarm = self.swarm(**description)
        return swarm, swarm.start(peer_id, "--log-level", "info", *options)

    def connect(self, swarm, peer_id, machine="127.0.0.1"):
        """A connection to the peer, as soon as it listens, from this address."""
        links = []

        def accepted():
            try:
                connected = socket.create_connection(("127.0.0.1", swarm.ports[peer_id]), timeout=DEADLINE_S,
                                                     source_address=(machine, 0))
            except ConnectionRefusedError:
                return False
            links.append(WireLink(connected))
            return True

        swarm.wait_until(accepted, f"peer {peer_id} to listen")
        self.addCleanup(links[0].close)
        return links[0]

    def listen(self, swarm, peer_id):
        """A listener in the place of a peer; close it when the peer itself shall come."""
        listener = socket.create_server(("127.0.0.1", swarm.ports[peer_id]))
        listener.settimeout(DEADLINE_S)
        self.addCleanup(listener.close)
        return listener

    def accept(self, listener):
        link = WireLink(listener.accept()[0])
        self.addCleanup(link.close)
        return link

    def greet(self, swarm, peer_id, own_id, *frames, reserved=bytes(10), machine="127.0.0.1"):
        """A link on which handshakes and the peer's bitfield have been exchanged; ours goes out with `frames`."""
        link = self.connect(swarm, peer_id, machine)
        link.send(handshake(own_id, reserved), *frames)
        self.assertEqual(link.read(32), handshake(peer_id, reserved))
        self.assertEqual(link.read_message()[0], BITFIELD)
        return link
