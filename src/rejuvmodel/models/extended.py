"""Non-negative numbers m · 2^e beyond the range of doubles, for the closed form.

m is a double in [1/2, 1) or 0, e a whole number kept as a double (exact up to 2^53). Products, quotients and
sums of non-negative numbers keep the relative accuracy of doubles at any size.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Factors multiplied before exponents are taken out again; each is at least 1/2.
_RUN = 256
#: Below the exponent of any number above 0.
_LEAST = -1e300


class Extended(NamedTuple):
    """Numbers m · 2^e."""

    m: Floats
    e: Floats

    def times(self, other: Extended) -> Extended:
        """Product."""
        return _refreshed(self.m * other.m, self.e + other.e)

    def over(self, other: Extended) -> Extended:
        """Quotient; the divisor is not 0."""
        return _refreshed(self.m / other.m, self.e - other.e)

    def after_one(self) -> Extended:
        """The same rows with a 1 before them."""
        first = np.ones((len(self.m), 1))
        return Extended(np.hstack([first / 2, self.m]), np.hstack([first, self.e]))

    def total(self) -> Extended:
        """Sum along the last axis, which is kept with length 1."""
        # A 0 may have any exponent.
        top = np.where(self.m > 0, self.e, _LEAST).max(axis=-1, keepdims=True)
        return _refreshed(np.ldexp(self.m, _whole(self.e - top)).sum(axis=-1, keepdims=True), top)

    def value(self) -> Floats:
        """As doubles; 0 below 5e-324."""
        value: Floats = np.ldexp(self.m, _whole(self.e))
        return value

    def log(self) -> Floats:
        """Natural logarithms; −inf for 0."""
        logarithm: Floats = np.log(self.m) + self.e * np.log(2.0)
        return logarithm


def extended(x: Floats) -> Extended:
    """Doubles as extended numbers, exactly."""
    m, e = np.frexp(x)
    return Extended(m, e.astype(np.float64))


def from_log(logarithm: Floats) -> Extended:
    """Numbers with these natural logarithms."""
    nothing = np.isneginf(logarithm)
    e = np.where(nothing, 0.0, np.floor(logarithm / np.log(2.0)) + 1)
    # Of logarithms so large that their last digits exceed 1 the exponent alone is left.
    rest = np.clip(logarithm - e * np.log(2.0), -np.log(2.0), 0.0)
    return Extended(np.where(nothing, 0.0, np.exp(rest)), e)


def summed(terms: Sequence[Extended]) -> Extended:
    """Sum of several arrays."""
    top = reduce(np.maximum, [np.where(t.m > 0, t.e, -np.inf) for t in terms])
    parts = [np.ldexp(t.m, _whole(t.e - top)) for t in terms]
    return _refreshed(sum(parts[1:], start=parts[0]), top)


def chosen(condition: NDArray[np.bool_], yes: Extended, no: Extended) -> Extended:
    """``np.where`` for extended numbers."""
    return Extended(np.where(condition, yes.m, no.m), np.where(condition, yes.e, no.e))


def cumulative_products(x: Extended) -> Extended:
    """Products of the first 1, 2, … entries of the last axis of a matrix.

    Runs of entries are multiplied first and their products recursively, so rounding errors grow with the
    number of factors but exponents are exact.
    """
    points, count = x.m.shape
    m: Floats
    e: Floats
    if count <= _RUN:
        m, e = np.cumprod(x.m, axis=1, dtype=float), np.cumsum(x.e, axis=1, dtype=float)
        return _refreshed(m, e)
    runs = -(-count // _RUN)
    padded_m, padded_e = np.full((points, runs * _RUN), 0.5), np.ones((points, runs * _RUN))
    padded_m[:, :count], padded_e[:, :count] = x
    m = np.cumprod(padded_m.reshape(points, runs, _RUN), axis=2, dtype=float)
    e = np.cumsum(padded_e.reshape(points, runs, _RUN), axis=2, dtype=float)
    before = cumulative_products(_refreshed(m[:, :, -1], e[:, :, -1]))
    m[:, 1:] *= before.m[:, :-1, None]
    e[:, 1:] += before.e[:, :-1, None]
    return _refreshed(m.reshape(points, -1)[:, :count], e.reshape(points, -1)[:, :count])


def _refreshed(m: Floats, e: Floats) -> Extended:
    m, shift = np.frexp(m)
    return Extended(m, e + shift)


def _whole(e: Floats) -> NDArray[np.int32]:
    return np.minimum(np.maximum(e, -2200.0), 2200.0).astype(np.int32)
