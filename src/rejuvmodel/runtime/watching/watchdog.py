"""Where servers report in: a unix datagram socket, each message the name of the server that is well.

A message has at most 200 bytes and is one of

    web1
    WATCHDOG=1 and server=web1, on lines of their own in any order, beside others (the form of sd_notify)

Anything else, and names that the group does not have, are counted and otherwise ignored. The file has mode
600: whoever may write to it may speak for every server.

A thread reads, because the kernel keeps ten messages at most on many machines, and a server must not wait
for the runtime's next tick. It reads at a limited rate: whoever sends without end waits, not the runtime.

Of several controllers of a group the one that acts has the name: `Watchdog.open` takes it over from whoever
had it, so that a controller that hangs does not keep the reports from its successor. The name never stops to
exist while it changes hands.
"""

from __future__ import annotations

import os
import socket
import stat
import threading
import time
from collections.abc import Collection
from contextlib import suppress

from rejuvmodel.runtime.outside.failures import RefusedError, UnreachableError
from rejuvmodel.runtime.outside.names import one_line

#: A longer message is not read.
MOST_BYTES = 200
_MODE = 0o600
#: After so many messages the reader rests for so many seconds.
_AT_ONCE, _REST = 50, 0.01


class Watchdog:
    """The socket on which the servers of a group report.

    Parameters
    ----------
    path : str
        Its file.
    names : collection of str
        The servers.

    Attributes
    ----------
    refused : int
        Messages that were ignored.
    last_refused : str
        The last of them and why, as one printable line; empty if there was none.
    """

    def __init__(self, path: str, names: Collection[str]) -> None:
        self.path = path
        self.refused = 0
        self.last_refused = ""
        self._names = frozenset(names)
        self._reports: dict[str, float] = {}
        self._socket: socket.socket | None = None
        self._file = (0, 0)

    def open(self) -> None:
        """Take the name and listen; nothing if it listens already and the name still stands.

        Raises
        ------
        RefusedError
            If something else than a socket has the name.
        UnreachableError
            If no socket can be made there.
        """
        if self._socket is not None:
            if self._stands():
                return
            self.close()
        try:
            if not stat.S_ISSOCK(os.lstat(self.path).st_mode):
                found = "there is a file that is no socket"
                raise RefusedError(self.path, found, "Name another file in faults.watchdog_socket.")
        except FileNotFoundError:
            pass
        except OSError as problem:
            raise _no_socket(self.path, problem) from None
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        made = f"{self.path}.{os.getpid()}"
        try:
            with suppress(FileNotFoundError):
                os.unlink(made)
            with suppress(OSError):  # on Linux the file has the mode from its first moment
                os.fchmod(listener.fileno(), _MODE)
            listener.bind(made)
            os.chmod(made, _MODE)
            found_file = os.lstat(made)
            os.rename(made, self.path)
        except OSError as problem:
            listener.close()
            with suppress(OSError):
                os.unlink(made)
            raise _no_socket(self.path, problem) from None
        self._socket, self._file = listener, (found_file.st_dev, found_file.st_ino)
        threading.Thread(target=self._read, args=(listener,), name="watchdog", daemon=True).start()

    def reports(self) -> dict[str, float]:
        """Return when each server last reported.

        Returns
        -------
        dict of str to float
            By server, on the monotonic clock [s]; without those that have not reported yet.
        """
        return self._reports.copy()

    def close(self) -> None:
        """Listen no more, and remove the file unless another controller has taken the name."""
        listener, self._socket = self._socket, None
        if listener is None:
            return
        if self._stands():
            with suppress(OSError):
                os.unlink(self.path)
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the reader, which closes it

    def _stands(self) -> bool:
        """Whether the name is that of the file that was made."""
        try:
            found = os.lstat(self.path)
        except OSError:
            return False
        return (found.st_dev, found.st_ino) == self._file

    def _read(self, listener: socket.socket) -> None:
        """Take in messages until the socket is closed."""
        with listener:
            count = 0
            while self._socket is listener:
                try:
                    message, _, flags, _ = listener.recvmsg(MOST_BYTES)
                except OSError:
                    return
                if self._socket is not listener:
                    return
                self._take(message, cut=bool(flags & socket.MSG_TRUNC))
                count += 1
                if count % _AT_ONCE == 0:
                    time.sleep(_REST)

    def _take(self, message: bytes, *, cut: bool) -> None:
        """Note a report, or count what is none."""
        name = "" if cut else reported(message)
        if name in self._names:
            self._reports[name] = time.monotonic()
            return
        why = f"longer than {MOST_BYTES} bytes" if cut else "no such server" if name else "no report"
        self.refused += 1
        self.last_refused = f"{one_line(message)}: {why}"


def reported(message: bytes) -> str:
    """Return the server that a message names.

    Parameters
    ----------
    message : bytes
        What came in, of unknown origin.

    Returns
    -------
    str
        A name that need not be that of a server; empty if the message is no report.
    """
    try:
        lines = message.decode("ascii").removesuffix("\n").split("\n")
    except UnicodeDecodeError:
        return ""
    if len(lines) == 1 and "=" not in lines[0]:
        return lines[0]
    servers = [line.removeprefix("server=") for line in lines if line.startswith("server=")]
    return servers[0] if "WATCHDOG=1" in lines and len(servers) == 1 else ""


def _no_socket(path: str, problem: OSError) -> UnreachableError:
    """Return the error for a name that cannot be had."""
    found = f"no socket for the servers' reports can be made there ({problem.strerror or problem})"
    return UnreachableError(path, found, "Name a file in a folder that this user may write to.")
