"""Derivatives for tests, by finite differences in many digits of answers written from the definitions.

Nothing here reads the library's arithmetic. An elasticity (θ/f)·∂f/∂θ is the symmetric difference of f at
θ(1 ± h) with h = 2^-66, which is right to about 38 digits. ``exact_pool`` gives masses as fractions, the
recursion of the chain's balances in 80 digits for 50 servers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np

import rejuvmodel as rj

DIGITS = 80
#: Relative step of the differences; exact in binary, so that fractions stay short.
STEP = Fraction(1, 2**66)
#: What is promised: the error of f' is at most this times max(|f'|, f/θ).
PROMISE = 1e-12
#: The key of the values themselves among the elasticities.
VALUES = ""
Masses = dict[str, Any]


def precise(x: Any) -> Any:
    """A number in `DIGITS` digits."""
    ratio = Fraction(x)
    return mpmath.mpf(ratio.numerator) / ratio.denominator


def cluster_masses(n: int, rates: Mapping[str, Any]) -> Masses:
    """Measures of the n-server chain from its balances, level by level; rates above 0."""
    aging, failure, repair, restart, wait = (
        rates[name] for name in ("aging", "failure", "repair", "restart", "rejuvenation")
    )
    normal, unstable, renewed = [mpmath.mpf(1)], [], []
    for i in range(n, 0, -1):
        unstable.append(aging * normal[-1] / (wait + i * failure))
        renewed.append(wait * unstable[-1] / restart)
        normal.append(i * failure * unstable[-1] / repair)
    everything = mpmath.fsum(normal + unstable + renewed)
    zero, first = normal[-1], renewed[-1]
    up = mpmath.fsum(normal[:-1] + unstable + renewed[:-1])
    masses = {
        "availability": up, "unavailability": zero + first, "unplanned_unavailability": zero,
        "planned_unavailability": first, "degraded": mpmath.fsum(unstable),
        "rejuvenating": mpmath.fsum(renewed), "rejuvenations": restart * mpmath.fsum(renewed),
    }  # fmt: skip
    return {name: mass / everything for name, mass in masses.items()}


def with_costs(masses: Masses, costs: Mapping[str, Any], hours: Any) -> Masses:
    """The measures with downtime and cost added."""
    priced = {
        "failure": "unplanned_unavailability", "rejuvenation": "planned_unavailability",
        "capacity": "rejuvenating", "degraded": "degraded", "per_rejuvenation": "rejuvenations",
    }  # fmt: skip
    rate = mpmath.fsum(costs[cost] * masses[mass] for cost, mass in priced.items())
    more = {"downtime": masses["unavailability"] * hours, "cost_rate": rate, "cost": rate * hours}
    return masses | more


def elasticities(
    measures: Callable[[Mapping[str, Any]], Masses], at: Mapping[str, float]
) -> dict[str, Masses]:
    """Elasticities of all measures by parameter, then by measure; and the values."""
    with mpmath.workdps(DIGITS):
        here = {name: precise(x) for name, x in at.items()}
        base, step = measures(here), precise(STEP)
        found = {VALUES: base}
        for name, x in here.items():
            above, below = (measures(here | {name: x * (1 + sign * step)}) for sign in (1, -1))
            found[name] = {
                key: (above[key] - below[key]) / (2 * step * base[key]) for key in base if base[key]
            }
        return found


def worst_error(found: rj.Sensitivity, right: Mapping[str, Masses]) -> tuple[float, str]:
    """Largest error of an elasticity E over max(1, |E|), of a derivative f' over max(|f'|, f/θ), and where.

    Both are the same number where f' is a double with all its digits.
    """
    errors: dict[str, float] = {}
    with mpmath.workdps(DIGITS):
        for one in found.parameters:
            for measure, moved in right.get(one.name, {}).items():
                if measure not in found.measures:
                    continue
                value, most = right[VALUES][measure], max(1, abs(moved))
                place = f"{measure} by {one.name}"
                errors[place] = float(abs(found.elasticity(measure, one.name) - moved) / most)
                theta = precise(one.value)
                if value / theta > mpmath.mpf(10) ** -280:
                    slope = found.derivative(measure, one.name) * theta / value
                    errors[f"slope of {place}"] = float(abs(slope - moved) / most)
    assert errors
    where = max(errors, key=lambda key: np.nan_to_num(errors[key], nan=np.inf))
    return errors[where], where
