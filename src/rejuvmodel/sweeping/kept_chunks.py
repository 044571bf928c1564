"""Finished chunks of a sweep, kept in an SQLite file so that an interrupted sweep goes on where it was.

Each chunk is one row, written in one transaction that SQLite has flushed to the disk before it returns:
whenever the program is stopped, a row is there whole or not at all, and a half-written file is undone when it
is next opened. What the sweep is stands in the file as digests, so that a file is never taken for another
sweep's.
"""

from __future__ import annotations

import errno
import io
import os
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.text_files import file_name

if TYPE_CHECKING:
    from numpy.typing import NDArray

#: Marks the SQLite files that are ours: "rjsw" in ASCII.
_OURS = 0x726A7377
_RULE = "keep names the file of this sweep, or a new one"
_ELSEWHERE = "Name another file."
#: Seconds to wait for another process that writes to the same file.
_PATIENCE = 60.0


class KeptChunks:
    """The file of one sweep, open.

    Parameters
    ----------
    path : str or path
        The file; made if it does not exist.
    identity : mapping of str
        What the sweep is: parts by name, each as text.

    Raises
    ------
    InvalidInputError
        If the file is no file of a sweep, is that of another sweep, or cannot be made there.
    OSError
        If the disk is full or fails.
    """

    def __init__(self, path: object, identity: Mapping[str, str]) -> None:
        self.path = file_name(path, "sweep.chunks")
        self.count = 0
        new = not os.path.exists(self.path)
        folder = os.path.dirname(os.path.abspath(self.path))
        if not os.path.isdir(folder):
            raise InvalidInputError("keep", self.path, "the directory of the file exists", "Make it first.")
        if os.path.isdir(self.path):
            raise InvalidInputError("keep", f"{self.path}, a directory", _RULE, "Name a file in it.")
        try:
            with _explained(self.path, 0):
                # Transactions are begun and ended here, not by the module.
                self._file = sqlite3.connect(self.path, timeout=_PATIENCE, isolation_level=None)
                self._open(identity)
                self.count = self._one("SELECT count(*) FROM chunk")
        except BaseException:
            self.close()
            if new and not self._holds_chunks():
                with suppress(OSError):
                    os.unlink(self.path)
            raise

    def close(self) -> None:
        """Close the file."""
        if hasattr(self, "_file"):
            self._file.close()

    def numbers(self) -> set[int]:
        """Return the numbers of the chunks in the file."""
        with _explained(self.path, self.count):
            return {number for (number,) in self._file.execute("SELECT number FROM chunk")}

    def load(self) -> Iterator[tuple[int, dict[str, NDArray[Any]]]]:
        """Give the number and the result of every chunk in the file."""
        with _explained(self.path, self.count):
            for number, packed in self._file.execute("SELECT number, result FROM chunk ORDER BY number"):
                with np.load(io.BytesIO(packed), allow_pickle=False) as arrays:
                    yield number, dict(arrays)

    def store(self, number: int, result: Mapping[str, NDArray[Any]]) -> None:
        """Keep a finished chunk; when this returns, it is on the disk.

        Parameters
        ----------
        number : int
            Its number.
        result : mapping of ndarray
            Its arrays by name.

        Raises
        ------
        OSError
            If the disk is full or fails; the chunks that were kept before are still there.
        """
        packed = io.BytesIO()
        np.savez(packed, **dict(result))  # type: ignore[arg-type]  # names are text
        with _explained(self.path, self.count):
            self._file.execute("INSERT OR REPLACE INTO chunk VALUES (?, ?)", (number, packed.getbuffer()))
        self.count += 1

    def _open(self, identity: Mapping[str, str]) -> None:
        self._file.execute("PRAGMA synchronous = FULL")
        self._file.execute("BEGIN IMMEDIATE")
        try:
            found = self._one("PRAGMA application_id")
            if found != _OURS and self._one("SELECT count(*) FROM sqlite_master"):
                raise InvalidInputError(
                    "keep", f"{self.path}, a database of another program", _RULE, _ELSEWHERE
                )
            if found != _OURS:
                self._file.execute(f"PRAGMA application_id = {_OURS}")
                self._file.execute("CREATE TABLE sweep (part TEXT PRIMARY KEY, text TEXT NOT NULL)")
                self._file.execute("CREATE TABLE chunk (number INTEGER PRIMARY KEY, result BLOB NOT NULL)")
                self._file.executemany("INSERT INTO sweep VALUES (?, ?)", identity.items())
            kept = dict(self._file.execute("SELECT part, text FROM sweep"))
            if kept != dict(identity):
                parts = [part for part in {**kept, **identity} if kept.get(part) != identity.get(part)]
                raise InvalidInputError(
                    "keep", f"{self.path}, which holds another sweep (other {', '.join(parts)})", _RULE,
                    "Name another file, or delete this one if it is not needed.",
                )  # fmt: skip
            self._file.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):
                self._file.execute("ROLLBACK")
            raise

    def _one(self, query: str) -> int:
        (value,) = self._file.execute(query).fetchone()
        return int(value)

    def _holds_chunks(self) -> bool:
        """Whether another process has made the file in the meantime."""
        try:
            with closing(sqlite3.connect(f"file:{self.path}?mode=ro", uri=True)) as file:
                return bool(file.execute("SELECT count(*) FROM sweep").fetchone()[0])
        except sqlite3.Error:
            return False


@contextmanager
def _explained(path: str, count: int) -> Iterator[None]:
    """Turn what SQLite says into the errors of files."""
    try:
        yield
    except sqlite3.Error as problem:
        code = getattr(problem, "sqlite_errorcode", 0) & 0xFF
        if code in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
            number = errno.ENOSPC if code == sqlite3.SQLITE_FULL else errno.EIO
            kept = f"{count} finished chunk{'' if count == 1 else 's'} can be relied on"
            raise OSError(
                number,
                f"{os.strerror(number)} ({problem}); in the file of the sweep {kept}. "
                "Make room and call again: it goes on from there",
                path,
            ) from problem
        if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
            raise InvalidInputError(
                "keep", f"{path}, a file that may not be written", _RULE, _ELSEWHERE
            ) from problem
        if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
            raise InvalidInputError(
                "keep", f"{path}, which another process holds", _RULE, "Wait for it, or name another file."
            ) from problem
        raise InvalidInputError(
            "keep", f"{path}, no file of a sweep ({problem})", _RULE, _ELSEWHERE
        ) from problem
