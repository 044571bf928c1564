"""Executors of other distributions, found by their entry points.

A distribution that brings one writes in its ``pyproject.toml``::

    [project.entry-points."rejuvmodel.executors"]
    kubernetes = "my_package:make_executor"

``make_executor`` takes the keys of ``[executor]`` as a mapping, checks them, and returns an `Executor`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from importlib.metadata import entry_points
from typing import Any

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError, RejuvmodelError
from rejuvmodel.runtime.executors.executor import Executor
from rejuvmodel.runtime.outside.failures import OutsideError
from rejuvmodel.runtime.outside.names import one_line
from rejuvmodel.runtime.watching.identity import Identity

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
        What its maker returns; whatever its methods raise or return by mistake is an `OutsideError`.

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
    return _Contained(made, where)


class _Contained(Executor):
    """An executor of foreign code, of which nothing gets out but what an executor may say."""

    def __init__(self, inner: Executor, where: str) -> None:
        self._inner = inner
        self._where = where

    def restart(self, program: str) -> None:
        """Restart a program."""
        with self._contained("restart"):
            self._inner.restart(program)

    def identity(self, program: str) -> Identity | None:
        """Return which process the program is now."""
        with self._contained("identity"):
            found: object = self._inner.identity(program)
        if found is None or isinstance(found, Identity):
            return found
        text = f"its identity is no Identity ({type(found).__name__})"
        raise OutsideError(self._where, text, "Ask whoever wrote it.")

    @contextmanager
    def _contained(self, method: str) -> Iterator[None]:
        """Turn what foreign code raises into an error of the outside."""
        try:
            yield
        except RejuvmodelError:
            raise
        except Exception as problem:
            text = f"its {method} failed ({type(problem).__name__}: {one_line(problem)})"
            raise OutsideError(self._where, text, "Ask whoever wrote it.") from problem
