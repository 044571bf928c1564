"""One tick of decisions for 1,000 servers: what is due, what is done, what the balancers hold."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random
from statistics import median

import rejuvmodel as rj
from rejuvmodel.runtime.deciding.controller import decide
from rejuvmodel.runtime.deciding.events import Tick
from rejuvmodel.runtime.deciding.group_state import first_state
from rejuvmodel.runtime.deciding.producer import produce
from rejuvmodel.runtime.deciding.producer_state import ProducerState
from rejuvmodel.runtime.deciding.settings import GroupSettings, ProducerSettings, ServerSettings
from rejuvmodel.runtime.deciding.states import Admission, Condition, Health, Mode, Role
from rejuvmodel.runtime.deciding.trend import TrendSettings, first_trend, observe
from rejuvmodel.runtime.deciding.views import GroupView, Moment, ServerView

SERVERS = 1000


def runtime_ticks(row: Callable[[str, str, str], None]) -> None:
    """Ticks with every server normal, and with every server unstable and due."""
    for mode in Mode:
        for unstable in (False, True):
            spent = _tick(mode, unstable)
            state = "unstable and due" if unstable else "normal"
            row(f"decision tick, 1,000 servers {mode.value}, {state}", f"{spent * 1e3:.1f} ms", "<= 10 ms")
    for leaking in (False, True):
        state = "leaking" if leaking else "not leaking"
        spent = f"{_trends(leaking) * 1e3:.1f} ms"
        row(f"trends of 1,000 servers, {state}, mean of a tick of 1 s", spent, "<= 2 ms")


def _trends(leaking: bool) -> float:
    """Processor seconds of a tick for 1,000 servers: those of 40 over 32 minutes, their windows full."""
    settings = TrendSettings(2e9, 48 * 3600.0)
    random, few = Random(1), 40
    states = {f"s{k}": first_trend(f"s{k}") for k in range(few)}

    def look(now: float) -> ServerView:
        memory = 0.8e9 + random.gauss(0.0, 1e7) + (2e7 * now / 3600 if leaking else 0.0)
        return ServerView(Health.HEALTHY, identity="1", uptime=1e6 + now, memory=memory)

    day, ticks, spent = 25 * 3600, 32 * 60, 0.0
    for now in (*range(0, day, 60), *range(day, day + ticks)):
        seen = look(now)
        start = time.process_time()
        states = {name: observe(settings, state, seen, now) for name, state in states.items()}
        spent += time.process_time() - start if now >= day else 0.0
    assert all((state.finding is not None) == leaking for state in states.values())
    return spent / ticks / few * SERVERS


def _tick(mode: Mode, unstable: bool) -> float:
    """Median seconds of 30 ticks, the first ones with their 1,000 new clocks among them."""
    spares = SERVERS // 10 if mode is Mode.STANDBY else 0
    servers = tuple(
        ServerSettings(f"s{k}", Role.SPARE if k < spares else Role.PRIMARY, None if spares else 1.0)
        for k in range(SERVERS)
    )
    group = GroupSettings("web", mode, servers, 800, 10)
    policy = rj.RejuvenationPolicy(
        scope="server", clock="service", law="exponential", mean=1000, servers=SERVERS, required=800
    )
    rules = ProducerSettings(policy, confirm_for=10.0)
    condition = Condition.UNSTABLE if unstable else Condition.NORMAL
    view = GroupView(
        {
            one.name: ServerView(
                Health.HEALTHY, True, Admission.SPARE if one.role is Role.SPARE else Admission.READY, 1,
                condition, f"{one.name}#1", 1000.0, 0.5,
            )
            for one in servers
        }
    )  # fmt: skip
    state, clocks, drawn, spent = first_state(group), ProducerState(), {}, []
    for second in range(30):
        now = Moment(float(second), datetime.now(UTC))
        start = time.perf_counter()
        made = produce(rules, clocks, state, view, now, drawn)
        decision = decide(group, state, view, Tick(made.demands), now)
        wanted = decision.state.wanted
        spent.append(time.perf_counter() - start)
        assert len(wanted) == SERVERS
        clocks, state = made.state, decision.state
        drawn = dict.fromkeys(made.needs, 1e9)
    return median(spent)
