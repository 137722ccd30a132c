"""Bring a file or folder to many hosts: this machine is the seed, and the hosts give each other what they have.

    command    the command line of `push`, and what it does one after the other
    pbcast     that of `pbcast`, in sbcast's words
    hosts      which hosts: --hosts, --hostfile, and the nodes of a Slurm allocation
    tree       who starts whom where there are many
    remote.sh  what runs on each host, in sh
    script     its settings, and how it gets there
    words      what it says
    transport  how a command runs on a host: ssh, srun, local, netns
    push       all decisions of a push, without clock, process or file
    run        carries them out: processes, pipes, time
    channel    one process that leads to hosts
    seed       the process here that has the content
    table      who is how far, as the rows of `swarm top`
    outcome    what came of it: exit code, summary, --json

Nothing of the private network that is made for each push is written to a file or stands on a command line.
"""
