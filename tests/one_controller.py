"""A controller in a process of its own, the whole of it, which writes down what it commands.

Run as ``python one_controller.py FILE LOG WHERE POLICY``. Before a restart or an order to HAProxy leaves,
a line is added to LOG: the clock, the epoch, the process, and the command; and one for each time that the
lease is asked for. WHERE names a moment at which it stops itself (SIGSTOP), once: "parked", right after a
thread has seen a server in maintenance before its restart; "restarting", right after the record of a restart
is on the disk; "stopped", between the stop of a program and its start. "-" is never. POLICY is 1 if the
policy makes rejuvenations due, else 0. Everything else is the real thing.
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from datetime import datetime
from typing import Any

from rejuvmodel.runtime.balancing import haproxy
from rejuvmodel.runtime.balancing.balancer import BalancerView
from rejuvmodel.runtime.balancing.haproxy import HAProxyBalancer
from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.executors.supervisor_calls import SupervisorCalls
from rejuvmodel.runtime.journal.base_lease import boot_clock
from rejuvmodel.runtime.journal.journal import Journal
from rejuvmodel.runtime.journal.lease import Lease
from rejuvmodel.runtime.operating.control import ControlServer
from rejuvmodel.runtime.outside.addresses import SocketAddress
from rejuvmodel.runtime.runner import Runner

FILE, LOG, WHERE, POLICY = sys.argv[1:]
PARENT = os.getppid()
CALL, EXCHANGE, VIEW = SupervisorCalls.call, haproxy.exchange, HAProxyBalancer.view
APPEND, HOLD, INIT = Journal.append, Lease.hold, Lease.__init__
LEASES: list[Lease] = []
STOPPED: list[int] = []


def note(*words: object) -> None:
    """Add a line to the log that all controllers share."""
    epoch = LEASES[0].epoch if LEASES else None
    line = " ".join(map(str, (boot_clock(), epoch or 0, os.getpid(), *words)))
    with suppress(OSError), open(LOG, "a", encoding="utf-8") as log:  # a test may take all disks away
        log.write(line + "\n")


def stop(where: str) -> None:
    """Stop this process, once, if this is the moment."""
    if where == WHERE and not STOPPED:
        STOPPED.append(1)
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(0.5)  # the signal may take another thread first; this one is to be stopped here


def init(self: Lease, *arguments: Any, **options: Any) -> None:
    INIT(self, *arguments, **options)
    LEASES.append(self)


def hold(self: Lease) -> int | None:
    begun = boot_clock()
    epoch = HOLD(self)
    note("hold", begun, epoch or 0)
    return epoch


def call(self: SupervisorCalls, method: str, *arguments: object) -> object:
    if method in ("supervisor.stopProcess", "supervisor.startProcess"):
        note(method, arguments[0])
    found = CALL(self, method, *arguments)
    if method == "supervisor.stopProcess":
        stop("stopped")
    return found


def exchange(address: SocketAddress, line: str, timeout: float) -> str:
    if line.startswith("set "):
        note("order", line)
    return EXCHANGE(address, line, timeout)


def view(self: HAProxyBalancer) -> BalancerView:
    found = VIEW(self)
    if threading.current_thread().name.startswith("restart"):
        stop("parked")
    return found


def append(
    self: Journal,
    group: str,
    records: Iterable[Mapping[str, Any]],
    at: datetime | None = None,
    epoch: int | None = None,
) -> None:
    values = list(records)
    APPEND(self, group, values, at, epoch)
    if any(one.get("phase") == "restarting" for one in values):
        stop("restarting")


def end_with_parent(over: threading.Event) -> None:
    """A controller never outlives its test."""
    while os.getppid() == PARENT and not over.wait(0.5):
        pass
    over.set()


def main() -> None:
    """Run until told to end."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(message)s")
    Lease.__init__, Lease.hold = init, hold  # type: ignore[method-assign]
    SupervisorCalls.call, Journal.append = call, append  # type: ignore[method-assign]
    HAProxyBalancer.view = view  # type: ignore[method-assign]
    haproxy.exchange = exchange
    over = threading.Event()
    threading.Thread(target=end_with_parent, args=(over,), daemon=True).start()
    with Runner(read_runtime_file(FILE), by_policy=POLICY == "1") as runner:

        def end(*_: object) -> None:
            over.set()
            runner.wake()

        signal.signal(signal.SIGTERM, end)
        with ControlServer(runner.file.home.control, runner.post):
            runner.run(over)


if __name__ == "__main__":
    main()
