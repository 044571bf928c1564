"""The result of a sweep as an `xarray.Dataset`: dimensions and variables with names, units and symbols."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.optional_packages import optional_package
from rejuvmodel.sweeping.axes import Axis, Column
from rejuvmodel.sweeping.blocks import Grid
from rejuvmodel.sweeping.identity import library_version
from rejuvmodel.sweeping.jobs import MESSAGE, Setting
from rejuvmodel.sweeping.measures import OPTIMUM

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from xarray import Dataset


def data_set(
    setting: Setting, axes: tuple[Axis, ...], grid: Grid, values: dict[str, NDArray[Any]], methods: set[str]
) -> Dataset:
    """Return the values of a sweep with everything that explains them.

    Parameters
    ----------
    setting : Setting
        What was done at every point.
    axes : tuple of Axis
        The axes in the user's order.
    grid : Grid
        The same in the order of the points.
    values : dict of ndarray
        Values by variable.
    methods : set of str
        How points were solved.

    Returns
    -------
    xarray.Dataset
        Variables, coordinates and attributes; values are not copied.
    """
    dimensions = [axis.name for axis in axes]
    inside = [axis.name for axis in (*grid.outer, *grid.inner)]
    order = [inside.index(name) for name in dimensions]
    variables = {}
    for name, flat in values.items():
        array = flat.astype(np.str_) if flat.dtype == object else flat
        shaped = array.reshape(grid.shape).transpose(order)
        variables[name] = (dimensions, shaped, _attributes(setting, name))
    coordinates = {
        column.parameter.name: ([axis.name], _coordinate(axis, column), column.attributes)
        for axis in axes
        for column in axis.columns
    }
    found: Dataset = optional_package("xarray", "data").Dataset(
        variables, coordinates, _explanation(setting, methods)
    )
    return found


def _coordinate(axis: Axis, column: Column) -> Any:
    """The values of a coordinate; those of a dimension as an index, which would otherwise be a copy."""
    if column.parameter.name != axis.name:
        return column.shown
    return optional_package("pandas", "data").Index(column.shown, copy=False)


def _attributes(setting: Setting, name: str) -> dict[str, str]:
    if name == MESSAGE:
        return {"long_name": "why a point could not be solved; empty where it was"}
    if setting.search is not None and name in OPTIMUM:
        long_name, symbol, unit = OPTIMUM[name]
        if unit is None:
            unit = "1" if setting.costs is None else "currency/h"
        if name == "break_even":
            unit = "h" if setting.timed else "1/h"
        return {key: x for key, x in (("long_name", long_name), ("symbol", symbol), ("units", unit)) if x}
    return next(one.attributes for one in setting.measures if one.name == name)


def _explanation(setting: Setting, methods: set[str]) -> dict[str, str | float]:
    model, costs, search = setting.model, setting.costs, setting.search
    found: dict[str, str | float] = {
        "model": type(model).__name__,
        "parameters": json.dumps(model.to_dict()),
        "method": ", ".join(sorted(methods)),
        "version": f"rejuvmodel {library_version()}",
    }
    if costs is not None:
        found["costs"] = json.dumps(costs.to_dict())
    if any(one.name in ("downtime", "cost") for one in setting.measures):
        found["horizon"] = setting.horizon
    if search is not None:
        found["objective"] = "unavailability" if costs is None else "cost"
        found["bounds"] = str(search.get("bounds", "default"))
    return found
