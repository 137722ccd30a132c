"""All decisions of a push: which lead is started when, what a word of a host means, who has failed and why.

Pure: inputs are calls with the time as a parameter, outputs are effects to be pulled with take_effects(). A host is in
exactly one state at any time, and leaves the states `complete` and `failed` never. What one host does or does not do costs
no other host anything; where one that has started others is gone, those are started from here. What a lead says counts for
the hosts that it was started for last, and for no others.
"""

import re
from dataclasses import dataclass, field
from typing import NamedTuple

from ..cli import Exit
from .transport import Lead
from .words import MOST_WORDS, parse_place, parse_word

WAITING, STARTING, FETCHING, COMPLETE, FAILED = "waiting", "starting", "fetching", "complete", "failed"
_SSH_FAILED = 255
# Said by servers that have too many logins at a time: it is tried once more.
_PASSING = ("kex_exchange_identification", "Connection reset", "Connection closed by", "Resource temporarily unavailable")


class Start(NamedTuple):
    key: int
    lead: Lead


class Tether(NamedTuple):
    """The lead gets the secret, and a beat every few seconds from then on."""

    key: int


class Bring(NamedTuple):
    """The lead gets the program."""

    key: int


class Close(NamedTuple):
    """The lead's stdin ends."""

    key: int


@dataclass
class Host:
    """What is known of one host."""

    name: str
    key: int | None = None  # of the lead that it was started by, or is to be
    state: str = WAITING
    code: int = 0
    why: str = ""  # it has failed, or stands still
    place: str = ""  # where the copy is
    content_id: str = ""
    share: float | None = None
    received: float = 0.0
    sent: float = 0.0
    fetched: int = 0  # bytes, in this run
    address: str = ""
    sources: list = field(default_factory=list)  # (address, share), best first
    seconds: float | None = None  # until it was complete
    note: str = ""  # how it came about that it was started from here
    tries: int = 0

    @property
    def is_over(self):
        return self.state in (COMPLETE, FAILED)


class _Running:
    """A lead that was started."""

    def __init__(self, lead):
        self.lead = lead
        self.is_up = False
        self.is_brought = False  # the program
        self.said = ""  # last, of what is no word of ours


class Push:
    """See above. `content_id`: what a copy must be. `brings`: the program can be brought to hosts of this `machine` (uname -m)."""

    def __init__(self, hosts, transport, *, content_id, parallel, brings=False, machine="", timeout_s=None):
        self.hosts = {host: Host(host) for host in hosts}
        self._transport = transport
        self._content_id = content_id
        self._parallel = parallel
        self._brings = brings
        self._machine = machine
        self._timeout_s = timeout_s
        self._queue = list(transport.leads(hosts, flat=brings))
        self._running = {}  # by key
        self._next_key = 0
        self._effects = []
        self._fill()

    @property
    def is_over(self):
        return all(host.is_over for host in self.hosts.values())

    def take_effects(self):
        effects, self._effects = self._effects, []
        return effects

    # --- inputs ---------------------------------------------------------------------------------------------------

    def on_line(self, key, line, now_s):
        """A line of a lead's stdout or stderr, without its end."""
        running = self._running.get(key)
        word = parse_word(line)
        if running is None:
            return
        host = self.hosts.get(word.host) if word else None
        if host is None or host.key != key:
            running.said = line.strip()[-MOST_WORDS:] or running.said
            return
        if word.kind == "said":
            host.note = word.rest[-MOST_WORDS:]
            return
        if word.kind == "gone":
            self._on_gone(key, running, host)
        elif not host.is_over:
            getattr(self, f"_on_{word.kind}")(key, running, host, word.rest, now_s)
        self._fill()

    def on_end(self, key, code, now_s):
        """The lead's process has ended."""
        running = self._running.pop(key, None)
        if running is None:
            return
        why = running.said or (f"the connection was lost ({code})" if running.is_up else f"exit code {code}")
        for host in self._left(key, running.lead.hosts):
            is_head = running.lead.branch is None or host.name == running.lead.branch.head
            if is_head and not self._is_worth_another_try(running, host, why):
                self._fail(host, Exit.NETWORK if code in (0, _SSH_FAILED) else code, why)
            else:
                self._start_from_here(host, f"{why}; tried again" if is_head else f"{running.lead.branch.head} is gone; started from here")
        self._fill()

    def on_time(self, now_s):
        """Now and then."""
        if self._timeout_s is not None and now_s >= self._timeout_s:
            for host in self.hosts.values():
                if not host.is_over:
                    share = "" if host.share is None else f" at {int(host.share * 100)} %"
                    why = f": {host.why}" if host.why else ""
                    self._fail(host, Exit.TIMEOUT, f"not done after {self._timeout_s:g} s: {host.state}{share}{why}")

    def fail_all(self, code, why):
        """The push has no sense any more."""
        for host in self.hosts.values():
            if not host.is_over:
                self._fail(host, code, why)

    # --- words ----------------------------------------------------------------------------------------------------

    def _on_up(self, key, running, host, rest, now_s):
        host.state = FETCHING
        running.is_up = True

    def _on_program(self, key, running, host, version, now_s):
        self._effects.append(Tether(key))

    def _on_missing(self, key, running, host, rest, now_s):
        if not self._brings or running.is_brought:
            return
        machine, _, why = rest.partition(" ")
        if machine == self._machine:
            running.is_brought = True
            self._effects.append(Bring(key))
        else:
            other = f"that of this {self._machine} is none for an {machine}"
            self._fail(host, Exit.UNEXPECTED, f"the program cannot be run there ({why}), and {other}")
            self._effects.append(Close(key))

    def _on_at(self, key, running, host, text, now_s):
        place = parse_place(text)
        if place is None:
            return
        host.share, host.received, host.sent, host.why = place.share, place.received, place.sent, place.stuck
        host.sources, host.content_id = place.sources or host.sources, place.content_id
        host.address, host.fetched = place.address or host.address, place.fetched

    def _on_complete(self, key, running, host, path, now_s):
        # The program verifies each piece by the content id that it was given; this is its word on which one that was.
        if host.content_id != self._content_id:
            self._fail(host, Exit.MISMATCH, f"says that it has the content {host.content_id or 'of no id'}, expected {self._content_id}")
            return
        host.state, host.place, host.share, host.why, host.received = COMPLETE, path, 1.0, "", 0.0
        host.seconds = now_s

    def _on_failed(self, key, running, host, rest, now_s):
        code, _, why = rest.partition(" ")
        is_code = re.fullmatch("[0-9]{1,3}", code) and int(code) < 256
        self._fail(host, int(code) if is_code else Exit.UNEXPECTED, why)

    def _on_ended(self, key, running, host, rest, now_s):
        self._fail(host, Exit.UNEXPECTED, "ended without a word on its copy")

    # --- what follows ----------------------------------------------------------------------------------------------

    def _left(self, key, names):
        """Those of them that are not over, and depend on that lead."""
        return [self.hosts[name] for name in names if self.hosts[name].key == key and not self.hosts[name].is_over]

    def _on_gone(self, key, running, host):
        """A host that another one has started is not connected with that one any more; nor are those below it."""
        branch = _find(running.lead.branch, host.name)
        if branch is None:
            return
        why = host.note or "the connection to the host that had started it was lost"
        for other in self._left(key, branch.hosts()):
            self._start_from_here(other, f"{why if other is host else f'{host.name} is gone'}; started from here")

    def _is_worth_another_try(self, running, host, why):
        return not running.is_up and host.tries == 0 and any(words in why for words in _PASSING)

    def _start_from_here(self, host, why):
        if host.tries > 0:
            self._fail(host, Exit.NETWORK, why)
            return
        host.tries += 1
        host.key, host.state, host.note = None, WAITING, why
        self._queue += self._transport.leads([host.name], flat=True)

    def _fail(self, host, code, why):
        host.state, host.code, host.why, host.received = FAILED, int(code) or int(Exit.UNEXPECTED), why[:MOST_WORDS], 0.0

    def _fill(self):
        """Starts leads as long as not too many are on their way."""
        starting = sum(not running.is_up for running in self._running.values())
        while self._queue and starting < self._parallel:
            lead = self._queue.pop(0)
            if all(self.hosts[name].is_over for name in lead.hosts):
                continue
            key, self._next_key = self._next_key, self._next_key + 1
            self._running[key] = _Running(lead)
            for name in lead.hosts:
                if not self.hosts[name].is_over:
                    self.hosts[name].key, self.hosts[name].state = key, STARTING
            self._effects.append(Start(key, lead))
            if not self._brings:
                self._effects.append(Tether(key))
            starting += 1


def _find(branch, name):
    """The branch inside of that one whose head has that name."""
    if branch is None or branch.head == name:
        return branch
    return next((found for inner in branch.below if (found := _find(inner, name))), None)
