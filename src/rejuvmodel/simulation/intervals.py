"""Confidence intervals that hold for rare events too. Pure functions of sums.

A normal interval, estimate ± z·(standard error), is wrong while few replications have contributed: after no
outage it would be 0 ± 0. Three constructions stand here instead.

1. *Gamma limits* for a sum of contributions X > 0 of variance v (Fay and Feuer 1997): the lower limit is the
   quantile α/2 of the gamma law of mean X and variance v, the upper one the quantile 1 − α/2 of that of mean
   X + w and variance v + w², where w is the largest single contribution. For equal contributions both are the
   exact limits of a Poisson mean (Garwood 1936); for many contributions they become the normal ones. After no
   contribution the upper limit is w·ln(2/α).
2. *Sums of quantities with limits of their own* (Zou and Donner 2008): the distances to the limits are added
   like standard errors, with the correlation of the estimates.
3. *Shares of replications* (Clopper and Pearson 1934): exact for binomial counts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def gamma_limits(
    total: float, variance: float, above: float, below: float, confidence: float
) -> tuple[float, float]:
    """Limits of a sum of which single contributions reach `above` it, and `below` it, from its mean."""
    tail = (1.0 - confidence) / 2
    low = _gamma_quantile(total - below, variance + below**2, tail) if total > below else 0.0
    high = _gamma_quantile(total + above, variance + above**2, tail, upper=True)
    return min(low, total), max(high, total)


def small_sample(replications: int, confidence: float) -> float:
    """Factor on a variance that was estimated from so many replications: (t / z)² of Student's law."""
    from scipy.special import ndtri, stdtrit

    tail = (1.0 - confidence) / 2
    return float((stdtrit(replications - 1, tail) / ndtri(tail)) ** 2)


def sum_limits(values: Floats, lows: Floats, highs: Floats, correlation: Floats) -> tuple[float, float]:
    """Limits of a sum of quantities whose limits and correlations are known."""
    down, up, total = values - lows, highs - values, float(values.sum())
    # Correlations of different quantities are estimates, too: a sum of squares does not become negative.
    below, above = (max(float(x @ correlation @ x), 0.0) for x in (down, up))
    return total - below**0.5, total + above**0.5


def share_limits(count: int, replications: int, confidence: float) -> tuple[float, float]:
    """Exact limits of a probability, from the number of replications in which it came true."""
    from scipy.special import betainccinv, betaincinv

    tail, other = (1.0 - confidence) / 2, replications - count
    low = float(betaincinv(count, other + 1, tail)) if count else 0.0
    high = float(betainccinv(count + 1, other, tail)) if other else 1.0
    return low, high


def _gamma_quantile(mean: float, variance: float, tail: float, *, upper: bool = False) -> float:
    from scipy.special import gammainccinv, gammaincinv

    if not (0 < variance < np.inf and mean < np.inf):
        return mean
    shape = mean * (mean / variance)
    return float((gammainccinv if upper else gammaincinv)(shape, tail)) * (variance / mean)
