"""A monitor of two: the health endpoint of a server, and its process for what that does not tell."""

from __future__ import annotations

from rejuvmodel.runtime.watching.monitor import Monitor
from rejuvmodel.runtime.watching.process_monitor import ProcessMonitor
from rejuvmodel.runtime.watching.samples import QUANTITIES, Sample


class JointMonitor(Monitor):
    """Puts a look at the health endpoint and one at the process together.

    Parameters
    ----------
    health : Monitor
        Says whether the server works; its values come first, but for the uptime.
    process : ProcessMonitor
        Fills in the identity, and the values that the health body never has.

    Notes
    -----
    If the process is gone, the server is gone, whatever still answers on its port. If the process cannot be
    looked at, its values are missing and the health answer stands.

    The identity is the process's. The body's is taken only if there is nobody who could know the process,
    and not if that one is merely in doubt: two sources would look like two lives.
    """

    def __init__(self, health: Monitor, process: ProcessMonitor) -> None:
        self._health = health
        self._process = process

    def sample(self) -> Sample:
        found = self._process.found()  # first: what answers after this is not older than it
        health = self._health.sample()
        told = {name for name in QUANTITIES if health.value(name) is not None}
        lacking = set(QUANTITIES).difference(told, health.withheld)
        process = self._process.measured(found, lacking)
        return Sample(
            health.server,
            min(health.at, process.at),
            "gone" if process.answer == "gone" else health.answer,
            load=_first(health.load, process.load),
            uptime=_first(process.uptime, health.uptime),
            memory=_first(health.memory, process.memory),
            buffers=_first(health.buffers, process.buffers),
            identity=process.identity if process.identity or process.doubts else health.identity,
            doubts=health.doubts + process.doubts,
        )


def _first(one: float | None, other: float | None) -> float | None:
    """Return the first of two values that is known."""
    return other if one is None else one
