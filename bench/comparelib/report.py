"""Medians, spreads and ratios of runs; the table."""

import statistics

from .options import short_size

_COLUMNS = ("tool", "runs", "MB/s", "CPU s/GB", "ms", "leecher MiB", "source MiB", "others", "speed", "CPU")


def summarize(result):
    """What a case's runs came to, tool by tool; ratios are to the first tool's run of the same round."""
    names = list(result["runs"])
    return {name: _summary(result["runs"][name], result["runs"][names[0]]) for name in names}


def _summary(runs, base):
    good = [run for run in runs if "failed" not in run]
    summary = {"runs": len(good), "failed": len(runs) - len(good)}
    if not good:
        return summary
    summary |= {key: spread([run[key] for run in good]) for key in ("mb_per_s", "cpu_s_per_gb", "from_up_s", "wall_s", "foreign")}
    for key in ("source_peak", "source_anonymous", "leecher_peak", "leecher_anonymous"):
        summary[key] = max((run[key] for run in good if run[key]), default=None)
    pairs = [(run, first) for run, first in zip(runs, base) if "failed" not in run and "failed" not in first]
    if pairs:
        summary["speed_ratio"] = spread([first["wall_s"] / run["wall_s"] for run, first in pairs])
        summary["cpu_ratio"] = spread([run["cpu_s"] / first["cpu_s"] for run, first in pairs])
    return summary


def spread(values):
    return {"median": statistics.median(values), "low": min(values), "high": max(values)}


def rows_of(summary):
    """Lines of cells, a tool each."""
    rows = []
    for name, found in summary.items():
        runs = f"{found['runs']}" + (f" ({found['failed']} failed)" if found["failed"] else "")
        if not found["runs"]:
            rows.append([name, runs, *["-"] * (len(_COLUMNS) - 2)])
            continue
        row = [name, runs, _spread_text(found["mb_per_s"], "{:,.0f}"), _spread_text(found["cpu_s_per_gb"], "{:.2f}")]
        row.append(_spread_text({key: value * 1000 for key, value in found["from_up_s"].items()}, "{:,.0f}"))
        row += [_memory_text(found[f"{role}_peak"], found[f"{role}_anonymous"]) for role in ("leecher", "source")]
        row.append(f"{found['foreign']['high']:.0%}")
        row += [_spread_text(found[key], "{:.2f}") if key in found else "-" for key in ("speed_ratio", "cpu_ratio")]
        rows.append(row)
    return rows


def table(result, markdown=False):
    """A case's heading and table, as text."""
    place = f"{result['directory']} ({result['file_system']})"
    heading = f"{short_size(result['size'])} to {result['leechers']} in {place}, pieces of {short_size(result['piece'])}"
    if "skipped" in result:
        return f"{'### ' * markdown}{heading}: skipped, {result['skipped']}\n"
    rows = [list(_COLUMNS), *rows_of(result["summary"])]
    if markdown:
        lines = [f"| {' | '.join(row)} |" for row in rows]
        lines.insert(1, "|---|" + "---:|" * (len(_COLUMNS) - 1))
        return "\n".join([f"### {heading}", "", *lines, ""])
    widths = [max(len(row[i]) for row in rows) for i in range(len(_COLUMNS))]
    lines = ["  ".join([row[0].ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(row[1:], widths[1:]))]) for row in rows]
    return "\n".join([heading, *lines, ""])


def legend(tools):
    """What the columns and the tools are."""
    first = tools[0].name if tools else "the first"
    lines = [
        "Medians (lowest to highest). MB/s: all leechers together. CPU: user and system time of all peer processes for each delivered",
        "10^9 bytes. ms: from the start of the last process to the last complete copy. MiB: largest peak of a process, its anonymous part in",
        f"parentheses. others: largest share of the machine that was not ours. speed, CPU: as ratios to {first} in the same round.",
        *(f"  {tool.name:<12} {tool.says}" for tool in tools),
    ]
    return "\n".join(lines)


def _spread_text(found, shape):
    texts = {key: shape.format(value) for key, value in found.items()}
    same = texts["low"] == texts["high"]
    return texts["median"] if same else f"{texts['median']} ({texts['low']} to {texts['high']})"


def _memory_text(peak, anonymous):
    if not peak:
        return "-"
    return f"{peak / 2**20:,.0f} ({anonymous / 2**20:,.0f})" if anonymous else f"{peak / 2**20:,.0f}"
