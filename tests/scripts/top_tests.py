"""Tests of `swarm top`: its table, what it makes of statuses and of logs, and its end."""

import os
import pty
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

from support import HERE, PATIENCE_S, SCRIPTS, InDirectory, rest_of_terminal

sys.path.append(str(HERE.parent / "support"))
from status_stub import StatusStub, document, neighbor  # noqa: E402

from swarmlib.cfg import read_config  # noqa: E402
from swarmlib.cli import Exit, ScriptError  # noqa: E402
from swarmlib.status import StatusAddress  # noqa: E402
from swarmlib.top import AddressList, row_of_status  # noqa: E402
from swarmlib.toptable import TopRow, View, top_lines  # noqa: E402

STUB = f"{sys.executable} {HERE / 'stub_peer.py'}"
CHOKED = {"kind": "choked", "text": "choked by all 3 neighbors for 12 s", "since": 1.0, "pieces": [], "piece_count": 0, "peers": [], "peer_count": 0}


def two_givers(**changes):
    return document(neighbors=[neighbor(1001, 240, 240, received_rate=3e6), neighbor(1003, 80, 240, received_rate=1e6, sent_rate=2e6),
                               neighbor(1004, 80, 240, chokes_us=True)], **changes)


class TopTableTest(InDirectory):
    """What is shown of rows, without any process."""

    rows = (TopRow(1001, "complete", 1.0, 0.0, 5e6, linked=2, unchoking=0),
            TopRow(1002, "leeching", 0.501, 4.2e6, 1.1e6, [(1001, 0.75), (1003, 0.25)], 3, 2),
            TopRow(1003, "leeching", 0.25, 0.0, 0.0, linked=3, unchoking=0, why="choked by all 3 neighbors for 12 s"))

    def lines(self, width, height=None, rows=rows):
        lines = [text for text, _ in top_lines(View(1.0, rows), width, height)]
        self.assertLessEqual(max(map(len, lines)), width)
        return lines

    def test_wide(self):
        heading, _, leecher, _, reason, summary = self.lines(100)
        self.assertEqual(heading.split(), ["peer", "state", "done", "%", "in", "out", "unchoked", "from"])
        self.assertRegex(leecher, r"1002  leeching  #{10}\.{10} +50% +4\.2 MB/s +1\.1 MB/s +2/3  1001 75%, 1003 25%")
        self.assertEqual(reason, "1003: choked by all 3 neighbors for 12 s")
        self.assertEqual(summary, "3 peers  1 complete  58% in all  4.2 MB/s received  1 without progress")

    def test_80_columns_leave_the_bar_out(self):
        self.assertEqual(self.lines(80)[0].split(), ["peer", "state", "%", "in", "out", "unchoked", "from"])

    def test_narrow_keeps_how_far_each_is(self):
        for width in (60, 40, 20, 12):
            with self.subTest(width):
                lines = self.lines(width)
                self.assertRegex(lines[2], "1002 .*50%")
                self.assertEqual(" ".join(" ".join(lines[4:-1]).split()), "1003: choked by all 3 neighbors for 12 s")

    def test_low_terminal_shows_those_that_move(self):
        rows = [TopRow(1000 + i, "complete", 1.0) for i in range(200)] + [TopRow(2000, "leeching", 0.5)]
        lines = self.lines(80, 10, rows)
        self.assertEqual(len(lines), 10)
        self.assertIn("2000  leeching", lines[7])
        self.assertEqual(lines[8], "... and 194 more peers")

    def test_reasons_of_many_leave_room_for_the_peers(self):
        lines = self.lines(80, 24, [TopRow(1000 + i, "leeching", 0.5, why="choked") for i in range(100)])
        self.assertEqual(len(lines), 24)
        self.assertEqual(sum(line.endswith(": choked") for line in lines), 7)

    def test_row_of_a_status(self):
        row = row_of_status(two_givers(stuck=CHOKED))
        self.assertEqual((row.peer_id, row.state, row.share, row.unchoked), (1002, "leeching", 0.5, "2/3"))
        self.assertEqual((row.received, row.sent, row.sources), (4e6, 2e6, [(1001, 0.75), (1003, 0.25)]))
        self.assertEqual(row.why, CHOKED["text"])
        self.assertEqual(row_of_status(document(stored=240)).state, "complete")

    def test_addresses(self):
        for text, expected in (("7000", ("127.0.0.1", 7000)), ("one.example:80", ("one.example", 80)), ("[::1]:80", ("::1", 80))):
            address = StatusAddress(text)
            self.assertEqual((address.host, address.port), expected)
        self.assertEqual(str(StatusAddress("unix:/run/p1").path), "/run/p1")
        for text in ("", "host", "host:", "host:0", "host:70000", "host:x", "unix:"):
            with self.subTest(text), self.assertRaises(ScriptError) as caught:
                StatusAddress(text)
            self.assertEqual(caught.exception.code, Exit.USAGE)


class TopCase(InDirectory):
    def stub(self, status, path=None):
        stub = StatusStub(status, path)
        self.addCleanup(stub.go_away)
        return stub

    def top(self, *words):
        """To its end."""
        command = [SCRIPTS / "swarm", "top", *map(str, words)]
        return subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S)

    def start(self, *words, **options):
        options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | options
        process = subprocess.Popen([SCRIPTS / "swarm", "top", "--interval", "0.05", *map(str, words)], stdin=subprocess.DEVNULL, **options)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def read_until(self, process, pattern):
        timer = threading.Timer(PATIENCE_S, process.kill)
        timer.start()
        text = ""
        try:
            while not re.search(pattern, text):
                line = process.stdout.readline()
                self.assertTrue(line, f"ended without {pattern}:\n{text}")
                text += line
        finally:
            timer.cancel()
        return text


class TopTest(TopCase):
    """Of a list of addresses."""

    def test_follows_its_peers_to_their_end(self):
        first, second = self.stub(two_givers(stuck=CHOKED)), self.stub(document(1003, 60), self.dir / "socket")
        top = self.start("--status", f"{first.address},{second.address}")
        self.read_until(top, r"1002  leeching  50%  4\.0 MB/s in  2\.0 MB/s out  from 1001 75%, 1003 25%  2/3 unchoke it  choked by all 3 neighbors for 12 s\n")
        self.read_until(top, r"1003  leeching  25%")
        first.document = document(stored=240)
        self.read_until(top, r"1002  complete  100%")
        first.go_away()
        self.read_until(top, r"1002  gone  100%\n")
        first.come_back()
        self.read_until(top, r"1002  complete  100%")
        first.go_away()
        second.go_away()
        self.assertEqual(top.wait(PATIENCE_S), 0)
        self.assertIn("1003  gone  25%", top.stdout.read())

    def test_interrupt_is_a_good_end(self):
        top = self.start("--status", self.stub(two_givers()).address)
        self.read_until(top, "1002  leeching")
        top.send_signal(signal.SIGINT)
        self.assertEqual((top.wait(PATIENCE_S), top.stderr.read()), (0, ""))

    def test_table_on_a_terminal(self):
        stub = self.stub(two_givers(stuck=CHOKED))
        master, terminal = pty.openpty()
        top = self.start("--status", stub.address, stdout=terminal, env=os.environ | {"TERM": "xterm", "NO_COLOR": "1"}, text=False)
        os.close(terminal)
        shown = b""
        while b"\x1b[4A" not in shown:  # drawn over itself: heading, one peer, reason, summary
            shown += os.read(master, 65536)
        stub.go_away()
        shown += rest_of_terminal(master)
        self.assertEqual(top.wait(PATIENCE_S), 0)
        self.assertRegex(shown.decode(), "1002  leeching .*\n.*1002: choked by all 3 neighbors")
        self.assertIn("1002  gone", shown.decode())

    def test_hostile_texts_do_not_reach_the_terminal(self):
        stub = self.stub(two_givers(stuck=CHOKED | {"text": "waits for \x1b[2J\u202e\u009bevil"}))
        shown = self.top("--status", stub.address, "--once", "--interval", 0.01)
        self.assertIn("waits for  [2J  evil", shown.stdout)

    def test_token(self):
        stub = self.stub(two_givers())
        stub.token = "0123456789abcdef"
        file = self.dir / "token"
        file.write_text(stub.token + "\n")
        without = self.top("--status", stub.address)
        self.assertEqual((without.returncode, without.stderr), (Exit.NETWORK, f"swarm: {stub.address} wants a token, see --status-token\n"))
        given = self.top("--status", stub.address, "--status-token", file, "--once", "--interval", 0.01)
        self.assertIn("1002  leeching", given.stdout, given.stderr)

    def test_who_is_no_peer(self):
        deep = []
        for _ in range(900):  # as deep as Python writes it
            deep = [deep]
        strange = [[], "x", {"schema": 2}, {"schema": 1}, two_givers() | {"peer": None}, two_givers() | {"rates": {}}, two_givers() | {"neighbors": deep},
                   two_givers() | {"rates": {"received": float("nan"), "sent": 0}}, two_givers() | {"peer": {"id": 1e999}},
                   two_givers() | {"neighbors": [neighbor(1003, 1, 2) | {"id": "\x1b[2J"}]}]
        for status in strange:
            with self.subTest(status=str(status)[:20]):
                done = self.top("--status", self.stub(status).address)
                self.assertEqual((done.returncode, done.stderr.count("\n")), (Exit.NETWORK, 1), done.stderr)
                self.assertRegex(done.stderr, "no peer|otherwise than docs/STATUS.md says")

    def test_usage(self):
        for words in ([], ["x", "--status", "80"], ["--status", "nonsense"], ["--status", "80", "--interval", "0"]):
            with self.subTest(words):
                self.assertEqual(self.top(*words).returncode, Exit.USAGE)
        nobody = self.top("--status", "127.0.0.1:1")
        self.assertEqual((nobody.returncode, nobody.stderr), (Exit.NETWORK, "swarm: 127.0.0.1:1 does not answer\n"))

    def test_many_peers(self):
        stub = self.stub(document(neighbors=[neighbor(2000 + i, i % 240, 240, received_rate=1e5) for i in range(200)]))
        rows, anybody = AddressList([stub.address] * 50, "").look(ThreadPoolExecutor(16))
        self.assertTrue(anybody)
        self.assertEqual({row.unchoked for row in rows}, {"200/200"})


class TopDirectoryTest(TopCase):
    """Of a directory whose peers are stubs."""

    def launch(self, *behaviours, options=(), directory=None):
        directory = directory or self.dir
        launcher = subprocess.Popen([SCRIPTS / "swarm", "launch", directory, "--binary", " ".join([STUB, "1002=half", *behaviours]), *options],
                                    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

        def stop():
            launcher.send_signal(signal.SIGINT)
            launcher.wait(PATIENCE_S)

        self.addCleanup(launcher.wait)
        self.addCleanup(launcher.kill)
        self.wait_until(lambda: all((directory / f"log_peer_{peer.id}.log").exists() for peer in read_config(directory).peers), "all peers up")
        return stop

    def test_without_status_the_logs_tell(self):
        self.make_swarm()
        stop = self.launch()
        top = self.start(self.dir)
        shown = self.read_until(top, r"1002  leeching  50%")
        self.assertIn("1001  seed  100%", shown)
        stop()
        self.assertEqual(top.wait(PATIENCE_S), 0)

    def test_status_sockets(self):
        deep = self.dir / ("d" * 60) / ("e" * 60)
        deep.mkdir(parents=True)
        above, self.dir = self.dir, deep
        self.make_swarm()
        stop = self.launch(options=["--status-sockets"])
        top = self.start(deep)
        self.read_until(top, r"1003  leeching  50%  3\.0 MB/s in  from 1004 100%  1/1 unchoke it")
        stop()
        self.assertEqual(top.wait(PATIENCE_S), 0)
        self.assertEqual(list(deep.glob("*.sock")), [])
        self.dir = above

    def test_a_peer_elsewhere_is_told_of_by_the_others(self):
        self.make_swarm()
        info = self.dir / "PeerInfo.cfg"
        info.write_text(info.read_text() + "1004 192.0.2.1 6001 0\n")
        self.stub(document(1002, 120, neighbors=[neighbor(1004, 60, 240)]), str(self.dir / "status_peer_1002.sock"))
        shown = self.top(self.dir, "--once", "--interval", 0.01).stdout
        self.assertIn("1004  heard of  25%", shown)
        self.assertRegex(shown, r"1003  unseen\n")

    def test_no_swarm(self):
        self.make_swarm()
        done = self.top(self.dir)
        self.assertEqual((done.returncode, done.stderr), (1, f"swarm: no swarm runs in {self.dir}\n"))
