#!/usr/bin/env python3
"""A process that is watched: --status, --json-events, and what somebody who means harm can do to them."""

import base64
import contextlib
import json
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest
import urllib.parse
from pathlib import Path

from share_case import COMPLETE, INTERRUPTED, PORT_IN_USE, USAGE, ShareCase
from status_case import EventStream, StatusCase, ask, place_of, status_of
from swarm_case import DEADLINE_S, PEER_PROCESS, _bound, run_peer

TOKEN = "fhqwhgads-0123456789"
LARGE = 3_000_000
HARMFUL = 8


def bits(text, count):
    """The pieces of a bitfield of the schema."""
    data = base64.b64decode(text, validate=True)
    return [i for i in range(count) if data[i // 8] & 0x80 >> i % 8]


class Status(StatusCase):
    def test_a_swarm_is_watched_to_its_end(self):
        swarm = self.swarm([1001, 1002], size=LARGE, piece_size=4096)
        seed = swarm.start(1001, "--status", "0", "--linger", "3600")
        place = self.place(swarm, seed)
        self.assertEqual(ask(place, "/healthz")[::2], (200, "ok\n"))
        swarm.wait_until(lambda: ask(place, "/readyz")[0] == 200, "the seed to be ready")
        stream = EventStream(self, place, since=0)
        getter = swarm.start(1002, "--status", "unix:status", "--linger", "3600")
        other = self.place(swarm, getter)
        self.assertEqual((swarm.dir / "status").stat().st_mode & 0o777, 0o600)
        swarm.wait_until(lambda: status_of(swarm.dir / other)["state"]["complete"], "the getter to be complete")
        swarm.wait_until(lambda: status_of(place)["neighbors"][0]["complete"], "the seed to hear of it")
        self.check_complete(swarm, status_of(place), status_of(swarm.dir / other))
        getter.signal(signal.SIGTERM)
        seed.signal(signal.SIGTERM)
        events = [event for _, event in stream]  # up to its end, which the process' end is
        self.check_numbers(events)
        self.assertEqual(events[0] | {"time": 0, "run": ""}, {"seq": 1, "time": 0, "event": "started", "peer": 1001, "mode": "classic", "run": ""})
        self.assertEqual((events[-1]["event"], events[-1]["code"]), ("leaving", 0))
        self.assertEqual(sorted(each["piece"] for each in events if each["event"] == "have"), list(range(swarm.piece_count)))
        getter.expect_exit(0)
        seed.expect_exit(0)
        self.assertFalse((swarm.dir / "status").exists(), "the socket is removed")

    def check_complete(self, swarm, seed, getter):
        count = swarm.piece_count
        for status, peer_id, neighbor_id in ((seed, 1001, 1002), (getter, 1002, 1001)):
            self.assertEqual((status["peer"]["id"], status["peer"]["mode"]), (peer_id, "classic"))
            self.assertEqual(status["peer"]["address"], f"127.0.0.1:{swarm.ports[peer_id]}")
            content, neighbor = status["content"], status["neighbors"][0]
            self.assertEqual((content["name"], content["size"], content["pieces"], content["stored"], content["stored_bytes"]),
                             (swarm.name, LARGE, count, count, LARGE))
            self.assertEqual(bits(content["have"], count), list(range(count)))
            self.assertEqual((neighbor["id"], neighbor["linked"], neighbor["complete"], neighbor["pieces"]), (neighbor_id, True, True, count))
            self.assertEqual(bits(neighbor["have"], count), list(range(count)))
            self.assertEqual((status["state"]["name"], status["state"]["ready"], status["stuck"]), ("serving", True, None))
            self.assertEqual((status["swarm"]["complete"], status["swarm"]["known"], status["swarm"]["rarest_copies"]), (2, 2, 2))
            self.assertEqual(len(status["history"]["received"]), len(status["history"]["sent"]))
        self.assertGreaterEqual(getter["totals"]["received_bytes"], LARGE)
        self.assertEqual(getter["totals"]["pieces_stored"], count)
        self.assertEqual(seed["totals"]["sent_bytes"], getter["totals"]["received_bytes"])
        self.assertEqual(seed["neighbors"][0]["sent_bytes"], seed["totals"]["sent_bytes"])

    def test_why_nothing_goes_on(self):
        swarm = self.swarm([1001, 1002, 1003], seeds=[])
        waiting = swarm.start(1003, "--status", "0")
        swarm.start(1002)
        place = self.place(swarm, waiting)
        swarm.wait_until(lambda: status_of(place)["stuck"], "the reason")
        status = status_of(place)
        self.assertEqual(status["stuck"]["kind"], "nobody_holds")
        self.assertRegex(status["stuck"]["text"], "^no live peer holds pieces 0, 1, 2 ")
        self.assertEqual((status["stuck"]["pieces"], status["stuck"]["piece_count"]), ([0, 1, 2], swarm.piece_count))
        self.assertGreater(status["waiting"]["nobody_holds"], 9)
        self.assertEqual(status["waiting"]["choked"], 0)
        stuck = [each for each in status["events"]["recent"] if each["event"] == "stuck"]
        self.assertEqual([each["text"] for each in stuck], [status["stuck"]["text"]])
        self.assertIn('peerprocess_stuck{kind="nobody_holds"} 1\n', ask(place, "/metrics")[2])
        absent = next(each for each in status["neighbors"] if each["id"] == 1001)
        self.assertEqual((absent["linked"], absent["fault"], absent["have"]), (False, "refused", None))

    def test_a_stream_goes_on_where_it_was_cut(self):
        swarm = self.swarm()
        seed = swarm.start(1001, "--status", "0", "--exit-when", "never")
        place = self.place(swarm, seed)
        swarm.start(1002)
        swarm.wait_until(lambda: status_of(place)["swarm"]["complete"] == 2, "both to be complete")
        first = EventStream(self, place, since=0)
        seen = [number for number, _ in (next(iter(first)) for _ in range(5))]
        self.assertEqual(seen, [1, 2, 3, 4, 5])
        again = iter(EventStream(self, place, last_event_id=5))
        self.assertEqual([next(again)[0] for _ in range(5)], [6, 7, 8, 9, 10])
        lost = iter(EventStream(self, place, last_event_id=10 ** 6))
        self.assertEqual(next(lost)[1] | {"time": 0}, {"seq": 0, "time": 0, "event": "gap", "missed": 0, "restarted": True})
        self.assertEqual(next(lost)[0], 1)

    def test_events_as_lines(self):
        swarm = self.swarm()
        swarm.start(1001, "--json-events")
        swarm.start(1002)
        swarm.finish()
        # Its stdout and stderr are one file.
        events = [json.loads(line) for line in swarm.lives[0].stderr().splitlines() if line.startswith("{")]
        self.check_numbers(events)
        self.assertEqual((events[0]["event"], events[-1]["event"], events[-1]["code"]), ("started", "leaving", 0))
        self.assertIn("swarm_completed", [each["event"] for each in events])

    def test_an_ID_behind_json_events_is_an_ID(self):
        swarm = self.swarm()
        done = run_peer(swarm.dir, "--json-events", "1001", "--exit-when", "self", "--progress", "none")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.check_numbers([json.loads(line) for line in done.stdout.splitlines()])

    def test_a_reader_of_lines_that_does_not_read_holds_nobody_up(self):
        swarm = self.swarm(size=1_000_000, piece_size=128)
        swarm.start(1002)
        command = [PEER_PROCESS, "1001", "--json-events", "--progress", "none"]
        with subprocess.Popen(command, cwd=swarm.dir, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE) as silent:
            self.addCleanup(silent.kill)
            self.assertEqual(silent.wait(DEADLINE_S), 0)
        swarm.lives[0].expect_exit(0)

    def test_what_is_refused_at_the_start(self):
        swarm = self.swarm()
        (swarm.dir / "precious").write_text("mine")
        (swarm.dir / "token").write_text(TOKEN + "\n")
        (swarm.dir / "token").chmod(0o644)
        holder = _bound("127.0.0.1", 0)
        self.addCleanup(holder.close)
        holder.listen()
        port = holder.getsockname()[1]
        for options, code, reason in [
                (["--status", "0.0.0.0:0"], USAGE, "--status http://0.0.0.0:[0-9]+/ can be reached from other machines"),
                (["--status", "nonsense"], USAGE, '"nonsense" is no place, expected PORT, HOST:PORT'),
                (["--status", "::1:80"], USAGE, "is no place"),
                (["--status", "unix:precious"], 17, "something that is no socket has this name"),
                (["--status", f"127.0.0.1:{port}"], PORT_IN_USE, f"127.0.0.1:{port}: the port is in use"),
                (["--status", "0", "--status-token", "token"], 66, "chmod 600 token"),
                (["--status", "0", "--status-token", "absent"], 66, "there is no such token file; make one with"),
                (["--status-token", "token"], USAGE, "there is no --status"),
                (["--json-events=99"], USAGE, "descriptor 99 is not open for writing"),
                (["--json-events=x"], USAGE, "expected the number of a descriptor, as in --json-events=3")]:
            with self.subTest(options):
                done = run_peer(swarm.dir, "1001", "--progress", "none", *options)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertRegex(done.stderr, reason)
                self.assertNotIn(TOKEN, done.stdout + done.stderr)
        self.assertEqual((swarm.dir / "precious").read_text(), "mine")

    def test_a_token_is_wanted_and_never_told(self):
        swarm = self.swarm()
        token = swarm.dir / "token"
        token.touch(0o600)
        token.write_text(TOKEN + "\n")
        peer = swarm.start(1001, "--status", "0", "--status-token", "token", "--exit-when", "never", "--log-level", "debug", "--json-events")
        place = self.place(swarm, peer)
        said = ""
        for headers, code in [({}, 401), ({"Authorization": f"Bearer {TOKEN}x"}, 401), ({"Authorization": f"Bearer {TOKEN}"}, 200)]:
            for path in ("/status.json", "/metrics"):
                answer = ask(place, path, headers)
                self.assertEqual(answer[0], code)
                said += str(answer)
        for path in ("/", "/healthz"):  # the page asks for it, and probes can say none
            self.assertEqual(ask(place, path)[0], 200)
        self.assertIn(ask(place, "/readyz")[::2], [(200, "ready\n"), (503, "not ready\n")])
        swarm.wait_until(lambda: ask(place, "/readyz")[0] == 200, "the seed to be ready")
        peer.signal(signal.SIGTERM)
        peer.expect_exit(0)
        self.assertNotIn(TOKEN, said + peer.stderr())

    def test_another_name_is_refused(self):
        swarm = self.swarm()
        peer = swarm.start(1001, "--status", "0", "--exit-when", "never")
        place = self.place(swarm, peer)
        for host in ("evil.example", f"evil.example:{place[1]}", "localhost.evil.example"):
            self.assertEqual(ask(place, "/status.json", {"Host": host})[0], 403)
        self.assertEqual(ask(place, "/status.json", {"Host": f"localhost:{place[1]}"})[0], 200)

    def test_whoever_means_harm_stops_neither_the_exchange_nor_the_end(self):
        swarm = self.swarm([1001, 1002], size=LARGE, piece_size=4096)
        place = None
        for peer_id in swarm.ids:
            peer = swarm.start(peer_id, "--status", "0", "--limit-down", "1M")
            place = place or self.place(swarm, peer)
        hostile = [socket.socket() for _ in range(300)]
        for each in hostile:
            self.addCleanup(each.close)
            each.settimeout(DEADLINE_S if each in hostile[:HARMFUL] else 0)
            each.connect_ex(place)
        request = b"GET /status.json HTTP/1.1\r\nHost: localhost\r\n"
        for i, text in enumerate([b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000000\r\n\r\n" + b"x" * 10_000,
                                  request + b"X: " + b"y" * 1_000_000, request + b"\r\n" + (request + b"\r\n") * 1000,
                                  b"GET /../../etc/passwd HTTP/1.1\r\nHost: localhost\r\n\r\n", b"\0" * 1000, b"GET",
                                  b"GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n", request + b"Transfer-Encoding: chunked\r\n\r\nffffffff\r\n"]):
            hostile[i].settimeout(0)
            with contextlib.suppress(OSError):  # refused, or not taken: both are well
                hostile[i].sendall(text)
        swarm.finish()

    def test_a_socket_of_a_killed_process_is_replaced(self):
        swarm = self.swarm()
        first = swarm.start(1001, "--status", "unix:s", "--exit-when", "never")
        self.place(swarm, first)
        first.kill()
        self.assertTrue((swarm.dir / "s").is_socket())
        second = swarm.start(1001, "--status", "unix:s", "--exit-when", "never")
        self.place(swarm, second)
        self.assertEqual(status_of(swarm.dir / "s")["peer"]["id"], 1001)


class SharedFolders(ShareCase):
    def test_share_and_get_are_watched(self):
        data = self.random_bytes(3_000_000)
        sharer = self.share({"a/<b>.bin": data, "c.bin": b"small"}, "--status", "0", "--json-events=2")
        place = place_of(sharer.stderr())
        self.wait_until(lambda: ask(place, "/readyz")[0] == 200, "the sharer to be ready")
        getter = self.start_get("a/<b>.bin", "--status", "unix:get", "--keep", "--json-events")
        self.wait_until(lambda: (self.dir / "get").exists(), "the getter's socket", getter)
        self.wait_until(lambda: status_of(self.dir / "get")["state"]["complete"], "the file", getter)
        given, got = status_of(place), status_of(self.dir / "get")
        self.assertEqual((given["content"]["kind"], given["content"]["files"], given["content"]["files_done"]), ("library", 2, 2))
        self.assertEqual(given["content"]["size"], len(data) + 5)
        self.assertEqual(given["totals"]["sent_bytes"], len(data))
        self.assertEqual((got["content"]["kind"], got["content"]["name"], got["content"]["stored_bytes"]), ("file", "a/<b>.bin", len(data)))
        self.assertEqual(got["content"]["id"], sharer.offered()["a/<b>.bin"])
        self.assertEqual(got["totals"]["received_bytes"], len(data))
        self.assertEqual((got["peer"]["mode"], got["state"]["name"], got["state"]["exit_when"]), ("get", "serving", "never"))
        self.assertEqual(getter.end(), COMPLETE)
        events = getter.lines()
        self.assertEqual([each["seq"] for each in events], list(range(1, len(events) + 1)))
        self.assertEqual({each["content"] for each in events if each["event"] == "piece_stored"}, {"a/<b>.bin"})
        self.assertEqual(events[-1]["event"], "leaving")
        told = [json.loads(line) for line in sharer.stderr().splitlines() if line.startswith("{")]
        self.assertIn(("visit_began", "a/<b>.bin"), [(each["event"], each.get("content")) for each in told])
        self.assertEqual(sorted(each["content"] for each in told if each["event"] == "offered"), ["a/<b>.bin", "c.bin"])

    def test_a_get_of_many_is_watched(self):
        files = {f"d/{i}": self.random_bytes(1000, i) for i in range(5)}
        self.share(files)
        done = self.start_get("d/", "--status", "unix:get", "--json-events").expect(COMPLETE)
        events = done.lines()
        self.assertEqual({each["content"] for each in events if each["event"] == "file_completed"}, set(files))
        self.assertEqual((events[-1]["event"], events[-1]["code"]), ("leaving", 0))

    def test_a_search_is_watched(self):
        self.share({"a": b"a"})
        getter = self.start_get("b", "--timeout", str(DEADLINE_S), "--status", "unix:get")
        self.wait_until(lambda: (self.dir / "get").exists(), "the getter's socket", getter)
        self.wait_until(lambda: status_of(self.dir / "get")["state"]["name"] == "searching", "it to search", getter)
        status = status_of(self.dir / "get")
        self.assertEqual((status["content"]["name"], status["content"]["pieces"], status["state"]["ready"]), ("b", 0, False))
        self.assertIsNotNone(status["state"]["leaves_at"])
        self.assertEqual(ask(self.dir / "get", "/readyz")[0], 503)
        self.assertEqual(getter.end(), INTERRUPTED)


class Prometheus(StatusCase):
    def test_the_format_is_right(self):
        promtool = shutil.which("promtool")
        if not promtool:
            self.skipTest("promtool (package prometheus) is not installed")
        swarm = self.swarm()
        place = self.place(swarm, swarm.start(1001, "--status", "0", "--exit-when", "never"))
        done = subprocess.run([promtool, "check", "metrics"], input=ask(place, "/metrics")[2], capture_output=True, text=True, check=False)
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))

    def test_a_real_one_scrapes(self):
        prometheus = shutil.which("prometheus")
        if not prometheus:
            self.skipTest("prometheus is not installed")
        swarm = self.swarm()
        place = self.place(swarm, swarm.start(1001, "--status", "0", "--exit-when", "never"))
        folder = Path(self.enterContext(tempfile.TemporaryDirectory(ignore_cleanup_errors=True)))
        (folder / "p.yml").write_text(json.dumps({"global": {"scrape_interval": "1s", "scrape_timeout": "900ms"}, "scrape_configs": [
            {"job_name": "swarm", "static_configs": [{"targets": [f"127.0.0.1:{place[1]}"]}]}]}))
        with _bound("127.0.0.1", 0) as holder:
            port = holder.getsockname()[1]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen([prometheus, f"--config.file={folder / 'p.yml'}", f"--storage.tsdb.path={folder / 'data'}",
                                       f"--web.listen-address=127.0.0.1:{port}", "--log.level=warn"], stdout=log, stderr=log)
        self.addCleanup(server.wait)
        self.addCleanup(server.terminate)
        swarm.wait_until(lambda: self.query(port, "up") == ["1"], f"the first scrape: {(folder / 'log').read_text()}")
        self.assertEqual(self.query(port, 'peerprocess_content_pieces_stored'), [str(swarm.piece_count)])
        self.assertEqual(self.query(port, 'peerprocess_info{peer="1001",mode="classic"}'), ["1"])

    @staticmethod
    def query(port, expression):
        try:
            answer = json.loads(ask(("127.0.0.1", port), "/api/v1/query?" + urllib.parse.urlencode({"query": expression}))[2])
        except (OSError, json.JSONDecodeError):
            return []
        return [each["value"][1] for each in answer["data"]["result"]]


if __name__ == "__main__":
    unittest.main()
