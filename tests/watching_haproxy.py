"""Counts who serves, as HAProxy has it, again and again beside a test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rejuvmodel.runtime.balancing.balancer import Balancer


@contextmanager
def watched(balancer: Balancer) -> Iterator[list[int]]:
    """Count the servers that a balancer sends work to, until the end of the block."""
    over, counts = threading.Event(), []

    def watch() -> None:
        while not over.wait(0.02):
            counts.append(len(balancer.view().serving))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield counts
    finally:
        over.set()
        thread.join()
