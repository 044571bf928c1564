"""Reading a journal that another process may be writing: nothing is made, mended or moved aside."""

from __future__ import annotations

import json
import os
import sqlite3
from contextlib import closing
from datetime import datetime

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.journal_file import JournalError
from rejuvmodel.runtime.journal_rows import SELECT, fits, text_of
from rejuvmodel.runtime.records import Record, parsed

#: Seconds to wait for a writer.
_PATIENCE = 5.0


def journal_entries(path: str, group: str) -> tuple[list[tuple[datetime, Record]], list[str]]:
    """Return what the journal of a group holds.

    Parameters
    ----------
    path : str
        The journal's file.
    group : str
        Name of the group.

    Returns
    -------
    tuple of list
        Records with the wall clocks at which they were written, the oldest first; and what could not be read.

    Raises
    ------
    InvalidInputError
        If there is no such file, or it is no journal.
    JournalError
        If the disk fails, or a writer holds the file for too long.
    """
    if not os.path.isfile(path):
        advice = "The runtime makes it when it runs; check [group] journal."
        raise InvalidInputError("journal", path, "the file of a journal is expected", advice)
    try:
        with closing(sqlite3.connect(f"file:{_quoted(path)}?mode=ro", uri=True, timeout=_PATIENCE)) as file:
            file.text_factory = text_of
            rows = file.execute(f"{SELECT} ORDER BY number").fetchall()
    except sqlite3.OperationalError as error:
        if "no such table" in str(error):
            raise InvalidInputError("journal", path, "the file of a journal is expected", "") from error
        raise JournalError(f"{path}: {error}. Nothing was changed.") from error
    except sqlite3.DatabaseError as error:
        raise InvalidInputError(
            "journal", f"{path} ({error})", "the file of a journal is expected", ""
        ) from error
    entries, dropped = [], []
    for number, *row in rows:
        try:
            if not fits(tuple(row)):
                raise ValueError
            if row[0] == group:
                entries.append((datetime.fromisoformat(row[1]), parsed(json.loads(row[2]))))
        except ValueError:  # InvalidInputError is one: a record of a later version
            dropped.append(f"record {number} of {path} cannot be read")
    return entries, dropped


def _quoted(path: str) -> str:
    """A file name as a URI has it."""
    return os.path.abspath(path).replace("%", "%25").replace("?", "%3f").replace("#", "%23")
