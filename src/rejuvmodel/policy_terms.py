"""The terms of a policy: each checked on its own, and all of them against one another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from functools import partial

from rejuvmodel.durations import hours
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.plain_records import Record
from rejuvmodel.plain_values import choice, described, whole
from rejuvmodel.policy_law_tables import delay_law
from rejuvmodel.policy_laws import DelayLaw
from rejuvmodel.policy_prediction import Prediction, origin, prediction

_SCOPES = {"cluster": "one clock for all servers", "server": "a clock for each server"}
_CLOCKS = {"unstable": "from becoming unstable", "service": "from service start"}


@dataclass(frozen=True, slots=True, init=False)
class PolicyTerms:
    """What a `RejuvenationPolicy` says; its parameters are described there."""

    scope: str
    clock: str
    law: DelayLaw
    mean: float
    jitter: float
    servers: int
    required: int
    max_concurrent: int
    predicted: Prediction | None
    computed_from: Record | None

    def __init__(
        self,
        *,
        scope: str,
        clock: str,
        law: str | Mapping[str, object] | DelayLaw,
        mean: float | timedelta | str,
        servers: int,
        required: int,
        max_concurrent: int = 1,
        jitter: float | timedelta | str = 0.0,
        predicted: Mapping[str, object] | Prediction | None = None,
        computed_from: Mapping[str, object] | None = None,
    ) -> None:
        put = partial(object.__setattr__, self)
        put("scope", choice("scope", scope, _SCOPES))
        put("clock", choice("clock", clock, _CLOCKS))
        put("law", delay_law(law))
        put("mean", _mean(mean, self.clock))
        put("jitter", _jitter(jitter))
        put("servers", whole("servers", servers, "servers is a whole number of at least 1", minimum=1))
        rule = f"required is a whole number from 0 to the {self.servers} servers"
        put("required", whole("required", required, rule, minimum=0, maximum=self.servers))
        put("max_concurrent", _concurrent(max_concurrent, self.servers, self.required, self.mean))
        put("predicted", None if predicted is None else prediction(predicted))
        put("computed_from", None if computed_from is None else origin(computed_from))


def _mean(value: object, clock: str) -> float:
    mean = hours(value, "mean")
    if mean == 0 and clock == "service":
        raise InvalidInputError(
            "mean",
            described(value),
            "a clock from service start waits longer than 0",
            "Servers would restart without end: write the time between restarts.",
        )
    return mean


def _jitter(value: object) -> float:
    jitter = hours(value, "jitter")
    if math.isinf(jitter):
        raise InvalidInputError(
            "jitter", described(value), "a jitter is finite", 'Write, for example, "5 min".'
        )
    return jitter


def _concurrent(value: object, servers: int, required: int, mean: float) -> int:
    rule = f"max_concurrent is a whole number from 1 to the {servers} servers"
    found = whole("max_concurrent", value, rule, minimum=1, maximum=servers)
    if found + required > servers and mean < math.inf:
        rule = f"max_concurrent and required ({required}) are at most the {servers} servers together"
        raise InvalidInputError(
            "max_concurrent", str(found), rule, "Require fewer servers, or rejuvenate fewer at a time."
        )
    return found
