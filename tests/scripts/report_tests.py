"""`swarm report`: the page's data against a naive recount of the logs, odd logs, what may be written where."""

import base64
import os
import random
import re
import subprocess
from datetime import datetime, timedelta
from unittest import mock

from report_case import Recount, ReportCase, made_logs, timed, unpack
from support import PATIENCE_S, SCRIPTS

from swarmlib import page
from swarmlib.cli import Exit, ScriptError
from swarmlib.history import read_history

NAME = "swarm-report.html"


class DataTest(ReportCase):
    """All that the page shows is what the lines say."""

    def test_everything_is_as_a_naive_recount_has_it(self):
        for seed in range(4):
            count = Recount(self.write(seed=seed))
            data = self.data()
            self.assertEqual((data["pieces"], data["group"], data["tick"], data["notes"]), (self.PIECES, 1, 1, []))
            self.assertEqual(data["span"], max(time for events in count.events.values() for time, _ in events))
            ids = [peer["id"] for peer in data["peers"]]
            self.assertEqual(ids, count.peers)
            draw = random.Random(seed)
            for until in (-1, 0, data["span"], *(draw.randrange(data["span"]) for _ in range(12))):
                self.assertEqual(self.fed(data, until), count.fed(until))
                for peer in data["peers"]:
                    self.check_links(peer, ids, count, until)
            for peer in data["peers"]:
                arrivals = {piece: (time, ids[source - 1]) for time, piece, source in timed(peer["groups"], 3)}
                self.assertEqual(arrivals, count.arrivals(peer["id"]))
                self.assertEqual(peer["lines"], len(count.events[peer["id"]]))
                is_seed = peer["id"] == made_logs.FIRST_ID
                self.assertEqual((peer["seed"], peer["had"]), (is_seed, self.PIECES if is_seed else 0))
                self.assertEqual(peer["done"], 0 if is_seed else count.completed(peer["id"]))

    def test_groups_of_pieces_are_there_with_their_last_piece_and_sums_stay_exact(self):
        count = Recount(self.write())
        with mock.patch.multiple(page, MOST_CELLS=0, LEAST_GROUPS=8):
            data = self.data()
        size = data["group"]
        self.assertGreater(size, 1)
        self.assertEqual(self.fed(data), count.fed(float("inf")))
        for peer in data["peers"][1:]:
            arrivals = count.arrivals(peer["id"])
            expected = {group: max(arrivals[piece] for piece in range(group * size, min(self.PIECES, (group + 1) * size)))[0]
                        for group in range(-(-self.PIECES // size))}
            self.assertEqual({group: time for time, group, _ in timed(peer["groups"], 3)}, expected)

    def test_longer_ticks_lose_no_piece(self):
        count = Recount(self.write())
        with mock.patch.multiple(page, MOST_EVENTS=10, MOST_TICKS=16):
            data = self.data()
        self.assertGreater(data["tick"], 1)
        self.assertEqual(self.fed(data), count.fed(float("inf")))
        for peer in data["peers"]:
            self.assertLess(len(unpack(peer["got"])), 3 * 18 * self.PEERS)

    def test_logs_alone_say_the_same(self):
        self.write()
        with_files = self.data()
        for name in ("Common.cfg", "PeerInfo.cfg"):
            (self.dir / name).unlink()
        without = self.data()
        for peer in with_files["peers"] + without["peers"]:
            peer.pop("host")
        self.assertEqual(without, with_files)

    def test_a_peer_without_a_log_is_known_by_what_the_others_heard(self):
        count = Recount(self.write())
        (self.dir / "log_peer_1003.log").unlink()
        data = self.data()
        [peer] = [peer for peer in data["peers"] if not peer["log"]]
        self.assertEqual(peer["id"], 1003)
        heard = {piece: time for time, piece, source in timed(peer["groups"], 3) if source == 0}
        self.assertEqual({piece: time - 1 for piece, time in heard.items()}, {piece: time for piece, (time, _) in count.arrivals(1003).items()})
        self.assertRegex(" ".join(data["notes"]), "No log of 1003")

    def test_what_a_peer_kept_from_before(self):
        logs = self.write()
        # A peer that had ten pieces does not download those again.
        lines = [text for text in made_logs.text(logs[1004]).splitlines() if not re.search(r"the piece \d from", text)]
        (self.dir / "log_peer_1004.log").write_text("\n".join(lines) + "\n")
        data = self.data()
        peer = data["peers"][3]
        self.assertEqual(peer["had"], 10)
        self.assertEqual(int.from_bytes(base64.b64decode(peer["kept"]), "little"), 0x3FF)
        self.assertRegex(" ".join(data["notes"]), "1004 is complete with 10 pieces that no line")


class RealRunTest(ReportCase):
    """Logs that our own program wrote."""

    def test_a_real_run(self):
        program = os.environ.get("PEER_PROCESS", str(SCRIPTS.parent / "build" / "peerProcess"))
        if not os.access(program, os.X_OK):
            self.skipTest("peerProcess is not built")
        self.make_swarm(leechers=3, file_size=400_000, piece_size=2048)
        command = [SCRIPTS / "swarm", "launch", self.dir, "--binary", f"{program} {{id}} --dir {{dir}} --progress none"]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        lines = {peer: (self.dir / f"log_peer_{peer}.log").read_text().splitlines() for peer in (1001, 1002, 1003, 1004)}
        count = Recount({peer: [(milliseconds(line[:23]), line[25:]) for line in each] for peer, each in lines.items()})
        data = self.data()
        self.assertEqual((data["pieces"], data["notes"]), (196, []))
        ids = [peer["id"] for peer in data["peers"]]
        for until in (*range(0, data["span"], max(1, data["span"] // 20)), data["span"]):
            self.assertEqual(self.fed(data, until), count.fed(until))
            for peer in data["peers"]:
                self.check_links(peer, ids, count, until)
        self.assertEqual([peer["done"] for peer in data["peers"][1:]], [count.completed(peer) for peer in ids[1:]])


def milliseconds(text):
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1)) // timedelta(milliseconds=1)


class OddLogsTest(ReportCase):
    def change(self, peer, change):
        path = self.dir / f"log_peer_{peer}.log"
        path.write_bytes(change(path.read_bytes()))

    def test_crlf_and_other_wordings_tell_the_same(self):
        self.write()
        expected = self.data()
        self.change(1002, lambda log: log.replace(b"\n", b"\r\n"))
        self.change(1003, lambda log: re.sub(rb"from (\d+)\.", rb"from Peer [\1].", log).replace("\u2018".encode(), b"'").replace("\u2019".encode(), b"'"))
        self.change(1004, lambda log: log.replace(b"2026-01-31 ", b"01/31/2026 ").rstrip())
        self.assertEqual(self.data(), expected)

    def test_empty_cut_and_strange_logs_are_named(self):
        self.write()
        before = self.data()
        self.change(1002, lambda log: b"")
        self.change(1003, lambda log: log[:-30])
        self.change(1004, lambda log: b"Starting...\n" + log)
        data = self.data()
        notes = "\n".join(data["notes"])
        self.assertIn("The log of 1002 has no event.", notes)
        self.assertRegex(notes, r"The last line of the log of 1003, line \d+, is cut off")
        self.assertRegex(notes, r"In the log of 1004 1 line of \d+ could not be read, the first of them line 1\.")
        for giver in (1001, 1002, 1003):
            self.assertEqual(self.fed(data).get((1004, giver)), self.fed(before).get((1004, giver)))

    def test_nothing_but_empty_logs(self):
        for peer in (1, 2):
            (self.dir / f"log_peer_{peer}.log").touch()
        data = self.data()
        self.assertEqual((data["pieces"], data["span"], len(data["peers"])), (0, 0, 2))

    def test_clocks_that_are_apart_are_moved(self):
        hour = 3_600_000
        self.write()
        right = self.data()
        self.write(shifts={1003: hour, 1001: -20_000})
        data = self.data()
        self.assertRegex("\n".join(data["notes"]), r"The clock of 1003 is 3600\.0 s ahead of")
        self.assertRegex("\n".join(data["notes"]), r"The clock of 1001 is 20\.0 s behind")
        self.assertEqual(self.fed(data), self.fed(right))
        for peer, same in zip(data["peers"][1:], right["peers"][1:]):
            self.assertLess(abs(peer["done"] - same["done"]), 100)

    def test_slow_programs_are_not_taken_for_wrong_clocks(self):
        logs = self.write()
        # All lines of one peer are late, so others hear of its pieces before it says that it has them.
        (self.dir / "log_peer_1002.log").write_text(made_logs.text(logs[1002], 700))
        self.assertEqual(self.data()["notes"], [])

    def test_times_that_are_missing(self):
        self.write()
        self.change(1002, lambda log: re.sub(rb"(?m)^.*?: (?=Peer)", b"", log))
        data = self.data()
        self.assertRegex("\n".join(data["notes"]), "log of 1002 has no times")
        self.assertEqual(sum(count for (receiver, _), count in self.fed(data).items() if receiver == 1002), self.PIECES)

    def test_one_wrong_time_among_right_ones(self):
        self.write()
        span = self.data()["span"]
        self.change(1002, lambda log: log.replace(b"2026", b"6026", 9).replace(b"6026", b"2026", 8))
        self.assertEqual(self.data()["span"], span)

    def test_the_last_of_several_runs_unless_told(self):
        first = made_logs.make(self.PEERS, self.PIECES, seed=1)
        second = made_logs.make(self.PEERS, self.PIECES, seed=2)
        made_logs.write(self.dir, first, self.PIECES)
        one = self.data()
        for peer in first:
            self.change(peer, lambda log: log + made_logs.text(second[peer], 600_000).encode())
        last = self.data()
        self.assertEqual((last["run"], last["runs"]), (2, 2))
        self.assertIn("--which N", last["notes"][0])
        self.assertEqual(self.report("--which", "1").returncode, 0)
        self.assertEqual(self.fed(last), Recount(second).fed(float("inf")))
        again = self.data(run=1)
        self.assertEqual([peer["got"] for peer in again["peers"]], [peer["got"] for peer in one["peers"]])
        for run in (0, 3):
            with self.assertRaisesRegex(ScriptError, f"--which {run}: the logs hold 2 runs"):
                self.data(run=run)

    def test_who_comes_late_or_comes_again_begins_no_run(self):
        logs = self.write()
        late = max(time for events in logs.values() for time, _ in events) + 60_000
        for newcomer in (1099, 1002):
            made_logs.write(self.dir, logs, self.PIECES)
            for peer in logs:
                if peer != newcomer:
                    self.change(peer, lambda log: log + made_logs.text([(late, f"Peer {peer} is connected from Peer {newcomer}.")]).encode())
            self.assertEqual(self.data()["runs"], 1)

    def test_no_mutation_of_a_log_ends_the_report(self):
        draw = random.Random(5)
        logs = {peer: made_logs.text(events).encode() for peer, events in made_logs.make(3, 8).items()}
        for _ in range(150):
            for peer, log in logs.items():
                lines = bytearray(log)
                for _ in range(draw.randrange(8)):
                    at, size = draw.randrange(len(lines)), draw.randrange(40)
                    new = draw.choice((b"", draw.randbytes(size), lines[at : at + size] * 2, b"\n" * size, b"9" * size, b"2026-13-41 "))
                    lines[at : at + size] = new
                (self.dir / f"log_peer_{peer}.log").write_bytes(lines)
            data = self.data()
            self.assertGreaterEqual(len(data["peers"]), 3)
            for peer in data["peers"]:
                self.assertLessEqual(max((time for time, *_ in timed(peer["got"], 3)), default=0), data["span"])

    def test_numbers_without_sense_are_left_out(self):
        self.write()
        evil = "2026-01-31 12:00:01.000: Peer 1002 has downloaded the piece 4294967290 from 1001. Now the number of pieces it has is 9.\n"
        many = "".join(f"2026-01-31 12:00:01.000: Peer 1002 is connected from Peer {number}.\n" for number in range(5000, 9000))
        self.change(1002, lambda log: log + (evil + many).encode())
        data = self.data()
        self.assertRegex("\n".join(data["notes"]), r"a piece beyond the last one, 49, are left out: 1 of")
        self.assertEqual(len(data["peers"]), 1000)
        (self.dir / "Common.cfg").unlink()
        self.assertEqual(self.data()["pieces"], 4294967291)  # as its logs say, and still no larger a page
        self.assertLess(len(page.render(read_history(self.dir), "")), 3_000_000)


class FileTest(ReportCase):
    def test_one_file_that_needs_no_other(self):
        self.write()
        done = self.report()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn(NAME.encode(), done.stdout)
        text = (self.dir / NAME).read_text()
        self.assertFalse(re.findall(r"https?://|src=|@import|url\(", text))
        self.assertEqual(self.report("-o", "-").stdout.decode(), text)
        self.assertEqual(sorted(path.name for path in self.dir.glob("*.html")), [NAME])

    def test_replaces_reports_and_nothing_else(self):
        self.write()
        self.assertEqual(self.report().returncode, 0)
        old = (self.dir / NAME).read_bytes()
        (self.dir / "log_peer_1006.log").unlink()
        self.assertEqual(self.report().returncode, 0)
        self.assertNotEqual((self.dir / NAME).read_bytes(), old)
        mine = self.dir / "notes.html"
        mine.write_text("mine")
        for words in (["-o", mine], ["-o", self.dir]):
            done = self.report(*words)
            self.assertEqual(done.returncode, Exit.USAGE)
            self.assertIn(b"is there and is no report", done.stderr)
        self.assertEqual(mine.read_text(), "mine")
        link = self.dir / "link.html"
        link.symlink_to(mine)
        self.assertEqual(self.report("-o", link).returncode, Exit.USAGE)
        self.assertFalse(list(self.dir.glob(".*")))

    def test_what_is_missing_is_said(self):
        done = self.report()
        self.assertEqual(done.returncode, Exit.CONFIG)
        self.assertRegex(done.stderr.decode(), r"\Aswarm: .* has no log_peer_ID.log.*\n\Z")
        self.write()
        self.assertEqual(self.report("-o", self.dir / "no" / "folder.html").returncode, Exit.IO)
        self.assertEqual(self.report("--which", "2").returncode, Exit.USAGE)
        other = subprocess.run([SCRIPTS / "swarm", "status", self.dir, "-o", "x"], capture_output=True, timeout=PATIENCE_S)
        self.assertEqual((other.returncode, b"are for report" in other.stderr), (Exit.USAGE, True))
        (self.dir / "PeerInfo.cfg").write_text("1001 localhost\n")
        self.assertEqual(self.report().returncode, 0)
        self.assertIn("count only in part", (self.dir / NAME).read_text())

    def test_a_directory_whose_name_is_no_text(self):
        self.dir = self.dir / os.fsdecode(b"\xff</script>")
        self.dir.mkdir(parents=True)
        self.write()
        done = self.report()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual((self.dir / NAME).read_text().count("</script>"), 2)
