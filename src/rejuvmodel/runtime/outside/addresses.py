"""Addresses of control sockets and health endpoints: this host only, unless another is allowed by name.

Whoever can write to a control socket can stop every server, and neither HAProxy's runtime API nor a plain
XML-RPC server asks who is there. So a TCP address must be a loopback one, or stand in the list of hosts that
the operator allows; a unix socket must not be writable by everybody.
"""

from __future__ import annotations

import ipaddress
import os
import stat
from collections.abc import Collection
from dataclasses import dataclass
from urllib.parse import urlsplit

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.outside.failures import RefusedError


@dataclass(frozen=True, slots=True)
class SocketAddress:
    """A unix socket (path) or a TCP address (host and port).

    Parameters
    ----------
    path : str
        The socket's file; empty for TCP.
    host : str
        Host name or IP address; empty for a unix socket.
    port : int
        TCP port; 0 for a unix socket.
    """

    path: str = ""
    host: str = ""
    port: int = 0

    def __str__(self) -> str:
        return self.path or (f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}")

    def check_mode(self) -> None:
        """Refuse a unix socket that everybody may write to.

        Raises
        ------
        RefusedError
            If its file is writable by others.
        """
        if not self.path:
            return
        try:
            mode = os.stat(self.path).st_mode
        except OSError:
            return  # connecting will say it better
        if mode & stat.S_IWOTH:
            found = f"the control socket is writable by everybody (mode {stat.S_IMODE(mode):04o})"
            raise RefusedError(str(self), found, "Give it mode 600.")


@dataclass(frozen=True, slots=True)
class HttpAddress:
    """What an http URL says.

    Parameters
    ----------
    host : str
        Host name or IP address.
    port : int
        TCP port.
    target : str
        Path and query, at least ``"/"``.
    """

    host: str
    port: int
    target: str


def socket_address(argument: str, text: object, allowed: Collection[str] = ()) -> SocketAddress:
    """Read the address of a control socket.

    Parameters
    ----------
    argument : str
        The name that errors give.
    text : object
        A file (``"/run/haproxy.sock"``, ``"haproxy.sock"``, ``"unix:/run/haproxy.sock"``) or
        ``"host:port"``.
    allowed : collection of str
        Hosts beyond this one that are allowed, as written.

    Returns
    -------
    SocketAddress
        The address.

    Raises
    ------
    InvalidInputError
        If it is neither, or a TCP address that is not loopback and not allowed.
    """
    rule = 'a control socket is a file, or "127.0.0.1:port"'
    if not isinstance(text, str) or not text or not text.isprintable():
        raise InvalidInputError(argument, shown(text), rule, "Write it in quotes.")
    if text.startswith("unix:"):
        return SocketAddress(path=text.removeprefix("unix:").removeprefix("//"))
    host, colon, port = text.rpartition(":")
    if "/" in text or not colon:
        return SocketAddress(path=text)
    host = host.removeprefix("[").removesuffix("]")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 65536):
        raise InvalidInputError(argument, shown(text), rule, "The port is a number from 1 to 65535.")
    check_host(argument, text, host, allowed)
    return SocketAddress(host=host, port=int(port))


def http_address(argument: str, url: object, allowed: Collection[str] = ()) -> HttpAddress:
    """Read an http URL.

    Parameters
    ----------
    argument : str
        The name that errors give.
    url : object
        Such as ``"http://127.0.0.1:8001/healthz"``.
    allowed : collection of str
        Hosts beyond this one that are allowed, as written.

    Returns
    -------
    HttpAddress
        Its parts.

    Raises
    ------
    InvalidInputError
        If it is no http URL, carries a password, or names a host that is not loopback and not allowed.
    """
    rule = 'a URL such as "http://127.0.0.1:8001/healthz" is expected'
    if not isinstance(url, str) or not url.isascii() or not url.isprintable() or " " in url:
        raise InvalidInputError(argument, shown(url), rule, "Write plain ASCII without spaces.")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError as problem:
        raise InvalidInputError(argument, shown(url), rule, f"Check it: {problem}.") from None
    if parts.scheme != "http" or not host or parts.fragment:
        raise InvalidInputError(argument, shown(url), rule, "Only plain http is spoken here.")
    if parts.username is not None or parts.password is not None:
        raise InvalidInputError(
            argument, "a URL with a password", rule, "Give secrets by a file or the environment."
        )
    check_host(argument, url, host, allowed)
    target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    return HttpAddress(host, 80 if port is None else port, target)


def is_loopback(host: str) -> bool:
    """Return whether a host is this one, by its address alone.

    Parameters
    ----------
    host : str
        Host name or IP address.

    Returns
    -------
    bool
        True for 127.0.0.0/8, ::1 and "localhost"; no name server is asked.
    """
    if host.casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def check_host(argument: str, typed: str, host: str, allowed: Collection[str]) -> None:
    """Refuse a host that is neither this one nor allowed by name.

    Parameters
    ----------
    argument, typed : str
        The name that errors give, and the address as the user wrote it.
    host : str
        The host in it.
    allowed : collection of str
        Hosts that are allowed, as written.

    Raises
    ------
    InvalidInputError
        If it is neither.
    """
    if is_loopback(host) or host in allowed:
        return
    rule = "an address beyond this host (127.0.0.1, ::1, localhost) must be allowed by name"
    advice = f'Use a loopback address, or allow "{host}" if only trusted machines reach it.'
    raise InvalidInputError(argument, shown(typed), rule, advice)
