"""Make a directory for a swarm on loopback: both configuration files, with ports that are free."""

import socket
from contextlib import ExitStack

HOST = "127.0.0.1"

_COMMON = """\
NumberOfPreferredNeighbors 3
UnchokingInterval 5
OptimisticUnchokingInterval 15
FileName {file_name}
FileSize {file_size}
PieceSize {piece_size}
"""


def write_config(directory, *, file_name, file_size, piece_size, leechers):
    """Writes Common.cfg, and PeerInfo.cfg with one seed and that many leechers, from peer ID 1001 on."""
    (directory / "Common.cfg").write_text(
        _COMMON.format(file_name=file_name, file_size=file_size, piece_size=piece_size)
    )
    lines = [
        f"{1001 + number} {HOST} {port} {int(number == 0)}\n" for number, port in enumerate(free_ports(leechers + 1))
    ]
    (directory / "PeerInfo.cfg").write_text("".join(lines))


def free_ports(count, host=HOST):
    """Ports that nobody uses there now.

    Linux gives odd ports to bind(0) and even ones to connect() while both last, so the peers' own outgoing
    connections do not take them before the peers listen.
    """
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind((host, 0))
        return [one.getsockname()[1] for one in sockets]
