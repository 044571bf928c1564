"""A pool as levels f (failed servers), each a lattice of a unstable and r rejuvenating servers.

A level is ordered by a, then r, so its matrix is a band as wide as r. Which values of r are kept in each
level is settled by ``pool_widths``. What leads beyond them is led to the largest that is kept.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.durations import words
from rejuvmodel.errors import ConvergenceError, SizeError
from rejuvmodel.markov.band_factors import BandFactor, band_factor
from rejuvmodel.markov.level_blocks import Moves
from rejuvmodel.markov.level_reduction import reduce_levels
from rejuvmodel.memory import require_memory
from rejuvmodel.models.pool_widths import all_widths, kept_widths, ratios

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.models.pool import Pool, PoolRates

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Time [s] of a place in a sweep for every value of r, usual number of sweeps, and what is too long.
_SECONDS, _SWEEPS, _PATIENCE = 1.2e-8, 40, 600.0
#: States of a level up to which eliminating all levels is affordable.
LARGE = 3000
#: Places times values of r of what is swept in a few seconds.
_LITTLE = 6e7
#: Operations on dense matrices per second of one core.
_FLOPS = 1e10
_SMALLER = "Use fewer servers or slots, or mean_field(pool) for an approximation."
#: A restart this much slower than a repair makes r the slowest of all.
_SLOW = 4.0


class PoolLevel:
    """States (a, r) of one level, as a rectangle of ``rows`` values of a and ``wide`` values of r.

    The levels above and below have ``wide_above`` and ``wide_below`` values of r.
    """

    def __init__(self, pool: Pool, failed: int, widths: Integers) -> None:
        states = pool.labels
        self.pool, self.failed, self.wide = pool, failed, int(widths[failed])
        self.wide_below = int(widths[max(failed - 1, 0)])
        self.wide_above = int(widths[min(failed + 1, len(widths) - 1)])
        self.room = pool.total - failed
        self.rows = min(states.most_unstable, self.room) + 1
        self.above = min(states.most_unstable, self.room - 1) + 1 if failed < states.most_failed else 0
        wide = self.wide
        a, r = np.arange(self.rows)[:, None], np.arange(wide)
        h = self.room - a - r
        there = h >= 0
        self.exists = there.reshape(-1)
        out = pool.rates_out(np.maximum(h, 0), a, r, failed)
        out = type(out)(*(np.where(there, rate, 0.0) for rate in out))
        if wide <= min(states.most_rejuvenating, self.room):
            out.rejuvenation[:, -1] = 0.0  # beyond the cut
        self.out: PoolRates = out
        self.repair = float(out.repair[0, 0])
        self.failing = out.failure.reshape(-1)

    @cached_property
    def start(self) -> Floats:
        """The distribution of the unrestricted pool, which has a product form."""
        logs = _log_weights(self.pool, self.room, self.rows, self.wide).reshape(-1)
        # No state is impossible, only too rare for a double.
        weights = np.maximum(np.exp(logs - np.max(logs[self.exists])), 1e-300)
        weights = np.where(self.exists, weights, 0.0)
        found: Floats = weights / weights.sum()
        return found

    def up_moves(self) -> Moves:
        """Failures, (a, r) → (a − 1, r)."""
        origin = np.flatnonzero(self.failing)
        a, r = np.divmod(origin, self.wide)
        target = (a - 1) * self.wide_above + np.minimum(r, self.wide_above - 1)
        return Moves(origin, target, self.failing[origin])

    def down_moves(self) -> Moves:
        """Repairs, into the same a and r."""
        origin = np.flatnonzero(self.exists)
        a, r = np.divmod(origin, self.wide)
        target = a * self.wide_below + np.minimum(r, self.wide_below - 1)
        return Moves(origin, target, np.full(len(origin), self.repair))

    def up(self, x: Floats) -> tuple[Floats, float]:
        """Flow by failure, (a, r) → (a − 1, r)."""
        flow = (x * self.failing)[self.wide : self.wide * (self.above + 1)]
        total = float(flow.sum())
        flow = flow / total if total > 0 else flow * np.nan
        return _as_wide(flow, self.wide, self.wide_above), total

    def down(self, x: Floats) -> tuple[Floats, float]:
        """Flow by repair, into the same a and r, at the same rate from all."""
        return _as_wide(x, self.wide, self.wide_below), self.repair

    def factor(self) -> BandFactor:
        """Factors of the level's matrix, transposed."""
        wide = self.wide
        out = self.out
        total = out.aging + out.failure + out.rejuvenation + out.restart + out.repair
        # Where there is no state the matrix has a 1, and the inflow a 0.
        diagonal = np.where(self.exists.reshape(total.shape), total, 1.0)
        upper = max(wide - 1, 1)
        middle = wide + upper
        band = np.zeros((middle + wide + 1, diagonal.size), order="F")
        band[middle] = diagonal.reshape(-1)
        band[middle + wide] = -out.aging.reshape(-1)
        if wide > 1:
            band[middle - 1] = -out.restart.reshape(-1)
            band[middle - wide + 1] -= out.rejuvenation.reshape(-1)
        leaving = np.where(self.exists, self.failing + self.repair, 1.0)
        found = band_factor(band, wide, upper, leaving)
        if found is None:
            raise ConvergenceError(
                f"LevelAggregation: the level of {self.failed} failed servers is closed in double precision. "
                "Use GTH() for a smaller pool, or rates that differ less."
            )
        return found

    def inner(self) -> Floats:
        """Rates within the level as a dense matrix, the diagonal 0."""
        size, wide, out = self.exists.size, self.wide, self.out
        matrix, every = np.zeros((size, size)), np.arange(size)
        for rate, shift in ((out.aging, wide), (out.rejuvenation, 1 - wide), (out.restart, -1)):
            some = every[rate.reshape(-1) > 0]
            matrix[some, some + shift] += rate.reshape(-1)[some]
        return matrix


def _as_wide(x: Floats, old: int, new: int) -> Floats:
    """Rows of ``old`` values as rows of ``new``: the last one kept takes those beyond."""
    if old == new:
        return x
    table = x.reshape(-1, old)
    found = np.zeros((len(table), new))
    both = min(old, new)
    found[:, :both] = table[:, :both]
    found[:, both - 1] += table[:, both:].sum(axis=1)
    return found.reshape(-1)


class PoolLevels:
    """All levels of a pool, each with its number of values of r."""

    def __init__(self, pool: Pool, widths: Integers | None = None) -> None:
        self.pool = pool
        _require(pool, 60.0 * (pool.labels.most_failed + 1) * pool.total)
        self.widths = kept_widths(pool) if widths is None else np.minimum(widths, all_widths(pool))
        self.starts_right = pool.unrestricted
        slowly = _SLOW * float(pool.rates.restart) < float(pool.rates.repair)
        self.settles_slowly = slowly and bool(self.widths[0] > 1) and not pool.unrestricted
        self._made: dict[int, PoolLevel] = {}
        self.is_cut = bool(np.any(self.widths < all_widths(pool)))

    def __len__(self) -> int:
        return self.pool.labels.most_failed + 1

    @property
    def advice(self) -> str:
        """What to do where the sweeps do not settle."""
        if self.sizes.max() > LARGE:
            return _SMALLER
        return "Try LevelReduction(), or GTH() for a smaller model."

    @property
    def sizes(self) -> Integers:
        """Places (a, r) of each level."""
        room = self.pool.total - np.arange(len(self))
        found: Integers = (np.minimum(self.pool.labels.most_unstable, room) + 1) * self.widths
        return found

    def level(self, number: int) -> PoolLevel:
        """Level of so many failed servers."""
        if number not in self._made:
            self._made[number] = PoolLevel(self.pool, number, self.widths)
        return self._made[number]

    def coarse(self, inside: list[Floats]) -> list[Floats] | None:
        """Distributions with the masses of (a, f) from the chain in which r is aggregated."""
        if np.all(self.widths == 1):
            return None
        levels = [self.level(k) for k in range(len(self))]
        shares, grains = [], []
        for level, x in zip(levels, inside, strict=True):
            table = x.reshape(level.rows, level.wide)
            sums_of_a = table.sum(axis=1, keepdims=True)
            if not np.all(sums_of_a > 0):
                return None  # values of a too rare for a double
            share = table / sums_of_a
            shares.append(share)
            out = level.out
            sums = [np.sum(share * rate, axis=1) for rate in (out.aging, out.failure, out.rejuvenation)]
            grains.append(_Grain(sums[0], sums[1], sums[2], level.repair))
        try:
            found = reduce_levels(_Grains(grains)).inside
        except ConvergenceError:
            return None  # the sweeps go on without it
        return [(x[:, None] * share).reshape(-1) for x, share in zip(found, shares, strict=True)]


class _Grain:
    """A level whose states are the numbers a of unstable servers."""

    def __init__(self, aging: Floats, failure: Floats, rejuvenation: Floats, repair: float) -> None:
        self.aging, self.failure, self.rejuvenation = aging, failure, rejuvenation
        self.repair = repair
        self.exists = np.ones(len(aging), dtype=bool)
        self.start = self.exists / len(aging)

    def up_moves(self) -> Moves:
        origin = np.flatnonzero(self.failure)
        return Moves(origin, origin - 1, self.failure[origin])

    def down_moves(self) -> Moves:
        origin = np.arange(len(self.aging))
        return Moves(origin, origin, np.full(len(origin), self.repair))

    def inner(self) -> Floats:
        return np.diag(self.aging[:-1], 1) + np.diag(self.rejuvenation[1:], -1)


class _Grains:
    """Levels of aggregated states."""

    def __init__(self, grains: list[_Grain]) -> None:
        self.grains = grains

    def __len__(self) -> int:
        return len(self.grains)

    def level(self, number: int) -> _Grain:
        return self.grains[number]


def _log_weights(pool: Pool, room: int, rows: int, wide: int) -> Floats:
    """Logarithms of multinomial weights of (a, r) among ``room`` servers."""
    from scipy.special import gammaln

    unstable, renewed = ratios(pool)
    a, r = np.arange(rows)[:, None], np.arange(wide)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_a = np.where(a > 0, a * np.log(unstable), 0.0) - gammaln(a + 1)
        of_r = np.where(r > 0, r * np.log(renewed), 0.0) - gammaln(r + 1)
    weights: Floats = of_a + of_r - gammaln(np.maximum(room - a - r, 0) + 1)
    return weights


def require_sweepable(levels: PoolLevels) -> None:
    """Refuse levels that could not be swept in the memory and the time that there is."""
    # Two triangles of a band, and some distributions, for every place.
    sizes, widths = levels.sizes, levels.widths
    _require(levels.pool, 8.0 * float(np.sum((2.0 * widths + 12) * sizes)))
    seconds = _SECONDS * _SWEEPS * float(np.sum(1.0 * sizes * widths))
    _require_patience(levels.pool, "Sweeping", seconds)


def whole_is_small(pool: Pool) -> bool:
    """Whether sweeping all states of a pool, none left out, is a matter of a few seconds."""
    levels = PoolLevels(pool, all_widths(pool))
    return float(np.sum(1.0 * levels.sizes * levels.widths)) <= _LITTLE


def require_reducible(levels: PoolLevels) -> None:
    """Refuse levels whose elimination would not fit in memory."""
    # The times in each level per hour in the one below it, a dense matrix that is inverted.
    sizes = levels.sizes.astype(np.float64)
    _require(levels.pool, 8.0 * float(np.sum(sizes**2)))
    _require_patience(levels.pool, "Eliminating", 2 * float(np.sum(sizes**3)) / _FLOPS)


def _require_patience(pool: Pool, work: str, seconds: float) -> None:
    if seconds > _PATIENCE:
        raise SizeError(
            f"{work} {pool.labels.size} states of {pool.total} servers would take about "
            f"{words(seconds / 3600)}. {_SMALLER}"
        )


def _require(pool: Pool, needed: float) -> None:
    require_memory(f"Solving {pool.labels.size} states of {pool.total} servers", needed, _SMALLER)
