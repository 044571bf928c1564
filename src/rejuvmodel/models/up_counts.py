"""Laws of counts in the mean field: up servers, normal or held by the guard, and servers that lag behind.

Normal, with mean m, standard deviation s, half a server of continuity, and the first correction for the
skewness γ (Cornish and Fisher; Edgeworth):

    P(u < required) ≈ Φ(z − γ·(z² − 1)/6),   z = (required − ½ − m)/s,
    E[(n − u)⁺] ≈ s·(φ(y) + y·Φ(y) + γ·y·φ(y)/6),   y = (n − m)/s.

The correction is held where z·γ > 1: from 3 on it would turn back.

Lagging: where slots or the guard bind, l servers may start but have not yet; l is a fast birth–death chain.
Where the guard holds the up servers, there are required + l of them, and l is negative after a failure.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class NormalCount:
    """A number of up servers that is normal but for some skewness."""

    def __init__(self, mean: float, variance: float, skewness: float) -> None:
        self.mean = mean
        self.deviation = math.sqrt(max(0.0, variance))
        self.skewness = skewness

    def log_below(self, required: int) -> float:
        """Logarithm of P(u < required)."""
        from scipy.special import log_ndtr

        z = deviations(required - 0.5 - self.mean, self.deviation)
        if math.isinf(z):
            return float(log_ndtr(z))
        skewness = math.copysign(min(abs(self.skewness), 1 / abs(z)), self.skewness) if z else self.skewness
        return float(log_ndtr(z - skewness * (z * z - 1) / 6))

    def missing(self, wanted: int) -> float:
        """Expected number of servers missing out of so many."""
        y = deviations(wanted - self.mean, self.deviation)
        if math.isinf(y):
            return max(0.0, wanted - self.mean)
        # E[(y − Z)⁺] = E[(−y − Z)⁺] + y, so that nothing cancels.
        below = self.deviation * _beyond(-abs(y)) + max(0.0, wanted - self.mean)
        skewed = self.deviation * self.skewness / 6 * y * math.exp(-y * y / 2) / math.sqrt(2 * math.pi)
        return max(0.0, below + skewed)


@dataclass(frozen=True, eq=False)
class LagCount:
    """A number l of servers that lag behind, with its law.

    Attributes
    ----------
    lags, chances : ndarray
        Values and their probabilities.
    """

    lags: Floats
    chances: Floats

    @classmethod
    def of(cls, up: tuple[Floats, Floats], down: tuple[Floats, Floats] | None = None) -> LagCount:
        """The birth–death chain with rates (away from 0, back) at 0, 1, 2, …, and below if given."""
        above = np.cumprod(up[0][:-1] / up[1][1:])
        below = np.zeros(0) if down is None else np.cumprod(down[0][:-1] / down[1][1:])
        weights = np.concatenate([below[::-1], [1.0], above])
        return cls(np.arange(-len(below), len(above) + 1.0), weights / weights.sum())

    @property
    def mean(self) -> float:
        """Expected lag."""
        return float(self.chances @ self.lags)

    @property
    def behind(self) -> float:
        """Expected number of failures not yet made good, E[(−l)⁺]."""
        return float(self.chances @ np.maximum(-self.lags, 0.0))

    def central_moment(self, power: int) -> float:
        """Moment about the mean."""
        return float(self.chances @ (self.lags - self.mean) ** power)

    def log_below(self) -> float:
        """Logarithm of P(l < 0)."""
        with np.errstate(divide="ignore"):
            return float(np.log(self.chances[self.lags < 0].sum()))

    def missing(self, wanted: int) -> float:
        """Expected (wanted − l)⁺."""
        return float(self.chances @ np.maximum(wanted - self.lags, 0.0))


def deviations(distance: float, deviation: float) -> float:
    """A distance in standard deviations; infinite where nothing varies."""
    if deviation > 0:
        return distance / deviation
    return math.copysign(math.inf, distance)


def _beyond(y: float) -> float:
    """E[(y − Z)⁺] = φ(y) + y·Φ(y) of a standard normal Z, for y ≤ 0."""
    from scipy.special import erfcx

    density = math.exp(-y * y / 2) / math.sqrt(2 * math.pi)
    return density * max(0.0, 1 + y * math.sqrt(math.pi / 2) * float(erfcx(-y / math.sqrt(2))))
