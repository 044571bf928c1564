"""Direct: sparse LU factorisation with the most probable state pinned.

Pin one recurrent state k at weight 1 and solve the other balance equations,

    A x = b,   A = −Q_RRᵀ (R: all states but k),   b = q_kR,   π = (1, x) / (1 + Σx).

A is a column-diagonally-dominant M-matrix, so pivots may stay on the diagonal (SuperLU with
``diag_pivot_thresh=0`` and ``SymmetricMode``). The answer is accurate only where k is about the most probable
state: pinned at a rare state the weights of the others lose all digits, their signs included. Which state is
the most probable one is found by a first solve, two steps of inverse iteration on −Qᵀ + εI: its errors point
along π, so its largest entry can be trusted although its small ones cannot.

A balance equation is never replaced by Σπ = 1: that loses every digit of rare states.

The factorisation subtracts, and where a state is left 1e9 times more often for one neighbour than for all
others that costs nine digits (error 2e-7 measured). Iterative refinement gives them back: the residual b − Ax
is summed exactly (``residuals``) and solved for a correction, until the largest relative correction of any
state is nothing. Corrections that stay large tell that the factors are no good.

Accuracy: 1e-9 relative in each probability that a double can hold; measured 6e-16 over nine decades. A chain
with rarer states, or one whose corrections do not become small, is refused with the advice to use GTH.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.errors import ConvergenceError
from rejuvmodel.markov.flows import Flows, generator
from rejuvmodel.markov.residuals import balance_residuals
from rejuvmodel.memory import require_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csc_array, csr_array
    from scipy.sparse.linalg import SuperLU

    Floats = NDArray[np.float64]

#: Below this a weight may have lost digits to gradual underflow.
SMALLEST = 1e-290
#: Below this a flow, per hour and relative to the weight of the pinned state, may have lost them too.
RAREST = 1e-300
#: Largest relative correction that is accepted, and the one after which another would change nothing.
_TOLERATED, _SETTLED = 1e-11, 1e-14
_TRIES = 8
_REFINEMENTS = 6
_ADVICE = "Use solver=GTH(), which has no such limit."


@dataclass(frozen=True)
class Direct:
    """Steady state by sparse LU factorisation (SciPy), for comparison with GTH.

    Relative error at most 1e-9 in probabilities above 1e-290; chains with smaller ones, or so stiff that the
    error cannot be brought down to that, are refused.
    """

    name = "Direct"

    def log_weights(self, flows: Flows) -> tuple[Floats, Floats]:
        """Return the steady state of an irreducible chain.

        Parameters
        ----------
        flows : Flows
            Off-diagonal rates [1/h] of one irreducible class.

        Returns
        -------
        tuple of ndarray
            Probabilities π and their natural logarithms, shape (states,).

        Raises
        ------
        ConvergenceError
            If some probability is too small for double precision, or the factorisation breaks down.
        """
        if flows.size == 1:
            return np.ones(1), np.zeros(1)
        require_memory("The factors of Direct", 400.0 * len(flows.rate), _ADVICE)
        with np.errstate(all="ignore"):
            weight = _weights(flows)
        lost = int(np.sum(~(weight >= SMALLEST * weight.max())))
        if lost:
            raise ConvergenceError(
                f"Direct: {lost} of {flows.size} probabilities are below {SMALLEST:g} and cannot be resolved "
                f"in double precision. {_ADVICE}"
            )
        pi = weight / weight.max()
        pi /= pi.sum()
        return pi, np.log(pi)


def _weights(flows: Flows) -> Floats:
    """Weights of all states relative to one that is about the most probable, refined."""
    q = generator(flows)
    pinned = _most_probable(q)
    for _ in range(_TRIES):
        weight, factors = _pinned_solution(q, pinned)
        best = int(np.argmax(weight))
        if weight[best] <= 4 * weight[pinned]:
            break
        pinned = best
    else:
        raise ConvergenceError(f"Direct: no state to pin was found in {_TRIES} tries. {_ADVICE}")
    if np.all(weight >= SMALLEST * weight[best]):
        _refine(weight, factors, flows, pinned)
    return weight


def _refine(weight: Floats, factors: SuperLU, flows: Flows, pinned: int) -> None:
    """Add corrections for the balance residuals to the weights."""
    others = np.flatnonzero(np.arange(flows.size) != pinned)
    for _ in range(_REFINEMENTS):
        if not np.min(weight[flows.origin] * flows.rate) >= RAREST:
            raise ConvergenceError(f"Direct: some transitions are rarer than {RAREST:g} per hour. {_ADVICE}")
        correction = factors.solve(balance_residuals(weight, flows)[others])
        weight[others] += correction
        change = float(np.max(np.abs(correction) / weight[others]))
        if 0 <= change <= _SETTLED and np.all(weight > 0):
            return
    if not (0 <= change <= _TOLERATED and np.all(weight > 0)):
        raise ConvergenceError(
            f"Direct: after {_REFINEMENTS} refinements the probabilities still change by {change:.1g} "
            f"(relative); the rates are too far apart for a factorisation in double precision. {_ADVICE}"
        )


def _most_probable(q: csr_array) -> int:
    """Place of the most probable state, by inverse iteration."""
    from scipy.sparse import csc_array, diags_array

    leaving = -q.diagonal()
    for shift in (1e-12, 1e-9, 1e-6):
        try:
            factors = _factors(csc_array(diags_array(leaving.min() * shift * np.ones(len(leaving))) - q.T))
        except ConvergenceError:
            continue  # rounded to a singular matrix: shift it further
        guess = np.ones(len(leaving))
        for _ in range(2):
            guess = np.abs(np.nan_to_num(factors.solve(guess / guess.max())))
        if 0 < guess.max() < np.inf:
            return int(np.argmax(guess))
    return int(np.argmin(leaving))


def _pinned_solution(q: csr_array, pinned: int) -> tuple[Floats, SuperLU]:
    """Weights of all states relative to the pinned one, and the factors of A."""
    from scipy.sparse import csc_array

    a = csc_array(q.T)
    others = np.flatnonzero(np.arange(a.shape[0]) != pinned)
    inflow = np.asarray(a[:, [pinned]].todense()).ravel()[others]
    weight = np.ones(a.shape[0])
    factors = _factors(csc_array(-a[others][:, others]))
    weight[others] = factors.solve(inflow)
    # An overflow marks a state far more probable than the pinned one; let the next try pin it.
    return np.nan_to_num(weight, nan=np.inf, posinf=np.inf, neginf=np.inf), factors


def _factors(a: csc_array) -> SuperLU:
    from scipy.sparse.linalg import splu

    try:
        return splu(a, diag_pivot_thresh=0.0, options={"SymmetricMode": True})
    except RuntimeError as failure:  # "Factor is exactly singular"
        raise ConvergenceError(f"Direct: the factorisation broke down ({failure}). {_ADVICE}") from None
