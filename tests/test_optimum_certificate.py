"""Optima inside the bounds: the certificate, the search without one, and large clusters."""

from __future__ import annotations

from fractions import Fraction as F
from itertools import pairwise

import exact
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from optimum_cases import (
    HUMP,
    INF,
    WEB,
    WEB_COSTS,
    all_costs,
    bounds_of,
    defined,
    not_beaten,
    rates_of,
)

from rejuvmodel import Cluster, Costs, Rates, SizeError, optimize, solve
from rejuvmodel.optimum import CERTIFIED_SERVERS, _break_even, _exact
from rejuvmodel.optimum_search import Curve, best_by_search, break_even_by_search
from rejuvmodel.polynomials.cost import CostQuotient, cost_quotient

# Interior optima.


@given(st.integers(2, 8), rates_of, all_costs, bounds_of)
@settings(max_examples=120)
def test_nothing_on_a_grid_is_better(n: int, rates: Rates, costs: Costs, bounds: tuple[float, float]) -> None:
    """With all costs no rate of a dense grid is better than the best, which is certified."""
    best = optimize(Cluster(n, rates), costs, bounds)
    assert best.certified
    assert bounds[0] <= best.flat_region[0] <= best.rate <= best.flat_region[1] <= bounds[1]
    assert not_beaten(best, costs, 400)
    if best.location == "interior":
        at_best = defined(n, rates, costs, best.rate)
        assert at_best < min(defined(n, rates, costs, x) for x in bounds)
        assert best.value == pytest.approx(float(at_best), rel=1e-12)


def test_interior_minimum_of_the_web_tier() -> None:
    """The derivative changes its sign from − to + at the interior optimum, which 2000 rates do not beat."""
    best = optimize(Cluster(2, WEB), WEB_COSTS, (0, 10))
    assert (best.location, best.critical_points) == ("interior", (best.rate,))
    here = defined(2, WEB, WEB_COSTS, best.rate)
    for far, near in pairwise([0.9, 0.99, 0.9999, 1]):
        assert (
            defined(2, WEB, WEB_COSTS, best.rate * far) > defined(2, WEB, WEB_COSTS, best.rate * near) >= here
        )
    for near, far in pairwise([1, 1.0001, 1.01, 1.1]):
        assert (
            here <= defined(2, WEB, WEB_COSTS, best.rate * near) < defined(2, WEB, WEB_COSTS, best.rate * far)
        )
    assert not_beaten(best, WEB_COSTS)
    assert "the one critical point was isolated exactly" in best.reason


def test_bounds_around_the_interior_minimum() -> None:
    """Bounds that just exclude the minimum are best at the end next to it."""
    x = optimize(Cluster(2, WEB), WEB_COSTS).rate
    ends = {
        (0, INF): "interior",
        (0, x * (1 + 1e-9)): "interior",
        (x * (1 - 1e-9), INF): "interior",
        (0, x * (1 - 1e-9)): "upper bound",
        (x * (1 + 1e-9), INF): "lower bound",
        (x * 2, x * 3): "lower bound",
    }
    for bounds, location in ends.items():
        best = optimize(Cluster(2, WEB), WEB_COSTS, bounds)
        assert best.location == location
        assert best.rate == {"interior": x, "lower bound": bounds[0], "upper bound": bounds[1]}[location]


def test_lower_end_beats_the_local_minimum() -> None:
    """In the published example never is best although there is a local minimum at the printed rate."""
    place = next(f for f in exact.published("lower-end-wins") if f["quantity"] == "critical_point")
    rates, costs = Rates(**place["rates"]), Costs(**place["costs"])
    best = optimize(Cluster(3, rates), costs)
    assert (best.location, best.rate, best.break_even) == ("lower bound", 0.0, None)
    assert len(best.critical_points) == 2
    assert best.critical_points[1] == pytest.approx(place["value"], rel=place["rtol"])
    assert best.reason == "Never rejuvenating is best: no higher rate gives a lower value."
    for figure in exact.published("lower-end-wins"):
        if figure["quantity"] == "cost_rate":
            value = Curve(Cluster(3, rates), costs).at(figure["rates"]["rejuvenation"])
            assert value == pytest.approx(figure["value"], rel=figure["rtol"])


def test_two_critical_points_are_named_in_the_reason() -> None:
    """Right of the maximum of that example the minimum is best, and both critical points are counted."""
    place = next(f for f in exact.published("lower-end-wins") if f["quantity"] == "critical_point")
    cluster, costs = Cluster(3, Rates(**place["rates"])), Costs(**place["costs"])
    top, dip = optimize(cluster, costs).critical_points
    best = optimize(cluster, costs, (top, INF))
    assert (best.location, best.rate) == ("interior", dip)
    assert "all 2 critical points were isolated exactly" in best.reason


def test_interior_minimum_beyond_a_break_even_rate() -> None:
    """Where a small rate hurts and a larger one inside is best, the reason names the break-even rate."""
    place = next(f for f in exact.published("lower-end-wins") if f["quantity"] == "critical_point")
    cluster, costs = Cluster(3, Rates(**place["rates"])), Costs(**place["costs"] | {"capacity": 0.02})
    best = optimize(cluster, costs)
    top, dip = best.critical_points
    assert best.break_even is not None
    assert (best.location, best.rate) == ("interior", dip)
    assert top < best.break_even < dip
    assert best.reason.endswith(f"It pays only above {best.break_even:.6g} per hour.")


# Polynomials made by hand: what the chain may never show.


def quotient(*numerator: int) -> CostQuotient:
    return CostQuotient(list(numerator), [1], F(1), 1)


def test_a_root_of_even_multiplicity_is_no_extremum() -> None:
    """A rising curve with a level point is best at the lower end; the point is listed as critical."""
    f = quotient(0, 3, -3, 1)  # 1 + (x − 1)³
    assert _exact(f, 0.0, 3.0) == (0.0, "lower bound", (1.0,))
    assert _break_even(f, 0.0) is None


def test_a_minimum_that_ties_with_the_lower_end_goes_to_the_lower_end() -> None:
    """Where an interior minimum equals the value at the lower end the lower end is taken."""
    assert _exact(quotient(0, 1, -2, 1), 0.0, 3.0)[:2] == (0.0, "lower bound")  # x(x − 1)²


def test_touching_the_level_is_no_break_even() -> None:
    """A curve that only touches its value at the lower end never falls below it."""
    assert _break_even(quotient(0, 1, -2, 1), 0.0) is None


def test_falling_first_has_no_break_even() -> None:
    """A curve that falls, rises above its start and falls again pays from the start on."""
    f = quotient(0, -6, 11, -6, 1, 0)  # −x(x−1)(x−2)(x−3) with its sign turned
    assert _break_even(f, 0.0) is None
    assert _break_even(f, 1.0) == 2.0


@pytest.mark.parametrize("start", [1.0, 0.7, 1 / 3, 1e-9])
@pytest.mark.parametrize("sign", [-1, 1])
def test_break_even_from_a_critical_point(start: float, sign: int) -> None:
    """From a minimum the next fall below it is the break-even rate; from a maximum it pays at once."""
    scale = F(start).denominator
    root = int(F(start) * scale)
    # ± (X − root)² (X − 3 root): a minimum or maximum at the root, a crossing at three times the root.
    cubic = [sign * c for c in (-3 * root**3, 7 * root**2, -5 * root, 1)]
    f = CostQuotient(cubic, [1], F(1), scale)
    assert _break_even(f, start) == (None if sign > 0 else pytest.approx(3 * start, rel=1e-15))


# Large clusters.


def test_certificate_up_to_its_size() -> None:
    """Further costs are certified up to 64 servers and refused beyond, unless certified=False."""
    assert optimize(Cluster(CERTIFIED_SERVERS, WEB), WEB_COSTS).certified
    large = Cluster(CERTIFIED_SERVERS + 1, WEB)
    with pytest.raises(SizeError, match=r"certified.*at most 64 servers, got 65.*certified=False"):
        optimize(large, WEB_COSTS)
    best = optimize(large, WEB_COSTS, certified=False)
    assert not best.certified
    assert not_beaten(best, WEB_COSTS)
    assert optimize(large, Costs(failure=5, rejuvenation=1)).certified


def test_search_says_that_it_proved_nothing() -> None:
    """An interior optimum by search is named as such."""
    slow = Cluster(65, Rates(aging=0.1, failure=0.1, repair=0.1, restart=3))
    best = optimize(slow, WEB_COSTS, certified=False)
    assert best.location == "interior"
    assert "numerical search, not proved" in best.reason
    assert "not certified" in repr(best)


@given(st.integers(1, 8), rates_of, all_costs, bounds_of)
def test_search_finds_what_the_certificate_proves(
    n: int, rates: Rates, costs: Costs, bounds: tuple[float, float]
) -> None:
    """The search agrees with the exact optimum in value to 1e-9 wherever both can be used."""
    curve = Curve(Cluster(n, rates), costs)
    proved = optimize(curve.cluster, costs, bounds)
    rate, _, _ = best_by_search(curve, *bounds)
    found = float(curve.log_at(rate))
    assert found == proved.log_value or found - proved.log_value <= 1e-9 * max(1.0, abs(found))


def test_search_between_narrow_bounds() -> None:
    """The search finds a minimum that lies close to either bound."""
    curve = Curve(Cluster(2, WEB), WEB_COSTS)
    x = optimize(curve.cluster, WEB_COSTS).rate
    for bounds in ((x * 0.7, x * 50), (x / 50, x * 1.4), (x * 0.9, x * 1.1)):
        rate, location, _ = best_by_search(curve, *bounds)
        assert (rate, location) == (pytest.approx(x, rel=1e-5), "interior")


def test_search_knows_no_break_even_where_it_pays_at_once() -> None:
    """From a bound just left of a minimum the curve falls first: the search finds no break-even rate."""
    curve = Curve(Cluster(2, WEB), WEB_COSTS)
    assert break_even_by_search(curve, optimize(curve.cluster, WEB_COSTS).rate * 0.9) is None


def test_a_narrow_hump_beside_the_bound_is_seen() -> None:
    """A rise above the lower bound, narrower than the steps of the grid, still gives a break-even rate."""
    rates = Rates(aging=0.17943462442492472, failure=1, repair=1, restart=3.651741272548377e-05)
    costs = Costs(failure=0, rejuvenation=0.1778279410038923, capacity=0.005829415347136074)
    low = 0.1810558243027122
    exact = _break_even(cost_quotient(6, rates, costs), low)
    assert break_even_by_search(Curve(Cluster(6, rates), costs), low) == pytest.approx(exact, rel=1e-6)


@given(st.integers(1, 8), rates_of, all_costs, st.just(0.0) | st.floats(-4, 2).map(lambda e: 10.0**e))
def test_break_even_by_search_is_the_exact_one(n: int, rates: Rates, costs: Costs, low: float) -> None:
    """The break-even rate found by search is the exact one to 1e-6, none where there is none."""
    curve = Curve(Cluster(n, rates), costs)
    found = break_even_by_search(curve, low)
    proved = _break_even(cost_quotient(n, rates, costs), low)
    if found is not None and proved is not None:
        assert found == pytest.approx(proved, rel=1e-6)
        return
    # A rise or fall that is lost in the rounding of the logarithms goes unseen.
    assert found is None
    if proved is not None:
        level = float(curve.log_at(low))
        between = np.asarray(curve.log_at(np.geomspace(max(low, proved * 1e-6), proved, 100)))
        beyond = np.asarray(curve.log_at(np.geomspace(proved, proved * 1e6, 100)))
        slack = 1e-10 * max(1.0, abs(level))
        assert between.max() <= level + slack or beyond.min() >= level - slack


@pytest.mark.parametrize("n", [65, 100, 1000])
def test_large_clusters_that_pay_at_once(n: int) -> None:
    """With a fast restart large clusters have no break-even rate: rounding is not taken for a rise."""
    best = optimize(Cluster(n, HUMP.replace(restart=60)))
    assert (best.location, best.rate, best.break_even) == ("upper bound", INF, None)


def test_large_flat_region_sees_the_maximum_inside() -> None:
    """Beyond the certificate the flat region does not reach across a maximum inside the bounds."""
    assert optimize(Cluster(100, HUMP), Costs(failure=0, rejuvenation=1)).flat_region == (0.0, 0.0)


def test_ten_thousand_servers_by_the_theorem() -> None:
    """At 10,000 servers Eq. 3 is certified, and the logarithm is finite where the value underflows."""
    best = optimize(Cluster(10_000, HUMP), bounds=(0, 1))
    assert (best.certified, best.location, best.rate, best.value) == (True, "upper bound", 1.0, 0.0)
    assert -1e6 < best.log_value < -1e4
    assert best.log_value < solve(best.model.with_rejuvenation(0)).log_unavailability
