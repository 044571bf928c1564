"""The keys journal, control and tick of [group]: the files of a group on this host, and its pulse."""

from __future__ import annotations

import os
from collections.abc import Collection

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config.connections import HomeSettings
from rejuvmodel.runtime.config.values import seconds
from rejuvmodel.toml_tables import Table

#: Bytes that the name of a unix socket may have; a second controller of a group adds ".2" to it.
MOST_SOCKET_BYTES = 107 - len(".2")
#: Seconds [s]: with a shorter tick the runtime would do little but tick.
_LEAST_TICK = 0.01


def read_home(table: Table, max_age: float) -> HomeSettings:
    """Return where a group keeps its files, and how often it looks.

    Parameters
    ----------
    table : Table
        The table [group].
    max_age : float
        How old a sample may be [s].

    Returns
    -------
    HomeSettings
        Journal and control socket, beside the runtime's file unless they say otherwise; and the tick.

    Raises
    ------
    InvalidInputError
        If two of the files are the same, the name of the socket is too long, or the tick is too short or
        not shorter than the age of a sample.
    """
    journal, control = _beside(table, "journal", ".journal"), _beside(table, "control", ".sock")
    _refuse_same(table, "journal", journal, table.place)
    _refuse_same(table, "control", control, table.place)
    _refuse_same(table, "control", control, journal)
    length = len(os.fsencode(control))
    if length > MOST_SOCKET_BYTES:
        rule = f"the name of a control socket has at most {MOST_SOCKET_BYTES} bytes"
        advice = 'Write a short one, such as control = "/run/web.sock".'
        raise InvalidInputError(table.where("control"), f"{shown(control)}, {length} bytes", rule, advice)
    tick = seconds(table, "tick", min(1.0, max_age / 2))
    if not _LEAST_TICK <= tick < max_age:
        rule = f"a tick has at least {_LEAST_TICK:g} s and is shorter than thresholds.max_age ({max_age:g} s)"
        where = table.where("tick")
        raise InvalidInputError(where, f"{tick:g} s", rule, 'Leave it out for "1 s".')
    return HomeSettings(journal, control, tick)


def refuse_taken(table: Table, home: HomeSettings, sockets: Collection[str]) -> None:
    """Refuse a control socket on which HAProxy or supervisor listens.

    Parameters
    ----------
    table : Table
        The table [group].
    home : HomeSettings
        What was read from it.
    sockets : collection of str
        Addresses of both, as they stand in the file.
    """
    folder = os.path.dirname(table.place)
    taken = {os.path.realpath(os.path.join(folder, one)) for one in sockets}
    if os.path.realpath(home.control) in taken:
        rule = "the runtime listens on a socket of its own: HAProxy or supervisor has this one"
        raise InvalidInputError(table.where("control"), shown(home.control), rule, "Choose another name.")


def _beside(table: Table, key: str, suffix: str) -> str:
    """The file of a key, beside the runtime's file; by default that with another suffix."""
    name = os.path.splitext(os.path.basename(table.place))[0] + suffix
    if key in table:
        given = table.text(key)
        if not given or not given.isprintable() or given.endswith("/"):
            table.refuse(key, "the name of a file is expected", f"Leave it out for {shown(name)}.")
        name = given
    return os.path.join(os.path.dirname(table.place), name)


def _refuse_same(table: Table, key: str, path: str, other: str) -> None:
    """Refuse a file that is another one already."""
    if os.path.abspath(path) == os.path.abspath(other):
        rule = "the runtime's file, its journal and its control socket are three files"
        raise InvalidInputError(table.where(key), shown(path), rule, "Choose another name.")
