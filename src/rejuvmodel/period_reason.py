"""Why a mean delay is the best, in words."""

from __future__ import annotations

from math import exp, inf
from typing import TYPE_CHECKING

from rejuvmodel.durations import words

if TYPE_CHECKING:
    from rejuvmodel.optimum_period import Found
    from rejuvmodel.period_curve import PeriodCurve

_PROVED = "proved for every delay in the bounds, to a millionth of the value"


def period_reason(curve: PeriodCurve, found: Found, bounds: tuple[float, float]) -> str:
    """Return one or two sentences that a planner can quote.

    Parameters
    ----------
    curve : PeriodCurve
        The objective.
    found : Found
        The best mean delay and what is known of it.
    bounds : tuple of float
        Interval of mean delays [h].

    Returns
    -------
    str
    """
    how = _PROVED if found.certified else "found by a numerical search, not proved"
    if found.location == "flat":
        return "Every delay is equally good: " + _flat(curve)
    if found.location == "interior":
        return f"The minimum lies inside the bounds: {how}.{_pays(found)}"
    if found.location == "lower bound":
        return _lower(curve, found, how)
    return _upper(curve, found, bounds, how)


def _flat(curve: PeriodCurve) -> str:
    if not any(curve.costs.to_dict().values()):
        return "no cost applies."
    if curve.cluster.rates.aging == 0:
        return "with aging rate 0 the cluster never becomes unstable."
    if curve.cluster.rates.failure == 0:
        return "with failure rate 0 the cluster is never down."
    return "what rejuvenation saves it costs in restarts, exactly."


def _lower(curve: PeriodCurve, found: Found, how: str) -> str:
    if found.period > 0:
        return f"The shortest delay of the bounds is best, {how}.{_pays(found)}"
    value = exp(float(curve.log_at(0.0)))
    return (
        f"The shorter the delay the better: the value falls towards {value:.6g} as the delay goes to 0, "
        f"{how}.{_pays(found)}"
    )


def _upper(curve: PeriodCurve, found: Found, bounds: tuple[float, float], how: str) -> str:
    if found.period == inf:
        start = "Never rejuvenating is best: no delay of this law is worth having"
        return f"{start}, {how}.{_condition(curve, found)}"
    at_end, never = float(curve.log_at(bounds[1])), float(curve.log_at(inf))
    start = f"The longest delay of the bounds is best, {how}"
    if never < at_end:
        return f"{start}; never rejuvenating is better still ({exp(never):.6g}).{_condition(curve, found)}"
    return f"{start}.{_pays(found)}{_condition(curve, found)}"


def _pays(found: Found) -> str:
    return "" if found.break_even is None else f" It pays only below {words(found.break_even)}."


def _condition(curve: PeriodCurve, found: Found) -> str:
    """The closed condition of one server, where it says that nothing pays."""
    condition = found.condition
    if condition is None or condition.pays:
        return ""
    rates, costs = curve.cluster.rates, curve.costs
    aging, failure, repair = float(rates.aging), float(rates.failure), float(rates.repair)
    further = costs.capacity or costs.per_rejuvenation or costs.degraded
    if failure > 0 and costs.failure == costs.rejuvenation and not further:
        slow, fast = (failure, aging) if curve.trigger.clock == "unstable" else sorted((aging, failure))
        least = repair * (1 + fast / slow)
        return (
            f" With one server it would pay only with a restart rate above {least:.6g} per hour, that is a "
            f"restart shorter than {words(1 / least)}."
        )
    return (
        f" With one server it would pay only if {float(condition.burden):.6g}, what rejuvenation costs, were "
        f"below {float(condition.without):.6g}, what it can save."
    )
