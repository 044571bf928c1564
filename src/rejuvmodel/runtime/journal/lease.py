"""The lease in the journal's file, for controllers on one machine: a row that expires.

    epoch     how often the lease has been taken; each taking adds 1
    holder    who took it: a label and the identity of its process
    expiry    until when [s], on the clock that counts from the start of the machine and in its sleep too
    boot      which start of the machine, and which numbering of processes, holder and expiry belong to

Besides at its expiry it is free as soon as the process of its holder is gone, or the machine has been started
again. Every controller of the group must run on this machine: the clock is that of the machine.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from typing import Any

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.journal.base_lease import RENEWED_BELOW, BaseLease, LeaseHolder, boot_clock
from rejuvmodel.runtime.journal.journal_errors import JournalError, is_in_use
from rejuvmodel.runtime.journal.journal_file import JournalFile
from rejuvmodel.runtime.journal.journal_rows import LEASE, SET_LEASE, checksum, fits
from rejuvmodel.runtime.watching.identity import Identity, is_gone

#: Longest wait [s] for another process that holds the file: whoever has the lease must not block its loop.
_PATIENCE = 0.5
_IDENTITY = re.compile(r" ([0-9]{1,9})@([0-9]{1,12}(?:\.[0-9]{1,6})?)$", re.ASCII)


def this_boot() -> str:
    """Return which start of the machine this is, and by which numbering its processes are seen from here.

    Returns
    -------
    str
        Boot id and number of the process namespace.
    """
    with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
        return f"{file.read().strip()} {os.stat('/proc/self/ns/pid').st_ino}"


class Lease(BaseLease):
    """The lease of one group in the journal's file; `BaseLease` says what its methods do.

    Parameters
    ----------
    path : str
        The journal's file.
    group : str
        Name of the group.
    ttl : float, optional
        Time [s] for which it is taken and renewed; the same for all controllers of the group.
    holder : str, optional
        Label of this controller; the name of the machine if left out. The identity of this process is added.
    clock : callable, optional
        Gives the time [s]; `boot_clock` if left out. For tests.
    boot : str, optional
        Which start of the machine; `this_boot` if left out. For tests.

    Raises
    ------
    InvalidInputError
        If the time is not positive, or the file is that of another program.
    JournalError
        If the disk is full or fails, or another process holds the file.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        group: str,
        *,
        ttl: float = 10.0,
        holder: str | None = None,
        clock: Callable[[], float] = boot_clock,
        boot: str | None = None,
    ) -> None:
        if not 0 < ttl < float("inf"):
            raise InvalidInputError("ttl", repr(ttl), "a finite time above 0 s is expected", "Write 10.")
        super().__init__(group, ttl, holder, clock)
        self._boot = this_boot() if boot is None else boot
        self._file = JournalFile(path, min(_PATIENCE, self.ttl / 10))

    def close(self) -> None:
        self._file.close()

    @property
    def valid(self) -> bool:
        return super().valid and not self._file.moved

    def hold(self) -> int | None:
        if self._file.moved:  # another file has the journal's name by now: the lease of the old one is over
            self._epoch = None
            self._file.reopen()
            return None
        if self._epoch is None:
            row = self._read()
            if row is not None and not self._is_free(row):
                return None
        elif self.left > self.ttl * RENEWED_BELOW:
            return self._epoch
        with self._file.transaction("The lease was neither taken nor renewed.") as file:
            row = file.execute(f"{LEASE} WHERE grp = ?", (self.group,)).fetchone()
            epoch = self._next_epoch(row)
            expiry = self._clock() + self.ttl
            if epoch is not None:
                self._write(file, epoch, self._holder, expiry)
        self._epoch, self._expiry = epoch, expiry
        return epoch

    def is_ours(self) -> bool:
        if self._epoch is None:
            return False
        try:
            row = self._read()
        except JournalError as error:
            if is_in_use(error):  # moved, or written to all the time: somebody may be taking the lease
                return False
            raise
        return row is not None and row[1] == self._epoch

    def holder(self) -> LeaseHolder | None:
        row = self._read()
        if row is None or not row[2]:
            return None
        left = max(0.0, row[3] - self._clock()) if self._is_of_this_boot(row) else 0.0
        return LeaseHolder(row[2], row[1], left)

    def release(self) -> None:
        epoch, self._epoch = self._epoch, None
        if epoch is None:
            return
        with self._file.transaction("The lease was not given back, and expires.") as file:
            row = file.execute(f"{LEASE} WHERE grp = ?", (self.group,)).fetchone()
            if row is not None and row[1] == epoch:
                self._write(file, epoch, "", 0.0)

    def _read(self) -> tuple[Any, ...] | None:
        """The row of the group, without a lock that others would wait for."""
        rows = self._file.rows(f"{LEASE} WHERE grp = ?", (self.group,), "Nobody knows who has the lease.")
        return rows[0] if rows else None

    def _write(self, file: Any, epoch: int, holder: str, expiry: float) -> None:
        row = (self.group, epoch, holder, expiry, self._boot)
        file.execute(SET_LEASE, (*row, checksum(*row)))

    def _next_epoch(self, row: tuple[Any, ...] | None) -> int | None:
        """The epoch to write; None if another controller has the lease, or has had it meanwhile."""
        epoch = 0 if row is None else int(row[1])
        if self._epoch is not None:
            return epoch if epoch == self._epoch else None
        return epoch + 1 if row is None or self._is_free(row) else None

    def _is_free(self, row: tuple[Any, ...]) -> bool:
        """Whether nobody can hold what the row says any more."""
        if not fits(row):
            return False  # in doubt somebody has it; whoever opens the file next mends it
        _, _, holder, expiry, boot, _ = row
        if not holder or not self._is_of_this_boot(row) or self._clock() >= expiry:
            return True
        found = _IDENTITY.search(holder)
        return boot == self._boot and found is not None and is_gone(Identity(int(found[1]), float(found[2])))

    def _is_of_this_boot(self, row: tuple[Any, ...]) -> bool:
        """Whether the row's expiry is on the clock that runs now."""
        return bool(row[4].partition(" ")[0] == self._boot.partition(" ")[0])
