"""One run of one tool, from nothing to compared copies."""

import shutil
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from swarmlib.files import first_difference

from . import machine, warm
from .crew import Crew, Failed, deaf
from .watch import Watch

_SAMPLE_S = 0.1


@contextmanager
def own_folder(directory, prefix):
    """A new folder there, of which nothing is left."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=directory))
    try:
        yield folder
    finally:
        with deaf():
            shutil.rmtree(folder)


def run(tool_class, case, source, *, timeout_s, quiet_s):
    """Measures one run; the source's folder is where it takes place. Raises Failed.

    Returns wall_s (from the start signal to the last complete copy), from_up_s (from when the last process had been started),
    cpu_s, foreign (the share of the machine that others used), and peak and anonymous memory in bytes.
    """
    with own_folder(source.parent, "run-") as folder, Crew(folder) as crew:
        tool = tool_class(case, folder, source, crew)
        try:
            tool.prepare()
            warm.read_through(source)
            found = {"warm_s_per_gib": warm.touch_page_cache(folder, case.written)}
            machine.wait_until_quiet(quiet_s)
            with Watch(tool.marks) as watch:
                found |= _timed(tool, watch, crew, timeout_s)
        finally:
            tool.close()
        _compare(source, tool.copies)
        return found


def _timed(tool, watch, crew, timeout_s):
    busy, own, used = machine.busy_seconds(), time.process_time(), crew.cpu_seconds()
    start = time.monotonic()
    tool.go()
    up = time.monotonic()
    next_sample = start + _SAMPLE_S
    while not watch.complete:
        now = time.monotonic()
        if now >= next_sample:
            crew.check()
            crew.sample_memory()
            next_sample = now + _SAMPLE_S
        if now > start + timeout_s:
            raise Failed(f"{len(watch.seen)} of {len(tool.marks)} complete after {timeout_s:g} s")
        watch.wait(max(0, next_sample - now))
    if tool.leechers_end:  # A process that is gone tells best what it has used.
        crew.wait_for_end("leecher")
    else:
        crew.sample_memory()
    end = max(watch.seen.values())
    used = crew.cpu_seconds() - used
    own = time.process_time() - own
    elapsed = time.monotonic() - start
    foreign = max(0.0, machine.busy_seconds() - busy - used - own) / (elapsed * machine.CORES)
    found = {"wall_s": end - start, "from_up_s": end - min(up, end), "cpu_s": used, "foreign": foreign}
    for role in ("source", "leecher"):
        found[f"{role}_peak"], found[f"{role}_anonymous"] = crew.memory(role)
    return found


def _compare(source, copies):
    for copy in copies:
        if copy.stat().st_size != source.stat().st_size or first_difference(source, copy) is not None:
            raise Failed(f"{copy} is not what the source is")
