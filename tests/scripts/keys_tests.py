"""scripts/swarm keys: the keys of a directory's peers, here and by ssh on other machines, with the real peerProcess."""

import getpass
import os
import shlex
import shutil
import socket
import stat
import subprocess
import unittest
from pathlib import Path

from support import HERE, PATIENCE_S, SCRIPTS, InDirectory

from swarmlib.cli import Exit

PEER_PROCESS = os.path.abspath(os.environ.get("PEER_PROCESS") or HERE.parents[1] / "build/dev/peerProcess")
SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")
KEY = "[A-Za-z0-9_-]{43}"


class KeysCase(InDirectory):
    def setUp(self):
        super().setUp()
        self.info = self.dir / "PeerInfo.cfg"

    def keys(self, *options, code=0, directory=None):
        done = subprocess.run([SCRIPTS / "swarm", "keys", directory or self.dir, "--binary", PEER_PROCESS, *map(str, options)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=PATIENCE_S)
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout

    def fingerprint(self, path):
        """Of a key file, which its owner alone can read."""
        self.assertEqual(stat.S_IMODE(path.stat().st_mode), 0o600)
        return subprocess.run([PEER_PROCESS, "key", "--show", path], check=True, capture_output=True, text=True).stdout.strip()

    def assert_untouched(self, text):
        self.assertEqual(self.info.read_text(), text)
        self.assertEqual(os.listdir(self.dir), ["PeerInfo.cfg"])


class KeysTest(KeysCase):
    def test_all_keys_of_one_machine(self):
        """Comments, blanks and ends of lines stay as they are; a second time nothing changes."""
        self.info.write_bytes(b"\xef\xbb\xbf# ours\r\n1001 localhost 6001 1 # the seed\r\n\r\n\t1002  127.0.0.1\t6002  0  \r\n1003 localhost 6003 0")
        self.info.chmod(0o640)
        said = self.keys()
        self.assertIn("has the keys of 3 peers: 3 made", said)
        one, two, three = (self.fingerprint(self.dir / f"peer_{peer}.key").encode() for peer in (1001, 1002, 1003))
        expected = (b"\xef\xbb\xbf# ours\r\n1001 localhost 6001 1 " + one + b" # the seed\r\n\r\n\t1002  127.0.0.1\t6002  0 " + two +
                    b"  \r\n1003 localhost 6003 0 " + three)
        self.assertEqual(self.info.read_bytes(), expected)
        self.assertEqual(stat.S_IMODE(self.info.stat().st_mode), 0o640)
        self.assertEqual(len({one, two, three}), 3)
        before = {path: path.read_bytes() for path in self.dir.iterdir()}
        inode = self.info.stat().st_ino
        self.assertIn("3 kept", self.keys())
        self.assertEqual({path: path.read_bytes() for path in self.dir.iterdir()}, before)
        self.assertEqual(self.info.stat().st_ino, inode, "nothing to write, so nothing was written")

    def test_a_swarm_runs_with_its_keys(self):
        self.make_swarm()
        self.assertIn("3 made", self.keys())
        done = subprocess.run([SCRIPTS / "swarm", "launch", self.dir, "--binary", PEER_PROCESS, "--timeout", str(PATIENCE_S)],
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=2 * PATIENCE_S)
        self.assertEqual(done.returncode, 0, done.stdout)
        self.assertIn("2 copies are identical", done.stdout)

    def test_a_line_gets_the_key_of_its_file(self):
        self.info.write_text("1 localhost 6001 1\n2 localhost 6002 0\n")
        self.keys()
        right = self.info.read_text()
        words = right.split()
        self.info.write_text(right.replace(words[4], "A" * 43).replace(" " + words[9], ""))
        said = self.keys()
        self.assertIn("peer 1: its line had another key, which is replaced\n", said)
        self.assertNotIn("peer 2:", said)
        self.assertEqual(self.info.read_text(), right)

    def test_a_key_that_is_missing_is_made_and_others_are_kept(self):
        self.info.write_text("1 localhost 6001 1\n")
        self.keys()
        key = (self.dir / "peer_1.key").read_bytes()
        self.info.write_text(self.info.read_text() + "2 localhost 6002 0\n")
        self.assertIn("1 kept, 1 made", self.keys())
        self.assertEqual((self.dir / "peer_1.key").read_bytes(), key)
        self.assertRegex(self.info.read_text(), rf"\A1 localhost 6001 1 {KEY}\n2 localhost 6002 0 {KEY}\n\Z")

    def test_a_file_that_is_no_key_is_left_alone_and_so_is_the_list(self):
        text = "1 localhost 6001 1\n2 localhost 6002 0\n"
        self.info.write_text(text)
        key = self.dir / "peer_2.key"
        key.write_text("mine")
        key.chmod(0o644)
        self.assertIn("peer 2: " + str(key) + ": others than its owner may use this key file", self.keys(code=Exit.NOT_AUTHORISED))
        key.chmod(0o600)
        self.assertIn("has no private key", self.keys(code=Exit.NOT_AUTHORISED))
        key.unlink()
        key.symlink_to("nowhere")
        self.assertIn("there is no such key file", self.keys(code=Exit.NOT_AUTHORISED))
        self.assertEqual(self.info.read_text(), text)
        self.assertFalse((self.dir / "nowhere").exists())

    def test_peers_on_other_machines_need_ssh_or_a_key_in_their_line(self):
        text = "1 localhost 6001 1\n2 198.51.100.1 6001 0\n"
        self.info.write_text(text)
        said = self.keys(code=Exit.CONFIG)
        self.assertIn("PeerInfo.cfg:2: peer 2 is on 198.51.100.1, where its key has to be made: --ssh does that", said)
        self.assert_untouched(text)
        self.info.write_text(text.replace("6001 0", "6001 0 " + "A" * 43))
        said = self.keys()
        self.assertIn("1 listed, 1 made", said)
        self.assertIn("copy it to 198.51.100.1\n", said)
        self.assertRegex(self.info.read_text(), rf"\A1 localhost 6001 1 {KEY}\n2 198.51.100.1 6001 0 A{{43}}\n\Z")
        self.assertEqual(sorted(os.listdir(self.dir)), ["PeerInfo.cfg", "peer_1.key"])

    def test_what_is_wrong_with_the_list_is_said_before_a_key_is_made(self):
        for text, said in (("1 localhost 6001 1 word\n", "PeerInfo.cfg:1: the fifth word is 'word', expected the fingerprint"),
                           (f"1 localhost 6001 1 {'A' * 43} more\n", "PeerInfo.cfg:1: 6 words"), ("1 localhost\n", "PeerInfo.cfg:1: expected"),
                           ("", "has no peer")):
            self.info.write_text(text)
            self.assertIn(said, self.keys(code=Exit.CONFIG))
            self.assert_untouched(text)
        self.info.unlink()
        self.assertIn("No such file", self.keys(code=Exit.CONFIG))

    def test_the_list_may_be_a_link(self):
        (self.dir / "real").mkdir()
        self.info.symlink_to("real/list.cfg")
        (self.dir / "real/list.cfg").write_text("1 localhost 6001 1\n")
        self.keys()
        self.assertTrue(self.info.is_symlink())
        self.assertRegex((self.dir / "real/list.cfg").read_text(), rf"\A1 localhost 6001 1 {KEY}\n\Z")
        self.assertEqual(os.listdir(self.dir / "real"), ["list.cfg"])

    def test_options_of_ssh_are_for_ssh(self):
        self.assertIn("are for --ssh", self.keys("--remote-dir", "d", code=Exit.USAGE))

    def test_an_ssh_that_is_not_there(self):
        text = "1 198.51.100.1 6001 1\n"
        self.info.write_text(text)
        self.assertIn("nossh: No such file", self.keys("--ssh", "--ssh-command", "/nossh", code=Exit.UNEXPECTED))
        self.assert_untouched(text)


@unittest.skipUnless(SSHD and shutil.which("ssh") and shutil.which("ssh-keygen"), "no OpenSSH server and client here (openssh-server)")
class SshKeysTest(KeysCase):
    """An sshd on the loopback with keys and a configuration of its own stands for every machine 198.51.100.*."""

    def setUp(self):
        super().setUp()
        self.ssh = self.dir.parent / (self.dir.name + "-ssh")
        self.ssh.mkdir()
        self.addCleanup(shutil.rmtree, self.ssh)
        self.there = self.ssh / "there d"  # their directory, with a blank in its name
        self.there.mkdir()
        for name in ("host_key", "user_key", "other_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.ssh / name], check=True)
        shutil.copy(self.ssh / "user_key.pub", self.ssh / "authorized_keys")
        # Held without listening: nobody else gets the port by chance, and sshd can still listen.
        holder = socket.socket()
        self.addCleanup(holder.close)
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        holder.bind(("127.0.0.1", 0))
        self.port = holder.getsockname()[1]
        self.start_sshd()
        self.trust("host_key")
        (self.ssh / "config").write_text(f"""Host 198.51.100.*
  HostName 127.0.0.1
  Port {self.port}
  User {getpass.getuser()}
  IdentityFile {self.ssh}/user_key
  IdentitiesOnly yes
  IdentityAgent none
  StrictHostKeyChecking yes
  UserKnownHostsFile {self.ssh}/known_hosts
  GlobalKnownHostsFile /dev/null
""")
        login = subprocess.run(["ssh", "-F", self.ssh / "config", "-o", "BatchMode=yes", "198.51.100.1", "true"], capture_output=True, text=True,
                               timeout=PATIENCE_S)
        if "Permission denied" in login.stderr:
            self.skipTest(f"{getpass.getuser()} may not log in here by ssh, whatever the key: an account without a shell, or a locked one")
        self.options = ["--ssh", "--ssh-command", f"ssh -F {self.ssh}/config", "--remote-binary", shlex.quote(PEER_PROCESS), "--remote-dir", self.there]

    def start_sshd(self):
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd gives up its rights; else init makes it
        config = self.ssh / "sshd_config"
        config.write_text(f"""Port {self.port}
ListenAddress 127.0.0.1
HostKey {self.ssh}/host_key
PidFile none
AuthorizedKeysFile {self.ssh}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
PrintMotd no
UseDNS no
""")
        log = self.ssh / "sshd.log"
        with log.open("wb") as stderr:
            self.sshd = subprocess.Popen([SSHD, "-D", "-e", "-f", config], stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr)
        self.addCleanup(self.stop_sshd)
        self.wait_until(lambda: self.sshd.poll() is not None or "Server listening" in log.read_text(), "sshd is ready")
        self.assertIsNone(self.sshd.poll(), log.read_text())

    def stop_sshd(self):
        self.sshd.terminate()
        self.sshd.wait()

    def trust(self, name):
        kind, key = (self.ssh / f"{name}.pub").read_text().split()[:2]
        (self.ssh / "known_hosts").write_text(f"[127.0.0.1]:{self.port} {kind} {key}\n")

    def test_keys_are_made_where_the_peers_run(self):
        self.info.write_text("1 localhost 6001 1 # here\n2 198.51.100.1 6001 0\n3 198.51.100.1 6002 0\n4 198.51.100.2 6001 0\n")
        said = self.keys(*self.options)
        self.assertIn("has the keys of 4 peers: 4 made", said)
        self.assertIn("copy it to 198.51.100.1, 198.51.100.2\n", said)
        files = {1: self.dir / "peer_1.key"} | {peer: self.there / f"peer_{peer}.key" for peer in (2, 3, 4)}
        keys = {peer: self.fingerprint(path) for peer, path in files.items()}
        self.assertEqual(self.info.read_text(), f"1 localhost 6001 1 {keys[1]} # here\n2 198.51.100.1 6001 0 {keys[2]}\n"
                                                f"3 198.51.100.1 6002 0 {keys[3]}\n4 198.51.100.2 6001 0 {keys[4]}\n")
        # No private key has left its machine, and none was printed.
        self.assertEqual(sorted(os.listdir(self.dir)), ["PeerInfo.cfg", "peer_1.key"])
        self.assertEqual(sorted(os.listdir(self.there)), ["peer_2.key", "peer_3.key", "peer_4.key"])
        for path in files.values():
            self.assertNotIn(path.read_text().splitlines()[1], said + self.info.read_text())

        before = {path: path.read_bytes() for path in [*files.values(), self.info]}
        self.assertIn("4 kept", self.keys(*self.options))
        self.assertEqual({path: path.read_bytes() for path in before}, before)

    def test_a_shell_that_greets_does_not_matter(self):
        """As a talkative ~/.bashrc: the text before what is asked for has no end of line."""
        wrapper = self.ssh / "greets"
        wrapper.write_text('#!/bin/sh\nprintf "Welcome! key 2 made "\nexec ssh "$@"\n')
        wrapper.chmod(0o755)
        self.options[2] = f"{wrapper} -F {self.ssh}/config"
        self.info.write_text("2 198.51.100.1 6001 1\n")
        self.keys(*self.options)
        self.assertEqual(self.info.read_text(), f"2 198.51.100.1 6001 1 {self.fingerprint(self.there / 'peer_2.key')}\n")

    def test_what_fails_there_is_said_with_the_host_and_the_list_stays(self):
        text = "2 198.51.100.1 6001 1\n3 198.51.100.2 6001 0\n"
        self.info.write_text(text)
        (self.there / "peer_3.key").symlink_to("nowhere")
        said = self.keys(*self.options, code=Exit.NOT_AUTHORISED)
        self.assertIn("198.51.100.2: ", said)
        self.assertIn("there is no such key file", said)
        self.assertNotIn("198.51.100.1: ", said)
        self.assert_untouched(text)
        (self.there / "peer_3.key").unlink()
        self.assertIn("1 kept, 1 made", self.keys(*self.options))

    def test_a_program_that_is_not_there(self):
        text = "2 198.51.100.1 6001 1\n"
        self.info.write_text(text)
        self.options[4] = "/nowhere/peerProcess"
        self.assertRegex(self.keys(*self.options, code=127), "198.51.100.1: .*/nowhere/peerProcess")
        self.assert_untouched(text)

    def test_a_host_that_is_another_one_is_not_believed(self):
        text = "2 198.51.100.1 6001 1\n"
        self.info.write_text(text)
        self.trust("other_key")
        self.assertRegex(self.keys(*self.options, code=Exit.NETWORK), "198.51.100.1: .*[Hh]ost key")
        self.assert_untouched(text)
        self.assertEqual(os.listdir(self.there), [])

    def test_a_host_that_cannot_be_reached(self):
        text = "2 198.51.100.1 6001 1\n"
        self.info.write_text(text)
        self.stop_sshd()
        self.assertIn("198.51.100.1: ", self.keys(*self.options, code=Exit.NETWORK))
        self.assert_untouched(text)

    def test_a_host_is_never_an_option(self):
        trap = self.ssh / "trap"
        self.info.write_text(f"2 -oProxyCommand=touch${{IFS}}{trap} 6001 1\n")
        self.keys(*self.options, code=Exit.NETWORK)
        self.assertFalse(trap.exists())
