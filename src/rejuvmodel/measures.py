"""Measures: pure functions of probabilities, masses and reward rates. They take plain arrays.

Availability = 1 − U, U = P(down) summed over the down states (Eq. 1: P_0 + P_{r_1}; never formed as a
difference); Downtime(T) = U·T (Eq. 2); Cost(T) = Σ (cost rate · mass)·T (Eq. 3 and its extensions).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.parameters import Costs

    Floats = NDArray[np.float64]

#: Each cost of `Costs` and the mass it multiplies.
PRICED = {
    "failure": "unplanned",
    "rejuvenation": "planned",
    "capacity": "rejuvenating",
    "degraded": "degraded",
    "per_rejuvenation": "rejuvenations",
}
#: Below this, sums of probabilities are formed from logarithms.
UNDERFLOW = 1e-290


def log_sum(log_terms: Floats, weights: Floats | float = 1.0) -> Floats:
    """Logarithm of Σ weight · exp(log term) along the last axis; −inf for an empty sum."""
    with np.errstate(divide="ignore"):
        terms = log_terms + np.log(weights)
    top = np.max(terms, axis=-1, keepdims=True, initial=-np.inf)
    safe = np.where(np.isneginf(top), 0.0, top)
    with np.errstate(divide="ignore"):
        total: Floats = np.log(np.exp(terms - safe).sum(axis=-1)) + safe[..., 0]
    return total


def nines(log_unavailability: Floats) -> Floats:
    """Number of nines, −log10 of the unavailability; infinite for a system that is never down."""
    count: Floats = 0.0 - np.asarray(log_unavailability) / np.log(10.0)
    return count


def needed(costs: Costs) -> list[str]:
    """Names of the masses that have a price."""
    return [mass for cost, mass in PRICED.items() if np.any(np.asarray(getattr(costs, cost)) > 0)]


def cost_rate(costs: Costs, mass: Mapping[str, Floats], shape: tuple[int, ...]) -> Floats:
    """Cost per hour: Eq. 3 with the costs of capacity, degradation and each rejuvenation added."""
    total = np.zeros(np.broadcast_shapes(shape, costs.shape))
    with np.errstate(over="ignore"):  # infinite beyond 1.8e308; its logarithm is finite
        for cost, name in PRICED.items():
            if name in mass:
                total = total + np.asarray(getattr(costs, cost)) * mass[name]
    return total


def log_cost_rate(costs: Costs, log_mass: Mapping[str, Floats], shape: tuple[int, ...]) -> Floats:
    """Natural logarithm of the cost per hour, also where it underflows."""
    terms = [
        np.asarray(log_mass[name]) + _log(np.asarray(getattr(costs, cost)))
        for cost, name in PRICED.items()
        if name in log_mass
    ]
    if not terms:
        return np.full(np.broadcast_shapes(shape, costs.shape), -np.inf)
    return log_sum(np.stack(np.broadcast_arrays(*terms), axis=-1))


def _log(x: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        result: Floats = np.log(x)
    return result
