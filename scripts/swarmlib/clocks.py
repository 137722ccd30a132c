"""Whether the clocks of the machines that wrote the logs agree, by what one peer logs before another one can.

A `have` is heard after its piece was stored, and both ends of a connection log it at about the same time. Each such
pair of lines bounds how far the two clocks can be apart. Only where the bounds leave out "not at all" by more than a second
is a clock said to be off: then its times are moved so that the ends of a connection fit together, as far as the bounds
allow.
"""

from collections import defaultdict, deque

CONNECT_MS = 5_000  # Both ends of a connection log it within this time, so much later as a slow one may be.
CERTAIN_MS = 1_000  # What is less than this may as well be a slow program.


def offsets(logs):
    """Milliseconds by which the clock of each peer is ahead, for those where that is certain.

    `logs` are the entries by peer ID. Clocks are compared with that of the peer which most others agree with.
    """
    bounds, apart = _bounds(logs)
    neighbors = defaultdict(dict)
    for (a, b), (low, high) in bounds.items():
        # What b is ahead of a. Bounds that exclude each other say nothing.
        if low <= high and low > float("-inf") and high < float("inf"):
            likely = sum(apart[a, b]) // len(apart[a, b]) if apart[a, b] else (low + high) // 2
            ahead = 0 if low <= CERTAIN_MS and high >= -CERTAIN_MS else max(low, min(high, likely))
            neighbors[a][b], neighbors[b][a] = ahead, -ahead
    found = {}
    # First those in the middle of the largest group that agrees.
    for peer in sorted(neighbors, key=lambda peer: (-sum(not ahead for ahead in neighbors[peer].values()), peer)):
        if peer not in found:
            found[peer] = 0
            todo = deque([peer])
            while todo:
                a = todo.popleft()
                for b, ahead in neighbors[a].items():
                    if b not in found:
                        found[b] = found[a] + ahead
                        todo.append(b)
    return {peer: ahead for peer, ahead in found.items() if abs(ahead) > CERTAIN_MS}


def _bounds(logs):
    """Of each pair of peers, the lower ID first: the least and the most that the second one's clock can be ahead.

    And the times between the two ends' lines of each of their connections.
    """
    stored, connected = {}, defaultdict(list)
    for peer, entries in logs.items():
        for entry in entries:
            if entry.time is None:
                continue
            if entry.kind == "piece":
                stored.setdefault((peer, entry.values[0]), entry.time)
            elif entry.kind in ("dialed", "accepted"):
                connected[peer, entry.values[0]].append(entry.time)
    apart = defaultdict(list)
    bounds = defaultdict(lambda: (float("-inf"), float("inf")))

    def narrow(first, second, low, high):
        if first > second:
            first, second, low, high = second, first, -high, -low
        old = bounds[first, second]
        bounds[first, second] = max(old[0], low), min(old[1], high)

    for (a, b), times in connected.items():
        others = connected.get((b, a), [])
        # Which line belongs to which is only sure where there are as many on both sides.
        if a < b and len(times) == len(others):
            for mine, its in zip(times, others):
                apart[a, b].append(its - mine)
                narrow(a, b, its - mine - CONNECT_MS, its - mine + CONNECT_MS)
    least = {}
    for peer, entries in logs.items():
        for entry in entries:
            if entry.kind == "have" and entry.time is not None:
                source, piece = entry.values
                if source != peer and (time := stored.get((source, piece))) is not None:
                    key, late = (source, peer), entry.time - time
                    if key not in least or late < least[key]:
                        least[key] = late
    for (source, peer), late in least.items():
        narrow(source, peer, float("-inf"), late)
    return dict(bounds), apart
