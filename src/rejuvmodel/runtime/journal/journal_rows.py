"""The rows of the journal's file: records and leases, each with a checksum of its columns."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing, suppress
from typing import Any

RECORDS = (
    "CREATE TABLE IF NOT EXISTS record (number INTEGER PRIMARY KEY, grp TEXT NOT NULL, at TEXT NOT NULL, "
    "text TEXT NOT NULL, checksum INTEGER NOT NULL)"
)
LEASES = (
    "CREATE TABLE IF NOT EXISTS lease (grp TEXT PRIMARY KEY, epoch INTEGER NOT NULL, holder TEXT NOT NULL, "
    "expiry REAL NOT NULL, boot TEXT NOT NULL, checksum INTEGER NOT NULL)"
)
SELECT = "SELECT number, grp, at, text, checksum FROM record"
INSERT = "INSERT INTO record (grp, at, text, checksum) VALUES (?, ?, ?, ?)"
LEASE = "SELECT grp, epoch, holder, expiry, boot, checksum FROM lease"
SET_LEASE = "REPLACE INTO lease (grp, epoch, holder, expiry, boot, checksum) VALUES (?, ?, ?, ?, ?, ?)"


def checksum(*values: object) -> int:
    """Return the checksum of a row.

    Parameters
    ----------
    *values : object
        Its columns.

    Returns
    -------
    int
        CRC-32 of their texts.
    """
    return zlib.crc32("\0".join(map(str, values)).encode(errors="surrogateescape"))


def fits(row: tuple[Any, ...]) -> bool:
    """Return whether a row is what was written.

    Parameters
    ----------
    row : tuple
        Its columns, the checksum last.

    Returns
    -------
    bool
        True if they fit the checksum.
    """
    return bool(row[-1] == checksum(*row[:-1]))


def text_of(data: bytes) -> str:
    """Return text as it is in the file; damaged bytes are kept, and do not fit the checksum.

    Parameters
    ----------
    data : bytes
        What the file has.

    Returns
    -------
    str
        UTF-8, with surrogates for what is none.
    """
    return data.decode(errors="surrogateescape")


def readable(path: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
    """Return what can be read of a damaged file and fits its checksums.

    Parameters
    ----------
    path : str
        The file.

    Returns
    -------
    tuple of list
        Records, in order, for `INSERT`; leases for `SET_LEASE`.
    """
    found: dict[int, tuple[Any, ...]] = {}
    leases: list[tuple[Any, ...]] = []
    with suppress(sqlite3.Error), closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as file:
        file.text_factory = text_of
        # From both ends: a page that cannot be read stops the reading.
        for order in ("ASC", "DESC"):
            with suppress(sqlite3.Error):
                for number, *row in file.execute(f"{SELECT} ORDER BY number {order}"):
                    if isinstance(number, int) and fits(tuple(row)):
                        found[number] = tuple(row)
        with suppress(sqlite3.Error):
            leases += [row for row in file.execute(LEASE) if fits(row)]
    return [found[number] for number in sorted(found)], leases
