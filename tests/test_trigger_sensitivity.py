"""Derivatives of clusters with triggers against differences in 300 digits, for every law and both clocks."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

import mpmath
import numpy as np
import pytest
import slopes
import trigger_truth

import rejuvmodel as rj
from rejuvmodel.models.law_falls import laplace_falls, survival_falls

RATES = ("aging", "failure", "repair", "restart")
MEASURES = ("availability", "unavailability", "planned_unavailability", "unplanned_unavailability")
LAWS = {
    "fixed": rj.Fixed,
    "exponential": rj.Exponential,
    "erlang": lambda mean: rj.Erlang(7, mean),
    "uniform": lambda mean: rj.Uniform(mean / 3, 5 * mean / 3),
    "from 0": lambda mean: rj.Uniform(0, 2 * mean),
    "hyperexponential": lambda mean: rj.Hyperexponential([0.3, 0.7], [mean / 100, 1.4 * mean]),
    "empirical": lambda mean: rj.Empirical([0, mean, 2 * mean]),
}


def draws(count: int, seed: int) -> list[tuple[int, float, dict[str, float]]]:
    """Servers, mean delay and rates; the first are realistic, the rest lie in nine decades."""
    chance = random.Random(seed)
    found = [(3, 300.0, {"aging": 1 / 240, "failure": 1 / 2160, "repair": 2.0, "restart": 6.0})]
    while len(found) < count:
        rates = {name: 10 ** chance.uniform(-6, 3) for name in RATES}
        found.append((chance.choice((1, 2, 6, 20)), 10 ** chance.uniform(-2, 4), rates))
    return found


def truth(n: int, law: Any, clock: str, at: dict[str, float]) -> dict[str, slopes.Masses]:
    """Elasticities with respect to the rates and the factor by which the law is stretched."""
    base = trigger_truth.truth_of(law)

    def measures(values: Mapping[str, Any]) -> slopes.Masses:
        factor = values["period"] / slopes.precise(at["period"])
        stretched = trigger_truth.Truth(lambda s: base.transform(s * factor), base.mean * factor)
        weights = trigger_truth.visit_times(n, stretched, clock, {name: values[name] for name in RATES})
        whole, zero, first = mpmath.fsum(weights.values()), weights["0"], weights["r1"]
        shares = (whole - zero - first, zero + first, first, zero)
        return {name: share / whole for name, share in zip(MEASURES, shares, strict=True)}

    with mpmath.workdps(trigger_truth.DIGITS):
        here = {name: slopes.precise(x) for name, x in at.items()}
        step, middle = mpmath.mpf(10) ** -40, measures(here)
        found = {slopes.VALUES: middle}
        for name, x in here.items():
            above, below = (measures(here | {name: x * (1 + sign * step)}) for sign in (1, -1))
            found[name] = {
                key: (above[key] - below[key]) / (2 * step * value)
                for key, value in middle.items()
                if value > mpmath.mpf(10) ** -150  # what 300 digits resolve
            }
        return found


def check(law: str, clock: str, count: int, seed: int) -> None:
    for n, mean, rates in draws(count, seed):
        cluster = rj.Cluster(n, rj.Rates(**rates), trigger=rj.Trigger(LAWS[law](mean), clock=clock))
        found = rj.sensitivity(cluster)
        delay = float(cluster.trigger.mean)  # type: ignore[union-attr, arg-type]
        right = truth(n, LAWS[law](mean), clock, rates | {"period": delay})
        error, where = slopes.worst_error(found, right)
        assert error <= slopes.PROMISE / 5, (law, clock, n, mean, rates, where, error)


@pytest.mark.parametrize("clock", ["unstable", "service"])
@pytest.mark.parametrize("law", LAWS)
def test_every_law_keeps_the_promise(law: str, clock: str) -> None:
    """Errors of f' stay below 2e-13·max(|f'|, f/θ), the mean delay among the parameters."""
    check(law, clock, 5, seed=len(law))


@pytest.mark.soak
@pytest.mark.parametrize("clock", ["unstable", "service"])
@pytest.mark.parametrize("law", LAWS)
def test_every_law_keeps_the_promise_everywhere(law: str, clock: str) -> None:
    """The same in many draws."""
    check(law, clock, 100, seed=1)


@pytest.mark.parametrize("clock", ["unstable", "service"])
@pytest.mark.parametrize("law", ["exponential", "erlang", "hyperexponential"])
def test_laws_in_phases_agree_on_both_roads(law: str, clock: str) -> None:
    """The closed form agrees with elimination on the chain of phases, costs included."""
    rates = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3)
    cluster = rj.Cluster(3, rates, trigger=rj.Trigger(LAWS[law](200.0), clock=clock))
    costs = rj.Costs(failure=1000, rejuvenation=10, capacity=5, per_rejuvenation=0.3, degraded=0.01)
    one, two = (rj.sensitivity(cluster, costs=costs, solver=s) for s in (None, rj.GTH()))
    assert one.names == two.names
    assert np.max(np.abs(one.elasticities - two.elasticities)) < 1e-13


def test_an_exponential_trigger_is_a_rate() -> None:
    """With λ_r = 1/T the elasticity by the period is minus that by the rate, the derivative −1/T² of it."""
    rates = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3)
    by_period = rj.sensitivity(rj.Cluster(2, rates, trigger=rj.Trigger(rj.Exponential(336.0))))
    by_rate = rj.sensitivity(rj.Cluster(2, rates.replace(rejuvenation=1 / 336)))
    for measure in by_rate.measures:
        assert by_period.elasticity(measure, "period") == pytest.approx(
            -by_rate.elasticity(measure, "rejuvenation"), rel=1e-13
        )
        assert by_period.derivative(measure, "period") == pytest.approx(
            -by_rate.derivative(measure, "rejuvenation") / 336**2, rel=1e-13
        )


class OwnFixed:
    """A fixed delay as a user would write it."""

    def __init__(self, mean: float) -> None:
        self.mean = mean

    def laplace(self, s: Any) -> Any:
        return np.exp(-s * self.mean)

    def one_minus_laplace(self, s: Any) -> Any:
        return -np.expm1(-s * self.mean)


@pytest.mark.parametrize(("clock", "tolerance"), [("unstable", 1e-11), ("service", 1e-8)])
def test_laws_of_ones_own(clock: str, tolerance: float) -> None:
    """A user's law gives the elasticities of the same law of the library, with fewer digits."""
    rates = rj.Rates(aging=1 / 240, failure=1 / 2160, repair=2, restart=6)
    one, two = (
        rj.sensitivity(rj.Cluster(3, rates, trigger=rj.Trigger(law, clock=clock)))
        for law in (OwnFixed(300.0), rj.Fixed(300.0))
    )
    assert np.max(np.abs(one.elasticities - two.elasticities)) < tolerance


#: Pairs 0 < x ≤ y: equal, a rounding apart, close, far.
PAIRS = [(x, x * ratio) for x in (1e-8, 1e-3, 0.1, 3.0) for ratio in (1, 1 + 1e-12, 1.0001, 1.1, 3, 1e4)]


@pytest.mark.parametrize("law", LAWS)
def test_falls_of_slopes(law: str) -> None:
    """−∂ ln f[x, y]/∂x and /∂y have errors below 1e-14·max(|·|, 1/x), however close x and y are."""
    own = LAWS[law](200.0)
    right = trigger_truth.truth_of(own)
    transforms = rj.Trigger(own).transforms((1,), slice(0, 1))
    x, y = (np.array([side]) for side in zip(*PAIRS, strict=True))
    for falls, slope in ((laplace_falls, right.slope), (survival_falls, right.survival_slope)):
        found = falls(transforms, x, y)
        with mpmath.workdps(trigger_truth.DIGITS):
            for k, (a, b) in enumerate(PAIRS):
                a, b = map(slopes.precise, (a, b))
                step = a * mpmath.mpf(10) ** -40
                if slope(a, b + step**2) < mpmath.mpf(10) ** -150:
                    continue  # 300 digits resolve no more
                for side, (da, db) in enumerate(((step, step**2), (step**2, step))):
                    above, below = slope(a + da, b + db), slope(a - da, b - db)
                    moved = (above - below) / (2 * step) / slope(a, b + step**2)
                    z = (a, b)[side]
                    assert abs(found[side][0, k] + moved) * z <= 1e-14 * max(1, abs(moved) * z)


@pytest.mark.parametrize("law", [rj.Fixed(1e60), rj.Empirical([1e60, 1e60])])
@pytest.mark.parametrize(("low", "high"), [(1e30, 1e100), (1e60, 1e100), (1e99, 1e99)])
def test_delays_beyond_every_rate_fall_with_the_rates_alone(law: rj.Law, low: float, high: float) -> None:
    """Where no delay ends, the slope of g is 1 over both rates, also where their product underflows."""
    x, y = np.array([[low]]), np.array([[high]])
    found = survival_falls(law._columns((), slice(0, 1)), x, y)
    assert [float(one[0, 0]) for one in found] == pytest.approx([1 / low, 1 / high], rel=1e-14, abs=0)
