"""Equations 4–7 of the patent, corrected: the steady state of the n-server chain in closed form.

Everything here takes numbers and arrays, never a model object, and reads no generator: it is one of the
two roads that meet only in ``cross_check``.

Theory
------
With i = 1 … n, P_0 taken as 1 and R_i = P_i / P_0, the cut between the levels i and i−1 gives

    R_i = R_{i−1} · μ(λ_r + iλ) / (iλ λ_f),   P_{u_i} / P_0 = R_{i−1} μ/(iλ),   P_{r_i} = P_{u_i} λ_r/μ_r,

which is Eq. 4, Eq. 5 and the corrected Eq. 6; the sum of all of them is 1/P_0, the corrected Eq. 7. There
is no subtraction anywhere, so every probability keeps its relative accuracy. Horner's scheme from level n
down sums them for whole grids,

    h ← (α/i + β)·h + (1 + C/i),   β = μ/λ_f,  α = βλ_r/λ,  C = (1 + λ_r/μ_r)μ/λ,   1/P_0 = h.

Limits (``docs/theory/chain.md``): λ_f = 0 leaves P_n = 1; λ = 0 with λ_r = 0 leaves P_{u_n} = 1; λ = 0 with
λ_r > 0, and λ_r = ∞, leave n, u_n and r_n only.

Beyond the range of doubles (P_0 is 10^-335 for 50 realistic servers) every weight is kept as m · 2^e.

Accuracy: relative error about n · 4e-16 of a probability, measured 3e-15 at n = 16 against exact fractions.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rejuvmodel.memory import require_memory
from rejuvmodel.models import compiled_horner
from rejuvmodel.models.as_printed import printed_probabilities
from rejuvmodel.models.compiled_horner import compiled_masses
from rejuvmodel.models.grid_blocks import grid_blocks
from rejuvmodel.models.horner import horner_masses
from rejuvmodel.models.level_weights import level_masses, levels
from rejuvmodel.models.rate_points import Floats, Point

__all__ = ["masses", "printed_probabilities", "probabilities", "unavailability"]

#: Points of a grid handled at a time, so that all scratch stays in the cache.
BLOCK = 16_384
#: Levels of all points handled at a time by the scaled form.
_LEVELS = 65_536
#: The five masses from which every measure follows.
MASSES = ("unplanned", "planned", "degraded", "rejuvenating", "rejuvenations")
_SMALLER = "Ask for fewer servers or points at a time."


def unavailability(
    servers: int,
    aging: ArrayLike,
    failure: ArrayLike,
    rejuvenation: ArrayLike,
    repair: ArrayLike,
    restart: ArrayLike,
) -> Floats:
    """Unavailability P_0 + P_{r_1} (1 − Eq. 1) of whole grids.

    Parameters
    ----------
    servers : int
        Number of servers n.
    aging, failure, rejuvenation, repair, restart : array_like
        Rates λ_f, λ, λ_r, μ, μ_r [1/h]; they broadcast.

    Returns
    -------
    ndarray
        Unavailability, of the broadcast shape.
    """
    return masses(servers, aging, failure, rejuvenation, repair, restart, names=("unavailability",))[0]


def masses(
    servers: int,
    aging: ArrayLike,
    failure: ArrayLike,
    rejuvenation: ArrayLike,
    repair: ArrayLike,
    restart: ArrayLike,
    *,
    names: Sequence[str] = MASSES,
    logarithms: bool = False,
    into: Mapping[str, Floats] | None = None,
) -> list[Floats]:
    """Return the sums of probabilities from which the measures follow, for whole grids.

    Parameters
    ----------
    servers : int
        Number of servers n.
    aging, failure, rejuvenation, repair, restart : array_like
        Rates λ_f, λ, λ_r, μ, μ_r [1/h]; they broadcast.
    names : sequence of str
        Of "unplanned" P_0, "planned" P_{r_1}, "unavailability" P_0 + P_{r_1}, "degraded" Σ P_{u_i},
        "rejuvenating" Σ P_{r_i} and "rejuvenations" μ_r Σ P_{r_i} [1/h].
    logarithms : bool
        Whether to return natural logarithms, also where the values underflow.
    into : mapping of ndarray, optional
        Arrays by name to write to, contiguous and of one dimension; used where they have the right length.

    Returns
    -------
    list of ndarray
        One array of the broadcast shape for each name.

    Notes
    -----
    Time O(n) per point; scratch for one block of points besides the result.
    """
    if not names:
        return []
    shape, total, rates = _on_grid(aging, failure, rejuvenation, repair, restart)
    require_memory(
        f"The closed form of {servers} servers at {total} point(s)",
        8.0 * total * len(names) + 150.0 * servers,
        _SMALLER,
    )
    given = [None if into is None else into.get(name) for name in names]
    results = [np.empty(total) if one is None or len(one) != total else one for one in given]
    horner = _prefers_horner(servers, total)
    size = _points_at_a_time() if horner else max(1, _LEVELS // servers)
    with np.errstate(all="ignore"):
        for part, values in grid_blocks(shape, rates, size):
            point = Point(*values)
            some = [result[part] for result in results]
            if horner:
                _fill_by_horner(servers, point, names, some, logarithms)
            else:
                _fill_by_levels(servers, point, names, some, logarithms, np.arange(len(some[0])))
    return [result.reshape(shape) for result in results]


def _fill_by_horner(
    servers: int, point: Point, names: Sequence[str], results: list[Floats], logarithms: bool
) -> None:
    """Fill the results of a block; its hard points once more by themselves, the rest level by level."""
    if (compiled := compiled_horner.library()) is not None:
        hard = compiled_masses(compiled, servers, point, names, results, logarithms)
        if hard is not None:
            _fill_by_levels(servers, point, names, results, logarithms, np.flatnonzero(hard))
        return
    hard = horner_masses(servers, point, names, results, logarithms, leave_slow=True)
    if hard is None:
        return
    places = np.flatnonzero(hard)
    if len(places) < len(results[0]):
        # By themselves they often need fewer levels, or another number of them, than with all others.
        again = [np.empty(len(places)) for _ in names]
        still = horner_masses(servers, _picked(point, places), names, again, logarithms, leave_slow=False)
        for result, value in zip(results, again, strict=True):
            result[places] = value
        if still is None:
            return
        places = places[still]
    _fill_by_levels(servers, point, names, results, logarithms, places)


def _fill_by_levels(
    servers: int,
    point: Point,
    names: Sequence[str],
    results: list[Floats],
    logarithms: bool,
    places: NDArray[np.intp],
) -> None:
    for some in np.array_split(places, min(len(places), -(-len(places) * servers // _LEVELS))):
        values = level_masses(servers, _picked(point, some), names, logarithms)
        for result, value in zip(results, values, strict=True):
            result[some] = value


def _picked(point: Point, places: NDArray[np.intp]) -> Point:
    return Point(*(x if x.size == 1 else x[places] for x in point))


def probabilities(
    servers: int,
    aging: ArrayLike,
    failure: ArrayLike,
    rejuvenation: ArrayLike,
    repair: ArrayLike,
    restart: ArrayLike,
) -> tuple[Floats, Floats]:
    """Steady-state probabilities of all 3n+1 states and their logarithms.

    Parameters
    ----------
    servers : int
        Number of servers n.
    aging, failure, rejuvenation, repair, restart : array_like
        Rates λ_f, λ, λ_r, μ, μ_r [1/h]; they broadcast.

    Returns
    -------
    tuple of ndarray
        Probabilities and natural logarithms, shape (..., 3n+1), states in the order
        n … 0, u_n … u_1, r_n … r_1. Impossible states have exactly 0 and −inf.
    """
    shape, total, rates = _on_grid(aging, failure, rejuvenation, repair, restart)
    states = 3 * servers + 1
    require_memory(
        f"All {states} state probabilities at {total} point(s)",
        16.0 * total * states + 150.0 * states,
        _SMALLER,
    )
    pi, log_pi = np.empty((total, states)), np.empty((total, states))
    with np.errstate(all="ignore"):
        for part, values in grid_blocks(shape, rates, max(1, _LEVELS // servers)):
            start = 0
            for level in levels(servers, Point(*values)):
                # Levels are computed upwards from 0 and listed downwards from n.
                place = slice(start, start + level.m.shape[1])
                pi[part, place] = level.value()[:, ::-1]
                log_pi[part, place] = level.log()[:, ::-1]
                start = place.stop
    return pi.reshape(*shape, states), log_pi.reshape(*shape, states)


def _on_grid(*rates: ArrayLike) -> tuple[tuple[int, ...], int, list[Floats]]:
    """Shape of the grid of some rates, its number of points, and the rates as arrays."""
    arrays = [np.asarray(rate, dtype=np.float64) for rate in rates]
    shape = np.broadcast_shapes(*(a.shape for a in arrays))
    return shape, int(np.prod(shape, dtype=object)), arrays


def _points_at_a_time() -> int:
    return BLOCK if compiled_horner.library() is None else compiled_horner.BLOCK


def _prefers_horner(servers: int, total: int) -> bool:
    """Horner's scheme costs calls per level, the scaled form arithmetic per level and point."""
    return servers < 16 or total > 24
