"""What the tests of scripts/ share: where things are, and a directory in which a small swarm can be described."""

import sys
import tempfile
import time
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
SCRIPTS = HERE.parents[1] / "scripts"
sys.path.insert(0, str(SCRIPTS))

from swarmlib import files  # noqa: E402
from swarmlib.cfg import read_config  # noqa: E402
from swarmlib.create import write_config  # noqa: E402

PATIENCE_S = 60


class InDirectory(unittest.TestCase):
    """A test with a directory of its own."""

    def setUp(self):
        holder = tempfile.TemporaryDirectory()
        self.addCleanup(holder.cleanup)
        self.dir = Path(holder.name)

    def make_swarm(self, leechers=2, file_size=10_000, piece_size=1024):
        write_config(self.dir, file_name="a.bin", file_size=file_size, piece_size=piece_size, leechers=leechers)
        config = read_config(self.dir)
        files.make_seed_files(config)
        return config

    def wait_until(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"waited in vain for: {what}")
            time.sleep(0.02)
