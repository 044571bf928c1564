"""Direct: where it is accurate, what it pins, and what it refuses."""

from __future__ import annotations

import itertools
from fractions import Fraction

import exact
import numpy as np
import pytest
import solvers
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel.markov import direct
from rejuvmodel.markov.residuals import balance_residuals

RELIABLE = {"aging": 1e-4, "failure": 1e-7, "rejuvenation": 1e-3, "repair": 1.0, "restart": 60.0}


def test_refuses_what_doubles_cannot_hold() -> None:
    """Fifty reliable servers, with probabilities down to 10^-335, are refused with the advice to use GTH."""
    with pytest.raises(rj.ConvergenceError, match=r"below 1e-290 .* Use solver=GTH\(\)"):
        rj.solve(rj.Cluster(50, rj.Rates(**RELIABLE)), rj.Direct())


def test_refinement_brings_back_the_digits() -> None:
    """Where a plain factorisation is wrong by 1e-7, the refined answer is right to 1e-9."""
    stiff = {"aging": 777.0, "failure": 1.234e-6, "rejuvenation": 777.0, "repair": 1.234e-6, "restart": 777.0}
    chain = rj.Cluster(5, rj.Rates(**stiff)).chain()
    right = np.array([float(p) for p in solvers.truth(5, stiff).values()])
    pinned = int(np.argmax(right))
    plain, _ = direct._pinned_solution(chain.generator, pinned)
    plain = plain / plain.sum()
    assert np.max(np.abs(plain / right - 1)) > 1e-8  # or there is nothing to bring back
    assert np.max(np.abs(rj.solve(chain, rj.Direct()).probabilities / right - 1)) <= 1e-9


def test_rates_too_far_apart_are_refused() -> None:
    """With rates 162 decades apart the factors are worthless, and Direct says so instead of answering."""
    rates = rj.Rates(aging=7e11, failure=1e-12, rejuvenation=1e150, repair=1e-12, restart=1e150)
    with pytest.raises(rj.ConvergenceError, match="too far apart"):
        rj.solve(rj.Cluster(2, rates), rj.Direct())


@given(
    st.lists(st.floats(-6, 3).map(lambda x: 10**x), min_size=5, max_size=5),
    st.integers(1, 5),
)
def test_right_or_refused_over_nine_decades(values: list[float], servers: int) -> None:
    """Over nine decades every answer is right to 1e-9, and none of a small cluster is refused."""
    rates = dict(zip(("aging", "failure", "rejuvenation", "repair", "restart"), values, strict=True))
    state = rj.solve(rj.Cluster(servers, rj.Rates(**rates)), rj.Direct())
    assert solvers.worst_error(state, exact.cluster_stationary(servers, **rates)) <= 1e-9


@given(
    st.lists(st.floats(-60, 60).map(lambda x: 10**x), min_size=5, max_size=5),
    st.integers(1, 3),
)
def test_right_or_refused_over_all_decades(values: list[float], servers: int) -> None:
    """Whatever the rates are, an answer that is given is right to 1e-9."""
    rates = dict(zip(("aging", "failure", "rejuvenation", "repair", "restart"), values, strict=True))
    try:
        state = rj.solve(rj.Cluster(servers, rj.Rates(**rates)), rj.Direct())
    except rj.ConvergenceError:
        return
    assert solvers.worst_error(state, exact.cluster_stationary(servers, **rates)) <= 1e-9


@pytest.mark.parametrize(
    "name", ["duplex", "fast aging", "fast failure", "slow repair", "slow restart", "draw 8"]
)
def test_most_probable_state_is_pinned(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The state pinned in the end has at least a quarter of the largest probability."""
    rates = solvers.regime(name).rates
    pins: list[int] = []
    solve_pinned = direct._pinned_solution

    def watched(q: object, pinned: int) -> object:
        pins.append(pinned)
        return solve_pinned(q, pinned)

    monkeypatch.setattr(direct, "_pinned_solution", watched)
    rj.solve(rj.Cluster(12, rj.Rates(**rates)), rj.Direct())
    pi = list(solvers.truth(12, rates).values())
    assert 4 * pi[pins[-1]] >= max(pi)


def test_a_wrong_first_guess_is_mended(monkeypatch: pytest.MonkeyPatch) -> None:
    """If the first solve points to the rarest state, Direct moves its pin until the answer is right."""
    rates = solvers.regime("duplex").rates
    monkeypatch.setattr(direct, "_most_probable", lambda _: 12)
    state = rj.solve(rj.Cluster(12, rj.Rates(**rates)), rj.Direct())
    assert solvers.worst_error(state, solvers.truth(12, rates)) <= 1e-9


def test_no_state_to_pin(monkeypatch: pytest.MonkeyPatch) -> None:
    """If no pin is ever found, Direct gives up in words."""
    monkeypatch.setattr(direct, "_TRIES", 1)
    monkeypatch.setattr(direct, "_most_probable", lambda _: 12)
    with pytest.raises(rj.ConvergenceError, match=r"no state to pin .* Use solver=GTH\(\)"):
        rj.solve(rj.Cluster(12, rj.Rates(**solvers.regime("duplex").rates)), rj.Direct())


def test_slow_clusters_have_the_same_probabilities() -> None:
    """A cluster in which everything takes 1e9 times longer has the same probabilities."""
    rates = solvers.regime("duplex").rates
    slow = rj.Rates(**{name: rate * 1e-9 for name, rate in rates.items()})
    plain = rj.solve(rj.Cluster(3, rj.Rates(**rates)), rj.Direct()).probabilities
    assert rj.solve(rj.Cluster(3, slow), rj.Direct()).probabilities == pytest.approx(plain, rel=1e-12)


def test_a_thousand_servers() -> None:
    """A chain of 3,001 states with probabilities down to 10^-145 is solved to 1e-9."""
    rates = {"aging": 1.0, "failure": 1e-3, "rejuvenation": 0.1, "repair": 1.0, "restart": 2.0}
    state = rj.solve(rj.Cluster(1000, rj.Rates(**rates)), rj.Direct())
    right = exact.cluster_log_probabilities(1000, **rates)
    assert np.max(np.abs(state.log_probabilities - right)) <= 1e-9


@given(
    st.lists(st.floats(-100, 100).map(lambda x: 10**x), min_size=6, max_size=6),
    st.lists(st.floats(-30, 0).map(lambda x: 10**x), min_size=3, max_size=3),
)
def test_residuals_are_exact(rates: list[float], weights: list[float]) -> None:
    """The residuals of the refinement are those of exact arithmetic to rounding, after any cancellation."""
    edges = [(a, b, q) for (a, b), q in zip(itertools.permutations("abc", 2), rates, strict=True)]
    chain = rj.MarkovChain.from_transitions(edges)
    exactly = {label: Fraction(p) for label, p in zip(chain.states, weights, strict=True)}
    net = exact.balance([(a, b, Fraction(q)) for a, b, q in edges], exactly)
    found = balance_residuals(np.array(weights), chain.flows)
    flow = max(exactly[a] * Fraction(q) for a, _, q in edges)
    for label, residual in zip(chain.states, found, strict=True):
        assert abs(Fraction(float(residual)) - net[label]) <= abs(net[label]) / 2**50 + flow / 2**140


def test_residual_is_reported() -> None:
    """The largest relative balance residual of a numeric solution is reported, and small."""
    chain = rj.MarkovChain.from_transitions([("a", "b", 0.3), ("b", "c", 7), ("c", "a", 11), ("b", "a", 0.1)])
    for solver in (rj.GTH(), rj.Direct()):
        state = rj.solve(chain, solver)
        assert state.residual is not None
        assert 0 <= state.residual <= 1e-15
