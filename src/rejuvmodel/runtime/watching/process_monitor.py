"""A monitor that looks at a server's process on this machine, by psutil.

Load is the share of one processor core that it used since the look before (the first look knows none),
memory its resident set, buffers its open files and sockets. A process that is there is no proof of health,
so the answer is "unknown" or "gone", never "healthy": health is for an endpoint to say.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rejuvmodel.optional_packages import optional_package
from rejuvmodel.runtime.outside.failures import NoIdentityError, OutsideError
from rejuvmodel.runtime.outside.names import checked_name
from rejuvmodel.runtime.watching.identity import Identity, is_alive, uptime
from rejuvmodel.runtime.watching.monitor import Monitor
from rejuvmodel.runtime.watching.samples import Sample

#: Shares over a shorter time are mostly the resolution of the clock [s].
_SHORT = 0.05


class ProcessMonitor(Monitor):
    """Looks at the process of one server.

    Parameters
    ----------
    server : str
        The server.
    find : callable
        Returns the `Identity` of its process, or None if it does not run: a
        `rejuvmodel.runtime.watching.known_process.KnownProcess`. Of a process of another machine nothing is
        measured. It may raise an `OutsideError`; then nothing is known. A `NoIdentityError` is no doubt:
        there is nobody who could know.
    with_children : bool
        Whether to add up the memory, files and processor time of all processes below it. That reads the
        table of all processes at each look.
    """

    def __init__(
        self, server: str, find: Callable[[], Identity | None], *, with_children: bool = False
    ) -> None:
        self._server = checked_name("server", server)
        self._find = find
        self._with_children = with_children
        self._last: tuple[Identity, float, float] | None = None
        self._process: tuple[Identity, Any] | None = None

    def sample(self) -> Sample:
        at = time.monotonic()
        try:
            identity = self._find()
            if identity is not None and not identity.here:
                return Sample(self._server, at, "unknown", identity=identity)
            alive = identity is not None and is_alive(identity)
        except NoIdentityError:
            return Sample(self._server, at, "unknown")
        except OutsideError as problem:
            return Sample(self._server, at, "unknown", doubts=(str(problem),))
        if identity is None or not alive:
            return Sample(self._server, at, "gone", doubts=("its process is gone",))
        psutil = optional_package("psutil", "runtime")
        try:
            memory, files, used = self._measured(psutil, identity)
        except psutil.NoSuchProcess:
            return Sample(self._server, at, "gone", doubts=("its process is gone",))
        except (psutil.Error, OSError) as problem:
            found = f"process {identity.pid} cannot be looked at ({type(problem).__name__})"
            return Sample(self._server, at, "unknown", identity=identity, doubts=(found,))
        return Sample(
            self._server,
            at,
            "unknown",
            load=self._load(identity, at, used),
            uptime=uptime(identity),
            memory=memory,
            buffers=files,
            identity=identity,
        )

    def _measured(self, psutil: Any, identity: Identity) -> tuple[float, float, float]:
        """Return memory [bytes], open files, and processor time [s]."""
        known = self._process
        if known is None or known[0] != identity:
            self._process = known = (identity, psutil.Process(identity.pid))
        first = known[1]
        memory = files = used = 0.0
        for process in [first, *(first.children(recursive=True) if self._with_children else [])]:
            try:
                with process.oneshot():
                    times = process.cpu_times()
                    used += times.user + times.system
                    memory += process.memory_info().rss
                    files += process.num_fds()
            except psutil.NoSuchProcess:
                if process is first:
                    raise
        return memory, files, used

    def _load(self, identity: Identity, at: float, used: float) -> float | None:
        """Return the share of a core since the look before; None if there was none of this process."""
        last = self._last
        if last is not None and last[0] == identity and at - last[1] < _SHORT:
            return None
        self._last = (identity, at, used)
        if last is None or last[0] != identity:
            return None
        return max(0.0, used - last[2]) / (at - last[1])
