"""How fast the slopes of a law's transforms fall: what derivatives of the closed form need beyond the slopes.

For the slopes f[x, y] = (f(x) − f(y))/(y − x) of F* and of g (``law_transforms``), 0 ≤ x ≤ y:

    falls(f, x, y) = −∂ ln f[x, y]/∂x and −∂ ln f[x, y]/∂y = f[x, x, y]/f[x, y] and f[x, y, y]/f[x, y] .

Both are positive; each law has them as sums of positive terms, as it has the slopes. A fixed delay D has
f[x, y] = e^{−xD} D φ1(d) with d = (y − x)D, hence D(1 − ψ(d)) and Dψ(d) for F*. Mixtures average the falls of
their parts. Derivatives of the product s·g(s) = 1 − F*(s) give g[x, x, y] = (g[x, x] − F*[x, x, y])/y.
Theory: ``docs/theory/sensitivity.md``.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from rejuvmodel.models.law_transforms import (
    LATE,
    ErlangTransforms,
    FixedTransforms,
    HyperexponentialTransforms,
    SampleTransforms,
    UniformTransforms,
)
from rejuvmodel.models.transform_functions import (
    chi_ratio,
    kappa,
    phi1,
    phi1_curve_high,
    phi1_curve_low,
    phi1_slope,
    phi2,
    psi,
    unit_quadrature,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from rejuvmodel.models.law_transforms import Transforms

Floats = NDArray[np.float64]
Pair: TypeAlias = "tuple[Floats, Floats]"

#: Rates, in units of 1/mean, above which the falls of g follow from those of F*.
_FAR = 4.0
#: Points and widest half-width, in ln x, of the interpolation for laws of one's own.
_POINTS, _WIDTH = 12, 0.2


@singledispatch
def laplace_falls(law: Transforms, x: Floats, y: Floats) -> Pair:
    """Return the falls of the slope of F*.

    Parameters
    ----------
    law : Transforms
        Transforms of the law.
    x, y : ndarray
        Rates [1/h], 0 ≤ x ≤ y, of one shape.

    Returns
    -------
    tuple of ndarray
        With respect to x and to y [h].
    """
    return _interpolated(law.log_slope, x, y)


@singledispatch
def survival_falls(law: Transforms, x: Floats, y: Floats) -> Pair:
    """Return the falls of the slope of g.

    Parameters
    ----------
    law : Transforms
        Transforms of the law.
    x, y : ndarray
        Rates [1/h], 0 ≤ x ≤ y, of one shape.

    Returns
    -------
    tuple of ndarray
        With respect to x and to y [h].
    """
    return _interpolated(lambda a, b: np.log(law.survival_slope(a, b)), x, y)


@laplace_falls.register
def _(law: FixedTransforms, x: Floats, y: Floats) -> Pair:
    part = psi((y - x) * law.delay)
    return law.delay * (1 - part), law.delay * part


@survival_falls.register
def _(law: FixedTransforms, x: Floats, y: Floats) -> Pair:
    a, b = x * law.delay, y * law.delay
    with np.errstate(divide="ignore", invalid="ignore"):
        slope = phi1_slope(a, b)
        low, high = law.delay * phi1_curve_low(a, b) / slope, law.delay * phi1_curve_high(a, b) / slope
        late = b > LATE
        if np.any(late):  # the slope is g(x)/y
            fall = np.where(a > LATE, 1 / x, law.delay * phi1_slope(a, a) / phi1(a))
            low, high = np.where(late, fall, low), np.where(late, 1 / y, high)
    return low, high


@laplace_falls.register
def _(law: ErlangTransforms, x: Floats, y: Floats) -> Pair:
    return _power_falls(law, x, y, law.stages)


def _power_falls(law: ErlangTransforms, x: Floats, y: Floats, count: Floats) -> Pair:
    """Falls of the slope of a^count, a = 1/(1 + s·m)."""
    m = law.stage_mean
    at_x, at_y = m / (1 + x * m), m / (1 + y * m)
    ratio = (y - x) * at_x
    q = count * np.log1p(ratio)
    part, rest = psi(q), kappa(ratio)
    return at_x * (count * (phi2(q) / phi1(q)) + rest), at_y * (1 - rest + count * part)


@survival_falls.register
def _(law: ErlangTransforms, x: Floats, y: Floats) -> Pair:
    # As the slope itself: Σ_{j ≤ k} a^j doubled along the binary digits of k, with its derivatives.
    m = law.stage_mean
    shape = np.broadcast_shapes(np.shape(x), np.shape(law.stages))
    done = np.zeros_like(law.stages)
    slope, low, high, ends = (np.zeros(shape) for _ in range(4))
    for digit in reversed(range(int(np.max(law.stages)).bit_length())):
        power, power_y = (np.exp(-(done * np.log1p(s * m))) for s in (x, y))
        sums = law._sum_of_powers(y, done)
        more, falls = law._slope_of_power(x, y, done), _power_falls(law, x, y, done)
        low = low * (1 + power) + slope * (done * m / (1 + x * m) * power) + more * falls[0] * sums
        high = high * (1 + power) + more * (falls[1] * sums + ends)
        slope = slope * (1 + power) + more * sums
        ends = ends * (1 + power_y) + law._slope_of_power(y, y, done) * sums
        done = np.floor(law.stages / 2.0**digit)
        odd = done % 2
        more, falls = odd * law._slope_of_power(x, y, done), _power_falls(law, x, y, done)
        slope, low, high = slope + more, low + more * falls[0], high + more * falls[1]
        ends = ends + odd * law._slope_of_power(y, y, done)
    return low / slope, high / slope


@laplace_falls.register
def _(law: HyperexponentialTransforms, x: Floats, y: Floats) -> Pair:
    return _of_branches(law, x, y, law.probabilities * law.means)


@survival_falls.register
def _(law: HyperexponentialTransforms, x: Floats, y: Floats) -> Pair:
    return _of_branches(law, x, y, law.probabilities * law.means * law.means)


def _of_branches(law: HyperexponentialTransforms, x: Floats, y: Floats, weights: Floats) -> Pair:
    at_x, at_y = (1 / (1 + s[..., None] * law.means) for s in (x, y))
    terms = weights * at_x * at_y
    total = terms.sum(axis=-1)
    return (terms * law.means * at_x).sum(axis=-1) / total, (terms * law.means * at_y).sum(axis=-1) / total


@laplace_falls.register
def _(law: SampleTransforms, x: Floats, y: Floats) -> Pair:
    # The factor e^{−x·least} is taken out of every term; a delay of 0 has none.
    least = np.min(np.where(law.delays > 0, law.delays, np.inf), axis=-1)[..., None]
    d = (y - x)[..., None] * law.delays
    beyond = np.where(law.delays > 0, law.delays - least, 0.0)
    terms = law.shares * np.exp(-x[..., None] * beyond) * law.delays * phi1(d)
    total, part = terms.sum(axis=-1), psi(d)
    low, high = law.delays * (1 - part), law.delays * part
    return (terms * low).sum(axis=-1) / total, (terms * high).sum(axis=-1) / total


@survival_falls.register
def _(law: SampleTransforms, x: Floats, y: Floats) -> Pair:
    fixed, at_x, at_y = FixedTransforms(law.delays), x[..., None], y[..., None]
    terms = law.shares * fixed.survival_slope(at_x, at_y)
    total, falls = terms.sum(axis=-1), survival_falls(fixed, at_x, at_y)
    return (terms * falls[0]).sum(axis=-1) / total, (terms * falls[1]).sum(axis=-1) / total


@laplace_falls.register
def _(law: UniformTransforms, x: Floats, y: Floats) -> Pair:
    slope, low, high = _uniform_curves(law, x, y)
    return low / slope, high / slope


def _uniform_curves(law: UniformTransforms, x: Floats, y: Floats) -> tuple[Floats, Floats, Floats]:
    """F*[x, y], F*[x, x, y] and F*[x, y, y], all over e^{−x·low}, by the differences of a product."""
    first, width = law.low, law.width
    a, b, d = x * width, y * width, (y - x) * first
    spread, end = width * phi1_slope(a, b), phi1(b)
    slope = spread + first * phi1(d) * end
    low = width * width * phi1_curve_low(a, b) + first * spread + first * first * phi2(d) * end
    high = (
        width * width * phi1_curve_high(a, b)
        + first * phi1(d) * width * chi_ratio(b)
        + first * first * chi_ratio(d) * end
    )
    return slope, low, high


@survival_falls.register
def _(law: UniformTransforms, x: Floats, y: Floats) -> Pair:
    slope = law.survival_slope(x, y)
    _, low, high = _uniform_curves(law, x, y)
    scale = np.exp(-(x * law.low))
    with np.errstate(divide="ignore", invalid="ignore"):
        far_low = (law.survival_slope(x, x) - scale * low) / y
        far_high = (slope - scale * high) / y
    near_low, near_high = np.zeros_like(slope), np.zeros_like(slope)
    for t, weight in unit_quadrature():
        delay = law.low + t * law.width
        a, b = x * delay, y * delay
        near_low += weight * delay**3 * phi1_curve_low(a, b)
        near_high += weight * delay**3 * phi1_curve_high(a, b)
    near = y * (law.low + law.width) <= _FAR
    return np.where(near, near_low, far_low) / slope, np.where(near, near_high, far_high) / slope


def _interpolated(log_slope: Callable[[Floats, Floats], Floats], x: Floats, y: Floats) -> Pair:
    """Falls of any slope by polynomials in ln x and ln y; good to about 1e-9."""

    def along(move: Callable[[float | Floats], Pair], at: Floats) -> Floats:
        step = 1e-3
        with np.errstate(divide="ignore", invalid="ignore"):
            rough = np.abs(log_slope(*move(step)) - log_slope(*move(-step))) / (2 * step)
            width = np.minimum(_WIDTH, 1 / np.maximum(rough, 1.0))
            k = np.arange(_POINTS)
            angles = (2 * k + 1) * np.pi / (2 * _POINTS)
            values = np.stack([log_slope(*move(width * np.cos(angle))) for angle in angles], axis=-1)
            coefficients = values @ np.cos(np.outer(angles, k)) * (2 / _POINTS)
            # T_k'(0) = k·sin(kπ/2)
            found = coefficients @ (k * np.sin(k * np.pi / 2)) / width / at
        return np.where(np.isfinite(found), np.maximum(-found, 0.0), 0.0)

    def ordered(a: Floats, b: Floats) -> Pair:
        return np.minimum(a, b), np.maximum(a, b)

    return (
        along(lambda u: ordered(x * np.exp(u), y), x),
        along(lambda u: ordered(x, y * np.exp(u)), y),
    )
