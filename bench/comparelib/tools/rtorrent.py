"""rtorrent: one daemon a peer, controlled by XML-RPC over SCGI."""

import os
import socket
import xmlrpc.client

from swarmlib.create import HOST

from .base import address
from .torrent import Client

_SETTINGS = {
    "system.daemon.set": "true",
    "system.file.allocate.set": "0",
    "dht.mode.set": "disable",
    "protocol.pex.set": "no",
    "protocol.encryption.set": "none",
    "trackers.use_udp.set": "no",
    "throttle.max_uploads.set": "1000",
    "throttle.max_uploads.global.set": "1000",
    "throttle.max_downloads.global.set": "1000",
    "throttle.max_peers.normal.set": "500",
    "throttle.max_peers.seed.set": "500",
    "pieces.memory.max.set": "4096M",
    "pieces.hash.on_completion.set": "no",  # each piece has been checked when it came
    "network.send_buffer.size.set": "2M",
    "network.receive_buffer.size.set": "2M",
    "network.max_open_sockets.set": "2000",
    "network.xmlrpc.size_limit.set": "16M",
}


class Rtorrent(Client):
    name = "rtorrent"
    says = "rtorrent, no limits, socket buffers of 2 MiB, one HTTP tracker"
    programs = {"rtorrent": "rtorrent"}

    def start(self, name, i, folder, port):
        settings = _SETTINGS | {"directory.default.set": folder, "network.port_range.set": f"{port}-{port}"}
        settings |= {"network.bind_address.set": address(i), "network.local_address.set": address(i)}
        settings["network.scgi.open_port"] = f"{HOST}:{self.control[i]}"
        lines = [f"{key} = {value}\n" for key, value in settings.items()]
        if i >= 0:
            lines.append(f'method.set_key = event.download.finished,mark,"execute.nothrow.bg={{{self.hook(i)}}}"\n')
        config = self.folder / f"{name}.rc"
        config.write_text("".join(lines))
        self.crew.start(name, ["rtorrent", "-n", "-o", f"import={config}"], env=os.environ | {"TERM": "xterm"})

    def add(self, i, torrent):
        body = xmlrpc.client.dumps(("", xmlrpc.client.Binary(torrent)), "load.raw_start").encode()
        head = b"CONTENT_LENGTH\0%d\0SCGI\x001\0" % len(body)
        with socket.create_connection((HOST, self.control[i]), 30) as connection:
            connection.sendall(b"%d:%s,%s" % (len(head), head, body))
            while connection.recv(65536):
                pass
