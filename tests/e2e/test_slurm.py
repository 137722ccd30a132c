"""pbcast and push --via srun on a real Slurm of this machine with four nodes, beside sbcast."""

import json
import os
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

from push_case import COMPLETE, SCRIPTS, SOME_FAILED, USAGE, PushCase
from swarm_case import DEADLINE_S, HERE, PEER_PROCESS

sys.path.insert(0, str(HERE.parent / "support"))
import slurm  # noqa: E402

MISSING = slurm.missing_programs()


@unittest.skipIf(MISSING, f"not installed: {' '.join(MISSING)}")
class SlurmTest(PushCase):
    @classmethod
    def setUpClass(cls):
        cls.holder = tempfile.TemporaryDirectory(prefix="p2p-slurm-")
        cls.addClassCleanup(cls.holder.cleanup)
        Path(cls.holder.name).chmod(0o755)  # munged wants everybody to reach its socket
        cls.slurm = slurm.Slurm(Path(cls.holder.name) / "slurm", 4)
        try:
            cls.slurm.start()
        except RuntimeError as error:
            raise unittest.SkipTest(f"Slurm does not start here: {str(error)[:300]}") from error
        cls.addClassCleanup(cls.slurm.stop)

    def environment(self):
        return super().environment() | {key: value for key, value in self.slurm.environment.items() if key in ("SLURM_CONF", "PATH")} | {
            "PEER_PROCESS": PEER_PROCESS}  # fmt: skip

    def in_job(self, script, code=COMPLETE, nodes=4):
        """Runs a job script in an allocation of its own; returns what it has printed."""
        file = self.dir / "job.sh"
        file.write_text(f"#!/bin/sh\nPATH={SCRIPTS}:$PATH\n{script}\n")
        done = subprocess.run(["salloc", "--quiet", f"-N{nodes}", "sh", file], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                              timeout=DEADLINE_S, env=self.environment(), cwd=self.dir)  # fmt: skip
        self.assertEqual(done.returncode, code, done.stdout + done.stderr)
        return done

    def test_a_job_script_changes_one_word(self):
        self.source.chmod(0o640)
        for word in ("sbcast", "pbcast"):
            place = self.there / word
            place.mkdir(parents=True)
            # All nodes of sbcast are one machine here and write one file; those of pbcast have folders of their own.
            name = f"{place}/a.bin" if word == "sbcast" else f"{place}/{{host}}.bin"
            said = self.in_job(f"{word} -C -f -F 2 -p -s 1m -t 30 {self.source} '{name}'")
            copies = sorted(place.iterdir())
            self.assertEqual(len(copies), 1 if word == "sbcast" else 4)
            for copy in copies:
                self.assertEqual(copy.read_bytes(), self.source.read_bytes())
                self.assertEqual(copy.stat().st_mode & 0o777, 0o640)
                self.assertEqual(int(copy.stat().st_mtime), int(self.source.stat().st_mtime))
        for option in ("-C:", "-F:", "-s:", "-t:"):
            self.assertIn(f"pbcast: {option}", said.stderr)
        self.assert_nothing_runs()

    def test_what_is_there_is_replaced_by_force_alone(self):
        self.there.mkdir()
        old = self.there / "n2"
        old.write_bytes(b"mine")
        said = self.in_job(f"pbcast {self.source} '{self.there}/{{host}}'", code=SOME_FAILED)
        self.assertIn("n2 failed (17)", said.stderr)
        self.assertEqual(old.read_bytes(), b"mine")
        self.assertEqual((self.there / "n1").read_bytes(), self.source.read_bytes())
        self.in_job(f"pbcast -f {self.source} '{self.there}/{{host}}'")
        self.assertEqual(old.read_bytes(), self.source.read_bytes())

    def test_push_goes_to_the_nodes_of_the_allocation(self):
        said = self.in_job(f"swarm push --via srun --json --binary {PEER_PROCESS} {self.source} '{self.dest}'", nodes=3)
        self.assertEqual([one["host"] for one in json.loads(said.stdout)], ["n1", "n2", "n3"])
        self.assert_copied("n1", "n2", "n3")
        self.assert_nothing_runs()

    def test_from_outside_the_job_is_named(self):
        """-j, as sbcast has it."""
        holding = subprocess.Popen(["salloc", "--quiet", "-N2", "sh", "-c", "echo $SLURM_JOB_ID; read end"], stdin=subprocess.PIPE,
                                   stdout=subprocess.PIPE, text=True, env=self.environment())  # fmt: skip
        self.addCleanup(holding.wait)
        self.addCleanup(holding.stdout.close)
        self.addCleanup(holding.stdin.close)
        job = holding.stdout.readline().strip()
        done = subprocess.run([SCRIPTS / "pbcast", "-j", job, self.source, self.dest], capture_output=True, text=True,
                              timeout=DEADLINE_S, env=self.environment())  # fmt: skip
        self.assertEqual(done.returncode, COMPLETE, done.stderr)
        self.assertEqual(len(list(self.there.iterdir())), 2)

    def test_without_an_allocation(self):
        done = subprocess.run([SCRIPTS / "pbcast", self.source, self.dest], capture_output=True, text=True, timeout=DEADLINE_S,
                              env={key: value for key, value in os.environ.items() if not key.startswith("SLURM")})  # fmt: skip
        self.assertEqual(done.returncode, USAGE)
        self.assertIn("SLURM_JOB_NODELIST is not set", done.stderr)


if __name__ == "__main__":
    unittest.main()
