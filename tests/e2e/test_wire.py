#!/usr/bin/env python3
"""What our peer puts on the wire, byte for byte; the test plays its neighbors."""

import os
import signal
import socket
import unittest

from wire_link import (BITFIELD, CHOKE, HAVE, INTERESTED, NOT_INTERESTED, PIECE, REQUEST, UNCHOKE, WireCase, bitfield,
                       handshake, indexed, message)

# Ten pieces: a bitfield of two bytes, six spare bits, a last piece of 13 bytes.
SMALL = {"size": 157, "piece_size": 16}


class Greeting(WireCase):
    """The 32 bytes before anything else, and who speaks first."""

    def test_dialler_speaks_first(self):
        swarm = self.swarm()
        listener = self.listen(swarm, 1001)
        swarm.start(1002)
        link = self.accept(listener)
        self.assertEqual(link.read(32), b"P2PFILESHARINGPROJ" + b"\0" * 10 + b"\0\0\x03\xea")

    def test_acceptor_waits_for_the_whole_handshake(self):
        swarm, _ = self.swarm_with(1001)
        link = self.connect(swarm, 1001)
        greeting = handshake(1002)
        link.send_bytewise(greeting[:31])
        self.assertTrue(link.nothing_came())
        link.send(greeting[31:])
        self.assertEqual(link.read(32), b"P2PFILESHARINGPROJ" + b"\0" * 10 + b"\0\0\x03\xe9")

    def test_smallest_and_largest_id(self):
        swarm, _ = self.swarm_with(0, ids=[0, 2147483647], seeds=[0])
        link = self.greet(swarm, 0, 2147483647)
        link.close()

    def test_bitfield_comes_first_even_when_empty(self):
        swarm, _ = self.swarm_with(1001, seeds=[], **SMALL)
        link = self.connect(swarm, 1001)
        link.send(handshake(1002))
        self.assertEqual(link.read(32), handshake(1001))
        self.assertEqual(link.read(7), b"\0\0\0\x03\x05\0\0")


class Seed(WireCase):
    """A peer that starts with the file."""

    def test_to_the_letter(self):
        swarm, seed = self.swarm_with(1001, **SMALL)
        link = self.connect(swarm, 1001)
        link.send(handshake(1002))
        self.assertEqual(link.read(32 + 7), handshake(1001) + b"\0\0\0\x03\x05\xff\xc0")
        link.send(bitfield([], 10))
        self.assertEqual(link.read(5), b"\0\0\0\x01\x03", "an offer of nothing is answered by 'not interested'")
        link.send(message(INTERESTED))
        self.assertEqual(link.read(5), b"\0\0\0\x01\x01")
        for index in (9, *range(9)):
            link.send(indexed(REQUEST, index))
            data = swarm.content[16 * index:16 * index + 16]
            head = (5 + len(data)).to_bytes(4, "big") + b"\x07" + index.to_bytes(4, "big")
            self.assertEqual(link.read(9 + len(data)), head + data)
        link.send(*(indexed(HAVE, index) for index in range(10)))
        # Now all have the file: the peer half-closes, waits for our end and leaves.
        self.assertEqual(link.rest(), b"")
        link.close()
        seed.expect_exit(0)

    def test_many_requests_in_one_segment(self):
        swarm, _ = self.swarm_with(1001, **SMALL)
        link = self.greet(swarm, 1001, 1002, message(INTERESTED))
        self.assertEqual(link.read_message(), (UNCHOKE, b""))
        link.send(*(indexed(REQUEST, index) for index in range(10)))
        for index in range(10):
            self.assertEqual(link.read_message(), (PIECE, index.to_bytes(4, "big") + swarm.piece(index)))

    def test_requests_while_choked_are_never_served(self):
        swarm, _ = self.swarm_with(1001, **SMALL)
        link = self.greet(swarm, 1001, 1002, indexed(REQUEST, 3), message(INTERESTED))
        self.assertEqual(link.read_message(), (UNCHOKE, b""))
        link.send(indexed(REQUEST, 7))
        self.assertEqual(link.read_message(), (PIECE, b"\0\0\0\x07" + swarm.piece(7)))

    def test_a_choke_calls_back_what_was_asked(self):
        """More is asked for than the sockets hold, and more while choked: all that is forgotten."""
        swarm, _ = self.swarm_with(1001, ids=[1001, 1002, 1003], preferred=0, optimistic_s=3600, size=64 << 20,
                                   piece_size=1 << 20)
        first = self.greet(swarm, 1001, 1002, message(INTERESTED))
        first.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 16)
        self.assertEqual(first.read_message(), (UNCHOKE, b""))
        first.send(*(indexed(REQUEST, index) for index in range(64)))
        # The only slot goes to the second when the first one loses interest, and back.
        first.send(message(NOT_INTERESTED))
        second = self.greet(swarm, 1001, 1003, message(INTERESTED))
        self.assertEqual(second.read_message(), (UNCHOKE, b""))
        first.send(indexed(REQUEST, 20))
        second.send(message(NOT_INTERESTED), indexed(REQUEST, 5))
        self.assertEqual(second.read_message()[0], PIECE)
        first.send(message(INTERESTED))

        *served, _ = first.read_until(CHOKE)
        self.assertLess(len(served), 64)
        for index, (kind, payload) in enumerate(served):
            self.assertTrue((kind, payload) == (PIECE, index.to_bytes(4, "big") + swarm.piece(index)))
        self.assertEqual(first.read_message(), (UNCHOKE, b""))
        first.send(indexed(REQUEST, 63))
        self.assertTrue(first.read_message() == (PIECE, b"\0\0\0\x3f" + swarm.piece(63)))

    def test_offset_beyond_4_gib(self):
        """From a file that is nearly all a hole."""
        swarm = self.swarm(size=1)
        size, piece_size = (5 << 30) + 1234, 1 << 20
        swarm.write_common(FileSize=size, PieceSize=piece_size)
        with swarm.copy_of(1001).open("r+b") as file:
            try:
                file.truncate(size)
            except OSError as error:
                self.skipTest(f"no file of 5 GiB here: {error}")
            os.pwrite(file.fileno(), b"here", 5 << 30)
        swarm.start(1001)
        link = self.greet(swarm, 1001, 1002, message(INTERESTED))
        self.assertEqual(link.read_message(), (UNCHOKE, b""))
        link.send(indexed(REQUEST, 5120))
        self.assertEqual(link.read_message(), (PIECE, (5120).to_bytes(4, "big") + b"here".ljust(1234, b"\0")))


class Leecher(WireCase):
    """A peer that starts with nothing."""

    def test_to_the_letter(self):
        """One request to begin with; each piece is told by one 'have'; 'not interested' when nothing is left."""
        swarm, leecher = self.swarm_with(1001, seeds=[1002], **SMALL)
        link = self.greet(swarm, 1001, 1002, bitfield(range(10), 10))
        self.assertEqual(link.read(5), b"\0\0\0\x01\x02")
        # The answer to our interest comes after the answer to our unchoke: the first request is alone.
        link.send(message(UNCHOKE), message(INTERESTED))
        kind, index = link.read_message()
        self.assertEqual(kind, REQUEST)
        self.assertEqual(link.read_message(), (UNCHOKE, b""))

        asked, told, said = [int.from_bytes(index, "big")], [], []
        link.send(indexed(PIECE, asked[0], swarm.piece(asked[0])))
        while len(told) < 10 or not said:
            kind, payload = link.read_message()
            index = int.from_bytes(payload, "big")
            if kind == REQUEST:
                self.assertEqual(len(payload), 4)
                asked.append(index)
                link.send(indexed(PIECE, index, swarm.piece(index)))
            elif kind == HAVE:
                self.assertEqual(len(payload), 4)
                told.append(index)
                self.assertIn(index, asked)
            else:
                said.append(kind)
        self.assertEqual(sorted(asked), list(range(10)), "each piece is asked for once")
        self.assertEqual(sorted(told), list(range(10)), "each piece is told once")
        self.assertEqual(said, [NOT_INTERESTED])
        self.assertEqual(link.rest(), b"")
        link.close()
        leecher.expect_exit(0)
        self.assertEqual(swarm.copy_of(1001).read_bytes(), swarm.content)

    def test_one_request_at_a_time(self):
        """With --pipeline 1 no request goes out before the piece of the last one came."""
        swarm, _ = self.swarm_with(1001, "--pipeline", "1", seeds=[1002], size=6400, piece_size=64)
        link = self.greet(swarm, 1001, 1002, bitfield(range(100), 100), message(UNCHOKE))
        self.assertEqual(link.read_message(), (INTERESTED, b""))
        asked = [link.read_message()]
        for stored in range(1, 101):
            self.assertEqual([kind for kind, _ in asked], [REQUEST])
            index = int.from_bytes(asked.pop()[1], "big")
            link.send(indexed(PIECE, index, swarm.piece(index)))
            # What is asked for next may come before or after the 'have' of this piece.
            asked += [said for said in link.read_until(HAVE) if said[0] == REQUEST]
            if not asked and stored < 100:
                asked.append(link.read_message())

    def test_other_neighbors_are_told(self):
        """By 'have' when linked already, else by the bitfield: high bit first, spare bits zero."""
        swarm, _ = self.swarm_with(1001, ids=[1001, 1002, 1003, 1004], seeds=[1002], **SMALL)
        watcher = self.greet(swarm, 1001, 1003, bitfield([], 10))
        self.assertEqual(watcher.read_message(), (NOT_INTERESTED, b""))
        feeder = self.greet(swarm, 1001, 1002, bitfield([0, 3, 9], 10), message(UNCHOKE))
        self.serve(swarm, feeder, 3)
        told = [watcher.read_message() for _ in range(3)]
        self.assertEqual(sorted(told), [(HAVE, bytes([0, 0, 0, index])) for index in (0, 3, 9)])
        late = self.connect(swarm, 1001)
        late.send(handshake(1004))
        self.assertEqual(late.read(32 + 7), handshake(1001) + b"\0\0\0\x03\x05\x90\x40")

    def test_interest_follows_what_is_on_offer(self):
        swarm, _ = self.swarm_with(1001, ids=[1001, 1002, 1003], seeds=[1002], **SMALL)
        other = self.greet(swarm, 1001, 1003, bitfield([], 10))
        self.assertEqual(other.read_message(), (NOT_INTERESTED, b""))
        other.send(indexed(HAVE, 4))
        self.assertEqual(other.read_message(), (INTERESTED, b""))
        feeder = self.greet(swarm, 1001, 1002, bitfield([4, 5], 10), message(UNCHOKE))
        self.serve(swarm, feeder, 2)
        self.assertEqual([kind for kind, _ in other.read_until(NOT_INTERESTED)].count(INTERESTED), 0)

    def test_interest_is_never_out_of_date(self):
        """A bitfield comes just before the last missing piece from elsewhere: its answer tells what holds then."""
        swarm = self.swarm([1001, 1002, 1003], seeds=[1001, 1002], **SMALL)
        listeners = [self.listen(swarm, peer_id) for peer_id in (1001, 1002)]
        leecher = swarm.start(1003, "--pipeline", "1")
        late, feeder = (self.accept(listener) for listener in listeners)
        late.read(32)
        feeder.send(handshake(1002), bitfield(range(10), 10), message(UNCHOKE))
        feeder.read(32)
        self.serve(swarm, feeder, 9)
        last = int.from_bytes(feeder.read_until(REQUEST)[-1][1], "big")
        # Stopped, it finds both at once when it goes on.
        leecher.signal(signal.SIGSTOP)
        swarm.wait_until(leecher.stopped, "the leecher to stand still")
        late.send(handshake(1001), bitfield(range(10), 10))
        feeder.send(indexed(PIECE, last, swarm.piece(last)))
        leecher.signal(signal.SIGCONT)

        kind, told = late.read_message()
        self.assertEqual(kind, BITFIELD)
        answer = [kind for kind, _ in late.read_until(NOT_INTERESTED)]
        if told == b"\xff\xc0":
            self.assertNotIn(INTERESTED, answer, "it has just said that it has everything")

    def serve(self, swarm, link, count):
        """Answers `count` requests."""
        for _ in range(count):
            index = int.from_bytes(link.read_until(REQUEST)[-1][1], "big")
            link.send(indexed(PIECE, index, swarm.piece(index)))


if __name__ == "__main__":
    unittest.main()
