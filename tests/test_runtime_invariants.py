"""The controller against a simulated world: random faults and delays, and what holds whatever happens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import Phase as Stage
from hypothesis import settings as profile
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from runtime_world import World

from rejuvmodel.runtime.deciding import progress, recovery
from rejuvmodel.runtime.deciding.controller import is_idle
from rejuvmodel.runtime.deciding.events import (
    Demand,
    FaultCleared,
    FaultDetected,
    PauseAsked,
    ResumeAsked,
    RollAsked,
    Tick,
)
from rejuvmodel.runtime.deciding.faults import FaultSettings
from rejuvmodel.runtime.deciding.settings import Deadlines, GateSettings, GroupSettings, ServerSettings
from rejuvmodel.runtime.deciding.states import Admission, Condition, Mode, Phase, Role
from rejuvmodel.runtime.deciding.transitions import NEXT, Cause

DEADLINES = Deadlines(duplex=3, drain=5, up=6, clean=3, restart=8, recover=8, healthy_for=1)


DETECTORS = st.builds(
    FaultSettings,
    heartbeat=st.sampled_from([None, 4.0]),
    watchdog=st.sampled_from([None, 4.0]),
    watchdog_alone=st.booleans(),
    grace=st.sampled_from([0.0, 5.0]),
)


@st.composite
def groups(draw: st.DrawFn) -> GroupSettings:
    """Draw a group of at most four servers."""
    mode = draw(st.sampled_from(Mode))
    primaries = draw(st.integers(1, 3))
    spares = draw(st.integers(1, 2)) if mode is Mode.STANDBY else 0
    capacity = draw(st.sampled_from([None, 1.0])) if mode is Mode.ACTIVE else None
    servers = [ServerSettings(f"s{k}", Role.PRIMARY, capacity) for k in range(primaries)]
    servers += [ServerSettings(f"t{k}", Role.SPARE) for k in range(spares)]
    required = draw(st.integers(0, primaries))
    return GroupSettings(
        "web",
        mode,
        tuple(servers),
        required,
        max_concurrent=draw(st.integers(1, 2)),
        simplex=required == 0 and draw(st.booleans()),
        gates=GateSettings(
            retry_after=2,
            min_healthy=draw(st.sampled_from([0, 3])),
            restart_cap=draw(st.sampled_from([0, 10])),
            restart_period=200,
        ),
        deadlines=DEADLINES,
        clean_steps=draw(st.sampled_from([(), ("buffers", "memory")])),
        duplexed=draw(st.booleans()),
        checkpoint_every=5,
        recover_attempts=2,
        recover_period=draw(st.sampled_from([0, 20])),
    )


#: What can be wrong with one server.
WRONGS = ["stuck", "broken", "hidden", "unreached", "hung", "mute"]
#: Phases that a rejuvenation or a recovery passes.
PASSED = [phase for phase in Phase if phase not in (Phase.SERVING, Phase.STANDBY, Phase.WATCHED)]


class Faults(RuleBasedStateMachine):
    """Anything may happen at any time."""

    world: World
    names: list[str]

    @initialize(group=groups(), faults=DETECTORS)
    def begin(self, group: GroupSettings, faults: FaultSettings) -> None:
        self.world = World(group, faults=faults)
        self.names = list(self.world.machines)

    def one(self, k: int) -> str:
        return self.names[k % len(self.names)]

    def demands(self) -> tuple[Demand, ...]:
        return tuple(
            Demand(name, one.born, "unstable")
            for name, one in self.world.machines.items()
            if one.condition is Condition.UNSTABLE
        )

    @rule(ticks=st.integers(1, 12))
    def time(self, ticks: int) -> None:
        for _ in range(ticks):
            self.world.step(self.demands())

    @rule(k=st.integers(0, 4), every=st.booleans())
    def ages(self, k: int, every: bool) -> None:
        for name in self.names if every else [self.one(k)]:
            self.world.machines[name].condition = Condition.UNSTABLE

    @rule(k=st.integers(0, 4))
    def recovers(self, k: int) -> None:
        self.world.machines[self.one(k)].condition = Condition.NORMAL

    @rule(k=st.integers(0, 4))
    def crashes(self, k: int) -> None:
        self.world.machines[self.one(k)].alive = False

    @rule(k=st.integers(0, 4), crashes=st.booleans(), commands_go_on=st.booleans())
    def killed_while_it_restarts(self, k: int, crashes: bool, commands_go_on: bool) -> None:
        """A server crashes or ages, and the controller is killed as soon as it restarts it."""
        name = self.one(k)
        machine = self.world.machines[name]
        machine.alive = machine.alive and not crashes
        machine.condition = Condition.UNSTABLE
        for _ in range(12):
            phase = self.world.state.servers[name].phase  # type: ignore[union-attr]
            if phase is (Phase.RECOVERING if crashes else Phase.RESTARTING):
                self.world.succeed(commands_go_on=commands_go_on)
                break
            self.world.step(self.demands())

    @rule(k=st.integers(0, 4))
    def restarted_by_others(self, k: int) -> None:
        self.world.revive(self.world.machines[self.one(k)])

    @rule(k=st.integers(0, 4))
    def falsely_detected(self, k: int) -> None:
        self.world.tell(FaultDetected(self.one(k), "no heartbeat"))
        self.world.tell(FaultCleared(self.one(k)))

    @rule(k=st.integers(0, 4), what=st.sampled_from(WRONGS), bad=st.booleans())
    def machine_fault(self, k: int, what: str, bad: bool) -> None:
        setattr(self.world.machines[self.one(k)], what, bad)

    @rule(
        what=st.sampled_from(["balancer_answers", "duplexer_fails", "executor_fails", "executor_hangs"]),
        value=st.booleans(),
    )
    def outside_fault(self, what: str, value: bool) -> None:
        setattr(self.world, what, value)

    @rule(k=st.integers(0, 4), load=st.sampled_from([0.1, 0.9, float("nan"), -1.0]))
    def loaded(self, k: int, load: float) -> None:
        self.world.machines[self.one(k)].load = load

    @rule(blocked=st.sampled_from([None, "the backup runs"]))
    def blackout(self, blocked: str | None) -> None:
        self.world.blocked = blocked

    @precondition(lambda self: self.world.balancer_answers)
    @rule()
    def balancer_reloads(self) -> None:
        for machine in self.world.machines.values():
            machine.admission = Admission.READY
        self.world.tell(Tick())
        wanted = self.world.decision.state.wanted  # type: ignore[union-attr]
        assert {name: one.admission for name, one in self.world.machines.items()} == wanted

    @rule(by_operator=st.booleans())
    def roll(self, by_operator: bool) -> None:
        self.world.tell(RollAsked("asked", by_operator))

    @rule(pause=st.booleans())
    def operator(self, pause: bool) -> None:
        self.world.tell(PauseAsked() if pause else ResumeAsked())

    @rule(phase=st.sampled_from([None, *PASSED]), commands_go_on=st.booleans(), later=st.integers(0, 1))
    def killed(self, phase: Phase | None, commands_go_on: bool, later: int) -> None:
        """The controller is killed, now or as soon as a server is in a phase or a tick later."""
        for _ in range(15 if phase is not None else 0):
            if any(one.phase is phase for one in self.world.state.servers.values()):  # type: ignore[union-attr]
                break
            self.world.step(self.demands())
        for _ in range(later):
            self.world.step(self.demands())
        if later % 2:
            self.world.compact()
        self.world.succeed(commands_go_on=commands_go_on)

    @invariant()
    def nothing_is_lost(self) -> None:
        if hasattr(self, "world"):
            assert self.world.lost == 0

    def teardown(self) -> None:
        """When the faults end and somebody looks after what is out, every server comes back."""
        if hasattr(self, "world"):
            close(self.world)


def close(world: World) -> None:
    """Let the faults end; operators and detectors do their part; then all is as it was."""
    world.mend()
    for machine in world.machines.values():
        machine.condition = Condition.NORMAL
    for tick in range(600):
        assert world.state is not None
        if tick % 40 == 0:
            world.tell(ResumeAsked())
            out = tuple(n for n, one in world.state.servers.items() if one.phase is Phase.OUT)
            if out:
                world.tell(RollAsked("try again", True, out))
        decision = world.step()
        everyone = all(map(world.healthy, world.machines.values()))
        settled = is_idle(replace(world.state, roll={})) and set(world.state.roll) <= set(decision.refusals)
        if everyone and settled and tick % 40 > 20:
            break
    phases = {name: one.phase.value for name, one in world.state.servers.items()}  # type: ignore[union-attr]
    assert all(map(world.healthy, world.machines.values())), phases
    assert set(phases.values()) <= {"serving", "standby"}, phases
    serving = sum(map(world.serves, world.machines.values()))
    assert serving == world.settings.primaries, phases
    assert set(world.state.roll) <= set(world.decision.refusals)  # type: ignore[union-attr]


QUICK = profile(max_examples=60, stateful_step_count=30, deadline=None)
PLANTED = profile(
    max_examples=400,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=True,
    phases=[Stage.generate],
    report_multiple_bugs=False,
)


def test_random_faults() -> None:
    """Enough serve, few are away, nobody is forgotten, the journal is enough and no request is lost."""
    run_state_machine_as_test(Faults, settings=QUICK)


@pytest.mark.soak
def test_random_faults_for_long() -> None:
    """Thousands of longer histories hold the same."""
    run_state_machine_as_test(Faults, settings=profile(max_examples=5000, stateful_step_count=60))


def _waits(**causes: Cause | None) -> Any:
    """Let phases end at once for a cause, or never."""
    return patch.dict(progress.PROGRESS, {Phase(name): _always(cause) for name, cause in causes.items()})


def _always(cause: Cause | None) -> Any:
    """A phase that looks at nothing."""

    def wait(draft: Any, name: str) -> Cause | None:  # noqa: ARG001
        return cause

    return wait


def _restarts_again(draft: Any, name: str) -> None:
    """Trust that no command was given before, and end whatever life there is."""
    if draft.servers[name].ticket == 0:
        draft.note(name, identity=draft.look(name).identity)
        draft.restart(name)


@contextmanager
def _unseen_others() -> Iterator[None]:
    """Let servers leave whoever else serves."""
    with (
        patch("rejuvmodel.runtime.deciding.controller._uncovered", return_value=None),
        patch("rejuvmodel.runtime.deciding.progress._forbidden", return_value=False),
    ):
        yield


def _recovers_again(draft: Any, name: str) -> Any:
    """Trust that no recovery was commanded before."""
    if draft.servers[name].ticket == 0:
        draft.recover(name)
        return None
    return recovery.recovering(draft, name)


def _anything_is_a_fault(draft: Any, event: Any) -> None:
    """Believe whoever says that a server is down."""
    server = draft.servers.get(event.server)
    if server is not None and (server.phase, Cause.FAULT) in NEXT:
        draft.move(event.server, Cause.FAULT, identity=draft.look(event.server).identity)


PLANTS = {
    "no budget": lambda: patch("rejuvmodel.runtime.deciding.controller.full", return_value=None),
    "no look at the others": _unseen_others,
    "a drain that waits for nobody": lambda: _waits(draining=Cause.DRAINED, parking=Cause.PARKED),
    "a server that never joins": lambda: _waits(joining=None),
    "a successor that restarts again": lambda: patch.dict(
        progress.PROGRESS, {Phase.RESTARTING: _restarts_again}
    ),
    "a successor that recovers again": lambda: patch.dict(
        progress.PROGRESS, {Phase.RECOVERING: _recovers_again}
    ),
    "a suspect that is dead": lambda: patch(
        "rejuvmodel.runtime.deciding.incidents._fault", _anything_is_a_fault
    ),
}


@pytest.mark.parametrize("plant", PLANTS)
def test_planted_faults_are_found(plant: str) -> None:
    """A controller with a fault planted in it breaks an invariant."""
    with PLANTS[plant](), pytest.raises((AssertionError, KeyError)):
        run_state_machine_as_test(Faults, settings=PLANTED)
