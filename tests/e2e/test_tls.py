#!/usr/bin/env python3
"""Swarms whose PeerInfo.cfg has keys: every link is TLS 1.3, and nobody is let in whose key has no line."""

import os
import shutil
import socket
import ssl
import subprocess
import threading
import unittest
from pathlib import Path

from capture import Capture
from chunk_case import ChunkSwarm
from content_case import ContentSwarm
from namespaces import make_namespace, may_make_namespaces
from swarm_case import FILE_NAME, run_peer
from tls_case import TlsCase, connected_socket
from wire_link import BITFIELD, handshake

NOT_AUTHORISED = 66
BAD_CONFIGURATION = 64


class Keys(TlsCase):
    """What happens before anything listens."""

    def test_whole_swarm(self):
        swarm = self.with_keys(self.swarm([1001, 1002, 1003, 1004], size=3_000_000, piece_size=65536))
        for peer_id in swarm.ids:
            swarm.start(peer_id)
        swarm.finish()

    def test_manifest_is_fetched_sealed(self):
        swarm = self.with_keys(ContentSwarm(self, [1001, 1002], [1001], 300_000, 1024, 2, 1, "127.0.0.1", FILE_NAME))
        for peer_id in swarm.ids:
            swarm.start(peer_id)
        swarm.finish()

    def test_chunk_folders(self):
        chunks = {index: (f"chunk{index}", os.urandom(100_000 * index)) for index in range(1, 5)}
        swarm = self.with_keys(ChunkSwarm(self, chunks, {1001: [1, 3], 1002: [2, 4]}))
        peers = [swarm.start(peer_id, "--log-level", "debug") for peer_id in swarm.ids]
        swarm.wait_until(lambda: all(len(swarm.list_of(peer_id)) == len(chunks) for peer_id in swarm.ids), "both to have all")
        for peer in peers:
            self.assertIn("TLSv1.3", peer.stderr())
        self.key_of(swarm, 1001).unlink()
        self.assertEqual(subprocess.run(swarm.command(1001), cwd=swarm.dir, capture_output=True, timeout=60).returncode, NOT_AUTHORISED)

    def test_key_is_missing(self):
        swarm = self.with_keys(self.swarm())
        self.key_of(swarm, 1001).unlink()
        for options in ((), ("--check",)):
            failed = run_peer(swarm.dir, 1001, *options)
            self.assertEqual(failed.returncode, NOT_AUTHORISED, failed.stderr)
            self.assertIn("peer_1001.key: there is no such key file; peerProcess key makes one", failed.stderr)

    def test_key_is_of_another_line(self):
        swarm = self.with_keys(self.swarm())
        shutil.copy2(self.key_of(swarm, 1002), self.key_of(swarm, 1001))
        holder = socket.create_server(("127.0.0.1", 0))  # nobody listens meanwhile, so the port may be anybody's
        holder.close()
        failed = run_peer(swarm.dir, 1001)
        self.assertEqual(failed.returncode, NOT_AUTHORISED, failed.stderr)
        self.assertIn("is not the key of line 1 of PeerInfo.cfg", failed.stderr)

    def test_others_may_read_the_key(self):
        swarm = self.with_keys(self.swarm())
        self.key_of(swarm, 1001).chmod(0o640)
        failed = run_peer(swarm.dir, 1001)
        self.assertEqual(failed.returncode, NOT_AUTHORISED, failed.stderr)
        self.assertIn("chmod 600", failed.stderr)

    def test_some_lines_with_keys(self):
        swarm = self.with_keys(self.swarm())
        lines = (swarm.dir / "PeerInfo.cfg").read_text().splitlines()
        (swarm.dir / "PeerInfo.cfg").write_text(lines[0] + "\n" + " ".join(lines[1].split()[:4]) + "\n")
        failed = run_peer(swarm.dir, 1001)
        self.assertEqual(failed.returncode, BAD_CONFIGURATION, failed.stderr)
        self.assertIn("PeerInfo.cfg:2:", failed.stderr)

    def test_no_core_file_and_no_look_into_the_memory(self):
        swarm = self.with_keys(self.swarm())
        peer = swarm.start(1001)
        self.connect(swarm, 1001)
        # Files of a process that may not be dumped are root's, whoever runs it; to root they look the same.
        if os.getuid() != 0:
            self.assertEqual(Path(f"/proc/{peer.process.pid}/status").stat().st_uid, 0)
        with self.assertRaises(FileNotFoundError):
            (swarm.dir / "core").stat()


class WhoIsLetIn(TlsCase):
    """A seed with a key, and callers of all kinds."""

    def seed(self, **description):
        swarm = self.with_keys(self.swarm([1001, 1002, 1003], **description))
        return swarm, swarm.start(1001, "--log-level", "info")

    def test_right_key(self):
        swarm, _ = self.seed()
        link = self.connect_sealed(swarm, 1001, self.as_peer(swarm, 1002))
        link.send(handshake(1002))
        self.assertEqual(link.read(32), handshake(1001))
        self.assertEqual(link.read_message()[0], BITFIELD)
        self.assertEqual(link.socket.version(), "TLSv1.3")

    def test_dates_names_and_authorities_do_not_matter(self):
        swarm, _ = self.seed()
        key = self.key_of(swarm, 1002)
        # Signed by nobody that is known, for somebody else, and valid since 1970 and until then.
        authority = self.other_key(swarm, "authority.key")
        request = swarm.dir / "request.pem"
        self.run_openssl("req", "-new", "-key", key, "-out", request, "-subj", "/CN=evil.example")
        expired = swarm.dir / "expired.pem"
        self.run_openssl("x509", "-req", "-in", request, "-CA", self.certificate(swarm, authority), "-CAkey", authority, "-CAcreateserial",
                         "-out", expired, "-days", "0")
        link = self.connect_sealed(swarm, 1001, self.context(expired, key))
        link.send(handshake(1002))
        self.assertEqual(link.read(32), handshake(1001))

    def test_right_key_with_the_id_of_another(self):
        swarm, peer = self.seed()
        link = self.connect_sealed(swarm, 1001, self.as_peer(swarm, 1002))
        link.send(handshake(1003))
        self.assert_refused(link)
        self.wait_for_word(swarm, peer, "it says that it is peer 1003, and its key is that of peer 1002")

    def test_key_that_no_line_has(self):
        swarm, peer = self.seed()
        key = self.other_key(swarm, "stranger.key")
        link = self.connect_sealed(swarm, 1001, self.context(self.certificate(swarm, key), key))
        self.assertIn("alert", self.assert_refused(link))
        self.wait_for_word(swarm, peer, "its key is none that is let in here")

    def test_no_certificate(self):
        swarm, peer = self.seed()
        link = self.connect_sealed(swarm, 1001, self.context())
        self.assertIn("alert", self.assert_refused(link))
        self.wait_for_word(swarm, peer, "its key is none that is let in here")

    def test_keys_of_other_kinds(self):
        swarm, _ = self.seed()
        for name, options in (("rsa.key", ("-algorithm", "rsa")), ("ec.key", ("-algorithm", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"))):
            key = self.other_key(swarm, name, *options)
            link = self.connect_sealed(swarm, 1001, self.context(self.certificate(swarm, key), key))
            self.assert_refused(link)

    def test_certificate_of_a_megabyte(self):
        swarm, peer = self.seed()
        key = self.key_of(swarm, 1002)
        config = swarm.dir / "large.cnf"
        config.write_text("[req]\ndistinguished_name=dn\nx509_extensions=ext\n[dn]\n[ext]\n1.2.3.4=DER:" + "00" * 1_000_000 + "\n")
        large = self.certificate(swarm, key, "-config", config)
        try:
            self.assert_refused(self.connect_sealed(swarm, 1001, self.context(large, key)))
        except (ssl.SSLError, ConnectionError):
            pass  # It was cut off before it was done.
        self.wait_for_word(swarm, peer, "its key is none that is let in here")
        self.test_honest_peer(swarm)

    def test_honest_peer(self, swarm=None):
        """Whoever came before, a peer with its own key is served."""
        swarm = swarm or self.seed()[0]
        swarm.start(1002, "--exit-when", "self")
        swarm.wait_until(lambda: swarm.copy_of(1002).is_file(), "1002 to have the file")
        self.assertTrue(swarm.copy_of(1002).read_bytes() == swarm.content)

    def test_older_tls(self):
        swarm, peer = self.seed()
        key = self.key_of(swarm, 1002)
        with self.assertRaises((ssl.SSLError, ConnectionError)):
            self.connect_sealed(swarm, 1001, self.context(self.certificate(swarm, key), key, ssl.TLSVersion.TLSv1_2))
        self.wait_for_word(swarm, peer, "it speaks an older TLS than 1.3")

    def test_no_resumption_and_no_early_data(self):
        swarm, _ = self.seed()
        context = self.as_peer(swarm, 1002)
        link = self.connect_sealed(swarm, 1001, context)
        link.send(handshake(1002))
        link.read(32)
        # A ticket would have come in front of the answer.
        self.assertFalse(link.socket.session.has_ticket)

    def test_classic_peer_at_a_sealed_port(self):
        swarm, peer = self.seed()
        link = self.connect(swarm, 1001)
        link.send(handshake(1002))
        self.assertNotIn(b"P2PFILESHARINGPROJ", link.rest())
        self.wait_for_word(swarm, peer, "it does not speak TLS")

    def test_ours_without_keys_and_ours_with_keys(self):
        swarm, sealed = self.seed()
        plain = self.swarm([1001, 1002, 1003])
        (plain.dir / "PeerInfo.cfg").write_text("".join(" ".join(line.split()[:4]) + "\n" for line in
                                                        (swarm.dir / "PeerInfo.cfg").read_text().splitlines()))
        dialler = plain.start(1002, "--log-level", "info")
        self.wait_for_word(swarm, sealed, "it does not speak TLS")
        self.wait_for_word(plain, dialler, "TLS")

    def test_ours_with_keys_dials_ours_without(self):
        plain, acceptor = self.swarm_with(1001, ids=[1001, 1002])
        sealed = self.with_keys(self.swarm([1001, 1002]))
        keys = [line.split()[4] for line in (sealed.dir / "PeerInfo.cfg").read_text().splitlines()]
        lines = (plain.dir / "PeerInfo.cfg").read_text().splitlines()
        (sealed.dir / "PeerInfo.cfg").write_text("".join(f"{line} {key}\n" for line, key in zip(lines, keys, strict=True)))
        dialler = sealed.start(1002, "--log-level", "info")
        self.wait_for_word(sealed, dialler, "perhaps it has no keys")
        self.wait_for_word(plain, acceptor, "TLS")

    def test_dialler_is_answered_by_another_key(self):
        swarm = self.with_keys(self.swarm([1001, 1002]))
        usurped = self.with_keys(self.swarm([1001, 1002]))
        theirs = (swarm.dir / "PeerInfo.cfg").read_text().splitlines()
        ours = (usurped.dir / "PeerInfo.cfg").read_text().splitlines()
        # The usurper sits at the listed address with a key of its own, and lets 1002 in.
        (usurped.dir / "PeerInfo.cfg").write_text(" ".join(theirs[0].split()[:4] + [ours[0].split()[4]]) + "\n" + theirs[1] + "\n")
        usurped.start(1001)
        self.connect(swarm, 1001)
        dialler = swarm.start(1002)
        self.wait_for_word(swarm, dialler, "its key is none that is let in here")

    def test_openssl_tool(self):
        swarm, peer = self.seed()
        self.connect(swarm, 1001)
        key = self.key_of(swarm, 1002)
        stranger = self.other_key(swarm, "stranger.key")

        def answer(certified):
            """What s_client prints when it has sent our handshake, up to its end or to 32 bytes."""
            words = [self.openssl(), "s_client", "-connect", f"127.0.0.1:{swarm.ports[1001]}", "-tls1_3", "-quiet", "-cert",
                     self.certificate(swarm, certified), "-key", certified]
            with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
                client.stdin.write(handshake(1002))
                client.stdin.flush()
                read = client.stdout.read(32)
                client.kill()
            return read

        self.assertEqual(answer(key), handshake(1001))
        self.assertEqual(answer(stranger), b"")
        self.wait_for_word(swarm, peer, "its key is none that is let in here")


class Stalls(TlsCase):
    """Those that do not get on with their handshake."""

    def hello(self, swarm):
        """The first bytes of an honest client."""
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        client = self.as_peer(swarm, 1002).wrap_bio(incoming, outgoing)
        try:
            client.do_handshake()
        except ssl.SSLWantReadError:
            pass
        return outgoing.read()

    def test_each_step_ends_in_time(self):
        swarm = self.with_keys(self.swarm([1001, 1002, 1003]))
        peer = swarm.start(1001, "--log-level", "info")
        self.connect(swarm, 1001)
        hello = self.hello(swarm)
        links = [self.connect(swarm, 1001) for _ in range(4)]
        links[1].send(hello[:1])
        links[2].send(hello[:len(hello) // 2])
        links[3].send(hello)
        in_the_end = self.connect_sealed(swarm, 1001, self.as_peer(swarm, 1002))  # sealed, and silent
        for link in (*links, in_the_end):
            self.assertNotIn(b"P2PFILESHARINGPROJ", link.rest())
        self.wait_for_word(swarm, peer, "no handshake within 10 s")

    def test_five_hundred_half_open(self):
        swarm = self.with_keys(self.swarm([1001, 1002], size=20_000_000, piece_size=65536))
        peer = swarm.start(1001)
        self.connect(swarm, 1001)
        before = resident(peer)
        hello = self.hello(swarm)
        crowd = []
        for number in range(500):
            each = connected_socket(swarm.ports[1001])
            self.addCleanup(each.close)
            # Every second one announces a first message as long as OpenSSL takes any, and sends nothing of it.
            each.sendall(hello if number % 2 else b"\x16\x03\x01\x00\x04\x01\x02\x00\x00")
            crowd.append(each)
        most = [before]
        swarm.start(1002)

        def there():
            most.append(resident(peer) if peer.running() else 0)
            return swarm.copy_of(1002).is_file()

        swarm.wait_until(there, "1002 to have the file")
        self.assertLess(max(most) - before, 64 << 20)
        swarm.finish()


def resident(peer):
    """Anonymous memory of a process, in bytes."""
    try:
        status = Path(f"/proc/{peer.process.pid}/status").read_text()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("RssAnon"))


class BetweenThem(TlsCase):
    """Somebody who sits between two peers."""

    def test_cut_off_in_the_middle_of_a_piece(self):
        swarm = self.with_keys(self.swarm([1001, 1002], size=3_000_000, piece_size=1_000_000))
        swarm.start(1001)
        self.connect(swarm, 1001)
        # 1002 reaches 1001 through us.
        between = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(between.close)
        own = self.swarm([1001, 1002], seeds=[], size=3_000_000, piece_size=1_000_000)
        lines = (swarm.dir / "PeerInfo.cfg").read_text().split("\n")
        words = lines[0].split()
        words[2] = str(between.getsockname()[1])
        (own.dir / "PeerInfo.cfg").write_text(" ".join(words) + "\n" + lines[1] + "\n")
        shutil.copy2(self.key_of(swarm, 1002), self.key_of(own, 1002))
        cuts = []

        def relay():
            while True:
                try:
                    near = between.accept()[0]
                except OSError:
                    return
                far = connected_socket(swarm.ports[1001])
                left = 1_500_000 if not cuts else None
                threading.Thread(target=pump, args=(near, far, None), daemon=True).start()
                pump(far, near, left)
                cuts.append(True)

        threading.Thread(target=relay, daemon=True).start()
        dialler = own.start(1002, "--log-level", "info", "--exit-when", "self")
        own.wait_until(lambda: own.copy_of(1002).is_file(), "1002 to have the file")
        self.assertTrue(cuts)
        self.assertTrue(own.copy_of(1002).read_bytes() == swarm.content)
        self.assertIn("the connection was cut off", dialler.stderr())


@unittest.skipUnless(may_make_namespaces(), "network namespaces need root")
class Listeners(TlsCase):
    """Somebody who hears everything, on a loopback of its own."""

    def heard(self, swarm):
        namespace = make_namespace(self, swarm.ports[1001])
        capture = Capture(self, namespace, swarm.dir / "frames")
        for peer_id in swarm.ids:
            swarm.start(peer_id, namespace=namespace)
        swarm.finish()
        swarm.wait_until(lambda: sum(map(len, capture.frames())) > len(swarm.content), "all to be written down")
        return b"".join(capture.frames())

    def test_nothing_can_be_read(self):
        """Without keys the same listener hears all of it, so he is known to hear what there is."""
        description = {"size": 100_000, "piece_size": 10_000}
        plain, sealed = self.swarm(**description), self.with_keys(self.swarm(**description))
        for swarm, is_heard in ((plain, True), (sealed, False)):
            heard = self.heard(swarm)
            for word in (b"P2PFILESHARINGPROJ", *(swarm.piece(index)[at:at + 24] for index in range(10) for at in (0, 5000))):
                self.assertEqual(word in heard, is_heard, word)


def pump(source, target, most):
    """Passes bytes on until the end, or until so many have gone: then both connections end without a farewell."""
    try:
        while data := source.recv(16384):
            if most is not None:
                data = data[:most]
                most -= len(data)
            target.sendall(data)
            if most == 0:
                break
    except OSError:
        pass
    for each in (source, target):
        each.close()


if __name__ == "__main__":
    unittest.main()
