"""Commands: lists of arguments, never a shell, with a hard time limit and bounded output.

A command that overruns its time gets TERM, with its whole process group, and KILL a grace later. Of what it
prints only the end is kept. Its standard input is empty. A program that shall go on after the command must
have its output redirected, as daemons do: the pipe is closed when the command ends.
"""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import time
from collections.abc import Collection, Sequence
from contextlib import suppress
from dataclasses import dataclass
from difflib import get_close_matches
from typing import IO

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.deadlines import Deadline, seconds
from rejuvmodel.runtime.failures import CommandError, DeadlineError
from rejuvmodel.runtime.names import checked_name, one_line

_PLACE = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")
#: Bytes of output that are kept.
KEPT = 4096
#: Time between TERM and KILL [s].
GRACE = 2.0
_PAUSE = 0.02


@dataclass(frozen=True, slots=True, init=False)
class Command:
    """A command with places for names, such as ``["systemctl", "restart", "{program}"]``.

    Parameters
    ----------
    argument : str
        The name that errors give: the key of the file.
    arguments : sequence of str
        The program and its arguments. Places in braces are filled with checked names, in the middle of an
        argument as well; the program itself has none.
    timeout : float
        Time for the whole command [s].
    places : collection of str
        The places that exist; ``"{program}"`` is written for "program".

    Raises
    ------
    InvalidInputError
        If it is one text, as for a shell, or empty, or has an unknown place.
    """

    argument: str
    arguments: tuple[str, ...]
    timeout: float

    def __init__(
        self,
        argument: str,
        arguments: object,
        timeout: object,
        places: Collection[str] = ("program",),
    ) -> None:
        rule = 'a command is a list of arguments in quotes, such as ["systemctl", "restart", "{program}"]'
        if isinstance(arguments, str) or not isinstance(arguments, Sequence) or not arguments:
            raise InvalidInputError(argument, shown(arguments), rule, "No shell is used: write a list.")
        for index, text in enumerate(arguments):
            where = f"{argument}[{index}]"
            if not isinstance(text, str) or "\0" in text or (index == 0 and not text):
                raise InvalidInputError(where, shown(text), rule, "Write each argument in quotes.")
            for place in _PLACE.findall(text):
                if index == 0:
                    raise InvalidInputError(where, shown(text), "the program itself has no places", rule)
                if place not in places:
                    near = get_close_matches(place, places, n=1)
                    known = " ".join(f"{{{one}}}" for one in places)
                    advice = f"Did you mean {{{near[0]}}}?" if near else "Write one of these."
                    raise InvalidInputError(where, shown(text), f"the places are {known}", advice)
        object.__setattr__(self, "argument", argument)
        object.__setattr__(self, "arguments", tuple(arguments))
        object.__setattr__(self, "timeout", seconds(f"timeout of {argument}", timeout))

    def filled(self, **names: str) -> tuple[str, ...]:
        """Return the arguments with their places filled.

        Parameters
        ----------
        **names : str
            A name for each place.

        Returns
        -------
        tuple of str
            What will be run.

        Raises
        ------
        InvalidInputError
            If a name has any character that a command could take for something else.
        """
        safe = {place: checked_name(place, name) for place, name in names.items()}
        return tuple(
            _PLACE.sub(lambda found: safe.get(found[1], found[0]), argument) for argument in self.arguments
        )

    def run(self, **names: str) -> str:
        """Run the command to its end.

        Parameters
        ----------
        **names : str
            A name for each place.

        Returns
        -------
        str
            The end of what it printed, to both outputs.

        Raises
        ------
        CommandError
            If it cannot be started or ends with another exit code than 0.
        DeadlineError
            If it overran its time and was ended.
        """
        return run(self.argument, self.filled(**names), self.timeout)


def run(name: str, arguments: Sequence[str], timeout: float, grace: float = GRACE) -> str:
    """Run a list of arguments to its end.

    Parameters
    ----------
    name : str
        What errors call it; they never show the arguments, which may hold secrets.
    arguments : sequence of str
        The program and its arguments.
    timeout : float
        Time for the whole command [s].
    grace : float
        Time between TERM and KILL [s].

    Returns
    -------
    str
        The end of what it printed, to both outputs.

    Raises
    ------
    CommandError
        If it cannot be started or ends with another exit code than 0.
    DeadlineError
        If it overran its time; it and its process group are gone then.
    """
    where = f"{name} ({os.path.basename(arguments[0])})"
    deadline = Deadline(timeout)
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
    except (OSError, ValueError) as problem:
        reason = getattr(problem, "strerror", None) or str(problem)
        raise CommandError(
            where, f"it cannot be started ({reason})", "Check the name of the program."
        ) from None
    output = bytearray()
    ended = False
    try:
        ended = _watch(process, output, deadline)
    finally:
        if not ended:  # also if this program is interrupted
            _end_group(process, output, grace)
        _pipe(process).close()
    if not ended:
        found = f"not finished after {timeout:g} s and ended; it last printed {one_line(_tail(output))}"
        raise DeadlineError(where, found, "Find out what it waits for, or give it more time.")
    if process.returncode != 0:
        found = f"exit code {process.returncode}; it last printed {one_line(_tail(output))}"
        raise CommandError(where, found, "Run it by hand to see why.")
    return output.decode("utf-8", "replace")


def _watch(process: subprocess.Popen[bytes], output: bytearray, deadline: Deadline) -> bool:
    """Read until the process ends; return whether it did in time."""
    while not deadline.over:
        _read(process, output, min(_PAUSE, deadline.left))
        if process.poll() is not None:
            # A program left behind may hold the pipe open: what is there is read, its end is not waited for.
            _read(process, output, 0.0)
            return True
    return False


def _read(process: subprocess.Popen[bytes], output: bytearray, wait: float) -> None:
    """Read what there is, and forget all but the end of it."""
    pipe = _pipe(process).fileno()
    for _ in range(64):
        ready, _, _ = select.select([pipe], [], [], wait)
        part = os.read(pipe, 65536) if ready else b""
        if not part:
            if ready:
                time.sleep(wait)  # the pipe is at its end, the process is not
            return
        output += part
        del output[:-KEPT]
        wait = 0.0


def _end_group(process: subprocess.Popen[bytes], output: bytearray, grace: float) -> None:
    """Send TERM to the process group, and KILL when the grace is over."""
    group = process.pid
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGTERM)
    deadline = Deadline(grace)
    while not deadline.over and _has_members(process, group):
        _read(process, output, _PAUSE)
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)
    process.wait()


def _has_members(process: subprocess.Popen[bytes], group: int) -> bool:
    """Return whether anything of the process group is left."""
    process.poll()  # a dead leader that nobody has reaped would count
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _pipe(process: subprocess.Popen[bytes]) -> IO[bytes]:
    """Return the reading end of the output."""
    assert process.stdout is not None
    return process.stdout


def _tail(output: bytearray) -> bytes:
    """Return the last line that has anything in it."""
    lines = [line for line in bytes(output).splitlines() if line.strip()]
    return lines[-1] if lines else b""
