"""A program: one libtorrent peer, which says "ready", waits for a file, dials, and says when it is complete.

  torrent_client.py ADDRESS PORT TORRENT DIRECTORY SLOTS GO_FILE DONE_FILE [PEER...]
"""

import sys
import time
from pathlib import Path

import libtorrent


def settings(address, port, slots):
    """No discovery, no uTP, no encryption, no waiting before a connection; choking as often as possible."""
    off = ("enable_dht", "enable_lsd", "enable_upnp", "enable_natpmp", "enable_incoming_utp", "enable_outgoing_utp")
    return {name: False for name in off} | {
        "listen_interfaces": f"{address}:{port}",
        "in_enc_policy": 2,
        "out_enc_policy": 2,
        "connection_speed": 1000,
        "smooth_connects": False,
        "torrent_connect_boost": 255,
        "unchoke_slots_limit": slots,
        "unchoke_interval": 1,
        "optimistic_unchoke_interval": 2,
        "num_optimistic_unchoke_slots": 1,
        "max_out_request_queue": 1500,
        "send_buffer_watermark": 1 << 20,
        "tick_interval": 100,
        "alert_mask": libtorrent.alert.category_t.status_notification,
    }


def main():
    address, port, torrent, directory, slots, go, done, *peers = sys.argv[1:]
    session = libtorrent.session(settings(address, port, int(slots)))
    parameters = libtorrent.add_torrent_params()
    parameters.ti = libtorrent.torrent_info(torrent)
    parameters.save_path = directory
    flags = libtorrent.torrent_flags
    parameters.flags &= ~(flags.auto_managed | flags.paused)
    handle = session.add_torrent(parameters)
    states = libtorrent.torrent_status
    while handle.status().state in (states.checking_files, states.checking_resume_data):
        time.sleep(0.01)
    seed = handle.status().is_seeding
    print("ready", flush=True)
    while not Path(go).exists():
        time.sleep(0.002)
    for peer in peers:
        handle.connect_peer((peer, int(port)))
    while not seed:
        session.wait_for_alert(100)
        if any(isinstance(alert, libtorrent.torrent_finished_alert) for alert in session.pop_alerts()):
            status = handle.status()
            print(f"redundant {status.total_redundant_bytes + status.total_failed_bytes}", flush=True)
            Path(done).touch()
            break
    while True:
        time.sleep(60)


main()
