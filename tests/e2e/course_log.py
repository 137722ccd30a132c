"""log_peer_ID.log as its readers see it: the ten lines of docs/PROTOCOL.md, "Log", and what must hold among them."""

import re
from collections import Counter, namedtuple

Entry = namedtuple("Entry", "peer kind values")

_TIME = r"\d{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01]) (?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d\.\d{3}"
_NUMBER = r"(0|[1-9]\d*)"
_FORMATS = {
    "dialed": f"makes a connection to Peer {_NUMBER}",
    "accepted": f"is connected from Peer {_NUMBER}",
    "preferred": r"has the preferred neighbors ((?:0|[1-9]\d*)(?:,(?:0|[1-9]\d*))*)",
    "optimistic": f"has the optimistically unchoked neighbor {_NUMBER}",
    "unchoked": f"is unchoked by {_NUMBER}",
    "choked": f"is choked by {_NUMBER}",
    "have": f"received the \u2018have\u2019 message from {_NUMBER} for the piece {_NUMBER}",
    "interested": f"received the \u2018interested\u2019 message from {_NUMBER}",
    "not interested": f"received the \u2018not interested\u2019 message from {_NUMBER}",
    "piece": rf"has downloaded the piece {_NUMBER} from {_NUMBER}\. Now the number of pieces it has is {_NUMBER}",
    "complete": "has downloaded the complete file",
}
_LINES = {kind: re.compile(rf"{_TIME}: Peer {_NUMBER} {text}\.") for kind, text in _FORMATS.items()}


def parse(text):
    """The entries of a log's text; ValueError for a line that is not exactly one of the course's."""
    if text and not text.endswith("\n"):
        raise ValueError(f"the last line has no end: {text.rpartition(chr(10))[2]!r}")
    return [_parse_line(line) for line in text.split("\n")[:-1]]


def parse_growing(data):
    """The same for the bytes of a log that is being written: an unfinished last line is left out."""
    return parse(data[:data.rfind(b"\n") + 1].decode())


def _parse_line(line):
    found = [(kind, match) for kind, pattern in _LINES.items() if (match := pattern.fullmatch(line))]
    if len(found) != 1:
        raise ValueError(f"not a line of the course's log: {line!r}")
    kind, match = found[0]
    peer, *values = match.groups()
    lists = kind == "preferred"
    return Entry(int(peer), kind, [int(value) for value in (values[0].split(",") if lists else values)])


def pieces(entries):
    """The pieces that were downloaded, in order."""
    return [entry.values[0] for entry in entries if entry.kind == "piece"]


def check(case, entries, *, peer_id, listed, piece_count, preferred, had_file, fresh=True, by_lines=True):
    """One life of a peer that has left with the complete file.

    `listed` are the IDs of PeerInfo.cfg in order; `had_file` says whether the life began with the file, `fresh`
    whether it was the first one, so that nothing can have been kept from an earlier one, and `by_lines` whether only the
    later one of two peers has dialled, as it is where both can be dialled from the start.
    """
    place = listed.index(peer_id)
    counts = Counter(entry.kind for entry in entries)
    downloads = [entry.values for entry in entries if entry.kind == "piece"]
    for entry in entries:
        case.assertEqual(entry.peer, peer_id, f"a line about another peer: {entry}")
    for entry in entries:
        case.assertLessEqual(_neighbors(entry), set(listed) - {peer_id}, f"neither listed nor a neighbor: {entry}")
        if entry.kind == "dialed" and by_lines:
            case.assertIn(entry.values[0], listed[:place], "only earlier lines are dialed")
        if entry.kind == "accepted" and by_lines:
            case.assertIn(entry.values[0], listed[place + 1:], "only later lines dial")
        if entry.kind == "preferred":
            case.assertLessEqual(len(entry.values), preferred, f"too many preferred neighbors: {entry}")
            case.assertEqual(len(entry.values), len(set(entry.values)), f"a preferred neighbor twice: {entry}")
    _check_choking(case, entries)

    case.assertEqual(counts["complete"], 0 if had_file else 1, "completion lines")
    if had_file:
        case.assertEqual(downloads, [], "downloads of a peer that began with the file")
        return
    case.assertTrue(downloads, "a completion without downloads")
    case.assertEqual(len({piece for piece, _, _ in downloads}), len(downloads), "a piece was downloaded twice")
    case.assertLess(max(piece for piece, _, _ in downloads), piece_count)
    kept = piece_count - len(downloads)
    case.assertEqual([count for _, _, count in downloads], list(range(kept + 1, piece_count + 1)), "piece counts")
    if fresh:
        case.assertEqual(kept, 0, "every piece has its line")
    order = [entry.kind for entry in entries if entry.kind in ("piece", "complete")]
    case.assertEqual(order[-2:], ["piece", "complete"], "the completion follows the last piece")


def _neighbors(entry):
    """The IDs in an entry's text, other than the peer's own."""
    if entry.kind == "have":
        return {entry.values[0]}
    if entry.kind == "piece":
        return {entry.values[1]}
    return set(entry.values)


def _check_choking(case, entries):
    """Unchoked and choked take turns on a link, which begins choked."""
    unchoking = set()
    for entry in entries:
        if entry.kind in ("dialed", "accepted"):
            unchoking -= set(entry.values)
        if entry.kind == "unchoked":
            case.assertNotIn(entry.values[0], unchoking, "unchoked twice")
            unchoking |= set(entry.values)
        if entry.kind == "choked":
            case.assertIn(entry.values[0], unchoking, "choked while choked")
            unchoking -= set(entry.values)
