"""Numbers as users pass them: one real number or an array of them, checked once, then read-only.

A check costs two passes over an array (its minimum and its maximum, both of which carry NaN on) and one
copy; the place of an offending entry is looked for only when there is one.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping
from decimal import Decimal
from numbers import Real
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rejuvmodel.array_likes import as_array, described, first_place, placed
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError, SizeError

FloatArray: TypeAlias = NDArray[np.float64]
Numbers: TypeAlias = float | FloatArray

#: Numbers that fit in the cache.
_PIECE = 65_536
_NOT_NUMBERS = {"b": "bool", "c": "complex", "U": "text", "T": "text", "S": "bytes", "V": "structured"}
_NOT_NUMBERS |= {"M": "datetime64", "m": "timedelta64"}


def real(
    argument: str,
    value: object,
    rule: str,
    *,
    minimum: float = 0.0,
    open_minimum: bool = False,
    allow_infinity: bool = False,
    advice: str = "",
    unit: str = "",
) -> Numbers:
    """Return a real number as a float, or many as a read-only array.

    Parameters
    ----------
    argument : str
        The name that errors give, as the user typed it.
    value : object
        A real number (int, float, Fraction, Decimal, NumPy scalar, 0-d array), or an array, a nested
        sequence or a pandas-like object of them.
    rule : str
        What a valid value looks like, for the error.
    minimum : float
        The least value allowed.
    open_minimum : bool
        Whether the minimum itself is excluded.
    allow_infinity : bool
        Whether plus infinity is a valid value.
    advice : str
        The next step, for the error.
    unit : str
        What follows an offending number in the error, such as ``" hours"``.

    Returns
    -------
    float or ndarray of float64
        A float for one number; otherwise a C-contiguous array that cannot be written to. It is a copy
        unless the value is such an array already and nothing below it can be written to.

    Raises
    ------
    InvalidInputError
        If the value is not real (bool, None, text, complex, a mapping, a set, an iterator, ragged,
        masked, dates), empty, NaN, infinite where not allowed, or below the minimum.

    Notes
    -----
    Negative zero becomes zero. One million doubles take about 1 ms.
    """
    if is_number(value):
        number = _scalar(argument, value, rule, advice)
        if not _allowed(number, minimum, open_minimum, allow_infinity):
            raise InvalidInputError(argument, f"{shown(value)}{unit}", rule, advice)
        return number + 0.0
    array = _float64(argument, as_array(argument, value, rule, advice), rule, advice)
    low, high = _extremes(array)
    if not (_allowed(low, minimum, open_minimum, allow_infinity) and (allow_infinity or math.isfinite(high))):
        wrong = np.isnan(array) | (array < minimum) | (array == -np.inf)
        wrong |= (array == minimum) if open_minimum else False
        wrong |= (array == np.inf) if not allow_infinity else False
        index = first_place(wrong)
        found = f"{_plain(array[index])}{unit}"
        raise InvalidInputError(placed(argument, index), found, rule, advice)
    if low == 0.0 and np.signbit(array).any():
        array = array + 0.0
    if array.ndim == 0:
        return float(array)
    array.setflags(write=False)
    return array


def is_number(value: object) -> bool:
    """Tell whether a value is one real number by its type; bools are, arrays are not.

    Parameters
    ----------
    value : object
        Anything a user may have passed.

    Returns
    -------
    bool
        Whether it is of a real number type.
    """
    # np.timedelta64 is registered as an integer, but carries a unit.
    return isinstance(value, Real | Decimal) and not isinstance(value, np.timedelta64)


def broadcast_shape(named: Mapping[str, Numbers]) -> tuple[int, ...]:
    """Return the shape to which named numbers and arrays broadcast together.

    Parameters
    ----------
    named : mapping of str to float or ndarray
        Arguments by the name that errors give.

    Returns
    -------
    tuple of int
        The common shape; empty if all are scalars.

    Raises
    ------
    InvalidInputError
        If two shapes clash; both arguments and shapes are named.
    SizeError
        If the grid has more points than any memory can index.
    """
    shape: list[int] = []
    owners: list[str] = []  # per axis, counted from the last: who set its length
    for name, value in named.items():
        own = np.shape(value)
        for axis, length in enumerate(reversed(own)):
            if axis == len(shape):
                shape.append(length)
                owners.append(name)
            elif shape[axis] == 1:
                shape[axis], owners[axis] = length, name
            elif length not in (1, shape[axis]):
                other = owners[axis]
                found = f"shapes {np.shape(named[other])} and {own}"
                advice = "Give arrays of one length, or add axes of length 1 to make a grid."
                raise InvalidInputError(
                    f"{other} and {name}", found, "arrays must broadcast together", advice
                )
    if math.prod(shape) * 8 > np.iinfo(np.intp).max:
        raise SizeError(
            f"{', '.join(dict.fromkeys(owners))}: together a grid of {tuple(reversed(shape))} points, "
            f"{math.prod(shape) * 8:.1e} bytes for each result. Use smaller arrays."
        )
    return tuple(reversed(shape))


def whole_number(argument: str, value: object, minimum: int, rule: str = "", advice: str = "") -> int:
    """Return a whole number as an int.

    Parameters
    ----------
    argument : str
        The name that errors give, as the user typed it.
    value : object
        An int, or anything else that Python takes as an index; no bool and no float.
    minimum : int
        The least value allowed.
    rule, advice : str
        What a valid value looks like and the next step, for the error; both have a default.

    Returns
    -------
    int
        The number.

    Raises
    ------
    InvalidInputError
        If the value is not a whole number or is below the minimum.
    """
    rule = rule or f"{argument} is a whole number of at least {minimum}"
    if isinstance(value, bool | np.bool_ | np.ndarray):
        raise InvalidInputError(argument, described(value), rule, advice)
    try:
        number = operator.index(value)  # type: ignore[arg-type]  # refusing other types is the point
    except (TypeError, ValueError, OverflowError):
        hint = advice
        if isinstance(value, float) and value.is_integer():
            hint = f"Write {argument}={int(value)}, without a decimal point."
        raise InvalidInputError(argument, described(value), rule, hint) from None
    if number < minimum:
        raise InvalidInputError(argument, shown(number), rule, advice)
    return number


def _scalar(argument: str, value: object, rule: str, advice: str) -> float:
    if isinstance(value, bool) or not is_number(value):
        raise InvalidInputError(argument, described(value), rule, advice)
    try:
        number = float(value)  # type: ignore[arg-type]  # _is_scalar has just made sure
    except OverflowError:
        number = math.inf
    except (TypeError, ValueError):  # a signalling NaN, or a number type without a float
        raise InvalidInputError(argument, described(value), rule, advice) from None
    if math.isinf(number) and value not in (math.inf, -math.inf):
        raise InvalidInputError(argument, shown(value), "a number must fit a float (below 1.8e308)", advice)
    return number


def _allowed(number: float, minimum: float, open_minimum: bool, allow_infinity: bool) -> bool:
    if math.isinf(number):
        return allow_infinity and number > 0
    return number > minimum if open_minimum else number >= minimum


def _float64(argument: str, array: NDArray[Any], rule: str, advice: str) -> FloatArray:
    kind = array.dtype.kind
    if kind in _NOT_NUMBERS:
        raise InvalidInputError(argument, f"an array of type {_NOT_NUMBERS[kind]}", rule, advice)
    if kind == "O":
        return _from_objects(argument, array, rule, advice)
    if (
        type(array) is np.ndarray
        and array.dtype == np.float64
        and array.flags.c_contiguous
        and _is_frozen(array)
    ):
        return array
    with np.errstate(over="ignore"):
        numbers = np.array(array, dtype=np.float64, order="C", copy=True, subok=False)
    if array.dtype.itemsize > 8 and (wrong := np.isinf(numbers) & ~np.isinf(array)).any():
        index = first_place(wrong)
        rule = "a number must fit a float (below 1.8e308)"
        raise InvalidInputError(placed(argument, index), str(array[index]), rule, advice)
    return numbers


def _from_objects(argument: str, array: NDArray[Any], rule: str, advice: str) -> FloatArray:
    numbers = np.empty(array.shape, dtype=np.float64)
    for index in np.ndindex(array.shape):
        entry: Any = array[index]
        if isinstance(entry, list | tuple):
            raise InvalidInputError(
                placed(argument, index), "a nested row (ragged)", rule, "Make all rows equally long."
            )
        if isinstance(entry, np.ndarray) and entry.ndim == 0 and entry.dtype.kind in "fiu":
            entry = entry[()]
        numbers[index] = _scalar(placed(argument, index), entry, rule, advice)
    return numbers


def _extremes(array: FloatArray) -> tuple[float, float]:
    """Minimum and maximum, NaN if there is one; of long arrays piece by piece, while it is in the cache."""
    if array.size <= _PIECE:
        return float(array.min()), float(array.max())
    flat = array.reshape(-1)
    pieces = [flat[start : start + _PIECE] for start in range(0, flat.size, _PIECE)]
    ends = np.array([(piece.min(), piece.max()) for piece in pieces])
    return float(ends[:, 0].min()), float(ends[:, 1].max())


def _is_frozen(array: NDArray[Any]) -> bool:
    """Tell whether nobody holds a writable view below this array."""
    below: object = array
    while isinstance(below, np.ndarray):
        if below.flags.writeable:
            return False
        below = below.base
    return below is None or isinstance(below, bytes)


def _plain(number: float) -> str:
    return repr(float(number)).removesuffix(".0")
