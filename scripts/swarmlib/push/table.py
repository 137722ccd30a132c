"""Who is how far, as `swarm top` shows it."""

from ..status import printable
from ..toptable import TopRow, View
from ..units import rate_text
from .push import COMPLETE, FAILED, FETCHING


class HostsView(View):
    """The hosts at one moment."""

    def summary(self):
        complete = sum(row.state == COMPLETE for row in self.rows)
        failed = sum(row.state == FAILED for row in self.rows)
        parts = [f"{self.elapsed_s:.1f} s", f"{complete} of {len(self.rows)} hosts complete"]
        parts += [f"{failed} failed"] * bool(failed)
        shares = [row.share or 0.0 for row in self.rows if row.state != FAILED]
        if shares:
            parts.append(f"{int(sum(shares) / len(shares) * 100)}% in all")
        rate = sum(row.received or 0.0 for row in self.rows)
        stuck = sum(bool(row.why) and row.state not in (COMPLETE, FAILED) for row in self.rows)
        return "  ".join(parts + [rate_text(rate)] * bool(rate) + [f"{stuck} without progress"] * bool(stuck))


class Givers:
    """The names of those from whom something comes, by their addresses."""

    def __init__(self, hosts, seed_name, seed_port):
        self._seed_name, self._seed_port = seed_name, str(seed_port)
        addresses = [(host.address.rpartition(":"), host.name) for host in hosts if host.address]
        # A connection that was accepted comes from another port than the one on which its host listens; and a machine
        # may be called otherwise here than there.
        self._by_port = _only_ones((port, name) for (_, _, port), name in addresses)
        self._by_machine = _only_ones((machine, name) for (machine, _, _), name in addresses)

    def name(self, address):
        machine, _, port = address.rpartition(":")
        if port == self._seed_port:
            return self._seed_name
        return self._by_machine.get(machine) or self._by_port.get(port) or address


def _only_ones(pairs):
    """A dictionary of the keys that come once."""
    found, several = {}, set()
    for key, value in pairs:
        several |= {key} & found.keys()
        found[key] = value
    return {key: value for key, value in found.items() if key not in several}


def view_of(push, givers, elapsed_s):
    """The hosts as they are now."""
    return HostsView(elapsed_s, [_row_of(host, givers) for host in push.hosts.values()])


def _row_of(host, givers):
    state = "leeching" if host.state == FETCHING else host.state
    sources = {}
    for address, share in host.sources:
        giver = givers.name(address)
        sources[giver] = sources.get(giver, 0.0) + share
    return TopRow(
        peer_id=host.name,
        state=state,
        share=host.share,
        received=host.received or None,
        sent=host.sent or None,
        sources=sorted(sources.items(), key=lambda source: -source[1]),
        # How it came to be started from here is of interest as long as it has not begun.
        why=printable(host.why or (host.note if host.state not in (COMPLETE, FETCHING) else "")),
    )
