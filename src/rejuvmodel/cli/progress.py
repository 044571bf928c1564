"""Progress bars: under long work only, and only in front of a person."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer

#: Points of a grid from which on a terminal shows a progress bar.
_LONG_WORK = 100


def progress_bar(label: str) -> Callable[[tuple[int, ...]], Iterator[tuple[int, ...]]]:
    """Give the points of a grid, under a progress bar if it is long work in front of a person.

    Parameters
    ----------
    label : str
        What is worked out.

    Returns
    -------
    callable
        Takes the shape of a grid, yields its indices in order.
    """

    def shown(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
        from math import prod

        from numpy import ndindex

        points = ndindex(shape)
        if prod(shape) < _LONG_WORK or sys.stderr is None or not sys.stderr.isatty():
            yield from points
            return
        with typer.progressbar(points, length=prod(shape), label=label, file=sys.stderr) as bar:
            yield from bar

    return shown


@contextmanager
def step_bar(label: str) -> Iterator[Callable[[int, int], None] | None]:
    """Give a callable that shows how many of all steps are done; None where nobody watches.

    Parameters
    ----------
    label : str
        What is worked out.

    Yields
    ------
    callable or None
        Takes the steps done and all steps.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        yield None
        return
    with typer.progressbar(length=1, label=label, file=sys.stderr) as bar:

        def shown(done: int, total: int) -> None:
            bar.length = total
            bar.update(done - bar.pos)

        yield shown
