"""Recovery and rejuvenation side by side (Fig. 11, S202 to S204): who goes first, how often, until when."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from runtime_world import World
from test_runtime_controller import DEADLINES, active, due, phases, refusal, standby, until
from test_runtime_faults import watching

from rejuvmodel.runtime.acting.actor import Actor
from rejuvmodel.runtime.acting.duplex import NoDuplexer
from rejuvmodel.runtime.acting.workers import Workers
from rejuvmodel.runtime.balancing.in_process_balancer import InProcessBalancer
from rejuvmodel.runtime.config.runtime_file import read_runtime_file
from rejuvmodel.runtime.deciding.actions import Recover
from rejuvmodel.runtime.deciding.controller import is_idle
from rejuvmodel.runtime.deciding.events import Done, NotDone, PauseAsked, ResumeAsked, RollAsked
from rejuvmodel.runtime.deciding.refusals import Reason
from rejuvmodel.runtime.deciding.settings import GateSettings
from rejuvmodel.runtime.deciding.states import Admission, Phase
from rejuvmodel.runtime.deciding.views import ServerView
from rejuvmodel.runtime.outside.failures import NoIdentityError
from rejuvmodel.runtime.watching.identity import Identity
from rejuvmodel.runtime.watching.observing import identity_text
from rejuvmodel.runtime.watching.samples import Answer, Sample


def phase(world: World, name: str) -> Phase:
    assert world.state is not None
    return world.state.servers[name].phase


def attempts(world: World) -> list[int]:
    """Listen for recoveries."""
    found: list[int] = []
    begin = world.begin

    def listen(action: object) -> None:
        if isinstance(action, Recover):
            found.append(action.attempt)
        begin(action)  # type: ignore[arg-type]

    world.begin = listen  # type: ignore[method-assign]
    return found


@pytest.mark.parametrize("place", ["duplexing", "draining", "cleaning", "restarting", "warming"])
def test_row_12_crash_while_one_is_away(place: str) -> None:
    """A crash while another is renewed: that one ends, the crashed one is recovered, then the next begins."""
    world = watching(active(5, required=3, clean_steps=("buffers",), duplexed=True))
    world.tell(RollAsked("test"))
    first = next(name for name in world.machines if phase(world, name) is not Phase.SERVING)
    until(world, Phase(place), first)
    crashed, *others = [name for name in world.machines if name != first]
    world.machines[crashed].alive = False
    begun = False
    while not begun:
        begun = any(phase(world, name) is not Phase.SERVING for name in others)
        assert not begun or (phase(world, first), phase(world, crashed)) == (Phase.SERVING, Phase.SERVING)
        world.step()
    assert "recovering" in phases(world, crashed)
    for _ in range(120):
        world.step()
    assert is_idle(world.state)  # type: ignore[arg-type]
    assert [one.life for one in world.machines.values()] == [2] * 5
    assert world.least_seen >= 3


def test_row_12_both_at_once_within_the_budget() -> None:
    """With two places a recovery holds one, and a rejuvenation goes on in the other."""
    world = watching(active(5, required=3, max_concurrent=2))
    world.machines["s4"].alive = False
    until(world, Phase.RECOVERING, "s4")
    world.step(due("s0"))
    world.step((*due("s0"), *due("s1")))
    assert (phase(world, "s4"), phase(world, "s0")) != (Phase.SERVING, Phase.SERVING)
    assert refusal(world, "s1") is Reason.CONCURRENT
    until(world, Phase.JOINING, "s0")
    until(world, Phase.SERVING, "s0")
    assert phase(world, "s4") is Phase.SERVING


def test_row_12_the_drain_is_undone_where_the_crash_makes_them_too_few() -> None:
    """If a crash leaves fewer than required, a server on its way out is called back."""
    world = watching(active(3, required=2))
    world.machines["s0"].stuck = True
    world.step(due("s0"))
    until(world, Phase.DRAINING, "s0")
    world.machines["s1"].alive = False
    world.step()
    assert phase(world, "s0") is Phase.JOINING
    until(world, Phase.SERVING, "s0")
    assert world.machines["s0"].life == 1


def test_a_lost_primary_comes_before_a_rejuvenation() -> None:
    """The only spare goes to a primary that is lost, though another primary's rejuvenation had chosen it."""
    world = watching(standby(2, 1, duplexed=True))
    world.step(due("s0"))
    assert phase(world, "s0") is Phase.DUPLEXING
    world.commands.clear()  # the duplexer hangs
    world.machines["s1"].alive = False
    world.step()
    assert phase(world, "s0") is Phase.DUPLEXING
    assert phase(world, "t0") is Phase.PROMOTING
    for _ in range(8):
        world.step()
        assert world.machines["s0"].admission is Admission.READY
    assert world.serves(world.machines["s0"])
    assert world.serves(world.machines["t0"])
    assert world.machines["s0"].life == 1


def test_row_11_old_primary_goes_back() -> None:
    """If the spare dies during the switch, a healthy old primary stays, however many spares wait."""
    for spares in (1, 2):
        world = watching(standby(2, spares))
        world.step(due("s0"))
        until(world, Phase.PROMOTING, "t0")
        world.machines["t0"].alive = False
        for _ in range(30):
            world.step()
        assert world.machines["s0"].life == 1
        assert world.serves(world.machines["s0"])
        assert world.least_seen == 2


def test_row_11_else_the_next_spare() -> None:
    """If the old primary is not healthy either, the next spare takes over."""
    world = watching(standby(2, 2))
    world.step(due("s0"))
    until(world, Phase.PROMOTING, "t0")
    world.machines["t0"].alive = world.machines["s0"].alive = False
    until(world, Phase.SERVING, "t1")
    for _ in range(60):
        world.step()
    assert is_idle(world.state)  # type: ignore[arg-type]
    assert sum(map(world.serves, world.machines.values())) == 2


def test_row_11_spare_dies_after_a_fault() -> None:
    """If the spare that takes over for a lost primary dies as well, the next one takes over."""
    world = watching(standby(2, 2))
    world.machines["s0"].alive, world.machines["s0"].broken = False, True
    until(world, Phase.PROMOTING, "t0")
    world.machines["t0"].alive, world.machines["t0"].broken = False, True
    until(world, Phase.SERVING, "t1")
    assert world.serves(world.machines["t1"])


def test_escalation() -> None:
    """Restart, then clean and restart, then out: halted, loud, and said once more in words (S203)."""
    world = watching(active(3, recover_attempts=3))
    found = attempts(world)
    world.machines["s0"].alive, world.machines["s0"].broken = False, True
    until(world, Phase.OUT, "s0", 200)
    assert found == [1, 2, 3]
    assert world.state.halted.startswith("s0: not back in time")  # type: ignore[union-attr]
    assert any("stays out" in alarm.text for alarm in world.alarms)


def test_a_recovery_names_the_life_that_it_ends() -> None:
    """Each attempt ends the life that is there, and says whether it does so though that looks healthy."""
    found: list[tuple[str | None, bool]] = []
    for wrong in ("hung", "mute"):
        world = watching(active(3), heartbeat=3, watchdog=3)
        begin = world.begin

        def listen(action: object, begin: Callable[..., None] = begin) -> None:
            if isinstance(action, Recover):
                found.append((action.identity, action.though_healthy))
            begin(action)

        world.begin = listen  # type: ignore[method-assign]
        world.executor_fails = True
        setattr(world.machines["s0"], wrong, True)
        if wrong == "mute":
            world.machines["s0"].up_at = math.inf
        until(world, Phase.RECOVERING, "s0")
        world.executor_fails = False
        if wrong == "mute":
            break
        until(world, Phase.WARMING, "s0")
        world.revive(world.machines["s0"])
        world.machines["s0"].warm_at = math.inf
        until(world, Phase.OUT, "s0")
    assert found == [("s0#1", False), ("s0#1", False), ("s0#1", True)]


def test_row_6_a_server_that_fails_again_is_given_up() -> None:
    """A fault soon after a recovery is its next attempt, so that no server is restarted for ever."""
    world = watching(active(3, recover_attempts=2, recover_period=100))
    found = attempts(world)
    for _ in range(300):
        if phase(world, "s0") is Phase.SERVING and world.serves(world.machines["s0"]):
            world.machines["s0"].alive = False
        world.step()
    assert found == [1, 2]
    assert phase(world, "s0") is Phase.OUT


def test_a_late_fault_begins_anew() -> None:
    """A fault long after a recovery is a new one."""
    world = watching(active(3, recover_attempts=2, recover_period=100))
    found = attempts(world)
    for _ in range(3):
        world.machines["s0"].alive = False
        until(world, Phase.JOINING, "s0")
        until(world, Phase.SERVING, "s0")
        world.step(seconds=101)
    assert found == [1, 1, 1]


def test_row_1_a_successor_counts_on() -> None:
    """A successor knows from the journal how often a server was recovered lately."""
    world = watching(active(3, recover_attempts=2, recover_period=100))
    found = attempts(world)
    world.machines["s0"].alive = False
    until(world, Phase.JOINING, "s0")
    until(world, Phase.SERVING, "s0")
    world.succeed(commands_go_on=False)
    for _ in range(3):
        world.step()
    world.machines["s0"].alive = False
    until(world, Phase.JOINING, "s0")
    assert found == [1, 2]


def test_row_6_restart_cap_ends_recoveries() -> None:
    """At the restart cap a server is not recovered any more but stays out, and the reason is said."""
    world = watching(active(3, gates=GateSettings(restart_cap=1, restart_period=1000)))
    found = attempts(world)
    world.machines["s0"].alive = False
    until(world, Phase.JOINING, "s0")
    until(world, Phase.SERVING, "s0")
    world.machines["s1"].alive = False
    until(world, Phase.OUT, "s1")
    assert found == [1]
    assert any("restart cap" in alarm.text for alarm in world.alarms)


@pytest.mark.parametrize("goes_on", [True, False])
def test_row_1_a_successor_does_not_recover_twice(goes_on: bool) -> None:
    """A successor that finds a recovery begun looks first, and does not end a new life."""
    world = watching(active(3))
    found = attempts(world)
    world.machines["s0"].alive = False
    until(world, Phase.RECOVERING, "s0")
    world.succeed(commands_go_on=goes_on)
    world.step()
    assert found == [1]
    until(world, Phase.SERVING, "s0")
    assert found == ([1] if goes_on else [1, 2])


def test_row_1_a_recovery_that_was_not_carried_out() -> None:
    """A successor that sees the very life that was to end gives the same attempt again."""
    world = watching(active(3), heartbeat=3)
    found = attempts(world)
    world.executor_fails = True
    world.machines["s0"].hung = True
    until(world, Phase.RECOVERING, "s0")
    world.executor_fails = False
    world.succeed(commands_go_on=False)
    until(world, Phase.SERVING, "s0")
    assert found == [1, 1]
    assert world.machines["s0"].life == 2


@pytest.mark.parametrize("fault", ["executor_hangs", "executor_fails"])
def test_row_23_brought_back_while_our_command_fails(fault: str) -> None:
    """A server that somebody else brings back while our recovery hangs or fails is not restarted again."""
    world = watching(active(3))
    found = attempts(world)
    setattr(world, fault, True)
    world.machines["s0"].alive = False
    until(world, Phase.RECOVERING, "s0")
    world.revive(world.machines["s0"])
    world.machines["s0"].warm_at = world.clock
    until(world, Phase.SERVING, "s0")
    assert found == [1]
    assert world.machines["s0"].life == 2


def test_row_24_what_cannot_be_seen_is_not_restarted_again() -> None:
    """If a server cannot be seen when its recovery should be over, it stays out: it may be well."""
    world = watching(active(3))
    found = attempts(world)
    world.executor_hangs = True
    world.machines["s0"].alive = False
    until(world, Phase.RECOVERING, "s0")
    world.machines["s0"].hidden = True
    until(world, Phase.OUT, "s0")
    assert found == [1]
    world.machines["s0"].hidden = False
    world.revive(world.machines["s0"])
    until(world, Phase.SERVING, "s0")
    assert found == [1]


@pytest.mark.parametrize("planned", [True, False])
def test_healthy_at_its_deadline(planned: bool) -> None:
    """A server that became healthy just before its deadline is waited for, and neither out nor restarted."""
    world = watching(active(3, deadlines=replace(DEADLINES, healthy_for=3)))
    if planned:
        world.step(due("s0"))
    else:
        world.machines["s0"].alive = False
    until(world, Phase.WARMING, "s0")
    began = world.state.servers["s0"].since  # type: ignore[union-attr]
    world.machines["s0"].warm_at = began + 8 + 3 - 0.5
    until(world, Phase.SERVING, "s0")
    assert world.machines["s0"].life == 2
    assert world.state.halted == ""  # type: ignore[union-attr]


def test_paused_group_recovers_nobody() -> None:
    """While an operator has paused the group a spare takes over, and nothing is restarted."""
    world = watching(standby(2, 1))
    world.tell(PauseAsked())
    world.machines["s0"].alive = False
    until(world, Phase.SERVING, "t0")
    for _ in range(20):
        world.step()
    assert (phase(world, "s0"), world.restarted) == (Phase.FAILED, [])
    assert refusal(world, "s0") is Reason.PAUSED
    world.tell(ResumeAsked())
    until(world, Phase.STANDBY, "s0")
    assert world.restarted == ["s0"]


@pytest.mark.parametrize("resumed", [0, 2, None])
def test_row_23_restarted_by_the_operator(resumed: int | None) -> None:
    """A server that the operator brings back during a pause is registered and not restarted (S204)."""
    world = watching(standby(2, 1))
    world.tell(PauseAsked())
    world.machines["s0"].alive = False
    until(world, Phase.FAILED, "s0")
    world.revive(world.machines["s0"])
    for _ in range(resumed or 0):
        world.step()
    if resumed is not None:
        world.tell(ResumeAsked())
    until(world, Phase.STANDBY, "s0")
    assert world.restarted == []
    assert phases(world, "s0") == ["failed", "warming", "standby"]


def test_the_operators_restart_is_the_first_attempt() -> None:
    """If a server that somebody else restarted during a pause does not become healthy, it is tried again."""
    world = watching(active(3))
    found = attempts(world)
    world.tell(PauseAsked())
    world.machines["s0"].alive = False
    until(world, Phase.FAILED, "s0")
    world.revive(world.machines["s0"])
    world.machines["s0"].warm_at = math.inf
    world.tell(ResumeAsked())
    until(world, Phase.SERVING, "s0")
    assert found == [2]


def test_row_23_well_again_while_our_command_fails() -> None:
    """A server that hung and goes on by itself while our recovery fails is taken on, and not restarted."""
    world = watching(active(3), heartbeat=3)
    found = attempts(world)
    world.executor_fails = True
    world.machines["s0"].hung = True
    until(world, Phase.RECOVERING, "s0")
    world.machines["s0"].hung = False
    until(world, Phase.SERVING, "s0")
    assert (found, world.machines["s0"].life) == ([1], 1)


@pytest.mark.parametrize("hangs", [False, True])
def test_the_reason_of_a_failed_recovery_is_said(hangs: bool) -> None:
    """Each attempt whose command fails, or does not end, says why before the server is given up."""
    world = watching(active(3))
    world.executor_fails, world.executor_hangs = not hangs, hangs
    world.machines["s0"].alive = False
    until(world, Phase.OUT, "s0", 100)
    why = "its command did not end in time" if hangs else "exit code 1"
    said = [alarm.text for alarm in world.alarms]
    assert said.count(f"the recovery failed: {why}") == 2
    assert said[-1].startswith("recovery failed for good")


def test_dies_while_joining() -> None:
    """A renewed server that dies before it is UP is recovered like any other."""
    world = watching(active(3))
    world.step(due("s0"))
    until(world, Phase.JOINING, "s0")
    world.machines["s0"].alive = False
    until(world, Phase.RECOVERING, "s0")
    until(world, Phase.SERVING, "s0")
    assert world.state.halted == ""  # type: ignore[union-attr]


def test_dies_while_joining_and_no_detector_says_so() -> None:
    """Without a detector the deadline of joining says what is wrong: it is not healthy any more."""
    world = World(active(3))
    world.step(due("s0"))
    until(world, Phase.JOINING, "s0")
    world.machines["s0"].alive = False
    for _ in range(10):
        world.step()
    assert phase(world, "s0") is Phase.JOINING
    assert [alarm.text for alarm in world.alarms] == [
        "no plain UP in time, and not healthy any more; it stays ready and is waited for"
    ]


@pytest.mark.parametrize("attempt", [0, 1])
def test_dies_while_warming(attempt: int) -> None:
    """A server that dies while it warms is tried again; after a restart of ours the roll halts as well."""
    world = watching(active(3))
    if attempt:
        world.machines["s0"].alive = False
    else:
        world.step(due("s0"))
    until(world, Phase.WARMING, "s0")
    world.machines["s0"].alive = False
    for _ in range(14):
        world.step()
    assert phase(world, "s0") in (Phase.RECOVERING, Phase.WARMING)
    assert world.state is not None
    assert world.state.servers["s0"].attempt == attempt + 1
    assert bool(world.state.halted) == (not attempt)
    until(world, Phase.SERVING, "s0")


def test_7_not_well_while_warming() -> None:
    """Row 7: a process that lives and does not become healthy is out after a restart, and not tried again."""
    world = watching(active(3))
    world.step(due("s0"))
    until(world, Phase.WARMING, "s0")
    world.machines["s0"].hung = True
    for _ in range(30):
        world.step()
    assert phase(world, "s0") is Phase.OUT
    assert world.machines["s0"].life == 2


def test_dead_spare_is_recovered() -> None:
    """A spare that dies is restarted and is a spare again; meanwhile nothing is rejuvenated."""
    world = watching(standby(2, 1))
    world.machines["t0"].alive = False
    until(world, Phase.RECOVERING, "t0")
    world.step(due("s0"))
    assert refusal(world, "s0") is Reason.CONCURRENT
    until(world, Phase.STANDBY, "t0")
    assert phases(world, "t0") == ["failed", "recovering", "warming", "standby"]


def test_failed_command_of_a_server_that_nobody_sees() -> None:
    """A recovery that fails while its server cannot be seen ends: it stays out, loudly."""
    world = watching(active(3))
    world.machines["s0"].alive = False
    until(world, Phase.RECOVERING, "s0")
    ticket = world.state.servers["s0"].ticket  # type: ignore[union-attr]
    world.machines["s0"].hidden = True
    world.tell(NotDone("s0", ticket, "exit code 1"))
    assert phase(world, "s0") is Phase.OUT
    assert world.view().of("s0") == ServerView()


class Scripted:
    """A server as a script has it: monitor and executor of a program that was restarted so often."""

    def __init__(self, answer: Answer, pid: int | None) -> None:
        self.answer, self.process, self.restarts = answer, pid and Identity(pid, 1.0), 0

    def sample(self) -> Sample:
        return Sample("s0", time.monotonic(), self.answer, identity=self.process or None)

    def restart(self, program: str) -> None:
        assert program == "s0"
        self.restarts += 1

    def identity(self, program: str) -> Identity | None:
        raise NoIdentityError(program, "none")


@pytest.mark.parametrize(
    ("answer", "pid", "though_healthy", "restarts"),
    [
        ("gone", None, False, 1),
        ("unknown", 7, False, 1),  # it hangs
        ("unhealthy", 8, False, 0),  # somebody else has restarted it, and it warms up
        ("healthy", 8, False, 0),
        ("healthy", 7, False, 0),  # it came back by itself
        ("healthy", 7, True, 1),  # its watchdog was missed, whatever its port says
        ("healthy", 8, True, 0),
    ],
)
def test_row_23_one_more_look_before_a_recovery(
    tmp_path: Path, answer: Answer, pid: int | None, though_healthy: bool, restarts: int
) -> None:
    """Right before the command a server that is back, or in a new life, is left alone."""
    path = tmp_path / "g.toml"
    path.write_text(
        '[group]\nname = "g"\nmode = "active/active"\nrequired = 1\n[balancer]\ntype = "in-process"\n'
        '[[servers]]\nname = "s0"\n[[servers]]\nname = "s1"\n'
    )
    server, ended = Scripted(answer, pid), threading.Event()
    workers = Workers(ended.set)
    balancer = InProcessBalancer(["s0", "s1"])
    actor = Actor(
        read_runtime_file(path), balancer, server, NoDuplexer(), {"s0": server}, workers, lambda: True, "test"
    )
    life = identity_text(Identity(7, 1.0)) if pid else None
    actor.carry_out(Recover("s0", 1, 5, life, though_healthy))
    assert ended.wait(10)
    assert (workers.ends(), server.restarts) == ([Done("s0", 5)], restarts)
