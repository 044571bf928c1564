"""Why a rate is the best, in words."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from rejuvmodel.durations import words

if TYPE_CHECKING:
    from rejuvmodel.optimum_search import Curve


def reason(
    curve: Curve,
    rate: float,
    location: str,
    low: float,
    break_even: float | None,
    critical: tuple[float, ...],
    *,
    certified: bool,
) -> str:
    """Return one or two sentences that a planner can quote.

    Parameters
    ----------
    curve : Curve
        The objective.
    rate, location : float, str
        Best rate [1/h] and where it lies.
    low : float
        Lower bound [1/h].
    break_even : float or None
        Rate [1/h] beyond which rejuvenation pays after hurting first.
    critical : tuple of float
        Critical points [1/h].
    certified : bool
        Whether the location is proved.

    Returns
    -------
    str
    """
    if location == "flat":
        return _flat(curve)
    if location == "interior":
        many = len(critical) > 1
        number = f"all {len(critical)} critical points were" if many else "the one critical point was"
        how = (
            f"{number} isolated exactly and both ends compared"
            if certified
            else "found by a numerical search, not proved"
        )
        return f"The minimum lies inside the bounds: {how}.{_pays(break_even)}"
    if location == "lower bound":
        return _lower(break_even, best_of_all=low == 0)
    return _upper(curve, rate, break_even)


def _flat(curve: Curve) -> str:
    if curve.cluster.rates.aging == 0:
        return "Every rate is equally good: with aging rate 0 the cluster never becomes unstable."
    if curve.is_free():
        return "Every rate is equally good: no cost applies."
    if curve.is_never_down():
        return "Every rate is equally good: with failure rate 0 the cluster is never down."
    return "Every rate is equally good: what rejuvenation saves it costs in restarts, exactly."


def _lower(break_even: float | None, *, best_of_all: bool) -> str:
    start = "Never rejuvenating is best" if best_of_all else "The lowest rate of the bounds is best"
    if break_even is None:
        return f"{start}: no higher rate gives a lower value."
    wait = f"{break_even:.6g} per hour (mean wait below {words(1 / break_even)})"
    return f"{start} within these bounds: rejuvenation pays only above {wait}, which is outside them."


def _upper(curve: Curve, rate: float, break_even: float | None) -> str:
    pays = _pays(break_even)
    if rate == inf:
        return (
            f"The shorter the wait the better: the value falls towards {curve.at(inf):.6g} as the rate grows "
            f"without end, and no finite rate attains it.{pays}"
        )
    faster = float(curve.log_at(rate * 1.001)) < float(curve.log_at(rate))
    start = "The upper end of the bounds is best: no rate inside gives a lower value"
    more = ", and rejuvenating faster than the bounds allow would be better still" if faster else ""
    return f"{start}{more}.{pays}"


def _pays(break_even: float | None) -> str:
    return "" if break_even is None else f" It pays only above {break_even:.6g} per hour."
