"""Processes that are watched: what the tests of --status have in common."""

import http.client
import json
import re
import socket

from swarm_case import DEADLINE_S, SwarmCase


class UnixConnection(http.client.HTTPConnection):
    """HTTP by a Unix socket."""

    def __init__(self, path):
        super().__init__("localhost", timeout=DEADLINE_S)
        self._path = str(path)

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(self.timeout)
        self.sock.connect(self._path)


def place_of(text):
    """Where a process serves its status, by its stderr; None as long as it has not said so."""
    found = re.search(r"^status: (?:http://127\.0\.0\.1:(\d+)/|unix:(.+))$", text, re.MULTILINE)
    if not found:
        return None
    return ("127.0.0.1", int(found[1])) if found[1] else found[2]


def connect(place):
    return http.client.HTTPConnection(*place, timeout=DEADLINE_S) if isinstance(place, tuple) else UnixConnection(place)


def ask(place, path, headers=None, method="GET"):
    """Status code, headers and body."""
    connection = connect(place)
    try:
        connection.request(method, path, headers=headers or {})
        response = connection.getresponse()
        return response.status, response.headers, response.read().decode()
    finally:
        connection.close()


def status_of(place, headers=None):
    return json.loads(ask(place, "/status.json", headers)[2])


class EventStream:
    """An open stream of /events."""

    def __init__(self, case, place, since=None, last_event_id=None):
        self._connection = connect(place)
        case.addCleanup(self._connection.close)
        headers = {} if last_event_id is None else {"Last-Event-ID": str(last_event_id)}
        self._connection.request("GET", "/events" if since is None else f"/events?since={since}", headers=headers)
        self._response = self._connection.getresponse()
        case.assertEqual(self._response.status, 200)
        case.assertEqual(self._response.headers["Content-Type"], "text/event-stream")

    def __iter__(self):
        """The events up to the end of the stream, as (number in the id line, object)."""
        number = None
        for line in self._response:
            line = line.decode().rstrip("\n")
            if line.startswith("id: "):
                number = int(line[4:])
            elif line.startswith("data: "):
                yield number, json.loads(line[6:])


class StatusCase(SwarmCase):
    def place(self, swarm, peer):
        """Where our peer serves its status, as soon as it does."""
        swarm.wait_until(lambda: place_of(peer.stderr()), "the place of the status")
        return place_of(peer.stderr())

    def check_numbers(self, objects):
        """From the first on there is no hole."""
        self.assertEqual([each["seq"] for each in objects], list(range(1, len(objects) + 1)))
