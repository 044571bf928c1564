"""The key ``target`` of a table: an availability, or a downtime over the horizon."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.toml_tables import Table


def read_target(table: Table, values: Mapping[str, Any]) -> float | str | None:
    """Return the target of a table.

    Parameters
    ----------
    table : Table
        The table.
    values : mapping
        The same as `tomllib` gives it.

    Returns
    -------
    float, str or None
        Availability, downtime as text, or None where the table has no target.

    Raises
    ------
    InvalidInputError
        If it is neither.
    """
    if "target" not in table:
        return None
    target = values["target"]
    if isinstance(target, str):
        table.duration("target", positive=True, finite=True)
        return target
    number = table.number("target", minimum=0, open_minimum=True)
    if number >= 1:
        raise InvalidInputError(
            table.where("target"), f"{target}", "a target is an availability below 1, or a downtime as text",
            'Write 0.9999, or "50 min".',
        )  # fmt: skip
    return number
