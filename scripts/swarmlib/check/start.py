"""Items 1a, 1b and 2a: what a log says fits the configuration, each peer dials the earlier lines, links have two ends."""

from ..files import log_file
from .findings import Place

_DIALS_ANYWAY_S = 9.0  # After that long without a later peer, dialling it is more than the description wants, not less.


def check(record, findings, ends=None):
    for view in record.views.values():
        _check_values(record, findings, view)
        _check_links_first(record, findings, view)
    for peer_id, path in record.unlisted.items():
        findings.notes.append(f"{path.name}: peer {peer_id} is not in PeerInfo.cfg, so its log was not looked at")
    for earlier, later in record.pairs():
        _check_pair(record, findings, earlier, later)
    if len(record.views) < 2:
        findings.cannot("1b", "there is one log only")
    for peer in record.missing:
        if ends and peer.id in ends:
            path = log_file(record.config, peer)
            findings.violate("1a", "no log", peer.id, Place(path), f"peer {peer.id} ran and wrote no {path.name}")
        findings.cannot("1a", f"peer {peer.id} has no log here")


def _check_values(record, findings, view):
    """1a: IDs are listed, pieces are pieces of the file, and who has the file does not fetch it."""
    listed = {peer.id for peer in record.config.peers}
    total = record.piece_count
    for entry in view.entries:
        values, place = entry.values, view.place_of(entry.number)
        others = {"have": values[:1], "piece": values[1:2]}.get(entry.kind, values)
        for other in others:
            if other == view.id:
                findings.violate("1a", "itself", view.id, place, f"peer {view.id} is its own neighbor")
            elif other not in listed:
                findings.violate("1a", "unlisted", view.id, place, f"peer {other} is not in PeerInfo.cfg")
        if total and entry.kind == "piece" and values[0] >= total:
            findings.violate("1a", "piece index", view.id, place, f"piece {values[0]} of a file of {total} pieces, 0 to {total - 1}")
        if total and entry.kind == "have" and values[1] >= total:
            text = f"a have for the piece {values[1]} of a file of {total} pieces, 0 to {total - 1}"
            findings.violate("1a", "piece index", values[0], place, text)
    if view.is_seed and view.downloads:
        got = view.downloads[0]
        text = f"peer {view.id} has the file by line {view.peer.line} of PeerInfo.cfg, and downloads piece {got.piece}"
        findings.violate("1a", "seed downloads", view.id, view.place_of(got.line), text)
    elif view.links:
        mark = min(marks[0] for marks in view.links.values())
        pieces = f", {len(view.downloads)} pieces below {total}" if view.downloads and total else ""
        findings.show("1a", view.id, view.place_of(mark.line), f"linked with {len(view.links)} listed peers{pieces}")


def _check_links_first(record, findings, view):
    """2a: nothing comes from a neighbor before the two are linked."""
    first = {}
    listed = {peer.id for peer in record.config.peers} - {view.id}
    for entry in view.entries:
        if entry.kind in ("unchoked", "choked", "have", "interested", "not interested", "piece"):
            other = entry.values[1] if entry.kind == "piece" else entry.values[0]
            if other in listed:
                first.setdefault(other, entry)
    for other, entry in first.items():
        links = view.links.get(other)
        place = view.place_of(entry.number)
        if not links:
            findings.violate("2a", "no link", view.id, place, f"a message from peer {other}, with no line about a connection with it")
        elif links[0].line > entry.number and links[0].time > view.time_of(entry) + record.same_log_s:
            text = f"a message from peer {other}, which is linked only in line {links[0].line}"
            findings.violate("2a", "before the link", view.id, place, text)


def _check_pair(record, findings, earlier, later):
    dials, accepts = later.dialed.get(earlier.id, []), earlier.accepted.get(later.id, [])
    wrong_dials, wrong_accepts = earlier.dialed.get(later.id, []), later.accepted.get(earlier.id, [])
    if dials and accepts:
        findings.show("1b", later.id, later.place_of(dials[0].line), f"connects to peer {earlier.id}, an earlier line")
        for view, marks, other in ((later, dials, earlier), (earlier, accepts, later)):
            findings.show("2a", view.id, view.place_of(marks[0].line), f"linked with peer {other.id}, and both ends say so")
    elif dials or accepts:
        silent, view, marks = (earlier, later, dials) if dials else (later, earlier, accepts)
        if silent.entries and not (wrong_dials or wrong_accepts):
            text = f"the connection with peer {silent.id}, of which {silent.log.path.name} says nothing"
            findings.violate("2a", "one end", silent.id, view.place_of(marks[0].line), text)
    if wrong_dials and not dials:
        mark = wrong_dials[0]
        text = f"peer {earlier.id} dials peer {later.id}, a later line, which has to dial (or its log takes the two lines for each other)"
        if mark.time > earlier.begin + _DIALS_ANYWAY_S:
            findings.deviate("dials later", earlier.id, earlier.place_of(mark.line), f"{text}; peer {later.id} had not come for long")
        else:
            findings.violate("1b", "dials later", earlier.id, earlier.place_of(mark.line), text)
    if wrong_accepts and not wrong_dials:
        text = f"connected from peer {earlier.id}, an earlier line, which peer {later.id} has to dial; {earlier.log.path.name} has no such dial"
        findings.violate("1b", "accepts earlier", later.id, later.place_of(wrong_accepts[0].line), text)
    if not (dials or accepts or wrong_dials or wrong_accepts) and earlier.entries and later.entries:
        apart = not record.overlap(earlier, later)
        if not record.choking.is_full_mesh:
            findings.cannot("1b", "with MaxConnections in Common.cfg a peer has to dial only some of the earlier lines")
        elif apart:
            findings.cannot("1b", f"peers {earlier.id} and {later.id} did not run at the same time")
        else:
            text = f"no connection with peer {earlier.id}, an earlier line, in either log"
            findings.violate("1b", "not linked", later.id, later.place_of(later.entries[0].number), text)
