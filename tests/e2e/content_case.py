"""Swarms whose Common.cfg names a manifest: of one file, or of a folder."""

import random
import shutil
import socket
import os
import stat
import threading
import time

import manifest
from swarm_case import DEADLINE_S, FILE_NAME, Swarm, SwarmCase

MARK, FETCH = 0x80, 0x01
MANIFEST_TYPE = 8


def reserved(text, fetch=False):
    """The ten reserved bytes of a handshake that speaks of this manifest."""
    return bytes([MARK, FETCH if fetch else 0]) + bytes.fromhex(manifest.content_id(text))[:8]


class ContentSwarm(Swarm):
    """A swarm of one file and its manifest."""

    def __init__(self, case, *args, piece_hash="sha256", at=None, sizes=True):
        super().__init__(case, *args)
        self.text = self.make_manifest(piece_hash)
        self.name_manifest(sizes)
        for peer_id in self.seeds if at is None else at:
            self.give_manifest(peer_id)

    def make_manifest(self, piece_hash):
        return manifest.of_file(self.name, self.content, self.piece_size, piece_hash)

    def name_manifest(self, sizes):
        if not sizes:
            del self.common["FileSize"], self.common["PieceSize"]
        self.write_common(Manifest=manifest.content_id(self.text))

    def folder_of(self, peer_id):
        return self.copy_of(peer_id).parent

    def give_manifest(self, peer_id, text=None, name="some.manifest"):
        folder = self.folder_of(peer_id)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(self.text if text is None else text)

    def spoil(self, peer_id, pieces, path=None):
        """Changes one byte of each of these pieces of a peer's file."""
        with (path or self.copy_of(peer_id)).open("r+b") as copy:
            for index in pieces:
                copy.seek(index * self.piece_size)
                byte = copy.read(1)[0]
                copy.seek(index * self.piece_size)
                copy.write(bytes([byte ^ 0x55]))


def current_umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


class FolderSwarm(ContentSwarm):
    """A swarm of a folder: `files` maps a path to (bytes, mode), `folders` are those with nothing in them."""

    def __init__(self, case, files, folders, *args, **options):
        self.files, self.folders = files, folders
        super().__init__(case, *args, **options)
        self.piece_count = sum(len(manifest.cut(data, self.piece_size)) for data, _ in files.values())

    def make_manifest(self, piece_hash):
        return manifest.of_folder(self.files, self.folders, self.piece_size, piece_hash)

    def name_manifest(self, sizes):
        self.common["FileSize"] = sum(len(data) for data, _ in self.files.values())
        super().name_manifest(sizes)

    def give_file(self, peer_id):
        root = self.copy_of(peer_id)
        for folder in self.folders:
            (root / folder).mkdir(parents=True)
        for path, (data, mode) in self.files.items():
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).write_bytes(data)
            (root / path).chmod(mode)

    def check_copies(self):
        """A copy has what the umask leaves, and only executable or not comes from the manifest; a seed's files keep what they had."""
        usual = 0o777 & ~current_umask()
        for peer_id in self.ids:
            root = self.copy_of(peer_id)
            found = {path.relative_to(root).as_posix(): path for path in root.rglob("*")}
            files = {name: path for name, path in found.items() if path.is_file()}
            self.case.assertEqual({name: path.stat().st_size for name, path in files.items()}, {name: len(data) for name, (data, _) in self.files.items()})
            for name, path in files.items():
                mode = self.files[name][1]
                copied = usual if mode & 0o100 else usual & 0o666
                self.case.assertIn(stat.S_IMODE(path.stat().st_mode), (copied, mode) if peer_id in self.seeds else (copied,), name)
            self.case.assertLessEqual(set(self.folders), set(found))
            for name, (data, _) in self.files.items():
                self.case.assertTrue(files[name].read_bytes() == data, f"peer {peer_id}'s {name} differs")
            self.case.assertFalse(self.part_of(peer_id).exists(), f"peer {peer_id} left an unfinished folder")


class StandIn:
    """Somebody who listens in a peer's place and answers each connection that asks for the manifest as `answer` says.

    `answer(socket)` is called in a thread of its own when the handshake has come, and may block.
    """

    def __init__(self, case, swarm, peer_id, answer):
        self.case, self.answer, self.asked = case, answer, 0
        self._listener = socket.create_server(("127.0.0.1", swarm.ports[peer_id]))
        self._sockets, self._threads = [], []
        self._spawn(self._accept)
        case.addCleanup(self.stop)

    def _spawn(self, function, *args):
        thread = threading.Thread(target=function, args=args, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self):
        while True:
            try:
                accepted = self._listener.accept()[0]
            except OSError:
                return
            self._sockets.append(accepted)
            self._spawn(self._converse, accepted)

    def _converse(self, accepted):
        accepted.settimeout(DEADLINE_S)
        try:
            hello = accepted.recv(32, socket.MSG_WAITALL)
            if len(hello) == 32 and hello[18] == MARK and hello[19] & FETCH:
                self.asked += 1
                self.answer(accepted)
            accepted.close()
        except OSError:
            pass  # the other end has gone, or the test is over

    def stop(self):
        """Gives the place free."""
        for each in [self._listener, *self._sockets]:
            try:
                each.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
            each.close()
        for thread in self._threads:
            thread.join(DEADLINE_S)


def bytewise(sock, data, pause_s=0.0005):
    for byte in data:
        sock.sendall(bytes([byte]))
        time.sleep(pause_s)


class ContentCase(SwarmCase):
    """A test with swarms that have a manifest."""

    def content_swarm(self, ids=(1001, 1002), *, seeds=(1001,), size=100_000, piece_size=1024, preferred=2, **options):
        return ContentSwarm(self, ids, seeds, size, piece_size, preferred, 1, "127.0.0.1", FILE_NAME, **options)

    def folder_swarm(self, files, folders=(), ids=(1001, 1002, 1003), *, seeds=(1001,), piece_size=1024, **options):
        return FolderSwarm(self, files, list(folders), ids, seeds, 1, piece_size, 2, 1, "127.0.0.1", "TheFolder", **options)

    def random_bytes(self, size, seed=0):
        return random.Random(f"{self.id()} {seed}").randbytes(size)

    def forget(self, swarm, peer_id):
        """Takes everything from a peer."""
        shutil.rmtree(swarm.folder_of(peer_id), ignore_errors=True)

    def wait_for_words(self, peer, words):
        peer.swarm.wait_until(lambda: words in peer.stderr(), f"peer {peer.id} to say '{words}'")
