"""scripts/swarm push, with processes of this machine in the place of hosts: what each host does, and what costs whom."""

import os
import shutil
import signal
import subprocess
import unittest
from pathlib import Path

from push_case import COMPLETE, INTERRUPTED, IO, MISMATCH, SCRIPTS, SOME_FAILED, USAGE, PushCase
from swarm_case import DEADLINE_S, PEER_PROCESS

LOCAL = ("--via", "local", "--hosts", "a,b,c")
PIECE = 256 * 1024  # of files of this size
SLOW = ("--limit-up", "100K")  # The source takes half a minute then, and much happens meanwhile.


class CopyTest(PushCase):
    def test_a_file_comes_to_all_hosts(self):
        self.source.chmod(0o750)
        told = self.push_json(*LOCAL)
        self.assertEqual(list(told), ["a", "b", "c"])
        self.assert_copied("a", "b", "c")
        for host, one in told.items():
            self.assertEqual((one["code"], one["reason"], one["path"], one["received"]), (0, "", str(self.copy(host)), 3_000_000))
            self.assertEqual(self.copy(host).stat().st_mode & 0o777, 0o750)
            self.assertEqual(self.leftovers(host), [])
        self.assertEqual(len({one["content_id"] for one in told.values()}), 1)
        self.assert_nothing_runs()
        self.assertEqual(sorted(one.name for one in self.dir.iterdir()), ["a.bin", "home", "there"])  # nothing beside the source

    def test_a_second_time_nothing_is_fetched(self):
        self.push(*LOCAL)
        told = self.push_json(*LOCAL)
        self.assertEqual([one["received"] for one in told.values()], [0, 0, 0])

    def test_what_differs_is_replaced(self):
        for host, text in (("a", b"old"), ("b", self.source.read_bytes()[:-1])):
            self.copy(host).parent.mkdir(parents=True)
            self.copy(host).write_bytes(text)
        self.push(*LOCAL)
        self.assert_copied("a", "b", "c")
        self.write_source(2_000_000)
        said = self.push(*LOCAL, "--no-replace", code=SOME_FAILED)
        self.assertIn("a failed (17)", said.stderr)
        self.assertEqual(self.copy("a").stat().st_size, 3_000_000)

    def test_a_folder(self):
        folder = self.dir / "models"
        (folder / "sub").mkdir(parents=True)
        (folder / "empty").mkdir()
        (folder / "sub" / "tool").write_bytes(b"#!/bin/sh\n")
        (folder / "sub" / "tool").chmod(0o755)
        (folder / ".hidden").write_bytes(b"too")
        (folder / "link").symlink_to("sub/tool")
        for _ in range(2):  # the second time it is where it was, and not in itself
            said = self.push(*LOCAL, source=folder, dest=f"{self.there}/{{host}}/models")
            self.assertIn("1 links", said.stderr)
            for host in "abc":
                copy = self.there / host / "models"
                self.assertEqual(sorted(str(one.relative_to(copy)) for one in copy.rglob("*")), [".hidden", "empty", "sub", "sub/tool"])
                self.assertTrue(os.access(copy / "sub" / "tool", os.X_OK))
        self.assertFalse((folder / ".peerProcess").exists())

    def test_where_it_goes(self):
        """Into a folder that is there or whose name ends with a slash; ~ is the home."""
        (self.there / "a").mkdir(parents=True)
        self.push("--via", "local", "--hosts", "a", dest=f"{self.there}/{{host}}")
        self.assert_copied("a")
        self.push("--via", "local", "--hosts", "b", dest=f"{self.there}/{{host}}/x/")
        self.assertTrue((self.there / "b" / "x" / "a.bin").is_file())
        self.push("--via", "local", "--hosts", "c", dest="~/of a name with 'blanks'")
        self.assertEqual((self.home / "of a name with 'blanks'").read_bytes(), self.source.read_bytes())

    def test_permissions_and_time(self):
        self.source.chmod(0o600)
        os.utime(self.source, ns=(10**18, 1_234_567_890_123_456_789))
        self.push("--via", "local", "--hosts", "a", "-p", "--fsync")
        self.assertEqual(self.copy("a").stat().st_mode & 0o777, 0o600)
        self.assertEqual(self.copy("a").stat().st_mtime_ns, 1_234_567_890_123_456_789)

    def test_an_empty_file(self):
        self.source.write_bytes(b"")
        self.push(*LOCAL)
        self.assert_copied("a", "b", "c")

    def test_a_link_brings_what_it_leads_to(self):
        link = self.dir / "link"
        link.symlink_to("a.bin")
        self.push("--via", "local", "--hosts", "a", source=link)
        self.assert_copied("a")
        self.push("--via", "local", "--hosts", "b", source=link, dest=f"{self.there}/{{host}}/")
        self.assertEqual(self.copy("b", "link").read_bytes(), self.source.read_bytes())


class FaultTest(PushCase):
    def test_a_host_costs_only_itself(self):
        """One has a file where a folder must be, on one the folder is in the file's place."""
        self.there.mkdir()
        (self.there / "b").write_bytes(b"mine")
        (self.there / "c" / "a.bin" / "a.bin").mkdir(parents=True)
        told = self.push_json(*LOCAL, code=SOME_FAILED)
        self.assertEqual([told[host]["code"] for host in "abc"], [COMPLETE, IO, MISMATCH])
        self.assertIn(str(self.there / "b"), told["b"]["reason"])
        self.assert_copied("a")
        self.assertEqual((self.there / "b").read_bytes(), b"mine")
        self.assert_nothing_runs()

    def test_one_that_dies_goes_on_where_it_was(self):
        pushing = self.start(*LOCAL, "--limit-up", "1M", "--json")
        self.wait_until(lambda: self.has_pieces("b") and self.getter_of("b"), "b has some pieces")
        os.kill(self.getter_of("b")[0], signal.SIGKILL)
        told = self.list_of(pushing, SOME_FAILED)
        self.assertEqual([told[host]["code"] for host in "abc"], [0, 137, 0])
        self.assert_copied("a", "c")
        self.assertFalse(self.copy("b").exists())
        again = self.push_json(*LOCAL)
        self.assert_copied("b")
        self.assertGreater(again["b"]["received"], 0)
        self.assertLess(again["b"]["received"], 3_000_000)
        self.assertEqual([again["a"]["received"], again["c"]["received"]], [0, 0])

    def has_pieces(self, host):
        """Two at least, so that one of them stands in the journal by now."""
        part = self.there / host / "a.bin.part"
        if not part.exists():
            return False
        pieces, have = ([data[at : at + PIECE] for at in range(0, len(data), PIECE)] for data in (self.source.read_bytes(), part.read_bytes()))
        return sum(one == other for one, other in zip(pieces, have)) >= 2

    def test_ctrl_c_leaves_nothing_running(self):
        pushing = self.start(*LOCAL, *SLOW)
        self.wait_until(lambda: len(self.getters()) == 3, "all have begun")
        pushing.send_signal(signal.SIGINT)
        self.assertEqual(pushing.wait(), INTERRUPTED)
        self.assertEqual(self.processes("get") + self.processes("share"), [])

    def test_a_launcher_that_is_killed_leaves_nothing_running(self):
        pushing = self.start(*LOCAL, *SLOW)
        self.wait_until(lambda: len(self.getters()) == 3, "all have begun")
        pushing.kill()
        pushing.wait()
        self.assert_nothing_runs()

    @unittest.skipIf(os.getuid() != 0, "needs root, for a small disk")
    def test_a_full_disk_is_told_at_once(self):
        small = self.there / "b"
        small.mkdir(parents=True)
        subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", small], check=True)
        self.addCleanup(subprocess.run, ["umount", small], check=True)
        told = self.push_json(*LOCAL, code=SOME_FAILED)
        self.assertEqual([told[host]["code"] for host in "abc"], [COMPLETE, 9, COMPLETE])
        self.assertIn("the disk is full", told["b"]["reason"])
        self.assertEqual(list(small.iterdir()), [])

    def test_a_getter_whose_leader_is_silent_leaves(self):
        """As when the leader's machine has died without a word."""
        secret = subprocess.run([PEER_PROCESS, "network", "new", "x"], check=True, capture_output=True).stdout
        words = [PEER_PROCESS, "get", "name", "--network-key", "-", "--join", "localhost:1", "--no-multicast", "--while-stdin", "1"]
        getter = subprocess.Popen([*words, "--timeout", str(DEADLINE_S)], cwd=self.dir, stdin=subprocess.PIPE, stderr=subprocess.PIPE)
        self.addCleanup(getter.stderr.close)
        self.addCleanup(getter.stdin.close)
        getter.stdin.write(secret)
        getter.stdin.flush()
        self.assertEqual(getter.wait(timeout=DEADLINE_S), INTERRUPTED)
        self.assertIn(b"nothing came from stdin for 1 s: leaving", getter.stderr.read())

    def test_the_time_is_over(self):
        told = self.push_json(*LOCAL, *SLOW, "--timeout", "1", code=SOME_FAILED)
        self.assertEqual([one["code"] for one in told.values()], [2, 2, 2])
        self.assertIn("not done after 1 s", told["a"]["reason"])
        self.assert_nothing_runs()

    def test_a_source_that_changes_is_told(self):
        pushing = self.start(*LOCAL, *SLOW)
        self.wait_until(lambda: len(self.getters()) == 3, "all have begun")
        with self.source.open("ab") as out:
            out.write(b"more")
        self.assertEqual(pushing.wait(), SOME_FAILED)
        self.assertIn(f"a failed (32): {self.source} has changed while it was pushed", self.said())
        self.assert_nothing_runs()


class ProgramTest(PushCase):
    def setUp(self):
        super().setUp()
        self.binary = self.small_binary()

    def test_it_is_brought_and_removed(self):
        there = ("--remote-binary", self.dir / "none")
        said = self.push(*LOCAL, *there, code=SOME_FAILED).stderr
        self.assertIn("a failed (1): the program cannot be run there", said)
        self.push(*LOCAL, *there, "--copy-binary")
        self.assert_copied("a", "b", "c")
        cache = self.home / ".cache" / "peerProcess"
        self.assertEqual(list(cache.iterdir()), [])

    def test_it_is_removed_whatever_ends_the_push(self):
        cache = self.home / ".cache" / "peerProcess"
        for end in (signal.SIGINT, signal.SIGKILL):
            pushing = self.start(*LOCAL, *SLOW, "--remote-binary", self.dir / "none", "--copy-binary")
            self.wait_until(lambda: len(self.getters()) == 3, "all have begun")
            self.assertEqual(len(list(cache.iterdir())), 3)
            pushing.send_signal(end)
            pushing.wait()
            self.wait_until(lambda: not list(cache.iterdir()), "nothing of it is left")

    def test_it_is_kept_and_found_again(self):
        there = ("--remote-binary", self.dir / "none", "--copy-binary", "--keep-binary")
        self.push("--via", "local", "--hosts", "a", *there)
        kept = list((self.home / ".cache" / "peerProcess").glob("*/peerProcess"))
        self.assertEqual(len(kept), 1)
        stamp = kept[0].stat().st_mtime_ns
        self.push("--via", "local", "--hosts", "b", *there)
        self.assertEqual(kept[0].stat().st_mtime_ns, stamp)
        kept[0].write_bytes(b"another one")  # is not what we would bring: its hash says so
        self.push("--via", "local", "--hosts", "c", *there)
        self.assertEqual(kept[0].read_bytes(), self.binary.read_bytes())


class CommandLineTest(PushCase):
    def test_a_dry_run_prints_what_would_run(self):
        said = self.push("--via", "ssh", "--hosts", "a,me@b", "--dry-run").stdout
        self.assertIn("BatchMode=yes", said)
        self.assertIn("-- me@b ", said)
        self.assertIn(f"share --file {self.source}", said)
        self.assertFalse(self.there.exists())

    def test_as_installed(self):
        """The program in bin, what it imports in share/peerProcess; peerProcess is found beside it."""
        prefix = self.dir / "prefix"
        (prefix / "bin").mkdir(parents=True)
        (prefix / "share" / "peerProcess").mkdir(parents=True)
        shutil.copy(SCRIPTS / "swarm", prefix / "bin" / "pswarm")
        (prefix / "bin" / "peerProcess").symlink_to(PEER_PROCESS)
        (prefix / "share" / "peerProcess" / "swarmlib").symlink_to(SCRIPTS / "swarmlib")
        words = [prefix / "bin" / "pswarm", "push", self.source, self.dest, *LOCAL]
        environment = {key: value for key, value in self.environment().items() if key != "PEER_PROCESS"}
        done = subprocess.run(words, capture_output=True, text=True, timeout=DEADLINE_S, env=environment, cwd=self.dir)
        self.assertEqual(done.returncode, COMPLETE, done.stderr)
        self.assert_copied("a", "b", "c")

    def test_usage(self):
        for words, expected in (((), "expected --hosts or --hostfile"), (("--hosts=-oProxyCommand=x",), "is no host"), (("--hosts", "a;b"), "is no host"),
                                (("--hosts", "a", "--keep-binary"), "--copy-binary"), (("--hosts", "a", "--via", "netns"), "--seed-host")):  # fmt: skip
            self.assertIn(expected, self.push(*words, code=USAGE).stderr)
        self.assertIn("--limit-up", self.push("--via", "local", "--hosts", "a", "--limit-up", "much", code=USAGE).stderr)
        self.assertIn("No such file", self.push("--hosts", "a", source=self.dir / "none", code=IO).stderr)

    def test_hostfile(self):
        hosts = self.dir / "hosts"
        hosts.write_text("# ours\n\na slots=4\nb # second\na\n")
        self.assertEqual(list(self.push_json("--via", "local", "--hostfile", hosts)), ["a", "b"])

    def test_the_secret_is_on_no_command_line_and_in_no_file(self):
        pushing = self.start(*LOCAL, *SLOW)
        self.wait_until(lambda: len(self.getters()) == 3, "all have begun")
        for pid in self.getters() + self.processes("share"):
            for name in ("cmdline", "environ"):
                self.assertNotIn(b"peerProcess-network", Path(f"/proc/{pid}/{name}").read_bytes())
        found = subprocess.run(["grep", "-rl", "peerProcess-network push", self.dir], capture_output=True, text=True)
        self.assertEqual(found.stdout, "")
        self.end(pushing)
        self.assert_nothing_runs()


if __name__ == "__main__":
    unittest.main()
