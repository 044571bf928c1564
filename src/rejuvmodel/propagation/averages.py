"""Averages over scramblings, with the error that their independence shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Average:
    """An average with its standard error.

    Attributes
    ----------
    mean : float
        The average.
    standard_error : float
        Its standard error, from independent scramblings of the points.
    """

    mean: float
    standard_error: float

    def __format__(self, spec: str) -> str:
        """Mean and standard error, each in the given format."""
        return f"{self.mean:{spec or '.6g'}} ± {self.standard_error:{spec or '.2g'}}"

    def __str__(self) -> str:
        return format(self, "")

    def times(self, factor: float) -> Average:
        """Return the average of a multiple.

        Parameters
        ----------
        factor : float
            At least 0.

        Returns
        -------
        Average
            Mean and error times the factor.
        """
        return Average(self.mean * factor, self.standard_error * factor)

    def to_dict(self) -> dict[str, float]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            ``mean`` and ``standard_error``.
        """
        return {"mean": self.mean, "standard_error": self.standard_error}


def average(of_scramblings: Floats) -> Average:
    """Return the mean of what the scramblings gave, and its error.

    Parameters
    ----------
    of_scramblings : ndarray
        One number for each scrambling.

    Returns
    -------
    Average
        Of infinite numbers the error is infinite.
    """
    numbers = np.asarray(of_scramblings, dtype=np.float64)
    mean = float(numbers.mean())
    if not np.isfinite(numbers).all():
        return Average(mean, np.inf)
    return Average(mean, float(numbers.std(ddof=1) / np.sqrt(len(numbers))))


def log_mean(logs: Floats) -> Floats:
    """Return the logarithms of the means along the last axis.

    Parameters
    ----------
    logs : ndarray
        Natural logarithms, −inf for 0.

    Returns
    -------
    ndarray
        Logarithms of the means, one axis less.
    """
    top = np.max(logs, axis=-1, keepdims=True)
    safe = np.where(np.isfinite(top), top, 0.0)
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(np.mean(np.exp(logs - safe), axis=-1)) + safe[..., 0])
