"""The best rejuvenation rate of a pool, by a search: a grid of rates, and every turn seen on it refined.

A pool has no closed form in the rate once slots or a guard restrict it, so nothing is proved here: an optimum
of a pool says "not certified", and why. Each value on the way is an exact solution.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, inf, log
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.arrays import real
from rejuvmodel.durations import shown, words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum_result import Optimum
from rejuvmodel.optimum_search import NEAR
from rejuvmodel.parameters import Costs
from rejuvmodel.pool_curve import PoolCurve
from rejuvmodel.pool_search import ROUNDING, Seen, break_even, near_region, seen

if TYPE_CHECKING:
    from collections.abc import Sequence

_RULE = "in a pool, bounds are two finite rates per hour, 0 ≤ lower < upper"


@dataclass(frozen=True)
class _Best:
    rate: float
    location: str


def pool_bounds(bounds: object) -> tuple[float, float]:
    """Return two finite rates [1/h] as the user gave them."""
    advice = "Write bounds=(0, 10)."
    ends = real("bounds", bounds, _RULE, allow_infinity=True, advice=advice)
    if isinstance(ends, float) or ends.shape != (2,) or not ends[0] < ends[1]:
        raise InvalidInputError("bounds", shown(bounds), _RULE, advice)
    if np.isinf(ends[1]):
        raise InvalidInputError(
            "bounds", f"{ends[0]:g} to infinity", _RULE,
            "Write bounds=(0, 10): an unstable server then waits 6 minutes or more.",
        )  # fmt: skip
    return float(ends[0]), float(ends[1])


def optimal_pool(pool: Pool, costs: Costs | None, prices: Costs, bounds: Sequence[float]) -> Optimum:
    """Return the rate with the least cost, or unavailability, in an interval.

    Parameters
    ----------
    pool : Pool
        The pool; its own rejuvenation rate is not used.
    costs : Costs or None
        Costs as given.
    prices : Costs
        Costs to be minimised; those of the unavailability where none were given.
    bounds : (float, float)
        Rates λ_r [1/h] to choose from.

    Returns
    -------
    Optimum
        Not certified, but where the rate makes no difference at all.

    Raises
    ------
    InvalidInputError
        If the bounds are not two finite rates.
    ConvergenceError
        If some rate of the bounds cannot be solved.
    """
    low, high = pool_bounds(bounds)
    curve = PoolCurve(pool, prices)
    found = None if curve.constant else seen(curve, low, high)
    best = _best(curve, found, low, high)
    flat = best.location == "flat"
    even = None if found is None or flat else break_even(curve, found)
    log_value, log_without = curve.log_at(best.rate), curve.log_at(0.0)
    region = (low, high)
    if found is not None and not flat:
        region = near_region(curve, found, best.rate, log_value + log(1 + NEAR))
    value, without = exp(log_value), exp(log_without)
    return Optimum(
        rate=best.rate,
        value=value,
        log_value=log_value,
        objective="unavailability" if costs is None else "cost",
        location=best.location,
        reason=_reason(curve, found, best, even, (low, high)),
        critical_points=() if found is None or flat else found.turns,
        certified=bool(curve.constant),
        flat_region=region,
        break_even=even,
        without=without,
        gain=0.0 if flat else without - value,
        model=pool.with_rejuvenation(best.rate),
        costs=costs,
        bounds=(low, high),
    )


def _best(curve: PoolCurve, found: Seen | None, low: float, high: float) -> _Best:
    if found is None or found.is_flat:
        return _Best(low, "flat")
    inner = min(found.turns, key=lambda x: (curve.log_at(x), x), default=None)
    ends = min(curve.log_at(low), curve.log_at(high))
    if inner is not None and curve.log_at(inner) < ends - ROUNDING:
        return _Best(inner, "interior")
    # Of equal values the one that rejuvenates least.
    if curve.log_at(low) <= curve.log_at(high) + ROUNDING:
        return _Best(low, "lower bound")
    return _Best(high, "upper bound")


def _reason(
    curve: PoolCurve, found: Seen | None, best: _Best, even: float | None, bounds: tuple[float, float]
) -> str:
    """One or two sentences that a planner can quote."""
    if found is None:
        return f"Every rate is equally good: {curve.constant}."
    how = f"found by a numerical search ({len(found.grid)} rates, each turn refined), not proved"
    if best.location == "flat":
        why = "the value is 0" if found.values[0] == -inf else "the values differ by rounding only"
        return f"Every rate is equally good: {why}; {how}."
    pays = "" if even is None else f" It pays only above {even:.6g} per hour."
    if best.location == "interior":
        return f"The minimum lies inside the bounds: {how}.{pays}"
    if best.location == "lower bound":
        start = "Never rejuvenating is best" if bounds[0] == 0 else "The lowest rate of the bounds is best"
        if even is None:
            return f"{start}: no higher rate of the bounds was seen to give a lower value; {how}."
        return (
            f"{start}: {how}. Rates above {even:.6g} per hour (mean wait below {words(1 / even)}) pay, less."
        )
    start = "The upper end of the bounds is best: no rate inside was seen to give a lower value"
    faster = curve.log_at(bounds[1] * 1.001) < curve.log_at(bounds[1]) - 1e-14
    more = ", and rejuvenating faster than the bounds allow would be better still" if faster else ""
    return f"{start}{more}; {how}.{pays}"
