"""Chromium without a window, driven through chromedriver by the standard library alone."""

import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

PATIENCE_S = 60
ELEMENT = "element-6066-11e4-a52e-4f735466cecf"  # The key of an element's reference, by the WebDriver standard.


def missing():
    """What is not installed of what a browser needs, or None."""
    return next((name for name in ("chromium", "chromedriver") if not shutil.which(name)), None)


class Browser:
    """One browser with a profile of its own and no network but the loopback. close() ends it and leaves nothing."""

    def __init__(self):
        self._folder = tempfile.mkdtemp(prefix="browser-")
        self._session = None
        environment = os.environ | {"HOME": self._folder, "TMPDIR": self._folder}
        self._output = open(Path(self._folder, "driver.txt"), "wb")
        self._driver = subprocess.Popen(["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=self._output,
                                        stderr=subprocess.STDOUT, env=environment, start_new_session=True)
        try:
            self._base = f"http://127.0.0.1:{self._port()}/session"
            self._session = self._ask("POST", "", {"capabilities": {"alwaysMatch": self._capabilities()}})["sessionId"]
        except BaseException:
            self.close()
            raise

    def _port(self):
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            for line in Path(self._output.name).read_text(errors="replace").splitlines():
                if "started successfully on port" in line:
                    return int(line.rstrip(".").split()[-1])
            time.sleep(0.02)
        raise TimeoutError("chromedriver did not start")

    def _capabilities(self):
        words = ["--headless=new", "--disable-dev-shm-usage", "--disable-gpu", "--no-first-run", "--disable-background-networking",
                 "--disable-component-update", "--disable-sync", "--window-size=1280,900", f"--user-data-dir={self._folder}/profile",
                 "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"]
        if os.geteuid() == 0:
            words.append("--no-sandbox")
        options = {"binary": shutil.which("chromium"), "args": words}
        return {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"}, "goog:chromeOptions": options}

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        url = self._base + (f"/{self._session}{path}" if self._session else "")
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            raise RuntimeError(error.read().decode(errors="replace")[:2000]) from None

    def open(self, url):
        self._ask("POST", "/url", {"url": url})

    def run(self, script, *arguments):
        """What a script returns: "return ..."."""
        return self._ask("POST", "/execute/sync", {"script": script, "args": list(arguments)})

    def keys(self, selector, text):
        """Types into an element."""
        element = self._ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]
        self._ask("POST", f"/element/{element}/value", {"text": text})

    def click(self, selector):
        element = self._ask("POST", "/element", {"using": "css selector", "value": selector})[ELEMENT]
        self._ask("POST", f"/element/{element}/click", {})

    def command(self, name, **parameters):
        """A command of the Chrome DevTools protocol."""
        return self._ask("POST", "/goog/cdp/execute", {"cmd": name, "params": parameters})

    def complaints(self):
        """Errors and warnings of the console since the last time."""
        entries = self._ask("POST", "/se/log", {"type": "browser"})
        return [entry["message"] for entry in entries if entry["level"] in ("SEVERE", "WARNING")]

    def wait_for(self, script):
        """Waits until a script returns something that is true; returns that."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline:
            if value := self.run(script):
                return value
            time.sleep(0.02)
        raise TimeoutError(f"waited in vain for: {script}")

    def picture(self):
        """The window as PNG."""
        return base64.b64decode(self._ask("GET", "/screenshot"))

    def close(self):
        try:
            if self._session:
                self._ask("DELETE", "")
        finally:
            self._driver.terminate()
            try:
                self._driver.wait(10)
            except subprocess.TimeoutExpired:
                pass
            try:
                os.killpg(self._driver.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self._driver.wait()
            self._output.close()
            shutil.rmtree(self._folder, ignore_errors=True)
