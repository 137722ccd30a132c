"""The result of a check: an item a block for people, one object for programs."""

from ..cli import Exit

_SHOWN_PLACES = 3  # of an item's evidence
_MARKS = {"shown": "shown", "violated": "VIOLATED", "not shown": "cannot be shown"}


def exit_code(findings):
    """MISMATCH where an item is violated."""
    return Exit.MISMATCH if any(verdict.violations for verdict in findings.verdicts()) else Exit.COMPLETE


def lines(findings):
    """The lines for people: for each item its status, what shows or violates it, and else what to change."""
    verdicts = findings.verdicts()
    for verdict in verdicts:
        yield f"{verdict.item.id:<3} {verdict.item.title}: {_MARKS[verdict.status]}"
        yield from _block(verdict)
    yield from _rest("in other ways than the course's, by which no item is lost:", findings.deviations())
    yield from _rest("by the peers that are not judged:", findings.of_others())
    if findings.notes:
        yield ""
        yield from (f"note: {note}" for note in dict.fromkeys(findings.notes))
    count = {status: sum(verdict.status == status for verdict in verdicts) for status in _MARKS}
    yield ""
    yield f"{len(verdicts)} items: {count['shown']} shown, {count['violated']} violated, {count['not shown']} cannot be shown by this run"


def _block(verdict):
    for finding in verdict.violations:
        yield f"      {_line(finding)}"
    if verdict.status == "shown":
        for finding in verdict.evidence[:_SHOWN_PLACES]:
            yield f"      {_line(finding)}"
        if len(verdict.evidence) > _SHOWN_PLACES:
            peers = len({finding.peer for finding in verdict.evidence})
            yield f"      ... by {peers} {'peer' if peers == 1 else 'peers'} in all"
    if verdict.status == "not shown":
        for why in verdict.reasons:
            yield f"      {why}"
        yield f"      to change: {verdict.item.change}"


def _rest(heading, found):
    if not found:
        return
    yield ""
    yield heading
    same = {}
    for finding in found:
        same.setdefault((finding.item, finding.rule), []).append(finding)
    for (item, _), findings in same.items():
        number = sum(finding.count for finding in findings)
        more = f" ({number} times, in {len(findings)} logs)" if len(findings) > 1 else ""
        line = _line(findings[0], counted=not more) + more
        yield f"      {item:<3} {line}" if item else f"      {line}"


def _line(finding, counted=True):
    run = f"{finding.run}: " if finding.run else ""
    often = f" ({finding.count} times)" if counted and finding.count > 1 else ""
    return _printable(f"{run}peer {finding.peer}, {finding.place}: {finding.text}{often}")


def _printable(text):
    """What logs and names of others say must not move a terminal's cursor."""
    return "".join(c if c.isprintable() else "?" for c in text)


def as_object(findings, directory, tolerance_s=None):
    """The same as an object for JSON. Fields are only added."""
    return {
        "directory": str(directory),
        "tolerance_s": tolerance_s,
        "violated": exit_code(findings) != Exit.COMPLETE,
        "items": [
            {
                "id": verdict.item.id,
                "title": verdict.item.title,
                "status": verdict.status,
                "evidence": [_object(finding) for finding in verdict.evidence],
                "violations": [_object(finding) for finding in verdict.violations],
                "why_not_shown": verdict.reasons if verdict.status == "not shown" else [],
                "change": verdict.item.change if verdict.status == "not shown" else None,
            }
            for verdict in findings.verdicts()
        ],
        "deviations": [_object(finding) for finding in findings.deviations()],
        "of_others": [{"item": finding.item, **_object(finding)} for finding in findings.of_others()],
        "notes": list(dict.fromkeys(findings.notes)),
    }


def _object(finding):
    return {
        "run": finding.run,
        "rule": finding.rule,
        "peer": finding.peer,
        "file": str(finding.place.path),
        "line": finding.place.line or None,
        "text": finding.text,
        "count": finding.count,
    }
