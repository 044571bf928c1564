"""States of a pool: integer rows (h, a, r, f), found by number and numbered by formula.

h servers are healthy and up, a unstable and up, r rejuvenate, f have failed; h + a + r + f = N. Only states
that can be reached from "all healthy" are there (``docs/theory/pool.md``): r ≤ R, a ≤ A, f ≤ F. They are
ordered by f, then a, then r, so that each level f is one block.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from math import comb
from typing import TYPE_CHECKING, Any, TypeAlias, overload

import numpy as np

from rejuvmodel.markov.flows import read_only
from rejuvmodel.memory import require_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

Row: TypeAlias = "tuple[int, int, int, int]"


class PoolStates(Sequence[Row]):
    """Rows (h, a, r, f) of all states, made on demand.

    Parameters
    ----------
    total : int
        Servers N.
    most_unstable, most_rejuvenating, most_failed : int
        Largest a, r and f.
    """

    def __init__(self, total: int, most_unstable: int, most_rejuvenating: int, most_failed: int) -> None:
        self.total = total
        self.most_unstable = most_unstable
        self.most_rejuvenating = most_rejuvenating
        self.most_failed = most_failed

    def __reduce__(self) -> tuple[Any, ...]:
        # Without the arrays made on first access: unpickled ones would be writable.
        return PoolStates, self._limits

    def __eq__(self, other: object) -> bool:
        return isinstance(other, PoolStates) and self._limits == other._limits

    def __hash__(self) -> int:
        return hash(self._limits)

    def __repr__(self) -> str:
        return f"<{len(self)} states (h, a, r, f) of {self.total} servers>"

    @property
    def _limits(self) -> tuple[int, int, int, int]:
        return self.total, self.most_unstable, self.most_rejuvenating, self.most_failed

    @property
    def size(self) -> int:
        """Number of states, without making any array."""
        # Lattice points of a + r ≤ u summed over the levels, less those with a > A or r > R.
        a, r = self.most_unstable + 1, self.most_rejuvenating + 1

        def below(u: int) -> int:
            return sum(
                sign * comb(max(0, u - cut + 3), 3) for sign, cut in ((1, 0), (-1, a), (-1, r), (1, a + r))
            )

        return below(self.total) - below(self.total - self.most_failed - 1)

    @cached_property
    def level_sizes(self) -> Integers:
        """Number of states of each level f."""
        require_memory(f"The levels of {self.total} servers", 64.0 * self.most_failed, "Use fewer servers.")
        up = self.total - np.arange(self.most_failed + 1)
        return read_only(self._below(up + 1, np.minimum(self.most_unstable, up) + 1))

    @cached_property
    def level_starts(self) -> Integers:
        """Number of the first state of each level, and of the end."""
        return read_only(np.concatenate([[0], np.cumsum(self.level_sizes)]))

    def _below(self, room: Integers, a: Integers) -> Integers:
        """How many states of a level of ``room − 1`` other servers have fewer than a unstable."""
        # Σ_{j < a} min(R + 1, room − j)
        wide = np.clip(room - self.most_rejuvenating - 1, 0, a)
        full = wide * (self.most_rejuvenating + 1)
        rest = a - wide
        count: Integers = full + rest * (room - wide) - rest * (rest - 1) // 2
        return count

    def numbers(self, a: Any, r: Any, f: Any) -> Integers:
        """Numbers of existing states, as arrays."""
        levels = np.asarray(f)
        places: Integers = self.level_starts[levels] + self._below(self.total - levels + 1, np.asarray(a)) + r
        return places

    @cached_property
    def rows(self) -> Integers:
        """All states, shape (states, 4)."""
        sizes = self.level_sizes
        f = np.repeat(np.arange(len(sizes)), sizes)
        up = self.total - np.arange(len(sizes))
        unstable = np.minimum(self.most_unstable, up) + 1
        starts = np.repeat(np.arange(len(sizes)), unstable)
        a_of = np.arange(len(starts)) - np.repeat(np.cumsum(unstable) - unstable, unstable)
        widths = np.minimum(self.most_rejuvenating, up[starts] - a_of) + 1
        a = np.repeat(a_of, widths)
        r = np.arange(len(a)) - np.repeat(np.cumsum(widths) - widths, widths)
        rows = np.stack([self.total - a - r - f, a, r, f], axis=1)
        return read_only(rows)

    def __len__(self) -> int:
        return self.size

    @overload
    def __getitem__(self, place: int) -> Row: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[Row]: ...
    def __getitem__(self, place: int | slice) -> Row | Sequence[Row]:
        if isinstance(place, slice):
            return [self[k] for k in range(*place.indices(len(self)))]
        k = range(len(self))[place]
        f = int(np.searchsorted(self.level_starts, k, "right")) - 1
        within = k - int(self.level_starts[f])
        unstable = np.arange(min(self.most_unstable, self.total - f) + 1)
        first = self._below(np.int64(self.total - f + 1), unstable)  # type: ignore[arg-type]
        a = int(np.searchsorted(first, within, "right")) - 1
        r = within - int(first[a])
        return self.total - a - r - f, a, r, f

    def index(self, row: object, start: int = 0, stop: int | None = None) -> int:
        """Number of a state (h, a, r, f); ValueError if there is none."""
        try:
            h, a, r, f = (int(x) for x in row)  # type: ignore[attr-defined]
            same = (h, a, r, f) == tuple(row)  # type: ignore[arg-type]
        except (TypeError, ValueError):
            raise ValueError(row) from None
        limits = a <= self.most_unstable and r <= self.most_rejuvenating and f <= self.most_failed
        if not same or min(h, a, r, f) < 0 or h + a + r + f != self.total or not limits:
            raise ValueError(row)
        place = int(self.numbers(a, r, f))
        if start <= place < (len(self) if stop is None else stop):
            return place
        raise ValueError(row)
