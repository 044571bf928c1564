"""What HAProxy's runtime API answers, read strictly: a column too few, or a word for a number, is an error.

Two answers describe a server. ``show stat`` has its status, its sessions (scur), those queued for it (qcur)
and its weight; ``show servers state`` has the bits of what was ordered, which the status hides: a server of
weight 0 says "UP", one that is down says "DOWN" whether it is drained or not.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable
from operator import itemgetter

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.balancing.balancer import Admin, BalancedServer
from rejuvmodel.runtime.balancing.haproxy_reloads import INFO
from rejuvmodel.runtime.outside.failures import BadAnswerError, RefusedError
from rejuvmodel.runtime.outside.names import checked_name, one_line

#: Bits of srv_admin_state: forced, inherited or by name resolution; and the same for drain.
_MAINT_BITS = 0x01 | 0x02 | 0x20
_DRAIN_BITS = 0x08 | 0x10
_STAT = ("pxname", "svname", "qcur", "scur", "status", "uweight", "bck")
_STATE = ("be_name", "srv_name", "srv_admin_state", "srv_uweight")
#: A plain "UP" neither rises ("UP 1/2") nor falls; a server that is drained while up says "DRAIN".
_PLAIN = frozenset({"UP", "DRAIN"})
#: What the status of a backup server ends with here.
BACKUP = " (backup)"


def view_command(backend: str) -> str:
    """Return the line that asks for all servers of a backend.

    Parameters
    ----------
    backend : str
        The backend, a checked name.

    Returns
    -------
    str
        Three commands; the first says which process answers.
    """
    return f"{INFO}; show stat {backend} 4 -1; show servers state {backend}"


def read_servers(where: str, backend: str, answer: str) -> dict[str, BalancedServer]:
    """Read the answer to `view_command`, without the part on the process.

    Parameters
    ----------
    where : str
        The balancer, for errors.
    backend : str
        The backend that was asked for.
    answer : str
        What came back.

    Returns
    -------
    dict of str to BalancedServer
        By name, in HAProxy's order.

    Raises
    ------
    RefusedError
        If HAProxy has no such backend.
    BadAnswerError
        If the answer is cut off, lacks a column, or has a value that cannot be.
    """
    if answer.strip().startswith(("No such proxy", "Can't find backend")):
        raise RefusedError(where, f"HAProxy has no backend {backend}", "Check the name in [balancer].")
    if answer.strip().startswith("Permission denied"):
        raise RefusedError(where, "the socket has too low a level", 'Give the stats socket "level admin".')
    first, blank, second = answer.partition("\n\n")
    if not blank or not second.endswith("\n\n"):
        raise _doubtful(where, f"the answer is cut off, or none of HAProxy's: {one_line(answer)}")
    stats = _rows(where, _STAT, csv.reader(first.splitlines(), strict=True))
    states = _rows(where, _STATE, (line.split(" ") for line in second.splitlines() if line not in ("", "1")))
    admins = {}
    for place, name, bits, _ in states:
        _same_backend(where, backend, place)
        admins[_name(where, name)] = _admin(_whole(where, "srv_admin_state", bits))
    servers: dict[str, BalancedServer] = {}
    for place, name, queued, current, status, weight, backup in stats:
        _same_backend(where, backend, place)
        if name in servers or name not in admins:
            raise _doubtful(where, f"the two answers disagree about server {one_line(name)}")
        sessions = _whole(where, "scur", current) + _whole(where, "qcur", queued)
        status = status.strip()
        if not status or not status.isprintable() or len(status) > 40:
            raise _doubtful(where, f"the status of {name} is {one_line(status)}")
        up = status in _PLAIN
        if _whole(where, "bck", backup):  # it gets no requests while another server is up: it does not serve
            status, up = f"{status}{BACKUP}", False
        servers[name] = BalancedServer(
            name, admins[name], status, up, sessions, _whole(where, "uweight", weight)
        )
    if len(servers) != len(states):
        raise _doubtful(where, f"one answer has {len(servers)} servers, the other {len(states)}")
    return servers


def set_commands(backend: str, server: str, admin: str | None, weight: int | None) -> list[str]:
    """Return the commands that set a server.

    Parameters
    ----------
    backend, server : str
        Checked names.
    admin : str or None
        "ready", "drain" or "maint"; None to leave it.
    weight : int or None
        From 0 to 256; None to leave it.

    Returns
    -------
    list of str
        The weight first, so that a server is never ready with the weight it had before.
    """
    name = f"{checked_name('backend', backend)}/{checked_name('server', server)}"
    commands = [] if weight is None else [f"set server {name} weight {weight:d}"]
    return commands if admin is None else [*commands, f"set server {name} state {admin}"]


def _rows(where: str, columns: tuple[str, ...], lines: Iterable[list[str]]) -> list[tuple[str, ...]]:
    """Return these columns of each row of a table."""
    try:
        rows = list(lines)
    except csv.Error as problem:
        raise _doubtful(where, f"the table cannot be read ({problem})") from None
    if not rows or not rows[0] or not rows[0][0].startswith("#"):
        raise _doubtful(where, f"a table without a head: {one_line(rows[:1])}")
    head = [name for name in [rows[0][0].removeprefix("#").strip(), *rows[0][1:]] if name]
    missing = [name for name in columns if head.count(name) != 1]
    if missing:
        raise _doubtful(where, f"the table has no column {missing[0]}, or two")
    short = next((row for row in rows[1:] if len(row) < len(head)), None)
    if short is not None:
        raise _doubtful(where, f"a row has {len(short)} of {len(head)} columns")
    return list(map(itemgetter(*map(head.index, columns)), rows[1:]))


def _same_backend(where: str, asked: str, found: str) -> None:
    """Refuse rows of another backend."""
    if found != asked:
        raise _doubtful(where, f"a row is about backend {one_line(found)} instead of {asked}")


def _name(where: str, text: str) -> str:
    """Return the name of a server, if it can be one."""
    try:
        return checked_name("server", text)
    except InvalidInputError:
        raise _doubtful(where, f"a server is called {one_line(text)}") from None


def _whole(where: str, column: str, text: str) -> int:
    """Return a whole number of a column."""
    if text.isascii() and text.isdigit() and len(text) <= 12:
        return int(text)
    raise _doubtful(where, f"{column} is {one_line(text)} where a whole number is expected")


def _admin(bits: int) -> Admin:
    """Return what was ordered, from HAProxy's bits."""
    if bits & _MAINT_BITS:
        return "maint"
    return "drain" if bits & _DRAIN_BITS else "ready"


def _doubtful(where: str, found: str) -> BadAnswerError:
    """Return the error for an answer that cannot be believed."""
    return BadAnswerError(where, found, "Is this HAProxy's socket, of version 2.2 or newer?")
