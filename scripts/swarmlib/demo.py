"""See a swarm work: one seed and a few leechers on this machine, from nothing to verified copies."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from swarmlib import cli
from swarmlib.cfg import is_local, read_config
from swarmlib.create import write_config
from swarmlib.files import make_seed_files, require_space
from swarmlib.launch import run_swarm
from swarmlib.process import peer_command
from swarmlib.units import parse_size, size_text

DESCRIPTION = """\
See a swarm work: builds peerProcess, gives one seed a random file, launches it with a few leechers
on this machine, shows them live, and verifies every copy byte for byte.

  scripts/demo                                              64 MiB to 5 leechers
  scripts/demo --size 1GiB --leechers 9                     more of both
  scripts/demo --prepare . && scripts/swarm launch .        the Common.cfg and PeerInfo.cfg that are here
"""


def parse_arguments():
    parser = cli.Parser(prog="scripts/demo", description=DESCRIPTION, epilog="exit codes: those of scripts/swarm")
    parser.add_argument("--size", type=parse_size, default="64MiB", help="of the file (default: %(default)s)")
    parser.add_argument("--piece-size", type=parse_size, default="256KiB", help="default: %(default)s")
    parser.add_argument("--leechers", type=int, default=5, metavar="N", help="default: %(default)s")
    parser.add_argument("--dir", type=Path, help="a new or empty directory, which is kept (default: a temporary one)")
    parser.add_argument("--keep", action="store_true", help="keep the temporary directory after success, too")
    parser.add_argument("--timeout", type=float, default=600, metavar="S", help="default: %(default)s seconds")
    parser.add_argument(
        "--binary",
        default=os.environ.get("PEER_PROCESS", ""),
        metavar="COMMAND",
        help="another program, as in scripts/swarm (default: $PEER_PROCESS, else the one of this checkout)",
    )
    parser.add_argument(
        "--prepare",
        type=Path,
        metavar="DIR",
        help="only make the file that DIR/Common.cfg names, for each seed of DIR/PeerInfo.cfg whose host is this machine",
    )
    options = parser.parse_args()
    if options.leechers < 1:
        parser.error("--leechers: expected at least 1")
    return options


def prepare(directory):
    """Random content for the seeds of a directory that has its configuration."""
    config = read_config(directory)
    made = make_seed_files(config)
    for path in made:
        print(f"made {path} ({size_text(config.file_size)})")
    far = [f"peer {peer.id} on {peer.host}" for peer in config.peers if peer.has_file and not is_local(peer.host)]
    if far:
        print(f"on another machine, so nothing is made here for: {', '.join(far)}")
    elif not made:
        print("every seed has its file already")
    return cli.Exit.COMPLETE


def build():
    """Brings build/peerProcess up to date."""
    done = subprocess.run([cli.REPOSITORY / "scripts" / "build"], stdin=subprocess.DEVNULL)
    if done.returncode != 0:
        raise cli.ScriptError("the build failed")


def demonstrate(directory, options):
    """Makes the swarm in an empty directory and runs it."""
    require_space(directory, options.size * (1 + options.leechers))
    write_config(
        directory,
        file_name="demo.bin",
        file_size=options.size,
        piece_size=options.piece_size,
        leechers=options.leechers,
    )
    config = read_config(directory)
    make_seed_files(config)
    content = f"{size_text(config.file_size)} in {config.piece_count} pieces"
    leechers = f"{options.leechers} {'leecher' if options.leechers == 1 else 'leechers'}"
    print(f"{content}: 1 seed, {leechers}, in {directory}", flush=True)
    return run_swarm(config, peer_command(options.binary), timeout_s=options.timeout)


def main():
    options = parse_arguments()
    if options.prepare:
        return prepare(options.prepare)
    if not options.binary:
        build()
    if options.dir:
        options.dir.mkdir(parents=True, exist_ok=True)
        if any(options.dir.iterdir()):
            raise cli.ScriptError(f"--dir: {options.dir} is not empty", cli.Exit.USAGE)
        return demonstrate(options.dir, options)

    directory = Path(tempfile.mkdtemp(prefix="swarm-demo-"))
    keep = True
    try:
        code = demonstrate(directory, options)
        keep = options.keep or code not in (cli.Exit.COMPLETE, cli.Exit.INTERRUPTED)
    except KeyboardInterrupt:
        keep = options.keep
        raise
    finally:
        if keep:
            print(f"kept {directory}")
        else:
            shutil.rmtree(directory)
    return code


if __name__ == "__main__":
    cli.run(main, "demo")
