"""Asking a running runtime, and saying so where none runs."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

import typer

from rejuvmodel.cli.shell import DISAGREE, complain
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.operating.control_client import Reply, ask
from rejuvmodel.runtime.operating.logs import printable
from rejuvmodel.runtime.outside.failures import NobodyListensError


def asked(file: RuntimeFile, what: str, servers: Sequence[str] = ()) -> Reply | None:
    """Ask the runtime of a file.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    what : str
        What is asked.
    servers : sequence of str
        Of "roll" and "rejuvenate".

    Returns
    -------
    Reply or None
        Its reply; None if no runtime listens.

    Raises
    ------
    OutsideError
        If one listens and gives no answer.
    Exit
        With code 1, if it refuses; its reason is written to standard error.
    """
    try:
        reply = ask(file.home.control, what, servers)
    except NobodyListensError:
        return None
    if not reply.ok:
        words = f"{reply.path}: {reply.error.rstrip('.')}. {reply.advice}"
        raise typer.Exit(complain(printable(words.rstrip()), DISAGREE))
    return reply


def needed(file: RuntimeFile, what: str) -> Reply:
    """Ask the runtime of a file, which has to run.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    what : str
        What is asked.

    Returns
    -------
    Reply
        Its reply.

    Raises
    ------
    NobodyListensError
        If none runs.
    """
    reply = asked(file, what)
    if reply is None:
        found = f"no runtime answers on {file.home.control}"
        raise NobodyListensError(file.path, found, f"Start it with: rejuvmodel runtime run {file.path}")
    return reply


def server_of(file: RuntimeFile, name: str) -> str:
    """Return the name of a server of a file.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    name : str
        What the user typed.

    Returns
    -------
    str
        The same.

    Raises
    ------
    InvalidInputError
        If the file has no such server.
    """
    names = [one.name for one in file.group.servers]
    if name in names:
        return name
    near = get_close_matches(name, names, n=1)
    advice = f'Did you mean "{near[0]}"?' if near else "Name one of them."
    rule = f"the servers of {file.path} are {', '.join(names)}"
    raise InvalidInputError("SERVER", shown(name), rule, advice)
