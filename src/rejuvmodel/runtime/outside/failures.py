"""Failures of the outside world: each says where, what was found, and the next step.

A failure is never an answer. Whoever asks a balancer, an executor or a server and gets a failure knows
nothing, and does nothing that needed the answer.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rejuvmodel.errors import InvalidInputError, RejuvmodelError


class OutsideError(RejuvmodelError):
    """Something outside this program did not answer, answered nonsense, or refused.

    Parameters
    ----------
    where : str
        The socket, address, program or command.
    found : str
        What happened, in words, cut to a length that a log can hold.
    advice : str, optional
        The next step to take.
    """

    def __init__(self, where: str, found: str, advice: str = "") -> None:
        super().__init__(where, found, advice)
        self.where = where
        self.found = found
        self.advice = advice

    def __str__(self) -> str:
        text = f"{self.where}: {self.found}."
        return f"{text} {self.advice}" if self.advice else text


class UnreachableError(OutsideError):
    """Nobody answers, or not in time."""


class NobodyListensError(UnreachableError):
    """There is no such socket, or the connection was refused: no program listens there."""


class BadAnswerError(OutsideError):
    """There is an answer, but too much of it, or none that can be believed."""


class RefusedError(OutsideError):
    """The other side understood and said no."""


class NoIdentityError(RefusedError):
    """An executor that never knows which process a program is: there is nothing to ask it for."""


class DeadlineError(OutsideError):
    """It was begun and did not finish in time."""


class CommandError(OutsideError):
    """A command could not be started, or ended with another exit code than 0."""


@contextmanager
def named_in(table: str, path: str) -> Iterator[None]:
    """Say of what is wrong with a value under which key of the runtime's file it stands.

    Parameters
    ----------
    table : str
        The table, such as "group"; the error's argument is the key.
    path : str
        The file.

    Yields
    ------
    None
        Nothing.

    Raises
    ------
    InvalidInputError
        What is raised within, with that place.
    """
    try:
        yield
    except InvalidInputError as error:
        where = f"{table}.{error.argument} in {path}"
        raise InvalidInputError(where, error.found, error.rule, error.advice) from None
