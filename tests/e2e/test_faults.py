#!/usr/bin/env python3
"""Disks that fail, files that change, clocks that jump, and death at every step: nobody ends with a false byte."""

import errno
import os
import shutil
import unittest

import course_log
from content_case import ContentCase
from faults import fault, logged_calls
from swarm_case import run_peer
from wire_link import BITFIELD, CHOKE, INTERESTED, PIECE, REQUEST, UNCHOKE, WireCase, bitfield, handshake, indexed, message

DISK_FULL, IO, INTERRUPTED = 9, 17, 7
RECORD_BYTES = 32


def downloads(peer):
    """The pieces that a life's log tells of; asked after the next one has begun, also that one's."""
    return course_log.pieces(peer.log())


class Death(ContentCase):
    """kill -9 at every single step that a leecher takes on its disk; its next life completes.

    The third listed peer never comes, so that neither the seed nor the leecher leaves, and one seed serves all lives.
    """

    def killed_everywhere(self, swarm, spoiled=()):
        """`spoiled`: the leecher begins with the file, of which these pieces are wrong."""
        self.spoiled = spoiled
        swarm.start(1001)
        self.prepare(swarm)
        calls = swarm.dir / "calls"
        counted = swarm.start(1002, environment=fault("*/peer_1002/*", log=calls))
        self.check_completes(swarm, counted)
        steps = [(number, name) for number, name, _ in logged_calls(calls) if name not in ("read", "sendfile")]
        self.assertLessEqual({"open", "write", "allocate", "resize", "rename", "unlink"}, {name for _, name in steps})
        moments = [(number, moment) for number, name in steps for moment in ("before", "after", "middle")
                   if moment != "middle" or name == "write"]
        reached = 0
        for number, moment in moments:
            self.begin_anew(swarm)
            killed = swarm.start(1002, environment=fault("*/peer_1002/*", at=number, action=f"kill-{moment}"))
            killed.ended_by_test = True
            swarm.wait_until(lambda killed=killed: not killed.running() or killed.count("complete"), "the end of a life")
            reached += not killed.running()
            killed.kill()
            with self.subTest(moment=moment, call=number):
                self.check_next_life(swarm, killed)
        # Reads are counted along, and their number is not always the same: the last steps may be missed now and then.
        self.assertGreaterEqual(reached, len(moments) - 6)

    def check_completes(self, swarm, peer):
        swarm.wait_until(lambda: peer.count("complete") or self.is_complete(swarm), f"peer {peer.id} to complete")
        self.assertTrue(swarm.copy_of(1002).read_bytes() == swarm.content, "a false copy")

    def is_complete(self, swarm):
        try:
            return swarm.copy_of(1002).exists() and (not self.spoiled or swarm.copy_of(1002).read_bytes() == swarm.content)
        except FileNotFoundError:
            return False  # It has just been made an unfinished one.

    def prepare(self, swarm):
        if self.spoiled:
            swarm.give_file(1002)
            swarm.give_manifest(1002)
            swarm.spoil(1002, self.spoiled)

    def begin_anew(self, swarm):
        swarm.lives[-1].kill()
        swarm.lives[1:] = []
        self.forget(swarm, 1002)
        (swarm.dir / "log_peer_1002.log").unlink(missing_ok=True)
        self.prepare(swarm)

    def check_next_life(self, swarm, killed):
        if self.is_complete(swarm):
            self.assertTrue(swarm.copy_of(1002).read_bytes() == swarm.content, "a false copy under the final name")
        stored = set(downloads(killed))
        again = swarm.start(1002)
        self.check_completes(swarm, again)
        self.assertFalse(stored & set(downloads(again)), "what was stored is not fetched again")
        if self.spoiled:
            self.assertLessEqual(set(downloads(again)), set(self.spoiled), "what was right is not fetched")
        swarm.wait_until(lambda: {path.suffix for path in swarm.folder_of(1002).iterdir()} <= {".dat", ".manifest", ".part"}
                         and not swarm.part_of(1002).exists(), "nothing to be left")

    def test_with_a_manifest(self):
        self.killed_everywhere(self.content_swarm([1001, 1002, 1003], size=3500, at=[1001]))

    def test_without(self):
        swarm = self.content_swarm([1001, 1002, 1003], size=3500)
        del swarm.common["Manifest"]
        swarm.write_common()
        self.killed_everywhere(swarm)


    def test_while_a_file_with_wrong_pieces_is_taken_over(self):
        swarm = self.content_swarm([1001, 1002, 1003], size=3500)
        self.killed_everywhere(swarm, spoiled=(1, 3))


class Resuming(ContentCase):
    """What was damaged while nobody ran is fetched again, and nothing else is."""

    def interrupted(self, pieces=10, **options):
        """(swarm, stored pieces): a leecher was killed with some pieces, in the order in which they came."""
        swarm = self.content_swarm(size=40 * 1024, **options)
        swarm.give_manifest(1002)
        seed = swarm.start_classic(1001, "--ignore-reserved", "--slow-kib", "40")
        leecher = swarm.start(1002)
        swarm.wait_until(lambda: leecher.count("piece") >= pieces, "some pieces")
        leecher.kill()
        seed.kill()
        stored = downloads(leecher)
        self.assertLess(len(stored), swarm.piece_count)
        return swarm, stored

    def resume(self, swarm):
        """What the next life, which ends well, downloads."""
        swarm.start(1001)
        leecher = swarm.start(1002)
        swarm.finish()
        return set(downloads(leecher))

    def journal_of(self, swarm):
        return swarm.copy_of(1002).with_name(swarm.name + ".journal")

    def check(self, swarm, stored, lost):
        """At most one piece more than the log told was stored before the kill."""
        again = self.resume(swarm)
        missing = set(range(swarm.piece_count)) - set(stored) | set(lost)
        self.assertLessEqual(again, missing)
        self.assertGreaterEqual(len(again), len(missing) - 1)
        self.assertLessEqual(set(lost), again)

    def test_damaged_piece(self):
        swarm, stored = self.interrupted()
        swarm.spoil(1002, [stored[3]], swarm.part_of(1002))
        self.check(swarm, stored, [stored[3]])

    def test_torn_piece(self):
        """The second half of a piece never reached the disk."""
        swarm, stored = self.interrupted()
        with swarm.part_of(1002).open("r+b") as part:
            part.seek(stored[5] * swarm.piece_size + swarm.piece_size // 2)
            part.write(bytes(swarm.piece_size // 2))
        self.check(swarm, stored, [stored[5]])

    def test_shortened_part(self):
        swarm, stored = self.interrupted()
        length = 20 * 1024 + 7
        os.truncate(swarm.part_of(1002), length)
        self.check(swarm, stored, [piece for piece in stored if (piece + 1) * 1024 > length])

    def test_torn_record(self):
        """Cut in the last record that the log tells of; with its successors it is lost, and no other."""
        swarm, stored = self.interrupted()
        journal = self.journal_of(swarm)
        os.truncate(journal, RECORD_BYTES * (1 + len(stored)) - 5)
        self.check(swarm, stored, [stored[-1]])

    def test_false_record(self):
        """A bit flipped in the middle of the journal: everything from there on is fetched again."""
        swarm, stored = self.interrupted()
        with self.journal_of(swarm).open("r+b") as journal:
            journal.seek(RECORD_BYTES * 5 + 9)
            byte = journal.read(1)[0]
            journal.seek(-1, os.SEEK_CUR)
            journal.write(bytes([byte ^ 1]))
        self.check(swarm, stored, stored[4:])

    def test_journal_of_zeros(self):
        """As some file systems leave it after a loss of power. Nothing proves the .part ours: what matches is copied from it."""
        swarm, stored = self.interrupted()
        journal = self.journal_of(swarm)
        journal.write_bytes(bytes(journal.stat().st_size))
        swarm.foreign = {swarm.part_of(1002): swarm.part_of(1002).read_bytes()}
        self.check(swarm, stored, [])
        self.check_foreign(swarm)

    def check_foreign(self, swarm):
        for path, data in swarm.foreign.items():
            self.assertTrue(path.read_bytes() == data, f"{path} was changed")

    def test_fifty_lives(self):
        """No piece that a log tells of is downloaded twice, so all lives together download each at most once."""
        swarm = self.content_swarm([1001, 1002], size=120 * 1024)
        swarm.start_classic(1001, "--ignore-reserved", "--slow-kib", "100")
        swarm.give_manifest(1002)
        lives = []
        for _ in range(50):
            lives.append(swarm.start(1002))
            swarm.wait_until(lambda: lives[-1].count("piece") >= 2 or lives[-1].count("complete"), "two pieces")
            if lives[-1].count("complete"):
                break
            lives[-1].kill()
        self.assertGreaterEqual(len(lives), 20)
        if not lives[-1].running():
            lives.append(swarm.start(1002))
        swarm.finish()
        whole = course_log.pieces(course_log.parse(lives[-1].log_path.read_text()))
        self.assertEqual(len(whole), len(set(whole)), "a piece twice")
        self.assertGreaterEqual(len(whole), swarm.piece_count - len(lives))

    def test_the_seed_is_gone_for_good(self):
        """One copy is spread over three leechers, who have no journal and no seed; they complete among themselves."""
        swarm = self.content_swarm([1001, 1002, 1003, 1004])
        for number, peer_id in enumerate((1002, 1003, 1004)):
            swarm.give_manifest(peer_id)
            part = bytearray(len(swarm.content))
            for index in range(number, swarm.piece_count, 3):
                part[index * 1024:(index + 1) * 1024] = swarm.piece(index)
            swarm.part_of(peer_id).write_bytes(part)
            swarm.foreign[swarm.part_of(peer_id)] = bytes(part)
        leechers = [swarm.start(peer_id) for peer_id in (1002, 1003, 1004)]
        for leecher in leechers:
            swarm.wait_until(lambda leecher=leecher: leecher.count("complete"), "a leecher to complete")
        swarm.check_copies()
        self.check_foreign(swarm)
        for number, leecher in enumerate(leechers):
            self.assertEqual(set(downloads(leecher)), {i for i in range(swarm.piece_count) if i % 3 != number})


class Disk(ContentCase):
    """What the operating system refuses."""

    def test_full_from_the_start(self):
        swarm = self.content_swarm()
        for calls in ("allocate", "resize"):
            with self.subTest(calls):
                swarm.give_manifest(1002)
                full = swarm.start(1002, environment=fault("*/peer_1002/*", [calls], 1, errno.ENOSPC))
                full.expect_exit(DISK_FULL)
                self.assertIn("100000 bytes are needed", full.stderr())

    def test_full_for_the_manifest(self):
        swarm = self.content_swarm(at=[1001])
        swarm.start(1001)
        full = swarm.start(1002, environment=fault("*/peer_1002/.peerProcess-*", ["open", "write"], 1, errno.ENOSPC))
        full.expect_exit(DISK_FULL)

    def check_full_in_the_middle(self, path, calls=("write",), at=25):
        """Fetching pauses, serving goes on; with room again all complete."""
        swarm = self.content_swarm([1001, 1002, 1003])
        full = swarm.dir / "full"
        full.touch()
        seed = swarm.start(1001)
        leecher = swarm.start(1002, environment=fault(path, calls, at, errno.ENOSPC, until_gone=full))
        self.wait_for_words(leecher, "the disk is full")
        self.assertTrue(leecher.running())
        seed.kill()
        other = swarm.start(1003)
        stored = max(leecher.count("piece"), 1)  # its log may be behind, when that has no room either
        swarm.wait_until(lambda: other.count("piece") >= stored, "the other leecher to be served")
        full.unlink()
        swarm.start(1001)
        swarm.finish()
        self.assertIn("room again", leecher.stderr())

    def test_full_for_the_pieces(self):
        self.check_full_in_the_middle("*/peer_1002/*.part")

    def test_full_for_the_journal(self):
        self.check_full_in_the_middle("*/peer_1002/*.journal")

    def test_full_for_everything(self):
        """The log is on the same disk."""
        self.check_full_in_the_middle("*1002*", at=40)

    def test_full_for_the_last_name(self):
        """A folder can be full, too: the last piece waits for its name."""
        swarm = self.content_swarm()
        full = swarm.dir / "full"
        full.touch()
        swarm.start(1001)
        leecher = swarm.start(1002, environment=fault("*/TheFile.dat.part", ["rename"], 1, errno.ENOSPC, until_gone=full))
        self.wait_for_words(leecher, "the disk is full")
        self.assertEqual(leecher.count("piece"), swarm.piece_count - 1)
        full.unlink()
        swarm.finish()

    def test_errors_of_the_disk(self):
        for path, calls in (("*.part", "write"), ("*.journal", "write"), ("*.part", "rename")):
            with self.subTest(path=path, calls=calls):
                swarm = self.content_swarm()
                swarm.give_manifest(1002)
                swarm.start(1001)
                broken = swarm.start(1002, environment=fault(f"*/peer_1002/{path}", [calls], 1 if calls == "rename" else 20, errno.EIO))
                broken.expect_exit(IO)
                self.assertIn(os.strerror(errno.EIO), broken.stderr())
                stored = set(downloads(broken))
                again = swarm.start(1002)
                swarm.wait_until(lambda again=again, swarm=swarm: swarm.copy_of(1002).exists(), "the copy")
                again.had_file = again.had_file or calls == "rename"
                again.expect_exit(0)
                self.assertFalse(stored & set(downloads(again)))
                swarm.check_copies()

    def test_read_only_folder(self):
        swarm = self.content_swarm()
        swarm.give_manifest(1002)
        refused = swarm.start(1002, environment=fault("*/peer_1002/*.part", ["open"], 1, errno.EROFS))
        refused.expect_exit(IO)
        self.assertIn(os.strerror(errno.EROFS), refused.stderr())

    def test_few_descriptors_and_many_files(self):
        """Fewer than the files that are kept open for speed, at a leecher and at the seed."""
        files = {f"file {i:03}": (self.random_bytes(1500, i), 0o644) for i in range(200)}
        swarm = self.folder_swarm(files)
        swarm.start(1001, descriptor_limit=60)
        swarm.start(1002, descriptor_limit=60)
        swarm.start(1003)
        swarm.finish()

    def test_few_descriptors_and_many_peers(self):
        """The seed cannot hold a link to each; all complete with each other's help."""
        swarm = self.content_swarm([1001 + i for i in range(10)])
        seed = swarm.start(1001, descriptor_limit=17)
        for peer_id in swarm.ids[1:]:
            swarm.start(peer_id)
        for peer in swarm.lives[1:]:
            swarm.wait_until(lambda peer=peer: peer.count("complete"), f"peer {peer.id} to complete")
        self.assertIn(seed.process.poll(), (None, 0), seed.last_words())
        swarm.check_copies()

    def test_one_folder_for_two(self):
        swarm, other = self.content_swarm([1001, 1002, 1003]), self.content_swarm()
        swarm.start(1001)
        first = swarm.start(1002)
        swarm.wait_until(lambda: first.count("piece") or first.count("complete"), "the first to be at work")
        other.folder_of(1002).symlink_to(swarm.folder_of(1002))
        second = run_peer(other.dir, 1002)
        self.assertEqual(second.returncode, IO, second.stderr)
        self.assertIn("another process uses the folder", second.stderr)
        swarm.start(1003)
        swarm.finish()

    def test_the_clock_jumps(self):
        swarm = self.content_swarm(size=64 * 1024)
        clock = swarm.dir / "clock"
        swarm.give_manifest(1002)
        swarm.start_classic(1001, "--ignore-reserved", "--slow-kib", "32")
        leecher = swarm.start(1002, environment=fault(path="", clock=clock))
        for pieces, offset in ((5, 86_400), (15, -86_400), (25, 10 * 365 * 86_400)):
            swarm.wait_until(lambda pieces=pieces: leecher.count("piece") >= pieces, "some pieces")
            clock.write_text(str(offset))
        swarm.wait_until(lambda: leecher.count("complete"), "the leecher to complete")
        days = {line[:10] for line in leecher.log_path.read_text().splitlines()}
        self.assertGreaterEqual(len(days), 3, "the clock has jumped")
        swarm.finish()
        self.assertEqual(leecher.count("dialed"), 1)


class ChangedSeeds(ContentCase, WireCase):
    """Somebody works on a seed's file while it is shared. What cannot be proven is not sent, and nobody is blamed."""

    def shared(self, with_manifest=True):
        """(swarm, seed, link): a seed at work, on a link that the test holds in 1003's place."""
        swarm = self.content_swarm([1001, 1002, 1003], seeds=[1001, 1002])
        swarm.give_manifest(1003)
        if not with_manifest:
            del swarm.common["Manifest"]
            swarm.write_common()
        seed = swarm.start(1001, "--log-level", "info")
        link, pieces = self.claims(swarm)
        self.assertEqual(len(pieces), swarm.piece_count)
        link.send(bitfield((), swarm.piece_count), message(INTERESTED))
        link.read_until(UNCHOKE)
        link.send(indexed(REQUEST, 1))
        self.assertEqual(link.read_until(PIECE)[-1][1][4:], swarm.piece(1))
        return swarm, seed, link

    def claims(self, swarm):
        """A new link as 1003, and the pieces that the seed claims on it."""
        link = self.connect(swarm, 1001)
        link.send(handshake(1003))
        link.read(32)
        kind, bits = link.read_message()
        self.assertEqual(kind, BITFIELD)
        return link, {i for i in range(swarm.piece_count) if bits[i // 8] & 0x80 >> i % 8}

    def check_given_up(self, swarm, seed, link, asked, wrong):
        """Asked for a piece, the seed sends no false byte: it ends the link, and claims all but the wrong pieces."""
        link.send(indexed(REQUEST, asked))
        rest = link.rest()
        self.assertFalse(any(rest[at:at + 256] != swarm.piece(asked)[at - 9:at + 247] for at in range(9, len(rest), 256)) and len(rest) > 9,
                         "false bytes were sent")
        again, claimed = self.claims(swarm)
        self.assertEqual(claimed, set(range(swarm.piece_count)) - set(wrong))
        again.close()
        self.assertIn("no longer right on disk", seed.stderr())

    def check_completes(self, swarm, seed):
        """A leecher completes with the second seed's help, and has nothing to say against the first."""
        second, leecher = swarm.start(1002), swarm.start(1003)
        swarm.wait_until(lambda: leecher.count("complete"), "the leecher to complete")
        for peer_id in (1002, 1003):
            self.assertTrue(swarm.copy_of(peer_id).read_bytes() == swarm.content)
        for peer in (seed, second, leecher):
            self.assertIn(peer.process.poll(), (None, 0), peer.last_words())
            self.assertNotIn("wrong hash", peer.stderr())

    def test_pieces_change_in_place(self):
        swarm, seed, link = self.shared()
        swarm.spoil(1001, [3, 50])
        self.check_given_up(swarm, seed, link, 3, [3, 50])
        self.check_completes(swarm, seed)

    def test_the_file_shrinks(self):
        swarm, seed, link = self.shared()
        os.truncate(swarm.copy_of(1001), 50 * 1024 + 1)
        self.check_given_up(swarm, seed, link, 70, range(50, swarm.piece_count))
        self.check_completes(swarm, seed)

    def test_another_piece_than_the_wrong_one_is_asked_for(self):
        swarm, seed, link = self.shared()
        swarm.spoil(1001, [3])
        link.send(indexed(REQUEST, 4))
        rest = link.rest()
        self.assertIn(rest[9:], (b"", swarm.piece(4)))
        again, claimed = self.claims(swarm)
        self.assertEqual(claimed, set(range(swarm.piece_count)) - {3})
        again.close()
        self.check_completes(swarm, seed)

    def test_the_file_is_touched(self):
        """With a manifest that is no harm at all."""
        swarm, seed, link = self.shared()
        os.utime(swarm.copy_of(1001))
        link.send(indexed(REQUEST, 4))
        self.assertEqual(link.read_until(PIECE)[-1][1][4:], swarm.piece(4))
        link.close()
        seed.signal(15)
        seed.expect_exit(INTERRUPTED)
        self.assertNotIn("no longer right", seed.stderr())

    def test_the_file_is_replaced(self):
        """The old bytes stay right and readable as long as they are open, so they are still sent."""
        swarm, seed, link = self.shared()
        other = swarm.copy_of(1001).with_name("other")
        other.write_bytes(b"\0" * len(swarm.content))
        other.rename(swarm.copy_of(1001))
        link.send(indexed(REQUEST, 4))
        self.assertEqual(link.read_until(PIECE)[-1][1][4:], swarm.piece(4))
        link.close()
        self.check_completes(swarm, seed)

    def test_the_file_is_gone(self):
        swarm, seed, link = self.shared()
        swarm.copy_of(1001).unlink()
        link.send(indexed(REQUEST, 4))
        self.assertEqual(link.read_until(PIECE)[-1][1][4:], swarm.piece(4))
        link.close()
        self.check_completes(swarm, seed)

    def test_without_a_manifest_nothing_proves_it(self):
        swarm, seed, link = self.shared(with_manifest=False)
        swarm.spoil(1001, [3])
        self.check_given_up(swarm, seed, link, 4, range(swarm.piece_count))
        self.check_completes(swarm, seed)


if __name__ == "__main__":
    unittest.main()
