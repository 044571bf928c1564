"""The controller by hand: each sequence, refusal and deadline, in a world of seconds."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time
from pathlib import Path
from runpy import run_path
from zoneinfo import ZoneInfo

import pytest
from runtime_world import START, World

from rejuvmodel.runtime.deciding.actions import Clean, Duplex, Recover, Restart
from rejuvmodel.runtime.deciding.controller import decide, is_idle
from rejuvmodel.runtime.deciding.events import (
    CancelAsked,
    Demand,
    Done,
    FaultCleared,
    FaultDetected,
    RollAsked,
    Tick,
)
from rejuvmodel.runtime.deciding.gates import window_gate
from rejuvmodel.runtime.deciding.group_state import first_state
from rejuvmodel.runtime.deciding.records import Entered, parsed, plain
from rejuvmodel.runtime.deciding.refusals import Reason
from rejuvmodel.runtime.deciding.settings import (
    Deadlines,
    GateSettings,
    GroupSettings,
    ServerSettings,
    Window,
)
from rejuvmodel.runtime.deciding.states import Admission, Condition, Health, Mode, Phase, Role
from rejuvmodel.runtime.deciding.transitions import NEXT, TABLE
from rejuvmodel.runtime.deciding.views import GroupView, Moment, ServerView

DEADLINES = Deadlines(duplex=3, drain=5, up=6, clean=3, restart=8, recover=8, healthy_for=2)


def active(count: int = 3, **changes: object) -> GroupSettings:
    servers = tuple(ServerSettings(f"s{k}") for k in range(count))
    group = GroupSettings("web", Mode.ACTIVE, servers, max(count - 1, 0), deadlines=DEADLINES)
    return replace(group, **changes)  # type: ignore[arg-type]


def standby(primaries: int = 2, spares: int = 1, **changes: object) -> GroupSettings:
    servers = [ServerSettings(f"s{k}") for k in range(primaries)]
    servers += [ServerSettings(f"t{k}", Role.SPARE) for k in range(spares)]
    group = GroupSettings("web", Mode.STANDBY, tuple(servers), primaries, deadlines=DEADLINES)
    return replace(group, **changes)  # type: ignore[arg-type]


def due(name: str, since: float = 0.0, *, forced: bool = False) -> tuple[Demand, ...]:
    return (Demand(name, since, "unstable", forced),)


def phases(world: World, name: str) -> list[str]:
    """Phases that a server has gone through, as the journal has them."""
    found = []
    for line in world.journal:
        if f'"server": "{name}"' in line and '"Entered"' in line:
            phase = line.split('"phase": "')[1].split('"')[0]
            found.append(phase)
    return found


def until(world: World, phase: Phase, name: str, limit: int = 60) -> None:
    for _ in range(limit):
        if world.state.servers[name].phase is phase:  # type: ignore[union-attr]
            return
        world.step()
    raise AssertionError(f"{name} never came to {phase}")


def refusal(world: World, name: str) -> Reason:
    assert world.decision is not None
    return world.decision.refusals[name].reason


def test_order_of_a_rejuvenation() -> None:
    """A server is covered, drained, parked, cleaned, restarted, warmed and joined (Fig. 10)."""
    world = World(active(clean_steps=("buffers",), duplexed=True))
    world.step(due("s0"))
    until(world, Phase.SERVING, "s0")
    assert phases(world, "s0") == [
        "duplexing", "switching", "draining", "parking", "cleaning", "restarting", "warming", "joining",
        "serving",
    ]  # fmt: skip
    assert (world.machines["s0"].life, world.lost) == (2, 0)


def test_spare_is_seen_up_first() -> None:
    """The spare serves before anything is drained, and the renewed server becomes the spare."""
    world = World(standby())
    world.step(due("s0"))
    while world.state.servers["s0"].phase is not Phase.DRAINING:  # type: ignore[union-attr]
        world.step()
        assert world.machines["s0"].admission is not Admission.DRAIN or world.serves(world.machines["t0"])
    until(world, Phase.STANDBY, "s0")
    assert world.machines["s0"].admission is Admission.SPARE
    assert world.least_seen == 2
    assert world.serves(world.machines["t0"])


@pytest.mark.parametrize("group", [active(4), standby(2, 2), active(3, max_concurrent=1)])
def test_roll_renews_everyone_once(group: GroupSettings) -> None:
    """A roll gives every server one new life, never below the required, and ends."""
    world = World(group)
    world.tell(RollAsked("test"))
    for _ in range(200):
        world.step()
        if is_idle(world.state):  # type: ignore[arg-type]
            break
    assert is_idle(world.state)  # type: ignore[arg-type]
    assert {one.life for one in world.machines.values()} == {2}
    assert world.least_seen >= group.required
    assert world.lost == 0


def test_worst_first() -> None:
    """Unstable longest goes first, then the longest uptime, then the lowest load (row 9)."""
    world = World(active(3))
    for name, born, load in (("s0", -10.0, 0.1), ("s1", -20.0, 0.5), ("s2", -20.0, 0.4)):
        world.machines[name].born, world.machines[name].load = born, load
    everyone = tuple(Demand(name, 5.0, "unstable") for name in world.machines)
    world.step(everyone)
    assert world.state.servers["s2"].phase is Phase.DUPLEXING  # type: ignore[union-attr]
    other = World(active(3))
    other.step((*everyone[:2], Demand("s1", 1.0, "unstable")))
    assert other.state.servers["s1"].phase is Phase.DUPLEXING  # type: ignore[union-attr]
    assert {name: refusal(other, name) for name in ("s0",)} == {"s0": Reason.CONCURRENT}


@pytest.mark.parametrize(
    ("group", "reason"),
    [
        (active(1), Reason.LAST_SERVER),
        (active(2, required=2), Reason.REQUIRED),
        (standby(1, 0), Reason.NO_SPARE),
    ],
)
def test_too_few_others(group: GroupSettings, reason: Reason) -> None:
    """The last server, a required one and one without a spare stay, with the reason (row 10)."""
    world = World(group)
    world.step(due("s0"))
    assert refusal(world, "s0") is reason
    assert world.state.servers["s0"].phase is Phase.SERVING  # type: ignore[union-attr]


@pytest.mark.parametrize(
    "group", [active(1, required=0, simplex=True), standby(1, 0, required=0, simplex=True)]
)
def test_simplex_by_name(group: GroupSettings) -> None:
    """A single server is rejuvenated where simplex operation is allowed by name (row 10)."""
    world = World(group)
    world.step(due("s0"))
    until(world, Phase.WARMING, "s0")
    until(world, Phase.SERVING, "s0")
    assert world.machines["s0"].life == 2


def test_spare_capacity() -> None:
    """In active/active the load of the one that leaves must fit beside the loads of the others."""
    servers = tuple(ServerSettings(f"s{k}", capacity=1.0) for k in range(3))
    world = World(active(3, servers=servers, required=1))
    for machine, load in zip(world.machines.values(), (0.5, 0.8, 0.75), strict=True):
        machine.load = load
    world.step(due("s0"))
    assert refusal(world, "s0") is Reason.NO_CAPACITY
    world.machines["s2"].load = 0.7
    world.step(due("s0"))
    assert world.state.servers["s0"].phase is Phase.DUPLEXING  # type: ignore[union-attr]
    world.machines["s2"].load = float("nan")
    world.step()
    assert world.state.servers["s0"].phase is Phase.SERVING  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("gates", "changes", "reason"),
    [
        (GateSettings(max_load=0.2), {}, Reason.LOAD),
        (GateSettings(max_load=0.7), {"load": float("nan")}, Reason.LOAD),
        (GateSettings(min_uptime=1e6), {}, Reason.UPTIME),
        (GateSettings(windows=(Window(time(22), time(5)),)), {}, Reason.WINDOW),
        (GateSettings(), {"hidden": True}, Reason.UNKNOWN),
        (GateSettings(), {"alive": False}, Reason.NOT_HEALTHY),
    ],
)
def test_gates_refuse_with_reason(gates: GateSettings, changes: dict[str, object], reason: Reason) -> None:
    """Load, uptime, windows and whatever is unknown refuse, each with its reason (row 13)."""
    world = World(active(3, gates=gates, max_concurrent=2, required=1))
    for key, value in changes.items():
        setattr(world.machines["s0"], key, value)
    world.step(due("s0"))
    assert refusal(world, "s0") is reason


def test_force_after_and_operators_pass_load_and_uptime() -> None:
    """A forced demand, and an operator's roll, wait neither for load nor for uptime."""
    gates = GateSettings(max_load=0.2, min_uptime=1e6)
    for event in (Tick(due("s0", forced=True)), RollAsked("ask", True, ("s0",))):
        world = World(active(3, gates=gates))
        world.tell(event)
        assert world.state.servers["s0"].phase is Phase.DUPLEXING  # type: ignore[union-attr]


def test_one_wish_does_not_open_the_windows_for_others() -> None:
    """A server for which a person asks passes the windows; the rest of a roll goes on waiting."""
    world = World(active(3, gates=GateSettings(windows=(Window(time(22), time(5)),))))
    world.tell(RollAsked("cron"))
    world.tell(RollAsked("ask", True, ("s1",)))
    assert {name: refusal(world, name) for name in ("s0", "s2")} == {
        "s0": Reason.WINDOW, "s2": Reason.CONCURRENT,
    }  # fmt: skip
    until(world, Phase.JOINING, "s1")
    until(world, Phase.SERVING, "s1")
    world.step()
    assert list(world.state.roll) == ["s0", "s2"]  # type: ignore[union-attr]
    assert {refusal(world, name) for name in ("s0", "s2")} == {Reason.WINDOW}


def test_blackout_blocks() -> None:
    """A blackout check that blocks, or cannot be asked, blocks to the last step (row 14)."""
    world = World(active(3))
    world.blocked = "the backup check is unreachable"
    world.step(due("s0"))
    assert refusal(world, "s0") is Reason.BLOCKED
    world.blocked = None
    world.step(due("s0"))
    until(world, Phase.DRAINING, "s0")
    world.blocked = "the backup runs"
    until(world, Phase.SERVING, "s0")
    assert world.machines["s0"].life == 1
    world.blocked = None
    world.step(due("s0"))
    assert refusal(world, "s0") is Reason.RESTING
    assert "called back (the backup runs); next in" in world.decision.refusals["s0"].text  # type: ignore[union-attr]


def test_an_unhealthy_server_is_refused_as_such() -> None:
    """It holds a place of max_concurrent itself, which is not the reason to tell."""
    world = World(active(3))
    world.machines["s0"].alive = False
    world.step(due("s0"))
    assert refusal(world, "s0") is Reason.NOT_HEALTHY


def test_window_closes_while_draining() -> None:
    """A window that closes during the drain is seen before the restart: the server goes back (row 21)."""
    night = GateSettings(windows=(Window(time(12), time(12, 17)),))
    world = World(active(3, gates=night, deadlines=replace(DEADLINES, drain=600)))
    world.machines["s0"].stuck = True
    world.step(due("s0"))
    until(world, Phase.DRAINING, "s0")
    world.step(seconds=100)
    world.machines["s0"].stuck = False
    until(world, Phase.SERVING, "s0")
    assert "parking" in phases(world, "s0")
    assert world.machines["s0"].life == 1


def test_blackout_during_the_clean_steps() -> None:
    """What begins to block while a server is being cleaned is seen before its restart (rows 14, 21)."""
    world = World(active(3, clean_steps=("file_system", "buffers")))
    world.step(due("s0"))
    until(world, Phase.CLEANING, "s0")
    world.blocked = "the backup runs"
    until(world, Phase.SERVING, "s0")
    assert "restarting" not in phases(world, "s0")
    assert world.machines["s0"].life == 1
    assert world.least_seen >= 2


def test_window_over_midnight() -> None:
    """A window that ends before it starts holds on both sides of midnight, in its own time zone."""
    window = Window(time(22), time(5))
    assert [window.holds(time(hour)) for hour in (21, 22, 0, 4, 5)] == [False, True, True, True, False]
    gates = GateSettings(windows=(window,), zone="Europe/Berlin")
    berlin = ZoneInfo("Europe/Berlin")
    assert window_gate(gates, Moment(0, datetime(2026, 7, 1, 23, tzinfo=berlin))) is None
    late = window_gate(gates, Moment(0, datetime(2026, 7, 1, 21, 59, tzinfo=berlin)))
    assert late is not None
    assert late.text == "it is 21:59 (Europe/Berlin), the windows are 22:00-05:00"


def test_restart_cap_and_rest() -> None:
    """Restart cap and minimum healthy time hold the next server back, after takeovers too (row 6)."""
    world = World(active(3, gates=GateSettings(restart_cap=1, restart_period=100)))
    world.step(due("s0"))
    until(world, Phase.JOINING, "s0")
    until(world, Phase.SERVING, "s0")
    world.step(due("s1"))
    assert refusal(world, "s1") is Reason.CAP
    world.step(due("s1"), seconds=100)
    assert world.state.servers["s1"].phase is Phase.DUPLEXING  # type: ignore[union-attr]
    fresh = World(active(3, gates=GateSettings(min_healthy=50)))
    fresh.step(due("s0"))
    until(fresh, Phase.JOINING, "s0")
    until(fresh, Phase.SERVING, "s0")
    fresh.step(due("s1"))
    assert refusal(fresh, "s1") is Reason.LAST_TOO_FRESH
    served = fresh.state.servers["s0"].since  # type: ignore[union-attr]
    fresh.succeed(commands_go_on=False)
    assert fresh.state.servers["s0"].since == pytest.approx(served)  # type: ignore[union-attr]
    fresh.step(due("s1"))
    assert refusal(fresh, "s1") is Reason.LAST_TOO_FRESH
    fresh.step(due("s1"), seconds=50)
    assert fresh.state.servers["s1"].phase is Phase.DUPLEXING  # type: ignore[union-attr]


def test_restart_cap_counts_those_on_their_way() -> None:
    """Whoever is on the way to its restart takes it off the cap, however many may be away."""
    gates = GateSettings(restart_cap=2, restart_period=100)
    world = World(active(6, required=2, max_concurrent=4, gates=gates))
    world.step(due("s0") + due("s1") + due("s2"))
    assert refusal(world, "s2") is Reason.CAP
    world.step(due("s2"))
    assert refusal(world, "s2") is Reason.CAP
    until(world, Phase.JOINING, "s1")
    world.step(due("s2"))
    assert refusal(world, "s2") is Reason.CAP
    assert len(world.state.restarts) == 2  # type: ignore[union-attr]


def test_recovery_comes_before_a_rejuvenation_at_the_cap() -> None:
    """A fault that takes the last restart calls back a rejuvenation that has begun and not yet restarted."""
    gates = GateSettings(restart_cap=1, restart_period=100)
    world = World(active(4, required=1, max_concurrent=2, gates=gates))
    world.step(due("s0"))
    until(world, Phase.DRAINING, "s0")
    world.machines["s0"].sessions = 1
    world.machines["s1"].alive = False
    world.tell(FaultDetected("s1", "no answer"))
    until(world, Phase.SERVING, "s1")
    until(world, Phase.SERVING, "s0")
    assert len(world.state.restarts) == 1  # type: ignore[union-attr]
    assert world.state.servers["s0"].why_back == "the restart cap is reached"  # type: ignore[union-attr]


def test_restart_that_never_comes_back() -> None:
    """After its deadline the server stays out, the roll halts, and it is loud (row 7)."""
    world = World(active(4, required=2))
    world.machines["s0"].broken = True
    world.tell(RollAsked("test", servers=("s0", "s1")))
    until(world, Phase.OUT, "s0")
    assert world.state.halted  # type: ignore[union-attr]
    assert any("stays out" in alarm.text for alarm in world.alarms)
    world.step()
    assert refusal(world, "s1") is Reason.HALTED
    assert world.machines["s0"].admission is Admission.MAINTENANCE


def test_late_return() -> None:
    """A server that is out and becomes healthy after all joins again; the halt stays."""
    world = World(active(3))
    world.machines["s0"].broken = True
    world.step(due("s0"))
    until(world, Phase.OUT, "s0")
    world.machines["s0"].alive = True
    until(world, Phase.SERVING, "s0")
    assert world.state.halted  # type: ignore[union-attr]


def test_drain_deadline() -> None:
    """A drain beyond its deadline goes back to ready, nothing restarted (row 15)."""
    world = World(active(3))
    world.machines["s0"].stuck = True
    world.step(due("s0"))
    until(world, Phase.DRAINING, "s0")
    until(world, Phase.SERVING, "s0")
    assert (world.machines["s0"].life, world.lost) == (1, 0)
    world.step(due("s0"))
    assert refusal(world, "s0") is Reason.RESTING


def test_forced_drain() -> None:
    """With force configured the drain ends at its deadline, and sessions are lost on purpose (row 15)."""
    world = World(active(3, force_drain=True))
    world.machines["s0"].stuck = True
    world.step(due("s0"))
    until(world, Phase.WARMING, "s0")
    assert world.lost == 2


def test_no_restart_without_a_confirmed_drain() -> None:
    """While no balancer answers nothing is restarted, even with force; the server goes back (row 18)."""
    world = World(active(3, force_drain=True))
    world.step(due("s0"))
    until(world, Phase.DRAINING, "s0")
    world.balancer_answers = False
    for _ in range(20):
        world.step()
    assert world.machines["s0"].life == 1
    assert world.state.servers["s0"].phase is Phase.JOINING  # type: ignore[union-attr]


def test_cold_server_waits() -> None:
    """A port that is open is not enough: its own health check must hold before it is ready (row 16)."""
    world = World(active(3))
    world.step(due("s0"))
    while world.state.servers["s0"].phase is not Phase.JOINING:  # type: ignore[union-attr]
        world.step()
    cold = world.machines["s0"].warm_at
    assert world.clock - cold >= DEADLINES.healthy_for


def test_old_looks_prove_nothing() -> None:
    """Health must hold from one look since the restart to another: a look from before it is none (row 16)."""
    world = World(active(3))
    world.step(due("s0"))
    until(world, Phase.WARMING, "s0")
    began = world.clock
    seen = {**world.view().servers}

    def after(seconds: float, look: float) -> Phase:
        """Where it stands when the newest look, which shows it well, is of a certain moment."""
        assert world.state is not None
        well = replace(seen["s0"], health=Health.HEALTHY, at=began + look)
        now = Moment(began + seconds, START)
        world.state = decide(world.settings, world.state, GroupView({**seen, "s0": well}), Tick(), now).state
        return world.state.servers["s0"].phase

    assert after(3, look=-1) is Phase.WARMING
    assert after(4, look=3.5) is Phase.WARMING
    assert after(6, look=3.5) is Phase.WARMING
    assert after(6, look=5.5) is Phase.JOINING


@pytest.mark.parametrize("phase", [Phase.DUPLEXING, Phase.CLEANING, Phase.RESTARTING, Phase.RECOVERING])
def test_commands_have_time_to_be_ended(phase: Phase) -> None:
    """Until one that overruns has been killed, its server neither serves nor gets another (row 8)."""
    ending = replace(DEADLINES, restart=3, recover=3, ending=4)
    world = World(active(3, clean_steps=("buffers",), duplexed=True, deadlines=ending))
    assert world.state is not None
    running = replace(world.state.servers["s0"], phase=phase, since=0.0, ticket=7, identity="s0#1", attempt=1)
    state = replace(world.state, servers={**world.state.servers, "s0": running})
    found = [
        decide(world.settings, state, world.view(), Tick(), Moment(clock, START)).state.servers["s0"]
        for clock in (3.0, 6.9, 7.0)
    ]
    assert [(one.phase, one.ticket) for one in found[:2]] == [(phase, 7), (phase, 7)]
    assert found[2].ticket != 7


def test_crash_during_a_roll() -> None:
    """An unplanned crash counts against the budget: the roll pauses until the server is back (row 12)."""
    world = World(active(4, required=2))
    world.tell(RollAsked("test"))
    world.step()
    first = next(name for name, one in world.state.servers.items() if one.phase is not Phase.SERVING)  # type: ignore[union-attr]
    until(world, Phase.JOINING, first)
    crashed = next(name for name in world.machines if name != first)
    world.machines[crashed].alive = False
    until(world, Phase.SERVING, first)
    world.step()
    reasons = {name: one.reason for name, one in world.decision.refusals.items()}  # type: ignore[union-attr]
    assert reasons.pop(crashed) is Reason.NOT_HEALTHY
    assert set(reasons.values()) == {Reason.CONCURRENT}


def test_restart_by_others() -> None:
    """A server that somebody else has restarted leaves the roll and is not restarted again (row 23)."""
    world = World(active(3))
    world.blocked = "wait"
    world.tell(RollAsked("test", servers=("s0",)))
    world.revive(world.machines["s0"])
    world.step(seconds=5)
    world.blocked = None
    world.step()
    assert is_idle(world.state)  # type: ignore[arg-type]
    assert world.restarted == []


def test_restart_that_changes_nothing() -> None:
    """An executor that says it restarted, and did not, halts the roll."""
    world = World(active(3))
    world.revive = lambda machine: setattr(machine, "alive", True)  # type: ignore[method-assign]
    world.tell(RollAsked("test"))
    for _ in range(40):
        world.step()
    assert "same process" in world.state.halted  # type: ignore[union-attr]
    assert len(world.restarted) == 1


def test_fault_is_switched_recovered_registered() -> None:
    """A fault takes the server off, a spare in, restarts it, and registers it as a spare (Fig. 11)."""
    world = World(standby())
    world.machines["s0"].alive = False
    world.tell(FaultDetected("s0", "no heartbeat"))
    assert world.state.servers["t0"].phase is Phase.PROMOTING  # type: ignore[union-attr]
    until(world, Phase.STANDBY, "s0")
    assert phases(world, "s0") == ["failed", "recovering", "warming", "standby"]
    assert world.serves(world.machines["t0"])


def test_fault_that_only_one_side_sees() -> None:
    """A server that the balancers have UP is suspect, not dead: nothing is done (row 24)."""
    settings = active(3)
    look = ServerView(Health.UNHEALTHY, True, Admission.READY, 2, Condition.UNKNOWN)
    decision = decide(
        settings, first_state(settings), GroupView({"s0": look}), FaultDetected("s0", "?"), Moment(0, START)
    )
    assert (decision.actions, decision.records) == ((), ())
    assert decision.refusals["s0"].reason is Reason.SUSPECT


def test_recovery_escalates_and_ends() -> None:
    """A recovery that fails is tried again, harder; after the last try the server is out, loudly (S203)."""
    world = World(active(3))
    world.machines["s0"].alive, world.machines["s0"].broken = False, True
    asked = []
    begin = world.begin

    def listen(action: object) -> None:
        if isinstance(action, Recover):
            asked.append(action.attempt)
        begin(action)  # type: ignore[arg-type]

    world.begin = listen  # type: ignore[method-assign]
    world.tell(FaultDetected("s0", "no heartbeat"))
    until(world, Phase.OUT, "s0")
    assert asked == [1, 2]
    world.machines["s0"].broken = False
    world.revive(world.machines["s0"])
    world.tell(FaultCleared("s0"))
    until(world, Phase.SERVING, "s0")


def test_recovered_server_is_let_off() -> None:
    """A server that is normal again is watched no more (S104)."""
    world = World(active(3))
    world.machines["s0"].condition = Condition.UNSTABLE
    world.step()
    world.machines["s0"].condition = Condition.NORMAL
    world.step()
    assert phases(world, "s0") == ["watched", "serving"]


def test_work_is_copied_while_watched() -> None:
    """An unstable server's work is copied at once, at checkpoints, and before the drain (S103)."""
    world = World(standby(duplexed=True, checkpoint_every=5))
    copies: list[tuple[str, str, bool]] = []
    begin = world.begin

    def listen(action: object) -> None:
        if isinstance(action, Duplex) and action.server == "s0":
            copies.append((action.server, action.partner, action.ticket > 0))
        begin(action)  # type: ignore[arg-type]

    world.begin = listen  # type: ignore[method-assign]
    world.machines["s0"].condition = Condition.UNSTABLE
    for _ in range(8):
        world.step()
    world.step(due("s0"))
    assert copies == [("s0", "t0", False), ("s0", "t0", False), ("s0", "t0", True)]


@pytest.mark.parametrize("settings", [standby(1, 1), active(2)], ids=["standby", "active"])
def test_work_that_nobody_can_take_is_copied_as_soon_as_somebody_can(settings: GroupSettings) -> None:
    """Without anybody to copy to there is no checkpoint, and none counts as made: the next is not far off."""
    world = World(replace(settings, duplexed=True, checkpoint_every=1000, required=1))
    taker = world.machines["t0" if "t0" in world.machines else "s1"]
    taker.alive = False
    copies: list[tuple[str, str]] = []
    begin = world.begin

    def listen(action: object) -> None:
        if isinstance(action, Duplex):
            copies.append((action.server, action.partner))
        begin(action)  # type: ignore[arg-type]

    world.begin = listen  # type: ignore[method-assign]
    for _ in range(5):
        world.step()
    assert copies == []
    world.revive(taker)
    for _ in range(10):
        world.step()
    assert ("s0", taker.name) in copies
    assert all(partner for _, partner in copies)


def test_failed_clean_step_ends_the_matter() -> None:
    """A clean step that fails halts the roll, and its server goes back without a restart."""
    world = World(active(3, clean_steps=("file_system", "buffers")))
    world.step(due("s0"))
    until(world, Phase.CLEANING, "s0")
    world.commands = [replace(one, fails=isinstance(one.action, Clean)) for one in world.commands]
    until(world, Phase.SERVING, "s0")
    found = "clean step file_system failed (exit code 1): nothing was restarted"
    assert [alarm.text for alarm in world.alarms] == [found]
    assert world.machines["s0"].life == 1
    assert world.state.halted == f"s0: {found}"  # type: ignore[union-attr]


#: Phases that the server waits in, in each mode.
WAITS = {
    Mode.ACTIVE: "duplexing draining parking cleaning restarting warming joining",
    Mode.STANDBY: "duplexing switching draining parking restarting warming",
}


@pytest.mark.parametrize(
    ("group", "phase"),
    [
        (group, Phase(phase))
        for group in (active(3, clean_steps=("buffers",)), standby(2, 1))
        for phase in WAITS[group.mode].split()
    ],
    ids=lambda value: value.mode.value if isinstance(value, GroupSettings) else value.value,
)
@pytest.mark.parametrize("commands_go_on", [True, False])
def test_controller_killed_at_every_step(phase: Phase, commands_go_on: bool, group: GroupSettings) -> None:
    """A successor leaves nobody drained and restarts nobody twice, whenever it begins (row 1)."""
    world = World(group)
    world.step(due("s0"))
    until(world, phase, "s0")
    world.succeed(commands_go_on=commands_go_on)
    for _ in range(60):
        world.step()
    assert is_idle(world.state)  # type: ignore[arg-type]
    assert all(map(world.healthy, world.machines.values()))
    assert sum(map(world.serves, world.machines.values())) == group.primaries
    assert len(world.restarted) <= 1 + (phase is Phase.RESTARTING and not commands_go_on)
    assert world.lost == 0


def test_lost_journal() -> None:
    """Without a journal a drained server is found, said, and made ready when it is healthy (row 20)."""
    world = World(active(3))
    world.step(due("s0"))
    until(world, Phase.PARKING, "s0")
    world.journal.clear()
    dropped = world.succeed(commands_go_on=False)
    assert dropped == ("s0 was found drained, and no record says why",)
    until(world, Phase.SERVING, "s0")
    assert world.machines["s0"].life == 1


def test_cancelled_roll() -> None:
    """Cancelling a roll takes off who has not begun; who has goes on to the end."""
    world = World(active(3))
    world.tell(RollAsked("test"))
    world.step()
    world.tell(CancelAsked())
    for _ in range(30):
        world.step()
    assert is_idle(world.state)  # type: ignore[arg-type]
    assert sorted(one.life for one in world.machines.values()) == [1, 1, 2]


def test_work_goes_to_a_server_that_serves() -> None:
    """In active/active the last handover is to one of the others, and to nobody only where nobody serves."""
    world = World(active(3, duplexed=True))
    decision = world.step(due("s0"))
    assert [one.partner for one in decision.actions if isinstance(one, Duplex) and one.ticket] == ["s1"]
    alone = World(active(1, duplexed=True, simplex=True, required=0))
    decision = alone.step(due("s0"))
    assert [one.partner for one in decision.actions if isinstance(one, Duplex) and one.ticket] == [""]


def test_stale_end_of_a_command() -> None:
    """The end of a command that was given up long ago changes nothing."""
    world = World(active(3))
    world.step(due("s0"))
    until(world, Phase.RESTARTING, "s0")
    ticket = world.state.servers["s0"].ticket  # type: ignore[union-attr]
    restart = next(one.action for one in world.commands)
    assert restart == Restart("s0", "s0#1", ticket)
    before = world.state
    world.tell(Done("s0", ticket - 1))
    world.tell(Done("nobody", ticket))
    assert world.state == before


def test_records_survive_text() -> None:
    """Every record is the same after a way through JSON, and nonsense is refused."""
    world = World(active(3))
    world.tell(RollAsked("test"))
    for _ in range(20):
        decision = world.step()
        assert all(parsed(plain(one)) == one for one in decision.records)
    good = plain(Entered("s0", "serving", "primary", "a plain UP"))
    for key, value in (("phase", "nowhere"), ("step", "1"), ("server", None), ("record", "Nothing")):
        with pytest.raises(ValueError, match=key):
            parsed(good | {key: value})


def test_table_has_one_way_for_each_cause() -> None:
    """No phase has two ways for one cause, and every phase is reached and left."""
    assert len(NEXT) == len(TABLE)
    assert {row.source for row in TABLE} == {row.target for row in TABLE} == set(Phase)


def test_figure_and_table_of_the_documents() -> None:
    """The documents show the controller's table, as a figure and row by row."""
    place = Path(__file__).parents[1] / "docs"
    found = run_path(str(place / "_ext" / "controller_figure.py"))
    assert (place / "_static" / "controller.svg").read_text(encoding="utf-8") == found["figure"]()
    assert found["table"]() in (place / "theory" / "controller.md").read_text(encoding="utf-8")
