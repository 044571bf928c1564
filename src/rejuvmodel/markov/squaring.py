"""Squaring: probabilities of a small stiff chain at any time, from the matrices of its doubled steps.

Theory
------
Let P(h) be the matrix of transition probabilities over a time h, and Λ = 2^e at least twice the largest
outflow. P(1/Λ) comes from uniformization, and then P(2h) = P(h)². A time is a sum of a remainder below 1/Λ
and of steps 2^j/Λ, one for each binary digit; a distribution needs one product for each. With the time spent
in each state in steps of doubled length, J_j = p(0) ∫ P(s) ds over [0, 2^j/Λ],

    J_{j+1} = J_j + J_j P_j,      J(a + 2^j/Λ) = J_j + J(a) P_j,

because all these matrices are functions of Q and commute. Nothing is subtracted.

Every squaring doubles the relative error of what stays in a state, unless the rows are made to sum to 1
again. Then the small entries of a row carry relative errors of rounding only, and the large one is what they
leave of 1: the rounded matrix is that of a chain whose rates are off by a few units of rounding. That is
repeated at every squaring, so errors add up over a few dozen squarings, and not over billions of steps.

Steady state: p P_j is an average of the rows of P_j. Once the largest and the smallest entry of every column
agree to ``ALIKE``, all later probabilities lie between them, and P_j stands for all longer steps.

Underflow: a product below 2^-1074 is lost. Losses of the rows double with every squaring (‖P E + E P‖ is at
most 2‖E‖), which bounds them after j squarings of N states by 2^j N² 2^-1073. Probabilities below 2^53 times
that are given as 0.
"""

from __future__ import annotations

from fractions import Fraction
from math import frexp, ldexp
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.markov.uniformization import jump_chain

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    from rejuvmodel.markov.flows import Flows

    Floats = NDArray[np.float64]

#: Relative difference of the rows from which on they count as the steady state.
ALIKE = 1e-13
#: The first left-out term of the exponential series of 1: 1/178! is below the smallest double.
_TERMS = 177
#: Times that are followed together.
_AT_A_TIME = 2048


def power_of_two(flows: Flows) -> int:
    """Exponent e of Λ = 2^e, between two and four times the largest outflow; at least -1000."""
    return max(frexp(float(np.bincount(flows.origin, flows.rate).max()))[1] + 1, -1000)


def squarings(flows: Flows, hours: float) -> int:
    """How often the step 1/Λ is doubled at most to make up the time."""
    return int(Fraction(hours) * Fraction(2) ** power_of_two(flows)).bit_length()


def lost_to_underflow(states: int, doublings: int) -> float:
    """Probabilities below this may have lost digits to underflow; 1 if all may have."""
    return ldexp(1.0, min(0, doublings + 2 * states.bit_length() - 1073 + 53))


class StepMatrices:
    """Matrices of transition probabilities over 2^j/Λ, made when needed, and the time spent from a start.

    Attributes
    ----------
    settled : bool
        Whether the last matrix made is the steady state in every row.
    """

    def __init__(self, flows: Flows, start: Floats) -> None:
        from scipy.sparse import eye_array

        chain = jump_chain(flows, ldexp(1.0, power_of_two(flows)))
        backward = (chain.change + eye_array(flows.size)).tocsr()  # Uᵀ, at least 1/2 on its diagonal
        self._rate = chain.rate
        self._powers = _powers(backward, start)
        self._matrices = [_first_step(backward)]
        self._spent = [self._first(np.ones(1))[1][0]]
        self.settled = False

    @property
    def doublings(self) -> int:
        """How many squarings were made."""
        return len(self._matrices) - 1

    def at(self, times: Sequence[float]) -> tuple[Floats, Floats]:
        """Probabilities at several times, and the expected time [h] in each state until then."""
        steps = [Fraction(hours) * Fraction(self._rate) for hours in times]
        whole = [int(x) for x in steps]
        p, spent = self._first(np.array([float(x - k) for x, k in zip(steps, whole, strict=True)]))
        for j in range(max(whole).bit_length()):
            ones = np.array([k >> j & 1 for k in whole], bool)
            if ones.any():
                matrix, before = self._step(j)
                p[ones], spent[ones] = p[ones] @ matrix, before + spent[ones] @ matrix
        total = spent.sum(axis=1, keepdims=True)
        right = np.divide(np.array(times)[:, None], total, out=np.ones_like(total), where=total > 0)
        return _rows_of_one(p), spent * right

    def _step(self, j: int) -> tuple[Floats, Floats]:
        while len(self._spent) <= j:
            p, spent = self._matrices[-1], self._spent[-1]
            self._spent.append(spent + spent @ p)
            if not self.settled:
                self._matrices.append(_rows_of_one(p @ p))
                self.settled = _alike(self._matrices[-1])
        return self._matrices[min(j, self.doublings)], self._spent[j]

    def _first(self, x: Floats) -> tuple[Floats, Floats]:
        """Distributions after x/Λ, x at most 1, and the time spent until then: uniformization at once."""
        weights = np.ones((len(x), _TERMS + 1))
        np.cumprod(x[:, None] / np.arange(1, _TERMS + 1), axis=1, out=weights[:, 1:])
        later = np.cumsum(_rows_of_one(weights)[:, ::-1], axis=1)[:, ::-1]  # P(N >= k)
        return weights @ self._powers, later[:, 1:] @ self._powers[:-1] / self._rate


def squared(flows: Flows, start: Floats, times: Sequence[float]) -> tuple[Floats, Floats, StepMatrices]:
    """Probabilities and expected times [h] in each state, shape (times, states), and the matrices used."""
    matrices = StepMatrices(flows, start)
    parts = [matrices.at(times[k : k + _AT_A_TIME]) for k in range(0, len(times), _AT_A_TIME)]
    return np.vstack([p for p, _ in parts]), np.vstack([spent for _, spent in parts]), matrices


def _powers(backward: csr_array, start: Floats) -> Floats:
    """p(0) U^k for all k of the series, shape (terms, states)."""
    rows = [start]
    for _ in range(_TERMS):
        rows.append(backward @ rows[-1])
    return np.array(rows)


def _first_step(backward: csr_array) -> Floats:
    """P(1/Λ), the exponential series of U divided by e."""
    term = np.eye(backward.shape[0])
    total = term.copy()
    for k in range(1, _TERMS + 1):
        term = (backward @ term) / k
        total += term
    return _rows_of_one(np.ascontiguousarray(total.T))


def _rows_of_one(p: Floats) -> Floats:
    p /= p.sum(axis=1, keepdims=True)
    return p


def _alike(p: Floats) -> bool:
    """Whether all rows agree in every entry that is not lost to underflow anyway."""
    high, low = p.max(axis=0), p.min(axis=0)
    return bool(np.all((high - low <= ALIKE * high) | (high < 1e-300)))
