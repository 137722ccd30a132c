#!/usr/bin/env python3
"""A small classic peer, written from docs/PROTOCOL.md alone and deliberately independent of the C++ code.

The end-to-end tests run it as the peer "written by somebody else": where the C++ peer and this one disagree, one of
them has misread the protocol.  It downloads as the course's text says (a random piece, one open request a neighbor)
and is a conformance checker on the way: whatever a neighbor sends that the protocol rules out ends the process with
code 3.  A check stands here only if no race between the two directions of a link can trip it.

Exit codes: 0 every listed peer has the file, 1 cannot run, 2 out of time (or bad options), 3 a neighbor violated the
protocol.
"""

import argparse
import asyncio
import os
import random
import signal
import sys
from collections import Counter, deque, namedtuple
from contextlib import suppress
from datetime import datetime
from enum import IntEnum
from pathlib import Path

HEADER = b"P2PFILESHARINGPROJ"
# All in seconds:
REASK_AFTER = 3.0  # silence on a link after which its open request counts as lost
DOUBLE_LINK_GRACE = 1.0  # how long an old link has to show that it is alive when its peer dials again
FIRST_REDIAL, LAST_REDIAL = 0.1, 2.0
LEAVE_WAIT = 2.0

PeerLine = namedtuple("PeerLine", "peer_id host port has_file")


class Kind(IntEnum):
    CHOKE, UNCHOKE, INTERESTED, NOT_INTERESTED, HAVE, BITFIELD, REQUEST, PIECE = range(8)


LOGGED = {Kind.CHOKE: "is choked by {}",
          Kind.UNCHOKE: "is unchoked by {}",
          Kind.INTERESTED: "received the ‘interested’ message from {}",
          Kind.NOT_INTERESTED: "received the ‘not interested’ message from {}",
          Kind.HAVE: "received the ‘have’ message from {} for the piece {}"}


class Violation(Exception):
    """A neighbor broke the protocol."""


class Finished(Exception):
    """Every listed peer has the file; raised to end the task group."""


def read_rows(path):
    # split() takes care of tabs, trailing spaces and CRLF.
    return [line.split() for line in path.read_text().splitlines() if line.strip()]


def message(kind, payload=b""):
    return (1 + len(payload)).to_bytes(4, "big") + bytes([kind]) + payload


def indexed(kind, index, data=b""):
    return message(kind, index.to_bytes(4, "big") + data)


def pack_bits(pieces, total):
    field = bytearray((total + 7) // 8)
    for index in pieces:
        field[index // 8] |= 0x80 >> index % 8
    return bytes(field)


def unpack_bits(field):
    return {index for index in range(8 * len(field)) if field[index // 8] & 0x80 >> index % 8}


class SharedFile:
    """The file in its pieces, and which of them are there."""

    def __init__(self, path, size, piece_size, complete, lies):
        self.size, self.piece_size, self.lies = size, piece_size, lies
        self.total = (size + piece_size - 1) // piece_size
        self.have = set(range(self.total)) if complete else set()
        self.file = path.open("rb" if complete else "w+b")
        if complete and path.stat().st_size != size:
            raise ValueError(f"{path} is not of {size} bytes")
        if not complete:
            self.file.truncate(size)

    def complete(self):
        return len(self.have) == self.total

    def length(self, index):
        return min(self.piece_size, self.size - index * self.piece_size)

    def read(self, index):
        data = os.pread(self.file.fileno(), self.length(index), index * self.piece_size)
        return bytes(byte ^ 0x55 for byte in data) if index in self.lies else data

    def store(self, index, data):
        self.file.seek(index * self.piece_size)
        self.file.write(data)
        self.file.flush()
        self.have.add(index)


class Uplink:
    """The way out, shared by all links and slowed down on demand."""

    def __init__(self, kib_per_second):
        self.rate = kib_per_second * 1024
        self.turn = asyncio.Lock()

    async def send(self, writer, frame):
        while self.rate and frame:
            # Random cuts: sooner or later every boundary within and between frames is split.
            cut = random.randint(1, max(1, self.rate // 50))
            async with self.turn:
                writer.write(frame[:cut])
                await asyncio.sleep(min(cut, len(frame)) / self.rate)
            await writer.drain()
            frame = frame[cut:]
        writer.write(frame)
        await writer.drain()


class Link:
    """A connection to a neighbor: its bytes and its side of the state."""

    def __init__(self, reader, writer, file, uplink, any_reserved):
        self.reader, self.writer, self.file, self.uplink, self.any_reserved = reader, writer, file, uplink, any_reserved
        self.peer_id = None
        self.heard = 0.0  # when the last bytes came
        self.flushed, self.gone = asyncio.Event(), asyncio.Event()

        # Outgoing.  Pieces wait as numbers until it is their turn, so that a choke can still call them back.
        self.frames, self.to_serve = deque(), deque()
        self.wake, self.closing = asyncio.Event(), False

        # What we do for the neighbor.
        self.choking, self.interested = True, False
        self.may_ask = set()  # the pieces that it has ever seen on offer while it was unchoked
        self.just_unchoked = False  # and no request since

        # What it does for us.
        self.choked, self.said_interested, self.ever_interested = True, None, False
        self.open, self.asked_at = None, 0.0  # the open request
        self.asked = Counter()  # requests that no piece has answered yet, given up or not
        self.received = 0  # bytes of pieces in this unchoking interval

    def require(self, condition, reason):
        if not condition:
            who = "of unknown ID" if self.peer_id is None else self.peer_id
            raise Violation(f"peer {who}: {reason}")

    async def read(self, count):
        # Not readexactly(): bits of a slow piece are a sign of life too.
        data = bytearray()
        while len(data) < count:
            chunk = await self.reader.read(count - len(data))
            if not chunk:
                raise EOFError
            self.heard = asyncio.get_running_loop().time()
            data += chunk
        return bytes(data)

    async def read_handshake(self, expected):
        raw = await self.read(32)
        self.require(raw[:18] == HEADER, f"handshake header is {raw[:18]!r}")
        self.require(self.any_reserved or raw[18:28] == bytes(10), f"reserved handshake bytes are {raw[18:28].hex()}")
        peer_id = int.from_bytes(raw[28:], "big")
        self.require(peer_id in expected, f"handshake ID is {peer_id}, expected {sorted(expected)}")
        self.peer_id = peer_id

    async def read_message(self):
        """The next message as (kind, piece index or None, rest of the payload), its form checked."""
        length = int.from_bytes(await self.read(4), "big")
        self.require(length > 0, "message of length zero")
        code = (await self.read(1))[0]
        self.require(code in list(Kind), f"unknown message type {code}")
        kind = Kind(code)
        # The length is checked before the payload is awaited, for a wrong one may never come in full.
        shortest = longest = {Kind.HAVE: 5, Kind.REQUEST: 5, Kind.BITFIELD: 1 + (self.file.total + 7) // 8}.get(kind, 1)
        if kind == Kind.PIECE:
            shortest, longest = 5, 5 + self.file.piece_size
        self.require(shortest <= length <= longest, f"{kind.name} of length {length}")
        payload = await self.read(length - 1)
        if kind not in (Kind.HAVE, Kind.REQUEST, Kind.PIECE):
            return kind, None, payload
        index = int.from_bytes(payload[:4], "big")
        self.require(index < self.file.total, f"{kind.name} with piece index {index} of {self.file.total}")
        return kind, index, payload[4:]

    def send(self, frame):
        self.frames.append(frame)
        self.wake.set()

    def choke(self):
        self.choking = True
        self.to_serve.clear()
        self.send(message(Kind.CHOKE))

    def unchoke(self):
        if self.choking:
            self.choking, self.just_unchoked = False, True
            self.may_ask |= self.file.have
            self.send(message(Kind.UNCHOKE))

    def announce(self, index):
        if not self.choking:
            self.may_ask.add(index)
        self.send(indexed(Kind.HAVE, index))

    def request(self, index):
        self.open, self.asked_at = index, asyncio.get_running_loop().time()
        self.asked[index] += 1
        self.send(indexed(Kind.REQUEST, index))

    def finish(self):
        """Lets pump() flush and half-close."""
        self.closing = True
        self.wake.set()

    async def pump(self):
        """The only writer on the socket."""
        try:
            while True:
                while self.frames or self.to_serve:
                    if self.frames:
                        frame = self.frames.popleft()
                    else:
                        index = self.to_serve.popleft()
                        frame = indexed(Kind.PIECE, index, self.file.read(index))
                    await self.uplink.send(self.writer, frame)
                if self.closing:
                    self.writer.write_eof()
                    break
                self.wake.clear()
                await self.wake.wait()
        except OSError:
            self.writer.transport.abort()  # the reading side sees the end and tidies up
        self.flushed.set()


class Peer:
    """This peer: its links, its choices and its log."""

    def __init__(self, options):
        self.options = options
        self.id = options.peer_id
        common = dict(read_rows(options.dir / "Common.cfg"))
        self.slots = int(common["NumberOfPreferredNeighbors"])
        self.unchoking_interval = int(common["UnchokingInterval"])
        self.optimistic_interval = int(common["OptimisticUnchokingInterval"])

        # A fifth word, a key, is nothing that a classic peer knows.
        lines = [PeerLine(int(peer_id), host, int(port), flag == "1")
                 for peer_id, host, port, flag, *_ in read_rows(options.dir / "PeerInfo.cfg")]
        position = [line.peer_id for line in lines].index(self.id)
        self.line, self.earlier, self.later = lines[position], lines[:position], lines[position + 1:]

        folder = options.dir / f"peer_{self.id}"
        if not folder.is_dir() and (options.dir / str(self.id)).is_dir():
            folder = options.dir / str(self.id)
        folder.mkdir(exist_ok=True)
        self.file = SharedFile(folder / common["FileName"], int(common["FileSize"]), int(common["PieceSize"]),
                               self.line.has_file, set(options.lie))
        self.log_file = (options.dir / f"log_peer_{self.id}.log").open("w", encoding="utf-8", buffering=1)

        self.handshake = HEADER + options.reserved + self.id.to_bytes(4, "big")
        self.uplink = Uplink(options.slow_kib)
        self.links = {}  # by peer ID, after the handshake
        # What each listed peer has; outlives its link, for a disconnect says nothing about completeness.
        self.known = {line.peer_id: set() for line in self.earlier + self.later}
        self.preferred, self.optimistic = set(), None
        self.done = asyncio.Event()

    def log(self, text):
        self.log_file.write(f"{datetime.now().isoformat(' ', 'milliseconds')}: Peer {self.id} {text}.\n")

    # Connections

    async def run(self):
        async with asyncio.TaskGroup() as self.tasks:
            loopback = self.line.host == "localhost" or self.line.host.startswith("127.")
            # A plain function as callback: the connection's task belongs to the group, so its errors are seen.
            server = await asyncio.start_server(
                lambda reader, writer: self.tasks.create_task(self.converse(reader, writer)),
                "127.0.0.1" if loopback else "0.0.0.0", self.line.port)
            for line in self.earlier:
                self.tasks.create_task(self.dial(line))
            self.tasks.create_task(self.every(self.unchoking_interval, self.choose_preferred))
            self.tasks.create_task(self.every(self.optimistic_interval, self.choose_optimistic))
            self.tasks.create_task(self.every(REASK_AFTER / 10, self.give_up_lost_requests))
            self.check_done()
            await self.done.wait()
            server.close()
            await self.leave()
            raise Finished

    async def every(self, seconds, action):
        while True:
            await asyncio.sleep(seconds)
            action()

    async def dial(self, line):
        delay = FIRST_REDIAL
        while not self.done.is_set():
            try:
                reader, writer = await asyncio.open_connection(line.host, line.port)
            except OSError:
                linked = False
            else:
                linked = await self.converse(reader, writer, line.peer_id)
            delay = FIRST_REDIAL if linked else min(2 * delay, LAST_REDIAL)
            await asyncio.sleep(delay)

    async def converse(self, reader, writer, dialled_id=None):
        """A connection from its first byte to its last; returns whether it became a link."""
        link = Link(reader, writer, self.file, self.uplink, self.options.ignore_reserved)
        pump = self.tasks.create_task(link.pump())
        try:
            if dialled_id is not None:
                link.send(self.handshake)
                await link.read_handshake({dialled_id})
            else:
                await link.read_handshake({line.peer_id for line in self.later})
                await self.settle_double_link(link.peer_id)
                link.send(self.handshake)
            # No await between these lines: every piece is either in the bitfield or told by a have, after it.
            self.links[link.peer_id] = link
            if self.file.have or not self.options.skip_bitfield:
                link.send(message(Kind.BITFIELD, pack_bits(self.file.have, self.file.total)))
            self.log(f"is connected from Peer {link.peer_id}" if dialled_id is None else
                     f"makes a connection to Peer {link.peer_id}")
            await self.receive(link)
        except (ConnectionError, TimeoutError, EOFError):
            pass  # peers may leave abruptly
        linked = self.links.get(link.peer_id) is link
        if linked:
            self.unlink(link)
        link.finish()
        await pump
        writer.close()
        return linked

    async def settle_double_link(self, peer_id):
        """Refuses a second link to a neighbor, unless the first is dead or silent: a restarted peer must get in."""
        while old := self.links.get(peer_id):
            since = asyncio.get_running_loop().time()
            try:
                async with asyncio.timeout(DOUBLE_LINK_GRACE):
                    await old.gone.wait()
            except TimeoutError:
                if old.heard > since:
                    raise ConnectionError("linked already") from None
                old.writer.transport.abort()
                await old.gone.wait()

    def unlink(self, link):
        del self.links[link.peer_id]
        self.preferred.discard(link)
        if self.optimistic is link:
            self.optimistic = None
        link.gone.set()
        self.request_pieces()

    async def leave(self):
        links = list(self.links.values())
        for link in links:
            link.finish()
        for link in links:
            await link.flushed.wait()
        # Reading goes on until the others' end: closing over unread bytes would reset what we sent last.
        with suppress(TimeoutError):
            async with asyncio.timeout(LEAVE_WAIT):
                for link in links:
                    await link.gone.wait()

    def check_done(self):
        if self.file.complete() and all(len(pieces) == self.file.total for pieces in self.known.values()):
            self.done.set()

    # Messages

    async def receive(self, link):
        first = True
        while True:
            kind, index, data = await link.read_message()
            if first:
                self.known[link.peer_id] = set()  # a peer that skips the bitfield has nothing, restarted or not
            if kind in LOGGED:
                self.log(LOGGED[kind].format(link.peer_id, index))
            match kind:
                case Kind.CHOKE:
                    link.choked, link.open = True, None
                case Kind.UNCHOKE:
                    link.require(link.ever_interested, "unchoked us although we were never interested")
                    link.choked = False
                case Kind.INTERESTED:
                    link.require(not self.file.have <= self.known[link.peer_id],
                                 "interested, but had announced all that we have")
                    link.interested = True
                    self.fill_free_slot(link)
                case Kind.NOT_INTERESTED:
                    link.interested = False
                case Kind.HAVE:
                    self.known[link.peer_id].add(index)
                    self.state_interest(link)
                case Kind.BITFIELD:
                    link.require(first, "bitfield that is not the first message")
                    self.known[link.peer_id] = pieces = unpack_bits(data)
                    link.require(not pieces or max(pieces) < self.file.total, f"spare bits set: {data.hex()}")
                    link.said_interested = None  # a bitfield is always answered
                    self.state_interest(link)
                case Kind.REQUEST:
                    self.on_request(link, index)
                case Kind.PIECE:
                    self.on_piece(link, index, data)
            first = False
            self.request_pieces()
            self.check_done()

    def on_request(self, link, index):
        # A request that crossed our choke is innocent; one for a piece that was never on offer while unchoked is not.
        link.require(index in link.may_ask, f"request for piece {index}, which it never saw on offer while unchoked")
        link.require(index not in self.known[link.peer_id], f"request for piece {index}, which it had announced")
        lost = link.just_unchoked and self.options.drop_requests_while_unchoking
        link.just_unchoked = False
        if not link.choking and not lost:
            link.to_serve.append(index)
            link.wake.set()

    def on_piece(self, link, index, data):
        link.require(len(data) == self.file.length(index), f"piece {index} of {len(data)} bytes")
        link.require(link.asked[index] > 0, f"piece {index}, which was not asked for")
        link.require(not link.choked, f"piece {index} after a choke")
        link.asked[index] -= 1
        link.received += len(data)
        if link.open == index:
            link.open = None
        if index in self.file.have:
            return  # given up here and got elsewhere
        self.file.store(index, data)
        self.log(f"has downloaded the piece {index} from {link.peer_id}. "
                 f"Now the number of pieces it has is {len(self.file.have)}")
        if self.file.complete():
            self.log("has downloaded the complete file")
        for other in self.links.values():
            other.announce(index)
            self.state_interest(other)

    def state_interest(self, link):
        wanted = not self.known[link.peer_id] <= self.file.have
        if wanted != link.said_interested:
            link.said_interested = wanted
            link.ever_interested |= wanted
            link.send(message(Kind.INTERESTED if wanted else Kind.NOT_INTERESTED))

    # Requests

    def request_pieces(self):
        """One open request a neighbor; with the sequential style one in all."""
        open_requests = {link.open for link in self.links.values()} - {None}
        for link in random.sample(list(self.links.values()), len(self.links)):
            if self.options.style == "sequential" and open_requests:
                return
            if link.choked or link.open is not None:
                continue
            choices = self.known[link.peer_id] - self.file.have - open_requests
            if choices:
                link.request(random.choice(list(choices)))
                open_requests.add(link.open)

    def give_up_lost_requests(self):
        now = asyncio.get_running_loop().time()
        for link in self.links.values():
            if link.open is not None and now - max(link.asked_at, link.heard) > REASK_AFTER:
                link.open = None
        self.request_pieces()

    # Choking

    def set_preferred(self, preferred):
        if preferred and preferred != self.preferred:
            self.log(f"has the preferred neighbors {','.join(sorted(str(link.peer_id) for link in preferred))}")
        fallen, self.preferred = self.preferred - preferred, preferred
        for link in fallen - {self.optimistic}:
            link.choke()
        for link in preferred:
            link.unchoke()

    def set_optimistic(self, link):
        old, self.optimistic = self.optimistic, link
        self.log(f"has the optimistically unchoked neighbor {link.peer_id}")
        if old and old not in self.preferred:
            old.choke()
        link.unchoke()

    def choose_preferred(self):
        candidates = [link for link in self.links.values() if link.interested]
        random.shuffle(candidates)  # the sort is stable: ties stay at random
        if not self.file.complete():
            candidates.sort(key=lambda link: link.received, reverse=True)
        self.set_preferred(set(candidates[:self.slots]))
        for link in self.links.values():
            link.received = 0

    def choose_optimistic(self):
        candidates = [link for link in self.links.values() if link.interested and link.choking]
        if candidates:
            self.set_optimistic(random.choice(candidates))

    def fill_free_slot(self, link):
        if not link.choking:
            return
        if len(self.preferred) < self.slots:
            self.set_preferred(self.preferred | {link})
        elif not self.optimistic:
            self.set_optimistic(link)


def parse_options():
    parser = argparse.ArgumentParser(description="A classic peer that checks its neighbors' conformance.")
    parser.add_argument("peer_id", type=int)
    parser.add_argument("--dir", type=Path, default=Path("."), help="where the configuration, data and log are")
    parser.add_argument("--style", choices=["concurrent", "sequential"], default="concurrent",
                        help="one open request a neighbor, or one in all")
    parser.add_argument("--slow-kib", type=int, default=0, metavar="N", help="upload N KiB/s, in small bits")
    parser.add_argument("--skip-bitfield", action="store_true", help="send no bitfield when it would be empty")
    parser.add_argument("--drop-requests-while-unchoking", action="store_true",
                        help="lose the first request after each unchoke")
    parser.add_argument("--reserved", type=bytes.fromhex, default=bytes(10), metavar="HEX20",
                        help="the ten reserved bytes of our handshake")
    parser.add_argument("--ignore-reserved", action="store_true", help="accept any reserved bytes of others")
    parser.add_argument("--lie", type=int, nargs="+", default=[], metavar="PIECE", help="send wrong bytes for these pieces")
    parser.add_argument("--timeout", type=float, default=120, metavar="S", help="give up with code 2 after S seconds")
    options = parser.parse_args()
    if len(options.reserved) != 10:
        parser.error("--reserved needs ten bytes")
    return options


def out_of_time(*_):
    print("out of time", file=sys.stderr, flush=True)
    os._exit(2)


def main():
    options = parse_options()
    # A signal rather than a timer of the event loop: it ends a loop that is stuck, too.
    signal.signal(signal.SIGALRM, out_of_time)
    signal.setitimer(signal.ITIMER_REAL, options.timeout)
    status = 0
    try:
        asyncio.run(Peer(options).run())
    except* Finished:
        pass
    except* Violation as group:
        for violation in group.exceptions:
            print(f"VIOLATION: {violation}", file=sys.stderr)
        status = 3
    return status


if __name__ == "__main__":
    sys.exit(main())
