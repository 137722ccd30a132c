#!/usr/bin/env python3
"""`scripts/swarm check` with real peers: ours, the classic one that somebody else wrote, and worse ones.

What depends on time is in tests/scripts/check_tests.py, on virtual time. Here times may differ by half a minute.
"""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from swarm_case import CLASSIC_PEER, DEADLINE_S, HERE, PEER_PROCESS, SwarmCase

SCRIPTS = HERE.parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from swarmlib.check import trial  # noqa: E402

TOLERANCE_S = 30
# Whether an interval is shown is a matter of time.
TIMED = {"2d", "2e"}
RUNS = {run.name: run for run in trial.RUNS}


def check(*arguments):
    """The script to its end: its exit code, and the object that it prints."""
    done = subprocess.run([SCRIPTS / "swarm", "check", "--json", "--tolerance", str(TOLERANCE_S), *map(str, arguments)], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=5 * DEADLINE_S, env=os.environ | {"PEER_PROCESS": PEER_PROCESS}, check=False)
    return done.returncode, json.loads(done.stdout)


def with_status(told, status):
    return {item["id"] for item in told["items"] if item["status"] == status}


class Directories(SwarmCase):
    """Runs that went well are not accused, whoever took part."""

    def assert_good(self, swarm, not_shown):
        code, told = check(swarm.dir)
        violations = [found for item in told["items"] for found in item["violations"]]
        self.assertEqual((code, violations, told["deviations"]), (0, [], []))
        self.assertLessEqual(with_status(told, "not shown"), not_shown | TIMED | {"1c"})

    def test_ours(self):
        for ids in ((1001, 1002), range(1001, 1008)):
            with self.subTest(peers=len(ids)):
                self.assert_good(self.exchange(ids, size=1_000_000, piece_size=8192), set())

    def test_ours_that_take_their_time(self):
        self.assert_good(self.exchange(range(1001, 1007), size=600_000, piece_size=8192, preferred=1, options=("--limit-up", "100K")), set())

    def test_classic_and_ours(self):
        swarm = self.swarm(range(1001, 1006), size=500_000, piece_size=8192)
        for peer_id in swarm.ids:
            (swarm.start_classic if peer_id % 2 else swarm.start)(peer_id)
        swarm.finish()
        self.assert_good(swarm, set())

    def test_all_seeds(self):
        self.assert_good(self.exchange(seeds=(1001, 1002)), {"2b", "2c", "3a", "3b", "3c", "3d", "3e", "3f"})

    def test_a_wrong_copy(self):
        swarm = self.exchange()
        data = bytearray(swarm.content)
        data[5000] ^= 1
        swarm.copy_of(1002).write_bytes(data)
        code, told = check(swarm.dir)
        self.assertEqual((code, with_status(told, "violated")), (32, {"3e"}))


class Programs(unittest.TestCase):
    """--run: a program among peers of ours."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.dir = Path(holder.name)

    def variant(self, old, new):
        """A classic peer that does one thing in another way."""
        text = CLASSIC_PEER.read_text(encoding="utf-8")
        self.assertEqual(text.count(old), 1, "what is to be replaced")
        path = self.dir / "program.py"
        path.write_text(text.replace(old, new), encoding="utf-8")
        return [sys.executable, str(path)]

    def run_one(self, name, program, tolerance_s=TOLERANCE_S):
        """One of the runs; its violations as (item, rule)."""
        ours = [PEER_PROCESS]
        findings = trial.run_all(program, ours, timeout_s=DEADLINE_S, tell=lambda line: None, keep=self.dir / "runs", tolerance_s=tolerance_s,
                                 runs=[RUNS[name]])
        self.assert_nothing_left()
        return {(finding.item, finding.rule) for verdict in findings.verdicts() for finding in verdict.violations}

    def assert_nothing_left(self):
        """No process works in a directory of the runs any more."""
        for link in Path("/proc").glob("[0-9]*/cwd"):
            try:
                place = link.readlink()
            except OSError:
                continue
            self.assertFalse(place.is_relative_to(self.dir), f"{link} is left")

    def test_a_good_program_shows_every_item(self):
        code, told = check("--run", f"{sys.executable} {CLASSIC_PEER}", "--keep", self.dir / "runs")
        self.assertEqual((code, told["of_others"]), (0, []), told)
        self.assertLessEqual(with_status(told, "not shown"), TIMED)
        self.assertEqual({path.name for path in (self.dir / "runs").iterdir()}, set(RUNS))
        self.assert_nothing_left()

    def test_one_that_serves_everybody(self):
        program = self.variant("link.interested = True\n", "link.interested = True\n                    link.unchoke()\n")
        # Our peers are held back, so the run lasts for many times the tolerance.
        self.assertIn(("2d", "unchoked without a line"), self.run_one("seed", program, tolerance_s=1))

    def test_one_that_fails(self):
        program = self.dir / "program"
        program.write_text("#!/bin/sh\nexit 3\n")
        program.chmod(0o755)
        self.assertLessEqual({("1a", "no log"), ("1c", "failed")}, self.run_one("leecher", [str(program)]))

    def test_one_that_never_ends(self):
        program = self.variant("self.done.set()\n", "pass\n")
        self.assertIn(("1c", "does not end"), self.run_one("alone", program))

    def test_one_whose_file_is_wrong(self):
        program = self.variant("self.file.write(data)", "self.file.write(bytes(len(data)) if index == 3 else data)")
        self.assertIn(("3e", "content"), self.run_one("leecher", program))

    def test_one_that_sends_wrong_bytes(self):
        program = [sys.executable, str(CLASSIC_PEER), "--lie", "3", "--"]
        self.assertIn(("3b", "wrong bytes"), self.run_one("seed", program))


if __name__ == "__main__":
    unittest.main()
