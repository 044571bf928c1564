"""A controller that is killed: it ends itself with SIGKILL at a chosen moment.

Run as ``python killed_controller.py FILE SERVER NUMBER before|after``: rejuvenates one server, and dies right
before or right after the write to its journal with that number; with ``METHOD call`` instead, right after
that call to supervisor, or to an executor of processes. Number 0 lets it live. Everything else is the real
thing.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.executors.process import ProcessExecutor
from rejuvmodel.runtime.executors.supervisor_calls import SupervisorCalls
from rejuvmodel.runtime.journal.journal import Journal
from rejuvmodel.runtime.rolls import roll
from rejuvmodel.runtime.runner import Runner
from rejuvmodel.runtime.watching.identity import Identity

PATH, SERVER, WHICH, WHEN = sys.argv[1:]
WRITES: list[int] = []
APPEND, CALL = Journal.append, SupervisorCalls.call
STOP, START = ProcessExecutor.stop, ProcessExecutor.start


def append(
    self: Journal,
    group: str,
    records: Iterable[Mapping[str, Any]],
    at: datetime | None = None,
    epoch: int | None = None,
) -> None:
    """Write, and die on the way."""
    WRITES.append(1)
    if str(len(WRITES)) == WHICH and WHEN == "before":
        os.kill(os.getpid(), signal.SIGKILL)
    APPEND(self, group, records, at, epoch)
    if str(len(WRITES)) == WHICH and WHEN == "after":
        os.kill(os.getpid(), signal.SIGKILL)


def call(self: SupervisorCalls, method: str, *arguments: object) -> object:
    """Call, and die right after it."""
    found = CALL(self, method, *arguments)
    called(method)
    return found


def stop(self: ProcessExecutor, program: str) -> None:
    """Stop, and die right after it."""
    STOP(self, program)
    called("stop")


def start(self: ProcessExecutor, program: str) -> Identity:
    """Start, and die right after it."""
    found = START(self, program)
    called("start")
    return found


def called(method: str) -> None:
    """Die if this was the call."""
    if method == WHICH and WHEN == "call":
        os.kill(os.getpid(), signal.SIGKILL)


if __name__ == "__main__":
    Journal.append = append  # type: ignore[method-assign]
    SupervisorCalls.call = call  # type: ignore[method-assign]
    ProcessExecutor.stop = stop  # type: ignore[method-assign]
    ProcessExecutor.start = start  # type: ignore[method-assign]
    with Runner(read_runtime_file(PATH), by_policy=False) as runner:
        sys.exit(0 if roll(runner, (SERVER,)).ok else 1)
