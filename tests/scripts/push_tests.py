"""The decisions of `scripts/swarm push`: who starts whom, what the words of hosts mean, and what a fault costs whom."""

import contextlib
import hashlib
import io
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
from pathlib import Path

import support  # noqa: F401  # makes swarmlib known

from swarmlib.cli import ScriptError
from swarmlib.push import push as push_hosts
from swarmlib.push import command, hosts, job, outcome, pbcast, run, script, seed, table, tree, words
from swarmlib.push.push import COMPLETE, FAILED, FETCHING, WAITING, Bring, Close, Push, Start, Tether
from swarmlib.push.transport import make_transport

ID = "ab" * 32


def names(count):
    return [f"h{number}" for number in range(count)]


class GiversTest(unittest.TestCase):
    def test_several_hosts_of_one_machine_are_told_apart_by_their_ports(self):
        def host(name, address):
            made = push_hosts.Host(name)
            made.address = address
            return made

        givers = table.Givers([host("a", "localhost:1"), host("b", "localhost:2"), host("c", "")], "here", 9)
        self.assertEqual([givers.name(f"127.0.0.1:{port}") for port in (1, 2, 9, 77)], ["a", "b", "here", "127.0.0.1:77"])


class TreeTest(unittest.TestCase):
    def test_few_hosts_are_all_started_from_here(self):
        self.assertEqual([branch.hosts() for branch in tree.plan_tree(names(3), 32)], [["h0"], ["h1"], ["h2"]])

    def test_a_thousand_hosts(self):
        """Here 32 processes of ssh, on each host at most four, and all are up after four rounds."""
        branches = tree.plan_tree(names(1000), 32)
        self.assertEqual(len(branches), 32)
        self.assertEqual(max(branch.depth() for branch in branches), 4)
        self.assertEqual(sorted(host for branch in branches for host in branch.hosts()), sorted(names(1000)))
        rest, most = list(branches), 0
        while rest:
            branch = rest.pop()
            most = max(most, len(branch.below))
            rest += branch.below
        self.assertEqual(most, tree.FAN)

    def test_parts_are_even(self):
        for count in range(1, 200):
            sizes = [len(branch.hosts()) for branch in tree.plan_tree(names(count), 7)]
            self.assertLessEqual(max(sizes) - min(sizes), 1)

    def test_lines_tell_who_stands_below_whom(self):
        branch = tree.Branch("a", [tree.Branch("b", [tree.Branch("c")]), tree.Branch("d")])
        self.assertEqual(script.head_of("a", branch), "a\n3\n1 b\n0 c\n0 d\n")


class HostsTest(unittest.TestCase):
    def test_lists(self):
        self.assertEqual(hosts.listed_hosts("a, b,a,,me@c.d,10.0.0.1,fe80::1%eth0"), ["a", "b", "me@c.d", "10.0.0.1", "fe80::1%eth0"])
        for wrong in ("", ",", "-oProxyCommand=x", "a b", "a;b", "$(x)", "@a", "a@-b"):
            with self.assertRaises(ScriptError, msg=wrong):
                hosts.listed_hosts(wrong)

    def test_addresses_in_brackets(self):
        ssh = make_transport("ssh", ssh_command="ssh", control_folder="/x", roots=9)
        self.assertEqual([lead.command[-2] for lead in ssh.leads(["[::1]", "me@[::1]", "a"])], ["::1", "me@::1", "a"])

    def test_a_time_is_a_number(self):
        for wrong in ("nan", "0", "-1", "x"):
            with self.assertRaises(SystemExit, msg=wrong), contextlib.redirect_stderr(io.StringIO()):
                command.parse_arguments(["a", "/b", "--hosts", "a", f"--timeout={wrong}"], "push")

    def test_what_cannot_be_a_path_in_a_line_is_refused(self):
        for dest in ("", "/a\nb", "/a\x1b[2J", "/a\udcff"):
            with self.assertRaises(ScriptError, msg=repr(dest)):
                job.refuse_odd_names(dest, "a")
        with self.assertRaises(ScriptError):
            job.refuse_odd_names("/a", "a\nb")
        job.refuse_odd_names("/ä b'\"\u00a0", "-x")

    def test_the_seed_s_source_is_no_option(self):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "-d").mkdir()
            (Path(folder) / "-f").touch()
            before = os.getcwd()
            self.addCleanup(os.chdir, before)
            os.chdir(folder)
            for name in ("-d", "-f"):
                words_of_seed = seed.Seed(["p"], name, b"", host=None).command()
                self.assertIn(f"./{name}", words_of_seed)
                self.assertNotIn(name, words_of_seed)
            os.chdir(before)

    def test_words_of_sbcast(self):
        told = pbcast.parse_arguments(["-C", "-f", "-F", "8", "-j", "12.0", "-p", "-s", "8m", "-t", "9", "a", "/b"], "pbcast")
        self.assertEqual((told.source, told.dest, told.jobid, told.force, told.preserve), ("a", "/b", "12.0", True, True))


def place(complete=False, content_id=ID, stored=5, stuck=None, sources=()):
    return json.dumps({"complete": complete, "content_id": content_id, "size": 10, "stored_bytes": stored, "received_bytes": stored,
                       "received_rate": 3.0,
                       "sent_rate": 1.0, "address": "1.2.3.4:5",
                       "linked": 1, "from": [{"address": a, "rate": r} for a, r in sources], "stuck": stuck})  # fmt: skip


class WordsTest(unittest.TestCase):
    def test_lines_of_others_are_none_of_ours(self):
        self.assertEqual(words.parse_word("@pswarm h up x86_64"), ("h", "up", "x86_64"))
        self.assertEqual(words.parse_word("@pswarm h ended"), ("h", "ended", ""))
        for line in ("Welcome!", "", "@pswarm", "@pswarm h", "@pswarm h explode x", " @pswarm h up", "@pswarm h up" + "x" * 100_000):
            self.assertIsNone(words.parse_word(line), line[:40])

    def test_a_place_that_is_none_is_none(self):
        told = words.parse_place(place(sources=[("a:1", 3), ("b:1", 1)]))
        self.assertEqual((told.share, told.sources), (0.5, [("a:1", 0.75), ("b:1", 0.25)]))
        self.assertEqual(words.parse_place(place(complete=True, stored=0)).share, 1.0)
        huge = [place().replace("3.0", number) for number in ("Infinity", "NaN", "1e999", "9" * 400)]
        huge += [place(stored=10**400), place(sources=[("a:1", float("inf"))])]
        for text in ("", "{}", "[]", "null", "7", '{"size": "x"}', place().replace("3.0", '"x"'), "[" * 60_000, *huge):
            self.assertIsNone(words.parse_place(text), text[:200])

    def test_a_host_does_not_fill_the_table_with_one_reason(self):
        self.assertLess(len(words.parse_place(place(stuck="x" * 50_000)).stuck), 1000)


class PushTest(unittest.TestCase):
    """A push to hosts that say what the test says."""

    def begin(self, count, via="ssh", parallel=32, **options):
        transport = make_transport(via, ssh_command="ssh", control_folder="/x", roots=parallel)
        self.push = Push(names(count), transport, content_id=ID, parallel=parallel, **options)
        return self.started()

    def started(self):
        """The leads that are started now: first host to key."""
        self.effects = self.push.take_effects()
        return {effect.lead.hosts[0]: effect.key for effect in self.effects if isinstance(effect, Start)}

    def say(self, key, *lines):
        for line in lines:
            self.push.on_line(key, f"@pswarm {line}", 1.0)

    def completes(self, key, host):
        self.say(key, f"{host} up x86_64", f"{host} at {place(complete=True)}", f"{host} complete /d/a")

    def states(self):
        return [host.state for host in self.push.hosts.values()]

    def test_all_become_complete(self):
        keys = self.begin(2)
        for host, key in keys.items():
            self.completes(key, host)
        self.assertEqual(self.states(), [COMPLETE, COMPLETE])
        self.assertTrue(self.push.is_over)
        self.assertEqual(outcome.exit_code(self.push), 0)
        self.assertEqual([one["path"] for one in json.loads(outcome.json_text(self.push, ID))], ["/d/a", "/d/a"])

    def test_no_more_than_so_many_are_on_their_way(self):
        keys = self.begin(5, via="local", parallel=2)
        self.assertEqual(list(keys), ["h0", "h1"])
        self.assertEqual(self.states().count(WAITING), 3)
        self.say(keys["h1"], "h1 up x86_64")
        self.assertEqual(list(self.started()), ["h2"])
        self.push.on_end(keys["h0"], 255, 1.0)
        self.assertEqual(list(self.started()), ["h3"])

    def test_what_a_host_says_of_its_copy_must_be_true(self):
        key = self.begin(1)["h0"]
        self.say(key, "h0 up x", f"h0 at {place(complete=True, content_id='cd' * 32)}", "h0 complete /d/a")
        self.assertEqual(self.push.hosts["h0"].code, 32)

    def test_a_host_speaks_for_nobody_but_itself_and_those_below(self):
        key = self.begin(2)["h0"]
        self.say(key, f"h1 at {place(complete=True)}", "h1 complete /d/a", "h1 failed 1 x", "h1 gone", "h1 said x")
        self.assertEqual((self.push.hosts["h1"].state, self.push.hosts["h1"].note), ("starting", ""))

    def test_a_code_that_is_none_is_any(self):
        for code in ("²", "9" * 5000, "256", "0", "-1", "x", ""):
            key = self.begin(1)["h0"]
            self.say(key, f"h0 failed {code} why")
            self.assertEqual((self.push.hosts["h0"].state, self.push.hosts["h0"].code), (FAILED, 1), code[:10])

    def test_reasons_are_short(self):
        key = self.begin(1)["h0"]
        self.say(key, "h0 failed 9 " + "x" * 50_000)
        self.assertLess(len(self.push.hosts["h0"].why), 1000)

    def test_the_last_words_of_a_lost_connection_are_the_reason(self):
        key = self.begin(2)["h1"]
        self.push.on_line(key, "ssh: connect to host h1 port 22: Connection refused\r", 1.0)
        self.push.on_end(key, 255, 1.0)
        host = self.push.hosts["h1"]
        self.assertEqual((host.state, host.code, host.why), (FAILED, 6, "ssh: connect to host h1 port 22: Connection refused"))
        self.assertFalse(self.push.is_over)
        self.assertEqual(outcome.failures(self.push), ["h1 failed (6): ssh: connect to host h1 port 22: Connection refused"])

    def test_a_server_with_too_many_logins_is_asked_once_more(self):
        key = self.begin(1)["h0"]
        for attempt in range(2):
            self.push.on_line(key, "kex_exchange_identification: Connection closed by remote host", 1.0)
            self.push.on_end(key, 255, 1.0)
            key = self.started().get("h0")
            self.assertEqual(key is None, attempt == 1)
        self.assertEqual(self.states(), [FAILED])

    def test_hosts_below_one_that_is_gone_are_started_from_here(self):
        key = self.begin(4, parallel=1)["h0"]  # h0 starts h1, h2 and h3
        self.say(key, "h0 up x", "h1 up x")
        self.completes(key, "h2")
        self.push.on_end(key, 255, 1.0)
        self.assertEqual(self.push.hosts["h0"].state, FAILED)
        again = self.started()
        self.assertEqual(list(again), ["h1"])  # one at a time
        self.completes(again["h1"], "h1")
        again |= self.started()
        self.completes(again["h3"], "h3")
        self.assertEqual(self.states(), [FAILED, COMPLETE, COMPLETE, COMPLETE])
        self.assertIn("h0 is gone; started from here", self.push.hosts["h1"].note)

    def test_one_that_another_cannot_reach_is_started_from_here_once(self):
        key = self.begin(3, parallel=1)["h0"]
        self.say(key, "h0 up x", "h1 said Permission denied (publickey).", "h1 gone")
        again = self.started()
        self.assertEqual(list(again), ["h1"])
        self.assertEqual(self.push.hosts["h1"].note, "Permission denied (publickey).; started from here")
        self.push.on_line(again["h1"], "no route", 1.0)
        self.push.on_end(again["h1"], 255, 1.0)
        self.assertEqual((self.push.hosts["h1"].state, self.push.hosts["h1"].why), (FAILED, "no route"))

    def test_one_that_was_started_from_here_depends_on_nobody_else(self):
        key = self.begin(4, parallel=1)["h0"]  # h0 starts h1, h2 and h3
        self.say(key, "h0 up x", "h1 gone")
        again = self.started()
        self.say(again["h1"], "h1 up x")
        self.say(key, f"h1 at {place(complete=True)}", "h1 complete /d/a", "h1 gone")
        self.push.on_end(key, 255, 1.0)
        self.assertEqual(self.states()[:2], [FAILED, FETCHING])

    def test_the_program_is_brought_once_and_only_where_one_is(self):
        key = self.begin(1)["h0"]
        self.push.take_effects()
        self.say(key, "h0 missing x86_64 sh: not found")
        self.assertEqual(self.push.take_effects(), [])
        key = self.begin(1, brings=True, machine="x86_64")["h0"]
        self.say(key, *["h0 missing x86_64 sh: not found"] * 3)
        self.assertEqual(self.push.take_effects(), [Bring(key)])

    def test_the_program_is_brought_to_machines_of_this_kind_alone(self):
        keys = self.begin(3, brings=True, machine="x86_64")
        self.assertFalse([effect for effect in self.effects if isinstance(effect, Tether)])
        self.say(keys["h0"], "h0 up x86_64", "h0 program peerProcess 1.0")
        self.say(keys["h1"], "h1 up x86_64", "h1 missing x86_64 sh: not found")
        self.say(keys["h2"], "h2 up aarch64", "h2 missing aarch64 sh: not found")
        self.assertEqual(self.push.take_effects(), [Tether(keys["h0"]), Bring(keys["h1"]), Close(keys["h2"])])
        self.assertIn("none for an aarch64", self.push.hosts["h2"].why)

    def test_one_step_of_slurm_leads_to_all(self):
        key = self.begin(3, via="srun")["h0"]
        self.completes(key, "h1")
        self.push.on_line(key, "srun: error: n0: task 0: Killed", 1.0)
        self.push.on_end(key, 137, 1.0)
        self.assertEqual(self.states(), [FAILED, COMPLETE, FAILED])

    def test_the_time_is_over(self):
        key = self.begin(2, timeout_s=10)["h0"]
        self.completes(key, "h0")
        self.push.on_time(9.9)
        self.assertFalse(self.push.is_over)
        self.push.on_time(10.0)
        self.assertEqual(self.states(), [COMPLETE, FAILED])
        self.assertEqual(self.push.hosts["h1"].code, 2)

    def test_the_table_names_givers(self):
        keys = self.begin(2)
        self.say(keys["h0"], "h0 up x", f"h0 at {place()}")
        told = place(stuck="choked by all", sources=[("1.2.3.4:5", 2), ("1.2.3.4:999", 1), ("9.9.9.9:80", 1)])
        self.say(keys["h1"], "h1 up x", "h1 at " + told.replace('"address": "1.2.3.4:5", "linked"', '"address": "5.6.7.8:5", "linked"'))
        givers = table.Givers(self.push.hosts.values(), "here", 80)
        view = table.view_of(self.push, givers, 2.0)
        self.assertEqual(view.rows[1].sources, [("h0", 0.75), ("here", 0.25)])
        self.assertEqual((view.rows[1].state, view.rows[1].why, view.rows[1].share), ("leeching", "choked by all", 0.5))
        self.assertEqual(self.push.hosts["h1"].state, FETCHING)
        self.assertIn("0 of 2 hosts complete", view.summary())
        self.push.fail_all(1, "over")
        self.assertIn("2 failed", table.view_of(self.push, givers, 2.0).summary())


class ScriptTest(unittest.TestCase):
    def test_it_is_right_for_every_shell_that_is_here(self):
        settings = script.Settings(dest="it's $(x) `y` \\ \"z\"", source_name="a b", is_folder=False, content=ID)
        text = script.text_of(settings)
        for shell in ("sh", "dash", "bash", "ksh", "mksh", "busybox sh"):
            if shutil.which(shell.split()[0]):
                done = subprocess.run([*shell.split(), "-n"], input=text.rpartition("ENDOFSCRIPT")[0], capture_output=True, text=True)
                # The one of ksh has advice on style.
                errors = [line for line in done.stderr.splitlines() if "warning: " not in line]
                self.assertEqual((done.returncode, errors), (0, []), shell)
        said = subprocess.run(["sh", "-c", text.splitlines()[0] + '\nprintf %s "$dest"'], capture_output=True, text=True).stdout
        self.assertEqual(said, settings.dest)


class RemoteTest(unittest.TestCase):
    """remote.sh with a program that says what the test wants to know as the reason for its failure."""

    def setUp(self):
        self.dir = Path(tempfile.mkdtemp(prefix="p2p-remote-"))
        self.addCleanup(shutil.rmtree, self.dir)
        self.binary = self.dir / "program"

    def make_program(self, tells):
        self.binary.write_text(f'#!/bin/sh\n[ "$1" != --version ] || {{ echo 1.0; exit 0; }}\n{tells}\nexit 5\n')
        self.binary.chmod(0o755)

    def words_of(self, branch=None, environment=(), **settings):
        """All words of a host whose launcher falls silent behind the secret."""
        told = {"dest": f"{self.dir}/there/x", "source_name": "a", "is_folder": False, "content": ID, "program": str(self.binary)}
        text = script.text_of(script.Settings(**told | settings)) + script.head_of("h", branch) + "secret\n"
        done = subprocess.run(["sh", "-c", script.BOOTSTRAP], input=text, capture_output=True, text=True, cwd=self.dir,
                              env=os.environ | {"HOME": str(self.dir), **dict(environment)}, timeout=60)  # fmt: skip
        return [word for line in done.stdout.splitlines() if (word := words.parse_word(line))]

    def reason(self, **settings):
        return [word.rest for word in self.words_of(**settings) if word.kind == "failed"]

    def test_what_others_may_not_read_is_kept_from_them_while_it_comes(self):
        self.make_program('umask 0"$(umask)"; echo "peerProcess: $(umask -S)"')
        before = os.umask(0o022)
        self.addCleanup(os.umask, before)
        for is_folder, mode, granted in (
            (False, "644", "u=rwx,g=r,o=r"),
            (False, "600", "u=rwx,g=,o="),
            (False, "640", "u=rwx,g=r,o="),
            (False, "666", "u=rwx,g=r,o=r"),
            (True, "755", "u=rwx,g=rx,o=rx"),
            (True, "700", "u=rwx,g=,o="),
            (True, "750", "u=rwx,g=rx,o="),
        ):
            self.assertEqual(self.reason(is_folder=is_folder, mode=mode), [f"5 {granted}"], mode)

    def test_a_path_may_begin_with_a_hyphen(self):
        self.make_program('echo "peerProcess: $*"')
        self.assertIn("--as y --out ./-x ", self.reason(dest="-x/y")[0])

    def test_hosts_that_it_cannot_start_are_told(self):
        self.make_program("cat")
        branch = tree.Branch("h", [tree.Branch("b"), tree.Branch("c")])
        told = self.words_of(branch, {"TMPDIR": str(self.dir / "nowhere")}, ssh_command="echo")
        self.assertEqual([(word.host, word.kind) for word in told if word.host != "h"], [("b", "gone"), ("c", "gone")])

    def test_the_program_that_is_brought_takes_nothing_from_the_secret(self):
        # As that of busybox, which reads as much as there is.
        head = self.dir / "head"
        head.write_text(f"#!{sys.executable}\nimport os, sys\ndata = b''\nwhile len(data) < int(sys.argv[-1]):\n"
                        " data += os.read(0, 1 << 16)\nos.write(1, data[: int(sys.argv[-1])])\n")  # fmt: skip
        head.chmod(0o755)
        self.make_program('read -r line; echo "peerProcess: $line"')
        binary = self.binary.read_bytes()
        transport = make_transport("local", ssh_command="", control_folder="", roots=1)
        push = Push(["h"], transport, content_id=ID, parallel=1, brings=True, machine=os.uname().machine)
        settings = script.Settings(dest=f"{self.dir}/there/x", source_name="a", is_folder=False, content=ID, program=str(self.dir / "none"),
                                   binary_hash=hashlib.sha256(binary).hexdigest())  # fmt: skip
        environment = os.environ | {"HOME": str(self.dir), "XDG_CACHE_HOME": str(self.dir), "PATH": f"{self.dir}:{os.environ['PATH']}"}
        runner = run.Runner(push, script.text_of(settings), b"the secret\n", binary=binary, environment=environment)
        self.addCleanup(runner.kill)
        deadline = time.monotonic() + 60
        while not push.is_over:
            self.assertLess(time.monotonic(), deadline)
            runner.step()
        self.assertEqual(push.hosts["h"].why, "the secret")
