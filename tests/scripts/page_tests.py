"""The page of `swarm report` in a browser: that it draws, moves, can be used by keyboard and on a phone, and trusts no text."""

import re
import unittest

import browser
from report_case import Recount, ReportCase

HOSTILE = "<img/src=x/onerror=alert(1)>\u202e</script><script>document.title='owned'</script>"
# The colors of points of a canvas, each as [red, green, blue].
PIXELS = """
const canvas = document.getElementById(arguments[0]), scale = canvas.width / canvas.clientWidth;
const all = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
return arguments[1].map(([x, y]) => {
  const at = (Math.floor(y * scale) * canvas.width + Math.floor(x * scale)) * 4;
  return Array.from(all.slice(at, at + 3));
});
"""
COLOR = "readColors(); return rgb(colors[arguments[0]]);"
SETTLE = "return new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => resolve(true))));"


@unittest.skipIf(browser.missing(), f"{browser.missing()} is not installed")
class PageTest(ReportCase):
    """One browser for all; each test opens a page of its own."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.browser = browser.Browser()
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        super().setUp()
        self.screen(1280, 900)
        self.theme("light")

    def screen(self, width, height, mobile=False):
        self.browser.command("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=mobile)

    def theme(self, name):
        self.browser.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def show(self, **options):
        """Opens the page of made logs; returns their recount."""
        count = Recount(self.write(**options))
        self.open()
        return count

    def open(self):
        done = self.report()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.browser.open((self.dir / "swarm-report.html").as_uri())
        self.settle()

    def settle(self):
        self.browser.run(SETTLE)

    def tearDown(self):
        self.assertEqual(self.browser.complaints(), [])
        super().tearDown()

    def table(self):
        """The rows of the table of peers, as texts."""
        return self.browser.run("return Array.from(document.querySelectorAll('#peers tbody tr'), (row) => Array.from(row.cells, (cell) => cell.textContent));")

    def text(self, name):
        return self.browser.run("return document.getElementById(arguments[0]).textContent;", name)

    def to(self, time):
        """Moves the slider as a user does, to about that time; returns the time that the page then shows."""
        self.browser.run(
            "const slider = document.getElementById('time'); slider.value = Math.round(arguments[0] / run.span * 1000);"
            "slider.dispatchEvent(new Event('input', { bubbles: true }));", time)
        self.settle()
        return self.browser.run("return state.time;")

    def test_it_shows_the_end_and_needs_nothing(self):
        count = self.show()
        rows = self.table()
        self.assertEqual([row[2] for row in rows], [str(self.PIECES)] * self.PEERS)
        self.assertEqual([row[3] == "seed" for row in rows], [True] + [False] * (self.PEERS - 1))
        self.assertIn(f"6 peers, 1 of them with all pieces from the beginning \u00b7 {self.PIECES} pieces", self.text("summary"))
        gave = {giver: sum(pieces for (_, each), pieces in count.fed(1e9).items() if each == giver) for giver in count.peers}
        self.assertEqual([int(row[4]) for row in rows], list(gave.values()))
        self.assertEqual(self.browser.run("return performance.getEntriesByType('resource').length;"), 0)
        self.assertEqual(self.text("title"), self.dir.name)

    def test_the_slider_moves_all_that_it_should(self):
        count = self.show()
        span = self.browser.run("return run.span;")
        pictures = []
        for share in (0.3, 0.7, 1):
            time = self.to(span * share)
            for row, peer in zip(self.table()[1:], count.peers[1:]):
                arrivals = count.arrivals(peer)
                self.assertEqual(int(row[2]), sum(when <= time for when, _ in arrivals.values()))
                done = count.completed(peer)
                self.assertEqual(row[3] != "", done <= time)
            fed = count.fed(time)
            self.assertEqual(self.browser.run("return state.fed.map((row) => Array.from(row).slice(0, -1));"),
                             [[fed.get((receiver, giver), 0) for giver in count.peers] for receiver in count.peers])
            copies = [1 + sum(count.arrivals(peer)[piece][0] <= time for peer in count.peers[1:]) for piece in range(self.PIECES)]
            least = min(copies)
            rarest = rf"has {least} cop(y|ies) \({copies.count(least)} of {self.PIECES} like that\)"
            self.assertRegex(self.text("spread-says"), rf"{rarest}, the most common {max(copies)},")
            self.assertIn(f"{copies[0]} cop", self.text("piece-says"))
            charts = ("rate", "curves", "matrix", "chokes", "spread")
            pictures.append(self.browser.run("return arguments[0].map((id) => document.getElementById(id).toDataURL());", charts))
        for of_one in zip(*pictures):
            self.assertEqual(len(set(of_one)), 3)

    def test_what_is_drawn_is_what_was_received(self):
        count = self.show()
        time = self.to(self.browser.run("return run.span;") * 0.4)
        width = self.browser.run("return document.getElementById('spread').clientWidth - LABELS;")
        labels, copies = self.browser.run("return [LABELS, COPIES];")
        colors = {name: self.browser.run(COLOR, name) for name in ("empty", "had", "held", "fresh")}
        span = self.browser.run("return run.span;")
        points, expected = [], []
        for piece in range(1, self.PIECES):
            x = labels + (piece + 0.5) * width / self.PIECES
            points.append((x, copies + 11))
            expected.append(colors["had"])
            for row, peer in enumerate(count.peers[1:], 1):
                when, _ = count.arrivals(peer)[piece]
                points.append((x, copies + 22 * row + 11))
                expected.append(colors["empty" if when > time else "fresh" if when > time - span * 0.03 else "held"])
        self.assertEqual(self.browser.run(PIXELS, "spread", points), expected)
        self.assertTrue(all(color in expected for color in colors.values()))

    def test_by_keyboard_alone(self):
        count = self.show()
        self.browser.keys("#time", "\ue011")  # Home
        self.settle()
        self.assertEqual([row[2] for row in self.table()], [str(self.PIECES)] + ["0"] * (self.PEERS - 1))
        self.browser.keys("#time", "\ue00f" * 3)  # Page down, or up where that is forward
        self.browser.keys("#time", "\ue014\ue014")  # right
        self.settle()
        self.assertEqual(self.browser.run("return state.time;"), self.browser.run("return run.span * document.getElementById('time').value / 1000;"))
        self.browser.keys("#time", "\ue010")  # End
        self.browser.keys("#matrix", "\ue013" * self.PEERS + "\ue012" * self.PEERS)  # up, left
        self.browser.keys("#matrix", "\ue015\ue015\ue014")  # down, right
        self.settle()
        receiver, giver = count.peers[2], count.peers[1]
        pieces = count.fed(1e9).get((receiver, giver), 0)
        self.assertRegex(self.text("matrix-says"), f"{receiver} got {pieces} pieces? .*from {giver}")
        self.browser.keys("#matrix", "\ue007")  # Enter
        self.settle()
        self.assertEqual(self.browser.run("return document.getElementById('peer').value;"), "2")
        self.assertEqual(self.browser.run("return document.querySelector('tr.chosen').cells[0].textContent;"), f"{receiver}host-{receiver}")

    def test_a_chosen_peer_has_its_neighbors_lanes(self):
        count = self.show()
        self.browser.click("#peers tbody tr:nth-child(3) button")
        time = self.to(self.browser.run("return run.span;") * 0.6)
        peer = count.peers[2]
        phrases = ("preferred neighbors", "optimistically unchoked neighbor")
        preferred, optimistic = (", ".join(map(str, count.last(peer, phrase, time))) or "nobody" for phrase in phrases)
        self.assertIn(f"preferred {preferred}; optimistically unchoked {optimistic}.", self.text("chosen-says"))
        unchoked = count.unchoked_by(peer, time)
        held, empty = (self.browser.run(COLOR, name) for name in ("held", "empty"))
        width, labels = self.browser.run("return [document.getElementById('chokes').clientWidth, LABELS];")
        x = labels + (width - labels) * time / self.browser.run("return run.span;") - 3
        before = time - 3 / (width - labels) * self.browser.run("return run.span;")
        self.assertEqual(count.unchoked_by(peer, before), unchoked)
        expected = [held if neighbor in unchoked else empty for neighbor in count.peers if neighbor != peer]
        self.assertEqual(self.browser.run(PIXELS, "chokes", [(x, 22 * lane + 10) for lane in range(len(expected))]), expected)
        self.assertTrue(held in expected and empty in expected)
        self.browser.click("#peers tbody tr:nth-child(3) button")
        self.settle()
        self.assertEqual(self.text("chosen-says"), "")

    def test_a_piece_tells_its_way(self):
        count = self.show()
        self.browser.run("const input = document.getElementById('piece'); input.value = 7; input.dispatchEvent(new Event('input'));")
        self.settle()
        items = self.browser.run("return Array.from(document.querySelectorAll('#journey li'), (item) => item.textContent);")
        way = sorted((*count.arrivals(peer)[7], peer) for peer in count.peers[1:])
        self.assertEqual(len(items), self.PEERS)
        self.assertRegex(items[0], "begin 1001$")
        self.assertEqual([tuple(map(int, re.search(r" (\d+) from (\d+)$", item).groups())) for item in items[1:]],
                         [(peer, giver) for _, giver, peer in way])

    def test_it_plays_to_the_end(self):
        self.show()
        self.browser.run("setTime(run.span * 0.97);")
        self.settle()
        self.browser.run("window.seen = []; const draws = draw; draw = () => { draws(); seen.push(state.time); };")
        self.browser.click("#play")
        self.browser.wait_for("return state.time === run.span && document.getElementById('play').textContent === 'Play';")
        seen = self.browser.run("return seen;")
        self.assertEqual(seen, sorted(seen))

    def test_a_press_on_a_chart_sets_the_time(self):
        self.show()
        self.browser.run(
            "const box = document.getElementById('curves').getBoundingClientRect();"
            "const at = { clientX: box.left + LABELS + (box.width - LABELS) / 2, clientY: box.top + 50, buttons: 1, isPrimary: true, pointerId: 1 };"
            "document.getElementById('curves').setPointerCapture = () => {};"
            "document.getElementById('curves').dispatchEvent(new PointerEvent('pointerdown', at));")
        self.settle()
        self.assertAlmostEqual(self.browser.run("return state.time / run.span;"), 0.5, 2)

    def test_dark_and_light(self):
        self.show()
        light = self.browser.run("return getComputedStyle(document.body).backgroundColor;")
        canvas = self.browser.run("return document.getElementById('curves').toDataURL();")
        self.theme("dark")
        self.settle()
        dark = self.browser.run("return getComputedStyle(document.body).backgroundColor;")
        brightness = [sum(map(int, re.findall(r"\d+", color)[:3])) for color in (light, dark)]
        self.assertGreater(brightness[0], 600)
        self.assertLess(brightness[1], 150)
        self.assertNotEqual(self.browser.run("return document.getElementById('curves').toDataURL();"), canvas)

    def test_on_a_phone_nothing_is_wider_than_the_screen(self):
        self.PEERS, self.PIECES = 40, 20
        self.screen(390, 844, mobile=True)
        self.show()
        self.assertEqual(self.browser.run("return [innerWidth, document.documentElement.scrollWidth];"), [390, 390])
        for name in ("rate", "curves", "matrix", "chokes", "chosen", "spread"):
            left, right = self.browser.run("const box = document.getElementById(arguments[0]).getBoundingClientRect(); return [box.left, box.right];", name)
            self.assertTrue(0 <= left < right <= 390, name)

    def test_names_are_text(self):
        self.dir = self.dir / "<b>bold<script>"
        self.dir.mkdir()
        logs = self.write()
        info = self.dir / "PeerInfo.cfg"
        info.write_text(info.read_text().replace("host-1002", HOSTILE))
        (self.dir / "Common.cfg").write_text(f"FileName {HOSTILE}\nFileSize x{HOSTILE}\nPieceSize 1000\n")
        self.open()
        self.assertEqual(self.text("title"), "<b>bold<script>")
        self.assertEqual(self.table()[1][0], "1002" + HOSTILE)
        self.assertIn(HOSTILE, self.text("notes-list"))
        self.assertEqual(self.browser.run("return [document.querySelectorAll('img, b').length, document.scripts.length];"), [0, 2])
        self.assertNotIn("owned", self.browser.run("return document.title;"))
        self.assertEqual(len(logs), len(self.table()))
        # Even markup that came in would run nothing.
        self.browser.run("document.body.insertAdjacentHTML('beforeend', '<i onclick=\"window.ran = true\"></i>'); document.querySelector('i').click();")
        self.assertIsNone(self.browser.run("return window.ran;"))
        self.assertTrue(all("Content Security Policy" in line for line in self.browser.complaints()))

    def test_odd_runs_are_drawn(self):
        for lines in ("", "no line of a log\n", "Peer 1 is choked by 2.\n"):
            (self.dir / "log_peer_1.log").write_text(lines)
            self.open()
            self.to(0.5)
            self.browser.run("choose(0); choosePiece(5);")
            self.settle()
            self.assertEqual(self.table()[0][2], "0")

    def test_two_hundred_peers(self):
        self.PEERS, self.PIECES = 200, 6
        self.show(preferred=6)
        self.to(self.browser.run("return run.span;") * 0.5)
        self.assertEqual(len(self.table()), 200)
        self.browser.run("choose(150);")
        self.settle()
        self.assertEqual(self.browser.run("return document.documentElement.scrollWidth <= innerWidth;"), True)
