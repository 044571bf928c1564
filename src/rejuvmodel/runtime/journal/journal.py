"""The journal: records in an SQLite file, on the disk before anything is done, so that a successor can go on.

One row a record: group, wall clock, JSON text and a checksum of all three. The rows of one decision are
written in one transaction that SQLite has flushed to the disk before `Journal.append` returns, so that
whenever the process is killed they are there whole or not at all. The same transaction looks whether the
lease (`rejuvmodel.runtime.journal.lease`) is still of the epoch in which the decision was made. A file that
is damaged is moved aside, never deleted; what can be read of it goes on in a new one, and `Journal.dropped`
says what could not.

Only JSON values go in and come out: `rejuvmodel.runtime.deciding.records` gives them their meaning.
"""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rejuvmodel.runtime.journal.journal_errors import JournalError, StaleEpochError
from rejuvmodel.runtime.journal.journal_file import JournalFile
from rejuvmodel.runtime.journal.journal_rows import INSERT, LEASE, SELECT, checksum, fits

__all__ = ["Journal", "JournalError", "StaleEpochError"]

_NOTHING = "Nothing of this decision was written, and no new action begins."


class Journal:
    """The journal of one host, open.

    Parameters
    ----------
    path : str
        The file; made, for its owner alone, if it does not exist.

    Attributes
    ----------
    path : str
        The file.
    dropped : list of str
        What of an earlier journal could not be read, in words; empty if all of it could.

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

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    @property
    def dropped(self) -> list[str]:
        """What of an earlier journal could not be read."""
        return self._file.dropped

    def append(
        self,
        group: str,
        records: Iterable[Mapping[str, Any]],
        at: datetime | None = None,
        epoch: int | None = None,
    ) -> None:
        """Write the records of one decision; when this returns they are on the disk, all of them.

        Parameters
        ----------
        group : str
            Name of the group.
        records : iterable of mapping
            JSON values, in this order.
        at : datetime, optional
            Wall clock with a time zone; now if left out.
        epoch : int, optional
            Epoch of the lease in which the decision was made; not looked at if left out.

        Raises
        ------
        StaleEpochError
            If the lease is of another epoch by now: nothing was written, and nothing may be done.
        JournalError
            If the disk is full or fails: none of them is there, and all before them still are.
        """
        when = (datetime.now(UTC) if at is None else at).astimezone(UTC).isoformat()
        rows = [_row(group, when, json.dumps(dict(record), allow_nan=False)) for record in records]
        if not rows:
            return
        with self._file.transaction(_NOTHING) as file:
            _check_epoch(file, self.path, group, epoch)
            file.executemany(INSERT, rows)

    def records(self, group: str) -> list[tuple[datetime, dict[str, Any]]]:
        """Return the records of a group, the oldest first, each with the wall clock at which it was written.

        Parameters
        ----------
        group : str
            Name of the group.

        Returns
        -------
        list of tuple
            Rows whose checksum does not fit are left out; `dropped` names them.

        Raises
        ------
        JournalError
            If the disk fails.

        Notes
        -----
        If another file has the name by now, because this one was damaged or deleted, it is that one's records
        and from now on that file: whoever reads resumes from what others have as well.
        """
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

    def compact(
        self,
        group: str,
        snapshot: Iterable[Mapping[str, Any]],
        keep: timedelta,
        at: datetime | None = None,
        epoch: int | None = None,
    ) -> int:
        """Write down how everything stands, and delete what is older than is to be kept.

        Parameters
        ----------
        group : str
            Name of the group.
        snapshot : iterable of mapping
            Records from which everything can be resumed: `rejuvmodel.runtime.deciding.snapshots.snapshot`.
        keep : timedelta
            Age beyond which records before the snapshot are deleted; they are history only.
        at : datetime, optional
            Wall clock with a time zone; now if left out.
        epoch : int, optional
            Epoch of the lease, as in `append`.

        Returns
        -------
        int
            How many records were deleted.

        Raises
        ------
        StaleEpochError
            If the lease is of another epoch by now: nothing was changed.
        JournalError
            If the disk is full or fails: nothing was changed.

        Notes
        -----
        The file does not shrink; the room is used again. Snapshot and deletion are one transaction.
        """
        now = (datetime.now(UTC) if at is None else at).astimezone(UTC)
        rows = [_row(group, now.isoformat(), json.dumps(dict(one), allow_nan=False)) for one in snapshot]
        if not rows:
            return 0
        oldest = (now - keep).isoformat()
        with self._file.transaction("Nothing was deleted.") as file:
            _check_epoch(file, self.path, group, epoch)
            deleted = file.execute("DELETE FROM record WHERE grp = ? AND at < ?", (group, oldest)).rowcount
            file.executemany(INSERT, rows)
        return deleted


def _check_epoch(file: sqlite3.Connection, path: str, group: str, epoch: int | None) -> None:
    """Refuse to write for an epoch that is over; within the transaction that writes."""
    if epoch is None:
        return
    found = file.execute(f"{LEASE} WHERE grp = ?", (group,)).fetchone()
    if found is None or not fits(found) or found[1] != epoch:
        holder = "nobody" if found is None else f"{found[2] or 'nobody'} (epoch {found[1]})"
        raise StaleEpochError(f"{path}: the lease of {group} is no longer of epoch {epoch}: {holder} has it.")


def _row(group: str, at: str, text: str) -> tuple[str, str, str, int]:
    return group, at, text, checksum(group, at, text)
