"""The runner: the only loop. It keeps one group, tick after tick (`ticks`), and answers whoever asks.

``with Runner(read_runtime_file("web.toml")) as runner: runner.run(stop)`` runs until the event is set and
nothing is half-way.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.outside.deadlines import Deadline
from rejuvmodel.runtime.ticks import Ticks

#: Ticks in a row at rest after which those that wait in a single pass are left.
_REFUSED = 3
#: How long a single pass waits for everything to answer [s].
_FIRST_VIEW = 30.0


class Runner(Ticks):
    """Keeps one group: the loop around its ticks.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    by_policy : bool
        Whether the policy makes rejuvenations due; False leaves it to operators.

    Raises
    ------
    InvalidInputError
        If a part of the file cannot be made.
    JournalError
        If the journal cannot be opened.
    OutsideError
        If an executor of another distribution cannot be had.
    """

    def __init__(self, file: RuntimeFile, *, by_policy: bool = True) -> None:
        self._wake = threading.Event()
        super().__init__(file, by_policy=by_policy, wake=self._wake.set)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def run(self, stop: threading.Event) -> None:
        """Tick until told to stop; then begin nothing new, and end when nothing is half-way.

        Parameters
        ----------
        stop : threading.Event
            Set it, and call `wake`, to stop.
        """
        while True:
            self.stopping = stop.is_set()
            began = time.monotonic()
            self.tick()
            if self.stopping and self.at_rest:
                return
            self.wait(began)

    def once(self, stop: threading.Event) -> dict[str, Any]:
        """Look until every server is judged, rejuvenate those that are due, each at most once, and return.

        Parameters
        ----------
        stop : threading.Event
            Set it, and call `wake`, to begin nothing more.

        Returns
        -------
        dict
            The status document; servers that were due and had to wait have their refusals there.
        """
        rules = self.file.rules
        looks = max(rules.unstable_after, rules.normal_after, rules.failed_after) + 1
        deadline, rested = Deadline(_FIRST_VIEW), 0
        while True:
            self.stopping = stop.is_set()
            began = time.monotonic()
            self.tick()
            looks -= self.ready
            if looks == 0 and self.ready:
                self.take_no_more()
            rested = rested + 1 if looks < 0 and self.at_rest else 0
            if self.stopping or rested >= (1 if self.idle else _REFUSED):
                if self.at_rest:
                    return self._ended()
            elif not self.ready and deadline.over:
                return self.status()
            self.wait(began)

    def _ended(self) -> dict[str, Any]:
        """The status at the end of a single pass; whoever had to wait is not kept for another day."""
        found = self.status()
        if found["roll"]:
            self.put({"ask": "cancel"})
            self.tick()
        return found

    def wake(self) -> None:
        """Let the next tick begin now; from any thread."""
        self._wake.set()

    def wait(self, began: float) -> None:
        """Wait for the next tick.

        Parameters
        ----------
        began : float
            When the last one began, on the monotonic clock [s].
        """
        tick = self.file.home.tick if self.at_rest else self.file.home.busy_tick
        self._wake.wait(max(0.0, began + tick - time.monotonic()))
        self._wake.clear()

    def post(self, request: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a request from another thread, once the loop has taken it up.

        Parameters
        ----------
        request : mapping
            ``ask`` is "status", or what `Inbox.post` knows.

        Returns
        -------
        dict
            ``ok`` with the ``status``, or with the ``error`` and the ``advice``.
        """
        if request.get("ask") == "status":
            return {"ok": True, "status": self.status()}
        return self.inbox.post(request)

    def put(self, request: Mapping[str, Any]) -> None:
        """Hand in a request for the next tick, from the loop's own thread: nobody waits for the answer.

        Parameters
        ----------
        request : mapping
            As for `post`.
        """
        self.inbox.put(request)
