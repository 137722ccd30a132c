"""aria2: one daemon a peer, controlled by JSON-RPC."""

import base64
import json
from urllib.request import Request, urlopen

from swarmlib.create import HOST

from .base import address
from .torrent import Client

_OPTIONS = {
    "no-conf": "true",
    "enable-rpc": "true",
    "quiet": "true",
    "async-dns": "false",
    "enable-dht": "false",
    "enable-dht6": "false",
    "disable-ipv6": "true",
    "bt-enable-lpd": "false",
    "enable-peer-exchange": "false",
    "bt-require-crypto": "false",
    "bt-min-crypto-level": "plain",
    "bt-max-peers": "0",
    "bt-request-peer-speed-limit": "100000M",  # never enough: it goes on looking for peers
    "bt-tracker-interval": "2",
    "bt-hash-check-seed": "true",
    "file-allocation": "none",
    "disk-cache": "64M",
    "auto-save-interval": "0",
    "seed-ratio": "0.0",
}


class Aria2(Client):
    name = "aria2"
    says = "aria2c, no limits, 64 MiB of cache, one HTTP tracker"
    programs = {"aria2c": "aria2"}

    def start(self, name, i, folder, port):
        options = _OPTIONS | {"dir": folder, "interface": address(i), "listen-port": port, "rpc-listen-port": self.control[i]}
        options["bt-external-ip"] = address(i)
        if i < 0:
            options["check-integrity"] = "true"
        else:
            options["on-bt-download-complete"] = self.hook(i)
        self.crew.start(name, ["aria2c", *(f"--{key}={value}" for key, value in options.items())])

    def add(self, i, torrent):
        call = {"jsonrpc": "2.0", "id": "1", "method": "aria2.addTorrent", "params": [base64.b64encode(torrent).decode()]}
        request = Request(f"http://{HOST}:{self.control[i]}/jsonrpc", json.dumps(call).encode(), {"Content-Type": "application/json"})
        with urlopen(request, timeout=30) as answer:
            answer.read()
