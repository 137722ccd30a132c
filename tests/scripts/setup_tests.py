"""The first minutes of a new user: what is missing is installed, quietly. And the counting of skipped tests."""

import os
import shutil
import subprocess
import sys

from support import PATIENCE_S, SCRIPTS, InDirectory

RUN_TESTS = SCRIPTS.parent / "tests/support/run_tests.py"
FAKE_APT_GET = """#!/bin/sh
echo "$*" >>"$CALLS"
echo noise of apt-get
case " $* " in
    *" --print-uris "*) echo "'http://host/a.deb' a.deb 2500000 SHA256:0"; echo "'http://host/b.deb' b.deb 1000000 SHA256:0" ;;
    *" $FAILS "*) exit 100 ;;
esac
"""


class SetupTest(InDirectory):
    """Scripts with a PATH of a few tools and what the test puts there."""

    def setUp(self):
        super().setUp()
        self.tools = self.dir / "tools"
        self.tools.mkdir()
        for name in ("awk", "cat", "dirname", "env", "mktemp", "rm", "sh"):
            (self.tools / name).symlink_to(shutil.which(name))
        self.calls = self.dir / "calls"

    def tool(self, name, text):
        path = self.tools / name
        path.write_text(text)
        path.chmod(0o755)

    def run_script(self, script, *arguments, **environment):
        return subprocess.run([script, *arguments], env={"PATH": str(self.tools), "CALLS": str(self.calls), **environment}, cwd=self.dir,
                              stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S)

    def install(self, fails="nothing"):
        """install-deps where nothing is installed and no distribution has OpenDHT."""
        self.tool("apt-get", FAKE_APT_GET)
        self.tool("apt-cache", "#!/bin/sh\nexit 100\n")
        self.tool("dpkg-query", "#!/bin/sh\nexit 1\n")
        self.tool("id", "#!/bin/sh\necho 0\n")
        return self.run_script(SCRIPTS / "install-deps", FAILS=fails)

    def test_installs_quietly_and_says_what_it_downloads(self):
        done = self.install()
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertRegex(done.stdout, r"\Ainstalling libasio-dev .*python3.* \(4 MB to download\)\n\Z")
        self.assertNotIn("noise", done.stderr)
        update, _, install = self.calls.read_text().splitlines()
        self.assertIn("update", update)
        self.assertRegex(install, "install -y .*libasio-dev")

    def test_shows_what_apt_said_when_it_fails(self):
        for step in ("update", "install"):
            with self.subTest(step):
                done = self.install(fails=step)
                self.assertEqual(done.returncode, 1)
                self.assertIn("noise of apt-get", done.stderr)

    def test_the_demo_needs_no_python_to_begin(self):
        scripts = self.dir / "scripts"
        (scripts / "swarmlib").mkdir(parents=True)
        shutil.copy(SCRIPTS / "demo", scripts)
        (scripts / "swarmlib/demo.py").write_text("import sys\nprint('demo', sys.argv[1:])\n")
        python = f"#!/bin/sh\nexec {sys.executable} \"$@\"\n"
        (scripts / "install-deps").write_text(f"#!/bin/sh\ncat >{self.tools}/python3 <<'END'\n{python}END\n{shutil.which('chmod')} +x {self.tools}/python3\n")
        (scripts / "install-deps").chmod(0o755)
        done = self.run_script(scripts / "demo", "--size", "1 KiB")
        self.assertEqual((done.returncode, done.stdout), (0, "demo ['--size', '1 KiB']\n"), done.stderr)


class RunTestsTest(InDirectory):
    """What a file of tests comes to for CTest."""

    def outcome(self, *bodies):
        path = self.dir / f"test_{len(os.listdir(self.dir))}.py"
        cases = "".join(f"    def test_{number}(self):\n        {body}\n" for number, body in enumerate(bodies))
        path.write_text(f"import unittest\n\nclass Case(unittest.TestCase):\n    x = 1\n{cases}")
        return subprocess.run([sys.executable, "-B", RUN_TESTS, path], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=PATIENCE_S)

    def test_exit_codes(self):
        skip = "self.skipTest('no such thing here')"
        for code, bodies in ((0, ("pass",)), (0, ("pass", skip)), (77, (skip,)), (77, (skip, skip)), (1, (skip, "self.fail()")), (1, ())):
            with self.subTest(bodies=bodies):
                done = self.outcome(*bodies)
                self.assertEqual(done.returncode, code, done.stderr)
                self.assertEqual(done.stdout.count("no such thing here"), bodies.count(skip))

    def test_a_class_that_is_skipped(self):
        path = self.dir / "test_class.py"
        path.write_text("import unittest\n\n@unittest.skip('reason')\nclass Case(unittest.TestCase):\n    def test(self):\n        pass\n")
        done = subprocess.run([sys.executable, "-B", RUN_TESTS, path], capture_output=True, text=True, timeout=PATIENCE_S)
        self.assertEqual((done.returncode, done.stdout), (77, "skipped: test_class.Case.test: reason\n"))
