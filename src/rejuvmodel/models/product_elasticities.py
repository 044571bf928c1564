"""Elasticities of a pool in which no rejuvenation has to wait, from its product form.

Takes numbers and reads no generator. With the weights of ``product_form``, w_h = (λ + λ_r)/λ_f, w_a = 1,
w_r = λ_r/μ_r, w_f = λ/μ and w_u = w_h + w_a for the up servers u = h + a,

    P(u, r, f) ∝ w_u^u/u! · w_r^r/r! · ∏_{j ≤ f} w_f/min(j, c)

is a product of powers, so its elasticity is u·e(w_u) + r·e(w_r) + f·e(w_f); u is counted less N here, which
changes all by the same. A mass has the mean of that over
its states less the mean over all states.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from rejuvmodel.mass_elasticities import Size
from rejuvmodel.memory import require_memory
from rejuvmodel.models.cluster_elasticities import RATES, shares
from rejuvmodel.models.extended import Extended, cumulative_products, extended

Floats = NDArray[np.float64]

#: Bytes for each pair (r, f).
_BYTES = 300.0


def product_elasticities(
    servers: int, crews: int, required: int, rates: dict[str, float]
) -> tuple[dict[str, Size], dict[str, Floats]]:
    """Sizes of the masses of an unrestricted pool, and their elasticities.

    Parameters
    ----------
    servers : int
        Servers N.
    crews : int
        Servers repaired at the same time, c.
    required : int
        Servers K that must be up.
    rates : dict of str to float
        Rates [1/h] of each server by the names of ``cluster_elasticities.RATES``, above 0 and finite.

    Returns
    -------
    tuple of dict
        As for ``cluster_elasticities``, in the order of ``RATES``.

    Notes
    -----
    Time and memory O(N²).
    """
    pairs = (servers + 1.0) * (servers + 2.0) / 2
    require_memory(f"The elasticities of a pool of {servers} servers", _BYTES * pairs, "Use fewer servers.")
    aging, failure, repair, restart, wait = (rates[name] for name in RATES)
    lost, f = np.tril_indices(servers + 1)
    r = lost - f
    u = servers - r - f
    ready = (failure + wait) / aging
    fails, renews = failure / (failure + wait), wait / (failure + wait)
    up = _terms(1 + ready, servers, servers)
    renewed = _terms(wait / restart, servers, servers)
    failed = _terms(failure / repair, servers, crews)
    weight = _at(up, u).times(_at(renewed, r)).times(_at(failed, f))
    healthy = ready / (1 + ready)
    of_up = healthy * np.array([-1.0, fails, 0.0, 0.0, renews])
    of_renewed, of_failed = np.array([0.0, 0, 0, -1, 1]), np.array([0.0, 1, -1, 0, 0])
    # Against the state in which all are up, so that nothing cancels where that is certain.
    slopes = np.outer(of_up, -lost) + np.outer(of_renewed, r) + np.outer(of_failed, f)
    down, unplanned = u < required, u + r < required
    few, many = u > 0, r > 0
    unstable = _some(weight, few).times(_row(u[few] / (1 + ready)))
    renewing = _some(weight, many).times(_row(r[many].astype(np.float64)))
    flow = np.zeros((5, 1))
    flow[RATES.index("restart")] = 1.0

    def among(places: NDArray[np.bool_]) -> list[tuple[Extended, Floats]]:
        return [(_some(weight, places), slopes[:, places])]

    sums = {
        "unplanned": among(unplanned), "planned": among(down & ~unplanned), "unavailability": among(down),
        "up": among(~down),
        "degraded": [(unstable, slopes[:, few] - of_up[:, None])],
        "rejuvenating": [(renewing, slopes[:, many])],
        "rejuvenations": [(renewing.times(_row(np.array([restart]))), slopes[:, many] + flow)],
    }  # fmt: skip
    return shares(sums, [(weight, slopes)])


def _terms(w: float, most: int, places: int) -> Extended:
    """∏_{j ≤ k} w/min(j, places) for k = 0 … most; w^k/k! with as many places as servers."""
    busy = np.minimum(np.arange(1.0, most + 1), places)
    return cumulative_products(_row(np.full(most, w)).over(_row(busy))).after_one()


def _row(x: Floats) -> Extended:
    return extended(x.reshape(1, -1))


def _at(terms: Extended, places: NDArray[np.int64]) -> Extended:
    return Extended(terms.m[:, places], terms.e[:, places])


def _some(weight: Extended, places: NDArray[np.bool_]) -> Extended:
    return Extended(weight.m[:, places], weight.e[:, places])
