"""What users pass for an array: sequences, NumPy and pandas-like objects, told apart from everything else."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError


def as_array(argument: str, value: object, rule: str, advice: str = "") -> NDArray[Any]:
    """Return an array-like value as a non-empty array of whatever type its entries have.

    Parameters
    ----------
    argument : str
        The name that errors give, as the user typed it.
    value : object
        An array, a nested sequence or a pandas-like object.
    rule, advice : str
        What a valid value looks like and the next step, for the error.

    Returns
    -------
    ndarray
        The value itself if it is an array; float64 for sequences of int and float; object otherwise.

    Raises
    ------
    InvalidInputError
        If the value is not array-like, is ragged or empty, or has masked entries.
    """
    mask = getattr(value, "mask", None) if isinstance(value, np.ndarray) else None
    if mask is not None and np.any(mask):
        index = first_place(np.broadcast_to(mask, np.shape(mask)))
        raise InvalidInputError(
            placed(argument, index), "a masked entry", rule, "Fill or drop masked entries first."
        )
    try:
        if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray):
            array = _from_sequence(argument, value, rule)
        elif hasattr(value, "__array__") and not isinstance(value, type):
            array = np.asarray(value)
        else:
            raise InvalidInputError(argument, described(value), rule, advice)
    except (TypeError, RuntimeError, AttributeError, OverflowError) as problem:  # from a foreign __array__
        raise InvalidInputError(argument, f"{described(value)}: {problem}", rule, advice) from None
    if array.size == 0:
        raise InvalidInputError(
            argument, f"an empty array of shape {array.shape}", rule, "Give at least one value."
        )
    return array


def placed(argument: str, index: tuple[int, ...]) -> str:
    """Return the name of one entry, such as ``"failure[2, 0]"``.

    Parameters
    ----------
    argument : str
        The argument as the user typed it.
    index : tuple of int
        The index of the entry; empty for a scalar.

    Returns
    -------
    str
        The argument with the index behind it.
    """
    return f"{argument}[{', '.join(map(str, index))}]" if index else argument


def described(value: object) -> str:
    """Return a value and its type as short text.

    Parameters
    ----------
    value : object
        Anything a user may have passed.

    Returns
    -------
    str
        Such as ``'"fast" (str)'``; None and bools without their type.
    """
    if value is None or isinstance(value, bool):
        return str(value)
    return f"{shown(value)} ({type(value).__name__})"


def first_place(wrong: NDArray[Any]) -> tuple[int, ...]:
    """Return the index of the first true entry.

    Parameters
    ----------
    wrong : ndarray of bool
        Array with at least one true entry.

    Returns
    -------
    tuple of int
        Index in C order.
    """
    return tuple(int(k) for k in np.unravel_index(int(np.argmax(wrong)), wrong.shape))


def _from_sequence(argument: str, value: Sequence[object], rule: str) -> NDArray[Any]:
    try:
        # As objects, because NumPy would turn True among numbers into 1.0.
        array = np.array(value, dtype=object)
    except ValueError:
        raise InvalidInputError(argument, "a ragged sequence", rule, "Make all rows equally long.") from None
    if array.size and set(map(type, array.flat)) <= {float, int}:
        try:
            return array.astype(np.float64)
        except OverflowError:  # an int beyond the doubles; the caller finds which one
            return array
    return array
