"""A balancer in this process: for simulations and for tests of what needs no network.

It keeps what it is told and counts the sessions it is given. Like a real one it sends no new work to a server
that is drained, in maintenance, down, or of weight 0, and forgets its orders when it is reloaded.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from rejuvmodel.runtime.balancing.balancer import (
    Admin,
    BalancedServer,
    Balancer,
    BalancerView,
    Correction,
    Wanted,
    checked_wanted,
    in_words,
)
from rejuvmodel.runtime.outside.failures import RefusedError
from rejuvmodel.runtime.outside.names import checked_name


@dataclass(slots=True)
class _Entry:
    """What is kept of one server."""

    weight: int
    configured: int
    admin: Admin = "ready"
    up: bool = True
    sessions: int = 0
    taken: int = 0


class InProcessBalancer(Balancer):
    """Spreads sessions over servers by weight and the fewest sessions.

    Parameters
    ----------
    servers : iterable of str
        Names of the servers, all ready and up.
    spares : iterable of str
        Those of them that start with weight 0.
    weight : int
        Weight of all others.

    Notes
    -----
    All methods may be called from any thread.
    """

    def __init__(self, servers: Iterable[str], *, spares: Iterable[str] = (), weight: int = 100) -> None:
        resting = set(spares)
        self._entries: dict[str, _Entry] = {}
        for name in servers:
            share = 0 if name in resting else weight
            self._entries[checked_name("servers", name)] = _Entry(share, share)
        self._lock = threading.Lock()

    def view(self) -> BalancerView:
        with self._lock:
            return BalancerView(tuple(_seen(name, entry) for name, entry in self._entries.items()))

    def hold(self, wanted: Mapping[str, Wanted]) -> tuple[Correction, ...]:
        corrections = []
        with self._lock:
            for name in checked_wanted(wanted):
                if name not in self._entries:
                    raise RefusedError("in process", f"it has no server {name}", "Check the names.")
            for name, state in wanted.items():
                entry = self._entries[name]
                if not state.differs(_seen(name, entry)):
                    continue
                found = in_words(entry.admin, entry.weight)
                entry.admin = state.admin
                entry.weight = entry.weight if state.weight is None else state.weight
                corrections.append(Correction("in process", name, found, in_words(state.admin, state.weight)))
        return tuple(corrections)

    def begin(self) -> str | None:
        """Begin one session.

        Returns
        -------
        str or None
            The server it is on; None if no server takes work.
        """
        with self._lock:
            open_ = {name: entry for name, entry in self._entries.items() if _seen(name, entry).serving}
            if not open_:
                return None
            name = min(open_, key=lambda one: _fullness(open_[one]))
            open_[name].sessions += 1
            open_[name].taken += 1
            return name

    def end(self, server: str) -> None:
        """End one session.

        Parameters
        ----------
        server : str
            The server it was on.
        """
        with self._lock:
            self._entries[server].sessions -= 1

    def report(self, server: str, *, up: bool) -> None:
        """Take over the finding of a health check.

        Parameters
        ----------
        server : str
            The server.
        up : bool
            Whether it is up.
        """
        with self._lock:
            self._entries[server].up = up

    def reload(self) -> None:
        """Forget every order, as a reloaded balancer does: all ready, with their first weights."""
        with self._lock:
            for entry in self._entries.values():
                entry.admin, entry.weight = "ready", entry.configured


def _seen(name: str, entry: _Entry) -> BalancedServer:
    """Return a server as `view` shows it."""
    status = {"maint": "MAINT", "drain": "DRAIN", "ready": "UP"}[entry.admin]
    if not entry.up and entry.admin != "maint":
        status = "DOWN"
    up = entry.up and entry.admin != "maint"
    return BalancedServer(name, entry.admin, status, up, entry.sessions, entry.weight)


def _fullness(entry: _Entry) -> tuple[float, int]:
    """Order servers by the sessions they would have for their weight, then by those they had."""
    return (entry.sessions + 1) / entry.weight, entry.taken
