"""How far the clocks of the logs' machines are apart, from what both ends of a message say.

A `have` is logged by its receiver after its sender has logged the download, and both ends log a connection at about
the same moment. Of many haves the middle one counts, so that wrong lines, which the rules are to find, move no clock
(../clocks.py, for logs that are only shown, takes the tightest bound). Where clocks that agree are possible, they
agree. All clocks are expressed by the middle one of them; one that is within `still_s` of it is left as it is.
"""

from collections import deque
from math import inf
from statistics import median, median_low

_ENOUGH = 3  # differences that are needed in each direction


def offsets(views, still_s):
    """Seconds by peer ID that a peer's clock is ahead of the middle one; 0 where that is unknown."""
    timed = {peer_id: view for peer_id, view in views.items() if view.timed}
    apart = {}
    for first, second in ((a, b) for a in timed for b in timed if a < b):
        difference = _difference(timed[first], timed[second])
        if difference is not None:
            apart.setdefault(first, {})[second] = difference
            apart.setdefault(second, {})[first] = -difference
    ahead = {}
    for start in sorted(timed, key=lambda peer_id: -len(apart.get(peer_id, ()))):
        if start in ahead:
            continue
        found = {start: 0.0}
        waiting = deque([start])
        while waiting:
            at = waiting.popleft()
            for other, difference in apart.get(at, {}).items():
                if other not in found:
                    found[other] = found[at] - difference
                    waiting.append(other)
        middle = median_low(found.values())
        ahead |= {peer_id: offset - middle for peer_id, offset in found.items()}
    return {peer_id: offset if abs(offset) >= still_s else 0.0 for peer_id, offset in ahead.items()}


def _difference(one, other):
    """Clock of `one` minus clock of `other`, or None where nothing tells."""
    there, back = _delays(one, other), _delays(other, one)
    # No message is heard before it was sent.
    least = -median(there) if len(there) >= _ENOUGH else -inf
    most = median(back) if len(back) >= _ENOUGH else inf
    mine, theirs = one.links.get(other.id), other.links.get(one.id)
    if mine and theirs:
        likely = mine[0].time - theirs[0].time
    elif least == -inf and most == inf:
        return None
    else:
        likely = 0.0
    if -inf < least <= 0 <= most < inf:
        return 0.0
    return (least + most) / 2 if least > most else min(max(likely, least), most)


def _delays(sender, receiver):
    """How much later the receiver's log has a have than the sender's log the download."""
    heard = receiver.haves.get(sender.id, {})
    return [heard[got.piece].time - got.time for got in sender.downloads if got.piece in heard]
