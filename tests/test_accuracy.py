"""Every solver in every regime against exact rational arithmetic, entry by entry."""

from __future__ import annotations

import math
import random
import sys
from fractions import Fraction

import exact
import pytest
import solvers

import rejuvmodel as rj

EXTREMES = (0.0, 5e-324, 3e-310, 1e-300, 1e-160, 1e-12, 1.0, 7e11, 1e150, 1e300, 1.7e308)
LARGEST = Fraction(sys.float_info.max)


@solvers.EVERY_CASE
def test_every_probability_is_right(one: solvers.Case) -> None:
    """Each probability above 1e-290 is as accurate as its solver promises, and exact zeros are 0."""
    pi = solvers.truth(one.servers, one.regime.rates)
    assert solvers.worst_error(solvers.solution(one), pi) <= one.case.rtol


@solvers.EVERY_CASE
def test_every_log_probability_is_right(one: solvers.Case) -> None:
    """Each log-probability is as accurate, times max(1, |log p|); it is −inf for an exact 0."""
    pi = solvers.truth(one.servers, one.regime.rates)
    logarithms = [exact.log_fraction(p) for p in pi.values()]
    assert solvers.worst_log_error(solvers.solution(one), logarithms) <= one.case.rtol


@solvers.EVERY_CASE
def test_measures_are_right(one: solvers.Case) -> None:
    """Planned, unplanned and total unavailability and the rate of all five costs are as accurate."""
    state = solvers.solution(one)
    pi = solvers.truth(one.servers, one.regime.rates)
    right = exact.measures(one.servers, pi, one.regime.rates["restart"], **solvers.COSTS)
    for found, exactly in (
        (state.planned_unavailability, right.planned),
        (state.unplanned_unavailability, right.unplanned),
        (state.unavailability, right.unavailability),
        (state.cost_rate(rj.Costs(**solvers.COSTS)), right.cost_rate),
    ):
        if exactly == 0 or exactly >= solvers.RESOLVED:
            assert exact.relative_error(found, exactly) <= one.case.rtol


@solvers.EVERY_CASE
def test_log_measures_are_right(one: solvers.Case) -> None:
    """The logarithms of unavailability and cost rate are right wherever the values lie."""
    state = solvers.solution(one)
    pi = solvers.truth(one.servers, one.regime.rates)
    right = exact.measures(one.servers, pi, one.regime.rates["restart"], **solvers.COSTS)
    unavailability = exact.log_fraction(right.unavailability)
    cost = exact.log_fraction(right.cost_rate)
    assert solvers.log_error(state.log_unavailability, unavailability) <= one.case.rtol
    assert solvers.log_error(state.log_cost_rate(rj.Costs(**solvers.COSTS)), cost) <= one.case.rtol


@pytest.mark.parametrize("cost", solvers.COSTS)
@solvers.EVERY_SOLVER
def test_each_cost_alone(case: solvers.SolverCase, cost: str) -> None:
    """Each of the five costs, alone, is charged for the states it belongs to."""
    rates = solvers.regime("draw 3").rates
    state = rj.solve(rj.Cluster(4, rj.Rates(**rates)), solver=case.solver)
    right = exact.measures(4, solvers.truth(4, rates), rates["restart"], **{cost: 17.5})
    costs = rj.Costs(**({"failure": 0, "rejuvenation": 0} | {cost: 17.5}))
    assert exact.relative_error(state.cost_rate(costs), right.cost_rate) <= case.rtol


@pytest.mark.parametrize("regime", solvers.REGIMES, ids=lambda regime: regime.name)
@solvers.EVERY_SOLVER
def test_balance_and_sum(case: solvers.SolverCase, regime: exact.Regime) -> None:
    """In every state inflow is outflow to the promised accuracy, and the probabilities sum to one."""
    one = solvers.Case(case, regime, 6)
    state = solvers.solution(one)
    pi = {label: Fraction(float(p)) for label, p in zip(state.states, state.probabilities, strict=True)}
    assert abs(float(sum(pi.values()) - 1)) <= 4e-15
    moves = exact.cluster_transitions(6, **regime.rates)
    throughput = dict.fromkeys(pi, Fraction(0))
    for origin, target, rate in moves:
        throughput[origin] += pi[origin] * rate
        throughput[target] += pi[origin] * rate
    for label, net in exact.balance(moves, pi).items():
        if pi[label] > solvers.RESOLVED:
            assert abs(net) <= case.rtol * throughput[label]


@pytest.mark.parametrize("servers", [50, 1000])
@pytest.mark.parametrize("solver", [rj.ClosedForm(), rj.GTH()], ids=lambda solver: solver.name)
@pytest.mark.parametrize("name", ["reliable", "duplex", "fast failure", "draw 1", "draw 8"])
def test_log_probabilities_far_below_the_doubles(solver: rj.GTH, servers: int, name: str) -> None:
    """Log-probabilities are right to 1e-12·max(1, |log p|) where the probabilities underflow."""
    _assert_logs(solver, servers, name)


@pytest.mark.soak
@pytest.mark.parametrize("solver", [rj.ClosedForm(), rj.GTH()], ids=lambda solver: solver.name)
@pytest.mark.parametrize("name", ["reliable", "duplex", "draw 1", "draw 8"])
def test_log_probabilities_of_ten_thousand_servers(solver: rj.GTH, name: str) -> None:
    """So they are for ten thousand servers."""
    _assert_logs(solver, 10_000, name)


def _assert_logs(solver: rj.GTH, servers: int, name: str) -> None:
    # P_0 of fifty servers with the first rates is 10^-335.61.
    reliable = {"aging": 1e-4, "failure": 1e-7, "rejuvenation": 1e-3, "repair": 1.0, "restart": 60.0}
    rates = reliable if name == "reliable" else solvers.regime(name).rates
    state = rj.solve(rj.Cluster(servers, rj.Rates(**rates)), solver=solver)
    right = exact.cluster_log_probabilities(servers, **rates)
    if servers > 50 or name == "reliable":
        assert min(right) < -745  # or the test would not test what it says
    assert solvers.worst_log_error(state, right) <= 1e-12
    down = [right[servers], right[-1]]
    top = max(down)
    unavailability = top + math.log(sum(math.exp(x - top) for x in down))
    assert solvers.log_error(state.log_unavailability, unavailability) <= 1e-12


def test_ten_thousand_servers_by_both_roads() -> None:
    """With 10,000 servers both roads give the same 30,001 finite log-probabilities to 1e-12."""
    cluster = rj.Cluster(10_000, rj.Rates(**solvers.regime("duplex").rates))
    found = rj.agreement(cluster)
    assert found.worst_relative <= 1e-12
    assert rj.solve(cluster).log_probability("0") < -40_000


def _extreme_rates(draws: int, seed: int) -> list[tuple[int, dict[str, float]]]:
    chance = random.Random(seed)
    found = []
    for _ in range(draws):
        rates = {name: chance.choice(EXTREMES) for name in ("aging", "failure")}
        rates["rejuvenation"] = chance.choice((*EXTREMES, math.inf))
        rates |= {name: chance.choice(EXTREMES[1:]) for name in ("repair", "restart")}
        found.append((chance.choice([1, 2, 3, 4]), rates))
    return found


def _assert_extreme(servers: int, rates: dict[str, float]) -> None:
    pi = exact.cluster_stationary(servers, **rates)
    right = exact.measures(servers, pi, rates["restart"])
    logarithms = [exact.log_fraction(p) for p in pi.values()]
    for case in solvers.SOLVERS:
        cluster = rj.Cluster(servers, rj.Rates(**rates))
        if case.any_chain and servers * Fraction(rates["failure"]) > LARGEST:
            with pytest.raises(rj.InvalidInputError, match=r"rates\.failure"):
                rj.solve(cluster, solver=case.solver)
            continue
        try:
            state = rj.solve(cluster, solver=case.solver)
        except rj.ConvergenceError:
            assert case.doubles_only
            continue
        assert solvers.worst_error(state, pi) <= case.rtol, (case.name, rates)
        assert solvers.worst_log_error(state, logarithms) <= case.rtol, (case.name, rates)
        for name, exactly in (
            ("unavailability", right.unavailability),
            ("planned", right.planned),
            ("unplanned", right.unplanned),
            ("rejuvenations", right.rejuvenations),
        ):
            logarithm = float(state.solution.mass(name, logarithm=True))
            gap = solvers.log_error(logarithm, exact.log_fraction(exactly))
            assert gap <= case.rtol, (case.name, name, servers, rates)
            if exactly == 0 or solvers.RESOLVED <= exactly <= LARGEST:
                gap = exact.relative_error(float(state.solution.mass(name)), exactly)
                assert gap <= case.rtol, (case.name, name, servers, rates)


def test_extreme_rates() -> None:
    """With rates from the smallest subnormal to 1.7e308 a solver is right or says that it cannot."""
    for servers, rates in _extreme_rates(draws=250, seed=3):
        _assert_extreme(servers, rates)


def test_a_rate_brings_a_vanishing_probability_back() -> None:
    """10^300 rejuvenations an hour of servers that are unstable with 10^-468 are all in the result."""
    rates = {"aging": 1.0, "failure": 1.7e308, "rejuvenation": 1e300, "repair": 1e-160, "restart": 1.0}
    _assert_extreme(3, rates)


@pytest.mark.soak
def test_many_extreme_rates() -> None:
    """So it is in fifteen thousand more draws."""
    for servers, rates in _extreme_rates(draws=15_000, seed=4):
        _assert_extreme(servers, rates)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(4))
def test_many_draws_over_nine_decades(seed: int) -> None:
    """Two hundred more draws over nine decades keep the promise of every solver for up to 16 servers."""
    for regime in exact.regimes(draws=200, seed=seed)[17:]:
        for servers in (1, 2, 5, 10, 16):
            for case in solvers.SOLVERS:
                pi = solvers.truth(servers, regime.rates)
                one = solvers.Case(case, regime, servers)
                try:
                    state = solvers.solution(one)
                except pytest.skip.Exception:
                    continue
                assert solvers.worst_error(state, pi) <= case.rtol, (str(one), regime.rates)
