"""The moves of servers in the log: from where to where, in which step, and why."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

from rejuvmodel.runtime.deciding.group_state import ServerState
from rejuvmodel.runtime.deciding.records import Entered, Record
from rejuvmodel.runtime.deciding.states import Phase
from rejuvmodel.runtime.deciding.transitions import Cause, step_of

_log = logging.getLogger(__name__)
_CALLED_BACK = (Cause.RECALLED.value, Cause.UNCOVERED.value)


def log_moves(
    group: str,
    before: Mapping[str, ServerState],
    after: Mapping[str, ServerState],
    records: Iterable[Record],
) -> None:
    """Log each move of a decision.

    Parameters
    ----------
    group : str
        The group.
    before, after : mapping of str to ServerState
        Where the servers stood before, and stand now.
    records : iterable of Record
        What was written.
    """
    phases = {name: one.phase for name, one in before.items()}
    for one in records:
        if not isinstance(one, Entered):
            continue
        source, step = phases[one.server], step_of(phases[one.server], one.cause)
        phases[one.server] = Phase(one.phase)
        if not step:
            continue  # it stays where it is, with another partner
        fields = {"group": group, "server": one.server, "phase": one.phase, "cause": one.cause, "step": step}
        why = after[one.server].why_back if one.cause in _CALLED_BACK else ""
        words = f"{source.value} -> {one.phase} ({step}, {one.cause}{': ' if why else ''}{why})"
        _log.info("%s %s: %s", group, one.server, words, extra={"fields": fields})
