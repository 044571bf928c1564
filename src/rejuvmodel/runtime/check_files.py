"""Journal, control socket and clocks of a group, looked at without changing anything."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config import RuntimeFile
from rejuvmodel.runtime.control_client import ask
from rejuvmodel.runtime.control_socket import SECOND
from rejuvmodel.runtime.failures import NobodyListensError, OutsideError
from rejuvmodel.runtime.findings import Finding, failure, writable_folder
from rejuvmodel.runtime.journal import JournalError
from rejuvmodel.runtime.journal_copy import journal_copy

#: The clock was set back by more than this, if the journal is younger.
_SET_BACK = timedelta(minutes=1)


def journal_findings(file: RuntimeFile) -> Iterator[Finding]:
    """Look at the journal.

    Parameters
    ----------
    file : RuntimeFile
        The file.

    Yields
    ------
    Finding
        Whether it can be written and read.
    """
    path = file.home.journal
    if found := writable_folder("journal", path):
        yield found
        return
    if not os.path.lexists(path):
        yield Finding("journal", path, "good", "it will be made at the start")
        return
    if not os.path.isfile(path) or not os.access(path, os.R_OK | os.W_OK):
        advice = "Let the runtime's user write it, or name another file."
        yield Finding("journal", path, "wrong", "it is no file that can be read and written", advice)
        return
    try:
        records, dropped = journal_copy(path, file.group.name)
    except (InvalidInputError, JournalError) as error:
        yield failure("journal", path, error)
        return
    yield Finding("journal", path, "good", f"it has {len(records)} records of this group")
    for words in dropped:
        yield Finding("journal", path, "warning", words, "What can be read goes on; nothing is deleted.")
    if records and records[-1][0] > datetime.now(UTC) + _SET_BACK:
        text = f"its last record is of {records[-1][0].isoformat(timespec='seconds')}, which is still to come"
        yield Finding("clocks", "wall clock", "warning", text, "Was the clock set back?")


def control_findings(file: RuntimeFile, offline: bool) -> Iterator[Finding]:
    """Look at the control socket.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    offline : bool
        Whether nobody may be asked.

    Yields
    ------
    Finding
        Whether it can be made, and who answers there now.
    """
    path = file.home.control
    if found := writable_folder("control", path):
        yield found
        return
    for name in (path, path + SECOND):
        if os.path.lexists(name) and not stat.S_ISSOCK(os.lstat(name).st_mode):
            yield Finding("control", name, "wrong", "it is no socket", "Name another file, or remove it.")
            return
    if offline:
        yield Finding("control", path, "good", "a socket can be made there")
        return
    try:
        reply = ask(path, "status")
    except NobodyListensError:
        yield Finding("control", path, "good", "no runtime answers there now, and the socket can be made")
    except OutsideError as problem:
        yield failure("control", path, problem)
    else:
        text = f"a runtime answers there now, and {'acts' if reply.acts else 'stands by'}"
        yield Finding("control", reply.path, "good", text)


def clock_findings(file: RuntimeFile) -> Iterator[Finding]:
    """Say what time it is, and whether a window is open.

    Parameters
    ----------
    file : RuntimeFile
        The file.

    Yields
    ------
    Finding
        The time in the zone of windows and cron.
    """
    gates = file.group.gates
    now = datetime.now(ZoneInfo(gates.zone))
    text = f"it is {now:%Y-%m-%d %H:%M} there"
    if gates.windows:
        is_open = any(window.holds(now.time()) for window in gates.windows)
        text += f", and the windows are {'open' if is_open else 'closed'}"
    yield Finding("clocks", gates.zone, "good", text)
