"""Hosts with a real sshd: addresses of the loopback, or network namespaces; keys and configuration are the test's own."""

import getpass
import os
import socket
import subprocess
from pathlib import Path

from push_case import SSHD
from swarm_case import DEADLINE_S


_MOST_ADDRESSES = 16  # on which one sshd listens


class SshHosts:
    """Hosts h1 to hN. `h0` is one that is down, `hx` one whose key is another than the known one. Ends with the test.

    `namespaces`: of each host its namespace and its address there; a test logs in from another namespace then.
    """

    def __init__(self, case, folder, count, namespaces=None):
        self.case, self.dir = case, Path(folder)
        self.dir.mkdir(mode=0o755)
        for name in ("host_key", "user_key", "other_key"):
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", self.dir / name], check=True)
        if namespaces:
            addresses = {f"h{number}": address for number, (_, address) in enumerate(namespaces, start=1)}
            self.port, self.count = 22, count
            for namespace, address in namespaces:
                self._start([address], address, ["ip", "netns", "exec", namespace])
            self._write_config(addresses)
            return
        addresses = {f"h{number}": f"127.0.{1 + number // 200}.{1 + number % 200}" for number in range(1, count + 1)}
        self._hold_port(addresses.values())
        listed = list(addresses.values())
        for first in range(0, count, _MOST_ADDRESSES):
            self._start(listed[first : first + _MOST_ADDRESSES], first)
        self._write_config(addresses)
        login = subprocess.run([*self.command, "-o", "BatchMode=yes", "h1", "true"], capture_output=True, text=True, timeout=DEADLINE_S)
        if "Permission denied" in login.stderr:
            case.skipTest(f"{getpass.getuser()} may not log in here by ssh, whatever the key: an account without a shell, or a locked one")

    @property
    def command(self):
        return ["ssh", "-F", str(self.dir / "config")]

    @property
    def names(self):
        return [f"h{number}" for number in range(1, self.count + 1)]

    def _hold_port(self, addresses):
        """One that is free at all addresses, held without listening: nobody else gets it, and sshd can still listen."""
        while True:
            holders, port = [], 0
            try:
                for address in addresses:
                    holder = socket.socket()
                    holders.append(holder)
                    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                    holder.bind((address, port))
                    port = holder.getsockname()[1]
            except OSError:
                for holder in holders:
                    holder.close()
                continue
            for holder in holders:
                self.case.addCleanup(holder.close)
            self.port, self.count = port, len(holders)
            return

    def _start(self, addresses, number, where=()):
        """One sshd for these."""
        if os.getuid() == 0:
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where sshd gives up its rights; else init makes it
        (self.dir / "authorized_keys").write_bytes((self.dir / "user_key.pub").read_bytes())
        config = self.dir / f"sshd_config_{number}"
        home = self.case.home  # not this user's, whose ~/.bashrc a shell reads before any command by ssh
        listen = "".join(f"ListenAddress {address}\n" for address in addresses)
        config.write_text(
            f"Port {self.port}\n{listen}HostKey {self.dir}/host_key\nPidFile none\nAuthorizedKeysFile {self.dir}/authorized_keys\n"
            "StrictModes no\nUsePAM no\nPasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin prohibit-password\n"
            f"PrintMotd no\nUseDNS no\nMaxStartups 200\nSetEnv HOME={home}\n"
        )
        log = self.dir / f"sshd_{number}.log"
        with log.open("wb") as stderr:
            sshd = subprocess.Popen([*where, SSHD, "-D", "-e", "-f", config], stdin=subprocess.DEVNULL, stdout=stderr, stderr=stderr)
        self.case.addCleanup(sshd.wait)
        self.case.addCleanup(sshd.terminate)
        self.case.wait_until(lambda: sshd.poll() is not None or log.read_text().count("Server listening") == len(addresses), "sshd is ready")
        self.case.assertIsNone(sshd.poll(), log.read_text())

    def _write_config(self, addresses):
        trusted, other = (" ".join((self.dir / f"{name}.pub").read_text().split()[:2]) for name in ("host_key", "other_key"))
        (self.dir / "known_hosts").write_text(f"ours {trusted}\nanother {other}\n")
        lines = [f"Host {name}\n  HostName {address}\n" for name, address in addresses.items()]
        # Nobody listens there, at the port that is ours alone elsewhere.
        lines += ["Host h0\n  HostName 127.0.0.254\n", f"Host hx\n  HostName {addresses['h1']}\n  HostKeyAlias another\n"]
        lines.append(
            f"Host *\n  HostKeyAlias ours\n  Port {self.port}\n  User {getpass.getuser()}\n  IdentityFile {self.dir}/user_key\n  IdentitiesOnly yes\n"
            f"  IdentityAgent none\n  StrictHostKeyChecking yes\n  UserKnownHostsFile {self.dir}/known_hosts\n  GlobalKnownHostsFile /dev/null\n"
        )
        (self.dir / "config").write_text("".join(lines))
