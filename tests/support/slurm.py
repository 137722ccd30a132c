"""A real Slurm for tests and benchmarks: munged, slurmctld and a slurmd a node, all children of this process.

Either every node is a name on this machine, or each is a network namespace with a host name, an address and a folder of its
own. Everything is in one folder; ports are free ones, or those of namespaces.
"""

import getpass
import os
import shutil
import socket
import subprocess
import time
from contextlib import ExitStack
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "srun", "sbatch", "sbcast", "scontrol", "sinfo")
_PATH = os.environ.get("PATH", "") + ":/usr/sbin"
_PATIENCE_S = 60


def missing_programs():
    return [program for program in PROGRAMS if shutil.which(program, path=_PATH) is None]


def free_ports(count):
    with ExitStack() as open_sockets:
        sockets = [open_sockets.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [one.getsockname()[1] for one in sockets]


class Slurm:
    """Runs from start() to stop(). `namespaces`: by node name (namespace, address), and of the controller under "ctl"."""

    def __init__(self, folder, count, namespaces=None, private_folder=None):
        self.dir = Path(folder)
        self.nodes = [f"n{number}" for number in range(1, count + 1)]
        self._namespaces = namespaces
        self._private = private_folder  # each namespace's node has one of its own there, in memory
        self._children = []

    @property
    def environment(self):
        return os.environ | {"SLURM_CONF": str(self.dir / "slurm.conf"), "PATH": _PATH}

    def start(self):
        """Returns when all nodes are idle. Raises RuntimeError with what was said when they are not."""
        for folder in ("munge", "state", *(f"spool-{node}" for node in self.nodes)):
            (self.dir / folder).mkdir(parents=True)
        for folder in (self.dir, self.dir / "munge"):
            folder.chmod(0o755)
        key = self.dir / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        (self.dir / "cgroup.conf").write_text("CgroupPlugin=cgroup/v1\n")
        (self.dir / "slurm.conf").write_text(self._settings())
        munge = self.dir / "munge"
        self._run("munged", ["munged", "-F", f"--socket={munge}/socket", f"--key-file={key}", f"--pid-file={self.dir}/munge.pid",
                             f"--log-file={self.dir}/munged.log", f"--seed-file={self.dir}/seed"])  # fmt: skip
        self._wait(lambda: (munge / "socket").exists(), "munged")
        self._run("ctld", self.at("ctl", ["slurmctld", "-D", "-f", str(self.dir / "slurm.conf")]))
        for node in self.nodes:
            own = ["slurmd", "-D", "-f", str(self.dir / "slurm.conf")]
            self._run(f"slurmd-{node}", self.at(node, own) if self._namespaces else [*own, "-N", node])
        self._wait(self._all_idle, "all nodes are idle")

    def at(self, node, command):
        """The words that run a command on the machine that the node is, or the controller."""
        if self._namespaces is None:
            return command
        namespace, _ = self._namespaces[node]
        own = f"mount -t tmpfs none {self._private} && " if self._private and node != "ctl" else ""
        return ["ip", "netns", "exec", namespace, "unshare", "-u", "sh", "-c", f'hostname {node} && {own}exec "$@"', "sh", *command]

    def stop(self):
        for child in reversed(self._children):
            child.terminate()
        for child in self._children:
            try:
                child.wait(timeout=10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self._children.clear()

    def _settings(self):
        host, user = socket.gethostname().partition(".")[0], getpass.getuser()
        ports = free_ports(len(self.nodes) + 1)
        if self._namespaces:
            # The controller's machine is called ctl.
            controller = f"SlurmctldHost=ctl({self._namespaces['ctl'][1]})"
            nodes = [f"NodeName={node} NodeAddr={self._namespaces[node][1]}" for node in self.nodes]
        else:
            controller = f"SlurmctldHost={host}(127.0.0.1)\nSlurmctldPort={ports.pop()}"
            nodes = [f"NodeName={node} NodeHostname={host} NodeAddr=127.0.0.1 Port={port}" for node, port in zip(self.nodes, ports)]
        return "\n".join([
            "ClusterName=test", controller, f"SlurmUser={user}", f"SlurmdUser={user}", "AuthType=auth/munge", f"AuthInfo=socket={self.dir}/munge/socket",
            "CredType=cred/munge", f"StateSaveLocation={self.dir}/state", f"SlurmdSpoolDir={self.dir}/spool-%n", f"SlurmctldPidFile={self.dir}/ctld.pid",
            f"SlurmdPidFile={self.dir}/slurmd-%n.pid", "ProctrackType=proctrack/linuxproc", "TaskPlugin=task/none", "JobAcctGatherType=jobacct_gather/none",
            "AccountingStorageType=accounting_storage/none", "MpiDefault=none", "SelectType=select/cons_tres", "SelectTypeParameters=CR_Core",
            "ReturnToService=2", "KillWait=2", "SlurmdParameters=config_overrides", "MailProg=/bin/true",
            *(f"{node} CPUs=2 RealMemory=1000" for node in nodes),
            f"PartitionName=p Nodes={','.join(self.nodes)} Default=YES MaxTime=INFINITE State=UP OverSubscribe=YES", "",
        ])  # fmt: skip

    def _run(self, name, command):
        with (self.dir / f"{name}.out").open("wb") as out:
            self._children.append(subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, env=self.environment))

    def _all_idle(self):
        done = subprocess.run(self.at("ctl", ["sinfo", "-h", "-N", "-o", "%T"]), capture_output=True, text=True, env=self.environment)
        return done.stdout.split() == ["idle"] * len(self.nodes)

    def _wait(self, condition, what):
        deadline = time.monotonic() + _PATIENCE_S
        while not condition():
            ended = [child for child in self._children if child.poll() is not None]
            if ended or time.monotonic() > deadline:
                said = "".join(f"--- {file.name}\n{file.read_text(errors='replace')[-2000:]}" for file in sorted(self.dir.glob("*.out")))
                self.stop()
                raise RuntimeError(f"in vain: {what}\n{said}")
            time.sleep(0.05)
