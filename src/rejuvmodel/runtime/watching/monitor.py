"""Monitors (703 in the patent's figures): what a server looks like now.

A `Monitor` has one method, which always returns a `Sample` and always in bounded time: whatever goes wrong
is in the sample. There are two kinds, and one that puts them together:

- `rejuvmodel.runtime.watching.health_monitor.HealthMonitor` asks the server's own health endpoint;
- `rejuvmodel.runtime.watching.process_monitor.ProcessMonitor` looks at its process on this machine;
- `rejuvmodel.runtime.watching.joint_monitor.JointMonitor` takes health from the one and fills in values
  from the other.
"""

from __future__ import annotations

import time
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
