"""Which process it is: its number and when it began, so that a number used again is no mistake.

The begin is counted from the start of the machine, not on the wall clock, which may be set. On Linux it has a
resolution of 10 ms.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from rejuvmodel.optional_packages import optional_package


@dataclass(frozen=True, slots=True)
class Identity:
    """One life of one process.

    Parameters
    ----------
    pid : int
        Number of the process.
    started : float
        When it began [s], after the start of its machine; for a process of another machine, whatever time
        that machine gives. Only good for comparison with another identity of the same server.
    """

    pid: int
    started: float


def identity_of(pid: int) -> Identity | None:
    """Return the identity of a process of this machine.

    Parameters
    ----------
    pid : int
        Number of the process.

    Returns
    -------
    Identity or None
        None if there is no such process, or it is dead and only not yet reaped.
    """
    psutil = optional_package("psutil", "runtime")
    if pid <= 0:
        return None
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        # Both are on the wall clock, and both move when it is set.
        started = process.create_time() - psutil.boot_time()
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return None
    return Identity(pid, round(started, 2))


def is_alive(identity: Identity) -> bool:
    """Return whether this very process still runs on this machine.

    Parameters
    ----------
    identity : Identity
        What `identity_of` returned once.

    Returns
    -------
    bool
        False also if another process has its number now.
    """
    return identity_of(identity.pid) == identity


def uptime(identity: Identity) -> float:
    """Return how long a process of this machine has been running.

    Parameters
    ----------
    identity : Identity
        What `identity_of` returned.

    Returns
    -------
    float
        Time [s], on a clock that goes on while the machine sleeps and that nobody can set.
    """
    return max(0.0, time.clock_gettime(time.CLOCK_BOOTTIME) - identity.started)
