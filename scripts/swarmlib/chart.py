"""Curves as SVG: a logarithmic x axis with a tick a value, either kind of y axis, the legend at the right."""

import math
from xml.sax.saxutils import escape

WIDTH, HEIGHT = 800, 420
LEFT, RIGHT, TOP, BOTTOM = 72, 272, 46, 52
_STEPS = [digit * 10.0**power for power in range(-2, 6) for digit in (1, 2, 5)]


class Axis:
    """Maps values to pixels, on a logarithmic or a linear scale."""

    def __init__(self, low, high, start, end, ticks, log):
        self.low, self.high, self.start, self.end, self.ticks, self.log = low, high, start, end, ticks, log

    def __call__(self, value):
        scale = math.log if self.log else float
        share = (scale(value) - scale(self.low)) / (scale(self.high) - scale(self.low))
        return self.start + share * (self.end - self.start)


def log_axis(values, start=HEIGHT - BOTTOM, end=TOP, ticks=None):
    """Decades around the values, upwards unless start and end say otherwise; or the ticks and no more."""
    low, high = min(values), max(values)
    if ticks:  # the values themselves, with some room at both sides
        return Axis(low / 1.15, high * 1.15, start, end, ticks, True)
    decades = range(math.floor(math.log10(low)), math.ceil(math.log10(high)) + 1)
    return Axis(10.0 ** decades[0], 10.0 ** decades[-1], start, end, [10.0**each for each in decades], True)


def linear_axis(low, values, start=HEIGHT - BOTTOM, end=TOP):
    """From `low` to above all values, in at most eight round steps."""
    step = next(step for step in _STEPS if (max(values) - low) / step <= 7)
    count = math.ceil((max(values) - low) / step + 1e-9)
    return Axis(low, low + count * step, start, end, [low + i * step for i in range(count + 1)], False)


def _text(x, y, content, **attributes):
    extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items())
    return f'<text x="{x:.1f}" y="{y:.1f}"{extra}>{escape(content)}</text>'


def _line(x1, y1, x2, y2, color, **attributes):
    extra = "".join(f' {name.replace("_", "-")}="{value}"' for name, value in attributes.items() if value)
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{color}"{extra}/>'


def chart(title, x_label, y_label, curves, y_axis, y_text, x_text="{:,}".format):
    """SVG of curves: (label, color, dash, [(x, y), ...])."""
    bottom, right = HEIGHT - BOTTOM, WIDTH - RIGHT
    xs = sorted({x for *_, points in curves for x, _ in points})
    x_axis = log_axis(xs, LEFT, right, xs)
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" font-family="Helvetica, Arial, sans-serif" font-size="12" fill="#333">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="#fff"/>',
        _text(LEFT, 26, title, font_size="15", font_weight="bold"),
    ]
    for tick in y_axis.ticks:
        y = y_axis(tick)
        parts += [_line(LEFT, y, right, y, "#ddd"), _text(LEFT - 8, y + 4, y_text(tick), text_anchor="end")]
    for tick in x_axis.ticks:
        x = x_axis(tick)
        parts += [_line(x, bottom, x, bottom + 5, "#333"), _text(x, bottom + 19, x_text(tick), text_anchor="middle")]
    parts += [_line(LEFT, bottom, right, bottom, "#333"), _text((LEFT + right) / 2, HEIGHT - 12, x_label, text_anchor="middle")]
    middle = (TOP + bottom) / 2
    parts.append(_text(18, middle, y_label, text_anchor="middle", transform=f"rotate(-90 18 {middle:.1f})"))
    for i, (label, color, dash, points) in enumerate(curves):
        places = [(x_axis(x), y_axis(y)) for x, y in points]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in places)
        dashes = f' stroke-dasharray="{dash}"' if dash else ""
        parts.append(f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="2"{dashes}/>')
        parts += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{color}"/>' for x, y in places]
        y = TOP + 14 + 21 * i
        parts += [_line(right + 16, y - 4, right + 46, y - 4, color, stroke_width=2, stroke_dasharray=dash), _text(right + 54, y, label)]
    return "\n".join(parts + ["</svg>"]) + "\n"
