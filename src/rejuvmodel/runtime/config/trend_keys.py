"""The table [trend] of the runtime's file: when growing memory makes a server due."""

from __future__ import annotations

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config.values import seconds
from rejuvmodel.runtime.deciding.trend import TrendSettings
from rejuvmodel.runtime.watching.collector import Rules
from rejuvmodel.toml_keys import REQUIRED
from rejuvmodel.toml_tables import Table

_LENGTHS = ("every", "settle", "window", "cycle")
_MAY_BE_0 = ("settle", "cycle")


def read_trend(table: Table | None, rules: Rules) -> TrendSettings | None:
    """Return what counts as a trend.

    Parameters
    ----------
    table : Table or None
        The table [trend]; None without one.
    rules : Rules
        What makes a server unstable: its limit of memory is that of the trend unless the table has one.

    Returns
    -------
    TrendSettings or None
        The rule; None without the table.

    Raises
    ------
    InvalidInputError
        If a key is not valid, no limit is known, or the window is too short.
    """
    if table is None:
        return None
    limit = next((one.unstable for one in rules.limits if one.quantity == "memory"), None)
    if "limit" in table:
        limit = table.number("limit", minimum=0, open_minimum=True)
    if limit is None:
        rule = "a trend needs the memory [bytes] that must not be reached: limit, or memory in [thresholds]"
        limit = table.default_of("limit", REQUIRED, rule)
    if "horizon" not in table:
        table.default_of("horizon", REQUIRED, "it must be said how far ahead reaching the limit counts")
    lengths = {
        key: seconds(table, key, 0.0, positive=key not in _MAY_BE_0) for key in _LENGTHS if key in table
    }
    try:
        return TrendSettings(limit, seconds(table, "horizon", 0.0), **lengths)
    except InvalidInputError as error:
        raise InvalidInputError(table.where(error.argument), error.found, error.rule, error.advice) from None
