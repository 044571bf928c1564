"""Waiting with an end: until something holds, and until a process that is told to go has gone."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

from rejuvmodel.runtime.outside.deadlines import Deadline

_PAUSE = 0.02
#: Time that the kernel gets to carry KILL out [s].
_AFTER_KILL = 5.0


def until(deadline: Deadline, holds: Callable[[], bool]) -> bool:
    """Wait until something holds, or the deadline is over.

    Parameters
    ----------
    deadline : Deadline
        The end of waiting.
    holds : callable
        Looks once.

    Returns
    -------
    bool
        Whether it holds; it is looked at once more at the deadline.
    """
    while not holds():
        if deadline.over:
            return False
        time.sleep(min(_PAUSE, deadline.left))
    return True


def ended(send: Callable[[int], object], gone: Callable[[], bool], grace: float) -> bool:
    """End something: TERM, and KILL when the grace is over.

    Parameters
    ----------
    send : callable
        Sends a signal to it.
    gone : callable
        Looks whether it is gone.
    grace : float
        Time between TERM and KILL [s].

    Returns
    -------
    bool
        Whether it is gone. If not, the kernel holds it, or it belongs to another user.
    """
    send(signal.SIGTERM)
    if until(Deadline(grace), gone):
        return True
    send(signal.SIGKILL)
    return until(Deadline(_AFTER_KILL), gone)
