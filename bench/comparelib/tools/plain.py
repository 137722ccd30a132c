"""Servers and clients that copy a file: each leecher is a command that ends when its copy is complete.

Those that do not check what they received are followed by xxhsum, since the others here do.
"""

import os
import shlex
import subprocess

from swarmlib.create import HOST, free_ports

from .. import machine
from .base import FILE_NAME, Tool


class Plain(Tool):
    leechers_end = True

    def go(self):
        for i, (copy, mark) in enumerate(zip(self.copies, self.marks)):
            self.crew.start(f"leecher{i}", ["sh", "-c", f"{self.fetch(i, copy)} && : >{shlex.quote(str(mark))}"])

    def fetch(self, i, copy):
        """A shell command that makes leecher i's copy, and fails when it cannot."""
        raise NotImplementedError

    def wait_for(self, *ports):
        self.crew.wait_until(lambda: machine.listening_ports() >= set(ports), "the server")

    def hash_source(self):
        done = subprocess.run(["xxhsum", "-q", "-H2", self.source], stdin=subprocess.DEVNULL, capture_output=True, text=True, check=True)
        self._hash = done.stdout.split()[0]

    def checked(self, command, copy):
        return f"{command} && [ $(xxhsum -q -H2 {shlex.quote(str(copy))} | cut -d ' ' -f 1) = {self._hash} ]"


class Nginx(Plain):
    name = "nginx"
    says = "nginx (2 workers, sendfile), curl, then xxhsum -H2"
    programs = {"nginx": "nginx-light", "curl": "curl", "xxhsum": "xxhash"}

    def prepare(self):
        self.hash_source()
        [self._port] = free_ports(1)
        temporary = "".join(f"{kind}_temp_path {self.folder}/tmp; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        config = self.folder / "nginx.conf"
        config.write_text(
            f"daemon off; worker_processes 2; error_log stderr; pid {self.folder}/nginx.pid;\n"
            + ("user root;\n" if os.getuid() == 0 else "")
            + "events { worker_connections 1024; }\n"
            + f"http {{ access_log off; sendfile on; sendfile_max_chunk 1m; tcp_nopush on; {temporary}\n"
            + f"server {{ listen {HOST}:{self._port} reuseport; root {self.source.parent}; }} }}\n"
        )
        self.crew.start("source", ["nginx", "-p", self.folder, "-c", config])
        self.wait_for(self._port)

    def fetch(self, _i, copy):
        return self.checked(f"curl -sf -o {shlex.quote(str(copy))} http://{HOST}:{self._port}/{FILE_NAME}", copy)


class Rsync(Plain):
    name = "rsync"
    says = "rsync daemon, --whole-file --inplace"
    programs = {"rsync": "rsync"}

    def prepare(self):
        [self._port] = free_ports(1)
        config = self.folder / "rsyncd.conf"
        config.write_text(
            f"address = {HOST}\nport = {self._port}\nuse chroot = no\nuid = {os.getuid()}\ngid = {os.getgid()}\n"
            f"pid file = {self.folder}/rsyncd.pid\nlog file = {self.folder}/rsyncd.log\n"
            f"[source]\npath = {self.source.parent}\nread only = yes\n"
        )
        self.crew.start("source", ["rsync", "--daemon", "--no-detach", f"--config={config}"])
        self.wait_for(self._port)

    def fetch(self, _i, copy):
        return f"rsync --whole-file --inplace rsync://{HOST}:{self._port}/source/{FILE_NAME} {shlex.quote(str(copy))}"


class Nc(Plain):
    name = "nc"
    says = "nc (OpenBSD's), a server a leecher, then xxhsum -H2"
    programs = {"nc.openbsd": "netcat-openbsd", "xxhsum": "xxhash"}

    def prepare(self):
        self.hash_source()
        self._ports = free_ports(self.case.leechers)
        for i, port in enumerate(self._ports):
            with open(self.source, "rb") as source:
                self.crew.start(f"source{i}", ["nc.openbsd", "-N", "-l", HOST, port], stdin=source)
        self.wait_for(*self._ports)

    def fetch(self, i, copy):
        return self.checked(f"nc.openbsd -d {HOST} {self._ports[i]} >{shlex.quote(str(copy))}", copy)


class Socat(Plain):
    name = "socat"
    says = "socat with blocks of 1 MiB, then xxhsum -H2"
    programs = {"socat": "socat", "xxhsum": "xxhash"}

    def prepare(self):
        self.hash_source()
        [self._port] = free_ports(1)
        listen = f"TCP-LISTEN:{self._port},bind={HOST},reuseaddr,fork,backlog=128"
        self.crew.start("source", ["socat", "-U", "-b", 1 << 20, listen, f"OPEN:{self.source},rdonly"])
        self.wait_for(self._port)

    def fetch(self, _i, copy):
        return self.checked(f"socat -u -b {1 << 20} TCP:{HOST}:{self._port} CREATE:{shlex.quote(str(copy))}", copy)
