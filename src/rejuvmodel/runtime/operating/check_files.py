"""Files, sockets and clocks of a group, looked at without changing anything."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from zoneinfo import ZoneInfo

from rejuvmodel.errors import RejuvmodelError
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.journal.journal_copy import journal_copy
from rejuvmodel.runtime.operating.control_client import ask
from rejuvmodel.runtime.operating.control_socket import SECOND
from rejuvmodel.runtime.operating.findings import Finding, failure, writable_folder
from rejuvmodel.runtime.outside.failures import NobodyListensError, OutsideError

#: The clock was set back by more than this, if the journal is younger.
_SET_BACK = timedelta(minutes=1)


def journal_findings(file: RuntimeFile, offline: bool) -> Iterator[Finding]:
    """Look whether the journal can be written and read; in etcd, unless nobody may be asked."""
    if file.lease.type == "etcd":
        if not offline:
            yield from _records(file, file.lease.url, "etcd answers, with {} records of this group")
        return
    path = file.home.journal
    if found := writable_folder("journal", path):
        yield found
    elif not os.path.lexists(path):
        yield Finding("journal", path, "good", "it will be made at the start")
    elif not os.path.isfile(path) or not os.access(path, os.R_OK | os.W_OK):
        advice = "Let the runtime's user write it, or name another file."
        yield Finding("journal", path, "wrong", "it is no file that can be read and written", advice)
    else:
        yield from _records(file, path, "it has {} records of this group")


def _records(file: RuntimeFile, where: str, words: str) -> Iterator[Finding]:
    """Read the journal."""
    try:
        records, dropped = journal_copy(file)
    except RejuvmodelError as error:
        yield failure("journal", where, error)
        return
    yield Finding("journal", where, "good", words.format(len(records)))
    for text in dropped:
        yield Finding("journal", where, "warning", text, "What can be read goes on; nothing is deleted.")
    if records and records[-1][0] > datetime.now(UTC) + _SET_BACK:
        text = f"its last record is of {records[-1][0].isoformat(timespec='seconds')}, which is still to come"
        yield Finding("clocks", "wall clock", "warning", text, "Was the clock set back?")


def control_findings(file: RuntimeFile, offline: bool) -> Iterator[Finding]:
    """Look whether the control socket can be made; and, if one may ask, who answers there now."""
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


def recorder_findings(file: RuntimeFile) -> Iterator[Finding]:
    """Look at what is written and shown beside, as far as the file asks: watchdog, samples, metrics."""
    path = file.faults.watchdog_socket
    if path:
        found = writable_folder("watchdog", path)
        yield found or Finding("watchdog", path, "good", "a socket can be made there")
    if file.sampling is not None:
        folder = file.sampling.directory
        if os.path.lexists(folder) and not os.path.isdir(folder):
            yield Finding("samples", folder, "wrong", "it is no folder", "Name a folder, or remove it.")
        else:
            yield writable_folder(
                "samples", os.path.join(folder, "") if os.path.isdir(folder) else folder
            ) or Finding("samples", folder, "good", "they can be written there")
    if file.metrics is not None:
        where = f"{file.metrics.host}:{file.metrics.port}"
        if find_spec("prometheus_client") is None:
            text = "the package prometheus-client is not installed"
            yield Finding("metrics", where, "wrong", text, "Install rejuvmodel[metrics].")
        else:
            yield Finding("metrics", where, "good", "they will be shown there")


def clock_findings(file: RuntimeFile) -> Iterator[Finding]:
    """Say what time it is in the zone of windows and cron, and whether a window is open."""
    gates = file.group.gates
    now = datetime.now(ZoneInfo(gates.zone))
    text = f"it is {now:%Y-%m-%d %H:%M} there"
    if gates.windows:
        is_open = any(window.holds(now.time()) for window in gates.windows)
        text += f", and the windows are {'open' if is_open else 'closed'}"
    yield Finding("clocks", gates.zone, "good", text)
