"""Transforms of the laws against their definitions in many digits, at all distances and sizes of rates."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from typing import Any

import exact
import mpmath
import numpy as np
import pytest
import trigger_truth

import rejuvmodel as rj
from rejuvmodel.models import transform_functions
from rejuvmodel.models.stretched import StretchedTransforms

ONE_RATE = ("laplace", "one_minus", "survival", "log_laplace")
TWO_RATES = ("slope", "survival_slope", "log_slope")
#: Differences of delays of very different sizes need many digits.
DIGITS = 600
SEEN = mpmath.mpf(10) ** -300


def size(chance: random.Random, decades: float) -> float:
    return 10 ** chance.uniform(-decades, decades)


def narrow(low: float, by: float) -> rj.Uniform:
    return rj.Uniform(low, low * by)


MAKERS: dict[str, Callable[[random.Random, float], Any]] = {
    "exponential": lambda c, w: rj.Exponential(size(c, w)),
    "fixed": lambda c, w: rj.Fixed(size(c, w)),
    "erlang": lambda c, w: rj.Erlang(c.choice([1, 2, 3, 7, 50, 1000, 10**6]), size(c, w)),
    "uniform": lambda c, w: rj.Uniform(*sorted([c.choice([0.0, size(c, w)]), size(c, w)])),
    "narrow uniform": lambda c, w: narrow(size(c, w), c.choice([1, 1 + 1e-12, 1.01, 2])),
    "hyperexponential": lambda c, w: rj.Hyperexponential([0.25, 0.5, 0.25], [size(c, w) for _ in range(3)]),
    "with a branch at 0": lambda c, w: rj.Hyperexponential([0.25, 0.75], [0, size(c, w)]),
    "empirical": lambda c, w: rj.Empirical([size(c, w) for _ in range(4)]),
    "with samples at 0": lambda c, w: rj.Empirical([0, 0, size(c, w)]),
}


def pair(chance: random.Random, base: float, decades: float) -> tuple[float, float]:
    """Two rates: equal, close, far apart, 0."""
    x = chance.choice([0.0, size(chance, decades) * base, size(chance, 3) * base])
    close = x * (1 + chance.choice([1e-15, 1e-12, 1e-8, 1e-4]))
    y = chance.choice([x, close, 2 * x, size(chance, decades) * base, size(chance, 3) * base])
    return min(x, y), max(x, y)


def error(found: float, exactly: Any, name: str, exponent: float) -> float:
    """Error in units of what is allowed: 1e-14, and 3e-16 for each unit of an exponent that is taken."""
    if name.startswith("log"):
        scale = max(1, abs(exactly))
        return float(abs(mpmath.mpf(found) - exactly) / scale) / 1e-14 if math.isfinite(found) else math.inf
    if abs(exactly) < mpmath.mpf(10) ** -290:
        return 0.0
    gap = abs(mpmath.mpf(found) / exactly - 1) if math.isfinite(found) else mpmath.inf
    return float(gap) / (1e-14 + 3e-16 * exponent)


def worst(law: Any, transforms: Any, rates: list[tuple[float, float]]) -> float:
    """Largest error of all transforms of one law at some rates, against the definition."""
    right, found = trigger_truth.truth_of(law), 0.0
    x, y = (np.array([[r] for r in column]) for column in zip(*rates, strict=True))
    with mpmath.workdps(DIGITS), np.errstate(all="ignore"):
        for name in (*ONE_RATE, *TWO_RATES):
            values = getattr(transforms, name)(*((y,) if name in ONE_RATE else (x, y)))
            for (low, high), value in zip(rates, np.asarray(values)[:, 0].tolist(), strict=True):
                args = (high,) if name in ONE_RATE else (low, high)
                bulk = right.laplace(high)
                if name in TWO_RATES and right.slope(low, high) < bulk * SEEN:
                    continue  # in 2/3 + e^{−x·d} − 2/3 − e^{−y·d} even so many digits are too few
                exactly = getattr(right, name)(*args)
                taken = () if name.startswith("log") else (exactly, bulk)
                exponent = max((min(abs(float(exact.logarithm(z))), 1e4) for z in taken), default=0.0)
                if not error(value, exactly, name, exponent) <= found:
                    found = error(value, exactly, name, exponent)
    return found


@pytest.mark.parametrize("decades", [3.0, 9.0, 60.0])
@pytest.mark.parametrize("name", MAKERS)
def test_transforms_keep_their_digits(name: str, decades: float) -> None:
    """Each transform, at equal, close and distant rates, is right to 1e-14, as its logarithm is."""
    _assert_right(name, random.Random(name), decades, draws=3)


@pytest.mark.parametrize(
    "law", [rj.Fixed(2e58), rj.Uniform(2e58, 2.1e58), rj.Erlang(300, 2e58), rj.Empirical([0, 2e58])]
)
def test_slopes_of_long_delays_keep_their_digits(law: rj.Law) -> None:
    """Where e^(−x·D) is no full double, 10^58 hours bring the slope back to where every digit is there."""
    steep = 4.09 if isinstance(law, rj.Erlang) else 1.0
    rates = [
        (steep * x / 2e58, steep * y / 2e58) for x, y in ((735.0, 735.0), (720.0, 744.0), (744.0, 900.0))
    ]
    assert worst(law, law._columns((), slice(0, 1)), rates) <= 1


@pytest.mark.soak
@pytest.mark.parametrize("name", MAKERS)
def test_transforms_keep_their_digits_in_many_draws(name: str) -> None:
    """So it is in thousands of draws."""
    for decades in (2.0, 6.0, 12.0, 60.0):
        _assert_right(name, random.Random(), decades, draws=400)


def _assert_right(name: str, chance: random.Random, decades: float, draws: int) -> None:
    for _ in range(draws):
        law = MAKERS[name](chance, decades)
        base = chance.choice([1.0, 1 / float(law.mean)])
        rates = [pair(chance, base, decades) for _ in range(5)]
        gap = worst(law, law._columns((), slice(0, 1)), rates)
        assert gap <= 1, (law, rates)


@pytest.mark.parametrize("name", MAKERS)
def test_a_stretched_law_is_that_of_the_other_mean(name: str) -> None:
    """Transforms stretched in time by a factor are those of the law scaled to the other mean."""
    chance = random.Random(4)
    for _ in range(5):
        law = MAKERS[name](chance, 3.0)
        factor = size(chance, 3)
        if name == "narrow uniform":
            continue  # its ends would be rounded
        stretched = StretchedTransforms(law._columns((), slice(0, 1)), np.array([[factor]]))
        other = law.scaled(factor * law.mean)._columns((), slice(0, 1))
        x, y = (np.array([[r]]) for r in pair(chance, 1 / float(factor * law.mean), 1.0))
        for method in ONE_RATE:
            assert getattr(stretched, method)(y) == pytest.approx(
                getattr(other, method)(y), rel=1e-11, abs=1e-14
            )
        for method in TWO_RATES:
            expected = getattr(other, method)(x, y)
            assert getattr(stretched, method)(x, y) == pytest.approx(expected, rel=1e-11, abs=1e-14)


@pytest.mark.parametrize("name", ["phi1", "phi2", "chi"])
def test_entire_functions(name: str) -> None:
    """φ1, φ2 and χ are right to 1e-15 from 1e-300 to 1e300, and exact at 0."""
    defined = {
        "phi1": lambda z: (1 - mpmath.exp(-z)) / z,
        "phi2": lambda z: (mpmath.exp(-z) - 1 + z) / z**2,
        "chi": lambda z: (1 - (1 + z) * mpmath.exp(-z)) / z,
    }[name]
    points = np.concatenate([np.logspace(-300, 300, 25), np.linspace(0.5, 3, 26), [1.0, np.nextafter(1, 0)]])
    found = getattr(transform_functions, name)(points)
    with mpmath.workdps(700):
        for z, value in zip(points.tolist(), found.tolist(), strict=True):
            assert abs(mpmath.mpf(value) / defined(trigger_truth.precise(z)) - 1) < 1e-15
    at_zero = {"phi1": 1.0, "phi2": 0.5, "chi": 0.0}[name]
    assert getattr(transform_functions, name)(np.zeros(1))[0] == at_zero


def test_slope_of_phi1() -> None:
    """φ1[x, y] is right to 1e-15 for equal, close and distant arguments, and 1/2 at 0."""
    chance = random.Random(1)
    with mpmath.workdps(400):
        defined = lambda z: (1 - mpmath.exp(-z)) / z if z else mpmath.mpf(1)  # noqa: E731
        for _ in range(150):
            x, y = pair(chance, 1.0, 12.0)
            found = float(transform_functions.phi1_slope(np.array(x), np.array(y)))
            a, b = trigger_truth.precise(x), trigger_truth.precise(y)
            b = b if a != b else a * (1 + trigger_truth.APART) if a else trigger_truth.APART
            assert abs(mpmath.mpf(found) / ((defined(a) - defined(b)) / (b - a)) - 1) < 1e-15, (x, y)
