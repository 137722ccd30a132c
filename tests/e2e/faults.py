"""The environment that makes tests/support/fault_shim.c fail a peer's calls; what each variable means stands there."""

import os
import sys
from pathlib import Path

SHIM = os.path.abspath(os.environ.get("FAULT_SHIM") or Path(__file__).resolve().parents[2] / "build/dev/tests/libfault_shim.so")

if not os.access(SHIM, os.R_OK):
    sys.exit(f"{SHIM} is not there: build it (scripts/build dev) or set FAULT_SHIM")


def fault(path="*", calls=(), at=0, action="", count=0, until_gone=None, log=None, clock=None, steady=None):
    """Environment for one process. `calls`: names as in the shim; `until_gone`: a file that, removed, ends the fault."""
    values = {"FAULT_PATH": path, "FAULT_CALLS": ",".join(calls), "FAULT_AT": at, "FAULT_ACTION": action, "FAULT_COUNT": count,
              "FAULT_WHILE": until_gone, "FAULT_LOG": log, "FAULT_CLOCK": clock, "FAULT_STEADY": steady}
    # The address sanitizer's library wants to be the first one; here it need not.
    return {"LD_PRELOAD": SHIM, "ASAN_OPTIONS": "verify_asan_link_order=0:" + os.environ.get("ASAN_OPTIONS", "")} | {
        name: str(value) for name, value in values.items() if value}


def logged_calls(path):
    """The calls in a FAULT_LOG as (number, name, path)."""
    lines = path.read_text().splitlines() if path.is_file() else []
    return [(int(number), name, where) for number, name, where in (line.split(" ", 2) for line in lines)]
