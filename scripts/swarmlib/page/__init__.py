"""A run's history as one page that needs nothing else: the data, small, beside the styles and the script.

Numbers are variable-length (seven bits a byte, the low ones first, the high bit: more follow) in base64; times are
differences, in ticks from the beginning. A peer's number is its place in `peers`, and 0 stands for nobody known where a
number plus one is written. `read.js` is the other side of this.

Where a swarm is very large, pieces are put together in groups of neighboring ones, and a group is there when its last
piece is; and ticks become longer. Sums stay exact.
"""

import base64
import hashlib
import json
from pathlib import Path

MARK = '<meta name="generator" content="peerProcess scripts/swarm report">'
MOST_CELLS = 400_000  # Peers times groups of pieces.
LEAST_GROUPS, MOST_GROUPS = 64, 4_096
MOST_EVENTS = 400_000  # Of each kind.
MOST_TICKS = 4_096  # In which a run is cut that has more events.
_SCRIPTS = ("read.js", "draw.js", "views.js", "matrix.js", "spread.js", "main.js")


def render(history, title):
    """The page's bytes."""
    folder = Path(__file__).parent
    style = (folder / "style.css").read_text(encoding="utf-8")
    script = "".join((folder / name).read_text(encoding="utf-8") for name in _SCRIPTS)
    data = json.dumps(encode(history, title), separators=(",", ":"), ensure_ascii=True)
    # Nothing of the data may end its element; in JSON "<" stands in texts alone.
    data = data.replace("<", "\\u003c")
    parts = {
        "MARK": MARK,
        # The browser runs no script but this one, even if a text of the data became markup.
        "POLICY": "default-src 'none'; base-uri 'none'; form-action 'none'; img-src data:; "
        f"style-src {_hash(style)}; script-src {_hash(script)}",
        "STYLE": style,
        "SCRIPT": script,
        "DATA": data,
    }
    pieces = (folder / "page.html").read_text(encoding="utf-8").split("@@")
    return "".join(parts[piece] if i % 2 else piece for i, piece in enumerate(pieces)).encode()


def _hash(text):
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def encode(history, title):
    """What the page shows, as values that JSON has."""
    size = _group_size(history)
    events = max(
        sum(len(peer.got) for peer in history.peers),
        sum(len(peer.chokes) for peer in history.peers),
        sum(len(peer.chosen) for peer in history.peers),
    )
    tick = max(1, history.span // MOST_TICKS) if events > MOST_EVENTS else 1
    return {
        "title": title,
        "begin": history.begin,
        "span": history.span,
        "tick": tick,
        "pieces": history.piece_count,
        "group": size,
        "run": history.run,
        "runs": history.runs,
        "notes": history.notes,
        "peers": [_encode_peer(peer, history.piece_count, size, tick) for peer in history.peers],
    }


def _group_size(history):
    groups = max(LEAST_GROUPS, min(MOST_GROUPS, MOST_CELLS // max(1, len(history.peers))))
    return max(1, -(-history.piece_count // groups))


def _encode_peer(peer, piece_count, size, tick):
    return {
        "id": peer.id,
        "host": peer.host,
        "log": peer.has_log,
        "lines": peer.lines,
        "seed": peer.is_seed,
        "had": piece_count if peer.is_seed else len(peer.kept),
        "done": peer.completed,
        "kept": _kept(peer, piece_count, size),
        "groups": _groups(peer, piece_count, size, tick),
        "got": _got(peer, tick),
        "chokes": _chokes(peer, tick),
        "chosen": _chosen(peer, tick),
    }


def _kept(peer, piece_count, size):
    """The groups that were there at the begin, as bits, the low one first; empty where all or none were."""
    if peer.is_seed or not peer.kept:
        return ""
    have = {}
    for piece in peer.kept:
        have[piece // size] = have.get(piece // size, 0) + 1
    bits = bytearray(-(-piece_count // size) // 8 + 1)
    for group, count in have.items():
        if count == min(size, piece_count - group * size):
            bits[group // 8] |= 1 << group % 8
    return base64.b64encode(bits).decode()


def _groups(peer, piece_count, size, tick):
    """(difference of times, group, source + 1) for each group that became whole."""
    have = {}
    for piece in peer.kept:
        have[piece // size] = have.get(piece // size, 0) + 1
    numbers, last = [], 0
    for time, piece, source, had in peer.got:
        group = piece // size
        if had:
            continue
        have[group] = have.get(group, 0) + 1
        if have[group] == min(size, piece_count - group * size):
            now = time // tick
            numbers += now - last, group, _plus_one(source)
            last = now
    return _pack(numbers)


def _got(peer, tick):
    """(difference of times, twice the source + 1 and one more where the peer had the piece, how many)."""
    counts = {}
    for time, _, source, had in peer.got:
        key = time // tick, 2 * _plus_one(source) + had
        counts[key] = counts.get(key, 0) + 1
    numbers, last = [], 0
    for (now, source), count in sorted(counts.items()):
        numbers += now - last, source, count
        last = now
    return _pack(numbers)


def _chokes(peer, tick):
    """(difference of times, twice the neighbor and one more for unchoked), where a state differs at the end of a tick."""
    ends = {(time // tick, neighbor): unchoked for time, neighbor, unchoked in peer.chokes}
    numbers, last, states = [], 0, {}
    for (now, neighbor), unchoked in sorted(ends.items()):
        if states.get(neighbor, False) != unchoked:
            states[neighbor] = unchoked
            numbers += now - last, 2 * neighbor + unchoked
            last = now
    return _pack(numbers)


def _chosen(peer, tick):
    """(difference of times, 1, the optimistic one + 1 or 0) or (difference, 0, how many are preferred, those)."""
    ends = {(time // tick, kind): neighbors for time, kind, neighbors in peer.chosen}
    numbers, last = [], 0
    for (now, kind), neighbors in sorted(ends.items()):
        if kind == "optimistic":
            numbers += now - last, 1, _plus_one(neighbors[0] if neighbors else None)
        else:
            numbers += now - last, 0, len(neighbors), *neighbors
        last = now
    return _pack(numbers)


def _plus_one(source):
    return 0 if source is None else source + 1


def _pack(numbers):
    packed = bytearray()
    for number in numbers:
        while number > 127:
            packed.append(number & 127 | 128)
            number >>= 7
        packed.append(number)
    return base64.b64encode(packed).decode()
