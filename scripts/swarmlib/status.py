"""Ask a running peer for its /status.json (docs/STATUS.md), over TCP or its Unix socket."""

import http.client
import json
import os
import socket
from pathlib import Path

from .cli import Exit, ScriptError

_PATIENCE_S = 3.0
_MOST_BYTES = 64 << 20


class NoStatus(Exception):
    """Why a peer's status is not to be had, in a few words."""


class StatusAddress:
    """Where a peer answers: HOST:PORT, PORT (of the loopback) or unix:PATH, as its own --status says."""

    def __init__(self, text):
        self.text = text
        self.path = Path(text.removeprefix("unix:")) if text.startswith("unix:") else None
        if self.path is None:
            host, _, port = text.rpartition(":")
            self.host = host.removeprefix("[").removesuffix("]") or "127.0.0.1"
            if not (port.isascii() and port.isdigit() and 0 < int(port) < 65536):
                raise ScriptError(f"--status: '{text}' is none of HOST:PORT, PORT and unix:PATH", Exit.USAGE)
            self.port = int(port)
        elif not self.path.name:
            raise ScriptError(f"--status: '{text}' names no socket", Exit.USAGE)

    def connect(self):
        if self.path is None:
            return socket.create_connection((self.host, self.port), _PATIENCE_S)
        # By way of its folder, since the path of a socket must not be longer than 107 bytes.
        folder = os.open(self.path.parent, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            connection = socket.socket(socket.AF_UNIX)
            try:
                connection.settimeout(_PATIENCE_S)
                connection.connect(f"/proc/self/fd/{folder}/{self.path.name}")
            except BaseException:
                connection.close()
                raise
            return connection
        finally:
            os.close(folder)


class _Connection(http.client.HTTPConnection):
    def __init__(self, address):
        super().__init__("localhost" if address.path else address.host, None if address.path else address.port)
        self._address = address

    def connect(self):
        self.sock = self._address.connect()


def _no_number(word):
    raise ValueError(f"{word} is no JSON")


def ask(address, token=""):
    """The object of /status.json, or NoStatus."""
    connection = _Connection(address)
    try:
        connection.request("GET", "/status.json", headers={"Authorization": f"Bearer {token}"} if token else {})
        answer = connection.getresponse()
        if answer.status == 401:
            raise NoStatus("wants a token, see --status-token")
        if answer.status != 200:
            raise NoStatus(f"answers {answer.status} {printable(answer.reason)}")
        status = json.loads(answer.read(_MOST_BYTES), parse_constant=_no_number)
        if not isinstance(status, dict) or status.get("schema") != 1:
            raise NoStatus("is no peer: another program answers there")
        return status
    except (FileNotFoundError, ConnectionError):
        raise NoStatus("does not answer") from None
    except TimeoutError:
        raise NoStatus(f"does not answer within {_PATIENCE_S:g} s") from None
    except OSError as error:
        raise NoStatus(error.strerror or str(error)) from None
    except (http.client.HTTPException, ValueError, RecursionError):
        raise NoStatus("is no peer: another program answers there") from None
    finally:
        connection.close()


def read_token(path):
    """The first line of a file; "" without one."""
    if path is None:
        return ""
    token = path.read_text(encoding="utf-8").partition("\n")[0].strip()
    if not (token.isascii() and token.isprintable() and token):
        raise ScriptError(f"{path}: its first line is no token", Exit.CONFIG)
    return token


def printable(text):
    """A text without what could disturb a terminal."""
    return "".join(c if c.isprintable() else " " for c in str(text))
