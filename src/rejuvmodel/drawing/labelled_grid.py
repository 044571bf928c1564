"""What a heat map takes from xarray: one variable over two named dimensions, with units."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.durations import shown, words
from rejuvmodel.errors import InvalidInputError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Measures of which more is better; of a measure whose name has one of the other words, less is.
_MORE = ("availability", "nines", "reliability", "mean_time_to_outage", "gain")
_LESS = ("unavailability", "unreliability", "downtime", "cost")


@dataclass(frozen=True, eq=False)
class Axis:
    """Coordinates along one dimension, as numbers or as words, and what they are."""

    name: str
    values: NDArray[Any]
    label: str

    @property
    def numeric(self) -> bool:
        """Whether the coordinates are finite numbers that grow or fall."""
        if self.values.dtype.kind not in "iuf" or not np.all(np.isfinite(self.values)):
            return False
        steps = np.diff(self.values.astype(np.float64))
        return bool(np.all(steps > 0) or np.all(steps < 0))

    def at(self, place: int) -> str:
        """Return one coordinate in words: what it is, its value, and its unit."""
        return f"{self.what} {self.value(place)}"

    def value(self, place: int) -> str:
        """Return one coordinate: its value and its unit."""
        _, _, unit = self.label.removesuffix("]").partition(" [")
        after = unit[1:] if unit.startswith("1/") else f" {unit}".rstrip()
        return f"{coordinate_text(self.values[place])}{after}"

    @property
    def what(self) -> str:
        """What the coordinates are, without their unit."""
        return self.label.removesuffix("]").partition(" [")[0]


@dataclass(frozen=True, eq=False)
class Grid:
    """Values over two dimensions, shape (along the y axis, along the x axis)."""

    name: str
    values: Floats
    label: str
    x: Axis
    y: Axis


def labelled_grid(sweep: object, measure: str | None, across: str | None) -> Grid:
    """Return one variable of a sweep over its two dimensions.

    Parameters
    ----------
    sweep : xarray.Dataset or xarray.DataArray
        The values, with two dimensions that are longer than 1.
    measure : str or None
        The variable; may be left out if there is only one.
    across : str or None
        The dimension along the x axis; the last one by default.

    Returns
    -------
    Grid
        Values, coordinates and labels with units.
    """
    array = _array(sweep, measure).squeeze()
    names = [str(name) for name in array.dims]
    if len(names) != 2:
        dims = f"dimensions {', '.join(names)}" if names else "no dimension"
        raise InvalidInputError(
            "sweep", dims, "a heat map has two dimensions longer than 1",
            "Choose a place in the others first: sweep.sel(…).",
        )  # fmt: skip
    across = names[-1] if across is None else across
    if across not in names:
        raise InvalidInputError(
            "across", shown(across), f"across is one of the dimensions {names[0]} and {names[1]}",
            f'Write across="{names[1]}".',
        )  # fmt: skip
    down = next(name for name in names if name != across)
    array = array.transpose(down, across)
    try:
        values = np.asarray(array.values, np.float64)
    except (TypeError, ValueError):
        raise InvalidInputError(
            "measure", shown(str(array.name)), "a heat map shows numbers", "Choose another measure."
        ) from None
    name = str(array.name if array.name is not None else "value")
    return Grid(name, values, label_of(array, name), axis_of(array, across), axis_of(array, down))


def better(name: str) -> str | None:
    """Whether the "greatest" or the "least" of a measure is the best; None where its name does not say."""
    if any(word in name for word in _LESS):
        return "least"
    return "greatest" if any(word in name for word in _MORE) else None


def variable(sweep: Any, name: str | None, argument: str) -> Any:
    """Return the variable of a Dataset with that name; the only one where none is named."""
    names = [str(one) for one in sweep.data_vars]
    if name is None and len(names) == 1:
        return sweep[names[0]]
    if name not in names:
        given = "nothing" if name is None else shown(name)
        advice = f'Write {argument}="{names[0]}".' if names else "Sweep a measure."
        raise InvalidInputError(argument, given, f"{argument} is one of {', '.join(names)}", advice)
    return sweep[name]


def axis_of(array: Any, name: str) -> Axis:
    """Coordinates of a dimension; its places where it has none."""
    if name not in array.coords:
        return Axis(name, np.arange(array.sizes[name]), name)
    coordinate = array.coords[name]
    symbol = str(coordinate.attrs.get("symbol", ""))
    return Axis(name, np.asarray(coordinate.values), label_of(coordinate, name, symbol=symbol))


def label_of(array: Any, name: str, *, symbol: str = "") -> str:
    """Name in words, with its symbol, and its unit in brackets."""
    attributes = array.attrs
    text = str(attributes.get("long_name", name.replace("_", " ")))
    unit = str(attributes.get("units", ""))
    named = f"{text} ${symbol}$" if symbol else text
    return named if unit in ("", "1") else f"{named} [{unit}]"


def coordinate_text(value: Any) -> str:
    """A coordinate as a short text; spans of time in words."""
    if isinstance(value, np.timedelta64):
        return words(float(value / np.timedelta64(1, "s")) / 3600)
    return f"{value:.4g}" if isinstance(value, float | np.floating) else str(value)


def _array(sweep: Any, measure: str | None) -> Any:
    """The array of that name."""
    if not hasattr(sweep, "dims") or not hasattr(sweep, "coords"):
        raise InvalidInputError(
            "sweep", shown(sweep), "a heat map takes an xarray.Dataset or DataArray", "Write sweep(…) first."
        )
    if hasattr(sweep, "data_vars"):
        return variable(sweep, measure, "measure")
    if measure is not None and measure != sweep.name:
        raise InvalidInputError(
            "measure", shown(measure), f"the array holds {shown(sweep.name)}", "Leave measure out."
        )
    return sweep
