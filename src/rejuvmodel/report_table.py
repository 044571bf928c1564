"""The table [report] of a cluster file: what a report is called, and what it is to show.

title       one line; by default the report says what it is on
horizon     time over which downtime and cost are reported; "365 d" by default
target      availability such as 0.9999, or downtime over the horizon, "50 min"

[report.alternatives]   of a pool with a target: what to choose from
primaries, spares, required, slots, crews   lists of numbers; left out: that of [pool]
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.target_key import read_target
from rejuvmodel.toml_tables import Table

_COUNTS = {"primaries": 1, "spares": 0, "required": 1, "slots": 0, "crews": 1}
_LONGEST_TITLE = 120


@dataclass(frozen=True)
class ReportTable:
    """What a table [report] says besides the horizon.

    Attributes
    ----------
    title : str
        Title of the report; may be empty.
    target : float, str or None
        What is to be met.
    alternatives : tuple
        Name of a number of a pool, and the values to choose from.
    """

    title: str = ""
    target: float | str | None = None
    alternatives: tuple[tuple[str, tuple[int, ...]], ...] = ()


def read_report(table: Table, values: Mapping[str, Any], *, is_pool: bool) -> tuple[float, ReportTable]:
    """Return the horizon and what else a table [report] says.

    Parameters
    ----------
    table : Table
        The table.
    values : mapping
        The same as `tomllib` gives it.
    is_pool : bool
        Whether the file describes a pool.

    Returns
    -------
    tuple
        Horizon [h], and the rest.

    Raises
    ------
    InvalidInputError
        If a value is not valid; the error names its key.
    """
    horizon = table.duration("horizon", 8760.0, positive=True, finite=True)
    title = table.text("title", "")
    if not title.isprintable() or len(title) > _LONGEST_TITLE:
        table.refuse("title", f"a title is one line of at most {_LONGEST_TITLE} characters")
    chosen: tuple[tuple[str, tuple[int, ...]], ...] = ()
    if "alternatives" in table:
        if not is_pool:
            table.refuse("alternatives", "alternatives are those of a [pool]", "Remove it.")
        inner = table.table("alternatives")
        given = [name for name in _COUNTS if name in inner]
        chosen = tuple((name, _counts(inner, values["alternatives"], name)) for name in given)
    return horizon, ReportTable(title.strip(), read_target(table, values), chosen)


def require_one_target(place: str, said: ReportTable, other: float | str | None) -> None:
    """Refuse two targets, and alternatives without one.

    Parameters
    ----------
    place : str
        The file.
    said : ReportTable
        Its table [report].
    other : float, str or None
        The target of its table [uncertainty].

    Raises
    ------
    InvalidInputError
        If there are two targets, or alternatives and none.
    """
    if other is not None and said.target is not None:
        raise InvalidInputError(
            f"report.target and uncertainty.target in {place}", "both", "a file has at most one target",
            "Remove one of them.",
        )  # fmt: skip
    if said.alternatives and said.target is None and other is None:
        raise InvalidInputError(
            f"report.alternatives in {place}", "no target", "alternatives are chosen for a target",
            "Add target = 0.9999, or a downtime, to [report].",
        )  # fmt: skip


def _counts(table: Table, values: Mapping[str, Any], name: str) -> tuple[int, ...]:
    """A list of whole numbers, each at least what makes sense."""
    numbers, least = values[name], _COUNTS[name]
    is_list = isinstance(numbers, list) and numbers
    if not is_list or any(isinstance(x, bool) or not isinstance(x, int) or x < least for x in numbers):
        table.refuse(
            name, f"a list of whole numbers of at least {least} is expected", "Write, for example, [1, 2, 3]."
        )
    return tuple(numbers)
