"""The log of samples: what the monitors saw, kept for `replay`, `export` and other programs.

One CSV file for each day in UTC, in a folder of its own; only ever added to, whole lines at a time. A server
gets a line every so often, and one more whenever its condition or its life changes, so that the time of the
change is known. Files older than the time to keep are deleted when a day begins.

The log is no journal: nothing waits for it and nothing is decided by it. It is not flushed to the disk, so a
power cut may cost the last lines, and a disk that is full costs lines until there is room again; `problem`
then says so. Half a line, from whichever of these, is cut off before the next is written.
"""

from __future__ import annotations

import csv
import io
import math
import os
from collections.abc import Mapping
from datetime import UTC, date, timedelta

from rejuvmodel.runtime.deciding.views import UNSEEN, Moment, ServerView
from rejuvmodel.runtime.foresight.sample_records import COLUMNS, DAY, SampleRecord
from rejuvmodel.runtime.watching.collector import Assessment
from rejuvmodel.runtime.watching.observing import identity_text

_HEAD = ",".join(COLUMNS) + "\n"
#: So many bytes of a file are searched at a time for the end of its last whole line.
_TAIL = 4096


class SampleLog:
    """Writes down what is seen of the servers of one group.

    Parameters
    ----------
    directory : str
        The folder; made, for its owner alone, with the first line.
    every : float
        Time [s] from one line of a server to its next.
    keep : float
        Time [s] after which a file is deleted; infinity for never.

    Attributes
    ----------
    problem : str
        Why the last lines could not be written; empty if they were.
    dropped : list of str
        What was cut off files, in words.
    """

    def __init__(self, directory: str, every: float, keep: float = math.inf) -> None:
        self.directory = directory
        self.every = every
        self.keep = keep
        self.problem = ""
        self.dropped: list[str] = []
        self._due = -math.inf
        self._day: date | None = None
        self._seen: dict[str, tuple[float, str, str | None]] = {}

    def note(
        self, assessments: Mapping[str, Assessment], views: Mapping[str, ServerView], now: Moment
    ) -> int:
        """Write down what is due; called at every tick, and cheap when nothing is.

        Parameters
        ----------
        assessments : mapping of str to Assessment
            What the collector made of the samples, by server.
        views : mapping of str to ServerView
            What the controller was told, by server.
        now : Moment
            When.

        Returns
        -------
        int
            Lines written; 0 if none was due, or `problem` says why they could not be.
        """
        everyone = now.clock >= self._due
        records, seen = [], {}
        for name, one in assessments.items():
            sample, before = one.last, self._seen.get(name)
            if sample is None or (before is not None and sample.at <= before[0]):
                continue  # the same look is not written twice
            life = identity_text(sample.identity)
            changed = before is None or before[1:] != (one.state, life)
            if everyone or changed:
                records.append(_record(one, views.get(name, UNSEEN), now))
                seen[name] = (sample.at, str(one.state), life)
        if everyone:
            late = now.clock - self._due
            # In step with the ticks before, unless it was late by more than a tick of its own.
            self._due = self._due + self.every if late < self.every else now.clock + self.every
        if not records:
            return 0
        try:
            self._write(now, records)
        except OSError as error:
            self.problem = f"samples cannot be written to {self.directory}: {error.strerror or error}"
            return 0
        self.problem = ""
        self._seen.update(seen)
        return len(records)

    def _write(self, now: Moment, records: list[SampleRecord]) -> None:
        """Add whole lines to the file of the day."""
        day = now.wall.astimezone(UTC).date()
        if day != self._day:
            os.makedirs(self.directory, mode=0o700, exist_ok=True)
            self._forget(day)
            self._day = day
        text = io.StringIO()
        csv.writer(text, lineterminator="\n").writerows(record.cells() for record in records)
        path = os.path.join(self.directory, f"samples-{day.isoformat()}.csv")
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        try:
            size = self._mended(file, path)
            data = (text.getvalue() if size else _HEAD + text.getvalue()).encode()
            written = os.write(file, data)
            if written < len(data):
                os.ftruncate(file, size)
                raise OSError(f"only {written} of {len(data)} bytes fit on the disk")
        finally:
            os.close(file)

    def _mended(self, file: int, path: str) -> int:
        """Size of a file after half a line at its end was cut off."""
        size = os.fstat(file).st_size
        if size == 0:
            return 0
        begin = max(size - _TAIL, 0)
        tail = os.pread(file, _TAIL, begin)
        if tail.endswith(b"\n"):
            return size
        while begin and b"\n" not in tail:
            begin = max(begin - _TAIL, 0)
            tail = os.pread(file, _TAIL, begin)
        whole = begin + tail.rfind(b"\n") + 1
        os.ftruncate(file, whole)
        self.dropped.append(f"half a line at the end of {path}")
        return whole

    def _forget(self, today: date) -> None:
        """Delete files of days that are over for longer than the time to keep."""
        if self.keep == math.inf:
            return
        oldest = date.fromordinal(max(today.toordinal() - int(self.keep // 86400), 1))
        for name in os.listdir(self.directory):
            found = DAY.fullmatch(name)
            if found and _date(found[1]) < oldest:
                os.unlink(os.path.join(self.directory, name))


def _record(one: Assessment, view: ServerView, now: Moment) -> SampleRecord:
    """The record of the newest sample of a server."""
    sample = one.last
    assert sample is not None
    return SampleRecord(
        now.wall - timedelta(seconds=now.clock - sample.at), one.server, identity_text(sample.identity),
        sample.answer, one.state, sample.load, sample.uptime, sample.memory, sample.buffers,
        view.up, view.sessions,
    )  # fmt: skip


def _date(text: str) -> date:
    """The day of a file; the last of all days for a name that is none, so that it stays."""
    try:
        return date.fromisoformat(text)
    except ValueError:
        return date.max
