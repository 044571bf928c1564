"""A pool as levels f (failed servers), each a lattice of a unstable and r rejuvenating servers.

A level is ordered by a, then r, so its matrix is a band as wide as r. Where r may be large, states of r
beyond a conditional probability of 1e-20 are left out: r, never a, because rare values of a lead to failures.
What is planned down, r servers together, is never left out.
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

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.models.pool import Pool, PoolRates

    Floats = NDArray[np.float64]

#: Conditional probability of r below which it is left out.
_CUT = 1e-20
#: Time [s] of a place in a sweep for every value of r, usual number of sweeps, and what is too long.
_SECONDS, _SWEEPS, _PATIENCE = 1.2e-8, 40, 600.0
_SMALLER = "Use fewer servers or slots, or mean_field(pool) for an approximation."
#: The same beside the probability that too many rejuvenate.
_CUT_OF_DOWN = 1e-14
#: A restart this much slower than a repair makes r the slowest of all.
_SLOW = 4.0


class PoolLevel:
    """States (a, r) of one level, as a rectangle of ``rows`` values of a and ``wide`` values of r."""

    def __init__(self, pool: Pool, failed: int, wide: int) -> None:
        states = pool.labels
        self.pool, self.failed, self.wide = pool, failed, wide
        self.room = pool.total - failed
        self.rows = min(states.most_unstable, self.room) + 1
        self.above = min(states.most_unstable, self.room - 1) + 1 if failed < states.most_failed else 0
        a, r = np.arange(self.rows)[:, None], np.arange(wide)
        h = self.room - a - r
        there = h >= 0
        self.exists = there.reshape(-1)
        out = pool.rates_out(np.maximum(h, 0), a, r, failed)
        out = type(out)(*(np.where(there, rate, 0.0) for rate in out))
        if wide <= states.most_rejuvenating:
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
        return Moves(origin, origin - self.wide, self.failing[origin])

    def down_moves(self) -> Moves:
        """Repairs, into the same a and r."""
        origin = np.flatnonzero(self.exists)
        return Moves(origin, origin, np.full(len(origin), self.repair))

    def up(self, x: Floats) -> tuple[Floats, float]:
        """Flow by failure, (a, r) → (a − 1, r)."""
        flow = (x * self.failing)[self.wide : self.wide * (self.above + 1)]
        total = float(flow.sum())
        return flow / total if total > 0 else flow * np.nan, total

    def down(self, x: Floats) -> tuple[Floats, float]:
        """Flow by repair, into the same a and r, at the same rate from all."""
        return x, self.repair

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


class PoolLevels:
    """All levels of a pool."""

    def __init__(self, pool: Pool, wide: int | None = None) -> None:
        self.pool = pool
        self.wide = _width(pool) if wide is None else min(wide, pool.labels.most_rejuvenating + 1)
        self.starts_right = pool.unrestricted
        slowly = _SLOW * float(pool.rates.restart) < float(pool.rates.repair)
        self.settles_slowly = slowly and self.wide > 1 and not pool.unrestricted
        self.is_cut = self.wide <= pool.labels.most_rejuvenating

    def __len__(self) -> int:
        return self.pool.labels.most_failed + 1

    def rows_of(self, number: int) -> int:
        """Values of a in the level of so many failed servers."""
        return min(self.pool.labels.most_unstable, self.pool.total - number) + 1

    def rows_in_all(self) -> int:
        """Values of a in all levels together."""
        return sum(self.rows_of(number) for number in range(len(self)))

    def level(self, number: int) -> PoolLevel:
        """Level of so many failed servers."""
        return PoolLevel(self.pool, number, self.wide)

    def coarse(self, inside: list[Floats]) -> list[Floats] | None:
        """Distributions with the masses of (a, f) from the chain in which r is aggregated."""
        if self.wide == 1:
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


def _ratios(pool: Pool) -> tuple[float, float]:
    """Unstable and rejuvenating servers per healthy one, where nothing holds them up."""
    rates, rejuvenation = pool.rates, pool.require_rejuvenation()
    leaves = float(rates.failure) + rejuvenation
    unstable = float(rates.aging) / leaves if leaves > 0 else 0.0
    return unstable, unstable * rejuvenation / float(rates.restart)


def _width(pool: Pool) -> int:
    """Values of r that are kept, if the unrestricted pool is a good guess."""
    most = pool.labels.most_rejuvenating
    if most < 16 or _ratios(pool)[1] == 0:
        return most + 1
    logs = log_renewed(pool, pool.total)
    kept = logs > logs.max() + np.log(_CUT)
    if not pool.unrestricted:
        # Planned downtime is made of many servers that rejuvenate at once: not to be cut beside failures.
        down = logs[min(pool.total - pool.needed + 1, most) :]
        kept |= logs > down.max() + np.log(_CUT_OF_DOWN)
    return min(most, int(np.flatnonzero(kept)[-1])) + 1


def log_renewed(pool: Pool, room: int) -> Floats:
    """Logarithms of the binomial shares of 0 … ``room`` rejuvenating servers where nothing holds them up."""
    from scipy.special import gammaln

    unstable, renewed = _ratios(pool)
    r, share = np.arange(room + 1), renewed / (1 + unstable + renewed)
    rest = (1 + unstable) / (1 + unstable + renewed)
    with np.errstate(divide="ignore", invalid="ignore"):
        logs: Floats = np.where(r > 0, r * np.log(share), 0.0) + (room - r) * np.log(rest)
    logs += gammaln(room + 1) - gammaln(r + 1) - gammaln(room - r + 1)
    return logs


def _log_weights(pool: Pool, room: int, rows: int, wide: int) -> Floats:
    """Logarithms of multinomial weights of (a, r) among ``room`` servers."""
    from scipy.special import gammaln

    unstable, renewed = _ratios(pool)
    a, r = np.arange(rows)[:, None], np.arange(wide)
    with np.errstate(divide="ignore", invalid="ignore"):
        of_a = np.where(a > 0, a * np.log(unstable), 0.0) - gammaln(a + 1)
        of_r = np.where(r > 0, r * np.log(renewed), 0.0) - gammaln(r + 1)
    weights: Floats = of_a + of_r - gammaln(np.maximum(room - a - r, 0) + 1)
    return weights


def require_sweepable(levels: PoolLevels) -> None:
    """Refuse levels that could not be swept in the memory and the time that there is."""
    # Two triangles of a band, and some distributions, for every place.
    places = levels.rows_in_all() * levels.wide
    _require(levels, 8.0 * (2 * levels.wide + 12) * places)
    seconds = _SECONDS * _SWEEPS * places * levels.wide
    if seconds > _PATIENCE:
        raise SizeError(
            f"Sweeping {levels.pool.labels.size} states of {levels.pool.total} servers would take about "
            f"{words(seconds / 3600)}. {_SMALLER}"
        )


def require_reducible(levels: PoolLevels) -> None:
    """Refuse levels whose elimination would not fit in memory."""
    # The times in each level per hour in the one below it, a dense matrix.
    _require(levels, 8.0 * sum((levels.rows_of(k) * levels.wide) ** 2 for k in range(len(levels))))


def _require(levels: PoolLevels, needed: float) -> None:
    states = levels.pool.labels.size
    require_memory(f"Solving {states} states of {levels.pool.total} servers", needed, _SMALLER)
