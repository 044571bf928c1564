"""Which process it is: its number and when it began, so that a number used again is no mistake.

The begin is counted from the start of the machine, not on the wall clock, which may be set. On Linux it has a
resolution of 10 ms.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

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
        started = _since_boot(psutil, pid)
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return None
    return Identity(pid, round(started, 2))


def marked(variable: str, value: str) -> Identity | None:
    """Return the process of this machine that was started with a mark in its environment.

    Parameters
    ----------
    variable, value : str
        The mark. Only leaders of a session count, because a mark is inherited; of several, the oldest.

    Returns
    -------
    Identity or None
        None if there is none that this user may look at.

    Notes
    -----
    All processes are looked at, which takes some milliseconds for each hundred.
    """
    psutil = optional_package("psutil", "runtime")
    found: list[Identity] = []
    for pid in psutil.pids():
        with suppress(psutil.Error, OSError):
            if os.getsid(pid) == pid and psutil.Process(pid).environ().get(variable) == value:
                found += [one for one in [identity_of(pid)] if one is not None]
    return min(found, key=lambda one: one.started, default=None)


def _since_boot(psutil: Any, pid: int) -> float:
    """Return when a process began [s], after the start of the machine."""
    boot, later = float(psutil.boot_time()), None
    while later != boot:  # both times are on the wall clock, and may move between two looks when it is set
        boot = later if later is not None else boot
        started = float(psutil.Process(pid).create_time()) - boot
        later = float(psutil.boot_time())
    return started


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
