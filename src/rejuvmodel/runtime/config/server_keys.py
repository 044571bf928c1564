"""The tables [[servers]] of the runtime's file."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Sequence

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.acting.commands import Command
from rejuvmodel.runtime.balancing.balancer import MOST_WEIGHT
from rejuvmodel.runtime.config.values import command, health_url, name
from rejuvmodel.runtime.deciding.settings import ServerSettings
from rejuvmodel.runtime.deciding.states import Mode, Role
from rejuvmodel.runtime.outside.addresses import socket_address
from rejuvmodel.toml_keys import REQUIRED
from rejuvmodel.toml_tables import Table


def read_servers(
    file: Table, mode: Mode, executor: str, allow: Collection[str]
) -> tuple[tuple[ServerSettings, ...], dict[str, Command]]:
    """Return the servers, and the commands of their programs for a process executor.

    Parameters
    ----------
    file : Table
        The whole file.
    mode : Mode
        The mode of the group.
    executor : str
        The type of the executor.
    allow : collection of str
        Hosts beyond this one whose health may be asked.

    Returns
    -------
    tuple
        The servers in the file's order; commands by program.

    Raises
    ------
    InvalidInputError
        If a key is not valid, two servers share a name, a program or an address, or the roles do not fit.
    """
    rule = "[[servers]] is a list of tables, one for each server"
    if "servers" not in file:
        file.default_of("servers", REQUIRED, rule, "table")
    raw = file.raw("servers")
    if not isinstance(raw, list) or not raw or not all(isinstance(entry, dict) for entry in raw):
        file.refuse("servers", rule, "Write [[servers]] in double brackets, and its keys below.")
    tables = [Table(entry, file.place, f"servers[{index}]") for index, entry in enumerate(raw)]
    programs: dict[str, Command] = {}
    servers = tuple(_server(table, mode, executor, allow, programs) for table in tables)
    for table in tables:
        table.finish()
    _different(tables, servers)
    _roles(tables, servers, mode)
    return servers, programs


def _server(
    table: Table, mode: Mode, executor: str, allow: Collection[str], programs: dict[str, Command]
) -> ServerSettings:
    """One server."""
    title = name(table, "name")
    program = name(table, "program", title)
    capacity = None
    if "capacity" in table:
        capacity = table.number("capacity", minimum=0, open_minimum=True)
        if mode is Mode.STANDBY:
            rule = "capacities count in active/active only: in active/standby a spare takes over"
            table.refuse("capacity", rule, "Remove it.")
    own = command(table, "command", 10.0, ())
    if (own is None) != (executor != "process"):
        rule = 'a server has a command if, and only if, the executor is "process"'
        if own is None:
            table.default_of("command", REQUIRED, rule)
        table.refuse("command", rule, "Remove it.")
    if own is not None:
        programs[program] = own
    address = table.text("address", "")
    if "address" in table:
        _check_address(table, address)
    role = Role(table.text("role", "primary", choices=("primary", "spare")))
    weight = table.integer("weight", minimum=1) if "weight" in table else None
    if weight is not None and weight > MOST_WEIGHT:
        table.refuse("weight", f"a weight is a whole number from 1 to {MOST_WEIGHT}", "Write, say, 100.")
    return ServerSettings(title, role, capacity, address, health_url(table, "health", allow), program, weight)


def _check_address(table: Table, address: str) -> None:
    """Refuse what is no host and port. It may be any host: the balancer goes there, not the runtime."""
    host = address.rpartition(":")[0].removeprefix("[").removesuffix("]")
    try:
        found = socket_address("address", address, (host,))
        good = bool(found.host) and _is_host(found.host)
    except InvalidInputError:
        good = False
    if not good:
        rule = 'a host and a port from 1 to 65535 are expected, such as "127.0.0.1:8001"'
        table.refuse("address", rule, "Write where HAProxy finds the server, or leave it out.")


def _is_host(host: str) -> bool:
    """Whether a text could be a host: an IP address, or a name of plain characters."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return bool(host) and all(
            part and part.isascii() and part.replace("-", "").isalnum() for part in host.split(".")
        )
    return True


def _different(tables: Sequence[Table], servers: Sequence[ServerSettings]) -> None:
    """Refuse two servers of one name, program, address or health endpoint."""
    for key in ("name", "program", "address", "health"):
        seen: set[str] = set()
        for table, server in zip(tables, servers, strict=True):
            value = getattr(server, key)
            if value and value in seen:
                where = table.where(key)
                raise InvalidInputError(
                    where, f"{shown(value)} again", "each server has its own", "Rename it."
                )
            seen.add(value)


def _roles(tables: Sequence[Table], servers: Sequence[ServerSettings], mode: Mode) -> None:
    """Refuse spares where all serve, groups without primaries, and capacities of only some."""
    roles = [server.role for server in servers]
    if mode is Mode.ACTIVE and Role.SPARE in roles:
        table = tables[roles.index(Role.SPARE)]
        table.refuse("role", "in active/active every server serves", 'Remove it, or use "active/standby".')
    if Role.PRIMARY not in roles:
        tables[0].refuse("role", "at least one server is a primary", 'Write role = "primary" for one.')
    given = [server.capacity is not None for server in servers]
    if any(given) and not all(given):
        rule = "either every server has a capacity or none has"
        tables[given.index(False)].default_of("capacity", REQUIRED, rule)
