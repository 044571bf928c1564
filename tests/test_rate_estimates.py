"""Rates from counts: the estimate, its exact limits, and what is said after no event."""

from __future__ import annotations

import dataclasses
import json
import math
import pickle

import pytest
from scipy.stats import chi2

import rejuvmodel as rj

COUNTS = {
    "aging": (31, 5222.7), "failure": (3, 7056), "repair": (3, 6.0), "restart": (28, 9.3),
    "rejuvenation": (28, 3528),
}  # fmt: skip


def counted(**other: tuple[int, object]) -> rj.RateEstimates:
    return rj.RateEstimates.from_counts(clock="cluster", servers=2, **(COUNTS | other))


def test_rate_is_events_over_exposure() -> None:
    """The rate is events divided by exposure, and the mean time its reciprocal."""
    one = counted().failure
    assert one.rate == 3 / 7056
    assert one.mean_time == 2352.0


@pytest.mark.parametrize("events", [1, 3, 40, 10**6])
def test_limits_are_quantiles_of_chi_square(events: int) -> None:
    """The limits are those of Garwood, χ²/2T with 2N and 2N + 2 degrees of freedom."""
    one = counted(failure=(events, 1000.0)).failure
    assert one.low == pytest.approx(chi2.ppf(0.025, 2 * events) / 2000, rel=1e-12)
    assert one.high == pytest.approx(chi2.isf(0.025, 2 * events + 2) / 2000, rel=1e-12)
    assert one.rate in one
    assert 1.001 * one.high not in one
    assert not one.one_sided


def test_no_event_leaves_a_one_sided_bound() -> None:
    """After no event the upper bound is −ln(0.05)/T, the lower one 0, and the words say so."""
    one = counted(failure=(0, 1000.0)).failure
    assert (one.rate, one.low, one.mean_time) == (0.0, 0.0, math.inf)
    assert one.high == pytest.approx(-math.log(0.05) / 1000, rel=1e-14)
    assert one.one_sided
    assert "one-sided 95 % upper bound" in one.interval
    assert "No failure was seen: the mean time is at least 13.91 d with 95 % confidence" in one.advice


def test_no_exposure_says_nothing() -> None:
    """Without exposure the rate is unknown and the interval holds everything."""
    one = counted(rejuvenation=(0, 0)).rejuvenation
    assert math.isnan(one.rate)
    assert (one.low, one.high) == (0.0, math.inf)
    assert "says nothing" in one.advice


def test_rates_for_a_model() -> None:
    """The estimates give the rates of a cluster, or of a pool, by their clock."""
    found = counted()
    assert found.rates == rj.Rates(**{name: n / t for name, (n, t) in COUNTS.items()})
    assert found.model() == rj.Cluster(2, found.rates)
    pool = dataclasses.replace(found, clock="server").model()
    assert pool == rj.Pool(primaries=2, crews=2, rates=found.rates)


def test_rate_without_events_is_named() -> None:
    """A rate without events is no rate for a model: the error names it and the way on."""
    found = counted(failure=(0, 7056))
    with pytest.raises(rj.InvalidInputError, match=r"failure: got 0 events in 7056 h.*failure\.high"):
        _ = found.rates
    assert found.rates_with(failure=found.failure.high).failure == found.failure.high
    with pytest.raises(rj.InvalidInputError, match='got "failures"; the rates are aging, failure'):
        found.rates_with(failures=1.0)


def test_wait_that_was_not_seen_is_left_open() -> None:
    """Without rejuvenations the wait is left open; at once is an infinite rate."""
    assert counted(rejuvenation=(0, 3528)).rates.rejuvenation is None
    assert counted(rejuvenation=(28, 0)).rates.rejuvenation == math.inf


@pytest.mark.parametrize(
    ("counts", "message"),
    [
        ({"failure": (-1, 5)}, r"failure\[0\]: got -1"),
        ({"failure": (1.5, 5)}, r"failure\[0\]: got 1.5"),
        ({"failure": (1, -5)}, r"failure\[1\]: got -5"),
        ({"failure": (1, "never")}, r"failure\[1\]: got \"never\"; an exposure is finite"),
        ({"failure": 3}, "a count is a pair of events and exposure"),
    ],
)
def test_bad_counts(counts: dict[str, object], message: str) -> None:
    """Counts and exposures that cannot be are refused by name and place."""
    with pytest.raises(rj.InvalidInputError, match=message):
        counted(**counts)


@pytest.mark.parametrize("confidence", [0, 1, -0.5, math.nan, "0.95", True])
def test_bad_confidence(confidence: object) -> None:
    """A confidence lies between 0 and 1."""
    with pytest.raises(rj.InvalidInputError, match="confidence: got"):
        rj.RateEstimates.from_counts(clock="server", servers=2, **COUNTS, confidence=confidence)


def test_bad_clock() -> None:
    """The clock is that of the cluster or of each server."""
    with pytest.raises(rj.InvalidInputError, match='clock: got "wall"'):
        rj.RateEstimates.from_counts(clock="wall", servers=2, **COUNTS)


def test_plain_values() -> None:
    """Estimates pickle, compare by value, and go to JSON, HTML and a data frame."""
    found = counted()
    assert pickle.loads(pickle.dumps(found)) == found
    assert json.loads(json.dumps(found.to_dict()))["estimates"]["failure"]["events"] == 3
    frame = found.to_dataframe()
    assert list(frame.index) == list(COUNTS)
    assert frame.loc["failure", "rate"] == 3 / 7056
    assert "34 d" not in repr(found)
    assert "failure: Few events (3)" in repr(found)
    assert "Few events (3)" in found._repr_html_()
    assert [one.name for one in found] == list(COUNTS)
