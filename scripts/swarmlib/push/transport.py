"""How a command runs on hosts. A transport makes Leads: a command here whose stdin and stdout are those of remote.sh there."""

import os
import shlex
from typing import NamedTuple

from .script import BOOTSTRAP
from .tree import Branch, plan_tree

_SSH_OPTIONS = (
    "BatchMode=yes", "ConnectTimeout=10", "ServerAliveInterval=5", "ServerAliveCountMax=3", "ClearAllForwardings=yes",
    "ForwardAgent=no", "LogLevel=ERROR",
)  # fmt: skip


def _without_brackets(host):
    """[::1] is an address in a URL; ssh takes it bare."""
    return host.replace("[", "").replace("]", "")


class Lead(NamedTuple):
    """A command that leads to one branch of hosts, or to all at once, which hear the same then."""

    command: list
    branch: Branch | None
    hosts: list

    @property
    def name(self):
        """The host's, as remote.sh is told it; - where it is to find its own."""
        return self.branch.head if self.branch else "-"


class Ssh:
    """By ssh, as the user has set it up: keys, agent, known_hosts and ~/.ssh/config are his. Of many hosts some start others."""

    def __init__(self, command, control_folder, roots):
        """`command`: the words of ssh with options of the user's, which stand before ours because the first one counts."""
        self._options = [*command, "-T", *(word for option in _SSH_OPTIONS for word in ("-o", option))]
        # Names that mean one machine share a connection.
        control = ("ControlMaster=auto", f"ControlPath={control_folder}/%C", "ControlPersist=no")
        self._control = [word for option in control for word in ("-o", option)]
        self._roots = roots

    @property
    def command_there(self):
        """As hosts start others: there is no folder of ours for control sockets."""
        return shlex.join(self._options)

    def leads(self, hosts, flat=False):
        branches = [Branch(host) for host in hosts] if flat else plan_tree(hosts, self._roots)
        return [Lead([*self._options, *self._control, "--", _without_brackets(branch.head), BOOTSTRAP], branch, branch.hosts()) for branch in branches]


class _Single:
    """A command a host."""

    command_there = ""

    def leads(self, hosts, flat=False):
        return [Lead(self._command(host), Branch(host), [host]) for host in hosts]


class Local(_Single):
    """Each host is a process of this machine; only its name tells them apart, {host} in DEST."""

    def _command(self, host):
        return ["sh", "-c", BOOTSTRAP]


class Netns(_Single):
    """Each host is a network namespace of this machine."""

    def _command(self, host):
        return ["ip", "netns", "exec", host, "sh", "-c", BOOTSTRAP]


class Srun:
    """One step of a Slurm allocation, a task a node: the task of rank i is on the i-th host. All hear the same."""

    command_there = ""

    def __init__(self, options=()):
        self._options = list(options)

    def leads(self, hosts, flat=False):
        words = ["srun", "--overlap", f"--nodes={len(hosts)}", f"--ntasks={len(hosts)}", "--ntasks-per-node=1", "--cpus-per-task=1",
                 f"--nodelist={','.join(hosts)}", "--kill-on-bad-exit=0", "--wait=0", "--unbuffered", "--input=all", "--quiet", "--mem=0"]  # fmt: skip
        return [Lead([*words, *self._options, "sh", "-c", BOOTSTRAP], None, list(hosts))]


def make_transport(name, *, ssh_command, control_folder, roots, srun_options=()):
    if name == "ssh":
        return Ssh(shlex.split(ssh_command), control_folder, roots)
    if name == "srun":
        return Srun(srun_options)
    return {"local": Local, "netns": Netns}[name]()


def environment_of(transport):
    """Of the commands here: sizes of messages and languages do not matter to what we read."""
    return os.environ | {"LC_ALL": "C"} if isinstance(transport, Srun) else None
