"""Reading an event log: from a file, a data frame or records to an `EventLog` whose sequence is possible."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.estimation.event_kinds import EVENT_NAMES, LOG_END, LOG_START, event_name
from rejuvmodel.estimation.event_log import EventLog
from rejuvmodel.estimation.log_rows import LAYOUT, Row, log_rows
from rejuvmodel.estimation.log_settings import clock_of, initial_of, layout_of, merged, servers_of
from rejuvmodel.estimation.log_times import Times


class _Line(NamedTuple):
    """A line that has been understood: time [h], server and kind of event."""

    row: Row
    time: float
    who: int
    what: int


_NUMBER = {name: k for k, name in enumerate(EVENT_NAMES)}


def read_event_log(
    events: Any,
    *,
    clock: str | None = None,
    servers: Any = None,
    start: Any = None,
    until: Any = None,
    initial: Any = None,
    layout: Mapping[str, Any] | None = None,
) -> EventLog:
    """Read a log of events and check that its sequence is possible.

    Parameters
    ----------
    events : str, path, DataFrame, iterable of records, or EventLog
        A CSV file; a table with the columns server, time and event; mappings, objects with these attributes,
        or tuples in this order. Time is hours, or ISO 8601 time stamps.
    clock : {"cluster", "server"}, optional
        Whether the lines tell of the cluster as a whole, or of each server by itself. A file may say so in a
        line "# clock: server", a data frame in its ``attrs``; one of them has to.
    servers : int or list of str, optional
        All servers, those without an event too. A cluster has to say how many; otherwise those in the log.
    start, until : float, str or datetime, optional
        Times between which the log was kept. By default 0, or the first time stamp, and the last event.
    initial : str or mapping, optional
        What is not normal at the start: the state of a cluster, such as "u2"; conditions of servers by name.
    layout : mapping, optional
        Limits of a pool that were in force, such as ``{"crews": 1, "slots": 1}``; names as of `Pool`.

    Returns
    -------
    EventLog
        The events in hours.

    Raises
    ------
    InvalidInputError
        If a time, name or event cannot be read, times are not in order, or the sequence is impossible; the
        error names line, server and event.
    """
    given = {"clock": clock, "servers": servers, "start": start, "until": until, "initial": initial}
    given |= _layout(layout)
    if isinstance(events, EventLog):
        if any(value is not None for value in given.values()):
            events = read_event_log(events.to_dataframe(), **{**given, "layout": layout})
        log: EventLog = events
        _ = log.path
        return log
    rows, said, name = log_rows(events)
    settings = merged(name, said, given)
    reading = _Reading(settings, name)
    for row in rows:
        reading.take(row)
    log = reading.log()
    _ = log.path
    return log


class _Reading:
    """A log being read, line by line."""

    def __init__(self, settings: dict[str, Any], name: str) -> None:
        self.settings, self.name = settings, name
        self.clock = clock_of(settings, name)
        self.servers = servers_of(settings.get("servers"), self.clock)
        self.times = Times()
        self.start = self._said("start")
        self.end: float | None = None
        self.kept: list[_Line] = []
        self.notes: list[str] = []

    def take(self, row: Row) -> None:
        """Take a line, in its place after the others."""
        time = self.times.hours(row.time, f"time in {row.place}")
        kind = event_name(row.event, row.place)
        if kind == LOG_START:
            self._begin(row, time)
            return
        self._in_order(row, time)
        if kind == LOG_END:
            self.end = time
        else:
            who = self.servers.place(row.server, f"server in {row.place}")
            line = _Line(row, time, who, _NUMBER[kind])
            if who < 0 and self.clock == "server":
                _refuse_nameless(row)
            if self.kept and line[1:] == self.kept[-1][1:]:
                _refuse_twice(row, self.kept[-1].row)
            self.kept.append(line)

    def log(self) -> EventLog:
        """Return what was read."""
        start, until = self._span()
        if self.servers.most is None:
            self.servers.most = len(self.servers.names)
            self.notes.append(
                f"The log does not say which servers there are: the {self.servers.most} in it were taken. "
                "Give servers=."
            )
        names = self.servers.complete()
        if not names:
            raise InvalidInputError(self.name, "no server", "a log has at least one", "Give servers=.")
        columns = list(zip(*self.kept, strict=True)) or [(), (), (), ()]
        return EventLog(
            self.clock, names, np.array(columns[1], np.float64), np.array(columns[2], np.int64),
            np.array(columns[3], np.int64), start, until,
            initial_of(self.settings.get("initial"), self.clock, self.servers), self.times.epoch,
            layout_of(self.settings, self.clock, len(names)), tuple(row.place for row in columns[0]),
            tuple(self.notes),
        )  # fmt: skip

    def _said(self, key: str) -> float | None:
        value = self.settings.get(key)
        return None if value is None else self.times.hours(value, key)

    def _span(self) -> tuple[float, float]:
        """Start and end of the log, said or assumed."""
        until, last = self._said("until"), self.kept[-1] if self.kept else None
        if until is not None and self.end is not None and until != self.end:
            raise InvalidInputError(
                "until", shown(self.settings["until"]), f"the log says that it ends at {self.end:g} h",
                "Say it once.",
            )  # fmt: skip
        end = self.end if until is None else until
        if end is None and last is not None:
            end = last.time
            self.notes.append(
                "The log does not say when it ended: its last event was taken, which makes rates a little "
                "too high. Give until=."
            )
        if end is None:
            raise InvalidInputError(
                self.name,
                "no event",
                "a log has events, or at least an end",
                "Give until= if nothing happened.",
            )
        if last is not None and end < last.time:
            raise InvalidInputError(
                "until", shown(self.settings["until"]),
                f"a log ends at or after its last event, in {last.row.place}",
                "Give the time until which the log was kept, or leave later lines out.",
            )  # fmt: skip
        start = 0.0 if self.start is None else self.start
        if self.start is None:
            taken = "hour 0" if self.times.epoch is None else "its first time stamp"
            self.notes.append(f"The log does not say when it began: {taken} was taken. Give start=.")
        if end <= start:
            raise InvalidInputError(
                "until", f"{end:g} h", f"a log ends after its start at {start:g} h", "Correct one of them."
            )
        return start, end

    def _begin(self, row: Row, time: float) -> None:
        """Take a line that says when the log began; refuse it after events, or beside another start."""
        if self.kept:
            raise InvalidInputError(
                row.place, f'"{LOG_START}" after {self.kept[-1].row.place}',
                "a log starts before its first event", "Leave out what was before it, or the line.",
            )  # fmt: skip
        if self.start is not None and self.start != time:
            raise InvalidInputError(
                row.place, f'"{LOG_START}" at {row.time}', f"the log starts at {self.start:g} h already",
                "Say it once.",
            )  # fmt: skip
        self.start = time

    def _in_order(self, row: Row, time: float) -> None:
        """Refuse a line that is earlier than the one before it, or outside the log."""
        before, place = (self.start, "the start of the log")
        if self.kept:
            before, place = self.kept[-1].time, self.kept[-1].row.place
        if before is not None and time < before:
            raise InvalidInputError(
                f"time in {row.place}", shown(row.time), f"times are in order, and {place} is later",
                "Sort the log by time; lines of the same time stand in the order in which it happened.",
            )  # fmt: skip
        if self.end is not None:
            raise InvalidInputError(
                row.place, shown(row.event), "nothing follows the end of a log", "Remove it."
            )


def _layout(layout: object) -> dict[str, Any]:
    if layout is None:
        return {}
    if not isinstance(layout, Mapping) or not set(layout) <= set(LAYOUT):
        raise InvalidInputError(
            "layout", shown(layout), f"a layout is a table with keys among {', '.join(LAYOUT)}",
            'Write {"crews": 1}, or pool.layout().',
        )  # fmt: skip
    return dict(layout)


def _refuse_nameless(row: Row) -> None:
    raise InvalidInputError(
        f"server in {row.place}", "nothing", "a log by the clock of servers names the server of each event",
        'Fill it in, or write clock="cluster" if the line tells of the whole cluster.',
    )  # fmt: skip


def _refuse_twice(row: Row, other: Row) -> None:
    raise InvalidInputError(
        row.place, f"{shown(row.event)} of {shown(row.server)} at {shown(row.time)} again",
        f"each event stands once, and {other.place} says the same", "Remove one of the lines.",
    )  # fmt: skip
