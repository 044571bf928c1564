"""The status of a group as it is now: from its runtime, or from the journal where none answers."""

from __future__ import annotations

from typing import Any

from rejuvmodel.cli.runtime_journaled import journaled_status
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.operating.control_client import ask
from rejuvmodel.runtime.outside.failures import NobodyListensError, OutsideError


def current(file: RuntimeFile) -> dict[str, Any]:
    """Return the status document of a group.

    Parameters
    ----------
    file : RuntimeFile
        The file.

    Returns
    -------
    dict
        That of its runtime; if none answers, one from the journal, which says so among its problems.
    """
    try:
        reply = ask(file.home.control, "status")
    except NobodyListensError:
        return journaled_status(file, f"no runtime answers on {file.home.control}")
    except OutsideError as problem:
        return journaled_status(file, f"no runtime answers on {file.home.control} ({problem.found})")
    if not reply.ok:
        return journaled_status(file, f"no runtime answers on {reply.path} ({reply.error})")
    return reply.status
