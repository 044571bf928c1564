"""The chain of a cluster whose trigger runs in phases: its states, its transitions, its start."""

from __future__ import annotations

import random
from collections import Counter
from fractions import Fraction
from typing import Any

import exact
import numpy as np
import pytest
import solvers
import trigger_truth
from delays import RATES, random_rates, timed

import rejuvmodel as rj

EVERY_CLOCK = pytest.mark.parametrize("clock", ["unstable", "service"])
PHASED = (
    rj.Exponential(100),
    rj.Erlang(4, 100),
    rj.Hyperexponential([0.25, 0.75], [40, 120]),
    rj.Hyperexponential([0.5, 0, 0.5], [40, 50, 160]),
)
EVERY_PHASED = pytest.mark.parametrize("law", PHASED, ids=str)


def summed(moves: list[tuple[str, str, Fraction]]) -> dict[tuple[str, str], float]:
    """Rate from each state to each other."""
    total: Counter[tuple[str, str]] = Counter()
    for origin, target, rate in moves:
        total[origin, target] += rate  # type: ignore[assignment]
    return {key: float(rate) for key, rate in total.items()}


def ours(label: str, phases: int) -> str:
    """The oracle numbers phases from 0, the library from 1, and a single phase not at all."""
    state, dot, phase = label.partition(".")
    return f"{state}.{int(phase) + 1}" if dot and phases > 1 else state


@pytest.mark.parametrize("n", [1, 2, 4])
@EVERY_CLOCK
@EVERY_PHASED
def test_every_transition_is_that_of_the_definition(law: Any, clock: str, n: int) -> None:
    """The transitions, all rates different, are those written down from the definition of the process."""
    rates = {"aging": 1 / 7, "failure": 1 / 11, "repair": 1 / 3, "restart": 5 / 2}
    stages = trigger_truth.stages_of(law)
    expected = {
        (ours(a, len(stages.rate)), ours(b, len(stages.rate))): rate
        for (a, b), rate in summed(trigger_truth.phase_chain(n, stages, clock, rates)).items()
    }
    found = summed(solvers.transitions(timed(law, clock, n, rj.Rates(**rates)).chain()))
    assert found == pytest.approx(expected, rel=1e-15)


@EVERY_CLOCK
def test_states_and_groups(clock: str) -> None:
    """An Erlang delay of three stages splits the states in which its clock runs, and only those."""
    chain = timed(rj.Erlang(3, 10), clock, 2).chain()
    normal = ["2", "1"] if clock == "unstable" else ["2.1", "2.2", "2.3", "1.1", "1.2", "1.3"]
    unstable = ["u2.1", "u2.2", "u2.3", "u1.1", "u1.2", "u1.3"]
    assert list(chain.labels) == [*normal, "0", *unstable, "r2", "r1"]
    assert chain.groups is not None
    assert chain.down is not None
    assert [chain.labels[k] for k in chain.groups["degraded"]] == unstable
    assert [chain.labels[k] for k in chain.groups["rejuvenating"]] == ["r2", "r1"]
    assert [chain.labels[k] for k in chain.down["unplanned"]] == ["0"]
    assert [chain.labels[k] for k in chain.down["planned"]] == ["r1"]
    assert chain.labels[chain.start] == normal[0]  # type: ignore[index]


@EVERY_CLOCK
@EVERY_PHASED
def test_it_starts_in_state_n_with_the_clock_just_started(law: Any, clock: str) -> None:
    """The start is state n; where the clock runs there, its phases have their starting probabilities."""
    expansion = timed(law, clock, 3).expansion()
    assert expansion.start.sum() == 1
    by_label = {
        label: p for label, p in zip(expansion.chain.labels, expansion.start.tolist(), strict=True) if p > 0
    }
    starts = [p for p in trigger_truth.stages_of(law).start if p]
    if clock == "unstable":
        assert by_label == {"3": 1.0}
    else:
        assert list(by_label.values()) == pytest.approx([float(p) for p in starts])
        assert all(label.partition(".")[0] == "3" for label in by_label)


@EVERY_CLOCK
@EVERY_PHASED
def test_phases_are_summed_to_the_states_of_the_cluster(law: Any, clock: str) -> None:
    """solve(cluster, GTH()) answers in the 3n+1 states: the sums of those of the chain solved by itself."""
    cluster = timed(law, clock, 3)
    folded, whole = rj.solve(cluster, rj.GTH()), rj.solve(cluster.chain(), rj.GTH())
    assert folded.states == cluster.states
    total = dict.fromkeys(cluster.states, 0.0)
    for label, p in zip(whole.states, whole.probabilities.tolist(), strict=True):
        total[label.partition(".")[0]] += p
    assert folded.probabilities == pytest.approx(list(total.values()), rel=1e-14, abs=0)
    assert folded.log_probabilities == pytest.approx(np.log(folded.probabilities), rel=1e-12)
    for measure in ("unavailability", "planned_unavailability", "unplanned_unavailability"):
        assert getattr(folded, measure) == pytest.approx(getattr(whole, measure), rel=1e-14)
    assert folded.solution.residual <= 1e-10  # type: ignore[operator]


@pytest.mark.parametrize("solver", [rj.GTH(), rj.Direct()], ids=lambda solver: solver.name)
@EVERY_CLOCK
def test_every_chain_solver_takes_it(clock: str, solver: Any) -> None:
    """GTH and Direct both solve the chain of phases, as exact fractions say."""
    chance = random.Random(clock)
    for _ in range(10):
        n, rates = chance.randint(1, 3), random_rates(chance, (-3, 1))
        law = rj.Erlang(chance.randint(1, 4), 10 ** chance.uniform(-1, 2))
        pi, _ = trigger_truth.phase_stationary(n, law, clock, rates)
        state = rj.solve(timed(law, clock, n, rj.Rates(**rates)), solver)
        assert solvers.worst_error(state, pi) <= (1e-13 if isinstance(solver, rj.GTH) else 1e-9)


@EVERY_CLOCK
def test_rejuvenations_are_counted_by_their_flow(clock: str) -> None:
    """Rejuvenations per hour are those of the last phases, equal to restart times what is rejuvenating."""
    for law in PHASED:
        state = rj.solve(timed(law, clock, 2), rj.GTH())
        price = rj.Costs(failure=0, rejuvenation=0, per_rejuvenation=1)
        rejuvenating = state["r2"] + state["r1"]
        assert state.cost_rate(price) == pytest.approx(RATES.restart * rejuvenating, rel=1e-13)


@pytest.mark.parametrize("zero", ["aging", "failure"])
@EVERY_CLOCK
@EVERY_PHASED
def test_states_that_are_never_entered_are_exactly_zero(law: Any, clock: str, zero: str) -> None:
    """Without aging or failures both roads give the same states exactly 0, and agree in the others."""
    cluster = timed(law, clock, 3, RATES.replace(**{zero: 0}))
    numeric, closed = rj.solve(cluster, rj.GTH()), rj.solve(cluster)
    assert np.array_equal(numeric.probabilities == 0, closed.probabilities == 0)
    assert np.count_nonzero(numeric.probabilities) == (3 if zero == "failure" else 1 + (clock == "service"))
    rj.agreement(cluster).check(rtol=1e-13)


def test_the_limits_have_the_plain_chain() -> None:
    """A delay of 0 once unstable, and an infinite one, have the chains of λ_r = ∞ and λ_r = 0."""
    for mean, rate in ((0, np.inf), (np.inf, 0)):
        chain = timed(rj.Erlang(3, mean), "unstable", 2).chain()
        plain = rj.Cluster(2, RATES.replace(rejuvenation=rate)).chain()
        assert summed(solvers.transitions(chain)) == summed(solvers.transitions(plain))
    assert exact.labels(2) == list(timed(rj.Erlang(3, 0), "unstable", 2).chain().labels)
