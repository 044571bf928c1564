"""Free ports of 127.0.0.1 that stay ours: held by a socket, so nobody else is given them."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def held_ports(number: int) -> Iterator[list[int]]:
    """Yield ports that the kernel gives to nobody else until the end.

    Each is bound without listening. A server that sets SO_REUSEADDR, as nearly all do, may bind it as well.
    """
    holders = [socket.socket() for _ in range(number)]
    try:
        for holder in holders:
            holder.bind(("127.0.0.1", 0))  # without the option, so that the port is free for sure
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        yield [holder.getsockname()[1] for holder in holders]
    finally:
        for holder in holders:
            holder.close()
