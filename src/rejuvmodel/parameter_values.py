"""Values of one parameter, checked by the class that the parameter belongs to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.array_likes import placed
from rejuvmodel.arrays import Numbers, is_number
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.mean_times import mean_rate, waiting_times
from rejuvmodel.models.pool_inputs import pool_count, pool_dormancy, pool_guarded, pool_mode
from rejuvmodel.models.trigger import CLOCKS
from rejuvmodel.parameters import Costs, Rates

if TYPE_CHECKING:
    from numpy.typing import NDArray

_LEAST = {"servers": 1, "primaries": 1, "spares": 0, "required": 1, "slots": 0, "crews": 1}
#: Which mean times may be infinite, and which 0.
_LIMITS = {
    "aging": {"allow_infinite": True},
    "failure": {"allow_infinite": True},
    "rejuvenation": {"allow_infinite": True, "allow_zero": True},
}


@dataclass(frozen=True)
class Parameter:
    """One parameter of a model.

    Attributes
    ----------
    name : str
        As it was typed.
    group : str
        "rates", "mean_times", "period", "costs" or "layout".
    field : str
        The field of the model, its rates or the costs.
    long_name : str
        What it is.
    symbol : str
        Its symbol in the theory pages; may be empty.
    unit : str
        "1/h", "h", "1" for numbers without unit, "currency/h", "currency"; empty for words.
    """

    name: str
    group: str
    field: str
    long_name: str
    symbol: str
    unit: str

    @property
    def key(self) -> tuple[str, str]:
        """What is set: the same for a rate, its mean time and the period."""
        group = "rates" if self.group in ("mean_times", "period") else self.group
        return group, self.field


def are_durations(values: object) -> bool:
    """Tell whether values are durations by their type: text or timedelta.

    Parameters
    ----------
    values : object
        One value, or a sequence or array of values.

    Returns
    -------
    bool
        Whether there is a value, and the first is text, a timedelta or a timedelta64.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind != "O":
        return values.dtype.kind in "mUT"
    if not isinstance(values, str | timedelta) and hasattr(values, "__iter__"):
        values = next(iter(values), None)
    return isinstance(values, str | timedelta | np.timedelta64)


def checked_values(one: Parameter, values: Any) -> NDArray[Any]:
    """Return the values that a parameter is set to, one by one or many, each in the unit of its field.

    Parameters
    ----------
    one : Parameter
        The parameter.
    values : object
        One value or a one-dimensional sequence of them, as the user gave them.

    Returns
    -------
    ndarray
        Of a rate or mean time, rates [1/h]; of a period, hours; else the values.

    Raises
    ------
    InvalidInputError
        If a value is not allowed by itself; whether it fits the others shows when the model is built.
    """
    if one.group == "mean_times":
        # Under the name of a rate a number is a rate, and would be an hour among durations.
        if not one.name.startswith("mean_times.") and isinstance(values, list | tuple):
            for k, value in enumerate(values):
                if is_number(value):
                    raise InvalidInputError(
                        placed(one.name, (k,)), f"{shown(value)} among durations",
                        "values are all rates per hour or all durations", 'Write it with its unit: "3 h".',
                    )  # fmt: skip
        return np.asarray(mean_rate(one.name, values, **_LIMITS.get(one.field, {})))
    if one.group == "period":
        return np.asarray(waiting_times(one.name, values))
    if one.group in ("rates", "costs"):
        return np.asarray(_numbers(one, values))
    if isinstance(values, str) or not hasattr(values, "__len__"):
        return np.asarray(_layout(one.field, one.name, values))
    found = [_layout(one.field, placed(one.name, (k,)), value) for k, value in enumerate(values)]
    return np.array(found)


def _numbers(one: Parameter, values: Any) -> Numbers:
    """Rates or costs, checked by the class that they belong to."""
    try:
        if one.group == "costs":
            checked: Any = Costs(**({"failure": 0, "rejuvenation": 0} | {one.field: values}))
        else:
            others = {"aging": 1, "failure": 1, "repair": 1, "restart": 1}
            checked = Rates(**(others | {one.field: values}))
    except InvalidInputError as error:
        place = error.argument.removeprefix(one.field)
        raise InvalidInputError(f"{one.name}{place}", error.found, error.rule, error.advice) from None
    found: Numbers = getattr(checked, one.field)
    return found


def _layout(field: str, name: str, value: object) -> int | float | str | bool:
    """One value of a field that is no rate."""
    if field == "clock":
        if not isinstance(value, str) or value not in CLOCKS:
            raise InvalidInputError(name, shown(value), 'a clock is "unstable" or "service"')
        return value
    try:
        if field == "mode":
            return pool_mode(value)
        if field == "guarded":
            return pool_guarded(value)
        return pool_dormancy(value) if field == "dormancy" else pool_count(field, value, _LEAST[field])
    except InvalidInputError as error:
        raise InvalidInputError(name, error.found, error.rule, error.advice) from None
