"""Clusters, costs and oracles that the tests of the optimum share."""

from __future__ import annotations

import math
from fractions import Fraction
from typing import Any

import exact
import numpy as np
from hypothesis import strategies as st

from rejuvmodel import Costs, Optimum, Rates
from rejuvmodel.optimum_search import Curve

INF = math.inf
HUMP = Rates(aging=1 / 240, failure=1 / 2160, repair=2, restart=1 / 2)
WEB = Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3)
WEB_COSTS = Costs(failure=1000, rejuvenation=10, capacity=5)
EQUAL = Costs(failure=1, rejuvenation=1)

rates_of = st.builds(
    Rates,
    **{name: st.floats(-6, 3).map(lambda e: 10.0**e) for name in ("aging", "failure", "repair", "restart")},
)
price = st.just(0.0) | st.floats(-3, 3).map(lambda e: 10.0**e)
eq3_costs = st.builds(Costs, failure=price, rejuvenation=price)
all_costs = st.builds(
    Costs, failure=price, rejuvenation=price, capacity=price, per_rejuvenation=price, degraded=price
)
bounds_of = st.tuples(
    st.just(0.0) | st.floats(-7, 1).map(lambda e: 10.0**e),
    st.just(INF) | st.floats(2, 5).map(lambda e: 10.0**e),
)


def defined(n: int, rates: Rates, costs: Costs, x: exact.Number) -> Fraction:
    """Cost per hour by exact elimination on the chain itself."""
    now: dict[str, Any] = rates.to_dict() | {"rejuvenation": x}
    return exact.measures(n, exact.cluster_stationary(n, **now), now["restart"], **costs.to_dict()).cost_rate


def on_grid(best: Optimum, costs: Costs, points: int = 2000) -> np.ndarray:
    """Logarithms of the objective at many rates of the bounds, both ends among them."""
    low, high = max(best.bounds[0], 1e-12), min(best.bounds[1], 1e9)
    rates = np.concatenate([np.geomspace(low, high, points), best.bounds])
    return np.asarray(Curve(best.model, costs).log_at(rates))


def not_beaten(best: Optimum, costs: Costs, points: int = 2000) -> bool:
    least = on_grid(best, costs, points).min()
    return best.log_value == least or best.log_value <= least + 1e-12 * max(1.0, abs(least))
