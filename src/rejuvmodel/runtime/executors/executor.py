"""What an executor is: one method that restarts, and the identity that tells one life from the next.

An executor is told *when* by the controller and knows only *how*. ``restart`` returns when the new process
has been started, not when it is warm: whether it may serve is for its own health check and the balancer to
say. Every call ends: with a result, or with an `OutsideError` at the latest when its time is over.

A third-party executor is a callable that takes a mapping (its table of the file) and returns an `Executor`,
registered as an entry point of the group ``rejuvmodel.executors``; see
`rejuvmodel.runtime.executors.third_party`.
"""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from rejuvmodel.runtime.watching.identity import Identity


@runtime_checkable
class Executor(Protocol):
    """Whatever restarts programs."""

    def restart(self, program: str) -> None:
        """Restart a program; returns when its new process has been started.

        Parameters
        ----------
        program : str
            The program, a checked name.

        Raises
        ------
        OutsideError
            If it failed, was refused, or took too long. What state the program is in then is for
            `identity` to say.
        """
        ...

    def identity(self, program: str) -> Identity | None:
        """Return which process the program is now.

        Parameters
        ----------
        program : str
            The program, a checked name.

        Returns
        -------
        Identity or None
            None if it is known not to run.

        Raises
        ------
        NoIdentityError
            If this executor never knows it.
        OutsideError
            If it cannot be known now: it is not guessed.
        """
        ...
