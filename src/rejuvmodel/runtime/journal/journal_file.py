"""The SQLite file that journal and lease share: opened, checked, mended, and one transaction at a time.

A commit is on the disk before it returns. The rollback journal is kept beside the file and not deleted
between transactions, so that a full disk still lets a row be changed in place: a lease can be renewed where
no record can be written any more.

A file that is damaged is moved aside, never deleted; what can be read of it goes on in a new one. A process
that has the old one open must not go on with it: each transaction looks first whether the file is still the
one under its name. No lock outlives a transaction.
"""

from __future__ import annotations

import fcntl
import os
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from typing import Any

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.journal.journal_errors import JournalError, is_passing
from rejuvmodel.runtime.journal.journal_rows import (
    INSERT,
    LEASE,
    LEASES,
    RECORDS,
    SET_LEASE,
    fits,
    readable,
    text_of,
)

#: Marks the SQLite files that are ours: "rjrn" in ASCII.
_OURS = 0x726A726E
#: Seconds to wait for another process that writes to the same file.
PATIENCE = 5.0
#: What comes before the name under which a damaged file is kept.
KEPT_AS = "; it is kept as "
#: Bytes of the rollback journal that stay on the disk between transactions.
_KEPT = 1 << 16


class JournalFile:
    """The file of journal and lease, open.

    Parameters
    ----------
    path : str
        The file; made, for its owner alone, if it does not exist.
    patience : float, optional
        How long [s] to wait in each transaction for another process that holds the file; opening waits for
        5 s.

    Attributes
    ----------
    path : str
        The file.
    dropped : list of str
        What of an earlier file could not be read, in words.

    Raises
    ------
    InvalidInputError
        If the file is that of another program, or its folder does not exist.
    JournalError
        If the disk is full or fails, or another process holds the file.
    """

    def __init__(self, path: str | os.PathLike[str], patience: float | None = None) -> None:
        self.path = os.fspath(path)
        self.dropped: list[str] = []
        self._patience = patience
        self._turn = threading.RLock()
        self._open()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def reopen(self) -> None:
        """Go on with the file that has the name by now.

        Raises
        ------
        InvalidInputError, JournalError
            As when it was opened first.
        """
        with self._turn:
            self._file.close()
            self._open()

    def _open(self) -> None:
        """Open the file that has the name, alone."""
        folder = os.path.dirname(os.path.abspath(self.path))
        if not os.path.isdir(folder):
            rule = "a file in a folder that exists is expected"
            raise InvalidInputError("journal", self.path, rule, "Make the folder first.")
        if os.path.exists(self.path) and not os.path.isfile(self.path):
            rule = "a file is expected, or a name that nothing has yet"
            raise InvalidInputError("journal", f"{self.path}, which is none", rule, "Name another file.")
        try:
            with _alone(folder):
                self._file = self._opened_or_replaced()
                self._number = self._file_number()
            if self._patience is not None:
                self._file.execute(f"PRAGMA busy_timeout = {round(self._patience * 1000)}").fetchone()
        except (sqlite3.Error, OSError) as error:
            advice = "May this user write the file and its folder, and has its disk room?"
            raise JournalError(f"{self.path}: {error}. No new action begins. {advice}") from error

    @property
    def moved(self) -> bool:
        """Whether another file, or none, has the name by now."""
        return self._file_number() != self._number

    @contextmanager
    def transaction(self, consequence: str) -> Iterator[sqlite3.Connection]:
        """Write, all or nothing; on the disk at the end.

        Parameters
        ----------
        consequence : str
            What an error means, in words.

        Yields
        ------
        sqlite3.Connection
            For the statements within.

        Raises
        ------
        JournalError
            If the disk is full or fails, another process holds the file, or the file was moved: nothing was
            written.
        """
        self._check_place(consequence)
        with self._turn:
            try:
                self._file.execute("BEGIN IMMEDIATE")
                self._check_place(consequence)  # it may have been waited for
                yield self._file
                self._file.execute("COMMIT")
            except BaseException as error:
                with suppress(sqlite3.Error):
                    self._file.execute("ROLLBACK")
                if isinstance(error, sqlite3.Error):
                    raise JournalError(f"{self.path}: {error}. {consequence}") from error
                raise

    def rows(self, statement: str, values: tuple[Any, ...], consequence: str) -> list[tuple[Any, ...]]:
        """Read.

        Parameters
        ----------
        statement : str
            A SELECT.
        values : tuple
            Its values.
        consequence : str
            What an error means, in words.

        Returns
        -------
        list of tuple
            The rows.

        Raises
        ------
        JournalError
            If the disk fails, another process holds the file, or the file was moved.
        """
        self._check_place(consequence)
        with self._turn:
            try:
                return self._file.execute(statement, values).fetchall()
            except sqlite3.Error as error:
                raise JournalError(f"{self.path}: {error}. {consequence}") from error

    def drop(self, words: str) -> None:
        """Say once what could not be read."""
        if words not in self.dropped:
            self.dropped.append(words)

    def _check_place(self, consequence: str) -> None:
        """Refuse to go on with a file that nobody else opens any more."""
        if self.moved:
            raise JournalError(
                f"{self.path}: the file was moved or replaced while it was open. {consequence}"
            )

    def _file_number(self) -> tuple[int, int] | None:
        """Which file has the name; None if none can be seen there."""
        try:
            found = os.stat(self.path)
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _opened_or_replaced(self) -> sqlite3.Connection:
        """The file, checked, made or mended."""
        try:
            return self._opened()
        except sqlite3.DatabaseError as error:
            if is_passing(error):
                raise
            return self._replaced(error)

    def _opened(self) -> sqlite3.Connection:
        """The file, checked or made."""
        # For its owner alone, from its first moment on. Never opened if it is there: closing it would give
        # back the locks of every other connection of this process.
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
        file = sqlite3.connect(self.path, timeout=PATIENCE, isolation_level=None, check_same_thread=False)
        file.text_factory = text_of
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
            file.execute(RECORDS)
            file.execute(LEASES)
            file.execute("COMMIT")
            file.execute("PRAGMA journal_mode = PERSIST").fetchone()
            file.execute(f"PRAGMA journal_size_limit = {_KEPT}").fetchone()
            faults = [text for (text,) in file.execute("PRAGMA quick_check(1)") if text != "ok"]
            faults += ["a lease does not fit its checksum" for row in file.execute(LEASE) if not fits(row)]
            if faults:
                raise sqlite3.DatabaseError(faults[0])
        except BaseException:
            file.close()
            raise
        return file

    def _replaced(self, error: sqlite3.DatabaseError) -> sqlite3.Connection:
        """A new file with what can be read of the damaged one, which is moved aside."""
        rows, leases = readable(self.path)
        aside = f"{self.path}.damaged-{datetime.now(UTC):%Y%m%dT%H%M%S%f}"
        os.replace(self.path, aside)
        with suppress(FileNotFoundError):
            os.replace(f"{self.path}-journal", f"{aside}-journal")
        self.drop(
            f"the journal was damaged ({' '.join(str(error).split())}), and {len(rows)} of its records could "
            f"be read{KEPT_AS}{aside}"
        )
        file = self._opened()
        with file:
            file.execute("BEGIN IMMEDIATE")
            file.executemany(INSERT, rows)
            file.executemany(SET_LEASE, leases)
        return file


@contextmanager
def _alone(folder: str) -> Iterator[None]:
    """Let one process at a time open or mend the files of a folder."""
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        latest = time.monotonic() + PATIENCE
        while True:
            try:
                fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= latest:
                    raise
                time.sleep(0.01)
        yield
    finally:
        os.close(number)
