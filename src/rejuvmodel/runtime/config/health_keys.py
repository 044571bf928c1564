"""The table [health] of the runtime's file: who is asked, for how long, and where a body has its values."""

from __future__ import annotations

from rejuvmodel.runtime.config.connections import HealthSettings
from rejuvmodel.runtime.config.values import seconds, texts
from rejuvmodel.runtime.watching.samples import QUANTITIES
from rejuvmodel.toml_tables import Table


def read_health(table: Table | None) -> HealthSettings:
    """Return how health endpoints are asked.

    Parameters
    ----------
    table : Table or None
        The table [health]; None without one.

    Returns
    -------
    HealthSettings
        The settings.

    Raises
    ------
    InvalidInputError
        If a key is not valid.
    """
    if table is None:
        return HealthSettings()
    fields = {}
    for quantity in QUANTITIES:
        if quantity in table:
            fields[quantity] = table.text(quantity)
            if not all(fields[quantity].split(".")):
                rule = "the name of a field of the health body is expected; points lead into inner objects"
                table.refuse(quantity, rule, 'Write, for example, "heap.used".')
    return HealthSettings(texts(table, "allow"), seconds(table, "timeout", 2.0), fields)
