"""Looks at all servers at a time: each in a thread, and none that hangs holds up the others or the loop.

A look is begun at each tick, unless the one before still lasts. Whoever collects takes what has come; a
server whose look hangs has an old sample until it ends, and the collector knows how old a sample may be.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait

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
        workers = max(1, len(self._monitors))
        self._few = ThreadPoolExecutor(min(_FEW, workers), thread_name_prefix="look")
        self._many = ThreadPoolExecutor(min(_MOST, workers), thread_name_prefix="slow look")
        self._looks: dict[str, Future[Sample]] = {}
        self._late = False

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
        for name, monitor in self._monitors.items():
            look = self._looks.get(name)
            if look is None:
                pool = self._many if self._late else self._few
            elif look.cancel():  # it has waited behind looks that hang
                pool = self._many
            else:
                continue
            self._looks[name] = pool.submit(_looked, name, monitor)
        done, _ = wait(self._looks.values(), timeout=patience)
        self._late = len(done) < len(self._looks)
        found = {}
        for name, look in list(self._looks.items()):
            if look in done:
                found[name] = look.result()
                del self._looks[name]
        return found

    def close(self) -> None:
        """Begin no more looks; those that last end by themselves."""
        for pool in (self._few, self._many):
            pool.shutdown(wait=False, cancel_futures=True)


def _looked(name: str, monitor: Monitor) -> Sample:
    """One look; a fault of a monitor is an unknown sample and no fault of the loop."""
    at = time.monotonic()
    try:
        return monitor.sample()
    except Exception as problem:  # that of another distribution may raise anything
        _log.exception("the monitor of %s failed", name)
        return Sample(name, at, "unknown", doubts=(f"its monitor failed ({one_line(problem)})",))
