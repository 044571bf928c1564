"""Replays, plans and exported logs as text, and what is known of a group before they begin."""

from __future__ import annotations

import os
from datetime import datetime
from typing import TYPE_CHECKING, Any

from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.records import Record
from rejuvmodel.runtime.foresight.plan_result import HEAD
from rejuvmodel.runtime.journal.journal_reading import journal_entries
from rejuvmodel.runtime.operating.control_client import ask
from rejuvmodel.runtime.outside.failures import OutsideError

if TYPE_CHECKING:
    from rejuvmodel.runtime.foresight.exported_log import ExportedLog
    from rejuvmodel.runtime.foresight.plan_result import Plan
    from rejuvmodel.runtime.foresight.replay_result import ReplayResult

#: Rejuvenations that are listed one by one.
_MOST = 30


def history(file: RuntimeFile) -> list[tuple[datetime, Record]]:
    """Return the journal of a group; nothing if there is none yet.

    Parameters
    ----------
    file : RuntimeFile
        The file.

    Returns
    -------
    list of tuple
        Records with their wall clocks.
    """
    if file.lease.type != "etcd" and not os.path.exists(file.home.journal):
        return []
    return journal_entries(file)[0]


def present(file: RuntimeFile) -> dict[str, Any] | None:
    """Return the status of a group; None if no runtime answers.

    Parameters
    ----------
    file : RuntimeFile
        The file.

    Returns
    -------
    dict or None
        The status document.
    """
    try:
        reply = ask(file.home.control, "status")
    except OutsideError:
        return None
    return reply.status if reply.ok else None


def replay_text(found: ReplayResult) -> str:
    """Return a replay as text.

    Parameters
    ----------
    found : ReplayResult
        The replay.

    Returns
    -------
    str
        Tables and notes.
    """
    parts = [f"Replay of {found.group}", markdown_table(("", ""), found.rows())]
    rows = [
        (
            one.server, f"{one.due:%Y-%m-%d %H:%M:%S}", f"{one.began:%Y-%m-%d %H:%M:%S}",
            "" if one.back is None else f"{one.back:%Y-%m-%d %H:%M:%S}", one.outcome, one.why,
        )
        for one in found.rejuvenations[:_MOST]
    ]  # fmt: skip
    if rows:
        parts.append(markdown_table(("server", "due", "began", "back", "outcome", "because"), rows))
    left = len(found.rejuvenations) - len(rows)
    return _text(parts, (*((f"{left} more; --json has all of them",) if left else ()), *found.notes))


def plan_text(found: Plan) -> str:
    """Return a plan as text.

    Parameters
    ----------
    found : Plan
        The plan.

    Returns
    -------
    str
        Tables and notes.
    """
    head = f"Plan of {found.group}, {found.start:%Y-%m-%d %H:%M} to {found.until:%Y-%m-%d %H:%M %Z}"
    parts = [
        head,
        markdown_table(HEAD, found.rows()),
        markdown_table(("expected", *(one.name for one in found.servers)), found.day_rows()),
    ]
    clocks = [
        (one.name, *one.due.texts(), "yes" if one.drawn or one.due.exact else "no")
        for one in found.servers
        if one.due is not None
    ]
    if clocks:
        parts.append(markdown_table(("clock of", "ends", "5 %", "95 %", "certain"), clocks))
    waits = [f"{hours:.3g} h of waiting: {reason}" for reason, hours in found.waits.items() if hours >= 0.005]
    return _text(parts, (*waits, *found.notes))


def export_text(path: str, log: ExportedLog) -> str:
    """Return what was written, as text.

    Parameters
    ----------
    path : str
        The file.
    log : ExportedLog
        What is in it.

    Returns
    -------
    str
        A table and notes.
    """
    rows = [row for row in log.rows() if row[0] != "note"]
    return _text([f"{path}: written", markdown_table(("", ""), rows)], log.notes)


def _text(parts: list[str], notes: tuple[str, ...]) -> str:
    """Parts with empty lines between them, and notes below."""
    if notes:
        parts.append("\n".join(f"- {note}" for note in notes))
    return "\n\n".join(parts)
