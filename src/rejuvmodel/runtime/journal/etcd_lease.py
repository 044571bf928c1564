"""The lease in etcd, for controllers on several machines: a key that goes with an etcd lease.

    key       PREFIX/GROUP/lease; there only while somebody holds it
    value     who took it
    epoch     the revision of the store at which the key came to be: no two are equal, and they only grow
    expiry    etcd's: it deletes the key when the etcd lease has not been renewed in time

The key is made by a transaction that compares that it is not there. The holder counts its time from before it
asked for the renewal, on its own clock, which goes on while the machine sleeps; etcd counts from when it was
asked, so that the holder stops first. The journal is in etcd too (`rejuvmodel.runtime.journal.etcd_journal`).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.journal.base_lease import RENEWED_BELOW, BaseLease, LeaseHolder, boot_clock
from rejuvmodel.runtime.journal.etcd_store import EtcdStore, created_at, put
from rejuvmodel.runtime.journal.journal_errors import JournalError

#: The shortest time [s] that etcd with its usual settings grants.
SHORTEST = 2


class EtcdLease(BaseLease):
    """The lease of one group in etcd, for one controller; `BaseLease` says what its methods do.

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
        super().__init__(group, ttl, holder, clock)
        self._key = lease_key(prefix, group)
        self._store = store
        self._lease = 0

    def close(self) -> None:
        self._store.close()

    def hold(self) -> int | None:
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
        if self._epoch is None:
            return False
        try:
            found = self._store.get(self._key)
        except JournalError:  # whoever can reach etcd may have it by now
            return False
        return found is not None and found.created == self._epoch

    def holder(self) -> LeaseHolder | None:
        found = self._store.get(self._key)
        if found is None:
            return None
        return LeaseHolder(found.value, found.created, float(max(0, self._store.left(found.lease))))

    def release(self) -> None:
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
