"""Swarms of chunk folders: what their end-to-end tests share, and a holder that the test plays itself."""

import hashlib
import random
import socket
import tempfile
import threading
import time
from pathlib import Path

from swarm_case import DEADLINE_S, PEER_PROCESS, Peer, Swarm
from wire_link import BITFIELD, INTERESTED, PIECE, REQUEST, UNCHOKE, WireCase, WireLink, bitfield, handshake, indexed, message

LIST = "local_chunks.txt"
RECEIVED = ".peerProcess/received"
ANNOUNCEMENT = 16


def reserved(total):
    """The ten reserved bytes of a handshake that speaks of a folder of so many chunks."""
    return bytes([0x80, 0x04]) + b"CHNK" + total.to_bytes(4, "big")


def announcement(index, data, name, size=None):
    """`index` as in the list, from 1."""
    body = (index - 1).to_bytes(4, "big") + (len(data) if size is None else size).to_bytes(4, "big")
    return message(ANNOUNCEMENT, body + hashlib.sha256(data).digest() + name.encode())


def parse_list(text):
    """({index: name}, total) of a local_chunks.txt as our peer writes it."""
    rows = [line.split(",", 1) for line in text.splitlines()]
    assert text.endswith("\n") and rows[-1][1] == "LASTCHUNK", text
    return {int(index): name for index, name in rows[:-1]}, int(rows[-1][0])


class ChunkSwarm(Swarm):
    """`chunks` maps an index to (name, bytes), `holds` a peer's ID to the indexes that it has from the start."""

    def __init__(self, case, chunks, holds, total=None):
        self.case, self.chunks, self.ids, self.seeds = case, chunks, list(holds), set()
        self.total = total or max(chunks)
        holder = tempfile.TemporaryDirectory(prefix="chunks-")
        case.addCleanup(holder.cleanup)
        self.dir = Path(holder.name)
        self.lives = []
        self.ports = {peer_id: self._hold_port() for peer_id in self.ids}
        (self.dir / "PeerInfo.cfg").write_text("".join(f"{peer_id} 127.0.0.1 {self.ports[peer_id]} 0\n" for peer_id in self.ids))
        self.folders = {peer_id: self.dir / f"client{number}_chunks" for number, peer_id in enumerate(self.ids, 1)}
        for peer_id, indexes in holds.items():
            self.fill(peer_id, indexes)

    def fill(self, peer_id, indexes):
        folder = self.folders[peer_id]
        folder.mkdir(exist_ok=True)
        for index in indexes:
            name, data = self.chunks[index]
            (folder / name).write_bytes(data)
        (folder / LIST).write_text("".join(f"{index},{self.chunks[index][0]}\n" for index in indexes) + f"{self.total},LASTCHUNK\n")

    def copy_of(self, peer_id):
        return self.folders[peer_id] / "no file is called so"

    def command(self, peer_id, *options):
        return [PEER_PROCESS, "chunks", "--folder", str(self.folders[peer_id]), "--transfer_port", str(self.ports[peer_id]),
                "--name", f"client{self.ids.index(peer_id) + 1}", "--peers", "PeerInfo.cfg", *options]

    def start(self, peer_id, *options, **circumstances):
        command = self.command(peer_id, *([] if "--timeout" in options else ["--timeout", str(2 * DEADLINE_S)]), *options)
        command += [] if "--progress" in options else ["--progress", "none"]
        self.lives.append(Peer(self, peer_id, command, "ours", **circumstances))
        return self.lives[-1]

    def list_of(self, peer_id):
        return parse_list((self.folders[peer_id] / LIST).read_text())[0]

    def check_folder(self, peer_id, indexes=None):
        """The folder has just these chunks (all by default), whole and listed."""
        expected = {index: self.chunks[index] for index in (self.chunks if indexes is None else indexes)}
        folder = self.folders[peer_id]
        self.case.assertEqual(parse_list((folder / LIST).read_text()), ({index: name for index, (name, _) in expected.items()}, self.total))
        files = {path.name for path in folder.iterdir() if path.is_file()}
        self.case.assertEqual(files, {name for name, _ in expected.values()} | {LIST})
        for name, data in expected.values():
            self.case.assertTrue((folder / name).read_bytes() == data, f"peer {peer_id}'s {name} differs")
        self.case.assertEqual([path.name for path in folder.glob(".peerProcess/*") if path.name != "received"], [], "something is left")

    def finish(self):
        for peer in self.lives:
            peer.expect_exit(0)
        for peer_id in {peer.id for peer in self.lives}:
            self.check_folder(peer_id)


class StandIn(threading.Thread):
    """The last line of PeerInfo.cfg, played by the test: it dials the others, announces what it is told to and sends what
    it is told to; both map an index to (name, bytes). Ends with the swarm's peers."""

    def __init__(self, swarm, peer_id, announces, sends=None):
        super().__init__(daemon=True)
        self.swarm, self.id = swarm, peer_id
        self.announces, self.sends = announces, announces if sends is None else sends
        self.asked = set()      # indexes that were asked for
        self.heard = {}         # what each peer announced: {peer: {index: sha256}}
        self.ended = []         # peers whose link ended
        self.links = []

    def run(self):
        threads = [threading.Thread(target=self.serve, args=(peer,), daemon=True) for peer in self.swarm.ids if peer != self.id]
        for thread in threads:
            thread.start()

    def connect(self, peer):
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline:
            try:
                return WireLink(socket.create_connection(("127.0.0.1", self.swarm.ports[peer]), timeout=DEADLINE_S))
            except OSError:
                time.sleep(0.02)
        return None

    def serve(self, peer):
        link = self.connect(peer)
        if not link:
            return
        self.links.append(link)
        held = {index - 1 for index in self.sends}
        try:
            link.send(handshake(self.id, reserved(self.swarm.total)))
            link.read(32)
            link.send(bitfield(held, self.swarm.total),
                      *[announcement(index, data, name) for index, (name, data) in sorted(self.announces.items())])
            while True:
                self.answer(link, peer, *link.read_message())
        except (OSError, EOFError):
            self.ended.append(peer)

    def answer(self, link, peer, kind, payload):
        if kind == ANNOUNCEMENT:
            self.heard.setdefault(peer, {})[int.from_bytes(payload[:4], "big") + 1] = payload[8:40]
        if kind == INTERESTED:
            link.send(message(UNCHOKE))
        if kind == REQUEST:
            index = int.from_bytes(payload, "big") + 1
            self.asked.add(index)
            link.send(indexed(PIECE, index - 1, self.sends[index][1]))

    def stop(self):
        for link in self.links:
            link.close()


class ChunkCase(WireCase):
    def chunks(self, sizes, seed=0):
        """{index: (name, bytes)} for chunks of these sizes."""
        return {index: (f"chunk_{index}", random.Random(f"{self.id()} {seed} {index}").randbytes(size)) for index, size in enumerate(sizes, 1)}

    def chunk_swarm(self, holds, sizes=(1000, 20_000, 5, 300_000), **options):
        return ChunkSwarm(self, self.chunks(sizes), holds, **options)

    def stand_in(self, swarm, peer_id, announces, sends=None):
        player = StandIn(swarm, peer_id, announces, sends)
        self.addCleanup(player.stop)
        player.start()
        return player

    def false(self, chunks):
        """The same chunks with the same names and sizes, and other bytes."""
        return {index: (name, bytes(byte ^ 0x55 for byte in data)) for index, (name, data) in chunks.items()}

    def wait_for_words(self, peer, words):
        peer.swarm.wait_until(lambda: words in peer.stderr(), f"{words!r} on stderr of peer {peer.id}, which has {peer.stderr()!r}")
