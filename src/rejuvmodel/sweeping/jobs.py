"""A chunk of a sweep as a job that carries all it needs: it can be run here, in a process, or far away."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import prod
from typing import TYPE_CHECKING, Any, TypeAlias, cast

import numpy as np

from rejuvmodel.errors import InvalidInputError, RejuvmodelError
from rejuvmodel.model_parameters import ParametricModel, model_trigger, with_values
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.grid_blocks import grid_blocks
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum import optimize
from rejuvmodel.parameters import Costs
from rejuvmodel.solving import Solver, solve
from rejuvmodel.steady_state import SteadyState
from rejuvmodel.sweeping.axes import Axis
from rejuvmodel.sweeping.blocks import Block, spread
from rejuvmodel.sweeping.gathered import gathered
from rejuvmodel.sweeping.measures import OPTIMUM, Measure, needed_masses

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.optimum_result import Optimum
    from rejuvmodel.parameter_values import Parameter

Result: TypeAlias = "dict[str, NDArray[Any]]"

#: The variable that says what went wrong at a point, and the name under which a job tells its methods.
MESSAGE, METHODS = "message", "_methods"
#: What stands at a point that could not be solved.
_BLANK: dict[type, Any] = {float: np.nan, object: "", bool: False}
#: Values of states held at a time.
_PROBABILITIES = 2**20


@dataclass(frozen=True, eq=False)
class Setting:
    """What is done at every point of a sweep.

    Attributes
    ----------
    model : Cluster, Reactive or Pool
        The model whose parameters vary.
    costs : Costs or None
        Costs.
    measures : tuple of Measure
        What is measured.
    horizon : float
        Time [h] of downtime and cost.
    search : mapping or None
        Arguments of `optimize`; None if nothing is optimised.
    solver : Solver or None
        How points are solved.
    keep_going : bool
        Whether a point that cannot be solved becomes NaN and a message.
    in_blocks : bool
        Whether whole blocks go through the closed form.
    """

    model: ParametricModel
    costs: Costs | None
    measures: tuple[Measure, ...]
    horizon: float
    search: Mapping[str, Any] | None
    solver: Solver | None
    keep_going: bool
    in_blocks: bool

    @property
    def timed(self) -> bool:
        """Whether the model has a trigger, so that the axis of an optimum is a delay."""
        return model_trigger(self.model) is not None

    @cached_property
    def variables(self) -> dict[str, type]:
        """Names of the variables and the type of their entries."""
        found: dict[str, type] = {}
        if self.search is not None:
            kinds = {"location": object, "certified": bool}
            found |= {name: kinds.get(name, float) for name in OPTIMUM}
        found |= dict.fromkeys((one.name for one in self.measures), float)
        return found | ({MESSAGE: object} if self.keep_going else {})


@dataclass(frozen=True, eq=False)
class Job:
    """One chunk.

    Attributes
    ----------
    number : int
        Its number.
    setting : Setting
        What is done at every point.
    whole : tuple of Axis
        Axes of which every block has all values.
    blocks : list of Block
        Its points.
    """

    number: int
    setting: Setting
    whole: tuple[Axis, ...]
    blocks: list[Block]

    @property
    def points(self) -> int:
        """Number of points."""
        return self.blocks[-1].stop - self.blocks[0].start

    def run(self, into: Result | None = None) -> Result:
        """Return the values of every variable at the points of this chunk, in order.

        Parameters
        ----------
        into : dict of ndarray, optional
            Where to write numbers; new arrays by default.

        Returns
        -------
        dict of ndarray
            Arrays of equal length by name, and the names of the methods that were used.

        Raises
        ------
        RejuvmodelError
            If a point cannot be solved and the sweep shall not go on; the message names the point.
        """
        setting = self.setting
        result = into or {name: np.empty(self.points, kind) for name, kind in setting.variables.items()}
        if MESSAGE in result:
            result[MESSAGE][:] = ""
        methods: set[str] = set()
        first = self.blocks[0].start
        for block, values in spread(self.whole, self.blocks):
            part = slice(block.start - first, block.stop - first)
            views = {name: array[part].reshape(block.shape) for name, array in result.items()}
            try:
                found, method = values_at(setting, values, views)
            except RejuvmodelError as error:
                if not setting.keep_going:
                    raise _placed(error, block) from error
                for name, kind in setting.variables.items():
                    result[name][part] = _BLANK[kind]
                result[MESSAGE][part] = str(error)
                continue
            except Exception as error:
                error.add_note(f"At {_point(block)} of the sweep.")
                raise
            methods.add(method)
            for name, value in found.items():
                if not (isinstance(value, np.ndarray) and value.base is views[name].base):
                    views[name][...] = value
        texts = {name: array.astype(np.str_) for name, array in result.items() if array.dtype == object}
        return result | texts | {METHODS: np.array(sorted(methods), dtype=np.str_)}


def values_at(setting: Setting, values: Mapping[Parameter, Any], views: Result) -> tuple[dict[str, Any], str]:
    """Return the variables at a block of points, and how they were found.

    Parameters
    ----------
    setting : Setting
        What is done at every point.
    values : mapping
        Values by parameter.
    views : dict of ndarray
        Where the variables will be, of the shape of the block; may be written to.

    Returns
    -------
    tuple of dict and str
        Values by variable, which broadcast to the shape of the block, and the name of the method.
    """
    if setting.in_blocks:
        return _of_block(setting, values, views)
    model, costs = with_values(setting.model, values, setting.costs)
    found: dict[str, Any] = {}
    if setting.search is not None:
        best = optimize(cast("Cluster | Pool", model), costs, **setting.search)
        found |= _told(best)
        model = best.model
        if not setting.measures:
            return found, "optimize"
        state = best.state
    else:
        state = solve(model, setting.solver)
    for one in setting.measures:
        found[one.name] = _number(one, one.of(state, model, costs, setting.horizon))
    return found, state.method


def _of_block(setting: Setting, values: Mapping[Parameter, Any], views: Result) -> tuple[dict[str, Any], str]:
    """Variables of a block by the closed form."""
    fixed = {one: value for one, value in values.items() if one.group in ("layout", "costs")}
    model, costs = with_values(setting.model, fixed, setting.costs)
    cluster = cast("Cluster", model)
    rates: dict[str, Any] = {
        one.field: value for one, value in values.items() if one.group in ("rates", "mean_times")
    }
    for one, value in values.items():
        if one.group == "period":
            if model_trigger(model) is None:
                with np.errstate(divide="ignore"):
                    rates["rejuvenation"] = np.divide(1.0, value)  # infinite for at once
            else:
                rates["period"] = value
    into = _places(setting.measures, views)
    solution = gathered(cluster, rates, *needed_masses(setting.measures, costs), into)
    state = SteadyState(solution)
    summed = [one for one in setting.measures if not one.state]
    found = {one.name: one.of(state, model, costs, setting.horizon, views[one.name]) for one in summed}
    if len(summed) < len(setting.measures):
        shape = next(iter(views.values())).shape
        found |= _probabilities(setting, cluster, rates, shape)
    return found, state.method


def _places(measures: Sequence[Measure], views: Result) -> tuple[Result, Result]:
    """Where masses, and their logarithms, are written to: their own variable, or the only one they are for.

    Fresh memory would cost as much as the closed form.
    """
    into: tuple[Result, Result] = ({}, {})
    for one in measures:
        same = [other for other in measures if (other.masses, other.logarithm) == (one.masses, one.logarithm)]
        if one.masses and (one.is_mass or len(same) == 1):
            into[one.logarithm][one.masses[0]] = views[one.name].reshape(-1)
    return into


def _probabilities(
    setting: Setting, cluster: Cluster, rates: Mapping[str, Any], shape: tuple[int, ...]
) -> dict[str, Any]:
    """Probabilities of single states, few points at a time because all states are found together."""
    wanted = [one for one in setting.measures if one.state]
    found = {one.name: np.empty(prod(shape)) for one in wanted}
    arrays = {name: value for name, value in rates.items() if np.ndim(value)}
    size = max(1, _PROBABILITIES // (3 * cluster.servers + 1))
    for part, values in grid_blocks(shape, list(arrays.values()), size):
        some = {**rates, **dict(zip(arrays, values, strict=True))}
        state = SteadyState(gathered(cluster, some, [], []))
        for one in wanted:
            found[one.name][part] = state[one.state]
    return {name: array.reshape(shape) for name, array in found.items()}


def _told(best: Optimum) -> dict[str, Any]:
    """What a sweep tells of an optimum; NaN where there is no break-even."""
    found = {name: getattr(best, name) for name in OPTIMUM}
    return found | {"break_even": np.nan if best.break_even is None else best.break_even}


def _number(one: Measure, value: Any) -> float:
    try:
        if np.ndim(value) == 0:
            return float(value)
    except (TypeError, ValueError):
        pass
    raise InvalidInputError(
        "measures", f"{type(value).__name__} from {one.name}", "a function returns one number for one state"
    )


def _placed(error: RejuvmodelError, block: Block) -> RejuvmodelError:
    """The same error, which also says where in the grid."""
    if not block.shown:
        return error
    if isinstance(error, InvalidInputError):
        return InvalidInputError(
            f"{error.argument} at {_point(block)}", error.found, error.rule, error.advice
        )
    return type(error)(f"At {_point(block)}: {error}")


def _point(block: Block) -> str:
    return ", ".join(
        f"{name}={value:.9g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in block.shown.items()
    )
