"""A directory with made logs, the page of `swarm report` for them, and a recount that uses none of the report's code."""

import base64
import json
import re
import subprocess
import sys

from support import HERE, PATIENCE_S, SCRIPTS, InDirectory

sys.path.insert(0, str(HERE.parents[1] / "bench"))

import made_logs  # noqa: E402

from swarmlib import page  # noqa: E402
from swarmlib.history import read_history  # noqa: E402


def unpack(text):
    """Numbers of the page's data, read as its script reads them."""
    numbers, number, scale = [], 0, 1
    for byte in base64.b64decode(text):
        number += (byte & 127) * scale
        scale *= 128
        if byte < 128:
            numbers.append(number)
            number, scale = 0, 1
    return numbers


def timed(text, size, tick=1):
    """Records of so many numbers, the first of them a difference of times, as (time, others...)."""
    numbers, time, records = unpack(text), 0, []
    for i in range(0, len(numbers), size):
        time += numbers[i] * tick
        records.append((time, *numbers[i + 1 : i + size]))
    return records


class Recount:
    """What the lines of made logs say, counted without any of the report's code."""

    def __init__(self, logs):
        self.peers = list(logs)
        self.begin = min(time for events in logs.values() for time, _ in events)
        self.events = {peer: [(time - self.begin, text) for time, text in events] for peer, events in logs.items()}

    def fed(self, until):
        """(receiver, giver): pieces."""
        counts = {}
        for peer, events in self.events.items():
            for time, text in events:
                if time <= until and (match := re.search(r"the piece \d+ from (\d+)\.", text)):
                    counts[peer, int(match[1])] = counts.get((peer, int(match[1])), 0) + 1
        return counts

    def arrivals(self, peer):
        """{piece: (time, giver)}."""
        found = {}
        for time, text in self.events[peer]:
            if match := re.search(r"downloaded the piece (\d+) from (\d+)\.", text):
                found[int(match[1])] = time, int(match[2])
        return found

    def unchoked_by(self, peer, until):
        state = set()
        for time, text in self.events[peer]:
            if time <= until and (match := re.search(r"is (un)?choked by (\d+)\.", text)):
                (state.add if match[1] else state.discard)(int(match[2]))
        return state

    def last(self, peer, phrase, until):
        found = [re.findall(r"\d+", text.split(phrase)[1]) for time, text in self.events[peer] if time <= until and phrase in text]
        return [int(number) for number in found[-1]] if found else []

    def completed(self, peer):
        return next((time for time, text in self.events[peer] if "complete file" in text), None)


class ReportCase(InDirectory):
    PEERS, PIECES = 6, 50

    def write(self, shifts={}, **options):
        logs = made_logs.make(self.PEERS, self.PIECES, **options)
        made_logs.write(self.dir, logs, self.PIECES, shifts)
        return logs

    def data(self, run=None):
        """What the page of the directory holds."""
        content = page.render(read_history(self.dir, run), "a swarm").decode()
        return json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', content, re.S)[1])

    def report(self, *arguments, **options):
        return subprocess.run([SCRIPTS / "swarm", "report", self.dir, *arguments], stdin=subprocess.DEVNULL, capture_output=True, timeout=PATIENCE_S, **options)

    def fed(self, data, until=float("inf")):
        ids, counts = [peer["id"] for peer in data["peers"]], {}
        for peer in data["peers"]:
            for time, source, count in timed(peer["got"], 3, data["tick"]):
                if time <= until and source >= 2:
                    key = peer["id"], ids[source // 2 - 1]
                    counts[key] = counts.get(key, 0) + count
        return counts

    def check_links(self, peer, ids, count, until):
        unchoked = set()
        for time, code in timed(peer["chokes"], 2):
            if time <= until:
                (unchoked.add if code % 2 else unchoked.discard)(ids[code // 2])
        self.assertEqual(unchoked, count.unchoked_by(peer["id"], until))
        numbers, time, preferred, optimistic = unpack(peer["chosen"]), 0, [], []
        i = 0
        while i < len(numbers):
            time += numbers[i]
            if numbers[i + 1] == 1:
                optimistic = [ids[numbers[i + 2] - 1]] if time <= until else optimistic
                i += 3
            else:
                end = i + 3 + numbers[i + 2]
                preferred = [ids[number] for number in numbers[i + 3 : end]] if time <= until else preferred
                i = end
        self.assertEqual(preferred, count.last(peer["id"], "preferred neighbors", until))
        self.assertEqual(optimistic, count.last(peer["id"], "optimistically unchoked neighbor", until))
