"""What the scripts share: read a swarm's configuration, run its local peers, show and verify them.

Each module has one task:

    cli        exit codes, argument errors and the frame round a script's main()
    option_table  the command line of a script as data: --help-json
    cfg        Common.cfg and PeerInfo.cfg in, checked values out
    files      where a peer keeps its data; remove, make and compare that data
    course_log read a log_peer_*.log of any peer, to the letter or in other words
    logs       follow the log_peer_*.log files; progress, rate and sources of each peer
    process    a process, a peer's for example, which never outlives its launcher
    state      DIR/.swarm.json: which processes belong to the swarm; `status` and `stop`
    table      the live table, or plain lines where there is no terminal
    keys       make the peers' keys where they run, and write the fingerprints into PeerInfo.cfg
    launch     run the peers of a directory until all have left
    report     what is said at the end: exit codes, last words of failed peers, verified copies, speed
    create     the demo's directory: free ports, both configuration files
    clocks     whether the clocks of several logs agree
    history    what happened in a swarm, from its logs
    page       that as one page for a browser
    report_file  the page as a file: `report`
    chart      curves as SVG
    check/     hold a run against the course's rules, item by item
    push/      bring a file or folder to many hosts
    units      sizes and rates, as text and back

Standard library only. Linux only: it relies on /proc, pidfds and PR_SET_PDEATHSIG.
"""
