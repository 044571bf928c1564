"""TOML files: read whole, with an error in words for whatever can be wrong with a file."""

from __future__ import annotations

import os
import tomllib
from typing import Any, NoReturn

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError

_MOST_BYTES = 2**20


def read_toml(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Return the contents of a TOML file.

    Parameters
    ----------
    path : str or path
        The file, at most 1 MiB of UTF-8 text; a byte order mark is ignored.

    Returns
    -------
    dict
        Tables as dicts, everything else as `tomllib` gives it.

    Raises
    ------
    InvalidInputError
        If the file is missing, a directory, unreadable, too large, not text or not TOML; with line and
        column where there are any.
    """
    given: object = path
    if not isinstance(given, str | os.PathLike):
        found = f"{shown(given)} ({type(given).__name__})"
        raise InvalidInputError(
            "path", found, "a file is named by text or a path", 'Write, for example, "a.toml".'
        )
    name = os.fsdecode(path)
    data = _contents(name)
    try:
        return tomllib.loads(data.decode("utf-8-sig"))
    except UnicodeDecodeError as problem:
        line = data.count(b"\n", 0, problem.start) + 1
        found = f"byte 0x{data[problem.start]:02x} in line {line}, which is not UTF-8 text"
        _refuse_file(name, found, "Save it as UTF-8, or check that it is the right file.")
    except RecursionError:
        _refuse_file(name, "values nested too deeply", "Check that it is the right file.")
    except ValueError as problem:  # TOMLDecodeError, or an integer of thousands of digits
        advice = 'Text and durations stand in quotes ("20 min"), numbers without, one key to a line.'
        _refuse_file(name, f"a syntax error: {problem}", advice)


def _contents(name: str) -> bytes:
    try:
        with open(name, "rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except FileNotFoundError:
        _refuse_file(name, "no such file", "Check the name and the directory.")
    except IsADirectoryError:
        _refuse_file(name, "a directory", "Name the file in it.")
    except PermissionError:
        _refuse_file(name, "a file that may not be read", "Ask for permission to read it.")
    except (OSError, ValueError) as problem:  # ValueError: a zero byte in the name
        reason = getattr(problem, "strerror", None) or str(problem)
        _refuse_file(name, f"a file that cannot be read ({reason})", "Check the name.")
    if len(data) > _MOST_BYTES:
        _refuse_file(name, f"more than {_MOST_BYTES} bytes", "Check that it is the right file.")
    return data


def _refuse_file(name: str, found: str, advice: str) -> NoReturn:
    raise InvalidInputError(name or '""', found, "a TOML file in UTF-8 is expected", advice)
