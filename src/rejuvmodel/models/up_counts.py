"""Laws of the number u of up servers in the mean field: normal, or held by the guard.

Normal, with mean m, standard deviation s, half a server of continuity, and the first correction for the
skewness γ (Cornish and Fisher; Edgeworth):

    P(u < required) ≈ Φ(z − γ·(z² − 1)/6),   z = (required − ½ − m)/s,
    E[(n − u)⁺] ≈ s·(φ(y) + y·Φ(y) + γ·y·φ(y)/6),   y = (n − m)/s.

The correction is held where z·γ > 1: from 3 on it would turn back.

Held by the guard at the required number, u is a fast birth–death chain: up at b = μ_r·r + μ·min(f, c), down
at d = λ·(active unstable), and from above also by rejuvenation, at d + λ_r·a. On the scale of the servers it
settles at once; its law is geometric on both sides, with ratio d/b below and b/(d + λ_r·a) above.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rejuvmodel.models.fluid_limit import OperatingPoint


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


class HeldCount:
    """A number of up servers that the guard holds at the required one: geometric on both sides."""

    def __init__(self, total: int, required: int, point: OperatingPoint, rejuvenation: float) -> None:
        _, failures, _, restarts, repairs = point.flows
        starts = rejuvenation * point.shares[1]
        self.held = required
        # Where the guard barely holds, the slow fluctuations of order √N end what would go on for ever.
        most = 1 - 1 / math.sqrt(total + 1)
        self.below = min(most, float(failures / (restarts + repairs)))
        self.above = min(most, float((restarts + repairs) / (failures + starts)))
        self.at = 1 / (1 / (1 - self.below) + self.above / (1 - self.above))
        first, second = (self._moment(power) for power in (1, 2))
        self.mean = self.held + first
        self.deviation = math.sqrt(second - first * first)

    def _moment(self, power: int) -> float:
        low, high = (
            x * (1 + x) / (1 - x) ** 3 if power == 2 else x / (1 - x) ** 2 for x in (self.below, self.above)
        )
        return self.at * (high + (low if power == 2 else -low))

    def log_below(self, _required: int) -> float:
        """Logarithm of P(u < required)."""
        return math.log(self.at * self.below / (1 - self.below)) if self.below else -math.inf

    def missing(self, wanted: int) -> float:
        """Expected number of servers missing out of so many."""
        room = wanted - self.held
        if room <= 0:
            return self.at * self.below ** (1 - room) / (1 - self.below) ** 2
        return wanted - self.mean + self.at * self.above ** (1 + room) / (1 - self.above) ** 2


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
