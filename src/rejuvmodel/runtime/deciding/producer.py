"""The rejuvenation command producer (701), pure: what is due, by policy, confirmation, trend and cron.

    policy, scope "server", clock "unstable"    each server: the drawn delay after it became unstable
    policy, scope "server", clock "service"     each server: the drawn delay after its start
    policy, scope "cluster", clock "unstable"   the drawn delay after the first became unstable: a roll
    policy, scope "cluster", clock "service"    the drawn delay after the youngest life began: a roll
    confirm_for                                 each server that stays unstable for so long
    trend                                       each server whose memory grows towards its limit
    cron                                        a roll over every server at each slot

A delay is drawn once in an episode, by whoever calls: `Production.needs` names the clocks that want one, and
a second call from the same state brings them in `drawn`; `produce_drawn` does both. A clock "unstable" stops
when its server is normal again (that of the cluster: when every server is); unknown neither stops it nor
makes anything due. Another life of a server is another episode, whoever restarted it. What a trend has found
is an episode as well: a successor, which has none of the samples, still demands the same life, until its own
window is full and does not show the growth.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from random import Random

from rejuvmodel.runtime.deciding.clocks import Clocks
from rejuvmodel.runtime.deciding.cron_slots import slot_due
from rejuvmodel.runtime.deciding.events import Demand, RollAsked
from rejuvmodel.runtime.deciding.group_state import GroupState
from rejuvmodel.runtime.deciding.producer_state import ProducerState
from rejuvmodel.runtime.deciding.records import Record, SlotFired
from rejuvmodel.runtime.deciding.settings import ProducerSettings
from rejuvmodel.runtime.deciding.states import SETTLED, Condition, Phase
from rejuvmodel.runtime.deciding.trend import TrendSettings, TrendState, first_trend, observe
from rejuvmodel.runtime.deciding.views import GroupView, Moment, ServerView, known

_SERVES = (Phase.SERVING, Phase.WATCHED)
#: Share of a trend's window that must be there before it ends what a controller before has found.
_FULL = 0.9


@dataclass(frozen=True, slots=True)
class Production:
    """What the producer has found.

    Parameters
    ----------
    state : ProducerState
        What it remembers from now on.
    demands : tuple of Demand
        Servers that are due, for the controller's next `Tick`.
    rolls : tuple of RollAsked
        Rolls that begin.
    needs : tuple of str
        Clocks whose delay [s] has to be drawn from the policy.
    records : tuple of Record
        What the journal must hold.
    """

    state: ProducerState
    demands: tuple[Demand, ...]
    rolls: tuple[RollAsked, ...]
    needs: tuple[str, ...]
    records: tuple[Record, ...]


def produce(
    settings: ProducerSettings,
    state: ProducerState,
    group: GroupState,
    view: GroupView,
    now: Moment,
    drawn: Mapping[str, float] | None = None,
) -> Production:
    """Return what is due.

    Parameters
    ----------
    settings : ProducerSettings
        The rules.
    state : ProducerState
        What is remembered.
    group : GroupState
        What the controller remembers.
    view : GroupView
        What is seen.
    now : Moment
        When.
    drawn : mapping of str to float, optional
        Delays [s] of the clocks that the last call named.

    Returns
    -------
    Production
        What is due, and what is to be remembered.
    """
    clocks = Clocks(state.episodes, now, drawn or {})
    demands: dict[str, Demand] = {}
    rolls: list[RollAsked] = []
    _by_confirmation(settings, clocks, group, view, demands)
    policy = settings.policy
    if policy is not None and policy.mean < math.inf:
        if policy.scope == "server" and policy.clock == "service":
            _by_service(clocks, group, view, demands)
        elif policy.scope == "cluster" and not group.roll:
            rule = _cluster_unstable if policy.clock == "unstable" else _cluster_service
            if rule(clocks, group, view):
                names = tuple(name for name, one in group.servers.items() if one.phase in _SERVES)
                rolls.append(RollAsked("the policy's clock has run out", servers=names))
    if settings.trend is not None:
        state = replace(state, trends=_by_trend(settings.trend, state.trends, clocks, group, view, demands))
    records = list(clocks.records)
    state = replace(state, episodes=clocks.episodes)
    if settings.cron:
        slot = slot_due(
            settings.cron, settings.zone, state.looked, now.wall, settings.cron_grace, state.fired
        )
        state = replace(state, looked=now.wall)
        if slot:
            rolls.append(RollAsked(f"cron slot {slot}"))
            records.append(SlotFired(slot))
            state = state.with_slot(slot)
    return Production(state, tuple(demands.values()), tuple(rolls), tuple(clocks.needs), tuple(records))


def produce_drawn(
    settings: ProducerSettings,
    state: ProducerState,
    group: GroupState,
    view: GroupView,
    now: Moment,
    random: Random,
) -> Production:
    """Return the same with the delays drawn that have to be.

    Parameters
    ----------
    settings, state, group, view, now
        As of `produce`.
    random : Random
        Draws the delays.

    Returns
    -------
    Production
        What is due; nothing is needed any more.
    """
    made = produce(settings, state, group, view, now)
    if not made.needs or settings.policy is None:
        return made
    drawn = {clock: settings.policy.sample_delay(random) * 3600.0 for clock in made.needs}
    return produce(settings, state, group, view, now, drawn)


def _by_confirmation(
    settings: ProducerSettings,
    clocks: Clocks,
    group: GroupState,
    view: GroupView,
    demands: dict[str, Demand],
) -> None:
    """Demand servers that stay unstable: for `confirm_for` or the policy's delay, or `force_after`."""
    policy = settings.policy
    by_policy = policy is not None and (policy.scope, policy.clock) == ("server", "unstable")
    fixed = math.inf if settings.confirm_for is None else settings.confirm_for
    if not by_policy and fixed == math.inf and settings.force_after == math.inf:
        return
    never = policy is not None and policy.mean == math.inf
    seen, episodes = view.servers, clocks.episodes
    for name, server in group.servers.items():
        look = seen.get(name)
        clock = f"unstable:{name}"
        if look is None or server.phase not in SETTLED:
            if server.phase not in SETTLED:
                clocks.stop(clock)
            continue
        if look.condition is not Condition.UNSTABLE:
            if look.condition is Condition.NORMAL and clock in episodes:
                clocks.stop(clock)
            continue
        since = clocks.run(clock, look.identity or "")
        delay = clocks.delay(clock) if by_policy and not never else fixed
        waited = clocks.now.clock - since
        forced = waited >= settings.force_after
        if forced or (delay is not None and waited >= delay):
            demands[name] = Demand(name, since, "unstable for long enough", forced)


def _by_service(clocks: Clocks, group: GroupState, view: GroupView, demands: dict[str, Demand]) -> None:
    """Demand servers whose time since their start is over."""
    for name, server in group.servers.items():
        clock = f"service:{name}"
        if server.phase not in SETTLED:
            clocks.stop(clock)
            continue
        look = view.of(name)
        uptime = known(look.uptime)
        if look.identity is None or uptime is None:
            continue
        clocks.run(clock, look.identity)
        delay = clocks.delay(clock)
        if delay is not None and uptime >= delay:
            since = clocks.now.clock - (uptime - delay)
            demands.setdefault(name, Demand(name, since, "its time since the start is over"))


def _by_trend(
    settings: TrendSettings,
    trends: Mapping[str, TrendState],
    clocks: Clocks,
    group: GroupState,
    view: GroupView,
    demands: dict[str, Demand],
) -> dict[str, TrendState]:
    """Demand servers whose memory grows towards its limit; return what is remembered of their memory."""
    seen: dict[str, TrendState] = {}
    for name, server in group.servers.items():
        clock = f"trend:{name}"
        if server.phase not in SETTLED:
            clocks.stop(clock)
            continue
        look = view.of(name)
        trend = observe(settings, trends.get(name) or first_trend(name), look, clocks.now.clock)
        seen[name] = trend
        if trend.finding is not None:
            since, why = clocks.run(clock, trend.life or ""), trend.finding.words
        elif clock in clocks.episodes:
            life = clocks.mark(clock, "")
            is_full = trend.window.span * settings.every >= _FULL * settings.window
            if not life or is_full or look.identity not in (None, life):
                clocks.stop(clock)
                continue
            if look.identity is None:
                continue
            since, why = clocks.run(clock, life), "its memory was found to grow towards its limit"
        else:
            continue
        if known(look.memory) is not None:
            demands.setdefault(name, Demand(name, since, why))
    return seen


def _cluster_unstable(clocks: Clocks, group: GroupState, view: GroupView) -> bool:
    """Whether the cluster's delay since its first unstable server is over."""
    looks = _serving(group, view)
    if not any(look.condition is Condition.UNSTABLE for look in looks):
        if looks and all(look.condition is Condition.NORMAL for look in looks):
            clocks.stop("unstable:")
        return False
    since = clocks.run("unstable:", clocks.mark("unstable:", "cluster"))
    delay = clocks.delay("unstable:")
    over = delay is not None and clocks.now.clock - since >= delay
    if over:
        clocks.stop("unstable:")
    return over


def _cluster_service(clocks: Clocks, group: GroupState, view: GroupView) -> bool:
    """Whether the cluster's delay since its youngest life began is over; nothing while a life is unknown."""
    lives = [(known(look.uptime), look.identity) for look in _serving(group, view)]
    known_lives = [(up, life) for up, life in lives if up is not None and life is not None]
    if not lives or len(known_lives) < len(lives):
        return False
    uptime, life = min(known_lives)
    clocks.run("service:", life)
    delay = clocks.delay("service:")
    return delay is not None and uptime >= delay


def _serving(group: GroupState, view: GroupView) -> list[ServerView]:
    """What is seen of the servers on the list."""
    return [view.of(name) for name, server in group.servers.items() if server.phase in _SERVES]
