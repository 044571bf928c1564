"""Monitors (703 in the patent's figures): what a server looks like now.

A `Monitor` has one method, which always returns a `Sample` and always in bounded time: whatever goes wrong
is in the sample. There are two kinds, and one that puts them together:

- `rejuvmodel.runtime.watching.health_monitor.HealthMonitor` asks the server's own health endpoint;
- `rejuvmodel.runtime.watching.process_monitor.ProcessMonitor` looks at its process on this machine;
- `JointMonitor` takes health from the one and fills in values from the other.
"""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Protocol

from rejuvmodel.runtime.watching.samples import Sample


class Monitor(Protocol):
    """Whatever looks at one server."""

    def sample(self) -> Sample:
        """Look at the server once.

        Returns
        -------
        Sample
            What was seen; failures are part of it.
        """
        ...


class JointMonitor(Monitor):
    """Puts a look at the health endpoint and one at the process together.

    Parameters
    ----------
    health : Monitor
        Says whether the server works; its values come first, but for the uptime.
    process : Monitor
        Fills in the values that the health body does not have, and the identity.

    Notes
    -----
    If the process is gone, the server is gone, whatever still answers on its port. If the process cannot be
    looked at, its values are missing and the health answer stands.

    The identity is the process's. The body's is taken only if there is nobody who could know the process,
    and not if that one is merely in doubt: two sources would look like two lives.
    """

    def __init__(self, health: Monitor, process: Monitor) -> None:
        self._health = health
        self._process = process

    def sample(self) -> Sample:
        process = self._process.sample()
        health = self._health.sample()
        return replace(
            health,
            at=min(health.at, process.at),
            answer="gone" if process.answer == "gone" else health.answer,
            identity=process.identity if process.identity or process.doubts else health.identity,
            doubts=health.doubts + process.doubts,
            load=_first(health.load, process.load),
            uptime=_first(process.uptime, health.uptime),
            memory=_first(health.memory, process.memory),
            buffers=_first(health.buffers, process.buffers),
        )


class NoMonitor(Monitor):
    """For a server that nobody can look at: nothing is ever known of it.

    Parameters
    ----------
    server : str
        The server.
    """

    def __init__(self, server: str) -> None:
        self._server = server

    def sample(self) -> Sample:
        doubt = "it has no health endpoint, and no executor knows its process"
        return Sample(self._server, time.monotonic(), "unknown", doubts=(doubt,))


def _first(one: float | None, other: float | None) -> float | None:
    """Return the first of two values that is known."""
    return other if one is None else one
