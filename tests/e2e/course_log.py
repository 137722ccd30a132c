"""log_peer_ID.log as its readers see it: the ten lines of docs/PROTOCOL.md, "Log", and what must hold among them."""

import sys
from collections import Counter, namedtuple
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))
from swarmlib.course_log import parse_log  # noqa: E402

Entry = namedtuple("Entry", "peer kind values")


def parse(text):
    """The entries of a log's text; ValueError for a line that is not exactly one of the course's."""
    if text and not text.endswith("\n"):
        raise ValueError(f"the last line has no end: {text.rpartition(chr(10))[2]!r}")
    lines = text.split("\n")[:-1]
    log = parse_log(text.encode(), 0)
    exact = {entry.number for entry in log.entries if entry.exact}
    # Ends of lines as in Windows do not belong into a log, and neither do empty lines.
    wrong = [line for number, line in enumerate(lines, 1) if number not in exact or line.endswith("\r")]
    if wrong:
        raise ValueError(f"not a line of the course's log: {wrong[0]!r}")
    return [Entry(entry.peer, entry.kind, list(entry.values)) for entry in log.entries]


def parse_growing(data):
    """The same for the bytes of a log that is being written: an unfinished last line is left out."""
    return parse(data[:data.rfind(b"\n") + 1].decode())


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
