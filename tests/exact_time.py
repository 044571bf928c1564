"""Exact answers in time for tests: matrix exponentials in fixed-point arithmetic of hundreds of digits.

Nothing here reads the library. With Q split into its rates, exp([[Q, I], [0, 0]] t) holds the transition
probabilities P(t) and their integral from 0 to t. It is the Taylor series of a tiny step, squared again and
again; subtractions cost digits, of which there are plenty.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TypeAlias

import numpy as np

Transition: TypeAlias = tuple[str, str, float]
#: Binary digits behind the point.
BITS = 1400


def probabilities(
    transitions: Sequence[Transition], states: Sequence[str], start: str, hours: float, bits: int = BITS
) -> tuple[list[Fraction], list[Fraction]]:
    """Probabilities at a time and expected hours in each state until then, from one state."""
    place = {state: k for k, state in enumerate(states)}
    size, t = len(states), Fraction(hours)
    q = [[Fraction(0)] * (2 * size) for _ in range(2 * size)]
    for origin, target, rate in transitions:
        q[place[origin]][place[target]] += Fraction(rate) * t
        q[place[origin]][place[origin]] -= Fraction(rate) * t
    for k in range(size):
        q[k][size + k] = t
    largest = max(1, *(sum(map(abs, row)) for row in q))
    halvings = int(largest).bit_length() + 10
    one = 1 << bits
    step = np.array([[int(x * one) >> halvings for x in row] for row in q], dtype=object)
    exponential = _powers(step, one, bits, halvings)
    row = [Fraction(int(x), one) for x in exponential[place[start]]]
    return row[:size], row[size:]


def _powers(step: np.ndarray, one: int, bits: int, squarings: int) -> np.ndarray:
    total = np.diag([one] * len(step)).astype(object)
    term, k = total, 1
    while np.any(term):
        term = (term.dot(step) >> bits) // k
        term[np.abs(term) <= 1] = 0  # rounding towards minus infinity would never end
        total, k = total + term, k + 1
    for _ in range(squarings):
        total = total.dot(total) >> bits
    return total
