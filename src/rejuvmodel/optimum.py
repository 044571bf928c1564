"""optimize: which rejuvenation rate or period is best, with a proof.

Theory (``docs/theory/optimum.md``)
-----------------------------------
The objective is a quotient f = N/S of two polynomials in x = λ_r with non-negative coefficients.

*Eq. 3 alone (and unavailability)*: N = a + bx. Coefficient k of N'S − NS' is b(1−k)s_k − a(k+1)s_{k+1}; only
k = 0 can be positive. By Descartes' rule there is at most one positive critical point, and it is a maximum:
the best rate of an interval is one of its ends, for every n.

*With costs of capacity, degradation or each rejuvenation* interior minima exist for n ≥ 2. All positive roots
of N'S − NS' are isolated exactly, on integers; the minima among them and both ends are compared exactly.

The limit at x = ∞ is a value of the chain without unstable states; no finite rate attains it.

With a trigger the mean delay takes the place of the rate: ``optimum_period``. A pool is searched without a
proof: ``pool_optimum``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from fractions import Fraction
from math import inf, nextafter

import numpy as np

from rejuvmodel.arrays import real
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError, SizeError
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum_reason import reason
from rejuvmodel.optimum_result import Optimum
from rejuvmodel.optimum_search import Curve, best_by_search, break_even_by_search, flat_region
from rejuvmodel.parameters import Costs
from rejuvmodel.polynomials.cost import CostQuotient, cost_quotient
from rejuvmodel.polynomials.real_roots import isolate_positive_roots, refine

#: Largest cluster whose polynomials are formed exactly. With the costs of Eq. 3 alone the theorem
#: certifies every size.
CERTIFIED_SERVERS = 64

#: Equal costs make Eq. 3 the unavailability.
UNAVAILABILITY = Costs(failure=1, rejuvenation=1)


def optimize(
    model: Cluster | Pool,
    costs: Costs | None = None,
    bounds: Sequence[float] = (0.0, inf),
    *,
    certified: bool = True,
) -> Optimum:
    """Return the rejuvenation rate with the least cost (or unavailability) in an interval.

    With a trigger, the mean delay: its law is stretched in time, its shape and its clock are kept.

    Parameters
    ----------
    model : Cluster or Pool
        One cluster or pool; its own rejuvenation rate, or the mean of its trigger, is not used. A pool is
        searched numerically, every rate solved exactly; the optimum then says that nothing is proved.
    costs : Costs, optional
        Scalar costs. Without costs the unavailability is minimised.
    bounds : (float, float), optional
        Rates λ_r [1/h] to choose from, lower < upper; the upper may be infinite. With a trigger, mean delays
        [h], a timedelta or text such as "30 d". Everything by default; a pool needs a finite upper bound.
    certified : bool, optional
        Insist on a proof. With False, clusters of more than `CERTIFIED_SERVERS` servers with costs beyond
        Eq. 3, and triggers whose proof would take too long, are searched numerically instead of refused.
        Without effect on a pool, for which there is no proof.

    Returns
    -------
    Optimum
        Best rate or period, its location and reason, critical points, break-even, flat region and gain.

    Raises
    ------
    InvalidInputError
        If the model is a grid, or neither a cluster nor a pool, or the bounds or costs are not valid.
    SizeError
        If a proof is asked for and the cluster is too large for it.

    Examples
    --------
    >>> from rejuvmodel import Cluster, Costs, Rates, optimize
    >>> web = Cluster(2, Rates(aging=1/168, failure=1/2160, repair=1/2, restart=3))
    >>> best = optimize(web, Costs(failure=1000, rejuvenation=10, capacity=5), bounds=(0, 10))
    >>> best.location, best.certified
    ('interior', True)
    """
    prices = _scalar_costs(costs)
    if isinstance(model, Pool):
        _truth(certified)
        from rejuvmodel.pool_optimum import optimal_pool  # loaded only for pools

        return optimal_pool(model, costs, prices, bounds)
    if not isinstance(model, Cluster):
        raise InvalidInputError(
            "model", shown(model), "optimize takes a Cluster or a Pool", "Write Cluster(servers, rates)."
        )
    if model.shape:
        raise InvalidInputError(
            "model",
            f"a grid of shape {model.shape}",
            "optimize takes one cluster",
            "Write optimize(cluster[index]).",
        )
    _truth(certified)
    if model.trigger is not None:
        from rejuvmodel.trigger_optimum import optimal_period  # loaded only for triggers

        return optimal_period(model, model.trigger, costs, prices, bounds, insist=bool(certified))
    low, high = rate_bounds(bounds)
    equation_3 = not (prices.capacity or prices.per_rejuvenation or prices.degraded)
    curve = Curve(model, prices)
    if model.servers <= CERTIFIED_SERVERS:
        quotient = cost_quotient(model.servers, model.rates, prices)
        found = _exact(quotient, low, high)
        even = _break_even(quotient, low)
    else:
        if certified and not equation_3:
            raise SizeError(
                f"certified: a proof with costs beyond Eq. 3 takes at most {CERTIFIED_SERVERS} servers, "
                f"got {model.servers}. Write certified=False for a numerical search."
            )
        found = _by_theorem(curve, low, high) if equation_3 else best_by_search(curve, low, high)
        even = break_even_by_search(curve, low)
    rate, location, critical = found
    value, without = curve.at(rate), curve.at(0.0)
    proved = model.servers <= CERTIFIED_SERVERS or equation_3
    turns = critical if model.servers <= CERTIFIED_SERVERS else curve.turning_points(low, high)
    region = (low, high) if location == "flat" else flat_region(curve, rate, low, high, turns)
    return Optimum(
        rate=rate,
        value=value,
        log_value=float(curve.log_at(rate)),
        objective="unavailability" if costs is None else "cost",
        location=location,
        reason=reason(curve, rate, location, low, even, critical, certified=proved),
        critical_points=critical,
        certified=proved,
        flat_region=region,
        break_even=even,
        without=without,
        # A constant is the same number everywhere, whatever the last digits of two evaluations are.
        gain=0.0 if location == "flat" or without == value else without - value,
        model=model.with_rejuvenation(rate),
        costs=costs,
        bounds=(low, high),
    )


def _exact(f: CostQuotient, low: float, high: float) -> tuple[float, str, tuple[float, ...]]:
    """Best rate, its location and all critical points, in exact arithmetic."""
    if not f.slope:
        return low, "flat", ()
    roots = isolate_positive_roots(f.slope)
    points = [refine(f.slope, root) / f.scale for root in roots]
    critical = tuple(_rounded(x) for x in points)
    candidates: list[tuple[Fraction, int, float, str]] = [
        (f.at(low), 0, low, "lower bound"),
        (f.at(high), 2, high, "upper bound"),
    ]
    for x, root in zip(points, roots, strict=True):
        if root.sign_below < 0 < root.sign_above and low < x < high:
            candidates.append((f.at(x), 1, _rounded(x), "interior"))
    # Of equal values the one that rejuvenates least.
    _, _, rate, location = min(candidates, key=lambda c: (c[0], c[2]))
    return rate, location, critical


def _by_theorem(curve: Curve, low: float, high: float) -> tuple[float, str, tuple[float, ...]]:
    """The better end of the interval; under Eq. 3 no other point can be the best."""
    at_low, at_high = float(curve.log_at(low)), float(curve.log_at(high))
    if at_low == at_high and curve.is_constant():
        return low, "flat", ()
    return (low, "lower bound", ()) if at_low <= at_high else (high, "upper bound", ())


def _break_even(f: CostQuotient, low: float) -> float | None:
    """First rate above ``low`` where the objective falls below its value there, if it rises first."""
    excess = f.excess_over(low)
    if not excess:
        return None
    for root in isolate_positive_roots(excess):
        x = refine(excess, root) / f.scale
        if x > low and root.sign_below != root.sign_above:
            return max(_rounded(x), nextafter(low, inf)) if root.sign_below > 0 else None
    return None


def _rounded(x: Fraction) -> float:
    """The positive double nearest to x, which may be beyond their range."""
    return min(max(float(min(x, Fraction(sys.float_info.max))), 5e-324), sys.float_info.max)


def _truth(certified: object) -> None:
    if not isinstance(certified, bool | np.bool_):
        raise InvalidInputError("certified", shown(certified), "certified is True or False")


def rate_bounds(bounds: object) -> tuple[float, float]:
    """Return two rates [1/h] as the user gave them."""
    rule = "bounds are two rates per hour, 0 ≤ lower < upper, the upper may be infinite"
    advice = "Write bounds=(0, 10)."
    ends = real("bounds", bounds, rule, allow_infinity=True, advice=advice)
    if isinstance(ends, float) or ends.shape != (2,) or not ends[0] < ends[1]:
        raise InvalidInputError("bounds", shown(bounds), rule, advice)
    return float(ends[0]), float(ends[1])


def _scalar_costs(costs: Costs | None) -> Costs:
    if costs is None:
        return UNAVAILABILITY
    if not isinstance(costs, Costs):
        raise InvalidInputError(
            "costs", shown(costs), "costs are a Costs object", "Write Costs(failure=…, rejuvenation=…)."
        )
    if costs.shape:
        found = f"a grid of shape {costs.shape}"
        raise InvalidInputError("costs", found, "optimize takes one set of costs", "Write costs[index].")
    return costs
