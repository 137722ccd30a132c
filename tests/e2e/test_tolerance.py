#!/usr/bin/env python3
"""What our peer puts up with: oddities of peers out there that the protocol allows, or that do no harm."""

import os
import random
import socket
import struct
import time
import unittest

from wire_link import (BITFIELD, CHOKE, HAVE, INTERESTED, NOT_INTERESTED, PIECE, REQUEST, UNCHOKE, WireCase, bitfield,
                       handshake, indexed, message)

# Ten pieces: a bitfield of two bytes, six spare bits, a last piece of 13 bytes. The longest message is a piece.
SMALL = {"size": 157, "piece_size": 16}
LONGEST = 5 + 16

# For peers that leave Nagle's algorithm on and send a message in two writes: the second one leaves when the first is
# acknowledged. A kernel that delays acknowledgements makes that 40 ms a piece, so 20 s for these 512 pieces, on a machine
# of any speed; otherwise they take less than a second. What the limit tells apart is far enough from both.
MANY = {"size": 512 * 16384, "piece_size": 16384}
NAGLE_LIMIT_S = 12

# A bitfield without spare bits.
EVEN = {"size": 488 * 64, "piece_size": 64}


def with_nagle(link):
    link.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 0)
    return link


def low_bit_first(pieces, count):
    """The bitfield of a peer that puts piece 0 into the low bit of the first byte."""
    return bitfield({piece ^ 7 for piece in pieces}, count)


class TowardsASeed(WireCase):
    """A leecher played by the test says something odd and is served all the same."""

    def expect_service(self, link, swarm, index=9):
        """The link is alive: interest is answered and a request served; what came before that is returned."""
        link.send(message(INTERESTED))
        before = link.read_until(UNCHOKE)[:-1]
        link.send(indexed(REQUEST, index))
        self.assertEqual(link.read_message(), (PIECE, index.to_bytes(4, "big") + swarm.piece(index)))
        return before

    def test_any_reserved_bytes(self):
        swarm, _ = self.swarm_with(1001, **SMALL)
        for junk in (b"0" * 10, b"\xff" * 10, bytes(9) + b"\1"):
            with self.subTest(reserved=junk):
                link = self.connect(swarm, 1001)
                link.send(handshake(1002, junk))
                self.assertEqual(link.read(32 + 7), handshake(1001) + b"\0\0\0\x03\x05\xff\xc0")
                self.expect_service(link, swarm)
                link.close()

    def test_no_bitfield_or_an_empty_one(self):
        swarm, _ = self.swarm_with(1001, **SMALL)
        for first, answer in [(b"", []), (bitfield([], 10), [(NOT_INTERESTED, b"")]),
                              (message(BITFIELD), [(NOT_INTERESTED, b"")])]:
            with self.subTest(first=first):
                link = self.greet(swarm, 1001, 1002, first)
                self.assertEqual(self.expect_service(link, swarm), answer)
                link.close()

    def test_zero_lengths_are_ignored(self):
        swarm, peer = self.swarm_with(1001, **SMALL)
        link = self.greet(swarm, 1001, 1002, bytes(4), bitfield([], 10), bytes(12))
        self.assertEqual(self.expect_service(link, swarm), [(NOT_INTERESTED, b"")])
        self.assertNotIn("warning", peer.stderr())

    def test_unknown_types_are_skipped(self):
        swarm, peer = self.swarm_with(1001, **SMALL)
        longest = message(20, bytes(LONGEST - 1))
        link = self.greet(swarm, 1001, 1002, bitfield([], 10), message(8), message(255, b"abc"), longest)
        self.assertEqual(self.expect_service(link, swarm), [(NOT_INTERESTED, b"")])
        for kind in (8, 255, 20):
            self.assertIn(f"skipped a message of unknown type {kind} from 1002", peer.stderr())

    def test_repeats(self):
        """A neighbor that tells the same again and again."""
        swarm, peer = self.swarm_with(1001, **SMALL)
        link = self.greet(swarm, 1001, 1002, bitfield([], 10), *[message(INTERESTED)] * 459,
                          *[indexed(HAVE, 3)] * 100, *[message(CHOKE)] * 10, *[message(UNCHOKE)] * 10)
        self.assertEqual([kind for kind, _ in link.read_until(UNCHOKE)], [NOT_INTERESTED, UNCHOKE])
        link.send(indexed(REQUEST, 0))
        self.assertEqual(link.read_message(), (PIECE, b"\0\0\0\0" + swarm.piece(0)))
        swarm.wait_until(lambda: peer.count("have") == 100, "every have in the log")
        self.assertEqual(peer.count("interested"), 459)
        self.assertEqual((peer.count("unchoked"), peer.count("choked")), (1, 0))

    def test_bitfield_behind_haves_and_interest(self):
        """It is taken, together with what was announced before, and once."""
        swarm, peer = self.swarm_with(1001, **SMALL)
        haves = [indexed(HAVE, index) for index in (1, 2, 3)]
        link = self.greet(swarm, 1001, 1002, *haves, message(INTERESTED), bitfield([0, 1], 10))
        self.assertEqual([kind for kind, _ in (link.read_message(), link.read_message())].count(UNCHOKE), 1)
        link.send(indexed(REQUEST, 9))
        self.assertEqual(link.read_message(), (PIECE, b"\0\0\0\x09" + swarm.piece(9)))
        link.send(bitfield([0, 1], 10))
        link.rest()
        swarm.wait_until(lambda: "bitfield after the first message" in peer.stderr(), "a second one to be refused")

    def test_have_and_request_in_two_writes(self):
        """One request is open, and it waits in the remote's kernel until the have is acknowledged."""
        swarm, _ = self.swarm_with(1001, **MANY)
        link = with_nagle(self.greet(swarm, 1001, 1002, bitfield([], 512), message(INTERESTED)))
        link.read_until(UNCHOKE)
        began = time.monotonic()
        for index in range(512):
            if index > 0:
                link.send(indexed(HAVE, index - 1))
            link.send(indexed(REQUEST, index))
            self.assertEqual(link.read_message(), (PIECE, index.to_bytes(4, "big") + swarm.piece(index)))
        self.assertLess(time.monotonic() - began, NAGLE_LIMIT_S)

    def test_bytes_in_any_portions(self):
        """One byte at a time, or all at once."""
        swarm, _ = self.swarm_with(1001, **SMALL)
        everything = [handshake(1002), bitfield([1], 10), bytes(4), message(9, b"?"), message(INTERESTED)]
        for send in ("send", "send_bytewise"):
            with self.subTest(send):
                link = self.connect(swarm, 1001)
                getattr(link, send)(*everything)
                self.assertEqual(link.read(32 + 7), handshake(1001) + b"\0\0\0\x03\x05\xff\xc0")
                self.assertEqual([link.read_message() for _ in range(2)], [(NOT_INTERESTED, b""), (UNCHOKE, b"")])
                getattr(link, send)(*(indexed(REQUEST, index) for index in range(10)))
                for index in range(10):
                    self.assertEqual(link.read_message(), (PIECE, index.to_bytes(4, "big") + swarm.piece(index)))
                link.close()

    def test_every_cut_in_two(self):
        swarm, _ = self.swarm_with(1001, **SMALL)
        script = b"".join([handshake(1002), bitfield([], 10), message(INTERESTED)])
        for cut in range(1, len(script)):
            with self.subTest(cut=cut):
                link = self.connect(swarm, 1001)
                link.send(script[:cut])
                link.send(script[cut:])
                self.assertEqual(link.read(32 + 7), handshake(1001) + b"\0\0\0\x03\x05\xff\xc0")
                self.assertEqual([link.read_message() for _ in range(2)], [(NOT_INTERESTED, b""), (UNCHOKE, b"")])
                link.close()


class TowardsALeecher(WireCase):
    """A seed played by the test answers oddly, and the leecher completes all the same, each piece counted once."""

    def odd_seed(self, *first):
        """A link on which the leecher has asked for its first piece: (swarm, leecher, link, piece)."""
        swarm, leecher = self.swarm_with(1001, "--pipeline", "1", seeds=[1002], **SMALL)
        link = self.greet(swarm, 1001, 1002, *(first or [bitfield(range(10), 10)]), message(UNCHOKE))
        return swarm, leecher, link, self.next_request(link)

    def next_request(self, link):
        return int.from_bytes(link.read_until(REQUEST)[-1][1], "big")

    def answer(self, swarm, index):
        return indexed(PIECE, index, swarm.piece(index))

    def serve(self, swarm, link):
        """Answers all requests until the leecher has the file and half-closes."""
        while True:
            try:
                kind, payload = link.read_message()
            except EOFError:
                return
            if kind == REQUEST:
                link.send(self.answer(swarm, int.from_bytes(payload, "big")))

    def complete(self, swarm, leecher, link):
        self.serve(swarm, link)
        link.close()
        leecher.expect_exit(0)
        self.assertEqual(swarm.copy_of(1001).read_bytes(), swarm.content)
        swarm.check_log(leecher)

    def test_haves_instead_of_a_bitfield(self):
        haves = [indexed(HAVE, index) for index in range(10)]
        swarm, leecher, link, asked = self.odd_seed(*haves)
        link.send(self.answer(swarm, asked))
        self.complete(swarm, leecher, link)

    def test_haves_before_the_handshake(self):
        """A peer that stores a piece while our handshake is on its way."""
        for haves, taken in ((16, True), (17, False)):
            with self.subTest(haves=haves):
                swarm = self.swarm(seeds=[1001], **SMALL)
                listener = self.listen(swarm, 1001)
                leecher = swarm.start(1002, "--log-level", "info")
                link = self.accept(listener)
                self.assertEqual(link.read(32), handshake(1002))
                early = b"".join(indexed(HAVE, index % 10) for index in range(haves))
                link.send(early[:50])
                link.send(early[50:], handshake(1001), bitfield(range(10), 10), message(UNCHOKE))
                if taken:
                    self.next_request(link)
                else:
                    swarm.wait_until(lambda: "not a handshake" in leecher.stderr(), "the reason on stderr")
                link.close()
                leecher.kill()

    def test_head_and_bytes_of_a_piece_in_two_writes(self):
        """The bytes wait in the remote's kernel until the head is acknowledged."""
        swarm, leecher = self.swarm_with(1001, "--pipeline", "1", seeds=[1002], **MANY)
        link = with_nagle(self.greet(swarm, 1001, 1002, bitfield(range(512), 512), message(UNCHOKE)))
        began = time.monotonic()
        for _ in range(512):
            whole = self.answer(swarm, self.next_request(link))
            link.send(whole[:9])
            link.send(whole[9:])
        self.serve(swarm, link)
        self.assertLess(time.monotonic() - began, NAGLE_LIMIT_S)
        self.complete(swarm, leecher, link)

    def test_piece_in_any_portions(self):
        swarm, leecher, link, asked = self.odd_seed()
        link.send_bytewise(self.answer(swarm, asked))
        asked = self.next_request(link)
        link.send(bytes(4), message(CHOKE), message(UNCHOKE), self.answer(swarm, asked), indexed(HAVE, 0), bytes(8))
        self.complete(swarm, leecher, link)

    def test_piece_after_a_choke(self):
        """It comes late, but is still missing: it is taken."""
        swarm, leecher, link, asked = self.odd_seed()
        link.send(message(CHOKE), self.answer(swarm, asked))
        self.assertEqual(link.read_until(HAVE)[-1][1], asked.to_bytes(4, "big"))
        link.send(message(UNCHOKE))
        self.complete(swarm, leecher, link)

    def test_piece_twice(self):
        swarm, leecher, link, asked = self.odd_seed()
        link.send(self.answer(swarm, asked), self.answer(swarm, asked))
        self.complete(swarm, leecher, link)

    def test_piece_that_was_not_asked_for(self):
        """It is dropped, with what it says."""
        swarm, leecher, link, asked = self.odd_seed()
        link.send(indexed(PIECE, (asked + 1) % 9, b"never asked for."), self.answer(swarm, asked))
        self.complete(swarm, leecher, link)

    def test_request_lost_in_a_choke(self):
        swarm, leecher, link, _ = self.odd_seed()
        link.send(message(CHOKE), message(UNCHOKE))
        link.send(self.answer(swarm, self.next_request(link)))
        self.complete(swarm, leecher, link)

    def test_request_asked_twice_and_answered_twice(self):
        """A choke and an unchoke cross a request on their way: it counts for the next turn, and so does its repeat."""
        swarm, leecher = self.swarm_with(1001, "--pipeline", "1", seeds=[1002], **SMALL)
        link = self.greet(swarm, 1001, 1002, message(UNCHOKE))
        for index in range(10):
            link.send(indexed(HAVE, index))
            self.assertEqual(self.next_request(link), index)
            link.send(message(CHOKE), message(UNCHOKE))
            self.assertEqual(self.next_request(link), index)
            link.send(self.answer(swarm, index), self.answer(swarm, index))
        link.rest()
        link.close()
        leecher.expect_exit(0)
        self.assertNotIn("never asked for", leecher.stderr())
        swarm.check_log(leecher)

    def test_request_lost_for_no_reason(self):
        """After a while of silence the only neighbor is asked again."""
        swarm, leecher, link, _ = self.odd_seed()
        link.send(self.answer(swarm, self.next_request(link)))
        self.complete(swarm, leecher, link)
        self.assertIn("1002 left 1 request unanswered; asking again", leecher.stderr())

    def test_request_that_another_answers(self):
        """One seed never answers; what it was asked for comes from the other one."""
        swarm, leecher = self.swarm_with(1001, ids=[1001, 1002, 1003], seeds=[1002, 1003], **SMALL)
        full = bitfield(range(10), 10)
        mute = self.greet(swarm, 1001, 1002, full, message(UNCHOKE))
        self.next_request(mute)
        link = self.greet(swarm, 1001, 1003, full, message(UNCHOKE))
        self.serve(swarm, link)
        mute.close()
        self.complete(swarm, leecher, link)

    def test_reset_when_all_is_done(self):
        """Others leave abruptly; once everybody has the file that is no error."""
        swarm, leecher, link, asked = self.odd_seed()
        link.send(self.answer(swarm, asked))
        self.serve(swarm, link)
        link.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        link.close()
        leecher.expect_exit(0)


class FromTheLowEnd(WireCase):
    """A peer that numbers the bits of its bitfield from the low end, in a swarm in which that does not show. What it lacks it
    gives as zeros."""

    def serve(self, swarm, link, held, coming):
        """Answers requests; gets one piece of `coming` after each message. Returns when the leecher ends the link, or asks for
        nothing any more."""
        held, coming = set(held), list(coming)
        link.socket.settimeout(0.2)
        quiet = 0
        while quiet < 100:
            try:
                kind, payload = link.read_message()
                quiet = 0
            except TimeoutError:
                kind, payload, quiet = None, b"", quiet + 1
            except (EOFError, ConnectionError):
                return
            if kind == REQUEST:
                index = int.from_bytes(payload, "big")
                link.send(indexed(PIECE, index, swarm.piece(index) if index in held else bytes(len(swarm.piece(index)))))
            if coming:
                held.add(coming[-1])
                link.send(indexed(HAVE, coming.pop()))

    def partial(self, swarm):
        pieces = list(range(swarm.piece_count))
        random.Random(self.id()).shuffle(pieces)
        return pieces[:100], pieces[100:]

    def test_alone(self):
        swarm, leecher = self.swarm_with(1001, seeds=[1002], **EVEN)
        held, coming = self.partial(swarm)
        link = self.greet(swarm, 1001, 1002, low_bit_first(held, 488), message(UNCHOKE))
        self.serve(swarm, link, held, coming)
        link.close()
        leecher.expect_exit(0)
        self.assertEqual(swarm.copy_of(1001).read_bytes(), swarm.content)
        self.assertIn("1002 numbers the bits of its bitfield from the low end", leecher.stderr())
        swarm.check_log(leecher)

    def taken_on_trust(self):
        """The other peer lacks what is in doubt, so that after a while it is taken, and the file is complete. Returns the link of the
        first one, and what it has still to announce: much of that it had "already"."""
        swarm, leecher = self.swarm_with(1001, ids=[1001, 1002, 1003], seeds=[1003], **EVEN)
        held, coming = self.partial(swarm)
        doubtful = {piece ^ 7 for piece in held} - set(held)
        misread = self.greet(swarm, 1001, 1002, low_bit_first(held, 488), message(UNCHOKE))
        asked = set()
        while not doubtful <= asked:
            asked.add(index := int.from_bytes(misread.read_until(REQUEST)[-1][1], "big"))
            misread.send(indexed(PIECE, index, swarm.piece(index) if index in held else bytes(64)))
        other = self.greet(swarm, 1001, 1003, bitfield(set(range(488)) - doubtful, 488), message(UNCHOKE))
        self.serve_until(swarm, other, lambda: swarm.copy_of(1001).exists())
        self.assertNotEqual(swarm.copy_of(1001).read_bytes(), swarm.content)
        return swarm, leecher, misread, coming

    def test_that_tells_when_the_file_is_complete(self):
        swarm, leecher, misread, coming = self.taken_on_trust()
        misread.send(*[indexed(HAVE, index) for index in coming])
        swarm.wait_until(lambda: not swarm.copy_of(1001).exists(), "the file to be unfinished again")
        self.assertIn("they are given up and fetched again, and the file is not complete any more", leecher.stderr())
        for peer_id in (1002, 1003):
            link = self.greet(swarm, 1001, peer_id, bitfield(range(488), 488), message(UNCHOKE))
            if peer_id == 1003:
                self.serve_until(swarm, link, lambda: swarm.copy_of(1001).exists())
        self.assertEqual(swarm.copy_of(1001).read_bytes(), swarm.content)
        leecher.expect_exit(0)

    def test_that_tells_when_the_file_has_another_name(self):
        """What the user has made of it is not written to."""
        swarm, leecher, misread, coming = self.taken_on_trust()
        wrong, kept = swarm.copy_of(1001).read_bytes(), swarm.dir / "kept"
        os.link(swarm.copy_of(1001), kept)
        misread.send(*[indexed(HAVE, index) for index in coming])
        leecher.expect_exit(32)
        self.assertIn("is not right, and cannot be mended: it has been replaced, or has another name, too", leecher.stderr())
        self.assertEqual(kept.read_bytes(), wrong)

    def serve_until(self, swarm, link, done):
        link.socket.settimeout(0.2)
        while not done():
            try:
                kind, payload = link.read_message()
            except TimeoutError:
                continue
            if kind == REQUEST:
                index = int.from_bytes(payload, "big")
                link.send(indexed(PIECE, index, swarm.piece(index)))

    def test_that_gets_nothing(self):
        """It announces nothing that would tell; what it gave comes from the seed, too, before the file is complete."""
        swarm, leecher = self.swarm_with(1001, "--exit-when", "self", ids=[1001, 1002, 1003], seeds=[1003], **EVEN)
        held, _ = self.partial(swarm)
        link = self.greet(swarm, 1001, 1002, low_bit_first(held, 488), message(UNCHOKE))
        asked = set()
        while len(asked) < 100:
            asked.add(index := int.from_bytes(link.read_until(REQUEST)[-1][1], "big"))
            link.send(indexed(PIECE, index, swarm.piece(index) if index in held else bytes(64)))
        swarm.start(1003)
        leecher.expect_exit(0)
        link.close()
        self.assertEqual(swarm.copy_of(1001).read_bytes(), swarm.content)
        swarm.check_log(leecher)


if __name__ == "__main__":
    unittest.main()
