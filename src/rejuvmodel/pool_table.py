"""The table [pool] of a cluster file: servers that age, fail and rejuvenate one by one.

    primaries   servers that share the work
    spares      further servers; 0 by default
    mode        "active/active" (the default) or "active/standby"
    required    servers that must be up; all primaries by default
    slots       servers that may rejuvenate at the same time; all by default
    crews       servers that are repaired at the same time; 1 by default
    dormancy    share of the active rates at which servers on standby age and fail; 0 by default
    guarded     whether a rejuvenation waits until enough servers stay up; false by default

It stands in the place of [cluster]. Rates are those of one server, one number each.
"""

from __future__ import annotations

from math import inf

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.pool_inputs import MODES
from rejuvmodel.parameters import Rates
from rejuvmodel.toml_tables import Table


def read_pool(table: Table, rates: Rates, given: str) -> Pool:
    """Return what a table [pool] says.

    Parameters
    ----------
    table : Table
        The table.
    rates : Rates
        The rates of the file.
    given : {"rates", "mean_times"}
        The table that they come from.

    Returns
    -------
    Pool
        The pool.

    Raises
    ------
    InvalidInputError
        If a key is missing or unknown, or a value is not valid; the error names it.
    """
    if rates.shape:
        raise InvalidInputError(
            f"{given} in {table.place}", f"lists of shape {rates.shape}",
            "with [pool] each is one value, not a list", "Write a file for each.",
        )  # fmt: skip
    if given == "mean_times" and rates.rejuvenation == inf:
        raise InvalidInputError(
            f"mean_times.rejuvenate_after in {table.place}", "0 hours",
            "with [pool] the mean wait is above 0", 'Write "1 min".',
        )  # fmt: skip
    # Numbers are bounded by Pool, which knows the upper bounds too.
    fields = {
        "primaries": table.integer("primaries"),
        "spares": table.integer("spares", 0),
        "mode": table.text("mode", MODES[0], choices=MODES),
        "required": table.integer("required", None),
        "slots": table.integer("slots", None),
        "crews": table.integer("crews", 1),
        "dormancy": table.number("dormancy", 0.0),
        "guarded": table.boolean("guarded", False),
    }
    try:
        return Pool(rates=rates, **fields)  # type: ignore[arg-type]  # each was read as its kind
    except InvalidInputError as error:
        inside = error.argument in fields
        where = table.where(error.argument) if inside else f"{error.argument} in {table.place}"
        raise InvalidInputError(where, error.found, error.rule, error.advice) from None
