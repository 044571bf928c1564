"""Triangular factors of the matrix of a level, kept as a band.

M is the diagonal of outflows minus the rates within the level; x·M = b is solved through Mᵀ = L·U. Mᵀ
is column dominant, so LAPACK exchanges no rows. Its pivots are differences: where states return to each
other far more often than they leave the level, they lose digits. That is seen at once, because from
every state the level is left sometime, M⁻¹·leaving = 1. Such a level is factored again with pivots that
are sums of outflows, as in GTH: slower, and without a single subtraction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Error of "left sometime" up to which LAPACK's factors are kept.
_LOST = 3e-13


class BandFactor(NamedTuple):
    """Triangular factors of Mᵀ as bands: L has a unit diagonal."""

    lower: Floats
    upper: Floats

    def solve(self, inflow: Floats) -> Floats:
        """Mean times x, x·M = inflow."""
        from scipy.linalg.blas import dtbsv

        half = dtbsv(len(self.lower) - 1, self.lower, inflow, lower=1, diag=1)
        found: Floats = dtbsv(len(self.upper) - 1, self.upper, half, overwrite_x=1)
        return found

    def solve_from(self, leaving: Floats) -> Floats:
        """Expected sums y of ``leaving`` over the times from each state on, M·y = leaving."""
        from scipy.linalg.blas import dtbsv

        half = dtbsv(len(self.upper) - 1, self.upper, leaving, trans=1)
        found: Floats = dtbsv(len(self.lower) - 1, self.lower, half, lower=1, trans=1, diag=1, overwrite_x=1)
        return found


def band_factor(band: Floats, lower: int, upper: int, leaving: Floats) -> BandFactor | None:
    """Return factors of a band matrix Mᵀ.

    Parameters
    ----------
    band : ndarray
        Mᵀ in LAPACK's storage (2·lower + upper + 1 rows), in columns.
    lower, upper : int
        Width of the band below and above the diagonal.
    leaving : ndarray
        Rates [1/h] out of the level, of each state.

    Returns
    -------
    BandFactor or None
        None if some states are closed, even without a subtraction.
    """
    from scipy.linalg.lapack import dgbtrf

    lu, pivots, info = dgbtrf(band, lower, upper)
    if not info and np.array_equal(pivots, np.arange(len(pivots))):
        found = _split(lu, lower, upper)
        if np.max(np.abs(found.solve_from(leaving) - 1)) < _LOST:
            return found
    return _summed(band, lower, upper, leaving)


def _split(lu: Floats, lower: int, upper: int) -> BandFactor:
    return BandFactor(
        np.asfortranarray(lu[lower + upper :]), np.asfortranarray(lu[lower : lower + upper + 1])
    )


def _summed(band: Floats, lower: int, upper: int, leaving: Floats) -> BandFactor | None:
    """Factors whose pivots are the sums of what leaves to later states and out of the level."""
    size, out = band.shape[1], leaving.copy()
    lu = np.array(band, order="F")
    flat = lu.reshape(-1, order="F")[lower + upper :]
    # The element of a transition origin → target, −rate: columns of the band side by side, as a square.
    step = lu.itemsize
    square = np.lib.stride_tricks.as_strided(flat, (size, size), ((len(lu) - 1) * step, step))
    for s in range(size):
        to, come = slice(s + 1, min(size, s + lower + 1)), slice(s + 1, min(size, s + upper + 1))
        pivot = out[s] - square[s, to].sum()
        if not 0 < pivot < np.inf:
            return None
        square[s, s] = pivot
        out[come] -= square[come, s] * (out[s] / pivot)
        square[s, to] /= pivot
        # On the diagonal this leaves something of no meaning, which the pivot replaces.
        square[come, to] -= square[come, s, None] * square[s, to]
    return _split(lu, lower, upper)
