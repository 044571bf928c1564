"""Deadlines on a clock that never jumps: one for a whole exchange, however many steps it takes."""

from __future__ import annotations

import math
import time

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.plain_values import nearest_float


class Deadline:
    """A moment on the monotonic clock until which something must be finished.

    Parameters
    ----------
    seconds : float
        Time from now [s].

    Notes
    -----
    A timeout of a socket counts from each byte, and a slow drip of bytes never exceeds it. A deadline does
    not care how often something arrives.
    """

    __slots__ = ("_end", "seconds")

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self._end = time.monotonic() + seconds

    @property
    def left(self) -> float:
        """Time left [s]; 0 when it is over."""
        return max(0.0, self._end - time.monotonic())

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return self.left == 0.0


def seconds(argument: str, value: object) -> float:
    """Return a time limit.

    Parameters
    ----------
    argument : str
        The name that errors give.
    value : object
        Seconds [s], finite and above 0.

    Returns
    -------
    float
        The same.

    Raises
    ------
    InvalidInputError
        If it is anything else; nothing may wait for ever.
    """
    number = nearest_float(value)
    if 0 < number < math.inf:
        return number
    raise InvalidInputError(
        argument, shown(value), "a time limit is a number of seconds above 0, and finite", "Write, say, 30."
    )
