"""The proof for mean delays: its bounds bound, it sees a planted better value, and it closes."""

from __future__ import annotations

import math
import random
from typing import Any

import exact
import mpmath
import numpy as np
import pytest
import trigger_truth
from delays import LAWS, RATES, HeavyTail, UserLaw, random_rates, timed

import rejuvmodel as rj
from rejuvmodel import period_bounds
from rejuvmodel.period_curve import PeriodCurve

EQUAL = rj.Costs(failure=1, rejuvenation=1)
LAWS_TOO = [
    *LAWS,
    rj.Hyperexponential([0.9, 0.1], [1, 1000]),
    rj.Empirical([0.01, 0.5, 3]),
    rj.Empirical([0, 1, 3]),
    rj.Uniform(0, 1),
    HeavyTail(100),
]
EVERY_CLOCK = pytest.mark.parametrize("clock", ["unstable", "service"])


def heavy(mean: Any) -> trigger_truth.Truth:
    """Lomax's law with exponent 3/2 in many digits."""

    def transform(s: Any) -> Any:
        z = s * mean / 2
        return 1 - 2 * z * (1 - mpmath.sqrt(mpmath.pi * z) * mpmath.exp(z) * mpmath.erfc(mpmath.sqrt(z)))

    return trigger_truth.Truth(transform, mean)


def stretched(law: Any, mean: float) -> trigger_truth.Truth:
    """The law in many digits, stretched to another mean."""
    to = trigger_truth.precise(mean)
    if isinstance(law, HeavyTail):
        return heavy(to)
    base = trigger_truth.truth_of(law)
    return trigger_truth.Truth(lambda s: base.transform(s * to / base.mean), to)


def curve_of(law: Any, clock: str, n: int, rates: dict[str, float], costs: rj.Costs = EQUAL) -> PeriodCurve:
    model = timed(law, clock, n, rj.Rates(**rates))
    assert model.trigger is not None
    return PeriodCurve(model, model.trigger, costs)


def outside(
    law: Any, clock: str, n: int, rates: dict[str, float], a: float, b: float, mean: float
) -> list[str]:
    """States whose exact mean time at a mean within [a, b] is outside the bounds for [a, b]."""
    curve = curve_of(law, clock, n, rates)
    left, right = np.array([a]), np.array([b])
    with np.errstate(all="ignore"):
        at_a, at_b = period_bounds._times(curve, left), period_bounds._times(curve, right)
        visits = period_bounds._visits(curve, at_a, at_b, left, right)
        bounds = period_bounds._bounds(at_a, at_b, visits)
    lowest, highest = (np.concatenate(parts, axis=1)[0].tolist() for parts in bounds)
    with mpmath.workdps(120):
        weights = trigger_truth.visit_times(n, stretched(law, mean), clock, rates)
        levels = range(n, 0, -1)
        order = [*map(str, levels), *(f"u{i}" for i in levels), *(f"r{i}" for i in levels), "0"]
        exactly = [float(exact.logarithm(weights[label])) for label in order]
    found = []
    for label, least, x, most in zip(order, lowest, exactly, highest, strict=True):
        slack = 1e-9 * max(1.0, abs(x))
        if not least - slack <= x <= most + slack:
            found.append(f"{label}: {least} <= {x} <= {most}")
    return found


@EVERY_CLOCK
@pytest.mark.parametrize("law", LAWS_TOO, ids=repr)
def test_the_bounds_bound(law: Any, clock: str) -> None:
    """On random pieces, those to 0 and to infinity too, each state's exact mean time is within its bounds."""
    chance = random.Random(repr(law)[:20] + clock)
    _assert_bounds(law, clock, chance, draws=12)


@pytest.mark.soak
@EVERY_CLOCK
@pytest.mark.parametrize("law", LAWS_TOO, ids=repr)
def test_the_bounds_bound_on_many_pieces(law: Any, clock: str) -> None:
    """So it is on hundreds more."""
    _assert_bounds(law, clock, random.Random(), draws=500)


def _assert_bounds(law: Any, clock: str, chance: random.Random, draws: int) -> None:
    for k in range(draws):
        rates = random_rates(chance, (-4, 2))
        a = 0.0 if k % 6 == 0 else 10 ** chance.uniform(-5, 5)
        b = math.inf if k % 6 == 1 else (a or 1.0) * (1 + 10 ** chance.uniform(-3, 1.5))
        mean = a + (b - a) * chance.random() if b < math.inf else a * 10 ** chance.uniform(0, 5)
        found = outside(law, clock, chance.randint(1, 4), rates, a, b, max(mean, 1e-9))
        assert not found, (rates, a, b, mean)


@EVERY_CLOCK
@pytest.mark.parametrize("law", LAWS_TOO, ids=repr)
def test_short_pieces_have_close_bounds(law: Any, clock: str) -> None:
    """On a piece of a thousandth the bounds are at most a few thousandths apart, so that the proof ends."""
    rates = {name: value for name, value in RATES.to_dict().items() if value is not None}
    curve = curve_of(law, clock, 3, rates)
    left, right = np.array([200.0]), np.array([200.2])
    at_a, at_b = period_bounds._times(curve, left), period_bounds._times(curve, right)
    bounds = period_bounds._bounds(at_a, at_b, period_bounds._visits(curve, at_a, at_b, left, right))
    lowest, highest = (np.concatenate(parts, axis=1)[0] for parts in bounds)
    assert np.all(highest >= lowest)
    assert np.all(highest - lowest < 0.02)


GARG = {"aging": 1 / 240, "failure": 1 / 2160, "repair": 2.0, "restart": 60.0}


@EVERY_CLOCK
@pytest.mark.parametrize("law", [*LAWS_TOO[:8], UserLaw(rj.Fixed(3))], ids=repr)
def test_a_value_that_is_not_the_least_is_not_proved(law: Any, clock: str) -> None:
    """Given a value that is not the least, by 2e-6 or more, the proof finds a mean that is better."""
    costs = rj.Costs(failure=1000, rejuvenation=1, capacity=0.5)
    curve = curve_of(law, clock, 3, GARG, costs)
    pieces = curve.grid(0.0, math.inf, 12)
    best = rj.optimize(curve.cluster, costs)
    assert math.isnan(period_bounds.proved(curve, best.log_value, pieces) or 0.0)
    for worse in (2e-6, 1e-4, 0.1, 3.0):
        found = period_bounds.proved(curve, best.log_value + worse, pieces)
        assert found is not None
        assert not math.isnan(found)
        assert curve.log_at(found) < best.log_value + worse


def test_a_narrow_valley_is_not_overlooked() -> None:
    """From both ends alone, as one piece, the proof finds Garg's minimum between them."""
    curve = curve_of(rj.Fixed(1), "service", 1, GARG)
    at_ends = float(np.min(curve.log_at(np.array([100.0, 5000.0]))))
    found = period_bounds.proved(curve, at_ends, np.array([100.0, 5000.0]))
    assert found is not None
    assert 100 < found < 5000
    assert curve.log_at(found) < at_ends


def test_a_proof_that_takes_too_long_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    """With too few pieces allowed there is no proof; optimize says so, or searches if told to."""
    monkeypatch.setattr(period_bounds, "_IN_ALL", 500)
    model = timed(rj.Fixed(1), "service", 3)
    costs = rj.Costs(failure=1000, rejuvenation=1, capacity=0.5)
    with pytest.raises(rj.SizeError, match=r"certified: a proof.*certified=False"):
        rj.optimize(model, costs)
    searched = rj.optimize(model, costs, certified=False)
    assert not searched.certified
    assert "not proved" in searched.reason
    monkeypatch.undo()
    assert rj.optimize(model, costs).period == pytest.approx(searched.period, rel=1e-6)
