"""The table [faults] of the runtime's file: how it is noticed that a server is down."""

from __future__ import annotations

import os

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config.connections import HomeSettings
from rejuvmodel.runtime.config.values import seconds
from rejuvmodel.runtime.deciding.faults import FaultSettings
from rejuvmodel.runtime.deciding.settings import Deadlines
from rejuvmodel.runtime.watching.collector import Rules
from rejuvmodel.toml_keys import REQUIRED
from rejuvmodel.toml_tables import Table

#: Bytes that the path of a unix socket may have; it is made under a name with a process number first.
_MOST_PATH = 107 - len(".4194304")
#: The shortest silence [s] that can be told from the pause between two looks.
_SHORTEST = 1.0


def read_faults(
    table: Table | None, path: str, home: HomeSettings, rules: Rules, deadlines: Deadlines
) -> FaultSettings:
    """Return how faults are detected.

    Parameters
    ----------
    table : Table or None
        The table [faults]; None without one.
    path : str
        The runtime's file: the watchdog's socket lies beside it.
    home : HomeSettings
        The other files of the group.
    rules : Rules
        How samples are read.
    deadlines : Deadlines
        How long a restart may take.

    Returns
    -------
    FaultSettings
        The rules.

    Raises
    ------
    InvalidInputError
        If a key is not valid, or one of the watchdog's stands there without it.
    """
    table = Table({}, path, "faults") if table is None else table
    heartbeat, watchdog = _beat(table, "heartbeat"), _beat(table, "watchdog")
    for key in ("watchdog_socket", "watchdog_alone"):
        if key in table and watchdog is None:
            table.default_of("watchdog", REQUIRED, f"{key} needs the longest time between two reports")
    return FaultSettings(
        heartbeat=heartbeat,
        watchdog=watchdog,
        watchdog_socket="" if watchdog is None else _socket(table, path, home),
        watchdog_alone=table.boolean("watchdog_alone", False),
        grace=seconds(table, "grace", deadlines.restart, positive=False),
        failed_after=rules.failed_after,
        steady=deadlines.healthy_for,
    )


def _beat(table: Table, key: str) -> float | None:
    """A longest silence [s]; None if the key is missing."""
    if key not in table:
        return None
    found = seconds(table, key, 0.0)
    if found < _SHORTEST:
        table.refuse(key, "it is at least 1 s: the runtime looks about once a second", 'Write, say, "10 s".')
    return found


def _socket(table: Table, path: str, home: HomeSettings) -> str:
    """The file on which servers report, beside the runtime's file."""
    own = os.path.splitext(os.path.basename(path))[0] + ".watchdog"
    found = os.path.join(os.path.dirname(path), table.text("watchdog_socket", own))
    if not found.isprintable() or len(os.fsencode(os.path.abspath(found))) > _MOST_PATH:
        rule = f"the path of a unix socket is printable and has at most {_MOST_PATH} bytes"
        advice = "Name a file in a folder with a shorter path."
        raise InvalidInputError(table.where("watchdog_socket"), shown(found), rule, advice)
    if os.path.abspath(found) in map(os.path.abspath, (path, home.journal, home.control)):
        rule = "the runtime's file, its journal, control socket and watchdog's socket are four files"
        raise InvalidInputError(table.where("watchdog_socket"), shown(found), rule, "Choose another name.")
    return found
