"""Uniformization: a chain in continuous time as jumps of a Poisson process.

Theory
------
Take Λ of at least 5/4 of every outflow q_i, and U = I + Q/Λ, a matrix of probabilities. With N jumps, Poisson
of mean x = Λt, up to time t (Jensen 1953),

    p(t) = Σ_k P(N = k) v_k,      ∫_0^t p(s) ds = (1/Λ) Σ_k P(N > k) v_k,      v_k = p(0) U^k.

Every number is a sum or product of non-negative ones, so each entry keeps its relative accuracy. The weights
are those of Fox and Glynn (1988): from the largest one outwards by the ratios x/k, divided by their sum.

One rounding must not be repeated millions of times: 1 − q_i/Λ as a double is off by 1e-16, which is 1e-7 of
q_i/Λ where that is 1e-9. So a jump is computed as v + vQ/Λ. That subtracts at most four fifths of a
probability from itself, which costs two bits at most, and what the addition rounds off is carried to the next
jump (Kahan 1965). Long sums are made of partial sums for the same reason.

Truncation: weights below 1e-306 of the largest are left out, on both sides. Beyond the last kept k the
weights fall faster than a geometric series with ratio x/(k+1), so that what is left out adds up to less than
1e-300 (proof in ``docs/theory/transient.md``), and as all entries of v_k are at most 1, no probability
changes by more. A probability above 1e-284 is right to 1e-16: no state is too rare, and none too near.

Steady state: if π U = π, the largest and the smallest v_k[j]/π_j over all states never move away from 1 with
k, for v_{k+1}[j] = Σ_i (v_k[i]/π_i) π_i U_ij lies between their products with π_j. Once both are within
``STEADY`` of 1 they stay so, and π takes the place of all further v_k.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.markov.flows import Flows, generator

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Floats = NDArray[np.float64]

#: Poisson weights below this share of the largest are left out.
LEAST_WEIGHT = 1e-306
#: Relative distance from the steady state at which it takes over.
STEADY = 1e-13
#: Jumps of a partial sum, and between two looks at the distance from the steady state.
_BLOCK = 128
#: Steady-state probabilities below this are not compared; what they hold must be below the other.
_COMPARED, _IGNORED = 1e-290, 1e-303


class JumpChain(NamedTuple):
    """The jump probabilities of a uniformized chain.

    Attributes
    ----------
    rate : float
        Rate Λ [1/h] of the jumps.
    change : csr_array
        Transposed matrix Qᵀ/Λ, so that v U is ``v + change @ v``.
    """

    rate: float
    change: csr_array


def jump_chain(flows: Flows, rate: float) -> JumpChain:
    """Jumps at a rate of at least 5/4 of every outflow."""
    return JumpChain(rate, (generator(flows).T / rate).tocsr())


def poisson_weights(x: float) -> tuple[int, Floats]:
    """First k whose weight counts, and the Poisson weights of mean x from there on; they sum to 1."""
    mode = int(x)
    # By Chernoff's bounds the weights are below e^-706 = 1e-306 beyond these distances.
    right = int(475 + 38 * x**0.5)
    left = min(mode, int(2 + 38 * x**0.5))
    up = np.cumprod(x / np.arange(mode + 1.0, mode + right + 1.0))
    down = np.cumprod(np.arange(mode, mode - left, -1.0) / x) if left else np.zeros(0)
    up, down = up[up > LEAST_WEIGHT], down[down > LEAST_WEIGHT]
    weights = np.concatenate([down[::-1], [1.0], up])
    return mode - len(down), weights / weights.sum()


def expected_jumps(x: float) -> float:
    """About how many jumps `advance` goes through for a mean of x."""
    return float(x + 38 * x**0.5 + 170)


def advance(
    chain: JumpChain, start: Floats, x: float, steady: Floats | None = None
) -> tuple[Floats, Floats, bool]:
    """Let a distribution run for a mean number of jumps.

    Parameters
    ----------
    chain : JumpChain
        The uniformized chain.
    start : ndarray
        Probabilities at the beginning, shape (states,).
    x : float
        Mean number of jumps Λt.
    steady : ndarray, optional
        Steady state that the chain tends to from everywhere, if the run may end in it.

    Returns
    -------
    tuple of ndarray, ndarray and bool
        Probabilities at the end, expected time [h] in each state, and whether the steady state took over.
    """
    if x == 0:
        return start, np.zeros_like(start), False
    first, weights = poisson_weights(x)
    later = np.cumsum(weights[::-1])[::-1]  # P(N >= k) for k = first, first + 1, …
    last = first + len(weights) - 1
    v, carry = start, np.zeros_like(start)
    end, spent, reached = np.zeros_like(start), np.zeros_like(start), False
    for begin in range(0, last + 1, _BLOCK):
        if steady is not None and begin and _is_steady(v, steady):
            end += later[max(begin - first, 0)] * steady
            spent += (max(first - begin, 0) + later[max(begin - first, 0) + 1 :].sum()) * steady
            reached = True
            break
        some_end, some_spent = np.zeros_like(start), np.zeros_like(start)
        for k in range(begin, min(begin + _BLOCK, last + 1)):
            if k >= first:
                some_end += weights[k - first] * v
            if k < last:
                some_spent += (later[k + 1 - first] if k >= first else 1.0) * v
                carry += chain.change @ v
                moved = v + carry
                carry -= moved - v
                v = moved
        end += some_end
        spent += some_spent
    # Rounding moved the sums away from what they must be, equally for all states.
    return end / end.sum(), spent * (x / spent.sum() / chain.rate), reached


def _is_steady(v: Floats, steady: Floats) -> bool:
    seen = steady > _COMPARED
    gap = np.abs(v[seen] - steady[seen])
    return bool(np.all(gap <= STEADY * steady[seen]) and v[~seen].sum() < _IGNORED)
