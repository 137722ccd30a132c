#!/usr/bin/env python3
"""Tests of scripts/: the launcher and the demo as a whole, with stub_peer.py as their peers, and the modules' tests.

Nothing here relies on speed: what takes time is waited for, for at most PATIENCE_S. Loopback only, free ports.
"""

import json
import os
import pty
import signal
import subprocess
import sys
import time
import unittest

from check_tests import AnyLogsTest, CannotBeShownTest, GoodLogsTest, WrongLogsTest  # noqa: F401  # run with the rest
from check_tests import ScriptTest as CheckScriptTest  # noqa: F401  # run with the rest
from compare_tests import CompareTest  # noqa: F401  # run with the rest
from course_log_tests import CourseLogTest  # noqa: F401  # run with the rest
from keys_tests import KeysTest, SshKeysTest  # noqa: F401  # run with the rest
from module_tests import ConfigTest, FilesTest, LogsTest, TextTest  # noqa: F401  # run with the rest
from page_tests import PageTest  # noqa: F401  # run with the rest
from push_tests import GiversTest, HostsTest, PushTest, ScriptTest as PushScriptTest, TreeTest, WordsTest  # noqa: F401  # run with the rest
from report_tests import DataTest, FileTest, OddLogsTest, RealRunTest  # noqa: F401  # run with the rest
from setup_tests import RunTestsTest, SetupTest  # noqa: F401  # run with the rest
from top_tests import TopDirectoryTest, TopTest, TopTableTest  # noqa: F401  # run with the rest
from support import HERE, PATIENCE_S, SCRIPTS, InDirectory, rest_of_terminal

from swarmlib import files, state
from swarmlib.cfg import read_config
from swarmlib.cli import Exit
from swarmlib.process import Identity
from swarmlib.soak import Watch

STUB = f"{sys.executable} {HERE / 'stub_peer.py'}"


class ScriptTest(InDirectory):
    """The scripts as a user runs them."""

    def script(self, name, *arguments, **environment):
        return subprocess.run(
            [SCRIPTS / name, *map(str, arguments)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=PATIENCE_S,
            env=os.environ | environment,
        )

    def launch(self, *behaviours, options=()):
        """Runs a launch to its end."""
        return self.script("swarm", "launch", self.dir, "--binary", " ".join([STUB, *behaviours]), *options)

    def start(self, *behaviours, binary=STUB, program=(SCRIPTS / "swarm",)):
        """Starts a launch in which no peer ends by itself; returns its process when all peers have started."""
        binary = " ".join([binary, "1002=half", *behaviours])
        launcher = subprocess.Popen(
            [*program, "launch", self.dir, "--binary", binary],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.addCleanup(launcher.communicate)
        self.addCleanup(launcher.kill)
        config = read_config(self.dir)
        self.wait_until(lambda: all(files.log_file(config, peer).exists() for peer in config.peers), "all peers up")
        # The stub's own pids, for peers may stand behind a wrapper.
        self.peers = [Identity.of(int((self.dir / f"pid_{peer.id}").read_text())) for peer in config.peers]
        for peer in self.peers:
            self.addCleanup(peer.end, 0.1)  # in case the launcher did not do what is tested
        self.wait_until(lambda: len(self.noted_peers()) == len(config.peers), "all peers noted")
        return launcher

    def noted_peers(self):
        return json.loads((self.dir / ".swarm.json").read_text())["peers"]

    def assert_all_gone(self):
        self.wait_until(lambda: not any(peer.is_alive() for peer in self.peers), "no peer left")
        self.assertFalse((self.dir / ".swarm.json").exists())


class LaunchTest(ScriptTest):
    def test_complete_swarm(self):
        self.make_swarm()
        done = self.launch()
        self.assertEqual(done.returncode, 0, done.stdout)
        for text in ("2 of 2 leechers complete", "all 3 peers exited with 0", "2 copies are identical", "MB/s in all"):
            self.assertIn(text, done.stdout)
        self.assertIn("hello from 1002", (self.dir / "stderr_peer_1002.txt").read_text())
        self.assertFalse((self.dir / ".swarm.json").exists())

    def test_swarm_by_manifest(self):
        self.make_swarm()
        self.name_by_manifest()
        done = self.launch()
        self.assertEqual(done.returncode, 0, done.stdout)
        for text in ("2 of 2 leechers complete", "2 copies are identical", "19.5 KiB received"):
            self.assertIn(text, done.stdout)

    def test_swarm_over_several_machines(self):
        self.make_swarm()
        info = self.dir / "PeerInfo.cfg"
        info.write_text(info.read_text() + "1004 192.0.2.1 6001 1\n")
        done = self.launch()
        self.assertEqual(done.returncode, 0, done.stdout)
        for text in ("3 of 4 peers are on this machine", "peer 1004 on 192.0.2.1", "2 copies are identical", "not verified: the files of peer 1004"):
            self.assertIn(text, done.stdout)

    def test_status_before_the_peers_are_noted_is_not_complete(self):
        self.make_swarm()
        state.write_state(self.dir, time.monotonic(), (), {})
        status = self.script("swarm", "status", self.dir)
        self.assertEqual(status.returncode, 0, status.stdout)
        self.assertNotIn("100%", status.stdout)
        self.assertRegex(status.stdout, r"1001  starting .*\n1002  starting .*\n1003  starting")

    def test_second_run_counts_from_its_own_begin_and_fresh_starts_anew(self):
        self.make_swarm()
        self.assertEqual(self.launch().returncode, 0)
        seed = (self.dir / "peer_1001/a.bin").read_bytes()
        for done in self.dir.glob("done_*"):
            done.unlink()
        again = self.launch(options=["--fresh"])
        self.assertEqual(again.returncode, 0, again.stdout)
        self.assertIn("2 leechers complete after", again.stdout)
        self.assertEqual((self.dir / "peer_1001/a.bin").read_bytes(), seed)
        self.assertEqual((self.dir / "log_peer_1002.log").read_text().count("complete file"), 1)

    def test_corrupted_copy_is_caught(self):
        self.make_swarm()
        done = self.launch("1003=corrupt")
        self.assertEqual(done.returncode, Exit.MISMATCH, done.stdout)
        self.assertRegex(done.stdout, r"peer_1003/a.bin differs from peer 1001's at byte 9999 \(piece 9\)")

    def test_missing_copy_is_caught(self):
        self.make_swarm()
        (self.dir / "done_1003").touch()
        done = self.launch("1003=nothing")
        self.assertEqual(done.returncode, Exit.MISMATCH, done.stdout)
        self.assertIn("peer 1003 has no complete file", done.stdout)

    def test_failing_peer_stops_the_others(self):
        self.make_swarm()
        done = self.launch("1003=fail")
        self.assertEqual(done.returncode, 65, done.stdout)
        self.assertIn("peer 1003 exited with 65", done.stdout)
        self.assertIn("  port 6001 is in use", done.stdout)
        self.assertNotIn("peer 1001 exited", done.stdout)

    def test_keep_going(self):
        self.make_swarm()
        (self.dir / "done_1003").touch()
        done = self.launch("1003=fail", options=["--keep-going"])
        self.assertEqual(done.returncode, 65, done.stdout)
        self.assertIn("exit codes: 1001: 0, 1002: 0, 1003: 65", done.stdout)
        self.assertIn("1 copy is identical", done.stdout)

    def test_timeout(self):
        self.make_swarm()
        done = self.launch("1002=half", options=["--timeout", "0.5"])
        self.assertEqual(done.returncode, Exit.TIMEOUT, done.stdout)

    def test_bad_input(self):
        self.make_swarm()
        self.assertEqual(self.launch(options=["--no-such-option"]).returncode, Exit.USAGE)
        unknown = self.script("swarm", "launch", self.dir, "--binary", "/no/such/program")
        self.assertEqual(unknown.returncode, Exit.USAGE, unknown.stdout)
        (self.dir / "peer_1001/a.bin").unlink()
        unseeded = self.launch()
        self.assertEqual(unseeded.returncode, Exit.CONFIG)
        self.assertIn("scripts/demo --prepare", unseeded.stdout)
        (self.dir / "PeerInfo.cfg").write_text("1001 192.0.2.1 6001 1\n")
        self.assertIn("no peer's host is this machine", self.launch().stdout)
        (self.dir / "PeerInfo.cfg").write_text("1001 localhost 1\n")
        bad = self.launch()
        self.assertEqual((bad.returncode, bad.stdout.count("\n")), (Exit.CONFIG, 1))
        self.assertIn("PeerInfo.cfg:1: ", bad.stdout)

    def test_table_on_a_terminal(self):
        self.make_swarm()
        master, terminal = pty.openpty()
        done = subprocess.Popen(
            [SCRIPTS / "swarm", "launch", self.dir, "--binary", STUB],
            stdin=subprocess.DEVNULL,
            stdout=terminal,
            stderr=terminal,
            env=os.environ | {"TERM": "xterm", "NO_COLOR": "1"},
        )
        os.close(terminal)
        shown = rest_of_terminal(master)
        self.assertEqual(done.wait(PATIENCE_S), 0)
        self.assertRegex(shown.decode(), r"\x1b\[5A")  # drawn over itself: heading, three peers, summary
        self.assertRegex(shown.decode(), r"1003  left +\S+ 100% +\S+ MB/s  1001 100%")
        self.assertNotIn("\x1b[1m", shown.decode())


class StopTest(ScriptTest):
    """However a launch ends, no peer is left."""

    def setUp(self):
        super().setUp()
        self.make_swarm()

    def end(self, launcher, *signals):
        for number in signals:
            launcher.send_signal(number)
        output, _ = launcher.communicate(timeout=PATIENCE_S)
        return launcher.returncode, output

    def test_interrupt(self):
        code, output = self.end(self.start(), signal.SIGINT)
        self.assertEqual(code, Exit.INTERRUPTED, output)
        self.assertIn("interrupted: all peers are stopped", output)
        self.assert_all_gone()

    def test_a_peer_that_ignores_sigterm_is_killed(self):
        code, output = self.end(self.start("1003=stubborn"), signal.SIGTERM)
        self.assertEqual(code, Exit.INTERRUPTED)
        self.assertIn("1003: 137", output)
        self.assert_all_gone()

    def test_second_interrupt_kills_at_once(self):
        # A launcher that would wait for ever after the first interrupt.
        patient = (
            f"import sys, runpy; sys.path.insert(0, '{SCRIPTS}'); import swarmlib.launch as launch;"
            f"launch.STOP_PATIENCE_S = 1e6; runpy.run_path('{SCRIPTS / 'swarm'}', run_name='__main__')"
        )
        launcher = self.start("1003=stubborn", program=(sys.executable, "-c", patient))
        launcher.send_signal(signal.SIGINT)
        self.wait_until(lambda: not self.peers[0].is_alive(), "the launcher began to stop")
        self.assertTrue(self.peers[2].is_alive())
        code, _ = self.end(launcher, signal.SIGINT)
        self.assertEqual(code, Exit.INTERRUPTED)
        self.assert_all_gone()

    def test_launcher_killed(self):
        self.end(self.start("1003=stubborn"), signal.SIGKILL)
        self.wait_until(lambda: not any(peer.is_alive() for peer in self.peers), "no peer left")
        status = self.script("swarm", "status", self.dir)
        self.assertEqual((status.returncode, status.stdout), (1, f"no swarm runs in {self.dir}\n"))

    def test_peers_behind_a_wrapper(self):
        wrapper = self.dir / "wrapper"
        wrapper.write_text(f'#!/bin/sh\n{STUB} "$@"\nexit $?\n')
        wrapper.chmod(0o755)
        code, _ = self.end(self.start(binary=str(wrapper)), signal.SIGINT)
        self.assertEqual(code, Exit.INTERRUPTED)
        self.assert_all_gone()

    def test_status_and_stop(self):
        launcher = self.start()
        second = self.launch()
        self.assertEqual(second.returncode, 1)
        self.assertIn("runs in", second.stdout)
        status = self.script("swarm", "status", self.dir)
        self.assertEqual(status.returncode, 0, status.stdout)
        self.assertRegex(status.stdout, r"1001  seed .*\n1002  leeching +\S+  50%")
        self.assertEqual(self.script("swarm", "launch", self.dir, "--status").returncode, 0)
        stopped = self.script("swarm", "launch", self.dir, "--stop")
        self.assertEqual(stopped.returncode, 0, stopped.stdout)
        self.assertEqual(launcher.wait(PATIENCE_S), Exit.INTERRUPTED)
        self.assert_all_gone()
        self.assertIn("no swarm runs", self.script("swarm", "stop", self.dir).stdout)

    def test_a_pid_that_was_used_again_is_left_alone(self):
        self.start()
        bystander = subprocess.Popen(["sleep", "1000"])
        self.addCleanup(bystander.wait)
        self.addCleanup(bystander.kill)
        state = json.loads((self.dir / ".swarm.json").read_text())
        pid, started, boot = Identity.of(bystander.pid)
        state["peers"]["1002"]["identity"] = [pid, started - 1, boot]
        (self.dir / ".swarm.json").write_text(json.dumps(state))
        self.assertEqual(self.script("swarm", "stop", self.dir).returncode, 0)
        self.assert_all_gone()
        self.assertIsNone(bystander.poll())


class DemoTest(ScriptTest):
    def test_demo_leaves_nothing(self):
        demo = self.script("demo", "--size", "300KiB", "--leechers", 2, "--binary", STUB, TMPDIR=str(self.dir))
        self.assertEqual(demo.returncode, 0, demo.stdout)
        self.assertIn("300.0 KiB in 2 pieces: 1 seed, 2 leechers", demo.stdout)
        self.assertIn("2 copies are identical", demo.stdout)
        self.assertEqual(os.listdir(self.dir), [])

    def test_interrupted_demo_leaves_nothing(self):
        demo = subprocess.Popen(
            [SCRIPTS / "demo", "--size", "1KiB", "--binary", f"{STUB} 1002=half"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"TMPDIR": str(self.dir)},
        )
        self.addCleanup(demo.wait)
        self.addCleanup(demo.kill)
        self.wait_until(lambda: any(self.dir.glob("*/pid_1002")), "the leecher is up")
        demo.terminate()
        self.assertEqual(demo.wait(PATIENCE_S), Exit.INTERRUPTED)
        self.assertEqual(os.listdir(self.dir), [])

    def test_failed_demo_keeps_its_directory(self):
        demo = self.script("demo", "--size", "1KiB", "--binary", f"{STUB} 1002=fail", TMPDIR=str(self.dir))
        self.assertEqual(demo.returncode, 65, demo.stdout)
        self.assertEqual(len(os.listdir(self.dir)), 1)

    def test_named_directory_is_kept_and_must_be_empty(self):
        arguments = ("demo", "--size", "1KiB", "--leechers", 1, "--binary", STUB, "--dir", self.dir / "new")
        self.assertEqual(self.script(*arguments).returncode, 0)
        self.assertTrue((self.dir / "new/peer_1002/demo.bin").exists())
        self.assertEqual(self.script(*arguments).returncode, Exit.USAGE)

    def test_prepare(self):
        self.make_swarm()
        (self.dir / "peer_1001/a.bin").unlink()
        made = self.script("demo", "--prepare", self.dir)
        self.assertEqual((made.returncode, (self.dir / "peer_1001/a.bin").stat().st_size), (0, 10_000), made.stdout)
        self.assertIn("already", self.script("demo", "--prepare", self.dir).stdout)

    def test_every_script_has_help(self):
        for name in ("build", "test", "install-deps", "demo", "screenshot", "soak", "swarm", "try-release", "package", "try-package"):
            shown = self.script(name, "--help")
            self.assertEqual((shown.returncode, shown.stdout[:5]), (0, "usage"), name)


class SoakTest(ScriptTest):
    """Stubs know no manifest, so that these run the real peer."""

    def soak(self, *options):
        return self.script("soak", "--peers", 4, "--minutes", 0.02, "--kills", 240, "--size", "100KiB", "--piece-size", "1KiB", *options,
                           TMPDIR=str(self.dir))

    @unittest.skipUnless(os.environ.get("PEER_PROCESS"), "needs PEER_PROCESS")
    def test_short_soak(self):
        done = self.soak("--seed", 7)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertRegex(done.stdout, r"round 1: \d+ kills?, .* 4 copies identical")
        self.assertIn("nothing broke, nothing grew", done.stdout)
        self.assertEqual(os.listdir(self.dir), [])

    def test_a_peer_that_fails_ends_the_soak(self):
        broken = self.dir / "broken"
        broken.write_text("#!/bin/sh\necho no luck\nexit 3\n")
        broken.chmod(0o755)
        done = self.soak("--binary", broken)
        self.assertEqual(done.returncode, Exit.UNEXPECTED, done.stdout)
        self.assertRegex(done.stdout, "peer 10.. left with 3, and said:\nno luck")
        self.assertIn("kept", done.stdout)

    def test_growth_is_told(self):
        watch = Watch(os.getpid())
        for number in range(60):
            watch.samples.append((10 << 20, 10 + number))
        self.assertIn("descriptors", watch.growth())
        watch.samples = [((10 + number) << 20, 10) for number in range(60)]
        self.assertIn("memory", watch.growth())
        watch.samples = [((10 + number % 3) << 20, 10 + number % 3) for number in range(60)]
        self.assertEqual(watch.growth(), "")
        watch.sample()
        self.assertGreater(watch.samples[-1][0], 1 << 20)


if __name__ == "__main__":
    unittest.main()
