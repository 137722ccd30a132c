"""Starts a node that serves HTTP, and curl when it answers. usage: http_reader.py COPY DONE-FILE COMMAND...

Prints when the first byte came, and lets the node go on until this is killed with it.
"""

import re
import subprocess
import sys
import time
from pathlib import Path

_POLL_S = 0.001


def main():
    copy, done, command = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    said = done.with_suffix(".node.txt")
    began = time.monotonic()
    with said.open("wb") as words, subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=words, stderr=words) as node:
        while not (url := re.search(r"^http: (\S+?)/?$", said.read_text(), re.MULTILINE)):
            if node.poll() is not None:
                sys.exit(f"{command} has ended; see {said}")
            time.sleep(_POLL_S)
        up = time.monotonic() - began
        curl = ["curl", "-sS", "-o", copy, "-w", "%{time_starttransfer}", f"{url[1]}/{copy.name}"]
        first = float(subprocess.run(curl, capture_output=True, text=True, check=True).stdout)
        print(f"first byte {up + first:.4f} s, of curl {first:.4f} s", flush=True)
        done.touch()
        node.wait()


if __name__ == "__main__":
    main()
