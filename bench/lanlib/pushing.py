"""How one command brings a file to hosts that have nothing but an sshd: `scripts/swarm push`, and a loop of scp."""

import getpass
import os
import shlex
import shutil
import subprocess
from pathlib import Path

from swarmlib.cli import REPOSITORY, ScriptError

from .ours import program_of
from .tools import Tool

_SSHD = shutil.which("sshd", path=os.environ.get("PATH", "") + ":/usr/sbin:/usr/local/sbin")


class _Pushed(Tool):
    """An sshd a leecher, which is the host of its number; one process on peer 0, at whose end all copies are there.

    The home there is an empty one: this user's ~/.bashrc, which shells read before any command by ssh, is no part of it.
    """

    programs = ("ssh", "scp", "ssh-keygen")

    def prepare(self):
        if _SSHD is None:
            raise ScriptError("not installed: openssh-server")
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd gives up its rights; else init makes it
        self.directory.chmod(0o755)  # else its users may not read the authorized keys
        for name in ("host_key", "user_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.directory / name], check=True)
        shutil.copy(self.directory / "user_key.pub", self.directory / "authorized_keys")
        self.folder(0)
        for leecher in self.leechers:
            self.folder(leecher)
            self.start(leecher, [_SSHD, "-D", "-e", "-f", self._server_settings(leecher)])
        self._write_client_settings()
        listens = lambda leecher: b"Server listening" in self.crew.output(leecher).read_bytes()  # noqa: E731
        self.wait_for(lambda: all(map(listens, self.leechers)), "sshd")
        self._command = self.start(0, self.command(), gated=True)

    def is_done(self, leecher):
        return self.crew.has_ended(self._command)

    def settle(self):
        self.wait_for(lambda: self.crew.has_ended(self._command), "the end of the command")
        self.crew.check()

    def command(self):
        raise NotImplementedError

    @property
    def settings(self):
        return self.directory / "ssh_config"

    def _server_settings(self, leecher):
        file = self.directory / f"sshd_{leecher}"
        file.write_text(
            f"Port 22\nListenAddress {self.network.address(leecher)}\nHostKey {self.directory}/host_key\nPidFile none\nStrictModes no\nUsePAM no\n"
            f"AuthorizedKeysFile {self.directory}/authorized_keys\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nUseDNS no\nPrintMotd no\n"
            f"PermitRootLogin prohibit-password\nSubsystem sftp internal-sftp\nSetEnv HOME={self.directory}\n"
        )
        return file

    def _write_client_settings(self):
        kind, key = (self.directory / "host_key.pub").read_text().split()[:2]
        (self.directory / "known_hosts").write_text(f"leecher {kind} {key}\n")
        hosts = "".join(f"Host {leecher}\n  HostName {self.network.address(leecher)}\n" for leecher in self.leechers)
        self.settings.write_text(
            f"{hosts}Host *\n  HostKeyAlias leecher\n  User {getpass.getuser()}\n  IdentityFile {self.directory}/user_key\n  IdentitiesOnly yes\n"
            f"  IdentityAgent none\n  UserKnownHostsFile {self.directory}/known_hosts\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n"
        )


class Push(_Pushed):
    """`binary` is set by who makes the subclass."""

    binary = ""

    def is_done(self, leecher):
        """It says so when the last copy is verified; then it only waits for what it has started to end."""
        return b"verified on" in self.crew.output(0).read_bytes()

    def command(self):
        program = program_of(self.binary) if self.binary else program_of("")[:1]
        hosts = ",".join(map(str, self.leechers))
        ssh = shlex.join(["ssh", "-F", str(self.settings)])
        where = f"{self.directory}/data_{{host}}/{self.source.name}"
        words = [REPOSITORY / "scripts" / "swarm", "push", self.folder(0) / self.source.name, where, "--hosts", hosts, "--ssh-command", ssh]
        return [*words, "--binary", shlex.join(program), "--remote-binary", program[0]]


class Scp(_Pushed):
    """One host after the other."""

    def command(self):
        loop = 'file=$1 settings=$2 folder=$3; shift 3; for host; do scp -q -F "$settings" "$file" "$host:${folder}_$host/" || exit; done'
        return ["sh", "-c", loop, "sh", self.folder(0) / self.source.name, self.settings, f"{self.directory}/data", *self.leechers]
