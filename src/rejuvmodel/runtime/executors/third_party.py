"""Executors of other distributions, found by their entry points.

A distribution that brings one writes in its ``pyproject.toml``::

    [project.entry-points."rejuvmodel.executors"]
    kubernetes = "my_package:make_executor"

``make_executor`` takes the keys of ``[executor]`` as a mapping, checks them, and returns an `Executor`.
"""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError, RejuvmodelError
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.outside.failures import OutsideError
from rejuvmodel.runtime.outside.names import one_line

GROUP = "rejuvmodel.executors"
#: The executors of this distribution; no other may take their names.
OWN = ("dry-run", "command", "supervisor", "process")


def third_party_names() -> tuple[str, ...]:
    """Return the names of the executors that other installed distributions bring.

    Returns
    -------
    tuple of str
        Sorted, without those that take a name of ours.
    """
    return tuple(sorted({point.name for point in entry_points(group=GROUP)} - set(OWN)))


def third_party_executor(name: object, settings: Mapping[str, Any]) -> Executor:
    """Make an executor that another distribution brings.

    Parameters
    ----------
    name : object
        The ``type`` of ``[executor]``.
    settings : mapping
        The other keys of that table.

    Returns
    -------
    Executor
        Whatever its maker returns.

    Raises
    ------
    InvalidInputError
        If no installed distribution brings it, or two do; and whatever its maker finds wrong.
    OutsideError
        If it cannot be loaded or made, or is no executor.
    """
    found = [point for point in entry_points(group=GROUP) if point.name == name and name not in OWN]
    if len(found) != 1:
        known = [*OWN, *third_party_names()]
        rule = f"the executors are {', '.join(known)}"
        near = get_close_matches(name, known, n=1) if isinstance(name, str) else []
        advice = f'Did you mean "{near[0]}"?' if near else "Install the distribution that brings it."
        text = f"{shown(name)}, which {len(found)} distributions bring" if found else shown(name)
        raise InvalidInputError("executor.type", text, rule, advice)
    where = f'executor "{name}" ({found[0].value})'
    try:
        made = found[0].load()(dict(settings))
    except RejuvmodelError:
        raise
    except Exception as problem:  # foreign code may raise anything
        text = f"it cannot be made ({type(problem).__name__}: {one_line(problem)})"
        raise OutsideError(where, text, "Ask whoever wrote it.") from problem
    if not isinstance(made, Executor):
        raise OutsideError(where, "what it makes has no restart and identity", "Ask whoever wrote it.")
    return made
