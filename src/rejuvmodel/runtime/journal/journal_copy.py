"""Reading another process's journal without changing it: a file from a copy, etcd as it is."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.journal.base_journal import Written
from rejuvmodel.runtime.journal.journal import Journal
from rejuvmodel.runtime.journal.journal_errors import JournalError
from rejuvmodel.runtime.journal.journal_file import KEPT_AS
from rejuvmodel.runtime.journal.leasing import etcd_journal


def journal_copy(file: RuntimeFile) -> tuple[Written, tuple[str, ...]]:
    """Return what the journal of a group says.

    Parameters
    ----------
    file : RuntimeFile
        The file.

    Returns
    -------
    tuple
        Its records, the oldest first, each with the wall clock at which it was written, none if there is no
        journal yet; and what could not be read, in words.

    Raises
    ------
    JournalError
        If it cannot be read at all.
    InvalidInputError
        If it is the file of another program.

    Notes
    -----
    A file opened as such would be mended at once: rolled back if its writer was killed, moved aside if it
    is damaged. Both are for the runtime to do.
    """
    if file.lease.type == "etcd":
        with etcd_journal(file.lease) as kept:
            return kept.records(file.group.name), tuple(kept.dropped)
    path = file.home.journal
    if not os.path.lexists(path):
        return [], ()
    with tempfile.TemporaryDirectory(prefix="rejuvmodel-") as folder:
        name = os.path.join(folder, os.path.basename(path))
        try:
            shutil.copyfile(path, name)
            with suppress(FileNotFoundError):
                shutil.copyfile(f"{path}-journal", f"{name}-journal")
        except OSError as problem:
            raise JournalError(f"{path}: it cannot be read ({problem.strerror or problem}).") from None
        try:
            with Journal(name) as journal:
                records = journal.records(file.group.name)
                return records, tuple(_of_the_original(text, name, path) for text in journal.dropped)
        except JournalError as error:
            raise JournalError(str(error).replace(name, path)) from None
        except InvalidInputError as error:
            found = error.found.replace(name, path)
            raise InvalidInputError(error.argument, found, error.rule, error.advice) from None


def _of_the_original(text: str, name: str, path: str) -> str:
    """What was said of the copy: one that is damaged is not kept, and the file stays where it is."""
    found, kept, _ = text.partition(KEPT_AS)
    return f"{path}: {found}" if kept else text.replace(name, path)
