"""The process of a program, without asking for it at every look.

Asking an executor takes a call, or even a command. A process of this machine that was the program's a moment
ago and still lives is the program's, so the executor is asked only when it is gone, and now and then.
"""

from __future__ import annotations

from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.outside.deadlines import Deadline, seconds
from rejuvmodel.runtime.outside.names import checked_name
from rejuvmodel.runtime.watching.identity import Identity, is_alive


class KnownProcess:
    """Says which process a program is; may be called from any thread.

    Parameters
    ----------
    executor : Executor
        Who knows.
    program : str
        The program.
    ask_again : float
        How long an answer is used at most [s].

    Notes
    -----
    A process of another machine cannot be looked at from here: the executor is asked each time.
    """

    def __init__(self, executor: Executor, program: str, *, ask_again: float = 30.0) -> None:
        self._executor = executor
        self._program = checked_name("program", program)
        self._ask_again = seconds("ask_again", ask_again)
        self._last: tuple[Identity, Deadline] | None = None

    def __call__(self) -> Identity | None:
        """Return which process the program is now.

        Returns
        -------
        Identity or None
            None if it is known not to run. One of this machine runs at the moment of the call.

        Raises
        ------
        OutsideError
            If that cannot be known; then it is asked again at the next call.
        """
        last = self._last
        if last is not None:
            identity, until = last
            if not until.over and is_alive(identity):
                return identity
        self._last = None
        until = Deadline(self._ask_again)
        found = self._executor.identity(self._program)
        if found is None or (found.here and not is_alive(found)):
            return None
        self._last = (found, until)
        return found
