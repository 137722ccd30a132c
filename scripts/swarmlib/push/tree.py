"""Who starts whom. Few hosts are all started from here. Of more, some are, and each of those starts others when it is up.

Each process of ssh costs the machine that runs it some memory and, at its beginning, a quarter of a second of CPU. In a
tree no machine has more than a few, and a thousand hosts are up after a few rounds.
"""

from dataclasses import dataclass, field

FAN = 4  # how many a host starts: the pipes of remote.sh


@dataclass(frozen=True)
class Branch:
    """A host that is started from the place above it, and the branches that it starts."""

    head: str
    below: list = field(default_factory=list)

    def hosts(self):
        """All of them, the head first."""
        found, rest = [], [self]
        while rest:
            branch = rest.pop()
            found.append(branch.head)
            rest += reversed(branch.below)
        return found

    def depth(self):
        return 1 + max((branch.depth() for branch in self.below), default=0)


def plan_tree(hosts, roots, fan=FAN):
    """At most `roots` branches, of which no host starts more than `fan` others, as even as can be."""
    return _split(hosts, roots, fan)


def _split(hosts, parts, fan):
    count = min(parts, len(hosts))
    branches = []
    for part in range(count):
        # Every count-th one, so that the parts are as long as each other or one longer.
        own = hosts[part::count]
        branches.append(Branch(own[0], _split(own[1:], fan, fan)))
    return branches
