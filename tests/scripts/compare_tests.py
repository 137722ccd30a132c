"""Tests of bench/compare: that it runs, compares and cleans up; nothing about how fast anything is."""

import json
import os
import signal
import subprocess
import sys

from support import HERE, PATIENCE_S, InDirectory

BENCH = HERE.parents[1] / "bench"
sys.path.insert(0, str(BENCH))

from comparelib import curves, options, report  # noqa: E402
from comparelib.tools import Ideal, Ours  # noqa: E402
from swarmlib.cli import Exit  # noqa: E402

OURS = os.environ.get("PEER_PROCESS", str(Ours.binary))


class CompareTest(InDirectory):
    def compare(self, *arguments):
        command = [BENCH / "compare", "--dir", self.dir, "--quiet", "0", "--retries", "0", *arguments]
        return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S)

    def test_one_mebibyte_to_two(self):
        if not os.access(OURS, os.X_OK):
            self.skipTest("peerProcess is not built")
        tools = "ours,ideal" if Ideal.missing() is None else "ours"
        results = self.dir / "results.json"
        words = ["--tools", tools, "--cases", "1MiBx2", "--runs", "2", "--json", results]
        done = self.compare(*words, "--binary", OURS, "--variant", "checked", "--binary", OURS, "--manifest", "xxh3")
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        self.assertEqual([path.name for path in self.dir.iterdir()], ["results.json"])
        [case] = json.loads(results.read_text())["cases"]
        self.assertEqual(sorted(case["runs"]), sorted([*tools.split(","), "checked"]))
        for name, runs in case["runs"].items():
            self.assertEqual(len(runs), 2)
            for run in runs:
                self.assertGreater(run["cpu_s"], 0, name)
                self.assertGreaterEqual(run["wall_s"], run["from_up_s"])
        self.assertIn("1 MiB to 2 in", done.stdout)

    def test_a_tool_that_fails_is_reported_and_nothing_is_left(self):
        done = self.compare("--tools", "ours", "--cases", "1MiBx2", "--runs", "1", "--binary", "/bin/false")
        self.assertEqual(done.returncode, Exit.UNEXPECTED, done.stdout + done.stderr)
        self.assertIn("source exited with 1", done.stderr)
        self.assertIn("(1 failed)", done.stdout)
        self.assertEqual(list(self.dir.iterdir()), [])

    def test_interrupted(self):
        stub = self.dir / "stub"
        stub.write_text(f"#!/bin/sh\necho $$ >>{self.dir}/pids\ntrap '' TERM\nwhile :; do sleep 0.1; done\n")
        stub.chmod(0o755)
        command = [BENCH / "compare", "--tools", "ours", "--cases", "1MiBx2", "--dir", self.dir, "--binary", stub]
        running = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.addCleanup(running.communicate)
        self.addCleanup(running.kill)
        self.wait_until((self.dir / "pids").exists, "the first process")
        running.send_signal(signal.SIGINT)
        self.assertEqual(running.wait(PATIENCE_S), Exit.INTERRUPTED)
        for pid in (self.dir / "pids").read_text().split():
            self.assertFalse(os.path.exists(f"/proc/{pid}"))
        self.assertEqual(sorted(path.name for path in self.dir.iterdir()), ["pids", "stub"])

    def test_options(self):
        chosen = options.parse(["--cases", "1MiBx4,256MiBx1,4", "--dir", str(self.dir), "--set", "PieceSize=5", "--variant", "b", "--manifest", "sha256"])
        self.assertEqual([case.text() for case in options.cases(chosen)], ["1 MiB x 4", "256 MiB x 1", "256 MiB x 4"])
        ours, variant = (tool for tool in chosen.tools if issubclass(tool, Ours))
        self.assertEqual((ours.settings, ours.manifest, variant.name, variant.manifest), ({"PieceSize": "5"}, None, "b", "sha256"))
        product = options.parse(["--size", "1MiB,2MiB", "--leechers", "1,3", "--dir", str(self.dir)])
        self.assertEqual([case.text() for case in options.cases(product)], ["1 MiB x 1", "1 MiB x 3", "2 MiB x 1", "2 MiB x 3"])

    def test_ratios_are_of_the_same_round_and_curves_are_drawn(self):
        def run(seconds):
            values = {"wall_s": seconds, "from_up_s": seconds, "cpu_s": seconds, "foreign": 0, "mb_per_s": 1 / seconds, "cpu_s_per_gb": seconds}
            return values | {f"{role}_{what}": 1 << 20 for role in ("source", "leecher") for what in ("peak", "anonymous")}

        cases = []
        for leechers in (1, 4):
            case = {"directory": "/d", "file_system": "tmpfs", "size": 1 << 20, "leechers": leechers, "piece": 1 << 18}
            case["runs"] = {"ours": [run(1), run(2)], "other": [run(2), run(2)], "broken": [run(1), {"failed": "why"}]}
            case["summary"] = report.summarize(case)
            self.assertIn("0.75 (0.50 to 1.00)", report.table(case))
            self.assertIn("| broken | 1 (1 failed) |", report.table(case, markdown=True))
            cases.append(case)
        drawn = curves.draw({"cases": cases}, self.dir)
        self.assertEqual([path.name for path in drawn], ["compare-speed-over-leechers-d-1MiB.svg", "compare-cpu-over-leechers-d-1MiB.svg"])
        self.assertEqual(drawn[0].read_text().count("<polyline"), 3)
