"""The steady state of the n-server chain with any law of the trigger delay, in closed form.

Like ``closed_form`` it takes numbers and arrays and reads no chain. The process is a semi-Markov process; the
theory is in ``docs/theory/triggers.md``. With F*(s) = E[e^{−sD}], g(s) = (1 − F*(s))/s and i = 1 … n:

Clock "unstable" (the delay D begins when the cluster becomes unstable):

    P_{u_i}/P_i = λ_f g(iλ)     P_{r_i}/P_i = (λ_f/μ_r) F*(iλ)     P_{i−1}/P_i = (λ_f/μ)(1 − F*(iλ))

Clock "service" (D begins at every entry into i): with θ = λ_f + μ[i < n], ν = iλ, and f[ν, θ] the slope
(f(ν) − f(θ))/(θ − ν), a visit of level i spends g(θ) hours normal and w = λ_f·g[ν, θ] hours unstable, and
ends down with probability νw, up with μ[i < n]g(θ), and else in r_i, with ρ = F*(θ) + λ_f F*[ν, θ]. The
numbers of visits v form a birth–death chain, v_i ν_i w_i = v_{i−1}·up_{i−1} with up_0 = 1.

Every term is positive. Products over levels are kept as m · 2^e, so nothing underflows.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, Protocol

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rejuvmodel.memory import require_memory
from rejuvmodel.models.extended import Extended, chosen, cumulative_products, extended, from_log, summed
from rejuvmodel.models.law_transforms import Transforms

Floats = NDArray[np.float64]

#: Levels of all points handled at a time.
_LEVELS = 65_536
#: Below this, transforms are found from their logarithms.
_UNDERFLOW = 1e-290
_SMALLER = "Ask for fewer servers or points at a time."


class Delay(Protocol):
    """What this file reads of a trigger."""

    @property
    def clock(self) -> str:
        """Clock, "unstable" or "service"."""

    @property
    def never(self) -> bool | NDArray[np.bool_]:
        """Where the delay is never over, of the shape of the trigger's grid."""

    def transforms(self, shape: tuple[int, ...], part: slice) -> Transforms:
        """Return transforms for rates of shape (points, levels)."""


class RateColumns(NamedTuple):
    """Columns of rates, shape (points, 1)."""

    aging: Floats
    failure: Floats
    repair: Floats
    restart: Floats


class Visits(NamedTuple):
    """Mean times in the normal, unstable and rejuvenating states of levels n … 1, and in level 0.

    They are relative to each other, not normalised; shapes (points, n) three times and (points, 1).
    """

    normal: Extended
    unstable: Extended
    rejuvenating: Extended
    zero: Extended


def masses(
    servers: int,
    rates: Sequence[ArrayLike],
    trigger: Delay,
    shape: tuple[int, ...],
    *,
    names: Sequence[str],
    logarithms: bool = False,
) -> list[Floats]:
    """Return the sums of probabilities from which the measures follow, for whole grids.

    Parameters
    ----------
    servers : int
        Number of servers n.
    rates : sequence of array_like
        Rates λ_f, λ, μ, μ_r [1/h]; they broadcast to `shape`.
    trigger : Delay
        The trigger, whose parameters broadcast to `shape`.
    shape : tuple of int
        Shape of the grid.
    names : sequence of str
        Names of masses, as in ``closed_form.masses``.
    logarithms : bool
        Whether to return natural logarithms, also where the values underflow.

    Returns
    -------
    list of ndarray
        One array of the given shape for each name.
    """
    total = int(np.prod(shape, dtype=object))
    require_memory(
        f"The closed form of {servers} servers at {total} point(s)",
        8.0 * total * len(names) + 300.0 * servers,
        _SMALLER,
    )
    results = [np.empty(total) for _ in names]
    for part, columns, _, visits in visit_blocks(servers, rates, trigger, shape, total):
        unstable, rejuvenating = visits.unstable.total(), visits.rejuvenating.total()
        everything = summed([visits.normal.total(), unstable, rejuvenating, visits.zero])
        planned = Extended(visits.rejuvenating.m[:, -1:], visits.rejuvenating.e[:, -1:])
        found = {
            "unplanned": visits.zero,
            "planned": planned,
            "unavailability": summed([visits.zero, planned]),
            "degraded": unstable,
            "rejuvenating": rejuvenating,
            "rejuvenations": rejuvenating.times(extended(columns.restart)),
        }
        for name, result in zip(names, results, strict=True):
            share = found[name].over(everything)
            with np.errstate(divide="ignore"):
                result[part] = (share.log() if logarithms else share.value())[:, 0]
    return [result.reshape(shape) for result in results]


def probabilities(
    servers: int, rates: Sequence[ArrayLike], trigger: Delay, shape: tuple[int, ...]
) -> tuple[Floats, Floats]:
    """Steady-state probabilities of all 3n+1 states and their logarithms.

    Parameters
    ----------
    servers, rates, trigger, shape
        As for `masses`.

    Returns
    -------
    tuple of ndarray
        Probabilities and natural logarithms, shape (..., 3n+1), states in the order
        n … 0, u_n … u_1, r_n … r_1. Impossible states have exactly 0 and −inf.
    """
    total, states = int(np.prod(shape, dtype=object)), 3 * servers + 1
    require_memory(
        f"All {states} state probabilities at {total} point(s)",
        16.0 * total * states + 300.0 * states,
        _SMALLER,
    )
    pi, log_pi = np.empty((total, states)), np.empty((total, states))
    for part, _, _, visits in visit_blocks(servers, rates, trigger, shape, total):
        everything = summed([*(x.total() for x in visits[:3]), visits.zero])
        start = 0
        for level in (visits.normal, visits.zero, visits.unstable, visits.rejuvenating):
            share = level.over(everything)
            place = slice(start, start + share.m.shape[1])
            with np.errstate(divide="ignore"):
                pi[part, place], log_pi[part, place] = share.value(), share.log()
            start = place.stop
    return pi.reshape(*shape, states), log_pi.reshape(*shape, states)


def visit_blocks(
    servers: int, rates: Sequence[ArrayLike], trigger: Delay, shape: tuple[int, ...], total: int
) -> Iterator[tuple[slice, RateColumns, DelayTransforms, Visits]]:
    """Rates, transforms and times of the states, for one block of points after the other."""
    arrays = [np.asarray(rate, dtype=np.float64) for rate in rates]
    never = np.asarray(trigger.never)
    evaluate = _unstable_clock if trigger.clock == "unstable" else _service_clock
    size = max(1, _LEVELS // servers)
    for start in range(0, total, size):
        part = slice(start, min(start + size, total))
        columns = RateColumns(*(_column(array, shape, part) for array in arrays))
        delay = DelayTransforms(trigger.transforms(shape, part), _column(never, shape, part))
        with np.errstate(all="ignore"):
            yield part, columns, delay, evaluate(np.arange(float(servers), 0.0, -1.0), columns, delay)


def _column(array: NDArray[Any], shape: tuple[int, ...], part: slice) -> NDArray[Any]:
    return np.broadcast_to(array, shape).flat[part].reshape(-1, 1)


class DelayTransforms(NamedTuple):
    """Transforms of a block of points; where the delay is never over, their limits."""

    transforms: Transforms
    never: NDArray[np.bool_]

    def laplace(self, s: Floats) -> Extended:
        """F*(s)."""
        return self._small(self.transforms.laplace(s), lambda: self.transforms.log_laplace(s))

    def slope(self, x: Floats, y: Floats) -> Extended:
        """(F*(x) − F*(y))/(y − x)."""
        return self._small(self.transforms.slope(x, y), lambda: self.transforms.log_slope(x, y))

    def one_minus(self, s: Floats) -> Floats:
        """1 − F*(s)."""
        return np.where(self.never, 1.0, self.transforms.one_minus(s))

    def survival(self, s: Floats) -> Floats:
        """g(s)."""
        return np.where(self.never, 1 / s, self.transforms.survival(s))

    def survival_slope(self, x: Floats, y: Floats) -> Floats:
        """(g(x) − g(y))/(y − x)."""
        return np.where(self.never, 1 / x / y, self.transforms.survival_slope(x, y))

    def _small(self, values: Floats, logarithms: Callable[[], Floats]) -> Extended:
        """Values as extended numbers, from their logarithms where they underflow; 0 where never."""
        found = extended(np.where(self.never, 0.0, values))
        low = ~self.never & (values < _UNDERFLOW)
        return chosen(low, from_log(logarithms()), found) if low.any() else found


def _unstable_clock(i: Floats, rates: RateColumns, delay: DelayTransforms) -> Visits:
    aging, repair, restart = (extended(x) for x in (rates.aging, rates.repair, rates.restart))
    failing = i * rates.failure
    waits = delay.survival(failing)
    stuck = (rates.failure == 0) & (rates.aging > 0) & np.isinf(waits[:, :1])  # in u_n
    falls = aging.over(repair).times(extended(delay.one_minus(failing)))
    levels = cumulative_products(chosen(rates.failure > 0, falls, _nothing(falls))).after_one()
    normal, zero = _parts(levels)
    return _stuck_at(
        stuck,
        "unstable",
        Visits(
            normal,
            normal.times(aging.times(extended(np.where(np.isinf(waits), 0.0, waits)))),
            normal.times(aging.over(restart).times(delay.laplace(failing))),
            zero,
        ),
    )


def _service_clock(i: Floats, rates: RateColumns, delay: DelayTransforms) -> Visits:
    aging, repair, restart = (extended(x) for x in (rates.aging, rates.repair, rates.restart))
    failing = i * rates.failure
    leaving = rates.aging + rates.repair * (i < i[0])
    low, high = np.minimum(failing, leaving), np.maximum(failing, leaving)
    fresh = delay.survival(leaving)
    waits = np.where(rates.aging > 0, delay.survival_slope(low, high), 0.0)
    endless_normal, endless_unstable = np.isinf(fresh[:, :1]), np.isinf(waits[:, :1])
    fresh, waits = (np.where(np.isinf(x), 0.0, x) for x in (fresh, waits))
    unstable = aging.times(extended(waits))
    downs = extended(failing).times(unstable)
    ups = repair.times(extended(fresh[:, 1:]))
    # To level 0 the way up is certain.
    last = extended(np.ones_like(rates.aging))
    ups = Extended(np.hstack([ups.m, last.m]), np.hstack([ups.e, last.e]))
    falls = downs.over(chosen(downs.m > 0, ups, extended(np.ones_like(downs.m))))
    visits, zero = _parts(cumulative_products(falls).after_one())
    expired = summed([delay.laplace(leaving), aging.times(delay.slope(low, high))])
    found = Visits(
        visits.times(extended(fresh)),
        visits.times(unstable),
        visits.times(expired).over(restart),
        zero.over(repair),
    )
    return _stuck_at(endless_unstable, "unstable", _stuck_at(endless_normal, "normal", found))


def _parts(levels: Extended) -> tuple[Extended, Extended]:
    """Levels n … 1, and level 0."""
    return Extended(levels.m[:, :-1], levels.e[:, :-1]), Extended(levels.m[:, -1:], levels.e[:, -1:])


def _nothing(like: Extended) -> Extended:
    return Extended(np.zeros_like(like.m), np.zeros_like(like.e))


def _stuck_at(stuck: NDArray[np.bool_], where: str, visits: Visits) -> Visits:
    """The visits, but all time spent in one state of level n at the points that never leave it."""
    if not stuck.any():
        return visits
    parts = []
    for name, part in visits._asdict().items():
        only = _nothing(part)
        if name == where:
            only.m[:, 0], only.e[:, 0] = 0.5, 1.0
        parts.append(chosen(stuck, only, part))
    return Visits(*parts)
