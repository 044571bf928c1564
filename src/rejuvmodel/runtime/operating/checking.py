"""Checking a runtime's file against the world: every part is reached once, and nothing is changed.

`check` never raises for what it finds outside: each finding says what works, what may surprise, and what does
not work, with the next step.
"""

from __future__ import annotations

from collections.abc import Iterator

from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.operating.check_balancer import balancer_findings
from rejuvmodel.runtime.operating.check_executor import executor_findings
from rejuvmodel.runtime.operating.check_files import (
    clock_findings,
    control_findings,
    journal_findings,
    recorder_findings,
)
from rejuvmodel.runtime.operating.check_policy import policy_findings
from rejuvmodel.runtime.operating.check_servers import server_findings
from rejuvmodel.runtime.operating.findings import Finding, program

__all__ = ["Finding", "check"]


def check(file: RuntimeFile, *, offline: bool = False) -> tuple[Finding, ...]:
    """Reach every part that a file names, once.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    offline : bool
        Whether to leave out what answers from outside: balancers, the executor, servers, a running runtime.

    Returns
    -------
    tuple of Finding
        In the order of the file.
    """
    return tuple(_findings(file, offline))


def _findings(file: RuntimeFile, offline: bool) -> Iterator[Finding]:
    """Every finding."""
    yield from journal_findings(file, offline)
    yield from control_findings(file, offline)
    yield from recorder_findings(file)
    yield from policy_findings(file)
    yield from clock_findings(file)
    yield from _programs(file)
    if offline:
        return
    yield from balancer_findings(file)
    yield from executor_findings(file)
    yield from server_findings(file)


def _programs(file: RuntimeFile) -> Iterator[Finding]:
    """The programs of all commands; none is run."""
    connections = file.connections
    executor = connections.executor
    if connections.notify is not None:
        yield program("notify", connections.notify)
    for one in connections.blackout:
        yield program("blackout", one)
    if connections.duplexer is not None:
        yield program("duplexer", connections.duplexer)
    for step, one in connections.clean.items():
        yield program(f"clean {step}", one)
    for part, command in (("restart", executor.restart), ("identity", executor.identity)):
        if command is not None:
            yield program(part, command)
    for name, command in connections.programs.items():
        yield program(f"command of {name}", command)
