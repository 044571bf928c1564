"""Names of servers, backends and programs: what may stand in a command to a balancer or an executor.

A name goes into a line of HAProxy's runtime API, into argument lists and, behind ssh, into another host's
shell. So there is one rule for all of them: letters, digits and ``_ . : -``, not at the start of an option
(``-``) and not of a path (``.``). Nothing is escaped, because nothing that needs it gets through.
"""

from __future__ import annotations

import re

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError

_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.:-]{0,99}", re.ASCII)


def checked_name(argument: str, value: object) -> str:
    """Return a name that is safe in every command.

    Parameters
    ----------
    argument : str
        The name that errors give.
    value : object
        What the user gave.

    Returns
    -------
    str
        The same name.

    Raises
    ------
    InvalidInputError
        If it is no text, or has any other character.
    """
    if isinstance(value, str) and _NAME.fullmatch(value):
        return str(value)
    rule = "a name has 1 to 100 of the characters A-Z a-z 0-9 _ . : - and starts with a letter, digit or _"
    raise InvalidInputError(
        argument, shown(value), rule, "Give it such a name, here and wherever it is known."
    )


def one_line(text: object, most: int = 120) -> str:
    """Return foreign text as one printable line for a message.

    Parameters
    ----------
    text : object
        Text of unknown origin, or its bytes.
    most : int
        Characters kept.

    Returns
    -------
    str
        In double quotes; what cannot be printed is escaped, the rest cut off.
    """
    if isinstance(text, bytes | bytearray):
        text = bytes(text[: most + 1]).decode("utf-8", "backslashreplace")
    plain = " ".join(str(text)[: most + 1].split())
    plain = "".join(sign if sign.isprintable() else f"\\x{ord(sign):02x}" for sign in plain)
    return f'"{plain}"' if len(plain) <= most else f'"{plain[:most]} ..."'
