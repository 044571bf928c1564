"""The producer: what is due by policy, confirmation and cron, on a clock that the tests hold."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

import rejuvmodel as rj
from rejuvmodel.runtime.deciding.cron_slots import checked_cron
from rejuvmodel.runtime.deciding.group_state import GroupState, first_state
from rejuvmodel.runtime.deciding.producer import Production, produce
from rejuvmodel.runtime.deciding.producer_state import ProducerState
from rejuvmodel.runtime.deciding.records import DelayDrawn, EpisodeBegan, EpisodeEnded, Record
from rejuvmodel.runtime.deciding.resuming import resumed
from rejuvmodel.runtime.deciding.settings import GroupSettings, ProducerSettings, ServerSettings
from rejuvmodel.runtime.deciding.states import Admission, Condition, Health, Mode, Phase
from rejuvmodel.runtime.deciding.views import GroupView, Moment, ServerView

START = datetime(2026, 3, 1, 12, tzinfo=UTC)
GROUP = GroupSettings("web", Mode.ACTIVE, tuple(ServerSettings(f"s{k}") for k in range(3)), 2)
NORMAL = ServerView(
    Health.HEALTHY, True, Admission.READY, 0, Condition.NORMAL, identity="1", uptime=1000.0, load=0.3
)
UNSTABLE = replace(NORMAL, condition=Condition.UNSTABLE)
UNKNOWN = replace(NORMAL, condition=Condition.UNKNOWN)


def policy(scope: str, clock: str, mean: float = 100 / 3600, law: str = "fixed") -> rj.RejuvenationPolicy:
    return rj.RejuvenationPolicy(scope=scope, clock=clock, law=law, mean=mean, servers=3, required=2)


@dataclass
class Rig:
    """A producer, what it sees, and a clock."""

    settings: ProducerSettings
    looks: dict[str, ServerView] = field(default_factory=lambda: dict.fromkeys(("s0", "s1", "s2"), NORMAL))
    group: GroupState = field(default_factory=lambda: first_state(GROUP))
    state: ProducerState = field(default_factory=ProducerState)
    clock: float = 0.0
    journal: list[tuple[datetime, Record]] = field(default_factory=list)

    @property
    def now(self) -> Moment:
        return Moment(self.clock, START + timedelta(seconds=self.clock))

    def at(self, clock: float, drawn: Mapping[str, float] | None = None, **looks: ServerView) -> Production:
        self.clock = clock
        self.looks |= looks
        made = produce(self.settings, self.state, self.group, GroupView(self.looks), self.now, drawn)
        self.state = made.state
        self.journal += [(self.now.wall, record) for record in made.records]
        return made


def names(made: Production) -> list[str]:
    return [demand.server for demand in made.demands]


def test_confirmation() -> None:
    """A server that stays unstable for confirm_for is due; one that recovers is let off."""
    rig = Rig(ProducerSettings(confirm_for=60))
    assert names(rig.at(0, s0=UNSTABLE, s1=UNSTABLE)) == []
    assert names(rig.at(59, s1=NORMAL)) == []
    assert names(rig.at(60, s1=UNSTABLE)) == ["s0"]
    assert names(rig.at(119)) == ["s0"]
    assert names(rig.at(120)) == ["s0", "s1"]


def test_unknown_is_neither() -> None:
    """A server that is unknown is not due, and its clock runs on (row 13)."""
    rig = Rig(ProducerSettings(confirm_for=60))
    rig.at(0, s0=UNSTABLE)
    assert names(rig.at(70, s0=UNKNOWN)) == []
    assert names(rig.at(71, s0=UNSTABLE)) == ["s0"]


def test_forced_at_the_latest() -> None:
    """After force_after a demand is forced, whatever the policy's delay is."""
    rig = Rig(ProducerSettings(policy=policy("server", "unstable", 1.0), force_after=30))
    rig.at(0, {"unstable:s0": 3600.0}, s0=UNSTABLE)
    assert names(rig.at(29)) == []
    made = rig.at(30)
    assert [(one.server, one.forced) for one in made.demands] == [("s0", True)]


def test_delay_is_drawn_once_an_episode() -> None:
    """The delay is asked for once, written down, and dropped when the server recovers."""
    rig = Rig(ProducerSettings(policy=policy("server", "unstable")))
    made = rig.at(0, s0=UNSTABLE)
    assert made.needs == ("unstable:s0",)
    assert made.records == (EpisodeBegan("unstable:s0", "1"),)
    made = rig.at(1, {"unstable:s0": 100.0})
    assert (made.needs, made.records) == ((), (DelayDrawn("unstable:s0", "1", 100.0),))
    assert names(rig.at(99)) == []
    assert rig.at(50, s0=NORMAL).records == (EpisodeEnded("unstable:s0"),)
    assert rig.at(51, s0=UNSTABLE).needs == ("unstable:s0",)


def test_delay_outlives_the_process() -> None:
    """A successor waits the delay that was drawn, from the moment at which the episode began (row 1)."""
    rig = Rig(ProducerSettings(policy=policy("server", "unstable")))
    rig.at(0, s0=UNSTABLE)
    rig.at(1, {"unstable:s0": 100.0})
    later = Moment(5000.0, START + timedelta(seconds=60))  # another clock, 60 s on the wall
    _, state, dropped = resumed(GROUP, rig.journal, GroupView(rig.looks), later)
    assert (state.episodes["unstable:s0"].since, state.episodes["unstable:s0"].delay) == (4940.0, 100.0)
    assert dropped == ()


def test_service_clock_counts_from_the_start() -> None:
    """A server is due when its uptime reaches the delay; another life is another delay."""
    rig = Rig(ProducerSettings(policy=policy("server", "service")))
    assert rig.at(0).needs == ("service:s0", "service:s1", "service:s2")
    delays = {"service:s0": 1000.0, "service:s1": 1001.0, "service:s2": math.inf}
    assert names(rig.at(1, delays)) == ["s0"]
    assert rig.at(2, s0=replace(NORMAL, identity="2", uptime=1.0)).needs == ("service:s0",)
    rig.at(3, {"service:s0": 5.0})
    for bad in (None, math.nan, -1.0):
        assert names(rig.at(4, s0=replace(NORMAL, identity="2", uptime=bad))) == []


def test_cluster_clock_from_unstable() -> None:
    """The cluster's clock runs from the first unstable server, stops when none is, and rolls."""
    rig = Rig(ProducerSettings(policy=policy("cluster", "unstable")))
    assert rig.at(0, s1=UNSTABLE).needs == ("unstable:",)
    rig.at(1, {"unstable:": 100.0}, s2=UNSTABLE)
    rig.at(2, s1=NORMAL, s2=UNKNOWN)
    assert rig.at(99, s2=UNSTABLE).rolls == ()
    (roll,) = rig.at(100).rolls
    assert (roll.servers, roll.by_operator) == (("s0", "s1", "s2"), False)
    rig.group = replace(rig.group, roll={"s0": "1"})
    assert rig.at(101).needs == ()
    rig.group = replace(rig.group, roll={})
    assert rig.at(102).needs == ("unstable:",)
    assert "unstable:" not in rig.at(103, s2=NORMAL).state.episodes


def test_cluster_clock_from_service() -> None:
    """One clock from the youngest life; while a life is unknown nothing is due."""
    rig = Rig(ProducerSettings(policy=policy("cluster", "service")))
    young = replace(NORMAL, identity="9", uptime=10.0)
    assert rig.at(0, s1=young).needs == ("service:",)
    assert rig.at(1, {"service:": 100.0}).rolls == ()
    assert rig.at(90, s1=replace(young, uptime=100.0), s0=replace(NORMAL, uptime=None)).rolls == ()
    assert len(rig.at(91, s0=NORMAL).rolls) == 1


def test_never_and_away() -> None:
    """A policy of "never" asks for nothing, and a server that is away has no clock."""
    rig = Rig(ProducerSettings(policy=policy("server", "unstable", math.inf), confirm_for=None))
    made = rig.at(0, s0=UNSTABLE)
    assert (names(made), made.needs) == ([], ())
    away = Rig(ProducerSettings(confirm_for=0))
    away.at(0, s0=UNSTABLE)
    servers = dict(away.group.servers)
    servers["s0"] = replace(servers["s0"], phase=Phase.WARMING)
    away.group = replace(away.group, servers=servers)
    made = away.at(1)
    assert (names(made), made.records) == ([], (EpisodeEnded("unstable:s0"),))


def test_sampled_delays_follow_the_law() -> None:
    """A delay drawn from the policy by its own method is what the producer waits."""
    from random import Random

    sampled = policy("server", "unstable", 1.0, "exponential")
    delay = sampled.sample_delay(Random(5)) * 3600
    rig = Rig(ProducerSettings(policy=sampled))
    rig.at(0, s0=UNSTABLE)
    rig.at(0, {"unstable:s0": delay})
    assert names(rig.at(delay * 0.999)) == []
    assert names(rig.at(delay)) == ["s0"]


def slots(expression: str, zone: str, walls: list[datetime], **changes: Any) -> list[str]:
    """Slots that fire while the wall clock shows these times, one tick each."""
    settings = ProducerSettings(cron=expression, zone=zone, **changes)
    state, fired = ProducerState(), []
    for clock, wall in enumerate(walls):
        made = produce(settings, state, first_state(GROUP), GroupView({}), Moment(clock, wall))
        state = made.state
        fired += [roll.why.removeprefix("cron slot ") for roll in made.rolls]
    return fired


def minutes(start: datetime, count: int, step: float = 30.0) -> list[datetime]:
    return [start + timedelta(seconds=step * k) for k in range(count)]


def test_each_slot_fires_once() -> None:
    """A daily slot fires once a day however often the clock is looked at."""
    fired = slots("0 3 * * *", "UTC", minutes(datetime(2026, 3, 1, tzinfo=UTC), 2880 * 2, 30))
    assert fired == ["2026-03-01T03:00:00+00:00", "2026-03-02T03:00:00+00:00"]


def test_gap_and_fold_of_the_clock() -> None:
    """02:30 fires once on the days when it does not exist and when it is there twice (row 5)."""
    berlin = "Europe/Berlin"
    gap = slots("30 2 * * *", berlin, minutes(datetime(2026, 3, 28, 23, tzinfo=UTC), 600))
    assert gap == ["2026-03-29T01:00:00+00:00"]
    fold = slots("30 2 * * *", berlin, minutes(datetime(2026, 10, 24, 22, tzinfo=UTC), 720))
    assert fold == ["2026-10-25T00:30:00+00:00"]
    between = datetime(2026, 10, 25, 2, 10, tzinfo=ZoneInfo(berlin)).replace(fold=1)
    assert slots("30 2 * * *", berlin, minutes(between.astimezone(UTC), 120)) == []


def test_jumps_of_the_clock() -> None:
    """Ten days forward fire no missed slot, and ten days back fire none again (row 5)."""
    day = datetime(2026, 3, 1, 2, 59, 30, tzinfo=UTC)
    far = day + timedelta(days=10, hours=5)
    walls = [*minutes(day, 4), *minutes(far, 4), *minutes(day, 4), *minutes(day + timedelta(days=1), 4)]
    assert slots("0 3 * * *", "UTC", walls) == ["2026-03-01T03:00:00+00:00", "2026-03-02T03:00:00+00:00"]


def test_a_late_look_fires_within_the_grace_only() -> None:
    """A slot that was missed by more than the grace is over, and of several the last fires."""
    noon = datetime(2026, 3, 1, 12, 0, 50, tzinfo=UTC)
    assert slots("0 12 * * *", "UTC", [noon]) == ["2026-03-01T12:00:00+00:00"]
    assert slots("0 12 * * *", "UTC", [noon + timedelta(seconds=20)]) == []
    assert slots("* * * * *", "UTC", [noon], cron_grace=600.0) == ["2026-03-01T12:00:00+00:00"]


def test_rules_combine() -> None:
    """Policy, confirmation and cron work side by side."""
    settings = ProducerSettings(policy("server", "service"), confirm_for=10, cron="0 12 * * *")
    rig = Rig(settings)
    made = rig.at(0, {f"service:s{k}": 1e6 for k in range(3)}, s0=UNSTABLE)
    assert len(made.rolls) == 1
    assert names(rig.at(10)) == ["s0"]
    assert names(rig.at(20, s1=replace(NORMAL, uptime=1e6))) == ["s1", "s0"] or names(rig.at(20)) == [
        "s0",
        "s1",
    ]


@pytest.mark.parametrize("bad", ["", "* * * *", "0 0 0 * * *", "61 * * * *", "0 0 31 2 *", 5, "a b c d e"])
def test_bad_cron_is_refused(bad: object) -> None:
    """What is no cron expression of five fields, or never fires, is refused by name."""
    with pytest.raises(rj.InvalidInputError, match=r"policy\.cron"):
        checked_cron("policy.cron", bad)
