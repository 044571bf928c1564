"""Entire functions of which the transforms of trigger laws are made, without cancellation.

With z ≥ 0 and 0 ≤ x ≤ y:

    φ1(z) = (1 − e^{−z})/z                    φ2(z) = (e^{−z} − 1 + z)/z²
    χ(z)  = (1 − (1 + z)e^{−z})/z             φ1[x, y] = (φ1(x) − φ1(y))/(y − x)

All are positive for z > 0. Where their terms would cancel (z < 1) they are summed as power series, whose
terms fall by factors of at least 2; the last is a sum of positive terms, because

    φ1(x) − φ1(y) = (y − x)·(χ(x) + e^{−x} d φ2(d))/y,   d = y − x.

Accuracy: relative error 4e-16.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: Terms of the power series, enough for z < 1.
_TERMS = 19


def phi1(z: Floats) -> Floats:
    """(1 − e^{−z})/z; 1 at 0."""
    with np.errstate(divide="ignore", invalid="ignore"):
        value: Floats = np.where(z > 0, -np.expm1(-z) / z, 1.0)
    return value


def phi2(z: Floats) -> Floats:
    """(e^{−z} − 1 + z)/z²; 1/2 at 0."""
    small = np.minimum(z, 1.0)
    series = np.zeros_like(small)
    for k in range(_TERMS, -1, -1):  # 1/2! − z/3! + z²/4! − …
        series = (1.0 - small * series) / (k + 2)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(z < 1, series, (np.expm1(-z) / z + 1) / z)


def chi(z: Floats) -> Floats:
    """(1 − (1 + z)e^{−z})/z; 0 at 0."""
    small = np.minimum(z, 1.0)
    series = np.zeros_like(small)
    for k in range(_TERMS, 0, -1):  # z·(1/2! − 2z/3! + 3z²/4! − …)
        series = k * _INVERSE[k + 1] - small * series
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        return np.where(z < 1, small * series, -np.expm1(-z) / z - np.exp(-z))


def phi1_slope(x: Floats, y: Floats) -> Floats:
    """(φ1(x) − φ1(y))/(y − x) for 0 ≤ x ≤ y; 1/2 at 0."""
    d = y - x
    with np.errstate(divide="ignore", invalid="ignore"):
        value: Floats = np.where(y > 0, (chi(x) + np.exp(-x) * (d * phi2(d))) / y, 0.5)
    return value


def _inverse_factorials() -> list[float]:
    values = [1.0]
    for k in range(1, _TERMS + 3):
        values.append(values[-1] / k)
    return values


_INVERSE = _inverse_factorials()
