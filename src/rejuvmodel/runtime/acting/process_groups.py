"""Process groups of this machine: who is left of them, and how they are ended."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection
from contextlib import suppress

from rejuvmodel.optional_packages import optional_package
from rejuvmodel.runtime.outside.failures import OutsideError
from rejuvmodel.runtime.outside.waiting import ended
from rejuvmodel.runtime.watching.identity import identity_of


def end_groups(
    groups: Collection[int], grace: float, meanwhile: Callable[[], None] = lambda: None
) -> list[int]:
    """End process groups: TERM, and KILL when the grace is over.

    Parameters
    ----------
    groups : collection of int
        Numbers of the groups.
    grace : float
        Time between TERM and KILL [s].
    meanwhile : callable
        What is done at each look, such as to read what they print.

    Returns
    -------
    list of int
        The processes that are left after KILL: the kernel holds them, or they belong to another user.
    """

    def send(number: int) -> None:
        for group in groups:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(group, number)

    def gone() -> bool:
        meanwhile()
        return not _alive(groups)

    return [] if ended(send, gone, grace) else _alive(groups)


def _alive(groups: Collection[int]) -> list[int]:
    """Return the processes of the groups, but for the dead that nobody has reaped yet."""
    psutil = optional_package("psutil", "runtime")
    alive = []
    for pid in psutil.pids():
        with suppress(ProcessLookupError, PermissionError, OutsideError):
            if os.getpgid(pid) in groups and identity_of(pid) is not None:
                alive.append(pid)
    return alive
