"""Duplexing: handing the work of a server over before it is restarted (S103 in the patent's Fig. 10).

A `Duplexer` has one method. What "all process-related information" is only the application knows, so the one
that does something runs a command: a checkpoint, a synchronisation. It is called before the drain, and every
``checkpoint_every``, because a crashed server cannot be duplexed any more.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from rejuvmodel.runtime.acting.commands import Command
from rejuvmodel.runtime.outside.names import checked_name


class Duplexer(Protocol):
    """Whatever hands work over."""

    def duplex(self, source: str, target: str) -> None:
        """Bring the state of one server to another; returns when it is there.

        Parameters
        ----------
        source : str
            The server that will leave.
        target : str
            The spare, or the server with spare capacity.

        Raises
        ------
        OutsideError
            If it failed or took too long: then the source stays.
        """
        ...


class NoDuplexer(Duplexer):
    """For servers that hold no state: does nothing."""

    def duplex(self, source: str, target: str) -> None:
        checked_name("source", source)
        checked_name("target", target)


class CommandDuplexer(Duplexer):
    """Runs a command that copies state.

    Parameters
    ----------
    command : sequence of str
        A list of arguments, such as ``["sync-sessions", "--from={source}", "--to={target}"]``.
    timeout : float
        Its time [s]; then TERM, and KILL.
    """

    def __init__(self, command: Sequence[str], *, timeout: float) -> None:
        self._command = Command("duplex", command, timeout, ("source", "target"))

    def duplex(self, source: str, target: str) -> None:
        self._command.run(source=source, target=target)
