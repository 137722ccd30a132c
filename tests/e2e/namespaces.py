"""Network namespaces that tests make for themselves, so that nothing is sent on a link of this machine."""

import os
import shutil
import subprocess


def ip(*words):
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=30)


def may_make_namespaces(*tools):
    """Whether this user may make them and work in them, and has these programs beside ip."""
    name = f"p2p-{os.getpid()}-try"
    if any(shutil.which(tool) is None for tool in ("ip", *tools)):
        return False
    if subprocess.run(["ip", "netns", "add", name], capture_output=True, timeout=30).returncode != 0:
        return False
    # To work in one, ip makes mounts, which fails where / is no mount.
    works = subprocess.run(["ip", "-n", name, "link", "set", "lo", "up"], capture_output=True, timeout=30).returncode == 0
    ip("netns", "delete", name)
    return works


def make_namespace(case, name):
    """One with nothing but its own loopback, until the test's end. Returns its name, which no other process has."""
    full = f"p2p-{os.getpid()}-{name}"
    ip("netns", "add", full)
    case.addCleanup(ip, "netns", "delete", full)
    ip("-n", full, "link", "set", "lo", "up")
    return full
