"""Commands of an earlier life: what a controller that was killed, or stopped for too long, has left running.

`rejuvmodel.runtime.acting.commands` marks each command with its owner and the pipe that it writes to. A
process is such a command if, and only if, its own environment has the mark of the owner *and* its output,
descriptor 1 or 2, is that very pipe. A daemon that a command has started inherits the mark, but has its
output redirected and a session of its own, as daemons do, and is left alone. A command that became another
program by exec still counts.

Ended is the whole process group, as when a command overruns its time. Only processes that this user may look
at are found. It needs Linux, whose /proc shows descriptors; elsewhere nothing is ended.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from contextlib import suppress

from rejuvmodel.optional_packages import optional_package
from rejuvmodel.runtime.acting.commands import GRACE, MARK
from rejuvmodel.runtime.acting.process_groups import end_groups
from rejuvmodel.runtime.outside.failures import DeadlineError
from rejuvmodel.runtime.outside.names import one_line

#: How often it is looked for further ones: a command may start another while it is being ended.
_ROUNDS = 20
#: Time in which a command that was just being started gets its mark, between fork and exec [s].
_SETTLE = 0.1


def end_earlier(owner: str, grace: float = GRACE) -> list[str]:
    """End the commands that an earlier life of this controller has left running.

    To be called by a successor before it resumes, while it runs no commands itself; if it does, its own are
    left alone.

    Parameters
    ----------
    owner : str
        What `rejuvmodel.runtime.acting.commands.owned_by` was given: the absolute path of the journal.
    grace : float
        Time between TERM and KILL [s].

    Returns
    -------
    list of str
        What was ended, in words; never with arguments, which may be secrets.

    Raises
    ------
    DeadlineError
        If something is still there after KILL: nothing may be resumed beside it.

    Notes
    -----
    All processes are looked at, which takes some milliseconds for each hundred, and again every 20 ms until
    they are gone.
    """
    words: list[str] = []
    left: list[int] = []
    for _ in range(_ROUNDS):
        found = _found(owner) or _found_later(owner)
        if not found:
            return words
        words += [f"process {pid} ({one_line(name, 40)})" for pid, name in found.values()]
        left = end_groups(found, grace)
        if left:
            break
    told = f"process {', '.join(map(str, left))} is still there after KILL" if left else "there are ever more"
    advice = "It belongs to another user, or the kernel holds it; nothing may be resumed beside it."
    raise DeadlineError("commands of an earlier life", told, advice)


def _found_later(owner: str) -> dict[int, tuple[int, str]]:
    """Return the same a moment later."""
    time.sleep(_SETTLE)
    return _found(owner)


def _found(owner: str) -> dict[int, tuple[int, str]]:
    """Return the groups of the commands, each with the number and name of one process in it."""
    if not owner or not os.path.isdir("/proc/self/fd"):
        return {}
    psutil = optional_package("psutil", "runtime")
    own = set(_links("/proc/self/fd"))  # the pipes of commands that this process runs now
    groups: dict[int, tuple[int, str]] = {}
    for pid in psutil.pids():
        with suppress(psutil.Error, OSError):
            outputs = {link for link in _links(f"/proc/{pid}/fd", ("1", "2")) if link.startswith("pipe:")}
            if not outputs - own:
                continue
            process = psutil.Process(pid)
            whose, _, link = process.environ().get(MARK, "").rpartition("|")
            group = os.getpgid(pid)
            if whose == owner and link in outputs - own and group != os.getpgrp():
                groups.setdefault(group, (pid, process.name()))
    return groups


def _links(directory: str, names: tuple[str, ...] = ()) -> Iterator[str]:
    """Return what the descriptors of a process are."""
    for name in names or os.listdir(directory):
        with suppress(FileNotFoundError):
            yield os.readlink(os.path.join(directory, name))
