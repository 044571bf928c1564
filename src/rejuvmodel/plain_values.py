"""Plain values: numbers, choices and strict tables of keys, checked without NumPy.

What a policy holds must survive a text file and be read by a program that has no NumPy. Every check names
the argument, its value, the rule and the next step.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Mapping, Sequence
from decimal import Decimal
from difflib import get_close_matches
from numbers import Real
from typing import Any, SupportsIndex

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError

#: Whole numbers up to here are kept exactly by every reader of JSON.
MOST = 2**53


def number(
    argument: str,
    value: object,
    rule: str,
    *,
    minimum: float = -math.inf,
    maximum: float = math.inf,
    open_minimum: bool = False,
) -> float:
    """Return a finite number as a float.

    Parameters
    ----------
    argument : str
        The name that errors give.
    value : object
        What the user gave.
    rule : str
        What a valid value is, for the error.
    minimum, maximum : float
        Limits, both allowed.
    open_minimum : bool
        Whether the minimum itself is excluded.

    Returns
    -------
    float
        The number.

    Raises
    ------
    InvalidInputError
        If it is no real number, not finite, or outside its limits.
    """
    found = nearest_float(value)
    inside = (minimum < found if open_minimum else minimum <= found) and found <= maximum
    if not inside or math.isinf(found):
        raise InvalidInputError(argument, described(value), rule, "Write one number within these limits.")
    return found + 0.0  # no negative zero goes further


def whole(argument: str, value: object, rule: str, *, minimum: int, maximum: int = MOST) -> int:
    """Return a whole number.

    Parameters
    ----------
    argument : str
        The name that errors give.
    value : object
        What the user gave.
    rule : str
        What a valid value is, for the error.
    minimum, maximum : int
        Limits, both allowed.

    Returns
    -------
    int
        The number.

    Raises
    ------
    InvalidInputError
        If it is no whole number or outside its limits.
    """
    if _is_number(value) and isinstance(value, SupportsIndex):
        found = operator.index(value)
        if minimum <= found <= maximum:
            return found
    raise InvalidInputError(
        argument, described(value), rule, "Write a whole number without quotes and without a decimal point."
    )


def choice(argument: str, value: object, choices: Mapping[str, str]) -> str:
    """Return one of several words.

    Parameters
    ----------
    argument : str
        The name that errors give.
    value : object
        What the user gave.
    choices : mapping
        What each word means.

    Returns
    -------
    str
        The word.

    Raises
    ------
    InvalidInputError
        If it is none of them.
    """
    if isinstance(value, str) and value in choices:
        return str(value)
    rule = f"{argument} is " + " or ".join(f'"{word}" ({meaning})' for word, meaning in choices.items())
    raise InvalidInputError(
        argument, described(value), rule, _nearest(value, choices) or "Choose one of them."
    )


def label(argument: str, value: object, most: int) -> str:
    """Return one line of text.

    Parameters
    ----------
    argument : str
        The name that errors give.
    value : object
        What the user gave.
    most : int
        Characters allowed.

    Returns
    -------
    str
        The text.

    Raises
    ------
    InvalidInputError
        If it is no text, too long, or cannot be printed on one line.
    """
    if isinstance(value, str) and value.isprintable() and len(value) <= most:
        return str(value)
    rule = f"one line of text of at most {most} characters is expected"
    raise InvalidInputError(argument, described(value), rule, "Write it in quotes, or shorter.")


def keys(
    argument: str, value: object, required: Sequence[str], optional: Sequence[str] = ()
) -> dict[str, Any]:
    """Return a table whose keys are all known and all there.

    Parameters
    ----------
    argument : str
        The table's name in errors; empty for a whole document.
    value : object
        What the user gave.
    required, optional : sequence of str
        The keys that must and those that may be there.

    Returns
    -------
    dict
        A copy.

    Raises
    ------
    InvalidInputError
        If it is no mapping, has an unknown key, or lacks a required one.
    """
    known = [*required, *optional]
    rule = f"the keys of {argument or 'a policy'} are {', '.join(known)}"
    if not isinstance(value, Mapping):
        raise InvalidInputError(argument or "policy", described(value), rule, "Write a table of these keys.")
    table = dict(value.items())
    for key in table:
        if key not in known:
            advice = _nearest(key, known) or "Remove it."
            raise InvalidInputError(inner(argument, key), "an unknown key", rule, advice)
    for key in required:
        if key not in table:
            raise InvalidInputError(inner(argument, key), "nothing (the key is missing)", rule, "Add it.")
    return table


def described(value: object) -> str:
    """Return a value and its type as short text.

    Parameters
    ----------
    value : object
        Anything a user may have passed.

    Returns
    -------
    str
        Such as ``'"fast" (str)'``.
    """
    plain = value is None or isinstance(value, bool)
    return str(value) if plain else f"{shown(value)} ({type(value).__name__})"


def nearest_float(value: object) -> float:
    """Return a number as a float, and anything else as NaN.

    Parameters
    ----------
    value : object
        What the user gave.

    Returns
    -------
    float
        The nearest double, infinities included; NaN for what is no real number or too large.
    """
    if not _is_number(value):
        return math.nan
    try:
        return float(value)  # type: ignore[arg-type]
    except (ValueError, TypeError, OverflowError):  # a signalling NaN, or 10**400
        return math.nan


def inner(argument: str, key: object) -> str:
    """Return the name that errors give to a key of a table.

    Parameters
    ----------
    argument : str
        The table; empty for a whole document.
    key : object
        The key, as the user gave it.

    Returns
    -------
    str
        Such as ``"law.k"``.
    """
    name = key if isinstance(key, str) and key.isidentifier() and len(key) <= 60 else shown(key)
    return f"{argument}.{name}" if argument else name


def _is_number(value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, Real | Decimal):
        return False
    # numpy.timedelta64 is registered as an integer, but counts units of its own.
    return getattr(getattr(value, "dtype", None), "kind", "") != "m"


def _nearest(value: object, choices: Sequence[str] | Mapping[str, str]) -> str:
    near = get_close_matches(value, choices, n=1, cutoff=0.7) if isinstance(value, str) else ()
    return f'Did you mean "{near[0]}"?' if near else ""
