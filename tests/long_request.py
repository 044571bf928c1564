"""A request that takes a while."""

from __future__ import annotations

import threading

from rolling import World


class Long:
    """A request that HAProxy gives to one of the servers, and that takes a while.

    Parameters
    ----------
    one : World
        The servers, which have nothing else to do.
    seconds : float
        How long it takes [s].

    Attributes
    ----------
    server : str
        Who got it.
    """

    def __init__(self, one: World, seconds: float) -> None:
        self._status = -1
        self._thread = threading.Thread(target=self._ask, args=(one, seconds))
        self._thread.start()
        one.wait("its session", lambda: sum(server.sessions for server in one.balancer.view().servers) == 1)
        (self.server,) = [server.name for server in one.balancer.view().servers if server.sessions]

    def _ask(self, one: World, seconds: float) -> None:
        self._status = one.get(f"/for/{seconds}", timeout=20)

    def end(self) -> int:
        """Wait for its end; return the status of its answer, 0 for none."""
        self._thread.join()
        return self._status
