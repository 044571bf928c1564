"""Sensitivity: how much every parameter moves every measure, and which moves it most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.html_tables import html_table
from rejuvmodel.influences import Influence, InputParameter
from rejuvmodel.markov.flows import read_only

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from rejuvmodel.parameters import Costs

    Floats = NDArray[np.float64]

_HEAD = ("parameter", "symbol", "value", "derivative", "elasticity", "+10 % changes it by")
#: Units of the measures; the others have none.
UNITS = {"downtime": "h", "cost_rate": "currency/h", "cost": "currency"}


@dataclass(frozen=True, eq=False, repr=False)
class Sensitivity:
    """Derivatives and elasticities of the measures of one model with respect to its parameters.

    Attributes
    ----------
    parameters : tuple of InputParameter
        What the measures are differentiated by, each with name, long_name, symbol, unit and value.
    measures : tuple of str
        "availability", "unavailability", "planned_unavailability", "unplanned_unavailability", "downtime"
        [h], with costs "cost_rate" [1/h] and "cost".
    values : ndarray
        The measures f, shape (measures,); 0 where they underflow.
    log_values : ndarray
        Natural logarithms of the measures, shape (measures,); finite where they underflow, −inf for 0.
    derivatives : ndarray
        ∂f/∂θ, shape (measures, parameters).
    elasticities : ndarray
        (θ/f)·∂f/∂θ, shape (measures, parameters).
    costs : Costs or None
        Costs that the cost rate is made of.
    horizon : float
        Time [h] over which downtime and cost are counted.
    method : str
        How they were obtained: "closed form", "product form" or "GTH".

    Notes
    -----
    A measure that vanishes with a parameter which is 0 has there the elasticity of its leading power, so that
    of the planned unavailability with respect to λ_r = 0 is 1.
    """

    parameters: tuple[InputParameter, ...]
    measures: tuple[str, ...]
    values: Floats
    log_values: Floats
    derivatives: Floats
    elasticities: Floats
    costs: Costs | None
    horizon: float
    method: str

    def __post_init__(self) -> None:
        for name in ("values", "log_values", "derivatives", "elasticities"):
            object.__setattr__(self, name, read_only(getattr(self, name)))

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, because unpickled arrays are writable.
        return Sensitivity, tuple(getattr(self, name) for name in self.__dataclass_fields__)

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the parameters."""
        return tuple(one.name for one in self.parameters)

    def value(self, measure: str) -> float:
        """Return a measure.

        Parameters
        ----------
        measure : str
            Its name.

        Returns
        -------
        float
            Its value; 0 where it underflows.
        """
        return float(self.values[self._row(measure)])

    def derivative(self, measure: str, parameter: str) -> float:
        """Return one derivative.

        Parameters
        ----------
        measure, parameter : str
            Names of the measure f and the parameter θ.

        Returns
        -------
        float
            ∂f/∂θ.

        Raises
        ------
        InvalidInputError
            If there is no measure or parameter of that name.
        """
        return float(self.derivatives[self._row(measure), self._column(parameter)])

    def elasticity(self, measure: str, parameter: str) -> float:
        """Return one elasticity.

        Parameters
        ----------
        measure, parameter : str
            Names of the measure f and the parameter θ.

        Returns
        -------
        float
            (θ/f)·∂f/∂θ.

        Raises
        ------
        InvalidInputError
            If there is no measure or parameter of that name.
        """
        return float(self.elasticities[self._row(measure), self._column(parameter)])

    def ranking(self, measure: str = "unavailability") -> tuple[Influence, ...]:
        """Return the parameters by their influence on a measure.

        Parameters
        ----------
        measure : str, optional
            Its name.

        Returns
        -------
        tuple of Influence
            The largest absolute elasticity first.

        Raises
        ------
        InvalidInputError
            If there is no measure of that name.
        """
        row = self._row(measure)
        order = np.argsort(-np.abs(self.elasticities[row]), kind="stable")
        return tuple(self._influence(row, int(k)) for k in order)

    def records(self) -> list[dict[str, Any]]:
        """Return flat rows, for ``pandas.DataFrame`` and the like.

        Returns
        -------
        list of dict
            One for each measure and parameter as `Influence` says, with the value of the measure, in the
            order of `ranking`; ``rank`` counts from 1.
        """
        return [
            {"measure": measure, "measure_value": self.value(measure), "rank": rank}
            | {key: value for key, value in one.to_dict().items() if key != "measure"}
            for measure in self.measures
            for rank, one in enumerate(self.ranking(measure), 1)
        ]

    def to_dataframe(self) -> pd.DataFrame:
        """Return `records` as a data frame.

        Returns
        -------
        pandas.DataFrame
            Indexed by measure and parameter.
        """
        import pandas as pd

        return pd.DataFrame(self.records()).set_index(["measure", "parameter"])

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values.

        Returns
        -------
        dict
            ``method``, ``horizon`` [h], ``costs``, ``values`` and ``log_values`` by measure, and
            ``influences``: for each measure the `Influence` of every parameter, largest first.
        """
        return {
            "method": self.method, "horizon": self.horizon,
            "costs": None if self.costs is None else self.costs.to_dict(),
            "values": {name: self.value(name) for name in self.measures},
            "log_values": dict(zip(self.measures, self.log_values.tolist(), strict=True)),
            "influences": {name: [one.to_dict() for one in self.ranking(name)] for name in self.measures},
        }  # fmt: skip

    def _influence(self, row: int, column: int) -> Influence:
        one = self.parameters[column]
        return Influence(
            self.measures[row], one.name, one.long_name, one.symbol, one.unit, one.value,
            float(self.derivatives[row, column]), float(self.elasticities[row, column]),
        )  # fmt: skip

    def _row(self, measure: str) -> int:
        return _place(self.measures, measure, "measure")

    def _column(self, parameter: str) -> int:
        return _place(self.names, parameter, "parameter")

    def _main(self) -> str:
        """The measure that is shown where none is asked for."""
        return "cost_rate" if "cost_rate" in self.measures else "unavailability"

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                one.parameter, one.symbol, f"{one.value:.6g} {one.unit}", f"{one.derivative:.6g}",
                f"{one.elasticity:+z.4f}", f"{100 * (one.factor(0.1) - 1):+z.2f} %",
            )
            for one in self.ranking(self._main())
        ]  # fmt: skip

    def _title(self) -> str:
        name = self._main()
        unit = f" {UNITS[name]}" if name in UNITS else ""
        return f"Sensitivity of the {name.replace('_', ' ')}, {self.value(name):.6g}{unit} ({self.method})"

    def __repr__(self) -> str:
        rows = [_HEAD, *self._rows()]
        widths = [max(len(row[k]) for row in rows) for k in range(len(_HEAD))]
        lines = ["  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([self._title(), *(f"  {line.rstrip()}" for line in lines)])

    def _repr_html_(self) -> str:
        return html_table(self._title(), self._rows(), _HEAD)


def _place(names: tuple[str, ...], name: object, what: str) -> int:
    if isinstance(name, str) and name in names:
        return names.index(name)
    raise InvalidInputError(
        what, shown(name), f"a {what} is one of {', '.join(names)}",
        "Give costs= for measures of cost." if name in ("cost", "cost_rate") else "",
    )  # fmt: skip
