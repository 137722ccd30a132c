#!/usr/bin/env python3
"""Private networks: share, ls and get among those who have the secret, and what those see of it who have not."""

import base64
import os
import signal
import socket
import ssl
import subprocess
import unittest
from pathlib import Path

from capture import Capture
from namespaces import make_namespace, may_make_namespaces
from share_case import COMPLETE, NETWORK, USAGE, Process, ShareCase
from swarm_case import PEER_PROCESS

NOT_AUTHORISED = 66


def handshake(reserved):
    return b"P2PFILESHARINGPROJ" + reserved + (7).to_bytes(4, "big")


class PrivateCase(ShareCase):
    """Processes of a private network. Its name is that of the test's network, so that only the secret keeps others out."""

    def setUp(self):
        super().setUp()
        self.network = "lab"
        self.ours = self.private("lab")

    def key(self, peer_id):
        """A node's key, and its fingerprint."""
        made = subprocess.run([PEER_PROCESS, "key", "--dir", self.dir, str(peer_id)], capture_output=True, text=True, check=True)
        return self.dir / f"peer_{peer_id}.key", made.stdout.strip()

    def allow(self, **fingerprints):
        """Written beside and put in its place, so that nobody reads a half."""
        path = self.dir / "allowed"
        (self.dir / "allowed.new").write_text("".join(f"{key} {name}\n" for name, key in fingerprints.items()))
        (self.dir / "allowed.new").rename(path)
        return path


class Members(PrivateCase):
    def test_share_ls_get(self):
        data = self.random_bytes(3_000_000)
        self.share({"model.bin": data, "sub/small": b"x"}, *self.ours)
        self.assertEqual({each["name"] for each in self.ls(*self.ours)}, {"model.bin", "sub/small"})
        self.get(COMPLETE, "model.bin", *self.ours, "--out", self.dir / "got")
        self.assert_file(self.dir / "got" / "model.bin", data)

    def test_through_any_member(self):
        """Several nodes, of which the first is asked alone; getters give to each other."""
        data = self.random_bytes(2_000_000)
        self.share({"one": data}, *self.ours)
        self.share({"two": data[::-1]}, *self.ours)
        first = self.start_get("one", *self.ours, "--out", self.dir / "a", "--keep", "--json", join=[self.sharers[1].address])
        self.wait_until(lambda: (self.dir / "a" / "one").is_file(), "the first to have it", first)
        self.get(COMPLETE, "two", *self.ours, "--out", self.dir / "b", join=[self.sharers[0].address])
        self.assert_file(self.dir / "b" / "two", data[::-1])

    def test_a_network_that_was_joined(self):
        home = {"XDG_CONFIG_HOME": str(self.dir / "config")}
        line = subprocess.run([PEER_PROCESS, "network", "new", "home"], capture_output=True, check=True).stdout
        subprocess.run([PEER_PROCESS, "network", "join"], input=line, env=os.environ | home, check=True, capture_output=True)
        file = self.dir / "config" / "peerProcess" / "home.network"
        sharer = self.share({"f": b"data"}, "--network-key", file, network="home")
        for environment, code in ((home, COMPLETE), ({"XDG_CONFIG_HOME": str(self.dir / "nowhere")}, NETWORK)):
            done = Process(self, f"get-{code}", ["get", "f", "--join", sharer.address, "--network", "home", "--out", self.dir / "out", "--progress", "none"],
                           self.dir, environment=environment)
            done.expect(code)

    def test_a_name_that_nobody_has(self):
        """A node that has nothing for us is told apart from one that is none of ours."""
        self.share({"f": b"data"}, *self.ours)
        failed = self.get(NETWORK, "nosuch", *self.ours, "--out", self.dir / "out")
        self.assertIn("nobody who can be found has", failed.stderr())

    def test_secrets_are_in_no_output(self):
        secret = bytes(range(200, 232))
        options = self.private("lab", secret)
        text = base64.urlsafe_b64encode(secret).decode().rstrip("=")
        sharer = self.share({"f": b"data"}, *options, "--log-level", "debug")
        got = self.start_get("f", *options, "--out", self.dir / "out", "--log-level", "debug", "--json").expect(COMPLETE)
        for each in (sharer, got):
            for words in (each.stdout(), each.stderr()):
                for shown in (text, secret.hex()):
                    self.assertNotIn(shown, words)
            for file in ("cmdline", "environ"):
                try:
                    words = Path(f"/proc/{sharer.process.pid}/{file}").read_bytes()
                except PermissionError:
                    continue  # The memory is private, and only root can look into it all the same.
                self.assertNotIn(text.encode(), words)


class Strangers(PrivateCase):
    def test_see_nobody(self):
        """Each of them asks for as long as it has patience, so all ask at a time."""
        sharer = self.share({"f": b"data"}, *self.ours)
        asking = []
        for network, options in (("lab", []), ("lab", self.private("lab", bytes([7] * 32))), ("other", self.private("other"))):
            words = ["--join", sharer.address, "--network", network, *options, "--progress", "none"]
            for command in (["ls"], ["get", "f", "--out", self.dir / f"out{len(asking)}"]):
                asking.append(Process(self, f"stranger{len(asking)}", [*command, *words], self.dir))
        for each in asking:
            self.assertNotIn("data", each.expect(NETWORK).stdout())

    def test_the_other_way_round_an_open_node_is_none_of_ours(self):
        sharer = self.share({"f": b"data"})
        failed = self.get(NETWORK, "f", *self.ours, "--out", self.dir / "out", join=[sharer.address])
        self.assertIn("TLS", failed.stderr())

    def test_the_attacks_on_the_door_end_at_the_handshake(self):
        """Handshakes, floods of questions, garbage, and TLS without the secret: not a byte of an answer that is not TLS's."""
        sharer = self.share({"f": b"data"}, *self.ours)
        port = sharer.port
        for first in (handshake(bytes(10)), handshake(b"\x80\x02" + bytes(8)), handshake(b"\x80\x01" + bytes(8)), b"GET / HTTP/1.1\r\n\r\n", bytes(64),
                      bytes(range(256)) * 100):
            with self.subTest(first[:24]), socket.create_connection(("127.0.0.1", port), timeout=60) as stranger:
                stranger.sendall(first)
                answer = b""
                try:
                    while more := stranger.recv(4096):
                        answer += more
                except ConnectionError:
                    pass
                self.assertLess(len(answer), 16)
                self.assertNotIn(b"P2P", answer)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", port), timeout=60) as stranger, self.assertRaises((ssl.SSLError, ConnectionError)):
            context.wrap_socket(stranger)
        # An honest member is served meanwhile and behind that.
        crowd = [socket.create_connection(("127.0.0.1", port)) for _ in range(400)]
        for each in crowd:
            self.addCleanup(each.close)
            each.sendall(b"\x16\x03\x01\x01\x00")
        self.get(COMPLETE, "f", *self.ours, "--out", self.dir / "out")


@unittest.skipUnless(may_make_namespaces(), "network namespaces need root")
class Listeners(PrivateCase):
    """Somebody who hears everything, on a loopback of its own."""

    multicast = True

    def setUp(self):
        super().setUp()
        self.namespace = make_namespace(self, "lo")
        self.program = self.dir / "run"
        self.program.write_text(f'#!/bin/sh\nexec ip netns exec {self.namespace} "{PEER_PROCESS}" "$@"\n')
        self.program.chmod(0o755)

    def heard(self, options, data):
        capture = Capture(self, self.namespace, self.dir / f"frames-{options[0]}")
        folder = self.folder({"moonbase/secret-plan.bin": data})
        sharer = Process(self, f"share{options[0]}", ["share", "--folder", folder, "--host", "127.0.0.1", "--port", "7071", "--json", *options], self.dir,
                         program=self.program)
        self.wait_until(lambda: any(line["event"] == "ready" for line in sharer.lines()), "all to be offered", sharer)
        content_id = next(line["content_id"] for line in sharer.lines() if line["event"] == "offered")
        out = self.dir / f"out{options[0]}"
        for words in (["ls"], ["get", "moonbase/secret-plan.bin", "--out", out]):
            Process(self, f"{words[0]}{options[0]}", [*words, "--join", "127.0.0.1:7071", "--progress", "none", *options], self.dir,
                    program=self.program).expect(COMPLETE)
        self.assertEqual(sharer.end(), COMPLETE)
        self.assert_file(out / "moonbase" / "secret-plan.bin", data)
        return b"".join(capture.frames()), content_id

    def test_nothing_can_be_read(self):
        """In an open network the same listener hears all of it, so he is known to hear what there is."""
        data = self.random_bytes(700_000)
        for options, is_heard in ((["--network", "moonshot"], True), (self.private("moonshot"), False)):
            heard, content_id = self.heard(options, data)
            for word in (b"P2PFILESHARINGPROJ", b"secret-plan.bin", content_id.encode(), bytes.fromhex(content_id)[:8], b"p2pLAN",
                         *(data[at:at + 24] for at in range(0, len(data), 100_000))):
                self.assertEqual(word in heard, is_heard, word)
            self.assertNotIn(b"moonshot", heard)


class Allowed(PrivateCase):
    def test_only_those_on_the_list(self):
        mine, _ = self.key(1)
        anna, of_anna = self.key(2)
        ben, _ = self.key(3)
        allowed = self.allow(anna=of_anna)
        sharer = self.share({"f": b"data"}, *self.ours, "--key", mine, "--allow", allowed)
        self.get(COMPLETE, "f", *self.ours, "--key", anna, "--out", self.dir / "anna")
        refused = [self.start_get("f", *self.ours, *options, "--out", self.dir / f"ben{len(options)}", join=[sharer.address])
                   for options in (["--key", ben], [])]
        for each in refused:
            self.assertIn("does not let us in", each.expect(NETWORK).stderr())
        # The owner of the key is not on the list, and may.
        self.assertEqual(len(self.ls(*self.ours, "--key", mine)), 1)

    def test_taken_from_the_list_is_cut_off(self):
        mine, _ = self.key(1)
        anna, of_anna = self.key(2)
        allowed = self.allow(anna=of_anna)
        sharer = self.share({"f": self.random_bytes(30_000_000)}, *self.ours, "--key", mine, "--allow", allowed, "--limit-up", "1M")
        getting = self.start_get("f", *self.ours, "--key", anna, "--out", self.dir / "out", "--timeout", "100")
        part = self.dir / "out" / "f.part"
        self.wait_until(part.exists, "bytes to come", getting)
        # A list that is wrong changes nothing.
        allowed.write_text("nonsense\n")
        sharer.process.send_signal(signal.SIGHUP)
        self.wait_until(lambda: "who was let in before is let in" in sharer.stderr(), "the fault to be named")
        self.assertTrue(getting.running())
        self.allow()
        sharer.process.send_signal(signal.SIGHUP)
        self.wait_until(lambda: "0 keys are let in from now on" in sharer.stderr(), "the list to be read")
        self.wait_until(lambda: established(sharer.port) == 0, "the link to be cut off", getting)
        self.ls(*self.ours, "--key", anna, code=NETWORK)

    def test_processes_of_one_key_are_not_one_node(self):
        """A machine has one key and may share and get at a time."""
        mine, _ = self.key(1)
        self.share({"f": b"data"}, *self.ours, "--key", mine)
        self.get(COMPLETE, "f", *self.ours, "--key", mine, "--out", self.dir / "out")
        self.assert_file(self.dir / "out" / "f", b"data")

    def test_in_an_open_network(self):
        mine, _ = self.key(1)
        for option, file in (("--key", mine), ("--allow", self.allow())):
            failed = self.get(USAGE, "f", option, file, "--out", self.dir / "out", join=["127.0.0.1:9"])
            self.assertIn("is open, and nobody proves a key there", failed.stderr())

    def test_a_key_that_is_not_there(self):
        failed = self.get(NOT_AUTHORISED, "f", *self.ours, "--key", self.dir / "nowhere.key", "--out", self.dir / "out", join=["127.0.0.1:9"])
        self.assertIn("peerProcess key makes one", failed.stderr())

    def test_a_key_that_others_may_read(self):
        mine, _ = self.key(1)
        mine.chmod(0o644)
        self.get(NOT_AUTHORISED, "f", *self.ours, "--key", mine, "--out", self.dir / "out", join=["127.0.0.1:9"])


class Quorum(PrivateCase):
    def test_counts_keys(self):
        """Two nodes on one machine with one key are one voter; with two keys they are two."""
        one, _ = self.key(1)
        two, _ = self.key(2)
        self.share({"f": b"data"}, *self.ours, "--key", one)
        second = self.share({"f": b"data"}, *self.ours, "--key", one)
        failed = self.start_get("f", *self.ours, "--quorum", "2", "--out", self.dir / "out", "--timeout", "5")
        self.assertNotEqual(failed.wait(), COMPLETE, failed.words())
        second.process.terminate()
        second.wait()
        self.share({"f": b"data"}, *self.ours, "--key", two)
        self.get(COMPLETE, "f", *self.ours, "--quorum", "2", "--out", self.dir / "out", join=[self.sharers[0].address, self.sharers[2].address])


def established(port):
    """How many TCP connections to this port are open on this side."""
    with open("/proc/net/tcp", encoding="ascii") as table:
        rows = [line.split() for line in table.readlines()[1:]]
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "01" for row in rows)


if __name__ == "__main__":
    unittest.main()
