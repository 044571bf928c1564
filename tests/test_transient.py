"""Probabilities in time: every one right relatively, however small, stiff, early or late."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import exact
import exact_time
import numpy as np
import pytest
import solvers
from hypothesis import given, settings
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel.markov import transient as ways
from rejuvmodel.markov.transient import Course, course

RTOL = 1e-12
#: Absolute accuracy of the oracle is 2^-700, so that 1e-180 has 30 digits.
BITS, LEAST = 700, Fraction(1, 10**180)


def worst(found: np.ndarray, right: list[Fraction], least: Fraction = LEAST) -> float:
    """Largest relative error of the entries above `least`; those below must be small as well."""
    pairs = list(zip(found.tolist(), right, strict=True))
    assert all(0 <= x <= 2 * float(least) for x, q in pairs if q < least)
    return max(exact.relative_error(x, q) for x, q in pairs if q >= least)


def errors(rates: dict[str, float], servers: int, hours: float) -> tuple[float, float]:
    """Largest relative errors of the probabilities and of the hours in each state of a cluster."""
    moves = [(a, b, float(q)) for a, b, q in exact.cluster_transitions(servers, **rates)]
    p, spent = exact_time.probabilities(moves, exact.labels(servers), str(servers), hours, BITS)
    found = rj.transient(rj.Cluster(servers, rj.Rates(**rates)), hours)
    assert found.method in ("squaring", "no transition")
    return worst(found.probabilities, p), worst(found.occupancies, spent)


@pytest.mark.parametrize("hours", [1e-3, 8760.0])
@pytest.mark.parametrize("regime", solvers.REGIMES, ids=lambda one: one.name)
def test_every_probability_of_two_servers(regime: exact.Regime, hours: float) -> None:
    """After seconds and after a year, all probabilities and expected times are right to 1e-12 relatively."""
    assert max(errors(regime.rates, 2, hours)) <= RTOL


@pytest.mark.soak
@pytest.mark.parametrize("hours", [1e-3, 1.0, 8760.0, 1e6])
@pytest.mark.parametrize("servers", [1, 3, 5])
@pytest.mark.parametrize("regime", [*solvers.REGIMES, *solvers.CORNERS], ids=lambda one: one.name)
def test_every_probability_of_more_servers(regime: exact.Regime, servers: int, hours: float) -> None:
    """The same with more servers, and with every rate at an end of nine decades."""
    assert max(errors(regime.rates, servers, hours)) <= RTOL


def random_moves(chance: random.Random, size: int, arcs: int, spread: float) -> list[tuple[str, str, float]]:
    """Return a chain in which every state is left, with rates over many decades."""
    ends = [(k, (k + chance.randrange(1, size)) % size) for k in range(size)]
    ends += [tuple(chance.sample(range(size), 2)) for _ in range(arcs)]
    return [(str(a), str(b), 10 ** chance.uniform(-spread, spread)) for a, b in ends]


@pytest.mark.parametrize("seed", range(12))
def test_chains_of_any_shape(seed: int) -> None:
    """Random chains with transient states and several classes, over nine decades, are right to 1e-12."""
    chance = random.Random(seed)
    moves = random_moves(chance, 7, seed, 4.5)
    states = list(dict.fromkeys(s for a, b, _ in moves for s in (a, b)))
    hours = 10 ** chance.uniform(-3, 5)
    p, spent = exact_time.probabilities(moves, states, states[0], hours, BITS)
    found = rj.transient(rj.MarkovChain.from_transitions(moves), hours, start=states[0])
    assert worst(found.probabilities, p) <= RTOL
    assert worst(found.occupancies, spent) <= RTOL


@pytest.mark.parametrize("hours", [1e-9, 1e-4, 0.01])
def test_far_states_early(hours: float) -> None:
    """Soon after the start, states many steps away, below 1e-45, have their relative accuracy as well."""
    moves = [(f"{k}", f"{k + 1}", 10.0 ** (-k % 5 - 4)) for k in range(12)]
    moves += [(b, a, 50.0) for a, b, _ in moves]
    states = [str(k) for k in range(13)]
    p, spent = exact_time.probabilities(moves, states, "0", hours, bits=1400)
    found = rj.transient(rj.MarkovChain.from_transitions(moves), hours, start="0")
    least = Fraction(1, 10**280)
    assert min(p) < Fraction(1, 10**45)
    assert worst(found.probabilities, p, least) <= RTOL
    assert worst(found.occupancies, spent, least) <= RTOL


SLOWEST = [
    {"aging": 1e-3, "failure": 1e-4, "rejuvenation": 0.01, "repair": 10.0, "restart": 60.0},
    {"aging": 1e-4, "failure": 1e-4, "rejuvenation": 1e-4, "repair": 1e3, "restart": 1e5},
    {"aging": 1 / 168, "failure": 1 / 2160, "rejuvenation": 1 / 336, "repair": 0.5, "restart": 3.0},
]


@pytest.mark.parametrize("hours", [1e6, 1e12])
@pytest.mark.parametrize("servers", [1, 5, 12, 50])
@pytest.mark.parametrize("rates", SLOWEST)
def test_long_missions_end_in_the_steady_state(rates: dict[str, float], servers: int, hours: float) -> None:
    """At 1e6 h every probability is that of GTH to 1e-12, down to the resolution; below it is exactly 0."""
    cluster = rj.Cluster(servers, rj.Rates(**rates))
    pi = rj.solve(cluster, rj.GTH()).probabilities
    found = rj.transient(cluster, hours)
    seen = pi >= 2 * found.resolution
    assert found.probabilities[seen] == pytest.approx(pi[seen], rel=1e-12, abs=0)
    assert not found.probabilities[pi < 0.5 * found.resolution].any()
    assert found.resolution <= 1e-280
    assert servers < 12 or pi.min() < 1e-27


def test_start_is_exact() -> None:
    """At t = 0 the probabilities are those of the start, and no time has been spent anywhere."""
    cluster = rj.Cluster(3, rj.Rates(**solvers.regime("duplex").rates))
    for start, right in (
        (None, [1, *[0] * 9]),
        ("u2", [0] * 5 + [1] + [0] * 4),
        ({"3": 0.25, "r1": 0.75}, [0.25, *[0] * 8, 0.75]),
        ([0.1] * 10, [0.1] * 10),
        ({"3": 1.0, "r1": 1e-300}, [1, *[0] * 8, 1e-300]),
    ):
        found = rj.transient(cluster, [0, 5, 0], start=start)
        assert found.probabilities[0] == pytest.approx(right, rel=1e-15, abs=0)
        assert found.probabilities[2].tolist() == found.probabilities[0].tolist()
        assert not found.occupancies[[0, 2]].any()


@pytest.mark.parametrize("hours", [1e-12, 1e-3, 1.0, 50.0, 1e5])
def test_two_states_by_hand(hours: float) -> None:
    """Up and down have their textbook formulas: λ/(λ+μ)·(1−e^−(λ+μ)t), and its integral."""
    failure, repair = 0.01, 2.0
    both = failure + repair
    chain = rj.MarkovChain.from_transitions([("up", "down", failure), ("down", "up", repair)])
    found = rj.transient(chain, hours, start="up")
    rest = -math.expm1(-both * hours)
    assert found["down"] == pytest.approx(failure / both * rest, rel=1e-14, abs=0)
    assert found["up"] == pytest.approx((repair + failure * math.exp(-both * hours)) / both, rel=1e-14, abs=0)
    if hours > 0.1:
        down = failure / both * (hours - rest / both)
        assert found.occupancies[1] == pytest.approx(down, rel=1e-13, abs=0)
    assert found.occupancies.sum() == pytest.approx(hours, rel=1e-15)


def test_a_pure_death_decays_relatively() -> None:
    """A state that is only left keeps e^−qt with its relative accuracy down to 1e-280."""
    chain = rj.MarkovChain.from_transitions([("a", "b", 1.0), ("b", "c", 1e-6)])
    times = np.array([1.0, 30.0, 200.0, 640.0])
    assert rj.transient(chain, times, start="a")["a"] == pytest.approx(np.exp(-times), rel=3e-13, abs=0)


chances = st.integers(0, 2**32).map(random.Random)


@settings(max_examples=40)
@given(chances, st.floats(1e-3, 1e4), st.floats(1e-3, 1e4))
def test_chapman_kolmogorov(chance: random.Random, first: float, second: float) -> None:
    """Two spans in turn, and both at once, end alike; nothing is negative, and rows sum to 1."""
    chain = rj.MarkovChain.from_transitions(random_moves(chance, 6, 3, 3))
    whole = rj.transient(chain, [first, first + second], start=chain.labels[0])
    half = whole.probabilities[0]
    rest = rj.transient(chain, second, start=half)
    assert rest.probabilities == pytest.approx(whole.probabilities[1], rel=1e-11, abs=1e-280)
    both = whole.occupancies[0] + rest.occupancies
    assert both == pytest.approx(whole.occupancies[1], rel=1e-11, abs=1e-280)
    for p in (whole.probabilities, rest.probabilities):
        assert p.min() >= 0
        assert p.sum(axis=-1) == pytest.approx(1, rel=1e-14)
    assert np.all(whole.occupancies[1] >= whole.occupancies[0] * (1 - 1e-14))


@settings(max_examples=20)
@given(chances, st.floats(1e-2, 100))
def test_two_ways(chance: random.Random, hours: float) -> None:
    """Squaring and uniformization agree to 1e-12 in every probability and in every expected time."""
    flows = rj.MarkovChain.from_transitions(random_moves(chance, 8, 6, 1)).flows
    start, times = np.eye(flows.size)[0], np.array([hours, hours / 7, 2 * hours])
    members, inner = ways._reached(flows, start)
    one, other = (way(inner, start[members], times) for way in (ways._squared, ways._uniformized))
    for a, b in zip(one[:2], other[:2], strict=True):
        assert a == pytest.approx(b, rel=1e-12, abs=1e-290)
        assert min(a.min(), b.min()) >= 0


def in_jumps(servers: int, rates: dict[str, float], hours: float) -> tuple[Course, Course]:
    """Return a cluster's course jump by jump, and by squaring."""
    chain = rj.Cluster(servers, rj.Rates(**rates)).chain()
    start, times = np.eye(len(chain))[0], np.array([hours / 2, hours])
    return ways._uniformized(chain.flows, start, times), ways._squared(chain.flows, start, times)


def test_many_jumps_do_not_drift() -> None:
    """After 100,000 jumps that hardly move anything, uniformization is still right to 1e-13."""
    rates = {"aging": 1e-4, "failure": 1e-5, "repair": 1e2, "restart": 30.0, "rejuvenation": 1e-3}
    jumps, squares = in_jumps(3, rates, 800.0)
    assert jumps.truncation_error < 1e-15  # far from the steady state
    for a, b in zip(jumps[:2], squares[:2], strict=True):
        assert a == pytest.approx(b, rel=1e-13, abs=0)


def test_steady_state_ends_the_jumps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Once within 1e-13 of the steady state jumping stops, and times before and after stay right."""
    rates = solvers.regime("duplex").rates
    found = []
    monkeypatch.setattr(ways, "advance", lambda *a, real=ways.advance: found.append(real(*a)) or found[-1])
    jumps, squares = in_jumps(20, rates, 3e5)
    assert found[-1][2]
    assert jumps.truncation_error == 1e-13
    for a, b in zip(jumps[:2], squares[:2], strict=True):
        assert a == pytest.approx(b, rel=5e-13, abs=0)


def test_a_large_cluster_goes_by_jumps() -> None:
    """A large cluster is followed jump by jump, and ends in its steady state."""
    rates = rj.Rates(aging=0.5, failure=1e-3, repair=1.0, restart=2.0, rejuvenation=1.0)
    cluster = rj.Cluster(400, rates)
    found = rj.transient(cluster, 400.0)
    assert found.method == "uniformization"
    assert rj.transient(cluster, 4000.0)["400"] == pytest.approx(rj.solve(cluster)["400"], rel=1e-9)
    assert found.probabilities.sum() == pytest.approx(1, rel=1e-14)


def test_many_times_are_those_one_by_one() -> None:
    """Times in any order, some twice, give what each gives alone, along the first axis."""
    cluster = rj.Cluster(2, rj.Rates(**solvers.regime("duplex").rates))
    times = [500.0, 1.0, 0.0, 1e4, 1.0]
    every = rj.transient(cluster, times)
    assert every.shape == (5,)
    assert every.probabilities.shape == (5, 7)
    for k, hours in enumerate(times):
        alone = rj.transient(cluster, hours)
        assert every.probabilities[k] == pytest.approx(alone.probabilities, rel=1e-14, abs=0)
        assert every.downtime[k] == pytest.approx(alone.downtime, rel=1e-14, abs=0)


def test_only_reached_states_count() -> None:
    """States that the start cannot reach have probability exactly 0 at all times."""
    edges = [("a", "b", 1), ("b", "a", 2), ("c", "a", 5), ("c", "d", 1)]
    found = rj.transient(rj.MarkovChain.from_transitions(edges), [0, 1, 1e9], start="a")
    assert not found.probabilities[:, 2:].any()
    assert not found.occupancies[:, 2:].any()


def test_a_state_that_is_never_left() -> None:
    """A chain that starts in an absorbing state stays there."""
    chain = rj.MarkovChain.from_transitions([("a", "b", 1.0)], start="b")
    found = rj.transient(chain, 7.0)
    assert found.probabilities.tolist() == [0, 1]
    assert found.occupancies.tolist() == [0, 7]


def test_reached_states_of_a_large_chain() -> None:
    """Beyond 2,000 transitions the reached states are the same, and so are their probabilities."""
    ring = [(f"a{k}", f"a{(k + 1) % 1500}", 1.0 + k % 3) for k in range(1500)]
    more = [("z", "a0", 1.0), *((f"z{k}", "z", 2.0) for k in range(600))]
    whole = rj.transient(rj.MarkovChain.from_transitions(ring + more), 3.0, start={"a0": 0.5, "a9": 0.5})
    alone = rj.transient(rj.MarkovChain.from_transitions(ring), 3.0, start={"a0": 0.5, "a9": 0.5})
    assert whole.probabilities[:1500].tolist() == alone.probabilities.tolist()
    assert not whole.probabilities[1500:].any()


def complete(size: int, rate: float) -> rj.MarkovChain:
    return rj.MarkovChain.from_transitions(
        [(str(a), str(b), rate) for a, b in itertools.permutations(range(size), 2)], start="0"
    )


def test_too_much_work_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """What would take too long is refused with the estimate, in words, and the advice."""
    monkeypatch.setattr(ways, "PATIENCE", 1e-3)
    with pytest.raises(rj.SizeError, match=r"following 30 states up to 1000 d would take about .* \(solve\)"):
        rj.transient(complete(30, 1.0), "1000 d")


def test_too_fast_a_rate_is_refused() -> None:
    """Rates near the end of the doubles cannot be followed, and the error says which."""
    with pytest.raises(rj.ConvergenceError, match=r"a state is left at 3e\+307 per hour"):
        rj.transient(complete(4, 1e307), 1.0)


def test_underflow_is_refused() -> None:
    """A chain that after 2^900 sojourns has not settled is refused instead of losing its small numbers."""
    chain = rj.MarkovChain.from_transitions([("a", "b", 1e200), ("b", "a", 1e200), ("b", "c", 1e-150)])
    with pytest.raises(rj.ConvergenceError, match=r"underflow would spoil probabilities"):
        rj.transient(chain, 1e90, start="a")


def test_slowest_and_fastest_rates() -> None:
    """Rates of 1e-300 and 1e300 per hour in one chain are followed for an hour."""
    chain = rj.MarkovChain.from_transitions([("a", "b", 1e-300), ("b", "a", 1e-300)])
    assert rj.transient(chain, 1e20, start="a")["b"] == pytest.approx(1e-280, rel=1e-14, abs=0)
    chain = rj.MarkovChain.from_transitions([("a", "b", 1e300), ("b", "a", 3e300)])
    assert rj.transient(chain, 1.0, start="a").probabilities == pytest.approx([0.75, 0.25], rel=1e-14)


def test_course_of_a_distribution() -> None:
    """A start spread over states gives the same mixture of courses."""
    flows = complete(5, 0.3).flows
    start = np.array([0.5, 0.2, 0.3, 0.0, 0.0])
    parts = [course(flows, row, np.array([2.0])).probabilities[0] for row in np.eye(5)]
    mixed = course(flows, start, np.array([2.0])).probabilities[0]
    assert mixed == pytest.approx(start @ np.array(parts), rel=1e-14)
