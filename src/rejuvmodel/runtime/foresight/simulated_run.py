"""Running the real collector, producer and controller on a simulated world, without waiting.

    view  = the world, as monitors and balancers would see it
    made  = produce_drawn(…)      delays are drawn by a generator of the caller
    for event in [ends of commands, faults, rolls, Tick]:  decide(…)
    the world does what was decided

What differs from the real loop is only which moments are looked at: a tick in which nothing can happen is
left out. Whenever something was decided, is under way or was seen to change, the next look is one tick later;
otherwise at the next moment at which the world, a clock of the producer or a gate can change anything.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from random import Random
from zlib import crc32

from rejuvmodel.runtime.deciding.actions import Decision
from rejuvmodel.runtime.deciding.controller import decide
from rejuvmodel.runtime.deciding.events import Event, FaultDetected, Tick
from rejuvmodel.runtime.deciding.faults import IN_TRANSITION
from rejuvmodel.runtime.deciding.group_state import GroupState, first_state
from rejuvmodel.runtime.deciding.producer import produce_drawn
from rejuvmodel.runtime.deciding.producer_state import ProducerState
from rejuvmodel.runtime.deciding.records import Entered, Record
from rejuvmodel.runtime.deciding.refusals import Reason
from rejuvmodel.runtime.deciding.settings import GroupSettings, ProducerSettings
from rejuvmodel.runtime.deciding.states import Condition
from rejuvmodel.runtime.deciding.views import GroupView, Moment
from rejuvmodel.runtime.foresight.simulated_times import QUIET, Times
from rejuvmodel.runtime.foresight.simulated_world import World
from rejuvmodel.runtime.watching.collector import Assessment, Rules, assess
from rejuvmodel.runtime.watching.identity import Identity
from rejuvmodel.runtime.watching.samples import Sample

#: Refusals that may end whenever a load is measured anew.
_BY_LOAD = frozenset({Reason.LOAD, Reason.NO_CAPACITY})


@dataclass(frozen=True, slots=True)
class Look:
    """What one tick has found, and how long it lasts.

    Parameters
    ----------
    now : Moment
        When.
    lasts : float
        Time [s] until the next tick.
    state : GroupState
        What the controller remembers.
    decision : Decision
        Its last decision.
    serving : int
        Servers that serve.
    unstable : tuple of str
        Servers that are judged unstable.
    records : tuple of Record
        What was written down in this tick.
    due : dict of str to str
        Servers that are due, and why.
    """

    now: Moment
    lasts: float
    state: GroupState
    decision: Decision
    serving: int
    unstable: tuple[str, ...]
    records: tuple[Record, ...]
    due: dict[str, str]


class Run:
    """One history of a group.

    Parameters
    ----------
    group, producer, rules : GroupSettings, ProducerSettings, Rules
        What the runtime's file says.
    world : World
        The simulated servers.
    start : datetime
        Wall clock at 0 s.
    random : Random
        Where delays are drawn from.
    state, produced : GroupState, ProducerState, optional
        What controller and producer remember; nothing if left out.
    tick : float
        Time [s] from one look to the next while something is going on.
    every_tick : bool
        Whether no tick is left out.
    faults : bool
        Whether a fault detector reports servers that are dead.
    """

    def __init__(
        self,
        group: GroupSettings,
        producer: ProducerSettings,
        rules: Rules,
        world: World,
        start: datetime,
        random: Random,
        *,
        state: GroupState | None = None,
        produced: ProducerState | None = None,
        tick: float = 1.0,
        every_tick: bool = False,
        faults: bool = False,
    ) -> None:
        self.group, self.producer, self.rules = group, producer, rules
        self.world, self.random, self.tick = world, random, tick
        self.start = start.astimezone(UTC)
        self.state = first_state(group) if state is None else state
        self.produced = ProducerState() if produced is None else produced
        self._clock = 0.0
        self._assessed = {name: Assessment(name) for name in world.machines}
        self._rows = max(rules.unstable_after, rules.normal_after, rules.failed_after)
        self._left = dict.fromkeys(world.machines, self._rows)
        self._every_tick, self._faults = every_tick, faults
        self._times = Times(group, producer, self.start)

    def go(self, until: float, watch: Callable[[Look], None]) -> None:
        """Let time pass.

        Parameters
        ----------
        until : float
            Until when [s].
        watch : callable
            Told of each look.
        """
        course, machines = self.world.course, self.world.machines
        course.advance(0.0, 0.0, machines, closely=True)
        while self._clock < until:
            now = Moment(self._clock, self.start + timedelta(seconds=self._clock))
            decision, records, due = self._step(now)
            quiet = all(one.phase in QUIET for one in self.state.servers.values())
            waits = bool(due or self.state.roll)
            if self._every_tick or records or any(self._left.values()):
                limit = self._clock + self.tick
            else:
                limit = min(
                    self.world.next_time(self._clock),
                    self._times.next_time(self._clock, self.produced, self.state, machines, waits=waits),
                )
            limit = min(limit, until)
            serving = self._serving(now.clock)  # before anything goes on
            measured = not quiet or self.producer.trend is not None  # a trend wants every sample
            closely = measured or any(one.reason in _BY_LOAD for one in decision.refusals.values())
            then = course.advance(self._clock, limit, machines, closely=closely)
            for name in course.changed:
                self._left[name] = self._rows
            unstable = tuple(name for name, one in self._assessed.items() if one.state == "unstable")
            watch(Look(now, then - self._clock, self.state, decision, serving, unstable, records, due))
            self._clock = then

    def _step(self, now: Moment) -> tuple[Decision, tuple[Record, ...], dict[str, str]]:
        """One tick: look, produce, decide, act."""
        ended = self.world.ended(now.clock)
        self._assess(now.clock)
        view = self._view(now.clock)
        made = produce_drawn(self.producer, self.produced, self.state, view, now, self.random)
        records = list(made.records)
        self.produced = made.state
        events: list[Event] = [*ended, *self._dead(view), *made.rolls, Tick(made.demands)]
        for event in events:
            decision = decide(self.group, self.state, view, event, now)
            self.state = decision.state
            records += decision.records
            for action in decision.actions:
                self.world.begin(action, now.clock)
            for name, wanted in decision.state.wanted.items():
                self.world.told(name, wanted, now.clock)
        for record in records:
            if isinstance(record, Entered):
                gone = self.state.servers[record.server].phase in IN_TRANSITION
                self._left[record.server] = 1 if gone else self._rows
        due = dict.fromkeys(self.state.roll, "roll") | {one.server: one.why for one in made.demands}
        return decision, tuple(records), due

    def _assess(self, now: float) -> None:
        """Let the collector look at servers of which something else is seen."""
        for name, left in self._left.items():
            if left == 0:
                continue
            self._left[name] = left - 1
            machine = self.world.machines[name]
            away = self.state.servers[name].phase in IN_TRANSITION
            if machine.alive:
                seen = self.world.course.seen(machine, now)
                life = Identity(crc32(machine.identity.encode()), machine.born)
                sample = Sample(
                    name, now, seen.answer, seen.load, seen.uptime, seen.memory, seen.buffers, life
                )  # fmt: skip
            else:
                sample = Sample(name, now, "gone")
            self._assessed[name] = assess(self._assessed[name], sample, now, self.rules, in_transition=away)

    def _view(self, now: float) -> GroupView:
        look = self.world.look
        return GroupView(
            {name: look(name, Condition(one.state), now) for name, one in self._assessed.items()}
        )

    def _serving(self, now: float) -> int:
        look = self.world.look
        return sum(look(name, Condition.UNKNOWN, now).serves for name in self.world.machines)

    def _dead(self, view: GroupView) -> list[FaultDetected]:
        """What a fault detector would report."""
        if not self._faults:
            return []
        return [
            FaultDetected(name, "no answer")
            for name, look in view.servers.items()
            if look.is_dead and self.state.servers[name].phase not in IN_TRANSITION
        ]
