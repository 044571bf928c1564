"""TOML files: read whole, with an error in words for whatever can be wrong with a file."""

from __future__ import annotations

import os
import tomllib
from typing import Any

from rejuvmodel.text_files import file_name, read_text, refuse_file

_KIND = "a TOML file"
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
    name = file_name(path, "a.toml")
    text = read_text(name, _KIND, _MOST_BYTES)
    try:
        return tomllib.loads(text)
    except RecursionError:
        refuse_file(name, "values nested too deeply", _KIND, "Check that it is the right file.")
    except ValueError as problem:  # TOMLDecodeError, or an integer of thousands of digits
        advice = 'Text and durations stand in quotes ("20 min"), numbers without, one key to a line.'
        refuse_file(name, f"a syntax error: {problem}", _KIND, advice)
