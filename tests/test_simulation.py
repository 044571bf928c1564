"""simulate: hand values, settings, results and refusals."""

from __future__ import annotations

import math
import pickle
from datetime import timedelta

import numpy as np
import pytest
from bad_values import junk
from hypothesis import given, settings
from hypothesis import strategies as st

import rejuvmodel as rj

RATES = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3, rejuvenation=1 / 336)
OPEN = RATES.replace(rejuvenation=None)
PAIR = rj.MarkovChain.from_transitions(
    [("up", "down", 0.01, "failure"), ("down", "up", 0.5, "repair")], down={"down": "unplanned"}, start="up"
)


def triggered(law: object, clock: str, servers: int = 1, **changed: float) -> rj.Cluster:
    return rj.Cluster(servers, OPEN.replace(**changed), trigger=rj.Trigger(law, clock=clock))


def test_two_states_in_the_long_run() -> None:
    """A machine up 100 h and down 2 h on average is down 1/51 of the time, and fails 1/102 times an hour."""
    sim = rj.simulate(PAIR, replications=50_000, seed=1)
    assert 1 / 51 in sim.unavailability
    assert 50 / 51 in sim.availability
    assert 1 / 102 in sim.failures_per_hour
    assert 1 / 102 in sim.outages_per_hour
    assert sim.unavailability.standard_error == pytest.approx(
        1 / 51 * 50 / 51 * math.sqrt(2 / 50_000), rel=0.05
    )
    assert sim.events == 100_000


def test_two_states_in_a_mission() -> None:
    """In [0, T] from up the machine is down a/s − a(1 − e^{−sT})/(s²T) of the time, s = a + b."""
    a, b, hours = 0.01, 0.5, 5.0
    s = a + b
    sim = rj.simulate(PAIR, hours, replications=50_000, seed=1)
    assert a / s - a * -math.expm1(-s * hours) / (s * s * hours) in sim.unavailability
    assert math.exp(-a * hours) in sim.interval_reliability
    assert sim.simulated_hours == pytest.approx(50_000 * hours, rel=1e-12)
    assert sim.downtime().mean == sim.unavailability.mean * hours


def test_a_fixed_clock_from_service_start() -> None:
    """Restarted every 100 h whatever happens, a server that never ages is down (1/3)/(100 + 1/3)."""
    sim = rj.simulate(triggered(rj.Fixed(100), "service", aging=0.0), replications=2000, seed=1)
    assert (1 / 3) / (100 + 1 / 3) in sim.planned_unavailability
    assert sim["1"].mean * sim.simulated_hours == pytest.approx(100 * 2000, rel=1e-12)
    assert sim.unplanned_unavailability.high == 0.0


def test_a_clock_from_unstable_is_set_on_becoming_unstable() -> None:
    """A server that does not fail is unstable for exactly the fixed delay in every cycle."""
    sim = rj.simulate(triggered(rj.Fixed(100), "unstable", failure=0.0), replications=2000, seed=1)
    assert sim["u1"].mean * sim.simulated_hours == pytest.approx(100 * 2000, rel=1e-12)
    assert 168 / (168 + 100 + 1 / 3) in sim["1"]


def test_mean_time_to_an_outage() -> None:
    """From up the first outage comes after 100 h on average, and cycles from up say so."""
    assert 100 in rj.simulate(PAIR, replications=50_000, seed=1).mean_time_to_outage


def test_a_planned_outage_is_an_outage() -> None:
    """A single server restarted every 100 h and never failing is down for the first time after 100 h."""
    sim = rj.simulate(triggered(rj.Fixed(100), "service", aging=0.0), replications=1000, seed=1)
    assert sim.mean_time_to_outage.mean == pytest.approx(100, rel=1e-12)
    assert sim.mean_time_to_outage.low < 100 < sim.mean_time_to_outage.high


def test_outages_that_were_not_seen_or_cannot_be() -> None:
    """Unseen outages leave a lower limit on the time to the first; impossible ones an infinite time."""
    sim = rj.simulate(rj.Cluster(10, RATES), replications=1000, seed=1)
    far = sim.mean_time_to_outage
    assert far.mean == far.high == math.inf
    assert far.low == pytest.approx(sim.simulated_hours / math.log(200), rel=1e-9)
    never = rj.simulate(rj.Cluster(2, RATES.replace(rejuvenation=math.inf)), replications=1000, seed=1)
    assert never.mean_time_to_outage.low == math.inf


def test_a_mission_from_another_state() -> None:
    """A mission may start in any state: from down the pair is down for longer, and that is an outage."""
    a, b, hours = 0.01, 0.5, 5.0
    s = a + b
    sim = rj.simulate(PAIR, hours, start="down", replications=50_000, seed=1)
    assert a / s + b * -math.expm1(-s * hours) / (s * s * hours) in sim.unavailability
    assert sim.interval_unreliability.mean == 1.0
    assert sim.start == "down"


def test_a_small_chance_of_an_outage_keeps_its_digits() -> None:
    """The probability of an outage has its own limits; that of none is its complement."""
    sim = rj.simulate(PAIR, 0.01, replications=100_000, seed=1)
    assert -math.expm1(-1e-4) in sim.interval_unreliability
    assert sim.interval_reliability == sim.interval_unreliability.complement()


def test_a_mission_sees_the_clock_expire_at_its_time() -> None:
    """A clock of 100 h from service start never expires in 99 h, once in 150 h and again after a restart."""
    cluster = triggered(rj.Fixed(100), "service", aging=0.0, restart=1e6)
    begun = [rj.simulate(cluster, hours, replications=200, seed=1) for hours in (99.0, 150.0, 205.0)]
    assert [round(sim.rejuvenations_per_hour.mean * sim.hours, 12) for sim in begun] == [0.0, 1.0, 2.0]
    assert begun[0].rejuvenations_per_hour.high > 0


def test_the_clock_from_service_start_runs_on_through_unstable() -> None:
    """Without failures normal and unstable together last exactly the fixed delay."""
    sim = rj.simulate(triggered(rj.Fixed(100), "service", failure=0.0), replications=2000, seed=1)
    both = (sim["1"].mean + sim["u1"].mean) * sim.simulated_hours
    assert both == pytest.approx(100 * 2000, rel=1e-12)
    assert sim["u1"].mean > 0.1


@pytest.mark.parametrize("clock", ["unstable", "service"])
def test_a_clock_that_never_expires(clock: str) -> None:
    """A trigger that never comes is the cluster that is never rejuvenated."""
    sim = rj.simulate(triggered(rj.Fixed("never"), clock), replications=20_000, seed=1)
    never = rj.solve(rj.Cluster(1, RATES.replace(rejuvenation=0.0)))
    assert never.unavailability in sim.unavailability
    assert sim["r1"] == rj.Estimate(0.0, 0.0, 0.0, 0.0, 0, 20_000, 0.99)


def test_at_once_when_unstable() -> None:
    """A delay of 0 from unstable is rejuvenation at an infinite rate: nothing fails, exactly."""
    sim = rj.simulate(triggered(rj.Fixed(0), "unstable", servers=2), replications=20_000, seed=1)
    at_once = rj.solve(rj.Cluster(2, RATES.replace(rejuvenation=math.inf)))
    assert at_once["r2"] in sim["r2"]
    assert sim["u2"].high == sim["1"].high == sim["0"].high == 0.0


def test_at_once_from_service_start() -> None:
    """A delay of 0 from service start leaves no time but that of rejuvenating."""
    sim = rj.simulate(triggered(rj.Fixed(0), "service"), replications=2000, seed=1)
    assert sim["r1"].mean == 1.0
    assert sim.unavailability.low == 1.0


def test_an_exponential_trigger_is_the_exponential_cluster() -> None:
    """An exponential law from unstable gives the steady state of the rate of its mean."""
    sim = rj.simulate(triggered(rj.Exponential(336), "unstable", servers=2), replications=50_000, seed=1)
    state = rj.solve(rj.Cluster(2, RATES))
    assert all(state[label] in sim[label] for label in state.states)


@pytest.mark.parametrize("clock", ["unstable", "service"])
def test_missions_agree_with_the_transient_solution(clock: str) -> None:
    """With a delay in stages the numeric mission and the time to the first outage lie in the intervals."""
    cluster = triggered(rj.Erlang(3, 200), clock, servers=2, failure=0.005)
    mission = rj.simulate(cluster, 500, replications=50_000, seed=1)
    assert float(rj.interval_unavailability(cluster, 500)) in mission.unavailability
    assert float(rj.interval_unreliability(cluster, 500)) in mission.interval_unreliability
    assert rj.mean_time_to_outage(cluster) in rj.simulate(cluster, seed=1).mean_time_to_outage


def test_rejuvenation_at_once_by_rate() -> None:
    """At an infinite rate unstable states and lower levels are exactly 0."""
    cluster = rj.Cluster(2, RATES.replace(rejuvenation=math.inf))
    sim = rj.simulate(cluster, replications=20_000, seed=1)
    assert rj.solve(cluster)["r2"] in sim["r2"]
    assert sim.unavailability == rj.Estimate(0.0, 0.0, 0.0, 0.0, 0, 20_000, 0.99)


def test_costs_and_events_follow_the_steady_state() -> None:
    """Cost rate and rejuvenations per hour are those of the steady state."""
    costs = rj.Costs(failure=1000, rejuvenation=10, capacity=5, per_rejuvenation=2, degraded=0.1)
    state, sim = rj.solve(rj.Cluster(2, RATES)), rj.simulate(rj.Cluster(2, RATES), seed=1)
    assert state.cost_rate(costs) in sim.cost_rate(costs)
    assert state.cost(costs, "365 d") in sim.cost(costs, "365 d")
    assert state.downtime(8760) in sim.downtime(timedelta(days=365))
    begun = rj.solve(rj.Cluster(2, RATES), rj.GTH()).solution.mass("rejuvenations")
    assert float(begun) in sim.rejuvenations_per_hour


def test_reactive() -> None:
    """The prior-art model is simulated as the chain that it is."""
    model = rj.Reactive(servers=2, failure=0.1, repair=0.5)
    sim = rj.simulate(model, replications=20_000, seed=1)
    assert rj.solve(model).unavailability in sim.unavailability


def test_transient_states_of_a_chain() -> None:
    """States outside the recurrent class are exactly 0 in the long run, and not in a mission."""
    chain = rj.MarkovChain.from_transitions(
        [("new", "up", 0.1), ("up", "down", 1.0), ("down", "up", 1.0)], down={"down": "planned"}, start="new"
    )
    long_run, mission = rj.simulate(chain, seed=1, replications=1000), rj.simulate(chain, 10, seed=1)
    assert long_run["new"].high == 0.0
    assert long_run.start == "up"
    assert -math.expm1(-1) in mission["new"]


def test_cycles_start_where_the_model_is_often() -> None:
    """A start that is rarely entered is not where cycles begin; the values stay those of the chain."""
    chain = rj.MarkovChain.from_transitions(
        [("rare", "a", 1.0), ("a", "b", 1.0), ("b", "a", 1.0), ("b", "rare", 1e-3)], start="rare"
    )
    sim = rj.simulate(chain, replications=100_000, seed=1)
    assert sim.start == "a"
    assert rj.solve(chain)["rare"] in sim["rare"]


@pytest.mark.parametrize("servers", [20, 60, 200])
def test_cycles_start_where_a_model_drifts_to(servers: int) -> None:
    """A cluster that loses its servers for good has its cycles where it ends, not where it passes."""
    rates = rj.Rates(aging=5, failure=1, repair=0.5, restart=1, rejuvenation=0.01)
    sim = rj.simulate(rj.Cluster(servers, rates), replications=1000, seed=1)
    assert rj.solve(rj.Cluster(servers, rates)).unavailability in sim.unavailability
    assert sim.events < 20_000


def test_the_same_seed_gives_the_same_numbers() -> None:
    """A seed gives the same result again, another seed another one, and no seed one that is told."""
    one, two, other = (rj.simulate(PAIR, replications=1000, seed=seed) for seed in (5, 5, 6))
    assert one.to_dict() == two.to_dict()
    assert one.unavailability != other.unavailability
    unseeded = rj.simulate(PAIR, replications=1000)
    assert rj.simulate(PAIR, replications=1000, seed=unseeded.seed).to_dict() == unseeded.to_dict()


def test_every_replication_is_played_to_its_end() -> None:
    """The number of cycles is the one asked for, however many fit side by side."""
    for replications in (100, 101, 10_000, 50_001):
        sim = rj.simulate(PAIR, replications=replications, seed=1)
        assert sim.events == 2 * replications == 2 * sim.replications


def test_progress_is_told() -> None:
    """The callback gets growing numbers of finished replications, all of them at the end."""
    told: list[tuple[int, int]] = []
    rj.simulate(PAIR, replications=50_000, seed=1, progress=lambda done, of: told.append((done, of)))
    assert len(told) > 3
    assert told == sorted(told)
    assert told[-1] == (50_000, 50_000)


@settings(max_examples=30)
@given(
    st.integers(1, 4), st.floats(0.01, 1), st.floats(0.01, 1), st.floats(0, 1),
    st.sampled_from([None, 0.1, 50.0]),
)  # fmt: skip
def test_whatever_the_rates(
    n: int, aging: float, failure: float, rejuvenation: float, hours: float | None
) -> None:
    """Probabilities sum to 1, every interval holds its mean, and limits of a share lie in [0, 1]."""
    rates = rj.Rates(aging=aging, failure=failure, repair=0.5, restart=2, rejuvenation=rejuvenation)
    sim = rj.simulate(rj.Cluster(n, rates), hours, replications=200, seed=1)
    assert sim.probabilities.sum() == pytest.approx(1, rel=1e-12)
    for estimate in [*map(sim.__getitem__, sim.states), sim.unavailability, sim.availability]:
        assert 0 <= estimate.low <= estimate.mean <= estimate.high <= 1
    parts = sim.planned_unavailability.mean + sim.unplanned_unavailability.mean
    assert sim.unavailability.mean == pytest.approx(parts, rel=1e-12)


def test_results_are_values() -> None:
    """A result is pickled, told as plain values, shown as a table, and cannot be written to."""
    sim = rj.simulate(rj.Cluster(2, RATES), 1000, replications=200, seed=1)
    again = pickle.loads(pickle.dumps(sim))
    assert again.to_dict() == sim.to_dict()
    assert again["u2"] == sim["u2"]
    assert set(sim.to_dict()["probabilities"]) == set(sim.states)
    assert "missions of 1000 h" in repr(sim)
    assert "<table>" in sim._repr_html_()
    for array in (sim.probabilities, again.probabilities, again.estimator.totals.total):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0
    with pytest.raises(AttributeError):
        sim.seed = 2  # type: ignore[misc]


def test_estimates_are_values() -> None:
    """An estimate tells whether a value lies in it, and is shown with its limits."""
    one = rj.Estimate(0.5, 0.25, 1.0, 0.125, 3, 100, 0.99)
    assert 0.3 in one
    assert 0.2 not in one
    assert f"{one:.2f}" == "0.50 (0.25 to 1.00)"
    assert one.times(2) == rj.Estimate(1.0, 0.5, 2.0, 0.25, 3, 100, 0.99)
    assert one.complement() == rj.Estimate(0.5, 0.0, 0.75, 0.125, 3, 100, 0.99)
    assert one.to_dict()["seen"] == 3


def test_an_unseen_outage_has_an_upper_limit() -> None:
    """After 1,000 missions without an outage the limit is that of 1,000 shares of which none was seen."""
    rare = rj.MarkovChain.from_transitions(
        [("up", "down", 1e-9), ("down", "up", 1.0)], down={"down": "unplanned"}, start="up"
    )
    sim = rj.simulate(rare, 10, replications=1000, seed=1)
    assert sim.events == 0
    assert sim.interval_reliability.low == pytest.approx(0.005 ** (1 / 1000), rel=1e-12)
    # Twice the mean sojourn of 1 h, times ln(2/α), in 10,000 h.
    assert sim.unavailability.high == pytest.approx(2 * math.log(200) / 10_000, rel=1e-9)
    assert sim["up"].low == pytest.approx(1 - 2 * math.log(200) / 10_000, rel=1e-9)


def test_probabilities_near_one_keep_their_digits() -> None:
    """The interval of a state of probability 1 − 2e-9 is as narrow as that of its complement."""
    chain = rj.MarkovChain.from_transitions(
        [("up", "down", 1e-3), ("down", "up", 5e5)], down={"down": "unplanned"}, start="up"
    )
    sim = rj.simulate(chain, replications=100_000, seed=1)
    assert sim["down"].mean == pytest.approx(2e-9, rel=0.05)
    assert sim["up"].standard_error == pytest.approx(sim["down"].standard_error, rel=1e-3)


class Unsampled:
    """A law without a way to draw from it."""

    mean = 10.0


BAD = {
    "a grid": (lambda: rj.simulate(rj.Cluster(1, RATES.replace(aging=[0.1, 0.2]))), r"cluster\[index\]"),
    "no model": (lambda: rj.simulate(RATES), "model: got Rates"),
    "an open rate": (lambda: rj.simulate(rj.Cluster(1, OPEN)), "rejuvenation"),
    "no time": (lambda: rj.simulate(PAIR, 0), "hours: got 0; a mission takes a finite time above 0"),
    "endless": (lambda: rj.simulate(PAIR, "never"), "leave hours out for long-run values"),
    "few": (lambda: rj.simulate(PAIR, replications=99), "replications: got 99; .* at least 100"),
    "a float": (lambda: rj.simulate(PAIR, replications=1e5), "replications=100000"),
    "a seed": (lambda: rj.simulate(PAIR, seed=-1), "seed: got -1"),
    "certain": (lambda: rj.simulate(PAIR, confidence=1), "confidence: got 1; .* above 0 and below 1"),
    "per cent": (lambda: rj.simulate(PAIR, confidence=99), "confidence: got 99"),
    "absorbing": (lambda: rj.simulate(rj.Cluster(1, RATES.replace(aging=0.0))), "stays in state '1'"),
    "no start": (
        lambda: rj.simulate(rj.MarkovChain.from_transitions([("a", "b", 1), ("b", "a", 1)]), 5),
        "Give start= here or when building the chain",
    ),
    "a start in the long run": (lambda: rj.simulate(PAIR, start="up"), "do not depend on a start"),
    "an unknown start": (lambda: rj.simulate(PAIR, 5, start="upp"), "start: got .*Did you mean 'up'"),
    "no function": (lambda: rj.simulate(PAIR, progress=True), "progress: got True"),
    "an unknown age": (
        lambda: rj.simulate(triggered(rj.Fixed(9), "service"), 5, start="u1"),
        'start: got "u1"; in this state the clock',
    ),
    "no time to an outage": (
        lambda: rj.simulate(PAIR, 5, replications=100).mean_time_to_outage,
        "Write simulate.model. without hours",
    ),
    "two classes": (
        lambda: rj.simulate(rj.MarkovChain.from_transitions([("a", "b", 1), ("a", "c", 1)])),
        "2 recurrent classes",
    ),
    "another horizon": (
        lambda: rj.simulate(PAIR, 5, replications=100).downtime(6),
        "hours: got 6; this mission of 5 h says nothing of other times",
    ),
    "no horizon": (lambda: rj.simulate(PAIR, replications=100).downtime(), "long-run values need a horizon"),
    "no mission": (
        lambda: rj.simulate(PAIR, replications=100).interval_reliability,
        r"Write simulate\(model, hours\)",
    ),
    "no state": (lambda: rj.simulate(PAIR, replications=100)["dwn"], "Did you mean 'down'"),
    "no costs": (lambda: rj.simulate(PAIR, replications=100).cost_rate(3), "costs are a Costs object"),
    "many costs": (
        lambda: rj.simulate(PAIR, replications=100).cost_rate(rj.Costs(failure=[1, 2], rejuvenation=1)),
        r"costs\[index\]",
    ),
    "nothing down": (
        lambda: (
            rj.simulate(
                rj.MarkovChain.from_transitions([("a", "b", 1), ("b", "a", 1)]), replications=100
            ).unavailability
        ),
        "Give down= when building the chain",
    ),
    "no sampling": (
        lambda: rj.simulate(rj.Cluster(1, OPEN, trigger=rj.Trigger(Unsampled(), clock="service"))),
        "sample",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input(name: str) -> None:
    """Bad input is refused with the argument, its value, the rule and the next step."""
    act, message = BAD[name]
    with pytest.raises(rj.InvalidInputError, match=message):
        act()


@given(junk)
def test_junk_is_refused(value: object) -> None:
    """Values that are never valid are refused wherever they are given."""
    for act in (
        lambda: rj.simulate(value),
        lambda: rj.simulate(PAIR, value),
        lambda: rj.simulate(PAIR, confidence=value),
    ):
        if value is not None:
            with pytest.raises(rj.InvalidInputError):
                act()


def test_numbers_of_numpy_are_taken() -> None:
    """Replications, seed and hours may be NumPy scalars."""
    sim = rj.simulate(PAIR, np.float64(5), replications=np.int64(100), seed=np.uint32(1))
    assert sim.to_dict()["seed"] == 1
    assert sim.hours == 5.0
