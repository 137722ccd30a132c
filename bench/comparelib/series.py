"""All runs in their order: each case's tools in turn, round after round; a disturbed run is repeated."""

import sys

from . import machine, measure, warm
from .crew import Failed
from .options import short_size
from .tools.base import FILE_NAME


def run_all(cases, tools, options):
    """Runs everything. Returns (results of the cases, what is missing: tool -> how to get it)."""
    missing = {tool.name: how for tool in tools if (how := tool.missing())}
    for name, how in missing.items():
        say(f"{name} is missing: {how}")
    present = [tool for tool in tools if tool.name not in missing]
    return [_run_case(case, present, options) for case in cases], missing


def _run_case(case, tools, options):
    place = f"{case.directory} ({machine.file_system(case.directory)})"
    result = {"directory": str(case.directory), "file_system": machine.file_system(case.directory), "size": case.size}
    result |= {"leechers": case.leechers, "piece": case.piece, "runs": {tool.name: [] for tool in tools}}
    needed, free = case.size + case.written, machine.free_space(case.directory)
    if needed > 0.9 * free:
        result["skipped"] = f"{short_size(free >> 20 << 20)} free, {short_size(needed)} needed"
        say(f"{case.text()} in {place}: skipped, {result['skipped']}")
        return result
    say(f"{case.text()} in {place}, pieces of {short_size(case.piece)}")
    with measure.own_folder(case.directory, "compare-") as folder:
        source = folder / FILE_NAME
        warm.make_source(source, case.size)
        for number in range(options.runs):
            for tool in tools:
                result["runs"][tool.name].append(_run_calmly(tool, case, source, number, options))
    return result


def _run_calmly(tool, case, source, number, options):
    """The first run during which others were quiet, or the calmest of some."""
    tried = []
    for _ in range(options.retries + 1):
        try:
            found = measure.run(tool, case, source, timeout_s=options.timeout, quiet_s=options.quiet)
        except Failed as failure:
            say(f"  {number + 1}  {tool.name:<12} failed: {failure}")
            return {"failed": str(failure)}
        speed = case.size * case.leechers / found["wall_s"] / 1e6
        cost = found["cpu_s"] / (case.size * case.leechers / 1e9)
        found |= {"mb_per_s": speed, "cpu_s_per_gb": cost}
        calm = found["foreign"] <= options.max_foreign
        say(
            f"  {number + 1}  {tool.name:<12} {speed:7,.0f} MB/s  {cost:5.2f} CPU s/GB  {found['from_up_s'] * 1000:7,.0f} ms"
            f"  others {found['foreign']:.0%}{'' if calm else ', disturbed'}"
        )
        tried.append(found)
        if calm:
            break
    return min(tried, key=lambda each: each["foreign"]) | {"attempts": len(tried)}


def say(text):
    print(text, file=sys.stderr, flush=True)
