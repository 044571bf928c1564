"""The table [uncertainty] of a cluster file: what is known of the rates besides the best guess.

    aging, failure, repair, restart   [lo, hi]: mean times beside [mean_times], rates per hour beside [rates]
    ranges                            "lognormal" (default), "loguniform" or "uniform"
    target                            availability such as 0.9999, or downtime over the horizon, "50 min"

A rate that is left out is certain.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rejuvmodel.target_key import read_target
from rejuvmodel.toml_tables import Table

_NAMES = ("aging", "failure", "repair", "restart")
#: How a range may be read; those of `rejuvmodel.propagation.marginals`, which reading a file does not load.
READINGS = ("lognormal", "loguniform", "uniform")


@dataclass(frozen=True)
class UncertaintyTable:
    """What a table [uncertainty] says.

    Attributes
    ----------
    ranges : tuple
        Name of a rate, and its range as `uncertainty` takes it: rates [1/h], or mean times as text.
    reading : str
        How ranges are read.
    target : float, str or None
        What is to be met.
    """

    ranges: tuple[tuple[str, tuple[Any, Any]], ...] = ()
    reading: str = READINGS[0]
    target: float | str | None = None


def read_uncertainty(table: Table, values: Mapping[str, Any], *, of_times: bool) -> UncertaintyTable:
    """Return what a table [uncertainty] says.

    Parameters
    ----------
    table : Table
        The table.
    values : mapping
        The same as `tomllib` gives it.
    of_times : bool
        Whether the file has mean times, and not rates.

    Returns
    -------
    UncertaintyTable
        Ranges whose ends are in order.

    Raises
    ------
    InvalidInputError
        If a key is unknown, or a value is no range or target; the error names it.
    """
    ranges = [(name, _range(table, values, name, of_times)) for name in _NAMES if name in table]
    reading = table.text("ranges", READINGS[0], choices=READINGS)
    return UncertaintyTable(tuple(ranges), reading, read_target(table, values))


def _range(table: Table, values: Mapping[str, Any], name: str, of_times: bool) -> tuple[Any, Any]:
    if of_times:
        low, high = table.durations(name, length=2)
        rule, advice = (
            "two mean times are expected, 0 < shorter < longer",
            'Write, for example, ["5 d", "10 d"].',
        )
    else:
        given = values[name]
        rule, advice = "two rates per hour are expected, 0 < lo < hi", "Write, for example, [0.004, 0.008]."
        if (
            not isinstance(given, list)
            or len(given) != 2
            or any(isinstance(end, bool) or not isinstance(end, int | float) for end in given)
        ):
            table.refuse(name, rule, advice)
        low, high = given
    if not 0 < low < high < float("inf"):
        table.refuse(name, rule, advice)
    return tuple(_end(end, of_times) for end in values[name])


def _end(end: Any, of_times: bool) -> Any:
    """The end of a range as `uncertainty` takes it: a time without a unit is one of hours."""
    return f"{end} h" if of_times and not isinstance(end, str) else end
