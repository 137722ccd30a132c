"""What the rules found: shown, violated, not to be shown, or said in other words; of each, of which peer and where."""

from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from .items import ITEMS


class Place(NamedTuple):
    """A line of a log, or a file as a whole (line 0)."""

    path: Path
    line: int = 0

    def __str__(self):
        return f"{self.path.name}:{self.line}" if self.line else str(self.path.name)


@dataclass
class Finding:
    """One rule and one peer: the first place, what it says there, and how often."""

    item: str
    rule: str
    peer: int
    place: Place
    text: str
    count: int = 1
    run: str = ""  # which run of a trial


class Verdict(NamedTuple):
    """An item's result: status is shown, violated or not shown."""

    item: object
    status: str
    evidence: list
    violations: list
    reasons: list  # why it cannot be shown


class Findings:
    """Collects what the rules find. The peers of `of` are judged; what others did wrong is kept apart."""

    def __init__(self, of, run=""):
        self._of = frozenset(of)
        self._run = run
        self._shown = {}
        self._violated = {}
        self._of_others = {}
        self._deviations = {}
        self._reasons = {}
        self.notes = []  # about the run as a whole

    def show(self, item, peer, place, text):
        """That peer did what the item wants."""
        if peer in self._of:
            self._note(self._shown, item, "", peer, place, text)

    def violate(self, item, rule, peer, place, text):
        """That peer broke the item's rule."""
        self._note(self._violated if peer in self._of else self._of_others, item, rule, peer, place, text)

    def deviate(self, rule, peer, place, text):
        """That peer does something in another way, by which no item is lost."""
        if peer in self._of:
            self._note(self._deviations, "", rule, peer, place, text)

    def cannot(self, item, why):
        """Why the item may not be shown by this run."""
        self._reasons.setdefault(item, dict.fromkeys([]))[why] = None

    def is_judged(self, peer):
        return peer in self._of

    def take(self, other):
        """Adds the findings of another run."""
        for name in ("_shown", "_violated", "_of_others", "_deviations"):
            getattr(self, name).update({(*key, other._run): value for key, value in getattr(other, name).items()})
        self.notes += other.notes
        for item, reasons in other._reasons.items():
            for why in reasons:
                self.cannot(item, f"{other._run}: {why}" if other._run else why)

    def verdicts(self):
        """A Verdict for each item, in the rubric's order."""
        verdicts = []
        for item in ITEMS:
            shown, violated = (_of_item(found, item) for found in (self._shown, self._violated))
            status = "violated" if violated else "shown" if shown else "not shown"
            verdicts.append(Verdict(item, status, shown, violated, list(self._reasons.get(item.id, ()))))
        return verdicts

    def deviations(self):
        return list(self._deviations.values())

    def of_others(self):
        return list(self._of_others.values())

    def _note(self, found, item, rule, peer, place, text):
        # Texts are made only where they are kept: a run has many thousands of findings.
        key = item, rule, peer
        if finding := found.get(key):
            finding.count += 1
        else:
            found[key] = Finding(item, rule, peer, place, text if isinstance(text, str) else text(), run=self._run)


def _of_item(found, item):
    return [finding for finding in found.values() if finding.item == item.id]
