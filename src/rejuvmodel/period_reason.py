"""Why a mean delay is the best, in words."""

from __future__ import annotations

from math import exp, inf
from typing import TYPE_CHECKING

from rejuvmodel.durations import words

if TYPE_CHECKING:
    from rejuvmodel.optimum_period import Found
    from rejuvmodel.period_curve import PeriodCurve

_PROVED = "no delay in the bounds has a value lower by more than a millionth (proved)"
_EXACT = "no delay in the bounds has a lower value (proved)"
_SEARCHED = "no lower value was found by a numerical search (not proved)"
#: Relative difference of two values that may be rounding.
_ROUNDING = 1e-12


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
    if found.location == "flat":
        return "Every delay is equally good: " + _flat(curve)
    text = f"{_best(curve, found)}: {_how(curve, found)}"
    if _never_is_better(curve, found):
        text += f"; never rejuvenating is better still ({exp(float(curve.log_at(inf))):.6g})."
    else:
        text += f".{_pays(found, bounds[1])}"
    return text + _condition(curve, found)


def _best(curve: PeriodCurve, found: Found) -> str:
    if found.location == "interior":
        return "The best delay found lies inside the bounds"
    if found.period == inf:
        return "Never rejuvenating is best"
    if found.location == "upper bound":
        return "The longest delay of the bounds is best"
    if found.period > 0:
        return "The shortest delay of the bounds is best"
    value = exp(float(curve.log_at(0.0)))
    return f"At once is best, the limit of ever shorter delays with the value {value:.6g}"


def _how(curve: PeriodCurve, found: Found) -> str:
    """What is proved, and no more."""
    if not found.certified:
        return _SEARCHED
    decided = found.condition is not None and (
        curve.trigger.clock == "unstable" or (found.period == inf and not found.condition.pays)
    )
    return _EXACT if decided else _PROVED


def _never_is_better(curve: PeriodCurve, found: Found) -> bool:
    here, never = (float(curve.log_at(mean)) for mean in (found.period, inf))
    return here > -inf and never < here - _ROUNDING * max(1.0, abs(here))


def _flat(curve: PeriodCurve) -> str:
    if not any(curve.costs.to_dict().values()):
        return "no cost applies."
    if curve.cluster.rates.aging == 0:
        return "with aging rate 0 the cluster never becomes unstable."
    if curve.cluster.rates.failure == 0:
        return "with failure rate 0 the cluster is never down."
    return "what rejuvenation saves it costs in restarts, exactly."


def _pays(found: Found, longest: float) -> str:
    if found.break_even is None:
        return ""
    what = "It pays" if longest == inf else "It is better than the longest delay of the bounds"
    return f" {what} only below {words(found.break_even)}."


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
