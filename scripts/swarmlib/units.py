"""Sizes and rates, as text and back. Sizes are binary (MiB), rates decimal (MB/s), as peers print them."""

import argparse
import re

_UNITS = {"": 1, "b": 1}
for _power, _letter in enumerate("kmgt", start=1):
    _UNITS[_letter] = _UNITS[_letter + "ib"] = 1024**_power
    _UNITS[_letter + "b"] = 1000**_power


def parse_size(text):
    """Bytes from "65536", "64MiB", "64M" (binary) or "64MB" (decimal). For argparse: raises its error type."""
    match = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([a-z]*)", text.strip().lower())
    if match and match[2] in _UNITS:
        size = int(float(match[1]) * _UNITS[match[2]]) if "." in match[1] else int(match[1]) * _UNITS[match[2]]
        if size > 0:
            return size
    raise argparse.ArgumentTypeError(f"expected a size such as 65536, 256KiB or 64MiB, not '{text}'")


def size_text(size):
    """A size for people: "512 bytes", "64.0 MiB"."""
    if size < 1024:
        return f"{size} bytes"
    for unit in ("KiB", "MiB", "GiB"):
        size /= 1024
        if size < 1024:
            return f"{size:.1f} {unit}"
    return f"{size / 1024:.1f} TiB"


def rate_text(rate):
    """A rate in bytes per second for people, at most nine characters: "0.3 MB/s", "41 MB/s", "1.2 GB/s"."""
    if rate >= 999.5e6:
        return f"{rate / 1e9:.1f} GB/s"
    megabytes = rate / 1e6
    return f"{megabytes:.0f} MB/s" if megabytes >= 9.95 else f"{megabytes:.1f} MB/s"
