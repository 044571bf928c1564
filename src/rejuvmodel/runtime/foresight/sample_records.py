"""Recorded samples: one line for each look at a server, in CSV files that any program can read.

A file has a line of names and then one line for each server and look, the oldest first. What is not known is
an empty cell. `read_samples` is strict: whatever is not as it was written is an error that names file and
line. The one exception is a last line without its end, which a kill or a full disk leaves behind: it is left
out, and `Samples.dropped` says so; so is a day that has not even its line of names.
"""

from __future__ import annotations

import csv
import math
import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import NoReturn

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.outside.names import checked_name
from rejuvmodel.text_files import file_name, read_text, refuse_file

COLUMNS = (
    "time", "server", "identity", "answer", "condition", "load", "uptime", "memory", "buffers", "up",
    "sessions",
)  # fmt: skip
#: Without these a line says nothing; the others may be missing, and are then unknown.
NEEDED = ("time", "server", "answer")
#: Names of the files in a folder of samples; one for each day in UTC.
DAY = re.compile(r"samples-([0-9]{4}-[0-9]{2}-[0-9]{2})\.csv", re.ASCII)
_ANSWERS = ("healthy", "unhealthy", "gone", "unknown")
_CONDITIONS = ("normal", "unstable", "failed", "in transition", "unknown")
_TRUTH = {"": None, "true": True, "false": False}
_MOST_BYTES = 2**30
_KIND = "a CSV file of samples"


@dataclass(frozen=True, slots=True)
class SampleRecord:
    """One look at one server, as it was written down.

    Parameters
    ----------
    at : datetime
        When, with its time zone.
    server : str
        The server.
    identity : str or None
        Which life of it: process id and start time.
    answer : str
        "healthy", "unhealthy", "gone" or "unknown", as `rejuvmodel.runtime.watching.samples.Sample` has it.
    condition : str
        What the collector made of it.
    load, uptime, memory, buffers : float or None
        Load, time since its start [s], memory in use [bytes], open files and sockets.
    up : bool or None
        Whether every reachable balancer had it as a plain UP.
    sessions : int or None
        Its sessions at the balancers.
    """

    at: datetime
    server: str
    identity: str | None
    answer: str
    condition: str = "unknown"
    load: float | None = None
    uptime: float | None = None
    memory: float | None = None
    buffers: float | None = None
    up: bool | None = None
    sessions: int | None = None

    def cells(self) -> tuple[str, ...]:
        """Return the cells of its line.

        Returns
        -------
        tuple of str
            In the order of `COLUMNS`.
        """
        numbers = (
            "" if one is None else repr(one) for one in (self.load, self.uptime, self.memory, self.buffers)
        )
        return (
            self.at.astimezone(UTC).isoformat(timespec="milliseconds"), self.server, self.identity or "",
            self.answer, self.condition, *numbers,
            "" if self.up is None else str(self.up).lower(),
            "" if self.sessions is None else str(self.sessions),
        )  # fmt: skip


class Samples(Sequence[SampleRecord]):
    """Recorded samples, in the order of their files.

    Parameters
    ----------
    records : sequence of SampleRecord
        The records.
    dropped : sequence of str
        What was left out, in words.

    Attributes
    ----------
    dropped : tuple of str
        What was left out.
    """

    def __init__(self, records: Sequence[SampleRecord], dropped: Sequence[str] = ()) -> None:
        self._records = tuple(records)
        self.dropped = tuple(dropped)

    def __len__(self) -> int:
        return len(self._records)

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self._records[index]

    def __iter__(self) -> Iterator[SampleRecord]:
        return iter(self._records)


def read_samples(path: str | os.PathLike[str]) -> Samples:
    """Read recorded samples.

    Parameters
    ----------
    path : str or path
        A folder that the runtime has written, or one CSV file. A file of another origin needs the columns
        time, server and answer; time stamps have a time zone.

    Returns
    -------
    Samples
        All records; ``dropped`` says what was left out: half a line at the end of a file, and in a folder a
        file without a whole line.

    Raises
    ------
    InvalidInputError
        If there is no such file, a column is unknown or missing, or a cell is not valid; the error names file
        and line.
    """
    name = file_name(path, "web-samples")
    if not os.path.isdir(name):
        records, dropped = _from_file(name)
        return Samples(records, dropped)
    files = _days(name)
    if not files:
        refuse_file(
            name, "a folder without samples-YYYY-MM-DD.csv", _KIND, "Name the folder of [group] samples."
        )
    all_records: list[SampleRecord] = []
    all_dropped: list[str] = []
    for entry in files:
        records, dropped = _from_file(os.path.join(name, entry), a_day=True)
        all_records += records
        all_dropped += dropped
    return Samples(all_records, all_dropped)


def are_recorded(folder: str) -> bool:
    """Return whether there are recorded samples.

    Parameters
    ----------
    folder : str
        The folder of [group] samples.

    Returns
    -------
    bool
        False if there is no such folder, or no file of a day in it.
    """
    return os.path.isdir(folder) and bool(_days(folder))


def _days(folder: str) -> list[str]:
    """Files of a folder, one for each day."""
    return sorted(entry for entry in os.listdir(folder) if DAY.fullmatch(entry))


def _from_file(name: str, *, a_day: bool = False) -> tuple[list[SampleRecord], list[str]]:
    """Records of one file, and what was left out of it; a day may have no whole line at all."""
    lines = read_text(name, _KIND, _MOST_BYTES).split("\n")
    half = lines.pop()
    dropped = [f"half a line at the end of {name}"] if half and lines else []
    if not lines and a_day:
        return [], [f"no whole line in {name}"]
    if not lines:
        refuse_file(name, "no line of names", _KIND, f"The first line is {','.join(COLUMNS)}.")
    rows = csv.reader(lines, strict=True)
    try:
        places = _head([cell.strip() for cell in next(rows)], name)
        return [_record(cells, places, rows.line_num, name) for cells in rows if cells], dropped
    except csv.Error as problem:
        _refuse(f"line {rows.line_num} of {name}", str(problem), "a line of cells is expected")


def _head(names: list[str], name: str) -> list[int]:
    """Place of each of `COLUMNS` in the lines; −1 for a missing one."""
    place = f"line 1 of {name}"
    for one in names:
        if one not in COLUMNS or names.count(one) > 1:
            _refuse(place, f"the column {shown(one)}", f"the columns are {', '.join(COLUMNS)}, each once")
    for one in NEEDED:
        if one not in names:
            _refuse(place, f"no column {one}", f"the columns {', '.join(NEEDED)} are needed")
    return [names.index(one) if one in names else -1 for one in COLUMNS]


def _record(cells: list[str], places: list[int], line: int, name: str) -> SampleRecord:
    """One line as a record."""
    try:
        (
            at, server, identity, answer, condition, load, uptime, memory, buffers, up, sessions,
        ) = ["" if place < 0 else cells[place] for place in places]  # fmt: skip
        when = datetime.fromisoformat(at)
        if (
            when.tzinfo is None
            or answer not in _ANSWERS
            or (condition or "unknown") not in _CONDITIONS
            or up not in _TRUTH
        ):
            raise ValueError
        return SampleRecord(
            when, server if server.isalnum() else checked_name("server", server), identity or None, answer,
            condition or "unknown",
            _number(load), _number(uptime), _number(memory), _number(buffers), _TRUTH[up],
            int(sessions) if sessions else None,
        )  # fmt: skip
    except (ValueError, IndexError, InvalidInputError):
        _explain(cells, places, f"line {line} of {name}")


def _number(text: str) -> float | None:
    """A measured value; None for an empty cell."""
    if not text:
        return None
    value = float(text)
    if not 0.0 <= value < math.inf:
        raise ValueError
    return value


def _explain(cells: list[str], places: list[int], where: str) -> NoReturn:
    """Say which cell of a line is wrong."""
    if max(places) >= len(cells):
        _refuse(where, f"{len(cells)} cells", "a line has a cell for each column")
    text = {name: "" if place < 0 else cells[place] for name, place in zip(COLUMNS, places, strict=True)}
    try:
        good = datetime.fromisoformat(text["time"]).tzinfo is not None
    except ValueError:
        good = False
    if not good:
        _refuse(
            f"time in {where}", shown(text["time"]), "a time stamp in ISO 8601 with its time zone is expected"
        )
    checked_name(f"server in {where}", text["server"])
    allowed = {"answer": _ANSWERS, "condition": ("", *_CONDITIONS), "up": tuple(_TRUTH)}
    for name, values in allowed.items():
        if text[name] not in values:
            words = ", ".join(one or "nothing" for one in values)
            _refuse(f"{name} in {where}", shown(text[name]), f"one of these is expected: {words}")
    for name in ("load", "uptime", "memory", "buffers"):
        try:
            _number(text[name])
        except ValueError:
            _refuse(
                f"{name} in {where}",
                shown(text[name]),
                "a finite number of at least 0, or nothing, is expected",
            )
    _refuse(f"sessions in {where}", shown(text["sessions"]), "a whole number, or nothing, is expected")


def _refuse(where: str, found: str, rule: str) -> NoReturn:
    raise InvalidInputError(where, found, rule, "Correct the line, or leave it out.")
