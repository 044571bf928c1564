"""Uncertainty: what follows for a model from what is known of its rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.decided_policy import decided_policy
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.html_tables import html_table
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.parameters import Costs
from rejuvmodel.policy import RejuvenationPolicy
from rejuvmodel.propagation.averages import Average
from rejuvmodel.propagation.expected_optimum import ExpectedOptimum
from rejuvmodel.propagation.indices import SobolIndices
from rejuvmodel.propagation.marginals import Marginal
from rejuvmodel.propagation.spreads import Spread
from rejuvmodel.propagation.uncertainty_words import HEAD, measure_rows, notes

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False, repr=False)
class Uncertainty:
    """Distributions of availability, downtime, cost and the best decision while rates are uncertain.

    Attributes
    ----------
    model : Cluster, Reactive or Pool
        The model at the decision its measures belong to.
    inputs : tuple of Marginal
        What is known of each uncertain rate.
    at : str
        Where that decision comes from: "model", or "decision" if it is that of least expected objective.
    unavailability : Spread
        Distribution of the unavailability.
    downtime : Spread
        Of the downtime [h] over the horizon.
    cost : Spread or None
        Of the cost over the horizon; None without costs.
    indices : mapping of SobolIndices
        Where the variance of "unavailability" and, with costs, of "cost" comes from.
    decision : ExpectedOptimum or None
        The decision of least expected objective; None where nothing is decided.
    target : float or None
        Unavailability that is allowed, None without a target.
    meets_target : Average or None
        Probability that the target is met.
    costs : Costs or None
        Costs of the objective.
    horizon : float
        Time [h] of downtime, cost and values of information.
    seed : int
        Gives the same numbers again.
    columns : mapping of ndarray
        Uncertain rates [1/h] at the points, shape (scramblings, points) each; read-only.
    """

    model: Cluster | Reactive | Pool
    inputs: tuple[Marginal, ...]
    at: str
    unavailability: Spread
    downtime: Spread
    cost: Spread | None
    indices: Mapping[str, SobolIndices]
    decision: ExpectedOptimum | None
    target: float | None
    meets_target: Average | None
    costs: Costs | None
    horizon: float
    seed: int
    columns: Mapping[str, Floats]

    def __post_init__(self) -> None:
        kept = {}
        for name, column in self.columns.items():
            kept[name] = np.array(column, dtype=np.float64)
            kept[name].setflags(write=False)
        object.__setattr__(self, "columns", kept)

    @property
    def availability(self) -> Spread:
        """Distribution of the availability."""
        return Spread("availability", "", self.unavailability.logs, complement=True)

    @property
    def points(self) -> int:
        """Points of each scrambling."""
        return int(self.unavailability.logs.shape[1])

    @property
    def scramblings(self) -> int:
        """Independent scramblings of the points."""
        return int(self.unavailability.logs.shape[0])

    @property
    def spreads(self) -> dict[str, Spread]:
        """All distributions by name."""
        found = {
            "availability": self.availability, "unavailability": self.unavailability,
            "downtime": self.downtime, "cost": self.cost,
        }  # fmt: skip
        if self.decision is not None:
            found["best_rate"], found["best_period"] = self.decision.best_rates, self.decision.best_periods
        return {name: one for name, one in found.items() if one is not None}

    def policy(
        self,
        *,
        scope: str,
        required: int | None = None,
        max_concurrent: int | None = None,
        jitter: float | timedelta | str = 0.0,
        currency: str | None = None,
    ) -> RejuvenationPolicy:
        """Return the decision as a policy, which can be saved and applied to servers.

        Parameters
        ----------
        scope : {"cluster", "server"}
            Whose clock the delay is, as for `Optimum.policy`; so are the defaults of what follows.
        required : int, optional
            Servers that must go on serving.
        max_concurrent : int, optional
            Servers that may rejuvenate at the same time.
        jitter : float, timedelta or str, optional
            Largest extra delay [h], added at random to spread restarts.
        currency : str, optional
            Label of the costs.

        Returns
        -------
        RejuvenationPolicy
            With the decision of least expected objective. It predicts the expected unavailability and cost;
            its rates are the best guess, and ``computed_from["model"]`` holds what was known of each.

        Raises
        ------
        InvalidInputError
            If nothing was decided, the measures are those of another wait, the scope does not fit the model,
            or a law of your own fits no file.
        """
        if self.decision is None or self.at != "decision":
            raise InvalidInputError(
                "at", shown(self.at),
                "a policy needs a decision, and measures at that decision",
                'Ask for uncertainty(…, at="decision"), with bounds or with costs.',
            )  # fmt: skip
        assert not isinstance(self.model, Reactive)  # the prior-art model decides nothing
        best, costs = self.decision, self.costs
        predicted = {
            "unavailability": self.unavailability.mean.mean,
            "horizon": self.horizon,
            "cost_rate": None if self.cost is None else self.cost.mean.mean / self.horizon,
            "currency": currency,
        }
        computed_from = {
            "costs": None if costs is None else costs.to_dict(),
            "rate_bounds" if best.by_rate else "mean_bounds": list(best.bounds),
        }
        return decided_policy(
            self.model, best.period, scope, computed_from, required=required, max_concurrent=max_concurrent,
            jitter=jitter, predicted=predicted, known={one.name: one.source for one in self.inputs},
        )  # fmt: skip

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the points as plain values.

        Returns
        -------
        dict
            Inputs, quantiles and means of all measures, indices, the decision and the target.
        """
        return {
            "model": self.model.to_dict(), "inputs": [one.to_dict() for one in self.inputs],
            "at": self.at, "measures": {k: v.to_dict() for k, v in self.spreads.items()},
            "indices": {k: v.to_dict() for k, v in self.indices.items()},
            "decision": None if self.decision is None else self.decision.to_dict(), "target": self.target,
            "meets_target": None if self.meets_target is None else self.meets_target.to_dict(),
            "costs": None if self.costs is None else self.costs.to_dict(), "horizon": self.horizon,
            "points": self.points, "scramblings": self.scramblings, "seed": self.seed,
        }  # fmt: skip

    def to_dataframe(self) -> pd.DataFrame:
        """Return the points as a table.

        Returns
        -------
        pandas.DataFrame
            One row for each point, its scrambling as the index: the uncertain rates [1/h], unavailability,
            downtime [h] and cost over the horizon.
        """
        import pandas as pd

        index = pd.Index(np.repeat(np.arange(self.scramblings), self.points), name="scrambling")
        table = {name: column.ravel() for name, column in self.columns.items()}
        for name in ("unavailability", "downtime", "cost"):
            if name in self.spreads:
                table[name] = self.spreads[name].values.ravel()
        return pd.DataFrame(table, index=index)

    def _notes(self) -> list[str]:
        met = None
        if self.target is not None and self.meets_target is not None:
            met = self.target, self.meets_target
        return notes(self.indices, self.decision, met, self.horizon, priced=self.costs is not None)

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, because unpickled arrays are writable.
        return Uncertainty, tuple(getattr(self, name) for name in self.__dataclass_fields__)

    def __repr__(self) -> str:
        table = [("", "5 %", "median", "95 %", "mean"), *measure_rows(self.spreads, self.horizon)]
        widths = [max(len(row[k]) for row in table) for k in range(5)]
        lines = ["  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)) for row in table]
        return "\n".join(["Uncertainty", *(f"  {line}".rstrip() for line in lines), *self._notes()])

    def _repr_html_(self) -> str:
        known = [(one.name, one.source) for one in self.inputs]
        return (
            html_table("Uncertainty", measure_rows(self.spreads, self.horizon), HEAD)
            + html_table("What is known of the rates", known, ("rate", "source"))
            + html_table("What follows", [(f"{k}", line) for k, line in enumerate(self._notes(), 1)])
        )
