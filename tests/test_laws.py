"""Laws of the trigger delay: parameters, means, stretching, samples, and what is refused."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from delays import LAWS
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj

INF = math.inf
EVERY_LAW = pytest.mark.parametrize("law", LAWS, ids=str)


def test_parameters_are_durations() -> None:
    """Times may be hours, timedeltas or text, alone and in lists."""
    assert rj.Fixed("12 d") == rj.Fixed(288) == rj.Fixed(timedelta(days=12))
    assert rj.Exponential("never") == rj.Exponential(INF)
    assert rj.Uniform("1 h", "1 d") == rj.Uniform(1, 24)
    assert rj.Erlang(np.int64(3), "20 min").mean == pytest.approx(1 / 3)
    assert rj.Hyperexponential([0.5, 0.5], ["1 h", "1 d"]).means.tolist() == [1, 24]
    assert rj.Empirical(["1 h", "1 d"]).samples.tolist() == [1, 24]


@pytest.mark.parametrize(
    ("law", "mean"),
    [
        (rj.Exponential(5), 5),
        (rj.Fixed(5), 5),
        (rj.Erlang(3, 5), 5),
        (rj.Uniform(2, 8), 5),
        (rj.Uniform(1e308, 1.7e308), 1.35e308),
        (rj.Hyperexponential([0.25, 0.75], [8, 4]), 5),
        (rj.Hyperexponential([0, 1], [INF, INF]), INF),
        (rj.Hyperexponential([0, 1], [8, 5]), 5),
        (rj.Empirical([2, 8]), 5),
        (rj.Empirical([INF]), INF),
        (rj.Uniform(INF, INF), INF),
    ],
    ids=str,
)
def test_means(law: Any, mean: float) -> None:
    """Every law has its mean; a branch that is never taken does not count."""
    assert law.mean == mean


@EVERY_LAW
@given(factor=st.floats(-200, 200).map(lambda e: 10.0**e))
def test_stretching_keeps_the_shape(law: Any, factor: float) -> None:
    """Scaled to another mean, a law has that mean, and F* at s is what it was at s times the factor."""
    other = law.scaled(law.mean * factor)
    assert type(other) is type(law)
    assert other.mean == pytest.approx(law.mean * factor, rel=1e-14)
    for s in (0.01, 1.0):
        here, there = law.one_minus_laplace(s / law.mean), other.one_minus_laplace(s / other.mean)
        assert there == pytest.approx(here, rel=1e-13)


@EVERY_LAW
def test_stretching_to_at_once_and_never(law: Any) -> None:
    """A mean of 0 is F* = 1, an infinite one F* = 0, at every rate, and arrays of means make a grid."""
    grid = law.scaled([0, 50, "never"])
    assert grid.shape == (3,)
    assert grid.mean.tolist() == [0, 50, INF]
    assert grid.laplace(1.0).tolist() == pytest.approx([1, law.scaled(50).laplace(1.0), 0])
    assert grid.one_minus_laplace(0.0).tolist() == [0, 0, 1]
    assert grid[1] == law.scaled(50)


@pytest.mark.parametrize("law", [rj.Uniform(0, 0), rj.Empirical([0, 0]), rj.Empirical([INF])], ids=str)
def test_a_law_without_a_shape_cannot_be_stretched(law: Any) -> None:
    """Mean 0 or infinity leaves no ratios to keep: refused."""
    with pytest.raises(rj.InvalidInputError, match=r"mean: got a law of mean 0 or infinity"):
        law.scaled(3)


@EVERY_LAW
def test_the_transform_at_its_ends(law: Any) -> None:
    """F*(0) = 1, F* falls from there, is e^{−s·mean} at least (Jensen), and 1 − F* is s·mean for small s."""
    s = np.concatenate([[0.0], np.logspace(-6, 2, 40)]) / law.mean
    values, rest = law.laplace(s), law.one_minus_laplace(s)
    assert values[0] == 1
    assert np.all(np.diff(values) < 0)
    assert np.all(values >= np.exp(-s * law.mean) * (1 - 1e-14))
    assert values + rest == pytest.approx(np.ones(len(s)), abs=4e-16)
    tiny = 1e-200 / law.mean
    assert law.one_minus_laplace(tiny) == pytest.approx(1e-200, rel=1e-14)


@EVERY_LAW
def test_samples_have_the_transform_of_the_law(law: Any) -> None:
    """The average of e^{−sD} over 40,000 samples is F*(s), within five standard errors."""
    samples = law.sample(np.random.default_rng(7), 40_000)
    assert samples.shape == (40_000,)
    assert samples.min() >= 0
    for s in np.array([0.1, 1, 3]) / law.mean:
        values = np.exp(-s * samples)
        error = max(float(values.std()) / 200, 1e-14)
        assert abs(values.mean() - law.laplace(s)) < 5 * error
    assert abs(samples.mean() - law.mean) < 5 * max(samples.std() / 200, 1e-12)
    assert np.array_equal(samples, law.sample(np.random.default_rng(7), 40_000))


def test_samples_of_never_and_of_grids() -> None:
    """An infinite delay samples infinity; a grid of laws says to choose one."""
    for law in LAWS:
        assert law.scaled("never").sample(np.random.default_rng(1), 3).tolist() == [INF] * 3
        with pytest.raises(rj.InvalidInputError, match=r"grid of shape \(2,\).*law\[index\]"):
            law.scaled([1, 2]).sample(np.random.default_rng(1), 3)


def test_values_are_compared_and_shown() -> None:
    """Laws are equal by kind and numbers, show them, and are plain values in to_dict."""
    assert rj.Erlang(1, 3) != rj.Exponential(3)
    assert rj.Fixed(3) != rj.Exponential(3)
    assert rj.Erlang(2, 3) == rj.Erlang(2, 3.0) != rj.Erlang(3, 3)
    assert repr(rj.Erlang(2, 3)) == "Erlang(k=2, mean=3.0)"
    assert rj.Erlang(2, 3).to_dict() == {"name": "erlang", "k": 2, "mean": 3.0}
    assert rj.Empirical([1, 2]).to_dict() == {"name": "empirical", "samples": [1.0, 2.0]}
    assert len({rj.Fixed(3), rj.Fixed(3.0), rj.Fixed(4)}) == 2


def test_parameters_are_read_only() -> None:
    """Neither fields nor arrays of a law can be changed, nor does a change of the input reach it."""
    given_samples = np.array([1.0, 2.0])
    law = rj.Empirical(given_samples)
    given_samples[0] = 9
    assert law.samples.tolist() == [1, 2]
    with pytest.raises(ValueError, match="read-only"):
        law.samples[0] = 9
    with pytest.raises(AttributeError):
        law.samples = None  # type: ignore[misc,assignment]
    with pytest.raises(ValueError, match="read-only"):
        rj.Hyperexponential([0.5, 0.5], [1, 2]).probabilities[0] = 1


def test_an_index_of_stages_is_a_whole_number_of_them() -> None:
    """A grid of stages, indexed to one law, is that law; kept as a grid it stays one."""
    grid = rj.Erlang([1, 2, 5], [[10], [20]])
    assert grid.shape == (2, 3)
    assert grid[1, 2] == rj.Erlang(5, 20)
    assert grid[:, 0].shape == (2,)
    assert isinstance(grid[0, 1].k, int)


def test_laws_of_branches_and_samples_make_grids_over_their_first_axes() -> None:
    """The last axis counts branches or samples; those before it make a grid."""
    law = rj.Empirical([[1, 2], [3, 4], [5, 6]])
    assert (law.shape, law[1]) == ((3,), rj.Empirical([3, 4]))
    mixed = rj.Hyperexponential([0.5, 0.5], [[[1, 2]], [[3, 4]]])
    assert (mixed.shape, mixed[1, 0]) == ((2, 1), rj.Hyperexponential([0.5, 0.5], [3, 4]))
    assert law.laplace(0.5)[1] == law[1].laplace(0.5)  # type: ignore[index]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: rj.Fixed(-1), r"delay: got -1; a duration is not negative"),
        (lambda: rj.Fixed(math.nan), r"delay: got nan; a duration is not NaN"),
        (lambda: rj.Fixed("soon"), r'delay: got "soon".*units s, min, h, d, w'),
        (lambda: rj.Fixed([1, -2]), r"delay\[1\]: got -2 hours"),
        (lambda: rj.Exponential(-0.5), r"mean: got -0\.5"),
        (lambda: rj.Erlang(0, 5), r"k: got 0; .*whole number from 1"),
        (lambda: rj.Erlang(1.5, 5), r"k: got 1\.5"),
        (lambda: rj.Erlang(2.0, 5), r"k: got 2\.0.*Write k=2, without a decimal point"),
        (lambda: rj.Erlang([1, 0], 5), r"k\[1\]: got 0"),
        (lambda: rj.Erlang([1.5], 5), r"k: got \[1\.5\].*Use whole numbers"),
        (lambda: rj.Erlang([[1, 2], [3]], 5), r"k\[0\]: got a nested row"),
        (lambda: rj.Erlang(2**53 + 1, 5), r"k: got 9007199254740993.*Use Fixed"),
        (lambda: rj.Erlang([1, 2], [1, 2, 3]), r"k and mean: got shapes \(2,\) and \(3,\)"),
        (lambda: rj.Uniform(5, 3), r"lo: got 5; lo is at most hi, here 3\. Swap them"),
        (lambda: rj.Uniform(5, INF), r"hi: got inf; .*all finite or all infinite"),
        (lambda: rj.Hyperexponential([0.5, 0.4], [1, 2]), r"probabilities: got a sum of 0\.9"),
        (lambda: rj.Hyperexponential([1.5, -0.5], [1, 2]), r"probabilities\[1\]: got -0\.5"),
        (lambda: rj.Hyperexponential([0.5, 0.5], [1]), r"means: got shape \(1,\); .* each of the 2 branches"),
        (lambda: rj.Hyperexponential([0.5, 0.5], [1, INF]), r"means: got \[1\.0, inf\]; .*all finite"),
        (lambda: rj.Hyperexponential([[1.0]], [1]), r"probabilities: got"),
        (lambda: rj.Empirical([]), r"samples: got an empty array"),
        (lambda: rj.Empirical(3), r"samples: got 3; samples are a list.*Fixed\(delay\)"),
        (lambda: rj.Empirical([1, INF]), r"samples: got \[1\.0, inf\]"),
        (lambda: rj.Empirical([1, -1]), r"samples\[1\]: got -1 hours"),
        (lambda: rj.Fixed(3).scaled(-1), r"mean: got -1"),
        (lambda: rj.Fixed(3).laplace(-1), r"s: got -1; s is a finite rate"),
        (lambda: rj.Fixed(3).laplace(INF), r"s: got inf"),
        (lambda: rj.Fixed(3)[0], r"Fixed\[\.\.\.\]: got index 0; these Fixed are scalars"),
        (lambda: rj.Fixed([1, 2])[5], r"Fixed\[\.\.\.\]: got index 5.*shape \(2,\)"),
    ],
)  # fmt: skip
def test_what_is_refused(make: Any, words: str) -> None:
    """Parameters that make no law are refused with their name, place, value and rule."""
    with pytest.raises(rj.InvalidInputError, match=words):
        make()
