"""What bench/lan is made of: swarms in network namespaces, whose links are the bottleneck.

Each module has one task:

    network         namespaces, links and rates; what it made it removes, and nothing else
    crew            the processes of one run: each in its namespace, started together, none left behind
    tools           how each program is made to spread one file
    ours            the same for peerProcess
    torrent         metainfo for the torrent clients
    tracker         a program: the least that aria2 needs of a tracker
    torrent_client  a program: one libtorrent peer
    sampler         a program: the byte counters of all links, many times a second
    counting        where the time went: bytes on the wire and events in the logs
    runner          one run from nothing to its figures
"""
