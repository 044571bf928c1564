"""Export: the journal of a group as the event log that `rejuvmodel.estimate` reads.

So the loop closes: a policy acts on servers, the journal tells what happened, and from it come the rates of
the next policy. `rejuvmodel.runtime.server_history` says which step is which event, and what has no place.

*When nobody was there.* A server is judged only while a controller looks after it. Stretches without one (the
journal says when one begins, goes on and ends) are cut out of the time axis, so that they are no
exposure: the times of the log are then hours of attendance. The clocks of the models have no memory, so hours
before and after a cut may be added.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

from rejuvmodel.durations import words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.html_tables import html_table
from rejuvmodel.runtime.attendance import EVERY, Attended
from rejuvmodel.runtime.config import RuntimeFile, read_runtime_file
from rejuvmodel.runtime.journal_reading import journal_entries
from rejuvmodel.runtime.records import Entered, EpisodeBegan, Record, Snapshot
from rejuvmodel.runtime.server_history import NORMAL, History
from rejuvmodel.runtime.settings import GroupSettings
from rejuvmodel.runtime.states import Mode
from rejuvmodel.text_files import file_name, write_text

#: A silence [s] of the journal that is no interruption.
_SILENCE = 2 * EVERY
#: Interruptions [s] shorter than this are let be: a controller that is started again.
_SHORT = 60.0


class LoggedEvent(NamedTuple):
    """One line of the log."""

    server: str
    time: str | float
    event: str


@dataclass(frozen=True, slots=True)
class ExportedLog:
    """An event log of servers.

    Parameters
    ----------
    servers : tuple of str
        All servers of the group.
    start, until : str or float
        When it begins and ends: time stamps, or hours of attendance [h] if there were interruptions.
    initial : tuple of tuple
        Servers that were not normal at the start, and what they were.
    layout : tuple of tuple
        Limits that were in force, as a pool has them.
    events : tuple of LoggedEvent
        The lines.
    notes : tuple of str
        What was cut out, and what has no place in the log.
    """

    servers: tuple[str, ...]
    start: str | float
    until: str | float
    initial: tuple[tuple[str, str], ...]
    layout: tuple[tuple[str, Any], ...]
    events: tuple[LoggedEvent, ...]
    notes: tuple[str, ...] = ()

    @property
    def settings(self) -> dict[str, Any]:
        """Arguments of `rejuvmodel.estimate` beside the events."""
        return {
            "clock": "server",
            "servers": list(self.servers),
            "start": self.start,
            "until": self.until,
            "initial": dict(self.initial),
            "layout": dict(self.layout) or None,
        }

    def to_dict(self) -> dict[str, Any]:
        """Return the log as plain values.

        Returns
        -------
        dict
            ``schema`` first; settings and events.
        """
        return {
            "schema": 1,
            **self.settings,
            "events": [one._asdict() for one in self.events],
            "notes": list(self.notes),
        }

    def text(self) -> str:
        """Return the log as the text of its file.

        Returns
        -------
        str
            CSV with its settings at the head.
        """
        lines = ["# clock: server", f"# servers: {', '.join(self.servers)}"]
        lines += [f"# start: {self.start}", f"# until: {self.until}"]
        if self.initial:
            lines.append(f"# initial: {', '.join(f'{name} {state}' for name, state in self.initial)}")
        lines += [f"# {key}: {str(value).lower()}" for key, value in self.layout]
        lines += [f"# - {note}" for note in self.notes]
        lines.append("server,time,event")
        lines += [f"{one.server},{one.time},{one.event}" for one in self.events]
        return "\n".join(lines) + "\n"

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the log to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
            The file.

        Raises
        ------
        InvalidInputError
            If no file can be written there.
        OSError
            If the disk is full or fails.
        """
        write_text(file_name(path, "events.csv"), self.text())

    def rows(self) -> list[tuple[str, str]]:
        """Return the log in words.

        Returns
        -------
        list of tuple
            Name and value of each row.
        """
        counts = Counter(one.event for one in self.events)
        rows = [("servers", ", ".join(self.servers)), ("from", str(self.start)), ("until", str(self.until))]
        rows += [(name, str(number)) for name, number in sorted(counts.items())]
        return rows + [("note", note) for note in self.notes]

    def _repr_html_(self) -> str:
        return html_table("Event log of servers", self.rows())


def export_log(
    file: RuntimeFile | str | os.PathLike[str],
    journal: Sequence[tuple[datetime, Record]] | None = None,
    *,
    until: datetime | None = None,
) -> ExportedLog:
    """Return the history of a group as an event log.

    Parameters
    ----------
    file : RuntimeFile, str or path
        The runtime's file.
    journal : sequence of tuple, optional
        Records with their wall clocks, the oldest first; those of the file's journal if left out.
    until : datetime, optional
        Until when the group was looked after; the last record if left out.

    Returns
    -------
    ExportedLog
        The log, by the clock of each server.

    Raises
    ------
    InvalidInputError
        If the file is not valid, or the journal has no history yet.
    JournalError
        If the journal cannot be read.
    """
    if not isinstance(file, RuntimeFile):
        file = read_runtime_file(file)
    dropped: list[str] = []
    if journal is None:
        journal, dropped = journal_entries(file)
    entries = sorted(journal, key=lambda one: one[0])  # a clock that was set back
    histories = {one.name: History(one.name) for one in file.group.servers}
    entries = _from_start(entries, histories)
    if not entries or (until or entries[-1][0]) <= entries[0][0]:
        rule = "a history of some length is needed"
        found = "; ".join([f"{len(entries)} records", *dropped[:1]])
        raise InvalidInputError("journal", found, rule, "Let the runtime run first.")
    begin, end = entries[0][0], entries[-1][0] if until is None else max(until, entries[-1][0])
    cuts, told = _interruptions(entries, end)
    dry_run = False
    for at, record in entries:
        if isinstance(record, Attended):
            dry_run = record.dry_run
        elif isinstance(record, Entered) and record.server in histories:
            histories[record.server].take((at - begin).total_seconds(), record, dry_run=dry_run)
    notes = list(dropped)
    if not told:
        notes.append("the journal does not say when a controller was there: interruptions count as exposure")
    return _log(file.group, histories, begin, end, cuts, notes)


def _from_start(
    entries: list[tuple[datetime, Record]], histories: dict[str, History]
) -> list[tuple[datetime, Record]]:
    """Entries from where the state of every server is known."""
    for place, (_, record) in enumerate(entries):
        if isinstance(record, Snapshot):
            stated = [one for _, one in record.entries]
            running = {one.clock for one in stated if isinstance(one, EpisodeBegan)}
            for one in stated:
                if isinstance(one, Entered) and one.server in histories:
                    histories[one.server].begin(one, unstable=f"unstable:{one.server}" in running)
            return entries[place:]
    return entries


def _interruptions(
    entries: Sequence[tuple[datetime, Record]], end: datetime
) -> tuple[list[tuple[float, float]], bool]:
    """Stretches [s] in which nobody was there, and whether the journal tells."""
    begin = entries[0][0]
    cuts, told, attended, before = [], False, True, begin
    for at, record in [*entries, (end, None)]:
        began = isinstance(record, Attended) and record.what == "began"
        gap = (at - before).total_seconds()
        silent = told and gap > _SILENCE
        if gap > _SHORT and (silent or began or not attended):
            cuts.append(((before - begin).total_seconds(), (at - begin).total_seconds()))
        if isinstance(record, Attended):
            told, attended = True, record.what != "ended"
        before = at
    return cuts, told


def _log(
    group: GroupSettings,
    histories: dict[str, History],
    begin: datetime,
    end: datetime,
    cuts: list[tuple[float, float]],
    notes: list[str],
) -> ExportedLog:
    """Put the histories of all servers together."""
    lines = [
        (at, order, one.name, event)
        for one in histories.values()
        for order, (at, event) in enumerate(one.events)
    ]
    lines.sort(key=lambda line: line[:2])
    axis = _Axis(begin, cuts)
    counts: Counter[str] = sum((one.counts for one in histories.values()), Counter())
    notes += [f"{number} {what}" for what, number in sorted(counts.items())]
    lost = sum(one.lost for one in histories.values())
    if lost > 0:
        notes.append(f"{words(lost / 3600.0)} of unstable episodes that ended by themselves count as normal")
    if cuts:
        missed = sum(last - first for first, last in cuts) / 3600.0
        notes.append(
            f"{len(cuts)} interruptions of {words(missed)} are cut out: hours are those of attendance"
        )
    return ExportedLog(
        tuple(histories),
        axis.stamp(0.0), axis.stamp((end - begin).total_seconds()),
        tuple((one.name, one.initial) for one in histories.values() if one.initial != NORMAL),
        tuple(_layout(group)),
        tuple(LoggedEvent(name, axis.stamp(at), event) for at, _, name, event in lines),
        tuple(notes),
    )  # fmt: skip


class _Axis:
    """The time axis: time stamps, or hours of attendance where stretches are cut out."""

    def __init__(self, begin: datetime, cuts: Iterable[tuple[float, float]]) -> None:
        self._begin = begin.astimezone(UTC)
        self._cuts = tuple(cuts)

    def stamp(self, at: float) -> str | float:
        """Return a moment as the log has it."""
        if not self._cuts:
            return (self._begin + timedelta(seconds=at)).isoformat()
        passed = sum(min(max(at - first, 0.0), last - first) for first, last in self._cuts)
        return (at - passed) / 3600.0


def _layout(group: GroupSettings) -> Iterator[tuple[str, Any]]:
    """The limits that were in force: the estimate counts waits only while they permit a rejuvenation."""
    if group.mode is Mode.STANDBY:
        return  # nobody judges a spare that stands by, so it cannot be said how much of it ages
    yield "slots", group.max_concurrent
    if group.required and not group.simplex:
        yield from (("required", group.required), ("guarded", True))
