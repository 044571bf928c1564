"""What is true of the estimates of every log: hours add up, and so do the parts of a log."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj

RATE = st.floats(0.01, 10)
RATES = st.builds(rj.Rates, aging=RATE, failure=RATE, repair=RATE, restart=RATE, rejuvenation=RATE)
POOLS = st.builds(
    rj.Pool, primaries=st.integers(1, 3), spares=st.integers(0, 2), rates=RATES,
    mode=st.sampled_from(["active/active", "active/standby"]), slots=st.integers(0, 3),
    crews=st.integers(1, 3), dormancy=st.sampled_from([0.0, 0.3, 1.0]), guarded=st.booleans(),
)  # fmt: skip
CLUSTERS = st.builds(rj.Cluster, st.integers(1, 4), RATES)
LOGS = st.builds(
    rj.event_log, st.one_of(POOLS, CLUSTERS), st.sampled_from([0.1, 3, 40]), seed=st.integers(0, 10**6)
)


def counted(log: rj.EventLog) -> np.ndarray:
    """Events and exposure of each rate."""
    return np.array([(one.events, one.exposure_hours) for one in rj.estimate(log)])


@given(LOGS, st.floats(0.01, 0.99))
def test_parts_of_a_log_add_up(log: rj.EventLog, share: float) -> None:
    """Cut anywhere, the two parts of a log have together its events and its exposure."""
    cut = share * log.until
    first = log.times <= cut
    servers = log.servers if log.clock == "server" else [None]
    paths = [log.steps(server) for server in servers]
    now = tuple(states[int(np.searchsorted(at[:-1], cut, side="right")) - 1] for at, states in paths)
    parts = [
        replace(
            log,
            times=log.times[some],
            who=log.who[some],
            what=log.what[some],
            start=start,
            until=end,
            initial=state,
        )
        for some, start, end, state in ((first, 0.0, cut, log.initial), (~first, cut, log.until, now))
    ]
    if log.clock == "cluster":  # the second part does not know whose failures the first one saw
        parts[1] = replace(parts[1], who=np.full(len(parts[1]), -1))
    assert counted(parts[0]) + counted(parts[1]) == pytest.approx(counted(log), rel=1e-9, abs=1e-9)


@given(st.builds(rj.event_log, POOLS, st.just(20), seed=st.integers(0, 10**6)))
def test_every_hour_of_every_server_counts_once(log: rj.EventLog) -> None:
    """Without limits, each server-hour is one of aging, failure, repair or restart."""
    found = counted(replace(log, layout=rj.EventLog.layout))
    assert found[:4, 1].sum() == pytest.approx(20 * len(log.servers), rel=1e-12)
    assert found[1, 1] == found[4, 1]


@given(LOGS, st.sampled_from([1 / 3600, 24.0, 1e6]))
def test_unit_of_time_scales_the_rates(log: rj.EventLog, factor: float) -> None:
    """Times in another unit give rates in that unit, and the same test of the law."""
    other = replace(log, times=log.times * factor, until=log.until * factor)
    for one, scaled in zip(rj.estimate(log), rj.estimate(other), strict=True):
        assert scaled.events == one.events
        assert scaled.high * factor == pytest.approx(one.high, rel=1e-9)
        if one.fit.p_value is not None:
            assert scaled.fit.p_value == pytest.approx(one.fit.p_value, abs=1e-6)


@given(LOGS)
def test_file_loses_no_digit(log: rj.EventLog) -> None:
    """A log read back from its data frame is the same log."""
    again = rj.read_event_log(log.to_dataframe())
    assert (again.times == log.times).all()
    assert (again.who == log.who).all()
    assert again.settings() == log.settings()
