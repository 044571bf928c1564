"""Servers that age, behind HAProxy and under supervisor."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from free_ports import held_ports
from haproxies import HAProxy, haproxy
from supervisors import Supervisor, supervisor

from rejuvmodel.runtime.addresses import SocketAddress
from rejuvmodel.runtime.balancer import Balancer
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.executors.supervisor import SupervisorExecutor
from rejuvmodel.runtime.failures import OutsideError
from rejuvmodel.runtime.haproxy import HAProxyBalancer
from rejuvmodel.runtime.http_exchange import request

SERVER = Path(__file__).parents[1] / "examples" / "runtime" / "leaking_server.py"
NAMES = ("s1", "s2", "s3")
#: Whatever is waited for here comes within seconds; a shared machine gets more.
PATIENCE = 20.0


@dataclass
class World:
    """Three leaking servers and everything around them."""

    proxy: HAProxy
    keeper: Supervisor
    ports: dict[str, int]
    balancer: Balancer
    executor: Executor

    def healthy(self, name: str) -> bool:
        """Say whether the server's own health check holds."""
        try:
            address = SocketAddress(host="127.0.0.1", port=self.ports[name])
            return request(address, "/healthz", timeout=1, most_bytes=10_000)[0] == 200
        except OutsideError:
            return False

    def wait(self, what: str, holds: Callable[[], bool], times: int = 1) -> None:
        """Wait until something holds, so many times in a row."""
        end, held = time.monotonic() + PATIENCE, 0
        while held < times:
            assert time.monotonic() < end, f"{what} did not come within {PATIENCE:g} s"
            held = held + 1 if holds() else 0
            time.sleep(0.02)


@contextmanager
def world(*, warm: bool = True, warm_up: float = 0.6) -> Iterator[World]:
    """Yield three servers that are all warm and up, if that is wanted; all is stopped at the end."""
    with held_ports(3) as numbers:
        ports = dict(zip(NAMES, numbers, strict=True))
        programs = {name: f"{sys.executable} {SERVER} {port} {warm_up}" for name, port in ports.items()}
        with supervisor(programs) as keeper, haproxy(numbers) as proxy:
            found = World(
                proxy,
                keeper,
                ports,
                HAProxyBalancer([proxy.socket], "app"),
                SupervisorExecutor(keeper.url, restart_timeout=PATIENCE),
            )
            if warm:
                found.wait("three servers", lambda: found.balancer.view().serving == NAMES)
            yield found
