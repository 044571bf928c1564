"""Balancers looked at: whether each answers and takes orders, and whether its servers are the file's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from rejuvmodel.runtime.balancing.balancer import BalancedServer, in_words
from rejuvmodel.runtime.balancing.haproxy_answers import BACKUP, read_servers, view_command
from rejuvmodel.runtime.balancing.haproxy_reloads import process_of
from rejuvmodel.runtime.balancing.haproxy_socket import exchange
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.settings import ServerSettings
from rejuvmodel.runtime.deciding.states import Role
from rejuvmodel.runtime.operating.findings import Finding, failure
from rejuvmodel.runtime.outside.addresses import SocketAddress, socket_address
from rejuvmodel.runtime.outside.failures import OutsideError
from rejuvmodel.runtime.outside.names import one_line
from rejuvmodel.runtime.parts import beside

#: What HAProxy says of a server that it does not check.
_UNCHECKED = "no check"
_NAMED = 5


def balancer_findings(file: RuntimeFile) -> Iterator[Finding]:
    """Ask each balancer once: for itself, and for each server that it does not have as the file does."""
    settings = file.connections.balancer
    if settings.type == "in-process":
        text = "it is in this process: it sends no work to anybody"
        yield Finding("balancer", "in-process", "warning", text, 'For real servers write type = "haproxy".')
        return
    for one in settings.sockets:
        address = socket_address("sockets", one, settings.allow)
        if address.path:
            address = SocketAddress(path=beside(file, address.path))
        try:
            answer = exchange(address, view_command(settings.backend), settings.timeout)
            _, rest = process_of(str(address), answer)
            servers = read_servers(str(address), settings.backend, rest)
            yield _level(address, settings.timeout)
        except OutsideError as problem:
            yield failure("balancer", str(address), problem)
            continue
        yield from _servers(str(address), settings.backend, servers, file.group.servers)


def _level(address: SocketAddress, timeout: float) -> Finding:
    """Whether the socket takes orders."""
    level = exchange(address, "show cli level", timeout).strip()
    if level == "admin":
        return Finding("balancer", str(address), "good", "HAProxy answers, and takes orders (level admin)")
    text = f"HAProxy answers, and takes no orders: the level is {one_line(level, 40)}"
    return Finding("balancer", str(address), "wrong", text, 'Give the stats socket "level admin".')


def _servers(
    where: str, backend: str, found: Mapping[str, BalancedServer], wanted: tuple[ServerSettings, ...]
) -> Iterator[Finding]:
    """Compare the servers of a backend with those of the file."""
    names = [one.name for one in wanted]
    for name in names:
        if name not in found:
            text = f"backend {backend} has no server {name}"
            yield Finding("balancer", where, "wrong", text, "Use the same name on both sides.")
    others = [name for name in found if name not in names]
    if others:
        shown = ", ".join(others[:_NAMED]) + (
            f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
        )
        text = f"backend {backend} also has {shown}: nobody rejuvenates what the file does not name"
        yield Finding("balancer", where, "warning", text, "Add them to the file if they belong to the group.")
    for one in wanted:
        if one.name in found:
            yield _server(where, one, found[one.name])


def _server(where: str, wanted: ServerSettings, found: BalancedServer) -> Finding:
    """One server that both know."""
    name, state = wanted.name, in_words(found.admin, found.weight)
    if found.status.casefold() == _UNCHECKED:
        text = f"{name} has no health check in HAProxy: it would never be seen UP, and never come back"
        return Finding("balancer", where, "wrong", text, 'Add "check" to its line, or to default-server.')
    if found.status.endswith(BACKUP):
        text = f"{name} is a backup in HAProxy: it gets no requests while another is UP, and does not count"
        advice = 'Take "backup" from its line; a spare is kept back by its weight.'
        return Finding("balancer", where, "wrong", text, advice)
    if found.admin != "ready":
        text = f"{name} is out of service ({state}, {found.status})"
        advice = "The runtime brings it back when it is healthy."
        return Finding("balancer", where, "warning", text, advice)
    if not found.up:
        text = f"{name} is not UP ({found.status})"
        return Finding("balancer", where, "warning", text, "Is the server running, and its check right?")
    spare = wanted.role is Role.SPARE
    if spare != (found.weight == 0):
        text = f"{name} is a {wanted.role.value} and has weight {found.weight}"
        advice = "The runtime corrects that." if spare else "Give it its weight, or make it a spare."
        return Finding("balancer", where, "warning", text, advice)
    return Finding("balancer", where, "good", f"{name} is UP ({state})")
