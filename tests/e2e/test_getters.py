#!/usr/bin/env python3
"""Getters that give each other what they have: with real processes, and a holder played by the test that gives each of them
the pieces that it wants it to have."""

import contextlib
import hashlib
import json
import os
import socket
import threading
import unittest
from pathlib import Path

from hostile_node import EXCHANGE, FETCH_CATALOG, FETCH_MANIFEST, HostileNodes, catalog, hello
from share_case import COMPLETE, INTERRUPTED, TIMEOUT, Process, ShareCase, kill_now
from swarm_case import DEADLINE_S
from wire_link import PEERS, PIECE, REQUEST, UNCHOKE, bitfield, indexed, message

PIECE_BYTES = 256 * 1024
LARGE = 96 << 20


def read(link, count):
    data = b""
    while len(data) < count:
        more = link.recv(count - len(data))
        if not more:
            raise OSError("the other end has closed")
        data += more
    return data


def peers(port, *named):
    """The message that names peers; each is (port on the loopback, ID)."""
    entries = b"".join(bytes(10) + b"\xff\xff\x7f\x00\x00\x01" + at.to_bytes(2, "big") + peer.to_bytes(4, "big") for at, peer in named)
    return message(PEERS, port.to_bytes(2, "big") + entries)


class Content:
    """A file of so many pieces, and how it is offered."""

    def __init__(self, case, pieces):
        self.pieces = pieces
        self.data = case.random_bytes(pieces * PIECE_BYTES)
        file = case.dir / "of-all/a"
        case.put(case.dir / "of-all", "a", self.data)
        text = case.dir / "manifest"
        Process(case, "manifest", ["manifest", file, "-o", text, "--piece-hash", "sha256"], case.dir).expect(COMPLETE)
        self.manifest = text.read_bytes()
        self.id = hashlib.sha256(self.manifest).hexdigest()
        self.prefix = bytes.fromhex(self.id)[:8]

    def piece(self, index):
        return self.data[index * PIECE_BYTES:(index + 1) * PIECE_BYTES]


class Giver:
    """A holder that gives each getter the pieces it is told to, in the order in which they come. It knows where they listen."""

    def __init__(self, case, content, shares, wrong=False, peer_id=4711):
        self.content, self.shares, self.wrong = content, list(shares), wrong
        self.given = []    # Per getter: how many pieces were sent to it.
        self.ports = {}    # By the getters' IDs.
        self.links = []
        self._lock = threading.Lock()
        self.address = case.node(self.answer, peer_id)

    @property
    def port(self):
        return int(self.address.rpartition(":")[2])

    def answer(self, wish, prefix):
        if wish == FETCH_CATALOG:
            return message(9, catalog(("a", len(self.content.data), self.content.id)))
        if wish == FETCH_MANIFEST:
            return message(8, self.content.manifest)
        assert wish == EXCHANGE, wish
        return self.exchange

    def exchange(self, link):
        with self._lock:
            which = len(self.links)
            self.links.append(link)
            self.given.append(0)
            share = self.shares[min(which, len(self.shares) - 1)]
        link.sendall(bitfield(share, self.content.pieces) + message(UNCHOKE))
        self.serve(link, which)

    def serve(self, link, which):
        while True:
            length = int.from_bytes(read(link, 4), "big")
            body = read(link, length)
            if body[:1] == bytes([PEERS]):
                self.ports[which] = int.from_bytes(body[1:3], "big")
            if body[:1] == bytes([REQUEST]):
                index = int.from_bytes(body[1:5], "big")
                link.sendall(indexed(PIECE, index, bytes(PIECE_BYTES) if self.wrong else self.content.piece(index)))
                self.given[which] += 1

    def end(self):
        for link in self.links:
            with contextlib.suppress(OSError):  # the other end may have gone before
                link.shutdown(socket.SHUT_RDWR)


class Getters(HostileNodes, ShareCase):
    def halves(self, **options):
        """Two getters of which each has got a half of the content, and nobody else has any of it."""
        content = Content(self, 16)
        evens, odds = range(0, 16, 2), range(1, 16, 2)
        giver = Giver(self, content, [evens, odds])
        first = self.start_get("a", "--out", "first", "--json", join=[giver.address], **options)
        self.wait_until(lambda: giver.given[:1] == [8] and 0 in giver.ports, "the first half", first)
        second = self.start_get("a", "--out", "second", "--json", join=[giver.address], **options)
        self.wait_until(lambda: giver.given[1:2] == [8] and 1 in giver.ports, "the second half", second)
        return content, giver, first, second

    def test_together_they_hold_everything(self):
        """The only holder names one to the other, and is gone."""
        content, giver, first, second = self.halves()
        giver.links[1].sendall(peers(giver.port, (giver.ports[0], self.id_of(giver.ports[0], content))))
        told = [json.loads(each.expect(COMPLETE).stdout()) for each in (first, second)]
        giver.end()
        for name, each in zip(("first", "second"), told):
            self.assert_file(self.dir / name / "a", content.data)
            self.assertEqual(sorted(holder["pieces"] for holder in each["holders"]), [8, 8])
            self.assertEqual(each["given"], {"bytes": len(content.data) // 2, "peers": 1})

    def test_the_holder_dies_as_soon_as_they_are_linked(self):
        content, giver, first, second = self.halves()
        giver.links[1].sendall(peers(giver.port, (giver.ports[0], self.id_of(giver.ports[0], content))))
        giver.end()
        for name, each in (("first", first), ("second", second)):
            each.expect(COMPLETE)
            self.assert_file(self.dir / name / "a", content.data)

    def id_of(self, port, content):
        """The ID that a node shows."""
        with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as link:
            link.sendall(hello(FETCH_MANIFEST, content.prefix, 99))
            return int.from_bytes(read(link, 32)[28:], "big")

    def test_a_part_is_listed_as_a_part(self):
        content = Content(self, 4)
        giver = Giver(self, content, [[0, 1]])
        getter = self.start_get("a", "--out", "first", join=[giver.address])
        self.wait_until(lambda: giver.given == [2] and 0 in giver.ports, "half of it", getter)
        part = f"127.0.0.1:{giver.ports[0]}"
        listed = self.ls(join=[giver.address, part])
        self.assertEqual([(each["holders"], each["part_holders"]) for each in listed], [([giver.address], [part])])
        table = Process(self, "table", ["ls", "--join", f"{giver.address},{part}", "--network", self.network, "--progress", "none"], self.dir)
        self.assertEqual(table.expect(COMPLETE).stdout().split()[-1], "1+1")
        # Its word is only what it was told.
        self.get(TIMEOUT, "a", "--quorum", 1, "--timeout", 2, "--out", "quorum", join=[part])
        # And yet it gives what it has, to somebody who has no other way in, and says which pieces nobody has.
        third = self.start_get("a", "--out", "third", "--timeout", 15, join=[part]).expect(TIMEOUT)
        self.assertIn("2 of 4 pieces missing: pieces 2, 3", third.stderr())
        self.assertIn("no live peer holds pieces 2, 3", third.stderr())
        self.assertEqual(getter.end(), INTERRUPTED)

    def test_real_ones_find_each_other_through_their_sharer(self):
        data = self.random_bytes(LARGE)
        sharer = self.share({"a": data})
        getters = [self.start_get("a", "--out", f"out{i}", "--json") for i in range(4)]
        told = [json.loads(each.expect(COMPLETE).stdout()) for each in getters]
        for i in range(4):
            self.assert_file(self.dir / f"out{i}/a", data)
        self.assertTrue(any(each["given"]["bytes"] > 0 for each in told), told)
        self.assertTrue(sharer.running())

    def test_keeps_serving(self):
        """With --keep it is a sharer from then on, until a signal."""
        data = self.random_bytes(3 * PIECE_BYTES + 1)
        sharer = self.share({"a": data})
        port = self.port()
        keeper = self.start_get("a", "--out", "kept", "--keep", "--port", port, "--json")
        at = f"127.0.0.1:{port}"
        self.wait_until(lambda: (self.dir / "kept/a").exists(), "the file", keeper)
        kill_now(sharer)
        self.get(COMPLETE, "a", "--out", "other", join=[at])
        self.assert_file(self.dir / "other/a", data)
        self.assertEqual(self.ls(join=[at])[0]["holders"], [at])
        self.assertEqual(keeper.end(), COMPLETE)
        self.assertEqual(json.loads(keeper.stdout())["given"], {"bytes": len(data), "peers": 1})

    def test_keeps_serving_what_was_there_already(self):
        data = self.random_bytes(PIECE_BYTES)
        sharer = self.share({"a": data})
        self.get(COMPLETE, "a", "--out", "kept")
        port = self.port()
        keeper = self.start_get("a", "--out", "kept", "--keep", "--port", port)
        self.wait_until(lambda: "until a signal" in keeper.stderr() or not keeper.running(), "it to serve", keeper)
        kill_now(sharer)
        self.get(COMPLETE, "a", "--out", "other", join=[f"127.0.0.1:{port}"])
        self.assertEqual(keeper.end(), COMPLETE)

    def test_lingers(self):
        data = self.random_bytes(PIECE_BYTES)
        sharer = self.share({"a": data})
        port = self.port()
        lingerer = self.start_get("a", "--out", "kept", "--linger", 30, "--port", port)
        self.wait_until(lambda: (self.dir / "kept/a").exists(), "the file", lingerer)
        kill_now(sharer)
        self.get(COMPLETE, "a", "--out", "other", join=[f"127.0.0.1:{port}"])
        self.assertTrue(lingerer.running())
        self.assertEqual(lingerer.end(), COMPLETE)

    def test_serves_nobody_when_told_so(self):
        content = Content(self, 4)
        giver = Giver(self, content, [[0, 1]])
        getter = self.start_get("a", "--out", "first", "--no-serve", join=[giver.address])
        self.wait_until(lambda: giver.given == [2] and 0 in giver.ports, "half of it", getter)
        self.assertEqual(giver.ports[0], 0)
        sockets = [line.split() for kind in ("tcp", "tcp6") for line in Path(f"/proc/net/{kind}").read_text().splitlines()]
        inodes = {each[9] for each in sockets if each[3] == "0A"}
        own = {os.readlink(f"/proc/{getter.process.pid}/fd/{fd}") for fd in os.listdir(f"/proc/{getter.process.pid}/fd")}
        self.assertFalse({f"socket:[{inode}]" for inode in inodes} & own)
        getter.end()

    def test_a_getter_is_killed_while_others_fetch_from_it(self):
        data = self.random_bytes(LARGE)
        sharer = self.share({"a": data})
        port = self.port()
        victim = self.start_get("a", "--out", "victim", "--keep", "--port", port)
        self.wait_until(lambda: (self.dir / "victim/a").exists(), "the file", victim)
        getter = self.start_get("a", "--out", "out", "--json", join=[f"127.0.0.1:{port}", sharer.address])
        self.wait_until(lambda: (self.dir / "out").exists(), "it to begin", getter)
        kill_now(victim)
        getter.expect(COMPLETE)
        self.assert_file(self.dir / "out/a", data)

    def test_a_holder_that_falls_silent_in_the_middle(self):
        content = Content(self, 8)
        silent = Giver(self, content, [range(8)])
        begun = threading.Event()

        def serve(link, which):
            while True:
                body = read(link, int.from_bytes(read(link, 4), "big"))
                if body[:1] == bytes([REQUEST]):
                    frame = indexed(PIECE, int.from_bytes(body[1:5], "big"), content.piece(0))
                    link.sendall(frame[:PIECE_BYTES // 2])
                    begun.set()
                    return

        silent.serve = serve
        late = self.port()
        getter = self.start_get("a", "--out", "out", join=[silent.address, f"127.0.0.1:{late}"])
        self.assertTrue(begun.wait(DEADLINE_S))
        self.keeper_at(late)
        getter.expect(COMPLETE)
        self.assert_file(self.dir / "out/a", content.data)

    def keeper_at(self, port):
        """A real holder of the Content at this port."""
        folder = self.dir / "of-all"
        return Process(self, f"late{port}", ["share", "--folder", folder, "--host", "127.0.0.1", "--port", port, "--network", self.network,
                                             "--progress", "none"], self.dir)

    def test_members_that_lie_about_pieces(self):
        """One that was named, and one that comes by itself, give wrong bytes for the piece that nobody else has."""
        content = Content(self, 4)
        mother = Giver(self, content, [[1, 2, 3]])
        named = Giver(self, content, [[0]], wrong=True, peer_id=666)
        late, port = self.port(), self.port()
        getter = self.start_get("a", "--out", "out", "--json", "--port", port, join=[mother.address, f"127.0.0.1:{late}"])
        self.wait_until(lambda: mother.given == [3], "three pieces", getter)
        mother.links[0].sendall(peers(mother.port, (named.port, 666)))
        self.wait_until(lambda: named.given == [1], "the first lie", getter)
        with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as link:
            link.sendall(hello(EXCHANGE, content.prefix, 667) + bitfield([0], 4) + message(UNCHOKE))
            read(link, 32)
            while True:
                body = read(link, int.from_bytes(read(link, 4), "big"))
                if body[:1] == bytes([REQUEST]):
                    break
            link.sendall(indexed(PIECE, 0, bytes(PIECE_BYTES)))
            while link.recv(65536):  # until it is cut off
                pass
        self.keeper_at(late)
        told = json.loads(getter.expect(COMPLETE).stdout())
        self.assert_file(self.dir / "out/a", content.data)
        self.assertNotIn(666, [each["peer"] for each in told["holders"]])
        self.assertNotIn(667, [each["peer"] for each in told["holders"]])


if __name__ == "__main__":
    unittest.main()
