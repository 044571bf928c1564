"""Sockets with one deadline for everything: connecting, sending, and every single byte that is read."""

from __future__ import annotations

import socket
from typing import Any

from rejuvmodel.runtime.outside.addresses import SocketAddress
from rejuvmodel.runtime.outside.deadlines import Deadline


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


def connected(address: SocketAddress, deadline: Deadline) -> TimedSocket:
    """Return a connected socket.

    Parameters
    ----------
    address : SocketAddress
        Unix or TCP.
    deadline : Deadline
        For connecting and for all that follows.

    Returns
    -------
    TimedSocket
        The connection, which the caller closes.

    Raises
    ------
    OSError
        If nobody listens, or not in time (`TimeoutError`).

    Notes
    -----
    The look-up of a host name is the system's and knows no deadline; an address of digits needs none.
    """
    if address.path:
        return _opened(socket.AF_UNIX, address.path, deadline)
    problem: OSError | None = None
    for family, _, _, _, place in socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM):
        try:
            return _opened(family, place, deadline)
        except OSError as found:
            problem = found
    raise problem or OSError(f"no address for {address.host}")


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
