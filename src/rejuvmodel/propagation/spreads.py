"""Spread: the distribution of one measure over a sample of quasi-Monte Carlo points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.arrays import real
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.propagation.averages import Average, average, log_mean

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

_SHARES = "a share is above 0 and below 1"


@dataclass(frozen=True, eq=False)
class Spread:
    """Distribution of a measure, from points that stand for what is known of the rates.

    Attributes
    ----------
    name : str
        The measure.
    unit : str
        Its unit; empty for a probability.
    logs : ndarray
        Natural logarithms of the values, shape (scramblings, points); of an availability those of one minus
        the value. Read-only.
    complement : bool
        Whether the value is one minus the exponential.
    """

    name: str
    unit: str
    logs: Floats
    complement: bool = False

    def __post_init__(self) -> None:
        kept = np.array(self.logs, dtype=np.float64)
        kept.setflags(write=False)
        object.__setattr__(self, "logs", kept)

    @property
    def values(self) -> Floats:
        """Values at all points, shape (scramblings, points)."""
        with np.errstate(over="ignore"):
            found: Floats = -np.expm1(self.logs) if self.complement else np.exp(self.logs)
        return found

    @property
    def mean(self) -> Average:
        """Expected value, with its standard error; infinite where some value is."""
        with np.errstate(over="ignore"):
            found = average(np.exp(log_mean(self.logs)))
        return Average(1.0 - found.mean, found.standard_error) if self.complement else found

    @property
    def median(self) -> float:
        """Value below which half of the distribution lies."""
        return float(self.quantile(0.5))

    def quantile(self, share: Any) -> float | Floats:
        """Return the values below which the given shares of the distribution lie.

        Parameters
        ----------
        share : float or array-like
            Shares, above 0 and below 1.

        Returns
        -------
        float or ndarray
            Values of points of the sample, so that quantiles of measures that follow from each other do too.

        Raises
        ------
        InvalidInputError
            If a share is not between 0 and 1.
        """
        shares = np.asarray(_shares(share))
        logs = self._log_quantile(self.logs.ravel(), shares)
        values = -np.expm1(logs) if self.complement else np.exp(logs)
        return float(values) if values.ndim == 0 else values

    def quantile_error(self, share: float) -> float:
        """Return the standard error of a quantile.

        Parameters
        ----------
        share : float
            Share, above 0 and below 1.

        Returns
        -------
        float
            From the quantiles of the scramblings, each by itself.
        """
        shares = np.asarray(_shares(share))
        logs = [float(self._log_quantile(one, shares)) for one in self.logs]
        with np.errstate(over="ignore"):
            return average(np.exp(np.array(logs))).standard_error

    def probability_at_most(self, value: float) -> Average:
        """Return the probability that the measure is at most a value.

        Parameters
        ----------
        value : float
            The value.

        Returns
        -------
        Average
            The probability. Its error is never stated below the share of one point, as none or all of the
            points may lie below.
        """
        return share_of(self.values <= value)

    def histogram(self, bins: int = 40) -> tuple[Floats, Floats]:
        """Return edges and heights of a histogram in the logarithm of the measure.

        Parameters
        ----------
        bins : int, optional
            Number of bins.

        Returns
        -------
        tuple of ndarray
            Edges, as values (of an availability: as unavailabilities), and the share of the distribution in
            each bin; points at 0 and infinity lie in none.
        """
        logs = self.logs[np.isfinite(self.logs)]
        if not len(logs) or logs.min() == logs.max():
            return np.exp(np.array([logs.min(initial=0.0)] * 2)), np.array([len(logs) / self.logs.size])
        low, high = np.quantile(logs, [0.001, 0.999])
        low, high = (low, high) if low < high else (logs.min(), logs.max())
        counts, edges = np.histogram(logs, bins=bins, range=(low, high))
        return np.exp(edges), counts / self.logs.size

    def to_dict(self) -> dict[str, Any]:
        """Return quantiles and mean as plain values.

        Returns
        -------
        dict
            ``unit``, ``low`` (5 %), ``median``, ``high`` (95 %), ``mean`` and ``standard_error`` of the mean.
        """
        low, median, high = np.asarray(self.quantile([0.05, 0.5, 0.95])).tolist()
        return {"unit": self.unit, "low": low, "median": median, "high": high} | self.mean.to_dict()

    def _log_quantile(self, logs: Floats, shares: Floats) -> Floats:
        if self.complement:
            return np.asarray(np.quantile(logs, 1 - shares, method="inverted_cdf"))
        return np.asarray(np.quantile(logs, shares, method="inverted_cdf"))

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, because unpickled arrays are writable.
        return Spread, (self.name, self.unit, np.asarray(self.logs), self.complement)


def share_of(seen: NDArray[np.bool_]) -> Average:
    """Return the probability of what was seen at some points.

    Parameters
    ----------
    seen : ndarray of bool
        Shape (scramblings, points).

    Returns
    -------
    Average
        The share, its error at least that of one point.
    """
    found = average(seen.mean(axis=1))
    return Average(found.mean, max(found.standard_error, 1.0 / seen.size))


def _shares(share: Any) -> Any:
    shares = real("share", share, _SHARES, open_minimum=True)
    if np.any(np.asarray(shares) >= 1):
        raise InvalidInputError("share", str(share), _SHARES, "Write 0.95 for 95 %.")
    return shares
