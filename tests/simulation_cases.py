"""Models to be simulated, each with the exact probabilities of its states, which read nothing of the library.

Exponential models come from exact fractions (`exact`). For a cluster with a trigger, with F*(s) = E[e^{−sD}]
and g(s) = (1 − F*(s))/s and θ = λ_f + μ·[i<n], a visit of level i takes these hours normal and unstable:

    clock from unstable   1/θ     λ_f/θ · g(iλ)
    clock from service    g(θ)    λ_f (g(iλ) − g(θ))/(θ − iλ)

It ends in a failure at iλ for each hour unstable, in a repair at μ·[i<n] for each hour normal, else in r_i.
Visits follow from what goes down and what comes up between two levels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

import exact
import mpmath

import rejuvmodel as rj

RATES = {"aging": 1 / 168, "failure": 1 / 2160, "repair": 1 / 2, "restart": 3}
#: Garg's rates, and others at which a cluster of two fails often enough to be seen.
GARG = {"aging": 1 / 240, "failure": 1 / 2160, "repair": 2, "restart": 60}
FRAIL = {"aging": 1 / 168, "failure": 1 / 200, "repair": 1 / 2, "restart": 3}
#: Exits of several states, a state of its own kind of rarity, and an outage in three stages.
BY_HAND = [
    ("up", "slow", 0.01), ("up", "fast", 0.1), ("fast", "up", 10.0), ("slow", "up", 0.05),
    ("slow", "fast", 0.02), ("up", "f1", 1e-4, "failure"), ("f1", "f2", 20.0), ("f2", "f3", 20.0),
    ("f3", "up", 20.0, "rejuvenation"),
]  # fmt: skip
DOWN = {"f1": "unplanned", "f2": "unplanned", "f3": "planned"}


@dataclass(frozen=True)
class Case:
    """A model to simulate, and what is exactly true of it."""

    make: Callable[[], Any]
    probabilities: Callable[[], Mapping[str, Any]]
    down: tuple[str, ...] = ("0", "r1")

    @property
    def unavailability(self) -> float:
        """Exact unavailability."""
        return float(sum(self.probabilities()[label] for label in self.down))


def exponential(n: int, wait: float = 336.0) -> Case:
    """A cluster with exponential waits."""
    rates = {**RATES, "rejuvenation": 1 / wait}
    return Case(
        lambda: rj.Cluster(n, rj.Rates(**rates)), cache(lambda: exact.cluster_stationary(n=n, **rates))
    )


def by_hand() -> Case:
    """A chain that is no cluster."""
    rows = [(row[0], row[1], exact.Fraction(row[2])) for row in BY_HAND]
    return Case(
        lambda: rj.MarkovChain.from_transitions(BY_HAND, down=DOWN, start="up"),
        cache(lambda: exact.stationary(rows)),
        tuple(DOWN),
    )


def triggered(n: int, rates: Mapping[str, float], law: Callable[[], Any], transform: Any, clock: str) -> Case:
    """A cluster with a trigger of any law; `transform` is its E[e^{−sD}]."""
    return Case(
        lambda: rj.Cluster(n, rj.Rates(**rates), trigger=rj.Trigger(law(), clock=clock)),
        cache(lambda: trigger_probabilities(n, rates, transform, clock)),
    )


def trigger_probabilities(
    n: int, rates: Mapping[str, float], transform: Callable[[Any], Any], clock: str
) -> dict[str, Any]:
    """Probabilities of all states, in 40 digits."""
    with mpmath.workdps(40):
        aging, failure, repair, restart = (
            mpmath.mpf(rates[name]) for name in ("aging", "failure", "repair", "restart")
        )

        def g(s: Any) -> Any:
            return (1 - transform(s)) / s

        def level(i: int) -> tuple[Any, Any, Any]:
            """Hours normal and unstable in a visit, and the probability that it ends by a repair."""
            up, fails = repair * (i < n), i * failure
            if clock == "unstable":
                # A visit is one of the normal state, aging and repair in competition.
                normal = 1 / (aging + up)
                return normal, aging * normal * g(fails), up * normal
            theta = aging + up
            return g(theta), aging * (g(fails) - g(theta)) / (theta - fails), up * g(theta)

        found, visits = {}, mpmath.mpf(1)
        for i in range(n, 0, -1):
            normal, unstable, up = level(i)
            failed = i * failure * unstable
            found[str(i)], found[f"u{i}"] = visits * normal, visits * unstable
            found[f"r{i}"] = visits * (1 - failed - up) / restart
            visits *= failed / (level(i - 1)[2] if i > 1 else 1)
        found["0"] = visits / repair
        total = sum(found.values())
        return {state: value / total for state, value in found.items()}


def fixed(delay: float) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """A fixed delay and its transform."""
    return lambda: rj.Fixed(delay), lambda s: mpmath.exp(-s * delay)


def erlang(k: int, mean: float) -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """A sum of k equal exponential delays and its transform."""
    return lambda: rj.Erlang(k, mean), lambda s: (1 + s * mean / k) ** -k


def hyperexponential() -> tuple[Callable[[], Any], Callable[[Any], Any]]:
    """Mostly short delays, now and then a long one."""
    return (
        lambda: rj.Hyperexponential([0.75, 0.25], [100, 900]),
        lambda s: 0.75 / (1 + 100 * s) + 0.25 / (1 + 900 * s),
    )


CASES = {
    "n = 1, exponential": exponential(1),
    "n = 2, exponential": exponential(2),
    "n = 3, exponential": exponential(3),
    "n = 1, fixed, from service": triggered(1, GARG, *fixed(100), "service"),
    "n = 1, fixed, from unstable": triggered(1, GARG, *fixed(300), "unstable"),
    "n = 2, fixed, from service": triggered(2, FRAIL, *fixed(300), "service"),
    "n = 2, Erlang, from service": triggered(2, FRAIL, *erlang(3, 300), "service"),
    "n = 2, Erlang, from unstable": triggered(2, FRAIL, *erlang(3, 300), "unstable"),
    "n = 2, mixed, from service": triggered(2, FRAIL, *hyperexponential(), "service"),
    "chain by hand": by_hand(),
}
