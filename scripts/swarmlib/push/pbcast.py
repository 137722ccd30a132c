"""The command line of `pbcast`, which is that of Slurm's sbcast, so that a job script changes one word."""

import os
import re
import subprocess
import sys

from .. import cli
from ..cli import Exit, ScriptError
from . import job
from .hosts import allocated_hosts, checked

DESCRIPTION = """\
Brings SOURCE to DEST on all nodes of a Slurm allocation, with the options of sbcast. The nodes give each other what they
have. Run it where sbcast is run: in a job script, or inside of salloc. {host} in DEST is the node's name.
"""
EPILOG = """\
An option of sbcast that means nothing here is taken all the same, and what happens instead is said on stderr.
exit codes: 0 all nodes have it; 70 some do not; 7 interrupted; 17 SOURCE cannot be read; 28 usage.
"""
# Why an option has nothing to do here.
_WITHOUT_EFFECT = {
    "compress": "-C: nothing is compressed; pieces go from the page cache to the network as they are",
    "fanout": "-F: there is no tree; nodes exchange pieces with as many others as is fastest",
    "size": "-s: the size of pieces follows from the file's",
    "timeout": "-t: there are no messages to wait for; a node that does not answer costs only itself",
    "send_libs": "--send-libs: only SOURCE is sent; push the libraries' folder, too",
}


def parse_arguments(words, prog):
    parser = cli.Parser(prog=prog, description=DESCRIPTION, epilog=EPILOG)
    parser.add_argument("source", metavar="SOURCE", help="a file, or a folder")
    parser.add_argument("dest", metavar="DEST", help="its path on each node; with a / at its end a folder that it goes into")
    parser.add_argument("-C", "--compress", nargs="?", const=True, metavar="LIB", help="no effect")
    parser.add_argument("-f", "--force", action="store_true", default="SBCAST_FORCE" in os.environ, help="replace what is there")
    parser.add_argument("-F", "--fanout", metavar="N", help="no effect")
    parser.add_argument("-j", "--jobid", metavar="JOB[.STEP]", help="the allocation of this job (default: the one in which this runs)")
    parser.add_argument("-p", "--preserve", action="store_true", default="SBCAST_PRESERVE" in os.environ,
                        help="exactly SOURCE's permissions, and its time of change")  # fmt: skip
    parser.add_argument("-s", "--size", metavar="BYTES", help="no effect")
    parser.add_argument("-t", "--timeout", metavar="S", help="no effect")
    parser.add_argument("--send-libs", nargs="?", const="yes", metavar="yes|no", help="no effect")
    parser.add_argument("-v", "--verbose", action="count", default=0, help="say how far it is, and what came of it")
    parser.add_argument("--binary", default="", metavar="COMMAND", help="peerProcess here (default: beside this program, else in PATH)")
    parser.add_argument("--remote-binary", metavar="PATH", help="on the nodes (default: the same as here)")
    parser.add_argument("--dry-run", action="store_true", help="print the commands, do nothing")
    return parser.parse_args(_with_values_apart(words))


def _with_values_apart(words):
    """-C takes a value only as -Clz4 or --compress=lz4: what stands behind it may be SOURCE."""
    apart = {"-C": "--compress=", "--compress": "--compress=", "--send-libs": "--send-libs=yes"}
    return [apart.get(word, word) for word in words]


def _hosts_of_job(job_id):
    """The nodes of a job, and what srun is told to run there."""
    if not re.fullmatch(r"\d+(_\d+)?(\.\d+)?", job_id):
        raise ScriptError(f"-j: expected the number of a job, not {job_id}; parts of heterogeneous jobs are not supported", Exit.USAGE)
    job_id = job_id.partition(".")[0]
    done = subprocess.run(["squeue", "-h", "-j", job_id, "-t", "RUNNING", "-o", "%N"], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    if done.returncode != 0 or not done.stdout.strip():
        raise ScriptError(f"-j {job_id}: {done.stderr.strip() or 'no such job is running'}", Exit.USAGE)
    return allocated_hosts({"SLURM_JOB_NODELIST": done.stdout.strip()}), [f"--jobid={job_id}"]


def main(words, prog):
    options = parse_arguments(words, prog)
    for name, why in _WITHOUT_EFFECT.items():
        if getattr(options, name) not in (None, "no"):
            print(f"{prog}: {why}", file=sys.stderr)
    hosts, srun_options = _hosts_of_job(options.jobid) if options.jobid else (allocated_hosts(), [])
    asked = job.Job(
        source=options.source,
        dest=options.dest,
        hosts=checked(hosts, "the allocation"),
        via="srun",
        srun_options=srun_options,
        binary=options.binary,
        remote_binary=options.remote_binary,
        replace=options.force,
        preserve=options.preserve,
        shows=options.verbose > 0,
        says=options.verbose > 0,
    )
    return job.print_commands(asked) if options.dry_run else job.run(asked)
