"""A chain built by hand as levels, for aggregation and reduction.

Within a level states are ordered by reverse Cuthill–McKee, so that its matrix is a narrow band where that is
possible. Wide levels are factored sparsely.
"""

from __future__ import annotations

from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.errors import ConvergenceError
from rejuvmodel.markov.band_factors import band_factor
from rejuvmodel.markov.flows import Flows, adjacency
from rejuvmodel.markov.level_blocks import Moves
from rejuvmodel.memory import require_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.level_blocks import Factor, LevelSolution

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Bands wider than this are left to sparse factors.
_WIDEST = 200
#: Error of "every visit leaves the level sometime" up to which sparse factors are believed.
_LOST = 3e-13


class SparseFactor(NamedTuple):
    """Sparse triangular factors of Mᵀ."""

    factors: object

    def solve(self, inflow: Floats) -> Floats:
        """Mean times x, x·M = inflow."""
        found: Floats = self.factors.solve(inflow)  # type: ignore[attr-defined]
        return found


class ChainLevel:
    """One level: transitions inside, up and down, between places in the level."""

    def __init__(self, number: int, size: int, inside: Moves, up: Moves, down: Moves, above: int, below: int):
        self.number, self.size, self.inside = number, size, inside
        self._up, self._down, self.above, self.below = up, down, above, below
        self.exists = np.ones(size, dtype=bool)

    @property
    def start(self) -> Floats:
        """All states alike."""
        return np.full(self.size, 1 / self.size)

    def up_moves(self) -> Moves:
        """Transitions into the next higher level."""
        return self._up

    def down_moves(self) -> Moves:
        """Transitions into the next lower level."""
        return self._down

    def up(self, x: Floats) -> tuple[Floats, float]:
        """Flow into the next higher level."""
        return _flow(x, self._up, self.above)

    def down(self, x: Floats) -> tuple[Floats, float]:
        """Flow into the next lower level."""
        return _flow(x, self._down, self.below)

    @cached_property
    def leaving(self) -> Floats:
        """Rates out of the level [1/h]."""
        rates: Floats = np.zeros(self.size)
        for moves in (self._up, self._down):
            rates += np.bincount(moves.origin, moves.rate, minlength=self.size)
        return rates

    def factor(self) -> Factor:
        """Factors of the level's matrix, transposed."""
        origin, target, rate = self.inside
        diagonal = self.leaving + np.bincount(origin, rate, minlength=self.size)
        lower = max(0, int(np.max(target - origin, initial=0)))
        upper = max(0, int(np.max(origin - target, initial=0)))
        if max(lower, upper) > _WIDEST:
            return self._sparse_factor(diagonal)
        band = np.zeros((2 * lower + upper + 1, self.size), order="F")
        np.add.at(band, (lower + upper + target - origin, origin), -rate)
        band[lower + upper] = diagonal
        found = band_factor(band, lower, upper, self.leaving)
        if found is None:
            raise self._closed()
        return found

    def _sparse_factor(self, diagonal: Floats) -> SparseFactor:
        from scipy.sparse import csc_array
        from scipy.sparse.linalg import splu

        origin, target, rate = self.inside
        every = np.arange(self.size)
        data = np.concatenate([-rate, diagonal])
        places = np.concatenate([target, every]), np.concatenate([origin, every])
        matrix = csc_array((data, places), shape=(self.size, self.size))
        try:
            factors = splu(
                matrix, permc_spec="MMD_AT_PLUS_A", diag_pivot_thresh=0.0, options={"SymmetricMode": True}
            )
        except RuntimeError:
            raise self._closed() from None
        if not np.max(np.abs(factors.solve(self.leaving, trans="T") - 1)) < _LOST:
            raise self._closed()
        return SparseFactor(factors)

    def _closed(self) -> ConvergenceError:
        return ConvergenceError(
            f"LevelAggregation: level {self.number} is nearly closed: some of its states leave it too "
            "rarely for doubles. Use GTH(), or other levels."
        )

    def inner(self) -> Floats:
        """Rates within the level as a dense matrix."""
        require_memory(f"Level {self.number}", 40.0 * self.size**2, "Use LevelAggregation() or GTH().")
        matrix = np.zeros((self.size, self.size))
        np.add.at(matrix, (self.inside.origin, self.inside.target), self.inside.rate)
        return matrix


def _flow(x: Floats, moves: Moves, size: int) -> tuple[Floats, float]:
    flow: Floats = np.bincount(moves.target, x[moves.origin] * moves.rate, minlength=size).astype(np.float64)
    total = float(flow.sum())
    return (flow / total if total > 0 else flow * np.nan), total


class ChainLevels:
    """All levels of an irreducible chain.

    Parameters
    ----------
    flows : Flows
        Rates between its states.
    numbers : ndarray of int
        Level of each state; neighbouring levels only are joined.
    """

    is_cut = starts_right = settles_slowly = False
    advice = "Try LevelReduction(), or GTH() for a smaller model."

    def __init__(self, flows: Flows, numbers: Integers) -> None:
        numbers = numbers - numbers.min()
        self.order, self.ends = _ordered(flows, numbers)
        place = np.empty(flows.size, np.int64)
        place[self.order] = np.arange(flows.size) - np.repeat(self.ends[:-1], np.diff(self.ends))
        sizes = np.diff(self.ends).tolist()
        # Transitions by their level and by where they lead, in one sort.
        step = numbers[flows.target] - numbers[flows.origin] + 1
        key = 3 * numbers[flows.origin] + step
        by_key = np.argsort(key, kind="stable")
        cuts = np.searchsorted(key[by_key], np.arange(3 * len(sizes) + 1)).tolist()
        origin, target = place[flows.origin[by_key]], place[flows.target[by_key]]
        rate = flows.rate[by_key]
        parts = [slice(a, b) for a, b in pairwise(cuts)]
        moves = [Moves(origin[part], target[part], rate[part]) for part in parts]
        self.levels = [
            ChainLevel(
                k, size, moves[3 * k + 1], moves[3 * k + 2], moves[3 * k],
                sizes[k + 1] if k + 1 < len(sizes) else 0, sizes[k - 1] if k else 0,
            )
            for k, size in enumerate(sizes)
        ]  # fmt: skip

    def __len__(self) -> int:
        return len(self.levels)

    def level(self, number: int) -> ChainLevel:
        """One level."""
        return self.levels[number]

    def coarse(self, inside: list[Floats]) -> None:
        """Nothing is known of how to aggregate the states."""

    def log_probabilities(self, found: LevelSolution) -> Floats:
        """Logarithms of the probabilities of all states, in the order of the chain."""
        logs = np.empty(len(self.order))
        with np.errstate(divide="ignore"):
            logs[self.order] = np.log(np.concatenate(found.inside)) + np.repeat(
                found.log_masses, np.diff(self.ends)
            )
        return logs


def _ordered(flows: Flows, numbers: Integers) -> tuple[Integers, Integers]:
    """States by level, within a level to a narrow band; and where each level ends."""
    from scipy.sparse.csgraph import reverse_cuthill_mckee

    same = numbers[flows.origin] == numbers[flows.target]
    order = np.arange(flows.size)
    if same.any():
        inside = adjacency(Flows(flows.size, flows.origin[same], flows.target[same], flows.rate[same]))
        order = reverse_cuthill_mckee((inside + inside.T).tocsr(), symmetric_mode=True).astype(np.int64)
    order = order[np.argsort(numbers[order], kind="stable")]
    return order, np.concatenate([[0], np.cumsum(np.bincount(numbers))])
