"""RangeEffects: what a measure is at both ends of the range of each parameter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rejuvmodel.html_tables import html_table
from rejuvmodel.sensitivity_result import UNITS

if TYPE_CHECKING:
    import pandas as pd

_HEAD = ("parameter", "symbol", "low", "high", "at low", "at high", "swing")


@dataclass(frozen=True)
class RangeEffect:
    """What a measure is at the ends of the range of one parameter.

    Attributes
    ----------
    parameter, long_name, symbol, unit : str
        The parameter: its name, what it is, its symbol, and its unit.
    low, high : float or str
        The ends of the range, as they were given.
    at_low, at_high : float
        The measure there.
    log_at_low, log_at_high : float
        Natural logarithms of it, finite where it underflows.
    """

    parameter: str
    long_name: str
    symbol: str
    unit: str
    low: float | str
    high: float | str
    at_low: float
    at_high: float
    log_at_low: float
    log_at_high: float

    @property
    def swing(self) -> float:
        """How far the measure moves over the range, at_high less at_low without its sign."""
        return abs(self.at_high - self.at_low)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            One entry per attribute, and the ``swing``.
        """
        return {name: getattr(self, name) for name in self.__dataclass_fields__} | {"swing": self.swing}


@dataclass(frozen=True, repr=False)
class RangeEffects:
    """The effect of the range of every parameter on one measure, each by itself.

    Attributes
    ----------
    measure : str
        The measure.
    value, log_value : float
        Its value for the model as it is, and the natural logarithm.
    effects : tuple of RangeEffect
        The widest swing first.
    horizon : float
        Time [h] over which downtime and cost are counted.
    """

    measure: str
    value: float
    log_value: float
    effects: tuple[RangeEffect, ...]
    horizon: float

    def records(self) -> list[dict[str, Any]]:
        """Return flat rows, for ``pandas.DataFrame`` and the like.

        Returns
        -------
        list of dict
            One for each parameter, as `RangeEffect` says.
        """
        return [one.to_dict() for one in self.effects]

    def to_dataframe(self) -> pd.DataFrame:
        """Return `records` as a data frame.

        Returns
        -------
        pandas.DataFrame
            Indexed by parameter.
        """
        import pandas as pd

        return pd.DataFrame(self.records()).set_index("parameter")

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values.

        Returns
        -------
        dict
            One entry per attribute; ``effects`` as `records`.
        """
        return {
            "measure": self.measure, "value": self.value, "log_value": self.log_value,
            "horizon": self.horizon, "effects": self.records(),
        }  # fmt: skip

    def _rows(self) -> list[tuple[str, ...]]:
        return [
            (
                one.parameter,
                one.symbol,
                end_in_words(one.low, one.unit),
                end_in_words(one.high, one.unit),
                f"{one.at_low:.6g}",
                f"{one.at_high:.6g}",
                f"{one.swing:.6g}",
            )
            for one in self.effects
        ]

    def _title(self) -> str:
        unit = f" {UNITS[self.measure]}" if self.measure in UNITS else ""
        return f"Effects of ranges on the {self.measure.replace('_', ' ')}, {self.value:.6g}{unit}"

    def __repr__(self) -> str:
        rows = [_HEAD, *self._rows()]
        widths = [max(len(row[k]) for row in rows) for k in range(len(_HEAD))]
        lines = ["  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)) for row in rows]
        return "\n".join([self._title(), *(f"  {line.rstrip()}" for line in lines)])

    def _repr_html_(self) -> str:
        return html_table(self._title(), self._rows(), _HEAD)


def end_in_words(end: float | str, unit: str) -> str:
    """Return an end of a range with its unit; text as it was typed.

    Parameters
    ----------
    end : float or str
        The end.
    unit : str
        Unit of the parameter.

    Returns
    -------
    str
        Such as "0.5 1/h" or "20 min".
    """
    if isinstance(end, str):
        return end
    return f"{end:.4g}" + {"1/h": "/h", "h": " h"}.get(unit, "")
