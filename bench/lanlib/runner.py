"""One run from nothing to its figures."""

import filecmp
import os
import resource
import shutil
import statistics
import sys
import time
from pathlib import Path

from swarmlib.cli import Exit, ScriptError

from .counting import Samples, count_links, count_log
from .crew import Crew
from .network import Network
from .ours import Ours

_SAMPLE_S = 0.05
_POLL_S = 0.005


def run_once(tool_class, leechers, source, directory, options):
    """Spreads the source to that many leechers; returns the figures of the run as a dictionary."""
    directory.mkdir()
    peers = leechers + 1
    with Network(peers, options.mbit, options.queue_ms, options.congestion) as network, Crew(directory) as crew:
        tool = tool_class(network, crew, directory, source, options)
        tool.prepare()
        sampler = [sys.executable, Path(__file__).with_name("sampler.py"), peers, _SAMPLE_S]
        crew.start("sampler", network.switch, sampler)
        tool.wait_for(lambda: crew.output("sampler").stat().st_size > 0, "sampling")
        busy, own = _busy_s(), _own_cpu_s(crew)
        start = time.time()
        tool.go()
        ends = _watch(tool, crew, start, options.timeout)
        # Each from its own beginning.
        wall = max(end - start - (leecher - 1) * options.interval for leecher, end in ends.items())
        busy, own = _busy_s() - busy, _own_cpu_s(crew) - own
        time.sleep(2 * _SAMPLE_S)
        samples = Samples(crew.output("sampler").read_text(), peers, network.wire_bytes())
        tool.settle()
    for leecher in tool.leechers:
        if not filecmp.cmp(source, tool.copy(leecher), shallow=False):
            raise ScriptError(f"{tool.copy(leecher)} differs from {source}", Exit.MISMATCH)

    size, byte_rate = source.stat().st_size, options.mbit * 1e6 / 8
    result = {
        "wall_s": wall,
        "bound_s": size / byte_rate,
        "ratio": wall * byte_rate / size,
        "seed_upload": samples.sent(0, max(ends.values())) / size,
        "foreign_cpu": max(0.0, busy - own) / (max(ends.values()) - start) / os.cpu_count(),
        "cpu_s": own,
    } | count_links(samples, start, ends, size, byte_rate, tool.count_redundant) | tool.figures()
    if isinstance(tool, Ours) and all(tool.log(leecher).exists() for leecher in tool.leechers):
        logs = [count_log(tool.log(leecher), start, end) for leecher, end in ends.items()]
        result |= {key: statistics.mean(log[key] for log in logs) for key in logs[0]}
        result["longest_gap_s"] = max(log["longest_gap_s"] for log in logs)
    if not options.keep:
        shutil.rmtree(directory)
    return result


def _watch(tool, crew, start, timeout_s):
    """When each leecher was complete, by its number."""
    ends = {}
    while len(ends) < len(tool.leechers):
        for leecher in tool.leechers:
            if leecher not in ends and tool.is_done(leecher):
                ends[leecher] = time.time()
        crew.check()
        if time.time() - start > timeout_s:
            raise ScriptError(f"not complete after {timeout_s:g} s", Exit.TIMEOUT)
        time.sleep(_POLL_S)
    return ends


def _busy_s():
    """CPU seconds of the whole machine."""
    with open("/proc/stat", encoding="ascii") as stat:
        user, nice, system, _idle, _wait, irq, softirq, *_ = map(int, stat.readline().split()[1:])
    return (user + nice + system + irq + softirq) / os.sysconf("SC_CLK_TCK")


def _own_cpu_s(crew):
    """CPU seconds of this process and of all that the crew runs."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime + crew.cpu_s()
