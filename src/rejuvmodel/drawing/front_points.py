"""Alternatives as points of cost and unavailability, with words for what makes them differ."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.drawing.labelled_grid import axis_of, label_of, variable
from rejuvmodel.durations import shown, words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.pool_choice_result import PoolChoice

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from rejuvmodel.pool_alternative import PoolAlternative

    Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Points:
    """Points of cost and logarithm of the unavailability, shape (points,); the words of one on demand.

    Where the words are values of dimensions, ``names`` says of which; else it is empty.
    """

    cost: Floats
    log_down: Floats
    words: Callable[[int], tuple[str, ...]]
    cost_label: str
    names: tuple[str, ...] = ()


def front_points(alternatives: Any, cost: str, unavailability: str) -> Points:
    """Return the points of a choice of pools, or of two variables of a sweep.

    Parameters
    ----------
    alternatives : PoolChoice or xarray.Dataset
        The alternatives.
    cost, unavailability : str
        Variables of the Dataset.

    Returns
    -------
    Points
        One point for each alternative.
    """
    if isinstance(alternatives, PoolChoice):
        return _of_choice(alternatives)
    if not hasattr(alternatives, "data_vars"):
        raise InvalidInputError(
            "alternatives", shown(alternatives), "a front is drawn of a PoolChoice or an xarray.Dataset",
            "Write choose_pool(…) or sweep(…) first.",
        )  # fmt: skip
    return _of_sweep(alternatives, cost, unavailability)


def _of_choice(choice: PoolChoice) -> Points:
    table = choice.table
    parts = {
        "slots": lambda one: f"{one.pool.places} slot{'s' if one.pool.places != 1 else ''}",
        "crews": lambda one: f"{one.pool.crews} crew{'s' if one.pool.crews != 1 else ''}",
        "required": lambda one: f"{one.pool.needed} required",
        "rejuvenation": _wait,
    }
    varied = [part for part in parts.values() if len({part(one) for one in table}) > 1]

    def named(place: int) -> tuple[str, ...]:
        one = table[place]
        return (f"{one.pool.primaries} + {one.pool.spares}", *(part(one) for part in varied))

    cost = np.array([one.running_cost for one in table])
    log_down = np.array([one.log_unavailability for one in table])
    return Points(cost, log_down, named, "running cost [per hour]")


def _wait(one: PoolAlternative) -> str:
    rate = one.pool.require_rejuvenation()
    return f"wait {words(float(f'{1 / rate:.3g}'))}" if rate > 0 else "never"


def _of_sweep(sweep: Any, cost: str, unavailability: str) -> Points:
    costs = variable(sweep, cost, "cost")
    down = variable(sweep, unavailability, "unavailability")
    logs = f"log_{unavailability}"  # also where the unavailability itself underflows
    with np.errstate(divide="ignore"):
        log_down = sweep[logs] if logs in sweep.data_vars else down.copy(data=np.log(down.values))
    costs, log_down = costs.broadcast_like(log_down), log_down.broadcast_like(costs)
    dims = [str(name) for name in costs.dims]
    shape = costs.shape
    axes = [(k, axis_of(costs, name)) for k, name in enumerate(dims) if shape[k] > 1]

    def named(place: int) -> tuple[str, ...]:
        index = np.unravel_index(place, shape)
        return tuple(axis.value(int(index[k])) for k, axis in axes)

    x, y = (np.asarray(array.transpose(*dims).values, np.float64).ravel() for array in (costs, log_down))
    return Points(x, y, named, label_of(sweep[cost], cost), tuple(axis.what for _, axis in axes))
