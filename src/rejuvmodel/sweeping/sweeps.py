"""sweep: a model at every point of a grid of its parameters, as one labelled data set.

A sweep is cut into chunks that depend on nothing but the grid, so that the same numbers come out, bit for
bit, whoever runs the chunks (on equal installations) and however often the sweep is interrupted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.arrays import whole_number
from rejuvmodel.durations import hours, shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.model_parameters import ParametricModel, model_trigger
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.optimum import rate_bounds
from rejuvmodel.optimum_period import period_bounds
from rejuvmodel.optional_packages import optional_package
from rejuvmodel.parameters import Costs
from rejuvmodel.pool_optimum import pool_bounds
from rejuvmodel.solving import SOLVERS, ClosedForm, Solver
from rejuvmodel.sweeping.axes import Axis, axes_of
from rejuvmodel.sweeping.blocks import Grid
from rejuvmodel.sweeping.collecting import collected
from rejuvmodel.sweeping.data_set import data_set
from rejuvmodel.sweeping.gathered import takes_arrays
from rejuvmodel.sweeping.jobs import MESSAGE, Setting
from rejuvmodel.sweeping.measures import OPTIMUM, measures_of
from rejuvmodel.sweeping.workers import require_workers

if TYPE_CHECKING:
    from datetime import timedelta
    from os import PathLike

    from xarray import Dataset

#: Points that a block has at most, fewer for more than two measures; and points of a chunk of blocks.
_BLOCK, _CHUNK_OF_BLOCKS = 2**20, 2**20
#: Of points solved one by one a sweep has so many chunks, unless these would be longer than so many points.
_CHUNKS, _LONGEST = 100, 100
_BY_ARRAYS = ("rates", "mean_times", "period", "costs")
_SEARCH = ("bounds", "certified")


def sweep(
    model: ParametricModel,
    over: Mapping[str, Any],
    measures: Any = None,
    *,
    costs: Costs | None = None,
    horizon: float | timedelta | str = "365 d",
    optimize: bool | Sequence[Any] | Mapping[str, Any] | None = None,
    solver: Solver | None = None,
    errors: str = "raise",
    workers: Any = None,
    chunk: int | None = None,
    keep: str | PathLike[str] | None = None,
    progress: bool = False,
) -> Dataset:
    """Return measures of a model, or its optimum, at every point of a grid of its parameters.

    Parameters
    ----------
    model : Cluster, Reactive or Pool
        One model, for all that does not vary.
    over : mapping
        For each dimension the name of a parameter and the values it takes: ``{"aging": [1/168, 1/336],
        "servers": [1, 2, 4]}``. Names are fields of the model, its rates [1/h], ``mean_times.…`` [h],
        ``period`` (mean delay before a rejuvenation [h]) and ``costs.…``; text such as ``"7 d"`` under the
        name of a rate is a mean time. Parameters that vary together share a dimension of any name:
        ``{"size": {"primaries": [4, 5], "required": [3, 4]}}``, or a data frame.
    measures : str, callable, or sequence or mapping of them, optional
        Attributes of the steady state (``"availability"``, ``"nines"`` …), ``"downtime"`` and ``"cost"`` over
        the horizon, ``"cost_rate"``, ``"mean_time_to_outage"``, ``"P(u2)"`` for a state, or functions of the
        steady state that return one number. By default availability and unavailability; none with
        ``optimize``.
    costs : Costs, optional
        Costs, where a measure, the optimum or a dimension needs them.
    horizon : float, timedelta or str, optional
        Time [h] of downtime and cost.
    optimize : bool, pair of bounds, or mapping, optional
        Call `optimize` at every point: True, its bounds, or its arguments ``bounds`` and ``certified``.
        Measures are then those at the best rate or period.
    solver : ClosedForm, GTH, Direct, LevelAggregation or LevelReduction, optional
        As for `solve`.
    errors : {"raise", "nan"}, optional
        What becomes of a point that cannot be solved: the error, which names the point; or NaN, and its words
        in the variable ``message``, which is empty elsewhere.
    workers : int, executor or callable, optional
        Who computes: so many threads (grids through the closed form) or processes (all others), an executor
        like those of `concurrent.futures`, such as ``Client.get_executor()`` of Dask, or a function like
        ``map``. By default the calling thread.
    chunk : int, optional
        Points computed, and kept, at a time.
    keep : str or path, optional
        File in which every finished chunk is kept; the same call goes on from there. It is yours to delete.
    progress : bool, optional
        Show a progress bar (tqdm) on standard error.

    Returns
    -------
    xarray.Dataset
        A variable for each measure with one named dimension for each of ``over``; long_name, symbol and units
        in the attributes. With ``optimize``: rate [1/h], period [h], value, without, gain, break_even (NaN
        for none), location and certified, as of `Optimum`.

    Raises
    ------
    InvalidInputError
        If an argument is not valid, or the file is that of another sweep.
    SizeError
        If the result would not fit in memory, or a point is too large.
    ConvergenceError
        If a point cannot be solved.
    RejuvmodelError
        If a worker process dies, or a function like map loses a chunk.
    OSError
        If the disk of the file is full or fails; chunks that were kept stay kept.
    MissingPackageError
        An ImportError, if xarray is not installed (extra ``data``).

    Notes
    -----
    Clusters whose rates, periods or costs vary go through the closed form in blocks, at its accuracy and
    about its speed; all else point by point. Interrupted (Ctrl-C), a sweep loses no finished chunk of
    ``keep``. In a script, a number of workers needs the guard ``if __name__ == "__main__":``.

    Examples
    --------
    >>> from rejuvmodel import Cluster, Rates, sweep
    >>> rates = Rates(aging=1/168, failure=1/2160, repair=1/2, restart=3, rejuvenation=1/336)
    >>> found = sweep(Cluster(2, rates), {"servers": [1, 2, 3], "aging": ["7 d", "14 d"]})
    >>> found.unavailability.dims, found.unavailability.sizes["servers"]
    (('servers', 'aging'), 3)
    """
    optional_package("xarray", "data")
    _require_model(model)
    axes = axes_of(model, over)
    setting = _setting(model, axes, measures, costs, horizon, optimize, solver, errors)
    require_workers(workers)
    points = prod(len(axis) for axis in axes)
    size = _CHUNK_OF_BLOCKS if setting.in_blocks else min(_LONGEST, -(-points // _CHUNKS))
    if chunk is not None:
        size = whole_number("chunk", chunk, 1, "chunk is a number of points, at least 1")
    if not isinstance(progress, bool | np.bool_):
        raise InvalidInputError("progress", shown(progress), "progress is True or False")
    most = _BLOCK // max(1, (len(setting.measures) + 1) // 2)
    grid = _grid(setting, axes, max(1, min(size, most)))
    values, methods = collected(setting, grid, size, workers, keep, bool(progress))
    return data_set(setting, axes, grid, values, methods)


def _require_model(model: object) -> None:
    if not isinstance(model, Cluster | Reactive | Pool):
        raise InvalidInputError(
            "model", shown(model), "sweep takes a Cluster, a Reactive or a Pool, whose parameters have names",
            "Loop over chains built by hand.",
        )  # fmt: skip
    if model.shape:
        raise InvalidInputError(
            "model", f"a grid of shape {model.shape}", "sweep takes one model",
            "Name in over what varies.",
        )  # fmt: skip


def _setting(
    model: ParametricModel, axes: tuple[Axis, ...], measures: Any, costs: Any, horizon: Any, optimize: Any,
    solver: Any, errors: Any,
) -> Setting:  # fmt: skip
    """Check what shall be done at every point."""
    if costs is not None and not isinstance(costs, Costs):
        raise InvalidInputError(
            "costs", shown(costs), "costs are a Costs object", "Write Costs(failure=…, rejuvenation=…)."
        )
    if costs is not None and costs.shape:
        raise InvalidInputError(
            "costs", f"a grid of shape {costs.shape}", "sweep takes one set of costs",
            'Name in over what varies, such as "costs.failure".',
        )  # fmt: skip
    parameters = [column.parameter for axis in axes for column in axis.columns]
    priced = next((one.name for one in parameters if one.group == "costs"), None)
    if priced and costs is None:
        raise InvalidInputError("costs", "nothing", f"{priced} is one of the costs", "Give costs=Costs(…).")
    if errors not in ("raise", "nan"):
        raise InvalidInputError("errors", shown(errors), 'errors is "raise" or "nan"')
    search = _search(model, optimize)
    if search is not None:
        _require_bounds(model, search.get("bounds", (0.0, np.inf)))
    if solver is not None and not isinstance(solver, SOLVERS):
        solvers = ", ".join(f"{one.__name__}()" for one in SOLVERS[:-1]) + f" or {SOLVERS[-1].__name__}()"
        raise InvalidInputError("solver", shown(solver), f"a solver is {solvers}", "Mind the parentheses.")
    waits = [one.name for one in parameters if one.key == ("rates", "rejuvenation")]
    if search is not None and waits:
        raise InvalidInputError("over", waits[0], "optimize chooses it", "Leave one of them out.")
    if search is not None and solver is not None:
        raise InvalidInputError("solver", shown(solver), "optimize has solvers of its own", "Leave it out.")
    if search is None and not waits and not isinstance(model, Reactive):
        model.require_rejuvenation()
    span = hours(horizon, "horizon")
    if not np.isfinite(span):
        raise InvalidInputError("horizon", shown(horizon), "a horizon is a finite time", 'Give "365 d".')
    if measures is None:
        measures = ("availability", "unavailability") if search is None else ()
    wanted = measures_of(model, measures, costs, span)
    if not wanted and search is None:
        raise InvalidInputError("measures", shown(measures), "there is something to measure")
    taken = {MESSAGE, *(OPTIMUM if search is not None else ()), *(axis.name for axis in axes)}
    taken |= {one.name for one in parameters}
    for one in wanted:
        if one.name in taken:
            raise InvalidInputError(
                "measures", shown(one.name), "no variable bears the name of another or of a dimension",
                "Choose another name.",
            )  # fmt: skip
    by_arrays = (
        isinstance(model, Cluster)
        and search is None
        and (solver is None or isinstance(solver, ClosedForm))
        and not any(one.pointwise for one in wanted)
        and (takes_arrays(model) or not waits)
    )
    return Setting(model, costs, wanted, span, search, solver, errors == "nan", by_arrays)


def _search(model: ParametricModel, optimize: Any) -> dict[str, Any] | None:
    """The arguments of `optimize`."""
    if optimize is None or optimize is False:
        return None
    if isinstance(model, Reactive):
        raise InvalidInputError(
            "optimize", shown(optimize), "a Reactive has no rejuvenation", "Leave it out."
        )
    if optimize is True:
        return {}
    if isinstance(optimize, Mapping):
        for key in optimize:
            if key not in _SEARCH:
                raise InvalidInputError(
                    f"optimize[{shown(key)}]", "an unknown argument", "optimize takes bounds and certified"
                )
        return dict(optimize)
    if isinstance(optimize, Sequence | np.ndarray) and not isinstance(optimize, str):
        return {"bounds": tuple(optimize)}
    raise InvalidInputError(
        "optimize", shown(optimize), "optimize is True, bounds, or a mapping of bounds and certified",
        "Write optimize=(0, 10).",
    )  # fmt: skip


def _require_bounds(model: ParametricModel, bounds: object) -> None:
    """Refuse bounds that would fail at every point."""
    try:
        if isinstance(model, Pool):
            pool_bounds(bounds)
        elif model_trigger(model) is not None:
            period_bounds(bounds)
        else:
            rate_bounds(bounds)
    except InvalidInputError as error:
        place = error.argument.removeprefix("bounds")
        advice = error.advice.replace("bounds=", "optimize=")
        raise InvalidInputError(f"optimize{place}", error.found, error.rule, advice) from None


def _grid(setting: Setting, axes: tuple[Axis, ...], most: int) -> Grid:
    """Put the axes outermost that a model does not take as arrays."""
    inner = [
        axis
        for axis in axes
        if setting.in_blocks and all(column.parameter.group in _BY_ARRAYS for column in axis.columns)
    ]
    outer = tuple(axis for axis in axes if axis not in inner)
    return Grid(outer, tuple(inner), most)
