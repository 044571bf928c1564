"""Levels of a chain whose transitions lead to the same, the next higher or the next lower level only."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Moves(NamedTuple):
    """Transitions ``origin[k] → target[k]`` at ``rate[k]`` per hour between places of neighbouring levels."""

    origin: NDArray[np.int64]
    target: NDArray[np.int64]
    rate: Floats


class LevelSolution(NamedTuple):
    """What was found, and how.

    Attributes
    ----------
    log_masses : ndarray
        Natural logarithms of the probabilities of the levels.
    inside : list of ndarray
        Conditional distribution of each level.
    sweeps : int
        Sweeps that it took.
    contraction : float
        Factor by which the changes fell per sweep, at the end.
    residual : float
        Estimate of the largest relative error that is left in an entry.
    """

    log_masses: Floats
    inside: list[Floats]
    sweeps: int
    contraction: float
    residual: float


class PlainLevel(Protocol):
    """What elimination needs of one level."""

    @property
    def exists(self) -> NDArray[np.bool_]:
        """Which of the places of the level are states."""

    def up_moves(self) -> Moves:
        """Transitions into the next higher level."""

    def down_moves(self) -> Moves:
        """Transitions into the next lower level."""

    def inner(self) -> Floats:
        """Rates [1/h] within the level as a dense matrix without a diagonal, which may be written to."""


class Level(PlainLevel, Protocol):
    """What sweeps need of one level."""

    @property
    def start(self) -> Floats:
        """A distribution over the places of the level to begin with; 0 where there is no state."""

    def up(self, x: Floats) -> tuple[Floats, float]:
        """Flow from x into the next higher level: a distribution over its first places, and in all [1/h]."""

    def down(self, x: Floats) -> tuple[Floats, float]:
        """Flow from x into the next lower level, in the same way."""

    def factor(self) -> Factor:
        """Factors of the level's matrix."""


class PlainLevels(Protocol):
    """A chain as levels 0, 1, … to be eliminated."""

    def __len__(self) -> int: ...

    def level(self, number: int) -> PlainLevel:
        """One level."""


class Levels(Protocol):
    """A chain as levels 0, 1, … to be swept."""

    @property
    def is_cut(self) -> bool:
        """Whether states of conditional probability below 1e-20 are left out."""

    @property
    def starts_right(self) -> bool:
        """Whether the starting distributions are the answer, but for rounding and what is cut."""

    @property
    def advice(self) -> str:
        """What to do where the sweeps do not settle."""

    @property
    def settles_slowly(self) -> bool:
        """Whether states within a level are known to mix more slowly than levels change."""

    def __len__(self) -> int: ...

    def level(self, number: int) -> Level:
        """One level."""

    def coarse(self, inside: list[Floats]) -> list[Floats] | None:
        """Conditional distributions after an exact solution of aggregated states; None if there is none."""


class Factor(Protocol):
    """Factors of Mᵀ, M = diagonal of outflows − rates within the level, for the balance x·M = b."""

    def solve(self, inflow: Floats) -> Floats:
        """Mean times [h] in the states per visit from outside, x with x·M = inflow."""
