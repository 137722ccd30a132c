"""Items 2c and 3d: who says that it is interested, who says that it is not, and whether that was so.

For each two peers, what the one lacks of the other's pieces is followed through the time, and held against what the
other one heard. The work is one step for each piece that a peer tells a neighbor of, so it grows with the lines.
"""

from heapq import merge
from math import inf

from .record import Switch

_NOTHING = Switch()
_MOST_PIECES = 1 << 17  # of a run whose pieces are followed one by one


def check(record, findings):
    for sender in record.views.values():
        for receiver in record.views.values():
            if sender is not receiver:
                _check_spoken(findings, sender, receiver)
                _check_served(record, findings, sender, receiver)
    if record.piece_count > _MOST_PIECES:
        findings.notes.append(f"of {record.piece_count} pieces it was not followed who wants which, only who was served")
    elif record.piece_count:
        # Those whose pieces are known at all times.
        views = {peer_id: view for peer_id, view in record.views.items() if view.timed and view.lives == 1 and not view.from_before}
        _check_words(record, findings, views)
        for (sender_id, receiver_id), wants in _wants(record, views).items():
            _check_silence(record, findings, views[sender_id], views[receiver_id], wants)
    if not any(view.interest for view in record.views.values()):
        findings.cannot("2c", "no log has an 'interested' line")


def _wants(record, views):
    """By (peer, other): whether the other one has a piece that the peer lacks."""
    every = range(record.piece_count)
    have = {peer_id: set(every) if view.is_seed else set() for peer_id, view in views.items()}
    count, wants = {}, {}
    for peer_id, view in views.items():
        for other_id, other in views.items():
            if peer_id != other_id:
                count[peer_id, other_id] = record.piece_count if other.is_seed and not view.is_seed else 0
                wants[peer_id, other_id] = Switch()
                wants[peer_id, other_id].turn(-inf, 0, count[peer_id, other_id] > 0)
    gains = [[(time, peer_id, piece) for piece, time in view.pieces() if piece < record.piece_count] for peer_id, view in views.items() if not view.is_seed]
    for time, peer_id, piece in merge(*gains):
        for other_id, others in have.items():
            if other_id == peer_id:
                continue
            if piece in others:
                pair, step = (peer_id, other_id), -1
            else:
                pair, step = (other_id, peer_id), 1
            count[pair] += step
            if count[pair] == (step > 0):
                wants[pair].turn(time, 0, step > 0)
        have[peer_id].add(piece)
    return wants


def _words(sender, receiver):
    """(time, line, whether interested) of what the receiver heard; the begin of a link is no word."""
    links = {mark.line for mark in receiver.links.get(sender.id, ())}
    return [word for word in receiver.interest.get(sender.id, ()) if word[1] not in links]


def _check_spoken(findings, sender, receiver):
    for _, line, on in _words(sender, receiver):
        item, word = ("2c", "interested") if on else ("3d", "not interested")
        findings.show(item, sender.id, receiver.place_of(line), lambda word=word: f"peer {receiver.id} heard '{word}' from it")


def _check_served(record, findings, sender, receiver):
    """Nobody gets a piece from one whom it never told that it is interested."""
    got = next((got for got in sender.downloads if got.source == receiver.id), None)
    if got is None or receiver.end < got.time:
        return
    is_timed = sender.timed and receiver.timed
    if any(on and (not is_timed or time <= got.time + record.tolerance_s) for time, _, on in _words(sender, receiver)):
        return
    is_silent = not any(on for turns in receiver.interest.values() for _, _, on in turns)
    whose = receiver if is_silent and receiver.downloads else sender
    text = f"piece {got.piece} from peer {receiver.id}, whose log has no 'interested' from peer {sender.id} until then"
    findings.violate("2c", "no interest", whose.id, sender.place_of(got.line), text)


def _check_words(record, findings, views):
    """Interest with nothing to want, and none where one piece was to be had all the time, within the tolerance.

    One sweep through the time keeps a bit for each piece that a peer has: as of the tolerance later, and as of the
    tolerance before.
    """
    tolerance = record.tolerance_s
    every = (1 << record.piece_count) - 1
    soon = {peer_id: every if view.is_seed else 0 for peer_id, view in views.items()}
    surely = dict(soon)
    leechers = [view for view in views.values() if not view.is_seed]
    gains = list(merge(*([(time, view.id, 1 << piece) for piece, time in view.pieces() if piece < record.piece_count] for view in leechers)))
    words = sorted(
        (time, line, sender.id, receiver.id, on)
        for sender in views.values() for receiver in views.values() if sender is not receiver for time, line, on in _words(sender, receiver)
    )
    ahead = behind = 0
    for time, line, sender_id, receiver_id, on in words:
        while ahead < len(gains) and gains[ahead][0] <= time + tolerance:
            soon[gains[ahead][1]] |= gains[ahead][2]
            ahead += 1
        while behind < len(gains) and gains[behind][0] <= time - tolerance:
            surely[gains[behind][1]] |= gains[behind][2]
            behind += 1
        sender, receiver = views[sender_id], views[receiver_id]
        if time > sender.end:
            continue  # The sender's log lacks its last lines, so nothing tells what it had then.
        if on and not soon[receiver_id] & ~surely[sender_id]:
            text = f"'interested' from peer {sender_id}, which lacks nothing of what peer {receiver_id} has"
            findings.violate("2c", "false interest", sender_id, receiver.place_of(line), text)
        elif not on and surely[receiver_id] & ~soon[sender_id]:
            _judge_refusal(record, findings, sender, receiver, time, line)


def _judge_refusal(record, findings, sender, receiver, time, line):
    """On a link that is not new, what the receiver has for longer than the tolerance is known to the sender."""
    link = receiver.last_link(sender.id, time + record.same_log_s)
    if link >= time - record.tolerance_s:
        _judge_first_word(record, findings, sender, receiver, time, line)
    else:
        text = f"'not interested' from peer {sender.id}, which lacks pieces that peer {receiver.id} has"
        findings.violate("3d", "false refusal", sender.id, receiver.place_of(line), text)


def _judge_first_word(record, findings, sender, receiver, time, line):
    """A refusal on a new link may have crossed with the bitfield, and is set right then."""
    turns = receiver.interest[sender.id]
    later = time + 2 * record.tolerance_s
    if not turns.is_throughout(False, time, later) or min(sender.end, receiver.end) < later:
        return
    others = [view for view in record.views.values() if view not in (sender, receiver)]
    is_read_by_others = any(on for view in others for _, _, on in receiver.interest_of(view))
    whose = sender if is_read_by_others or not findings.is_judged(receiver.id) else receiver
    text = f"'not interested' from peer {sender.id} on the new link, though it lacks pieces that peer {receiver.id} has: " \
           "the bitfield was not sent, or not read"
    findings.violate("2b", "not read", whose.id, receiver.place_of(line), text)


def _check_silence(record, findings, sender, receiver, wants):
    """Interest that is never told, and one that is never taken back, for long."""
    links = receiver.links.get(sender.id), sender.links.get(receiver.id)
    if not all(links):
        return
    said = receiver.interest.get(sender.id, _NOTHING)
    linked = max(marks[-1].time for marks in links)
    # A link can be lost without a line; so long as something is heard on it, it is there.
    heard = max(receiver.last_of.get(sender.id, -inf), sender.last_of.get(receiver.id, -inf))
    end = min(sender.end, receiver.end)
    long = 3 * record.tolerance_s + record.same_log_s
    turns = list(wants)
    for (begin, _, on), until in zip(turns, [*(turn[0] for turn in turns[1:]), end]):
        begin, until = max(begin, linked), min(until, end, heard if on else end)
        if until - begin <= long:
            continue
        if on and said.is_throughout(False, begin, until):
            _judge_silence(record, findings, sender, receiver, linked, (begin, until), long)
        elif not on and heard >= begin - record.tolerance_s and said.is_throughout(True, begin, until):
            text = f"the last word of peer {sender.id}, which then lacks nothing of what is here for {until - begin:.0f} s " \
                   "and does not say 'not interested'"
            findings.violate("3d", "still interested", sender.id, receiver.place_of(said.line_at(begin)), text)


def _judge_silence(record, findings, sender, receiver, linked, time, long):
    """Many pieces may have been wanted for a moment each; one that was wanted for long has to be told."""
    begin, until = time
    told_of = sender.haves.get(receiver.id, {})
    for piece in range(record.piece_count):
        told = told_of.get(piece)
        if told is None and receiver.has_by(piece) >= linked - record.tolerance_s:
            continue  # the sender cannot know of it
        since, to = max(begin, told.time if told else -inf), min(until, sender.has_by(piece))
        if to - since > long:
            line = receiver.line_at(since)
            text = f"peer {sender.id} lacks piece {piece}, which is here, for {to - since:.0f} s from line {line} on, and does not say that it is interested"
            findings.violate("2c", "silent", sender.id, receiver.place_of(line), text)
            return

