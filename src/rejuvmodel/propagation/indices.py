"""Sobol' indices: which rate the uncertainty of a measure comes from.

The first-order index of a rate is the share of the variance that knowing it would take away on average; its
total index the share that would be left if all others were known. Estimators are those of
`scipy.stats.sobol_indices` (Saltelli et al. 2010), on two halves A and B of one Sobol' sequence and A with
one column of B for each rate; errors from independent scramblings.

A measure that spans decades has its variance from few extreme points, so that nothing else would count: then
the indices are those of its logarithm, and say so.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.propagation.averages import Average, average

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Ratio of the 95 % to the 5 % quantile from which on the logarithm is taken.
DECADE = 10.0


@dataclass(frozen=True)
class SobolIndices:
    """Shares of the variance of a measure that come from each rate.

    Attributes
    ----------
    of : str
        The measure, or "log" of it.
    first : mapping of Average
        First-order index by rate.
    total : mapping of Average
        Total index by rate.
    """

    of: str
    first: Mapping[str, Average]
    total: Mapping[str, Average]

    @property
    def ranking(self) -> tuple[str, ...]:
        """Rates, that of the largest total index first."""
        return tuple(sorted(self.total, key=lambda name: -self.total[name].mean))

    def to_dict(self) -> dict[str, Any]:
        """Return the indices as plain values.

        Returns
        -------
        dict
            ``of``, and for each rate ``first`` and ``total`` with their errors.
        """
        return {
            "of": self.of,
            "first": {name: one.to_dict() for name, one in self.first.items()},
            "total": {name: one.to_dict() for name, one in self.total.items()},
        }


def sobol(name: str, names: tuple[str, ...], a: Floats, b: Floats, mixed: Floats) -> SobolIndices:
    """Return the indices of one measure.

    Parameters
    ----------
    name : str
        The measure.
    names : tuple of str
        The rates.
    a, b : ndarray
        Logarithms of the measure at the points of both halves, shape (scramblings, points).
    mixed : ndarray
        The same at the points of A with one column of B, shape (rates, scramblings, points).

    Returns
    -------
    SobolIndices
        All 0 where the measure does not vary.
    """
    everything = np.concatenate([a.ravel(), b.ravel(), mixed.ravel()])
    low, high = np.quantile(everything, [0.05, 0.95], method="inverted_cdf")
    finite = bool(np.isfinite(everything).all())
    logarithm = finite and bool(high - low > np.log(DECADE))
    if not logarithm:
        top = float(everything.max())
        top = top if np.isfinite(top) else 0.0
        a, b, mixed = (np.exp(x - top) for x in (a, b, mixed))
    found = np.array([_of_one(a[r], b[r], mixed[:, r]) for r in range(len(a))])
    first, total = ({n: average(found[:, k, j]) for j, n in enumerate(names)} for k in (0, 1))
    return SobolIndices(f"log {name}" if logarithm else name, first, total)


def _of_one(a: Floats, b: Floats, mixed: Floats) -> Floats:
    """First and total indices of one scrambling, shape (2, rates)."""
    from scipy.stats import sobol_indices

    if np.ptp(np.concatenate([a, b])) == 0:
        return np.zeros((2, len(mixed)))
    if len(mixed) == 1:
        return np.ones((2, 1))  # all of the variance, and SciPy takes at least two
    samples = {"f_A": a[None], "f_B": b[None], "f_AB": mixed[:, None]}
    found = sobol_indices(func=samples, n=len(a))
    return np.array([found.first_order, found.total_order])
