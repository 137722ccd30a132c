#!/usr/bin/env python3
"""What our peer refuses: such a link ends, the reason stands on stderr, and nobody else is harmed.

In every test a bad neighbor comes first, and then the real one in its place, with which the exchange completes.
"""

import unittest

from wire_link import (BITFIELD, CHOKE, HAVE, INTERESTED, NOT_INTERESTED, PIECE, REQUEST, UNCHOKE, WireCase, bitfield,
                       handshake, indexed, message)

# Ten pieces: a bitfield of two bytes, six spare bits, a last piece of 13 bytes. The longest message is a piece.
SMALL = {"size": 157, "piece_size": 16}
LONGEST = 5 + 16


class ViolationCase(WireCase):
    def expect_refusal(self, swarm, peer, sent, reason, link=None):
        """The peer ends the link because of what was sent, says why, and goes on."""
        link = link or self.connect(swarm, peer.id)
        before = peer.stderr()
        link.send(*sent)
        link.rest()
        link.close()
        swarm.wait_until(lambda: reason in peer.stderr()[len(before):], f"the reason '{reason}' on stderr")
        self.assertTrue(peer.running())

    def refuse_all(self, swarm, peer, cases, before=()):
        """Each case is (reason, bytes...), sent after `before` on a link of its own."""
        for reason, *sent in cases:
            with self.subTest(reason=reason, sent=sent):
                self.expect_refusal(swarm, peer, [*before, *sent], reason)


class NotHandshakes(ViolationCase):
    """Whatever is spoken to the port by mistake is named."""

    def test_dialects(self):
        swarm, peer = self.swarm_with(1001)
        self.refuse_all(swarm, peer, [
            ("HTTP spoken", b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n"),
            ("HTTP spoken", b"POST / HTTP/1.1\r\n"),
            ("TLS spoken", bytes.fromhex("16030100c8010000c40303")),
            ("Java object serialisation spoken", bytes.fromhex("aced00057372")),
            ("BitTorrent spoken", b"\x13BitTorrent protocol" + bytes(48)),
            ("SSH spoken", b"SSH-2.0-OpenSSH_9.2\r\n"),
            ("not a handshake", b"hello, is anybody there?"),
            ("not a handshake", b"P2PFILESHARINGPROT" + bytes(14)),
            ("not a handshake", b"p2pfilesharingproj" + bytes(14)),
            ("not a handshake", bytes(32)),
            ("not a handshake", message(INTERESTED)),
        ])
        swarm.start(1002)
        swarm.finish()

    def test_ids(self):
        swarm, peer = self.swarm_with(1001)
        self.refuse_all(swarm, peer, [
            ("the unknown ID 1003", handshake(1003)),
            ("the unknown ID 0", handshake(0)),
            ("the unknown ID 4294967295", handshake(0xffffffff)),
            ("our own ID 1001", handshake(1001)),
            ('ASCII digits "1002"', handshake(int.from_bytes(b"1002", "big"))),
            ("1002 in little-endian order", handshake(int.from_bytes((1002).to_bytes(4, "little"), "big"))),
        ])
        swarm.start(1002)
        swarm.finish()

    def test_silence(self):
        """Somebody who connects and says nothing, or half of a handshake, is sent away in the end."""
        swarm, peer = self.swarm_with(1001)
        silent, halting = self.connect(swarm, 1001), self.connect(swarm, 1001)
        self.expect_refusal(swarm, peer, [handshake(1002)[:20]], "no handshake within 10 s", link=halting)
        self.assertEqual(silent.rest(), b"")
        swarm.start(1002)
        swarm.finish()

    def test_an_acceptor_with_another_id(self):
        """Whom we dialed must be who it should be; we come again until it is."""
        swarm = self.swarm([1001, 1002, 1003])
        listener = self.listen(swarm, 1001)
        peer = swarm.start(1002, "--log-level", "info")
        for reason, greeting in [("handshake with ID 1003, expected 1001", handshake(1003)),
                                 ("our own ID 1002", handshake(1002)),
                                 ("HTTP spoken", b"HTTP/1.1 400 Bad Request\r\n\r\n")]:
            with self.subTest(reason=reason):
                self.expect_refusal(swarm, peer, [greeting], reason, link=self.accept(listener))
        listener.close()
        swarm.start(1001)
        swarm.start(1003)
        swarm.finish()


class BadMessages(ViolationCase):
    """Every length, index and order that the protocol rules out."""

    def test_lengths(self):
        swarm, peer = self.swarm_with(1001, **SMALL)
        names = {CHOKE: "choke", UNCHOKE: "unchoke", INTERESTED: "interested", NOT_INTERESTED: "not interested",
                 HAVE: "have", REQUEST: "request"}
        wrong = [(f"{name} with length {length}", message(kind, bytes(length - 1)))
                 for kind, name in names.items() for length in (1, 2, 4, 5, 6, 9)
                 if length != (5 if kind in (HAVE, REQUEST) else 1)]
        wrong += [(f"bitfield with length {length}", message(BITFIELD, bytes(length - 1))) for length in (2, 4, 21)]
        # Some announce more than ever comes: the length alone is enough.
        wrong += [("piece with length 4", message(PIECE, bytes(3))),
                  (f"piece with length {LONGEST + 1}", message(PIECE, bytes(4), length=LONGEST + 1)),
                  ("piece with length 4294967295", message(PIECE, length=0xffffffff)),
                  ("bitfield with length 2147483648", message(BITFIELD, length=0x80000000)),
                  (f"unknown message type 8 with length {LONGEST + 1}", message(8, length=LONGEST + 1)),
                  ("unknown message type 255 with length 4294967295", message(255, length=0xffffffff)),
                  ("(5 in little-endian order", message(HAVE, bytes(4), length=5 << 24))]
        self.refuse_all(swarm, peer, wrong, before=[handshake(1002)])
        swarm.start(1002)
        swarm.finish()

    def test_indices(self):
        swarm, peer = self.swarm_with(1001, **SMALL)
        self.refuse_all(swarm, peer, [
            ("have for piece 10, expected 0 to 9", indexed(HAVE, 10)),
            ("have for piece 4294967295", indexed(HAVE, 0xffffffff)),
            ("request for piece 10, expected 0 to 9", indexed(REQUEST, 10)),
            ("piece for piece 10, expected 0 to 9", indexed(PIECE, 10, bytes(16))),
        ], before=[handshake(1002)])
        swarm.start(1002)
        swarm.finish()

    def test_types_numbered_in_another_way(self):
        """The reason says so, whatever the first message is taken for."""
        swarm, peer = self.swarm_with(1001, **SMALL)
        own = "number its message types in its own way"
        self.refuse_all(swarm, peer, [
            (own, message(REQUEST, b"\xff\xc0")),
            (own, message(PIECE, b"\xff\xc0")),
            (own, message(CHOKE, b"\xff\xc0")),
            (own, message(PIECE, bytes(4))),
            (own, message(INTERESTED, bytes(4))),
            (own, message(HAVE)),
            (own, message(REQUEST, bytes(4 + 16))),
        ], before=[handshake(1002)])
        swarm.start(1002)
        swarm.finish()

    def test_bitfields(self):
        swarm, peer = self.swarm_with(1001, **SMALL)
        self.refuse_all(swarm, peer, [
            ("spare bits set", message(BITFIELD, b"\xff\xff")),
            ("spare bits set", message(BITFIELD, b"\x00\x20")),
            ("seems to number bits from the low end", message(BITFIELD, b"\xff\x03")),
            ("bitfield after the first message", bitfield([], 10), bitfield([], 10)),
            ("bitfield after the first message", message(UNCHOKE), bitfield([], 10)),
            ("bitfield after the first message", message(INTERESTED), bitfield([], 10), bitfield([], 10)),
            ("bitfield after the first message", message(BITFIELD), message(BITFIELD)),
        ], before=[handshake(1002)])
        swarm.start(1002)
        swarm.finish()

    def test_second_handshake(self):
        """Its first bytes read as the length of a message that nobody may send."""
        swarm, peer = self.swarm_with(1001)
        self.expect_refusal(swarm, peer, [handshake(1002), handshake(1002)], "protocol violation")
        swarm.start(1002)
        swarm.finish()


class BadPieces(ViolationCase):
    """A leecher's bad seed; the good one comes later."""

    def bad_seed(self, swarm):
        """A link on which the leecher has just asked for a piece; (link, piece)."""
        link = self.greet(swarm, 1001, 1002, bitfield(range(10), 10), message(UNCHOKE))
        return link, int.from_bytes(link.read_until(REQUEST)[-1][1], "big")

    def test_wrong_size(self):
        swarm, peer = self.swarm_with(1001, seeds=[1002], **SMALL)
        for surplus in (-1, 1):
            link, index = self.bad_seed(swarm)
            size = len(swarm.piece(index)) + surplus
            reason = f"piece with length {LONGEST + 1}" if size > 16 else f"piece {index} with {size} bytes"
            self.expect_refusal(swarm, peer, [indexed(PIECE, index, bytes(size))], reason, link=link)
        self.expect_refusal(swarm, peer, [handshake(1002), indexed(PIECE, 9, bytes(16))], "piece 9 with 16 bytes")
        swarm.start(1002)
        swarm.finish()

    def test_never_asked(self):
        """One is dropped; the next one ends the link."""
        swarm, peer = self.swarm_with(1001, seeds=[1002], **SMALL)
        link, index = self.bad_seed(swarm)
        others = [other for other in range(9) if other != index][:2]
        link.send(indexed(PIECE, others[0], b"never asked for."))
        self.expect_refusal(swarm, peer, [indexed(PIECE, others[1], b"never asked for.")],
                            f"never asked for, the last one being {others[1]}", link=link)
        self.assertEqual(peer.count("piece"), 0)
        swarm.start(1002)
        swarm.finish()

    def test_end_in_the_middle_of_a_piece(self):
        """It is asked again from whoever has it."""
        swarm, peer = self.swarm_with(1001, seeds=[1002], **SMALL)
        link, index = self.bad_seed(swarm)
        link.send(indexed(PIECE, index, swarm.piece(index))[:-3])
        link.close()
        swarm.wait_until(lambda: "in the middle of a piece" in peer.stderr(), "the reason on stderr")
        swarm.start(1002)
        swarm.finish()


class SecondLinks(ViolationCase):
    """A neighbor that is linked already comes again."""

    def test_refused_while_the_first_link_lives(self):
        swarm, peer = self.swarm_with(1001)
        first = self.greet(swarm, 1001, 1002)
        second = self.connect(swarm, 1001)
        second.send(handshake(1002))

        def refused():
            first.send(message(NOT_INTERESTED))  # changes nothing, but shows that the first link lives
            return "already linked" in peer.stderr()

        swarm.wait_until(refused, "the second link to be refused")
        self.assertEqual(second.rest(), b"")
        first.close()
        swarm.start(1002)
        swarm.finish()

    def test_takes_over_when_the_first_link_is_silent(self):
        """A peer whose machine went down without a word must get in again."""
        swarm, peer = self.swarm_with(1001)
        first = self.greet(swarm, 1001, 1002)
        second = self.greet(swarm, 1001, 1002)
        self.assertIn("silent while the peer came back", peer.stderr())
        first.rest()
        second.close()
        swarm.start(1002)
        swarm.finish()


if __name__ == "__main__":
    unittest.main()
