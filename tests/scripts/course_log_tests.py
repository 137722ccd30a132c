"""Logs of anyone, read: the course's lines to the letter, other wordings, other times, odd files."""

import unittest
from datetime import datetime, timedelta

from support import InDirectory

from swarmlib.course_log import find_logs, parse_log

TIME = "2026-01-31 12:00:00.123"
NOON = (datetime(2026, 1, 31, 12) - datetime(1970, 1, 1)) // timedelta(milliseconds=1)
LINES = {
    "makes a connection to Peer 1001": ("dialed", (1001,)),
    "is connected from Peer 1003": ("accepted", (1003,)),
    "has the preferred neighbors 1001,1003": ("preferred", (1001, 1003)),
    "has the preferred neighbors 1001": ("preferred", (1001,)),
    "has the optimistically unchoked neighbor 1003": ("optimistic", (1003,)),
    "is unchoked by 1001": ("unchoked", (1001,)),
    "is choked by 1001": ("choked", (1001,)),
    "received the ‘have’ message from 1001 for the piece 7": ("have", (1001, 7)),
    "received the ‘interested’ message from 1003": ("interested", (1003,)),
    "received the ‘not interested’ message from 1003": ("not interested", (1003,)),
    "has downloaded the piece 7 from 1001. Now the number of pieces it has is 8": ("piece", (7, 1001, 8)),
    "has downloaded the complete file": ("complete", ()),
}
REWORDED = {
    "Peer [1002] makes a TCP connection to Peer [1001].": ("dialed", (1001,)),
    "Peer 1002 is connected from peer_ID 1003": ("accepted", (1003,)),
    "peer 1002 has the preferred neighbours [1001, 1003]": ("preferred", (1001, 1003)),
    "Peer 1002 has the preferred neighbors Peer 1001, Peer 1003.": ("preferred", (1001, 1003)),
    "Peer 1002 has the preferred neighbors [1001, 1003, ].": ("preferred", (1001, 1003)),
    "Peer 1002 accepted a connection from Peer 1003.": ("accepted", (1003,)),
    "Peer 1002 has the preferred neighbors .": ("preferred", ()),
    "Peer 1002 has the optimistically-unchoked neighbor Peer 1003.": ("optimistic", (1003,)),
    "Peer 1002 is unchoked by Peer 1001.": ("unchoked", (1001,)),
    "[peer_ID 1002] is choked by [peer_ID 1001].": ("choked", (1001,)),
    "Peer 1002 received the 'have' message from 1001 for the piece 7.": ("have", (1001, 7)),
    'Peer 1002 received the "have" message from Peer [1001] for the piece [7]': ("have", (1001, 7)),
    "Peer 1002 received a have message from 1001 for piece: 7": ("have", (1001, 7)),
    "Peer 1002 received the 'interested' message from 1003.": ("interested", (1003,)),
    "Peer 1002 received the 'not_interested' message from 1003.": ("not interested", (1003,)),
    "Peer 1002 has downloaded the piece [7] from [1001]. Now the number of pieces it has is : [8]": ("piece", (7, 1001, 8)),
    "Peer 1002 has downloaded piece 7 from peer 1001.": ("piece", (7, 1001, None)),
    "Peer 1002 has downloaded the piece 7 from 1001.Now the number of pieces it has is 8 of 9": ("piece", (7, 1001, 8)),
    "Peer 1002 has downloaded complete file": ("complete", ()),
    "Peer 1002 HAS DOWNLOADED THE COMPLETE FILE!": ("complete", ()),
}
TIMES = {
    "2026-01-31 12:00:00.123": 123,
    "[2026-01-31 12:00:00.123456]": 123,
    "2026/01/31 12:00:00": 0,
    "2026-01-31T12:00:01,5": 1500,
    "01/31/2026 12:00:00.123": 123,
    "31/01/2026 12:00:00 PM": 0,
    "Sat Jan 31 12:00:01 EST 2026": 1000,
    "Jan 31, 2026 12:00:01 PM": 1000,
    "31 January 2026 12:00:01": 1000,
    "[" + str(NOON // 1000) + ".25]": 250,
    str(NOON + 7): 7,
}


class CourseLogTest(InDirectory):
    @staticmethod
    def read(*lines, encoding="utf-8", end="\n"):
        return parse_log((end.join(lines) + end).encode(encoding), 1002)

    def test_the_lines_of_the_course_are_exact(self):
        log = self.read(*(f"{TIME}: Peer 1002 {text}." for text in LINES))
        self.assertEqual([(entry.kind, entry.values) for entry in log.entries], list(LINES.values()))
        self.assertEqual([entry.number for entry in log.entries], list(range(1, len(LINES) + 1)))
        self.assertEqual({(entry.time, entry.peer, entry.exact) for entry in log.entries}, {(NOON + 123, 1002, True)})
        self.assertEqual((log.strange, log.cut, log.crlf, log.lines), ([], None, False, len(LINES)))

    def test_one_character_more_or_less_is_not_exact(self):
        for text in LINES:
            line = f"{TIME}: Peer 1002 {text}."
            for near in (line[:-1], " " + line, line + " ", line.replace("Peer", "peer"), line.replace(": P", " P"), line.replace(".123", ".12")):
                with self.subTest(near):
                    [entry] = self.read(near).entries
                    self.assertEqual((entry.kind, entry.values, entry.exact), (*LINES[text], False))

    def test_other_wordings(self):
        for text, expected in REWORDED.items():
            with self.subTest(text):
                [entry] = self.read(f"{TIME}: {text}").entries
                self.assertEqual((entry.kind, entry.values), expected)
                self.assertEqual((entry.time, entry.peer, entry.exact), (NOON + 123, 1002, False))

    def test_other_times(self):
        for text, milliseconds in TIMES.items():
            with self.subTest(text):
                [entry] = self.read(f"{text}: Peer 1002 is choked by 1001.").entries
                self.assertEqual(entry.time, NOON + milliseconds)

    def test_times_that_are_none(self):
        for text in ("2026-02-30 12:00:00.000", "2026-01-31 25:00:00.000", "13:00:00 PM", "now", "", "99999-01-01"):
            with self.subTest(text):
                [entry] = self.read(f"{text}: Peer 1002 is choked by 1001.").entries
                self.assertEqual((entry.time, entry.exact), (None, False))

    def test_a_time_of_day_alone_passes_midnight_and_a_heading_gives_its_time(self):
        log = self.read("23:59:59: Peer 2 is unchoked by 1", "00:00:01: Peer 2 is choked by 1")
        self.assertEqual(log.entries[1].time - log.entries[0].time, 2000)
        log = self.read("Jan 31, 2026 12:00:01 PM p2p.Log write", "INFO: Peer 2 is choked by 1", "INFO: Peer 2 is unchoked by 1")
        self.assertEqual([entry.time for entry in log.entries], [NOON + 1000, None])
        self.assertEqual(log.strange, [])

    def test_odd_files(self):
        self.assertEqual(parse_log(b"", 1).entries, [])
        good = f"{TIME}: Peer 1002 has downloaded the piece 7 from 1001. Now the number of pieces it has is 8."
        for encoding in ("utf-8-sig", "utf-16"):
            self.assertEqual(len(self.read(good, encoding=encoding).entries), 1)
        crlf = self.read(good, "", good, end="\r\n")
        self.assertEqual(([entry.exact for entry in crlf.entries], crlf.crlf, crlf.lines), ([True, True], True, 2))
        self.assertEqual(len(parse_log(good.encode(), 1).entries), 1)  # whole, though without an end
        cut = parse_log(f"{good}\n{good[:70]}".encode(), 1)
        self.assertEqual((len(cut.entries), cut.cut, cut.strange), (1, 2, []))
        # Bytes of another encoding in place of the quotes.
        have = f"{TIME}: Peer 1002 received the ".encode() + b"\x91have\x92 message from 1001 for the piece 7.\n"
        self.assertEqual(parse_log(have, 1).entries[0].values, (1001, 7))

    def test_what_is_not_understood_is_listed(self):
        both = f"{TIME}: Peer 1002 is choked by 1001. Peer 1002 has downloaded the complete file."
        lines = [both, "hello", f"{TIME}: Peer 1002 is choked by 123456789012.", "\0" * 9, "x" * 100_000]
        log = self.read(*lines)
        self.assertEqual(log.entries, [])
        self.assertEqual([number for number, _ in log.strange], [1, 2, 3, 4, 5])
        self.assertEqual(log.strange[1][1], "hello")
        self.assertLess(len(log.strange[4][1]), 1000)

    def test_no_line_makes_it_work_for_ever(self):
        # With a pattern that can match the same text in two ways, one of these would take years.
        parts = ("1", "1 ", " ", "'", "peer ", "peer_id ", "Peer 1 ", "neighbor ", "piece ", "the ", "jan ", "10:10:10 ", "[1], ")
        texts = [text.split(" 100")[0].split(" 7")[0] for text in LINES]
        for text in texts:
            for part in parts:
                self.read(f"{text} {part * (30_000 // len(part))}x")

    def test_logs_are_found_in_the_directory_or_in_its_folders(self):
        folder = self.dir / "peer_1001"
        folder.mkdir()
        (folder / "log_peer_1001.log").touch()
        (self.dir / "log_peer_x.log").touch()
        (self.dir / "log_peer_3.log").mkdir()
        self.assertEqual(find_logs(self.dir), {1001: folder / "log_peer_1001.log"})
        for name in ("log_peer_1002.log", "log_peer_[999].log"):
            (self.dir / name).touch()
        self.assertEqual(list(find_logs(self.dir)), [999, 1002])


if __name__ == "__main__":
    unittest.main()
