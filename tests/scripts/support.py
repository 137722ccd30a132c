"""What the tests of scripts/ share: where things are, and a directory in which a small swarm can be described."""

import hashlib
import json
import os
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


def rest_of_terminal(master):
    """All that is written to a terminal until its last user has left, which is how EIO is to be understood; closes it."""
    shown = b""
    try:
        while block := os.read(master, 65536):
            shown += block
    except OSError:
        pass
    os.close(master)
    return shown


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

    def name_by_manifest(self, with_manifest=True):
        """Makes the swarm of make_swarm() one whose sizes only a manifest says, which the seed has."""
        text = json.dumps({"kind": "file", "piece_size": 1024, "files": [{"path": "a.bin", "size": 10_000}]}).encode()
        common = self.dir / "Common.cfg"
        lines = [line for line in common.read_text().splitlines() if not line.startswith(("FileSize", "PieceSize"))]
        common.write_text("\n".join([*lines, f"Manifest {hashlib.sha256(text).hexdigest()}"]))
        if with_manifest:
            (self.dir / "peer_1001" / "a.manifest").write_bytes(text)
        return read_config(self.dir)

    def wait_until(self, condition, what):
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            self.assertLess(time.monotonic(), deadline, f"waited in vain for: {what}")
            time.sleep(0.02)
