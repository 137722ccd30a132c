"""A run of the course's protocol on virtual time, which writes the logs that good peers would write.

The tests of `scripts/swarm check` take these logs as they are, or with a line changed by hand; `faults` makes a peer
behave wrongly all the time. Everything is drawn from one seed, so a run is the same each time.
"""

import random
from collections import defaultdict
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count as count_from

START = datetime(2026, 1, 31, 12, 0, 0, 123000)
LATENCY_S = 0.01
NAME = "a.bin"
PIECE_SIZE = 16


class GoodRun:
    """The logs of peers 1001 to 1000 + count: `lines` has for each its (second, text) in order."""

    def __init__(self, count=6, seeds=(1001,), pieces=120, preferred=2, interval_s=5, optimistic_s=8, rate=4.0, faults=None, real_interval_s=None,
                 real_optimistic_s=None, repeats=False, apart=()):
        self.ids = [1001 + place for place in range(count)]
        self.seeds, self.pieces, self.preferred_slots, self.rate = set(seeds), pieces, preferred, rate
        self.interval_s, self.optimistic_s, self.repeats = interval_s, optimistic_s, repeats
        self.faults = faults or {}
        self.random = random.Random(1)
        self.lines = {peer: [] for peer in self.ids}
        self.has = {peer: set(range(pieces)) if peer in self.seeds else set() for peer in self.ids}
        self.known = defaultdict(set)  # (peer, neighbor): what the peer knows the neighbor to have
        self.said = {}  # (peer, neighbor): what the peer last said of its interest
        self.heard = defaultdict(bool)  # (peer, neighbor): what the peer last heard of the neighbor's
        self.unchokes = set()  # (peer, neighbor) that the peer serves
        self.free = set()  # (peer, neighbor): unchoked by it, nothing open
        self.asked = defaultdict(set)
        self.busy_until = defaultdict(float)
        self.given = defaultdict(int)  # (peer, neighbor): pieces from the neighbor in this interval
        self.preferred, self.optimistic = defaultdict(set), {}
        self.gone = set()
        self.apart = apart  # (peer, earlier peer) that never connect
        self.linked = set()  # (peer, neighbor), both ways
        self.now, self.events, self.order = 0.0, [], count_from(0)
        for place, peer in enumerate(self.ids):
            self.at(0.1 * place, self.start, peer, place)
            self.at(0.1 * place + (real_interval_s or interval_s), self.choose_preferred, peer, real_interval_s or interval_s)
            self.at(0.1 * place + (real_optimistic_s or optimistic_s), self.choose_optimistic, peer, real_optimistic_s or optimistic_s)
        while self.events and len(self.gone) < count and self.now < 600:
            self.now, _, act, arguments = heappop(self.events)
            act(*arguments)

    def at(self, time, act, *arguments):
        heappush(self.events, (time, next(self.order), act, arguments))

    def log(self, peer, text):
        if peer not in self.gone:
            self.lines[peer].append((self.now, text))

    def wrong(self, peer, fault):
        return self.faults.get(peer) == fault

    def send(self, act, *arguments):
        self.at(self.now + LATENCY_S, act, *arguments)

    def start(self, peer, place):
        for other in self.ids[:place]:
            if (peer, other) in self.apart:
                continue
            self.log(peer, f"makes a connection to Peer {other}")
            self.log(other, f"is connected from Peer {peer}")
            self.linked |= {(peer, other), (other, peer)}
            self.send(self.on_bitfield, peer, other, set(self.has[other]))
            self.send(self.on_bitfield, other, peer, set(self.has[peer]))

    def on_bitfield(self, peer, other, pieces):
        self.known[peer, other] |= pieces
        self.say_interest(peer, other)

    def say_interest(self, peer, other):
        wants = bool(self.known[peer, other] - self.has[peer])
        if self.wrong(peer, "always interested"):
            wants = True
        if self.said.get((peer, other)) != wants and not (self.wrong(peer, "never refuses") and not wants) and not self.wrong(peer, "says nothing"):
            self.said[peer, other] = wants
            self.send(self.on_interest, other, peer, wants)

    def on_interest(self, peer, other, wants):
        self.log(peer, f"received the \u2018{'' if wants else 'not '}interested\u2019 message from {other}")
        self.heard[peer, other] = wants
        if wants and self.wrong(peer, "serves all"):
            self.set_choke(peer, other, False)

    def candidates(self, peer):
        return [other for other in self.ids if self.heard[peer, other] and other not in self.gone]

    def choose_preferred(self, peer, interval_s):
        if peer in self.gone:
            return
        self.at(self.now + interval_s, self.choose_preferred, peer, interval_s)
        chosen = self.candidates(peer)
        self.random.shuffle(chosen)
        if len(self.has[peer]) < self.pieces:
            chosen.sort(key=lambda other: self.given[peer, other], reverse=not self.wrong(peer, "prefers the slowest"))
        chosen = set(chosen[: self.preferred_slots + (1 if self.wrong(peer, "one slot more") else 0)])
        for other in self.ids:
            self.given[peer, other] = 0
        before, self.preferred[peer] = self.preferred[peer], chosen
        if chosen and (self.repeats or chosen != before) and not self.wrong(peer, "no preferred lines"):
            self.log(peer, f"has the preferred neighbors {','.join(map(str, sorted(chosen)))}")
        for other in self.ids:
            if other in before - chosen and other != self.optimistic.get(peer):
                self.set_choke(peer, other, True)
            elif other in chosen:
                self.set_choke(peer, other, False)

    def choose_optimistic(self, peer, interval_s):
        if peer in self.gone:
            return
        self.at(self.now + interval_s, self.choose_optimistic, peer, interval_s)
        choice = [other for other in self.candidates(peer) if (peer, other) not in self.unchokes]
        if not choice or self.wrong(peer, "no optimistic"):
            return
        before, self.optimistic[peer] = self.optimistic.get(peer), self.random.choice(choice)
        self.log(peer, f"has the optimistically unchoked neighbor {self.optimistic[peer]}")
        if before and before not in self.preferred[peer]:
            self.set_choke(peer, before, True)
        self.set_choke(peer, self.optimistic[peer], False)

    def set_choke(self, peer, other, chokes):
        if chokes == ((peer, other) in self.unchokes):
            if chokes and self.wrong(peer, "serves all"):
                return
            (self.unchokes.discard if chokes else self.unchokes.add)((peer, other))
            self.send(self.on_choke, other, peer, chokes)

    def on_choke(self, peer, other, chokes):
        self.log(peer, f"is {'choked' if chokes else 'unchoked'} by {other}")
        (self.free.discard if chokes else self.free.add)((peer, other))
        self.asked[peer, other].clear()
        self.ask(peer)

    def ask(self, peer):
        for other in self.ids:
            if (peer, other) in self.free:
                open_ones = set().union(*(self.asked[peer, one] for one in self.ids))
                wanted = sorted(self.known[peer, other] - self.has[peer] - open_ones)
                if wanted:
                    piece = wanted[0] if self.wrong(peer, "in order") else self.random.choice(wanted)
                    self.asked[peer, other].add(piece)
                    self.free.discard((peer, other))
                    self.send(self.on_request, other, peer, piece)

    def on_request(self, peer, other, piece):
        if (peer, other) in self.unchokes:
            self.busy_until[peer] = max(self.busy_until[peer], self.now) + 1 / self.rate
            self.at(self.busy_until[peer], self.serve, peer, other, piece)

    def serve(self, peer, other, piece):
        if (peer, other) in self.unchokes and peer not in self.gone:
            self.send(self.on_piece, other, peer, piece)

    def on_piece(self, peer, other, piece):
        if piece not in self.asked[peer, other] or peer in self.gone:
            return
        self.asked[peer, other].discard(piece)
        self.free.add((peer, other))
        self.has[peer].add(piece)
        self.given[peer, other] += 1
        self.log(peer, f"has downloaded the piece {piece} from {other}. Now the number of pieces it has is {len(self.has[peer])}")
        if len(self.has[peer]) == self.pieces:
            self.log(peer, "has downloaded the complete file")
        for neighbor in self.ids:
            if (peer, neighbor) in self.linked:
                if not self.wrong(peer, "tells nobody"):
                    self.send(self.on_have, neighbor, peer, piece)
                self.say_interest(peer, neighbor)
        self.ask(peer)
        self.send(self.leave_if_done, peer)

    def on_have(self, peer, other, piece):
        self.log(peer, f"received the \u2018have\u2019 message from {other} for the piece {piece}")
        self.known[peer, other].add(piece)
        self.say_interest(peer, other)
        self.ask(peer)
        self.send(self.leave_if_done, peer)

    def leave_if_done(self, peer):
        """A moment after it knows that everybody is complete, so that what is on its way is still logged."""
        if all(len(self.known[peer, other]) == self.pieces for other in self.ids if other != peer) and len(self.has[peer]) == self.pieces:
            self.at(self.now + 0.2, self.gone.add, peer)

    def texts(self, ahead_s=None, form="{time}: Peer {peer} {text}."):
        """The logs as lists of lines by peer ID; `ahead_s` says whose clock is ahead, and by how much."""
        return {
            peer: [form.format(time=self.stamp(second + (ahead_s or {}).get(peer, 0)), peer=peer, text=text) for second, text in lines]
            for peer, lines in self.lines.items()
        }

    @staticmethod
    def stamp(second):
        return (START + timedelta(seconds=second)).isoformat(" ", "milliseconds")

    def write(self, directory, texts=None):
        """The run's directory with these logs, the configuration, and the files."""
        size = self.pieces * PIECE_SIZE
        (directory / "Common.cfg").write_text(
            f"NumberOfPreferredNeighbors {self.preferred_slots}\nUnchokingInterval {self.interval_s}\n"
            f"OptimisticUnchokingInterval {self.optimistic_s}\nFileName {NAME}\nFileSize {size}\nPieceSize {PIECE_SIZE}\n"
        )
        (directory / "PeerInfo.cfg").write_text("".join(f"{peer} localhost {5000 + peer} {int(peer in self.seeds)}\n" for peer in self.ids))
        content = random.Random(2).randbytes(size)
        for peer, lines in (texts or self.texts()).items():
            (directory / f"log_peer_{peer}.log").write_text("".join(line + "\n" for line in lines), encoding="utf-8")
            (directory / f"peer_{peer}").mkdir(exist_ok=True)
            if len(self.has[peer]) == self.pieces:
                (directory / f"peer_{peer}" / NAME).write_bytes(content)
