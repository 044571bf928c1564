"""When something can be decided next, apart from what the world does: clocks of the producer, cron, gates."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from rejuvmodel.optional_packages import optional_package
from rejuvmodel.runtime.deciding.group_state import GroupState
from rejuvmodel.runtime.deciding.producer_state import ProducerState
from rejuvmodel.runtime.deciding.settings import GateSettings, GroupSettings, ProducerSettings
from rejuvmodel.runtime.deciding.states import SETTLED, Phase
from rejuvmodel.runtime.foresight.simulated_world import Machine

#: Phases in which nothing is going on.
QUIET = (*SETTLED, Phase.OUT)
#: A moment that has just passed is looked at once more, for the rounding of sums of seconds.
_ROUNDING = 1e-3


class Times:
    """The moments at which clocks of the producer end, slots come and gates open.

    Parameters
    ----------
    group : GroupSettings
        The group.
    producer : ProducerSettings
        Its producer.
    start : datetime
        Wall clock at 0 s.
    """

    def __init__(self, group: GroupSettings, producer: ProducerSettings, start: datetime) -> None:
        self._gates = group.gates
        limits, held = group.deadlines, group.deadlines.healthy_for
        self._limits = (
            limits.duplex, limits.drain, limits.up, limits.clean, limits.restart, limits.recover,
            limits.restart + held, limits.recover + held,
        )  # fmt: skip
        self._held = held
        self._producer = producer
        self._start = start
        self._slot = -math.inf
        self._opening = -math.inf

    def next_time(
        self,
        now: float,
        produced: ProducerState,
        state: GroupState,
        machines: dict[str, Machine],
        *,
        waits: bool,
    ) -> float:
        """Return the next moment.

        Parameters
        ----------
        now : float
            When [s].
        produced : ProducerState
            What the producer remembers.
        state : GroupState
            What the controller remembers.
        machines : dict of str to Machine
            The servers.
        waits : bool
            Whether a server is due, so that gates matter.

        Returns
        -------
        float
            The next moment [s]; infinity if there is none.
        """
        times = [*self._clocks(produced, machines), *self._steps(state)]
        if waits:
            times += self._doors(now, state, machines)
        found = min(
            (at if at > now else now + _ROUNDING for at in times if at > now - _ROUNDING), default=math.inf
        )
        return min(found, self._next_slot(now))

    def _clocks(self, produced: ProducerState, machines: dict[str, Machine]) -> Iterator[float]:
        """Ends of the clocks that run."""
        producer = self._producer
        for clock, episode in produced.episodes.items():
            kind, _, name = clock.partition(":")
            delay = math.inf if episode.delay is None else episode.delay
            if kind == "service":
                born = [machines[name].born] if name in machines else [one.born for one in machines.values()]
                yield from (at + delay for at in born)
            else:
                yield episode.since + delay
                yield episode.since + producer.force_after
                if producer.confirm_for is not None:
                    yield episode.since + producer.confirm_for

    def _steps(self, state: GroupState) -> Iterator[float]:
        """Deadlines of what is under way."""
        for server in state.servers.values():
            if server.phase not in QUIET:
                yield from (server.since + limit for limit in self._limits)
                if server.healthy_since is not None:
                    yield server.healthy_since + self._held

    def _doors(self, now: float, state: GroupState, machines: dict[str, Machine]) -> Iterator[float]:
        """Moments at which a gate may open."""
        gates = self._gates
        yield state.last_back + gates.min_healthy
        yield from (at + gates.restart_period for at in state.restarts)
        yield from (server.not_before for server in state.servers.values())
        yield from (machine.born + gates.min_uptime for machine in machines.values())
        if gates.windows:
            if self._opening <= now:
                opening = next_opening(gates, self._start + timedelta(seconds=now))
                self._opening = (opening - self._start).total_seconds()
            yield self._opening

    def _next_slot(self, now: float) -> float:
        """The next slot of the cron expression."""
        if not self._producer.cron:
            return math.inf
        if self._slot <= now:
            at = next_slot(self._producer, self._start + timedelta(seconds=now))
            self._slot = math.inf if at is None else (at - self._start).total_seconds()
        return self._slot


def next_slot(producer: ProducerSettings, after: datetime) -> datetime | None:
    """Return the next slot of a cron expression, in UTC; None if there is none."""
    cronsim = optional_package("cronsim", "runtime")
    for slot in cronsim.CronSim(producer.cron, after.astimezone(ZoneInfo(producer.zone))):
        utc: datetime = slot.astimezone(UTC)
        if utc > after:
            return utc
    return None


def next_opening(gates: GateSettings, after: datetime) -> datetime:
    """Return when a window opens next, in UTC."""
    zone = ZoneInfo(gates.zone)
    today = after.astimezone(zone).date()
    openings = (
        datetime.combine(today + timedelta(days=day), window.start, zone).astimezone(UTC)
        for window in gates.windows
        for day in range(3)
    )
    return min(at for at in openings if at > after)
