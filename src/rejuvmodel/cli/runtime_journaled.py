"""The status of a group for which no runtime answers: what its journal says, and nothing that is seen."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from rejuvmodel.errors import RejuvmodelError
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.group_state import GroupState
from rejuvmodel.runtime.deciding.records import Entered
from rejuvmodel.runtime.deciding.resuming import resumed
from rejuvmodel.runtime.deciding.views import GroupView, Moment
from rejuvmodel.runtime.journal.journal_reading import journal_entries
from rejuvmodel.runtime.operating.status import TickSnapshot, status


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
    try:
        entries, lost = journal_entries(file)
    except RejuvmodelError as problem:
        problems = [f"{why}, and the journal cannot be read: {problem}"]
    else:
        found, _, gone = resumed(file.group, entries, GroupView(), now)
        state, dropped = found if entries else None, (*lost, *gone)
        since = {
            record.server: at.isoformat(timespec="milliseconds")
            for at, record in entries
            if isinstance(record, Entered)
        }
    document = status(file, TickSnapshot(now, state, problems=tuple(problems), dropped=dropped))
    document["serving"] = None
    for one in document["servers"]:
        one["since"] = since.get(one["name"])
    return document
