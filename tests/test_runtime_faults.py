"""The fault detector by hand: who is suspected, who is down, and what follows (Fig. 11)."""

from __future__ import annotations

from dataclasses import replace

import pytest
from runtime_world import START, World
from test_runtime_controller import active, phases, standby, until

from rejuvmodel.runtime.deciding.events import Demand, FaultCleared, FaultDetected
from rejuvmodel.runtime.deciding.faults import Detection, FaultSettings, FaultState, detect
from rejuvmodel.runtime.deciding.group_state import GroupState, ServerState
from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.deciding.states import Admission, Condition, Health, Phase, Role
from rejuvmodel.runtime.deciding.views import GroupView, Moment, ServerView

SAMPLES = FaultSettings(grace=20)
WELL = ServerView(Health.HEALTHY, True, Admission.READY, 2, Condition.NORMAL, "1", 3600.0)
#: Gone for three samples in a row, and the balancers have it down.
DEAD = ServerView(Health.UNHEALTHY, False, Admission.READY, 0, Condition.FAILED, evidence="gone")
#: Nothing that can be believed comes back.
SILENT = replace(WELL, health=Health.UNKNOWN, condition=Condition.UNKNOWN, up=False)


class Detector:
    """One server, a look each second."""

    def __init__(self, settings: FaultSettings = SAMPLES, phase: Phase = Phase.SERVING) -> None:
        self.settings, self.phase = settings, phase
        self.state, self.clock = FaultState(), 1000.0
        self.report: float | None = None
        self.identity: str | None = None

    def look(self, view: ServerView | None, seconds: float = 1.0) -> Detection:
        self.clock += seconds
        group = GroupState({"s": ServerState(self.phase, Role.PRIMARY, identity=self.identity)}, {})
        seen = GroupView({} if view is None else {"s": view})
        reports = {} if self.report is None else {"s": self.report}
        found = detect(self.settings, self.state, seen, group, reports, Moment(self.clock, START))
        self.state = found.state
        return found


def watching(group: GroupSettings, **rules: object) -> World:
    """A world with a detector that has seen everyone well."""
    world = World(group, faults=FaultSettings(grace=20, **rules))  # type: ignore[arg-type]
    for _ in range(3):
        world.step()
    return world


def test_both_views_make_a_fault() -> None:
    """A server that its own health check and the balancers have down is down, with the evidence (S201)."""
    detector = Detector()
    assert detector.look(WELL).events == ()
    found = detector.look(DEAD)
    assert found.events == (FaultDetected("s", "gone, and the balancers have it down"),)
    assert found.suspects == {}


@pytest.mark.parametrize(
    ("view", "why"),
    [
        (replace(DEAD, up=True), "gone; the balancers have it up"),
        (replace(DEAD, up=None), "gone; no balancer says, or they differ"),
    ],
)
def test_row_24_suspect_is_not_dead(view: ServerView, why: str) -> None:
    """Our own view alone makes a suspect, with the reason, and no event."""
    detector = Detector()
    detector.look(WELL)
    found = detector.look(view)
    assert (found.events, found.demands, dict(found.suspects)) == ((), (), {"s": why})


@pytest.mark.parametrize(
    "view",
    [
        replace(WELL, up=False),
        replace(DEAD, condition=Condition.UNKNOWN),
        SILENT,
        None,
        ServerView(),
    ],
)
def test_row_13_unknown_is_no_fault(view: ServerView | None) -> None:
    """Without a heartbeat in the file, the balancers alone, short rows and silence make no fault."""
    detector = Detector()
    detector.look(WELL)
    for _ in range(100):
        found = detector.look(view)
        assert (found.events, found.suspects) == ((), {})


def test_row_6_flapping_health_is_no_fault() -> None:
    """Health that comes and goes faster than the rows never makes a fault."""
    world = watching(active(3))
    for tick in range(60):
        world.machines["s0"].warm_at = world.clock + (10 if tick % 3 else -10)
        world.step()
        assert world.detection is not None
        assert (world.detection.events, world.detection.suspects) == ((), {})
    assert world.restarted == []


def test_heartbeat() -> None:
    """A server that gives no answer for longer than the heartbeat, and is down for the balancers, is down."""
    detector = Detector(replace(SAMPLES, heartbeat=5))
    detector.look(WELL)
    found = [detector.look(SILENT) for _ in range(6)]
    assert [one.events for one in found[:5]] == [()] * 5
    why = "no answer within the heartbeat of 5 s, and the balancers have it down"
    assert found[5].events == (FaultDetected("s", why, missed=True),)
    believed = Detector(replace(SAMPLES, heartbeat=5))
    believed.look(WELL)
    for tick in range(30):
        assert believed.look(SILENT if tick % 5 else WELL).events == ()


def test_row_5_a_pause_of_our_own_is_held_against_nobody() -> None:
    """After an hour in which this program stood still, one look without an answer proves nothing."""
    detector = Detector(replace(SAMPLES, heartbeat=5, watchdog=5))
    detector.report = 1000.5
    detector.look(WELL)
    detector.look(SILENT)
    found = detector.look(SILENT, seconds=3600)
    assert (found.events, found.suspects) == ((), {})


@pytest.mark.parametrize("phase", [one for one in Phase if one.value in (
    "draining", "parking", "cleaning", "restarting", "warming", "out",
)])  # fmt: skip
def test_servers_that_are_away_are_not_suspected(phase: Phase) -> None:
    """While we drain or restart a server, or it is out, nothing is held against it."""
    detector = Detector(replace(SAMPLES, heartbeat=1, watchdog=1), phase)
    for _ in range(20):
        found = detector.look(replace(DEAD, up=True))
        assert (found.events, found.suspects) == ((), {})


def test_row_23_a_process_that_has_just_begun_has_time() -> None:
    """A server that somebody else has restarted is not restarted again while it starts."""
    detector = Detector()
    detector.look(WELL)
    for uptime in range(1, 19):
        starting = replace(DEAD, identity="2", uptime=float(uptime))
        assert detector.look(starting).suspects == {
            "s": "gone; it may have just begun, and has 20 s to become healthy"
        }
    assert detector.look(WELL).events == ()


def test_a_young_process_that_was_well_has_no_more_time() -> None:
    """A server that has just begun, was well, and is down again is down."""
    detector = Detector()
    detector.look(replace(WELL, uptime=1.0))
    assert detector.look(replace(DEAD, identity="1", uptime=2.0)).events != ()


def test_a_process_that_begins_again_and_again_is_down() -> None:
    """A server whose processes all die young has the same time as one."""
    detector = Detector()
    detector.look(WELL)
    ticks = 0
    while not detector.look(replace(DEAD, identity=str(ticks), uptime=1.0)).events:
        ticks += 1
    assert ticks == 20


def test_a_server_that_was_never_seen_well_has_time() -> None:
    """When the watching begins with a server that is down, it may be about to start."""
    detector = Detector()
    found = [detector.look(DEAD) for _ in range(21)]
    assert [bool(one.events) for one in found] == [False] * 20 + [True]
    old = Detector()
    old.look(replace(DEAD, uptime=3600.0, identity="1"))
    assert old.look(replace(DEAD, uptime=3601.0, identity="1")).events != ()


def test_watchdog_alone_makes_a_suspect() -> None:
    """A server that reports no more, but is up for the balancers, is a suspect and nothing else."""
    detector = Detector(replace(SAMPLES, watchdog=10))
    detector.look(WELL)
    detector.report = detector.clock + 1
    found = [detector.look(WELL) for _ in range(30)]
    why = "it has not reported within its watchdog of 10 s; the balancers have it up"
    assert [bool(one.suspects) for one in found] == [False] * 13 + [True] * 17
    assert found[-1].suspects == {"s": why}
    assert not any(one.events or one.demands for one in found)
    detector.report = detector.clock
    assert detector.look(WELL).suspects == {}


def test_watchdog_and_balancers_make_a_fault() -> None:
    """A server that reports no more, and is down for the balancers, is down, whatever its port answers."""
    detector = Detector(replace(SAMPLES, watchdog=10))
    detector.look(WELL)
    detector.report = detector.clock + 1
    events = [detector.look(replace(WELL, up=False)).events for _ in range(14)]
    why = "it has not reported within its watchdog of 10 s, and the balancers have it down"
    assert events == [()] * 13 + [(FaultDetected("s", why, missed=True),)]


def test_watchdog_by_name_is_a_demand() -> None:
    """With watchdog_alone a server that had reported and stopped is due, from the moment it was missed."""
    detector = Detector(replace(SAMPLES, watchdog=10, watchdog_alone=True))
    detector.look(WELL)
    detector.report = detector.clock + 1
    found = [detector.look(WELL) for _ in range(14)]
    assert found[-1].demands == (Demand("s", 1012.0, "its watchdog was missed"),)
    assert not any(one.events for one in found)
    assert detector.look(replace(WELL, up=None)).demands == ()


def test_watchdog_that_never_was() -> None:
    """A server that has not reported in this life is suspected after twice the time, and never due."""
    detector = Detector(replace(SAMPLES, watchdog=10, watchdog_alone=True))
    found = [detector.look(WELL) for _ in range(40)]
    assert [bool(one.suspects) for one in found] == [False] * 23 + [True] * 17
    assert not any(one.events or one.demands for one in found)


def test_watchdog_counts_anew_in_each_life() -> None:
    """A report of the life before does not count, and its lateness neither."""
    detector = Detector(replace(SAMPLES, watchdog=10, watchdog_alone=True))
    detector.look(WELL)
    detector.report = detector.clock
    for _ in range(20):
        detector.look(WELL)
    reborn = replace(WELL, identity="2")
    assert [bool(detector.look(reborn).suspects) for _ in range(22)] == [False] * 22


def test_row_24_unreached_server_is_left_alone() -> None:
    """A server that we cannot reach and the balancers can is left alone, with a heartbeat as well."""
    world = watching(active(3), heartbeat=3)
    world.machines["s0"].unreached = True
    for _ in range(30):
        world.step()
    assert world.detection is not None
    assert world.detection.suspects == {
        "s0": "no answer within the heartbeat of 3 s; the balancers have it up"
    }
    assert (world.restarted, phases(world, "s0")) == ([], [])


def test_hung_server_is_recovered() -> None:
    """A process that is there and answers nobody is restarted, where the file sets a heartbeat."""
    world = watching(active(3), heartbeat=3)
    world.machines["s0"].hung = True
    until(world, Phase.WARMING, "s0")
    until(world, Phase.SERVING, "s0")
    assert phases(world, "s0") == ["failed", "recovering", "warming", "joining", "serving"]
    assert world.machines["s0"].life == 2


def test_watchdog_alone_drains_first() -> None:
    """A server that is due by its watchdog goes through the normal order, and loses nothing."""
    world = watching(active(3), watchdog=5, watchdog_alone=True)
    world.machines["s0"].mute = True
    until(world, Phase.JOINING, "s0")
    until(world, Phase.SERVING, "s0")
    assert phases(world, "s0")[:4] == ["duplexing", "switching", "draining", "parking"]
    assert (world.machines["s0"].life, world.lost, world.least_seen) == (2, 0, 2)


def test_fig_11_switch_recover_register() -> None:
    """S201 to S204 by the detector: a spare takes over, the server is restarted and becomes the spare."""
    world = watching(standby())
    world.machines["s0"].alive = False
    until(world, Phase.RECOVERING, "s0")
    assert world.state is not None
    assert world.state.servers["t0"].phase in (Phase.PROMOTING, Phase.SERVING)
    until(world, Phase.STANDBY, "s0")
    assert phases(world, "s0") == ["failed", "recovering", "warming", "standby"]
    assert world.serves(world.machines["t0"])
    assert world.machines["s0"].admission is Admission.SPARE


def test_restart_by_others_before_the_fault() -> None:
    """A server that comes back by itself before the views agree is not restarted (row 23)."""
    world = watching(active(3))
    world.machines["s0"].alive = False
    world.step()
    world.revive(world.machines["s0"])
    for _ in range(30):
        world.step()
    assert (world.restarted, phases(world, "s0")) == ([], [])


@pytest.mark.parametrize(
    ("phase", "identity", "view", "cleared"),
    [
        (Phase.RECOVERING, "1", replace(WELL, identity="2"), True),
        (Phase.RECOVERING, None, replace(WELL, identity="2"), True),
        (Phase.RECOVERING, "1", WELL, False),
        (Phase.RECOVERING, "1", replace(WELL, identity=None), False),
        (Phase.RECOVERING, "1", SILENT, False),
        (Phase.FAILED, "1", WELL, True),
        (Phase.FAILED, "1", DEAD, False),
    ],
)
def test_brought_back(phase: Phase, identity: str | None, view: ServerView, cleared: bool) -> None:
    """A lost server with a new life, or one that waits and is well, has been brought back (S204)."""
    detector = Detector(SAMPLES, phase)
    detector.identity = identity
    events = [detector.look(view).events for _ in range(3)]
    assert events == [(), (), (FaultCleared("s"),) if cleared else ()]
