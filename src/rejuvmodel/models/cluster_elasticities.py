"""Elasticities of the n-server chain in closed form: exact derivatives of Equations 4–7, corrected.

Takes numbers and reads no generator. Against P_n every weight is a product of powers, so its elasticities are
known without differentiating anything. With x_k = λ_r/(λ_r + kλ), y_k = kλ/(λ_r + kλ), s_i = Σ_{k > i} x_k:

    weight        λ_f          λ          λ_r              μ        μ_r
    P_i/P_n       n − i        s_i        −s_i             i − n    0
    P_{u_i}/P_n   n − i + 1    s_i − y_i  −s_i − x_i       i − n    0
    P_{r_i}/P_n   n − i + 1    s_i − y_i  y_i − s_i        i − n    −1

A sum of positive terms has the mean of their elasticities, weighted by the terms. So the elasticity of a
probability is a difference of two means, neither of them larger than n + 1: its error is a few units of
rounding of n, however rare the state. Theory: ``docs/theory/sensitivity.md``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rejuvmodel.mass_elasticities import NOTHING, Size
from rejuvmodel.memory import require_memory
from rejuvmodel.models.extended import Extended, cumulative_products, extended, summed

Floats = NDArray[np.float64]

#: Order of the parameters of `cluster_elasticities`.
RATES = ("aging", "failure", "repair", "restart", "rejuvenation")
_BYTES = 700.0


def weighted(parts: Sequence[tuple[Extended, Floats]]) -> tuple[Extended, Floats]:
    """Sum of weights and the elasticities of the sum.

    Parameters
    ----------
    parts : sequence of (Extended, ndarray)
        Weights of shape (1, terms), and the elasticities of each of them, shape (parameters, terms).

    Returns
    -------
    tuple of Extended and ndarray
        The sum, shape (1, 1), and its elasticities, shape (parameters,); 0 for a sum of nothing.
    """
    parts = [part for part in parts if part[0].m.shape[1]]
    total = summed([weight.total() for weight, _ in parts])
    if not total.m[0, 0] > 0:
        return total, np.zeros(len(parts[0][1]))
    mean: Floats = sum(
        (slopes @ weight.over(total).value()[0] for weight, slopes in parts), start=np.zeros(len(parts[0][1]))
    )
    return total, mean


def shares(
    sums: Mapping[str, Sequence[tuple[Extended, Floats]]], everything: Sequence[tuple[Extended, Floats]]
) -> tuple[dict[str, Size], dict[str, Floats]]:
    """Sizes and elasticities of the shares that some sums have of everything."""
    whole, middle = weighted(everything)
    sizes, elasticities = {}, {}
    for name, parts in sums.items():
        total, mean = weighted(parts)
        share = total.over(whole)
        some = share.m[0, 0] > 0
        sizes[name] = Size(float(share.value()[0, 0]), float(share.log()[0, 0])) if some else NOTHING
        elasticities[name] = mean - middle
    return sizes, elasticities


def cluster_elasticities(
    servers: int, aging: float, failure: float, repair: float, restart: float, rejuvenation: float
) -> tuple[dict[str, Size], dict[str, Floats]]:
    """Sizes of the masses of the n-server chain, and their elasticities.

    Parameters
    ----------
    servers : int
        Number of servers n.
    aging, failure, repair, restart, rejuvenation : float
        Rates λ_f, λ, μ, μ_r, λ_r [1/h], all above 0 and finite.

    Returns
    -------
    tuple of dict
        By name of the mass ("unplanned", "planned", "unavailability", "up", "degraded", "rejuvenating",
        "rejuvenations"): its size, and its elasticities in the order of `RATES`.

    Notes
    -----
    Time and memory O(n).
    """
    require_memory(f"The elasticities of {servers} servers", _BYTES * servers, "Use fewer servers.")
    i = np.arange(1.0, servers + 1)
    failing = i * failure
    leaving = rejuvenation + failing
    x, y = rejuvenation / leaving, failing / leaving
    above = _row(leaving).times(_one(repair)).over(_row(failing).times(_one(aging)))
    up = cumulative_products(above).after_one()
    visits = Extended(up.m[:, :-1], up.e[:, :-1])
    unstable = visits.times(_one(repair)).over(_row(failing))
    rejuvenating = unstable.times(_one(rejuvenation)).over(_one(restart))
    tried = np.concatenate([np.cumsum(x[::-1])[::-1], [0.0]])  # s_0 … s_n
    fallen, s, nothing = servers - i, tried[1:], np.zeros(servers + 1)
    depth = np.concatenate([[float(servers)], fallen])
    normal_slopes = np.array([depth, tried, -depth, nothing, -tried])
    unstable_slopes = np.array([fallen + 1, s - y, -fallen, nothing[1:], -s - x])
    rejuvenating_slopes = np.array([fallen + 1, s - y, -fallen, nothing[1:] - 1, y - s])
    normal, degraded, renewed = (
        (up, normal_slopes),
        (unstable, unstable_slopes),
        (rejuvenating, rejuvenating_slopes),
    )
    zero, first = _some(normal, slice(0, 1)), _some(renewed, slice(0, 1))
    flow = np.zeros((5, 1))
    flow[RATES.index("restart")] = 1.0
    sums: dict[str, Sequence[tuple[Extended, Floats]]] = {
        "unplanned": [zero], "planned": [first], "unavailability": [zero, first],
        "up": [_some(normal, slice(1, None)), degraded, _some(renewed, slice(1, None))],
        "degraded": [degraded], "rejuvenating": [renewed],
        "rejuvenations": [(rejuvenating.times(_one(restart)), rejuvenating_slopes + flow)],
    }  # fmt: skip
    return shares(sums, [normal, degraded, renewed])


def reactive_elasticities(
    servers: int, failure: float, repair: float
) -> tuple[dict[str, Size], dict[str, Floats]]:
    """Sizes of the masses of the prior-art chain of Fig. 2, and their elasticities.

    Parameters
    ----------
    servers : int
        Number of servers n.
    failure, repair : float
        Rates λ and μ [1/h], above 0 and finite.

    Returns
    -------
    tuple of dict
        As for `cluster_elasticities`; elasticities with respect to λ, μ.
    """
    require_memory(f"The elasticities of {servers} servers", _BYTES * servers, "Use fewer servers.")
    i = np.arange(1.0, servers + 1)
    step = _one(repair).over(_row(i).times(_one(failure)))
    up = cumulative_products(step).after_one()
    level = np.arange(servers + 1.0)
    everything = (up, np.array([-level, level]))
    zero, rest = _some(everything, slice(0, 1)), _some(everything, slice(1, None))
    sums: dict[str, Sequence[tuple[Extended, Floats]]] = {
        "unplanned": [zero], "unavailability": [zero], "up": [rest]
    }  # fmt: skip
    sizes, elasticities = shares(sums, [everything])
    none = np.zeros(2)
    for name in ("planned", "rejuvenations"):
        sizes[name], elasticities[name] = NOTHING, none
    return sizes, elasticities


def _row(x: Floats) -> Extended:
    return extended(x.reshape(1, -1))


def _one(x: float) -> Extended:
    return extended(np.array([[x]]))


def _some(part: tuple[Extended, Floats], places: slice) -> tuple[Extended, Floats]:
    weight, slopes = part
    return Extended(weight.m[:, places], weight.e[:, places]), slopes[:, places]
