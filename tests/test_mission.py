"""Missions: measures over [0, t], the first outage, and what is asked for them."""

from __future__ import annotations

import json
import math
import pickle
import random
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from typing import Any

import exact
import exact_time
import numpy as np
import pytest
import solvers
from hypothesis import given, settings
from hypothesis import strategies as st

import rejuvmodel as rj

DUPLEX = solvers.regime("duplex").rates
WEB = rj.Cluster(2, rj.Rates(**DUPLEX))
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5, per_rejuvenation=0.3, degraded=0.01)
INTERVALS: list[Callable[..., Any]] = [
    rj.interval_availability, rj.interval_unavailability, rj.interval_reliability, rj.interval_unreliability,
]  # fmt: skip


def two_states(failure: float, repair: float) -> rj.MarkovChain:
    moves = [("up", "down", failure), ("down", "up", repair)]
    return rj.MarkovChain.from_transitions(moves, down={"down": "unplanned"}, start="up")


STRESS = exact.published("uniformization-stress")[0]


def test_uniformization_stress() -> None:
    """The published reward of a chain 0 → 1 at rate 6, one per hour in 0, is met to its last digit."""
    chain = rj.MarkovChain.from_transitions([("0", "1", STRESS["rate"])], start="0")
    found = rj.transient(chain, STRESS["hours"])
    assert found.accumulated({"0": 1}) == pytest.approx(STRESS["value"], rel=STRESS["rtol"], abs=0)
    right = 1 / 6 - 1 / (6 * math.exp(0.6))
    assert found.accumulated([1, 0]) == pytest.approx(right, rel=1e-14)


@pytest.mark.parametrize("hours", [1e-4, 1.0, 8760.0])
def test_measures_are_sums_over_states(hours: float) -> None:
    """Unavailability, downtime and cost are the exact sums of the chain's down and priced states."""
    moves = [(a, b, float(q)) for a, b, q in exact.cluster_transitions(2, **DUPLEX)]
    labels = exact.labels(2)
    p, spent = (
        dict(zip(labels, row, strict=True))
        for row in exact_time.probabilities(moves, labels, "2", hours, 700)
    )
    found = rj.transient(WEB, hours)
    priced = (
        1000 * spent["0"] + 10 * spent["r1"] + 5 * (spent["r1"] + spent["r2"])
        + Fraction(0.01) * (spent["u1"] + spent["u2"])
        + Fraction(0.3) * Fraction(DUPLEX["rejuvenation"]) * (spent["u1"] + spent["u2"])
    )  # fmt: skip
    for value, right in (
        (found.unavailability, p["0"] + p["r1"]),
        (found.availability, 1 - p["0"] - p["r1"]),
        (found.planned_unavailability, p["r1"]),
        (found.unplanned_unavailability, p["0"]),
        (found.downtime, spent["0"] + spent["r1"]),
        (found.interval_unavailability, (spent["0"] + spent["r1"]) / Fraction(hours)),
        (found.interval_availability, 1 - (spent["0"] + spent["r1"]) / Fraction(hours)),
        (found.cost(COSTS), priced),
        (found.expected({"u2": 2.5}), Fraction(2.5) * p["u2"]),
        (found.accumulated({"u2": 2.5}), Fraction(2.5) * spent["u2"]),
        (found["r2"], p["r2"]),
    ):
        assert exact.relative_error(float(value), right) <= 1e-13


def test_long_missions_cost_what_the_steady_state_says() -> None:
    """Per hour, downtime and cost of 1e9 h are those of the steady state, the start being forgotten."""
    found, state = rj.transient(WEB, 1e9), rj.solve(WEB)
    assert found.downtime / 1e9 == pytest.approx(state.unavailability, rel=1e-6)
    assert found.cost(COSTS) / 1e9 == pytest.approx(state.cost_rate(COSTS), rel=1e-6)
    assert found.unavailability == pytest.approx(state.unavailability, rel=1e-12)


def test_costs_broadcast_against_times() -> None:
    """One set of costs for each time gives each time its own cost; other shapes are refused by name."""
    times = [100.0, 1000.0, 8760.0]
    each = rj.transient(WEB, times).cost(rj.Costs(failure=[1, 2, 3], rejuvenation=0))
    plain = rj.transient(WEB, times).cost(rj.Costs(failure=1, rejuvenation=0))
    assert each == pytest.approx(plain * [1, 2, 3], rel=1e-15)
    with pytest.raises(rj.InvalidInputError, match="hours and costs"):
        rj.transient(WEB, times).cost(rj.Costs(failure=[1, 2], rejuvenation=0))


@pytest.mark.parametrize("hours", [1e-3, 1.0, 500.0, 1e5])
def test_intervals_of_two_states_by_hand(hours: float) -> None:
    """Availability over an interval, and no outage in it, have their textbook formulas."""
    failure, repair = 1e-3, 0.5
    chain, both = two_states(failure, repair), failure + repair
    reliability, unreliability = math.exp(-failure * hours), -math.expm1(-failure * hours)
    assert rj.interval_reliability(chain, hours) == pytest.approx(reliability, rel=1e-13, abs=0)
    assert rj.interval_unreliability(chain, hours) == pytest.approx(unreliability, rel=1e-13, abs=0)
    if hours >= 1:
        down = failure / both * (1 + math.expm1(-both * hours) / (both * hours))
        assert rj.interval_unavailability(chain, hours) == pytest.approx(down, rel=1e-13, abs=0)
        assert rj.interval_availability(chain, hours) == pytest.approx(1 - down, rel=1e-14, abs=0)


def test_rare_outages_keep_their_digits() -> None:
    """Where an outage in a year has probability 1e-35, both complements have all digits of it."""
    rates = rj.Rates(aging=1e-4, failure=1e-7, repair=10, restart=60, rejuvenation=0.1)
    one, other = (f(rj.Cluster(4, rates), [8760, 2 * 8760]) for f in INTERVALS[1::2])
    assert np.all((one > 0) & (one < 1e-20) & (other > 0) & (other < 1e-20))
    assert other[1] == pytest.approx(2 * other[0], rel=0.01)
    assert one[1] == pytest.approx(one[0], rel=0.01)


def test_intervals_of_no_length() -> None:
    """At t = 0 an interval is up or down as its start is; a start in an outage is one."""
    for start, up in (("2", 1.0), ("0", 0.0), ("r1", 0.0), ({"2": 0.25, "0": 0.75}, 0.25)):
        for measure, right in zip(INTERVALS, (up, 1 - up, up, 1 - up), strict=True):
            assert measure(WEB, 0, start=start) == right
    assert rj.interval_unreliability(WEB, 10, start="0") == 1.0


moves = st.lists(
    st.tuples(st.sampled_from("abcd"), st.sampled_from("abcd"), st.floats(1e-3, 1e3)), min_size=3
)


@settings(max_examples=30)
@given(moves.map(lambda rows: [row for row in rows if row[0] != row[1]]).filter(len))
def test_reliability_falls(rows: list[tuple[str, str, float]]) -> None:
    """Reliability falls with the interval, below interval availability; complements add up to 1."""
    states = sorted({s for a, b, _ in rows for s in (a, b)})
    chain = rj.MarkovChain.from_transitions(rows, down={states[-1]: "planned"}, start=states[0])
    up, down, reliable, unreliable = (f(chain, np.linspace(0, 5, 12)) for f in INTERVALS)
    assert np.all(np.diff(reliable) <= 1e-15)
    assert np.all(np.diff(unreliable) >= -1e-15)
    assert np.all(reliable <= up + 1e-13)
    assert up + down == pytest.approx(1, rel=1e-13)
    assert reliable + unreliable == pytest.approx(1, rel=1e-13)


def mean_time_exactly(rows: list[exact.Transition], start: str, down: set[str]) -> Fraction:
    """Mean time to a down state, by Gauss–Jordan elimination in fractions."""
    up = sorted({s for a, b, _ in rows for s in (a, b)} - down)
    place = {s: k for k, s in enumerate(up)}
    table = [[Fraction(0)] * len(up) + [Fraction(1)] for _ in up]
    for a, b, rate in rows:
        if a in place:
            table[place[a]][place[a]] += rate
            if b in place:
                table[place[a]][place[b]] -= rate
    for k in range(len(up)):
        pivot = next(i for i in range(k, len(up)) if table[i][k])
        table[k], table[pivot] = table[pivot], table[k]
        table[k] = [x / table[k][k] for x in table[k]]
        for i in range(len(up)):
            if i != k and table[i][k]:
                table[i] = [x - table[i][k] * y for x, y in zip(table[i], table[k], strict=True)]
    return table[place[start]][-1]


@pytest.mark.parametrize("servers", [1, 2, 4])
@pytest.mark.parametrize("regime", [*solvers.REGIMES, *solvers.CORNERS], ids=lambda one: one.name)
def test_mean_time_to_outage_is_exact(regime: exact.Regime, servers: int) -> None:
    """Over nine decades of rates the mean time to the first outage is right to 1e-13."""
    rows = exact.cluster_transitions(servers, **regime.rates)
    reached = exact.reachable(rows, str(servers))
    found = rj.mean_time_to_outage(rj.Cluster(servers, rj.Rates(**regime.rates)))
    down = {"0", "r1"} & reached
    if not down:
        assert found == math.inf
        return
    rows = [(a, b, q) for a, b, q in rows if a in reached]
    right = mean_time_exactly(rows, str(servers), down)
    assert exact.relative_error(found, right) <= 1e-13


def test_mean_time_is_the_integral_of_reliability() -> None:
    """The mean time to an outage is the time spent up before it, in the long run."""
    stopped = [("2", "u2", 1.0), ("u2", "2", 3.0), ("u2", "0", 0.2)]
    chain = rj.MarkovChain.from_transitions(stopped, down={"0": "unplanned"}, start="2")
    assert rj.mean_time_to_outage(chain) == pytest.approx(21.0, rel=1e-14)
    assert rj.transient(chain, 1e4).accumulated([1, 1, 0]) == pytest.approx(21.0, rel=1e-12)


def test_mean_times_without_an_end() -> None:
    """Where there may never be an outage the mean time is infinite; from an outage it is 0."""
    moves = [("a", "b", 1), ("a", "down", 1), ("b", "c", 1), ("c", "b", 1)]
    chain = rj.MarkovChain.from_transitions(moves, down={"down": "unplanned"})
    assert rj.mean_time_to_outage(chain, start="a") == math.inf
    assert rj.mean_time_to_outage(chain, start="b") == math.inf
    assert rj.mean_time_to_outage(chain, start="down") == 0
    never = rj.Reactive(servers=2, failure=0, repair=1)
    assert rj.mean_time_to_outage(never) == math.inf
    assert rj.interval_reliability(never, 1e6) == 1
    assert rj.interval_unreliability(never, 1e6) == 0


def test_mean_times_beyond_doubles() -> None:
    """A mean time of 1e300 h keeps its digits; beyond 1.8e308 h it is infinite."""
    slow = rj.MarkovChain.from_transitions(
        [("a", "b", 1e-200), ("b", "a", 1.0), ("b", "down", 1e-100)], down={"down": "unplanned"}, start="a"
    )
    assert rj.mean_time_to_outage(slow) == pytest.approx(1e300, rel=1e-12)
    rates = rj.Rates(aging=1e-4, failure=1e-7, repair=1, restart=60, rejuvenation=0)
    assert rj.mean_time_to_outage(rj.Cluster(40, rates)) < math.inf
    assert rj.mean_time_to_outage(rj.Cluster(80, rates)) == math.inf


def test_mean_time_of_a_spread_start() -> None:
    """From several states the mean time is the average of those of each, an outage counting 0."""
    each = [rj.mean_time_to_outage(WEB, start=label) for label in ("2", "u2", "0")]
    mixed = rj.mean_time_to_outage(WEB, start={"2": 0.5, "u2": 0.25, "0": 0.25})
    assert mixed == pytest.approx(0.5 * each[0] + 0.25 * each[1], rel=1e-13)


@pytest.mark.parametrize("hours", ["30 d", timedelta(days=30), 720, Fraction(720), np.float32(720)])
def test_hours_as_elsewhere(hours: Any) -> None:
    """A time is hours, text or a timedelta."""
    found = rj.transient(WEB, hours)
    assert found.hours == 720.0
    assert isinstance(found.unavailability, float)


def test_several_hours() -> None:
    """Several times are an array or a sequence, of numbers, text and timedeltas alike."""
    for hours in ([0, "1 d", timedelta(hours=720)], np.array([0, 24, 720]), (0.0, 24.0, 720.0)):
        found = rj.transient(WEB, hours)
        assert found.hours.tolist() == [0, 24, 720]
        assert found.downtime.shape == (3,)
        assert not found.downtime.flags.writeable


@pytest.mark.parametrize(
    ("hours", "named"),
    [
        (-1, "hours: got -1"), ("never", "hours: got .never"), (math.inf, "hours: got inf"),
        ([1, math.inf], r"hours\[1\]: got inf"), ([1, "never"], r"hours\[1\]"), ([1.0, -2.0], r"hours\[1\]"),
        ([[1.0]], "hours: got an array of shape"), (None, "hours"), ([], "hours"),
    ],
)  # fmt: skip
def test_hours_that_are_none(hours: Any, named: str) -> None:
    """Negative and infinite times, and tables of times, are refused by name."""
    for call in (rj.transient, *INTERVALS):
        with pytest.raises(rj.InvalidInputError, match=named):
            call(WEB, hours)


@pytest.mark.parametrize(
    ("start", "named"),
    [
        ("u3", r"start: got .u3.*Did you mean"), ({"u3": 1}, "start: got .u3"), ({"u2": 0.5}, "sum to 0.5"),
        ({"u2": -1}, r"start\['u2'\]: got -1"), ([1.0], r"start: got shape \(1,\)"),
        ([0.5] * 7, "sum to 3.5"),
        ({"u2": [1]}, r"start\['u2'\]: got an array"), ({}, "sum to 0"), (2, "start"),
    ],
)  # fmt: skip
def test_starts_that_are_none(start: Any, named: str) -> None:
    """A start that is no state and no distribution is refused by name."""
    for call in (rj.transient, *INTERVALS):
        with pytest.raises(rj.InvalidInputError, match=named):
            call(WEB, 1.0, start=start)
    with pytest.raises(rj.InvalidInputError, match=named):
        rj.mean_time_to_outage(WEB, start=start)


def test_what_a_chain_does_not_say() -> None:
    """A chain without a start or without down states is asked for them."""
    moves = [("a", "b", 1.0), ("b", "a", 1.0)]
    with pytest.raises(rj.InvalidInputError, match=r'start: got nothing.*Give start="…"'):
        rj.transient(rj.MarkovChain.from_transitions(moves), 1.0)
    chain = rj.MarkovChain.from_transitions(moves, start="a")
    assert rj.transient(chain, 1.0).probabilities.sum() == pytest.approx(1)
    for call in INTERVALS:
        with pytest.raises(rj.InvalidInputError, match="down"):
            call(chain, 1.0)
    with pytest.raises(rj.InvalidInputError, match="down"):
        rj.mean_time_to_outage(chain)


def test_models_that_are_none() -> None:
    """Grids, open rates and what is no model are refused."""
    grid = rj.Cluster(2, rj.Rates(**(DUPLEX | {"aging": [0.1, 0.2]})))
    for model, named in ((grid, "a grid of shape"), (WEB.with_rejuvenation(None), "neither"), (7, "model")):
        with pytest.raises(rj.InvalidInputError, match=named):
            rj.transient(model, 1.0)


def test_results_are_values() -> None:
    """A result is frozen, its arrays are read-only, and it survives pickling and JSON."""
    for hours in (720.0, [0.0, 720.0]):
        found = rj.transient(WEB, hours)
        again = pickle.loads(pickle.dumps(found))
        assert again.to_dict() == found.to_dict() == json.loads(json.dumps(found.to_dict()))
        for one in (found, again):
            for array in (one.probabilities, one.log_probabilities, one.occupancies):
                assert not array.flags.writeable
        with pytest.raises(AttributeError):
            found.method = "guess"
        assert "squaring" in repr(found)
        assert "<table>" in found._repr_html_()
    assert "downtime until then" in repr(rj.transient(WEB, 720.0))


def test_no_phase_of_a_random_start_is_negative() -> None:
    """Random starts give probabilities from 0 to 1 and a sum of 1 at every time."""
    chance = random.Random(5)
    for _ in range(5):
        weights = np.array([chance.random() for _ in range(7)])
        found = rj.transient(WEB, np.geomspace(1e-6, 1e6, 13), start=weights / weights.sum())
        assert found.probabilities.min() > 0
        assert found.probabilities.sum(axis=1) == pytest.approx(1, rel=1e-14)
        assert np.exp(found.log_probabilities) == pytest.approx(found.probabilities, rel=1e-13)


OPEN = rj.Rates(**{name: rate for name, rate in DUPLEX.items() if name != "rejuvenation"})


@pytest.mark.parametrize("clock", ["unstable", "service"])
@pytest.mark.parametrize("law", [rj.Erlang(4, 300), rj.Hyperexponential([0.3, 0.7], [30, 500])], ids=repr)
def test_triggers_in_phases(law: Any, clock: str) -> None:
    """A trigger in phases is followed in its chain, and phases are summed to the labels of the cluster."""
    cluster = rj.Cluster(2, OPEN, trigger=rj.Trigger(law, clock=clock))
    found, chain = rj.transient(cluster, [10.0, 1e6]), cluster.chain()
    assert found.states == cluster.states
    assert found.probabilities.shape == (2, 7)
    assert found.probabilities.sum(axis=1) == pytest.approx(1, rel=1e-14)
    assert found.probabilities[1] == pytest.approx(rj.solve(cluster).probabilities, rel=1e-11, abs=0)
    moves = [
        (chain.labels[a], chain.labels[b], q)
        for a, b, q in zip(*map(np.ndarray.tolist, chain.flows[1:]), strict=True)
    ]
    begin = cluster.expansion().start
    rows = [
        np.array(exact_time.probabilities(moves, chain.states, label, 10.0, 400)[0]) * Fraction(p)
        for label, p in zip(chain.labels, begin.tolist(), strict=True)
        if p
    ]
    by_phase = dict(zip(chain.labels, sum(rows), strict=True))
    for label, value in zip(found.states, found.probabilities[0].tolist(), strict=True):
        right = sum(q for name, q in by_phase.items() if name.split(".")[0] == label)
        assert exact.relative_error(value, right) <= 1e-13
    assert rj.mean_time_to_outage(cluster) > 1000
    assert found.cost(COSTS)[1] / 1e6 == pytest.approx(rj.solve(cluster).cost_rate(COSTS), rel=1e-3)


def test_an_exponential_trigger_is_the_rate() -> None:
    """An exponential trigger gives what the same rejuvenation rate gives."""
    wait = 1 / DUPLEX["rejuvenation"]
    cluster = rj.Cluster(2, OPEN, trigger=rj.Trigger(rj.Exponential(wait), clock="unstable"))
    one, other = rj.transient(cluster, 720), rj.transient(WEB, 720)
    assert one.probabilities == pytest.approx(other.probabilities, rel=1e-14, abs=0)
    assert one.cost(COSTS) == pytest.approx(other.cost(COSTS), rel=1e-14)


def test_triggers_without_phases_are_to_be_simulated() -> None:
    """A fixed delay has no chain to follow in time; the error names the law and advises to simulate."""
    cluster = rj.Cluster(2, OPEN, trigger=rj.Trigger(rj.Fixed(300), clock="unstable"))
    for call in (rj.transient, *INTERVALS):
        with pytest.raises(rj.InvalidInputError, match=r"trigger: got Fixed.*Use simulate"):
            call(cluster, 1.0)
    with pytest.raises(rj.InvalidInputError, match="simulate"):
        rj.mean_time_to_outage(cluster)
    never = rj.Cluster(2, OPEN, trigger=rj.Trigger(rj.Fixed(math.inf), clock="unstable"))
    right = rj.transient(rj.Cluster(2, rj.Rates(**(DUPLEX | {"rejuvenation": 0}))), 720).downtime
    assert rj.transient(never, 720).downtime == right
