"""Sums of extended numbers along a row: prefix sums, and sums of products of two exponential series.

Nothing is subtracted. With X_i = x^i/i!, Y_j = y^j/j! and s = x + y,

    Σ_{i ≤ k} X_i·Y_{n−i} = s^n/n! · F_n,   F_n = P(B_n ≤ k) for B_n binomial with n draws of chance x/s.

F_n falls with n: the draw n + 1 takes B across k with probability (x/s)·P(B_n = k). So
F_n = F_N + Σ_{n ≤ j < N} (x/s)·P(B_j = k) gives all of them, to full relative accuracy, in O(N).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from rejuvmodel.models.extended import Extended, cumulative_products, extended

Floats = NDArray[np.float64]

#: The exponent of zeros, below that of every other number.
_NOWHERE = -(2.0**50)


def settled(x: Extended) -> Extended:
    """The same numbers; zeros lie below all others, so that they do not set the scale of a sum."""
    return Extended(x.m, np.where(x.m > 0, x.e, _NOWHERE))


def total(x: Extended) -> Extended:
    """Sum along the last axis, kept with length 1; 0 of nothing."""
    if not x.m.shape[-1]:
        return extended(np.zeros((1, 1)))
    return settled(settled(x).total())


class Weight(NamedTuple):
    """A sum x·(1 + rest): what rounding took from x counts in high powers."""

    x: Extended
    rest: float = 0.0

    def plus(self, other: Extended) -> Weight:
        """Sum with one more number, shape (1, 1), whose rounding is kept (Knuth's two-sum)."""
        x = plus(self.x, other)
        whole, one, two = (
            float(np.ldexp(part.m, np.maximum(part.e - x.e, -2200).astype(np.int32))[0, 0])
            for part in (x, self.x, other)
        )
        if whole == 0:
            return Weight(x)
        added = whole - one
        lost = (one - (whole - added)) + (two - added)
        return Weight(x, (lost + self.rest * one) / whole)


def exponential_terms(x: Extended, most: int, rest: float = 0.0) -> Extended:
    """Numbers (x·(1 + rest))^i/i! for i = 0 … most, shape (1, most + 1)."""
    terms = products(extended(np.arange(1.0, most + 1).reshape(1, -1)), x)
    return Extended(terms.m * np.exp(rest * np.arange(most + 1)), terms.e) if rest else terms


def products(divisors: Extended, x: Extended) -> Extended:
    """Products of x over the first 0, 1, 2, … divisors."""
    return settled(cumulative_products(x.over(divisors)).after_one())


def plus(one: Extended, other: Extended) -> Extended:
    """Sum of two arrays."""
    top = np.maximum(one.e, other.e)
    m = sum(np.ldexp(part.m, np.maximum(part.e - top, -2200).astype(np.int32)) for part in (one, other))
    m, shift = np.frexp(m)
    return settled(Extended(m, top + shift))


def prefix_sums(x: Extended, ratio: Extended) -> Extended:
    """Numbers y with y_k = ratio · y_{k−1} + x_k along the last axis, by doubling."""
    y, step, factor = settled(x), 1, ratio
    while step < y.m.shape[-1]:
        before = Extended(y.m[:, :-step], y.e[:, :-step]).times(factor)
        room = np.zeros((len(y.m), step))
        y = plus(y, settled(Extended(np.hstack([room, before.m]), np.hstack([room, before.e]))))
        step, factor = 2 * step, factor.times(factor)
    return y


def truncated_products(x: Weight, y: Extended, most: int, last: int) -> Extended:
    """Sums Σ X_i·Y_{n−i} over i ≤ min(most, n), for n = 0 … last, shape (1, last + 1)."""
    ys = exponential_terms(y, last)
    if not x.x.m.any():
        return ys
    if not y.m.any():
        xs = exponential_terms(x.x, last, x.rest)
        return settled(Extended(np.where(np.arange(last + 1) <= most, xs.m, 0.0), xs.e))
    s, rest = x.plus(y)
    whole = exponential_terms(s, last, rest)
    if most >= last:
        return whole
    xs = exponential_terms(x.x, most, x.rest)
    at_last = total(xs.times(_cut(ys, last - most, last + 1, -1))).over(_cut(whole, last, last + 1))
    crossing = _cut(xs, most, most + 1).times(x.x.over(s)).times(_cut(ys, 0, last - most))
    crossed = crossing.over(_cut(whole, most, last))
    # From n = last down to n = most.
    terms = [np.hstack([one, many[:, ::-1]]) for one, many in zip(at_last, crossed, strict=True)]
    below = prefix_sums(Extended(*terms), extended(np.ones((1, 1))))
    share = extended(np.ones((1, last + 1)))
    share.m[:, most:], share.e[:, most:] = below.m[:, ::-1], below.e[:, ::-1]
    return settled(whole.times(share))


def _cut(x: Extended, start: int, stop: int, step: int = 1) -> Extended:
    return Extended(*(part[:, start:stop][:, ::step] for part in x))
