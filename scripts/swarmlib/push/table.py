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


def view_of(push, seed_name, elapsed_s):
    """`seed_name`: what this machine is called in the column of givers."""
    name_of = {host.address: host.name for host in push.hosts.values() if host.address}
    return HostsView(elapsed_s, [_row_of(host, name_of, seed_name) for host in push.hosts.values()])


def _row_of(host, name_of, seed_name):
    state = "leeching" if host.state == FETCHING else host.state
    why = host.why if host.state == FAILED or host.why else (host.note if host.state not in (COMPLETE, FETCHING) else "")
    sources = {}
    for address, share in host.sources:
        giver = name_of.get(address, _by_machine(address, name_of, seed_name))
        sources[giver] = sources.get(giver, 0.0) + share
    return TopRow(
        peer_id=host.name,
        state=state,
        share=host.share,
        received=host.received or None,
        sent=host.sent or None,
        sources=sorted(sources.items(), key=lambda source: -source[1]),
        why=printable(why),
    )


def _by_machine(address, name_of, seed_name):
    """A connection that was accepted comes from another port than the one on which its host listens."""
    machine = address.rpartition(":")[0]
    machines = {known.rpartition(":")[0]: name for known, name in name_of.items()}
    if len(machines) < len(name_of):
        return seed_name if machine not in machines else address  # several hosts of one machine
    return machines.get(machine, seed_name)
