"""What the commands of the runtime print with ``--json``: one document, or one line each time. No NumPy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

#: Number of the schema; raised when a key changes its meaning or goes away.
SCHEMA = 1


def runtime_json(command: str, **parts: Any) -> str:
    """Return the JSON document of a command.

    Parameters
    ----------
    command : str
        Its name, such as "runtime check".
    **parts
        The other keys.

    Returns
    -------
    str
        Valid JSON.
    """
    return written({"schema": SCHEMA, "command": command, **parts})


def written(document: Mapping[str, Any], *, line: bool = False) -> str:
    """Return a document as JSON.

    Parameters
    ----------
    document : mapping
        JSON values.
    line : bool
        Whether it is one line of many.

    Returns
    -------
    str
        Valid JSON.
    """
    return json.dumps(document, indent=None if line else 2, allow_nan=False)
