"""The tables [policy] and [thresholds] of the runtime's file: what makes a rejuvenation due, what holds it.

A policy comes from a file of the library, or stands here by ``clock``, ``law`` and ``mean``; nothing turns
one law or clock into another. ``cron`` and ``confirm_for`` may be combined with it, except that a delay which
counts from becoming unstable takes the place of ``confirm_for``.
"""

from __future__ import annotations

import math
import os
from typing import Any

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.policy import RejuvenationPolicy
from rejuvmodel.runtime.config.values import placed, seconds, windows, zone
from rejuvmodel.runtime.deciding.cron_slots import checked_cron
from rejuvmodel.runtime.deciding.settings import GateSettings, ProducerSettings
from rejuvmodel.runtime.watching.collector import Limit, Rules
from rejuvmodel.toml_keys import REQUIRED
from rejuvmodel.toml_tables import Table

_INLINE = ("clock", "law", "mean", "jitter")
_QUANTITIES = ("memory", "load", "uptime", "buffers")


def read_policy(
    table: Table | None, rules: Rules, *, servers: int, required: int, max_concurrent: int
) -> ProducerSettings:
    """Return what makes rejuvenations due.

    Parameters
    ----------
    table : Table or None
        The table [policy]; None without one, for operators alone.
    rules : Rules
        What makes a server unstable.
    servers, required, max_concurrent : int
        The group.

    Returns
    -------
    ProducerSettings
        The rules.

    Raises
    ------
    InvalidInputError
        If a key is not valid, two contradict one another, or the policy is for another group.
    """
    if table is None:
        return ProducerSettings()
    policy = _policy(table, servers, required, max_concurrent)
    by_delay = policy is not None and policy.clock == "unstable"
    confirm = seconds(table, "confirm_for", math.inf, positive=False) if "confirm_for" in table else None
    force = seconds(table, "force_after", math.inf)
    if by_delay and confirm is not None:
        rule = 'with clock "unstable" the delay of the policy takes the place of confirm_for'
        table.refuse("confirm_for", rule, "Remove it.")
    if confirm is not None and force < confirm:
        table.refuse("force_after", "force_after is not shorter than confirm_for", "Check both.")
    if not rules.limits and (by_delay or confirm is not None or force < math.inf):
        key = "confirm_for" if confirm is not None else "force_after" if force < math.inf else "clock"
        advice = "Add a table [thresholds] with memory, load, uptime or buffers."
        found = "no thresholds"
        raise InvalidInputError(table.where(key), found, "something must make a server unstable", advice)
    if rules.limits and not by_delay and confirm is None and force == math.inf:
        rule = "with [thresholds] it must be said how long a server stays unstable before it is due"
        table.default_of("confirm_for", REQUIRED, rule)
    cron = placed(table, "cron", checked_cron, "cron", table.raw("cron")) if "cron" in table else ""
    grace = seconds(table, "cron_grace", 60.0)
    return ProducerSettings(policy, confirm, force, cron, zone(table, "timezone"), grace)


def _policy(table: Table, servers: int, required: int, max_concurrent: int) -> RejuvenationPolicy | None:
    """The policy of a file, or the one that stands here."""
    inline = [key for key in _INLINE if key in table]
    scope = table.text("scope", "", choices=("cluster", "server"))
    if "file" in table:
        if inline:
            found = f"{inline[0]} as well"
            raise InvalidInputError(
                table.where("file"), found, "a policy has one home", "Remove one of them."
            )
        path = os.path.join(os.path.dirname(table.place), table.text("file"))
        policy = placed_file(table, path)
        here = {"scope": scope or policy.scope, "required": required, "max_concurrent": max_concurrent}
        for key, value in here.items():
            there = getattr(policy, key)
            if value != there:
                rule = f"the policy file says {there}: it was computed for another group"
                where = f"{'policy' if key == 'scope' else 'group'}.{key} in {table.place}"
                raise InvalidInputError(where, str(value), rule, "Make the policy again, or correct one.")
        return policy
    if not inline:
        if scope:
            rule = "a scope belongs to a policy: file, or clock, law and mean"
            table.refuse("scope", rule, "Remove it, or add the policy.")
        return None
    terms: dict[str, Any] = {"scope": table.text("scope", choices=("cluster", "server"))}
    terms["clock"] = table.text("clock", choices=("unstable", "service"))
    terms |= {key: table.raw(key) for key in ("law", "mean", "jitter") if key in table}
    for key in ("law", "mean"):
        if key not in terms:
            table.default_of(key, REQUIRED, "a policy leaves nothing open: clock, law, mean and scope")
    try:
        return RejuvenationPolicy(**terms, servers=servers, required=required, max_concurrent=max_concurrent)
    except InvalidInputError as error:
        home = "group" if error.argument in ("required", "max_concurrent") else "policy"
        where = f"{home}.{error.argument} in {table.place}"
        raise InvalidInputError(where, error.found, error.rule, error.advice) from None


def placed_file(table: Table, path: str) -> RejuvenationPolicy:
    """Return the policy of a file; what is wrong with it names the key that led there as well.

    Parameters
    ----------
    table : Table
        The table with the key ``file``.
    path : str
        The policy's file.

    Returns
    -------
    RejuvenationPolicy
        The policy.
    """
    try:
        return RejuvenationPolicy.load(path)
    except InvalidInputError as error:
        where = f"{error.argument} ({table.where('file')})"
        raise InvalidInputError(where, error.found, error.rule, error.advice) from None


def read_gates(table: Table | None, executor: Table) -> GateSettings:
    """Return when a rejuvenation that is due may begin.

    Parameters
    ----------
    table : Table or None
        The table [policy].
    executor : Table
        The table [executor], which has the cap.

    Returns
    -------
    GateSettings
        The gates.
    """
    cap = executor.integer("restart_cap", 0, minimum=0)
    period = seconds(executor, "restart_period", 86400.0)
    if table is None:
        return GateSettings(restart_cap=cap, restart_period=period)
    return GateSettings(
        max_load=table.number("max_load", math.inf, minimum=0),
        min_uptime=seconds(table, "min_uptime", 0.0, positive=False),
        windows=windows(table, "windows"),
        zone=zone(table, "timezone"),
        min_healthy=seconds(table, "min_healthy", 0.0, positive=False),
        restart_cap=cap,
        restart_period=period,
        retry_after=seconds(table, "retry_after", 60.0),
    )


def read_thresholds(table: Table | None) -> Rules:
    """Return what makes a server unstable.

    Parameters
    ----------
    table : Table or None
        The table [thresholds].

    Returns
    -------
    Rules
        Limits and how samples are read; without limits if there is no table.
    """
    if table is None:
        return Rules()
    limits = []
    for quantity in _QUANTITIES:
        if quantity in table:
            if quantity == "uptime":
                value = seconds(table, quantity, 0.0)
            else:
                value = table.number(quantity, minimum=0, open_minimum=True)
            limits.append(placed(table, quantity, Limit, quantity, value))
    after = {
        key: table.integer(key, 3, minimum=1) for key in ("unstable_after", "normal_after", "failed_after")
    }
    if not limits:
        table.default_of("memory", REQUIRED, f"at least one of {', '.join(_QUANTITIES)} is expected")
    return Rules(tuple(limits), **after, max_age=seconds(table, "max_age", 10.0))
