"""One push from its beginning to its end, once it is known what is to come where: the same for `push` and `pbcast`."""

import os
import resource
import shlex
import signal
import stat
import sys
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ..cli import Exit, ScriptError
from ..table import PlainLines
from ..toptable import TopTable
from ..units import size_text
from . import outcome
from .program import bytes_of, own_program
from .push import Push
from .run import Runner
from .script import Settings, text_of
from .seed import Seed, new_network
from .table import Givers, view_of
from .transport import environment_of, make_transport

_SHOW_S = 0.2
_UNKNOWN_ID = "CONTENT-ID"


@dataclass
class Job:
    """What a user has asked for."""

    source: str
    dest: str
    hosts: list
    via: str = "ssh"
    binary: str = ""
    remote_binary: str | None = None
    ssh_command: str = "ssh"
    copy_binary: bool = False
    keep_binary: bool = False
    replace: bool = True
    preserve: bool = False
    fsync: bool = False
    limit_up: str | None = None
    linger: int | None = None
    parallel: int = 32
    tree: bool = True
    timeout_s: float | None = None
    seed_host: str | None = None
    port: int | None = None
    as_json: bool = False
    shows: bool = True
    says: bool = True  # the summary
    srun_options: list = field(default_factory=list)


def refuse_odd_names(dest, name):
    """Both stand in lines, of this terminal and of the program there, which takes UTF-8."""
    if not dest:
        raise ScriptError("DEST is empty, expected a path", Exit.USAGE)
    for text in (dest, name):
        if any(c < " " or c == "\x7f" or "\ud800" <= c <= "\udfff" for c in text):
            raise ScriptError(f"{text!a} has a control character, or is no UTF-8: expected a name without", Exit.USAGE)


def size_of(source):
    """All bytes, of a file or of what is in a folder."""
    if not source.is_dir():
        return source.stat().st_size
    sizes = []
    for folder, _, names in os.walk(source):
        for name in names:
            status = os.lstat(os.path.join(folder, name))
            sizes.append(status.st_size if stat.S_ISREG(status.st_mode) else 0)
    return sum(sizes)


def settings_of(job, source, transport, content_id, port, binary_hash, program, size):
    status = source.stat()
    # Hosts that are this machine, and nodes that share its file system, have the program where it is here.
    usual = "peerProcess" if job.via == "ssh" else program[0]
    return Settings(
        dest=job.dest,
        source_name=_name_of(job, source),
        is_folder=source.is_dir(),
        content=content_id,
        size=size,
        mode=f"{stat.S_IMODE(status.st_mode) & 0o777:03o}",
        exact=job.preserve,
        changed=f"{status.st_mtime_ns // 10**9}.{status.st_mtime_ns % 10**9:09d}" if job.preserve and not source.is_dir() else "",
        program=job.remote_binary or usual,
        binary_hash=binary_hash,
        keep_binary=job.keep_binary,
        replace=job.replace,
        seed_host=job.seed_host or ("localhost" if job.via == "local" else ""),
        seed_port=port,
        limit_up=job.limit_up or "",
        linger="" if job.linger is None else str(job.linger),
        fsync=job.fsync,
        ssh_command=transport.command_there,
    )


def run(job):
    """Returns the exit code; raises ScriptError for what is wrong before anything has begun."""
    _take_over_process(len(job.hosts))
    source = _source_of(job)
    program = own_program(job.binary)
    binary, binary_hash = bytes_of(program) if job.copy_binary else (None, "")
    seed_host = job.seed_host or ("localhost" if job.via == "local" else None)
    with ExitStack() as stack:
        folder = stack.enter_context(_control_folder()) if job.via == "ssh" else ""
        roots = job.parallel if job.tree else len(job.hosts)
        transport = make_transport(job.via, ssh_command=job.ssh_command, control_folder=folder, roots=roots, srun_options=job.srun_options)
        secret = new_network(program)
        seed = Seed(program, source, secret, host=seed_host, port=job.port, limit_up=job.limit_up)
        stack.callback(seed.stop)
        size = size_of(source)
        seed.start(lambda: job.shows and print(f"reading {source}, {size_text(size)}", file=sys.stderr, flush=True))
        _say_left_out(job, seed)
        settings = settings_of(job, source, transport, seed.content_id, seed.port, binary_hash, program, size)
        return _exchange(job, transport, seed, settings, secret, binary, size)


def _control_folder():
    """For the sockets of ssh. The path of one may have 107 characters, and ssh adds 60 of its own."""
    short = len(tempfile.gettempdir()) < 40
    return tempfile.TemporaryDirectory(prefix="pswarm-", dir=None if short else "/tmp", ignore_cleanup_errors=True)


def _take_over_process(hosts):
    """A lost terminal is a Ctrl-C, unless this is to survive it; and each host may take some descriptors."""
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:
        signal.signal(signal.SIGHUP, signal.default_int_handler)
    has, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    needed = 256 + 4 * hosts
    if has != resource.RLIM_INFINITY and has < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed if most == resource.RLIM_INFINITY else min(needed, most), most))


def _source_of(job):
    """As it is called, and where it really is: a link leads to what is pushed."""
    source = Path(job.source)
    try:
        status = source.stat()
    except OSError as error:
        raise ScriptError(f"{job.source}: {error.strerror}", Exit.IO) from error
    if not stat.S_ISREG(status.st_mode) and not stat.S_ISDIR(status.st_mode):
        raise ScriptError(f"{job.source}: is neither a file nor a folder", Exit.USAGE)
    refuse_odd_names(job.dest, _name_of(job, source))
    return source.resolve() if source.is_symlink() or source.name in ("", "..") else source


def _name_of(job, source):
    """What it is called on hosts: a link has a name of its own."""
    said = Path(job.source).name
    return source.name if said in ("", "..") else said


def _exchange(job, transport, seed, settings, secret, binary, size):
    push = Push(
        job.hosts,
        transport,
        content_id=seed.content_id,
        parallel=job.parallel,
        brings=binary is not None,
        machine=os.uname().machine,
        timeout_s=job.timeout_s,
    )
    runner = Runner(push, text_of(settings), secret, binary=binary, environment=environment_of(transport))
    display = _open_display() if job.shows else None
    view = lambda: view_of(push, Givers(push.hosts.values(), os.uname().nodename, seed.port), runner.elapsed_s)  # noqa: E731
    show_at = 0.0
    try:
        while not push.is_over:
            runner.step(*([seed.output] if not seed.fault else []))
            if runner.woken and not seed.fault:
                seed.watch()
                if seed.fault:
                    push.fail_all(seed.fault_code, seed.fault)
            # Of thousands of hosts a view is some work.
            if display and runner.elapsed_s >= show_at:
                display.show(view())
                show_at = runner.elapsed_s + _SHOW_S
        elapsed_s = runner.elapsed_s
        if display:
            display.finish(view())
        _say_outcome(job, push, seed, size, elapsed_s)
        runner.close()
    except BaseException:
        try:
            runner.close()
        finally:
            runner.kill()
        raise
    return outcome.exit_code(push)


def _open_display():
    on_terminal = sys.stderr.isatty() and os.environ.get("TERM", "") not in ("", "dumb")
    return TopTable(sys.stderr) if on_terminal else PlainLines(sys.stderr)


def _say_left_out(job, seed):
    parts = [f"{count} {kind}" for kind, count in seed.left_out.items() if count]
    if parts and job.says:
        print(f"left out of {job.source}: {', '.join(parts)}", file=sys.stderr)


def _say_outcome(job, push, seed, size, elapsed_s):
    if job.as_json:
        print(outcome.json_text(push, seed.content_id), end="")
    for line in outcome.failures(push):
        print(line, file=sys.stderr)
    if job.says and not job.as_json:
        for line in outcome.summary(push, seed.content_id, size, elapsed_s):
            print(line)
    sys.stdout.flush()


def print_commands(job):
    """--dry-run: what would run here and there, word for word but for the content id and the ports that are chosen then."""
    source = _source_of(job)
    program = own_program(job.binary)
    _, binary_hash = bytes_of(program) if job.copy_binary else (None, "")
    roots = job.parallel if job.tree else len(job.hosts)
    transport = make_transport(
        job.via, ssh_command=job.ssh_command, control_folder="/tmp/pswarm-RANDOM", roots=roots, srun_options=job.srun_options
    )
    host = job.seed_host or ("localhost" if job.via == "local" else None)
    seed = Seed(program, source, b"", host=host, port=job.port, limit_up=job.limit_up)
    seed.port = job.port or "PORT"
    print(shlex.join(seed.command()))
    for lead in transport.leads(job.hosts, flat=job.copy_binary):
        others = len(lead.hosts) - 1
        more = f"  # and from there, or from those, {others} more" if lead.branch and others else ""
        print(shlex.join(lead.command) + more)
    settings = settings_of(job, source, transport, _UNKNOWN_ID, seed.port, binary_hash, program, size_of(source))
    print("# The text that each of these reads from stdin and runs:")
    print(text_of(settings), end="")
    return Exit.COMPLETE
