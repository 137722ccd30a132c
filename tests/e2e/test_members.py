#!/usr/bin/env python3
"""Nodes of a network know each other: any that is up is a way in, the first may die, and visitors leave no trace."""

import hashlib
import selectors
import signal
import socket
import threading
import unittest

from share_case import COMPLETE, ShareCase, kill_now
from swarm_case import DEADLINE_S
from wire_link import HEADER

MARK, FETCH_MEMBERS = 0x80, 0x08
MEMBERS, INTRODUCTION = 10, 11


def introduction(port=0, leaving=False):
    return (4).to_bytes(4, "big") + bytes([INTRODUCTION]) + port.to_bytes(2, "big") + bytes([leaving])


class MembersCase(ShareCase):
    def key(self, network=None):
        return hashlib.sha256(b"peerProcess members\n" + (network or self.network).encode()).digest()[:8]

    def ask(self, sharer, behind=introduction(), network=None, peer_id=77):
        """What a node answers to a question for members; empty when it says nothing."""
        with socket.create_connection(("127.0.0.1", sharer.port), timeout=DEADLINE_S) as link:
            link.sendall(HEADER + bytes([MARK, FETCH_MEMBERS]) + self.key(network) + peer_id.to_bytes(4, "big") + behind)
            answer = b""
            try:
                while part := link.recv(65536):
                    answer += part
            except ConnectionError:
                pass
            return answer

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
        self.assertEqual(question[20:28], self.key())
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


class Crowd:
    """Members that mean harm: each answers a question for members with addresses that are none, and is silent to all else."""

    def __init__(self, case, count, key):
        self._select = selectors.DefaultSelector()
        self._key, self._named, self._over = key, 0, False
        self.ports, self.questions = [], 0
        for number in range(count):
            listener = socket.create_server(("127.0.0.1", 0), backlog=64)
            listener.setblocking(False)
            self.ports.append(listener.getsockname()[1])
            self._select.register(listener, selectors.EVENT_READ, number)
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        case.addCleanup(self.close)

    def close(self):
        self._over = True
        self._thread.join()
        for key in list(self._select.get_map().values()):
            key.fileobj.close()
        self._select.close()

    def _run(self):
        while not self._over:
            for key, _ in self._select.select(timeout=0.05):
                if isinstance(key.data, int):
                    link = key.fileobj.accept()[0]
                    link.setblocking(False)
                    self._select.register(link, selectors.EVENT_READ, (key.data, bytearray()))
                else:
                    self._take(key.fileobj, *key.data)

    def _take(self, link, number, said):
        try:
            part = link.recv(4096)
            said += part
            if part and len(said) >= 40 and said[19] == FETCH_MEMBERS:
                text = self._list().encode()
                link.setblocking(True)
                link.sendall(HEADER + bytes([MARK, 0]) + self._key + (5000 + number).to_bytes(4, "big") +
                             (1 + len(text)).to_bytes(4, "big") + bytes([MEMBERS]) + text)
                part = b""
        except OSError:
            part = b""
        if not part:
            self._select.unregister(link)
            link.close()

    def _list(self):
        """A thousand addresses at which nobody listens, others each time."""
        self.questions += 1
        self._named += 1000
        return "peerProcess members 1\n" + "".join(
            f"127.{1 + i // 60000 % 200}.{i // 250 % 240}.{1 + i % 250}:9 {i} 0\n".replace(":9 ", f":{10000 + i % 50000} ")
            for i in range(self._named - 1000, self._named))


class HostileMembers(MembersCase):
    def test_a_crowd_of_silent_members_that_name_thousands(self):
        """An honest holder is found among 200 of them, by a `get` that knows a node which knows them all."""
        way_in = self.share({"other": b"1"})
        data = self.random_bytes(300_000)
        holder = self.share({"f": data})
        crowd = Crowd(self, 200, self.key())
        for port in crowd.ports:
            self.assertTrue(self.ask(way_in, introduction(port)))
        everybody = {holder.address} | {f"127.0.0.1:{port}" for port in crowd.ports}
        self.wait_until(lambda: everybody <= self.members_of(way_in), "the crowd to be known")
        for run in range(3):
            self.get(COMPLETE, "f", "--out", self.dir / f"out{run}", join=[way_in.address])
            self.assert_file(self.dir / f"out{run}" / "f", data)
        self.assertGreater(crowd.questions, 200)
        # What they name is told to nobody.
        self.assertLessEqual(self.members_of(way_in), everybody)


if __name__ == "__main__":
    unittest.main()
