"""The best mean delay of a trigger: against dense grids, closed conditions and exact arithmetic."""

from __future__ import annotations

import math
import random
from fractions import Fraction
from typing import Any

import mpmath
import numpy as np
import pytest
import trigger_truth
from delays import LAWS, RATES, HeavyTail, UserLaw, random_rates, timed
from hypothesis import given, settings
from hypothesis import strategies as st
from optimum_cases import all_costs, rates_of

import rejuvmodel as rj
from rejuvmodel.optimum_period import best_period
from rejuvmodel.period_curve import PeriodCurve
from rejuvmodel.single_server import single_server

INF = math.inf
EQUAL = rj.Costs(failure=1, rejuvenation=1)
EVERY_CLOCK = pytest.mark.parametrize("clock", ["unstable", "service"])
EVERY_LAW = pytest.mark.parametrize("law", [*LAWS, UserLaw(rj.Erlang(3, 5)), HeavyTail(100)], ids=repr)

plain_laws = st.one_of(
    st.sampled_from([rj.Exponential(1), rj.Fixed(1), rj.Uniform(0, 2), rj.Uniform(1, 1.5)]),
    st.integers(2, 60).map(lambda k: rj.Erlang(k, 1)),
    st.floats(0, 4).map(lambda e: rj.Hyperexponential([0.9, 0.1], [1, 10**e])),
    st.lists(st.floats(-2, 2), min_size=1, max_size=5).map(lambda es: rj.Empirical([10**e for e in es])),
)
laws = plain_laws | plain_laws.map(UserLaw)
clocks = st.sampled_from(["unstable", "service"])
bounds_of = st.tuples(
    st.just(0.0) | st.floats(-5, 2).map(lambda e: 10.0**e),
    st.just(INF) | st.floats(2.1, 6).map(lambda e: 10.0**e),
)


def curve_of(model: rj.Cluster, costs: rj.Costs | None) -> PeriodCurve:
    assert model.trigger is not None
    return PeriodCurve(model, model.trigger, costs or EQUAL)


def dense(bounds: tuple[float, float], points: int) -> np.ndarray:
    """Means over the bounds and both ends; 0 and infinity are reached from 1e-9 and 1e12 hours."""
    low, high = max(bounds[0], 1e-9), min(bounds[1], 1e12)
    inner = np.exp(np.linspace(math.log(low), math.log(high), points))[1:-1]
    return np.concatenate([[bounds[0]], inner, [bounds[1]]])


def assert_best(
    n: int, clock: str, law: Any, rates: rj.Rates, costs: rj.Costs | None, bounds: tuple[float, float],
    points: int = 1500,
) -> None:  # fmt: skip
    model = timed(law, clock, n, rates)
    best = rj.optimize(model, costs, bounds=bounds)
    curve = curve_of(model, costs)
    grid = dense(bounds, points)
    values = np.asarray(curve.log_at(grid))
    assert not np.isnan(values).any()
    # Not beaten, certified, and where it says that it is.
    assert best.value == 0 or best.log_value <= values.min() + 1e-6 + 1e-12 * abs(best.log_value)
    assert best.certified
    assert best.bounds == bounds
    ends = {"lower bound": bounds[0], "upper bound": bounds[1], "flat": bounds[1]}
    assert best.period == ends.get(best.location, best.period)
    if best.location == "interior":
        assert bounds[0] < best.period < bounds[1]
    if best.location == "flat":
        assert best.value == 0 or np.ptp(values) <= 1e-9
        assert (best.gain, best.flat_region) == (0, bounds)
    # Consistent with itself.
    assert best.rate == (1 / best.period if best.period else INF)
    if any((costs or EQUAL).to_dict().values()):
        assert best.model == model.with_period(best.period) or isinstance(law, UserLaw | HeavyTail)
        state = rj.solve(best.model)
        found = state.unavailability if costs is None else state.cost_rate(costs)
        assert found == pytest.approx(best.value, rel=1e-10, abs=1e-300)
        assert best.state.unavailability == state.unavailability
        never = rj.solve(model.with_period(INF))
        without = never.unavailability if costs is None else never.cost_rate(costs)
        assert best.without == pytest.approx(without, rel=1e-10, abs=1e-300)
    low, high = best.flat_region
    assert bounds[0] <= low <= best.period <= high <= bounds[1]


@settings(max_examples=40)
@given(st.integers(1, 6), clocks, laws, rates_of, all_costs | st.none(), bounds_of)
def test_no_mean_of_a_dense_grid_is_better(
    n: int, clock: str, law: Any, rates: rj.Rates, costs: rj.Costs | None, bounds: tuple[float, float]
) -> None:
    """No mean in the bounds is better by a millionth; the answer is certified and consistent with itself."""
    assert_best(n, clock, law, rates, costs, bounds)


@pytest.mark.soak
@given(st.integers(1, 6), clocks, laws, rates_of, all_costs | st.none(), bounds_of)
def test_no_mean_of_a_dense_grid_is_better_in_many_draws(
    n: int, clock: str, law: Any, rates: rj.Rates, costs: rj.Costs | None, bounds: tuple[float, float]
) -> None:
    """So it is in thousands more draws on finer grids."""
    assert_best(n, clock, law, rates, costs, bounds, points=10_000)


@settings(max_examples=15)
@given(st.integers(1, 6), clocks, plain_laws, rates_of, all_costs, bounds_of)
def test_a_users_law_gets_the_answer_of_the_librarys(
    n: int, clock: str, law: Any, rates: rj.Rates, costs: rj.Costs, bounds: tuple[float, float]
) -> None:
    """The same law given as two functions has the same best value."""
    ours = rj.optimize(timed(law, clock, n, rates), costs, bounds=bounds)
    theirs = rj.optimize(timed(UserLaw(law), clock, n, rates), costs, bounds=bounds)
    # Below the doubles a law would need a log_laplace of its own.
    assert ours.log_value < -690 or theirs.log_value == pytest.approx(ours.log_value, rel=1e-9, abs=1e-9)


def test_an_exponential_delay_once_unstable_has_the_optimum_of_the_rate() -> None:
    """Optimising the mean of an exponential delay finds 1/λ_r of the exact optimum of the rate."""
    chance = random.Random(8)
    inner = 0
    for _ in range(20):
        rates, n = rj.Rates(**random_rates(chance, (-4, 1))), chance.randint(2, 6)
        costs = rj.Costs(failure=1000, rejuvenation=1, capacity=10 ** chance.uniform(-4, 0))
        mean = rj.optimize(timed(rj.Exponential(1), "unstable", n, rates), costs)
        rate = rj.optimize(rj.Cluster(n, rates), costs)
        assert 0 <= mean.log_value - rate.log_value + 1e-12 * abs(rate.log_value) <= 1e-6
        if rate.location == mean.location == "interior":
            inner += 1
            assert mean.period == pytest.approx(rate.period, rel=1e-5)
    assert inner > 2


# ---------------------------------------------------------------------------- never


@pytest.mark.parametrize("restart", [6.0, 20.0])
@EVERY_CLOCK
@EVERY_LAW
def test_not_worth_having(law: Any, clock: str, restart: float) -> None:
    """With restarts at 6 or 20 per hour no clock of any law is worth having, and the reason says when."""
    model = timed(law, clock, 1, RATES.replace(restart=restart))
    best = rj.optimize(model)
    assert (best.period, best.rate, best.location, best.certified) == (INF, 0, "upper bound", True)
    assert best.gain == 0
    assert "Never rejuvenating is best" in best.reason
    assert "only with a restart rate above 20 per hour, that is a restart shorter than 3 min" in best.reason
    if restart == 20 and clock == "service":
        return  # all delays beyond some weeks are as good, to rounding
    ended = rj.optimize(model, bounds=(10, 5000))
    assert (ended.period, ended.location, ended.certified) == (5000, "upper bound", True)
    assert "above 20 per hour" in ended.reason
    if restart < 20:
        assert "never rejuvenating is better still" in ended.reason
        assert ended.gain < 0


@EVERY_CLOCK
def test_slower_restarts_are_worth_even_less(clock: str) -> None:
    """At 3 restarts per hour never is best as well, by more than at 6."""
    slow, fast = (
        rj.optimize(timed(rj.Fixed(1), clock, 1, RATES.replace(restart=x)), bounds=(10, 5000)) for x in (3, 6)
    )
    assert (slow.period, slow.location, slow.certified) == (5000, "upper bound", True)
    assert slow.gain < fast.gain < 0


@EVERY_LAW
@EVERY_CLOCK
def test_worth_having(law: Any, clock: str) -> None:
    """With restarts at 60 per hour every law saves, more on a clock once unstable than on one of service."""
    best = rj.optimize(timed(law, clock, 1))
    assert best.gain > 0
    assert best.location == ("lower bound" if clock == "unstable" else "interior")
    assert "restart rate above" not in best.reason


def costly(rates: dict[str, float], costs: rj.Costs, law: Any, clock: str) -> Fraction:
    """Exact cost rate of one server with a phase-type law."""
    pi, started = trigger_truth.phase_stationary(1, law, clock, rates)
    return (
        pi["0"] * Fraction(costs.failure)
        + pi["r1"] * (Fraction(costs.rejuvenation) + Fraction(costs.capacity))
        + pi["u1"] * Fraction(costs.degraded)
        + started * Fraction(costs.per_rejuvenation)
    )


@EVERY_CLOCK
def test_the_condition_of_one_server_is_exact(clock: str) -> None:
    """Where the condition says no, no phase-type law of many is better, in exact fractions; else one is."""
    chance = random.Random(5)
    said = {True: 0, False: 0}
    for _ in range(30):
        rates = random_rates(chance, (-2, 1))
        names = ("failure", "rejuvenation", "capacity", "per_rejuvenation", "degraded")
        costs = rj.Costs(**{name: chance.choice([0.0, 10 ** chance.uniform(-2, 2)]) for name in names})
        found = single_server(rj.Rates(**rates), costs, clock)
        never = costly(rates, costs, rj.Exponential(1e18), clock)
        exactly = [
            costly(rates, costs, law, clock) - found.without
            for mean in (1e-3, 1e-2, 0.1, 1, 10, 100, 1e4)
            for law in (
                rj.Exponential(mean),
                rj.Erlang(3, mean),
                rj.Hyperexponential([0.5, 0.5], [mean, mean / 50]),
            )
        ]
        said[found.pays] += 1
        assert float(never) == pytest.approx(float(found.without), rel=1e-9, abs=1e-12)
        if not found.pays:
            assert min(exactly) >= 0
        elif clock == "unstable":
            assert max(exactly) < 0
    assert min(said.values()) > 3


def test_the_condition_for_unavailability_is_the_quotient_of_the_rates() -> None:
    """For equal costs on service it is μ_r > μ(1 + max(λ, λ_f)/min(λ, λ_f)), as fixed delays show."""
    chance = random.Random(6)
    for _ in range(30):
        rates = random_rates(chance, (-2, 1))
        slow, fast = sorted((rates["aging"], rates["failure"]))
        rates["restart"] = rates["repair"] * (1 + fast / slow) * chance.choice([0.5, 0.9, 0.98, 1.02, 1.1, 2])
        pays = Fraction(rates["restart"]) > Fraction(rates["repair"]) * (1 + Fraction(fast) / Fraction(slow))
        assert single_server(rj.Rates(**rates), EQUAL, "service").pays == pays
        with mpmath.workdps(300):
            # Where it hardly pays it does so for long delays alone.
            values = [unavailability(rates, delay) for delay in np.geomspace(1e-2 / fast, 100 / slow, 40)]
            never = unavailability(rates, 1000 / slow)
            assert (min(values) < never) == pays


def unavailability(rates: dict[str, float], delay: Any) -> Any:
    """P_0 + P_{r_1} of one server with a fixed clock of service, in many digits."""
    delay = trigger_truth.precise(delay)
    law = trigger_truth.Truth(lambda s: mpmath.exp(-s * delay), delay)
    weights = trigger_truth.visit_times(1, law, "service", rates)
    return (weights["0"] + weights["r1"]) / mpmath.fsum(weights.values())


# ---------------------------------------------------------------------------- where nothing decides


@EVERY_LAW
def test_where_every_delay_is_as_good(law: Any) -> None:
    """Without costs, without aging once unstable, or without failures, every delay is equally good."""
    free = rj.Costs(failure=0, rejuvenation=0)
    for model, costs, why in (
        (timed(law, "service", 2), free, "no cost applies"),
        (timed(law, "unstable", 2, RATES.replace(aging=0)), None, "never becomes unstable"),
        (timed(law, "service", 2, RATES.replace(failure=0)), None, "never down"),
        (timed(law, "unstable", 2, RATES.replace(failure=0)), None, "never down"),
    ):
        best = rj.optimize(model, costs, bounds=(1, 500))
        assert (best.location, best.value, best.certified, best.flat_region) == ("flat", 0, True, (1, 500))
        assert why in best.reason


def test_what_is_saved_may_be_exactly_what_is_paid() -> None:
    """Where restart is exactly twice repair and λ = λ_f, one server is indifferent once unstable."""
    rates = rj.Rates(aging=0.25, failure=0.25, repair=2, restart=4)
    best = rj.optimize(timed(rj.Fixed(1), "unstable", 1, rates))
    assert (best.location, best.gain) == ("flat", 0)
    assert "costs in restarts, exactly" in best.reason


@EVERY_CLOCK
@EVERY_LAW
def test_without_failures_a_degraded_hour_may_call_for_rejuvenation(law: Any, clock: str) -> None:
    """With λ = 0 a price on degraded hours alone makes short delays best, one on restarts never."""
    rates = RATES.replace(failure=0)
    degraded = rj.optimize(timed(law, clock, 2, rates), rj.Costs(failure=1, rejuvenation=1, degraded=1))
    assert (degraded.period, degraded.value) == (0, 0)
    restarts = rj.optimize(
        timed(law, clock, 2, rates), rj.Costs(failure=1, rejuvenation=1, per_rejuvenation=1)
    )
    assert (restarts.location, restarts.value) == ("upper bound", 0)
    both = rj.Costs(failure=1, rejuvenation=1, degraded=1, per_rejuvenation=10)
    assert_best(2, clock, law, rates, both, (0, INF))


def test_without_aging_a_clock_of_service_is_a_loss() -> None:
    """With λ_f = 0 a clock of service costs restarts and saves nothing: never is best."""
    best = rj.optimize(timed(rj.Fixed(1), "service", 1, RATES.replace(aging=0)))
    assert (best.period, best.value, best.location) == (INF, 0, "upper bound")


# ---------------------------------------------------------------------------- what else is said


def test_break_even_is_where_the_value_meets_that_of_the_upper_bound() -> None:
    """Below the break-even mean it pays, just above it does not, and the reason names it."""
    model = timed(
        rj.Fixed(1), "unstable", 2, rj.Rates(aging=1 / 240, failure=1 / 2160, repair=2, restart=1 / 2)
    )
    best = rj.optimize(model)
    assert (best.location, best.period) == ("lower bound", 0)
    assert best.break_even is not None
    at = [rj.solve(model.with_period(best.break_even * f)).unavailability for f in (1 - 1e-6, 1 + 1e-6)]
    assert at[0] < best.without < at[1]
    assert "It pays only below" in best.reason
    assert "pays only for waits below" in repr(best)


def test_the_minimum_is_where_the_slope_changes() -> None:
    """At the best mean of Garg's form the derivative is 0, to the digits that the flat valley shows."""
    best = rj.optimize(timed(rj.Fixed(1), "service", 1))
    with mpmath.workdps(40):
        rates = {k: v for k, v in RATES.to_dict().items() if v is not None}
        slope = lambda d: 1e20 * mpmath.diff(lambda x: unavailability(rates, x), d)  # noqa: E731
        root = mpmath.findroot(slope, (270, 290), solver="anderson")
    assert best.period == pytest.approx(float(root), rel=1e-6)
    assert best.critical_points == (best.period,)


def test_large_clusters_may_be_searched_without_a_proof() -> None:
    """With certified=False a cluster of a thousand servers is searched, and no grid is better."""
    model = timed(rj.Hyperexponential([0.9, 0.1], [1, 1e4]), "service", 1000)
    costs = rj.Costs(failure=1000, rejuvenation=1, capacity=1)
    best = rj.optimize(model, costs, certified=False)
    values = np.asarray(curve_of(model, costs).log_at(dense((0, INF), 300)))
    assert best.log_value <= values.min() + 1e-6


def test_laws_with_some_delays_of_zero() -> None:
    """A law with delays of 0 falls short of a proof at long means; the search is as good as a dense grid."""
    law, costs = rj.Empirical([0, 0, 1]), rj.Costs(failure=200, rejuvenation=0.5, capacity=0.03)
    model = timed(law, "unstable", 6)
    best = rj.optimize(model, costs, certified=False)
    values = np.asarray(curve_of(model, costs).log_at(dense((0, INF), 1500)))
    assert best.log_value <= values.min() + 1e-9


def test_a_better_mean_between_the_points_of_a_coarse_grid_is_found() -> None:
    """A valley narrower than the grid is found by the proof, which hands over a mean inside it."""
    model = timed(rj.Fixed(1), "service", 3, rj.Rates(aging=1 / 240, failure=1 / 2160, repair=2, restart=60))
    costs = rj.Costs(failure=1000, rejuvenation=1, capacity=1)
    curve = curve_of(model, costs)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rejuvmodel.optimum_period._GRID", 4)
        coarse = best_period(curve, 0.0, INF, insist=True)
    assert coarse.certified
    assert coarse.period == pytest.approx(rj.optimize(model, costs).period, rel=1e-4)


def test_bounds_of_means_may_be_text() -> None:
    """Bounds of means are durations, and what lies on their axis is in hours."""
    best = rj.optimize(timed(rj.Fixed(1), "service", 1), bounds=("1 d", "never"))
    assert best.bounds == (24, INF)
    assert best.to_dict()["bounds"] == [24, INF]
    assert best.to_dict()["trigger"]["clock"] == "service"
    assert best.to_dict()["period"] == best.delay == best.period
    short = rj.optimize(timed(rj.Fixed(1), "service", 1), bounds=("1 h", "10 d"))
    assert (short.location, short.period) == ("upper bound", 240)
    assert "The longest delay of the bounds is best" in short.reason
    assert "never" not in short.reason


def test_the_reason_says_what_is_proved_and_no_more() -> None:
    """A reason claims a millionth where that is proved, a lower value only where one server decides."""
    millionth = "no delay in the bounds has a value lower by more than a millionth (proved)"
    nothing_lower = "no delay in the bounds has a lower value (proved)"
    costs = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
    for model, prices, bounds, start, how in (
        (timed(rj.Fixed(1), "service", 1), None, (1, 5000), "The best delay found lies inside", millionth),
        (timed(rj.Fixed(1), "unstable", 2), None, (0, INF), "At once is best", millionth),
        (timed(rj.Fixed(1), "unstable", 2), None, (1, INF), "The shortest delay of the bounds", millionth),
        (timed(rj.Fixed(1), "unstable", 3), costs, (1, 1440), "The longest delay of the bounds", millionth),
        (timed(rj.Erlang(2, 1), "unstable", 1), None, (0, INF), "At once is best", nothing_lower),
    ):
        best = rj.optimize(model, prices, bounds)
        assert best.reason.startswith(start)
        assert how in best.reason
    large = rj.optimize(timed(rj.Empirical([0, 0, 1]), "unstable", 6), costs, certified=False)
    assert ("(proved)" in large.reason) == large.certified
    assert ("(not proved)" in large.reason) != large.certified


def test_never_may_be_better_than_the_best_inside_the_bounds() -> None:
    """Where the minimum inside finite bounds loses against never, reason, words and gain say so."""
    model = timed(rj.Empirical([1, 2, 400]), "service", 1)
    best = rj.optimize(model, bounds=("1 h", "30 d"))
    assert best.location == "interior"
    assert best.gain < 0
    assert f"never rejuvenating is better still ({best.without:.6g})" in best.reason
    assert "pays" not in repr(best)


def test_a_break_even_against_a_finite_bound_is_no_break_even_against_never() -> None:
    """With a finite upper bound the break-even compares with that bound, and the words say with what."""
    model = timed(
        rj.Fixed(1), "unstable", 2, rj.Rates(aging=1 / 240, failure=1 / 2160, repair=2, restart=1 / 2)
    )
    best = rj.optimize(model, bounds=(0, 2000))
    assert best.gain > 0
    assert best.break_even is not None
    assert rj.solve(model.with_period(best.break_even)).unavailability > best.without
    assert "pays" not in best.reason
    assert "better than the longest delay of the bounds only below" in best.reason
    assert "better than the longest wait below" in repr(best)


@EVERY_CLOCK
def test_the_law_that_was_asked_about_is_named(clock: str) -> None:
    """Where never is best, or at once, the law of a user is named as it is elsewhere."""
    law = UserLaw(rj.Erlang(2, 100))
    for rates in (RATES, RATES.replace(restart=3)):
        best = rj.optimize(timed(law, clock, 1, rates))
        assert best.law == "UserLaw"
        assert "UserLaw" in repr(best)
        assert "best mean delay" in best._repr_html_()
