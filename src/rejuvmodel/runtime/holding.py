"""Holding the balancers to what the controller wants, at every tick: a reloaded balancer has forgotten it."""

from __future__ import annotations

import logging

from rejuvmodel.runtime.attention import Attention
from rejuvmodel.runtime.balancer import Balancer
from rejuvmodel.runtime.failures import OutsideError
from rejuvmodel.runtime.group_state import GroupState
from rejuvmodel.runtime.observing import orders
from rejuvmodel.runtime.settings import GroupSettings
from rejuvmodel.runtime.states import WANTED, Mode

_log = logging.getLogger(__name__)
#: Weight of a server in active/standby for which the file gives none: a spare's own is 0 while it stands by.
_USUAL = 100


def hold(balancer: Balancer, group: GroupSettings, state: GroupState, attention: Attention) -> None:
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
    """
    usual = None if group.mode is Mode.ACTIVE else _USUAL
    weights = {one.name: one.weight or usual for one in group.servers}
    wanted = {name: WANTED[one.phase] for name, one in state.servers.items()}
    try:
        corrections = balancer.hold(orders(wanted, weights))
    except OutsideError as problem:
        attention.problem("orders to the balancer", str(problem))
        return
    attention.problem("orders to the balancer", None)
    for one in corrections:
        fields = {"fields": {"group": group.name, "server": one.server, "balancer": one.balancer}}
        words = f"{one.balancer} had it as {one.found}, now {one.wanted}"
        _log.info("%s %s: %s", group.name, one.server, words, extra=fields)
