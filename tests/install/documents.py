"""What the documents say: man pages with the parts that they share, as options, exit codes and words."""

import json
import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
MAN = ROOT / "docs" / "man"
PROGRAM = os.environ.get("PEER_PROCESS", str(ROOT / "build" / "peerProcess"))
SWARM = str(ROOT / "scripts" / "swarm")
PBCAST = str(ROOT / "scripts" / "pbcast")
# A test's own environment must not set options.
CLEAN = {name: value for name, value in os.environ.items() if not name.startswith("PEERPROCESS_")}


def output(*words, **options):
    """What a command prints on stdout when it succeeds."""
    return subprocess.run(words, check=True, capture_output=True, text=True, stdin=subprocess.DEVNULL, env=CLEAN, **options).stdout


def table(*words):
    return json.loads(output(*words, "--help-json"))


def page(name):
    """The source of a man page, with the parts in their places."""
    text = (MAN / f"{name}.scd").read_text(encoding="utf-8")
    return re.sub(r"^@([a-z-]+)@\n", lambda part: (MAN / "parts" / f"{part[1]}.scd").read_text(encoding="utf-8") + "\n", text, flags=re.MULTILINE)


def section(text, title):
    """The text below that heading, up to the next one."""
    found = re.search(rf"^# {title}\n(.*?)(?=^# |\Z)", text, flags=re.MULTILINE | re.DOTALL)
    return found[1] if found else ""


def options_of(text):
    """The names that head an entry of a page's OPTIONS."""
    heads = [line for line in section(text, "OPTIONS").splitlines() if line.startswith("*-")]
    return [name for line in heads for name in re.findall(r"\*(--?[A-Za-z][\w-]*)\*", line)]


def exit_codes_of(text):
    """Code to words, of a page's EXIT STATUS."""
    found = re.findall(r"^\*(\d+)\*\n((?:\t.*\n)+)", section(text, "EXIT STATUS"), flags=re.MULTILINE)
    return {int(code): " ".join(words.replace("\\", "").split()) for code, words in found}
