"""The control socket as a file: who may have its name, who may connect, and who is there.

The file has mode 600 from its first moment: on Linux a socket gets the mode that it had before it was bound,
and on every system nobody can connect before ``listen``, which comes after the mode is set. Besides, whoever
connects is asked for the credentials that the kernel knows (SO_PEERCRED, where there is such a thing): only
the same user and root are served.

A name is free if there is no such file, or if nobody listens on the socket there any more, because its
process is dead. Where somebody listens, another controller of the same group is at work, and the name with
".2" is taken. Looking and taking is one step: it is done under a lock on the folder, which leaves no file
behind.
"""

from __future__ import annotations

import errno
import fcntl
import os
import socket
import stat
import struct
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import NoReturn

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.outside.deadlines import Deadline
from rejuvmodel.runtime.outside.failures import RefusedError

#: What the second controller of a group adds to the name.
SECOND = ".2"
_MODE = 0o600
_BACKLOG = 8
#: Seconds for whoever holds the lock on the folder, and for a connection that only looks.
_PATIENCE = 5.0
_LOOK = 1.0
_PAUSE = 0.01


@dataclass(frozen=True, slots=True)
class Place:
    """A name that was taken.

    Parameters
    ----------
    path : str
        The socket's file.
    listener : socket
        Listens there.
    file : tuple of int
        Tells this file from another of the same name: device and number.
    """

    path: str
    listener: socket.socket
    file: tuple[int, int]


def taken(path: str) -> Place:
    """Take the name of a control socket and listen there.

    Parameters
    ----------
    path : str
        The name; that with ".2" is taken if somebody listens there.

    Returns
    -------
    Place
        Where it listens.

    Raises
    ------
    InvalidInputError
        If the folder does not exist or may not be written to, or something else has the name.
    RefusedError
        If two controllers of the group listen already.
    """
    with _folder_of(path):
        for name in (path, path + SECOND):
            if not _somebody_listens(name):
                return _bound(name)
    found = "two runtimes of this group listen here already"
    raise RefusedError(path, found, "Stop one of them first.")


def left(place: Place) -> None:
    """Listen no more, and remove the file if it still is the one that was made.

    Parameters
    ----------
    place : Place
        What `taken` returned.
    """
    try:
        with suppress(OSError, InvalidInputError, RefusedError), _folder_of(place.path):
            found = os.lstat(place.path)
            if (found.st_dev, found.st_ino) == place.file:
                os.unlink(place.path)
    finally:
        place.listener.close()


def is_trusted(connection: socket.socket) -> bool:
    """Return whether the other side is the same user, or root.

    Parameters
    ----------
    connection : socket
        A connection.

    Returns
    -------
    bool
        True also where the system does not tell; the mode of the file decides there.
    """
    option = getattr(socket, "SO_PEERCRED", None)
    if option is None:
        return True
    _, user, _ = struct.unpack("3i", connection.getsockopt(socket.SOL_SOCKET, option, struct.calcsize("3i")))
    return user in (0, os.geteuid())


@contextmanager
def _folder_of(path: str) -> Iterator[None]:
    """Hold the lock on the folder of a file."""
    folder = os.path.dirname(path) or "."
    try:
        held = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as problem:
        _refuse(path, problem)
    try:
        deadline = Deadline(_PATIENCE)
        while True:
            try:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if deadline.over:
                    found = f"another program has held the lock on the folder for {_PATIENCE:g} s"
                    raise RefusedError(path, found, "Name a folder of its own for the socket.") from None
            time.sleep(_PAUSE)
        yield
    finally:
        os.close(held)


def _somebody_listens(path: str) -> bool:
    """Whether a process listens on a socket of this name; a hanging one does."""
    try:
        mode = os.lstat(path).st_mode
    except FileNotFoundError:
        return False
    except OSError as problem:
        _refuse(path, problem)
    if not stat.S_ISSOCK(mode):
        rule = "a name is expected that nothing else has"
        raise InvalidInputError(
            "control", f"{shown(path)}, which is no socket", rule, "Name another file, or remove it."
        )
    with socket.socket(socket.AF_UNIX) as look:
        look.settimeout(_LOOK)
        try:
            look.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except PermissionError as problem:
            _refuse(path, problem)
        except OSError:  # too busy to answer, or a socket of another kind
            return True
    return True


def _bound(path: str) -> Place:
    """Listen under a name that is free."""
    listener = socket.socket(socket.AF_UNIX)
    try:
        with suppress(FileNotFoundError):
            os.unlink(path)
        with suppress(OSError):
            os.fchmod(listener.fileno(), _MODE)
        listener.bind(path)
        found = os.lstat(path)
        if stat.S_IMODE(found.st_mode) != _MODE:
            os.chmod(path, _MODE)
        listener.listen(_BACKLOG)
    except OSError as problem:
        listener.close()
        _refuse(path, problem)
    return Place(path, listener, (found.st_dev, found.st_ino))


def _refuse(path: str, problem: OSError) -> NoReturn:
    """Say why there can be no socket of this name."""
    advice = {
        errno.ENOENT: "Make the folder first.",
        errno.EACCES: "Name a folder that this user may write to.",
        errno.EPERM: "Name a folder that this user may write to.",
    }.get(problem.errno or 0, "Name another file.")
    found = f"{shown(path)} ({problem.strerror or problem})"
    raise InvalidInputError(
        "control", found, "a place where a socket can be made is expected", advice
    ) from None
