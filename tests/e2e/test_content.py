#!/usr/bin/env python3
"""Swarms with a manifest: where it comes from, what it proves, and who is believed without it."""

import itertools
import os
import time
import unittest
from contextlib import suppress

import course_log
import manifest
from content_case import MANIFEST_TYPE, ContentCase, StandIn, bytewise, reserved
from swarm_case import run_peer
from wire_link import (INTERESTED, NOT_INTERESTED, PIECE, REQUEST, UNCHOKE, WireCase, bitfield, handshake, indexed,
                       message)

TIMED_OUT, CONTENT_MISMATCH, BAD_CONFIGURATION = 2, 32, 64


class Contents(ContentCase):
    """Files and folders of all kinds arrive as they are."""

    def exchange_all(self, swarm):
        for peer_id in swarm.ids:
            swarm.start(peer_id)
        swarm.finish()

    def test_one_file(self):
        for piece_hash in manifest.HASHES:
            with self.subTest(piece_hash):
                self.exchange_all(self.content_swarm([1001, 1002, 1003], piece_hash=piece_hash))

    def test_folder(self):
        files = {"a file": (self.random_bytes(5000), 0o644),
                 "Übergröße/日本語.bin": (self.random_bytes(1024, 1), 0o600),
                 "Übergröße/script": (b"#!/bin/sh\n", 0o755),
                 "deep/er/and/deeper": (self.random_bytes(3 * 1024 + 1, 2), 0o444),
                 "deep/empty": (b"", 0o640),
                 "zz/also empty": (b"", 0o444)}
        for piece_hash in manifest.HASHES:
            with self.subTest(piece_hash):
                self.exchange_all(self.folder_swarm(files, ["nothing here", "nothing/there"], piece_hash=piece_hash))

    def test_more_files_than_stay_open(self):
        files = {f"folder {i % 7}/file {i:03}": (self.random_bytes(i * 17 % 3000, i), 0o644) for i in range(200)}
        self.exchange_all(self.folder_swarm(files))

    def test_sizes_left_out_of_the_configuration(self):
        self.exchange_all(self.content_swarm(sizes=False))
        self.exchange_all(self.folder_swarm({"a/b": (self.random_bytes(4000), 0o644)}, sizes=False))

    def test_sizes_that_disagree(self):
        for key in ("FileSize", "PieceSize"):
            with self.subTest(key):
                swarm = self.content_swarm()
                swarm.write_common(**{key: swarm.common[key] + 1})
                done = run_peer(swarm.dir, 1001)
                self.assertEqual(done.returncode, BAD_CONFIGURATION, done.stderr)
                self.assertIn(key, done.stderr)
                self.assertTrue(swarm.copy_of(1001).read_bytes() == swarm.content)


class Fetching(ContentCase, WireCase):
    """A peer without the manifest gets it from whoever has it, and from nobody else."""

    def test_in_any_order(self):
        for order in itertools.permutations([1001, 1002, 1003]):
            with self.subTest(order):
                swarm = self.content_swarm([1001, 1002, 1003], seeds=[1002], at=[1002])
                for peer_id in order:
                    swarm.start(peer_id)
                swarm.finish()

    def test_from_a_peer_that_fetched_it(self):
        """The peer that had it first is gone."""
        swarm = self.content_swarm([1001, 1002, 1003], at=[1001])
        seed, second = swarm.start(1001), swarm.start(1002)
        swarm.wait_until(lambda: second.count("complete"), "the second peer to complete")
        seed.kill()
        third = swarm.start(1003)
        second.expect_exit(0)
        self.assertTrue(swarm.copy_of(1003).read_bytes() == swarm.content)
        self.assertEqual({peer_id for _, peer_id, _ in (e.values for e in third.log() if e.kind == "piece")}, {1002})

    def test_a_restart_knows_it(self):
        swarm = self.content_swarm(at=[1001])
        seed, leecher = swarm.start(1001), swarm.start(1002)
        swarm.wait_until(lambda: list(swarm.folder_of(1002).glob("*.manifest")), "the manifest to be kept")
        seed.kill()
        leecher.kill()
        kept = list(swarm.folder_of(1002).glob("*.manifest"))
        self.assertEqual([path.read_bytes() for path in kept], [swarm.text])
        again = swarm.start(1002, "--log-level", "info")
        link = self.connect(swarm, 1002)
        link.send(handshake(1001, reserved(swarm.text, fetch=True)))
        self.assertEqual(link.rest(), self.manifest_answer(swarm, 1002, swarm.text))
        self.assertNotIn("asking the other peers", again.stderr())
        swarm.start(1001)
        swarm.finish()

    def test_wrong_manifests_beside_the_right_one(self):
        """Whatever else lies in the folder is passed over, and left alone."""
        swarm = self.content_swarm()
        for name, text in {"a.manifest": b"", "b.manifest": b"{}", "c.manifest": swarm.text[:-1], "z.manifest": b"\0" * 1000}.items():
            swarm.give_manifest(1001, text, name)
        (swarm.folder_of(1001) / "d.manifest").mkdir()
        (swarm.folder_of(1001) / "e.manifest").symlink_to("/nowhere")
        for peer_id in swarm.ids:
            swarm.start(peer_id)
        swarm.finish()
        self.assertEqual((swarm.folder_of(1001) / "c.manifest").read_bytes(), swarm.text[:-1])

    def manifest_answer(self, swarm, peer_id, text, length=None):
        return handshake(peer_id, reserved(swarm.text)) + message(MANIFEST_TYPE, text, length)

    def check_source(self, answer, taken=False):
        """A stand-in for 1001 that answers so is asked, nobody else is there; then 1003 has the manifest, and all complete."""
        swarm = self.content_swarm([1001, 1002, 1003], seeds=[1003], at=[1003])
        source = StandIn(self, swarm, 1001, lambda sock: answer(swarm, sock))
        leecher = swarm.start(1002, "--log-level", "info")
        swarm.wait_until(lambda: source.asked > 0, "the stand-in to be asked")
        kept = swarm.folder_of(1002)
        if taken:
            swarm.wait_until(lambda: list(kept.glob("*.manifest")), "the manifest to be taken")
        swarm.start(1003)
        swarm.wait_until(lambda: leecher.count("complete"), "the leecher to complete")
        self.assertEqual([path.read_bytes() for path in kept.glob("*.manifest")], [swarm.text])
        source.stop()
        swarm.start(1001)
        swarm.finish()
        return leecher

    def test_other_bytes(self):
        def answer(swarm, sock):
            sock.sendall(self.manifest_answer(swarm, 1001, swarm.text.replace(b"0644", b"0777")))
        self.assertIn("peer 1001 gave something else", self.check_source(answer).stderr())

    def test_huge_length(self):
        def answer(swarm, sock):
            sock.sendall(self.manifest_answer(swarm, 1001, b"", length=0xffffffff))
            sock.recv(1)
        self.check_source(answer)

    def test_none_to_give(self):
        self.check_source(lambda swarm, sock: sock.sendall(self.manifest_answer(swarm, 1001, b"")))

    def test_closed_at_once(self):
        self.check_source(lambda swarm, sock: None)

    def test_broken_off(self):
        self.check_source(lambda swarm, sock: sock.sendall(self.manifest_answer(swarm, 1001, swarm.text)[:-1]))

    def test_other_protocols(self):
        self.check_source(lambda swarm, sock: sock.sendall(b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\n"))

    def test_of_another_content(self):
        def answer(swarm, sock):
            sock.sendall(handshake(1001, reserved(b"another")) + message(MANIFEST_TYPE, swarm.text))
        self.assertIn("peer 1001 knows nothing of this manifest", self.check_source(answer).stderr())

    def test_byte_by_byte(self):
        """Slow and right is right."""
        self.check_source(lambda swarm, sock: bytewise(sock, self.manifest_answer(swarm, 1001, swarm.text)), taken=True)

    def test_never(self):
        self.check_source(lambda swarm, sock: sock.recv(1))

    def test_never_after_a_head_that_promises_much(self):
        def answer(swarm, sock):
            sock.sendall(self.manifest_answer(swarm, 1001, b"{", length=200 << 20))
            sock.recv(1)
        begin = time.monotonic()
        self.check_source(answer)
        self.assertLess(time.monotonic() - begin, 30, "others are asked meanwhile")

    def test_a_drop_now_and_then(self):
        """Each byte alone is a sign of life, and together they would take years."""
        def answer(swarm, sock):
            sock.sendall(self.manifest_answer(swarm, 1001, b"", length=200 << 20))
            bytewise(sock, b" " * (1 << 20), pause_s=0.1)
        begin = time.monotonic()
        self.check_source(answer)
        self.assertLess(time.monotonic() - begin, 30, "others are asked meanwhile")

    def test_nobody_has_it(self):
        swarm = self.content_swarm(seeds=[], at=[])
        done = run_peer(swarm.dir, 1002, "--timeout", "1")
        self.assertEqual(done.returncode, TIMED_OUT)
        self.assertIn("manifest", done.stderr)

    def test_the_right_text_that_is_no_manifest(self):
        """Whoever configured its id must know; there is nothing to wait for."""
        swarm = self.content_swarm(at=[])
        swarm.text = swarm.text.replace(b'"sha256"', b'"sha1"')
        swarm.write_common(Manifest=manifest.content_id(swarm.text))
        StandIn(self, swarm, 1001, lambda sock: sock.sendall(self.manifest_answer(swarm, 1001, swarm.text)))
        done = run_peer(swarm.dir, 1002)
        self.assertEqual(done.returncode, BAD_CONFIGURATION, done.stderr)
        self.assertIn("/piece_hash", done.stderr)


class BorrowedIds(ContentCase, WireCase):
    """Anybody can show a listed ID. The machine with the real one is not locked out for that."""

    def test_a_wrong_piece_under_the_id_of_the_seed(self):
        swarm = self.content_swarm(ids=[1001, 1002])
        swarm.give_manifest(1002)
        swarm.by_lines = False
        victim = swarm.start(1002, "--log-level", "info")
        mark = reserved(swarm.text)
        count = swarm.piece_count

        def lies(machine):
            liar = self.greet(swarm, 1002, 1001, bitfield(range(count), count), message(UNCHOKE), reserved=mark, machine=machine)
            index = int.from_bytes(liar.read_until(REQUEST)[-1][1], "big")
            liar.send(indexed(PIECE, index, bytes(len(swarm.piece(index)))))
            liar.rest()

        lies("127.0.0.2")
        again = self.connect(swarm, 1002, "127.0.0.2")
        again.send(handshake(1001, mark))
        self.assertEqual(again.rest(), b"")
        self.assertIn("peer 1001 has sent a wrong piece before", victim.stderr())
        lies("127.0.0.3")
        swarm.start(1001)
        swarm.finish()
        self.assertEqual(victim.stderr().count("peer 1001 is cut off"), 2)

    def test_somebody_who_talks_on_under_an_id_does_not_lock_its_peer_out(self):
        swarm = self.content_swarm(ids=[1001, 1002])
        seed = swarm.start(1001, "--log-level", "info")
        count = swarm.piece_count
        usurper = self.greet(swarm, 1001, 1002, bitfield([], count), reserved=reserved(swarm.text), machine="127.0.0.2")
        real = swarm.start(1002)
        swarm.by_lines = False
        talk = itertools.cycle([message(INTERESTED), message(NOT_INTERESTED)])

        def real_is_complete():
            with suppress(ConnectionError):
                usurper.send(next(talk))
            time.sleep(0.5)
            return real.count("complete") == 1

        swarm.wait_until(real_is_complete, "the real 1002 to have the file")
        swarm.finish()
        self.assertRegex(seed.stderr(), "its peer (answers at|has come from) the address that is listed for it")


class Proof(ContentCase, WireCase):
    """Only what matches the manifest counts, whoever says otherwise."""

    WRONG = (0, 17, 18, 97)

    def check_repaired(self, swarm, peer, wrong):
        """The peer, which had a file with these pieces wrong, fetched these alone; everything ended well."""
        swarm.wait_until(lambda: peer.count("complete"), "the spoiled copy to be repaired")
        self.assertEqual(sorted(course_log.pieces(peer.log())), sorted(wrong))
        peer.had_file = peer.fresh = False
        swarm.finish()

    def test_wrong_pieces_in_a_file_from_the_start(self):
        swarm = self.content_swarm([1001, 1002, 1003], seeds=[1001, 1002], at=[1001])
        swarm.spoil(1002, self.WRONG)
        swarm.give_manifest(1002)
        # Nobody else is there yet: what it claims by itself.
        spoiled = swarm.start(1002, "--log-level", "info")
        link = self.connect(swarm, 1002)
        link.send(handshake(1003, reserved(swarm.text)))
        self.assertEqual(link.read(32), handshake(1002, reserved(swarm.text)))
        right = set(range(swarm.piece_count)) - set(self.WRONG)
        expected = bitfield(right, swarm.piece_count)
        self.assertEqual(link.read(len(expected)), expected)
        link.close()
        swarm.start(1003)
        swarm.start(1001)
        self.check_repaired(swarm, spoiled, self.WRONG)

    def test_wrong_pieces_and_a_size_that_is_wrong(self):
        for change in (-1500, +5000):
            with self.subTest(change):
                swarm = self.content_swarm(seeds=[1001, 1002])
                os.truncate(swarm.copy_of(1002), 100_000 + change)
                wrong = (96, 97) if change < 0 else ()
                if not wrong:
                    swarm.spoil(1002, [5])
                    wrong = (5,)
                spoiled = swarm.start(1002)
                swarm.start(1001)
                self.check_repaired(swarm, spoiled, wrong)

    def test_a_folder_with_wrong_and_missing_files(self):
        files = {f"d{i % 3}/f{i}": (self.random_bytes(2048, i), 0o644) for i in range(10)}
        swarm = self.folder_swarm(files, ["nothing"], [1001, 1002], seeds=[1001, 1002])
        root = swarm.copy_of(1002)
        (root / "d0/f0").unlink()
        (root / "nothing").rmdir()
        (root / "d1/f1").write_bytes(b"short")
        swarm.spoil(1002, [1], root / "d2/f2")
        spoiled = swarm.start(1002)
        swarm.start(1001)
        order = sorted(files, key=str.encode)
        first = {path: 2 * order.index(path) for path in order}
        self.check_repaired(swarm, spoiled,
                            [first["d0/f0"], first["d0/f0"] + 1, first["d1/f1"], first["d1/f1"] + 1, first["d2/f2"] + 1])

    def test_something_else_in_the_place_of_the_file(self):
        for other in (b"\0" * 100_000, b"short", b"\xff" * 200_000):
            with self.subTest(len(other)):
                swarm = self.content_swarm()
                swarm.copy_of(1001).write_bytes(other)
                os.utime(swarm.copy_of(1001), (1, 1))
                done = run_peer(swarm.dir, 1001)
                self.assertEqual(done.returncode, CONTENT_MISMATCH, done.stderr)
                self.assertIn("something else", done.stderr)
                self.assertTrue(swarm.copy_of(1001).read_bytes() == other)
                self.assertEqual(swarm.copy_of(1001).stat().st_mtime, 1)
                self.assertFalse(swarm.part_of(1001).exists())

    def test_a_folder_in_the_place_of_the_file_and_the_other_way_round(self):
        swarm = self.content_swarm()
        swarm.copy_of(1001).unlink()
        swarm.copy_of(1001).mkdir()
        self.assertEqual(run_peer(swarm.dir, 1001).returncode, CONTENT_MISMATCH)
        self.assertTrue(swarm.copy_of(1001).is_dir())
        swarm = self.folder_swarm({"a": (b"something", 0o644)}, ids=[1001, 1002], seeds=[])
        swarm.give_manifest(1001)
        swarm.copy_of(1001).write_bytes(b"something")
        self.assertEqual(run_peer(swarm.dir, 1001).returncode, CONTENT_MISMATCH)
        self.assertEqual(swarm.copy_of(1001).read_bytes(), b"something")

    def test_a_liar(self):
        """It is cut off at its first lie and not waited for; who tells the truth serves all."""
        for piece_hash in manifest.HASHES:
            with self.subTest(piece_hash):
                swarm = self.content_swarm([1001, 1002, 1003], seeds=[1001, 1002], piece_hash=piece_hash)
                swarm.give_manifest(1003)
                swarm.start_classic(1001, "--ignore-reserved", "--lie", *map(str, range(10, 20)))
                leecher = swarm.start(1003)
                self.wait_for_words(leecher, "peer 1001 is cut off")
                seed = swarm.start(1002)
                leecher.expect_exit(0)
                # Pieces that were being checked when the first proved false may have been false, too; nobody else is blamed.
                blamed = [line for line in leecher.stderr().splitlines() if "is cut off" in line]
                self.assertTrue(all("peer 1001 is cut off" in line for line in blamed), blamed)
                swarm.check_copies()
                by_liar = {piece for piece, peer_id, _ in (e.values for e in leecher.log() if e.kind == "piece") if peer_id == 1001}
                self.assertFalse(by_liar & set(range(10, 20)))
                seed.expect_exit(0)

    def test_a_classic_seed(self):
        swarm = self.content_swarm([1001, 1002, 1003])
        swarm.give_manifest(1002)
        swarm.start_classic(1001, "--ignore-reserved")
        swarm.start(1002)
        swarm.start(1003)
        swarm.finish()

    def test_a_classic_leecher(self):
        swarm = self.content_swarm([1001, 1002, 1003], seeds=[1002])
        swarm.start_classic(1001, "--ignore-reserved")
        swarm.start(1002)
        swarm.start(1003)
        swarm.finish()

    def test_a_classic_leecher_is_not_spoken_to_in_tongues(self):
        """To a dialler with ten zeros a peer that has a manifest answers with its handshake, and serves."""
        swarm, seed = self.content_swarm([1001, 1002]), None
        seed = swarm.start(1001)
        swarm.start_classic(1002, "--ignore-reserved")
        swarm.finish()
        self.assertEqual(seed.count("accepted"), 1)

    def test_another_content(self):
        swarm = self.content_swarm(seeds=[1001, 1002], at=[1001])
        first = swarm.start(1001)
        self.connect(swarm, 1001).close()
        swarm.content = self.random_bytes(100_000)
        swarm.give_file(1002)
        swarm.text = swarm.make_manifest("sha256")
        swarm.give_manifest(1002)
        swarm.name_manifest(True)
        second = swarm.start(1002, "--log-level", "info")
        self.wait_for_words(first, "peer 1002 shares another content")
        self.wait_for_words(second, "link with 1001")
        self.assertTrue(first.running() and second.running())
        self.assertEqual([first.log(), second.log()], [[], []])


if __name__ == "__main__":
    unittest.main()
