"""Times as users give them, in hours, and the rates that belong to them.

A rate is the reciprocal of the mean time in hours.

Single times go through exact fractions and are rounded once, so ``"1 min"`` is the rate 60.0; arrays of
numbers are divided as they are.
"""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rejuvmodel.array_likes import as_array, first_place, placed
from rejuvmodel.arrays import FloatArray, Numbers, is_number, real
from rejuvmodel.durations import exact_hours, hours, shown
from rejuvmodel.errors import InvalidInputError

_TOO_SHORT = "a mean time is long enough for its rate to fit a float (below 1.8e308 per hour)"
_LIMITS = {
    (False, False): "a mean time here is above 0 and finite",
    (True, False): 'a mean time here is above 0, "never" included',
    (True, True): 'a mean wait is at least 0, "never" included',
}
_ADVICE = {
    (False, False): 'Give the mean time it takes, such as "20 min" or hours as a number.',
    (True, False): 'Give the mean time until it happens, such as "7 d", hours as a number, or "never".',
    (
        True,
        True,
    ): 'Give the mean wait once unstable, such as "14 d", hours as a number, "never", or 0 for at once.',
}


def mean_rate(
    argument: str, value: object, *, allow_infinite: bool = False, allow_zero: bool = False
) -> Numbers:
    """Return the rate that belongs to a mean time.

    Parameters
    ----------
    argument : str
        The name that errors give, as the user typed it.
    value : object
        Hours [h], a timedelta, text, or an array or nested sequence of them.
    allow_infinite : bool
        Whether an infinite mean time (rate 0) is valid.
    allow_zero : bool
        Whether a mean time of 0 (rate infinity) is valid; only together with `allow_infinite`.

    Returns
    -------
    float or ndarray of float64
        Rate [1/h].

    Raises
    ------
    InvalidInputError
        If a mean time is no duration, negative, NaN, or 0 or infinite where that is not allowed.
    """
    limits = (allow_infinite, allow_zero)
    if isinstance(value, str | timedelta) or is_number(value):
        return _one(argument, value, limits)
    array = as_array(argument, value, _LIMITS[limits], _ADVICE[limits])
    if array.dtype.kind == "m":
        array = _from_timedelta64(argument, array)
    if array.dtype.kind not in "OUT":
        return _many(argument, array, limits)
    rates = np.empty(array.shape)
    for index in np.ndindex(array.shape):
        rates[index] = _one(placed(argument, index), array[index], limits)
    return _frozen(rates)


def waiting_times(argument: str, value: object) -> Numbers:
    """Return one or many waiting times in hours; 0 and infinity are times as well.

    Parameters
    ----------
    argument : str
        The name that errors give, as the user typed it.
    value : object
        Hours [h], a timedelta, text, or an array or nested sequence of them.

    Returns
    -------
    float or ndarray of float64
        Hours [h]; arrays are read-only.

    Raises
    ------
    InvalidInputError
        If a time is no duration, negative or NaN.
    """
    if isinstance(value, str | timedelta) or is_number(value):
        return hours(value, argument)
    rule = 'a waiting time is at least 0 hours, "never" included'
    advice = 'Give a time such as "14 d", hours as a number, "never", or 0 for at once.'
    array = as_array(argument, value, rule, advice)
    if array.dtype.kind == "m":
        array = _from_timedelta64(argument, array)
    if array.dtype.kind not in "OUT":
        return real(argument, array, rule, allow_infinity=True, advice=advice, unit=" hours")
    times = np.empty(array.shape)
    for index in np.ndindex(array.shape):
        times[index] = hours(array[index], placed(argument, index))
    return _frozen(times)


def any_greater(left: Numbers, right: Numbers) -> bool:
    """Tell whether one value exceeds the other anywhere on their common grid, without making that grid.

    Parameters
    ----------
    left, right : float or ndarray
        Values that broadcast together.

    Returns
    -------
    bool
        Whether ``left > right`` holds at any point.
    """
    axes = max(np.ndim(left), np.ndim(right))
    a = np.reshape(left, (1,) * (axes - np.ndim(left)) + np.shape(left))
    b = np.reshape(right, (1,) * (axes - np.ndim(right)) + np.shape(right))
    # Along an axis that one of them does not have, only the extreme of the other counts.
    high = a.max(axis=tuple(k for k in range(axes) if b.shape[k] == 1), keepdims=True)
    low = b.min(axis=tuple(k for k in range(axes) if a.shape[k] == 1), keepdims=True)
    return bool((high > low).any())


def _one(argument: str, value: object, limits: tuple[bool, bool]) -> float:
    allow_infinite, allow_zero = limits
    exact = exact_hours(value, argument)
    typed = shown(value) if isinstance(value, str | timedelta) else f"{_plain(value)} hours"
    found = f"{typed} (a mean time)"
    if exact is None and allow_infinite:
        return 0.0
    if exact == 0 and allow_zero:
        return math.inf
    if exact is None or exact == 0:
        raise InvalidInputError(argument, found, _LIMITS[limits], _ADVICE[limits])
    try:
        return float(1 / exact)
    except OverflowError:
        raise InvalidInputError(argument, found, _TOO_SHORT, _ADVICE[limits]) from None


def _many(argument: str, array: NDArray[Any], limits: tuple[bool, bool]) -> Numbers:
    allow_infinite, allow_zero = limits
    hours = real(
        argument,
        array,
        _LIMITS[limits],
        open_minimum=not allow_zero,
        allow_infinity=allow_infinite,
        advice=_ADVICE[limits],
        unit=" hours (a mean time)",
    )
    with np.errstate(divide="ignore", over="ignore"):
        rates = np.divide(1.0, hours)
    short = np.isinf(rates) & np.greater(hours, 0)
    if short.any():
        index = first_place(np.asarray(short))
        found = f"{float(np.asarray(hours)[index])} hours (a mean time)"
        raise InvalidInputError(placed(argument, index), found, _TOO_SHORT, _ADVICE[limits])
    return _frozen(np.asarray(rates))


def _from_timedelta64(argument: str, array: NDArray[Any]) -> NDArray[Any]:
    # A timedelta64 without a unit would pass for hours, and years have no fixed length.
    if np.datetime_data(array.dtype)[0] in {"generic", "Y", "M"}:
        advice = 'Use a unit of fixed length, such as timedelta64(20, "m").'
        raise InvalidInputError(
            argument, f"an array of type {array.dtype}", "a mean time has a length in hours", advice
        )
    return np.asarray(array / np.timedelta64(1, "h"))


def _frozen(rates: FloatArray) -> Numbers:
    if rates.ndim == 0:
        return float(rates)
    rates.setflags(write=False)
    return rates


def _plain(value: object) -> str:
    return repr(value).removesuffix(".0") if isinstance(value, float) else shown(value)
