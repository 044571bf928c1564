"""The journal in etcd, for controllers on several machines: one key for each decision, beside the lease.

    key       PREFIX/GROUP/record/NUMBER, with leading zeros, so that their order is that of the numbers
    value     the wall clock and the records of one decision, as JSON

A decision is written by one transaction that compares the epoch of the lease, and that nothing stands under
its number yet. A request that was not answered may have been carried out: its records then say what was meant
and not begun, as after a kill. One that is still on its way is refused, because the next decision takes its
number. So what a successor reads is all that was ever begun, whichever machine began it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from rejuvmodel.runtime.journal.etcd_lease import lease_key
from rejuvmodel.runtime.journal.etcd_store import EtcdKey, EtcdStore, changed_at, created_at, delete, put
from rejuvmodel.runtime.journal.journal_errors import JournalError, StaleEpochError

_DIGITS = 16
_MOST = 10**_DIGITS - 1


class EtcdJournal:
    """The journal in etcd, with the methods of `Journal`.

    Parameters
    ----------
    store : EtcdStore
        The server; closed with the journal.
    prefix : str
        Where the keys stand.

    Attributes
    ----------
    path : str
        The address, for messages.
    dropped : list of str
        What could not be read, in words.
    """

    def __init__(self, store: EtcdStore, prefix: str) -> None:
        self.path = store.url
        self.dropped: list[str] = []
        self._store = store
        self._prefix = prefix.rstrip("/")
        self._next: dict[str, tuple[int | None, int]] = {}  # epoch, and the number that comes next in it

    def __enter__(self) -> EtcdJournal:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections."""
        self._store.close()

    def append(
        self,
        group: str,
        records: Iterable[Mapping[str, Any]],
        at: datetime | None = None,
        epoch: int | None = None,
    ) -> None:
        """Write the records of one decision; when this returns most servers of the cluster have them.

        Parameters
        ----------
        group : str
            Name of the group.
        records : iterable of mapping
            JSON values, in this order.
        at : datetime, optional
            Wall clock with a time zone; now if left out.
        epoch : int, optional
            Epoch of the lease in which the decision was made; not looked at if left out.

        Raises
        ------
        StaleEpochError
            If the lease is of another epoch by now, or nobody's: nothing was written.
        JournalError
            If etcd cannot be asked, or not in time: then they may be there all the same.
        """
        values = [dict(record) for record in records]
        if values:
            self._write(group, values, _when(at), epoch, [])

    def records(self, group: str) -> list[tuple[datetime, dict[str, Any]]]:
        """Return the records of a group, the oldest first, each with the wall clock at which it was written.

        Parameters
        ----------
        group : str
            Name of the group.

        Returns
        -------
        list of tuple
            Keys that are no decision are left out; `dropped` names them.

        Raises
        ------
        JournalError
            If etcd cannot be asked.
        """
        found = []
        for one in self._store.range(self._key(group, 0), self._key(group, _MOST)):
            decision = _decision(one)
            if decision is not None:
                found += [(decision[0], record) for record in decision[1]]
            elif (words := f"{one.key} is no decision") not in self.dropped:
                self.dropped.append(words)
        return found

    def compact(
        self,
        group: str,
        snapshot: Iterable[Mapping[str, Any]],
        keep: timedelta,
        at: datetime | None = None,
        epoch: int | None = None,
    ) -> int:
        """Write down how everything stands, and delete what is older than is to be kept.

        Parameters
        ----------
        group : str
            Name of the group.
        snapshot : iterable of mapping
            Records from which everything can be resumed: `rejuvmodel.runtime.deciding.snapshots.snapshot`.
        keep : timedelta
            Age beyond which decisions before the snapshot are deleted.
        at : datetime, optional
            Wall clock with a time zone; now if left out.
        epoch : int, optional
            Epoch of the lease, as in `append`.

        Returns
        -------
        int
            How many decisions were deleted.

        Raises
        ------
        StaleEpochError
            If the lease is of another epoch by now: nothing was changed.
        JournalError
            If etcd cannot be asked.
        """
        values, now = [dict(record) for record in snapshot], _when(at)
        if not values:
            return 0
        old = 0
        end = self._key(group, 0)
        for one in self._store.range(end, self._key(group, _MOST)):
            decision = _decision(one)
            if decision is not None and decision[0] >= now - keep:
                break
            old, end = old + 1, one.key + "\0"
        self._write(group, values, now, epoch, [delete(self._key(group, 0), end)] if old else [])
        return old

    def _write(
        self, group: str, values: list[dict[str, Any]], at: datetime, epoch: int | None, also: list[Any]
    ) -> None:
        """One transaction: a decision under the next number, if the epoch still holds."""
        before, number = self._next.pop(group, (None, 0))
        if number == 0 or before != epoch:  # others may have written since, or this controller in vain
            number = self._last(group) + 1
        key = self._key(group, number)
        text = json.dumps({"at": at.isoformat(), "records": values}, allow_nan=False)
        compared = [changed_at(key, 0)]
        if epoch is not None:
            compared.append(created_at(lease_key(self._prefix, group), epoch))
        if self._store.change(compared, [put(key, text), *also]) is not None:
            self._next[group] = (epoch, number + 1)
            return
        found = self._store.get(lease_key(self._prefix, group))
        if epoch is not None and (found is None or found.created != epoch):
            holder = "nobody" if found is None else f"{found.value} (epoch {found.created})"
            raise StaleEpochError(
                f"{self.path}: the lease of {group} is no longer of epoch {epoch}: {holder} has it."
            )
        raise JournalError(f"{self.path}: {key} was written meanwhile. Nothing of this decision was written.")

    def _last(self, group: str) -> int:
        """The number of the last decision; 0 if there is none."""
        last = self._store.range(self._key(group, 0), self._key(group, _MOST), last=True)
        return int(last[0].key.rpartition("/")[2]) if last else 0

    def _key(self, group: str, number: int) -> str:
        return f"{self._prefix}/{group}/record/{number:0{_DIGITS}d}"


def _when(at: datetime | None) -> datetime:
    return (datetime.now(UTC) if at is None else at).astimezone(UTC)


def _decision(found: EtcdKey) -> tuple[datetime, list[dict[str, Any]]] | None:
    """The time and the records of a decision; None if it is none."""
    try:
        values = json.loads(found.value)
        at, records = datetime.fromisoformat(values["at"]), values["records"]
    except (ValueError, LookupError, TypeError):
        return None
    if (
        at.tzinfo is None
        or not isinstance(records, list)
        or not all(isinstance(one, dict) for one in records)
    ):
        return None
    return at, records
