"""Servers on a unix or loopback socket that answer as no good one does."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

#: Writes an answer to one connection.
Answer = Callable[[socket.socket], None]


@contextmanager
def answering(answer: Answer, path: Path | None = None) -> Iterator[str]:
    """Yield the address of a server that gives this answer to everybody, whatever is asked."""
    listener = socket.socket(socket.AF_UNIX) if path else socket.socket()
    over = threading.Event()
    with listener:
        listener.bind(str(path) if path else ("127.0.0.1", 0))
        if path:
            path.chmod(0o600)
        listener.listen(8)
        listener.settimeout(0.05)

        def serve() -> None:
            while not over.is_set():
                with suppress(TimeoutError):
                    connection, _ = listener.accept()
                    with connection, suppress(OSError):
                        connection.settimeout(5)
                        connection.recv(65536)
                        answer(connection)
                        # Unread bytes at the close would reset the connection under its answer.
                        connection.shutdown(socket.SHUT_WR)
                        while connection.recv(65536):
                            pass

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield str(path) if path else f"127.0.0.1:{listener.getsockname()[1]}"
        finally:
            over.set()
            thread.join()


def saying(data: bytes) -> Answer:
    """Say this and close."""
    return lambda connection: connection.sendall(data)


def dripping(data: bytes, pause: float = 0.05, most: float = 3.0) -> Answer:
    """Say a byte at a time, each before any timeout of a single read."""

    def drip(connection: socket.socket) -> None:
        end = time.monotonic() + most
        for byte in data:
            if time.monotonic() > end:
                return
            connection.sendall(bytes([byte]))
            time.sleep(pause)

    return drip


def endless(data: bytes, first: bytes = b"", most: int = 2**26) -> Answer:
    """Say this again and again, until nobody listens (or 64 MB are said)."""

    def flood(connection: socket.socket) -> None:
        connection.sendall(first)
        for _ in range(most // len(data)):
            connection.sendall(data)

    return flood


def silent(seconds: float = 1.0) -> Answer:
    """Say nothing for a while."""
    return lambda _: time.sleep(seconds)
