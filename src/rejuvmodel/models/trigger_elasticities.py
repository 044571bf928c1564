"""Elasticities of the n-server chain with any law of the trigger delay, in closed form.

Takes numbers and reads no chain. Every weight of ``trigger_form`` is a product of rates, transforms and
slopes of transforms, whose elasticities are, with the falls of ``law_falls``,

    1 − F*(s):  s F*[s, s]/(1 − F*(s))    F*(s):  −s F*[s, s]/F*(s)    g(s):  −s g[s, s]/g(s)
    f[x, y]:  −x·fall_x with respect to x, −y·fall_y with respect to y

with respect to the rates. Stretching the delay to the mean T multiplies every s by T, g by T, F*[x, y] by T
and g[x, y] by T², which gives the elasticities with respect to T. Sums have the weighted means of the
elasticities of their terms, as in ``cluster_elasticities``. Theory: ``docs/theory/sensitivity.md``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from rejuvmodel.mass_elasticities import Size
from rejuvmodel.memory import require_memory
from rejuvmodel.models.cluster_elasticities import shares
from rejuvmodel.models.extended import Extended
from rejuvmodel.models.law_falls import laplace_falls, survival_falls
from rejuvmodel.models.trigger_form import visit_blocks

if TYPE_CHECKING:
    from collections.abc import Sequence

    from rejuvmodel.models.trigger_form import Delay, DelayTransforms, RateColumns, Visits

Floats = NDArray[np.float64]

#: Order of the parameters of `trigger_elasticities`; the last is the mean delay.
PARAMETERS = ("aging", "failure", "repair", "restart", "period")
_BYTES = 2000.0


class _Slopes(NamedTuple):
    """Elasticities of the times of ``Visits``, shape (parameters, levels), of level 0 (parameters, 1)."""

    normal: Floats
    unstable: Floats
    rejuvenating: Floats
    zero: Floats


def trigger_elasticities(
    servers: int, rates: Sequence[float], trigger: Delay
) -> tuple[dict[str, Size], dict[str, Floats]]:
    """Sizes of the masses of a cluster with a trigger, and their elasticities.

    Parameters
    ----------
    servers : int
        Number of servers n.
    rates : sequence of float
        Rates λ_f, λ, μ, μ_r [1/h], all above 0.
    trigger : Delay
        One trigger whose delay is neither 0 nor infinite.

    Returns
    -------
    tuple of dict
        As for ``cluster_elasticities``, in the order of `PARAMETERS`.
    """
    require_memory(f"The elasticities of {servers} servers", _BYTES * servers, "Use fewer servers.")
    _, columns, delay, visits = next(iter(visit_blocks(servers, rates, trigger, (), 1)))
    i = np.arange(float(servers), 0.0, -1.0).reshape(1, -1)
    evaluate = _unstable_clock if trigger.clock == "unstable" else _service_clock
    with np.errstate(all="ignore"):
        found = evaluate(i, columns, delay)
    return _of_masses(visits, found, columns)


def _of_masses(
    visits: Visits, slopes: _Slopes, rates: RateColumns
) -> tuple[dict[str, Size], dict[str, Floats]]:
    """The masses from the times of all states."""
    normal, unstable, renewed, zero = zip(visits, slopes, strict=True)
    # Impossible states have no elasticities.
    renewed = (renewed[0], np.where(renewed[0].m > 0, renewed[1], 0.0))
    last, others = _some(renewed, slice(-1, None)), _some(renewed, slice(None, -1))
    flow = np.zeros((len(PARAMETERS), 1))
    flow[PARAMETERS.index("restart")] = 1.0
    m, e = np.frexp(rates.restart)
    started = (renewed[0].times(Extended(m, e.astype(np.float64))), renewed[1] + flow)
    sums: dict[str, Sequence[tuple[Extended, Floats]]] = {
        "unplanned": [zero], "planned": [last], "unavailability": [zero, last],
        "up": [normal, unstable, others], "degraded": [unstable], "rejuvenating": [renewed],
        "rejuvenations": [started],
    }  # fmt: skip
    return shares(sums, [normal, unstable, renewed, zero])


def _some(part: tuple[Extended, Floats], places: slice) -> tuple[Extended, Floats]:
    weight, slopes = part
    return Extended(weight.m[:, places], weight.e[:, places]), slopes[:, places]


def _unstable_clock(i: Floats, rates: RateColumns, delay: DelayTransforms) -> _Slopes:
    s = i * rates.failure
    out, waits, expiry = _expires(delay, s), _wait_ends(delay, s), _survives(delay, s)
    one, nothing = np.ones_like(s), np.zeros_like(s)
    falls = np.concatenate([one, out, -one, nothing, out])
    levels = np.hstack([np.zeros((len(falls), 1)), np.cumsum(falls, axis=1)])
    normal = levels[:, :-1]
    return _Slopes(
        normal,
        normal + np.concatenate([one, -waits, nothing, nothing, 1 - waits]),
        normal + np.concatenate([one, -expiry, nothing, -one, -expiry]),
        levels[:, -1:],
    )


def _service_clock(i: Floats, rates: RateColumns, delay: DelayTransforms) -> _Slopes:
    failing, repaired = i * rates.failure, rates.repair * (i < i[0, 0])
    leaving = rates.aging + repaired
    aged, mended = rates.aging / leaving, repaired / leaving
    one, nothing = np.ones_like(failing), np.zeros_like(failing)
    low, high, first = np.minimum(failing, leaving), np.maximum(failing, leaving), failing <= leaving

    def by_rates(at_failing: Floats, at_leaving: Floats, of_mean: Floats) -> Floats:
        """Elasticities with respect to all parameters from those with respect to ν and θ."""
        moved = at_failing + at_leaving + of_mean
        return np.concatenate([at_leaving * aged, at_failing, at_leaving * mended, nothing, moved])

    def of_slope(falls: tuple[Floats, Floats], of_mean: float) -> Floats:
        a, b = -low * falls[0], -high * falls[1]
        return by_rates(np.where(first, a, b), np.where(first, b, a), of_mean * one)

    age = np.concatenate([one, nothing, nothing, nothing, nothing])
    law = delay.transforms
    fresh = by_rates(nothing, -_wait_ends(delay, leaving), one)
    unstable = age + of_slope(survival_falls(law, low, high), 2.0)
    at_once = by_rates(nothing, -_survives(delay, leaving), nothing)
    later = age + of_slope(laplace_falls(law, low, high), 1.0)
    parts = delay.laplace(leaving), _times(delay.slope(low, high), rates.aging)
    expired = _weighted_columns(parts, (at_once, later))
    downs = unstable + np.concatenate([nothing, one, nothing, nothing, nothing])
    ups = fresh[:, 1:] + np.concatenate([nothing, nothing, one, nothing, nothing])[:, 1:]
    falls = downs.copy()
    falls[:, :-1] -= ups
    levels = np.hstack([np.zeros((len(falls), 1)), np.cumsum(falls, axis=1)])
    visits = levels[:, :-1]
    restarts, repairs = np.zeros((5, 1)), np.zeros((5, 1))
    restarts[PARAMETERS.index("restart")], repairs[PARAMETERS.index("repair")] = -1.0, -1.0
    return _Slopes(visits + fresh, visits + unstable, visits + expired + restarts, levels[:, -1:] + repairs)


def _expires(delay: DelayTransforms, s: Floats) -> Floats:
    """Elasticity of 1 − F*(s), from 0 to 1."""
    return s * delay.transforms.slope(s, s) / delay.transforms.one_minus(s)


def _wait_ends(delay: DelayTransforms, s: Floats) -> Floats:
    """Elasticity of g(s) without its sign, from 0 to 1."""
    return s * delay.transforms.survival_slope(s, s) / delay.transforms.survival(s)


def _survives(delay: DelayTransforms, s: Floats) -> Floats:
    """Elasticity of F*(s) without its sign, also where F* underflows."""
    law = delay.transforms
    plain = law.laplace(s)
    direct = s * law.slope(s, s) / plain
    return np.where(plain > 1e-290, direct, s * np.exp(law.log_slope(s, s) - law.log_laplace(s)))


def _times(x: Extended, factor: Floats) -> Extended:
    m, e = np.frexp(factor)
    return x.times(Extended(m, e.astype(np.float64)))


def _weighted_columns(weights: tuple[Extended, Extended], slopes: tuple[Floats, Floats]) -> Floats:
    """Elasticities of the sum of two rows of terms, column by column."""
    one, two = weights
    top = np.maximum(np.where(one.m > 0, one.e, -np.inf), np.where(two.m > 0, two.e, -np.inf))
    a, b = (
        np.where(x.m > 0, np.ldexp(x.m, np.maximum(x.e - top, -2000).astype(np.int32)), 0.0) for x in weights
    )
    share = np.where(a + b > 0, b / (a + b), 0.0)
    first, second = (np.where(x.m > 0, y, 0.0) for x, y in zip(weights, slopes, strict=True))
    mixed: Floats = first * (1 - share) + second * share
    return mixed
