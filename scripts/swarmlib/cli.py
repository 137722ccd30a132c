"""The frame round a script's main(): exit codes, argument errors, and no traceback for what the user can mend."""

import argparse
import errno
import os
import signal
import sys
from enum import IntEnum
from pathlib import Path

from .option_table import PrintTable

REPOSITORY = Path(__file__).resolve().parents[2]


class Exit(IntEnum):
    """The exit codes of peerProcess, which the scripts use too."""

    COMPLETE = 0
    UNEXPECTED = 1
    TIMEOUT = 2
    NETWORK = 6
    INTERRUPTED = 7
    DISK_FULL = 9
    IO = 17
    USAGE = 28
    MISMATCH = 32
    CONFIG = 64
    NOT_AUTHORISED = 66


class ScriptError(Exception):
    """Ends a script with a message for its user and an exit code."""

    def __init__(self, message, code=Exit.UNEXPECTED):
        super().__init__(message)
        self.code = code


class Parser(argparse.ArgumentParser):
    """An argument parser that keeps a help text's line breaks and leaves with our usage code."""

    def __init__(self, **options):
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **options)
        self.add_argument("--help-json", action=PrintTable, help="print commands and options as JSON and exit")

    def error(self, message):
        self.print_usage(sys.stderr)
        self.exit(Exit.USAGE, f"{self.prog}: {message}\n")


def run(main, program):
    """Runs main() and leaves the process with its exit code; errors become one line on stderr."""
    # What was closed would else become the first file or pipe that is opened.
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode))
    # So that SIGTERM, too, lets main() clean up.
    for each in (signal.SIGINT, signal.SIGTERM):
        signal.signal(each, signal.default_int_handler)
    try:
        code = main()
        sys.stdout.flush()
    except ScriptError as error:
        code = _complain(program, error, error.code)
    except KeyboardInterrupt:
        code = _complain(program, "interrupted", Exit.INTERRUPTED)
    except OSError as error:
        # What is still buffered for a closed pipe must not raise a second time at exit.
        if error.errno == errno.EPIPE:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        code = _complain(program, error, Exit.DISK_FULL if error.errno == errno.ENOSPC else Exit.IO)
    sys.exit(code)


def _complain(program, message, code):
    try:
        print(f"{program}: {message}", file=sys.stderr)
    except OSError:
        pass  # Nobody is left to read it; the exit code still tells.
    return code
