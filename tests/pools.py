"""Pools for the tests of the solvers by levels, and what is true of them."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from math import lgamma, log
from typing import Any

import numpy as np
from exact_pool import Definition

import rejuvmodel as rj

#: Per hour; of the issue that asked for the solvers.
REALISTIC = {"aging": 1 / 240, "failure": 1 / 720, "rejuvenation": 1 / 24, "repair": 2.0, "restart": 6.0}
SLOW_RESTART = REALISTIC | {"restart": 0.02, "rejuvenation": 0.5}
#: All of one order: nothing is small, nothing is settled by a good guess.
BALANCED = {"aging": 1.0, "failure": 0.8, "rejuvenation": 1.2, "repair": 1.1, "restart": 0.9}

#: What holds a pool back, by name: arguments beside servers, rates and crews.
RESTRICTED: dict[str, dict[str, Any]] = {
    "1 slot": {"slots": 1},
    "2 slots": {"slots": 2},
    "3 slots": {"slots": 3},
    "guarded": {"guarded": True, "spares": 8},
    "cold standby": {"mode": "active/standby", "spares": 8},
    "warm standby": {"mode": "active/standby", "spares": 8, "dormancy": 0.3},
    "hot standby with a slot": {"mode": "active/standby", "spares": 8, "dormancy": 1, "slots": 1},
}


def pool(total: int, rates: dict[str, float], *, spares: int = 0, crews: int = 2, **rules: Any) -> rj.Pool:
    """Return a pool of so many servers in all."""
    return rj.Pool(primaries=total - spares, spares=spares, rates=rj.Rates(**rates), crews=crews, **rules)


def of_definition(one: Definition) -> rj.Pool:
    """The pool of the library that the exact definition is of."""
    return rj.Pool(
        primaries=one.primaries, spares=one.spares, required=one.required, slots=one.slots, crews=one.crews,
        mode="active/standby" if one.standby else "active/active", dormancy=float(one.dormancy),
        guarded=one.guarded, rates=_rates(*(getattr(one, name) for name in REALISTIC)),
    )  # fmt: skip


@cache
def _rates(*values: Fraction) -> rj.Rates:
    return rj.Rates(**{name: float(value) for name, value in zip(REALISTIC, values, strict=True)})


def log_all_failed(total: int, rates: dict[str, float], crews: int) -> float:
    """ln P(all failed) of the unrestricted pool: every server goes its round, repair has a queue.

    Weight of f failed servers: (S of a server that is not failed)^(N − f)/(N − f)! · g^f/∏ min(j, crews).
    """
    failure, rejuvenation = rates["failure"], rates["rejuvenation"]
    unstable = rates["aging"] / (failure + rejuvenation)
    alive = 1 + unstable * (1 + rejuvenation / rates["restart"])
    failed = unstable * failure / rates["repair"]
    logs, queue = [], 0.0
    for f in range(total + 1):
        queue += log(min(f, crews)) if f else 0.0
        logs.append((total - f) * log(alive) - lgamma(total - f + 1) + f * log(failed) - queue)
    top = max(logs)
    return logs[-1] - top - log(sum(np.exp(np.array(logs) - top)))


def worst_log(found: rj.SteadyState, right: rj.SteadyState) -> float:
    """Largest difference of the logarithms of two solutions; infinite where only one of them is 0."""
    a, b = found.log_probabilities, right.log_probabilities
    if not np.array_equal(np.isneginf(a), np.isneginf(b)):
        return np.inf
    some = np.isfinite(b)
    gap = np.max(np.abs(a[some] - b[some]), initial=0.0)
    return float(gap) if gap >= 0 else np.inf
