#!/usr/bin/env python3
"""Runs the unittest cases of one file, so that a skipped test is counted as skipped and never passes for a success.

usage: run_tests.py FILE

Prints "skipped: TEST: REASON" for each test that was skipped; scripts/test repeats these lines at its end. Exit codes:
0 no test failed, 77 no test failed because each was skipped, 1 a test failed or the file has none.
"""

import importlib
import sys
import unittest
from pathlib import Path

SKIPPED = 77


class Result(unittest.TextTestResult):
    """Counts successes: what testsRun makes of a skipped test or class differs between releases of Python."""

    successes = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.successes += 1


def main():
    path = Path(sys.argv[1]).resolve()
    sys.path[0] = str(path.parent)  # as if the file itself was run
    tests = unittest.defaultTestLoader.loadTestsFromModule(importlib.import_module(path.stem))
    if tests.countTestCases() == 0:
        sys.exit(f"{path} has no tests")
    result = unittest.TextTestRunner(resultclass=Result).run(tests)
    for test, reason in result.skipped:
        print(f"skipped: {test.id()}: {reason}")
    if not result.wasSuccessful():
        return 1
    return 0 if result.successes > 0 else SKIPPED


if __name__ == "__main__":
    sys.exit(main())
