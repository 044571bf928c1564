"""Synthetic logs: exact paths of the models, with the shares of time that the models have."""

from __future__ import annotations

import numpy as np
import pytest

import rejuvmodel as rj

RATES = rj.Rates(aging=1 / 24, failure=1 / 40, repair=1 / 10, restart=1 / 8, rejuvenation=1 / 20)
FAST = RATES.replace(rejuvenation=None)
CLUSTERS = {
    "exponential": rj.Cluster(2, RATES),
    "one server": rj.Cluster(1, RATES),
    "at once": rj.Cluster(2, RATES.replace(rejuvenation=np.inf)),
    "never": rj.Cluster(2, RATES.replace(rejuvenation=0)),
    "fixed": rj.Cluster(2, FAST, trigger=rj.Trigger(rj.Fixed(30), clock="unstable")),
    "service": rj.Cluster(2, FAST, trigger=rj.Trigger(rj.Fixed(30), clock="service")),
}
POOLS = {
    "free": rj.Pool(primaries=3, crews=3, rates=RATES),
    "one crew": rj.Pool(primaries=3, rates=RATES),
    "guarded": rj.Pool(primaries=2, spares=1, rates=RATES, slots=1, guarded=True),
    "standby": rj.Pool(
        primaries=2, spares=2, rates=RATES, mode="active/standby", dormancy=0.4, required=2, slots=1, crews=2
    ),
    "cold": rj.Pool(primaries=1, spares=2, rates=RATES, mode="active/standby"),
}


@pytest.mark.parametrize("name", CLUSTERS)
def test_cluster_spends_its_time_as_solved(name: str) -> None:
    """The share of the time that a log shows in each state is that of the closed form."""
    cluster = CLUSTERS[name]
    log = rj.event_log(cluster, 400_000, seed=1)
    times, states = log.steps()
    hours = np.diff(times)
    found = {label: float(hours[np.array(states[:-1]) == label].sum()) / 400_000 for label in cluster.states}
    state = rj.solve(cluster)
    for label in cluster.states:
        assert found[label] == pytest.approx(state[label], rel=0.12, abs=0.002), label
    assert states[0] == str(cluster.servers)
    assert states[-1] == states[-2]


@pytest.mark.parametrize("name", POOLS)
def test_pool_spends_its_time_as_solved(name: str) -> None:
    """The share of the time that a log shows in each state (h, a, r, f) is that of the solved chain."""
    pool = POOLS[name]
    times, rows = rj.event_log(pool, 300_000, seed=2).steps()
    hours = np.diff(times) / 300_000
    for row, probability in zip(pool.states, rj.solve(pool, rj.GTH()).probabilities, strict=True):
        found = float(hours[(rows[:-1] == row).all(axis=1)].sum())
        assert found == pytest.approx(float(probability), rel=0.12, abs=0.002), row


def test_servers_of_a_pool_add_up() -> None:
    """The conditions of the single servers add up to those of the pool, at every moment."""
    log = rj.event_log(POOLS["standby"], 500, seed=4)
    names = ("normal", "unstable", "rejuvenating", "failed")
    times, rows = log.steps()
    middle = (times[:-1] + times[1:]) / 2
    total = np.zeros((len(middle), 4), int)
    for server in log.servers:
        at, states = log.steps(server)
        place = np.searchsorted(at, middle, side="right") - 1
        total[np.arange(len(middle)), [names.index(states[k]) for k in place]] += 1
    assert (total == rows[:-1]).all()


def test_cold_spares_do_not_age_and_the_first_failed_is_repaired() -> None:
    """With one primary and cold spares, no two servers are unstable at a time."""
    _, rows = rj.event_log(POOLS["cold"], 5000, seed=5).steps()
    assert rows[:, 1].max() == 1


def test_equal_servers_fail_equally_often() -> None:
    """In an active/active pool no server is favoured."""
    log = rj.event_log(POOLS["free"], 100_000, seed=6)
    counts = np.bincount(log.who[log.what == 1], minlength=3)
    assert counts.min() > 0.85 * counts.max()
    found = rj.event_log(rj.Cluster(3, RATES), 100_000, seed=6)
    counts = np.bincount(found.who[found.what == 1], minlength=3)
    assert counts.min() > 0.85 * counts.max()


def test_same_seed_same_log() -> None:
    """The same seed gives the same log, another seed another one."""
    first, again, other = (rj.event_log(POOLS["free"], "30 d", seed=seed) for seed in (1, 1, 2))
    assert first.to_csv() == again.to_csv() != other.to_csv()
    with pytest.raises(ValueError, match="read-only"):
        first.times[0] = 0.0


def test_unstable_at_once_is_still_an_event() -> None:
    """Rejuvenation at once is a log in which unstable and the start stand at the same time."""
    log = rj.event_log(CLUSTERS["at once"], 1000, seed=1)
    assert log.events[:2] == ("unstable", "rejuvenation started")
    assert log.times[0] == log.times[1]
    assert rj.estimate(log).rejuvenation.rate == np.inf


@pytest.mark.parametrize(
    ("model", "options", "message"),
    [
        (rj.Reactive(servers=2, failure=1, repair=1), {}, "model: got Reactive"),
        (rj.Cluster(2, FAST), {}, "rates.rejuvenation and trigger: got neither"),
        (rj.Pool(primaries=2, rates=FAST), {}, "a pool needs a rejuvenation rate"),
        (rj.Cluster(2, RATES.replace(failure=[1, 2])), {}, "a grid of shape"),
        (POOLS["free"], {"seed": -1}, "seed: got -1"),
        (POOLS["free"], {"seed": 1.5}, "seed: got 1.5"),
    ],
    ids=["reactive", "open cluster", "open pool", "grid", "seed", "no whole seed"],
)  # fmt: skip
def test_what_has_no_log(model: object, options: dict[str, object], message: str) -> None:
    """Models that are no one cluster or pool at one rate, and bad seeds, are refused."""
    with pytest.raises(rj.InvalidInputError) as caught:
        rj.event_log(model, 100, **options)
    assert message in str(caught.value)


@pytest.mark.parametrize("hours", [0, -1, "never", float("nan")])
def test_length_of_a_log(hours: object) -> None:
    """A log takes a finite time above 0."""
    with pytest.raises(rj.InvalidInputError, match="hours: got"):
        rj.event_log(POOLS["free"], hours, seed=1)


def test_too_many_events_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A log beyond its limit of events is refused, not begun for ever."""
    monkeypatch.setattr("rejuvmodel.simulation.event_logs._MOST_EVENTS", 1000)
    with pytest.raises(rj.SizeError, match="more than 1000 events"):
        rj.event_log(POOLS["free"], 1e6, seed=1)


def test_steps_of_an_unknown_server() -> None:
    """An unknown server is refused with the nearest name."""
    with pytest.raises(rj.InvalidInputError, match="server1"):
        rj.event_log(POOLS["free"], 100, seed=1).steps("server9")
