"""Which process it is: its number and when it began, so that a number used again is no mistake.

The begin is counted from the start of the machine, not on the wall clock, which may be set. On Linux it is
read as the kernel keeps it, with a resolution of 10 ms; elsewhere it is a difference of two times of psutil.
"""

from __future__ import annotations

import os
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from rejuvmodel.optional_packages import optional_package
from rejuvmodel.runtime.outside.failures import OutsideError, RefusedError

_HAS_STAT = os.path.exists("/proc/self/stat")
_TICKS = os.sysconf("SC_CLK_TCK")
#: Bytes of a line in /proc/PID/stat: 52 numbers and a name of at most 64 bytes.
_MOST_STAT = 4096
#: States in /proc of what has ended and is only not yet reaped.
_DEAD = frozenset({b"Z", b"X"})
#: Two begins [s] that are further apart are of two processes, however the clocks were read.
_SURELY_ANOTHER = 2.0


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
    here : bool
        Whether it is a process that can be looked at on this machine. Not compared.
    """

    pid: int
    started: float
    here: bool = field(default=True, compare=False)


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

    Raises
    ------
    RefusedError
        If the system does not let it be looked at.
    """
    if pid <= 0:
        return None
    if _HAS_STAT:
        return _from_stat(pid)
    psutil = optional_package("psutil", "runtime")
    try:
        process = psutil.Process(pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return None
        started = _since_boot(psutil, pid)
    except (psutil.NoSuchProcess, ValueError, OverflowError):
        return None
    except psutil.Error as problem:
        found = f"it cannot be looked at ({type(problem).__name__})"
        raise RefusedError(f"process {pid}", found, "Run the controller as its user.") from None
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
        with suppress(psutil.Error, OSError, OutsideError):
            if os.getsid(pid) == pid and psutil.Process(pid).environ().get(variable) == value:
                found += [one for one in [identity_of(pid)] if one is not None]
    return min(found, key=lambda one: one.started, default=None)


def _from_stat(pid: int) -> Identity | None:
    """Return the identity of a process by its line in /proc."""
    try:
        file = os.open(f"/proc/{pid}/stat", os.O_RDONLY | os.O_CLOEXEC)
        try:
            line = os.read(file, _MOST_STAT)
        finally:
            os.close(file)
    except (FileNotFoundError, ProcessLookupError):
        return None
    except OSError as problem:
        found = f"it cannot be looked at ({problem.strerror})"
        raise RefusedError(f"process {pid}", found, "Run the controller as its user.") from None
    # The second field is the program's name in brackets, which may hold blanks and brackets of its own.
    fields = line[line.rindex(b")") + 2 :].split(maxsplit=20)
    if fields[0] in _DEAD:
        return None
    return Identity(pid, round(int(fields[19]) / _TICKS, 2))


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
        False also if another process has its number now, and for a process of another machine.
    """
    return identity.here and identity_of(identity.pid) == identity


def is_gone(identity: Identity) -> bool:
    """Return whether this very process of this machine has certainly ended.

    Parameters
    ----------
    identity : Identity
        What `identity_of` returned once, on this machine and since it started.

    Returns
    -------
    bool
        False if it runs, if it is stopped, and if that cannot be seen.
    """
    if identity.pid <= 0:
        return False
    try:
        os.kill(identity.pid, 0)
    except ProcessLookupError:
        return True
    except OSError:
        pass  # it is there, and belongs to somebody else
    try:
        found = identity_of(identity.pid)
        if found is not None:
            return abs(found.started - identity.started) > _SURELY_ANOTHER
    except OutsideError:
        return False
    psutil = optional_package("psutil", "runtime")
    try:  # dead and not yet reaped; or hidden from this user, and then nobody knows
        return bool(psutil.Process(identity.pid).status() == psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


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
