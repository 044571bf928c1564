"""A pool at many points: solved one by one, here or by workers, chunk by chunk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.errors import InvalidInputError, RejuvmodelError
from rejuvmodel.models.pool import Pool
from rejuvmodel.solving import solve
from rejuvmodel.sweeping.workers import run_all

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Points of a chunk: some tens of milliseconds, so that handing them out costs little.
_CHUNK = 8


@dataclass(frozen=True, eq=False)
class PoolPoints:
    """A chunk of points, as a job for `run_all`.

    Attributes
    ----------
    number : int
        Its number.
    pool : Pool
        The pool; its own rates where none are given.
    rates : mapping of ndarray
        Rates [1/h] by name, shape (points,).
    names : tuple of str
        Masses that are wanted.
    """

    number: int
    pool: Pool
    rates: Mapping[str, Floats]
    names: tuple[str, ...]

    def run(self, into: dict[str, Any] | None = None) -> dict[str, Any]:
        """Return the logarithms of the masses.

        Parameters
        ----------
        into : dict of ndarray, optional
            Where to write them; new arrays by default.

        Returns
        -------
        dict of ndarray
            By name, shape (points,).
        """
        count = len(next(iter(self.rates.values())))
        found = into or {name: np.empty(count) for name in self.names}
        for k in range(count):
            given = {name: float(column[k]) for name, column in self.rates.items()}
            for name, mass in _log_masses(self.pool, given, self.names).items():
                found[name][k] = mass
        return found


def log_masses_at(
    pool: Pool, rates: Mapping[str, Floats], names: tuple[str, ...], workers: Any
) -> dict[str, Floats]:
    """Return logarithms of masses of a pool at many points.

    Parameters
    ----------
    pool : Pool
        The pool; its own rates where none are given.
    rates : mapping of ndarray
        Rates [1/h] by name, all of one shape.
    names : tuple of str
        Masses that are wanted.
    workers : None, int, executor or callable
        Who solves them; the numbers are the same with any.

    Returns
    -------
    dict of ndarray
        By name, of the shape of the rates.

    Raises
    ------
    RejuvmodelError
        If a point cannot be solved; the message has its rates.
    """
    shape = next(iter(rates.values())).shape
    flat = {name: column.ravel() for name, column in rates.items()}
    size = next(iter(flat.values())).size
    found = {name: np.empty(size) for name in names}

    def jobs() -> Iterator[PoolPoints]:
        for number, begin in enumerate(range(0, size, _CHUNK)):
            part = slice(begin, begin + _CHUNK)
            yield PoolPoints(number, pool, {name: column[part] for name, column in flat.items()}, names)

    def finish(number: int, result: dict[str, Any]) -> None:
        for name, values in result.items():
            found[name][number * _CHUNK : number * _CHUNK + len(values)] = values

    run_all(jobs(), workers, finish, lambda _: {}, in_blocks=False)
    return {name: values.reshape(shape) for name, values in found.items()}


def _log_masses(pool: Pool, rates: dict[str, float], names: tuple[str, ...]) -> dict[str, Any]:
    try:
        solution = solve(replace(pool, rates=pool.rates.replace(**rates))).solution
        return dict(solution.masses_of(list(names), logarithm=True))
    except InvalidInputError:
        raise
    except RejuvmodelError as error:
        where = ", ".join(f"{name}={rate:.9g}" for name, rate in rates.items())
        raise type(error)(f"At {where}: {error}") from error
