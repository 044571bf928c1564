"""What every journal does, wherever it keeps its records; each store adds how it writes and reads.

A decision is written whole or not at all, before anything is done, and only if the lease
(`rejuvmodel.runtime.journal.base_lease`) is still of the epoch in which it was made: the store compares it in
the transaction that writes. Only JSON values go in and come out: `rejuvmodel.runtime.deciding.records` gives
them their meaning.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Self

from rejuvmodel.runtime.journal.journal_errors import StaleEpochError

#: Records with the wall clock at which they were written, the oldest first.
Written = list[tuple[datetime, dict[str, Any]]]


class BaseJournal(ABC):
    """A journal, open; close it at the end.

    Attributes
    ----------
    path : str
        Where it is, for messages.
    dropped : list of str
        What could not be read, in words.
    """

    path: str
    dropped: list[str]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @abstractmethod
    def close(self) -> None:
        """Let go of the store."""

    @abstractmethod
    def records(self, group: str) -> Written:
        """Return the records of a group.

        Parameters
        ----------
        group : str
            Name of the group.

        Returns
        -------
        list of tuple
            Each with the wall clock at which it was written, the oldest first. What is damaged is left out;
            `dropped` names it.

        Raises
        ------
        JournalError
            If the store cannot be read.
        """

    def append(
        self,
        group: str,
        records: Iterable[Mapping[str, Any]],
        at: datetime | None = None,
        epoch: int | None = None,
    ) -> None:
        """Write the records of one decision; when this returns no crash loses them.

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
            If the lease is of another epoch by now, or nobody's: nothing was written and nothing may be done.
        JournalError
            If the store cannot be written: a file has none of them then, a server that did not answer in time
            may have all of them.
        """
        if values := [dict(record) for record in records]:
            self._write(group, values, _in_utc(at), epoch)

    def compact(
        self,
        group: str,
        snapshot: Iterable[Mapping[str, Any]],
        keep: timedelta,
        at: datetime | None = None,
        epoch: int | None = None,
    ) -> int:
        """Write down how everything stands and delete what is older than is to be kept, in one transaction.

        Parameters
        ----------
        group : str
            Name of the group.
        snapshot : iterable of mapping
            Records from which everything can be resumed: `rejuvmodel.runtime.deciding.snapshots.snapshot`.
        keep : timedelta
            Age beyond which what stands before the snapshot is deleted; it is history only.
        at, epoch : datetime, int, optional
            As in `append`.

        Returns
        -------
        int
            How many records were deleted; in etcd, how many decisions.

        Raises
        ------
        StaleEpochError, JournalError
            As in `append`; nothing was deleted then.
        """
        values, now = [dict(record) for record in snapshot], _in_utc(at)
        return self._write(group, values, now, epoch, now - keep) if values else 0

    @abstractmethod
    def _write(
        self,
        group: str,
        records: list[dict[str, Any]],
        at: datetime,
        epoch: int | None,
        oldest: datetime | None = None,
    ) -> int:
        """Compare the epoch, delete what is older than the oldest to keep, and write; return how many."""

    def _stale(self, group: str, epoch: int, holder: str) -> StaleEpochError:
        """The refusal to write for an epoch that is over."""
        return StaleEpochError(
            f"{self.path}: the lease of {group} is no longer of epoch {epoch}: {holder} has it."
        )


def _in_utc(at: datetime | None) -> datetime:
    return (datetime.now(UTC) if at is None else at).astimezone(UTC)
