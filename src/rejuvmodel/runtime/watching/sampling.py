"""Looks at all servers at a time: each in a thread, and none that hangs holds up the others or the loop.

A look is begun at each tick, unless the one before still lasts. Whoever collects takes what has come; a
server whose look hangs has an old sample until it ends, and the collector knows how old a sample may be.
"""

from __future__ import annotations

import logging
import time
from collections import deque
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from queue import SimpleQueue

from rejuvmodel.runtime.outside.names import one_line
from rejuvmodel.runtime.watching.monitor import Monitor
from rejuvmodel.runtime.watching.samples import Sample

_log = logging.getLogger(__name__)
#: Looks at the same time.
_MOST = 16
#: Threads that are enough while every server answers at once; more of them only get in each other's way.
_FEW = 3


class Sampling:
    """Looks at the servers of a group.

    Parameters
    ----------
    monitors : mapping of str to Monitor
        By server.
    """

    def __init__(self, monitors: Mapping[str, Monitor]) -> None:
        self._monitors = dict(monitors)
        self._few = ThreadPoolExecutor(_FEW, thread_name_prefix="look")
        self._many = ThreadPoolExecutor(_MOST, thread_name_prefix="slow look")
        self._rounds: list[Future[None]] = []
        self._due: deque[str] = deque()
        self._asked: set[str] = set()
        self._found: SimpleQueue[tuple[str, Sample]] = SimpleQueue()

    def newest(self, patience: float) -> dict[str, Sample]:
        """Look at every server, and return what has come of it so far.

        Parameters
        ----------
        patience : float
            How long to wait for the looks [s]; those that take longer are returned by a later call.

        Returns
        -------
        dict of str to Sample
            New samples by server.
        """
        self._due.extend(name for name in self._monitors if name not in self._asked)
        self._asked.update(self._monitors)
        self._rounds = [one for one in self._rounds if not one.done()]
        pool, most = (self._many, _MOST) if self._rounds else (self._few, _FEW)  # a round hangs at a look
        for _ in range(min(most - len(self._rounds), len(self._due))):
            self._rounds.append(pool.submit(self._round))
        wait(self._rounds, timeout=patience)
        found = {}
        while not self._found.empty():
            name, sample = self._found.get()
            found[name] = sample
            self._asked.discard(name)
        return found

    def close(self) -> None:
        """Begin no more looks; those that last end by themselves."""
        self._due.clear()
        for pool in (self._few, self._many):
            pool.shutdown(wait=False, cancel_futures=True)

    def _round(self) -> None:
        """Look at one server after another until each has been looked at or has its look."""
        while self._due:
            try:
                name = self._due.popleft()
            except IndexError:  # another round was quicker
                return
            self._found.put((name, _looked(name, self._monitors[name])))


def _looked(name: str, monitor: Monitor) -> Sample:
    """One look; a fault of a monitor is an unknown sample and no fault of the loop."""
    at = time.monotonic()
    try:
        return monitor.sample()
    except Exception as problem:  # that of another distribution may raise anything
        _log.exception("the monitor of %s failed", name)
        return Sample(name, at, "unknown", doubts=(f"its monitor failed ({one_line(problem)})",))
