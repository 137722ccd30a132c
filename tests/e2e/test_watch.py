#!/usr/bin/env python3
"""A swarm of real processes, watched: by the dashboard in a headless Chromium, and by `swarm top`."""

import re
import signal
import subprocess
import sys
import unittest
from pathlib import Path

from swarm_case import DEADLINE_S, PEER_PROCESS, SwarmCase

ROOT = Path(__file__).resolve().parents[2]
sys.path.append(str(ROOT / "scripts"))
from swarmlib import browser  # noqa: E402
from swarmlib.status import NoStatus, StatusAddress, ask  # noqa: E402

SLOW = ("--limit-up", "400K")
LONG = {"size": 4_000_000, "piece_size": 16_384}  # ten seconds and more at that rate


class WatchedSwarmCase(SwarmCase):
    def watched(self, swarm, peer_id, *options):
        """A peer that answers on a port of its own, and that port."""
        peer = swarm.start(peer_id, "--status", "0", *options)
        swarm.wait_until(lambda: re.search(r"http://\S+:(\d+)", peer.stderr()), "the port of the status")
        return peer, int(re.search(r"http://\S+:(\d+)", peer.stderr())[1])


@unittest.skipIf(browser.missing(), f"not installed: {browser.missing()}")
class DashboardOfASwarmTest(WatchedSwarmCase):
    def test_draws_a_swarm_and_follows_it_to_its_end(self):
        swarm = self.swarm([1001, 1002, 1003, 1004], **LONG)
        peer, port = self.watched(swarm, 1002, "--exit-when", "never", *SLOW)
        page = browser.Browser()
        self.addCleanup(page.close)

        def wait(script, what):
            return page.wait_for("return " + script, what)

        page.open(f"http://127.0.0.1:{port}/")
        wait("document.getElementById('who').innerText === 'Peer 1002'", "the peer's name")
        wait("document.querySelectorAll('#rows tr').length === 3", "the three others of the list")
        wait("document.querySelector('#rows').innerText.includes('not linked')", "that nobody is there yet")
        for other in (1001, 1003, 1004):
            swarm.start(other, *SLOW)
        wait("[...document.querySelectorAll('.flow.in')].some(path => path.getAttribute('visibility') === 'visible')", "somebody to serve it")
        wait("parseInt(document.getElementById('percent').innerText) >= 5", "pieces to come")
        wait("document.querySelector('#rows').innerText.includes('serves us')", "that somebody serves it")
        wait("/stored \\d+ pieces?, from/.test(document.getElementById('events').innerText)", "the events of pieces")
        wait("document.querySelector('#chart .line.in') !== null", "the line of the throughput")
        wait("document.getElementById('percent').innerText === '100%'", "the end")
        wait("document.getElementById('events').innerText.includes('all is here')", "the event of the end")
        self.assertEqual(page.console_errors(), [])
        peer.signal(signal.SIGTERM)
        peer.expect_exit(0)
        wait("document.getElementById('away').innerText.startsWith('Peer 1002')", "that it is gone")
        wait("document.getElementById('away').innerText.includes('It was complete.')", "how far it was")
        self.assertEqual([error for error in page.console_errors() if "net::ERR_" not in error], [])

    def test_says_why_a_peer_stands_still_and_that_it_is_back(self):
        swarm = self.swarm()
        peer, port = self.watched(swarm, 1002)
        page = browser.Browser()
        self.addCleanup(page.close)
        page.open(f"http://127.0.0.1:{port}/")
        page.wait_for("return document.getElementById('stuck').innerText.includes('cannot reach peer 1001')", "the reason")
        peer.kill()
        page.wait_for("return document.getElementById('live-text').innerText === 'no answer'", "that it is gone")
        swarm.start(1002, "--status", str(port))
        page.wait_for("return document.getElementById('live-text').innerText === 'live'", "that it is back")


    def test_asks_for_the_token(self):
        swarm = self.swarm()
        token, secret = swarm.dir / "token", "correct-horse-battery"
        token.touch(mode=0o600)
        token.write_text(secret + "\n")
        _, port = self.watched(swarm, 1002, "--status-token", str(token))
        page = browser.Browser()
        self.addCleanup(page.close)
        page.open(f"http://127.0.0.1:{port}/")
        page.wait_for("return !document.getElementById('door').hidden", "the question for the token")
        page.run("document.getElementById('token').focus()")
        page.press(*secret, "\ue007")  # Enter
        page.wait_for("return document.getElementById('who').innerText === 'Peer 1002'", "the peer")
        page.wait_for("return document.getElementById('events').innerText.includes('peer 1002 has started')", "its events")
        self.assertTrue(page.run("return document.getElementById('door').hidden"))


class TopOfASwarmTest(WatchedSwarmCase):
    def top(self, *words):
        process = subprocess.Popen([ROOT / "scripts" / "swarm", "top", "--interval", "0.1", *map(str, words)], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        return process

    def ended(self, process):
        output, _ = process.communicate(timeout=DEADLINE_S)
        self.assertEqual(process.returncode, 0, output)
        return output

    def test_addresses(self):
        swarm = self.swarm([1001, 1002], **LONG)
        ports = [self.watched(swarm, peer_id, *SLOW)[1] for peer_id in swarm.ids]
        output = self.ended(self.top("--status", ",".join(map(str, ports))))
        swarm.finish()
        self.assertRegex(output, r"1001  complete  100%  .*B/s out  0/1 unchoke it")
        self.assertRegex(output, r"1002  leeching  [1-9]\d?%  .*B/s in .*from 1001 100%  1/1 unchoke it")
        self.assertRegex(output, r"1002  gone  ")

    def test_launched_with_sockets(self):
        swarm = self.swarm([1001, 1002, 1003], **LONG)
        command = f"{PEER_PROCESS} {{id}} --progress none {' '.join(SLOW)}"
        launcher = subprocess.Popen([ROOT / "scripts" / "swarm", "launch", swarm.dir, "--status-sockets", "--binary", command], stdin=subprocess.DEVNULL,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        self.addCleanup(launcher.communicate)
        self.addCleanup(launcher.terminate)  # in order: its peers go with it
        sockets = [StatusAddress(f"unix:{swarm.dir}/status_peer_{peer_id}.sock") for peer_id in swarm.ids]
        swarm.wait_until(lambda: all(map(answers, sockets)), "all peers to answer")
        output = self.ended(self.top(swarm.dir))
        said, _ = launcher.communicate(timeout=DEADLINE_S)
        self.assertEqual(launcher.returncode, 0, said)
        for peer_id in (1002, 1003):
            self.assertRegex(output, rf"{peer_id}  leeching  \d+%  .*unchoke it")
        self.assertEqual(list(swarm.dir.glob("*.sock")), [])


def answers(address):
    try:
        return ask(address)["peer"]["id"]
    except NoStatus:
        return None


if __name__ == "__main__":
    unittest.main()
