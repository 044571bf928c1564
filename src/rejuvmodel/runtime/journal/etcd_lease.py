"""The lease in etcd, for controllers on several machines: a key that goes with an etcd lease.

    key       PREFIX/GROUP/lease; there only while somebody holds it
    value     who took it
    epoch     the revision of the store at which the key came to be: no two are equal, and they only grow
    expiry    etcd's: it deletes the key when the etcd lease has not been renewed in time

The key is made by a transaction that compares that it is not there. The holder counts its time from before it
asked for the renewal, on its own clock, which goes on while the machine sleeps; etcd counts from when it was
asked, so that the holder stops first. The journal is in etcd too (`rejuvmodel.runtime.journal.etcd_journal`),
because only a transaction of the same store can compare the epoch. docs/theory/lease.md says what is
guaranteed.
"""

from __future__ import annotations

import math
import os
import socket
from collections.abc import Callable
from contextlib import suppress

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.journal.etcd_store import EtcdStore, created_at, put
from rejuvmodel.runtime.journal.journal_errors import JournalError
from rejuvmodel.runtime.journal.lease import MARGIN, RENEWED_BELOW, LeaseHolder, boot_clock
from rejuvmodel.runtime.watching.identity import identity_of

#: The shortest time [s] that etcd with its usual settings grants.
SHORTEST = 2


class EtcdLease:
    """The lease of one group in etcd, for one controller, with the methods of `Lease`.

    Parameters
    ----------
    store : EtcdStore
        The server; closed with the lease.
    prefix, group : str
        Where the key stands, and the name of the group.
    ttl : float, optional
        Time [s], whole seconds, at least 2.
    holder : str, optional
        Label of this controller; the name of the machine if left out.
    clock : callable, optional
        Gives the time [s]; `boot_clock` if left out. For tests.

    Raises
    ------
    InvalidInputError
        If the time is not of whole seconds, or too short.
    """

    def __init__(
        self,
        store: EtcdStore,
        prefix: str,
        group: str,
        *,
        ttl: float = 10.0,
        holder: str | None = None,
        clock: Callable[[], float] = boot_clock,
    ) -> None:
        if not (math.isfinite(ttl) and ttl == int(ttl) and ttl >= SHORTEST):
            raise InvalidInputError("ttl", repr(ttl), "etcd grants whole seconds, at least 2", "Write 10.")
        self.group = group
        self.ttl = float(ttl)
        me = identity_of(os.getpid())
        label = socket.gethostname() if holder is None else holder
        self._holder = label if me is None else f"{label} {me.pid}@{me.started!r}"
        self._key = lease_key(prefix, group)
        self._store = store
        self._clock = clock
        self._epoch: int | None = None
        self._lease = 0
        self._expiry = 0.0

    def __enter__(self) -> EtcdLease:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections; what is held expires unless it was released."""
        self._store.close()

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
            If etcd cannot be asked: nothing new may begin, and what is held goes on until it expires.
        """
        if self._epoch is not None:
            if self.left > self.ttl * RENEWED_BELOW or self._renewed():
                return self._epoch
            self._epoch = None
            return None
        if self._store.get(self._key) is not None:
            return None
        begun = self._clock()
        lease = self._store.grant(int(self.ttl))
        revision = self._store.change([created_at(self._key, 0)], [put(self._key, self._holder, lease)])
        if revision is None:
            with suppress(JournalError):
                self._store.revoke(lease)
            return None
        self._epoch, self._lease, self._expiry = revision, lease, begun + self.ttl
        return revision

    def is_ours(self) -> bool:
        """Return whether nobody else can have taken the lease since this controller did.

        Returns
        -------
        bool
            True if the key is still the one that this controller made. False if that cannot be seen: whoever
            can reach etcd may have it by now.
        """
        if self._epoch is None:
            return False
        try:
            found = self._store.get(self._key)
        except JournalError:
            return False
        return found is not None and found.created == self._epoch

    def holder(self) -> LeaseHolder | None:
        """Return who has the lease.

        Returns
        -------
        LeaseHolder or None
            None if nobody has.

        Raises
        ------
        JournalError
            If etcd cannot be asked.
        """
        found = self._store.get(self._key)
        if found is None:
            return None
        return LeaseHolder(found.value, found.created, float(max(0, self._store.left(found.lease))))

    def release(self) -> None:
        """Give the lease back, so that the next controller takes it at once.

        Raises
        ------
        JournalError
            If etcd cannot be asked; it then expires.
        """
        epoch, self._epoch = self._epoch, None
        if epoch is not None:
            self._store.revoke(self._lease)

    def _renewed(self) -> bool:
        """Whether the lease goes on; False if it is lost for good."""
        begun = self._clock()
        granted = self._store.refresh(self._lease)
        found = self._store.get(self._key) if granted > 0 else None
        if found is None or found.created != self._epoch:
            return False
        self._expiry = begun + min(self.ttl, float(granted))
        return True


def lease_key(prefix: str, group: str) -> str:
    """Return the key of the lease of a group.

    Parameters
    ----------
    prefix, group : str
        Where it stands, and the name of the group.

    Returns
    -------
    str
        The key.
    """
    return f"{prefix.rstrip('/')}/{group}/lease"
