"""Confidence intervals as pure functions: exact where they are exact, and honest for rare events."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejuvmodel.simulation.intervals import gamma_limits, share_limits, small_sample, sum_limits

#: Sizes of rare contributions of mean 1, and twice the mean: what the library assumes where it saw none.
SIZES = {
    "equal": lambda _, k: np.ones(k),
    "exponential": lambda rng, k: rng.standard_exponential(k),
    "three stages": lambda rng, k: rng.gamma(3, 1 / 3, k),
}


@pytest.mark.parametrize("count", [0, 1, 2, 10, 1000])
def test_equal_contributions_have_the_exact_poisson_limits(count: int) -> None:
    """For contributions of 1 the limits are those of Garwood for the mean of a Poisson count."""
    from scipy.stats import chi2

    low, high = gamma_limits(count, count, 1.0, 0.0, 0.99)
    assert low == pytest.approx(chi2.ppf(0.005, 2 * count) / 2 if count else 0.0, rel=1e-9)
    assert high == pytest.approx(chi2.ppf(0.995, 2 * count + 2) / 2, rel=1e-9)


def test_no_contribution_is_no_zero_width() -> None:
    """After nothing was seen the upper limit is w·ln(2/α)."""
    assert gamma_limits(0.0, 0.0, 3.0, 0.0, 0.99) == (0.0, pytest.approx(3 * np.log(200), rel=1e-12))


def test_many_contributions_have_normal_limits() -> None:
    """For a million contributions the limits are total ± z·√variance."""
    low, high = gamma_limits(1e6, 2e6, 1.0, 0.0, 0.99)
    half = 2.5758293035489004 * np.sqrt(2e6)
    assert (1e6 - low, high - 1e6) == (pytest.approx(half, rel=0.01), pytest.approx(half, rel=0.01))


def rare_sums_missed(draw, mean: float, runs: int, width: float = 1.0) -> float:
    """Share of runs in which the limits of a sum of a Poisson number of contributions miss its mean."""
    rng = np.random.default_rng(1996)
    missed = 0
    for _ in range(runs):
        sizes = draw(rng, rng.poisson(mean))
        total, most = sizes.sum(), max(2.0, sizes.max(initial=0.0))
        low, high = gamma_limits(total, float(sizes @ sizes), most, 0.0, 0.99)
        missed += not total - width * (total - low) <= mean <= total + width * (high - total)
    return missed / runs


@pytest.mark.parametrize("mean", [0.5, 3, 10, 30])
@pytest.mark.parametrize("sizes", SIZES)
def test_limits_of_rare_sums_hold(sizes: str, mean: float) -> None:
    """However few contributions are expected, 99 % limits miss in at most 1.5 % of 2,000 runs."""
    assert rare_sums_missed(SIZES[sizes], mean, 2000) <= 0.015


@pytest.mark.parametrize("sizes", SIZES)
def test_limits_half_as_wide_do_not_hold(sizes: str) -> None:
    """The test above can fail: limits half as far away miss in more than 5 % of the runs."""
    assert rare_sums_missed(SIZES[sizes], 10, 2000, width=0.5) > 0.05


@pytest.mark.parametrize(("count", "of"), [(0, 100), (1, 100), (37, 100), (100, 100), (5, 10**6)])
def test_shares_have_the_exact_binomial_limits(count: int, of: int) -> None:
    """Limits of a share are those of Clopper and Pearson."""
    from scipy.stats import binomtest

    exact = binomtest(count, of).proportion_ci(0.99, method="exact")
    assert share_limits(count, of, 0.99) == (
        pytest.approx(exact.low, rel=1e-9),
        pytest.approx(exact.high, rel=1e-9),
    )


def test_a_variance_from_few_replications_counts_for_more() -> None:
    """The factor on the variance is (t/z)² of Student's law, and 1 for many replications."""
    from scipy.stats import norm, t

    assert small_sample(100, 0.99) == pytest.approx((t.ppf(0.995, 99) / norm.ppf(0.995)) ** 2, rel=1e-9)
    assert small_sample(10**7, 0.99) == pytest.approx(1, abs=1e-6)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(-1, 1))
def test_the_limits_of_a_sum(first: float, second: float, correlation: float) -> None:
    """Distances to the limits add up like standard errors, with the correlation."""
    values, far = np.array([3.0, 5.0]), np.array([first, second])
    matrix = np.array([[1.0, correlation], [correlation, 1.0]])
    low, high = sum_limits(values, values - far, values + 2 * far, matrix)
    exact = np.sqrt(max(first**2 + second**2 + 2 * correlation * first * second, 0.0))
    assert 8 - low == pytest.approx(exact, abs=1e-7)
    assert high - 8 == pytest.approx(2 * exact, abs=1e-7)
