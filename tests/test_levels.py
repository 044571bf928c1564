"""Pools by levels: against the product form, GTH, exact fractions and each other."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from typing import Any

import exact
import exact_pool
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pools import BALANCED, REALISTIC, RESTRICTED, SLOW_RESTART, log_all_failed, pool, worst_log

import rejuvmodel as rj
from rejuvmodel import pool_solution, pool_solving
from rejuvmodel.markov import levels as sweeping
from rejuvmodel.models import pool_levels, pool_widths
from rejuvmodel.models.pool_widths import all_widths
from rejuvmodel.pool_solution import PoolSolution
from rejuvmodel.pool_state import PoolState

#: What the issue promises of ln P(all failed), and what is asked of every other entry.
RTOL = 1e-11
SOLVERS = (rj.LevelAggregation(), rj.LevelAggregation(uniform=True), rj.LevelReduction(), None)


@pytest.mark.parametrize("uniform", [False, True])
@pytest.mark.parametrize(
    "total", [1, 2, 10, 50, 100, *(pytest.param(n, marks=pytest.mark.soak) for n in (200, 300))]
)
def test_unrestricted(total: int, uniform: bool) -> None:
    """Without restrictions ln P(all failed) is that of the product form, whatever the sweeps begin with."""
    state = rj.solve(pool(total, REALISTIC), rj.LevelAggregation(uniform=uniform))
    assert state.log_probability_all_failed == pytest.approx(
        log_all_failed(total, REALISTIC, 2), abs=RTOL, rel=0
    )


def test_deep_tail() -> None:
    """ln P(all failed) of 100 servers is a figure far below the smallest double."""
    assert rj.solve(pool(100, REALISTIC)).log_probability_all_failed == pytest.approx(
        -674.9642374461, abs=1e-9
    )


@pytest.mark.parametrize("rates", [REALISTIC, SLOW_RESTART], ids=["realistic", "slow restart"])
@pytest.mark.parametrize("rules", RESTRICTED.values(), ids=RESTRICTED)
@pytest.mark.parametrize("total", [20, *(pytest.param(n, marks=pytest.mark.soak) for n in (40, 100))])
def test_restricted(total: int, rules: dict[str, Any], rates: dict[str, float]) -> None:
    """With restrictions sweeps and elimination give the same ln P(all failed) and numbers of up servers."""
    _compare(total, rules, rates)


@pytest.mark.parametrize("name", ["1 slot", "3 slots", "guarded"])
def test_restricted_forty(name: str) -> None:
    """The same for 40 servers."""
    _compare(40, RESTRICTED[name], REALISTIC)


def _compare(total: int, rules: dict[str, Any], rates: dict[str, float]) -> None:
    restricted = pool(total, rates, **(rules | {"spares": min(rules.get("spares", 0), total - 1)}))
    try:
        right = rj.solve(restricted, rj.LevelReduction())
        state = rj.solve(restricted, rj.LevelAggregation())
    except rj.ConvergenceError:
        assert rates is SLOW_RESTART
        return
    except rj.SizeError:  # hours of elimination
        assert (total, rates, "slots" in rules) == (100, SLOW_RESTART, False)
        return
    found, known = (_counts(one.solution) for one in (state, right))
    seen = ~np.isnan(known)
    assert np.max(np.abs(found - known)[seen]) < RTOL
    assert abs(state.log_probability_all_failed - right.log_probability_all_failed) < RTOL


@pytest.mark.parametrize(
    "rates", [REALISTIC, SLOW_RESTART, BALANCED], ids=["realistic", "slow restart", "balanced"]
)
@pytest.mark.parametrize("rules", RESTRICTED.values(), ids=RESTRICTED)
def test_every_entry(rules: dict[str, Any], rates: dict[str, float]) -> None:
    """Every probability of a small pool is that of GTH on its chain."""
    small = pool(10, rates, **rules)
    right = rj.solve(small, rj.GTH())
    for solver in SOLVERS:
        try:
            assert worst_log(rj.solve(small, solver), right) < RTOL, solver
        except rj.ConvergenceError:
            assert isinstance(solver, rj.LevelAggregation)
            assert rates is not REALISTIC


HARD = {
    "slots N/4": {"slots": 10},
    "guarded, all slots": {"guarded": True, "required": 1},
    "guarded, half": {"guarded": True, "required": 20, "mode": "active/standby", "spares": 20},
}


@pytest.mark.parametrize("rules", HARD.values(), ids=HARD)
def test_hard_cases(rules: dict[str, Any]) -> None:
    """With all rates of one order the answer is right, or there is none."""
    hard = pool(
        24,
        BALANCED,
        **(rules | {key: n * 24 // 40 for key, n in rules.items() if key in ("slots", "spares")}),
    )
    right = rj.solve(hard, rj.LevelReduction())
    for solver in (None, rj.LevelAggregation(), rj.LevelAggregation(uniform=True)):
        try:
            state = rj.solve(hard, solver)
        except rj.ConvergenceError as error:
            assert solver is not None
            assert "Try LevelReduction()" in str(error)  # noqa: PT017 - an answer is as good
            continue
        assert worst_log(state, right) < RTOL


@st.composite
def pools(draw: st.DrawFn, decades: float) -> rj.Pool:
    """Small pools of every kind, with rates over so many decades up and down, and limits."""
    total = draw(st.integers(1, 6))
    primaries = draw(st.integers(1, total))
    rate = st.floats(-decades, decades).map(lambda x: 10.0**x)
    rare = st.sampled_from([0.0, 1e15])
    rates = {name: draw(rate) for name in ("repair", "restart")}
    for name in ("aging", "failure"):
        rates[name] = draw(st.one_of(rate, rate, rate, st.just(0.0)))
    rates["rejuvenation"] = draw(st.one_of(rate, rate, rate, rare))
    return rj.Pool(
        primaries=primaries,
        spares=total - primaries,
        rates=rj.Rates(**rates),
        mode=draw(st.sampled_from(["active/active", "active/standby"])),
        required=draw(st.integers(1, total)),
        slots=draw(st.integers(0, total)),
        crews=draw(st.integers(1, total)),
        dormancy=draw(st.sampled_from([0.0, 0.3, 1.0])),
        guarded=draw(st.booleans()),
    )


@settings(max_examples=60)
@given(pools(4.5), st.sampled_from(SOLVERS))
def test_nine_decades(one: rj.Pool, solver: Any) -> None:
    """With rates over nine decades every logarithm is right, or sweeps refuse and say what else to do."""
    right = rj.solve(one, rj.GTH())
    try:
        state = rj.solve(one, solver)
    except rj.ConvergenceError as error:
        assert isinstance(solver, rj.LevelAggregation)
        assert "GTH()" in str(error)  # noqa: PT017 - an answer is as good
        return
    assert worst_log(state, right) < 1e-10


@pytest.mark.soak
@settings(max_examples=500)
@given(pools(9), st.sampled_from(SOLVERS))
def test_eighteen_decades(one: rj.Pool, solver: Any) -> None:
    """With rates over 18 decades every logarithm is right, or there is no answer."""
    right = rj.solve(one, rj.GTH())
    try:
        state = rj.solve(one, solver)
    except rj.ConvergenceError:
        return
    assert worst_log(state, right) < 1e-10


@pytest.mark.parametrize("solver", SOLVERS, ids=repr)
@pytest.mark.parametrize(
    "rules", [{}, {"slots": 1}, {"guarded": True, "required": 1}], ids=["free", "slot", "guarded"]
)
@pytest.mark.parametrize(
    "rates",
    [(1e3, 1e-5, 1e-5, 1e3, 1e3), (1e-3, 1e-3, 1.0, 1e3, 1e15), (1e-5, 1e-5, 1e-4, 1e4, 1e5)],
    ids=["rare failures", "restart at once", "slow repair"],
)
def test_nearly_closed_levels(rates: tuple[float, ...], rules: dict[str, Any], solver: Any) -> None:
    """Levels that are left very rarely keep their digits, because pivots are sums there."""
    names = ("aging", "failure", "repair", "restart", "rejuvenation")
    closed = pool(5, dict(zip(names, rates, strict=True)), **rules)
    assert worst_log(rj.solve(closed, solver), rj.solve(closed, rj.GTH())) < RTOL


@pytest.mark.parametrize("solver", SOLVERS, ids=repr)
@pytest.mark.parametrize("restart", [1e-9, 1e-13, 1e-18])
@pytest.mark.parametrize("rules", [{"slots": 2}, {"guarded": True, "required": 3}], ids=["slots", "guarded"])
def test_shares_that_hardly_move(rules: dict[str, Any], restart: float, solver: Any) -> None:
    """Where rejuvenating servers hardly come and go their shares are right, or there is no answer.

    Sweeps change them so little that small changes alone look like convergence.
    """
    stuck = pool(6, REALISTIC | {"restart": restart, "rejuvenation": 3 * restart}, spares=2, **rules)
    try:
        state = rj.solve(stuck, solver)
    except rj.ConvergenceError:
        assert isinstance(solver, rj.LevelAggregation)
        return
    assert worst_log(state, rj.solve(stuck, rj.GTH())) < RTOL


DEGENERATE: dict[str, tuple[dict[str, float], dict[str, Any]]] = {
    "no slots": ({}, {"slots": 0}),
    "no rejuvenation": ({"rejuvenation": 0.0}, {}),
    "no aging": ({"aging": 0.0}, {}),
    "no failure": ({"failure": 0.0}, {}),
    "no failure, a slot": ({"failure": 0.0}, {"slots": 1}),
    "no failure, no rejuvenation": ({"failure": 0.0, "rejuvenation": 0.0}, {}),
    "no failure, no rejuvenation, standby": (
        {"failure": 0.0, "rejuvenation": 0.0}, {"mode": "active/standby", "spares": 2},
    ),
    "guard that needs all": ({}, {"guarded": True, "required": 4}),
    "rejuvenation at once": ({"rejuvenation": 1e15}, {"slots": 2}),
    "rejuvenation at once, guarded": ({"rejuvenation": 1e15}, {"guarded": True, "required": 2}),
}  # fmt: skip


@pytest.mark.parametrize("total", [1, 4])
@pytest.mark.parametrize("solver", SOLVERS, ids=repr)
@pytest.mark.parametrize("case", DEGENERATE.values(), ids=DEGENERATE)
def test_degenerate_pools(case: tuple[dict[str, float], dict[str, Any]], solver: Any, total: int) -> None:
    """Where a rate is 0 or huge, or nothing may rejuvenate, all solvers agree with GTH, zeros included."""
    rates, rules = case
    few = {"spares": min(rules.get("spares", 0), total - 1)}
    if "required" in rules:
        few["required"] = min(rules["required"], total)
    one = pool(total, REALISTIC | rates, **(rules | few))
    state = rj.solve(one, solver)
    assert worst_log(state, rj.solve(one, rj.GTH())) < RTOL
    if not rates.get("failure", 1.0) or not rates.get("aging", 1.0):
        assert state.log_probability_all_failed == -math.inf


@pytest.mark.soak
def test_large_level_is_solved_by_gth() -> None:
    """Where no server fails and the one level is large, the pool is solved by GTH, and the result says so."""
    state = rj.solve(pool(80, REALISTIC | {"failure": 0.0, "restart": 0.1}, spares=50, guarded=True))
    assert (state.method, state.reason.split(",")[0]) == ("GTH", "no server ever fails")


def test_large_level_without_failures() -> None:
    """Where no server fails and the one level is large, sweeps refuse and say what to do."""
    one = rj.Pool(
        primaries=30, spares=50, guarded=True, crews=2,
        rates=rj.Rates(**(REALISTIC | {"failure": 0.0, "restart": 0.1})),
    )  # fmt: skip
    with pytest.raises(rj.ConvergenceError, match=r"Use GTH\(\)"):
        rj.solve(one, rj.LevelAggregation())


# What would go wrong if the solver were less careful. Each plants the fault and sees the tests above notice.


def _calm(_work: object, _aided: bool) -> float:
    return 0.0


@cache
def _right() -> tuple[rj.Pool, rj.SteadyState]:
    small = pool(20, SLOW_RESTART, slots=3)
    return small, rj.solve(small, rj.LevelReduction())


def test_planted_early_stop(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stopping at small changes without looking at their contraction leaves errors that the tests see."""
    stuck = pool(6, REALISTIC | {"restart": 1e-13, "rejuvenation": 3e-13}, spares=2, slots=2)
    monkeypatch.setattr(sweeping._Work, "contraction", _calm)
    assert worst_log(rj.solve(stuck, rj.LevelAggregation()), rj.solve(stuck, rj.GTH())) > 1e-4


def test_planted_tolerance(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sweeps that stop at changes of 1e-4 are wrong by more than the tests allow."""
    monkeypatch.setattr(sweeping, "TOLERANCE", 1e-4)
    monkeypatch.setattr(sweeping._Work, "contraction", _calm)
    monkeypatch.setattr(sweeping, "_TRUSTED", 0.0)
    small, right = _right()
    assert worst_log(rj.solve(small, rj.LevelAggregation()), right) > 1e3 * RTOL


CUT = {
    "standby": {"mode": "active/standby", "spares": 12},
    "standby, few required": {"mode": "active/standby", "spares": 8, "dormancy": 0.3, "required": 12},
    "many slots": {"slots": 20, "required": 16},
    "free": {"required": 16},
    "guarded": {"guarded": True, "spares": 4},
    "guarded, standby, few slots": {
        "guarded": True, "mode": "active/standby", "spares": 6, "slots": 4
    },
}  # fmt: skip


@cache
def _cut(name: str) -> tuple[rj.Pool, PoolState]:
    total, restart = (60, 6.0) if "guarded" in name else (24, 0.3)
    one = pool(total, REALISTIC | {"restart": restart}, **CUT[name])
    return one, PoolState(pool_solving._solved(one, rj.LevelReduction(), all_widths(one)))


def _lost(one: rj.Pool, right: PoolState) -> float:
    solution = rj.solve(one, rj.LevelAggregation()).solution
    assert solution.is_cut
    found, known = (_counts(state) for state in (solution, right.solution))
    seen = ~np.isnan(found)
    if not seen[one.needed - 1 :].all():
        return math.inf
    planned = float(solution.mass("planned", logarithm=True)) - math.log(right.planned_unavailability)
    return max(float(np.max(np.abs(found - known)[seen])), abs(planned))


def _counts(solution: PoolSolution) -> Any:
    """Logarithms of the numbers of up servers, of what was solved and of nothing else."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pool_solution, "whole_is_small", lambda _: False)
        return solution.log_up_counts


@pytest.mark.parametrize("name", CUT)
def test_cut_is_safe(name: str) -> None:
    """Where many rejuvenating servers are cut off, downtime and numbers of up servers lose nothing by it.

    Numbers that would are not given at all.
    """
    assert _lost(*_cut(name)) < RTOL


def test_planted_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cut that ignores planned downtime loses some of it."""
    monkeypatch.setattr(pool_widths, "_CUT_OF_DOWN", 1.0)
    monkeypatch.setattr(PoolSolution, "too_narrow", np.zeros(1, dtype=bool))
    assert _lost(*_cut("standby")) > 1e3 * RTOL


def test_planted_cut_is_widened(monkeypatch: pytest.MonkeyPatch) -> None:
    """A cut that turns out to lose downtime is widened until it does not."""
    monkeypatch.setattr(pool_widths, "_CUT_OF_DOWN", 1.0)
    assert _lost(*_cut("standby")) < RTOL


@pytest.mark.parametrize("name", ["guarded", "guarded, standby, few slots"])
def test_planted_cut_of_guard_is_widened(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels in which the guard's bound left out too much are widened until nothing is lost."""
    monkeypatch.setattr(pool_widths, "_CUT_OF_GUARD", 0.5)
    assert _lost(*_cut(name)) < RTOL


def test_planted_cut_of_guard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same bound loses digits where nobody looks at what was left out."""
    monkeypatch.setattr(pool_widths, "_CUT_OF_GUARD", 0.5)
    monkeypatch.setattr(PoolSolution, "too_narrow", np.zeros(1, dtype=bool))
    one, right = _cut("guarded")
    found = rj.solve(one, rj.LevelAggregation()).log_probability_all_failed
    assert abs(found - right.log_probability_all_failed) > 1e3 * RTOL


def test_up_servers_of_small_pools_are_all_known() -> None:
    """Where all states can be had in seconds, every number of up servers has its probability."""
    one, right = _cut("standby")
    found = rj.solve(one).log_up_servers
    assert np.max(np.abs(found - right.log_up_servers)) < RTOL


def test_planted_wrong_diagonal(monkeypatch: pytest.MonkeyPatch) -> None:
    """A level whose outflow is wrong by 1e-9 is noticed."""
    factor = pool_levels.PoolLevel.factor

    def wrong(self: pool_levels.PoolLevel) -> Any:
        self.out.aging[0, 0] *= 1 + 1e-9
        return factor(self)

    monkeypatch.setattr(pool_levels.PoolLevel, "factor", wrong)
    small, right = _right()
    assert worst_log(rj.solve(small, rj.LevelAggregation()), right) > RTOL


def test_hours_of_elimination_are_refused() -> None:
    """Levels that would take too long to eliminate are refused beforehand, with the time."""
    cold = pool(100, SLOW_RESTART, mode="active/standby", spares=8)
    with pytest.raises(
        rj.SizeError, match=r"Eliminating 176731 states of 100 servers would take about 12.\d+ min"
    ):
        rj.solve(cold, rj.LevelReduction())


def test_few_sweeps_are_refused() -> None:
    """Too few sweeps give an error with the next step, never a number."""
    with pytest.raises(
        rj.ConvergenceError, match=r"2 sweeps did not settle .* Try LevelReduction\(\), or GTH\(\)"
    ):
        rj.solve(pool(20, SLOW_RESTART, slots=3), rj.LevelAggregation(sweeps=2))


@pytest.mark.parametrize("sweeps", range(1, 60, 7))
def test_any_number_of_sweeps_is_a_number_or_a_refusal(sweeps: int) -> None:
    """Wherever the sweeps are cut short, the result is right or refused in words."""
    slow, refusal = pool(12, BALANCED, slots=3), None
    right = rj.solve(slow, rj.LevelReduction())
    state = right
    try:
        state = rj.solve(slow, rj.LevelAggregation(sweeps=sweeps))
    except rj.ConvergenceError as error:
        refusal = str(error)
    assert refusal is None or f"{sweeps} sweeps did not settle" in refusal
    assert worst_log(state, right) < RTOL


def test_product_form_is_the_answer_at_once() -> None:
    """The unrestricted pool begins with its answer, so that the first sweeps only confirm it."""
    state = rj.solve(pool(30, REALISTIC), rj.LevelAggregation())
    assert state.iterations <= 3
    assert state.residual < 1e-13


def test_start_helps() -> None:
    """Beginning with the product form takes fewer sweeps than beginning with uniform distributions."""
    slotted = pool(50, REALISTIC, slots=3)
    good, poor = (rj.solve(slotted, rj.LevelAggregation(uniform=flag)) for flag in (False, True))
    assert good.iterations < poor.iterations
    assert worst_log(good, poor) < RTOL


@pytest.mark.parametrize("factor", [1e-6, 3.7, 1e6])
def test_scaling_all_rates(factor: float) -> None:
    """Another unit of time leaves every probability as it is."""
    small = pool(12, REALISTIC, slots=2)
    scaled = pool(12, {name: factor * rate for name, rate in REALISTIC.items()}, slots=2)
    assert worst_log(rj.solve(scaled, rj.LevelAggregation()), rj.solve(small, rj.LevelAggregation())) < RTOL


def test_exact_three_servers() -> None:
    """P(all failed) of three servers with one slot is the fraction that the definition gives."""
    definition = exact_pool.Definition(
        3, 0, False, 3, 1, 2, Fraction(0), False, **{name: Fraction(rate) for name, rate in REALISTIC.items()}
    )
    state = rj.solve(pool(3, REALISTIC, slots=1))
    exactly = exact.log_fraction(definition.probabilities[0, 0, 0, 3])
    assert abs(state.log_probability_all_failed - exactly) < 1e-13
