"""Steady states with triggers against three oracles: exact chains, many digits, and limits of many stages."""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Callable
from typing import Any

import exact
import mpmath
import numpy as np
import pytest
import solvers
import trigger_truth
from delays import RATES, HeavyTail, UserLaw, random_rates, timed

import rejuvmodel as rj

EVERY_CLOCK = pytest.mark.parametrize("clock", ["unstable", "service"])
Maker = Callable[[random.Random], Any]


def size(chance: random.Random) -> float:
    return 10 ** chance.uniform(-6, 6)


def nearly_equal(chance: random.Random, n: int, rates: dict[str, float]) -> dict[str, float]:
    """The rates, or some at which θ and iλ of some level are equal or nearly so."""
    level, kind = chance.randint(1, n), chance.randint(0, 2)
    theta = rates["aging"] + (rates["repair"] if level < n else 0)
    failure = theta / level * (1 + chance.choice([0, 1e-12, -1e-12, 1e-9, 1e-4]))
    return rates if kind == 0 else rates | {"failure": failure}


# ---------------------------------------------------------------------------- phase-type laws, exactly

PHASED: dict[str, Maker] = {
    "erlang": lambda c: rj.Erlang(c.randint(1, 4), size(c)),
    "hyperexponential": lambda c: rj.Hyperexponential([0.25, 0.75], [size(c), size(c)]),
    "short hyperexponential": lambda c: rj.Hyperexponential([0.5, 0.5], [1e-9, 1e-12 * c.random()]),
}


def exactly(law: Any, clock: str, n: int, rates: dict[str, float], solver: Any) -> float:
    """Largest error of probabilities, logarithms, masses against the exact chain of phases."""
    pi, started = trigger_truth.phase_stationary(n, law, clock, rates)
    state = rj.solve(timed(law, clock, n, rj.Rates(**rates)), solver)
    logarithms = [exact.log_fraction(p) for p in pi.values()]
    right = exact.measures(n, pi, rates["restart"], **solvers.COSTS)
    assert right.rejuvenations == started
    return max(
        solvers.worst_error(state, pi),
        solvers.worst_log_error(state, logarithms),
        exact.relative_error(float(state.solution.mass("rejuvenations")), started),
        exact.relative_error(state.unavailability, right.unavailability),
        exact.relative_error(state.planned_unavailability, right.planned),
        exact.relative_error(state.unplanned_unavailability, right.unplanned),
        exact.relative_error(state.cost_rate(rj.Costs(**solvers.COSTS)), right.cost_rate),
    )


@pytest.mark.parametrize("name", PHASED)
@EVERY_CLOCK
def test_phase_type_laws_are_exact(clock: str, name: str) -> None:
    """Both roads give every state, logarithm and mass of the exact chain to 1e-13, θ = iλ included."""
    _assert_exact(clock, name, random.Random(name + clock), draws=25)


@pytest.mark.soak
@pytest.mark.parametrize("name", PHASED)
@EVERY_CLOCK
def test_phase_type_laws_are_exact_in_many_draws(clock: str, name: str) -> None:
    """So it is in a thousand draws."""
    _assert_exact(clock, name, random.Random(), draws=1000)


def _assert_exact(clock: str, name: str, chance: random.Random, draws: int) -> None:
    for _ in range(draws):
        n, law = chance.randint(1, 3), PHASED[name](chance)
        rates = nearly_equal(chance, n, random_rates(chance))
        for solver in (rj.ClosedForm(), rj.GTH()):
            assert exactly(law, clock, n, rates, solver) <= 1e-13, (law, n, rates)


def test_the_two_oracles_agree() -> None:
    """Exact chains of phases and the theory of semi-Markov processes give the same to 100 digits."""
    chance = random.Random(2)
    for _ in range(20):
        n, clock = chance.randint(1, 3), chance.choice(["unstable", "service"])
        law, rates = PHASED[chance.choice(list(PHASED))](chance), random_rates(chance)
        pi, _ = trigger_truth.phase_stationary(n, law, clock, rates)
        found = trigger_truth.probabilities(n, law, clock, rates)
        with mpmath.workdps(200):
            assert all(abs(found[x] / trigger_truth.precise(p) - 1) < 1e-100 for x, p in pi.items())


@pytest.mark.parametrize("n", [1, 2, 5])
@EVERY_CLOCK
def test_the_two_roads_agree(clock: str, n: int) -> None:
    """agreement() of Erlang and hyperexponential triggers is 1e-12 over nine decades, for up to 60 stages."""
    chance = random.Random(clock + str(n))
    for k in (1, 2, 5, 60):
        for law in (
            rj.Erlang(k, size(chance)),
            rj.Hyperexponential([0.3, 0.7], [size(chance), size(chance)]),
        ):
            rates = nearly_equal(chance, n, random_rates(chance))
            rj.agreement(timed(law, clock, n, rj.Rates(**rates))).check(rtol=1e-12)


@EVERY_CLOCK
def test_the_two_roads_agree_on_fifty_servers(clock: str) -> None:
    """So they do for fifty servers, where probabilities fall below the doubles."""
    rates = rj.Rates(aging=1e-4, failure=1e-9, repair=1, restart=60)
    for law in (rj.Erlang(3, 1000), rj.Hyperexponential([0.5, 0.5], [10, 3000])):
        cluster = timed(law, clock, 50, rates)
        assert rj.solve(cluster)["0"] < 1e-308
        rj.agreement(cluster).check(rtol=1e-12)


# ---------------------------------------------------------------------------- any law, in many digits


def narrow(low: float) -> rj.Uniform:
    return rj.Uniform(low, 1.01 * low)


ANY: dict[str, Maker] = {
    "fixed": lambda c: rj.Fixed(size(c)),
    "uniform": lambda c: rj.Uniform(*sorted([size(c), c.choice([0.0, size(c)])])),
    "narrow uniform": lambda c: narrow(size(c)),
    "empirical": lambda c: rj.Empirical(size(c) * np.array([1, 2, 3, 5, 10 ** c.uniform(0, 6)])),
    "erlang": lambda c: rj.Erlang(c.choice([5, 50, 1000, 10**6]), size(c)),
}


@pytest.mark.parametrize("name", ANY)
@EVERY_CLOCK
def test_every_law_keeps_its_digits(clock: str, name: str) -> None:
    """Every probability, to 1e-290 and by its logarithm below, is right to 1e-12 over nine decades."""
    _assert_digits(clock, name, random.Random(name + clock), draws=30)


@pytest.mark.soak
@pytest.mark.parametrize("name", ANY)
@EVERY_CLOCK
def test_every_law_keeps_its_digits_in_many_draws(clock: str, name: str) -> None:
    """So it is in thousands of draws."""
    _assert_digits(clock, name, random.Random(), draws=2000)


def _assert_digits(clock: str, name: str, chance: random.Random, draws: int) -> None:
    least = 1.0
    for _ in range(draws):
        n, law = chance.randint(1, 5), ANY[name](chance)
        rates = nearly_equal(chance, n, random_rates(chance))
        state = rj.solve(timed(law, clock, n, rj.Rates(**rates)))
        right = trigger_truth.probabilities(n, law, clock, rates)
        assert trigger_truth.worst_error(state, right) <= 1e-12, (law, n, rates)
        least = min(least, float(min(right.values())))
    assert least < 1e-40  # or the draws would not test what they should


@pytest.mark.parametrize("name", ANY)
@EVERY_CLOCK
def test_a_users_law_keeps_eleven_digits(clock: str, name: str) -> None:
    """The same laws given as two functions are right to 1e-11 where F* does not underflow."""
    chance = random.Random(name)
    for _ in range(20):
        n, law = chance.randint(1, 4), UserLaw(ANY[name](chance))
        rates = nearly_equal(chance, n, random_rates(chance))
        state = rj.solve(timed(law, clock, n, rj.Rates(**rates)))
        right = trigger_truth.probabilities(n, law.law, clock, rates)
        seen = {x: p for x, p in right.items() if p > 1e-250}
        gaps = [abs(float(state[x] / p) - 1) for x, p in seen.items()]
        assert max(gaps) <= 1e-11, (law, n, rates)


@EVERY_CLOCK
def test_a_law_of_a_heavy_tail(clock: str) -> None:
    """A user's law without a second moment is right to 1e-9, as the mean of its branches says."""
    rates = {"aging": 1 / 240, "failure": 1 / 2160, "repair": 2.0, "restart": 60.0}
    state = rj.solve(timed(HeavyTail(100), clock, 3))
    with mpmath.workdps(60):

        def transform(s: Any) -> Any:
            root = mpmath.sqrt(50 * s)
            return 1 - 100 * s * (1 - mpmath.sqrt(mpmath.pi) * root * mpmath.exp(50 * s) * mpmath.erfc(root))

        right = trigger_truth.probabilities(3, trigger_truth.Truth(transform, mpmath.mpf(100)), clock, rates)
    assert all(abs(float(state[x] / p) - 1) < 1e-9 for x, p in right.items())


def test_logarithms_of_the_oracle() -> None:
    """They are right beside every power of two, where those of mpmath may belong to another number."""
    with mpmath.workdps(300):
        for power in range(-6, 7):
            for aside in (-(mpmath.mpf(10) ** -100), 0, mpmath.mpf(10) ** -100):
                found = exact.logarithm(mpmath.mpf(2) ** power * (1 + aside))
                assert abs(found - power * mpmath.log(2) - aside) < mpmath.mpf(10) ** -190


SIZES = (1e-100, 1e-60, 1e-12, 1.0, 7e11, 1e60, 1e100)


def test_rates_and_delays_of_any_size() -> None:
    """With rates and delays from 1e-100 to 1e100 every logarithm is right to 1e-11."""
    _assert_sizes(random.Random(3), draws=40)


@EVERY_CLOCK
@pytest.mark.parametrize(
    "law", [rj.Fixed(1e100), rj.Erlang(3, 1e100), rj.Uniform(1e100, 2e100), rj.Empirical([1.0, 1e100])]
)
def test_delays_that_never_end_beside_rates_that_do_at_once(clock: str, law: rj.Law) -> None:
    """With 1e100 h at rates of 1e100 per hour the server fails long before, and the failure is seen."""
    rates = {"aging": 1e100, "failure": 1e60, "repair": 1e-100, "restart": 1.0}
    state = rj.solve(timed(law, clock, 1, rj.Rates(**rates)))
    right = trigger_truth.probabilities(1, law, clock, rates, digits=1500)
    exactly = [float(exact.logarithm(p)) for p in right.values()]
    assert solvers.worst_log_error(state, exactly) <= 1e-11


@pytest.mark.soak
def test_rates_and_delays_of_any_size_in_many_draws() -> None:
    """So it is in thousands of draws."""
    _assert_sizes(random.Random(), draws=3000)


def _assert_sizes(chance: random.Random, draws: int) -> None:
    for _ in range(draws):
        rates = {name: chance.choice(SIZES) for name in ("aging", "failure", "repair", "restart")}
        n, clock, d = chance.randint(1, 3), chance.choice(["unstable", "service"]), chance.choice(SIZES)
        branches = rj.Hyperexponential([0.5, 0.5], [d, chance.choice(SIZES)])
        law = chance.choice([rj.Fixed(d), rj.Exponential(d), rj.Erlang(3, d), branches, rj.Uniform(d, 2 * d)])
        state = rj.solve(timed(law, clock, n, rj.Rates(**rates)))
        right = trigger_truth.probabilities(n, law, clock, rates, digits=1500)
        exactly = [float(exact.logarithm(p)) for p in right.values()]
        assert solvers.worst_log_error(state, exactly) <= 1e-11, (law, clock, n, rates)


# ---------------------------------------------------------------------------- limits


@pytest.mark.parametrize("n", [1, 3])
@EVERY_CLOCK
def test_a_fixed_delay_is_the_limit_of_many_stages(clock: str, n: int) -> None:
    """Erlang probabilities at k = 50 … 400 extrapolated to 1/k = 0 are those of the fixed delay to 1e-9."""
    ks = [50, 100, 200, 400]
    table = [[np.log(rj.solve(timed(rj.Erlang(k, 100), clock, n), rj.GTH()).probabilities) for k in ks]]
    for order in range(1, len(ks)):  # Richardson: each step removes a power of 1/k
        last = table[-1]
        table.append([(2**order * b - a) / (2**order - 1) for a, b in itertools.pairwise(last)])
    fixed = np.log(rj.solve(timed(rj.Fixed(100), clock, n)).probabilities)
    plain = np.abs(table[0][-1] - fixed).max()
    assert plain > 1e-5  # at 400 stages it is not there yet
    assert np.abs(table[-1][0] - fixed).max() < 1e-9


@EVERY_CLOCK
def test_a_uniform_delay_is_the_limit_of_many_samples(clock: str) -> None:
    """The midpoints of 4000 equal parts of an interval, as samples, are its uniform law to 1e-7."""
    parts = 4000
    samples = 40 + 120 * (np.arange(parts) + 0.5) / parts
    found, expected = (
        rj.solve(timed(law, clock, 2)).probabilities for law in (rj.Empirical(samples), rj.Uniform(40, 160))
    )
    assert found == pytest.approx(expected, rel=1e-7)


@EVERY_CLOCK
def test_one_branch_one_sample_and_one_stage_are_the_simple_laws(clock: str) -> None:
    """A law written as a case of another gives the same probabilities."""
    for one, other in (
        (rj.Hyperexponential([1], [100]), rj.Exponential(100)),
        (rj.Hyperexponential([0.3, 0.7], [100, 100]), rj.Erlang(1, 100)),
        (rj.Empirical([100]), rj.Fixed(100)),
        (rj.Empirical([100, 100, 100]), rj.Uniform(100, 100)),
        (rj.Fixed(0), rj.Erlang(7, 0)),
        (rj.Uniform(math.inf, math.inf), rj.Fixed(math.inf)),
    ):
        found, expected = (rj.solve(timed(law, clock, 3, RATES)).probabilities for law in (one, other))
        assert found == pytest.approx(expected, rel=1e-14, abs=0)
