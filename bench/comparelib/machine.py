"""What the machine is, who uses it, what a process has used; and a loopback network of our own."""

import ctypes
import os
import platform
import shutil
import socket
import subprocess
import time
from pathlib import Path

from swarmlib.cli import ScriptError
from swarmlib.create import HOST

_TICKS = os.sysconf("SC_CLK_TCK")
CORES = len(os.sched_getaffinity(0))


def describe():
    """The machine in a few words, for the report."""
    models = [line.partition(":")[2].strip() for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    return {
        "processor": models[0] if models else platform.machine(),
        "cores": CORES,
        "memory_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30, 1),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", "?"),
        "kernel": platform.release(),
        "congestion_control": congestion_control(),
    }


def file_system(directory):
    """The type of the file system that a directory is on."""
    place = Path(directory).resolve()
    mounts = [line.split()[1:3] for line in Path("/proc/self/mounts").read_text().splitlines()]
    fitting = [(len(point), kind) for point, kind in mounts if place.is_relative_to(point)]
    return max(fitting, default=(0, "unknown"))[1]  # a changed root need not be a mount


def free_space(directory):
    """Bytes that can be written there and held in memory."""
    available = next(line for line in Path("/proc/meminfo").read_text().splitlines() if line.startswith("MemAvailable"))
    return min(shutil.disk_usage(directory).free, int(available.split()[1]) * 1024)


def busy_seconds():
    """CPU seconds that all of the machine has used, and that its host took away, since boot."""
    user, nice, system, _idle, _iowait, irq, softirq, steal = map(int, Path("/proc/stat").read_text().split(maxsplit=9)[1:9])
    return (user + nice + system + irq + softirq + steal) / _TICKS


def wait_until_quiet(patience_s, share=0.1, window_s=0.2):
    """Until the machine is used by no more than that share, or until patience ends."""
    deadline = time.monotonic() + patience_s
    while time.monotonic() < deadline:
        busy, start = busy_seconds(), time.monotonic()
        time.sleep(window_s)
        if busy_seconds() - busy <= share * CORES * (time.monotonic() - start):
            return


def cpu_seconds(pid):
    """User and system time of a process, to the nanosecond, with threads that have ended; a zombie's, too."""
    try:
        return time.clock_gettime((~pid << 3) | 2)  # what clock_getcpuclockid() gives
    except OSError:
        return 0.0


def waited_for_seconds(pid):
    """User and system time of the children that a process has waited for; in ticks, for nothing tells it better."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[13]) + int(fields[14])) / _TICKS


def descendants(pid):
    """A process and all that came from it and still has a parent."""
    found = [pid]
    for one in found:
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                found += map(int, Path(f"/proc/{one}/task/{task}/children").read_text().split())
        except OSError:
            pass  # It has ended in the meantime.
    return found


def memory(pid):
    """(largest resident set so far, anonymous part now) in bytes; zeros for a process that has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0, 0
    values = {line.partition(":")[0]: line.split()[1] for line in lines if line.startswith(("VmHWM", "RssAnon"))}
    return tuple(int(values.get(name, 0)) * 1024 for name in ("VmHWM", "RssAnon"))


def listening_ports():
    """TCP ports that somebody listens on, of IPv4."""
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return {int(words[1].partition(":")[2], 16) for line in lines if (words := line.split())[3] == "0A"}


def congestion_control():
    """What TCP uses between two sockets on loopback."""
    with socket.create_server((HOST, 0)) as server, socket.create_connection(server.getsockname()) as client:
        return client.getsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, 16).rstrip(b"\0").decode()


def enter_own_network(wanted):
    """Gives this process and all its children a loopback of their own, with that congestion control. Needs root."""
    libc = ctypes.CDLL(None, use_errno=True)
    clone_newnet = 0x40000000
    if libc.unshare(clone_newnet) != 0:
        raise ScriptError(f"--cc: no network of our own: {os.strerror(ctypes.get_errno())} (it needs root)")
    _ip("link", "set", "lo", "up")
    # By routes, for only what the machine's administrator allows to everybody can be a new network's default.
    for place in ("127.0.0.0/8", HOST):
        _ip("route", "replace", "table", "local", "local", place, "dev", "lo", "proto", "kernel", "scope", "host", "src", HOST, "congctl", wanted)
    if congestion_control() != wanted:
        raise ScriptError(f"--cc {wanted}: it is {congestion_control()} all the same")


def _ip(*words):
    try:
        done = subprocess.run(["ip", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True)
    except FileNotFoundError:
        raise ScriptError("--cc: apt-get install iproute2") from None
    if done.returncode != 0:
        raise ScriptError(f"--cc: ip {' '.join(words)}: {done.stderr.strip()}")
