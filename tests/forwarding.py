"""A way to a server that can be cut: whoever goes it is let in then, and hears nothing."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class Way:
    """Carries connections from a port of its own to that of a server, until it is cut."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.is_cut = False
        self._taken: list[socket.socket] = []
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def close(self) -> None:
        """Take it away."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
        self._listener.close()
        self._thread.join()
        for one in self._taken:
            one.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                self._taken.append(client)
                if not self.is_cut:
                    with suppress(OSError):
                        self._carry(client)
                    client.close()

    def _carry(self, client: socket.socket) -> None:
        """One request and its answer."""
        client.settimeout(5)
        with socket.create_connection(("127.0.0.1", self._to), timeout=5) as server:
            server.sendall(client.recv(65536))
            server.shutdown(socket.SHUT_WR)
            while part := server.recv(65536):
                client.sendall(part)


@contextmanager
def way(port: int) -> Iterator[Way]:
    """Yield a way to a port of this machine."""
    found = Way(port)
    try:
        yield found
    finally:
        found.close()
