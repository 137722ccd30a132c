"""Logs of a swarm that never ran, of any size: for the report's tests and its benchmark.

Each peer unchokes some others, anew every interval, and gives the missing pieces in random order; all of that is drawn
from one seed and written down as the course's lines.
"""

import random
from datetime import datetime, timedelta

BEGIN = datetime(2026, 1, 31, 12)
FIRST_ID = 1001  # This one is the seed.


def make(peers, pieces, seed=1, interval_ms=1000, preferred=2, step_ms=37):
    """The events of each peer, in order: {ID: [(milliseconds from the begin, text), ...]}."""
    draw = random.Random(seed)
    ids = range(FIRST_ID, FIRST_ID + peers)
    logs = {peer: [] for peer in ids}

    def log(peer, time, text):
        logs[peer].append((time, f"Peer {peer} {text}."))

    for later in ids:
        for earlier in range(FIRST_ID, later):
            log(later, 5 * (later - FIRST_ID), f"makes a connection to Peer {earlier}")
            log(earlier, 5 * (later - FIRST_ID) + 1, f"is connected from Peer {later}")
    held = {peer: set() for peer in ids}
    held[FIRST_ID] = set(range(pieces))
    chosen = {}
    time = 5 * peers
    choose_at = time
    while any(len(has) < pieces for has in held.values()):
        if time >= choose_at:
            choose_at += interval_ms
            for peer in ids:
                _choose(peer, [other for other in ids if other != peer], chosen, preferred, draw, lambda *event: log(event[0], time, event[1]))
        for giver in draw.sample(ids, peers):
            receiver = draw.choice(chosen[giver])
            lacking = sorted(held[giver] - held[receiver])
            if lacking:
                piece = draw.choice(lacking)
                held[receiver].add(piece)
                count = len(held[receiver])
                log(receiver, time + 2, f"has downloaded the piece {piece} from {giver}. Now the number of pieces it has is {count}")
                if count == pieces:
                    log(receiver, time + 2, "has downloaded the complete file")
                for other in ids:
                    if other != receiver:
                        log(other, time + 3, f"received the \u2018have\u2019 message from {receiver} for the piece {piece}")
        time += step_ms
    return {peer: sorted(events, key=lambda event: event[0]) for peer, events in logs.items()}


def _choose(peer, others, chosen, preferred, draw, log):
    old = chosen.get(peer, [])
    new = sorted(draw.sample(others, min(preferred, len(others))))
    rest = [other for other in others if other not in new]
    log(peer, f"has the preferred neighbors {','.join(map(str, new))}")
    if rest:
        new.append(draw.choice(rest))
        log(peer, f"has the optimistically unchoked neighbor {new[-1]}")
    for other in others:
        if (other in old) != (other in new):
            log(other, f"is {'unchoked' if other in new else 'choked'} by {peer}")
    chosen[peer] = new


def text(events, shift_ms=0):
    """The log of those events, on a clock that is ahead by so much."""
    begin = BEGIN + timedelta(milliseconds=shift_ms)
    return "".join(f"{(begin + timedelta(milliseconds=time)).isoformat(' ', 'milliseconds')}: {what}\n" for time, what in events)


def write(directory, logs, pieces, shifts={}):
    """The logs and the configuration that belongs to them."""
    for peer, events in logs.items():
        (directory / f"log_peer_{peer}.log").write_text(text(events, shifts.get(peer, 0)), encoding="utf-8")
    (directory / "Common.cfg").write_text(f"FileName a.bin\nFileSize {pieces * 1000 - 1}\nPieceSize 1000\n")
    (directory / "PeerInfo.cfg").write_text("".join(f"{peer} host-{peer} 6001 {int(peer == FIRST_ID)}\n" for peer in logs))
