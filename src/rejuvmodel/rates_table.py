"""The table [mean_times] or [rates] of a cluster file: a file has one of the two.

    [mean_times]  aging, failure, repair, restart, rejuvenate_after     "7 d", or hours as a number
    [rates]       aging, failure, repair, restart, rejuvenation         per hour

A value is one number or a list; lists broadcast together as arrays do. ``rejuvenate_after`` and
``rejuvenation`` may be left out.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

from rejuvmodel.arrays import Numbers, broadcast_shape, real
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.mean_times import any_greater, mean_rate
from rejuvmodel.parameters import ParameterWarning, Rates
from rejuvmodel.toml_keys import REQUIRED
from rejuvmodel.toml_tables import Table

#: Rate 1/h of each mean time that may be given, and whether it may be infinite.
_MEAN_TIMES = {"aging": True, "failure": True, "repair": False, "restart": False}
_NOT_NEGATIVE = "a rate per hour is a finite number of at least 0"
_RATES = {
    "aging": (_NOT_NEGATIVE, False),
    "failure": (_NOT_NEGATIVE, False),
    "repair": ("a rate per hour is a finite number above 0", True),
    "restart": ("a rate per hour is a finite number above 0", True),
}
_TIME_RULE = 'a mean time is text such as "20 min", hours as a number, or a list of them'


def read_rates(file: Table, contents: Mapping[str, Any]) -> Rates:
    """Return the rates of a cluster file [1/h], that of rejuvenation None where the file leaves it out.

    Raises
    ------
    InvalidInputError
        If the file has both tables or none, a key is unknown or missing, or a value is not valid.

    Warns
    -----
    ParameterWarning
        If a wait before rejuvenation is shorter than the restart.
    """
    if "rates" in file and "mean_times" in file:
        raise InvalidInputError(
            f"mean_times and rates in {file.place}", "both", "a file has one of [mean_times] and [rates]",
            "Remove one of them.",
        )  # fmt: skip
    name = "rates" if "rates" in file else "mean_times"
    if name not in file:
        file.default_of(name, REQUIRED, "a file has one of [mean_times] and [rates]", "table")
    table = file.table(name)
    found = (_from_rates if name == "rates" else _from_mean_times)(table, contents[name])
    placed(file.place, broadcast_shape, {f"{name}.{key}": value for key, value in found.items()})
    if name == "mean_times" and "rejuvenate_after" in found:
        _warn_of_short_wait(contents[name], found)
    rejuvenation = found.pop("rejuvenate_after", found.pop("rejuvenation", None))
    return Rates(rejuvenation=rejuvenation, **found)


def _from_mean_times(table: Table, values: Mapping[str, Any]) -> dict[str, Numbers]:
    _refuse_other_name(
        table, values, "rejuvenation",
        "in [mean_times] the mean wait once unstable is called rejuvenate_after",
        "Write rejuvenate_after = and the wait, or leave it out to optimise.",
    )  # fmt: skip
    found = {}
    for key, infinite in _MEAN_TIMES.items():
        _require(table, values, key, _TIME_RULE, (str, int, float, list))
        found[key] = placed(table.place, mean_rate, f"mean_times.{key}", values[key], allow_infinite=infinite)
    key = "rejuvenate_after"
    if key in table:
        _require(table, values, key, _TIME_RULE, (str, int, float, list))
        found[key] = placed(
            table.place, mean_rate, f"mean_times.{key}", values[key], allow_infinite=True, allow_zero=True
        )
    return found


def _from_rates(table: Table, values: Mapping[str, Any]) -> dict[str, Numbers]:
    _refuse_other_name(
        table, values, "rejuvenate_after",
        "in [rates] the rate at which to rejuvenate is called rejuvenation",
        "Write rejuvenation = and 1 divided by the wait in hours, or leave it out to optimise.",
    )  # fmt: skip
    found, advice = {}, "Mean times belong in [mean_times]."
    for key, (rule, above) in _RATES.items():
        _require(table, values, key, rule, (int, float, list), advice)
        found[key] = placed(
            table.place, real, f"rates.{key}", values[key], rule, open_minimum=above, advice=advice
        )
    if "rejuvenation" in table:
        rule = "a rate per hour is a number of at least 0, inf included"
        _require(table, values, "rejuvenation", rule, (int, float, list), advice)
        found["rejuvenation"] = placed(
            table.place, real, "rates.rejuvenation", values["rejuvenation"], rule,
            allow_infinity=True, advice=advice,
        )  # fmt: skip
    return found


def placed(place: str, function: Any, *arguments: Any, **options: Any) -> Any:
    """Call a check of values; what it says of a key is said of that key in this file."""
    try:
        return function(*arguments, **options)
    except InvalidInputError as error:
        name = f"{error.argument} in {place}"
        raise InvalidInputError(name, error.found, error.rule, error.advice) from None


def _require(
    table: Table, values: Mapping[str, Any], key: str, rule: str, types: tuple[type, ...], advice: str = ""
) -> None:
    """Refuse a missing key, and a value that TOML already knows to be of the wrong kind."""
    if key not in table:
        table.default_of(key, REQUIRED, rule)
    value = values[key]
    if isinstance(value, bool) or not isinstance(value, types):
        table.refuse(key, rule, advice or 'Write, for example, "20 min".')


def _refuse_other_name(table: Table, values: Mapping[str, Any], key: str, rule: str, advice: str) -> None:
    # Not asked of the table: a wait and a rate must not pass for a misspelling of each other.
    if key in values:
        raise InvalidInputError(table.where(key), "an unknown key", rule, advice)


def _warn_of_short_wait(typed: Mapping[str, Any], rates: Mapping[str, Numbers]) -> None:
    if any_greater(rates["rejuvenate_after"], rates["restart"]):
        warnings.warn(
            f"mean_times.rejuvenate_after = {shown(typed['rejuvenate_after'])} is shorter than "
            f"mean_times.restart = {shown(typed['restart'])}: the first is the mean wait once unstable, the "
            "second the time that one rejuvenation takes. The wait was probably confused with the duration.",
            ParameterWarning,
            stacklevel=4,
        )
