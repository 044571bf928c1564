"""Closed form of the prior-art model of Fig. 2, a birth–death chain: P_i / P_0 = (μ/λ)^i / i!.

Takes numbers; reads no generator. Every weight is kept as m · 2^e, so nothing underflows.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rejuvmodel.memory import require_memory
from rejuvmodel.models.extended import cumulative_products, extended

Floats = NDArray[np.float64]


def reactive_probabilities(servers: int, failure: float, repair: float) -> tuple[Floats, Floats]:
    """Steady-state probabilities of the states n … 0 and their natural logarithms.

    Parameters
    ----------
    servers : int
        Number of servers n.
    failure, repair : float
        Failure rate λ of one server and repair rate μ [1/h].

    Returns
    -------
    tuple of ndarray
        Shape (n+1,). With λ = 0 the cluster stays in n.
    """
    require_memory(f"All state probabilities of {servers} servers", 200.0 * servers, "Use fewer servers.")
    if failure == 0:
        pi = np.zeros(servers + 1)
        pi[0] = 1.0
    else:
        i = extended(np.arange(1.0, servers + 1).reshape(1, -1))
        step = extended(np.array([[repair]])).over(extended(np.array([[failure]])).times(i))
        weight = cumulative_products(step).after_one()
        share = weight.over(weight.total())
        return share.value()[0, ::-1].copy(), share.log()[0, ::-1].copy()
    with np.errstate(divide="ignore"):
        return pi, np.log(pi)


def log_all_failed(servers: int, failure: ArrayLike, repair: ArrayLike) -> Floats:
    """Natural logarithm of the probability that all servers have failed, for whole grids.

    Parameters
    ----------
    servers : int
        Number of servers n.
    failure, repair : array_like
        Rates λ and μ [1/h]; they broadcast.

    Returns
    -------
    ndarray
        ln P_0, of the broadcast shape; −inf where λ = 0.

    Notes
    -----
    With ρ = μ/λ, 1/P_0 = 1 + ρ/1·(1 + ρ/2·(…(1 + ρ/n))), summed from within as logarithms.
    """
    with np.errstate(divide="ignore"):
        log_rho = np.asarray(np.log(repair) - np.log(failure))
    inverse = np.zeros(log_rho.shape)
    for i in range(servers, 0, -1):
        inverse = np.logaddexp(0.0, log_rho - np.log(i) + inverse)
    return np.asarray(-inverse)
