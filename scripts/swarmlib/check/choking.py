"""Items 2d and 2e: whom a peer serves, how often it chooses, and whether its neighbors saw the same.

A peer may log each choice or only those that change something, and it may give a free slot away between two intervals.
So a line alone is no choice at an interval: that is one which takes the slot from a neighbor who still wants it.
"""

from bisect import bisect_left, bisect_right
from itertools import pairwise
from math import comb, log

from .record import Choice

_ABOUT = 0.8, 1.3  # of an interval: what is shorter or longer is not the interval
_CHANCE = 1e-6  # what is less likely than that is no chance
_FED = 3  # pieces by which one neighbor has to be ahead to be called the faster one


class Interested:
    """How many neighbors are interested in a peer at a time, by its log, as long as their own logs go on."""

    def __init__(self, record, view):
        steps = []
        for other, turns in view.interest.items():
            there = record.views.get(other)
            if there is None or not there.timed or not view.timed:
                continue
            on = False
            for time, _, state in turns:
                if state != on and time < there.end:
                    steps.append((time, 1 if state else -1))
                    on = state
            if on:
                steps.append((there.end, -1))
        self._times, self._counts = [], []
        count = 0
        for time, step in sorted(steps):
            count += step
            self._times.append(time)
            self._counts.append(count)
        self.most = max(self._counts, default=0)

    def least(self, start, end):
        """The least number in that time."""
        first = bisect_right(self._times, start) - 1
        before = self._counts[first] if first >= 0 else 0
        return min([before, *self._counts[first + 1: bisect_left(self._times, end)]])

    def until_fewer(self, start, more_than, end):
        """The first time from start on at which no more than so many are interested, or the end."""
        index = max(0, bisect_right(self._times, start) - 1)
        while index < len(self._times) and self._times[index] < end:
            if self._counts[index] <= more_than:
                return max(start, self._times[index])
            index += 1
        return end

    def stretches(self, more_than, until):
        """(begin, end) of each time in which more than so many are interested."""
        begin = None
        for time, count in zip(self._times, self._counts):
            if begin is None and count > more_than:
                begin = time
            elif begin is not None and count <= more_than:
                yield begin, min(time, until)
                begin = None
        if begin is not None:
            yield begin, until

    def longest(self, more_than, until):
        return max((end - begin for begin, end in self.stretches(more_than, until)), default=0.0)


def check(record, findings):
    most, longest = 0, 0.0
    for view in record.views.values():
        interested = Interested(record, view)
        most, longest = max(most, interested.most), max(longest, interested.longest(0, view.end))
        _check_members(record, findings, view)
        _check_preferred(record, findings, view, interested)
        _check_optimistic(record, findings, view, interested)
        _check_limit(record, findings, view)
        _check_unchokes(record, findings, view)
        if record.choking.is_classic:
            _check_rates(record, findings, view)
    _say_what_is_missing(record, findings, most, longest)


def _say_what_is_missing(record, findings, most, longest):
    choking = record.choking
    if not all(view.timed for view in record.views.values()):
        for item in ("2d", "2e"):
            findings.cannot(item, "a log has no times that can be read")
    number = "neighbor was" if most == 1 else "neighbors were"
    for item, slots, interval in (("2d", choking.preferred, choking.interval_s), ("2e", choking.preferred, choking.optimistic_s)):
        if most <= slots:
            findings.cannot(item, f"k is {slots}, and never more than {most} {number} interested in one peer at a time: nobody had to be chosen")
        if longest < 2 * interval:
            findings.cannot(item, f"the interval is {interval} s, and nobody was interested for longer than {longest:.1f} s")
    if choking.preferred == 0:
        findings.cannot("2d", "k is 0: there is no preferred neighbor")


def _check_members(record, findings, view):
    """Who is chosen is interested, and the optimistic one is not preferred already."""
    before = frozenset()
    for choice in view.preferred:
        place = view.place_of(choice.line)
        if len(choice.ids) > record.choking.preferred:
            text = f"{len(choice.ids)} preferred neighbors, but NumberOfPreferredNeighbors is {record.choking.preferred}"
            findings.violate("2d", "too many", view.id, place, text)
        if len(set(choice.ids)) < len(choice.ids):
            findings.violate("2d", "named twice", view.id, place, "a preferred neighbor stands twice in the list")
        if not choice.ids:
            findings.deviate("empty list", view.id, place, "a line about no preferred neighbor")
        for other in set(choice.ids) - before:
            if _is_uninterested(record, view, other, choice):
                findings.violate("2d", "not interested", view.id, place, f"prefers peer {other}, which is not interested by this log")
        before = frozenset(choice.ids)
    for choice in view.optimistic:
        place = view.place_of(choice.line)
        other = choice.ids[0]
        if _is_uninterested(record, view, other, choice):
            findings.violate("2e", "not interested", view.id, place, f"unchokes peer {other}, which is not interested by this log")
        if line := _preferred_line(record, view, other, choice):
            findings.violate("2e", "preferred already", view.id, place, f"peer {other} is preferred since line {line}, so it is not choked")


def _is_uninterested(record, view, other, choice):
    if other == view.id:
        return False
    turns = view.interest.get(other)
    if not turns:
        return True
    margin = record.same_log_s
    return view.timed and turns.is_throughout(False, choice.time - margin, choice.time + margin)


def _preferred_line(record, view, other, choice):
    """The line since which it has been preferred, interested and linked, until the tolerance after the choice; else 0."""
    if not view.timed:
        return 0
    begin, end = choice.time - record.same_log_s, choice.time + record.same_log_s
    first = bisect_left(view.preferred_times, begin) - 1
    last = bisect_right(view.preferred_times, end)
    if first < 0 or any(other not in one.ids for one in view.preferred[first:last]):
        return 0
    since = view.preferred[first]
    turns = view.interest.get(other)
    return since.line if turns and turns.is_throughout(True, since.time, end) else 0


def _still_wants(record, view, other, since, until):
    """Whether a neighbor was interested and there all the time, so that only a choice can take its slot."""
    there = record.views.get(other)
    turns = view.interest.get(other)
    if there is None or not turns or not there.end > until + record.tolerance_s:
        return False
    return turns.is_throughout(True, since, until + record.same_log_s)


def _choices_of_preferred(record, view):
    """The lines that take a slot from somebody who still wants it."""
    return [
        now
        for before, now in pairwise(view.preferred)
        if any(_still_wants(record, view, other, before.time, now.time) for other in set(before.ids) - set(now.ids))
    ]


def _choices_of_optimistic(record, view):
    """The same for the optimistic slot, which is free, too, when its neighbor becomes preferred."""
    chosen = []
    for before, now in pairwise(view.optimistic):
        other = before.ids[0]
        first = bisect_left(view.preferred_times, before.time - record.same_log_s)
        last = bisect_right(view.preferred_times, now.time + record.same_log_s)
        risen = any(other in one.ids for one in view.preferred[first:last])
        if now.ids != before.ids and not risen and _still_wants(record, view, other, before.time, now.time):
            chosen.append(now)
    return chosen


def _too_often(choices, interval, tolerance):
    """The first (begin, end, number) of choices that are more than one ahead of the interval; None where there is none."""
    least, begin = None, None
    for index, choice in enumerate(choices):
        ahead = index * interval - choice.time
        if least is not None and ahead - least > interval + tolerance:
            return begin[1], choice, index - begin[0] + 1
        if least is None or ahead < least:
            least, begin = ahead, (index, choice)
    return None


def _show_interval(findings, item, view, moments, interval, what):
    """An item is shown by two choices that are about an interval apart."""
    gaps = [(now.time - before.time, now) for before, now in pairwise(moments)]
    least, most = (interval * factor for factor in _ABOUT)
    for seconds, now in gaps:
        if least <= seconds <= most:
            text = f"chose {what} {seconds:.1f} s after it had chosen before; the interval is {interval} s"
            findings.show(item, view.id, view.place_of(now.line), text)
            return
    if gaps and view.timed:
        findings.cannot(item, f"peer {view.id} never chose {what} about {interval} s after it had chosen before")


def _check_first(findings, record, item, view, first, stretches, interval):
    """Whoever waits to be chosen waits for one interval at most."""
    waiting = next((begin for begin, end in stretches if begin < first.time and min(end, first.time) - begin > 2 * interval + record.tolerance_s), None)
    if waiting is not None:
        text = f"the first choice, {first.time - waiting:.0f} s after there was somebody to choose; the interval is {interval} s"
        findings.violate(item, "late", view.id, view.place_of(first.line), text)


def _check_preferred(record, findings, view, interested):
    interval, slots = record.choking.interval_s, record.choking.preferred
    choices = _choices_of_preferred(record, view)
    if often := _too_often(choices, interval, record.tolerance_s):
        begin, end, number = often
        text = f"chooses {number} times from line {begin.line} on in {end.time - begin.time:.1f} s; UnchokingInterval is {interval} s"
        findings.violate("2d", "too often", view.id, view.place_of(end.line), text)
    if view.preferred:
        moments = [view.preferred[0], *choices]
        again = {now.line: now for before, now in pairwise(view.preferred) if set(now.ids) == set(before.ids)}
        if again:
            moments = sorted({choice.line: choice for choice in moments} | again, key=int)
            lines = {choice.line: choice for choice in view.preferred}
            moments = [lines[line] for line in moments]
        _show_interval(findings, "2d", view, moments, interval, "its preferred neighbors")
        _check_first(findings, record, "2d", view, view.preferred[0], interested.stretches(0, view.end), interval)
        _check_pace(record, findings, view, interested)
    elif slots and interested.longest(0, view.end) > 2 * interval + record.tolerance_s:
        seconds = interested.longest(0, view.end)
        text = f"no line about preferred neighbors, though somebody was interested for {seconds:.0f} s; UnchokingInterval is {interval} s"
        findings.violate("2d", "never", view.id, view.place_of(), text)


def _check_pace(record, findings, view, interested):
    """Not too seldom: by lines that repeat themselves, or by choices at random that would never change."""
    if not view.timed:
        return
    interval, slots = record.choking.interval_s, record.choking.preferred
    pairs = list(pairwise(view.preferred))
    if any(set(now.ids) == set(before.ids) for before, now in pairs):
        gaps = [(now.time - before.time, now) for before, now in pairs if interested.least(before.time, now.time) > 0]
        gaps.sort(key=lambda gap: gap[0])
        if len(gaps) >= 3 and gaps[len(gaps) // 2][0] > 1.5 * interval + record.same_log_s:
            seconds, now = gaps[len(gaps) // 2]
            text = f"logs each choice, and chooses only every {seconds:.1f} s; UnchokingInterval is {interval} s"
            findings.violate("2d", "too seldom", view.id, view.place_of(now.line), text)
        return
    if not record.choking.is_classic or not slots:
        return
    complete = view.complete_at(record.piece_count)
    moments = [choice for choice in view.preferred if choice.time > complete]
    ends = [*moments[1:], Choice(view.end, moments[-1].line, ())] if moments else []
    for choice, after in zip(moments, ends):
        until = interested.until_fewer(choice.time, slots, after.time)
        least = interested.least(choice.time, until)
        intervals = int((until - choice.time - record.tolerance_s) / interval) - 1
        if least > slots and intervals > 0 and intervals * log(comb(least, slots)) > -log(_CHANCE):
            text = f"complete, and chose the same {slots} of {least} at random for {until - choice.time:.0f} s; UnchokingInterval is {interval} s"
            findings.violate("2d", "too seldom", view.id, view.place_of(choice.line), text)


def _check_optimistic(record, findings, view, interested):
    interval, slots = record.choking.optimistic_s, record.choking.preferred
    if often := _too_often(_choices_of_optimistic(record, view), interval, record.tolerance_s):
        begin, end, number = often
        text = f"chooses {number} times from line {begin.line} on in {end.time - begin.time:.1f} s; OptimisticUnchokingInterval is {interval} s"
        findings.violate("2e", "too often", view.id, view.place_of(end.line), text)
    if not view.optimistic:
        seconds = interested.longest(slots, view.end)
        if seconds > 2 * interval + record.tolerance_s:
            text = f"no optimistic neighbor, though more than {slots} were interested for {seconds:.0f} s; OptimisticUnchokingInterval is {interval} s"
            findings.violate("2e", "never", view.id, view.place_of(), text)
        return
    _show_interval(findings, "2e", view, view.optimistic, interval, "its optimistic neighbor")
    _check_first(findings, record, "2e", view, view.optimistic[0], interested.stretches(slots, view.end), interval)
    for choice, after in pairwise([*view.optimistic, Choice(view.end, 0, ())]):
        seconds = interested.until_fewer(choice.time, slots + 1, after.time) - choice.time
        if seconds > 3 * interval + record.tolerance_s:
            text = f"the same optimistic neighbor for {seconds:.0f} s, with others choked and interested; OptimisticUnchokingInterval is {interval} s"
            findings.violate("2e", "too seldom", view.id, view.place_of(choice.line), text)


def _check_limit(record, findings, view):
    """By the logs of its neighbors, how many a peer unchokes at a time: k and one at most."""
    if not view.timed:
        return
    steps = []
    for other in record.views.values():
        begin = None
        for time, line, on in [*other.unchoked.get(view.id, ()), (min(other.end, view.end), 0, False)]:
            if on and begin is None:
                begin = time, line
            elif not on and begin is not None:
                if time - begin[0] > 2 * record.tolerance_s:
                    place = other.place_of(begin[1])
                    steps += [(begin[0] + record.tolerance_s, 1, place), (time - record.tolerance_s, -1, place)]
                begin = None
    count, most = 0, record.choking.preferred + 1
    for _, step, place in sorted(steps):
        count += step
        if step > 0 and count > most:
            text = f"peer {view.id} unchokes {count} neighbors at a time by their logs; k and an optimistic one are {most}"
            findings.violate("2d", "too many unchoked", view.id, place, text)


def _check_unchokes(record, findings, view):
    """Each unchoke that a neighbor logs has its line here, and each line here is an unchoke there."""
    tolerance = record.tolerance_s
    optimistic = {choice.line for choice in view.optimistic}
    for other in record.views.values():
        if not (view.timed and other.timed) or other is view:
            continue
        links = {mark.line for mark in other.links.get(view.id, ())}
        for time, line, on in other.unchoked.get(view.id, ()):
            if on and line not in links and view.begin <= time <= view.end - tolerance and not record.may_unchoke(view.id, other.id, time):
                text = f"unchoked by peer {view.id}, whose log names peer {other.id} neither as preferred nor as optimistic at that time"
                findings.violate("2d", "unchoked without a line", view.id, other.place_of(line), text)
        seen = other.unchoked.get(view.id)
        for time, line, on in view.favoured.get(other.id, ()):
            later = time + 2 * tolerance
            if not on or not view.favoured[other.id].is_throughout(True, time, later) or min(other.end, view.end) < later + tolerance:
                continue
            linked = [mark.time for mark in other.links.get(view.id, ())]
            if linked and linked[-1] < time and (not seen or seen.is_throughout(False, time - tolerance, later)):
                whose = other if not other.unchoked and other.downloads else view
                item = "2e" if line in optimistic else "2d"
                text = f"names peer {other.id}, whose log has no 'is unchoked by {view.id}' then"
                findings.violate(item, "not unchoked", whose.id, view.place_of(line), text)


def _check_rates(record, findings, view):
    """While a peer lacks pieces, those are preferred who gave it most in the interval before."""
    interval, margin = record.choking.interval_s, min(record.same_log_s, record.choking.interval_s / 4)
    complete = view.complete_at(record.piece_count)
    given = {}
    for got in view.downloads:
        given.setdefault(got.source, []).append(got.time)

    def pieces(other, start, end):
        times = given.get(other, ())
        return bisect_right(times, end) - bisect_left(times, start)

    wrong, judged = [], 0
    for choice in _choices_of_preferred(record, view):
        now = choice.time
        if not now < complete - record.tolerance_s:
            continue
        passed = [other for other in view.interest if other not in choice.ids and _still_wants(record, view, other, now - interval - margin, now)]
        best = max((pieces(other, now - interval + margin, now - margin) for other in passed), default=0)
        worst = min((pieces(other, now - interval - margin, now + margin) for other in choice.ids), default=0)
        surely = max((pieces(other, now - interval + margin, now - margin) for other in choice.ids), default=0)
        judged += max(best, surely) >= _FED
        if best >= _FED + 2 * worst:
            wrong.append((choice, best, worst))
    if len(wrong) >= 2 and 2 * len(wrong) > judged:
        choice, best, worst = wrong[0]
        text = f"prefers one that gave it {worst} pieces in the last interval, and passes one over that gave {best} ({len(wrong)} of {judged} choices)"
        findings.violate("2d", "not the fastest", view.id, view.place_of(choice.line), text)
