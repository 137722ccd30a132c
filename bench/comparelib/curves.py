"""The drawn form of a report: a file a directory, size and quantity, over the number of leechers and over the piece size."""

from swarmlib.chart import chart, linear_axis

from .options import short_size

_COLORS = {
    "ours": "#0072b2",
    "ideal": "#444444",
    "libtorrent": "#d55e00",
    "aria2": "#cc79a7",
    "rtorrent": "#e69f00",
    "nginx": "#009e73",
    "rsync": "#56b4e9",
    "nc": "#8c6d31",
    "socat": "#7f3c8d",
}  # mostly told apart by the color-blind, too
_VARIANTS = ("2 3", "8 3", "8 3 2 3")  # dashes for further ones of ours
_QUANTITIES = {
    "speed": ("mb_per_s", "Delivered to all leechers together", "MB/s", "{:,.0f}"),
    "cpu": ("cpu_s_per_gb", "CPU time of all peer processes", "CPU seconds per 10^9 bytes", "{:g}"),
}
_OVER = {"leechers": ("leechers", "leechers", "piece", str), "piece": ("piece", "piece size", "leechers", short_size)}


def draw(found, folder):
    """Writes compare-*.svg there, of each series with at least two points. Returns the paths."""
    written = []
    cases = [case for case in found["cases"] if "skipped" not in case]
    for over in _OVER:
        groups = _groups(cases, over)
        for (directory, size, fixed), group in groups.items():
            alone = [key[:2] for key in groups].count((directory, size)) == 1
            for name, (key, title, label, shape) in _QUANTITIES.items():
                curves = _curves(group, key, _OVER[over][0])
                if curves:
                    place = "-".join([directory.strip("/").replace("/", "-"), short_size(size).replace(" ", ""), *([] if alone else [_suffix(over, fixed)])])
                    path = folder / f"compare-{name}-over-{over}-{place}.svg"
                    what = f"{title} ({short_size(size)} in {directory}, {_fixed_text(over, fixed)})"
                    axis = linear_axis(0, [value for *_, points in curves for _, value in points])
                    path.write_text(chart(what, _OVER[over][1], label, curves, axis, shape.format, _OVER[over][3]), encoding="utf-8")
                    written.append(path)
    return written


def _groups(cases, over):
    """Cases that differ in nothing but what the curve is over."""
    fixed = _OVER[over][2]
    groups = {}
    for case in cases:
        groups.setdefault((case["directory"], case["size"], case[fixed]), []).append(case)
    return {key: sorted(group, key=lambda case: case[_OVER[over][0]]) for key, group in groups.items() if len(group) > 1}


def _suffix(over, fixed):
    """A word for a file's name, where there are several with other values of what is fixed."""
    return short_size(fixed).replace(" ", "") if over == "leechers" else f"{fixed}leechers"


def _fixed_text(over, fixed):
    return f"pieces of {short_size(fixed)}" if over == "leechers" else f"{fixed} leecher{'s' * (fixed > 1)}"


def _curves(cases, key, over):
    names = list(dict.fromkeys(name for case in cases for name in case["summary"]))
    others = [name for name in names if name not in _COLORS]
    curves = []
    for name in names:
        points = [(case[over], found[key]["median"]) for case in cases if (found := case["summary"].get(name, {})).get("runs")]
        dash = _VARIANTS[others.index(name) % len(_VARIANTS)] if name in others else ""
        if len(points) > 1:
            curves.append((name, _COLORS.get(name, _COLORS["ours"]), dash, points))
    return curves
