"""Valid input over the whole range of doubles: never a NaN, never a warning, always probabilities.

The counterpart of the tests of bad input: whatever `Rates` and `Costs` accept can be solved.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

import rejuvmodel as rj

LARGEST = 1.7976931348623157e308
EDGES = [5e-324, 2.2250738585072014e-308, 1e-200, 1e-155, 1e-35, 1.0, 1e35, 1e155, 1e200, 1e308, LARGEST]
positive = (
    st.sampled_from(EDGES)
    | st.floats(5e-324, LARGEST)
    | st.floats(-6, 3).map(lambda e: 10.0**e)
    | st.floats(-323, 308).map(lambda e: 10.0**e)
)
zero_or_more = st.just(0.0) | positive
servers = st.sampled_from([1, 2, 3, 5, 16])
rates_of = st.builds(
    rj.Rates,
    aging=zero_or_more,
    failure=zero_or_more,
    repair=positive,
    restart=positive,
    rejuvenation=zero_or_more | st.just(math.inf),
)
costs_of = st.builds(
    rj.Costs,
    **dict.fromkeys(("failure", "rejuvenation", "capacity", "per_rejuvenation", "degraded"), zero_or_more),
)
bounds_of = st.tuples(zero_or_more, positive | st.just(math.inf)).filter(lambda b: b[0] < b[1])
SCALARS = ("availability", "unavailability", "planned_unavailability", "unplanned_unavailability")
solvers = pytest.mark.parametrize("solver", [rj.ClosedForm(), rj.GTH()], ids=lambda s: s.name)


def in_range(model: rj.Cluster) -> bool:
    """Whether n·λ, a rate of the chain, is a double; the chain is refused where it is not."""
    return model.servers * float(model.rates.failure) <= LARGEST


def sound(state: rj.SteadyState) -> bool:
    p, log_p = state.probabilities, state.log_probabilities
    return bool(
        np.all((p >= 0) & (p <= 1))
        and np.all(np.abs(p.sum(axis=-1) - 1) <= 1e-12)
        and np.all(log_p <= 0)
        and not np.isnan(log_p).any()
    )


def no_nan(values: Any) -> bool:
    return not np.isnan(np.asarray(values, dtype=float)).any()


@solvers
@given(n=servers, rates=rates_of)
def test_probabilities_are_probabilities(solver: rj.ClosedForm | rj.GTH, n: int, rates: rj.Rates) -> None:
    """For any rates from subnormal to 1.8e308 all probabilities are in [0, 1] and sum to 1 within 1e-12."""
    model = rj.Cluster(n, rates)
    assume(in_range(model))
    assert sound(rj.solve(model, solver))


@solvers
@given(n=servers, rates=rates_of, costs=costs_of, hours=zero_or_more)
def test_measures_are_numbers(
    solver: rj.ClosedForm | rj.GTH, n: int, rates: rj.Rates, costs: rj.Costs, hours: float
) -> None:
    """For any rates and costs no measure is NaN; unavailabilities are in [0, 1]."""
    model = rj.Cluster(n, rates)
    assume(in_range(model))
    state = rj.solve(model, solver)
    assert all(0 <= getattr(state, name) <= 1 for name in SCALARS)
    assert no_nan([state.nines, state.log_unavailability, state.downtime(hours), state.cost(costs, hours)])
    assert no_nan(
        [state.cost_rate(costs), state.log_cost_rate(costs), state.expected([LARGEST] * (3 * n + 1))]
    )
    assert state.residual is None or 0 <= state.residual < 1e-12
    assert "nan" not in repr(state)


@given(servers, rates_of)
def test_both_roads_agree(n: int, rates: rj.Rates) -> None:
    """Closed form and GTH agree to 1e-12 in every state, for any rates."""
    model = rj.Cluster(n, rates)
    assume(in_range(model))
    rj.agreement(model).check(rtol=1e-12)


@given(servers, st.lists(st.tuples(zero_or_more, zero_or_more, positive, positive, zero_or_more), min_size=1))
def test_grids_of_unlike_points(n: int, points: list[tuple[float, ...]]) -> None:
    """Points of any sizes in one grid do not disturb each other: each has the values that it has alone."""
    names = ("aging", "failure", "repair", "restart", "rejuvenation")
    grid = rj.Cluster(n, rj.Rates(**dict(zip(names, zip(*points, strict=True), strict=True))))
    state = rj.solve(grid)
    assert sound(state)
    for k in range(min(len(points), 5)):
        alone = rj.solve(grid[k])
        assert state.log_probabilities[k] == pytest.approx(alone.log_probabilities, rel=1e-12, abs=1e-12)
        assert state.unavailability[k] == pytest.approx(alone.unavailability, rel=1e-12, abs=0)


@given(st.integers(1, 40), zero_or_more, positive)
def test_reactive(n: int, failure: float, repair: float) -> None:
    """The prior-art model is solved for any rates, by both roads alike."""
    assume(n * failure <= LARGEST)
    model = rj.Reactive(servers=n, failure=failure, repair=repair)
    assert sound(rj.solve(model))
    rj.agreement(model).check(rtol=1e-12)


@given(st.integers(2, 6).flatmap(lambda n: st.lists(zero_or_more, min_size=n * n, max_size=n * n)))
def test_chains_by_hand(entries: list[float]) -> None:
    """Any irreducible chain is solved by GTH; Direct gives probabilities or says that it cannot."""
    n = math.isqrt(len(entries))
    rates = np.array(entries).reshape(n, n)
    rates[np.arange(n), (np.arange(n) + 1) % n] += 1e-3  # a ring holds the states together
    rows = [(f"s{i}", f"s{j}", float(rates[i, j])) for i in range(n) for j in range(n) if i != j]
    chain = rj.MarkovChain.from_transitions(rows, down={"s0": "unplanned"})
    state = rj.solve(chain)
    assert sound(state)
    assert 0 <= state.residual <= 1e-12
    assert 0 <= state.unavailability <= 1
    try:
        other = rj.solve(chain, rj.Direct())
    except rj.ConvergenceError as refusal:
        assert "GTH" in str(refusal)  # noqa: PT017  # a refusal is one of two good answers
        return
    assert sound(other)


@pytest.mark.usefixtures("both_schemes")
def test_a_trigger_rate_far_above_the_restart_rate() -> None:
    """Where λ_r/μ_r is beyond the doubles, every mass is still the one of rejuvenation at once."""
    rates = {"aging": 1, "failure": 1, "repair": 1e-155, "restart": 1 / 128}
    one, limit = (rj.solve(rj.Cluster(1, rj.Rates(**rates, rejuvenation=x))) for x in (1.4e306, math.inf))
    for name in ("rejuvenating", "planned", "rejuvenations"):
        for logarithm in (False, True):
            found, exact = (state.solution.mass(name, logarithm=logarithm) for state in (one, limit))
            assert float(found) == pytest.approx(float(exact), rel=1e-14)


@given(st.sampled_from([1, 2, 4]), rates_of, costs_of | st.none(), bounds_of)
def test_optima_are_numbers(
    n: int, rates: rj.Rates, costs: rj.Costs | None, bounds: tuple[float, float]
) -> None:
    """For any rates, costs and bounds the optimum lies in the bounds and no field is NaN."""
    best = rj.optimize(rj.Cluster(n, rates), costs, bounds)
    low, high = best.flat_region
    assert bounds[0] <= low <= best.rate <= high <= bounds[1]
    assert no_nan([best.value, best.log_value, best.gain, best.without, best.period, *best.critical_points])
    assert all(0 < x < math.inf for x in best.critical_points)
    assert best.break_even is None or bounds[0] < best.break_even < math.inf
    assert "nan" not in repr(best)


@pytest.mark.soak
@given(servers, rates_of, costs_of, bounds_of)
def test_much_valid_input(n: int, rates: rj.Rates, costs: rj.Costs, bounds: tuple[float, float]) -> None:
    """The same for thousands of values: both roads, their agreement, and the optimum of small clusters."""
    model = rj.Cluster(n, rates)
    assert sound(rj.solve(model))
    if in_range(model):
        assert sound(rj.solve(model, rj.GTH()))
        rj.agreement(model).check(rtol=1e-12)
    if n < 5:
        best = rj.optimize(model, costs, bounds)
        assert no_nan([best.rate, best.value, best.log_value, best.gain, *best.flat_region])
