"""Tests of the modules of scripts/swarmlib, one by one; test_scripts.py runs them."""

import os
import unittest
from argparse import ArgumentTypeError
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

from support import InDirectory

from swarmlib import files, report, units
from swarmlib.cfg import ConfigError, Content, is_local, read_config
from swarmlib.cli import Exit, ScriptError
from swarmlib.logs import Downloaded, LogFollower, PeerProgress
from swarmlib.process import command_line
from swarmlib.table import Row, Snapshot, table_lines


class ConfigTest(InDirectory):
    COMMON = "FileName TheFile.dat\nFileSize 10000232\nPieceSize 32768\n"
    PEERS = "1001 localhost 6008 1\n1002 localhost 6009 0\n"

    def read(self, common=COMMON, peers=PEERS):
        (self.dir / "Common.cfg").write_bytes(common.encode())
        (self.dir / "PeerInfo.cfg").write_bytes(peers.encode())
        return read_config(self.dir)

    def assert_refused(self, place, **texts):
        with self.assertRaisesRegex(ConfigError, place) as caught:
            self.read(**texts)
        self.assertEqual(caught.exception.code, Exit.CONFIG)

    def test_reads_the_example_of_the_course(self):
        config = self.read()
        self.assertEqual((config.file_name, config.piece_count, config.piece_length(305)), ("TheFile.dat", 306, 5992))
        peers = [(peer.id, peer.port, peer.has_file) for peer in config.peers]
        self.assertEqual(peers, [(1001, 6008, True), (1002, 6009, False)])

    def test_reads_what_real_files_look_like(self):
        config = self.read(
            "PieceSize\t4  # small\r\n\r\nFileName  sub/a#b.dat \r\nFileSize 8\r\nUnchokingInterval 5",
            "\ufeff1001\tlocalhost  6008 1  \r\n\r\n# the leecher\r\n1002 localhost 6009 0 # last",
        )
        self.assertEqual((config.file_name, config.piece_count, len(config.peers)), ("sub/a#b.dat", 2, 2))

    def test_reads_the_column_of_keys(self):
        config = self.read(peers=f"1001 localhost 6008 1 {'A' * 43} # seed\n# who else\n1002 localhost 6009 0 # {'B' * 43}\n")
        self.assertEqual([(peer.key, peer.line) for peer in config.peers], [("A" * 43, 1), ("", 3)])

    def test_names_the_line_of_what_is_wrong(self):
        self.assert_refused(r"Common.cfg:2: FileSize", common="FileName a\nFileSize 12x\nPieceSize 4\n")
        self.assert_refused(r"Common.cfg:3: PieceSize", common="FileName a\nFileSize 12\nPieceSize 0\n")
        self.assert_refused(r"Common.cfg:4: FileName", common=self.COMMON + "FileName b\n")
        for name in ("../a", "/a", "a/../../b", "a/", "."):
            self.assert_refused(r"Common.cfg:1: FileName", common=f"FileName {name}\nFileSize 12\nPieceSize 4\n")
        self.assert_refused(r"Common.cfg: has no PieceSize", common="FileName a\nFileSize 12\n")
        self.assert_refused(r"PeerInfo.cfg:2: expected 'peer-ID", peers="1001 localhost 6008 1\n1002 localhost\n")
        self.assert_refused(r"PeerInfo.cfg:1: port", peers="1001 localhost 65536 1\n")
        self.assert_refused(r"PeerInfo.cfg:1: column 4", peers="1001 localhost 6008 2\n")
        self.assert_refused(r"PeerInfo.cfg:3: peer 1001 stands", peers=self.PEERS + "1001 localhost 6010 0\n")
        self.assert_refused(r"PeerInfo.cfg: has no peer", peers="\n")

    def test_missing_file(self):
        with self.assertRaisesRegex(ConfigError, "Common.cfg: No such file"):
            read_config(self.dir)

    def test_knows_which_hosts_are_this_machine(self):
        for host in ("localhost", "127.0.0.1", "127.1.2.3", os.uname().nodename):
            self.assertTrue(is_local(host), host)
        for host in ("192.0.2.1", "0.0.0.0"):
            self.assertFalse(is_local(host), host)


class LogsTest(InDirectory):
    HAVE = "T: Peer 1002 received the ‘have’ message from 1001 for the piece 3.\n"

    @staticmethod
    def piece(piece, source, count):
        done = f"has downloaded the piece {piece} from {source}"
        return f"T: Peer 1002 {done}. Now the number of pieces it has is {count}.\n"

    def append(self, text, name="log_peer_1002.log"):
        with open(self.dir / name, "a", encoding="utf-8") as log:
            log.write(text)

    def test_reads_only_whole_new_lines_that_matter(self):
        self.append(self.piece(0, 1001, 1))
        path = self.dir / "log_peer_1002.log"
        follower = LogFollower(path, path.stat().st_size)
        self.assertEqual(list(follower.read()), [])
        self.assertFalse(follower.has_news)
        line = self.piece(7, 1003, 2)
        self.append(self.HAVE * 1000 + line[:40])
        self.assertEqual(list(follower.read()), [])
        self.append(line[40:] + self.HAVE + "T: Peer 1002 has downloaded the complete file.\n")
        self.assertEqual(list(follower.read()), [Downloaded(7, 1003, 2), "complete"])
        self.assertEqual(list(follower.read()), [])

    def test_reads_variations_of_the_line(self):
        self.append(self.piece("[7]", "[1003]", "[2]"))
        self.append("T: Peer 1002 has downloaded the piece 8 from Peer 1003. Now the number of pieces it has is : 3\n")
        follower = LogFollower(self.dir / "log_peer_1002.log")
        self.assertEqual(list(follower.read()), [Downloaded(7, 1003, 2), Downloaded(8, 1003, 3)])

    def test_reads_more_than_a_chunk_and_a_log_begun_anew(self):
        follower = LogFollower(self.dir / "log_peer_1002.log")
        self.assertEqual(list(follower.read()), [])
        self.append("".join(self.HAVE * 3 + self.piece(number, 1001, number + 1) for number in range(9000)))
        self.assertEqual([event.piece for event in follower.read()], list(range(9000)))
        (self.dir / "log_peer_1002.log").write_text(self.piece(5, 1001, 1))
        self.assertEqual(list(follower.read()), [Downloaded(5, 1001, 1)])

    def test_progress_rate_and_sources(self):
        config = self.make_swarm(file_size=10_000, piece_size=1000)
        progress = PeerProgress(config, config.peers[1], started=100.0, log_offset=0)
        self.assertFalse(progress.is_up)
        self.append(self.piece(0, 1001, 1) + self.piece(1, 1003, 2) + self.piece(2, 1003, 3))
        progress.update(102.0)
        self.assertTrue(progress.is_up)
        self.assertEqual((progress.share, progress.rate(102.0)), (0.3, 1500.0))
        self.assertEqual([source for source, _ in progress.sources()], [1003, 1001])
        progress.update(110.0)  # nothing new for longer than the window
        self.assertEqual((progress.rate(110.0), progress.sources()), (0.0, []))
        self.append("".join(self.piece(number, 1001, number + 1) for number in range(3, 10)))
        progress.update(120.0)
        self.assertEqual((progress.share, progress.completed), (1.0, 120.0))
        self.assertEqual(progress.rate(130.0), 500.0)  # over the whole download
        self.assertEqual(progress.sources(), [(1001, 0.8), (1003, 0.2)])


class TextTest(unittest.TestCase):
    def test_sizes(self):
        for text, size in {"65536": 65536, "64MiB": 64 << 20, "64M": 64 << 20, "1.5k": 1536, "2 MB": 2_000_000}.items():
            self.assertEqual(units.parse_size(text), size)
        for text in ("", "0", "-1", "5 apples", "MiB"):
            with self.assertRaises(ArgumentTypeError, msg=text):
                units.parse_size(text)
        self.assertEqual([units.size_text(size) for size in (5, 65536, 3 << 30)], ["5 bytes", "64.0 KiB", "3.0 GiB"])
        self.assertEqual([units.rate_text(rate) for rate in (3e5, 41e6, 1.2e9)], ["0.3 MB/s", "41 MB/s", "1.2 GB/s"])

    def test_table_fits_the_terminal(self):
        rows = [Row(1001, False, "seed", 1.0, 0, [])]
        for n in range(20):
            rows.append(Row(1002 + n, True, "complete" if n < 10 else "leeching", n / 40, 5e6, [(1001, 1.0)]))
        for width in (10, 40, 60, 80, 200):
            for height in (4, 10, 40):
                lines = [text for text, _ in table_lines(Snapshot(1.0, rows), width, height)]
                self.assertLessEqual(max(map(len, lines)), width)
                self.assertLessEqual(len(lines), height)
        lines = [text for text, _ in table_lines(Snapshot(1.0, rows), 80, 10)]
        self.assertIn("leeching", lines[1])  # those that still move come first
        self.assertIn("14 more", lines[-2])
        self.assertTrue(table_lines(Snapshot(0.0, []), 80))

    def test_command_line(self):
        config, peer = SimpleNamespace(directory=Path("/d")), SimpleNamespace(id=7)
        self.assertEqual(command_line(["p", "-x"], config, peer), ["p", "-x", "7"])
        self.assertEqual(command_line(["p", "{id}", "--dir={dir}"], config, peer), ["p", "7", "--dir=/d"])


class FilesTest(InDirectory):
    def test_fresh_removes_only_what_a_leecher_received(self):
        config = self.make_swarm(leechers=3)
        keep, gone = self.dir / "peer_1001/a.bin", []
        for name in ("a.bin", "a.bin.part", "a.bin.journal", "notes.txt", "a.bin.txt"):
            path = self.dir / "peer_1002" / name
            path.parent.mkdir(exist_ok=True)
            path.write_text("x")
            gone += [path] * (not name.endswith("txt"))
        for peer in config.peers:
            files.log_file(config, peer).write_text("x")
        (self.dir / "1003").mkdir()
        (self.dir / "1003/a.bin").write_text("x")
        (self.dir / "peer_1004").symlink_to("peer_1001")
        files.remove_leechers_files(config, config.peers)
        self.assertTrue(keep.exists(), "a link to the seed's folder must not cost the seed its file")
        self.assertEqual([path for path in gone if path.exists()], [])
        self.assertEqual(sorted(os.listdir(self.dir / "peer_1002")), ["a.bin.txt", "notes.txt"])
        self.assertEqual(os.listdir(self.dir / "1003"), [])
        self.assertEqual([path.name for path in self.dir.glob("log_*")], ["log_peer_1001.log"])

    def test_fresh_keeps_what_a_seed_links_to(self):
        config = self.make_swarm()
        (self.dir / "peer_1001").rename(self.dir / "peer_1002")
        (self.dir / "peer_1001").mkdir()
        (self.dir / "peer_1001/a.bin").symlink_to("../peer_1002/a.bin")
        files.remove_leechers_files(config, config.peers)
        self.assertTrue((self.dir / "peer_1001/a.bin").exists())

    def test_seed_files_are_alike_and_never_overwritten(self):
        config = self.make_swarm()
        info = self.dir / "PeerInfo.cfg"
        info.write_text(info.read_text() + "1004 127.0.0.1 6009 1\n")
        config = read_config(self.dir)
        before = files.data_file(config, config.peers[0]).read_bytes()
        self.assertEqual(files.make_seed_files(config), [files.data_file(config, config.peers[3])])
        self.assertEqual(files.data_file(config, config.peers[3]).read_bytes(), before)
        self.assertEqual(files.make_seed_files(config), [])
        files.data_file(config, config.peers[0]).write_text("mine")
        with self.assertRaisesRegex(ScriptError, "has 4 bytes"):
            files.make_seed_files(config)

    def test_sizes_come_from_the_manifest(self):
        self.make_swarm()
        (self.dir / "peer_1001/b.manifest").write_text("another")
        config = self.name_by_manifest()
        self.assertEqual((config.piece_count, config.piece_length(9), config.file_size), (10, 784, 10_000))
        files.check_seeds(config, config.peers)
        self.assertEqual(files.make_seed_files(config), [])
        (self.dir / "peer_1001/a.bin").write_text("mine")
        with self.assertRaisesRegex(ScriptError, "has 4 bytes, but the manifest says 10000"):
            files.check_seeds(config, config.peers)
        (self.dir / "peer_1001/a.bin").unlink()
        with self.assertRaisesRegex(ScriptError, "cannot be made up"):
            files.make_seed_files(config)

    def test_a_seed_without_the_manifest_is_refused(self):
        self.make_swarm()
        config = self.name_by_manifest(with_manifest=False)
        files.check_seeds(config, config.peers[1:])
        with self.assertRaisesRegex(ScriptError, "the one that Common.cfg names"):
            files.check_seeds(config, config.peers)

    def test_pieces_of_a_folder_are_cut_file_by_file(self):
        content = Content([("a", 5), ("empty", 0), ("b", 8)], 4, is_folder=True)
        self.assertEqual(content.piece_count, 4)
        self.assertEqual([content.piece_length(piece) for piece in range(4)], [4, 1, 4, 4])

    def test_seed_files_are_made_on_the_machine_of_the_seed(self):
        config = self.make_swarm()
        info = self.dir / "PeerInfo.cfg"
        (self.dir / "peer_1001/a.bin").unlink()
        info.write_text(info.read_text().replace("1001 127.0.0.1", "1001 192.0.2.1"))
        config = read_config(self.dir)
        self.assertEqual(files.make_seed_files(config), [])
        self.assertFalse((self.dir / "peer_1001/a.bin").exists())
        info.write_text(info.read_text() + "1004 127.0.0.1 6009 1\n")
        with self.assertRaisesRegex(ScriptError, "copy it from 192.0.2.1, where peer 1001 has it"):
            files.make_seed_files(read_config(self.dir))

    def test_peers_elsewhere_are_named(self):
        config = self.make_swarm()
        far = [replace(config.peers[0], host="10.0.0.1"), replace(config.peers[1], host="10.0.0.2"), replace(config.peers[2], host="10.0.0.1")]
        config.peers = (*far, *config.peers[:1])
        self.assertEqual(
            report.elsewhere(config, config.peers[3:]),
            "elsewhere, to be launched there: peers 1001, 1003 on 10.0.0.1; peer 1002 on 10.0.0.2",
        )

    def test_a_swarm_without_rows_is_not_complete(self):
        self.assertEqual(Snapshot(0.5, []).summary(), "0.5 s  no leechers here")

    def test_verification(self):
        config = self.make_swarm()
        seed, leecher, _ = config.peers
        with self.assertRaisesRegex(ScriptError, "peer 1002 has no complete file"):
            files.verify_copies(config, seed, [leecher])
        content = bytearray(files.data_file(config, seed).read_bytes())
        files.data_folder(config, leecher).mkdir()
        files.data_file(config, leecher).write_bytes(content)
        files.verify_copies(config, seed, [leecher])
        content[5000] ^= 1
        files.data_file(config, leecher).write_bytes(content)
        with self.assertRaisesRegex(ScriptError, r"at byte 5000 \(piece 4\)") as caught:
            files.verify_copies(config, seed, [leecher])
        self.assertEqual(caught.exception.code, Exit.MISMATCH)
        files.data_file(config, leecher).write_bytes(content + b"x")
        with self.assertRaisesRegex(ScriptError, "10001 bytes"):
            files.verify_copies(config, seed, [leecher])

    def test_exit_code_is_that_of_the_first_failure(self):
        self.assertEqual(report.exit_code(Exit.COMPLETE, {1: 0, 2: 17, 3: 9, 4: 0}, {3}), 17)
        self.assertEqual(report.exit_code(Exit.TIMEOUT, {1: 17}, set()), Exit.TIMEOUT)
        self.assertEqual(report.exit_code(Exit.COMPLETE, {1: 0, 2: 143}, {2}), 0)
