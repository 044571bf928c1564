"""The table [lease] of the runtime's file: how it is settled which of several controllers acts."""

from __future__ import annotations

import os
from collections.abc import Collection
from urllib.parse import urlsplit

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.config.connections import LeaseSettings
from rejuvmodel.runtime.config.values import placed, seconds, texts
from rejuvmodel.runtime.outside.addresses import check_host
from rejuvmodel.toml_keys import REQUIRED
from rejuvmodel.toml_tables import Table

#: A lease that is shorter than so many ticks would be lost by a tick that takes its time.
LEAST_TICKS = 3
#: The shortest time [s] that etcd grants with its usual settings.
_LEAST_ETCD = 2
_OF_ETCD = ("url", "prefix", "timeout", "allow", "ca", "cert", "key")


def read_lease(table: Table | None, tick: float) -> LeaseSettings:
    """Return where the lease is kept, and for how long it is taken.

    Parameters
    ----------
    table : Table or None
        The table [lease]; None for the journal's file.
    tick : float
        How often the runtime looks [s].

    Returns
    -------
    LeaseSettings
        The lease.

    Raises
    ------
    InvalidInputError
        If the time is too short, the address is none, or a key belongs to the other kind.
    """
    if table is None:
        return LeaseSettings(ttl=max(10.0, LEAST_TICKS * tick))
    kind = table.text("type", "sqlite", choices=("sqlite", "etcd"))
    ttl = seconds(table, "ttl", max(10.0, LEAST_TICKS * tick))
    if ttl < LEAST_TICKS * tick:
        rule = f"a lease lasts for at least {LEAST_TICKS} ticks ({LEAST_TICKS * tick:g} s)"
        raise InvalidInputError(table.where("ttl"), f"{ttl:g} s", rule, 'Leave it out for "10 s".')
    if kind == "sqlite":
        for key in _OF_ETCD:
            if key in table:
                table.refuse(key, "it belongs to etcd", 'Write type = "etcd" as well, or remove it.')
        return LeaseSettings(kind, ttl)
    if ttl != int(ttl) or ttl < _LEAST_ETCD:
        rule = "etcd grants whole seconds, at least 2"
        raise InvalidInputError(table.where("ttl"), f"{ttl:g} s", rule, 'Leave it out for "10 s".')
    return _etcd(table, ttl)


def _etcd(table: Table, ttl: float) -> LeaseSettings:
    """A lease in etcd."""
    if "url" not in table:
        table.default_of("url", REQUIRED, "the address of etcd must be said")
    url = placed(table, "url", etcd_url, "url", table.text("url"), texts(table, "allow"))
    prefix = table.text("prefix", "/rejuvmodel")
    if not prefix.startswith("/") or not prefix.strip("/") or not prefix.isprintable() or " " in prefix:
        table.refuse("prefix", "keys begin with a path", 'Write, for example, "/rejuvmodel".')
    timeout = seconds(table, "timeout", min(1.0, ttl / 6))
    if timeout > ttl / 3:
        found = f"{timeout:g} s"
        rule = f"one call takes at most a third of the lease's time ({ttl / 3:g} s)"
        raise InvalidInputError(table.where("timeout"), found, rule, "Leave it out.")
    folder = os.path.dirname(table.place)
    files = {key: os.path.join(folder, table.text(key)) for key in ("ca", "cert", "key") if key in table}
    for key in files:
        if not url.startswith("https:"):
            table.refuse(key, "it belongs to https", "Write an https address, or remove it.")
    if ("cert" in files) != ("key" in files):
        table.refuse("cert" if "cert" in files else "key", "cert and key go together", "Give both.")
    return LeaseSettings("etcd", ttl, url, prefix, timeout, **files)


def etcd_url(argument: str, url: str, allowed: Collection[str]) -> str:
    """Return the address of etcd, checked.

    Parameters
    ----------
    argument : str
        The name that errors give.
    url : str
        Such as ``"http://127.0.0.1:2379"``.
    allowed : collection of str
        Hosts beyond this one that are allowed by name.

    Returns
    -------
    str
        The same.

    Raises
    ------
    InvalidInputError
        If it is no http or https address of host and port, or that of a host that is not allowed.
    """
    rule = 'the address of etcd is, for example, "http://127.0.0.1:2379"'
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as problem:
        raise InvalidInputError(argument, shown(url), rule, f"Check it: {problem}.") from None
    plain = url.isascii() and url.isprintable() and " " not in url
    if not plain or parts.scheme not in ("http", "https") or not host or port is None:
        raise InvalidInputError(argument, shown(url), rule, "Write scheme, host and port.")
    if parts.username is not None or parts.password is not None:
        advice = "Use https with a certificate of this client."
        raise InvalidInputError(argument, "an address with a password", rule, advice)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise InvalidInputError(argument, shown(url), rule, "Write nothing after the port.")
    check_host(argument, url, host, allowed)
    return url.rstrip("/")
