"""The best rejuvenation rate under Eq. 3: the theorem, the break-even rate and the limits."""

from __future__ import annotations

import sys
from fractions import Fraction as F

import exact
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from optimum_cases import (
    EQUAL,
    HUMP,
    INF,
    WEB,
    WEB_COSTS,
    all_costs,
    bounds_of,
    defined,
    eq3_costs,
    not_beaten,
    rates_of,
)

from rejuvmodel import Cluster, Costs, Rates, optimize
from rejuvmodel.optimum import UNAVAILABILITY

# The theorem: under Eq. 3 one critical point at most, a maximum.


@given(st.integers(1, 8), rates_of, eq3_costs)
def test_equation_3_has_one_critical_point_and_it_is_a_maximum(n: int, rates: Rates, costs: Costs) -> None:
    """Under Eq. 3 there is at most one critical point, and the chain costs less on both sides of it."""
    best = optimize(Cluster(n, rates), costs)
    assert len(best.critical_points) <= (n > 1)
    for x in best.critical_points:
        top = defined(n, rates, costs, x)
        assert defined(n, rates, costs, x * 0.999) < top > defined(n, rates, costs, x * 1.001)


@given(st.integers(1, 8), rates_of, eq3_costs | st.none(), bounds_of)
def test_equation_3_is_best_at_an_end(
    n: int, rates: Rates, costs: Costs | None, bounds: tuple[float, float]
) -> None:
    """Under Eq. 3 the best rate is an end of the interval and no rate of a dense grid is better."""
    best = optimize(Cluster(n, rates), costs, bounds)
    assert best.rate in bounds
    assert best.location in ("lower bound", "upper bound", "flat")
    prices = UNAVAILABILITY if costs is None else costs
    assert not_beaten(best, prices, 200)
    low, high = (defined(n, rates, prices, x) for x in bounds)
    assert best.location == (
        "flat"
        if low == high == 0 and costs == Costs(failure=0, rejuvenation=0)
        else "lower bound"
        if low <= high
        else "upper bound"
    )


def test_a_lower_and_an_upper_end_that_tie_go_to_the_lower() -> None:
    """Where both ends cost the same the lower, which rejuvenates less, is taken."""
    best = optimize(Cluster(2, HUMP), Costs(failure=0, rejuvenation=1))
    assert (best.rate, best.location, best.value) == (0.0, "lower bound", 0.0)


# The break-even rate.


@given(rates_of, eq3_costs)
def test_break_even_of_the_duplex(rates: Rates, costs: Costs) -> None:
    """For n = 2 from rate 0 the break-even rate is (b·s_0 − a·s_1)/(a·s_2)."""
    assume(costs.failure > 0)
    weights = [exact.cluster_stationary(2, **(rates.to_dict() | {"rejuvenation": x})) for x in (0, 1, 2)]
    at_0, at_1, at_2 = (1 / pi["0"] for pi in weights)
    s = (at_0, 2 * at_1 - (3 * at_0 + at_2) / 2, (at_0 - 2 * at_1 + at_2) / 2)
    a, b = F(costs.failure), F(costs.rejuvenation) * weights[1]["r1"] / weights[1]["0"]
    x = (b * s[0] - a * s[1]) / (a * s[2])
    found = optimize(Cluster(2, rates), costs).break_even
    assert found is None if x <= 0 else found == pytest.approx(float(x), rel=1e-15)


@given(st.integers(2, 8), rates_of, eq3_costs, st.floats(0, 0.99))
def test_break_even_is_where_the_value_of_the_lower_end_returns(
    n: int, rates: Rates, costs: Costs, share: float
) -> None:
    """The break-even rate is the x ≠ lo with f(x) = f(lo): above lo before it, below lo after it."""
    hump = optimize(Cluster(n, rates), costs).critical_points
    low = share * hump[0] if hump else share
    best = optimize(Cluster(n, rates), costs, (low, INF))
    at_low = defined(n, rates, costs, low)
    if best.break_even is None:
        assert not hump or defined(n, rates, costs, INF) == at_low == 0 or not costs.failure
        return
    x = F(best.break_even)
    assert low < hump[0] < x
    assert defined(n, rates, costs, x * F(1 - 1e-12)) > at_low
    if x < F(sys.float_info.max):  # which stands for all that lies beyond it
        assert at_low > defined(n, rates, costs, x * F(1 + 1e-12))


def test_published_break_even() -> None:
    """The duplex of the break-even figures pays only above the printed x*."""
    for figure in exact.published("break-even"):
        best = optimize(Cluster(2, Rates(**figure["rates"])), bounds=(0, 10))
        if figure["quantity"] == "break_even":
            assert best.break_even == pytest.approx(figure["value"], rel=figure["rtol"])
        elif figure["name"] == "f(10)":
            assert best.value == pytest.approx(figure["value"], rel=figure["rtol"])
        elif figure["name"] == "f(0)":
            assert best.without == pytest.approx(figure["value"], rel=figure["rtol"])


def test_bounds_on_both_sides_of_the_break_even_rate() -> None:
    """With the upper bound below break-even the lower is best, with it above the upper is."""
    star = 0.014763161922252832
    below = optimize(Cluster(2, HUMP), bounds=(0, star * (1 - 1e-9)))
    above = optimize(Cluster(2, HUMP), bounds=(0, star * (1 + 1e-9)))
    assert (below.location, above.location) == ("lower bound", "upper bound")
    assert "pays only above 0.0147632 per hour (mean wait below 2.822 d), which is outside" in below.reason
    assert "pays only above 0.0147632" in above.reason
    assert "faster than the bounds allow would be better still" in above.reason


def test_right_of_the_maximum_it_pays_at_once() -> None:
    """A lower bound right of the maximum has no break-even rate."""
    (top,) = optimize(Cluster(2, HUMP)).critical_points
    assert optimize(Cluster(2, HUMP), bounds=(top * 1.01, INF)).break_even is None
    assert optimize(Cluster(2, HUMP), bounds=(top * 0.99, INF)).break_even == pytest.approx(
        top * 1.01, rel=1e-3
    )


# One server.


@given(rates_of, eq3_costs)
def test_one_server_pays_iff_the_condition_holds(rates: Rates, costs: Costs) -> None:
    """For n = 1 rejuvenation pays iff C_r(λ+λ_f+λλ_f/μ)/μ_r < C_f·λ(1+λ_f/μ_r)/μ."""
    aging, fails, repair, restart = (F(r) for r in (rates.aging, rates.failure, rates.repair, rates.restart))
    left = F(costs.rejuvenation) * (fails + aging + fails * aging / repair) / restart
    right = F(costs.failure) * fails * (1 + aging / restart) / repair
    expected = "flat" if left == right else "upper bound" if left < right else "lower bound"
    best = optimize(Cluster(1, rates), costs)
    assert (best.location, best.critical_points) == (expected, ())


@pytest.mark.parametrize(
    ("rates", "costs"),
    [
        (Rates(aging=0.5, failure=0.25, repair=2, restart=6), None),
        (Rates(aging=0.5, failure=0.25, repair=2, restart=6), EQUAL),
        (Rates(aging=1, failure=1, repair=0.5, restart=3), Costs(failure=1, rejuvenation=2)),
    ],
)
def test_one_server_in_balance_is_flat(rates: Rates, costs: Costs | None) -> None:
    """With exact equality for n = 1 every rate is as good as another, and the reason says why."""
    best = optimize(Cluster(1, rates), costs, (0, 10))
    assert (best.location, best.rate, best.flat_region) == ("flat", 0.0, (0.0, 10.0))
    assert "saves" in best.reason
    assert best.gain == pytest.approx(0, abs=1e-16)


@pytest.mark.parametrize("low", [0.01, 0.25, 0.75, 3.0])
def test_flat_has_no_gain(low: float) -> None:
    """Where every rate is equally good the gain is exactly 0, from whatever lower bound."""
    best = optimize(Cluster(1, Rates(aging=0.5, failure=0.25, repair=1, restart=3)), EQUAL, (low, 10))
    assert (best.location, best.rate, best.gain) == ("flat", low, 0.0)


@pytest.mark.parametrize(("restart", "location"), [(6 + 2**-49, "upper bound"), (6 - 2**-49, "lower bound")])
def test_one_server_next_to_balance_is_not_flat(restart: float, location: str) -> None:
    """One unit in the last place of the restart rate beside equality decides the location."""
    rates = Rates(aging=0.5, failure=0.25, repair=2, restart=restart)
    assert optimize(Cluster(1, rates)).location == location


@given(rates_of, all_costs, bounds_of)
def test_one_server_never_has_an_interior_optimum(
    rates: Rates, costs: Costs, bounds: tuple[float, float]
) -> None:
    """For n = 1 no costs make an interior optimum."""
    best = optimize(Cluster(1, rates), costs, bounds)
    assert best.critical_points == ()
    assert best.location != "interior"
    assert not_beaten(best, costs, 100)


# Limits.


@pytest.mark.parametrize("n", [1, 2, 5])
def test_at_once_has_the_value_of_the_limit(n: int) -> None:
    """At rate ∞ the value is λ_f(C_cap + [n=1]C_r + μ_r C_per)/(μ_r+λ_f), which no finite rate attains."""
    costs = Costs(failure=1e6, rejuvenation=2, capacity=0.5, per_rejuvenation=0.25, degraded=1e5)
    best = optimize(Cluster(n, WEB), costs)
    limit = WEB.aging * (0.5 + (n == 1) * 2 + 3 * 0.25) / (3 + WEB.aging)
    assert (best.rate, best.period, best.location) == (INF, 0.0, "upper bound")
    assert best.value == pytest.approx(limit, rel=1e-14)
    assert f"falls towards {limit:.6g}" in best.reason
    assert "no finite rate attains it" in best.reason


@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_free_is_flat(n: int) -> None:
    """With no cost at all every rate is as good as another."""
    best = optimize(Cluster(n, WEB), Costs(failure=0, rejuvenation=0), (0, 5))
    assert (best.location, best.value, best.log_value, best.gain) == ("flat", 0.0, -INF, 0.0)
    assert (best.flat_region, best.break_even) == ((0.0, 5.0), None)
    assert "no cost applies" in best.reason


@pytest.mark.parametrize("n", [1, 2, 7, 100])
def test_without_aging_is_flat(n: int) -> None:
    """With aging rate 0 every rate is as good as another, whatever it costs."""
    rates = WEB.replace(aging=0)
    best = optimize(Cluster(n, rates), Costs(failure=3, rejuvenation=1) if n > 64 else WEB_COSTS)
    assert (best.location, best.value) == ("flat", 0.0)
    assert "aging rate 0" in best.reason


@pytest.mark.parametrize("n", [2, 7, 100])
def test_without_failures_several_servers_are_never_down(n: int) -> None:
    """With failure rate 0 and n ≥ 2 the unavailability is 0 at every rate, and the reason says so."""
    best = optimize(Cluster(n, WEB.replace(failure=0)))
    assert (best.location, best.value, best.log_value) == ("flat", 0.0, -INF)
    assert "never down" in best.reason


def test_without_failures_one_server_is_best_left_alone() -> None:
    """With failure rate 0 a simplex is down only for rejuvenation."""
    best = optimize(Cluster(1, WEB.replace(failure=0)))
    assert (best.location, best.rate, best.period, best.value) == ("lower bound", 0.0, INF, 0.0)


@given(st.integers(1, 8), rates_of)
def test_free_rejuvenation_always_pays(n: int, rates: Rates) -> None:
    """With C_r = 0 the cost falls strictly with the rate."""
    best = optimize(Cluster(n, rates), Costs(failure=1, rejuvenation=0))
    assert (best.location, best.rate, best.break_even, best.critical_points) == ("upper bound", INF, None, ())


@given(st.integers(1, 8), rates_of)
def test_free_failures_never_pay(n: int, rates: Rates) -> None:
    """With C_f = 0 never is best: the cost rises for n = 1, and is 0 at both ends for n ≥ 2."""
    best = optimize(Cluster(n, rates), Costs(failure=0, rejuvenation=1))
    assert (best.location, best.rate, best.value, best.break_even) == ("lower bound", 0.0, 0.0, None)
    assert len(best.critical_points) == (n > 1)
    assert best.flat_region == (0.0, 0.0)
