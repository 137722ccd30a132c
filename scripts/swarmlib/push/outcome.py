"""What came of a push: for people, for programs, and as the exit code."""

import json

from ..cli import Exit
from ..status import printable
from ..units import rate_text, size_text
from .push import COMPLETE, FAILED

SOME_FAILED = 70


def exit_code(push):
    return Exit.COMPLETE if all(host.state == COMPLETE for host in push.hosts.values()) else SOME_FAILED


def json_text(push, content_id):
    """A list, an object a host. For those that failed `code` and `reason` say why; fields are only ever added."""
    listed = []
    for host in push.hosts.values():
        one = {"host": host.name, "code": host.code, "reason": host.why if host.state == FAILED else "", "received": host.fetched}
        if host.state == COMPLETE:
            one |= {"path": host.place, "content_id": content_id, "seconds": round(host.seconds, 3)}
        else:
            one |= {"share": round(host.share or 0.0, 4)}
        if host.note:
            one["note"] = host.note
        listed.append(one)
    return json.dumps(listed, indent=1, ensure_ascii=True) + "\n"


def failures(push):
    """A line for each host that has failed."""
    return [f"{host.name} failed ({host.code}): {printable(host.why)}" for host in push.hosts.values() if host.state == FAILED]


def summary(push, content_id, size, elapsed_s):
    hosts = list(push.hosts.values())
    complete = sum(host.state == COMPLETE for host in hosts)
    rate = f", {rate_text(size * complete / elapsed_s)} in all" if complete and elapsed_s > 0 else ""
    some = "host" if len(hosts) == 1 else "hosts"
    return [f"{size_text(size)} verified on {complete} of {len(hosts)} {some} after {elapsed_s:.1f} s{rate}", f"content id {content_id}"]
