"""Samples: what a monitor saw of one server at one moment, with every value that cannot be left out.

A value that is missing, NaN, infinite or negative is None and is named among the doubts. None is neither
small nor large: it never makes a server healthy, and never makes it unstable.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from operator import attrgetter
from typing import Literal

from rejuvmodel.runtime.watching.identity import Identity

#: What can be measured of a server.
QUANTITIES = ("load", "uptime", "memory", "buffers")
#: What the server itself says: it works, it does not, it is not there; or nobody knows.
Answer = Literal["healthy", "unhealthy", "gone", "unknown"]
#: An uptime may run ahead of the clock here by this much before it is doubted [s].
_TOLERANCE = 2.0


@dataclass(frozen=True, slots=True)
class Sample:
    """One look at one server.

    Parameters
    ----------
    server : str
        The server.
    at : float
        When the look began [s], on the monotonic clock of this process.
    answer : str
        "healthy", "unhealthy" (it answers and says so), "gone" (no such process, or nothing listens), or
        "unknown" (no answer in time, or none that can be believed).
    load : float, optional
        Load, in the unit of the source: a share of one processor core, or what the health body says.
    uptime : float, optional
        Time since its process began [s].
    memory : float, optional
        Memory in use [bytes].
    buffers : float, optional
        Open files and sockets, or what the health body says.
    identity : Identity, optional
        Its process, where the source knows it.
    doubts : tuple of str
        What was left out or not believed, and why.
    withheld : frozenset of str
        Quantities that are this source's to tell, and that it has not told: another source's are others.
    """

    server: str
    at: float
    answer: Answer
    load: float | None = None
    uptime: float | None = None
    memory: float | None = None
    buffers: float | None = None
    identity: Identity | None = None
    doubts: tuple[str, ...] = ()
    withheld: frozenset[str] = frozenset()

    def value(self, quantity: str) -> float | None:
        """Return one of the measured values.

        Parameters
        ----------
        quantity : str
            "load", "uptime", "memory" or "buffers".

        Returns
        -------
        float or None
            None if it is not known.
        """
        value: float | None = _VALUES[quantity](self)
        return value


_VALUES = {quantity: attrgetter(quantity) for quantity in QUANTITIES}


def believable(values: Mapping[str, object]) -> tuple[dict[str, float], list[str]]:
    """Separate values that can be from those that cannot.

    Parameters
    ----------
    values : mapping of str to object
        Values of unknown origin by quantity.

    Returns
    -------
    tuple of dict and list
        The finite numbers of at least 0, and for each other value what was wrong with it.
    """
    good: dict[str, float] = {}
    doubts: list[str] = []
    for name, value in values.items():
        if isinstance(value, bool) or not isinstance(value, int | float):
            doubts.append(f"{name} is no number ({type(value).__name__})")
            continue
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if not math.isfinite(number):
            doubts.append(f"{name} is {number}")
        elif number < 0:
            doubts.append(f"{name} is negative")
        else:
            good[name] = number
    return good, doubts


def another_life(
    identities: tuple[object, object], uptimes: tuple[float | None, float | None], passed: float
) -> bool:
    """Return whether two looks are at two processes: by identity, or by an uptime that began anew.

    Of identities and uptimes [s] the older comes first, None where it is not known; `passed` is the time [s]
    between the looks. What cannot be told is no other life.
    """
    if None not in identities:
        return identities[0] != identities[1]
    old, new = uptimes
    return old is not None and new is not None and new < old and new <= passed + _TOLERANCE
