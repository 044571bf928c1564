"""ExpectedOptimum: the one decision that is best on average, what it gives up, and what knowing is worth."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.propagation.averages import Average
from rejuvmodel.propagation.spreads import Spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Shares whose quantiles a band shows.
BAND = (0.05, 0.25, 0.5, 0.75, 0.95)


@dataclass(frozen=True, eq=False)
class Band:
    """The objective as a curve in the decision, with its uncertainty.

    Attributes
    ----------
    decisions : ndarray
        Rates [1/h], with a trigger mean delays [h]; ascending, 0 and infinity included.
    log_quantiles : ndarray
        Natural logarithms of the quantiles `BAND` of the objective, shape (5, decisions).
    log_mean : ndarray
        Natural logarithms of its mean.
    """

    decisions: Floats
    log_quantiles: Floats
    log_mean: Floats

    def __post_init__(self) -> None:
        for name in ("decisions", "log_quantiles", "log_mean"):
            kept = np.array(getattr(self, name), dtype=np.float64)
            kept.setflags(write=False)
            object.__setattr__(self, name, kept)

    def __reduce__(self) -> tuple[Any, ...]:
        return Band, tuple(np.asarray(getattr(self, name)) for name in self.__dataclass_fields__)


@dataclass(frozen=True, eq=False)
class ExpectedOptimum:
    """The decision that minimises the expected objective while the rates are uncertain.

    Values are over the horizon of the result: in the currency of the costs, or without costs in hours of
    downtime.

    Attributes
    ----------
    rate : float
        Rejuvenation rate λ_r [1/h] of least expected objective; with a trigger 1/period.
    period : float
        Mean delay [h] before the rejuvenation.
    location : str
        "interior", "lower bound", "upper bound" (of the bounds, on their axis) or "flat".
    expected : Average
        Expected objective there.
    best_guess : float
        Decision that `optimize` takes at the model's own rates, on the axis of the bounds.
    regret : Average
        How much more the objective is expected to be at that decision.
    perfect_information : Average
        Expected value of perfect information (EVPI): how much less the objective would be on average if all
        rates were known before deciding.
    partial_information : mapping of Average, or None
        The same if one rate were known (EVPPI), by rate. None for a pool with several uncertain rates, where
        it would take too long.
    best_rates : Spread
        Distribution of the best rate [1/h] if all rates were known; with a trigger of 1/period.
    best_periods : Spread
        The same as mean delays [h].
    band : Band
        The objective per hour against the decision.
    bounds : tuple of float
        Interval of decisions, rates [1/h] or with a trigger mean delays [h].
    possible_gain : float or None
        Share of the expected objective by which no rate of the bounds can be better on the points compared;
        None where there is no such bound: with a trigger, for a pool, or where nothing fails.
    by_rate : bool
        Whether decisions are rates.
    points : int
        Points of each scrambling that the decision was compared on.
    """

    rate: float
    period: float
    location: str
    expected: Average
    best_guess: float
    regret: Average
    perfect_information: Average
    partial_information: Mapping[str, Average] | None
    best_rates: Spread
    best_periods: Spread
    band: Band
    bounds: tuple[float, float]
    possible_gain: float | None
    by_rate: bool
    points: int

    @property
    def certainty(self) -> str:
        """What is known of the search, in words."""
        if self.possible_gain is None:
            return "found by a search, not proved"
        share = max(100 * self.possible_gain, 0.001)
        return f"no rate of the bounds is better by more than {share:.2g} % on the points compared"

    @property
    def decision(self) -> float:
        """The decision on the axis of the bounds."""
        return self.rate if self.by_rate else self.period

    @property
    def best_guess_period(self) -> float:
        """Mean delay [h] that `optimize` takes at the model's own rates."""
        if not self.by_rate:
            return self.best_guess
        return 1 / self.best_guess if self.best_guess > 0 else inf

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            One entry per attribute but the band.
        """
        partial = self.partial_information
        return {
            "rate": self.rate, "period": self.period, "location": self.location,
            "expected": self.expected.to_dict(), "best_guess": self.best_guess,
            "best_guess_period": self.best_guess_period, "regret": self.regret.to_dict(),
            "perfect_information": self.perfect_information.to_dict(),
            "partial_information": None if partial is None else {k: v.to_dict() for k, v in partial.items()},
            "best_rates": self.best_rates.to_dict(), "best_periods": self.best_periods.to_dict(),
            "bounds": list(self.bounds), "possible_gain": self.possible_gain, "by_rate": self.by_rate,
            "points": self.points,
        }  # fmt: skip
