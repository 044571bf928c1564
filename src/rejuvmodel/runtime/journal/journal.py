"""The journal in an SQLite file, on the disk before anything is done, so that a successor can go on.

One row a record: group, wall clock, JSON text and a checksum of all three. The rows of one decision are
written in one transaction that SQLite has flushed to the disk before `Journal.append` returns, so that
whenever the process is killed they are there whole or not at all. A file that is damaged is moved aside,
never deleted; what can be read of it goes on in a new one, and `dropped` says what could not. The file does
not shrink when it is compacted; the room is used again.
"""

from __future__ import annotations

import json
import os
import sqlite3
from datetime import datetime
from typing import Any

from rejuvmodel.runtime.journal.base_journal import BaseJournal, Written
from rejuvmodel.runtime.journal.journal_errors import JournalError, StaleEpochError
from rejuvmodel.runtime.journal.journal_file import JournalFile
from rejuvmodel.runtime.journal.journal_rows import INSERT, LEASE, SELECT, checksum, fits

__all__ = ["Journal", "JournalError", "StaleEpochError"]


class Journal(BaseJournal):
    """The journal of one host, open; `BaseJournal` says what its methods do.

    Parameters
    ----------
    path : str
        The file; made, for its owner alone, if it does not exist.

    Raises
    ------
    InvalidInputError
        If the file is that of another program, or its folder does not exist.
    JournalError
        If the disk is full or fails, or another process holds the file.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._file = JournalFile(path)
        self.path = self._file.path
        self.dropped = self._file.dropped

    def close(self) -> None:
        self._file.close()

    def records(self, group: str) -> Written:
        # Whoever reads resumes from what others have as well: from the file that has the name by now.
        if self._file.moved:
            self._file.reopen()
        rows = self._file.rows(f"{SELECT} ORDER BY number", (), "Nothing can be resumed from it.")
        found = []
        for number, *row in rows:
            if not fits(tuple(row)):  # of whichever group: its name may be what is damaged
                self._file.drop(f"record {number} does not fit its checksum")
            elif row[0] == group:
                found.append((datetime.fromisoformat(row[1]), json.loads(row[2])))
        return found

    def _write(
        self,
        group: str,
        records: list[dict[str, Any]],
        at: datetime,
        epoch: int | None,
        oldest: datetime | None = None,
    ) -> int:
        when, deleted = at.isoformat(), 0
        rows = [(group, when, json.dumps(record, allow_nan=False)) for record in records]
        consequence = "Nothing of this decision was written, and no new action begins."
        with self._file.transaction(consequence if oldest is None else "Nothing was deleted.") as file:
            self._check_epoch(file, group, epoch)
            if oldest is not None:
                older = (group, oldest.isoformat())
                deleted = file.execute("DELETE FROM record WHERE grp = ? AND at < ?", older).rowcount
            file.executemany(INSERT, [(*row, checksum(*row)) for row in rows])
        return deleted

    def _check_epoch(self, file: sqlite3.Connection, group: str, epoch: int | None) -> None:
        """Refuse to write for an epoch that is over; within the transaction that writes."""
        if epoch is None:
            return
        found = file.execute(f"{LEASE} WHERE grp = ?", (group,)).fetchone()
        if found is None or not fits(found) or found[1] != epoch:
            holder = "nobody" if found is None else f"{found[2] or 'nobody'} (epoch {found[1]})"
            raise self._stale(group, epoch, holder)
