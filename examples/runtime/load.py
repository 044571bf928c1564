"""A bounded load on 127.0.0.1: some connections, each with one request after another, and who lost what."""

from __future__ import annotations

import http.client
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

CONNECTIONS = 12
#: Whatever a test forgets: no load lasts longer or sends more.
MOST_SECONDS = 60.0
MOST_REQUESTS = 60_000


@dataclass
class Load:
    """What came of the requests so far."""

    sent: int = 0
    lost: Counter[str] = field(default_factory=Counter)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def note(self, trouble: str | None) -> bool:
        """Note one request; return whether another may be sent."""
        with self.lock:
            self.sent += 1
            if trouble:
                self.lost[trouble] += 1
            return self.sent < MOST_REQUESTS

    @property
    def all_lost(self) -> int:
        """Requests that had no good answer."""
        return sum(self.lost.values())


@contextmanager
def load(port: int) -> Iterator[Load]:
    """Keep 12 connections busy, every fourth request a POST, until the end of the block."""
    found = Load()
    end = time.monotonic() + MOST_SECONDS
    workers = [
        threading.Thread(target=work, args=(found, port, number, end), daemon=True)
        for number in range(CONNECTIONS)
    ]
    for worker in workers:
        worker.start()
    try:
        yield found
    finally:
        found.over.set()
        for worker in workers:
            worker.join(20)
        assert not any(worker.is_alive() for worker in workers), "a worker of the load hangs"


def work(found: Load, port: int, number: int, end: float) -> None:
    """Send one request after another on one connection, and open another where it was cut."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    count, more = number, True
    while more and not found.over.is_set() and time.monotonic() < end:
        more = found.note(trouble(connection, count))
        count += 1
    connection.close()


def trouble(connection: http.client.HTTPConnection, count: int) -> str | None:
    """Send one request; return what was wrong with its answer, if anything. Nothing is sent twice."""
    posted = f"body {count}".encode()
    method, body, wanted = ("POST", posted, posted) if count % 4 == 0 else ("GET", None, b"done")
    try:
        connection.request(method, f"/{count}", body)
        answer = connection.getresponse()
        data = answer.read()
    except (OSError, http.client.HTTPException) as problem:
        connection.close()
        return type(problem).__name__
    if answer.status != 200:
        return f"status {answer.status}"
    return None if data == wanted else "another body"
