"""Horner's scheme of the closed form in C, where the installation found a C compiler.

``horner.c`` beside this file is the same scheme as ``horner``, for the same blocks of points, several times
faster because a point stays in the registers through all levels. It is a plain shared library, called
through ctypes. An installation without a compiler has none, and everything runs on arrays alone.
"""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rejuvmodel.models.rate_points import Floats, Point

#: Points handled by one call.
BLOCK = 65_536
#: Masses in the order of the results in C.
_NAMES = ("unplanned", "planned", "unavailability", "degraded", "rejuvenating", "rejuvenations")
#: Masses of the states 0 and r_1, below all levels.
_AT_THE_BOTTOM = _NAMES[:3]
_NONE_WITHOUT_REJUVENATION = ("planned", "rejuvenating", "rejuvenations")
_SMALLEST = 1e-300


class _Task(ctypes.Structure):
    """The struct of that name in ``horner.c``."""

    _fields_ = (
        ("rate", ctypes.c_void_p * 5),
        ("step", ctypes.c_int64 * 5),
        ("result", ctypes.c_void_p * len(_NAMES)),
        ("exponent", ctypes.c_void_p),
        ("hard", ctypes.c_void_p),
        ("scaled", ctypes.c_int64),
    )


@cache
def library(folder: Path = Path(__file__).parent) -> ctypes.CDLL | None:
    """Return the compiled scheme, None if the installation has none."""
    try:
        found = ctypes.CDLL(str(folder / "horner.shared"))
        function = found.rejuvmodel_horner_1
    except (OSError, AttributeError):
        return None
    function.argtypes = [ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64]
    function.restype = ctypes.c_int64
    return found


def compiled_masses(
    compiled: ctypes.CDLL,
    servers: int,
    point: Point,
    names: Sequence[str],
    results: list[Floats],
    logarithms: bool,
) -> NDArray[np.bool_] | None:
    """Fill the results, which lie in one piece; return which points are still to be done, None for none."""
    count = len(results[0])
    rates = [np.ascontiguousarray(rate) for rate in point]
    exponent, hard = np.zeros(count), np.zeros(count, np.bool_)
    task = _Task()
    task.rate[:] = [rate.ctypes.data for rate in rates]
    task.step[:] = [int(rate.size > 1) for rate in rates]
    for name, result in zip(names, results, strict=True):
        task.result[_NAMES.index(name)] = result.ctypes.data
    task.exponent, task.hard = exponent.ctypes.data, hard.ctypes.data
    left = compiled.rejuvmodel_horner_1(ctypes.byref(task), servers, count)
    for name, result in zip(names, results, strict=True):
        if logarithms:
            # A quotient that a double holds badly, but for the 0 of what never happens.
            low = result < _SMALLEST
            if low.any():
                low &= (result > 0) | (point.rejuvenation > 0) | (name not in _NONE_WITHOUT_REJUVENATION)
                hard |= low
                left += np.count_nonzero(low)
            np.log(result, out=result)
        if task.scaled and name in _AT_THE_BOTTOM:
            if logarithms:
                result -= exponent * np.log(2.0)
            else:
                np.ldexp(result, -exponent.astype(np.int32), out=result)
    return hard if left else None
