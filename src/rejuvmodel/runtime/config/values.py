"""Values of the runtime's file: seconds, names, addresses, argument lists, times of day.

Every error names the key and the file; `placed` adds them to what a check of another room finds.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection
from datetime import time
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.acting.commands import Command
from rejuvmodel.runtime.deciding.settings import Window
from rejuvmodel.runtime.outside.addresses import SocketAddress, http_address, socket_address
from rejuvmodel.runtime.outside.names import checked_name
from rejuvmodel.toml_keys import REQUIRED
from rejuvmodel.toml_tables import Table

_Value = TypeVar("_Value")
_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


def placed(table: Table, key: str, check: Callable[..., _Value], *arguments: Any, **options: Any) -> _Value:
    """Call a check; what it finds wrong is said with the file and the key of the table."""
    try:
        return check(*arguments, **options)
    except InvalidInputError as error:
        raise InvalidInputError(table.where(key), error.found, error.rule, error.advice) from None


def seconds(table: Table, key: str, default: str | float, *, positive: bool = True) -> float:
    """Return a finite length of time in seconds [s]: text such as "30 s", or hours as a number.

    The default is text of that kind, or seconds [s] as a float; `positive` refuses 0.
    """
    if key not in table and isinstance(default, float):
        return default
    found = table.duration(key, positive=positive, finite=True)
    return round(found * 3600.0, 6)


def name(table: Table, key: str, default: str | None = None) -> str:
    """Return a name that is safe in every command; the default if the key is missing."""
    if key not in table and default is not None:
        return default
    return placed(table, key, checked_name, key, table.text(key))


def health_url(table: Table, key: str, allowed: Collection[str]) -> str:
    """Return the address of a health endpoint or another http service; empty if the key is missing."""
    if key not in table:
        return ""
    url = table.text(key)
    placed(table, key, http_address, key, url, allowed)
    return url


def control_sockets(table: Table, key: str, allowed: Collection[str]) -> tuple[str, ...]:
    """Return one or two control sockets, on hosts beyond this one only if they are allowed by name."""
    found = texts(table, key, required=True)
    folder = os.path.dirname(table.place)
    places = [placed(table, key, socket_address, key, one, allowed) for one in found]
    if len(found) not in (1, 2) or len({_same(folder, one) for one in places}) < len(found):
        table.refuse(key, "one or two different control sockets are expected", 'Write ["haproxy.sock"].')
    return found


def _same(folder: str, one: SocketAddress) -> tuple[str, int]:
    """What two ways to write one socket have in common."""
    if one.path:
        return os.path.realpath(os.path.join(folder, one.path)), 0
    host = one.host.casefold()
    return "127.0.0.1" if host == "localhost" else host, one.port


def texts(table: Table, key: str, *, required: bool = False) -> tuple[str, ...]:
    """Return a list of texts; empty if the key is missing and not required."""
    rule = "a list of texts is expected"
    if key not in table:
        return () if not required else table.default_of(key, REQUIRED, rule)
    value = table.raw(key)
    if not isinstance(value, list) or not all(isinstance(entry, str) and entry for entry in value):
        table.refuse(key, rule, 'Write, for example, ["one", "two"].')
    return tuple(value)


def command(table: Table, key: str, timeout: float, places: Collection[str]) -> Command | None:
    """Return a command with a time limit [s] and the places in braces that exist; None if the key is missing.

    It is a list of arguments, never a text for a shell.
    """
    if key not in table:
        return None
    value = table.raw(key)
    if not isinstance(value, list):
        rule = "a command is a list of arguments: nothing runs through a shell"
        example = ", ".join(
            f'"{one}"' for one in ("/usr/local/bin/command", *(f"{{{one}}}" for one in places))
        )
        table.refuse(key, rule, f"Write, for example, [{example}].")
    return placed(table, key, Command, key, value, timeout, places)


def commands(table: Table, key: str, timeout: float) -> tuple[Command, ...]:
    """Return a list of commands without places, each with a time limit [s]; empty without the key."""
    value = table.raw(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(entry, list) for entry in value):
        rule = "a list of commands is expected, each a list of arguments"
        table.refuse(key, rule, 'Write, for example, [["/usr/local/bin/no-backup-runs"]].')
    return tuple(placed(table, key, Command, key, entry, timeout, ()) for entry in value)


def windows(table: Table, key: str) -> tuple[Window, ...]:
    """Return times of day, such as ``["22:00-05:00"]``; empty if the key is missing."""
    found = []
    for text in texts(table, key):
        match = _WINDOW.fullmatch(text)
        if match is None or match[1] + match[2] == match[3] + match[4]:
            rule = "a window is HH:MM-HH:MM, with an end that differs from the start"
            table.refuse(key, rule, 'Write, for example, ["22:00-05:00"].')
        first, last, then, end = map(int, match.groups())
        found.append(Window(time(first, last), time(then, end)))
    if key in table and not found:
        table.refuse(key, "at least one window is expected", "Leave the key out for any time of day.")
    return tuple(found)


def zone(table: Table, key: str) -> str:
    """Return the name of a time zone of this machine; "UTC" if the key is missing."""
    text = table.text(key, "UTC")
    try:
        ZoneInfo(text)
    except (KeyError, OSError, ValueError):  # there is none, it is a folder, it is a path elsewhere
        table.refuse(key, "a time zone of this machine is expected", 'Write, for example, "Europe/Berlin".')
    return text
