"""Sockets with one deadline for everything: connecting, sending, and every single byte that is read."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from ipaddress import ip_address
from typing import Any

from rejuvmodel.runtime.outside.addresses import SocketAddress
from rejuvmodel.runtime.outside.deadlines import Deadline
from rejuvmodel.runtime.outside.failures import NobodyListensError, UnreachableError
from rejuvmodel.runtime.outside.names import one_line


class TimedSocket(socket.socket):
    """A socket whose reads end at a deadline."""

    deadline: Deadline | None = None

    def recv(self, *args: Any) -> bytes:
        """Read; `TimeoutError` once the deadline is over."""
        self.use_time_left()
        return super().recv(*args)

    def use_time_left(self) -> None:
        """Let the next call take no longer than what is left of the deadline."""
        if self.deadline is not None:
            left = self.deadline.left
            if left == 0:
                raise TimeoutError("the deadline is over")
            self.settimeout(left)


@contextmanager
def conversation(
    address: SocketAddress,
    timeout: float,
    where: str,
    *,
    if_nobody: str,
    if_late: str = "Is it hanging, or the machine overloaded?",
    if_failed: str = "Check the socket and its permissions.",
) -> Iterator[TimedSocket]:
    """Connect for one exchange, and close at its end; whatever the system says becomes an `OutsideError`.

    Parameters
    ----------
    address : SocketAddress
        Unix or TCP.
    timeout : float
        Time for the whole exchange [s].
    where : str
        What errors call the other side.
    if_nobody, if_late, if_failed : str
        The next step for each error.

    Yields
    ------
    TimedSocket
        The connection.

    Raises
    ------
    NobodyListensError
        If there is no such socket or the connection is refused.
    UnreachableError
        If the exchange fails or takes too long.
    """
    try:
        with _connected(address, Deadline(timeout)) as connection:
            yield connection
    except (FileNotFoundError, ConnectionRefusedError) as problem:
        raise NobodyListensError(where, f"nobody listens ({problem.strerror})", if_nobody) from None
    except (TimeoutError, BlockingIOError):  # the latter from a unix socket whose queue is full
        raise UnreachableError(where, f"no complete answer within {timeout:g} s", if_late) from None
    except (OSError, ValueError) as problem:
        found = f"the exchange failed ({one_line(getattr(problem, 'strerror', None) or problem, 60)})"
        raise UnreachableError(where, found, if_failed) from None


def _connected(address: SocketAddress, deadline: Deadline) -> TimedSocket:
    """Connect; the look-up of a host name is the system's and knows no deadline, digits need none."""
    if address.path:
        return _opened(socket.AF_UNIX, address.path, deadline)
    if (family := _family(address.host)) is not None:
        return _opened(family, (address.host, address.port), deadline)
    problem: OSError | None = None
    for family, _, _, _, place in socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM):
        try:
            return _opened(family, place, deadline)
        except OSError as found:
            problem = found
    raise problem or OSError(f"no address for {address.host}")


@lru_cache(maxsize=1024)
def _family(host: str) -> int | None:
    """The family of an address of digits; None for a name, which has to be looked up."""
    try:
        return socket.AF_INET if ip_address(host).version == 4 else socket.AF_INET6
    except ValueError:
        return None


def _opened(family: int, place: Any, deadline: Deadline) -> TimedSocket:
    """Connect to one place."""
    connection = TimedSocket(family, socket.SOCK_STREAM)
    connection.deadline = deadline
    try:
        connection.use_time_left()
        connection.connect(place)
        connection.use_time_left()
    except BaseException:
        connection.close()
        raise
    return connection
