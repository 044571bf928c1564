"""The fault detector at work: its memory from tick to tick, and the socket on which servers report in."""

from __future__ import annotations

import logging

from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.faults import Detection, FaultState, detect
from rejuvmodel.runtime.deciding.group_state import GroupState
from rejuvmodel.runtime.deciding.views import GroupView, Moment
from rejuvmodel.runtime.operating.attention import Attention
from rejuvmodel.runtime.outside.failures import OutsideError
from rejuvmodel.runtime.watching.watchdog import Watchdog

_log = logging.getLogger(__name__)


class FaultWatch:
    """Watches for faults while this controller acts.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    attention : Attention
        Where it is said that servers cannot report.
    """

    def __init__(self, file: RuntimeFile, attention: Attention) -> None:
        self._file = file
        self._attention = attention
        self._state = FaultState()
        self._dry = file.connections.executor.type == "dry-run"
        self._suspects: frozenset[str] = frozenset()
        path = file.faults.watchdog_socket
        self._watchdog = Watchdog(path, file.group.capacities) if path else None

    def detect(self, view: GroupView, group: GroupState, now: Moment) -> Detection:
        """Return who is down, suspected or back.

        Parameters
        ----------
        view : GroupView
            What is seen.
        group : GroupState
            What the controller remembers.
        now : Moment
            When.

        Returns
        -------
        Detection
            What was found; a suspect is logged when it becomes one. A dry run finds nothing: it recovers
            nobody.
        """
        if self._dry:
            return Detection(self._state)
        reports: dict[str, float] = {}
        if self._watchdog is not None:
            try:
                self._watchdog.open()
            except OutsideError as problem:
                self._attention.problem("watchdog", str(problem))
            else:
                self._attention.problem("watchdog", None)
            reports = self._watchdog.reports()
        found = detect(self._file.faults, self._state, view, group, reports, now)
        self._state = found.state
        for name in found.suspects.keys() - self._suspects:
            fields = {"fields": {"group": self._file.group.name, "server": name}}
            words = found.suspects[name]
            _log.warning("%s %s is suspected: %s", self._file.group.name, name, words, extra=fields)
        self._suspects = frozenset(found.suspects)
        return found

    def forget(self) -> None:
        """Forget everything, and let another controller take the reports."""
        self._state, self._suspects = FaultState(), frozenset()
        if self._watchdog is not None:
            self._watchdog.close()
