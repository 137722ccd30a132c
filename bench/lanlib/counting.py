"""Where the time went. Each leecher's time, in units of what its downlink can carry, is exactly the sum of

    the file + redundant payload + overhead (frame headers, acknowledgements, control messages) + what passed unused

and its unused part is told by when it was: before the first tenth of the file, after the last one, or between.
"""

import re
import statistics
from datetime import datetime

_EDGE = 0.1


class Samples:
    """What the sampler printed: for each time the bytes that each peer has sent and received.

    An interface counts a packet that is to be cut into segments once, with one header. Its queue counts what goes over
    the wire, so `wire`, the queues' bytes of the whole run in the same order, corrects them all.
    """

    def __init__(self, text, peers, wire):
        rows = [line.split() for line in text.splitlines()]
        rows = [row for row in rows if len(row) == 1 + 2 * peers]
        self._peers = peers
        self._times = [float(row[0]) for row in rows]
        values = [[int(value) for value in row[1:]] for row in rows]
        factors = [on_wire / counted for on_wire, counted in zip(wire, values[-1])]
        self._values = [[value * factor for value, factor in zip(row, factors)] for row in values]

    def sent(self, peer, time=None):
        """Bytes on the peer's uplink until then (or in all)."""
        return self._at(peer, time)

    def received(self, peer, time=None):
        return self._at(self._peers + peer, time)

    def reached(self, peer, bytes_received):
        """When the peer had received that much."""
        first = self._values[0][self._peers + peer]
        for time, row in zip(self._times, self._values):
            if row[self._peers + peer] - first >= bytes_received:
                return time
        return self._times[-1]

    def _at(self, column, time):
        first = self._values[0][column]
        if time is None or time >= self._times[-1]:
            return self._values[-1][column] - first
        after = next(i for i, each in enumerate(self._times) if each >= time)
        if after == 0:
            return 0
        (t0, t1), (v0, v1) = self._times[after - 1 : after + 1], (self._values[after - 1][column], self._values[after][column])
        return v0 + (v1 - v0) * (time - t0) / (t1 - t0) - first


def count_links(samples, start, ends, size, byte_rate, redundant):
    """Shares of the file's own time (size / rate): means over the leechers, whose `ends` are by their numbers."""
    idle, overhead, idle_start, idle_end = [], [], [], []
    for leecher, end in ends.items():
        wire = samples.received(leecher, end)
        idle.append(((end - start) * byte_rate - wire) / size)
        overhead.append((wire - size) / size)
        early, late = samples.reached(leecher, _EDGE * wire), samples.reached(leecher, (1 - _EDGE) * wire)
        idle_start.append(((early - start) * byte_rate - _EDGE * wire) / size)
        idle_end.append(((end - late) * byte_rate - _EDGE * wire) / size)
    last = max(ends.values())
    up = [1 - samples.sent(peer, last) / ((last - start) * byte_rate) for peer in (0, *ends)]
    payload_twice = (redundant or 0) / len(ends) / size
    return {
        "overhead": statistics.mean(overhead) - payload_twice,
        "redundant": None if redundant is None else payload_twice,
        "idle": statistics.mean(idle),
        "idle_first_tenth": statistics.mean(idle_start),
        "idle_last_tenth": statistics.mean(idle_end),
        "seed_uplink_unused": up[0],
        "uplinks_unused": statistics.mean(up),
        "leecher_spread": (last - min(ends.values())) * byte_rate / size,
    }


_LINE = re.compile(r"(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}): Peer \d+ (is unchoked by|is choked by|has downloaded the piece \d+ from) (\d+)\.")


def count_log(path, start, end):
    """How many neighbors served one leecher, from its log."""
    servers, events, sources, gaps = set(), [], {}, []
    previous = start
    for line in open(path, encoding="utf-8"):
        match = _LINE.match(line)
        if not match:
            continue
        time = datetime.strptime(match[1], "%Y-%m-%d %H:%M:%S.%f").timestamp()
        if match[2] == "is unchoked by":
            servers.add(match[3])
        elif match[2] == "is choked by":
            servers.discard(match[3])
        else:
            sources[match[3]] = sources.get(match[3], 0) + 1
            gaps.append(time - previous)
            previous = time
            continue
        events.append((time, len(servers)))
    mean, unserved = 0.0, 0.0
    for (time, count), (until, _) in zip([(start, 0), *events], [*events, (end, 0)]):
        span = max(0.0, min(until, end) - max(time, start))
        mean += count * span / (end - start)
        unserved += span if count == 0 else 0
    return {"servers": mean, "unserved_s": unserved, "longest_gap_s": max(gaps), "first_piece_s": gaps[0], "sources": len(sources)}
