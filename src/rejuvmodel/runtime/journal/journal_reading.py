"""Reading the journal of a group that another process may be writing: nothing of it changes."""

from __future__ import annotations

import os
from datetime import datetime

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.records import Record, parsed
from rejuvmodel.runtime.journal.base_journal import Written
from rejuvmodel.runtime.journal.journal_copy import journal_copy


def journal_entries(file: RuntimeFile) -> tuple[list[tuple[datetime, Record]], list[str]]:
    """Return what the journal of a group holds.

    Parameters
    ----------
    file : RuntimeFile
        The runtime's file.

    Returns
    -------
    tuple of list
        Records with the wall clocks at which they were written, the oldest first; and what could not be read.

    Raises
    ------
    InvalidInputError
        If there is no journal yet, or its file is none.
    JournalError
        If the disk or the etcd server fails.
    """
    path = file.home.journal
    if file.lease.type != "etcd" and not os.path.isfile(path):
        advice = "The runtime makes it when it runs; check [group] journal."
        raise InvalidInputError("journal", path, "the file of a journal is expected", advice)
    written, lost = journal_copy(file)
    entries, dropped = understood(written)
    return entries, [*lost, *dropped]


def understood(written: Written) -> tuple[list[tuple[datetime, Record]], list[str]]:
    """Return what a journal holds as records; and, in words, what is none, such as those of a later version.

    Parameters
    ----------
    written : list of tuple
        From `BaseJournal.records`.

    Returns
    -------
    tuple of list
        Both in order.
    """
    entries, dropped = [], []
    for at, values in written:
        try:
            entries.append((at, parsed(values)))
        except InvalidInputError as problem:
            dropped.append(f"a record of {at.isoformat()}: {problem}")
    return entries, dropped
