"""The axes of a sweep: which parameters vary, along which dimension, and through which values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.mean_times import waiting_times
from rejuvmodel.model_parameters import ParametricModel, parameter, require_different
from rejuvmodel.parameter_values import Parameter, are_durations, checked_values

if TYPE_CHECKING:
    from numpy.typing import NDArray

_RULE = "over is a mapping from names of parameters to the values they take"


@dataclass(frozen=True, eq=False)
class Column:
    """One parameter along an axis.

    Attributes
    ----------
    parameter : Parameter
        What varies.
    shown : ndarray
        The coordinate: rates [1/h], mean times [h], numbers or words, as they were given.
    values : ndarray
        What the parameter is set to: a mean time is shown in hours and set as a rate.
    """

    parameter: Parameter
    shown: NDArray[Any]
    values: NDArray[Any]

    @property
    def attributes(self) -> dict[str, str]:
        """What the coordinate says of itself."""
        one = self.parameter
        found = {"long_name": one.long_name, "symbol": one.symbol, "units": one.unit}
        return {key: text for key, text in found.items() if text}


@dataclass(frozen=True, eq=False)
class Axis:
    """One dimension of the grid; parameters that vary together share it.

    Attributes
    ----------
    name : str
        Name of the dimension.
    columns : tuple of Column
        Its parameters, all of one length.
    """

    name: str
    columns: tuple[Column, ...]

    def __len__(self) -> int:
        """Return the number of values."""
        return len(self.columns[0].values)


def axes_of(model: ParametricModel, over: object) -> tuple[Axis, ...]:
    """Return the axes that a user described.

    Parameters
    ----------
    model : Cluster, Reactive or Pool
        The model whose parameters vary.
    over : mapping
        For each dimension a parameter and its values; or any name and a mapping (or data frame) of several
        parameters that vary together.

    Returns
    -------
    tuple of Axis
        In the order of the mapping.

    Raises
    ------
    InvalidInputError
        If a name is unknown or used twice, or values are not allowed or of different lengths.
    """
    if not isinstance(over, Mapping) or not over:
        raise InvalidInputError("over", shown(over), _RULE, 'Write over={"aging": [1/168, 1/336]}.')
    axes = tuple(_axis(model, name, values) for name, values in over.items())
    columns = [column for axis in axes for column in axis.columns]
    require_different([column.parameter for column in columns])
    inner = [c.parameter.name for axis in axes for c in axis.columns if c.parameter.name != axis.name]
    names = [axis.name for axis in axes] + inner
    for name in names:
        if names.count(name) > 1:
            raise InvalidInputError(
                "over", f"the name {shown(name)} twice", "every dimension and coordinate has its own name"
            )
    return axes


def _axis(model: ParametricModel, name: object, values: Any) -> Axis:
    if not isinstance(name, str) or not name:
        raise InvalidInputError("over", f"the name {shown(name)}", "a dimension is named by text")
    if not (isinstance(values, Mapping) or hasattr(values, "columns")):
        return Axis(name, (_column(model, name, values),))
    columns = tuple(_column(model, inner, values[inner]) for inner in values)
    lengths = {column.parameter.name: len(column.values) for column in columns}
    if len(set(lengths.values())) != 1:
        said = ", ".join(f"{length} for {inner}" for inner, length in lengths.items()) or "nothing"
        raise InvalidInputError(
            f"over[{shown(name)}]", said, "parameters that vary together have equally many values"
        )
    return Axis(name, columns)


def _column(model: ParametricModel, name: object, values: Any) -> Column:
    one = parameter(model, name)
    if isinstance(values, str) or (np.ndim(values) == 0 and not hasattr(values, "__len__")):
        raise InvalidInputError(
            one.name,
            shown(values),
            "over takes a one-dimensional sequence of values",
            "Write it in brackets.",
        )
    if not isinstance(values, np.ndarray | list | tuple):
        values = values.to_numpy() if hasattr(values, "to_numpy") else list(values)
    if one.group == "rates" and are_durations(values):
        one = parameter(model, name, durations=True)
    found = checked_values(one, values)
    if found.ndim != 1 or not len(found):
        raise InvalidInputError(
            one.name, f"an array of shape {found.shape}", "over takes a one-dimensional sequence of values",
            "Give each dimension of the grid a name of its own.",
        )  # fmt: skip
    given = np.asarray(waiting_times(one.name, values)) if one.group == "mean_times" else found
    return Column(one, given, found)
