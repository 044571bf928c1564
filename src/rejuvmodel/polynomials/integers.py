"""Integer polynomials of any size: exact signs, sign variations and powers of two.

A polynomial is the list of its coefficients in ascending order, p(x) = Σ c_k x^k, of degree d. All operations
are exact; scaling by powers of two costs shifts only.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from fractions import Fraction

from rejuvmodel.errors import InvalidInputError

__all__ = [
    "near_exponent",
    "power_of_two",
    "rescaled",
    "sign_at",
    "sign_of",
    "sign_variations",
    "stripped",
    "value_at",
    "without_twos",
]


def sign_variations(coefficients: Sequence[int]) -> int:
    """Count the sign changes along the coefficients, zeros skipped (Descartes).

    Parameters
    ----------
    coefficients : sequence of int
        c_k, in ascending or descending order.

    Returns
    -------
    int
        Upper bound of the number of positive roots with multiplicity, and equal to it modulo 2.
    """
    signs = [c > 0 for c in coefficients if c]
    return sum(map(operator.ne, signs, signs[1:]))


def sign_at(coefficients: Sequence[int], x: Fraction) -> int:
    """Return the exact sign of Σ c_k x^k.

    Parameters
    ----------
    coefficients : sequence of int
        c_k in ascending order.
    x : Fraction
        The point; a power of two as denominator is fastest.

    Returns
    -------
    int
        −1, 0 or 1.
    """
    return sign_of(value_at(coefficients, x.numerator, x.denominator))


def sign_of(value: int) -> int:
    """Return −1, 0 or 1."""
    return (value > 0) - (value < 0)


def value_at(coefficients: Sequence[int], numerator: int, denominator: int) -> int:
    """Return denominator^d · p(numerator / denominator), an integer.

    Parameters
    ----------
    coefficients : sequence of int
        c_k in ascending order.
    numerator, denominator : int
        The point; the denominator is positive.

    Returns
    -------
    int
        The value, of the same sign as p.
    """
    total = 0
    shift = denominator.bit_length() - 1
    if denominator == 1 << shift:
        for power, c in enumerate(reversed(coefficients)):
            total = total * numerator + (c << shift * power)
        return total
    scale = 1
    for c in reversed(coefficients):
        total = total * numerator + c * scale
        scale *= denominator
    return total


def stripped(coefficients: Sequence[int]) -> list[int]:
    """Drop zeros at both ends: the degree becomes true, and roots at 0 go without a change of sign on (0, ∞).

    Parameters
    ----------
    coefficients : sequence of int
        c_k in ascending order.

    Returns
    -------
    list of int
        Coefficients whose first and last are not 0.

    Raises
    ------
    InvalidInputError
        If every coefficient is 0.
    """
    c = [operator.index(value) for value in coefficients]
    support = [k for k, value in enumerate(c) if value]
    if not support:
        raise InvalidInputError(
            "coefficients",
            f"{len(c)} zeros" if c else "none",
            "at least one must differ from 0",
            "Every x is a root of 0: treat that case before.",
        )
    return c[support[0] : support[-1] + 1]


def power_of_two(exponent: int) -> Fraction:
    """Return 2^exponent, the exponent of any sign."""
    return Fraction(1 << exponent) if exponent >= 0 else Fraction(1, 1 << -exponent)


def near_exponent(x: Fraction) -> int:
    """Return an e with 2^(e−1) < x < 2^(e+1), for a positive x."""
    return x.numerator.bit_length() - x.denominator.bit_length()


def without_twos(coefficients: list[int]) -> list[int]:
    """Divide by the largest common power of two; one coefficient is not 0."""
    shift = min((c & -c).bit_length() for c in coefficients if c) - 1
    return [c >> shift for c in coefficients] if shift else coefficients


def rescaled(coefficients: list[int], exponent: int) -> list[int]:
    """Return p(2^exponent · x) as integers without a common power of two."""
    d = len(coefficients) - 1
    offset = max(0, -exponent * d)
    return without_twos([c << exponent * k + offset for k, c in enumerate(coefficients)])
