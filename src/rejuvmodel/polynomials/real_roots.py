r"""Exact isolation of the positive real roots of a polynomial with integer coefficients.

Theory. Write p(x) = Σ c_k x^k of degree d, with integers c_k of any size, and let V be the number of sign
variations of a list of numbers, zeros skipped.

1. *Descartes*: p has V(c) − 2j roots in (0, ∞), counted with multiplicity, for some integer j ≥ 0. So V = 0
   means none and V = 1 means exactly one, a simple one. Neither case needs anything else.
2. *Bounds*: if |c_k / c_d| ≤ B^(d−k) for every c_k whose sign differs from that of c_d, every positive root
   is below 2B. The same on the reversed list bounds the roots away from 0. B is taken as a power of two.
3. *Multiple roots*: otherwise p is replaced by p / gcd(p, p'), which has the same roots, all simple.
4. *Budan*: V(p(a + x)) − V(p(b + x)) bounds the roots in (a, b] in the sense of 1. Bisecting the exponent
   of the powers of two between the bounds separates roots of different size, 1e-12 from 1e9, in a few steps.
5. *Vincent–Collins–Akritas*: within one octave (2^e, 2^(e+1)) Descartes' rule is applied to the Bernstein
   coefficients of p, and the interval is halved by de Casteljau's scheme until each part has V ≤ 1.

Every step is integer arithmetic without rounding, so the result is a proof. Steps 4 and 5 end because the
polynomial is square-free (two-circle theorem).

Sources: Collins and Akritas, SYMSAC 1976 (bisection); Lane and Riesenfeld, BIT 21, 1981 (Bernstein form);
Abbott, "Quadratic interval refinement for real roots", 2006 (refinement).
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import accumulate, pairwise
from math import comb, lcm

from rejuvmodel.polynomials.integers import (
    near_exponent,
    power_of_two,
    rescaled,
    sign_at,
    sign_of,
    sign_variations,
    stripped,
    value_at,
    without_twos,
)
from rejuvmodel.polynomials.squarefree import squarefree_part

__all__ = ["RootInterval", "isolate_positive_roots", "refine", "sign_at", "sign_variations"]


@dataclass(frozen=True, slots=True)
class RootInterval:
    """One positive root, isolated: the open interval contains exactly one distinct real root.

    Parameters
    ----------
    lower, upper : Fraction
        Ends of the open interval: dyadic, positive, no roots themselves; ``lower == upper`` if the root is
        dyadic and was met exactly. Neighbouring intervals may share an end.
    sign_below, sign_above : int
        Sign (−1 or 1) of the polynomial just below and just above the root; equal for even multiplicity.
    """

    lower: Fraction
    upper: Fraction
    sign_below: int
    sign_above: int


def isolate_positive_roots(coefficients: Sequence[int]) -> list[RootInterval]:
    """Isolate all positive real roots of Σ c_k x^k.

    Parameters
    ----------
    coefficients : sequence of int
        c_k in ascending order, not all zero.

    Returns
    -------
    list of RootInterval
        One per distinct positive root, ascending and disjoint.

    Raises
    ------
    InvalidInputError
        If every coefficient is zero (each x is a root).

    Notes
    -----
    Exact. With degree d, each halving costs d²/2 integer additions; 0 or 1 sign variations cost O(d).

    Examples
    --------
    >>> [(str(root.lower), str(root.upper)) for root in isolate_positive_roots([-2, 0, 1])]
    [('1/2', '4')]
    """
    original = stripped(coefficients)
    p = original if sign_variations(original) <= 1 else squarefree_part(original)
    found = sorted(_octaves(p))
    exact = {lower for lower, upper in found if lower == upper}
    sign = sign_of(p[0])
    places = []
    for lower, upper in found:
        if lower != upper:
            lower, upper = _leave_roots(p, lower, upper, sign, exact)
        places.append((lower, upper))
        sign = -sign  # all roots of p are simple
    gaps = [(low[1] + high[0]) / 2 for low, high in pairwise(places)]
    signs = [sign_of(original[0]), *(sign_at(original, gap) for gap in gaps), sign_of(original[-1])]
    return [RootInterval(*place, signs[i], signs[i + 1]) for i, place in enumerate(places)]


def refine(coefficients: Sequence[int], interval: RootInterval, bits: int = 60) -> Fraction:
    """Narrow the interval of one root to the relative width 2**−bits and return a point of it.

    Parameters
    ----------
    coefficients : sequence of int
        c_k in ascending order, as given to `isolate_positive_roots`.
    interval : RootInterval
        One of its results.
    bits : int, optional
        Relative accuracy of the result, in bits. From 55 on, ``float(result)`` is within one unit in the
        last place of the root.

    Returns
    -------
    Fraction
        The root itself if it is met, otherwise the middle of the final interval.

    Notes
    -----
    Abbott's quadratic refinement: a secant step picks one of 2**t pieces, two exact signs prove it, and t
    doubles on success and halves on failure: the bits gained per evaluation grow, yet a root is never lost.
    """
    if interval.lower == interval.upper:
        return interval.lower
    p = stripped(coefficients)
    if interval.sign_below == interval.sign_above:  # no change of sign to hold on to
        p = squarefree_part(p)
    sign = sign_at(p, interval.lower)
    lower, upper = _same_octave(p, interval.lower, interval.upper, sign)
    if lower == upper:
        return lower
    exponent = near_exponent(lower)
    unit = power_of_two(exponent)
    return unit * _quadratic_refinement(rescaled(p, exponent), lower / unit, upper / unit, bits)


def _shifted(c: list[int]) -> Iterator[list[int]]:
    """Yield rows of Horner's scheme for p(x + 1): their last entries are its coefficients, ascending."""
    row = c[::-1]
    while row:
        row = list(accumulate(row))
        yield row
        row.pop()


def _variations_beyond(c: list[int], exponent: int) -> tuple[int, bool]:
    """Return V(p(2**exponent + x)) and whether 2**exponent is a root."""
    shifted = []
    for row in _shifted(rescaled(c, exponent)):
        shifted.append(row[-1])
        if min(row) >= 0 or max(row) <= 0:  # so are all sums to come; row[0] is the leading coefficient
            shifted.append(row[0])
            break
    return sign_variations(shifted), shifted[0] == 0


def _upper_exponent(c: list[int]) -> int:
    """Return e such that every positive root is below 2**e; needs V(c) > 0."""
    d, lead = len(c) - 1, c[-1]
    opposite = [(d - k, value) for k, value in enumerate(c) if value and (value > 0) != (lead > 0)]
    excess = 1 - lead.bit_length()
    return 1 + max(-(-(value.bit_length() + excess) // distance) for distance, value in opposite)


def _octaves(p: list[int]) -> Iterator[tuple[Fraction, Fraction]]:
    """Yield open intervals with one root each, and roots that are powers of two, of a square-free p."""
    variations = sign_variations(p)
    if variations == 0:
        return
    least, most = -_upper_exponent(p[::-1]), _upper_exponent(p)
    stack = [(least, most, variations, 0)] if least < most else []  # else no positive root
    while stack:
        low, high, beyond_low, beyond_high = stack.pop()
        if beyond_low - beyond_high <= 1:
            if beyond_low > beyond_high:
                yield power_of_two(low), power_of_two(high)
        elif high - low == 1:
            yield from _halves(p, low)
        else:
            middle = (low + high) // 2
            beyond, is_root = _variations_beyond(p, middle)
            if is_root:
                yield power_of_two(middle), power_of_two(middle)
            stack += [(middle, high, beyond, beyond_high), (low, middle, beyond_low, beyond + is_root)]


def _halves(p: list[int], exponent: int) -> Iterator[tuple[Fraction, Fraction]]:
    """Yield the same for the roots in (2**exponent, 2**(exponent + 1)), by Bernstein coefficients."""
    d = len(p) - 1
    moved = [row[-1] for row in _shifted(rescaled(p, exponent))]
    reversed_end = [row[-1] for row in _shifted(moved[::-1])]
    scale = lcm(*(comb(d, k) for k in range(d + 1)))
    bernstein = [value * (scale // comb(d, k)) for k, value in enumerate(reversed_end)][::-1]
    unit = power_of_two(exponent)
    stack = [(bernstein, unit, 2 * unit)]
    while stack:
        row, lower, upper = stack.pop()
        variations = sign_variations(row)
        if variations == 1:
            yield lower, upper
        if variations <= 1:
            continue
        middle = (lower + upper) / 2
        left, right = [], []
        row = without_twos(row)
        for doubling in range(d, -1, -1):
            left.append(row[0] << doubling)
            right.append(row[-1] << doubling)
            row = list(map(operator.add, row, row[1:]))
        if not left[-1]:
            yield middle, middle
        stack += [(left, lower, middle), (right[::-1], middle, upper)]


def _narrowed(
    p: list[int], lower: Fraction, upper: Fraction, middle: Fraction, sign_below: int
) -> tuple[Fraction, Fraction]:
    """Keep the part with the root, given the sign of p below it; a point if `middle` is the root."""
    sign = sign_at(p, middle)
    if sign == 0:
        return middle, middle
    return (middle, upper) if sign == sign_below else (lower, middle)


def _leave_roots(
    p: list[int], lower: Fraction, upper: Fraction, sign_below: int, exact: set[Fraction]
) -> tuple[Fraction, Fraction]:
    """Halve an interval with one simple root until neither end is one of the roots in `exact`."""
    while lower != upper and (lower in exact or upper in exact):
        lower, upper = _narrowed(p, lower, upper, (lower + upper) / 2, sign_below)
    return lower, upper


def _same_octave(
    p: list[int], lower: Fraction, upper: Fraction, sign_below: int
) -> tuple[Fraction, Fraction]:
    """Bisect the exponent until the ends differ by a factor below 16."""
    while (span := near_exponent(upper) - near_exponent(lower)) >= 3:
        middle = power_of_two(near_exponent(lower) + span // 2)
        lower, upper = _narrowed(p, lower, upper, middle, sign_below)
    return lower, upper


def _quadratic_refinement(p: list[int], lower: Fraction, upper: Fraction, bits: int) -> Fraction:
    """Narrow (lower, upper), ends dyadic and of opposite sign, to the relative width 2**−bits."""
    d = len(p) - 1
    grid = max(lower.denominator, upper.denominator).bit_length() - 1  # the ends are integers / 2**grid
    a, b = int(lower * (1 << grid)), int(upper * (1 << grid))
    at_a, at_b = (value_at(p, end, 1 << grid) for end in (a, b))
    t = 1
    while (b - a) << bits > a:
        t = min(t, bits + 1 + (b - a).bit_length() - a.bit_length())
        width, origin = b - a, a << t
        a, b, at_a, at_b, grid = a << t, b << t, at_a << t * d, at_b << t * d, grid + t
        guess = ((abs(at_a) << t + 1) // (abs(at_a) + abs(at_b)) + 1) >> 1
        piece = min(max(guess, 1), (1 << t) - 1)
        for _ in range(2):
            x = origin + piece * width
            value = value_at(p, x, 1 << grid)
            if value == 0:
                return Fraction(x, 1 << grid)
            if (value > 0) == (at_a > 0):
                a, at_a, piece = x, value, piece + 1
            else:
                b, at_b, piece = x, value, piece - 1
            if b - a == width:
                break
        t = 2 * t if b - a == width else max(1, t // 2)
    return Fraction(a + b, 2 << grid)
