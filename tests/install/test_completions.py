#!/usr/bin/env python3
"""Completions, made from the programs' tables, in the shells themselves: bash, zsh and fish."""

import os
import shlex
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

from documents import CLEAN, PROGRAM, ROOT, SWARM, table

BASH_COMPLETION = Path("/usr/share/bash-completion/bash_completion")
PATIENCE_S = 60


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=PATIENCE_S, **options)


class Completions(unittest.TestCase):
    """The completions in a folder of their own, and a `peerProcess` and a `pswarm` in PATH."""

    @classmethod
    def setUpClass(cls):
        holder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(holder.cleanup)
        cls.dir = Path(holder.name)
        subprocess.run([ROOT / "scripts/completions", "--program", PROGRAM, "--swarm", SWARM, "--out", cls.dir], check=True, env=CLEAN)
        (cls.dir / "bin").mkdir()
        (cls.dir / "bin/peerProcess").symlink_to(PROGRAM)
        (cls.dir / "bin/pswarm").symlink_to(SWARM)
        # The shells give `ls` a second, which says nothing about whether what they do with its answer is right.
        (cls.dir / "bin/timeout").write_text('#!/bin/sh\nshift\nexec "$@"\n')
        (cls.dir / "bin/timeout").chmod(0o755)
        cls.place = cls.dir / "place"
        (cls.place / "models/sub").mkdir(parents=True)
        (cls.place / "more.json").write_text("{}")
        cls.environment = {**CLEAN, "PATH": f"{cls.dir}/bin:{os.environ['PATH']}", "HOME": str(cls.dir)}

    @classmethod
    def share(cls):
        """A node that shares two names; where it is."""
        folder = cls.dir / "shared"
        (folder / "sub").mkdir(parents=True, exist_ok=True)
        (folder / "alpha.bin").write_bytes(b"a")
        (folder / "sub/beta.bin").write_bytes(b"b")
        for port in range(21000 + os.getpid() % 1000 * 10, 65535):
            node = subprocess.Popen([PROGRAM, "share", "--folder", folder, "--host", "127.0.0.1", "--port", str(port), "--no-multicast", "--json",
                                     "--progress", "none"], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=CLEAN)
            for line in node.stdout:
                if '"ready"' in line and '"files":2' in line:
                    cls.addClassCleanup(cls.stop, node)
                    return f"127.0.0.1:{port}"
            if node.wait() != 65:
                raise AssertionError(f"share exited with {node.returncode}")
            node.stdout.close()
        raise AssertionError("no free port")

    @staticmethod
    def stop(node):
        node.terminate()
        node.wait()
        node.stdout.close()


class Cases:
    """What each shell must offer. complete(line) gives the candidates for the end of a line."""

    def test_commands(self):
        self.assertEqual({"share", "ls", "get", "gateway", "manifest", "verify", "chunks", "key", "network"}, set(self.complete("peerProcess ")))
        self.assertEqual({"share"}, set(self.complete("peerProcess sh")))
        self.assertLessEqual({"launch", "status", "top", "stop", "keys", "report", "check"}, set(self.complete("pswarm ")))

    def test_the_options_of_a_command_are_those_of_the_table(self):
        for command in table(PROGRAM)["commands"]:
            word = command["name"].partition(" ")[2]
            names = {name for option in command["options"] for name in option["names"] if name.startswith("--")}
            self.assertEqual(names, set(self.complete(f"peerProcess {word} --".replace("  ", " "))), word)
        names = {name for option in table(SWARM)["options"] if "launch" in option.get("commands", ["launch"])
                 for name in option["names"] if name.startswith("--")}
        self.assertEqual(names, set(self.complete("pswarm launch --")))

    def test_values(self):
        self.assertEqual({"auto", "bar", "plain", "none"}, set(self.complete("peerProcess get --progress ")))
        self.assertEqual({"plain"}, {word.removeprefix("--progress=") for word in self.complete("peerProcess get --progress=pl")})
        self.assertEqual({"new", "join", "list", "leave"}, set(self.complete("peerProcess network ")))
        self.assertEqual({"models"}, {word.rstrip("/") for word in self.complete("peerProcess share --folder m")})
        self.assertEqual({"models", "more.json"}, {word.rstrip("/") for word in self.complete("peerProcess verify mo")})

    def test_names_of_what_is_shared(self):
        where = self.share()
        self.assertEqual({"alpha.bin", "sub/beta.bin"}, set(self.complete(f"peerProcess get --join {where} --no-multicast ")))
        self.assertEqual({"sub/beta.bin"}, set(self.complete(f"peerProcess get --join={where} --no-multicast su")))
        self.assertEqual({"alpha.bin"}, set(self.complete(f"peerProcess ls --join={where} --no-multicast al")))

    def test_nobody_there_is_no_noise(self):
        found = self.complete("peerProcess get --join 127.0.0.1:1 --no-multicast ")
        self.assertEqual([], [word for word in found if not word.startswith("-")])  # zsh has the options instead


@unittest.skipUnless(shutil.which("bash") and BASH_COMPLETION.exists(), "there is no bash-completion")
class BashTest(Cases, Completions):
    def complete(self, line):
        words = shlex.split(line) + ([""] if line.endswith(" ") else [])
        # As readline does: = and : are words of their own.
        split = []
        for word in words:
            part = ""
            for character in word:
                if character in "=:":
                    split += ([part] if part else []) + [character]
                    part = ""
                else:
                    part += character
            split += [part] if part or not word else []
        script = f"""
            source {BASH_COMPLETION}
            source {self.dir}/bash/{words[0]}
            compopt() {{ :; }}
            COMP_WORDS=({shlex.join(split)}); COMP_CWORD={len(split) - 1}; COMP_LINE={shlex.quote(line)}; COMP_POINT={len(line)}; COMP_TYPE=9; COMP_KEY=9
            _{words[0]} {words[0]} {shlex.quote(split[-1])} {shlex.quote(split[-2])}
            printf '%s\\n' "${{COMPREPLY[@]}}" """
        done = run("bash", "--norc", "--noprofile", "-c", script, cwd=self.place, env=self.environment)
        self.assertEqual("", done.stderr)
        return [word.rstrip() for word in done.stdout.splitlines() if word]

    def test_syntax(self):
        for file in (self.dir / "bash").iterdir():
            self.assertEqual((0, ""), (run("bash", "-n", file).returncode, run("bash", "-n", file).stderr))


@unittest.skipUnless(shutil.which("fish"), "there is no fish")
class FishTest(Cases, Completions):
    def complete(self, line):
        program = shlex.split(line)[0]
        done = run("fish", "--no-config", "-c", f"source {self.dir}/fish/{program}.fish; complete -C {shlex.quote(line)}", cwd=self.place, env=self.environment)
        self.assertEqual("", done.stderr)
        return [found.split("\t")[0] for found in done.stdout.splitlines()]

    def test_syntax(self):
        for file in (self.dir / "fish").iterdir():
            self.assertEqual((0, ""), (run("fish", "-n", file).returncode, run("fish", "-n", file).stderr))


ZSH = r"""
zmodload zsh/zpty
zpty -b inner zsh -f -i
zpty -w inner 'PS1= RPS1= PROMPT_EOL_MARK=; unsetopt zle_bracketed_paste 2>/dev/null; stty -echo; fpath=(%(folder)s $fpath); cd %(place)s'
zpty -w inner 'autoload -U compinit; compinit -u -D; zstyle ":completion:*" list-max 0 2>/dev/null; LISTMAX=10000'
zpty -w inner 'compadd() {
  local -a kept; builtin compadd -A kept "$@"
  local word; for word in $kept; do print -r -- "<hit>$word</hit>" >>| %(hits)s; done
  builtin compadd "$@" }'
zpty -w inner 'done_now() { print -r -- "<done>" >>| %(hits)s; }; zle -N done_now; bindkey "^X^X" done_now'
zpty -w -n inner %(line)s$'\t'
zpty -w -n inner $'\C-x\C-x'
"""


@unittest.skipUnless(shutil.which("zsh"), "there is no zsh")
class ZshTest(Cases, Completions):
    def complete(self, line):
        hits = Path(tempfile.mkstemp(dir=self.dir)[1])
        script = ZSH % {"folder": self.dir / "zsh", "place": self.place, "hits": hits, "line": shlex.quote(line)}
        # The outer shell stays until the inner one has written its mark: the terminal is read meanwhile, and what it shows is of no use.
        script += f"while ! grep -q '<done>' {hits}; do zpty -r -t inner rest || sleep .02; done; zpty -d inner"
        done = run("zsh", "-f", "-c", script, cwd=self.place, env={**self.environment, "TERM": "xterm"})
        self.assertEqual("", done.stderr)
        found = [word[5:-6] for word in hits.read_text().splitlines() if word.startswith("<hit>")]
        return [word.split(":")[0] if " " in word else word for word in found]

    def test_syntax(self):
        for file in (self.dir / "zsh").iterdir():
            self.assertEqual((0, ""), (run("zsh", "-n", file).returncode, run("zsh", "-n", file).stderr))




if __name__ == "__main__":
    unittest.main()
