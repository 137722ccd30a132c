"""Starts a node that serves HTTP, and curl when it answers. usage: http_reader.py COPY DONE-FILE COMMAND...

Prints when the first byte came, and lets the node go on until this is killed with it.
"""

import re
import subprocess
import sys
import time
from pathlib import Path


def main():
    copy, done, command = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]
    began = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as node:
        for line in node.stderr:
            if url := re.match(r"http: (\S+?)/?$", line):
                break
        else:
            sys.exit(f"{command} has ended")
        up = time.monotonic() - began
        curl = ["curl", "-sS", "-o", copy, "-w", "%{time_starttransfer}", f"{url[1]}/{copy.name}"]
        first = float(subprocess.run(curl, capture_output=True, text=True, check=True).stdout)
        done.touch()
        print(f"first byte {up + first:.4f} s, of curl {first:.4f} s", flush=True)
        node.stderr.read()  # until it ends


if __name__ == "__main__":
    main()
