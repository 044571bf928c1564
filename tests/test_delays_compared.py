"""What is true of a fixed delay against an exponential one of the same mean, and what is not.

The clock from becoming unstable unless it says otherwise. The theory is in ``docs/theory/triggers.md``.
"""

from __future__ import annotations

import random
from typing import Any

import mpmath
import numpy as np
import pytest
import trigger_truth
from delays import RATES, timed
from hypothesis import given, settings
from hypothesis import strategies as st

import rejuvmodel as rj

decades = st.floats(-5, 2).map(lambda e: 10.0**e)
rates_of = st.fixed_dictionaries(dict.fromkeys(("aging", "failure", "repair", "restart"), decades))
means = st.floats(-4, 6).map(lambda e: 10.0**e)
servers = st.integers(1, 6)
ROUNDING = 1e-13


def pair(n: int, rates: dict[str, float], mean: float, clock: str = "unstable") -> list[rj.SteadyState]:
    """Steady states with a fixed and with an exponential delay of the same mean."""
    laws = (rj.Fixed(mean), rj.Exponential(mean))
    return [rj.solve(timed(law, clock, n, rj.Rates(**rates))) for law in laws]


def log_gap(fixed: Any, exponential: Any) -> float:
    """How much larger the first is, in logarithms."""
    return float(np.asarray(fixed) - np.asarray(exponential))


@given(servers, rates_of, means)
def test_more_episodes_end_in_failure(n: int, rates: dict[str, float], mean: float) -> None:
    """At every level the share of unstable episodes that end in failure is larger with a fixed delay."""
    fixed, exponential = pair(n, rates, mean)
    for i in range(1, n + 1):
        # Failures from u_i are i·λ·P_{u_i}, entries λ_f·P_i.
        shares = [s.log_probability(f"u{i}") - s.log_probability(f"{i}") for s in (fixed, exponential)]
        assert shares[0] >= shares[1] - ROUNDING


@given(servers, rates_of, means)
def test_all_down_is_never_rarer(n: int, rates: dict[str, float], mean: float) -> None:
    """P_0 with a fixed delay is never smaller than with an exponential one."""
    fixed, exponential = pair(n, rates, mean)
    scale = max(1.0, abs(exponential.log_probability("0")))
    assert fixed.log_probability("0") >= exponential.log_probability("0") - ROUNDING * scale


def gap_of_unavailability(n: int, rates: dict[str, float], mean: float) -> Any:
    """Unavailability with a fixed delay less that with an exponential one, in many digits."""
    with mpmath.workdps(trigger_truth.DIGITS):
        totals = []
        for law in (rj.Fixed(mean), rj.Exponential(mean)):
            p = trigger_truth.probabilities(n, law, "unstable", rates)
            totals.append(p["0"] + p["r1"])
        return totals[0] - totals[1]


@settings(max_examples=60)
@given(rates_of, means, st.sampled_from([0.5, 0.9, 0.999, 1.001, 1.1, 2]))
def test_one_server_is_worse_off_exactly_where_rejuvenation_pays(
    rates: dict[str, float], mean: float, factor: float
) -> None:
    """For n = 1 a fixed delay is worse in total unavailability iff μ_r/μ > 1 + λ_f/λ."""
    rates = rates | {"restart": factor * rates["repair"] * (1 + rates["aging"] / rates["failure"])}
    assert (gap_of_unavailability(1, rates, mean) > 0) == (factor > 1)


@settings(max_examples=60)
@given(st.integers(2, 5), rates_of, means, st.sampled_from([1.0, 1.001, 2, 100]))
def test_more_servers_are_worse_off_with_fast_restarts(
    n: int, rates: dict[str, float], mean: float, factor: float
) -> None:
    """For n ≥ 2 a fixed delay is worse whenever μ_r ≥ μ(1 + λ_f²/(λ(λ_f + μ)))."""
    aging, failure, repair = (rates[x] for x in ("aging", "failure", "repair"))
    least = repair * (1 + aging**2 / (failure * (aging + repair)))
    rates = rates | {"restart": factor * least * (1 + 1e-12)}
    assert gap_of_unavailability(n, rates, mean) > 0


def test_more_servers_can_be_better_off_with_slow_restarts() -> None:
    """For n = 2 and restarts of two hours a fixed delay is the better one, so the condition is needed."""
    rates = {"aging": 1 / 24, "failure": 1 / 2160, "repair": 2.0, "restart": 0.5}
    assert gap_of_unavailability(2, rates, 1000) < -1e-6


@pytest.mark.parametrize(
    ("restart", "exponential", "fixed"), [(6, 4.1165e-4, 4.0340e-4), (60, 1.50171e-4, 1.52531e-4)]
)
def test_the_figures_at_300_hours(restart: float, exponential: float, fixed: float) -> None:
    """One server at a mean of 300 h: fixed is better with restarts at 6 per hour, worse with 60."""
    rates = {"aging": 1 / 240, "failure": 1 / 2160, "repair": 2.0, "restart": float(restart)}
    found = [state.unavailability for state in pair(1, rates, 300.0)]
    digits = 5e-6 if restart == 60 else 2e-5
    assert found == pytest.approx([fixed, exponential], rel=digits)


def test_none_of_it_holds_for_a_clock_of_service() -> None:
    """Garg's form at a mean of 100 h on service: fixed 2.0734e-4 beats exponential 2.3254e-4."""
    rates = {"aging": 1 / 240, "failure": 1 / 2160, "repair": 2.0, "restart": 60.0}
    fixed, exponential = pair(1, rates, 100.0, "service")
    assert [fixed.unavailability, exponential.unavailability] == pytest.approx(
        [2.0734e-4, 2.3254e-4], rel=3e-5
    )
    assert fixed["0"] < exponential["0"]  # nor is P_0 larger


def test_fixed_delays_are_often_cheaper_with_a_price_on_each_rejuvenation() -> None:
    """With the price of each rejuvenation on top, the cheapest fixed delay often beats the exponential."""
    chance, cheaper = random.Random(3), 0
    costs = rj.Costs(failure=1000, rejuvenation=10, per_rejuvenation=5)
    for _ in range(25):
        rates = RATES.replace(failure=10 ** chance.uniform(-4, -2), restart=10 ** chance.uniform(0, 2))
        fixed, exponential = (
            rj.optimize(timed(law, "unstable", 2, rates), costs).value
            for law in (rj.Fixed(1), rj.Exponential(1))
        )
        cheaper += fixed < exponential * (1 - 1e-9)
    assert cheaper > 5


some_laws = st.one_of(
    st.integers(1, 9).map(lambda k: rj.Erlang(k, 1)),
    st.floats(0, 3).map(lambda e: rj.Hyperexponential([0.8, 0.2], [1, 10**e])),
    st.floats(0, 0.99).map(lambda x: rj.Uniform(x, 2 - x)),
    st.lists(st.floats(-2, 2), min_size=2, max_size=4).map(lambda es: rj.Empirical([10**e for e in es])),
)
prices = st.just(0.0) | st.floats(-2, 2).map(lambda e: 10.0**e)
costs_of = st.fixed_dictionaries(
    dict.fromkeys(("failure", "rejuvenation", "capacity", "per_rejuvenation", "degraded"), prices)
)


@settings(max_examples=60)
@given(st.sampled_from(["unstable", "service"]), some_laws, means, rates_of, costs_of)
def test_one_server_needs_no_other_law_than_a_fixed_delay(
    clock: str, law: Any, mean: float, rates: dict[str, float], prices: dict[str, float]
) -> None:
    """For n = 1 no law of any mean is cheaper than the best fixed delay, 0 and infinity included."""
    costs = rj.Costs(**prices)
    best = rj.optimize(timed(rj.Fixed(1), clock, 1, rj.Rates(**rates)), costs)
    other = rj.solve(timed(law.scaled(mean), clock, 1, rj.Rates(**rates))).log_cost_rate(costs)
    # The best is proved to a millionth.
    assert best.value == 0 or other >= best.log_value - 1.1e-6
