"""Items 2c and 3d: who says that it is interested, who says that it is not, and whether that was so."""

from heapq import merge
from math import inf


def check(record, findings):
    _check_truth(record, findings)
    for sender in record.views.values():
        for receiver in record.views.values():
            if sender is not receiver:
                _check_pair(record, findings, sender, receiver)
    if not any(view.interest for view in record.views.values()):
        findings.cannot("2c", "no log has an 'interested' line")


def _check_pair(record, findings, sender, receiver):
    """What the receiver's log has of the sender's interest, in the light of what the sender did."""
    tolerance = record.tolerance_s
    words = list(receiver.interest.get(sender.id, ()))
    links = receiver.links.get(sender.id, ())
    link_lines = {mark.line for mark in links}
    spoken = [word for word in words if word[1] not in link_lines]
    for time, line, on in spoken:
        item, text = ("2c", "interested") if on else ("3d", "not interested")
        findings.show(item, sender.id, receiver.place_of(line), lambda text=text: f"peer {receiver.id} heard '{text}' from it")
    interested = [word for word in spoken if word[2]]

    got = next((got for got in sender.downloads if got.source == receiver.id), None)
    in_time = interested
    if sender.timed and receiver.timed and got:
        in_time = [word for word in interested if word[0] <= got.time + tolerance]
    if got and not in_time and not receiver.end < got.time:
        silent = not any(on for turns in receiver.interest.values() for _, _, on in turns)
        whose = receiver if silent and record.views[receiver.id].downloads else sender
        text = f"piece {got.piece} from peer {receiver.id}, whose log has no 'interested' from peer {sender.id} until then"
        findings.violate("2c", "no interest", whose.id, sender.place_of(got.line), text)
    elif not got and not interested and receiver.is_seed and links and record.together(sender, receiver) > 2 * tolerance:
        # The bitfield of who has the whole file is to be answered, if the one that lacks it is there long enough.
        since = links[0].time
        if not spoken and min(sender.complete_at(record.piece_count), sender.end) > since + 2 * tolerance:
            text = f"linked with peer {sender.id}, which lacks pieces that are here and never says that it is interested"
            findings.violate("2c", "silent", sender.id, receiver.place_of(links[0].line), text)

    complete = sender.complete_at(record.piece_count)
    if words and words[-1][2] and complete > -inf and min(receiver.end, sender.end) > complete + 2 * tolerance:
        last, line = words[-1][0], words[-1][1]
        if last < complete + tolerance:
            text = f"the last word of peer {sender.id}, which became complete and did not say 'not interested' to peer {receiver.id}"
            findings.violate("3d", "still interested", sender.id, receiver.place_of(line), text)


def _check_truth(record, findings):
    """Interest with nothing to want, and none where there is something, both for longer than the tolerance.

    One sweep through the time keeps a bit for each piece that a peer has: as of the tolerance later, and as of the
    tolerance before.
    """
    views = {peer_id: view for peer_id, view in record.views.items() if view.timed and view.lives == 1 and not view.kept}
    tolerance = record.tolerance_s
    every = (1 << record.piece_count) - 1
    start = {peer_id: every if view.has_all_from_start else 0 for peer_id, view in views.items()}
    soon, surely = dict(start), dict(start)
    gains = [[(time, peer_id, 1 << piece) for piece, time in view.pieces()] for peer_id, view in views.items()]
    words = sorted(
        (time, receiver.id, line, sender_id, on)
        for receiver in views.values()
        for sender_id, turns in receiver.interest.items()
        if sender_id in views
        for time, line, on in turns
        if line not in {mark.line for mark in receiver.links.get(sender_id, ())}
    )
    later, before = iter(list(merge(*gains))), iter(list(merge(*gains)))
    next_soon, next_surely = next(later, None), next(before, None)
    for time, receiver_id, line, sender_id, on in words:
        while next_soon and next_soon[0] <= time + tolerance:
            soon[next_soon[1]] |= next_soon[2]
            next_soon = next(later, None)
        while next_surely and next_surely[0] <= time - tolerance:
            surely[next_surely[1]] |= next_surely[2]
            next_surely = next(before, None)
        place = views[receiver_id].place_of(line)
        if on and not soon[receiver_id] & ~surely[sender_id]:
            text = f"'interested' from peer {sender_id}, which lacks nothing of what peer {receiver_id} has"
            findings.violate("2c", "false interest", sender_id, place, text)
        elif not on and (wanted := surely[receiver_id] & ~soon[sender_id]):
            _judge_refusal(record, findings, views[sender_id], views[receiver_id], time, line, wanted)


def _judge_refusal(record, findings, sender, receiver, time, line, wanted):
    """A 'not interested' although the receiver has had pieces that the sender lacks for some time."""
    piece = (wanted & -wanted).bit_length() - 1
    links = [mark for mark in receiver.links.get(sender.id, ()) if mark.time <= time + record.same_log_s]
    place = receiver.place_of(line)
    if links and links[-1].time > time - record.tolerance_s:
        # Just linked: the word may have crossed with the bitfield, and is set right then.
        turns = receiver.interest[sender.id]
        if turns.is_throughout(False, time, time + record.tolerance_s) and min(sender.end, receiver.end) > time + 2 * record.tolerance_s:
            others = [view for view in record.views.values() if view not in (sender, receiver)]
            read_by_others = any(on for view in others for _, _, on in receiver.interest.get(view.id, ()))
            whose = sender if read_by_others or not findings.is_judged(receiver.id) else receiver
            text = f"'not interested' from peer {sender.id} on the new link, though peer {receiver.id} has piece {piece} and it lacks it: " \
                   "the bitfield was not sent, or not read"
            findings.violate("2b", "not read", whose.id, place, text)
        return
    text = f"'not interested' from peer {sender.id}, which lacks piece {piece} of what peer {receiver.id} has"
    findings.violate("3d", "false refusal", sender.id, place, text)
