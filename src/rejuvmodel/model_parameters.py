"""Parameters of a model by name: what can be varied, in which unit, and the model at other values.

A name is a field of the model (``servers``, ``slots``) or of its rates (``aging``), or a key path as in the
cluster file: ``rates.aging`` [1/h], ``mean_times.aging`` [h], ``costs.failure``. ``period`` is the mean delay
before a rejuvenation [h]: 1/λ_r, and with a trigger the mean of its law, which is stretched in time.

A rate takes numbers, which are per hour; text and timedelta under its name are mean times, because they can
be nothing else. What is not varied stays as it is: a `Pool` keeps ``required``, whatever its ``primaries``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.models.trigger import Trigger
from rejuvmodel.parameter_values import Parameter, are_durations, checked_values
from rejuvmodel.parameters import COST_NAMES, RATE_NAMES, Costs

if TYPE_CHECKING:
    from numpy.typing import NDArray

ParametricModel: TypeAlias = "Cluster | Reactive | Pool"
_Model = TypeVar("_Model", bound="Cluster | Reactive | Pool")

#: Fields that are no rates: what they are, and their symbol.
_LAYOUT = {
    "servers": ("servers", "n"),
    "primaries": ("primaries", "n"),
    "spares": ("spares", "k"),
    "required": ("servers that must be up", ""),
    "slots": ("rejuvenations at the same time", ""),
    "crews": ("repairs at the same time", ""),
    "dormancy": ("share of the active rates on standby", ""),
    "mode": ("mode", ""),
    "guarded": ("rejuvenation waits for enough servers up", ""),
    "clock": ("where the delay is counted from", ""),
}
_PER_HOUR = {"failure", "rejuvenation", "capacity", "degraded"}
#: The name of the mean wait in the table [mean_times] of a cluster file.
_AFTER = "mean_times.rejuvenate_after"


def parameter_names(model: ParametricModel) -> tuple[str, ...]:
    """Return the names of all parameters that can be varied.

    Parameters
    ----------
    model : Cluster, Reactive or Pool
        The model.

    Returns
    -------
    tuple of str
        Fields, rates, ``mean_times.…``, ``period`` and ``costs.…``.

    Examples
    --------
    >>> parameter_names(Reactive(servers=2, failure=0.1, repair=1))[:4]
    ('servers', 'failure', 'repair', 'mean_times.failure')
    """
    layout = tuple(field.name for field in fields(model) if field.name in _LAYOUT)
    if model_trigger(model) is not None:
        layout = (*layout, "clock")
    rates = _rate_fields(model)
    period = () if isinstance(model, Reactive) else ("period",)
    costs = tuple(f"costs.{name}" for name in COST_NAMES)
    return (*layout, *rates, *(f"mean_times.{name}" for name in rates), *period, *costs)


def parameter(model: ParametricModel, name: object, *, durations: bool = False) -> Parameter:
    """Return what is known of a parameter.

    Parameters
    ----------
    model : Cluster, Reactive or Pool
        The model.
    name : str
        Its name; ``rates.`` in front of a rate may be left out.
    durations : bool, optional
        Whether its values are text or timedelta, so that a rate is given as a mean time.

    Returns
    -------
    Parameter
        Its group, field, meaning, symbol and unit.

    Raises
    ------
    InvalidInputError
        If the model has no such parameter; the error gives the nearest name.
    """
    known = parameter_names(model)
    if not isinstance(name, str):
        raise InvalidInputError("parameter", shown(name), f"a name is text, one of {', '.join(known)}")
    typed = "mean_times.rejuvenation" if name == _AFTER else name.removeprefix("rates.")
    if typed not in known:
        _refuse_name(model, name, typed, known)
    group, _, field = typed.rpartition(".")
    if typed == "period":
        return Parameter(name, "period", "rejuvenation", "mean delay before a rejuvenation", "", "h")
    if typed in _LAYOUT:
        unit = "" if typed in ("mode", "guarded", "clock") else "1"
        return Parameter(name, "layout", typed, *_LAYOUT[typed], unit)
    if group == "costs":
        unit = "currency/h" if field in _PER_HOUR else "currency"
        return Parameter(name, "costs", field, f"cost of one {COST_NAMES[field]}", "", unit)
    what, symbol = RATE_NAMES[field]
    if group == "mean_times" or durations:
        return Parameter(name, "mean_times", field, f"mean time, {what}", f"1/{symbol}", "h")
    return Parameter(name, "rates", field, f"rate, {what}", symbol, "1/h")


def with_parameters(
    model: _Model, changes: Mapping[str, Any], costs: Costs | None = None
) -> tuple[_Model, Costs | None]:
    """Return a model and costs with some parameters set to other values.

    Parameters
    ----------
    model : Cluster, Reactive or Pool
        The model.
    changes : mapping
        Values by name; rates, periods and costs may be arrays where the model takes a grid.
    costs : Costs, optional
        The costs, needed to change one of them.

    Returns
    -------
    tuple of model and Costs
        A new model, validated, and the costs.

    Raises
    ------
    InvalidInputError
        If a name is unknown, set twice, or a value is not allowed.

    Examples
    --------
    >>> base = Reactive(servers=2, failure=0.1, repair=1)
    >>> with_parameters(base, {"servers": 3, "mean_times.repair": "30 min"})[0]
    Reactive(servers=3, failure=0.1, repair=2.0)
    """
    found = [parameter(model, name, durations=are_durations(value)) for name, value in changes.items()]
    require_different(found)
    values = [_entry(checked_values(one, value)) for one, value in zip(found, changes.values(), strict=True)]
    return with_values(model, dict(zip(found, values, strict=True)), costs)


def with_values(
    model: _Model, changes: Mapping[Parameter, Any], costs: Costs | None = None
) -> tuple[_Model, Costs | None]:
    """Return a model and costs at values that `checked_values` has passed.

    Parameters
    ----------
    model : Cluster, Reactive or Pool
        The model.
    changes : mapping
        Values by parameter.
    costs : Costs, optional
        The costs, needed to change one of them.

    Returns
    -------
    tuple of model and Costs
        A new model, validated, and the costs.

    Raises
    ------
    InvalidInputError
        If the values do not fit together, or there are no costs to change.
    """
    groups: dict[str, dict[str, Any]] = {}
    for one, value in changes.items():
        group = "rates" if one.group == "mean_times" else one.group
        groups.setdefault(group, {})[one.field] = value
    if (priced := groups.get("costs")) is not None:
        if costs is None:
            name = f"costs.{next(iter(priced))}"
            raise InvalidInputError("costs", "nothing", f"{name} is one of the costs", "Give costs=Costs(…).")
        costs = costs.replace(**priced)
    direct = dict(groups.get("layout", {}))
    clock = direct.pop("clock", None)
    rates = groups.get("rates", {})
    if isinstance(model, Reactive):
        direct |= rates
    elif rates:
        direct["rates"] = model.rates.replace(**rates)
    trigger = model_trigger(model)
    if clock is not None and trigger is not None:
        direct["trigger"] = Trigger(trigger.law, clock)
    if direct:
        model = replace(model, **direct)
    if "period" in groups and not isinstance(model, Reactive):
        delayed: Any = model.with_period(groups["period"]["rejuvenation"])
        return delayed, costs
    return model, costs


def require_different(found: list[Parameter]) -> None:
    """Refuse two names of one parameter.

    Parameters
    ----------
    found : list of Parameter
        What shall be set.

    Raises
    ------
    InvalidInputError
        If two of them set the same field.
    """
    seen: dict[tuple[str, str], Parameter] = {}
    for one in found:
        if (other := seen.setdefault(one.key, one)) is not one:
            raise InvalidInputError(
                f"{other.name} and {one.name}", "both", "a parameter is set once", "Leave one of them out."
            )


def model_trigger(model: ParametricModel) -> Trigger | None:
    """Return the trigger of a model, None where it has none.

    Parameters
    ----------
    model : Cluster, Reactive or Pool
        The model.

    Returns
    -------
    Trigger or None
        The trigger.
    """
    return model.trigger if isinstance(model, Cluster) else None


def _rate_fields(model: ParametricModel) -> tuple[str, ...]:
    if isinstance(model, Reactive):
        return ("failure", "repair")
    return tuple(name for name in RATE_NAMES if name != "rejuvenation" or model.trigger is None)


def _refuse_name(model: ParametricModel, name: str, typed: str, known: tuple[str, ...]) -> None:
    kind = type(model).__name__
    if typed.endswith("rejuvenation") and model_trigger(model) is not None:
        raise InvalidInputError(
            name, "a rate", "a cluster with a trigger has a period instead", 'Write "period", in hours.'
        )
    near = get_close_matches(typed, known, n=1)
    advice = f'Did you mean "{near[0]}"?' if near else ""
    raise InvalidInputError(
        shown(name), "an unknown parameter", f"the parameters of a {kind} are {', '.join(known)}", advice
    )


def _entry(values: NDArray[Any]) -> Any:
    """A single value as a Python object, many as they are."""
    return values.item() if values.ndim == 0 else values
