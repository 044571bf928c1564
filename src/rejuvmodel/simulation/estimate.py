"""Estimate: a simulated value, and the interval in which the true one lies at a stated confidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Estimate:
    """A simulated value with its confidence interval.

    ``value in estimate`` tells whether a value lies in the interval.

    Attributes
    ----------
    mean : float
        The estimate itself.
    low, high : float
        Limits of the confidence interval; need not lie equally far from the mean.
    standard_error : float
        Standard error of the mean. Of no use while few replications contribute: use the limits.
    seen : int
        Number of replications that contribute, because what is counted happened in them.
    replications : int
        Number of replications.
    confidence : float
        How often such intervals hold the true value, such as 0.99.
    """

    mean: float
    low: float
    high: float
    standard_error: float
    seen: int
    replications: int
    confidence: float

    def __contains__(self, value: float) -> bool:
        return self.low <= value <= self.high

    def __format__(self, spec: str) -> str:
        """Mean and limits, each in the given format."""
        mean, low, high = (format(x, spec or ".6g") for x in (self.mean, self.low, self.high))
        return f"{mean} ({low} to {high})"

    def __str__(self) -> str:
        return format(self, "")

    def times(self, factor: float) -> Estimate:
        """Return the estimate of a multiple.

        Parameters
        ----------
        factor : float
            At least 0.

        Returns
        -------
        Estimate
            Mean, limits and standard error times the factor.
        """
        mean, low, high, error = (
            factor * x if factor else 0.0 for x in (self.mean, self.low, self.high, self.standard_error)
        )
        return Estimate(mean, low, high, error, self.seen, self.replications, self.confidence)

    def complement(self) -> Estimate:
        """Return the estimate of one minus the value.

        Returns
        -------
        Estimate
            Of an availability, if this is one of an unavailability.
        """
        return Estimate(
            1.0 - self.mean, 1.0 - self.high, 1.0 - self.low, self.standard_error, self.seen,
            self.replications, self.confidence,
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            One entry per attribute.
        """
        return {name: getattr(self, name) for name in self.__dataclass_fields__}
