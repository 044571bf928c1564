"""Rows of a log, from a CSV file, a data frame or any records; and what the log says of itself."""

from __future__ import annotations

import csv
import io
import os
import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, NamedTuple

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.text_files import file_name, read_text

#: What a log may say of itself; the last ones are the limits of a pool.
SETTINGS = ("clock", "servers", "start", "until", "initial")
LAYOUT = ("primaries", "spares", "mode", "required", "slots", "crews", "dormancy", "guarded")
COLUMNS = ("server", "time", "event")
_KIND = "a CSV file of events"
_MOST_BYTES = 2**30
# Spreadsheets fill lines up with empty cells.
_SETTING = re.compile(r"#\s*([A-Za-z_]+)\s*[:=]\s*(.*?)[\s,;]*$")
_ADVICE = "Name the columns server, time and event; a log of a cluster may do without server."


class Row(NamedTuple):
    """One line: where it stands, and what it says, not yet understood."""

    place: str
    server: Any
    time: Any
    event: Any


class Rows(NamedTuple):
    """All lines, what the log says of itself, and its name for errors."""

    rows: list[Row]
    settings: dict[str, Any]
    name: str


def log_rows(events: object) -> Rows:
    """Return the rows of a log.

    Parameters
    ----------
    events : str, path, DataFrame, or iterable of records
        A CSV file; a table with the columns; or mappings, objects with attributes, or tuples (server, time,
        event).

    Returns
    -------
    Rows
        The lines as they stand.

    Raises
    ------
    InvalidInputError
        If there is no such file, a column is missing, or a record is none.
    """
    if isinstance(events, str | os.PathLike):
        return _from_csv(file_name(events, "events.csv"))
    if hasattr(events, "columns") and hasattr(events, "attrs"):
        return _from_frame(events)
    if not isinstance(events, Iterable) or isinstance(events, bytes | Mapping):
        raise InvalidInputError(
            "events", f"{shown(events)} ({type(events).__name__})",
            "events are the name of a CSV file, a data frame, or records of server, time and event",
            'Write, for example, [("web1", 12.5, "unstable")].',
        )  # fmt: skip
    return Rows([_record(f"events[{k}]", one) for k, one in enumerate(events)], {}, "events")


def _from_csv(name: str) -> Rows:
    # One entry per physical line, so that errors give the line that an editor shows.
    lines = read_text(name, _KIND, _MOST_BYTES).splitlines()
    settings: dict[str, Any] = {}
    for k, line in enumerate(lines):
        if line.lstrip().startswith("#"):
            _setting(line.strip(), f"line {k + 1} of {name}", settings)
            lines[k] = ""
    first = next((k for k, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise InvalidInputError(name, "no line", f"{_KIND} has a line of names and lines below it", _ADVICE)
    comma = max(",;\t", key=lines[first].count)
    reader = csv.reader(io.StringIO("\n".join(lines)), delimiter=comma, skipinitialspace=True)
    rows, head = [], None
    for cells in reader:
        place = f"line {reader.line_num} of {name}"
        if not any(cell.strip() for cell in cells):
            continue
        if head is None:
            head = _places([cell.strip().casefold() for cell in cells], place)
            continue
        got = [cells[k].strip() if 0 <= k < len(cells) else None for k in head]
        if None in got[1:]:
            raise InvalidInputError(
                place, f"{len(cells)} cells", "a line has a cell for each column", "Fill it in."
            )
        rows.append(Row(place, *got))
    return Rows(rows, settings, name)


def _from_frame(frame: Any) -> Rows:
    if any(name in COLUMNS and name not in frame.columns for name in frame.index.names):
        frame = frame.reset_index()
    names = [str(name).strip().casefold() for name in frame.columns]
    places = _places(names, "the data frame")
    columns = [[None] * len(frame) if k < 0 else frame.iloc[:, k].tolist() for k in places]
    rows = [Row(f"row {k} of the data frame", *cells) for k, cells in enumerate(zip(*columns, strict=True))]
    known = {*SETTINGS, *LAYOUT}
    settings = {key: value for key, value in frame.attrs.items() if key in known}
    return Rows(rows, settings, "the data frame")


def _places(names: list[str], place: str) -> list[int]:
    """Column of each of `COLUMNS`; −1 for a missing server."""
    found = [names.index(name) if name in names else -1 for name in COLUMNS]
    for name, k in zip(COLUMNS, found, strict=True):
        if (k < 0 and name != "server") or names.count(name) > 1:
            what = "no column" if k < 0 else "two columns"
            listed = ", ".join(names) or "none"
            raise InvalidInputError(
                place, f"{what} {name!r} among {listed}", "a log has one of each", _ADVICE
            )
    return found


def _setting(line: str, place: str, settings: dict[str, Any]) -> None:
    """Take a line such as "# clock: server"; other comments are nobody's business but their author's."""
    found = _SETTING.match(line)
    if found is None:
        return
    key, value = found[1].casefold(), found[2]
    if key in settings:
        raise InvalidInputError(
            place, f"{key!r} a second time", "a log says it once", "Remove one of the lines."
        )
    if key in (*SETTINGS, *LAYOUT):
        settings[key] = value
    elif near := get_close_matches(key, (*SETTINGS, *LAYOUT), n=1, cutoff=0.8):
        raise InvalidInputError(
            place, f"an unknown setting {key!r}", f"the settings are {', '.join((*SETTINGS, *LAYOUT))}",
            f'Did you mean "{near[0]}"?',
        )  # fmt: skip


def _record(place: str, one: object) -> Row:
    if names := getattr(getattr(one, "dtype", None), "names", None):  # a row of a structured array
        one = {name: one[name] for name in names}  # type: ignore[index]
    if isinstance(one, Mapping):
        if "time" in one and "event" in one:
            return Row(place, one.get("server"), one["time"], one["event"])
    elif hasattr(one, "time") and hasattr(one, "event"):
        return Row(place, getattr(one, "server", None), one.time, one.event)
    elif isinstance(one, tuple | list) and len(one) == len(COLUMNS):
        return Row(place, *one)
    raise InvalidInputError(
        place,
        shown(one),
        "a record has server, time and event",
        'Write, for example, ("web1", 12.5, "unstable").',
    )
