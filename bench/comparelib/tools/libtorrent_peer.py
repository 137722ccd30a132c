"""A peer that is nothing but libtorrent, for bench/compare: libtorrent_peer.py TORRENT FOLDER ADDRESS PORT MARK

Says "up" when what is in the folder has been checked, reads a list of [address, port] to connect to, and makes the file
MARK when it is complete. Serves until stdin ends.
"""

import json
import sys
import time

import libtorrent

SETTINGS = {
    # Nobody but whom we are told of, over plain TCP.
    "enable_dht": False,
    "enable_lsd": False,
    "enable_upnp": False,
    "enable_natpmp": False,
    "enable_incoming_utp": False,
    "enable_outgoing_utp": False,
    "in_enc_policy": 2,
    "out_enc_policy": 2,
    "allow_multiple_connections_per_ip": True,
    "listen_system_port_fallback": False,
    # Everybody is served, at once, without limits.
    "choking_algorithm": 0,
    "unchoke_slots_limit": -1,
    "num_optimistic_unchoke_slots": 8,
    "seed_choking_algorithm": 1,
    "unchoke_interval": 1,
    "optimistic_unchoke_interval": 2,
    "connections_limit": 2000,
    "connection_speed": 1000,
    "torrent_connect_boost": 200,
    "smooth_connects": False,
    "peer_turnover": 0,
    "mixed_mode_algorithm": 0,
    "active_limit": -1,
    # Long queues and large buffers.
    "max_out_request_queue": 3000,
    "max_allowed_in_request_queue": 6000,
    "request_queue_time": 3,
    "whole_pieces_threshold": 2,
    "send_buffer_watermark": 3 << 20,
    "send_buffer_low_watermark": 1 << 20,
    "send_buffer_watermark_factor": 150,
    "send_not_sent_low_watermark": 512 << 10,
    "max_peer_recv_buffer_size": 5 << 20,
    "max_queued_disk_bytes": 64 << 20,
    "aio_threads": 2,
    "hashing_threads": 1,
    "tick_interval": 100,
    "strict_end_game_mode": True,
    "no_atime_storage": True,
}


def main():
    torrent, folder, address, port, mark = sys.argv[1:]
    settings = SETTINGS | {"listen_interfaces": f"{address}:{port}", "outgoing_interfaces": address}
    settings["alert_mask"] = libtorrent.alert.category_t.status_notification
    session = libtorrent.session(settings)
    added = libtorrent.add_torrent_params()
    added.ti, added.save_path = libtorrent.torrent_info(torrent), folder
    flags = libtorrent.torrent_flags
    added.flags &= ~(flags.auto_managed | flags.paused)
    handle = session.add_torrent(added)
    checking = (libtorrent.torrent_status.checking_files, libtorrent.torrent_status.checking_resume_data)
    while handle.status().state in checking:
        time.sleep(0.01)
    if handle.status().is_seeding == bool(mark):
        sys.exit(f"is{'' if mark else ' not'} complete before it begins")
    print("up", flush=True)
    for place in json.loads(sys.stdin.readline()):
        handle.connect_peer(tuple(place))
    while mark:
        session.wait_for_alert(1000)
        if any(isinstance(alert, libtorrent.torrent_finished_alert) for alert in session.pop_alerts()):
            open(mark, "x").close()
            break
    sys.stdin.read()


if __name__ == "__main__":
    main()
