#!/usr/bin/env python3
"""What goes over the links of a network namespace: every frame that comes in at any of its interfaces.

    capture.py FILE     writes frames to FILE, each behind its length (32 bits, big-endian), until it is ended; says "ready" when it has begun
"""

import socket
import struct
import subprocess
import sys
from pathlib import Path

_ALL_PROTOCOLS, _OUTGOING = 3, 4
_ETHERNET, _IPV4, _IPV6, _UDP = 14, 0x0800, 0x86DD, 17


class Capture:
    def __init__(self, case, namespace, file):
        self._file = Path(file)
        self._process = subprocess.Popen(["ip", "netns", "exec", namespace, sys.executable, __file__, file], stdin=subprocess.DEVNULL,
                                         stdout=subprocess.PIPE, text=True)
        case.addCleanup(self._process.communicate)
        case.addCleanup(self._process.terminate)
        case.assertEqual(self._process.stdout.readline(), "ready\n")

    def frames(self):
        """All so far."""
        written = self._file.read_bytes()
        frames, at = [], 0
        while at + 4 <= len(written):
            end = at + 4 + struct.unpack_from(">I", written, at)[0]
            if end > len(written):
                break
            frames.append(written[at + 4:end])
            at = end
        return frames

    def datagrams(self):
        """What is in the UDP datagrams among them."""
        return [payload for payload in map(_udp_payload, self.frames()) if payload is not None]


def _udp_payload(frame):
    kind = struct.unpack_from(">H", frame, 12)[0]
    if kind == _IPV4 and frame[_ETHERNET + 9] == _UDP:
        at = _ETHERNET + 4 * (frame[_ETHERNET] & 15)
    elif kind == _IPV6 and frame[_ETHERNET + 6] == _UDP:
        at = _ETHERNET + 40
    else:
        return None
    length = struct.unpack_from(">H", frame, at + 4)[0]
    return frame[at + 8:at + length]


def main(path):
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_ALL_PROTOCOLS)) as link, open(path, "wb", buffering=0) as file:
        link.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        print("ready", flush=True)
        while True:
            frame, (_, _, kind, *_) = link.recvfrom(65536)
            # One that a bridge sends on has come in before.
            if kind != _OUTGOING:
                file.write(struct.pack(">I", len(frame)) + frame)


if __name__ == "__main__":
    main(sys.argv[1])
