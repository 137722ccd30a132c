"""Items 3e, 3f, 4 and 1c: the complete file, the count of pieces, and the end."""

from math import inf

from .. import files
from .findings import Place

_LINGER_S = 10.0  # beyond both intervals, how long a peer may still log after everybody is complete


def check(record, findings, ends=None):
    """`ends` has for each peer of this machine how its process ended, where that is known."""
    for view in record.views.values():
        _check_count(findings, view)
        _check_completion(record, findings, view, _check_file(record, findings, view))
    if all(peer.has_file for peer in record.config.peers):
        findings.cannot("3e", "every peer has the file from the start")
    _check_end(record, findings, ends)


def _check_count(findings, view):
    expected = view.kept + 1
    wrong = False
    if view.kept:
        got = view.downloads[0]
        text = f"the count begins with {got.count}: {view.kept} pieces were kept of an earlier run"
        findings.deviate("kept", view.id, view.place_of(got.line), text)
    for got in view.downloads:
        place = view.place_of(got.line)
        if got.count is None:
            findings.violate("3f", "no count", view.id, place, "the line does not say how many pieces there are now")
            wrong = True
            expected += 1
            continue
        if got.count != expected and not (got.count == 1 and view.lives > 1):
            findings.violate("3f", "count", view.id, place, f"the number of pieces is {got.count}, but {expected} comes next")
            wrong = True
        expected = got.count + 1
    if view.downloads and not wrong:
        got = view.downloads[-1]
        findings.show("3f", view.id, view.place_of(got.line), f"counts to {got.count}, one by one")


def _check_completion(record, findings, view, is_identical):
    total = record.piece_count
    lines = [mark.line for mark in view.completions]
    place = view.place_of(lines[0] if lines else 0)
    if view.is_seed:
        if lines:
            findings.violate("3e", "seed", view.id, place, f"peer {view.id} has the file from the start, and has downloaded nothing")
        return
    have = len({got.piece for got in view.downloads}) + view.kept
    right = True
    if len(lines) > 1 and view.lives == 1:
        findings.violate("3e", "twice", view.id, view.place_of(lines[1]), f"the complete file a second time (first in line {lines[0]})")
        right = False
    if lines and view.downloads and view.lives == 1:
        before = len({got.piece for got in view.downloads if got.line < lines[0]}) + view.kept
        # A thread of its own may log the end, next to the last piece.
        late = [got for got in view.downloads if got.line > lines[0] and not got.time <= view.completions[0].time + record.same_log_s]
        if total and have < total:
            findings.violate("3e", "too early", view.id, place, f"the complete file with {before} of {total} pieces")
            right = False
        elif late:
            text = f"a piece after the complete file, which is said in line {lines[0]}"
            findings.violate("3e", "too early", view.id, view.place_of(late[0].line), text)
            right = False
    if total and not lines and view.downloads:
        last = view.downloads[-1]
        if have >= total:
            text = f"the last one of {total} pieces, and no line says that the file is complete"
            findings.violate("3e", "not said", view.id, view.place_of(last.line), text)
        elif any(other.completions for other in record.views.values()):
            text = f"{have} of {total} pieces at the end of the log, while others became complete"
            findings.violate("3e", "incomplete", view.id, view.place_of(last.line), text)
        else:
            findings.cannot("3e", f"peer {view.id} has {have} of {total} pieces at the end of its log, and nobody became complete")
    elif lines and right:
        text = f"has the complete file of {total} pieces" if total else "has the complete file"
        findings.show("3e", view.id, place, f"{text}, identical to a seed's" if is_identical else text)


def _check_file(record, findings, view):
    """The file itself, where it is: as long as the configuration says, and the same as a seed's. Whether it was found to be that."""
    config = record.config
    path = files.data_file(config, view.peer)
    if config.content is None or not (view.is_seed or view.completions):
        return False
    if not path.exists():
        if path.parent.is_dir():
            findings.violate("3e", "no file", view.id, Place(path), f"{path.relative_to(config.directory)} is not there")
        else:
            findings.notes.append(f"{path.relative_to(config.directory)} is not here, so it was not compared")
        return False
    seeds = (files.data_file(config, peer) for peer in config.peers if peer.has_file)
    seed = next((file for file in seeds if file.exists()), None)
    if seed is None:
        findings.notes.append("no seed's file is here, so no copy was compared with it")
    wrong = [found for name, size in config.content.files if (found := _wrong_file(config, path, seed, name, size))]
    for rule, text, piece in wrong:
        got = next((got for got in view.downloads if got.piece == piece), None)
        if got and not findings.is_judged(view.id) and findings.is_judged(got.source):
            # Among peers that are known to be good, the bytes were wrong when they came.
            findings.violate("3b", "wrong bytes", got.source, view.place_of(got.line), f"sent piece {piece} to peer {view.id}, and {text}")
        findings.violate("3e", rule, view.id, Place(path), f"{text}, which came from peer {got.source}" if got else text)
    return not wrong and seed is not None


def _wrong_file(config, path, seed, name, size):
    """The rule that one file of the content breaks, how, and the piece where it is one file; None where it is right."""
    file = path / name if name else path
    shown = file.relative_to(config.directory)
    if not file.is_file() or file.stat().st_size != size:
        length = f"has {file.stat().st_size} bytes" if file.is_file() else "is no file"
        return "size", f"{shown} {length}; {size} are right", None
    right = seed / name if seed and name else seed
    if not right or not right.is_file() or right.samefile(file) or right.stat().st_size != size:
        return None
    offset = files.first_difference(right, file)
    if offset is None:
        return None
    text = f"{shown} differs from {right.relative_to(config.directory)} at byte {offset}"
    piece = None if name else offset // config.piece_size
    return "content", text if name else f"{text} (piece {piece})", piece


def _check_end(record, findings, ends):
    total = record.piece_count
    completions = {view.id: view.complete_at(total) for view in record.views.values()}
    unfinished = [peer_id for peer_id, time in completions.items() if time == inf]
    everybody = not unfinished and not record.missing
    last = max(completions.values(), default=-inf)
    for view in record.views.values():
        early = _left_early(record, findings, view)
        lingers = view.timed and last > -inf and everybody and view.end > last + _patience(record)
        if lingers:
            line = view.entries[-1].number
            text = f"still runs {view.end - last:.0f} s after every peer has the file"
            findings.violate("4", "goes on", view.id, view.place_of(line), text)
        if everybody and view.entries and not early and not lingers:
            findings.show("4", view.id, view.place_of(view.entries[-1].number), "was there until every peer had the file, and not for longer")
    for peer in record.config.peers if ends else ():
        if peer.id in ends:
            _check_process(findings, peer.id, Place(files.log_file(record.config, peer)), ends[peer.id], everybody)
    if unfinished:
        findings.cannot("4", f"by the logs not every peer has the file in the end: {', '.join(map(str, unfinished))}")
    if record.missing:
        findings.cannot("4", "not every peer's log is here")
    if ends is None:
        findings.cannot("1c", "logs do not tell whether a process ended by itself")


def _patience(record):
    return record.choking.interval_s + record.choking.optimistic_s + _LINGER_S


def _left_early(record, findings, view):
    """Whether others downloaded after the last line of this log, which a peer that is there would have heard of."""
    if not view.timed or not record.choking.is_full_mesh or not view.entries:
        return False
    for other in record.views.values():
        after = [got for got in other.downloads if got.time > view.end + record.tolerance_s + record.same_log_s]
        if other is not view and after and view.id in other.links:
            text = f"the last line; peer {other.id} downloads {len(after)} pieces after it ({other.place_of(after[0].line)}), so it left too early"
            findings.violate("4", "left early", view.id, view.place_of(view.entries[-1].number), text)
            return True
    return False


def _check_process(findings, peer_id, place, end, everybody):
    if end.stopped:
        text = f"still ran {end.waited_s:.0f} s after every peer had the file, and was stopped" if everybody else "never ended, and was stopped"
        findings.violate("1c", "does not end", peer_id, place, text)
    elif end.code and not everybody:
        findings.violate("1c", "failed", peer_id, place, f"ended with exit code {end.code} before every peer had the file")
    else:
        if not everybody:
            findings.violate("4", "ended early", peer_id, place, "ended by itself before every peer had the file")
        findings.show("1c", peer_id, place, f"ended by itself with exit code {end.code}")
        if end.code:
            findings.deviate("exit code", peer_id, place, f"exit code {end.code} at the good end")
