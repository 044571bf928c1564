"""Export: the journal of a group as the event log that `rejuvmodel.estimate` reads.

So the loop closes: a policy acts on servers, the journal tells what happened, and from it come the rates of
the next policy. `rejuvmodel.runtime.foresight.server_history` says which step is which event, and what has no
place.

*When nobody was there.* A server is judged only while a controller looks after it. Stretches without one (the
journal says when one begins, goes on and ends) are cut out of the time axis, so that they are no
exposure: the times of the log are then hours of attendance. The clocks of the models have no memory, so hours
before and after a cut may be added.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from rejuvmodel.durations import words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config.runtime_file import RuntimeFile, read_runtime_file
from rejuvmodel.runtime.deciding.attendance import EVERY, Attended
from rejuvmodel.runtime.deciding.records import Entered, EpisodeBegan, EpisodeEnded, Record, Snapshot
from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.deciding.states import Mode
from rejuvmodel.runtime.foresight.exported_log import ExportedLog, LoggedEvent
from rejuvmodel.runtime.foresight.sample_records import SampleRecord, are_recorded, read_samples
from rejuvmodel.runtime.foresight.seen_failures import SeenFailed, SeenWell, failures_seen
from rejuvmodel.runtime.foresight.server_history import NORMAL, History
from rejuvmodel.runtime.journal.journal_reading import journal_entries

#: A silence [s] of the journal that is no interruption.
_SILENCE = 2 * EVERY
#: Interruptions [s] shorter than this are let be: a controller that is started again.
_SHORT = 60.0


def export_log(
    file: RuntimeFile | str | os.PathLike[str],
    journal: Sequence[tuple[datetime, Record]] | None = None,
    *,
    samples: Iterable[SampleRecord] | None = None,
    until: datetime | None = None,
) -> ExportedLog:
    """Return the history of a group as an event log.

    Parameters
    ----------
    file : RuntimeFile, str or path
        The runtime's file.
    journal : sequence of tuple, optional
        Records with their wall clocks, the oldest first; those of the file's journal if left out.
    samples : iterable of SampleRecord, optional
        Recorded samples, for failures that are not in the journal; those of the file if both are left out.
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
        if samples is None and file.sampling is not None and are_recorded(file.sampling.directory):
            samples = read_samples(file.sampling.directory)
            dropped += samples.dropped
    entries = sorted(journal, key=lambda one: one[0])  # a clock that was set back
    histories = {one.name: History(one.name) for one in file.group.servers}
    entries, left_out = _from_start(entries, histories)
    if not entries or (until or entries[-1][0]) <= entries[0][0]:
        rule = "a history of some length is needed"
        found = "; ".join([f"{len(entries)} records", *dropped[:1]])
        raise InvalidInputError("journal", found, rule, "Let the runtime run first.")
    begin, end = entries[0][0], entries[-1][0] if until is None else max(until, entries[-1][0])
    cuts, told = _interruptions(entries, end)
    seen, doubt = failures_seen(() if samples is None else samples)
    _tell(histories, [*entries, *(one for one in seen if begin <= one[0] <= end)], begin)
    notes = [*dropped, *left_out]
    if samples is None:
        notes.append("no samples are recorded: failures that were never confirmed are not in it")
    for name, time in doubt.items():
        notes.append(f"{name} was unknown for {words(time / 3600.0)}, which count as before")
    if not told:
        notes.append("the journal does not say when a controller was there: interruptions count as exposure")
    if file.producer.policy is not None and file.producer.policy.scope == "cluster":
        notes.append("the policy has one clock for the cluster: waits of single servers are not its delay")
    return _log(file.group, histories, begin, end, cuts, notes)


def _from_start(
    entries: list[tuple[datetime, Record]], histories: dict[str, History]
) -> tuple[list[tuple[datetime, Record]], list[str]]:
    """Entries from where the state of every server is known, and what is not in them, in words.

    A server that a snapshot does not name was not there yet, rather than normal: so a later one is the start.
    """
    begin: int | None = None
    joined, missing = set[str](), set[str]()
    for place, (_, record) in enumerate(entries):
        if isinstance(record, Snapshot):
            lacking = histories.keys() - {one.server for one in _steps(record)}
            if begin is None or missing or lacking:
                begin = place
            joined, missing = joined | lacking, lacking
    kept = entries[begin or 0 :]
    for _, record in kept[:1]:
        if isinstance(record, Snapshot):
            running = {one.clock for _, one in record.entries if isinstance(one, EpisodeBegan)}
            for one in _steps(record):
                if one.server in histories:
                    histories[one.server].begin(one, unstable=f"unstable:{one.server}" in running)
    gone = {one.server for _, record in kept for one in _steps(record)} - histories.keys()
    notes = [
        f"{name} joined the group later: the log begins when all of its servers were there"
        for name in sorted(joined - missing)
    ]
    notes += [
        f"{name} joined the group within the log, and counts as normal until then" for name in sorted(missing)
    ]
    notes += [f"{name} is no longer in the file: what happened to it is left out" for name in sorted(gone)]
    return kept, notes


def _steps(record: Record) -> list[Entered]:
    """Steps of servers that a record states."""
    found = [one for _, one in record.entries] if isinstance(record, Snapshot) else [record]
    return [one for one in found if isinstance(one, Entered)]


def _tell(
    histories: dict[str, History],
    happened: Sequence[tuple[datetime, Record | SeenFailed | SeenWell]],
    begin: datetime,
) -> None:
    """Tell each history what has happened to its server."""
    dry_run = False
    for at, record in sorted(happened, key=lambda one: one[0]):
        seconds = (at - begin).total_seconds()
        if isinstance(record, Attended):
            dry_run = record.dry_run
        elif isinstance(record, SeenFailed | SeenWell) and record.server in histories:
            histories[record.server].see(seconds, record)
        elif isinstance(record, Entered) and record.server in histories:
            histories[record.server].take(seconds, record, dry_run=dry_run)
        elif isinstance(record, EpisodeBegan | EpisodeEnded):
            kind, _, name = record.clock.partition(":")
            if kind == "unstable" and name in histories:
                histories[name].clock(seconds, runs=isinstance(record, EpisodeBegan))


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
    if group.mode is Mode.STANDBY:
        notes.append("spares that stand by count as servers at work, as if they aged like them")
    counts: Counter[str] = sum((one.counts for one in histories.values()), Counter())
    notes += [f"{what}: {number}" for what, number in sorted(counts.items())]
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
