"""Every combination of what describes a small pool, against exact fractions of the definition.

Mode, guard, slots, crews, dormancy, servers required, n and k of N = n + k servers: all of them together,
none drawn. The exact answers are those of ``exact_pool``, which reads nothing of the library. A chain that
many combinations have is solved exactly once; the library solves each combination.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache
from typing import Any

import exact
import exact_pool
import numpy as np
import pytest
from exact_pool import Definition, Steady
from pools import of_definition

import rejuvmodel as rj

RTOL = 1e-11
COSTS = {
    "failure": Fraction(1000), "rejuvenation": Fraction(10), "capacity": Fraction(5),
    "per_rejuvenation": Fraction(1, 4), "degraded": Fraction(1, 64),
}  # fmt: skip
PRICES = rj.Costs(**{name: float(cost) for name, cost in COSTS.items()})

#: Every way to solve any pool. The product form is what is chosen where nothing restricts a pool.
ROADS = (
    None, rj.LevelAggregation(), rj.LevelAggregation(uniform=True), rj.LevelReduction(), rj.GTH(),
)  # fmt: skip
NEVER = exact_pool.RATES | {"rejuvenation": Fraction(0)}
#: Outages of every kind are rare, the rarest far beyond the digits of a double beside 1.
RARE = {
    "aging": Fraction(1, 256), "failure": Fraction(1, 2**100), "rejuvenation": Fraction(1, 32),
    "repair": Fraction(2), "restart": Fraction(6),
}  # fmt: skip
#: Rejuvenation at once, for very long; failures at once where it cannot be had.
STIFF = {
    "aging": Fraction(1, 1024), "failure": Fraction(2**20), "rejuvenation": Fraction(2**30),
    "repair": Fraction(1), "restart": Fraction(1, 2**20),
}  # fmt: skip


def totals(*usual: int, soaked: tuple[int, ...]) -> list[Any]:
    """Numbers of servers N, of which some take long."""
    return [*usual, *(pytest.param(total, marks=pytest.mark.soak) for total in soaked)]


@pytest.mark.parametrize("total", totals(1, 2, 3, 4, soaked=(5, 6)))
def test_every_combination(total: int) -> None:
    """Probabilities and measures of every combination are exact to 1e-11, zeros exactly."""
    zeros = 0
    for one in exact_pool.every(total):
        state = rj.solve(of_definition(one))
        check_states(one, state)
        zeros += check_measures(one, state)
    assert zeros


@pytest.mark.parametrize("total", totals(1, 2, 3, soaked=(4, 5, 6)))
def test_every_combination_that_never_rejuvenates(total: int) -> None:
    """The same at the rejuvenation rate 0, whatever the slots and the guard are."""
    for one in exact_pool.every(total, NEVER):
        state = rj.solve(of_definition(one))
        check_states(one, state)
        check_measures(one, state)
        assert state.planned_unavailability == 0


@pytest.mark.parametrize("total", totals(1, 2, 3, 4, soaked=(5, 6)))
def test_every_chain_by_every_road(total: int) -> None:
    """Sweeps from both starts, elimination of levels and of states are exact for every chain."""
    for one in every_chain(total, exact_pool.RATES):
        for road in ROADS:
            state = rj.solve(of_definition(one), road)
            check_states(one, state)
            check_measures(one, state)


@pytest.mark.soak
@pytest.mark.parametrize("road", ROADS[1:], ids=repr)
@pytest.mark.parametrize("total", [1, 2, 3, 4])
def test_every_combination_by_every_road(total: int, road: Any) -> None:
    """The same for every combination, also where another one has the same chain."""
    for one in exact_pool.every(total):
        state = rj.solve(of_definition(one), road)
        check_states(one, state)
        check_measures(one, state)


@pytest.mark.parametrize("rates", [RARE, STIFF], ids=["rare", "stiff"])
@pytest.mark.parametrize("total", totals(1, 2, 3, soaked=(4, 5)))
def test_every_chain_over_many_decades(total: int, rates: Mapping[str, Fraction]) -> None:
    """Small numbers keep their digits, and no road gives up."""
    for one in every_chain(total, rates):
        for road in ROADS:
            state = rj.solve(of_definition(one), road)
            check_states(one, state)
            check_measures(one, state)


@pytest.mark.parametrize("rates", [exact_pool.RATES, NEVER, RARE], ids=["usual", "never rejuvenated", "rare"])
@pytest.mark.parametrize("total", totals(1, 2, 3, soaked=(4,)))
def test_time_to_outage_of_every_combination(total: int, rates: Mapping[str, Fraction]) -> None:
    """Mean times to the first outage are those of the first-step equations, in every combination."""
    for one in exact_pool.every(total, rates):
        right = one.time_to_outage
        assert right is not None
        assert exact.relative_error(rj.mean_time_to_outage(of_definition(one)), right) < RTOL, one


def every_chain(total: int, rates: Mapping[str, Fraction]) -> Iterator[Definition]:
    """One combination for every chain that combinations have."""
    seen = set()
    for one in exact_pool.every(total, rates):
        if one.steady not in seen:
            seen.add(one.steady)
            yield one


def check_states(one: Definition, state: Any) -> None:
    """Every probability and the distribution of the servers that are up."""
    rows, logs, of_up, all_failed = right_logs(one.steady)
    assert np.array_equal(state.states, rows), one
    assert gap(state.log_probabilities, logs) < RTOL, one
    assert gap(np.log(state.probabilities), logs) < RTOL, one
    assert gap(state.log_up_servers, of_up) < RTOL, one
    assert abs(state.log_probability_all_failed - all_failed) < RTOL, one


def check_measures(one: Definition, state: Any) -> int:
    """All sums over states; return how many of those that may be 0 are."""
    planned, unplanned = one.mass("planned"), one.mass("unplanned")
    for name, right in (
        ("planned_unavailability", planned),
        ("unplanned_unavailability", unplanned),
        ("unavailability", planned + unplanned),
        ("capacity_availability", one.capacity_availability),
    ):
        assert exact.relative_error(getattr(state, name), right) < RTOL, (name, one)
    assert exact.relative_error(state.cost_rate(PRICES), one.cost_rate(COSTS)) < RTOL, one
    return (planned == 0) + (unplanned == 0)


@cache
def right_logs(steady: Steady) -> tuple[Any, Any, Any, float]:
    """States, natural logarithms of their probabilities, of 0 … N servers up and of all failed."""
    logs = [exact.log_fraction(steady.probabilities[state]) for state in steady.states]
    of_up = [exact.log_fraction(p) for p in steady.up_servers]
    all_failed = exact.log_fraction(steady.mean(lambda state: sum(state[:3]) == 0))
    return np.array(steady.states), np.array(logs), np.array(of_up), all_failed


def gap(found: Any, right: Any) -> float:
    """Largest difference, 0 between equal infinities."""
    found, right = np.asarray(found), np.asarray(right)
    with np.errstate(invalid="ignore"):
        gaps = np.where(found == right, 0.0, np.abs(found - right))
    return float(np.max(gaps, initial=0.0))
