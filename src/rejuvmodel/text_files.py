"""Text files: read whole, with an error in words for whatever can be wrong; written whole or not at all.

A file is written under another name in the same directory, flushed to the disk, and then given its own name
in one step. So whoever reads it meets the old text or the new one, whenever the writer is stopped.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from typing import NoReturn

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError


def file_name(path: object, example: str) -> str:
    """Return the name of a file as text.

    Parameters
    ----------
    path : str or path
        The file, as the user named it.
    example : str
        A name of that kind, for the error.

    Returns
    -------
    str
        The name.

    Raises
    ------
    InvalidInputError
        If it is neither text nor a path.
    """
    if isinstance(path, str | os.PathLike):
        return os.fsdecode(path)
    found = f"{shown(path)} ({type(path).__name__})"
    raise InvalidInputError(
        "path", found, "a file is named by text or a path", f'Write, for example, "{example}".'
    )


def read_text(name: str, kind: str, most_bytes: int) -> str:
    """Return the text of a file.

    Parameters
    ----------
    name : str
        The file, in UTF-8; a byte order mark is ignored.
    kind : str
        What the file should be, for errors: "a TOML file".
    most_bytes : int
        A longer file is refused.

    Returns
    -------
    str
        Its text.

    Raises
    ------
    InvalidInputError
        If the file is missing, a directory, unreadable, too large or not UTF-8.
    """
    data = _contents(name, kind, most_bytes)
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        found = f"byte 0x{data[problem.start]:02x} in line {line}, which is not UTF-8 text"
        refuse_file(name, found, kind, "Save it as UTF-8, or check that it is the right file.")


def write_text(name: str, text: str) -> None:
    """Write a file whole or not at all.

    Parameters
    ----------
    name : str
        The file; replaced if it exists, with its permissions kept, and through symbolic links.
    text : str
        What it shall hold, written in UTF-8.

    Raises
    ------
    InvalidInputError
        If it cannot be written there: no such directory, no permission, or no ordinary file.
    OSError
        If the disk is full or fails; the old file is as it was.
    """
    try:
        target = os.path.realpath(name)
        mode = _mode_of(name, target)
        _replace(target, text.encode("utf-8"), mode)
    except (FileNotFoundError, NotADirectoryError):
        _refuse_target(name, "a file in no directory", "Make the directory first.")
    except PermissionError:
        _refuse_target(
            name, "a file that may not be written", "Choose another directory, or ask for permission."
        )
    except OSError as problem:
        raise OSError(problem.errno, f"{problem.strerror}; nothing was changed", name) from problem
    except ValueError as problem:  # a zero byte in the name
        _refuse_target(name, f"a name that no file can have ({problem})", "Check the name.")


def refuse_file(name: str, found: str, kind: str, advice: str) -> NoReturn:
    """Raise the error for a file that cannot be read.

    Parameters
    ----------
    name, found, kind, advice : str
        The file, what it is, what it should be ("a TOML file"), and the next step.

    Raises
    ------
    InvalidInputError
        Always.
    """
    raise InvalidInputError(name or '""', found, f"{kind} in UTF-8 is expected", advice)


def _contents(name: str, kind: str, most_bytes: int) -> bytes:
    try:
        with open(name, "rb") as file:
            data = file.read(most_bytes + 1)
    except FileNotFoundError:
        refuse_file(name, "no such file", kind, "Check the name and the directory.")
    except IsADirectoryError:
        refuse_file(name, "a directory", kind, "Name the file in it.")
    except PermissionError:
        refuse_file(name, "a file that may not be read", kind, "Ask for permission to read it.")
    except (OSError, ValueError) as problem:  # ValueError: a zero byte in the name
        reason = getattr(problem, "strerror", None) or str(problem)
        refuse_file(name, f"a file that cannot be read ({reason})", kind, "Check the name.")
    if len(data) > most_bytes:
        refuse_file(name, f"more than {most_bytes} bytes", kind, "Check that it is the right file.")
    return data


def _mode_of(name: str, target: str) -> int | None:
    """Permissions of the file that will be replaced; None if there is none."""
    try:
        mode = os.stat(target).st_mode
    except FileNotFoundError:
        if not os.path.basename(name):
            _refuse_target(name, "a directory", "Name the file in it.")
        return None
    if stat.S_ISDIR(mode):
        _refuse_target(name, "a directory", "Name the file in it.")
    if not stat.S_ISREG(mode):
        _refuse_target(name, "a device, pipe or socket", "Name an ordinary file.")
    return stat.S_IMODE(mode)


def _replace(target: str, data: bytes, mode: int | None) -> None:
    directory = os.path.dirname(target)
    # A short name of its own, because the target's may be as long as names can be.
    temporary = os.path.join(directory, f".rejuvmodel-{secrets.token_hex(8)}.tmp")
    # A new file has the permissions of any new file of this user; another's are never wider than the old.
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    descriptor = os.open(temporary, flags, 0o666 if mode is None else mode)
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is not None:
            os.chmod(temporary, mode)
        os.replace(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _flush_directory(directory)


def _flush_directory(directory: str) -> None:
    """Make the new name survive a power cut, where the system can."""
    with suppress(OSError):  # the file is there already; some systems open no directories
        descriptor = os.open(directory, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _refuse_target(name: str, found: str, advice: str) -> NoReturn:
    raise InvalidInputError(name or '""', found, "a file that can be written is expected", advice)
