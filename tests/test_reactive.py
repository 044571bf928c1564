"""Reactive: the prior-art model of Fig. 2 by both roads."""

from __future__ import annotations

import json
import math
import pickle
from fractions import Fraction
from typing import Any

import exact
import mpmath
import pytest
import solvers
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj


def solve_exactly(servers: int, failure: float, repair: float) -> dict[str, Fraction]:
    moves = [(f"{i}", f"{i - 1}", i * Fraction(failure)) for i in range(1, servers + 1)]
    moves += [(b, a, Fraction(repair)) for a, b, _ in moves]
    pi = exact.stationary(moves, start=str(servers))
    return {str(i): pi.get(str(i), Fraction(0)) for i in range(servers, -1, -1)}


@pytest.mark.parametrize("servers", [1, 2, 3, 7, 16])
@pytest.mark.parametrize(
    ("failure", "repair"),
    [(1.0, 1.0), (1 / 2160, 0.5), (1e-6, 1e3), (1e3, 1e-6), (0.0, 2.0), (3e-310, 1e300)],
)
@solvers.EVERY_SOLVER
def test_every_probability_is_right(
    case: solvers.SolverCase, failure: float, repair: float, servers: int
) -> None:
    """Each probability above 1e-290 is right to its solver's promise; its logarithm wherever it lies."""
    right = solve_exactly(servers, failure, repair)
    try:
        state = rj.solve(rj.Reactive(servers=servers, failure=failure, repair=repair), case.solver)
    except rj.ConvergenceError:
        assert case.doubles_only
        assert min(p for p in right.values() if p) < solvers.RESOLVED
        return
    assert state.states == tuple(right)
    assert solvers.worst_error(state, right) <= case.rtol
    assert solvers.worst_log_error(state, [exact.log_fraction(p) for p in right.values()]) <= case.rtol


@solvers.EVERY_SOLVER
def test_two_servers_by_hand(case: solvers.SolverCase) -> None:
    """Two servers with failure 1 and repair 2 have weights 2, 2, 1 over 5, and only state 0 is down."""
    state = rj.solve(rj.Reactive(servers=2, failure=1, repair=2), case.solver)
    assert state.probabilities == pytest.approx([0.4, 0.4, 0.2], rel=1e-15)
    assert state.unavailability == state.unplanned_unavailability == pytest.approx(0.2, rel=1e-15)
    assert state.planned_unavailability == 0


def test_costs() -> None:
    """Only the cost of failure applies; nothing is rejuvenated."""
    model = rj.Reactive(servers=2, failure=1, repair=2)
    costs = rj.Costs(failure=10, rejuvenation=100, per_rejuvenation=0, capacity=0, degraded=0)
    for solver in (rj.ClosedForm(), rj.GTH()):
        assert rj.solve(model, solver).cost_rate(costs) == pytest.approx(2, rel=1e-15)


@pytest.mark.parametrize("servers", [50, 1000])
@pytest.mark.parametrize("solver", [rj.ClosedForm(), rj.GTH()], ids=lambda solver: solver.name)
def test_logarithms_far_below_the_doubles(solver: rj.GTH, servers: int) -> None:
    """P_0 by both roads agrees with (λ/μ)^n n! P_n in 60 digits where it underflows."""
    state = rj.solve(rj.Reactive(servers=servers, failure=1e-12, repair=1.0), solver)
    with mpmath.workdps(60):
        ratio = mpmath.mpf(Fraction(1e-12).numerator) / Fraction(1e-12).denominator
        weights = [mpmath.mpf(1)]
        for k in range(servers):
            weights.append(weights[-1] * ratio * (servers - k))
        total = mpmath.fsum(weights)
        right = [float(exact.logarithm(weight / total)) for weight in weights]
    assert solvers.worst_log_error(state, right) <= 1e-12


@given(st.integers(1, 12), st.floats(1e-6, 1e3), st.floats(1e-6, 1e3))
def test_both_roads_agree(servers: int, failure: float, repair: float) -> None:
    """Closed form and elimination agree to 1e-13."""
    rj.agreement(rj.Reactive(servers=servers, failure=failure, repair=repair)).check(rtol=1e-13)


def test_nothing_fails() -> None:
    """With failure rate 0 all servers stay up."""
    state = rj.solve(rj.Reactive(servers=3, failure=0, repair=1))
    assert state.probabilities.tolist() == [1, 0, 0, 0]
    assert state.log_unavailability == -math.inf


def test_values() -> None:
    """Reactive models compare by value and survive pickling and `to_dict`."""
    model = rj.Reactive(servers=2, failure=1, repair=2)
    assert pickle.loads(pickle.dumps(model)) == model
    assert rj.Reactive(**json.loads(json.dumps(model.to_dict()))) == model
    assert model.shape == ()
    assert model.states == ("2", "1", "0")


@pytest.mark.parametrize("bad", [-1, math.nan, math.inf, True, None, "1", 1j, {"a": 1}, [], [1.0, 2.0]])
@pytest.mark.parametrize("name", ["failure", "repair"])
def test_bad_rates(name: str, bad: Any) -> None:
    """A rate that is no finite number of at least 0, or an array, is refused by name."""
    with pytest.raises(rj.InvalidInputError) as refused:
        rj.Reactive(**({"servers": 2, "failure": 1.0, "repair": 2.0} | {name: bad}))
    assert name in refused.value.argument


@pytest.mark.parametrize("servers", [0, 2.5, True, None, "2"])
def test_bad_servers(servers: Any) -> None:
    """Servers must be a whole number of at least 1."""
    with pytest.raises(rj.InvalidInputError, match="servers"):
        rj.Reactive(servers=servers, failure=1, repair=1)


def test_no_repair() -> None:
    """A repair rate of 0 is refused."""
    with pytest.raises(rj.InvalidInputError, match="repair"):
        rj.Reactive(servers=2, failure=1, repair=0)


def test_failure_rate_beyond_the_floats() -> None:
    """Where n·λ does not fit a float the chain is refused in words; the closed form still answers."""
    model = rj.Reactive(servers=4, failure=1e308, repair=1)
    with pytest.raises(rj.InvalidInputError, match=r"n·λ must fit a float"):
        rj.solve(model, rj.GTH())
    right = [exact.log_fraction(p) for p in solve_exactly(4, 1e308, 1).values()]
    assert solvers.worst_log_error(rj.solve(model), right) <= 1e-13


def test_beyond_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    """A model that would not fit in memory is refused with an estimate."""
    monkeypatch.setattr("rejuvmodel.memory.available_bytes", lambda: 1e6)
    with pytest.raises(rj.SizeError, match=r"would need about .*; 1 MB are available"):
        rj.solve(rj.Reactive(servers=10**9, failure=1, repair=1))
