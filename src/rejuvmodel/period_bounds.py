"""Proof that no mean delay in an interval is better than a given value, by bounds on pieces of the interval.

Theory (``docs/theory/period.md``)
----------------------------------
The objective is N/D, where N = Σ c_k q_k and D = Σ q_k are sums over the states k, with prices c_k ≥ 0 and
mean times q_k(T) ≥ 0. The q_k are products of functions of T each of which rises or falls throughout, so on a
piece [a, b] each lies between products of their values at a and at b. If

    Σ_{c_k > v} (c_k − v) min q_k  ≥  Σ_{c_k < v} (v − c_k) max q_k

then N/D ≥ v on the whole piece. Pieces where this does not hold are halved, until none is left.

All is done in logarithms, with the closed form's transforms, at both ends of every piece.
"""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.models.stretched import StretchedTransforms
from rejuvmodel.period_curve import PeriodCurve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: How much lower, relatively, a value anywhere in the bounds could be at most.
GAP = 1e-6
#: Rounding of the logarithms that are compared, far below the gap.
_ROUNDING = 1e-11
#: Levels times pieces handled at a time, and in all.
_AT_A_TIME = 400_000
_IN_ALL = 60_000_000
#: A piece that begins at 0 or ends at infinity is divided this far from its other end.
_STEP = 16.0


class Times(NamedTuple):
    """Logarithms of what the mean times are products of, at some means T; columns are levels n … 1.

    Attributes
    ----------
    normal, unstable : ndarray
        Time per visit of a level; constant or rising with T.
    renewed : ndarray
        Time rejuvenating per visit; falls with T.
    down : ndarray
        Weight of failing to the next lower level; rises with T.
    up : ndarray
        Weight of being repaired from there; constant or rising with T.
    zero : float
        Time per visit of level 0.
    """

    normal: Floats
    unstable: Floats
    renewed: Floats
    down: Floats
    up: Floats
    zero: float


def proved(curve: PeriodCurve, value: float, pieces: Floats) -> float | None:
    """Prove that no mean is better than a value by more than `GAP`, or find one that is.

    Parameters
    ----------
    curve : PeriodCurve
        The objective; aging and failure rates above 0.
    value : float
        Logarithm of the objective at the best mean found.
    pieces : ndarray
        Means [h] from one end of the interval to the other, at which it is divided first.

    Returns
    -------
    float or None
        NaN if it is proved, a better mean if one was found, None if the proof takes too many pieces.
    """
    if value == -inf:
        return float("nan")
    target = value + np.log1p(-GAP)
    a, b = pieces[:-1], pieces[1:]
    left = _IN_ALL // curve.cluster.servers
    at_a_time = max(1, _AT_A_TIME // curve.cluster.servers)
    while len(a):
        left -= len(a)
        if left < 0:
            return None
        open_ = np.concatenate(
            [
                _may_be_lower(curve, target, a[k : k + at_a_time], b[k : k + at_a_time])
                for k in range(0, len(a), at_a_time)
            ]
        )
        a, b = a[open_], b[open_]
        if not len(a):
            break
        middle = _between(a, b)
        found = np.asarray(curve.log_at(middle))
        if found.min() < target + np.log1p(GAP / 2):
            return float(middle[np.argmin(found)])
        inside = (middle > a) & (middle < b)
        if not inside.all():
            return None
        a, b = np.concatenate([a, middle]), np.concatenate([middle, b])
    return float("nan")


def _between(a: Floats, b: Floats) -> Floats:
    with np.errstate(all="ignore"):
        middle = np.sqrt(a) * np.sqrt(b)
        middle = np.where(a == 0, b / _STEP, middle)
        return np.where(np.isinf(b), np.where(a == 0, 1.0, a * _STEP), middle)


def _may_be_lower(curve: PeriodCurve, target: float, a: Floats, b: Floats) -> NDArray[np.bool_]:
    """Pieces on which the bounds do not exclude a value below the target."""
    with np.errstate(all="ignore"):
        at_a, at_b = _times(curve, a), _times(curve, b)
        visits = _visits(curve, at_a, at_b, a, b)
        lowest, highest = _bounds(at_a, at_b, visits)
        prices = _log_prices(curve)
        gains, losses = [], []
        for price, least, most in zip(prices, lowest, highest, strict=True):
            # ln|c − v|, both as logarithms
            bigger = np.maximum(price, target)
            gap = bigger + np.log(-np.expm1(-np.abs(price - target)))
            gains.append(np.where(price > target, least + gap, -inf))
            losses.append(np.where(price < target, most + gap, -inf))
        gain = np.logaddexp.reduce(np.concatenate(gains, axis=1), axis=1)
        loss = np.logaddexp.reduce(np.concatenate(losses, axis=1), axis=1)
        safe: NDArray[np.bool_] = gain >= loss + _ROUNDING + 1e-14 * curve.cluster.servers
    return ~safe


def _log_prices(curve: PeriodCurve) -> tuple[Floats, ...]:
    """Logarithms of the prices of normal, unstable and rejuvenating levels n … 1, and of level 0."""
    n, costs = curve.cluster.servers, curve.costs
    restart = float(curve.cluster.rates.restart)
    renewed = np.full(n, float(costs.capacity) + restart * float(costs.per_rejuvenation))
    renewed[-1] += float(costs.rejuvenation)
    return tuple(
        np.log(x)
        for x in (np.zeros(n), np.full(n, float(costs.degraded)), renewed, np.array([float(costs.failure)]))
    )


def _times(curve: PeriodCurve, means: Floats) -> Times:
    """Logarithms of the times at means that may be 0 or infinite."""
    n, rates = curve.cluster.servers, curve.cluster.rates
    aging, failure, repair, restart = (
        float(x) for x in (rates.aging, rates.failure, rates.repair, rates.restart)
    )
    never = np.isinf(means)[:, None]
    law = StretchedTransforms(curve.base, np.where(never, 1.0, means[:, None]))
    i = np.arange(float(n), 0.0, -1.0)
    failing = np.broadcast_to(i * failure, (len(means), n))
    if curve.trigger.clock == "unstable":
        down = np.log(aging) + np.where(never, 0.0, np.log(law.one_minus(failing)))
        renewed = np.log(aging) + np.where(never, -inf, law.log_laplace(failing)) - np.log(restart)
        return Times(
            np.zeros(failing.shape),
            down - np.log(failing),
            renewed,
            down,
            np.full(failing.shape, np.log(repair)),
            0.0,
        )
    leaving = np.broadcast_to(aging + repair * (i < n), failing.shape)
    x, y = np.minimum(failing, leaving), np.maximum(failing, leaving)
    normal = np.log(np.where(never, 1 / leaving, law.survival(leaving)))
    unstable = np.log(aging) + np.log(np.where(never, 1 / x / y, law.survival_slope(x, y)))
    expired = np.logaddexp(law.log_laplace(leaving), np.log(aging) + law.log_slope(x, y))
    renewed = np.where(never, -inf, expired) - np.log(restart)
    up = np.hstack([np.log(repair) + normal[:, 1:], np.zeros((len(means), 1))])  # from level 0 it is certain
    return Times(normal, unstable, renewed, np.log(failing) + unstable, up, -float(np.log(repair)))


def _visits(curve: PeriodCurve, at_a: Times, at_b: Times, a: Floats, b: Floats) -> tuple[Floats, Floats]:
    """Bounds on the logarithms of the visits of levels n … 0, relative to those of n."""
    if curve.trigger.clock == "unstable" or curve.trigger.hazard_grows:
        # The ratio of down to up rises, too.
        least, most = at_a.down - at_a.up, at_b.down - at_b.up
    else:
        # up/T falls and down/T² falls; down/T² is at most its limit at 0, which is half the second moment.
        wide = np.log(b / a)[:, None]
        early = 2 * np.log(b)[:, None] + np.log(_at_first(curve))
        most_down = np.where(a[:, None] > 0, np.minimum(at_b.down, at_a.down + 2 * wide), early)
        least_up = np.where(a[:, None] > 0, np.maximum(at_a.up, at_b.up - wide), at_b.up)
        least = at_a.down - np.minimum(at_b.up, at_a.up + wide)
        most = most_down - least_up
        least[:, -1], most[:, -1] = at_a.down[:, -1], at_b.down[:, -1]
    least, most = np.where(np.isnan(least), -inf, least), np.where(np.isnan(most), inf, most)
    first = np.zeros((len(a), 1))
    return tuple(np.hstack([first, np.cumsum(ratio, axis=1)]) for ratio in (least, most))  # type: ignore[return-value]


def _at_first(curve: PeriodCurve) -> Floats:
    """The limit of down/T² at T = 0, levels n … 1."""
    rates, zero = curve.cluster.rates, np.zeros((1, 1))
    half = float(curve.base.survival_slope(zero, zero)[0, 0])
    i = np.arange(float(curve.cluster.servers), 0.0, -1.0)
    return i * float(rates.failure) * float(rates.aging) * half


def _bounds(
    at_a: Times, at_b: Times, visits: tuple[Floats, Floats]
) -> tuple[tuple[Floats, ...], tuple[Floats, ...]]:
    """Least and largest logarithms of the mean times: normal, unstable, rejuvenating, level 0."""
    (least, least_zero), (most, most_zero) = ((v[:, :-1], v[:, -1:]) for v in visits)
    return (
        (least + at_a.normal, least + at_a.unstable, least + at_b.renewed, least_zero + at_a.zero),
        (most + at_b.normal, most + at_b.unstable, most + at_a.renewed, most_zero + at_b.zero),
    )
