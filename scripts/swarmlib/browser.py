"""A headless Chromium, driven by chromedriver over its JSON protocol (W3C WebDriver): opens pages, asks them, takes pictures.

It reaches the loopback alone: every other name is refused, and nothing that Chromium would fetch of its own accord is fetched.
"""

import base64
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from contextlib import suppress

from .cli import ScriptError

_PATIENCE_S = 60.0
_ARGUMENTS = (
    "--headless=new",
    "--disable-dev-shm-usage",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def missing():
    """Which of the programs it needs are not installed, as text; empty when all are."""
    return " and ".join(name for name in ("chromium", "chromedriver") if shutil.which(name) is None)


class Browser:
    """One window. Use it as a context manager, or call close(): nothing of it is left then."""

    def __init__(self, width=1280, height=900):
        if absent := missing():
            raise ScriptError(f"needs {absent} (Debian: apt-get install chromium chromium-driver)")
        self._home = tempfile.mkdtemp(prefix="browser-")
        try:
            self._start_driver()
            arguments = [*_ARGUMENTS, f"--window-size={width},{height}", f"--user-data-dir={self._home}/profile"]
            if os.geteuid() == 0:
                arguments.append("--no-sandbox")  # Chromium's sandbox does not work for root.
            options = {"binary": shutil.which("chromium"), "args": arguments}
            wish = {"browserName": "chrome", "goog:loggingPrefs": {"browser": "ALL"}, "goog:chromeOptions": options}
            self._session = f"/session/{self._ask('POST', '/session', {'capabilities': {'alwaysMatch': wish}})['sessionId']}"
        except BaseException:
            self._end_driver()
            raise

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def open(self, url):
        self._post("/url", {"url": url})

    def run(self, script, *arguments):
        """The value that a function body in JavaScript returns; `arguments` are there by that name."""
        return self._post("/execute/sync", {"script": script, "args": list(arguments)})

    def run_async(self, script, *arguments):
        """As run(), of a body that hands its value to the function which is its last argument."""
        return self._post("/execute/async", {"script": script, "args": list(arguments)})

    def wait_for(self, script, what, *arguments):
        """Polls until the body returns something true, and returns that."""
        deadline = time.monotonic() + _PATIENCE_S
        while not (value := self.run(script, *arguments)):
            if time.monotonic() > deadline:
                raise AssertionError(f"waited in vain for {what}; the page says:\n{self.run('return document.body.innerText')}")
            time.sleep(0.05)
        return value

    def press(self, *keys):
        """Types keys as a user does, each pressed and let go; special ones by WebDriver's code, such as \\ue015 (arrow down)."""
        actions = [{"type": kind, "value": key} for key in keys for kind in ("keyDown", "keyUp")]
        self._post("/actions", {"actions": [{"type": "key", "id": "keyboard", "actions": actions}]})

    def console_errors(self):
        """What the console has of errors, uncaught exceptions and failed loads since the last time."""
        return [entry["message"] for entry in self._post("/se/log", {"type": "browser"}) if entry["level"] == "SEVERE"]

    def media(self, **features):
        """Sets media features, such as prefers_color_scheme="dark"."""
        pairs = [{"name": name.replace("_", "-"), "value": value} for name, value in features.items()]
        self._devtools("Emulation.setEmulatedMedia", {"features": pairs})

    def viewport(self, width, height, scale=1, mobile=False):
        metrics = {"width": width, "height": height, "deviceScaleFactor": scale, "mobile": mobile}
        self._devtools("Emulation.setDeviceMetricsOverride", metrics)

    def screenshot(self):
        """The visible part of the page as PNG."""
        return base64.b64decode(self._ask("GET", self._session + "/screenshot"))

    def close(self):
        with suppress(OSError, ScriptError):
            self._ask("DELETE", self._session)
        self._end_driver()

    def _devtools(self, command, parameters):
        self._post("/goog/cdp/execute", {"cmd": command, "params": parameters})

    def _post(self, path, body):
        return self._ask("POST", self._session + path, body)

    def _start_driver(self):
        environment = os.environ | {"HOME": self._home, "TMPDIR": self._home}
        self._driver = subprocess.Popen(
            ["chromedriver", "--port=0"], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env=environment, start_new_session=True,
        )
        self._port = None
        for line in self._driver.stdout:
            if found := re.search(r"started successfully on port (\d+)", line):
                self._port = int(found[1])
                return
        raise ScriptError("chromedriver ended before it was ready")

    def _end_driver(self):
        if (driver := getattr(self, "_driver", None)) is not None:
            # As long as it is not waited for, its group's number is its own.
            with suppress(ProcessLookupError):
                os.killpg(driver.pid, signal.SIGKILL)
            driver.wait()
            driver.stdout.close()
        shutil.rmtree(self._home, ignore_errors=True)

    def _ask(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"http://127.0.0.1:{self._port}{path}", data, headers, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=_PATIENCE_S) as answer:
                return json.load(answer)["value"]
        except urllib.error.HTTPError as error:
            with error:
                raise ScriptError(f"the browser says: {json.load(error)['value'].get('message', error)}") from None
