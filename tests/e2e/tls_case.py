"""Swarms with keys: what the tests of sealed connections share. Other ends are played by Python's ssl and by openssl."""

import shutil
import socket
import ssl
import subprocess

from swarm_case import PEER_PROCESS
from wire_link import WireCase, WireLink


class TlsCase(WireCase):
    """A test with swarms whose peers have keys."""

    def with_keys(self, swarm):
        """Gives each peer a key of its own, and each line its fingerprint."""
        lines = (swarm.dir / "PeerInfo.cfg").read_text().splitlines()
        for index, line in enumerate(lines):
            lines[index] = f"{line} {self.make_key(swarm, line.split()[0])}"
        (swarm.dir / "PeerInfo.cfg").write_text("\n".join(lines) + "\n")
        return swarm

    def make_key(self, swarm, peer_id):
        made = subprocess.run([PEER_PROCESS, "key", "--dir", swarm.dir, str(peer_id)], capture_output=True, text=True, check=True)
        return made.stdout.strip()

    def key_of(self, swarm, peer_id):
        return swarm.dir / f"peer_{peer_id}.key"

    def certificate(self, swarm, key, *options):
        """A certificate of this key, as somebody else would make it."""
        path = swarm.dir / f"{key.stem}-{len(list(swarm.dir.glob('*.pem')))}.pem"
        self.run_openssl("req", "-x509", "-new", "-key", key, "-out", path, "-subj", "/CN=somebody", *options)
        return path

    def run_openssl(self, *arguments):
        subprocess.run([self.openssl(), *arguments], check=True, capture_output=True)

    def openssl(self):
        tool = shutil.which("openssl")
        if not tool:
            self.skipTest("there is no openssl")
        return tool

    def other_key(self, swarm, name, *options):
        """A key that is in no line."""
        path = swarm.dir / name
        self.run_openssl("genpkey", *(options or ("-algorithm", "ed25519")), "-out", path)
        return path

    def context(self, certificate=None, key=None, version=ssl.TLSVersion.TLSv1_3):
        """What a client of somebody else's brings along."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.maximum_version = version
        if certificate:
            context.load_cert_chain(certificate, key)
        return context

    def connect_sealed(self, swarm, peer_id, context):
        """A link inside of TLS, by somebody else's."""
        plain = self.connect(swarm, peer_id)
        sealed = WireLink(context.wrap_socket(plain.socket))
        self.addCleanup(sealed.close)
        return sealed

    def as_peer(self, swarm, own_id):
        key = self.key_of(swarm, own_id)
        return self.context(self.certificate(swarm, key), key)

    def wait_for_word(self, swarm, peer, words):
        swarm.wait_until(lambda: words in peer.stderr(), f"peer {peer.id} to say: {words}")

    def assert_refused(self, link):
        """Nothing comes, and the connection ends; whoever was refused learns it by its first read."""
        try:
            self.assertEqual(link.socket.recv(1), b"")
        except (ssl.SSLError, ConnectionError) as error:
            return str(error)
        return ""


def connected_socket(port):
    return socket.create_connection(("127.0.0.1", port))
