"""Items 2b, 3a, 3b and 3c: pieces that somebody could have sent, and haves that tell all of them."""

from itertools import pairwise
from math import inf

_MANY = 40  # downloads after which an order that only ascends is no chance


def check(record, findings):
    for view in record.views.values():
        _check_downloads(record, findings, view)
        _check_order(findings, view)
        for sender_id, told in view.haves.items():
            if sender_id in record.views and sender_id != view.id:
                _check_heard(record, findings, view, record.views[sender_id], told)
    for sender in record.views.values():
        for receiver in record.views.values():
            if sender is not receiver:
                _check_told(record, findings, sender, receiver)
    leechers = [view for view in record.views.values() if not view.is_seed and not view.keeps_file]
    if not leechers:
        for item in ("2b", "2c", "3a", "3b", "3c", "3f"):
            findings.cannot(item, "every peer has the file from the start")


def _check_downloads(record, findings, view):
    seen = {}
    for got in view.downloads:
        place = view.place_of(got.line)
        if got.piece in seen:
            findings.violate("3a", "twice", view.id, place, f"piece {got.piece} a second time (first in line {seen[got.piece]})")
        seen.setdefault(got.piece, got.line)
        if got.source == view.id:
            continue
        findings.show("3a", view.id, place, f"asked peer {got.source} for piece {got.piece}, and has it")
        _check_choked(record, findings, view, got)
        if source := record.views.get(got.source):
            _check_source(record, findings, view, source, got)


def _check_choked(record, findings, view, got):
    """Who chokes sends nothing: the receiver's own log says who choked it."""
    start = got.time - record.same_log_s
    turns = view.unchoked.get(got.source)
    if turns is not None and not turns.is_throughout(False, start, got.time + record.same_log_s):
        return
    if turns is None and not got.time > -inf:
        return  # without times nothing tells how long ago the choke was
    place = view.place_of(got.line)
    if not view.unchoked:
        text = f"piece {got.piece} from peer {got.source}; this log has no line 'is unchoked by' at all"
        findings.violate("3a", "never unchoked", view.id, place, text)
        return
    line = turns.line_at(start) if turns else 0
    since = f"since line {line}" if line else "and has never unchoked it"
    text = f"piece {got.piece} from peer {got.source}, which chokes peer {view.id} {since}"
    if record.may_unchoke(got.source, view.id, got.time):
        text += f" (by the log of peer {got.source} it does not: a line 'is unchoked by' is missing here)"
        findings.violate("3a", "unchoke not logged", view.id, place, text)
    else:
        findings.violate("3b", "while choked", got.source, place, text)


def _check_source(record, findings, view, source, got):
    tolerance = record.tolerance_s
    place = view.place_of(got.line)
    told = view.haves.get(source.id, {}).get(got.piece)
    if source.has_by(got.piece) > got.time + tolerance:
        if source.end < got.time:
            text = f"ends before peer {source.id} sends piece {got.piece} ({place}): its last lines were lost"
            findings.deviate("log cut short", source.id, source.place_of(source.log.lines), text)
            return
        owner = source if told and told.line < got.line else view
        findings.violate("3b", "lacks it", owner.id, place, lambda: f"piece {got.piece} from peer {source.id}, {_never_had(source, got.piece)}")
        return
    findings.show("3b", source.id, place, f"sent piece {got.piece} to peer {view.id}")
    if told and told.line < got.line:
        return
    links = view.links.get(source.id)
    if not links or told:
        return
    # Nothing but the bitfield can have told of it.
    for peer, what in ((source, "sent"), (view, "read")):
        text = f"piece {got.piece} of peer {source.id} without a have for it: the bitfield was {what}"
        if source.is_seed or source.has_by(got.piece) < links[-1].time - tolerance:
            findings.show("2b", peer.id, place, text)


def _never_had(source, piece):
    time = source.has_by(piece)
    if time == inf:
        return f"whose log never has that piece ({source.log.path.name})"
    line = next(got.line for got in source.downloads if got.piece == piece)
    return f"which has it only later ({source.log.path.name}:{line})"


def _check_order(findings, view):
    """The pieces are asked for at random: what each neighbor gives in ascending order was not."""
    by_source = {}
    for got in view.downloads:
        by_source.setdefault(got.source, []).append(got.piece)
    steps = [one < other for order in by_source.values() for one, other in pairwise(order)]
    if len(steps) >= _MANY and sum(steps) >= 0.95 * len(steps):
        got = view.downloads[0]
        text = f"the pieces of each neighbor come in ascending order from here on ({sum(steps)} of {len(steps)} steps); they have to be asked for at random"
        findings.violate("3a", "not random", view.id, view.place_of(got.line), text)


def _check_heard(record, findings, view, sender, told):
    """Haves that came: nobody tells of a piece before it has it."""
    for piece, mark in told.items():
        place = view.place_of(mark.line)
        has_by = sender.has_by(piece)
        if has_by > mark.time + record.tolerance_s and sender.end >= mark.time and (not record.piece_count or piece < record.piece_count):
            text = lambda piece=piece: f"a have for piece {piece} from peer {sender.id}, {_never_had(sender, piece)}"  # noqa: E731
            findings.violate("3c", "impossible", sender.id, place, text)
        elif has_by != -inf:
            findings.show("3c", sender.id, place, lambda piece=piece: f"told peer {view.id} that it has piece {piece}")
        else:
            findings.deviate("haves of what the bitfield tells", sender.id, place, f"a have for piece {piece}, which it had from the start")
    if mark := view.repeated_haves.get(sender.id):
        findings.deviate("have twice", sender.id, view.place_of(mark.line), "a have that this log has already")


def _check_told(record, findings, sender, receiver):
    """Haves that did not come: each piece that is stored while the two are linked is told."""
    told = receiver.haves.get(sender.id, {})
    links = receiver.links.get(sender.id)
    if not links or not sender.timed or not receiver.timed or sender.lives > 1 or receiver.lives > 1:
        return
    tolerance = record.tolerance_s
    until = min(receiver.end, sender.end) - tolerance
    stored = [got for got in sender.downloads if links[-1].time + tolerance < got.time < until]
    missing = [got for got in stored if got.piece not in told]
    if not missing:
        return
    got = missing[0]
    deaf = not receiver.haves and bool(receiver.downloads or receiver.interest)
    whose = receiver if deaf and any(other.haves for other in record.views.values() if other is not receiver) else sender
    text = f"piece {got.piece} is stored here, and peer {receiver.id} heard no have for it ({len(missing)} of {len(stored)} are missing there)"
    findings.violate("3c", "not told", whose.id, sender.place_of(got.line), text)
