"""Reading a journal that belongs to another process: from a copy, so that nothing of it changes."""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import suppress
from datetime import datetime
from typing import Any

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.journal import Journal, JournalError


def journal_copy(path: str, group: str) -> tuple[list[tuple[datetime, dict[str, Any]]], tuple[str, ...]]:
    """Return what a journal says of a group.

    Parameters
    ----------
    path : str
        The journal.
    group : str
        The group.

    Returns
    -------
    tuple
        Its records, the oldest first, each with the wall clock at which it was written; and what of the file
        could not be read, in words.

    Raises
    ------
    JournalError
        If it cannot be read at all.
    InvalidInputError
        If it is the file of another program.

    Notes
    -----
    A journal opened as such would be mended at once: rolled back if its writer was killed, moved aside if it
    is damaged. Both are for the runtime to do.
    """
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
                records = journal.records(group)
                return records, tuple(text.replace(name, path) for text in journal.dropped)
        except JournalError as error:
            raise JournalError(str(error).replace(name, path)) from None
        except InvalidInputError as error:
            found = error.found.replace(name, path)
            raise InvalidInputError(error.argument, found, error.rule, error.advice) from None
