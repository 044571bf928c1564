"""What the closed form needs of a law of the trigger delay D: transforms and their slopes, all positive.

With the Laplace–Stieltjes transform F*(s) = E[e^{−sD}] and the transform of the survival function
g(s) = (1 − F*(s))/s = ∫ e^{−st} P(D > t) dt, and for rates 0 ≤ x ≤ y:

    laplace(s)            F*(s)                    one_minus(s)          1 − F*(s)
    slope(x, y)           (F*(x) − F*(y))/(y − x)  survival_slope(x, y)  (g(x) − g(y))/(y − x)
    survival(s)           g(s); the mean at 0
    log_laplace(s) and log_slope(x, y), logarithms also where the values underflow

The slopes are the derivatives where x = y. Each law has them as sums and products of positive terms
(``docs/theory/triggers.md``), so nothing cancels however close x and y are, or however short the delay.

Arrays broadcast: ``s`` has shape (points, levels), parameters are columns (points, 1). Delays of 0 are
exact; infinite delays are not handled here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from rejuvmodel.models.transform_functions import phi1, phi1_slope, phi2

Floats = NDArray[np.float64]

#: Numbers of scratch that one step over the samples of a law may take.
_SCRATCH = 1_000_000
#: Nodes of the quadrature over uniform delays, enough for integrands that fall like e^{−4t}.
_NODES = 10
#: From this product of rate and delay on, the slope of g is g(x)/y to every digit, and may underflow.
LATE = 1e100


class Transforms(Protocol):
    """Transforms of one law, or of the laws of a grid of points."""

    def laplace(self, s: Floats) -> Floats:
        """F*(s)."""

    def one_minus(self, s: Floats) -> Floats:
        """1 − F*(s)."""

    def log_laplace(self, s: Floats) -> Floats:
        """Logarithm of F*(s), also where F* underflows."""

    def log_slope(self, x: Floats, y: Floats) -> Floats:
        """Logarithm of the slope of F*."""

    def survival(self, s: Floats) -> Floats:
        """g(s)."""

    def slope(self, x: Floats, y: Floats) -> Floats:
        """−F*[x, y]."""

    def survival_slope(self, x: Floats, y: Floats) -> Floats:
        """−g[x, y]."""


class FixedTransforms(NamedTuple):
    """One delay for certain."""

    delay: Floats

    def laplace(self, s: Floats) -> Floats:
        return np.exp(-(s * self.delay))

    def one_minus(self, s: Floats) -> Floats:
        return -np.expm1(-(s * self.delay))

    def log_laplace(self, s: Floats) -> Floats:
        return -(s * self.delay)

    def log_slope(self, x: Floats, y: Floats) -> Floats:
        logarithm: Floats = np.log(self.delay * phi1((y - x) * self.delay)) - x * self.delay
        return logarithm

    def survival(self, s: Floats) -> Floats:
        return self.delay * phi1(s * self.delay)

    def slope(self, x: Floats, y: Floats) -> Floats:
        return _damped(x * self.delay, self.delay * phi1((y - x) * self.delay))

    def survival_slope(self, x: Floats, y: Floats) -> Floats:
        found: Floats = self.delay * (self.delay * phi1_slope(x * self.delay, y * self.delay))
        late = self.delay * y > LATE
        if np.any(late):  # g(y) is nothing beside g(x), or both are 1 over their rate
            with np.errstate(divide="ignore", invalid="ignore"):
                found = np.where(late, self.survival(x) / y, found)
        return found


class ErlangTransforms(NamedTuple):
    """k exponential stages in a row, each of the given mean."""

    stages: Floats
    stage_mean: Floats

    def laplace(self, s: Floats) -> Floats:
        return np.exp(self.log_laplace(s))

    def one_minus(self, s: Floats) -> Floats:
        return -np.expm1(self.log_laplace(s))

    def log_laplace(self, s: Floats) -> Floats:
        return -(self.stages * np.log1p(s * self.stage_mean))

    def log_slope(self, x: Floats, y: Floats) -> Floats:
        logarithm: Floats = np.log(self._relative_slope(x, y, self.stages)) + self.log_laplace(x)
        return logarithm

    def survival(self, s: Floats) -> Floats:
        return self.stage_mean * self._sum_of_powers(s, self.stages)

    def slope(self, x: Floats, y: Floats) -> Floats:
        return self._slope_of_power(x, y, self.stages)

    def survival_slope(self, x: Floats, y: Floats) -> Floats:
        # Σ_{j ≤ k} of the slopes of a^j, a = 1/(1 + s·m), doubled along the binary digits of k: the slope of
        # a^{c+j} is a_x^c times that of a^j plus a_y^j times that of a^c.
        digits = int(np.max(self.stages)).bit_length()
        done = np.zeros_like(self.stages)
        total: Floats = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(self.stages)))
        for digit in reversed(range(digits)):
            power = np.exp(-(done * np.log1p(x * self.stage_mean)))
            total = total * (1 + power)
            total += self._slope_of_power(x, y, done) * self._sum_of_powers(y, done)
            done = np.floor(self.stages / 2.0**digit)
            odd = done % 2
            total += odd * self._slope_of_power(x, y, done)
        return self.stage_mean * total

    def _sum_of_powers(self, s: Floats, count: Floats) -> Floats:
        """Σ_{j=1}^{count} a^j = (1 − a^count)/(s·m)."""
        step = s * self.stage_mean
        return count * _log1p_ratio(step) * phi1(count * np.log1p(step))

    def _slope_of_power(self, x: Floats, y: Floats, count: Floats) -> Floats:
        """(a_x^count − a_y^count)/(y − x)."""
        return _damped(count * np.log1p(x * self.stage_mean), self._relative_slope(x, y, count))

    def _relative_slope(self, x: Floats, y: Floats, count: Floats) -> Floats:
        """The same over a_x^count."""
        short = self.stage_mean / (1 + x * self.stage_mean)
        ratio = (y - x) * short
        return count * (short * _log1p_ratio(ratio)) * phi1(count * np.log1p(ratio))


class HyperexponentialTransforms(NamedTuple):
    """One of several exponential delays, drawn with the given probabilities; branches on the last axis."""

    probabilities: Floats
    means: Floats

    def laplace(self, s: Floats) -> Floats:
        return self._mixed(lambda m: 1 / (1 + s[..., None] * m))

    def one_minus(self, s: Floats) -> Floats:
        return self._mixed(lambda m: s[..., None] * m / (1 + s[..., None] * m))

    def log_laplace(self, s: Floats) -> Floats:
        return np.log(self.laplace(s))

    def log_slope(self, x: Floats, y: Floats) -> Floats:
        return np.log(self.slope(x, y))

    def survival(self, s: Floats) -> Floats:
        return self._mixed(lambda m: m / (1 + s[..., None] * m))

    def slope(self, x: Floats, y: Floats) -> Floats:
        return self._mixed(lambda m: m / (1 + x[..., None] * m) / (1 + y[..., None] * m))

    def survival_slope(self, x: Floats, y: Floats) -> Floats:
        return self._mixed(lambda m: m / (1 + x[..., None] * m) * (m / (1 + y[..., None] * m)))

    def _mixed(self, of_means: Callable[[Floats], Floats]) -> Floats:
        total: Floats = np.sum(self.probabilities * of_means(self.means), axis=-1)
        return total


class UniformTransforms(NamedTuple):
    """Any delay from ``low`` to ``low + width`` with the same density."""

    low: Floats
    width: Floats

    def laplace(self, s: Floats) -> Floats:
        return np.exp(-(s * self.low)) * phi1(s * self.width)

    def one_minus(self, s: Floats) -> Floats:
        spread = s * self.width
        return -np.expm1(-(s * self.low)) + np.exp(-(s * self.low)) * (spread * phi2(spread))

    def log_laplace(self, s: Floats) -> Floats:
        return np.log(phi1(s * self.width)) - s * self.low

    def log_slope(self, x: Floats, y: Floats) -> Floats:
        logarithm: Floats = np.log(self._slope_from_low(x, y)) - x * self.low
        return logarithm

    def survival(self, s: Floats) -> Floats:
        return self.low * phi1(s * self.low) + np.exp(-(s * self.low)) * (self.width * phi2(s * self.width))

    def slope(self, x: Floats, y: Floats) -> Floats:
        return _damped(x * self.low, self._slope_from_low(x, y))

    def survival_slope(self, x: Floats, y: Floats) -> Floats:
        # (1 − F*(x))/x − slope(x, y), over y, loses less than a digit where y·D is not small.
        with np.errstate(divide="ignore", invalid="ignore"):
            found: Floats = (self.survival(x) - self.slope(x, y)) / y
        short = y * (self.low + self.width) <= 4
        if np.any(short):
            found = np.where(short, self._averaged_slope(x, y), found)
        return found

    def _averaged_slope(self, x: Floats, y: Floats) -> Floats:
        """The slope of g by quadrature over the delays."""
        nodes, weights = _quadrature()
        total = np.zeros(np.broadcast_shapes(np.shape(x), np.shape(self.low)))
        for node, weight in zip(nodes, weights, strict=True):
            total += weight * FixedTransforms(self.low + node * self.width).survival_slope(x, y)
        return total

    def _slope_from_low(self, x: Floats, y: Floats) -> Floats:
        spread = self.width * phi1_slope(x * self.width, y * self.width)
        return spread + phi1(y * self.width) * (self.low * phi1((y - x) * self.low))


class SampleTransforms(NamedTuple):
    """Delays of the given values with the given probabilities, on the last axis."""

    delays: Floats
    shares: Floats

    def laplace(self, s: Floats) -> Floats:
        return self._mixed(s, lambda law: law.laplace(s[..., None]))

    def one_minus(self, s: Floats) -> Floats:
        return self._mixed(s, lambda law: law.one_minus(s[..., None]))

    def log_laplace(self, s: Floats) -> Floats:
        least: Floats = np.min(self.delays, axis=-1)
        beyond = SampleTransforms(self.delays - least[..., None], self.shares)
        logarithm: Floats = np.log(beyond.laplace(s)) - s * least
        return logarithm

    def log_slope(self, x: Floats, y: Floats) -> Floats:
        # The factor e^{−x·least} is taken out of every term; a delay of 0 has none.
        least: Floats = np.min(np.where(self.delays > 0, self.delays, np.inf), axis=-1)
        least = np.where(np.isinf(least), 0.0, least)
        rest = self._mixed(
            x,
            lambda law: (
                np.exp(-x[..., None] * np.maximum(law.delay - least[..., None], 0.0))
                * (law.delay * phi1((y - x)[..., None] * law.delay))
            ),
        )
        logarithm: Floats = np.log(rest) - x * least
        return logarithm

    def survival(self, s: Floats) -> Floats:
        return self._mixed(s, lambda law: law.survival(s[..., None]))

    def slope(self, x: Floats, y: Floats) -> Floats:
        return self._mixed(x, lambda law: law.slope(x[..., None], y[..., None]))

    def survival_slope(self, x: Floats, y: Floats) -> Floats:
        return self._mixed(x, lambda law: law.survival_slope(x[..., None], y[..., None]))

    def _mixed(self, s: Floats, of_fixed: Callable[[FixedTransforms], Floats]) -> Floats:
        """Average over the delays, some of them at a time."""
        count = self.delays.shape[-1]
        points = int(np.prod(np.broadcast_shapes(s.shape, self.delays.shape[:-1])))
        run = max(1, _SCRATCH // max(1, points))
        total = np.zeros(np.broadcast_shapes(s.shape, self.delays.shape[:-1]))
        for start in range(0, count, run):
            some = slice(start, start + run)
            values = of_fixed(FixedTransforms(self.delays[..., some]))
            total += np.sum(self.shares[..., some] * values, axis=-1)
        return total


def _damped(exponent: Floats, value: Floats) -> Floats:
    """e^−exponent · value, in halves: a large value may bring back what would be lost below 1e-308."""
    half = np.exp(-exponent / 2)
    product: Floats = half * value * half
    return product


def _log1p_ratio(z: Floats) -> Floats:
    """ln(1 + z)/z; 1 at 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(z > 0, np.log1p(z) / z, 1.0)


@lru_cache(maxsize=1)
def _quadrature() -> tuple[list[float], list[float]]:
    """Nodes and weights of Gauss and Legendre on [0, 1]."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return ((1 + nodes) / 2).tolist(), (weights / 2).tolist()
