"""The command line of `push`."""

import argparse
from pathlib import Path

from .. import cli
from . import job
from .hosts import allocated_hosts, hosts_of_file, listed_hosts

DESCRIPTION = """\
Brings SRC, a file or a folder of this machine, to DEST on many hosts at once. This machine is the seed; the hosts give each
other what they have, so that many take about as long as one. Each host verifies every piece by the content id.

  pswarm push model.bin /data/ --hosts a,b,c            into the folder /data
  pswarm push models /data/models --hostfile hosts      a folder, under this name
  pswarm push app.tar '/scratch/{host}/app.tar' --via srun     inside of a Slurm allocation, on all its nodes
"""
EPILOG = """\
DEST is a path on each host: with a / at its end, or where a folder is and SRC is a file, SRC goes into it under its name;
else DEST is the copy's name. ~ is the home there, a relative path begins at it (by ssh), and {host} is the host's name. What
is there and differs is replaced in one step when all of the new one is there; in a folder, files that SRC does not have stay.
A file has SRC's permissions, less the umask there; of a folder the right to execute is kept.

A host that is down, slow, full, or dies costs only itself; run again, each goes on where it was. For each push a private
network is made, whose secret comes to the hosts through the transport alone. All that runs there ends with this program,
at most 30 s later when this machine dies. The hosts connect to the seed and to each other by TCP, any port.

exit codes: 0 all hosts have it; 70 some failed (--json lists host, code and reason: 1 the program cannot be run there,
2 --timeout passed, 6 the host or the seed cannot be reached, 9 its disk is full, 17 input or output error, 32 something else
is in its place, else the code of what failed there); 7 interrupted; 17 SRC cannot be read; 28 usage.
"""


def parse_arguments(words, prog):
    parser = cli.Parser(prog=prog, description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("source", metavar="SRC", help="a file or a folder of this machine")
    parser.add_argument("dest", metavar="DEST", help="a path on each host")
    which = parser.add_mutually_exclusive_group()
    which.add_argument("--hosts", metavar="HOST,...", help="names, addresses, USER@HOST, with commas between them")
    which.add_argument("--hostfile", metavar="FILE", type=Path, help="a host a line; # begins a comment")
    parser.add_argument("--via", choices=("ssh", "srun", "local", "netns"), default="ssh", help="how a command runs on a host "
                        "(default: ssh); srun: the nodes of the Slurm allocation, local: processes here, netns: network namespaces here")  # fmt: skip
    parser.add_argument("--dry-run", action="store_true", help="print the commands, do nothing")
    parser.add_argument("--json", action="store_true", help="print a list of objects, one a host, with host, code and reason")
    parser.add_argument("--timeout", type=_positive, metavar="S", help="hosts that are not done after so many seconds have failed")
    parser.add_argument("--limit-up", metavar="RATE", help="most bytes a second that each machine, this one too, sends: 10M, 500K")
    parser.add_argument("--linger", type=int, metavar="S", help="a host that is complete serves S seconds more (default: until all are)")
    parser.add_argument("--preserve", "-p", action="store_true", help="a file has exactly SRC's permissions and time of change")
    parser.add_argument("--fsync", action="store_true", help="a copy is complete when it survives a loss of power")
    parser.add_argument("--no-replace", action="store_true", help="a host where DEST is there already fails")
    ssh = parser.add_argument_group("ssh")
    ssh.add_argument("--ssh-command", default="ssh", metavar="COMMAND", help="ssh with options of yours, such as 'ssh -F FILE'")
    ssh.add_argument("--parallel-ssh", type=int, default=32, metavar="N", help="at most N at once are being started (default: 32); "
                     "of more hosts than that N are started from here, and each that is up starts others")  # fmt: skip
    ssh.add_argument("--no-tree", action="store_true", help="all hosts are started from here")
    program = parser.add_argument_group("the program")
    program.add_argument("--binary", default="", metavar="COMMAND", help="peerProcess here (default: beside this program, else in PATH)")
    program.add_argument("--remote-binary", metavar="PATH", help="there (default: peerProcess in PATH; not by ssh: the same as here)")
    program.add_argument("--copy-binary", action="store_true", help="bring the one of here to hosts that have none, and remove it then")
    program.add_argument("--keep-binary", action="store_true", help="do not remove it: it stays in ~/.cache/peerProcess")
    network = parser.add_argument_group("network")
    network.add_argument("--seed-host", metavar="HOST", help="under which hosts reach this machine (default: where their ssh\n"
                         "connection comes from)")  # fmt: skip
    network.add_argument("--port", type=int, metavar="N", help="of the seed (default: any that is free)")
    options = parser.parse_args(words)
    _refuse(parser, options)
    return options


def _positive(text):
    value = float(text)
    if not value > 0:  # nor NaN
        raise argparse.ArgumentTypeError(f"expected a positive number, not {text}")
    return value


def _refuse(parser, options):
    if options.via != "srun" and not options.hosts and not options.hostfile:
        parser.error("expected --hosts or --hostfile")
    if options.via == "netns" and not options.seed_host:
        parser.error("--via netns: expected --seed-host, this machine's address in the namespaces' network")
    if options.copy_binary and options.via == "srun":
        parser.error("--copy-binary: all tasks of srun hear the same, so none is brought anything; put the program where all nodes see it")
    if options.keep_binary and not options.copy_binary:
        parser.error("--keep-binary is for --copy-binary")
    if options.parallel_ssh < 1:
        parser.error("--parallel-ssh: expected at least 1")
    if options.linger is not None and options.linger < 0:
        parser.error("--linger: expected 0 or more seconds")
    if options.port is not None and not 1 <= options.port <= 65535:
        parser.error("--port: expected 1 to 65535")


def hosts_of(options):
    if options.hosts:
        return listed_hosts(options.hosts)
    return hosts_of_file(options.hostfile) if options.hostfile else allocated_hosts()


def main(words, prog):
    options = parse_arguments(words, prog)
    asked = job.Job(
        source=options.source,
        dest=options.dest,
        hosts=hosts_of(options),
        via=options.via,
        binary=options.binary,
        remote_binary=options.remote_binary,
        ssh_command=options.ssh_command,
        copy_binary=options.copy_binary,
        keep_binary=options.keep_binary,
        replace=not options.no_replace,
        preserve=options.preserve,
        fsync=options.fsync,
        limit_up=options.limit_up,
        linger=options.linger,
        parallel=options.parallel_ssh,
        tree=not options.no_tree,
        timeout_s=options.timeout,
        seed_host=options.seed_host,
        port=options.port,
        as_json=options.json,
    )
    return job.print_commands(asked) if options.dry_run else job.run(asked)
