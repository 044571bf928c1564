"""The journal: records in an SQLite file, on the disk before anything is done, so that a successor can go on.

One row a record: group, wall clock, JSON text and a checksum of all three. The rows of one decision are
written in one transaction that SQLite has flushed to the disk before `Journal.append` returns, so that
whenever the process is killed they are there whole or not at all. A file that is damaged is moved aside,
never deleted; what can be read of it goes on in a new one, and `Journal.dropped` says what could not.

Only JSON values go in and come out: `rejuvmodel.runtime.records` gives them their meaning.
"""

from __future__ import annotations

import json
import os
import sqlite3
import zlib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, suppress
from datetime import UTC, datetime
from typing import Any

from rejuvmodel.errors import InvalidInputError, RejuvmodelError

#: Marks the SQLite files that are ours: "rjrn" in ASCII.
_OURS = 0x726A726E
#: Seconds to wait for another process that writes to the same file.
_PATIENCE = 5.0
_TABLE = (
    "CREATE TABLE record (number INTEGER PRIMARY KEY, grp TEXT NOT NULL, at TEXT NOT NULL, "
    "text TEXT NOT NULL, checksum INTEGER NOT NULL)"
)


_SELECT = "SELECT number, grp, at, text, checksum FROM record"
_INSERT = "INSERT INTO record (grp, at, text, checksum) VALUES (?, ?, ?, ?)"


class JournalError(RejuvmodelError, OSError):
    """The journal cannot be written or read: no new action may begin."""


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
        self.path = os.fspath(path)
        self.dropped: list[str] = []
        folder = os.path.dirname(os.path.abspath(self.path))
        if not os.path.isdir(folder):
            raise InvalidInputError("journal", self.path, "the folder of the file exists", "Make it first.")
        try:
            self._file = self._opened()
        except sqlite3.DatabaseError as error:
            if _is_passing(error):
                raise JournalError(f"{self.path}: {error}. No new action begins.") from error
            self._file = self._replaced(error)

    def __enter__(self) -> Journal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def append(self, group: str, records: Iterable[Mapping[str, Any]], at: datetime | None = None) -> None:
        """Write the records of one decision; when this returns they are on the disk, all of them.

        Parameters
        ----------
        group : str
            Name of the group.
        records : iterable of mapping
            JSON values, in this order.
        at : datetime, optional
            Wall clock with a time zone; now if left out.

        Raises
        ------
        JournalError
            If the disk is full or fails: none of them is there, and all before them still are.
        """
        when = (datetime.now(UTC) if at is None else at).astimezone(UTC).isoformat()
        rows = [_row(group, when, json.dumps(dict(record), allow_nan=False)) for record in records]
        if not rows:
            return
        try:
            self._file.execute("BEGIN IMMEDIATE")
            self._file.executemany(_INSERT, rows)
            self._file.execute("COMMIT")
        except sqlite3.Error as error:
            with suppress(sqlite3.Error):
                self._file.execute("ROLLBACK")
            raise JournalError(
                f"{self.path}: {error}. Nothing of this decision was written, and no new action begins."
            ) from error

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
        """
        try:
            rows = self._file.execute(f"{_SELECT} ORDER BY number").fetchall()
        except sqlite3.Error as error:
            raise JournalError(f"{self.path}: {error}. Nothing can be resumed from it.") from error
        found = []
        for number, *row in rows:
            record = _record(row)
            if record is None:  # of whichever group: its name may be what is damaged
                self._drop(f"record {number} does not fit its checksum")
            elif row[0] == group:
                found.append(record)
        return found

    def forget(self, group: str, before: int) -> None:
        """Delete all but the last so many records of a group.

        Parameters
        ----------
        group : str
            Name of the group.
        before : int
            Records to keep; give what `records` needs to resume.
        """
        try:
            self._file.execute(
                "DELETE FROM record WHERE grp = ?1 AND number NOT IN "
                "(SELECT number FROM record WHERE grp = ?1 ORDER BY number DESC LIMIT ?2)",
                (group, max(before, 0)),
            )
        except sqlite3.Error as error:
            raise JournalError(f"{self.path}: {error}. Nothing was deleted.") from error

    def _drop(self, words: str) -> None:
        if words not in self.dropped:
            self.dropped.append(words)

    def _opened(self) -> sqlite3.Connection:
        """The file, checked or made."""
        # For its owner alone, from its first moment on.
        os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))
        file = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)
        file.text_factory = _text
        try:
            file.execute("PRAGMA synchronous = EXTRA")
            file.execute("BEGIN IMMEDIATE")
            (ours,) = file.execute("PRAGMA application_id").fetchone()
            (tables,) = file.execute("SELECT count(*) FROM sqlite_master").fetchone()
            if tables and ours != _OURS:
                raise InvalidInputError(
                    "journal", f"{self.path}, a database of another program",
                    "the journal has a file of its own", "Name another file.",
                )  # fmt: skip
            if not tables:
                file.execute(f"PRAGMA application_id = {_OURS}")
                file.execute(_TABLE)
            file.execute("COMMIT")
            faults = [text for (text,) in file.execute("PRAGMA quick_check(1)") if text != "ok"]
            if faults:
                raise sqlite3.DatabaseError(faults[0])
        except BaseException:
            file.close()
            raise
        return file

    def _replaced(self, error: sqlite3.DatabaseError) -> sqlite3.Connection:
        """A new file with what can be read of the damaged one, which is moved aside."""
        rows = list(_readable(self.path))
        aside = f"{self.path}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        os.replace(self.path, aside)
        with suppress(FileNotFoundError):
            os.replace(f"{self.path}-journal", f"{aside}-journal")
        self._drop(
            f"the journal was damaged ({error}); it is kept as {aside}, and {len(rows)} "
            "of its records could be read"
        )
        try:
            file = self._opened()
            with file:
                file.execute("BEGIN IMMEDIATE")
                file.executemany(_INSERT, [row for _, *row in rows])
        except sqlite3.Error as failed:
            raise JournalError(f"{self.path}: {failed}. No new action begins.") from failed
        return file


def _text(data: bytes) -> str:
    """Text as it is in the file; damaged bytes are kept, and do not fit the checksum."""
    return data.decode(errors="surrogateescape")


def _row(group: str, at: str, text: str) -> tuple[str, str, str, int]:
    return group, at, text, _checksum(group, at, text)


def _checksum(group: str, at: str, text: str) -> int:
    return zlib.crc32(f"{group}\0{at}\0{text}".encode(errors="surrogateescape"))


def _record(row: list[Any]) -> tuple[datetime, dict[str, Any]] | None:
    """A row as time and record; None if it is not what was written."""
    group, at, text, checksum = row
    if not (isinstance(group, str) and isinstance(at, str) and isinstance(text, str)):
        return None
    if checksum != _checksum(group, at, text):
        return None
    return datetime.fromisoformat(at), json.loads(text)


def _readable(path: str) -> Iterator[list[Any]]:
    """Rows of a damaged file that can be read and fit their checksums, in order."""
    found: dict[int, list[Any]] = {}
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        file.text_factory = _text
        # From both ends: a page that cannot be read stops the reading.
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.Error):
                for number, *row in file.execute(f"{_SELECT} ORDER BY number {order}"):
                    if isinstance(number, int) and _record(row) is not None:
                        found[number] = row
    return ([number, *found[number]] for number in sorted(found))


def _is_passing(error: sqlite3.DatabaseError) -> bool:
    """Whether the file is sound and only the disk, or another process, is in the way."""
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF not in (
        sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_SCHEMA,
    )  # fmt: skip
