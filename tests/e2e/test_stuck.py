#!/usr/bin/env python3
"""A peer that cannot go on says why: on stderr, in its progress line, and when its time is over."""

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import termios
import unittest

from swarm_case import DEADLINE_S, PEER_PROCESS, run_peer
from wire_link import PIECE, REQUEST, UNCHOKE, WireCase, bitfield, indexed, message

TEN = {"size": 157, "piece_size": 16}
TIMED_OUT = 2


class Stuck(WireCase):
    def test_reasons(self):
        """All at the same time, because each takes ten seconds of nothing."""
        alone = self.stuck(1002)
        unvisited = self.stuck(1001)
        choked = self.stuck(1001, ids=[1001, 1002, 1003, 1004], seeds=[1002])
        for other in (1002, 1003, 1004):
            self.greet(choked[0], 1001, other, bitfield(range(10), 10))
        lacking = self.stuck(1001, seeds=[1002])
        partial = self.greet(lacking[0], 1001, 1002, bitfield([2, 5], 10), message(UNCHOKE))
        for _ in range(2):
            index = int.from_bytes(partial.read_until(REQUEST)[-1][1], "big")
            partial.send(indexed(PIECE, index, lacking[0].piece(index)))
        behind = self.stuck(1001, ids=[1001, 1002, 1003])
        self.greet(behind[0], 1001, 1003, bitfield([1, 2, 3], 10))

        for (swarm, peer), reason in [
                (alone, "cannot reach peer 1001 at 127.0.0.1:[0-9]+: connection refused"),
                (unvisited, "complete; waiting for peer 1002, which never connected"),
                (choked, "choked by all 3 neighbors for 1[0-9] s"),
                (lacking, r"no live peer holds pieces 0, 1, 3 \(\+5\)"),
                (behind, r"complete; waiting for peers 1003 \(has 3 of 10 pieces\), 1002 \(never connected")]:
            with self.subTest(reason):
                swarm.wait_until(lambda peer=peer, reason=reason: re.search("no progress: " + reason, peer.stderr()),
                                 "the reason on stderr")
                in_progress_line = "unchoke us  " + re.sub("1.0-9. s", "[0-9]+ s", reason).replace("1[0-9]", "[0-9]+")
                swarm.wait_until(lambda peer=peer, line=in_progress_line: re.search(line, peer.stderr()),
                                 "the reason in the progress line")
                self.assertEqual(peer.stderr().count("no progress: "), 1)

    def stuck(self, peer_id, **description):
        swarm = self.swarm(**TEN, **description)
        return swarm, swarm.start(peer_id, "--progress", "plain")

    def on_terminal(self, swarm, shown, **environment):
        """What peer 1002 writes to a terminal of 80 columns, up to where `shown` is found in it."""
        master, terminal = pty.openpty()
        self.addCleanup(os.close, master)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        peer = subprocess.Popen([PEER_PROCESS, "1002", "--log-level", "off"], cwd=swarm.dir, stdin=subprocess.DEVNULL, stdout=terminal, stderr=terminal,
                                env={key: value for key, value in os.environ.items() if key != "TERM"} | environment)
        os.close(terminal)
        self.addCleanup(peer.wait)
        self.addCleanup(peer.kill)
        text = ""
        while shown not in text:
            self.assertTrue(select.select([master], [], [], DEADLINE_S)[0], text)
            text += os.read(master, 65536).decode()
        return text

    def test_whole_reason_at_80_columns(self):
        swarm = self.swarm(**TEN, ids=[1001, 1002, *range(2_000_000_001, 2_000_000_005)])
        peers = "2000000001, 2000000002 (+2) to connect"  # the end of the reason
        text = self.on_terminal(swarm, peers, TERM="xterm", NO_COLOR="1")
        # A line that is longer would wrap, and could not be redrawn.
        for line in re.split(r"[\r\n]", re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", text)):
            self.assertLess(len(line), 80)

    def test_plain_lines_where_nothing_can_be_redrawn(self):
        for environment in ({"TERM": "dumb"}, {}):
            with self.subTest(environment):
                text = self.on_terminal(self.swarm(**TEN), "0/10 pieces", **environment)
                self.assertNotIn("\x1b", text)
                self.assertNotIn("\r", text.replace("\r\n", ""))

    def test_time_out(self):
        swarm = self.swarm(**TEN)
        for peer_id, reason in [(1001, "time-out: complete; waiting for peer 1002, which never connected"),
                                (1002, "time-out: 10 of 10 pieces missing: pieces 0, 1, 2 (+7); cannot reach peer 1001 at 127.0.0.1:"
                                       f"{swarm.ports[1001]}: connection refused")]:
            with self.subTest(peer=peer_id):
                done = run_peer(swarm.dir, peer_id, "--timeout", "1")
                self.assertEqual(done.returncode, TIMED_OUT)
                self.assertIn(reason, done.stderr)


if __name__ == "__main__":
    unittest.main()
