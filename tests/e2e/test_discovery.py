#!/usr/bin/env python3
"""Nodes find each other and what they hold without a tracker, whoever of them dies.

Real processes (tests/support/discovery_node.cpp) on the loopback. At this layer the dead are listed until their
announcements run out: who dials drops them, so a search is right when it finds all holders that are up.
"""

import os
import queue
import random
import signal
import socket
import subprocess
import sys
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

PROGRAM = os.environ.get("DISCOVERY_NODE", "build/dev/discovery_node")
DEADLINE_S = 120
USAGE, PORT_IN_USE = 28, 65


def content(number):
    return f"{number:064x}"


def free_port(host="127.0.0.1"):
    """A number that neither TCP nor UDP uses at the moment."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    while True:
        with socket.socket(family, socket.SOCK_STREAM) as tcp, socket.socket(family, socket.SOCK_DGRAM) as udp:
            tcp.bind((host, 0))
            try:
                udp.bind(tcp.getsockname())
            except OSError:
                continue
            return tcp.getsockname()[1]


def has_ipv6():
    """Whether this machine has the loopback address ::1."""
    try:
        free_port("::1")
    except OSError:
        return False
    return True


class DiscoveryNode:
    """A process that takes part in a network, or only searches it when it has no ID."""

    def __init__(self, case, network="test", number=None, join=(), host="127.0.0.1", port=None):
        self.case, self.number, self.host = case, number, host
        command = [PROGRAM, network]
        if number is not None:
            self.port = port or free_port("::1" if ":" in host else "127.0.0.1")
            command += ["--self", str(number), host, str(self.port)]
        for other_host, other_port in join:
            command += ["--join", other_host, str(other_port)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        case.addCleanup(self.kill)
        self._lines = queue.Queue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self):
        for line in self.process.stdout:
            self._lines.put(line.rstrip("\n"))
        self._lines.put(None)

    def line(self):
        try:
            line = self._lines.get(timeout=DEADLINE_S)
        except queue.Empty:
            self.case.fail(f"node {self.number} says nothing for {DEADLINE_S} s")
        if line is None:
            self.process.wait()
            self.case.fail(f"node {self.number} ended with {self.process.returncode}: {self.process.stderr.read()}")
        return line

    def up(self):
        self.case.assertEqual(self.line(), "up")
        return self

    @property
    def address(self):
        return self.host, self.port

    def tell(self, command):
        self.process.stdin.write(command + "\n")
        self.process.stdin.flush()

    def announce(self, name, number, size=1):
        self.tell(f"announce {size} {content(number)} {name}")
        self.case.assertEqual(self.line(), "ok")

    def withdraw(self, name, number, size=1):
        self.tell(f"withdraw {size} {content(number)} {name}")
        self.case.assertEqual(self.line(), "ok")

    def ask(self, command):
        """The lines of an answer, each of which must be there once."""
        self.tell(command)
        found = []
        while (line := self.line()) != "done":
            self.case.assertTrue(line.startswith("found "), line)
            found.append(line.removeprefix("found "))
        self.case.assertEqual(len(found), len(set(found)), "a result came twice")
        return found

    def holders(self, command):
        return {int(line.split()[0]) for line in self.ask(command)}

    def kill(self):
        """Without a farewell."""
        if self.process.poll() is None:
            self.process.kill()
        self._end()

    def leave(self):
        """As a node that is told to end."""
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(timeout=DEADLINE_S)
        self._end()
        return self.process.returncode

    def _end(self):
        self.process.wait()
        self._reader.join()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            if stream and not stream.closed:
                try:
                    stream.close()
                except BrokenPipeError:
                    pass


class DiscoveryCase(unittest.TestCase):
    def node(self, number=None, **options):
        return DiscoveryNode(self, number=number, **options).up()

    def until(self, condition, what):
        """Searches again and again: what is announced needs a moment until it is where it is looked for."""
        deadline = time.monotonic() + DEADLINE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"waited {DEADLINE_S} s for {what}")
            time.sleep(0.1)

    def finds(self, node, command, holders, but=()):
        """Everybody in `holders` is found, nobody else unless he is in `but`."""
        last = set()

        def complete():
            nonlocal last
            last = node.holders(command)
            self.assertLessEqual(last, set(holders) | set(but), f"{command} at {node.number}")
            return last >= set(holders)

        deadline = time.monotonic() + DEADLINE_S
        while not complete():
            self.assertLess(time.monotonic(), deadline, f"{command} at {node.number}: {sorted(last)} instead of {sorted(holders)}")
            time.sleep(0.1)


    def at_each(self, nodes, check):
        """Checks at all nodes at the same time: with dead ones around, a search takes a second."""
        with ThreadPoolExecutor(len(nodes)) as pool:
            list(pool.map(check, nodes))


class Discovery(DiscoveryCase):
    def test_a_third_of_thirty_nodes_dies(self):
        """Each of the others goes on finding everything that is held by somebody alive; the first node is among the dead."""
        seed = random.randrange(1 << 32)
        print(f"seed {seed}", file=sys.stderr)
        dice = random.Random(seed)
        nodes = {}
        for number in range(30):
            # Whom a node knows is chance; all that there is at first is the first one.
            join = [nodes[dice.choice(list(nodes))].address] if nodes else []
            nodes[number] = self.node(number, join=join)
            nodes[number].announce(f"file-{number}", number)
            if number % 3 == 0:
                nodes[number].announce("shared", 1000, size=123456789)
        everybody, holders = set(nodes), {number for number in nodes if number % 3 == 0}

        def finds_all(node):
            self.finds(node, "nodes", everybody)
            self.finds(node, "name shared", holders)
            self.finds(node, f"content {content(1000)}", holders)

        self.at_each(list(nodes.values()), finds_all)
        dead = {0} | set(dice.sample(sorted(everybody - {0}), 9))
        for number in dead:
            nodes[number].kill()
        alive = everybody - dead
        asked = {number: dice.choice(sorted(alive)) for number in sorted(alive)}

        def finds_living(node):
            self.finds(node, "nodes", alive, but=dead)
            self.finds(node, "name shared", holders - dead, but=dead)
            self.finds(node, f"content {content(1000)}", holders - dead, but=dead)
            self.finds(node, f"name file-{asked[node.number]}", {asked[node.number]})
            self.finds(node, f"content {content(asked[node.number])}", {asked[node.number]})

        self.at_each([nodes[number] for number in alive], finds_living)

        # Who comes later may know a dead node, as long as he knows one that is up; and is found himself.
        known = [nodes[0].address, nodes[dice.choice(sorted(alive))].address]
        client = self.node(join=known)
        self.finds(client, "nodes", alive, but=dead)
        self.finds(client, "name shared", holders - dead, but=dead)
        late = self.node(30, join=known)
        late.announce("shared", 1000, size=123456789)
        self.finds(client, "name shared", holders - dead | {30}, but=dead)
        self.finds(nodes[max(alive)], "nodes", alive | {30}, but=dead)

    def test_what_is_found_is_what_was_announced(self):
        first = self.node(7)
        name = "folder/größe with blank"
        first.announce(name, 5, size=2**63)
        client = self.node(join=[first.address])
        self.until(lambda: client.ask(f"name {name}") == [f"7 127.0.0.1 {first.port} {2**63} {content(5)} {name}"], "the holding by name")
        self.until(lambda: client.ask(f"content {content(5)}") == [f"7 127.0.0.1 {first.port} {2**63} {content(5)} {name}"], "the holding by id")
        self.assertEqual(client.ask("nodes"), [f"7 127.0.0.1 {first.port}"])
        self.assertEqual(client.ask("name folder"), [])
        self.assertEqual(client.ask(f"content {content(6)}"), [])

    def test_the_longest_names_and_many_holders(self):
        """More values than one datagram has room for."""
        name = "/".join("d" * length for length in (255, 255, 255, 200, 55))
        self.assertEqual(len(name), 1024)
        first = self.node(0)
        nodes = [first] + [self.node(number, join=[first.address]) for number in range(1, 12)]
        for node in nodes:
            node.announce(name, 5)
        self.finds(self.node(join=[nodes[-1].address]), f"name {name}", set(range(12)))
        # One byte more, and nobody would take it.
        first.announce(name + "x", 6)
        self.assertEqual(first.ask(f"content {content(6)}"), [])

    def test_a_node_alone_finds_what_it_has_itself(self):
        alone = self.node(3)
        alone.announce("mine", 1)
        self.assertEqual(alone.holders("name mine"), {3})
        self.assertEqual(alone.holders("nodes"), {3})
        self.assertEqual(alone.holders("name yours"), set())

    def test_networks_do_not_see_each_other(self):
        """Also when one's nodes are told to join the other's, and hold the same."""
        ours = self.node(1, network="ours")
        theirs = self.node(2, network="theirs", join=[ours.address])
        ours_too = self.node(3, network="ours", join=[ours.address, theirs.address])
        theirs_too = self.node(4, network="theirs", join=[theirs.address, ours.address])
        for node in (ours, theirs, ours_too, theirs_too):
            node.announce("same", 1)
        for _ in range(3):
            for members in ((ours, ours_too), (theirs, theirs_too)):
                numbers = {node.number for node in members}
                for node in members:
                    self.finds(node, "nodes", numbers)
                    self.finds(node, "name same", numbers)
                    self.finds(node, f"content {content(1)}", numbers)

    def test_nobody_answers(self):
        """A search ends, however many of the nodes to join are dead, and goes on when one of them comes up."""
        ports = [free_port() for _ in range(3)]
        join = [("127.0.0.1", port) for port in ports] + [("no-such-host.invalid", 1)]
        client = self.node(join=join)
        self.assertEqual(client.ask("name anything"), [])
        self.assertEqual(client.ask("nodes"), [])
        self.node(9, port=ports[1])
        self.finds(client, "nodes", {9})
        self.assertEqual(self.node().ask("nodes"), [])

    def test_parts_that_began_apart_come_together(self):
        """Whoever lists a node that is not up yet meets it later, though he has other neighbors."""
        port = free_port()
        first = self.node(1)
        second = self.node(2, join=[first.address, ("127.0.0.1", port)])
        self.finds(second, "nodes", {1, 2})
        late = self.node(3, port=port)
        late.announce("late", 3)
        self.finds(first, "name late", {3})
        self.finds(late, "nodes", {1, 2, 3})

    def test_what_is_withdrawn_is_not_found(self):
        """Long before it would have run out."""
        first = self.node(0)
        nodes = [first] + [self.node(number, join=[first.address]) for number in range(1, 10)]
        for node in nodes[:3]:
            node.announce("thing", 1)
        client = self.node(join=[nodes[5].address])
        self.finds(client, "name thing", {0, 1, 2})
        nodes[1].withdraw("thing", 1)
        self.until(lambda: client.holders("name thing") == {0, 2}, "the end of a withdrawn announcement")
        self.until(lambda: client.holders(f"content {content(1)}") == {0, 2}, "the end of a withdrawn announcement")
        nodes[1].announce("thing", 1)
        self.until(lambda: client.holders("name thing") == {0, 1, 2}, "an announcement that was withdrawn and made again")
        self.assertEqual(nodes[2].leave(), 0)
        self.until(lambda: client.holders("name thing") == {0, 1}, "the end of a node that left")
        self.until(lambda: client.holders("nodes") == set(range(10)) - {2}, "the end of a node that left")

    def test_host_names(self):
        by_name = self.node(1, host="localhost")
        self.finds(self.node(2, join=[("localhost", by_name.port)]), "nodes", {1, 2})

    @unittest.skipUnless(has_ipv6(), "this machine has no IPv6 loopback")
    def test_ipv6(self):
        by_ipv6 = self.node(3, host="::1")
        self.finds(self.node(4, join=[("::1", by_ipv6.port)]), "nodes", {3, 4})

    def test_a_port_that_is_taken(self):
        first = self.node(1)
        second = DiscoveryNode(self, number=2, port=first.port)
        self.assertEqual(second.process.wait(timeout=DEADLINE_S), PORT_IN_USE)
        self.assertIn(f"UDP port {first.port}", second.process.stderr.read())

    def test_the_end_comes_soon_whatever_was_announced(self):
        """A queue of announcements once kept a node for minutes. The latest of them are announced, the others never were."""
        first = self.node(1)
        nodes = [first] + [self.node(number, join=[first.address]) for number in (2, 3)]
        for join in ([first.address], [("127.0.0.1", free_port())]):
            busy = self.node(9, join=join)
            if join == [first.address]:
                self.finds(first, "nodes", {1, 2, 3, 9})
            for number in range(20_000):
                busy.tell(f"announce 1 {content(number)} name/{number}")
            for _ in range(20_000):
                self.assertEqual(busy.line(), "ok")
            if join == [first.address]:
                self.finds(nodes[1], "name name/19999", {9})
            self.assertEqual(busy.holders("name name/10000"), set())
            busy.process.send_signal(signal.SIGTERM)
            # A second is promised; a busy machine may have some more.
            self.assertEqual(busy.process.wait(timeout=20), 0)

    def test_the_end_comes_in_the_middle_of_a_search(self):
        first = self.node(1)
        for join in ([], [first.address], [("127.0.0.1", free_port())]):
            node = self.node(2, join=join)
            node.announce("a", 1)
            node.tell("unheard b")
            self.assertEqual(node.process.wait(timeout=DEADLINE_S), 0)


def setUpModule():
    if not os.access(PROGRAM, os.X_OK):
        sys.exit(f"{PROGRAM} is no program: build it (scripts/build dev) or set DISCOVERY_NODE")
    probe = subprocess.run([PROGRAM, "probe"], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if probe.returncode == USAGE and "there is no DHT" in probe.stderr:
        raise unittest.SkipTest(probe.stderr.strip())


if __name__ == "__main__":
    unittest.main()
