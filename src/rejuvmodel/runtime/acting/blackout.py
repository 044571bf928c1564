"""Blackout checks: commands that must all exit with 0 before anything is rejuvenated.

They are asked only while an answer matters, in a thread, and an answer holds for some seconds. One that
fails, hangs or cannot be started blocks; so does one whose answer is not there yet, so that nothing begins in
the very tick in which it becomes due.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence

from rejuvmodel.runtime.acting.commands import Command
from rejuvmodel.runtime.outside.failures import OutsideError

#: How long an answer holds before the checks are asked again [s].
FRESH = 5.0
_ASKED = "the blackout checks have not answered yet"


class Blackout:
    """Asks the blackout checks of a group.

    Parameters
    ----------
    checks : sequence of Command
        The commands.
    wake : callable
        Called when an answer has come.
    """

    def __init__(self, checks: Sequence[Command], wake: Callable[[], None]) -> None:
        self._checks = tuple(checks)
        self._wake = wake
        self._answer: str | None = _ASKED
        self._at = float("-inf")
        self._asking: threading.Thread | None = None

    def blocked(self, *, matters: bool) -> str | None:
        """Return why nothing may be rejuvenated.

        Parameters
        ----------
        matters : bool
            Whether anything is due or under way; otherwise nobody is asked.

        Returns
        -------
        str or None
            The reason, which is also that nobody has asked lately; None if all checks are clear.
        """
        if not self._checks:
            return None
        age = time.monotonic() - self._at
        asking = self._asking is not None and self._asking.is_alive()
        if matters and age >= FRESH and not asking:
            self._asking = threading.Thread(target=self._ask, name="blackout", daemon=True)
            self._asking.start()
        # An answer goes on to hold while the next is asked for, but no longer than that can take.
        longest = FRESH + sum(check.timeout for check in self._checks) + 5.0
        return self._answer if age < longest else _ASKED

    def _ask(self) -> None:
        """Ask every check in turn; the first that does not say yes decides."""
        answer: str | None = None
        for check in self._checks:
            try:
                check.run()
            except OutsideError as problem:
                answer = f"blackout check: {problem}"
                break
            except Exception as problem:  # whatever it is, it is no yes
                answer = f"blackout check failed ({type(problem).__name__})"
                break
        self._answer, self._at = answer, time.monotonic()
        self._wake()
