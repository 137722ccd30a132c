#!/usr/bin/env python3
"""Nodes of a network know each other: any that is up is a way in, the first may die, and visitors leave no trace."""

import os
import selectors
import signal
import socket
import time
import unittest

from member_link import FETCH_MEMBERS, MARK, MEMBERS, Crowd, ask, introduction, key_of
from share_case import COMPLETE, ShareCase, kill_now
from swarm_case import DEADLINE_S
from wire_link import HEADER


class MembersCase(ShareCase):
    def ask(self, sharer, behind=introduction(), network=None):
        return ask(sharer.port, key_of(network or self.network), behind, patience_s=DEADLINE_S)

    def members_of(self, sharer):
        """The addresses that it tells others of."""
        answer = self.ask(sharer)
        self.assertEqual(answer[:20], HEADER + bytes([MARK, 0]))
        self.assertEqual(answer[36], MEMBERS)
        text = answer[37:].decode()
        self.assertEqual(int.from_bytes(answer[32:36], "big"), 1 + len(text))
        lines = text.split("\n")
        self.assertEqual((lines[0], lines[-1]), ("peerProcess members 1", ""))
        for line in lines[1:-1]:
            self.assertRegex(line, r"\A\S+:\d+ \d+ \d+\Z")
        return {line.split()[0] for line in lines[1:-1]}

    def all_know_each_other(self, sharers):
        everybody = {each.address for each in sharers}
        self.wait_until(lambda: all(self.members_of(each) == everybody - {each.address} for each in sharers), "all to know each other")


class Members(MembersCase):
    def test_any_node_leads_to_all_and_the_first_may_die(self):
        sharers = [self.share({f"f{i}": bytes([i]) * 1000}) for i in range(4)]
        self.all_know_each_other(sharers)
        kill_now(sharers[0])
        for way_in in sharers[1:]:
            self.assertEqual({each["name"] for each in self.ls(join=[way_in.address])}, {"f1", "f2", "f3"})
            self.get(COMPLETE, "f3", "--out", self.dir / way_in.address, join=[way_in.address])
            self.assert_file(self.dir / way_in.address / "f3", bytes([3]) * 1000)
        # Those who come now find the rest through any of them.
        late = self.share({"late": b"1"}, join=[sharers[2].address])
        self.wait_until(lambda: {each["name"] for each in self.ls(join=[sharers[1].address])} == {"f1", "f2", "f3", "late"}, "the late one to be known")
        self.assertNotIn(sharers[0].address, self.members_of(late))

    def test_who_leaves_is_forgotten_at_once(self):
        sharers = [self.share({f"f{i}": bytes([i])}) for i in range(3)]
        self.all_know_each_other(sharers)
        self.assertEqual(sharers[1].end(), COMPLETE)
        for other in (sharers[0], sharers[2]):
            self.assertNotIn(sharers[1].address, self.members_of(other))

    def test_visitors_leave_no_trace(self):
        sharer = self.share({"a": b"1"})
        self.ls()
        self.get(COMPLETE, "a", "--out", self.dir / "out")
        self.assertEqual(self.members_of(sharer), set())

    def test_only_who_answers_is_told_to_others(self):
        sharer = self.share({"a": b"1"})
        silent = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(silent.close)
        self.assertTrue(self.ask(sharer, introduction(silent.getsockname()[1])))
        silent.settimeout(DEADLINE_S)
        # It is asked back.
        link = silent.accept()[0]
        self.addCleanup(link.close)
        link.settimeout(DEADLINE_S)
        question = link.recv(40, socket.MSG_WAITALL)
        self.assertEqual(question[:20], HEADER + bytes([MARK, FETCH_MEMBERS]))
        self.assertEqual(question[20:28], key_of(self.network))
        self.assertEqual(question[32:], introduction(sharer.port))
        self.assertEqual(self.members_of(sharer), set())

    def test_other_networks_are_told_nothing(self):
        sharer = self.share({"a": b"1"})
        self.assertEqual(self.ask(sharer, network=self.network + "x"), b"")

    def test_an_introduction_that_is_none(self):
        sharer = self.share({"a": b"1"})
        for wrong in (b"\xff" * 8, introduction(0, True), introduction(5000)[:4] + b"\x09" + introduction(5000)[5:]):
            self.assertEqual(self.ask(sharer, wrong), b"")
        self.assertEqual(self.members_of(sharer), set())
        self.assertEqual(sharer.end(signal.SIGTERM), COMPLETE)


class HostileMembers(MembersCase):
    def crowd(self, count, lines=None):
        crowd = Crowd(count, key_of(self.network), lines)
        self.addCleanup(crowd.close)
        return crowd

    def introduce(self, crowd, way_in):
        for port in crowd.ports:
            self.assertTrue(self.ask(way_in, introduction(port)))

    def test_a_crowd_of_silent_members_that_name_thousands(self):
        """An honest holder is found among 200 of them, by a `get` that knows a node which knows them all."""
        way_in = self.share({"other": b"1"})
        data = self.random_bytes(300_000)
        holder = self.share({"f": data})
        crowd = self.crowd(200)
        self.introduce(crowd, way_in)
        everybody = {holder.address} | {f"127.0.0.1:{port}" for port in crowd.ports}
        self.wait_until(lambda: everybody <= self.members_of(way_in), "the crowd to be known")
        for run in range(3):
            self.get(COMPLETE, "f", "--out", self.dir / f"out{run}", join=[way_in.address])
            self.assert_file(self.dir / f"out{run}" / "f", data)
        self.assertGreater(crowd.questions, 200)
        # What they name is told to nobody.
        self.assertLessEqual(self.members_of(way_in), everybody)

    def listener(self, port=0):
        listener = socket.create_server(("127.0.0.1", port), backlog=8)
        listener.setblocking(False)
        self.addCleanup(listener.close)
        return listener

    def test_what_members_name_is_dialled_so_often_a_minute(self):
        """60 at once, then one a second, of the 400 addresses that one of them names, at which somebody accepts."""
        listeners = [self.listener() for _ in range(400)]
        select = selectors.DefaultSelector()
        self.addCleanup(select.close)
        for listener in listeners:
            select.register(listener, selectors.EVENT_READ)
        way_in = self.share({"other": b"1"})
        crowd = self.crowd(1, lambda: "".join(f"127.0.0.1:{each.getsockname()[1]} 7 0\n" for each in listeners))
        dialled, first = 0, time.monotonic()
        self.introduce(crowd, way_in)
        deadline = time.monotonic() + DEADLINE_S
        while dialled < 64:
            self.assertLess(time.monotonic(), deadline, f"{dialled} were dialled")
            for key, _ in select.select(timeout=0.05):
                key.fileobj.accept()[0].close()
                dialled += 1
            self.assertLessEqual(dialled, 60 + (time.monotonic() - first) + 1)
        self.assertEqual(self.members_of(way_in), {f"127.0.0.1:{port}" for port in crowd.ports})

    def assert_never_dialled(self, line, listener):
        """What is named so, beside an address that is right where `line` alone is wrong."""
        way_in = self.share({"other": b"1"}, join=[])
        crowd = self.crowd(1, lambda: line)

        def asked():
            # Whoever gives no list is asked again only when it comes again.
            self.introduce(crowd, way_in)
            return crowd.questions >= 3

        # Whatever it has named could have been dialled by then.
        self.wait_until(asked, "the member to be asked three times")
        self.assertRaises(BlockingIOError, listener.accept)

    def test_names_of_hosts_are_not_looked_up(self):
        listener = self.listener()
        self.assert_never_dialled(f"localhost:{listener.getsockname()[1]} 7 0\n", listener)

    @unittest.skipUnless(os.geteuid() == 0, "only root listens on ports below 1024")
    def test_ports_of_other_services_are_not_dialled(self):
        for port in range(1023, 512, -1):
            try:
                listener = self.listener(port)
                break
            except OSError:
                continue
        self.assert_never_dialled(f"127.0.0.1:{port} 7 0\n", listener)


if __name__ == "__main__":
    unittest.main()
