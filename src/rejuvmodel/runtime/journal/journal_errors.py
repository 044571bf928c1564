"""What can be wrong with the journal's file: the disk, another process, another controller."""

from __future__ import annotations

import sqlite3

from rejuvmodel.errors import RejuvmodelError


class JournalError(RejuvmodelError, OSError):
    """The journal cannot be written or read: no new action may begin."""


class StaleEpochError(JournalError):
    """Another controller has taken the lease: nothing was written, and nothing may be done."""


def is_in_use(error: JournalError) -> bool:
    """Return whether another process was in the way.

    Parameters
    ----------
    error : JournalError
        What was raised.

    Returns
    -------
    bool
        True if it held the file for longer than was waited, or has put another in its place.
    """
    cause = error.__cause__
    if isinstance(cause, sqlite3.Error):
        return cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
    return cause is None


def is_passing(error: sqlite3.DatabaseError) -> bool:
    """Return whether the file is sound.

    Parameters
    ----------
    error : sqlite3.DatabaseError
        What SQLite says.

    Returns
    -------
    bool
        True if only the disk, or another process, is in the way.
    """
    return isinstance(error, sqlite3.OperationalError) and error.sqlite_errorcode & 0xFF not in (
        sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR, sqlite3.SQLITE_SCHEMA,
    )  # fmt: skip
