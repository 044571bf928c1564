"""Balance residuals to far more than double precision, for iterative refinement.

The residual of a state is its inflow less its outflow, Σ_i π_i q_ij − π_j Σ_k q_jk. Near the solution the
flows cancel in all digits that a double has, so they are summed exactly. Each product π_i q_ij is taken apart
into four that doubles hold exactly (Dekker 1971). Then, round by round, every term is cut at a grid so coarse
that the cut parts of all terms of a state add up without rounding (Rump, Ogita and Oishi 2008); what was cut
off goes into the next round.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.flows import Flows

    Floats = NDArray[np.float64]

_SPLITTER = 2.0**27 + 1
_ROUNDS = 4


def balance_residuals(weight: Floats, flows: Flows) -> Floats:
    """Inflow less outflow of every state, for weights near the steady state.

    Parameters
    ----------
    weight : ndarray
        Weights π of the states, shape (states,).
    flows : Flows
        Off-diagonal rates [1/h].

    Returns
    -------
    ndarray
        Residuals, shape (states,), with an error of about 2^-150 of the flows through a state. Not a number
        where a flow is beyond about 1e300; flows below 1e-290 are less exact.
    """
    parts = [x * y for x in _halves(weight[flows.origin]) for y in _halves(flows.rate)]
    term = np.concatenate([*parts, *(-part for part in parts)])
    state = np.concatenate([np.tile(flows.target, len(parts)), np.tile(flows.origin, len(parts))])
    count = np.bincount(state, minlength=flows.size)
    residuals = np.zeros(flows.size)
    for _ in range(_ROUNDS):
        top = np.zeros(flows.size)
        np.maximum.at(top, state, np.abs(term))
        grid = np.ldexp(1.0, np.frexp(top * count)[1] + 1)[state]
        kept = (grid + term) - grid
        term -= kept
        # Coarse parts first: where they cancel, they do so without rounding.
        residuals += np.bincount(state, kept, minlength=flows.size)
    return residuals


def _halves(x: Floats) -> tuple[Floats, Floats]:
    """Two summands of at most 26 bits each (a sign takes the place of the 27th)."""
    shifted = _SPLITTER * x
    high = shifted - (shifted - x)
    return high, x - high
