"""Values that are never valid, made by hand and at random."""

from __future__ import annotations

import math
from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
from hypothesis import strategies as st

import rejuvmodel as rj

INF, NAN = math.inf, math.nan


class Unprintable:
    """An object that cannot even be shown."""

    def __repr__(self) -> str:
        raise RuntimeError("no text today")


class Unwilling(Unprintable):
    """An object whose conversion to anything fails."""

    def __array__(self, *_args: object, **_named: object) -> np.ndarray:
        raise TypeError("no array today")

    def __float__(self) -> float:
        raise TypeError("no number today")


#: Never valid as a number, an object, a label, a list of anything, or a duration. Made anew for each use.
MAKERS: list[Callable[[], Any]] = [
    *(lambda x=x: x for x in (-1, -1e-300, -INF, NAN, np.float64(NAN), np.float32(-1), Fraction(-1, 3))),
    *(lambda x=x: x for x in (Decimal("NaN"), Decimal("sNaN"), Decimal(-1), -(10**400), 10**400, 10**5000)),
    *(lambda x=x: x for x in (True, False, np.bool_(True), 1j, complex(1), np.complex128(1))),
    *(lambda x=x: x for x in ("", "fast", "12", "nan", "∞", "up; down", b"", b"1", bytearray(b"1"))),
    *(lambda x=x: x for x in (object(), float, len, rj.GTH, rj.Rates, Ellipsis, NotImplemented, slice(2))),
    *(lambda x=x: x for x in ({"a": 1}, {1: -1.0}, {-1.0}, frozenset({None}), {"x": {}}.values())),
    *(lambda x=x: x for x in ([NAN], [-1.0], [None], [[1.0], 2.0], [[1, 2], [3]], [1.0, True], [1.0, "x"])),
    *(lambda x=x: x for x in ([1.0, 1j], [[]], (1.0, {}), [b"1"], ["1"], [object()], [[-INF]], [10**400])),
    lambda: (x for x in (-1.0, 2.0)),
    lambda: iter([NAN]),
    lambda: np.array([1.0, NAN]),
    lambda: np.array([[1.0, -1.0]]),
    lambda: np.array(["1"]),
    lambda: np.array([True]),
    lambda: np.array([1j]),
    lambda: np.array([None, 1.0]),
    lambda: np.array(["soon"])[0],
    lambda: np.array(["2020-01-01"], dtype="M8[D]"),
    lambda: np.array([(1.0, 2)], dtype="f8,i4"),
    lambda: np.zeros((2, 0)),
    lambda: np.array(NAN),
    lambda: np.ma.array([1.0, 2.0], mask=[True, False]),
    Unprintable,
    Unwilling,
    lambda: [Unwilling()],
]
numbers = st.floats(max_value=-5e-324) | st.integers(max_value=-1) | st.complex_numbers() | st.just(NAN)
scalars = numbers | st.binary(max_size=3) | st.booleans() | st.text("abcxyz ", max_size=5)
nested = st.recursive(scalars, lambda inner: st.lists(inner, min_size=1, max_size=3), max_leaves=6)
mappings = st.dictionaries(st.text(max_size=3) | st.integers(), scalars, min_size=1, max_size=3)
junk = st.sampled_from(MAKERS).map(lambda make: make()) | nested | mappings
