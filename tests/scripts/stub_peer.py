"""A fake peer for the tests of the launcher: speaks no protocol, but reads, writes, logs and leaves as peers do.

stub_peer.py [ID=BEHAVIOUR ...] [--status unix:PATH] PEER_ID, in the swarm's directory. Behaviours:

    share     (default) a leecher copies the seed's file, piece by piece; leaves with 0 when all of them have done so
    corrupt   share, with one wrong byte
    nothing   leaves with 0 without a file
    fail      says why on stderr and leaves with 65
    half      logs half of the pieces and stays
    stubborn  half, and ignores SIGTERM

With --status it answers there, with a made-up status, until its end.
"""

import atexit
import os
import signal
import sys
import time
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parents[1] / "support"))
import status_stub  # noqa: E402

NEIGHBORS = [status_stub.neighbor(1004, 60, 240, received_rate=3e6)]


def log(peer_id, text):
    with open(f"log_peer_{peer_id}.log", "a", encoding="utf-8") as out:
        out.write(f"2026-01-31 12:00:00.123: Peer {peer_id} {text}.\n")


def main():
    *behaviours, peer_id = sys.argv[1:]
    if "--status" in behaviours:
        place = behaviours.index("--status")
        status = status_stub.StatusStub(status_stub.document(int(peer_id), neighbors=NEIGHBORS), behaviours[place + 1].removeprefix("unix:"))
        atexit.register(status.go_away)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
        del behaviours[place : place + 2]
    behaviour = dict(word.split("=") for word in behaviours).get(peer_id, "share")
    common = dict(line.split() for line in Path("Common.cfg").read_text().splitlines())
    peers = [line.split() for line in Path("PeerInfo.cfg").read_text().splitlines()]
    leechers = [words[0] for words in peers if words[3] == "0"]
    Path(f"pid_{peer_id}").write_text(str(os.getpid()))
    if behaviour == "stubborn":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    print("hello from", peer_id)
    if behaviour == "fail":
        print("port 6001 is in use", file=sys.stderr)
        sys.exit(65)
    log(peer_id, "is connected from Peer 1001")
    if behaviour == "nothing":
        return
    if peer_id in leechers:
        download(peer_id, behaviour, common["FileName"], int(common.get("PieceSize", 1024)))
    while not all(Path(f"done_{leecher}").exists() for leecher in leechers):
        time.sleep(0.02)


def download(peer_id, behaviour, file_name, piece_size):
    content = bytearray(Path("peer_1001", file_name).read_bytes())
    count = -(-len(content) // piece_size)
    for piece in range(count):
        log(peer_id, "received the ‘have’ message from 1001 for the piece 0")
        log(peer_id, f"has downloaded the piece {piece} from 1001. Now the number of pieces it has is {piece + 1}")
        while behaviour in ("half", "stubborn") and piece + 1 >= count // 2:
            time.sleep(1)
    if behaviour == "corrupt":
        content[-1] ^= 1
    Path(f"peer_{peer_id}").mkdir(exist_ok=True)
    Path(f"peer_{peer_id}", file_name).write_bytes(content)
    log(peer_id, "has downloaded the complete file")
    Path(f"done_{peer_id}").touch()


if __name__ == "__main__":
    main()
