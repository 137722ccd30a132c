"""`scripts/swarm check`: its options, and what it does with them."""

import json
import sys
from pathlib import Path

from ..cfg import read_config
from ..cli import Exit, ScriptError
from ..process import peer_command
from . import show, trial
from .judge import judge
from .record import TOLERANCE_S

DESCRIPTION = """\
  scripts/swarm check DIR      hold DIR's logs, files and configuration, of any implementation, against the
                               rules of the course, item by item
  scripts/swarm check --run PROGRAM
                               run that program among peers of ours so that every item can be shown, and grade it
"""


def add_options(parser):
    """The options of check, in a group of their own."""
    group = parser.add_argument_group("options of check")
    group.add_argument(
        "--run",
        metavar="PROGRAM",
        help="a command that is run in a directory of its own with the peer ID as its last word (or with {id} and {dir} filled in); "
        "it takes about two minutes; --timeout S is for each of its runs (default: 120)",
    )
    group.add_argument("--keep", type=Path, metavar="DIR", help="with --run: leave the runs' directories in DIR")
    group.add_argument("--json", action="store_true", help="print one object (docs/CHECK.md)")
    group.add_argument("--of", metavar="ID,ID", help="judge these peers alone, the others being somebody else's")
    group.add_argument(
        "--tolerance", type=float, metavar="S", help=f"seconds by which times of two logs may differ (default: {TOLERANCE_S:g}, with clocks set right)"
    )


def refuse_wrong_options(parser, options):
    """What argparse cannot tell."""
    if options.command != "check":
        if options.run or options.keep or options.json or options.of or options.tolerance is not None:
            parser.error("--run, --keep, --json, --of and --tolerance are for check")
        return
    if bool(options.dir) == bool(options.run):
        parser.error("check takes a directory, or --run PROGRAM")
    if options.run and options.of:
        parser.error("--of is for check DIR")
    if options.keep and not options.run:
        parser.error("--keep is for --run")
    if options.tolerance is not None and not 0 <= options.tolerance <= 3600:
        parser.error("--tolerance: expected seconds from 0 to 3600")


def main(options):
    """Returns the exit code."""
    tolerance_s = None
    if options.run:
        place = options.keep or ""
        findings = _run(options)
    else:
        config = read_config(options.dir)
        place = options.dir
        record, findings = judge(config, of=_peers(config, options.of), tolerance_s=options.tolerance)
        tolerance_s = record.tolerance_s
    if options.json:
        print(json.dumps(show.as_object(findings, place, tolerance_s), indent=1))
    else:
        for line in show.lines(findings):
            print(line)
        if options.run and not options.keep and show.exit_code(findings) != Exit.COMPLETE:
            print("to look at the logs: --keep DIR leaves the runs there")
    return show.exit_code(findings)


def _run(options):
    program = peer_command(options.run, "--run")
    if options.keep:
        options.keep.mkdir(parents=True, exist_ok=True)
        taken = next((options.keep / run.name for run in trial.RUNS if (options.keep / run.name).exists()), None)
        if taken:
            raise ScriptError(f"{taken} is there already: name another directory for --keep", Exit.USAGE)
    return trial.run_all(
        program,
        peer_command(options.binary),
        timeout_s=options.timeout or 120.0,
        tell=lambda line: print(line, file=sys.stderr, flush=True),
        keep=options.keep,
        tolerance_s=options.tolerance,
    )


def _peers(config, text):
    """The IDs of --of; None where all peers are judged."""
    if not text:
        return None
    words = [word.strip() for word in text.split(",")]
    listed = {str(peer.id): peer.id for peer in config.peers}
    for word in words:
        if word not in listed:
            raise ScriptError(f"--of: '{word}' is no peer ID of {config.directory / 'PeerInfo.cfg'}", Exit.USAGE)
    return [listed[word] for word in words]
