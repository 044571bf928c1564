"""The intervals of estimated rates hold the true rates as often as they say, and a wrong exposure is seen."""

from __future__ import annotations

import numpy as np
import pytest

import rejuvmodel as rj
from rejuvmodel.estimation.exposures import EVENT_OF, running_clocks

NAMES = tuple(EVENT_OF)
SLOW = rj.Rates(aging=1 / 168, failure=1 / 300, repair=1 / 2, restart=3)
QUICK = rj.Rates(aging=1 / 24, failure=1 / 40, repair=1 / 10, restart=1 / 8, rejuvenation=1 / 20)
LIMITS = {"mode": "active/standby", "required": 3, "slots": 1, "crews": 1, "dormancy": 0.3, "guarded": True}
#: Models, and hours of a log with at least 20 expected events of each kind.
CASES = {
    "one server": (rj.Cluster(1, QUICK), 2800),
    "three servers": (rj.Cluster(3, QUICK), 2000),
    "duplex": (rj.Cluster(2, SLOW.replace(rejuvenation=1 / 336)), 19500),
    "fixed wait": (rj.Cluster(2, SLOW, trigger=rj.Trigger(rj.Fixed(200), clock="unstable")), 26000),
    "service clock": (rj.Cluster(2, SLOW, trigger=rj.Trigger(rj.Fixed(300), clock="service")), 17500),
    "pool": (rj.Pool(primaries=4, crews=4, rates=QUICK), 900),
    "pool with limits": (rj.Pool(primaries=3, spares=2, rates=QUICK, **LIMITS), 800),
}  # fmt: skip
SHORT = ("three servers", "pool with limits")


def seen(name: str, runs: int) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Mean events, share of intervals that hold the true rate, and share of p-values below 5 %, by rate."""
    model, hours = CASES[name]
    true = model.rates.to_dict()
    events, held, low = (dict.fromkeys(NAMES, 0.0) for _ in range(3))
    for seed in range(runs):
        for one in rj.estimate(rj.event_log(model, hours, seed=seed)):
            events[one.name] += one.events / runs
            if true[one.name] is not None:
                held[one.name] += (true[one.name] in one) / runs
            if one.fit.p_value is not None:
                low[one.name] += (one.fit.p_value < 0.05) / runs
    if true["rejuvenation"] is None:  # a trigger has no rate, and its law is not exponential
        for found in (held, low):
            del found["rejuvenation"]
    return events, held, low


@pytest.mark.parametrize("name", SHORT)
def test_intervals_hold_the_true_rates(name: str) -> None:
    """Of 150 logs with some 20 events of each kind, 90 to 100 % of the 95 % intervals hold the true rates."""
    events, held, _ = seen(name, 150)
    assert min(events.values()) >= 20, events
    assert all(0.90 <= share <= 0.995 for share in held.values()), held


@pytest.mark.soak
@pytest.mark.parametrize("name", CASES)
def test_intervals_hold_the_true_rates_in_500_logs(name: str) -> None:
    """Of 500 logs with at least 20 expected events, 92 to 98 % of the 95 % intervals hold the true rates."""
    events, held, low = seen(name, 500)
    assert min(events.values()) >= 20, events
    assert all(0.92 <= share <= 0.98 for share in held.values()), held
    # The test of the law rejects what is exponential about as often as it should.
    assert all(0.02 <= share <= 0.08 for share in low.values()), low


def held_by(exposure, name: str, model, hours: float, runs: int) -> float:
    """Share of intervals that hold the true rate with another exposure."""
    count = 0
    for seed in range(runs):
        log = rj.event_log(model, hours, seed=seed)
        events = int(np.count_nonzero(log.what == EVENT_OF[name]))
        one = rj.RateEstimate(name, events, exposure(log, name), 0.95)
        count += model.rates.to_dict()[name] in one
    return count / runs


def right(log: rj.EventLog, name: str) -> float:
    ends = np.concatenate([[log.start], log.times, [log.until]])
    return float(running_clocks(log)[name] @ np.diff(ends))


def hours_that_ended_so(log: rj.EventLog, name: str) -> float:
    """The classic mistake: only the sojourns that ended in the event."""
    found = rj.sojourns(log)[name]
    return float(found.hours[found.complete].sum())


def hours_of_the_cluster(log: rj.EventLog, name: str) -> float:
    """Another: hours of the cluster instead of server-hours."""
    times, states = log.steps()
    assert name == "failure"
    return float(np.diff(times)[[state.startswith("u") for state in states[:-1]]].sum())


@pytest.mark.parametrize("mistake", [hours_that_ended_so, hours_of_the_cluster])
def test_a_wrong_exposure_is_seen(mistake) -> None:
    """With the classic mistakes the same intervals miss, so that the tests above can fail."""
    model, hours = CASES["three servers"]
    assert held_by(right, "failure", model, hours, 40) >= 0.9
    assert held_by(mistake, "failure", model, hours, 40) < 0.7


def missed_bounds(expected: float, runs: int) -> tuple[float, int]:
    """Share of logs whose one-sided bound is below the true rate, and how many had no event."""
    rate = 0.01
    cluster = rj.Cluster(1, QUICK.replace(aging=rate))
    missed = silent = 0
    for seed in range(runs):
        one = rj.estimate(rj.event_log(cluster, expected / rate, seed=seed)).aging
        assert one.one_sided == (one.events == 0)
        if one.one_sided:
            silent += 1
            missed += one.high < rate
            assert "No becoming unstable was seen" in one.advice
            assert "one-sided 95 % upper bound" in one.interval
    return missed / runs, silent


@pytest.mark.parametrize("expected", [1.0, 2.9, 3.2])
def test_bound_after_no_event_is_right(expected: float) -> None:
    """The upper bound after no event is below the true rate in at most 5 % of all logs."""
    share, silent = missed_bounds(expected, 200)
    assert silent > 0
    assert share <= 0.05 + 2 * (0.05 * 0.95 / 200) ** 0.5


@pytest.mark.soak
@pytest.mark.parametrize("expected", [0.5, 1.0, 2.0, 2.9, 3.05, 3.5, 4.5])
def test_bound_after_no_event_is_right_in_many_logs(expected: float) -> None:
    """The upper bound after no event is below the true rate in at most 5 % of 4000 logs."""
    share, silent = missed_bounds(expected, 4000)
    assert silent > 0
    assert share <= 0.05 + 2 * (0.05 * 0.95 / 4000) ** 0.5
    if expected > 3:
        assert share > 0.5 * np.exp(-expected)
