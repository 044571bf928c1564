"""A monitor that looks at a server's process on this machine, by psutil.

Load is the share of one processor core that it used since the look before (the first look knows none),
memory its resident set, buffers its open files and sockets. A process that is there is no proof of health,
so the answer is "unknown" or "gone", never "healthy": health is for an endpoint to say.

A look has two halves, because most of its time goes into values that the endpoint may have told already.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from dataclasses import replace
from typing import Any

from rejuvmodel.optional_packages import optional_package
from rejuvmodel.runtime.outside.failures import NoIdentityError, OutsideError
from rejuvmodel.runtime.outside.names import checked_name
from rejuvmodel.runtime.watching.identity import Identity, uptime
from rejuvmodel.runtime.watching.monitor import Monitor
from rejuvmodel.runtime.watching.samples import QUANTITIES, Sample

#: Shares over a shorter time are mostly the resolution of the clock [s].
_SHORT = 0.05


class ProcessMonitor(Monitor):
    """Looks at the process of one server.

    Parameters
    ----------
    server : str
        The server.
    find : callable
        Looks which process it is now and returns its `Identity`, or None if it does not run: a
        `rejuvmodel.runtime.watching.known_process.KnownProcess`. Of a process of another machine nothing is
        measured. It may raise an `OutsideError`; then nothing is known. A `NoIdentityError` is no doubt:
        there is nobody who could know.
    quantities : collection of str
        What to measure. To count the open files takes the longer the more there are.
    with_children : bool
        Whether to add up the memory, files and processor time of all processes below it. That reads the
        table of all processes at each look.
    """

    def __init__(
        self,
        server: str,
        find: Callable[[], Identity | None],
        *,
        quantities: Collection[str] = QUANTITIES,
        with_children: bool = False,
    ) -> None:
        self._server = checked_name("server", server)
        self._find = find
        self._quantities = frozenset(quantities)
        self._with_children = with_children
        self._last: tuple[Identity, float, float] | None = None
        self._process: tuple[Identity, Any] | None = None

    def sample(self) -> Sample:
        return self.measured(self.found(), QUANTITIES)

    def found(self) -> Sample:
        """Look which process it is and for how long it has been running; measure nothing else yet."""
        at = time.monotonic()
        try:
            identity = self._find()
        except NoIdentityError:
            return Sample(self._server, at, "unknown")
        except OutsideError as problem:
            return Sample(self._server, at, "unknown", doubts=(str(problem),))
        if identity is None:
            return Sample(self._server, at, "gone", doubts=("its process is gone",))
        age = uptime(identity) if identity.here else None
        return Sample(self._server, at, "unknown", uptime=age, identity=identity)

    def measured(self, found: Sample, quantities: Collection[str]) -> Sample:
        """Measure what is asked for, as far as this monitor does, of the process found a moment ago.

        Parameters
        ----------
        found : Sample
            What `found` returned.
        quantities : collection of str
            What is asked for.

        Returns
        -------
        Sample
            The same, with the values.
        """
        identity, wanted = found.identity, self._quantities.intersection(quantities)
        if "load" not in wanted:
            self._last = None  # a share is that since the look before
        if identity is None or not identity.here or wanted <= {"uptime"}:
            return found
        psutil = optional_package("psutil", "runtime")
        try:
            return self._with_values(psutil, found, identity, wanted)
        except psutil.NoSuchProcess:
            return Sample(self._server, found.at, "gone", doubts=("its process is gone",))
        except (psutil.Error, OSError) as problem:
            doubt = f"process {identity.pid} cannot be looked at ({type(problem).__name__})"
            return replace(found, doubts=(doubt,))

    def _with_values(self, psutil: Any, found: Sample, identity: Identity, wanted: Collection[str]) -> Sample:
        """Return a sample with load, memory [bytes] and open files of its process."""
        known = self._process
        if known is None or known[0] != identity:
            self._process = known = (identity, psutil.Process(identity.pid))
        first, at = known[1], time.monotonic()
        memory = files = used = 0.0
        for process in [first, *(first.children(recursive=True) if self._with_children else [])]:
            try:
                if "load" in wanted:
                    times = process.cpu_times()
                    used += times.user + times.system
                if "memory" in wanted:
                    memory += process.memory_info().rss
                if "buffers" in wanted:
                    files += process.num_fds()
            except psutil.NoSuchProcess:
                if process is first:
                    raise
        return replace(
            found,
            load=self._load(identity, at, used) if "load" in wanted else None,
            memory=memory if "memory" in wanted else None,
            buffers=files if "buffers" in wanted else None,
        )

    def _load(self, identity: Identity, at: float, used: float) -> float | None:
        """Return the share of a core since the look before; None if there was none of this process."""
        last = self._last
        if last is not None and last[0] == identity and at - last[1] < _SHORT:
            return None
        self._last = (identity, at, used)
        if last is None or last[0] != identity:
            return None
        return max(0.0, used - last[2]) / (at - last[1])
