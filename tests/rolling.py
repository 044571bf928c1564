"""Servers that age, behind HAProxy and under supervisor."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from free_ports import held_ports
from haproxies import HAProxy, haproxy
from supervisors import Supervisor, supervisor

from rejuvmodel.runtime.balancing.balancer import Balancer, Wanted
from rejuvmodel.runtime.balancing.haproxy import HAProxyBalancer
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.executors.supervisor import SupervisorExecutor
from rejuvmodel.runtime.outside.addresses import SocketAddress
from rejuvmodel.runtime.outside.failures import OutsideError
from rejuvmodel.runtime.outside.http_exchange import request

SERVER = Path(__file__).parents[1] / "examples" / "runtime" / "leaking_server.py"
NAMES = ("s1", "s2", "s3")
#: Whatever is waited for here comes within seconds; a shared machine gets more.
PATIENCE = 20.0


@dataclass
class World:
    """Leaking servers and everything around them."""

    proxy: HAProxy
    keeper: Supervisor
    ports: dict[str, int]
    balancer: Balancer
    executor: Executor
    warmth: Path

    def warm_up(self, seconds: float) -> None:
        """Let every server that is started from now on need so long to warm up [s]."""
        self.warmth.write_text(str(seconds), encoding="utf-8")

    def get(self, path: str, *, name: str = "", timeout: float = 10.0) -> int:
        """Ask a server itself, or HAProxy if none is named; return the status of the answer, 0 for none."""
        address = SocketAddress(host="127.0.0.1", port=self.ports[name] if name else self.proxy.port)
        try:
            return request(address, path, timeout=timeout, most_bytes=10_000)[0]
        except OutsideError:
            return 0

    def healthy(self, name: str) -> bool:
        """Say whether the server's own health check holds."""
        return self.get("/healthz", name=name, timeout=1) == 200

    def put_back(self) -> None:
        """Let all servers be warm and serve again, whatever a test has left."""
        self.warm_up(0.2)
        if self.proxy.process.poll() is not None:
            self.proxy.begin()
        for name in self.ports:
            if not self.healthy(name):
                self.executor.restart(name)
        self.balancer.hold({name: Wanted("ready", 100) for name in self.ports})
        self.wait("all servers", self.all_serve)

    def all_serve(self) -> bool:
        """Say whether HAProxy has every server as a plain UP."""
        return self.balancer.view().serving == tuple(self.ports)

    def wait(self, what: str, holds: Callable[[], object], times: int = 1) -> None:
        """Wait until something of this world holds, so many times in a row."""
        until(what, holds, times)


def until(what: str, holds: Callable[[], object], times: int = 1) -> None:
    """Wait until something holds, so many times in a row."""
    end, held = time.monotonic() + PATIENCE, 0
    while held < times:
        assert time.monotonic() < end, f"{what} did not come within {PATIENCE:g} s"
        held = held + 1 if holds() else 0
        time.sleep(0.02)


@contextmanager
def world(
    *, count: int = 3, warm: bool = True, warm_up: float = 0.6, server: Path = SERVER
) -> Iterator[World]:
    """Yield servers s1, s2, ... that are all warm and up, if that is wanted; all is stopped at the end."""
    with held_ports(count) as numbers, TemporaryDirectory(prefix="rj-") as folder:
        ports = {f"s{k}": number for k, number in enumerate(numbers, start=1)}
        warmth = Path(folder, "warm_up")
        warmth.write_text(str(warm_up), encoding="utf-8")
        programs = {name: f"{sys.executable} {server} {port} {warmth}" for name, port in ports.items()}
        with supervisor(programs) as keeper, haproxy(numbers) as proxy:
            found = World(
                proxy,
                keeper,
                ports,
                HAProxyBalancer([proxy.socket], "app"),
                SupervisorExecutor(keeper.url, restart_timeout=PATIENCE),
                warmth,
            )
            if warm:
                found.wait("all servers", found.all_serve)
            yield found
