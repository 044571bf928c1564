"""The tables [balancer], [executor], [duplexer] and [clean] of the runtime's file."""

from __future__ import annotations

from difflib import get_close_matches

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.acting.commands import Command
from rejuvmodel.runtime.config.connections import BalancerSettings, ExecutorSettings
from rejuvmodel.runtime.config.values import command, control_sockets, health_url, name, seconds, texts
from rejuvmodel.runtime.executors.third_party import OWN, third_party_names
from rejuvmodel.toml_keys import REQUIRED
from rejuvmodel.toml_tables import Table

#: Clean steps, in their order.
CLEAN = ("file_system", "buffers", "memory")
#: Part of the lease's time in which every balancer is asked once. A tick asks twice, may begin with two
#: thirds of that time left, and the lease must still hold when its orders leave.
_ONCE = 1 / 4
#: Keys of [executor] that are the controller's, whatever the executor.
SHARED = (
    "type", "restart_timeout", "recover_timeout", "recover_attempts", "recover_period", "healthy_for",
    "restart_cap", "restart_period",
)  # fmt: skip


def read_balancer(table: Table, ttl: float) -> BalancerSettings:
    """Return the balancer.

    Parameters
    ----------
    table : Table
        The table [balancer].
    ttl : float
        For how long the lease is taken [s].

    Returns
    -------
    BalancerSettings
        The balancer.

    Raises
    ------
    InvalidInputError
        If a key is not valid, or balancers that hang would cost the lease.
    """
    kind = table.text("type", choices=("haproxy", "in-process"))
    if kind == "in-process":
        return BalancerSettings(kind)
    allow = texts(table, "allow")
    sockets = control_sockets(table, "sockets", allow)
    longest = ttl * _ONCE / len(sockets)
    timeout = seconds(table, "timeout", min(2.0, longest))
    if timeout > longest:
        rule = (
            f"each tick asks every balancer twice, within half of lease.ttl ({ttl:g} s): "
            f"a call takes at most {longest:g} s"
        )
        where = table.where("timeout")
        raise InvalidInputError(where, f"{timeout:g} s", rule, "Leave it out, or take a longer lease.")
    return BalancerSettings(
        kind,
        sockets,
        name(table, "backend"),
        timeout,
        allow,
        seconds(table, "reload_grace", 30.0, positive=False),
    )


def read_executor(table: Table | None, restart_timeout: float) -> ExecutorSettings:
    """Return the executor.

    Parameters
    ----------
    table : Table or None
        The table [executor]; None for a dry run, which is the default.
    restart_timeout : float
        Time for a restart [s].

    Returns
    -------
    ExecutorSettings
        The executor.

    Raises
    ------
    InvalidInputError
        If it is unknown, or a key is not valid.
    """
    if table is None:
        return ExecutorSettings("dry-run")
    kind = table.text("type", "dry-run")
    timeout, allow = seconds(table, "timeout", 5.0), texts(table, "allow")
    match kind:
        case "dry-run":
            return ExecutorSettings(kind)
        case "command":
            restart = command(table, "restart", restart_timeout, ("program",))
            if restart is None:
                table.default_of("restart", REQUIRED, "a list of arguments is expected: there is no default")
            identity = command(table, "identity", timeout, ("program",))
            return ExecutorSettings(kind, restart, identity, timeout=timeout)
        case "supervisor":
            return _supervisor(table, timeout, allow)
        case "process":
            return ExecutorSettings(kind, directory=table.text("directory"), timeout=timeout)
    others = third_party_names()
    if kind not in others:
        known = [*OWN, *others]
        near = get_close_matches(kind, known, n=1)
        advice = f'Did you mean "{near[0]}"?' if near else "Install the distribution that brings it."
        raise InvalidInputError(
            table.where("type"), shown(kind), f"the executors are {', '.join(known)}", advice
        )
    rest = {key: table.raw(key) for key in table.names() if key not in SHARED}
    return ExecutorSettings(kind, others=rest)


def _supervisor(table: Table, timeout: float, allow: tuple[str, ...]) -> ExecutorSettings:
    """Supervisor by XML-RPC, over http or a unix socket; its password stands elsewhere."""
    if "password" in table:
        rule = "a secret stands in a file or in the environment, never here"
        where = table.where("password")
        raise InvalidInputError(where, "a password", rule, "Use password_file or password_env.")
    url = table.text("url")
    if not url.startswith("unix://"):
        url = health_url(table, "url", allow)
    secrets = table.text("password_file", ""), table.text("password_env", "")
    if all(secrets):
        table.refuse("password_env", "a password has one home", "Remove password_env or password_file.")
    return ExecutorSettings(
        "supervisor",
        url=url,
        user=table.text("user", ""),
        password_file=secrets[0],
        password_env=secrets[1],
        timeout=timeout,
        allow=allow,
    )


def read_duplexer(table: Table | None) -> tuple[Command | None, float, float]:
    """Return what hands the work over.

    Parameters
    ----------
    table : Table or None
        The table [duplexer].

    Returns
    -------
    tuple
        The command, None without one; its time [s]; and `checkpoint_every` [s].
    """
    if table is None:
        return None, 30.0, float("inf")
    timeout = seconds(table, "timeout", 30.0)
    if table.text("type", "command", choices=("command", "none")) == "none":
        return None, timeout, float("inf")
    found = command(table, "command", timeout, ("source", "target"))
    if found is None:
        table.default_of("command", REQUIRED, "a list of arguments is expected: there is no default")
    return found, timeout, seconds(table, "checkpoint_every", float("inf"))


def read_clean(table: Table | None) -> tuple[dict[str, Command], float]:
    """Return what is cleared before the restart.

    Parameters
    ----------
    table : Table or None
        The table [clean].

    Returns
    -------
    tuple
        Commands by the names of the steps, in order; the longest time of them [s].
    """
    if table is None:
        return {}, 30.0
    timeout = seconds(table, "timeout", 30.0)
    found = {}
    for step in CLEAN:
        own = seconds(table, f"{step}_timeout", timeout)
        if f"{step}_timeout" in table and step not in table:
            table.refuse(f"{step}_timeout", f"a time belongs to a step, and {step} is missing", "Remove it.")
        one = command(table, step, own, ("program",))
        if one is not None:
            found[step] = one
    return found, max((one.timeout for one in found.values()), default=timeout)
