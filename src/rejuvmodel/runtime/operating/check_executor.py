"""The executor asked: whether it answers, and knows each program and the process that it is."""

from __future__ import annotations

import os
from collections.abc import Iterator

from rejuvmodel.errors import RejuvmodelError
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.operating.findings import Finding, failure
from rejuvmodel.runtime.outside.failures import OutsideError, UnreachableError
from rejuvmodel.runtime.parts import beside, executor_of


def executor_findings(file: RuntimeFile) -> Iterator[Finding]:
    """Ask the executor for each program; nothing is restarted."""
    settings = file.connections.executor
    if settings.type == "dry-run":
        text = "a dry run: nothing is drained and nothing restarted"
        yield Finding("executor", "dry-run", "warning", text, "Write another type when it shall act.")
        return
    if settings.type == "process":
        directory = beside(file, settings.directory)
        if not os.path.isdir(directory) or not os.access(directory, os.W_OK | os.X_OK):
            text = "its directory does not exist, or may not be written to"
            yield Finding("executor", directory, "wrong", text, "Make it, for the runtime's user alone.")
            return
    if settings.type == "command" and settings.identity is None:
        text = "no command tells which process a server is: a restart by somebody else is not noticed"
        advice = 'Give one as "identity".'
        yield Finding("executor", settings.type, "warning", text, advice)
        return
    try:
        executor = executor_of(file)
    except RejuvmodelError as error:
        yield failure("executor", settings.type, error)
        return
    for server in file.group.servers:
        found, goes_on = _program(executor, server.program)
        yield found
        if not goes_on:
            return


def _program(executor: Executor, program: str) -> tuple[Finding, bool]:
    """Ask for one program; and whether it is worth asking for the next."""
    try:
        identity = executor.identity(program)
    except UnreachableError as problem:
        return failure("executor", "", problem), False
    except OutsideError as problem:
        return failure("executor", program, problem), True
    except RejuvmodelError as problem:  # a package that is missing
        return failure("executor", program, problem), False
    if identity is None:
        return Finding("executor", program, "warning", "it is known and does not run", "Start it."), True
    return Finding("executor", program, "good", f"it runs as process {identity.pid}"), True
