"""Phases: the delay before rejuvenation as a race through exponential stages (phase-type laws)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Phases(NamedTuple):
    """A delay that starts in phase b with probability ``start[b]`` and expires when it leaves the last one.

    Attributes
    ----------
    start : ndarray
        Probability of starting in each phase.
    rate : ndarray
        Rate [1/h] at which each phase ends.
    follows : bool
        Whether each phase leads to the next, the last one to expiry; if not, every phase leads to expiry.
    """

    start: Floats
    rate: Floats
    follows: bool

    @property
    def number(self) -> int:
        """Number of phases."""
        return len(self.rate)
