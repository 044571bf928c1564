"""range_effects(model, ranges): what a measure is at both ends of the range of each parameter, one at a time.

Every end is solved anew, so ranges may be as wide as they like; nothing is linear here. Derivatives at one
point are the business of ``derivatives``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.durations import hours, shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.model_parameters import parameter, with_parameters
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.parameter_values import are_durations
from rejuvmodel.range_result import RangeEffect, RangeEffects
from rejuvmodel.solving import solve

if TYPE_CHECKING:
    from rejuvmodel.parameters import Costs

#: Measures that ranges are judged by.
MEASURES = (
    "unavailability", "planned_unavailability", "unplanned_unavailability", "downtime", "cost_rate", "cost"
)  # fmt: skip


def range_effects(
    model: Cluster | Reactive | Pool,
    ranges: Mapping[str, Sequence[float | str | timedelta]],
    *,
    measure: str = "unavailability",
    costs: Costs | None = None,
    horizon: float | timedelta | str = "365 d",
) -> RangeEffects:
    """Return what a measure is at both ends of the range of each parameter, the others left as they are.

    Parameters
    ----------
    model : Cluster, Reactive or Pool
        One model, solved as it is for comparison.
    ranges : mapping of str to (low, high)
        By name of the parameter, as ``sweep`` takes them: rates [1/h] as numbers or mean times as text
        (``"repair": ("1 h", "8 h")``), ``"period"``, ``"costs.failure"``, ``"servers"`` and other fields.
    measure : str, optional
        "unavailability", "planned_unavailability", "unplanned_unavailability", "downtime" [h], "cost_rate"
        [1/h] or "cost".
    costs : Costs, optional
        Costs of the conditions, for measures of cost.
    horizon : float, timedelta or str, optional
        Time that downtime and cost are counted over: hours, or "365 d".

    Returns
    -------
    RangeEffects
        One entry for each parameter, the widest swing first; ``plotting.plot_tornado`` draws it.

    Raises
    ------
    InvalidInputError
        If a name, a range or the measure is not valid; the message names it.

    Examples
    --------
    >>> from rejuvmodel import Cluster, Rates, range_effects
    >>> rates = Rates(aging=1/168, failure=1/2160, repair=1/2, restart=3, rejuvenation=1/336)
    >>> found = range_effects(Cluster(2, rates), {"repair": ("1 h", "8 h"), "restart": ("5 min", "1 h")})
    >>> found.effects[0].parameter
    'repair'
    """
    _require_model(model)
    _require_measure(measure, costs)
    span = hours(horizon, "horizon")
    if not 0 < span < inf:
        raise InvalidInputError(
            "horizon", shown(horizon), "a horizon is a finite time above 0", 'Give hours, or "365 d".'
        )
    log_value = _log_measure(model, costs, measure, span)
    effects = [_effect(model, costs, measure, span, name, _ends(name, pair)) for name, pair in _pairs(ranges)]
    order = sorted(effects, key=lambda one: (-one.swing, -abs(one.log_at_high - one.log_at_low)))
    return RangeEffects(measure, _exp(log_value), log_value, tuple(order), span)


def _effect(
    model: Cluster | Reactive | Pool, costs: Costs | None, measure: str, span: float, name: str,
    ends: tuple[Any, Any],
) -> RangeEffect:  # fmt: skip
    one = parameter(model, name, durations=are_durations(ends[0]))
    logs = [_log_measure(*with_parameters(model, {name: end}, costs), measure, span) for end in ends]
    low, high = (end if isinstance(end, str) else _plain(end) for end in ends)
    return RangeEffect(
        name, one.long_name, one.symbol, one.unit, low, high, _exp(logs[0]), _exp(logs[1]), logs[0], logs[1]
    )


def _plain(end: Any) -> float | str:
    return str(end) if isinstance(end, timedelta) else float(end)


def _log_measure(model: Cluster | Reactive | Pool, costs: Costs | None, measure: str, span: float) -> float:
    """Natural logarithm of the measure."""
    state = solve(model)
    if measure in ("cost_rate", "cost"):
        assert costs is not None  # was required
        log = state.log_cost_rate(costs)
    elif measure in ("unavailability", "downtime"):
        log = state.log_unavailability
    else:
        log = state.solution.mass(measure.removesuffix("_unavailability"), logarithm=True)
    return float(log) + (float(np.log(span)) if measure in ("downtime", "cost") else 0.0)


def _exp(log: float) -> float:
    with np.errstate(over="ignore"):
        return float(np.exp(log))


def _require_model(model: object) -> None:
    if not isinstance(model, Cluster | Reactive | Pool):
        raise InvalidInputError(
            "model", shown(model), "ranges belong to a Cluster, a Reactive or a Pool", "Build one first."
        )
    if model.shape:
        raise InvalidInputError(
            "model", f"a grid of shape {model.shape}", "ranges belong to one model",
            "Take one of its points, cluster[index].",
        )  # fmt: skip


def _require_measure(measure: object, costs: Costs | None) -> None:
    if not isinstance(measure, str) or measure not in MEASURES:
        raise InvalidInputError("measure", shown(measure), f"a measure is one of {', '.join(MEASURES)}")
    if measure in ("cost_rate", "cost") and costs is None:
        raise InvalidInputError("costs", "nothing", f"{measure} is made of costs", "Give costs=Costs(…).")


def _pairs(ranges: object) -> list[tuple[str, object]]:
    if not isinstance(ranges, Mapping) or not ranges:
        raise InvalidInputError(
            "ranges", shown(ranges), "ranges are a mapping from names to (low, high)",
            'Write {"repair": ("1 h", "8 h")}.',
        )  # fmt: skip
    return list(ranges.items())


def _ends(name: str, pair: object) -> tuple[Any, Any]:
    if isinstance(pair, str | bytes) or not isinstance(pair, Sequence | np.ndarray) or len(pair) != 2:
        raise InvalidInputError(
            f"ranges[{name!r}]", shown(pair), "a range is a pair of ends", "Write (low, high)."
        )
    low, high = pair
    return low, high
