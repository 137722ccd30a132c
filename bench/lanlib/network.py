"""A network of namespaces: one a peer, all on one bridge, each link limited in both directions.

The bridge is in a namespace of its own, so nothing but the namespaces themselves can be seen from outside, and they are
all there is to remove.
"""

import json
import os
import secrets
import signal
import subprocess
from contextlib import contextmanager

from swarmlib.cli import ScriptError

NETWORK = "10.99"
# Frames that may leave at once: what passes in four milliseconds, and no less than a full TSO segment's worth.
_BURST_S, _LEAST_BURST = 0.004, 64 * 1024


class Network:
    """`peers` namespaces with the addresses address(0), address(1), ... Made by entering it, gone after leaving it."""

    def __init__(self, peers, mbit, queue_ms, congestion=None):
        self.peers = peers
        self._mbit = mbit
        self._queue_ms = queue_ms
        self._congestion = congestion
        # Unique: neither a second bench nor anybody else has this name.
        self._name = f"lan-{os.getpid()}-{secrets.token_hex(3)}"
        self._made = []

    def __enter__(self):
        try:
            self._make()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *_):
        self._remove()

    @property
    def switch(self):
        """The namespace of the bridge, where peer i's link is the interface port<i>."""
        return f"{self._name}-switch"

    def namespace(self, peer):
        return f"{self._name}-{peer}"

    def address(self, peer):
        return f"{NETWORK}.{peer // 200}.{peer % 200 + 1}"

    @property
    def switch_address(self):
        return f"{NETWORK}.255.254"

    def wire_bytes(self):
        """What each peer's uplink has carried since it was made, then each one's downlink, all headers included."""
        places = [(self.namespace(peer), "link0") for peer in range(self.peers)]
        places += [(self.switch, f"port{peer}") for peer in range(self.peers)]
        queues = (_run(["tc", "-n", namespace, "-s", "-j", "qdisc", "show", "dev", interface]) for namespace, interface in places)
        return [json.loads(queue)[0]["bytes"] for queue in queues]

    def _make(self):
        self._add(self.switch)
        _ip(self.switch, "link add bridge type bridge", "link set bridge up", f"addr add {self.switch_address}/16 dev bridge")
        for peer in range(self.peers):
            inside = self.namespace(peer)
            self._add(inside)
            _ip(
                self.switch,
                f"link add port{peer} type veth peer name link0 netns {inside}",
                f"link set port{peer} master bridge up",
            )
            _ip(inside, f"addr add {self.address(peer)}/16 dev link0", "link set lo up", "link set link0 up")
            self._limit(inside, "link0")
            self._limit(self.switch, f"port{peer}")
            if self._congestion:
                # By the route: a namespace's own setting may only be one that the machine allows everybody.
                route = f"{NETWORK}.0.0/16 dev link0 scope link src {self.address(peer)}"
                _ip(inside, f"route replace {route} congctl {self._congestion}")

    def _add(self, namespace):
        # Noted first: an interrupt between the two must not leave it behind. The name is ours alone.
        self._made.append(namespace)
        _run(["ip", "netns", "add", namespace])

    def _limit(self, namespace, interface):
        burst = max(_LEAST_BURST, int(self._mbit * 1e6 / 8 * _BURST_S))
        limit = f"rate {self._mbit}mbit burst {burst} latency {self._queue_ms}ms"
        _run(["tc", "-n", namespace, "qdisc", "add", "dev", interface, "root", "tbf", *limit.split()])

    def _remove(self):
        with undisturbed():
            while self._made:
                _run(["ip", "netns", "del", self._made.pop()], check=False)


@contextmanager
def undisturbed():
    """A second Ctrl-C does not keep the first one from being cleaned up after."""
    numbers = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
    before = {number: signal.signal(number, signal.SIG_IGN) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _ip(namespace, *commands):
    _run(["ip", "-n", namespace, "-batch", "-"], "\n".join(commands) + "\n")


def _run(command, text="", check=True):
    # In a session of its own, so that a terminal's Ctrl-C does not end it half-way.
    done = subprocess.run(command, input=text, capture_output=True, text=True, start_new_session=True, check=False)
    if check and done.returncode != 0:
        raise ScriptError(f"{' '.join(command)}: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout
