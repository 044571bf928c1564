"""The closed form by Horner's scheme over blocks of points: the fast way for whole grids.

Theory at the head of ``closed_form``. Two things make it fast besides the blocks. Divided by C the scheme
needs one product less per level. And every level multiplies what is summed so far by at least β: once the
terms still to come are below rounding, the rest is the product Π (α/i + β), two levels at a time,

    (α/i + β)(α/j + β) = (α² + (i+j)αβ)/(ij) + β²,    i + j the same for all pairs,

whose binary exponents are taken out before they overflow. Points that leave the range of doubles all the same
are left to ``level_weights``.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import ceil, inf, isfinite, log, log2

import numpy as np
from numpy.typing import NDArray

from rejuvmodel.models.rate_points import Floats, Point

#: Terms that are together below this share of the sum are left out.
_NEGLIGIBLE = 2.0**-51
#: Masses of the states 0 and r_1, below all levels.
_AT_THE_BOTTOM = ("unplanned", "planned", "unavailability")
#: Smaller quotients of rates may lose digits to gradual underflow when they are multiplied.
_SMALLEST = 1e-200
#: Binary exponents that are safely below the overflow of doubles.
_ROOM = 960.0


def horner_masses(
    servers: int,
    point: Point,
    names: Sequence[str],
    results: list[Floats],
    logarithms: bool,
    *,
    leave_slow: bool,
) -> NDArray[np.bool_] | None:
    """Fill the results by Horner's scheme; return which points are still to be done, None for none.

    Those are points that leave the range of doubles and, with ``leave_slow``, the few of smallest β, for
    which all others would have to sum many more levels.
    """
    aging, failure, rejuvenation, repair, restart = point
    # With λ/μ =: s the result is s/q, ratio/q or their sum, q = s Σ R_i + (1 + ratio) Σ R_{i−1}/i = s/P_0.
    s, ratio, beta = failure / repair, rejuvenation / restart, repair / aging
    least_beta = float(beta.min())
    # Too large quotients, and so most limits of the rates, show in q at the end; lost small ones show here.
    lost = None
    if not (least_beta > _SMALLEST and s.min() > _SMALLEST and ratio.min() > _SMALLEST):
        small = (beta <= _SMALLEST) | (s <= _SMALLEST) | ((ratio <= _SMALLEST) & (rejuvenation > 0))
        lost = np.broadcast_to(small, len(results[0]))
        if lost.all():
            return lost
        least_beta = float(np.min(np.broadcast_to(beta, lost.shape), where=~lost, initial=inf))
    both = any(name in names for name in ("degraded", "rejuvenating", "rejuvenations"))
    scratch = np.empty((3 if both else 2, len(results[0])))
    alpha = beta * (rejuvenation / failure)
    once = 1.0 + ratio
    cut = _fast_beta(servers, beta, least_beta) if leave_slow else least_beta
    summed = _levels_to_sum(servers, cut)
    if both:
        normal, visits = _horner_pair(servers, summed, alpha, beta, scratch)
        q = s * normal
        q += once * visits
        degraded = _divide(visits, q, np.empty(len(q)), logarithms)
    else:
        q = _horner(servers, summed, alpha, beta, s / once, scratch)
        q *= once
    exponent = _multiply(q, servers - summed, alpha, beta, scratch[-1])
    for name, result in zip(names, results, strict=True):
        if name in _AT_THE_BOTTOM:
            weight = s if name == "unplanned" else ratio if name == "planned" else s + ratio
            _divide(weight, q, result, logarithms)
        else:
            result[:] = degraded
            if name != "degraded":
                factor = ratio if name == "rejuvenating" else rejuvenation
                if logarithms:
                    result += np.log(factor)
                else:
                    result *= factor
        if exponent is not None and name in _AT_THE_BOTTOM:
            if logarithms:
                result -= exponent * np.log(2.0)
            else:
                np.ldexp(result, -exponent, out=result)
    if lost is None and q.max() < inf and cut == least_beta:
        return None
    hard = ~(q < inf) | (beta < cut)
    if lost is not None:
        hard |= lost
    return np.asarray(hard) if hard.any() else None


def _divide(x: Floats, y: Floats, out: Floats, logarithms: bool) -> Floats:
    """Quotient x/y or its logarithm, which is finite where the quotient underflows."""
    if logarithms:
        return np.subtract(np.log(x), np.log(y), out=out)
    return np.divide(x, y, out=out)


def _fast_beta(servers: int, beta: Floats, least: float) -> float:
    """A β that all but a twentieth of the points exceed, where leaving these out spares levels."""
    sample = beta[:: max(1, len(beta) // 256)]
    if len(sample) < 128:
        return least
    cut = float(np.partition(sample, len(sample) // 20)[len(sample) // 20])
    saved = _levels_to_sum(servers, least) - _levels_to_sum(servers, cut)
    return cut if saved > servers // 10 else least


def _levels_to_sum(servers: int, least_beta: float) -> int:
    """Upper levels whose terms can matter.

    After m levels the sum is at least β^(m−1)(κ + 1/n); the terms still to come, κ + 1/j for j = n−m … 1, are
    divided by one more β each, and together at most 4n/(n−m) · β^−m of it where β ≥ 2.
    """
    if least_beta <= 2:
        return servers
    m = min(servers, ceil(-log(_NEGLIGIBLE / 4) / log(least_beta)))
    while m < servers and log(4 * servers / (servers - m)) - m * log(least_beta) > log(_NEGLIGIBLE):
        m += 1
    return m


def _horner(servers: int, summed: int, alpha: Floats, beta: Floats, kappa: Floats, rows: Floats) -> Floats:
    """h/C by h ← (α/i + β)h + (1/C + 1/i) from h = 1/C, over the upper levels."""
    h: Floats
    h, t = rows[0], rows[1]
    h[:] = kappa
    for i in range(servers, servers - summed, -1):
        share = np.asarray(1.0 / i)
        np.multiply(alpha, share, t)
        np.add(t, beta, t)
        np.multiply(h, t, h)
        np.add(kappa, share, t)
        np.add(h, t, h)
    return h


def _horner_pair(
    servers: int, summed: int, alpha: Floats, beta: Floats, rows: Floats
) -> tuple[Floats, Floats]:
    """Σ R_i (i = 0 … n) and Σ R_{i−1}/i (i = 1 … n), over the upper levels."""
    normal, visits, t = rows
    normal[:] = 1.0
    visits[:] = 0.0
    for i in range(servers, servers - summed, -1):
        share = np.asarray(1.0 / i)
        np.multiply(alpha, share, t)
        np.add(t, beta, t)
        np.multiply(normal, t, normal)
        np.add(normal, 1.0, normal)
        np.multiply(visits, t, visits)
        np.add(visits, share, visits)
    return normal, visits


def _multiply(h: Floats, levels: int, alpha: Floats, beta: Floats, t: Floats) -> NDArray[np.int32] | None:
    """Multiply h by α/i + β for the lower levels; return the binary exponents taken out, or None."""
    if levels == 0:
        return None
    most = float(alpha.max()) + float(beta.max())
    bits = 2 * log2(most) if isfinite(most) else inf
    top = float(h.max())  # 0 or NaN at a limit of the rates, which is left to others
    needed = levels * bits / 2 + (log2(top) if top > 0 else 0.0)
    every = max(1, int(_ROOM / bits)) if needed > _ROOM else levels
    exponent = None if every == levels else np.zeros(len(h), np.int32)
    square, mixed = beta * beta, alpha * (alpha + (levels + 1.0) * beta)
    for k in range(1, levels // 2 + 1):
        np.multiply(mixed, 1.0 / (k * (levels + 1 - k)), t)
        np.add(t, square, t)
        if exponent is not None and k % every == 1 % every:
            h[:], shift = np.frexp(h)
            exponent += shift
        np.multiply(h, t, h)
    if levels % 2:
        if exponent is not None:
            h[:], shift = np.frexp(h)
            exponent += shift
        np.multiply(alpha, 2.0 / (levels + 1), t)
        np.add(t, beta, t)
        np.multiply(h, t, h)
    return exponent
