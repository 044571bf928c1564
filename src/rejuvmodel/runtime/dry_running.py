"""The dry run: everything is watched and decided, and where a rejuvenation would begin it is only said."""

from __future__ import annotations

import logging
from dataclasses import replace

from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.actions import Decision
from rejuvmodel.runtime.deciding.controller import decide
from rejuvmodel.runtime.deciding.events import Event, RollAsked, Tick
from rejuvmodel.runtime.deciding.producer import Production
from rejuvmodel.runtime.deciding.records import Entered
from rejuvmodel.runtime.deciding.transitions import Cause
from rejuvmodel.runtime.deciding.views import GroupView, Moment
from rejuvmodel.runtime.journal.keeping import Keeper

_log = logging.getLogger(__name__)


class DryRunning:
    """Says what would be done.

    Parameters
    ----------
    file : RuntimeFile
        The file.

    Attributes
    ----------
    said : dict of str to float
        Servers that would have been rejuvenated, and since when they were due [s].
    """

    def __init__(self, file: RuntimeFile) -> None:
        self._group = file.group
        self.said: dict[str, float] = {}

    def told(
        self,
        keeper: Keeper,
        event: Event,
        view: GroupView,
        now: Moment,
        epoch: int | None,
        made: Production | None,
    ) -> Decision | None:
        """Take in an event without beginning anything.

        Parameters
        ----------
        keeper : Keeper
            What is remembered.
        event : Event
            What has happened.
        view : GroupView
            What is seen.
        now : Moment
            When.
        epoch : int or None
            The epoch of the lease.
        made : Production or None
            What the producer found.

        Returns
        -------
        Decision or None
            What is left of the decision when no rejuvenation begins.
        """
        assert keeper.state is not None
        if isinstance(event, RollAsked):
            names = event.servers or tuple(keeper.state.servers)
            self._say(", then ".join(names), event.why)
            event = Tick()
        if not isinstance(event, Tick):
            return keeper.decide(event, view, now, epoch, made)
        trial = decide(self._group, keeper.state, view, event, now)
        begun = {
            one.server
            for one in trial.records
            if isinstance(one, Entered) and one.cause == Cause.COMMANDED.value
        }
        for demand in event.demands:
            if demand.server in begun and self.said.get(demand.server) != demand.since:
                self.said[demand.server] = demand.since
                self._say(demand.server, demand.why)
        decision = keeper.decide(Tick(), view, now, epoch, made)
        return None if decision is None else replace(decision, refusals=trial.refusals)

    def _say(self, servers: str, why: str) -> None:
        """Write to the log what would be done."""
        fields = {"fields": {"group": self._group.name, "server": servers}}
        _log.info("%s: dry run: would drain and restart %s: %s", self._group.name, servers, why, extra=fields)
