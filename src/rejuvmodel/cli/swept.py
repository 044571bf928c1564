"""What the command that sweeps reads from its options, prints and writes."""

from __future__ import annotations

import re
import sys
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.cli.decided import require_one
from rejuvmodel.cli.estimated import settings
from rejuvmodel.cli.json_documents import json_text
from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.durations import hours, shown, words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.pool import Pool
from rejuvmodel.reporting.result_rows import servers_text
from rejuvmodel.sweeping.sweeps import sweep

if TYPE_CHECKING:
    from xarray import DataArray, Dataset

    from rejuvmodel.cluster_file import ClusterFile

#: Rows of the table on the terminal; all of them go to a file.
_ROWS = 60
#: Points from which on a terminal shows a progress bar.
_LONG_WORK = 100
_KINDS = ("csv", "nc", "json")
_WAITS = (
    "period", "rejuvenation", "rates.rejuvenation", "mean_times.rejuvenation", "mean_times.rejuvenate_after"
)  # fmt: skip
_EXAMPLE = '"servers=1,2,4" or "aging=3 d:30 d:10"'
#: Parameters that are numbers of servers.
_SIZES = frozenset({"servers", "primaries", "spares"})
_WORDS = {"true": True, "false": False}
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|inf")


def ranges(pairs: list[str]) -> dict[str, list[Any]]:
    """Return the values of parameters that are given as NAME=VALUES.

    Parameters
    ----------
    pairs : list of str
        ``"a,b,c"`` is a list; ``"low:high:count"`` so many values at equal distances, with ``":log"`` behind
        it at equal ratios. Values with a unit are durations.

    Returns
    -------
    dict of list
        Values by name, as `sweep` takes them.

    Raises
    ------
    InvalidInputError
        If one is no such pair, or a name stands twice.
    """
    found = settings("--over", pairs, _EXAMPLE) or {}
    return {name: _values(name, text) for name, text in found.items()}


def swept(
    file: ClusterFile,
    over: dict[str, list[Any]],
    measures: list[str] | None,
    *,
    optimize: bool,
    workers: int,
    keep: str | None,
    errors: str,
) -> Dataset:
    """Return the sweep that the options ask for, at the wait of the file or at the best ones.

    Parameters
    ----------
    file : ClusterFile
        What the file says.
    over : dict of list
        Values by parameter.
    measures : list of str or None
        What to measure.
    optimize : bool
        Whether to optimise although the file has a wait.
    workers, keep, errors
        As for `sweep`.

    Returns
    -------
    xarray.Dataset
        The result.
    """
    require_one(file, "sweep")
    waits = any(name in _WAITS for name in over)
    best = optimize or (file.is_open and not waits)
    if measures is None:
        measures = ["availability", "downtime", *(["cost"] if file.costs is not None else [])]
    points = prod(map(len, over.values()))
    terminal = sys.stderr is not None and sys.stderr.isatty()
    return sweep(
        file.cluster, over, measures, costs=file.costs, horizon=file.horizon,
        optimize={"bounds": file.bounds, "certified": False} if best else None,
        workers=workers, keep=keep, errors=errors, progress=terminal and points >= _LONG_WORK,
    )  # fmt: skip


def sweep_report(file: ClusterFile, found: Dataset, out: str | None) -> str:
    """Return the first points as a Markdown table.

    Parameters
    ----------
    file : ClusterFile
        What the file says.
    found : xarray.Dataset
        The sweep.
    out : str or None
        The file that holds all of it.

    Returns
    -------
    str
        Markdown text.
    """
    names = [*found.dims, *(name for name in _columns(found))]
    count = int(np.prod(list(found.sizes.values())))
    shape = tuple(found.sizes.values())
    rows = []
    for place in range(min(count, _ROWS)):
        index = dict(zip(found.dims, np.unravel_index(place, shape), strict=True))
        at = {name: int(k) for name, k in index.items()}
        rows.append([_cell(found[name].isel({d: at[d] for d in found[name].dims})) for name in names])
    grid = f"{' × '.join(map(str, shape))} = " if len(shape) > 1 else ""
    head = f"A sweep of {_what(file, found)} ({file.path}): {grid}{count} points"
    heads = [f"{name} [{file.currency or 'cost'}]" if name == "cost" else str(name) for name in names]
    best = "objective" in found.attrs
    notes = [
        f"At every point the best mean wait between {words(file.waits[0])} and {words(file.waits[1])}."
        if best else "",
        f"Downtime and cost are those of {words(file.horizon)}." if "horizon" in found.attrs else "",
        f"Only the first {_ROWS} points; --out FILE.csv writes all." if count > _ROWS and not out else "",
        f"{out}: all {count} points." if out else "",
    ]  # fmt: skip
    lines = "\n".join(f"- {note}" for note in notes if note)
    return f"{head}\n\n{markdown_table(heads, rows)}\n\n{lines}"


def sweep_json(file: ClusterFile, found: Dataset) -> str:
    """Return the JSON document: dimensions, coordinates and variables with their units.

    Parameters
    ----------
    file : ClusterFile
        What the file says.
    found : xarray.Dataset
        The sweep.

    Returns
    -------
    str
        Valid JSON; NaN is null.
    """

    def told(array: DataArray) -> dict[str, Any]:
        return {"dimensions": list(array.dims), **array.attrs, "values": array.values}

    return json_text(
        "sweep",
        file=file.path, currency=file.currency, dimensions=dict(found.sizes),
        coordinates={name: told(array) for name, array in found.coords.items()},
        variables={name: told(array) for name, array in found.data_vars.items()},
        attributes=found.attrs,
    )  # fmt: skip


def out_kind(out: str) -> str:
    """Return the kind of a file by the end of its name.

    Parameters
    ----------
    out : str
        The file, as typed.

    Returns
    -------
    str
        "csv", "nc" or "json".

    Raises
    ------
    InvalidInputError
        If it has another end.
    """
    kind = out.rpartition(".")[2].lower()
    if kind not in _KINDS or kind == out.lower():
        raise InvalidInputError(
            "--out", shown(out), "a file ends with .csv, .nc (netCDF) or .json", 'Write "sweep.csv".'
        )
    return kind


def out_bytes(found: Dataset, kind: str, document: str) -> bytes:
    """Return the contents of a file.

    Parameters
    ----------
    found : xarray.Dataset
        The sweep.
    kind : str
        "csv", "nc" or "json".
    document : str
        The JSON document.

    Returns
    -------
    bytes
        All of the file.
    """
    if kind == "csv":
        return str(found.to_dataframe().to_csv()).encode("utf-8")
    if kind == "nc":
        return bytes(found.to_netcdf(engine="scipy"))
    return f"{document}\n".encode()


def _what(file: ClusterFile, found: Dataset) -> str:
    """The servers of the file, unless their number varies."""
    if _SIZES.isdisjoint(map(str, found.dims)):
        return servers_text(file.cluster)
    return "pools" if isinstance(file.cluster, Pool) else "clusters"


def _values(name: str, text: str) -> list[Any]:
    parts = [part.strip() for part in text.split(":")]
    if len(parts) == 1:
        return [_value(part.strip()) for part in text.split(",")]
    rule = "a range is FROM:TO:COUNT, or FROM:TO:COUNT:log"
    if len(parts) not in (3, 4) or (len(parts) == 4 and parts[3] != "log"):
        raise InvalidInputError(f"--over {name}", shown(text), rule, f"Write {_EXAMPLE}.")
    ends = [_value(part) for part in parts[:2]]
    if not parts[2].isascii() or not parts[2].isdigit() or not 2 <= int(parts[2]) <= 10**9:
        raise InvalidInputError(f"--over {name}", shown(text), "COUNT is a whole number of at least 2")
    durations = [isinstance(end, str) for end in ends]
    if any(isinstance(end, bool) for end in ends) or durations[0] != durations[1]:
        raise InvalidInputError(
            f"--over {name}",
            shown(text),
            "both ends are numbers, or both are durations",
            f"Write {_EXAMPLE}.",
        )
    low, high = (hours(end, f"--over {name}") if isinstance(end, str) else float(end) for end in ends)
    if not (np.isfinite(low) and np.isfinite(high)) or (len(parts) == 4 and min(low, high) <= 0):
        needed = "above 0" if len(parts) == 4 else "finite"
        raise InvalidInputError(f"--over {name}", shown(text), f"the ends of a range are {needed}")
    points = (np.geomspace if len(parts) == 4 else np.linspace)(low, high, int(parts[2])).tolist()
    if durations[0]:
        return [f"{point!r} h" for point in points]
    whole = all(isinstance(end, int) for end in ends)
    return [int(point) if whole and point.is_integer() else point for point in points]


def _value(text: str) -> Any:
    """A number, true or false, or else text: a duration or a word."""
    if text in _WORDS:
        return _WORDS[text]
    if re.fullmatch(r"[+-]?\d{1,18}", text):
        return int(text)
    return float(text) if _NUMBER.fullmatch(text) else text


def _columns(found: Dataset) -> list[Any]:
    return [name for name in found.data_vars if name not in ("without", "gain", "break_even", "certified")]


def _cell(array: DataArray) -> str:
    value, unit = array.item(), array.attrs.get("units", "")
    if not isinstance(value, float):
        return str(value)
    if np.isnan(value):
        return "-"
    if unit == "h":
        return words(value)
    if unit == "currency":
        return f"{value:,.2f}"
    return f"{value:.10g}" if array.name == "availability" else f"{value:.6g}"
