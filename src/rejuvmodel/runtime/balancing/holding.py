"""Holding the balancers to what the controller wants, at every tick: a reloaded balancer has forgotten it."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from rejuvmodel.runtime.balancing.balancer import Balancer, BalancerView, Wanted
from rejuvmodel.runtime.deciding.group_state import GroupState
from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.deciding.states import Mode
from rejuvmodel.runtime.operating.attention import Attention
from rejuvmodel.runtime.outside.failures import OutsideError
from rejuvmodel.runtime.watching.observing import orders

_log = logging.getLogger(__name__)
#: Weight of a server in active/standby for which the file gives none: a spare's own is 0 while it stands by.
_USUAL = 100


def hold(
    balancer: Balancer,
    group: GroupSettings,
    state: GroupState,
    attention: Attention,
    seen: BalancerView | None = None,
) -> None:
    """Make the balancers agree with what is wanted, and log what had to be set.

    Parameters
    ----------
    balancer : Balancer
        One or two of them.
    group : GroupSettings
        The group.
    state : GroupState
        Where each server stands.
    attention : Attention
        Where it is said that the orders did not get through.
    seen : BalancerView, optional
        What the balancers have said in this tick: if it is what is wanted, they are not asked again.
    """
    usual = None if group.mode is Mode.ACTIVE else _USUAL
    weights = {one.name: one.weight or usual for one in group.servers}
    wanted = orders(state.wanted, weights)
    if seen is not None and not seen.missing and _agrees(seen, wanted):
        attention.problem("orders to the balancer", None)
        return
    try:
        corrections = balancer.hold(wanted)
    except OutsideError as problem:
        attention.problem("orders to the balancer", str(problem))
        return
    attention.problem("orders to the balancer", None)
    for one in corrections:
        fields = {"fields": {"group": group.name, "server": one.server, "balancer": one.balancer}}
        words = f"{one.balancer} had it as {one.found}, now {one.wanted}"
        _log.info("%s %s: %s", group.name, one.server, words, extra=fields)


def _agrees(seen: BalancerView, wanted: Mapping[str, Wanted]) -> bool:
    """Whether every balancer has every server as it is wanted."""
    found = {one.name: one for one in seen.servers}
    return all(
        name in found and found[name].agreed and not one.differs(found[name]) for name, one in wanted.items()
    )
