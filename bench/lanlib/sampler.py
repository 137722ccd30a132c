"""A program: prints the byte counters of port0, port1, ... again and again, as seen in the switch's namespace.

  sampler.py PEERS INTERVAL_S    a line each: time, then what each peer has sent, then what each has received
"""

import sys
import time


def main():
    peers, interval_s = int(sys.argv[1]), float(sys.argv[2])
    # What a port receives its peer has sent.
    paths = [f"/sys/class/net/port{peer}/statistics/{way}_bytes" for way in ("rx", "tx") for peer in range(peers)]
    files = [open(path, "rb", buffering=0) for path in paths]
    while True:
        values = []
        for file in files:
            file.seek(0)
            values.append(file.read().decode().strip())
        print(f"{time.time():.4f}", *values, flush=True)
        time.sleep(interval_s)


main()
