#!/usr/bin/env python3
"""The dashboard's page in a headless Chromium, before a made-up peer: what it shows, says and never does.

Skipped where Chromium and chromedriver are not installed; the check of accessibility also where axe-core is not, which is
looked for at AXE_CORE (the path of axe.min.js) and in node_modules of npm.
"""

import os
import re
import subprocess
import sys
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path += [str(ROOT / "scripts"), str(ROOT / "tests" / "support")]
from status_stub import StatusStub, away, document, neighbor  # noqa: E402

from swarmlib import browser  # noqa: E402

PIECES = 240
ARROW_DOWN, END, ENTER, TAB = "\ue015", "\ue010", "\ue007", "\ue004"
CHOKED = {"kind": "choked", "text": "choked by all 3 neighbors for 12 s", "since": 1e9, "pieces": [0], "piece_count": 120, "peers": [1001], "peer_count": 3}
RECENT = {"last": 7, "first": 1, "recent": [{"seq": 7, "time": 1e9, "event": "choked_by", "peer": 1001}]}
HOSTILE = "<img src=x onerror=window.evil=1><script>window.evil=1</script>"


def axe_core():
    """The path of axe.min.js, or None."""
    named = os.environ.get("AXE_CORE")
    try:
        folders = [subprocess.run(["npm", "root", *where], capture_output=True, text=True, check=True, cwd=ROOT).stdout.strip() for where in ([], ["-g"])]
    except (OSError, subprocess.CalledProcessError):
        folders = []
    found = [Path(path) for path in [named, *(f"{folder}/axe-core/axe.min.js" for folder in folders)] if path and Path(path).is_file()]
    return found[0] if found else None


def five(**changes):
    """A peer with five others: a seed that serves it, one exchanged with, one only served, one idle, one away."""
    return document(neighbors=[
        neighbor(1001, PIECES, PIECES, received_rate=4.2e6), neighbor(1003, 150, PIECES, received_rate=1.6e6, sent_rate=2.1e6),
        neighbor(1004, 90, PIECES, sent_rate=8e5, chokes_us=True), neighbor(1005, 200, PIECES, chokes_us=True, choked=True), away(1006, PIECES)], **changes)


def many(count=200):
    return document(neighbors=[neighbor(1003 + i, i % (PIECES + 1), PIECES, received_rate=1e5 * (i % 3), chokes_us=i % 3 == 0) for i in range(count)])


def fields_of(section):
    """The fields that docs/STATUS.md has in the table of a section."""
    text = re.search(rf"^##+ `{re.escape(section)}`$(.*?)(?=^##)", (ROOT / "docs" / "STATUS.md").read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)[1]
    names = re.findall(r"^\| ((?:`\w+`(?:, )?)+) \|", text, re.MULTILINE)
    return {name for listed in names for name in re.findall(r"`(\w+)`", listed)}


class StubTest(unittest.TestCase):
    def test_the_made_up_peer_answers_as_the_schema_says(self):
        status = five(stuck=CHOKED)
        self.assertEqual(set(status), fields_of("/status.json"))
        for section in ("peer", "content", "state", "totals", "stuck", "swarm"):
            self.assertEqual(set(status[section]), fields_of(section), section)
        self.assertEqual(set(status["neighbors"][0]), fields_of("neighbors"))


@unittest.skipIf(browser.missing(), f"not installed: {browser.missing()}")
class DashboardTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.close)

    def open(self, status):
        stub = StatusStub(status)
        self.addCleanup(stub.go_away)
        page = self.browser
        page.media(prefers_color_scheme="light")
        page.viewport(1280, 900)
        page.console_errors()  # those of another test
        page.open(stub.url)
        self.wait_text("live-text", "live")
        return stub

    def text(self, element):
        return self.browser.run("return document.getElementById(arguments[0]).innerText", element)

    def wait_text(self, element, wanted):
        self.browser.wait_for("return document.getElementById(arguments[0]).innerText.includes(arguments[1])", f"'{wanted}' in #{element}", element, wanted)

    def rows(self):
        return self.browser.run("return [...document.querySelectorAll('#rows tr')].map(row => row.innerText.split(/\\s+/).join(' '))")

    def no_errors(self):
        self.assertEqual(self.browser.console_errors(), [])

    def test_what_it_draws(self):
        self.open(five())
        self.assertEqual((self.text("who"), self.text("percent")), ("Peer 1002", "50%"))
        self.assertIn("120 of 240 pieces", self.text("summary"))
        self.assertEqual([self.text(figure).splitlines()[0] for figure in ("received", "sent", "linked", "unchoking", "unchoked")],
                         ["5.8 MB/s", "2.9 MB/s", "4", "2", "3"])
        self.assertEqual(self.rows()[1], "peer 1003 127.0.0.1:6003 62% 1.6 MB/s 2.1 MB/s serves us, we serve it")
        self.assertIn("not linked: refused", self.rows()[4])
        flows = "return [...document.querySelectorAll(arguments[0])].filter(path => path.getAttribute('visibility') === 'visible').length"
        self.assertEqual([self.browser.run(flows, kind) for kind in (".flow.in", ".flow.out", ".spoke")], [2, 2, 4])
        told = self.browser.run("return document.getElementById('map').getAttribute('aria-label')")
        self.assertIn("receives from peer 1001 at 4.2 MB/s, peer 1003 at 1.6 MB/s", told)
        self.no_errors()

    def test_strips_are_the_bitfields(self):
        status = five()
        status["content"]["have"] = "/w" + "A" * 38  # the first eight pieces of 240
        status["content"]["stored"] = 8
        self.open(status)
        seen = self.browser.run("""const canvas = document.getElementById('have'), data = canvas.getContext('2d').getImageData(0, 0, canvas.width, 1).data;
            let filled = 0; for (let x = 0; x < canvas.width; ++x) filled += data[4 * x + 3] > 127; return [filled / canvas.width, data[3]]""")
        self.assertAlmostEqual(seen[0], 8 / 240, delta=0.01)
        self.assertEqual(seen[1], 255)

    def test_follows_to_the_end_and_back(self):
        stub = self.open(five())
        stub.say("link_closed", peer=1004, reason="it left <b>at once</b>", kind="remote")
        self.wait_text("events", "link with peer 1004 closed: it left <b>at once</b>")
        for piece in range(30):
            stub.say("piece_stored", peer=1001 + 2 * (piece % 2), piece=piece, stored=piece + 1)
            stub.say("have", peer=1003, piece=piece)
        self.wait_text("events", "stored 30 pieces, from 1001, 1003")
        stub.document = five(stuck=CHOKED)
        self.wait_text("stuck", "choked by all 3 neighbors")
        stub.document = document(stored=PIECES, neighbors=[neighbor(1003, PIECES, PIECES)])
        self.wait_text("percent", "100%")
        self.assertEqual(self.text("stuck"), "")
        self.assertEqual(len(self.rows()), 1)
        self.no_errors()
        stub.say("leaving", code=0)
        self.wait_text("events", "leaves with exit code 0")
        stub.go_away()
        self.wait_text("away", "Peer 1002 has left, with exit code 0.")
        self.wait_text("away", "It was complete.")
        self.assertEqual(self.text("live-text"), "no answer")
        self.assertIn("gone", self.browser.run("return document.title"))
        stub.document = document(stored=3, run="b")
        stub.come_back()
        self.wait_text("live-text", "live")
        self.wait_text("summary", "3 of 240 pieces")
        stub.say("interested", peer=1003)
        self.wait_text("events", "peer 1003 is interested")
        self.assertNotIn("exit code", self.text("events"))
        # Nothing but that nobody answered.
        self.assertEqual([error for error in self.browser.console_errors() if "net::ERR_" not in error], [])

    def test_a_peer_that_never_said_farewell(self):
        stub = self.open(five())
        stub.go_away()
        self.wait_text("away", "Peer 1002 is gone: it does not answer since")
        self.wait_text("away", "It had 50% when it last answered.")

    def test_a_peer_that_completed_after_its_last_answer(self):
        stub = self.open(five())
        stub.say("file_completed")
        self.wait_text("events", "all is here")
        stub.go_away()
        self.wait_text("away", "It was complete.")

    def test_events_without_a_stream(self):
        """A peer has room for so many streams only."""
        stub = StatusStub(five(events=RECENT))
        self.addCleanup(stub.go_away)
        stub.streams = False
        self.browser.open(stub.url)
        self.wait_text("events", "peer 1001 chokes us")
        stub.streams = True
        for _ in range(8):
            stub.say("unchoked_by", peer=1001)  # the eighth is the first that the page has not heard of
        self.wait_text("events", "peer 1001 unchokes us")
        self.assertEqual(self.browser.run("return document.querySelectorAll('#events li').length"), 2)

    def test_names_are_text(self):
        status = five(stuck=CHOKED | {"text": HOSTILE})
        status["content"]["name"] = HOSTILE
        status["neighbors"][0] |= {"address": HOSTILE, "content": HOSTILE, "fault": HOSTILE}
        stub = self.open(status)
        stub.say("link_closed", peer=1001, reason=HOSTILE, kind="remote", content=HOSTILE)
        stub.say(HOSTILE, surprise=HOSTILE)
        self.wait_text("events", "surprise")
        self.assertEqual(self.browser.run("return [window.evil ?? null, document.images.length, document.scripts.length]"), [None, 0, 1])
        for place in ("what", "stuck", "events", "rows"):
            self.assertIn(HOSTILE, self.text(place).replace("\n", " "), place)
        self.no_errors()

    def test_by_keyboard(self):
        self.open(five())
        self.browser.run("document.querySelector('#rows button').focus()")
        self.browser.press(ARROW_DOWN, ARROW_DOWN, ENTER)
        self.wait_text("detail", "peer 1004 · 127.0.0.1:6004 · linked since")
        self.browser.press(END)
        self.assertEqual(self.browser.run("return document.activeElement.innerText"), "peer 1006")
        self.assertEqual(self.browser.run("return document.querySelectorAll('#rows button[tabindex=\"0\"]').length"), 1)
        self.browser.press(ENTER)
        self.wait_text("detail", "peer 1006")
        # The focus stays where it is when the page is drawn again, and when the table is sorted.
        self.browser.run("document.querySelector('th[data-by=pieces] button').click()")
        self.assertEqual(self.rows()[0][:9], "peer 1001")
        self.browser.run("document.querySelector('th[data-by=pieces] button').click()")
        self.assertEqual(self.rows()[0][:9], "peer 1006")

    def test_200_peers(self):
        self.open(many())
        self.assertEqual(len(self.rows()), 200)
        discs = self.browser.run("""return [...document.querySelectorAll('.node .face')].map(disc => disc.getBoundingClientRect())
            .map(box => [box.x + box.width / 2, box.y + box.height / 2, box.width / 2])""")
        self.assertEqual(len(discs), 201)
        for i, (x, y, r) in enumerate(discs):
            for u, v, s in discs[:i]:
                self.assertGreater((x - u) ** 2 + (y - v) ** 2, (r + s) ** 2 * 0.9, "two discs are one upon the other")
        self.no_errors()

    def test_fits_a_phone_and_a_desk(self):
        self.open(many(40))
        for width, height in ((390, 844), (320, 640), (768, 1024), (1280, 900), (2560, 1440)):
            with self.subTest(width):
                self.browser.viewport(width, height, mobile=width < 500)
                self.browser.wait_for(f"return innerWidth === {width}", "the new width")
                wide = self.browser.run("return document.documentElement.scrollWidth")
                self.assertLessEqual(wide, width)
        self.no_errors()

    def test_shared_folder_without_pieces(self):
        status = document(stored=0, count=1, neighbors=[neighbor(1003, 1, 1, content="a.bin", complete=False)])
        status["content"] |= {"kind": "library", "name": "", "size": 5_000_000, "pieces": 0, "stored": 0, "have": None, "files": 7, "files_done": 7}
        status["state"] |= {"name": "serving", "complete": True}
        status["swarm"] |= {"rarest_copies": None}
        self.open(status)
        self.assertIn("7 shared files, 5.0 MB", self.text("what"))
        self.assertEqual(self.rows()[0], "peer 1003 127.0.0.1:6003 · a.bin 1 – – serves us")
        self.no_errors()

    def test_token(self):
        stub = StatusStub(five(events=RECENT))
        self.addCleanup(stub.go_away)
        stub.token = "0123456789abcdef"
        self.browser.open(stub.url)
        self.browser.wait_for("return !document.getElementById('door').hidden", "the question for the token")
        self.browser.run("document.getElementById('token').focus()")
        self.browser.press(*stub.token, ENTER)
        self.wait_text("percent", "50%")
        self.wait_text("events", "peer 1001 chokes us")
        self.assertTrue(self.browser.run("return document.getElementById('door').hidden"))
        self.browser.run("sessionStorage.clear()")

    @unittest.skipUnless(axe_core(), "axe-core is not installed (npm install -g axe-core, or AXE_CORE=/path/of/axe.min.js)")
    def test_accessibility(self):
        checker = axe_core().read_text(encoding="utf-8")
        for name, status in (("five", five(stuck=CHOKED)), ("many", many())):
            for colours in ("light", "dark"):
                for width in (1280, 390):
                    with self.subTest(swarm=name, colours=colours, width=width):
                        stub = self.open(status)
                        stub.say("stuck", kind="choked", text="choked")
                        self.wait_text("events", "stands still")
                        self.browser.media(prefers_color_scheme=colours, prefers_reduced_motion="reduce")
                        self.browser.viewport(width, 900, mobile=width < 500)
                        self.browser.run(checker + "; window.axe = axe")
                        found = self.browser.run_async("axe.run(document).then(arguments[0], error => arguments[0](String(error)))")
                        self.assertGreater(len(found["passes"]), 10)
                        faults = [(fault["id"], node["html"][:200], node["failureSummary"]) for fault in found["violations"] for node in fault["nodes"]]
                        self.assertEqual(faults, [])
                        stub.go_away()


if __name__ == "__main__":
    unittest.main()
