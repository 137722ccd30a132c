#!/usr/bin/env python3
"""Hostile programs at the door and in the search: an honest transfer goes on meanwhile."""

import hashlib
import re
import socket
import threading
import time
import unittest
from pathlib import Path

import manifest
from chunk_case import ChunkCase
from hostile_node import EXCHANGE, FETCH_CATALOG, FETCH_MANIFEST, PLAIN_EXCHANGE, HostileNodes, catalog, hello
from share_case import COMPLETE, CONTENT_MISMATCH, Process, ShareCase
from swarm_case import DEADLINE_S
from wire_link import INTERESTED, PIECE, REQUEST, UNCHOKE, WireLink, bitfield, indexed, message

PIECE_SIZE = 256 * 1024
MIB = 1 << 20


class Door(HostileNodes, ShareCase):
    def linked(self, sharer, content_id, peer_id, *frames, source="127.0.0.1"):
        """A link to what a sharer offers, on which handshakes were exchanged."""
        link = WireLink(socket.create_connection(("127.0.0.1", sharer.port), timeout=DEADLINE_S, source_address=(source, 0)))
        self.addCleanup(link.close)
        link.send(hello(PLAIN_EXCHANGE, bytes.fromhex(content_id)[:8], peer_id), *frames)
        link.read(32)
        return link

    def id_of(self, sharer):
        """The peer ID of a sharer, as it tells everybody."""
        key = f"peerProcess catalog\n{len(self.network)}\n{self.network}".encode()
        with socket.create_connection(("127.0.0.1", sharer.port), timeout=DEADLINE_S) as link:
            link.sendall(hello(FETCH_CATALOG, hashlib.sha256(key).digest()[:8], 1))
            return int.from_bytes(link.recv(32, socket.MSG_WAITALL)[28:], "big")

    # --- slots ---------------------------------------------------------------------------------------------------------

    def test_many_that_are_interested_and_never_ask(self):
        data = self.random_bytes(8 * PIECE_SIZE)
        sharer = self.share({"a": data})
        for peer_id in range(1, 151):
            self.linked(sharer, sharer.offered()["a"], peer_id, bitfield(set(), 8), message(INTERESTED), source=f"127.0.1.{peer_id}")
        # Each of five slots goes to another one every second.
        self.get(COMPLETE, "a", "--out", "out", "--timeout", DEADLINE_S // 2)
        self.assert_file(self.dir / "out/a", data)

    # --- frames that say nothing ------------------------------------------------------------------------------------------

    def test_a_flood_of_zero_lengths(self):
        data = self.random_bytes(8 * PIECE_SIZE)
        sharer = self.share({"a": data})
        flood = self.linked(sharer, sharer.offered()["a"], 1, bitfield(set(), 8))
        ended = threading.Event()

        def send():
            try:
                while True:
                    flood.send(bytes(4 * 1000))
            except OSError:
                ended.set()

        threading.Thread(target=send, daemon=True).start()
        self.get(COMPLETE, "a", "--out", "out")
        self.assert_file(self.dir / "out/a", data)
        self.assertTrue(ended.wait(DEADLINE_S), "the flood goes on")
        self.wait_until(lambda: "a flood of messages that say nothing new" in sharer.stderr(), "a word about the flood")

    # --- who is who -------------------------------------------------------------------------------------------------------

    def twin(self, sharer, exchange):
        """A node that says that it is the sharer, and has what it has."""
        content_id = sharer.offered()["a"]
        size = (sharer.folder / "a").stat().st_size
        return self.node(lambda wish, prefix: self.message(9, catalog(("a", size, content_id))) if wish == FETCH_CATALOG else exchange,
                         self.id_of(sharer))

    def check_beside_twin(self, exchange):
        data = self.random_bytes(16 * PIECE_SIZE)
        honest = self.share({"a": data})
        evil = self.twin(honest, exchange)
        for join in ([evil, honest.address], [honest.address, evil]):
            with self.subTest(join):
                got = self.get(COMPLETE, "a", "--out", f"out{join.index(evil)}", join=join)
                self.assert_file(self.dir / f"out{join.index(evil)}/a", data)
                self.assertEqual(got["holders"], [{"peer": self.id_of(honest), "address": honest.address, "pieces": 16}])

    def test_somebody_with_the_id_of_a_holder_that_says_nothing(self):
        self.check_beside_twin(lambda link: link.sendall(bitfield(range(16), 16)))

    def test_somebody_with_the_id_of_a_holder_that_sends_wrong_bytes(self):
        def lie(link):
            link.sendall(bitfield(range(16), 16) + message(UNCHOKE))
            wire = WireLink(link)
            while True:
                kind, payload = wire.read_message()
                if kind == REQUEST:
                    wire.send(indexed(PIECE, int.from_bytes(payload, "big"), bytes(PIECE_SIZE)))

        def lie_to_the_end(link):
            try:
                lie(link)
            except EOFError:
                pass

        self.check_beside_twin(lie_to_the_end)

    # --- a quorum ---------------------------------------------------------------------------------------------------------

    def test_a_quorum_is_of_machines(self):
        first = self.share({"a": b"1"})
        self.share({"a": b"1"})  # another ID, another port
        failed = self.get(CONTENT_MISMATCH, "a", "--out", "out", "--quorum", 2)
        self.assertIn("1/2 holders agree", failed.stderr())
        failed = self.get(CONTENT_MISMATCH, "a", "--out", "out", "--quorum", 2, join=[first.address, f"localhost:{first.port}"])
        self.assertIn("1/2 holders agree", failed.stderr())
        self.share({"a": b"1"}, host="127.0.0.2")
        self.assertEqual(self.get(COMPLETE, "a", "--out", "out", "--quorum", 2)["quorum"], "2/2")

    # --- answers ----------------------------------------------------------------------------------------------------------

    def measured(self, *arguments):
        """The process at its end, and the most memory that it had, in bytes."""
        process = Process(self, arguments[0], [*arguments, "--network", self.network], self.dir)
        most = 0
        while process.running():
            status = Path(f"/proc/{process.process.pid}/status").read_text()
            most = max([most, *(int(kib) * 1024 for kib in re.findall(r"^VmHWM:\s*(\d+) kB", status, re.MULTILINE))])
            time.sleep(0.01)
        return process.expect(COMPLETE), most

    def test_catalogs_without_end(self):
        honest = self.share({"honest": b"1"})
        text = self.message(9, catalog(*((f"{number:06}", 1, "0" * 64) for number in range(280_000))))
        self.assertGreater(len(text), 24 * MIB)
        join = ",".join([*(self.node(lambda wish, prefix: text, peer_id) for peer_id in range(1, 17)), honest.address])
        for command, *options in (["ls", "--json"], ["ls"], ["get", "honest", "--progress", "none"]):
            with self.subTest(command):
                process, memory = self.measured(command, *options, "--join", join)
                self.assertIn("honest", process.stdout())
                self.assertIn("cut, so files may be missing", process.stderr())
                # 64 MiB, a text that grows while it is copied, and the program itself; 16 such texts alone are 460 MiB.
                self.assertLess(memory // MIB, 160)

    # --- manifests --------------------------------------------------------------------------------------------------------

    def holder_of(self, text, said_size):
        content_id = hashlib.sha256(text).hexdigest()
        answers = {FETCH_CATALOG: self.message(9, catalog(("a", said_size, content_id))), FETCH_MANIFEST: self.message(8, text)}
        return self.node(lambda wish, prefix: answers.get(wish, b""))

    def test_a_size_that_is_not_the_manifests(self):
        data = self.random_bytes(4 * PIECE_SIZE)
        evil = self.holder_of(manifest.of_file("a", data, PIECE_SIZE, "sha256"), 12)
        failed = self.get(CONTENT_MISMATCH, "a", "--out", "out", join=[evil])
        self.assertIn(f'"a" has {len(data)} bytes by its manifest', failed.stderr())
        self.assertFalse((self.dir / "out").exists() and list((self.dir / "out").iterdir()))

    def test_one_that_knows_the_size_is_enough(self):
        data = self.random_bytes(4 * PIECE_SIZE)
        honest = self.share({"a": data})
        evil = self.node(lambda wish, prefix: self.message(9, catalog(("a", 12, honest.offered()["a"]))) if wish == FETCH_CATALOG else b"")
        self.get(COMPLETE, "a", "--out", "out", join=[evil, honest.address])
        self.assert_file(self.dir / "out/a", data)

    def test_hashes_that_a_liar_can_meet(self):
        data = self.random_bytes(PIECE_SIZE)
        evil = self.holder_of(manifest.of_file("a", data, PIECE_SIZE, "xxh3"), len(data))
        failed = self.get(CONTENT_MISMATCH, "a", "--out", "out", join=[evil])
        self.assertIn("xxh3", failed.stderr())
        self.assertFalse((self.dir / "out").exists() and list((self.dir / "out").iterdir()))


class ChunkNames(ChunkCase):
    def test_names_that_steer_programs(self):
        for name in (".bashrc", "Common.cfg", "PeerInfo.cfg", "log_peer_1001.log"):
            with self.subTest(name):
                swarm = self.chunk_swarm({1001: [], 1002: [1, 2]}, sizes=(10, 20))
                victim = swarm.start(1001, "--quorum", "1", "--log-level", "info")
                self.stand_in(swarm, 1002, {1: (name, b"x"), 2: ("chunk_2", b"y")})
                self.wait_for_words(victim, "announcement of piece 0 with a name that")
                self.assertFalse((swarm.folders[1001] / name).exists())


if __name__ == "__main__":
    unittest.main()
