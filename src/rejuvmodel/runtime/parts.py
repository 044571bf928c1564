"""The parts that a runtime's file names, made: balancer, executor, monitors, duplexer.

Nothing is asked while they are made. Paths in the file are beside the file, whatever folder the runtime was
started in; a password is read from where the file says, and kept nowhere else.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from urllib.parse import quote, unquote

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.acting.duplex import CommandDuplexer, Duplexer, NoDuplexer
from rejuvmodel.runtime.balancing.balancer import Balancer
from rejuvmodel.runtime.balancing.haproxy import HAProxyBalancer
from rejuvmodel.runtime.balancing.in_process_balancer import InProcessBalancer
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.settings import ServerSettings
from rejuvmodel.runtime.deciding.states import Role
from rejuvmodel.runtime.executors.command import CommandExecutor
from rejuvmodel.runtime.executors.dry_run import DryRun
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.executors.process import ProcessExecutor
from rejuvmodel.runtime.executors.supervisor import SupervisorExecutor
from rejuvmodel.runtime.executors.third_party import third_party_executor
from rejuvmodel.runtime.outside.addresses import socket_address
from rejuvmodel.runtime.outside.failures import named_in
from rejuvmodel.runtime.watching.health_monitor import HealthMonitor
from rejuvmodel.runtime.watching.joint_monitor import JointMonitor
from rejuvmodel.runtime.watching.known_process import KnownProcess
from rejuvmodel.runtime.watching.monitor import Monitor, NoMonitor
from rejuvmodel.runtime.watching.process_monitor import ProcessMonitor
from rejuvmodel.runtime.watching.samples import QUANTITIES

#: Longest time between TERM and KILL of a program that no supervisor keeps [s].
_STOP = 10.0


def beside(file: RuntimeFile, path: str) -> str:
    """Return a path of the file as one that holds in every folder; it begins at the file's own."""
    return os.path.join(os.path.dirname(os.path.abspath(file.path)), path)


def balancer_of(file: RuntimeFile) -> Balancer:
    """Return the balancer: HAProxy, one or two of them, or one in this process."""
    settings = file.connections.balancer
    if settings.type == "in-process":
        servers = file.group.servers
        spares = [one.name for one in servers if one.role is Role.SPARE]
        return InProcessBalancer([one.name for one in servers], spares=spares)
    sockets = [
        beside(file, one) if socket_address("sockets", one, settings.allow).path else one
        for one in settings.sockets
    ]
    return HAProxyBalancer(
        sockets,
        settings.backend,
        timeout=settings.timeout,
        allowed=settings.allow,
        reload_grace=settings.reload_grace,
    )


def executor_of(file: RuntimeFile) -> Executor:
    """Return the executor that the file's ``type`` names.

    Raises
    ------
    InvalidInputError
        If a password cannot be read, or a folder is missing.
    OutsideError
        If that of another distribution cannot be made.
    """
    settings = file.connections.executor
    match settings.type:
        case "dry-run":
            return DryRun()
        case "command":
            assert settings.restart is not None  # the file cannot be read without it
            return CommandExecutor(
                settings.restart.arguments,
                restart_timeout=settings.restart.timeout,
                identity=None if settings.identity is None else settings.identity.arguments,
                identity_timeout=settings.timeout,
            )
        case "supervisor":
            return SupervisorExecutor(
                _url(file),
                restart_timeout=file.group.deadlines.restart,
                call_timeout=settings.timeout,
                user=settings.user,
                password=_password(file),
                allowed=settings.allow,
            )
        case "process":
            commands = {name: one.arguments for name, one in file.connections.programs.items()}
            deadlines = file.group.deadlines
            half = min(deadlines.restart, deadlines.recover) / 2  # the other half is for the start
            folder, stop = beside(file, settings.directory), min(_STOP, half)
            with named_in("executor", file.path):
                return ProcessExecutor(commands, folder, stop_timeout=stop)
    return third_party_executor(settings.type, settings.others)


def monitors_of(file: RuntimeFile, executor: Executor, *, every_value: bool = False) -> dict[str, Monitor]:
    """Return a monitor for each server: of its health endpoint and process, as far as it has them.

    Open files are counted if anything in the file, or ``every_value``, asks for them.
    """
    counted = any(limit.quantity == "buffers" for limit in file.rules.limits) or file.sampling is not None
    left_out = set() if every_value or counted else {"buffers"}
    quantities = frozenset(QUANTITIES) - left_out
    return {server.name: _monitor(file, server, executor, quantities) for server in file.group.servers}


def duplexer_of(file: RuntimeFile) -> Duplexer:
    """Return the file's command that hands work over, or none."""
    command = file.connections.duplexer
    return NoDuplexer() if command is None else CommandDuplexer(command.arguments, timeout=command.timeout)


def _monitor(
    file: RuntimeFile, server: ServerSettings, executor: Executor, quantities: Collection[str]
) -> Monitor:
    """The monitor of one server."""
    kind = file.connections.executor
    knows = kind.type != "dry-run" and not (kind.type == "command" and kind.identity is None)
    find = KnownProcess(executor, server.program)
    process = ProcessMonitor(server.name, find, quantities=quantities) if knows else None
    if not server.health:
        return NoMonitor(server.name) if process is None else process
    asked = file.connections.health
    health = HealthMonitor(
        server.name, server.health, timeout=asked.timeout, fields=asked.fields, allowed=asked.allow
    )
    return health if process is None else JointMonitor(health, process)


def _url(file: RuntimeFile) -> str:
    """Supervisor's URL; the path of a unix socket as one that holds in every folder."""
    url = file.connections.executor.url
    path = url.removeprefix("unix://")
    return url if path == url else f"unix://{quote(beside(file, unquote(path)))}"


def _password(file: RuntimeFile) -> str:
    """The password of supervisor, from its file or from the environment."""
    settings = file.connections.executor
    if settings.password_env:
        found = os.environ.get(settings.password_env)
        if found is None:
            where = f"executor.password_env in {file.path}"
            rule = "the name of a variable is expected that the environment has"
            raise InvalidInputError(
                where, shown(settings.password_env), rule, "Set it for the runtime's service."
            )
        return found
    if not settings.password_file:
        return ""
    path = beside(file, settings.password_file)
    try:
        with open(path, encoding="utf-8") as lines:
            return lines.readline().rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as problem:
        where = f"executor.password_file in {file.path}"
        rule = "a text file is expected that the runtime's user may read"
        raise InvalidInputError(where, f"{shown(path)} ({_why(problem)})", rule, "Check it.") from None


def _why(problem: Exception) -> str:
    """Why a file cannot be read."""
    return (problem.strerror or str(problem)) if isinstance(problem, OSError) else str(problem)
