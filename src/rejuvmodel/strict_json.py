"""Strict JSON: what a reader might take for another value than was written is refused.

Python's `json` takes NaN and Infinity, keeps the last of two equal keys, and turns 1e999 into infinity and
1e-999 into 0. Each of them is an error here. This module imports no NumPy.
"""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError


def parse(text: str, place: str) -> Any:
    """Return the value of a JSON document.

    Parameters
    ----------
    text : str
        The document.
    place : str
        Its name in errors: a file as the user typed it.

    Returns
    -------
    object
        Objects as dicts, arrays as lists, numbers as int or float.

    Raises
    ------
    InvalidInputError
        If it is no JSON, has a key twice, or a number that no double holds.
    """
    try:
        return _DECODER.decode(text)
    except _RefusedError as problem:
        found, advice = problem.found, problem.advice
    except RecursionError:
        found, advice = "values nested too deeply", "Check that it is the right file."
    except ValueError as problem:  # JSONDecodeError, or an integer of thousands of digits
        found, advice = f"a syntax error: {problem}", "Check that it is the right file, and whole."
    raise InvalidInputError(place, found, "a JSON document is expected", advice)


class _RefusedError(Exception):
    """What a document must not have."""

    def __init__(self, found: str, advice: str) -> None:
        super().__init__(found)
        self.found = found
        self.advice = advice


def _constant(written: str) -> NoReturn:
    advice = 'Write "infinity" in quotes for infinity; NaN is no value.'
    raise _RefusedError(f"{written}, which is no JSON", advice)


def _number(written: str) -> float:
    value = float(written)
    lost = value == 0 and any(digit in "123456789" for digit in written.lower().partition("e")[0])
    if math.isinf(value) or lost:
        advice = 'Write "infinity" in quotes for infinity, and 0 for nothing.'
        raise _RefusedError(f"{shown(written)}, a number outside the range of doubles", advice)
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise _RefusedError(f"the key {shown(twice)} twice", "Remove one of them.")
    return values


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_float=_number, object_pairs_hook=_unique)
