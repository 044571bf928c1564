"""Triggers: exact limits, defined answers, grids, and what a cluster makes of them."""

from __future__ import annotations

import itertools
import math
import pickle
from typing import Any

import numpy as np
import pytest
from delays import LAWS, RATES, UserLaw, timed

import rejuvmodel as rj
from rejuvmodel.cross_check import compare

CLOCKS = ("unstable", "service")
EVERY_CLOCK = pytest.mark.parametrize("clock", CLOCKS)
EVERY_LAW = pytest.mark.parametrize("law", LAWS, ids=str)


def same(found: rj.SteadyState, expected: rj.SteadyState, rtol: float = 1e-13) -> bool:
    """Whether all probabilities, logarithms and masses agree; below 1e-290 the logarithms count."""
    close = np.allclose(found.log_probabilities, expected.log_probabilities, rtol=rtol, atol=rtol)
    return close and compare(found, expected).worst_relative <= rtol


def core(n: int, rates: rj.Rates, mean: float) -> rj.SteadyState:
    """Fig. 3 at λ_r = 1/mean."""
    return rj.solve(rj.Cluster(n, rates.replace(rejuvenation=1 / mean if mean else math.inf)))


@pytest.mark.parametrize("n", [1, 2, 3, 7, 50, 1000])
def test_an_exponential_delay_once_unstable_is_the_chain_of_figure_3(n: int) -> None:
    """Every probability and mass is that of rates.rejuvenation = 1/mean to 1e-13, over nine decades."""
    draws = np.random.default_rng(n)
    for _ in range(20 if n < 50 else 3):
        chance = 10 ** draws.uniform(-6, 3, 5)
        rates = rj.Rates(**dict(zip(("aging", "failure", "repair", "restart"), chance, strict=False)))
        rejuvenation = float(chance[4])
        found = rj.solve(timed(rj.Exponential(1 / rejuvenation), "unstable", n, rates))
        assert same(found, core(n, rates, 1 / rejuvenation), 1e-13 if n < 1000 else 1e-12)


def test_a_thousand_servers_underflow_and_keep_their_logarithms() -> None:
    """Below the doubles the logarithms of a thousand servers are those of Fig. 3 as well."""
    rates = rj.Rates(aging=1e-4, failure=1e-7, repair=1, restart=60)
    found = rj.solve(timed(rj.Exponential(1000), "unstable", 1000, rates))
    assert found["0"] == 0
    assert found.log_probability("0") < -10_000
    assert same(found, core(1000, rates, 1000.0))


@pytest.mark.parametrize("zeros", list(itertools.product((0, 1), (0, 1))), ids=str)
@pytest.mark.parametrize("n", [1, 3])
@pytest.mark.parametrize("law", [*LAWS, UserLaw(LAWS[2])], ids=str)
def test_limits(law: Any, n: int, zeros: tuple[int, int]) -> None:
    """Mean 0 is λ_r = ∞ once unstable and P_{r_n} = 1 on service; infinity is λ_r = 0; λ, λ_f may be 0."""
    rates = rj.Rates(aging=zeros[0] / 240, failure=zeros[1] / 2160, repair=2, restart=6)
    for clock in CLOCKS:
        trigger = rj.Trigger(law, clock)
        never = rj.solve(rj.Cluster(n, rates, trigger=trigger.scaled(math.inf)))
        assert same(never, core(n, rates, math.inf))
        middle = rj.solve(rj.Cluster(n, rates, trigger=trigger))
        assert middle.probabilities.sum() == pytest.approx(1, abs=1e-14)
        assert np.all(middle.probabilities >= 0)
    at_once = rj.Trigger(law).scaled(0)
    assert same(rj.solve(rj.Cluster(n, rates, trigger=at_once)), core(n, rates, 0.0))
    always = rj.solve(rj.Cluster(n, rates, trigger=rj.Trigger(law, "service").scaled("0 h")))
    assert always[f"r{n}"] == 1
    assert always.log_probability("0") == -math.inf


@EVERY_LAW
@EVERY_CLOCK
def test_without_aging_the_clock_alone_runs(law: Any, clock: str) -> None:
    """With λ_f = 0 a clock once unstable never starts; on service P_r/P_n is restart time over mean delay."""
    state = rj.solve(timed(law, clock, 2, RATES.replace(aging=0)))
    assert state["2"] + state["r2"] == pytest.approx(1, abs=1e-15)
    expected = 0.0 if clock == "unstable" else 1 / 60 / law.mean
    assert state["r2"] / state["2"] == pytest.approx(expected, rel=1e-14)


@EVERY_LAW
def test_without_failures_the_mean_delay_counts(law: Any) -> None:
    """With λ = 0 the times in n, u_n and r_n are in the ratio of aging, mean delay and restart."""
    state = rj.solve(timed(law, "unstable", 2, RATES.replace(failure=0)))
    cycle = np.array([240, law.mean, 1 / 60])
    found = np.array([state["2"], state["u2"], state["r2"]])
    assert found == pytest.approx(cycle / cycle.sum(), rel=1e-14)


@pytest.mark.parametrize("delay", [1e-320, 1e-300, 1e-160, 1e160, 1e200, 1e300])
@pytest.mark.parametrize("failure", [0.0, 1 / 2160])
@EVERY_CLOCK
def test_extreme_delays(clock: str, failure: float, delay: float) -> None:
    """Delays far below and above all other times give probabilities that sum to 1, and finite logarithms."""
    for law in (
        rj.Fixed(delay), rj.Exponential(delay), rj.Uniform(delay / 2, delay), rj.Erlang(3, delay),
        rj.Empirical([delay, delay / 2]), rj.Hyperexponential([0.5, 0.5], [delay, delay / 2]),
    ):  # fmt: skip
        for n in (1, 3):
            state = rj.solve(timed(law, clock, n, RATES.replace(failure=failure)))
            assert state.probabilities.sum() == pytest.approx(1, abs=1e-13)
            assert not np.isnan(state.log_probabilities).any()


def test_a_thousand_servers_that_never_fail() -> None:
    """With λ = 0 a thousand servers are as one: only level n is visited."""
    for clock in CLOCKS:
        thousand, one = (
            rj.solve(timed(rj.Fixed(100), clock, n, RATES.replace(failure=0))) for n in (1000, 1)
        )
        assert [thousand[x] for x in ("1000", "u1000", "r1000")] == [one[x] for x in ("1", "u1", "r1")]


def test_a_fixed_delay_of_many_failures_has_its_exact_logarithm() -> None:
    """With λD = 1e20 the share that is rejuvenated is e^{−1e20}, and its logarithm says so."""
    state = rj.solve(timed(rj.Fixed(1e20), "unstable", 1, RATES.replace(failure=1)))
    assert state.log_probability("r1") == pytest.approx(-1e20, rel=1e-15)
    assert state["r1"] == 0


# ---------------------------------------------------------------------------- grids and values


def test_rates_and_laws_broadcast() -> None:
    """A grid of rates against a grid of laws is every pair of them, as if each were asked alone."""
    rates = rj.Rates(aging=1 / 240, failure=1 / 2160, repair=[[1.0], [2.0]], restart=60)
    laws = [
        rj.Fixed([50, 100, 0]), rj.Exponential([50, 100, math.inf]), rj.Erlang([1, 2, 9], [50, 60, 70]),
        rj.Uniform([1, 2, 3], [4, 5, 6]), rj.Empirical([[1, 2], [3, 4], [5, 6]]),
        rj.Hyperexponential([0.4, 0.6], [[1, 2], [3, 4], [5, 6]]),
    ]  # fmt: skip
    for law, clock in itertools.product(laws, CLOCKS):
        cluster = rj.Cluster(2, rates, trigger=rj.Trigger(law, clock))
        assert cluster.shape == (2, 3)
        state = rj.solve(cluster)
        assert state.probabilities.shape == (2, 3, 7)
        for index in np.ndindex(2, 3):
            alone = rj.solve(cluster[index])
            assert state.probabilities[index] == pytest.approx(alone.probabilities, rel=1e-15, abs=0)
            assert cluster[index].trigger == rj.Trigger(law[index[1]], clock)
        assert np.shape(state.unavailability) == (2, 3)
        assert cluster[:, 1].shape == (2,)


@pytest.mark.parametrize("law", [rj.Erlang([1, 2, 5], [[50], [60]]), rj.Exponential([50, 60])], ids=str)
@EVERY_CLOCK
def test_a_grid_of_phase_type_laws_is_solved_by_the_numeric_road(clock: str, law: Any) -> None:
    """solve(grid, GTH()) solves the chain of every point; the number of stages may vary."""
    cluster = timed(law, clock, 2)
    rj.agreement(cluster).check(rtol=1e-12)
    assert rj.solve(cluster, rj.GTH()).shape == law.shape


def test_grids_that_do_not_fit_name_both() -> None:
    """Shapes that do not broadcast are refused, naming rates and trigger."""
    with pytest.raises(rj.InvalidInputError, match=r"rates and trigger.*\(2,\) and \(3,\)"):
        rj.Cluster(1, RATES.replace(repair=[1, 2]), trigger=rj.Trigger(rj.Fixed([1, 2, 3])))


@pytest.mark.parametrize(
    "law",
    [*LAWS, rj.Fixed([1, 2]), rj.Erlang([1, 2], 5), rj.Empirical([[1, 2], [3, 4]]), rj.Fixed(math.inf)],
    ids=str,
)
@EVERY_CLOCK
def test_triggers_are_values(law: Any, clock: str) -> None:
    """Equal triggers are equal, hash alike, survive pickling, and differ from those of the other clock."""
    trigger = rj.Trigger(law, clock)
    copy = pickle.loads(pickle.dumps(trigger))
    assert copy == trigger
    assert hash(copy) == hash(trigger)
    assert trigger != rj.Trigger(law, CLOCKS[clock == "unstable"])
    cluster = rj.Cluster(2, RATES, trigger=trigger)
    assert pickle.loads(pickle.dumps(cluster)) == cluster
    assert hash(pickle.loads(pickle.dumps(cluster))) == hash(cluster)
    assert trigger.to_dict() == {"clock": clock, "law": law.to_dict()}
    assert cluster.to_dict()["trigger"] == trigger.to_dict()
    assert trigger.to_dict()["law"]["name"] == type(law).__name__.lower()


def test_triggers_cannot_be_iterated() -> None:
    """Neither laws nor triggers are iterable; Python would try every index."""
    for one in (rj.Fixed([1, 2]), rj.Trigger(rj.Fixed([1, 2]))):
        with pytest.raises(TypeError):
            iter(one)


# ---------------------------------------------------------------------------- refusals


@pytest.mark.parametrize(
    ("law", "named"),
    [
        (rj.Fixed, "law: got the class Fixed.*Write Fixed\\(…\\)"),
        (300, r"law: got 300.*Fixed\(delay\)"),
        ("300 h", r'law: got "300 h".*Fixed\(delay\)'),
        (None, "law: got None"),
    ],
)
def test_what_is_no_law_is_refused_with_advice(law: Any, named: str) -> None:
    """A class, a number, text or None instead of a law is refused with what to write."""
    with pytest.raises(rj.InvalidInputError, match=named):
        rj.Trigger(law)


@pytest.mark.parametrize("clock", ["cron", "", None, 1, ["service"], "Service"])
def test_unknown_clocks_are_refused(clock: Any) -> None:
    """A clock is "unstable" or "service", and the error says what each counts."""
    with pytest.raises(rj.InvalidInputError, match=r"clock: got.*counts from becoming unstable"):
        rj.Trigger(rj.Fixed(3), clock)


def test_rate_and_trigger_together_are_refused() -> None:
    """A cluster with both a rate and a trigger is refused, naming both; a bare law is no trigger."""
    with pytest.raises(rj.InvalidInputError, match=r"rates\.rejuvenation and trigger: got both"):
        rj.Cluster(1, RATES.replace(rejuvenation=0), trigger=rj.Trigger(rj.Fixed(3)))
    with pytest.raises(rj.InvalidInputError, match=r"trigger: got Fixed.*Write Trigger"):
        rj.Cluster(1, RATES, trigger=rj.Fixed(3))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "use",
    [
        lambda cluster: cluster.chain(),
        lambda cluster: rj.solve(cluster, rj.GTH()),
        rj.agreement,
    ],
)
@pytest.mark.parametrize(
    "law", [rj.Fixed(3), rj.Uniform(1, 2), rj.Empirical([1, 2]), UserLaw(rj.Erlang(2, 3))], ids=str
)
def test_laws_without_phases_have_no_chain(law: Any, use: Any) -> None:
    """A law without phases has no chain; the error offers the closed form and an Erlang law."""
    with pytest.raises(rj.InvalidInputError, match=r"trigger: got .*closed form \(solve\).*Erlang"):
        use(timed(law, "service", 2))


def test_a_chain_belongs_to_one_cluster() -> None:
    """chain() of a grid of laws is refused and names the trigger."""
    with pytest.raises(rj.InvalidInputError, match=r"trigger: got a grid of shape \(2,\)"):
        timed(rj.Erlang(2, [3, 4]), "service", 1).chain()


def test_a_delay_of_zero_on_service_has_no_chain() -> None:
    """A cluster that rejuvenates all the time has no chain, and says so."""
    with pytest.raises(rj.InvalidInputError, match=r"rejuvenates all the time"):
        timed(rj.Erlang(2, 0), "service", 1).chain()


@pytest.mark.parametrize("law", [rj.Exponential(1e-310), rj.Erlang(3, 1e-308)], ids=str)
def test_phases_too_fast_for_a_float_are_refused(law: Any) -> None:
    """A chain whose phases end faster than a float can say is refused, not solved as NaN."""
    with pytest.raises(rj.InvalidInputError, match=r"rates of the phases must fit a float"):
        rj.agreement(timed(law, "unstable", 1))
    assert rj.solve(timed(law, "unstable", 1)).unavailability > 0


def test_too_many_stages_for_memory_are_refused() -> None:
    """The chain of 10^12 stages is refused with an estimate; the closed form takes them."""
    cluster = timed(rj.Erlang(10**12, 300), "service", 1)
    with pytest.raises(rj.SizeError, match=r"1000000000000 phases.*TB.*closed form"):
        rj.solve(cluster, rj.GTH())
    fixed = rj.solve(timed(rj.Fixed(300), "service", 1))
    assert rj.solve(cluster).unavailability == pytest.approx(fixed.unavailability, rel=1e-11)


def test_a_trigger_has_no_rate() -> None:
    """with_rejuvenation of a cluster with a trigger is refused; with_period stretches its law."""
    cluster = timed(rj.Erlang(3, 10), "service", 1)
    with pytest.raises(rj.InvalidInputError, match=r"rates\.rejuvenation.*with_period"):
        cluster.with_rejuvenation(1)
    assert cluster.with_period("1 d").trigger == rj.Trigger(rj.Erlang(3, 24), "service")
