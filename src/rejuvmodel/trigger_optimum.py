"""The optimum of a cluster with a trigger: the best mean delay and everything a planner asks about it."""

from __future__ import annotations

from math import exp, inf

import numpy as np

from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.trigger import Trigger
from rejuvmodel.optimum_period import best_period, period_bounds
from rejuvmodel.optimum_result import Optimum
from rejuvmodel.optimum_search import flat_region
from rejuvmodel.parameters import Costs
from rejuvmodel.period_curve import PeriodCurve
from rejuvmodel.period_reason import period_reason


def optimal_period(
    model: Cluster,
    trigger: Trigger,
    costs: Costs | None,
    prices: Costs,
    bounds: object,
    *,
    insist: bool,
) -> Optimum:
    """Return the mean delay with the least cost in an interval.

    Parameters
    ----------
    model : Cluster
        One cluster with a trigger.
    trigger : Trigger
        Its trigger, of whatever mean.
    costs : Costs or None
        Costs as given.
    prices : Costs
        Costs that are minimised.
    bounds : object
        Two mean delays [h], as given.
    insist : bool
        Whether to raise where there is no proof.

    Returns
    -------
    Optimum
        Best mean delay, its location and reason.
    """
    low, high = period_bounds(bounds)
    curve = PeriodCurve(model, trigger, prices)
    found = best_period(curve, low, high, insist=insist)
    period = found.period
    log_value, log_without = (float(x) for x in np.asarray(curve.log_at(np.array([period, inf]))))
    value, without = exp(log_value), exp(log_without)
    flat = found.location == "flat"
    return Optimum(
        rate=1 / period if period > 0 else inf,
        value=value,
        log_value=log_value,
        objective="unavailability" if costs is None else "cost",
        location=found.location,
        reason=period_reason(curve, found, (low, high)),
        critical_points=found.critical,
        certified=found.certified,
        flat_region=(low, high) if flat else flat_region(curve, period, low, high, found.critical),
        break_even=found.break_even,
        without=without,
        gain=0.0 if flat or without == value else without - value,
        model=model.with_period(period),
        costs=costs,
        bounds=(low, high),
        delay=period,
        law=type(trigger.law).__name__,
    )
