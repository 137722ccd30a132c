"""Tests of `scripts/swarm check`: good logs are never accused, and each rule finds the log in which it is broken.

The logs are those of good_run.py. Most rules get them with lines changed by hand, the others those of a run in which a
peer behaves wrongly from the beginning. test_scripts.py runs these tests; real peers are in tests/e2e/test_check.py.
"""

import json
import random
import re
import subprocess
import sys
from functools import cache

from good_run import NAME, GoodRun
from support import PATIENCE_S, SCRIPTS, InDirectory

from swarmlib.cfg import ConfigError, read_config
from swarmlib.check import show
from swarmlib.check.judge import judge
from swarmlib.check.trial import End
from wrong_logs import RULES, Logs


@cache
def good_run(**options):
    return GoodRun(**options)


class CheckCase(InDirectory):
    def judge(self, logs=None, run=None, **options):
        run = run or good_run()
        self.clear()
        run.write(self.dir, logs and logs.texts)
        return judge(read_config(self.dir), **options)[1]

    def violations(self, findings):
        return [finding for verdict in findings.verdicts() for finding in verdict.violations]

    def clear(self):
        for path in [*self.dir.glob("*.log"), *self.dir.glob("peer_*/*")]:
            path.unlink()

    def assert_good(self, findings):
        self.assertEqual([f"{one.item} {one.rule}: {one.text}" for one in self.violations(findings)], [])

    @staticmethod
    def status(findings, item):
        return next(verdict for verdict in findings.verdicts() if verdict.item.id == item)

    def not_shown(self, findings):
        return {verdict.item.id for verdict in findings.verdicts() if verdict.status == "not shown"}


class GoodLogsTest(CheckCase):
    """What is right is not accused, whatever the run is like and however it is written down."""

    def test_shows_every_item_but_the_end_of_processes(self):
        findings = self.judge()
        self.assert_good(findings)
        self.assertEqual(self.not_shown(findings), {"1c"})
        self.assertEqual(findings.deviations(), [])
        ends = {peer: End(0, False, 0.1) for peer in good_run().ids}
        self.assertEqual(self.not_shown(self.judge(ends=ends)), set())

    def test_runs_of_many_kinds(self):
        for options in ({"repeats": True}, {"seeds": (1001, 1002, 1006)}, {"preferred": 1}, {"preferred": 5}, {"count": 12, "rate": 8.0},
                        {"count": 8, "pieces": 300, "rate": 4.0}, {"interval_s": 2, "optimistic_s": 3}, {"count": 3}, {"count": 2}):
            with self.subTest(**options):
                self.assert_good(self.judge(run=GoodRun(**options)))

    def test_clocks_that_are_apart(self):
        for ahead_s in ({1002: 3600.0, 1004: -3.3}, {1001: 7.0}, {1003: 0.8, 1005: -0.7}, {1006: -86400.0}):
            with self.subTest(ahead_s=ahead_s):
                findings = self.judge(Logs(good_run().texts(ahead_s)))
                self.assert_good(findings)
                self.assertEqual(self.not_shown(findings), {"1c"})
                told = {int(re.search(r"peer (\d+)", note)[1]) for note in findings.notes}
                self.assertEqual(told, {peer for peer, second in ahead_s.items() if abs(second) >= 0.5})

    def test_clocks_that_agree_where_a_peer_is_slow(self):
        """Haves that one peer logs late, and a dial that it logs early, are no clock that is apart."""
        logs = Logs(good_run().texts())
        number = logs.find(1003, "makes a connection to Peer 1002")
        logs.texts[1003][number - 1] = logs.later(1003, number, -0.3) + logs.texts[1003][number - 1][23:]
        for number, line in enumerate(logs.texts[1004], 1):
            if "have" in line:
                logs.texts[1004][number - 1] = logs.later(1004, number, 4) + line[23:]
        logs.texts[1004].sort()
        findings = self.judge(logs)
        self.assertEqual(findings.notes, [])
        self.assertLessEqual({one.peer for one in self.violations(findings)}, {1004})

    def test_other_words_are_named_and_judged_all_the_same(self):
        for form in ("[{time}]: Peer [{peer}] {text}", "{time} - Peer {peer} {text}.\r", "[{time}]:  peer_ID {peer} {text}"):
            with self.subTest(form=form):
                findings = self.judge(Logs(good_run().texts(form=form)))
                self.assert_good(findings)
                self.assertLessEqual(self.not_shown(findings), {"1c"})
        self.assertIn("wording of have", {finding.rule for finding in findings.deviations()})
        self.assertRegex("\n".join(show.lines(findings)), r"the words of '\[2026-01-31.*' \(3000 times, in 6 logs\)")

    def test_whole_seconds(self):
        texts = {peer: [re.sub(r"\.\d\d\d: ", ": ", line) for line in lines] for peer, lines in good_run().texts().items()}
        findings = self.judge(Logs(texts))
        self.assert_good(findings)
        self.assertEqual({finding.rule for finding in findings.deviations()}, {"form of time"})

    def test_no_times(self):
        findings = self.judge(Logs(good_run().texts(form="Peer {peer} {text}.")))
        self.assert_good(findings)
        self.assertEqual(self.not_shown(findings), {"1c", "2d", "2e"})

    def test_threads_that_log_in_the_wrong_order(self):
        logs = Logs(good_run().texts())
        for lines in logs.texts.values():
            for index in range(0, len(lines) - 1, 2):
                lines[index:index + 2] = reversed(lines[index:index + 2])
        findings = self.judge(logs)
        # What counts up has no other order.
        self.assertEqual({one.rule for one in self.violations(findings)} - {"count"}, set())

    def test_logs_that_end_too_soon(self):
        """A log whose last lines were lost with its process accuses nobody else."""
        logs = Logs(good_run().texts())
        logs.texts[1004] = logs.texts[1004][:300]
        self.assertEqual({one.peer for one in self.violations(self.judge(logs))}, {1004})

    def test_logs_of_several_runs(self):
        run = good_run()
        later = {peer: run.texts(dict.fromkeys(run.ids, 1000.0))[peer] for peer in run.ids}
        findings = self.judge(Logs({peer: lines + later[peer] for peer, lines in run.texts().items()}))
        self.assert_good(findings)
        self.assertEqual({one.rule for one in findings.deviations()}, {"several runs"})
        self.assertEqual(self.not_shown(findings), {"1c"})

    def test_logs_of_some_peers(self):
        logs = Logs(good_run().texts())
        for peer in (1001, 1003):
            del logs.texts[peer]
        findings = self.judge(logs)
        self.assert_good(findings)
        self.assertIn("peer 1003 has no log here", self.status(findings, "1a").reasons)
        self.assertEqual(self.status(findings, "4").status, "not shown")

    def test_odd_lines(self):
        logs = Logs(good_run().texts())
        logs.insert(1003, 5, "Exception in thread \x1b[31m main", raw=True)
        logs.insert(1003, 9, "is unchoked by 1001", peer=1004)
        logs.texts[1005].append(logs.texts[1005][-1][:50])
        findings = self.judge(logs)
        self.assert_good(findings)
        self.assertLessEqual({"unknown line", "of another peer"}, {one.rule for one in findings.deviations()})
        self.assertNotIn("\x1b", "\n".join(show.lines(findings)))

    def test_numbers_without_bounds(self):
        """Nothing grows with a number that a log or a configuration names."""
        logs = Logs(good_run().texts())
        logs.insert(1003, 60, "received the \u2018have\u2019 message from 1002 for the piece 4294967295")
        logs.insert(1003, 61, "has downloaded the piece 4294967295 from 1002. Now the number of pieces it has is 4294967295")
        self.judge(logs)
        common = self.dir / "Common.cfg"
        common.write_text(re.sub("FileSize.*", f"FileSize {2**62}", common.read_text()))
        judge(read_config(self.dir))


class AnyLogsTest(CheckCase):
    """Logs that nobody has written on purpose."""

    def test_nothing_in_a_log_ends_the_check(self):
        run = GoodRun(count=4, pieces=20, rate=2.0)
        for seed in range(150):
            chance = random.Random(seed)
            logs = {peer: list(lines) for peer, lines in run.texts().items()}
            for lines in logs.values():
                for _ in range(chance.choice((0, 1, 3, 30, 300))):
                    self.disturb(chance, lines)
            with self.subTest(seed=seed):
                findings = self.judge(Logs(logs), run=run)
                json.dumps(show.as_object(findings, self.dir, 1.0), allow_nan=False)
                self.assertTrue("".join(show.lines(findings)).isprintable())

    @staticmethod
    def disturb(chance, lines):
        if not lines:
            return
        at = chance.randrange(len(lines))
        line = lines[at]
        lines[at:at + 1] = chance.choice((
            [],
            [line, line],
            [lines[chance.randrange(len(lines))], line],
            [line[:chance.randrange(len(line) + 1)]],
            [line[24:]],
            [re.sub(r"\d+(?=\D*$)", str(chance.choice((0, 19, 20, 1001, 1999, 2**32 - 1, 10**10 - 1))), line)],
            [re.sub(r"\d\d:\d\d:\d\d", f"{chance.randrange(24):02}:{chance.randrange(60):02}:{chance.randrange(60):02}", line)],
            [re.sub(r"\b100\d\b", lambda _: str(1001 + chance.randrange(4)), line)],
        ))

    def test_work_grows_with_the_lines(self):
        """Four times the pieces in the same swarm are four times the lines, and may be five times the steps."""
        steps = []
        for pieces in (60, 240):
            run = GoodRun(pieces=pieces)
            steps.append(self.steps_of(lambda run=run: self.judge(run=run)) / sum(map(len, run.lines.values())))
        self.assertLess(steps[1], 1.25 * steps[0], "steps a line")

    def test_work_grows_with_the_lines_of_a_pair_that_goes_round(self):
        """The worst for what looks at a neighbor's earlier lines: thousands of choices, words and links of one pair."""
        steps = []
        for rounds in (300, 1200):
            logs = Logs(good_run().texts())
            texts = ("makes a connection to Peer 1001", f"received the \u2018interested\u2019 message from 1001", "has the preferred neighbors 1001",
                     "has the optimistically unchoked neighbor 1001", "is unchoked by 1001", "is choked by 1001",
                     f"received the \u2018not interested\u2019 message from 1001", "has the preferred neighbors 1004")
            end = len(logs.texts[1003])
            for number in range(rounds):
                for text in texts:
                    logs.insert(1003, end + 8 * number if number else end, text, later_s=0.5 if number else 0)
            steps.append(self.steps_of(lambda logs=logs: self.judge(logs)))
        self.assertLess(steps[1], 4 * steps[0], "steps")

    @staticmethod
    def steps_of(action):
        """Lines of Python that are executed."""
        count = 0

        def trace(_frame, event, _argument):
            nonlocal count
            count += event == "line"
            return trace

        before = sys.gettrace()
        sys.settrace(trace)
        try:
            action()
        finally:
            sys.settrace(before)
        return count


class WrongLogsTest(CheckCase):
    """Each rule, with a log in which it is broken. Without its check the violation is missing here."""

    def test_each_rule(self):
        for (item, rule), case in RULES.items():
            with self.subTest(item=item, rule=rule):
                run = GoodRun(**case.run) if case.run else good_run()
                logs = Logs(run.texts())
                line = case.change(logs) if case.change else None
                self.clear()
                run.write(self.dir, logs.texts)
                if case.files:
                    case.files(self.dir)
                findings = judge(read_config(self.dir), of=case.of, ends=case.ends)[1]
                found = {(one.item, one.rule): one for one in self.violations(findings)}
                self.assertIn((item, rule), found, [*found])
                one = found[item, rule]
                self.assertIn(one.peer, case.peers, one)
                self.assertLessEqual({f"{a} {b}" for a, b in found} - {f"{item} {rule}"}, set(case.also), f"{item} {rule}: accused of more than what is wrong")
                if line:
                    self.assertEqual(one.place.line, line, one)
                self.assertEqual(show.exit_code(findings), 32)

    def assert_found(self, logs, item, rule, peer, run=None):
        self.assertIn((item, rule, peer), {(one.item, one.rule, one.peer) for one in self.violations(self.judge(logs, run=run))})

    def test_rules_that_can_be_broken_in_two_ways(self):
        logs = Logs(good_run().texts())
        logs.insert(1003, 400, "has downloaded the piece 120 from 1001. Now the number of pieces it has is 60")
        self.assert_found(logs, "1a", "piece index", 1003)

        logs = Logs(good_run().texts())
        end = logs.find(1003, "number of pieces it has is 80")
        logs.insert(1003, end, "has downloaded the complete file")
        logs.texts[1003] = [line for number, line in enumerate(logs.texts[1003], 1) if number <= end + 1 or "has downloaded" not in line]
        self.assert_found(logs, "3e", "too early", 1003)

        run = GoodRun(count=8, pieces=300)
        logs = Logs(run.texts())
        kept = logs.find(1001, "preferred neighbors", after=logs.find(1001, "preferred neighbors"))
        logs.texts[1001] = [line for number, line in enumerate(logs.texts[1001], 1) if number <= kept or "preferred" not in line]
        self.assert_found(logs, "2d", "too seldom", 1001, run)

    def test_no_rule_without_a_test(self):
        source = "".join(path.read_text() for path in sorted((SCRIPTS / "swarmlib/check").glob("*.py")))
        rules = set(re.findall(r'violate\([^,]+, "([^"]+)"', source)) | set(re.findall(r'return "(size|content)", ', source))
        self.assertGreater(len(rules), 30)
        self.assertEqual(rules, {rule for _, rule in RULES})


class CannotBeShownTest(CheckCase):
    """What a run cannot show is said, with the reason."""

    def assert_reason(self, findings, item, pattern):
        verdict = self.status(findings, item)
        self.assertEqual(verdict.status, "not shown", verdict)
        self.assertRegex(" ".join(verdict.reasons), pattern)

    def test_reasons(self):
        for options, item, pattern in (
            ({"preferred": 5}, "2d", "k is 5, and never more than 5 neighbors"),
            ({"count": 2}, "2e", "never more than 1 neighbor was"),
            ({"interval_s": 60, "optimistic_s": 90, "pieces": 8}, "2e", "the interval is 90 s"),
            ({"seeds": tuple(range(1001, 1007))}, "3a", "every peer has the file"),
            ({"seeds": tuple(range(1001, 1007))}, "3e", "every peer has the file"),
            ({}, "1c", "logs do not tell"),
        ):
            with self.subTest(item=item, **options):
                self.assert_reason(self.judge(run=good_run(**options)), item, pattern)

    def test_a_choice_that_never_comes_after_an_interval(self):
        findings = self.judge(run=good_run(real_optimistic_s=13))
        self.assert_reason(findings, "2e", "never chose its optimistic neighbor about 8 s after")

    def test_an_unfinished_run(self):
        logs = Logs({peer: [line for line in lines if line[11:19] < "12:00:20"] for peer, lines in good_run().texts().items()})
        findings = self.judge(logs)
        self.assert_good(findings)
        self.assert_reason(findings, "4", "not every peer has the file")
        self.assert_reason(findings, "3e", r"peer 1003 has \d+ of 120 pieces")

    def test_fewer_links(self):
        GoodRun(apart=((1005, 1003),)).write(self.dir)
        with (self.dir / "Common.cfg").open("a") as common:
            common.write("MaxConnections 4\n")
        self.assertNotIn("not linked", {one.rule for one in self.violations(judge(read_config(self.dir))[1])})


class ScriptTest(CheckCase):
    """The command as a user runs it."""

    def check(self, *arguments):
        return subprocess.run([SCRIPTS / "swarm", "check", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=PATIENCE_S)

    def test_good_and_bad(self):
        good_run().write(self.dir)
        done = self.check(self.dir)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertIn("15 items: 14 shown, 0 violated, 1 cannot be shown by this run", done.stdout)
        (self.dir / "peer_1004" / NAME).write_bytes(bytes(120 * 16))
        done = self.check(self.dir)
        self.assertEqual(done.returncode, 32)
        self.assertRegex(done.stdout, r"3e +complete file: VIOLATED\n +peer 1004, a.bin: peer_1004/a.bin differs from peer_1001/a.bin at byte 0 \(piece 0\)")

    def test_json(self):
        logs = Logs(good_run().texts())
        line = RULES["2d", "too many"].change(logs)
        good_run().write(self.dir, logs.texts)
        done = self.check("--json", self.dir)
        self.assertEqual(done.returncode, 32)
        told = json.loads(done.stdout)
        self.assertEqual((told["violated"], len(told["items"])), (True, 15))
        item = next(item for item in told["items"] if item["id"] == "2d")
        self.assertEqual(item["status"], "violated")
        self.assertEqual((item["violations"][0]["rule"], item["violations"][0]["line"]), ("too many", line))
        self.assertTrue(item["violations"][0]["file"].endswith("log_peer_1001.log"))
        item = next(item for item in told["items"] if item["id"] == "1c")
        self.assertEqual(item["status"], "not shown")
        self.assertTrue(item["why_not_shown"] and item["change"])

    def test_some_peers_alone_are_judged(self):
        logs = Logs(good_run().texts())
        RULES["2d", "too many"].change(logs)
        good_run().write(self.dir, logs.texts)
        done = self.check(self.dir, "--of", "1002,1004")
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"by the peers that are not judged:\n +2d +peer 1001")
        self.assertEqual(self.check(self.dir, "--of", "1001").returncode, 32)

    def test_usage(self):
        good_run().write(self.dir)
        for arguments in ((), (self.dir, "--run", "true"), (self.dir, "--keep", "x"), ("--run", "true", "--of", "1"), (self.dir, "--of", "7"),
                          (self.dir, "--tolerance", "-1"), ("--run", "/no/such/program")):
            with self.subTest(arguments=arguments):
                self.assertEqual(self.check(*arguments).returncode, 28)

    def test_configuration(self):
        good_run().write(self.dir)
        for path in self.dir.glob("*.log"):
            path.unlink()
        done = self.check(self.dir)
        self.assertEqual(done.returncode, 64)
        self.assertIn("has no log_peer_ID.log", done.stderr)
        (self.dir / "Common.cfg").write_text("FileName a\nFileSize 1\nPieceSize 1\n")
        self.assertEqual(self.check(self.dir).returncode, 64)
        self.assertRaises(ConfigError, judge, read_config(self.dir))
