"""The arguments of `uncertainty`, checked one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from math import isfinite, log
from typing import Any, TypeAlias

import numpy as np

from rejuvmodel.arrays import whole_number
from rejuvmodel.availability_target import allowed_log_unavailability
from rejuvmodel.durations import hours as to_hours
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.estimation.rate_estimate import RateEstimate
from rejuvmodel.estimation.rate_estimates import RateEstimates
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.parameters import Costs
from rejuvmodel.propagation.points import SCRAMBLINGS
from rejuvmodel.propagation.responses import Response
from rejuvmodel.solving import solve

Model: TypeAlias = "Cluster | Reactive | Pool"

#: Points of each scrambling by default: of closed forms, and of pools, which are solved one by one.
POINTS, POINTS_POOL = 4096, 16
#: Points of each scrambling on which decisions are compared, at most; with a trigger, and of pools at least.
_DECIDING, _DECIDING_TRIGGER, _DECIDING_POOL = 1024, 128, 8
#: Levels times points and decisions that comparing decisions may take.
_WORK = 4e9


def checked_response(model: object, costs: object) -> Response:
    """The model as a function of its rates; refuses grids, and costs that do not fit."""
    if not isinstance(model, Cluster | Reactive | Pool):
        raise InvalidInputError(
            "model", shown(model), "uncertainty takes a Cluster, a Reactive or a Pool", "Build one first."
        )
    if model.shape:
        raise InvalidInputError(
            "model", f"a grid of shape {model.shape}", "uncertainty takes one model", "Write cluster[index]."
        )
    if costs is None:
        return Response(model, None)
    if not isinstance(costs, Costs):
        raise InvalidInputError(
            "costs", shown(costs), "costs are a Costs object", "Write Costs(failure=…, rejuvenation=…)."
        )
    if costs.shape:
        found = f"a grid of shape {costs.shape}"
        raise InvalidInputError("costs", found, "uncertainty takes one set of costs", "Write costs[index].")
    if isinstance(model, Reactive):
        solve(model).cost_rate(costs)  # refuses costs of states that this model has not
    return Response(model, costs)


def estimated(estimates: RateEstimates, response: Response) -> dict[str, RateEstimate]:
    """The estimates that a model takes; refuses those on the clock of another kind of model."""
    model = response.model
    clock = "server" if isinstance(model, Pool) else "cluster"
    if estimates.clock != clock and model.servers > 1 and not isinstance(model, Reactive):
        raise InvalidInputError(
            "inputs", f"estimates on the clock of each {estimates.clock}",
            f"the rates of a {type(model).__name__} are on the clock of the {clock}",
            f'Write estimate(…, clock="{clock}"), or use a {"Cluster" if clock == "server" else "Pool"}.',
        )  # fmt: skip
    return {name: estimates[name] for name in response.names if name != "rejuvenation"}


def checked_horizon(horizon: Any) -> float:
    """The horizon in hours."""
    span = to_hours(horizon, "horizon")
    if not isfinite(span) or span == 0:
        raise InvalidInputError(
            "horizon", shown(horizon), "a horizon is a finite time above 0", 'Give hours, or "365 d".'
        )
    return span


def log_allowed(target: Any, span: float) -> float | None:
    """Logarithm of the unavailability that the target allows."""
    if target is None:
        return None
    if not isinstance(target, str | timedelta):
        return allowed_log_unavailability(target)
    down = to_hours(target, "target")
    if not 0 < down < span:
        raise InvalidInputError(
            "target", shown(target), "a target is an availability such as 0.9999, or a downtime above 0 and "
            "below the horizon", 'Write target="50 min".',
        )  # fmt: skip
    return log(down) - log(span)


def checked_points(points: object, model: Model) -> int:
    """Points of each scrambling; by default as many as the size of the model leaves time for."""
    if points is None:
        if isinstance(model, Pool):
            return POINTS_POOL
        room = _WORK / (SCRAMBLINGS * 8 * model.servers)
        return min(POINTS, max(16, 1 << int(np.log2(max(room, 1.0)))))
    rule = "points are a power of 2, at least 2"
    count = whole_number("points", points, 2, rule)
    if count & (count - 1):
        raise InvalidInputError("points", str(count), rule, f"Write points={1 << count.bit_length()}.")
    return count


def deciding_points(response: Response, count: int) -> int:
    """Points of each scrambling on which decisions are compared, of all that there are."""
    model = response.model
    if isinstance(model, Pool):
        return min(count, max(_DECIDING_POOL, count // 4))
    room = _WORK / (SCRAMBLINGS * 250 * model.servers)
    most = _DECIDING if response.by_rate else _DECIDING_TRIGGER
    return min(count, most, max(8, 1 << int(np.log2(max(room, 1.0)))))


def decides(model: Model, inputs: Mapping[str, Any], bounds: object) -> bool:
    """Whether there is something to decide; refuses what is both decided and uncertain, or neither."""
    if isinstance(model, Reactive):
        if bounds is not None:
            raise InvalidInputError(
                "bounds", shown(bounds), "the prior-art model rejuvenates nothing", "Leave bounds out."
            )
        return False
    given = model.trigger is not None or model.rates.rejuvenation is not None
    if "rejuvenation" in inputs:
        if bounds is not None or not given:
            found = "a distribution, and bounds to decide it" if bounds is not None else "a distribution only"
            raise InvalidInputError(
                'inputs["rejuvenation"]', found,
                "the rejuvenation rate is either decided or uncertain around the model's own",
                "Leave bounds out and give the model its rate, or take it out of inputs.",
            )  # fmt: skip
        return False
    if isinstance(model, Pool) and bounds is None:
        if not given:
            raise InvalidInputError(
                "bounds", "nothing", "a pool that leaves its rate open needs finite bounds",
                "Write bounds=(0, 10).",
            )  # fmt: skip
        return False
    return True


def measured_at_decision(model: Model, at: object, *, may_decide: bool) -> bool:
    """Whether the measures belong to the decision, and not to the model's own rate or trigger."""
    is_open = not isinstance(model, Reactive) and model.trigger is None and model.rates.rejuvenation is None
    if at is None:
        return is_open
    rule, advice = 'at is "model" or "decision"', "Leave it out."
    if not isinstance(at, str) or at not in ("model", "decision"):
        raise InvalidInputError("at", shown(at), rule, advice)
    if at == "model" and is_open:
        raise InvalidInputError("at", shown(at), "this model leaves its rejuvenation rate open", advice)
    if at == "decision" and not may_decide:
        raise InvalidInputError("at", shown(at), "nothing is decided here", advice)
    return at == "decision"
