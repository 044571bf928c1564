"""What every lease does, wherever it is kept: of several controllers of one group one acts.

    epoch     grows with each taking, and no epoch comes twice
    holder    who took it: a label and the identity of its process
    expiry    until when: a holder that has not renewed by then has lost it

No lock is held between calls: a stopped process would keep it. What a holder may still try when it has lost
the lease is refused by the epoch: the journal looks in the transaction that writes, which is why both are in
one store; and `valid` is asked right before each command. docs/theory/lease.md says what that guarantees and
what it does not. Each store adds how the lease is held, looked at and given back.
"""

from __future__ import annotations

import os
import socket
import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from rejuvmodel.runtime.watching.identity import identity_of

#: Written again when less than this part of the time is left.
RENEWED_BELOW = 2 / 3
#: Part of the time at whose begin the holder stops acting before anybody else may start.
MARGIN = 1 / 20


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """Who has a lease.

    Parameters
    ----------
    holder : str
        A label and the identity of the process.
    epoch : int
        The epoch in which it was taken.
    left : float
        Time [s] until it expires unless it is renewed; 0 if it has.
    """

    holder: str
    epoch: int
    left: float


def boot_clock() -> float:
    """Return the time since this machine started.

    Returns
    -------
    float
        Time [s], on a clock that goes on while the machine sleeps and that nobody can set.
    """
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class BaseLease(ABC):
    """The lease of one group, for one controller; close it at the end.

    Parameters
    ----------
    group : str
        Name of the group.
    ttl : float
        Time [s] for which it is taken and renewed; the same for all controllers of the group.
    holder : str or None
        Label of this controller; the name of the machine if None. The identity of this process is added.
    clock : callable
        Gives the time [s].
    """

    def __init__(self, group: str, ttl: float, holder: str | None, clock: Callable[[], float]) -> None:
        self.group = group
        self.ttl = float(ttl)
        me = identity_of(os.getpid())
        label = socket.gethostname() if holder is None else holder
        self._holder = label if me is None else f"{label} {me.pid}@{me.started!r}"
        self._clock = clock
        self._epoch: int | None = None
        self._expiry = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of the store; what is held expires unless it was released."""

    @property
    def epoch(self) -> int | None:
        """The epoch in which this controller took the lease; None if it has not, or has lost it."""
        return self._epoch

    @property
    def left(self) -> float:
        """Time [s] until what this controller holds expires; 0 if it holds nothing."""
        return 0.0 if self._epoch is None else max(0.0, self._expiry - self._clock())

    @property
    def valid(self) -> bool:
        """Whether this controller may act now: to be asked right before each command."""
        return self.left > self.ttl * MARGIN

    @abstractmethod
    def hold(self) -> int | None:
        """Renew the lease, or take it if it is free; to be called on every tick.

        Returns
        -------
        int or None
            The epoch; None if another controller has the lease. Between two epochs there is always one None,
            so that whoever calls forgets what it knew.

        Raises
        ------
        JournalError
            If the store cannot be read or written: nothing new may begin, and what is held goes on until it
            expires.

        Notes
        -----
        Nothing is asked of the store while more than two thirds of the time are left, and a controller that
        waits only reads.
        """

    @abstractmethod
    def is_ours(self) -> bool:
        """Return whether nobody else has taken the lease since this controller did, expired or not.

        Returns
        -------
        bool
            True if its epoch is still ours: what was begun may be finished or undone where the store can be
            read but no longer written. Nothing new may begin by this. False if another controller may be
            taking it unseen.

        Raises
        ------
        JournalError
            If nobody who could take it can read the store.
        """

    @abstractmethod
    def holder(self) -> LeaseHolder | None:
        """Return who has the lease.

        Returns
        -------
        LeaseHolder or None
            None if nobody has taken it, or it was released.

        Raises
        ------
        JournalError
            If the store cannot be read.
        """

    @abstractmethod
    def release(self) -> None:
        """Give the lease back, so that the next controller takes it at once.

        Raises
        ------
        JournalError
            If that cannot be written; it then expires.
        """
