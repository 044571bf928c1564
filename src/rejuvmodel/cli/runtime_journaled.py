"""The status of a group for which no runtime answers: what its journal says, and nothing that is seen."""

from __future__ import annotations

import os
import time
from datetime import UTC, datetime
from typing import Any

from rejuvmodel.errors import InvalidInputError, RejuvmodelError
from rejuvmodel.runtime.config import RuntimeFile
from rejuvmodel.runtime.group_state import GroupState
from rejuvmodel.runtime.journal_copy import journal_copy
from rejuvmodel.runtime.records import Entered, parsed
from rejuvmodel.runtime.resuming import resumed
from rejuvmodel.runtime.status import Snapshot, status
from rejuvmodel.runtime.views import GroupView, Moment


def journaled_status(file: RuntimeFile, why: str) -> dict[str, Any]:
    """Return the status document of a group from its journal alone.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    why : str
        Why nobody could be asked.

    Returns
    -------
    dict
        The status document: phases as they were last written, everything that would have to be seen unknown.
    """
    now = Moment(time.monotonic(), datetime.now(UTC))
    problems = [f"{why}: phases are as the journal has them, and nothing is seen"]
    state: GroupState | None = None
    dropped: tuple[str, ...] = ()
    since: dict[str, str] = {}
    if not os.path.exists(file.home.journal):
        problems = [f"{why}, and there is no journal yet ({file.home.journal})"]
    else:
        try:
            state, dropped, since = _read(file, now)
        except (RejuvmodelError, OSError) as problem:
            problems = [f"{why}, and the journal cannot be read: {problem}"]
    document = status(file, Snapshot(now, state, problems=tuple(problems), dropped=dropped))
    document["serving"] = None
    for one in document["servers"]:
        one["since"] = since.get(one["name"])
    return document


def _read(file: RuntimeFile, now: Moment) -> tuple[GroupState, tuple[str, ...], dict[str, str]]:
    """What a successor would remember, what was dropped, and since when each server is in its phase."""
    records, dropped = journal_copy(file.home.journal, file.group.name)
    entries, since = [], {}
    for at, values in records:
        try:
            record = parsed(values)
        except InvalidInputError as problem:
            dropped = (*dropped, f"a record of {at.isoformat()}: {problem}")
            continue
        entries.append((at, record))
        if isinstance(record, Entered):
            since[record.server] = at.isoformat(timespec="milliseconds")
    state, _, gone = resumed(file.group, entries, GroupView(), now)
    return state, (*dropped, *gone), since
