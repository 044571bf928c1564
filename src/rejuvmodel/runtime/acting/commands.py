"""Commands: lists of arguments, never a shell, with a hard time limit and bounded output.

A command that overruns its time gets TERM, with its whole process group, and KILL a grace later. Of what it
prints only the end is kept. Its standard input is empty. A program that shall go on after the command must
have its output redirected, as daemons do: the pipe is closed when the command ends.

A command outlives a controller that is killed. `owned_by` marks it in its environment with whose command it
is and which pipe it writes to, so that `rejuvmodel.runtime.acting.earlier_commands` finds it.
"""

from __future__ import annotations

import os
import re
import select
import subprocess
import time
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from difflib import get_close_matches

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.acting.process_groups import end_groups
from rejuvmodel.runtime.outside.deadlines import Deadline, seconds
from rejuvmodel.runtime.outside.failures import CommandError, DeadlineError
from rejuvmodel.runtime.outside.names import checked_name, one_line

_PLACE = re.compile(r"(?<!\{)\{([a-z_]+)\}(?!\})")
#: Bytes of output that are kept.
KEPT = 4096
#: Time between TERM and KILL [s].
GRACE = 2.0
#: The variable that marks a command in its environment: whose it is, a bar, and its pipe as /proc names it.
MARK = "REJUVMODEL_COMMAND"
_PAUSE = 0.02
_owner: ContextVar[str] = ContextVar("owner", default="")


@contextmanager
def owned_by(owner: str) -> Iterator[None]:
    """Mark the commands that this thread runs in the block.

    Parameters
    ----------
    owner : str
        Whose they are: the absolute path of the journal. Empty for none.
    """
    token = _owner.set(owner)
    try:
        yield
    finally:
        _owner.reset(token)


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
        If it overran its time; it and its process group have been ended then.
    """
    where = f"{name} ({os.path.basename(arguments[0])})"
    deadline = Deadline(timeout)
    try:
        output = _Output()
    except OSError as problem:
        raise _not_started(where, problem) from None
    try:
        process = _started(where, arguments, output)
        finished = False
        try:
            finished = _watch(process, output, deadline)
        finally:
            if not finished:  # also if this program is interrupted
                # Whoever cannot write what it prints cannot end either.
                end_groups([process.pid], grace, lambda: output.read(0.0))
                output.read(0.0)
                process.poll()
    finally:
        output.close()
    if not finished:
        found = f"not finished after {timeout:g} s and ended; it last printed {output.last}"
        raise DeadlineError(where, found, "Find out what it waits for, or give it more time.")
    if process.returncode != 0:
        found = f"exit code {process.returncode}; it last printed {output.last}"
        raise CommandError(where, found, "Run it by hand to see why.")
    return output.kept.decode("utf-8", "replace")


class _Output:
    """The pipe that a command writes to, and the end of what came out of it."""

    def __init__(self) -> None:
        self._reading, self.writing = os.pipe()
        self.link = f"pipe:[{os.fstat(self._reading).st_ino}]"
        self.kept = bytearray()

    @property
    def last(self) -> str:
        """The last line that has anything in it, for a message."""
        lines = [line for line in bytes(self.kept).splitlines() if line.strip()]
        return one_line(lines[-1]) if lines else "nothing"

    def read(self, wait: float) -> None:
        """Read what there is, and forget all but the end of it."""
        for _ in range(64):
            ready, _, _ = select.select([self._reading], [], [], wait)
            part = os.read(self._reading, 65536) if ready else b""
            if not part:
                if ready:
                    time.sleep(wait)  # the pipe is at its end, the process is not
                return
            self.kept += part
            del self.kept[:-KEPT]
            wait = 0.0

    def close_writing(self) -> None:
        """Close this program's own writing end, so that the end of the output is seen."""
        if self.writing >= 0:
            os.close(self.writing)
            self.writing = -1

    def close(self) -> None:
        """Close both ends."""
        self.close_writing()
        os.close(self._reading)


def _started(where: str, arguments: Sequence[str], output: _Output) -> subprocess.Popen[bytes]:
    """Start the command in a session of its own, with its mark."""
    owner = _owner.get()
    try:
        process = subprocess.Popen(
            arguments,
            stdin=subprocess.DEVNULL,
            stdout=output.writing,
            stderr=output.writing,
            start_new_session=True,
            env={**os.environ, MARK: f"{owner}|{output.link}"} if owner else None,
        )
    except (OSError, ValueError) as problem:
        raise _not_started(where, problem) from None
    output.close_writing()
    return process


def _not_started(where: str, problem: Exception) -> CommandError:
    """Return the error for a command that did not begin."""
    reason = getattr(problem, "strerror", None) or str(problem)
    return CommandError(where, f"it cannot be started ({reason})", "Check the name of the program.")


def _watch(process: subprocess.Popen[bytes], output: _Output, deadline: Deadline) -> bool:
    """Read until the process ends; return whether it did in time."""
    while not deadline.over:
        output.read(min(_PAUSE, deadline.left))
        if process.poll() is not None:
            # A program left behind may hold the pipe open: what is there is read, its end is not waited for.
            output.read(0.0)
            return True
    return False
