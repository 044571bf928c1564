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
from datetime import datetime
from itertools import takewhile
from typing import Any

from rejuvmodel.runtime.journal.base_journal import BaseJournal, Written
from rejuvmodel.runtime.journal.etcd_lease import lease_key
from rejuvmodel.runtime.journal.etcd_store import EtcdKey, EtcdStore, changed_at, created_at, delete, put
from rejuvmodel.runtime.journal.journal_errors import JournalError

_DIGITS = 16
_MOST = 10**_DIGITS - 1


class EtcdJournal(BaseJournal):
    """The journal in etcd; `BaseJournal` says what its methods do.

    Parameters
    ----------
    store : EtcdStore
        The server; closed with the journal.
    prefix : str
        Where the keys stand.
    """

    def __init__(self, store: EtcdStore, prefix: str) -> None:
        self.path = store.url
        self.dropped = []
        self._store = store
        self._prefix = prefix.rstrip("/")
        self._next: dict[str, tuple[int | None, int]] = {}  # epoch, and the number that comes next in it

    def close(self) -> None:
        self._store.close()

    def records(self, group: str) -> Written:
        found = []
        for one in self._keys(group):
            decision = _decision(one)
            if decision is not None:
                found += [(decision[0], record) for record in decision[1]]
            elif (words := f"{one.key} is no decision") not in self.dropped:
                self.dropped.append(words)
        return found

    def _write(
        self,
        group: str,
        records: list[dict[str, Any]],
        at: datetime,
        epoch: int | None,
        oldest: datetime | None = None,
    ) -> int:
        old = [] if oldest is None else [*takewhile(lambda one: _is_before(one, oldest), self._keys(group))]
        before, number = self._next.pop(group, (None, 0))
        if number == 0 or before != epoch:  # others may have written since, or this controller in vain
            number = self._last(group) + 1
        key = self._key(group, number)
        text = json.dumps({"at": at.isoformat(), "records": records}, allow_nan=False)
        compared = [changed_at(key, 0)]
        if epoch is not None:
            compared.append(created_at(lease_key(self._prefix, group), epoch))
        done = [put(key, text), *(delete(self._key(group, 0), one.key + "\0") for one in old[-1:])]
        if self._store.change(compared, done) is not None:
            self._next[group] = (epoch, number + 1)
            return len(old)
        found = self._store.get(lease_key(self._prefix, group))
        if epoch is not None and (found is None or found.created != epoch):
            holder = "nobody" if found is None else f"{found.value} (epoch {found.created})"
            raise self._stale(group, epoch, holder)
        raise JournalError(f"{self.path}: {key} was written meanwhile. Nothing of this decision was written.")

    def _last(self, group: str) -> int:
        """The number of the last decision; 0 if there is none."""
        last = self._keys(group, last=True)
        return int(last[0].key.rpartition("/")[2]) if last else 0

    def _keys(self, group: str, *, last: bool = False) -> list[EtcdKey]:
        return self._store.range(self._key(group, 0), self._key(group, _MOST), last=last)

    def _key(self, group: str, number: int) -> str:
        return f"{self._prefix}/{group}/record/{number:0{_DIGITS}d}"


def _is_before(found: EtcdKey, oldest: datetime) -> bool:
    """Whether a key may be deleted: what is no decision goes with the older ones."""
    decision = _decision(found)
    return decision is None or decision[0] < oldest


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
