#!/usr/bin/env python3
"""peerProcess key and peerProcess network: what is made, who can read it, and that nothing that is there is lost."""

import base64
import errno
import hashlib
import json
import os
import pty
import resource
import shutil
import signal
import stat
import subprocess
import tempfile
import unittest
from pathlib import Path

from faults import fault
from swarm_case import DEADLINE_S, PEER_PROCESS

COMPLETE, DISK_FULL, IO, USAGE, BAD_CONFIGURATION, NOT_AUTHORISED = 0, 9, 17, 28, 64, 66
FINGERPRINT = r"\A[A-Za-z0-9_-]{43}\n\Z"
NOBODY = 65534


def mode(path):
    return stat.S_IMODE(path.lstat().st_mode)


class KeyCase(unittest.TestCase):
    def setUp(self):
        holder = tempfile.TemporaryDirectory(prefix="keys-")
        self.addCleanup(holder.cleanup)
        self.dir = Path(holder.name)

    def run_peer(self, code, *arguments, environment=None, **options):
        options = {"stdin": subprocess.DEVNULL, "cwd": self.dir} | options
        if "input" in options:
            del options["stdin"]
        done = subprocess.run([PEER_PROCESS, *map(str, arguments)], capture_output=True, text=True, timeout=DEADLINE_S, check=False,
                              env=os.environ | {"XDG_CONFIG_HOME": str(self.dir / "config")} | (environment or {}), **options)
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done


class Key(KeyCase):
    def test_a_key_is_made_and_shown(self):
        made = self.run_peer(COMPLETE, "key", 1001)
        self.assertRegex(made.stdout, FINGERPRINT)
        self.assertEqual(made.stderr, "")
        self.assertEqual([path.name for path in self.dir.iterdir()], ["peer_1001.key"])
        self.assertEqual(mode(self.dir / "peer_1001.key"), 0o600)
        self.assertEqual(self.run_peer(COMPLETE, "key", "--show", "peer_1001.key").stdout, made.stdout)
        shown = json.loads(self.run_peer(COMPLETE, "key", "--show", "peer_1001.key", "--json").stdout)
        self.assertEqual(shown, {"fingerprint": made.stdout.strip(), "file": "peer_1001.key"})

    def test_keys_go_where_they_are_wanted_and_differ(self):
        (self.dir / "d e").mkdir()
        one = self.run_peer(COMPLETE, "key", "--dir", "d e", 7)
        other = self.run_peer(COMPLETE, "key", 8, "--dir", self.dir / "d e")
        self.assertNotEqual(one.stdout, other.stdout)
        self.assertEqual(sorted(os.listdir(self.dir / "d e")), ["peer_7.key", "peer_8.key"])

    @unittest.skipUnless(shutil.which("openssl"), "openssl, the program, is not installed")
    def test_openssl_reads_the_key_and_we_read_its(self):
        def fingerprint(path):
            info = subprocess.run(["openssl", "pkey", "-in", path, "-pubout", "-outform", "DER"], capture_output=True, check=True).stdout
            return base64.urlsafe_b64encode(hashlib.sha256(info).digest()).decode().rstrip("=") + "\n"

        made = self.run_peer(COMPLETE, "key", 1)
        self.assertEqual(fingerprint(self.dir / "peer_1.key"), made.stdout)
        theirs = self.dir / "theirs.key"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", theirs], check=True, capture_output=True)
        theirs.chmod(0o600)
        self.assertEqual(self.run_peer(COMPLETE, "key", "--show", theirs).stdout, fingerprint(theirs))

    def test_nothing_is_overwritten(self):
        self.run_peer(COMPLETE, "key", 1)
        before = (self.dir / "peer_1.key").read_bytes()
        refused = self.run_peer(IO, "key", 1)
        self.assertEqual(refused.stdout, "")
        self.assertIn("peer_1.key: is there already and stays as it is", refused.stderr)
        self.assertEqual((self.dir / "peer_1.key").read_bytes(), before)

        (self.dir / "victim").write_text("mine")
        (self.dir / "peer_2.key").symlink_to("victim")
        (self.dir / "peer_3.key").symlink_to("nowhere")
        (self.dir / "peer_4.key").mkdir()
        os.mkfifo(self.dir / "peer_5.key")
        for peer in (2, 3, 4, 5):
            self.assertIn("is there already", self.run_peer(IO, "key", peer).stderr)
        self.assertEqual((self.dir / "victim").read_text(), "mine")
        self.assertFalse((self.dir / "nowhere").exists())

    def test_of_many_at_a_time_one_makes_the_key(self):
        processes = [subprocess.Popen([PEER_PROCESS, "key", "1"], cwd=self.dir, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
                     for _ in range(12)]
        ends = [(process.communicate(timeout=DEADLINE_S)[0], process.returncode) for process in processes]
        self.assertEqual(sorted(code for _, code in ends), [COMPLETE] + [IO] * 11)
        self.assertEqual("".join(out for out, _ in ends), self.run_peer(COMPLETE, "key", "--show", "peer_1.key").stdout)

    def test_nobody_else_can_read_it_at_any_time(self):
        """Killed right behind the call that makes the file, when it has no byte yet."""
        self.run_peer(-signal.SIGKILL, "key", 1, environment=fault("*/peer_1.key", ["open"], at=1, action="kill-after"),
                      preexec_fn=lambda: os.umask(0))
        self.assertEqual((mode(self.dir / "peer_1.key"), (self.dir / "peer_1.key").stat().st_size), (0o600, 0))
        self.run_peer(COMPLETE, "key", 2, preexec_fn=lambda: os.umask(0o777))
        self.assertEqual(mode(self.dir / "peer_2.key"), 0o600)

    def test_what_cannot_be_written_leaves_nothing(self):
        for call, error, code in (("write", errno.ENOSPC, DISK_FULL), ("write", errno.EDQUOT, DISK_FULL), ("write", errno.EIO, IO),
                                  ("sync", errno.EIO, IO), ("sync", errno.ENOSPC, DISK_FULL), ("open", errno.EROFS, IO)):
            with self.subTest(call=call, error=error):
                done = self.run_peer(code, "key", 1, environment=fault("*/peer_1.key", [call], at=1, action=error))
                self.assertIn(os.strerror(error), done.stderr)
                self.assertEqual((done.stdout, os.listdir(self.dir)), ("", []))
        self.assertIn("cannot be made: No such file", self.run_peer(IO, "key", 1, "--dir", "nowhere").stderr)

    def need_a_program_for_others(self):
        try:
            subprocess.run([PEER_PROCESS, "--version"], user=NOBODY, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            self.skipTest("the program is in a place where only root can run it")

    def test_a_folder_that_is_not_ours(self):
        self.dir.chmod(0o555)
        if os.getuid() == 0:
            self.need_a_program_for_others()
            done = self.run_peer(IO, "key", 1, user=NOBODY)
        else:
            done = self.run_peer(IO, "key", 1)
            self.dir.chmod(0o755)
        self.assertIn("peer_1.key: cannot be made: Permission denied", done.stderr)
        self.assertEqual(os.listdir(self.dir), [])

    @unittest.skipUnless(os.getuid() == 0, "only root can hand a file to somebody")
    def test_a_key_that_root_has_handed_to_our_group_is_read(self):
        self.need_a_program_for_others()
        made = self.run_peer(COMPLETE, "key", 1)
        self.dir.chmod(0o755)
        path = self.dir / "peer_1.key"
        os.chown(path, 0, NOBODY)
        path.chmod(0o440)
        as_nobody = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
        self.assertEqual(self.run_peer(COMPLETE, "key", "--show", path, **as_nobody).stdout, made.stdout)
        path.chmod(0o444)
        self.assertIn("(mode 444), expected mode 600", self.run_peer(NOT_AUTHORISED, "key", "--show", path, **as_nobody).stderr)

    def test_a_file_that_is_no_key_of_ours_alone_is_refused(self):
        self.run_peer(COMPLETE, "key", 1)
        path = self.dir / "peer_1.key"
        path.chmod(0o640)
        self.assertIn(f"(mode 640), expected mode 600: chmod 600 {path}", self.run_peer(NOT_AUTHORISED, "key", "--show", path).stderr)
        path.chmod(0o600)
        secret = path.read_text().splitlines()[1]
        path.write_text(path.read_text().replace("PRIVATE KEY", "PRIVATE KEX"))
        done = self.run_peer(NOT_AUTHORISED, "key", "--show", path)
        self.assertIn("has no private key, expected an Ed25519 private key in PEM", done.stderr)
        self.assertNotIn(secret[-20:], done.stderr)
        os.mkfifo(self.dir / "fifo", 0o600)
        for name, said in (("fifo", "no regular file"), (".", "no regular file"), ("/dev/zero", "no regular file"), ("none", "no such key file")):
            self.assertIn(said, self.run_peer(NOT_AUTHORISED, "key", "--show", name).stderr)

    def test_usage(self):
        for words in ([], ["1001", "--show", "a"], ["-1"], ["2147483648"], ["1001", "1002"], ["--show"]):
            self.run_peer(USAGE, "key", *words)
        self.assertIn("did you mean key?", self.run_peer(USAGE, "kye").stderr)
        self.assertIn("66", self.run_peer(COMPLETE, "key", "--help").stdout)


class Network(KeyCase):
    def line(self, name="lab"):
        done = self.run_peer(COMPLETE, "network", "new", name)
        self.assertRegex(done.stdout, r"\ApeerProcess-network " + name + r" [A-Za-z0-9_-]{43}\n\Z")
        self.assertEqual(done.stderr, "")
        return done.stdout

    def join(self, code, line, *options, **circumstances):
        """Nothing that is printed has the secret."""
        done = self.run_peer(code, "network", "join", *options, input=line, **circumstances)
        for word in line.split()[2:]:
            self.assertNotIn(word[:10], done.stdout + done.stderr)
        return done

    def test_a_network_is_made_joined_listed_and_left(self):
        line = self.line()
        self.assertEqual(os.listdir(self.dir), [])
        self.assertNotEqual(line, self.line())
        joined = self.join(COMPLETE, line)
        self.assertEqual((joined.stdout, joined.stderr), ("joined lab\n", ""))
        folder = self.dir / "config/peerProcess"
        self.assertEqual((folder / "lab.network").read_text(), line)
        self.assertEqual([mode(folder / "lab.network"), mode(folder), mode(folder.parent)], [0o600, 0o700, 0o700])
        self.assertEqual(self.join(COMPLETE, line).stdout, "joined already: lab\n")
        self.join(COMPLETE, self.line("a.b"))
        self.assertEqual(self.run_peer(COMPLETE, "network", "list").stdout, "a.b\nlab\n")
        self.assertEqual(json.loads(self.run_peer(COMPLETE, "network", "list", "--json").stdout), ["a.b", "lab"])
        self.run_peer(COMPLETE, "network", "leave", "lab")
        self.assertEqual(self.run_peer(COMPLETE, "network", "list").stdout, "a.b\n")
        self.assertIn("lab was not joined", self.run_peer(USAGE, "network", "leave", "lab").stderr)
        self.assertIn("did you mean a.b?", self.run_peer(USAGE, "network", "leave", "ab").stderr)

    def test_joining_says_so_to_programs(self):
        line = self.line()
        file = str(self.dir / "config/peerProcess/lab.network")
        for is_new in (True, False):
            self.assertEqual(json.loads(self.join(COMPLETE, line, "--json").stdout), {"network": "lab", "file": file, "new": is_new})

    def test_another_secret_is_refused(self):
        line = self.line()
        self.join(COMPLETE, line)
        refused = self.join(NOT_AUTHORISED, self.line())
        self.assertIn("another secret is there", refused.stderr)
        self.assertIn("peerProcess network leave lab", refused.stderr)
        self.assertEqual((self.dir / "config/peerProcess/lab.network").read_text(), line)

    def test_the_folder_of_the_home(self):
        line = self.line()
        home = self.dir / "home"
        self.join(COMPLETE, line, environment={"XDG_CONFIG_HOME": "", "HOME": str(home)})
        self.assertEqual((home / ".config/peerProcess/lab.network").read_text(), line)
        self.assertEqual(mode(home / ".config"), 0o700)

    def test_what_is_no_line_is_refused_with_its_place(self):
        line = self.line()
        for text, said in (("", "stdin: nothing is there"), ("\n" + line, "stdin: nothing is there"), ("hello\n", "stdin:1:1: "),
                           (line[:-3] + "\n", "stdin:1:25: this is no secret, or not all of it"), (line.replace(" lab ", " ../lab "), "stdin:1:21: "),
                           (" ".join(line.split()[1:]), "stdin:1:1: "), ("x" * 100_000, "stdin:1:1: ")):
            refused = self.join(BAD_CONFIGURATION, text)
            self.assertTrue(refused.stderr.startswith(said), refused.stderr)
        self.assertFalse((self.dir / "config").exists())
        self.assertIn("stdin: cannot be read", self.run_peer(IO, "network", "join", preexec_fn=lambda: os.close(0)).stderr)

    def test_a_secret_is_refused_on_the_command_line(self):
        line = self.line()
        for words in (["join", *line.split()], ["join", line.split()[2]], line.split(), ["join", line]):
            refused = self.run_peer(USAGE, "network", *words)
            self.assertIn("reads the line from stdin", refused.stderr)
            self.assertNotIn(line.split()[2], refused.stderr + refused.stdout)

    def test_what_is_joined_already_must_be_ours_alone(self):
        line = self.line()
        self.join(COMPLETE, line)
        path = self.dir / "config/peerProcess/lab.network"
        path.chmod(0o644)
        self.assertIn(f"chmod 600 {path}", self.join(NOT_AUTHORISED, line).stderr)

    def test_a_full_disk_leaves_nothing(self):
        self.join(DISK_FULL, self.line(), environment=fault("*/lab.network", ["write"], at=1, action=errno.ENOSPC))
        self.assertEqual(os.listdir(self.dir / "config/peerProcess"), [])

    def test_a_terminal_is_asked_and_no_other(self):
        line = self.line()
        terminal, theirs = pty.openpty()
        self.addCleanup(os.close, terminal)
        process = subprocess.Popen([PEER_PROCESS, "network", "join"], stdin=theirs, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                                   env=os.environ | {"XDG_CONFIG_HOME": str(self.dir / "config")})
        self.addCleanup(process.kill)
        os.close(theirs)
        self.assertRegex(process.stderr.readline(), "Enter the line that peerProcess network new printed")
        os.write(terminal, line.encode())
        out, err = process.communicate(timeout=DEADLINE_S)
        self.assertEqual((process.returncode, out, err), (COMPLETE, "joined lab\n", ""))

    def dumps_core(self, *command):
        """Whether the command, which reads a terminal, leaves a core file when it is aborted."""
        terminal, theirs = pty.openpty()
        self.addCleanup(os.close, terminal)

        def allow():
            resource.setrlimit(resource.RLIMIT_CORE, (resource.getrlimit(resource.RLIMIT_CORE)[1],) * 2)

        process = subprocess.Popen(command, stdin=theirs, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=self.dir, preexec_fn=allow)
        self.addCleanup(process.stderr.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        os.close(theirs)
        process.stderr.readline()
        process.send_signal(signal.SIGABRT)
        return os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT).si_code == os.CLD_DUMPED

    def test_no_core_file_has_a_secret(self):
        if not self.dumps_core("sh", "-c", "echo >&2; read line"):
            self.skipTest("no process leaves a core file here")
        self.assertFalse(self.dumps_core(PEER_PROCESS, "network", "join"))

    def test_usage(self):
        for words in ([], ["make"], ["new"], ["new", "a/b"], ["list", "lab"], ["new", "lab", "--json"], ["leave"]):
            self.run_peer(USAGE, "network", *words)
        self.assertIn("did you mean leave?", self.run_peer(USAGE, "network", "laeve").stderr)
        self.assertIn("did you mean network?", self.run_peer(USAGE, "netwrok").stderr)
        self.assertIn("66", self.run_peer(COMPLETE, "network", "--help").stdout)


if __name__ == "__main__":
    unittest.main()
