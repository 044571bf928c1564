"""The runtime's file: one group of servers, and how it is rejuvenated. docs/runtime_file.md lists every key.

    [group]       name, mode, required, max_concurrent, simplex, notify; journal, control, tick
    [policy]      file, or scope, clock, law, mean, jitter; cron, confirm_for, force_after; max_load, …
    [thresholds]  memory, load, uptime, buffers; how many samples, how old
    [trend]       horizon, limit, every, settle, window, cycle
    [balancer]    type, sockets, backend; drain_timeout, up_timeout, force
    [executor]    type and its keys; restart_timeout, healthy_for, restart_cap, recover_attempts, …
    [duplexer]    command, checkpoint_every
    [clean]       file_system, buffers, memory
    [faults]      heartbeat, watchdog, watchdog_socket, watchdog_alone, grace
    [health]      allow, timeout; memory, load, uptime, buffers
    [metrics]     address, allow
    [lease]       type, ttl; url, prefix, timeout, allow, ca, cert, key
    [[servers]]   name, program, address, health, role, capacity

It is read as strictly as the cluster file: an unknown key is an error, because a misspelt `required` that
counts as its default would take servers down. Every error names the key and the file.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field, replace

from rejuvmodel.runtime.acting.commands import GRACE
from rejuvmodel.runtime.config.connection_keys import read_balancer, read_clean, read_duplexer, read_executor
from rejuvmodel.runtime.config.connections import (
    Connections,
    HomeSettings,
    LeaseSettings,
    MetricsSettings,
    SampleSettings,
)
from rejuvmodel.runtime.config.fault_keys import read_faults
from rejuvmodel.runtime.config.health_keys import read_health
from rejuvmodel.runtime.config.history_keys import read_metrics, read_sampling
from rejuvmodel.runtime.config.home_keys import read_home, refuse_taken
from rejuvmodel.runtime.config.lease_keys import read_lease
from rejuvmodel.runtime.config.policy_keys import read_gates, read_policy, read_thresholds
from rejuvmodel.runtime.config.server_keys import read_servers
from rejuvmodel.runtime.config.trend_keys import read_trend
from rejuvmodel.runtime.config.values import command, commands, name, seconds
from rejuvmodel.runtime.deciding.faults import FaultSettings
from rejuvmodel.runtime.deciding.settings import Deadlines, GroupSettings, ProducerSettings, ServerSettings
from rejuvmodel.runtime.deciding.states import Mode, Role
from rejuvmodel.runtime.watching.collector import Rules
from rejuvmodel.toml_files import read_toml
from rejuvmodel.toml_tables import Table

#: Time [s] of the notify command, and of each blackout check where the file does not say.
_CHECK_TIME = 10.0


@dataclass(frozen=True, slots=True)
class RuntimeFile:
    """What a runtime's file says.

    Parameters
    ----------
    path : str
        The file, as it was named.
    group : GroupSettings
        For the controller.
    producer : ProducerSettings
        For the producer.
    rules : Rules
        For the collector.
    connections : Connections
        What everything outside is.
    home : HomeSettings
        Journal, control socket and tick.
    sampling : SampleSettings or None
        Where samples are recorded; None for nowhere.
    metrics : MetricsSettings or None
        Where Prometheus asks; None for nowhere.
    faults : FaultSettings
        For the fault detector.
    lease : LeaseSettings
        How it is settled which of several controllers acts.
    """

    path: str
    group: GroupSettings
    producer: ProducerSettings
    rules: Rules
    connections: Connections
    home: HomeSettings
    sampling: SampleSettings | None = None
    metrics: MetricsSettings | None = None
    faults: FaultSettings = field(default_factory=FaultSettings)
    lease: LeaseSettings = field(default_factory=LeaseSettings)


def read_runtime_file(path: str | os.PathLike[str]) -> RuntimeFile:
    """Read a runtime's file.

    Parameters
    ----------
    path : str or path
        A TOML file with the tables named at the head of `rejuvmodel.runtime.config.runtime_file`.

    Returns
    -------
    RuntimeFile
        Its contents as objects; nothing is opened or asked yet.

    Raises
    ------
    InvalidInputError
        If the file cannot be read, is no TOML, has an unknown key, lacks one, a value is not valid, or two
        contradict one another; the error names the key and the file.
    """
    file = Table(read_toml(path), os.fsdecode(path))
    table, policy = file.table("group"), file.table("policy", None)
    balancer, executor = file.table("balancer"), file.table("executor", None)
    shared = Table({}, file.place, "executor") if executor is None else executor
    mode = Mode(table.text("mode", choices=tuple(one.value for one in Mode)))
    restart_timeout = seconds(shared, "restart_timeout", 60.0)
    actor = read_executor(executor, restart_timeout)
    health = read_health(file.table("health", None))
    servers, programs = read_servers(file, mode, actor.type, health.allow)
    duplexer, duplex_timeout, checkpoint = read_duplexer(file.table("duplexer", None))
    clean, clean_timeout = read_clean(file.table("clean", None))
    required, at_a_time, simplex = _numbers(table, mode, servers)
    rules = read_thresholds(file.table("thresholds", None))
    home = read_home(table, rules.max_age)
    lease = read_lease(file.table("lease", None), home.tick)
    group = GroupSettings(
        name(table, "name"), mode, servers, required, at_a_time, simplex,
        gates=read_gates(policy, shared),
        deadlines=Deadlines(
            duplex=duplex_timeout,
            drain=seconds(balancer, "drain_timeout", 30.0),
            up=seconds(balancer, "up_timeout", 60.0),
            clean=clean_timeout,
            restart=restart_timeout,
            recover=seconds(shared, "recover_timeout", restart_timeout),
            healthy_for=seconds(shared, "healthy_for", 2.0, positive=False),
            ending=GRACE + 1.0,
        ),
        force_drain=balancer.boolean("force", False),
        clean_steps=tuple(clean),
        duplexed=duplexer is not None,
        checkpoint_every=checkpoint,
        recover_attempts=shared.integer("recover_attempts", 2, minimum=1),
        recover_period=seconds(shared, "recover_period", 600.0, positive=False),
    )  # fmt: skip
    producer = read_policy(policy, rules, servers=len(servers), required=required, max_concurrent=at_a_time)
    producer = replace(producer, trend=read_trend(file.table("trend", None), rules))
    blackout = () if policy is None else commands(
        policy, "blackout", seconds(policy, "blackout_timeout", _CHECK_TIME)
    )  # fmt: skip
    notify = command(table, "notify", seconds(table, "notify_timeout", _CHECK_TIME), ("group", "server"))
    connections = Connections(
        read_balancer(balancer, lease.ttl), actor, programs, duplexer, clean, blackout, notify, health
    )
    others = [*connections.balancer.sockets, actor.url]
    refuse_taken(table, home, [one.removeprefix("unix:").removeprefix("//") for one in others])
    faults = read_faults(file.table("faults", None), file.place, home, rules, group.deadlines)
    sampling, metrics = read_sampling(table), read_metrics(file.table("metrics", None))
    file.finish()
    return RuntimeFile(
        file.place, group, producer, rules, connections, home, sampling, metrics, faults, lease
    )


def _numbers(table: Table, mode: Mode, servers: tuple[ServerSettings, ...]) -> tuple[int, int, bool]:
    """How many must serve, how many may be away, and whether the last may leave."""
    primaries = sum(server.role is Role.PRIMARY for server in servers)
    required = table.integer("required", minimum=0)
    at_a_time = table.integer("max_concurrent", 1, minimum=1)
    simplex = table.boolean("simplex", False)
    spares = len(servers) - primaries
    rule = f"at most the {primaries} servers that do the work can be required"
    if required > primaries:
        table.refuse("required", rule, "Require fewer, or add servers.")
    if mode is Mode.ACTIVE and not simplex and required == len(servers):
        advice = "Require one fewer: while one is away the others serve."
        table.refuse("required", "with all of them required no server may ever leave", advice)
    if simplex and required > 0:
        rule = "simplex operation lets the last server leave, so that none can be required"
        table.refuse("simplex", rule, "Write required = 0.")
    if mode is Mode.STANDBY and spares == 0 and not simplex:
        rule = "active/standby needs a spare, or simplex operation"
        table.refuse("mode", rule, 'Add a server with role = "spare".')
    if mode is Mode.ACTIVE and len(servers) == 1 and not simplex:
        rule = "a single server can leave only in simplex operation, which stops the service"
        table.refuse("required", rule, "Write simplex = true and required = 0, or add a server.")
    if at_a_time > len(servers) - required:
        rule = f"max_concurrent and required ({required}) are at most the {len(servers)} servers together"
        if "max_concurrent" in table:
            table.refuse("max_concurrent", rule, "Require fewer, or rejuvenate fewer at a time.")
        table.refuse("required", rule, "Require fewer, or add servers.")
    return required, at_a_time, simplex
