"""What the largest numbers of rejuvenating servers that were kept tell of those that were left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.measures import log_sum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Booleans = NDArray[np.bool_]
    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Conditional probability of the largest r that is kept above which more are.
_EDGE = 1e-16
#: Share of a probability up to which what was left out is not seen.
_MISSED = 1e-13


class Edges:
    """The probabilities of the largest r that was kept in each level.

    Parameters
    ----------
    log_up : ndarray
        Natural logarithms of P(f failed and r rejuvenating), shape (levels, r).
    widths : ndarray of int
        Values 0 … r that were kept in each level.
    cut : ndarray of bool
        Levels that have more of them.
    """

    def __init__(self, log_up: Floats, widths: Integers, cut: Booleans) -> None:
        self.widths, self.cut = widths, cut
        levels = np.arange(len(widths))
        last = log_up[levels, widths - 1]
        before = log_up[levels, np.maximum(widths - 2, 0)]
        self.logs = np.where(cut, last, -np.inf)
        # Beyond, the shares of r go on falling at least as fast.
        self.fall = np.zeros(len(widths))
        self.fall[cut] = np.minimum(last[cut] - before[cut], 0.0)

    def seen(self, log_masses: Floats, log_planned: float, spare: int) -> Booleans:
        """Levels in which what was left out may be seen.

        Parameters
        ----------
        log_masses : ndarray
            Natural logarithms of the probabilities of the levels.
        log_planned : float
            That of planned downtime.
        spare : int
            Servers that may be away without an outage; with more failed ones, down is down.
        """
        chosen = self.logs > log_masses + np.log(_EDGE)
        planned = np.arange(len(self.logs)) <= spare
        least = log_planned + np.log(_MISSED)
        if float(log_sum(self.logs[planned])) > least:
            chosen |= planned & (self.logs > least - np.log(len(self.logs)))
        found: Booleans = self.cut & chosen
        return found

    def hide(self, log_up_counts: Floats) -> Booleans:
        """Numbers 0 … N of up servers whose probabilities what was left out may have changed."""
        total, levels = len(log_up_counts) - 1, np.arange(len(self.logs))
        found = np.zeros(total + 1, dtype=bool)
        for up in range(total + 1):
            r = total - levels - up
            changed = np.where(r >= 0, self.logs + self.fall * np.maximum(r - self.widths + 1, 0), -np.inf)
            found[up] = log_up_counts[up] + np.log(_MISSED) < float(log_sum(changed))
        return found
