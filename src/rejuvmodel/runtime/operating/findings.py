"""Findings: what `rejuvmodel runtime check` found of one part, and the next step if it is not well."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import Literal

from rejuvmodel.errors import InvalidInputError, RejuvmodelError
from rejuvmodel.runtime.acting.commands import Command
from rejuvmodel.runtime.outside.failures import OutsideError

Level = Literal["good", "warning", "wrong"]


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found of one part.

    Parameters
    ----------
    part : str
        The part, such as "balancer".
    where : str
        Which one: a socket, a program, a server, a file; empty if there is one only.
    level : str
        "good"; "warning" for what works and may surprise; "wrong" for what does not work.
    text : str
        What was found.
    advice : str
        The next step; empty where none is needed.
    """

    part: str
    where: str
    level: Level
    text: str
    advice: str = ""

    @property
    def ok(self) -> bool:
        """Whether it works."""
        return self.level != "wrong"


def failure(part: str, where: str, error: RejuvmodelError) -> Finding:
    """Return the finding that an error is.

    Parameters
    ----------
    part, where : str
        The part, and which one.
    error : RejuvmodelError
        What went wrong.

    Returns
    -------
    Finding
        A wrong one, in the error's words.
    """
    if isinstance(error, OutsideError):
        return Finding(part, where or error.where, "wrong", error.found, error.advice)
    if isinstance(error, InvalidInputError):
        return Finding(
            part, where, "wrong", f"{error.argument}: got {error.found}; {error.rule}", error.advice
        )
    return Finding(part, where, "wrong", str(error))


def program(part: str, command: Command) -> Finding:
    """Look for the program of a command; it is not run.

    Parameters
    ----------
    part : str
        The part.
    command : Command
        The command.

    Returns
    -------
    Finding
        Where it is, or that it is not there or may not be run.
    """
    name = command.arguments[0]
    found = shutil.which(name)
    if found is not None:
        return Finding(
            part, name, "good", f"the program is there ({found})" if found != name else "it is there"
        )
    if os.path.exists(name):
        advice = "Make it executable for this user."
        return Finding(part, name, "wrong", "the program may not be run", advice)
    advice = "Write its whole path: a service has a short PATH."
    return Finding(part, name, "wrong", "there is no such program", advice)


def writable_folder(part: str, path: str) -> Finding | None:
    """Look whether files can be made in the folder of a file.

    Parameters
    ----------
    part : str
        The part.
    path : str
        The file.

    Returns
    -------
    Finding or None
        What is wrong; None if nothing is.
    """
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        return Finding(part, path, "wrong", "its folder does not exist", "Make it first.")
    if not os.access(folder, os.W_OK | os.X_OK):
        advice = "Let the runtime's user write there, or name another file."
        return Finding(part, path, "wrong", "its folder may not be written to", advice)
    return None
