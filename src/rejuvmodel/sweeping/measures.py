"""What a sweep can measure, by name: the numbers of a steady state, of a mission and of an optimum."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.durations import shown, words
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.measures import needed
from rejuvmodel.mission import mean_time_to_outage
from rejuvmodel.model_parameters import ParametricModel
from rejuvmodel.models.pool import Pool

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.parameters import Costs
    from rejuvmodel.steady_state import SteadyState

#: For each measure its meaning, symbol, unit and, where it is a sum of probabilities, which and whether as a
#: logarithm.
_KNOWN: dict[str, tuple[str, str, str, tuple[str, ...], bool]] = {
    "availability": ("availability", "A", "1", ("unavailability",), False),
    "unavailability": ("unavailability", "U", "1", ("unavailability",), False),
    "log_unavailability": ("natural logarithm of the unavailability", "ln U", "1", ("unavailability",), True),
    "planned_unavailability": ("unavailability by rejuvenation", "P_{r_1}", "1", ("planned",), False),
    "unplanned_unavailability": ("unavailability by failure", "P_0", "1", ("unplanned",), False),
    "nines": ("nines of availability", "-log10 U", "1", ("unavailability",), True),
    "downtime": ("downtime in", "U T", "h", ("unavailability",), False),
    "cost_rate": ("expected cost per hour", "", "currency/h", (), False),
    "log_cost_rate": ("natural logarithm of the expected cost per hour", "", "1", (), True),
    "cost": ("expected cost in", "", "currency", (), False),
    "mean_time_to_outage": ("mean time to the first outage", "", "h", (), False),
    "capacity_availability": ("share of the primaries' work that is served", "", "1", (), False),
    "log_probability_all_failed": ("ln of the probability that all have failed", "", "1", (), False),
}
#: Measures that are a mass as it is.
_MASSES = ("unavailability", "log_unavailability", "planned_unavailability", "unplanned_unavailability")
_PRICED = ("cost_rate", "log_cost_rate", "cost")
_OF_POOLS = ("capacity_availability", "log_probability_all_failed")
_OVER_A_HORIZON = ("downtime", "cost")
#: What is told of an optimum: meaning, symbol and unit; the objective has a unit of its own.
OPTIMUM = {
    "rate": ("best rejuvenation rate", "λ_r", "1/h"),
    "period": ("best mean delay before a rejuvenation", "", "h"),
    "value": ("objective at the best", "", None),
    "without": ("objective without rejuvenation", "", None),
    "gain": ("what the best saves against no rejuvenation", "", None),
    "break_even": ("first rate, or longest mean delay, from which it pays", "", None),
    "location": ("where in the bounds the best lies", "", ""),
    "certified": ("whether the location is proved", "", ""),
}


@dataclass(frozen=True)
class Measure:
    """One measure of a sweep.

    Attributes
    ----------
    name : str
        Name of the variable.
    long_name, symbol, unit : str
        What it is; empty where nothing is known.
    masses : tuple of str
        Sums of probabilities from which it follows.
    logarithm : bool
        Whether their logarithms are needed.
    state : str
        The state whose probability it is; empty for other measures.
    function : callable or None
        A function of the steady state that the user gave.
    """

    name: str
    long_name: str = ""
    symbol: str = ""
    unit: str = ""
    masses: tuple[str, ...] = ()
    logarithm: bool = False
    state: str = ""
    function: Callable[[SteadyState], float] | None = None

    @property
    def pointwise(self) -> bool:
        """Whether it needs the model, or the steady state, of every single point."""
        return self.function is not None or self.name == "mean_time_to_outage"

    @property
    def is_mass(self) -> bool:
        """Whether it is itself one of the masses, or its logarithm."""
        return self.name in _MASSES and self.function is None

    @property
    def attributes(self) -> dict[str, str]:
        """What the variable says of itself."""
        found = {"long_name": self.long_name, "symbol": self.symbol, "units": self.unit}
        return {key: text for key, text in found.items() if text}

    def of(
        self, state: SteadyState, model: ParametricModel, costs: Costs | None, horizon: float,
        out: NDArray[Any] | None = None,
    ) -> Any:  # fmt: skip
        """Return its value, or its values over the points of the state.

        Parameters
        ----------
        state : SteadyState
            The state to measure.
        model : Cluster, Reactive or Pool
            The model of that state.
        costs : Costs or None
            Costs, which priced measures need.
        horizon : float
            Time [h] of downtime and cost.
        out : ndarray, optional
            Array that it may be written to, to save memory.

        Returns
        -------
        float or ndarray
            The measure.
        """
        if self.name == "availability" and self.function is None and out is not None:
            down = state.solution.mass("unavailability")
            if np.shape(down) == out.shape:
                return np.subtract(1.0, down, out=out)
        if self.function is not None:
            return self.function(state)
        if self.state:
            return state[self.state]
        if self.name == "mean_time_to_outage":
            return mean_time_to_outage(model)
        if self.name == "downtime":
            return state.downtime(horizon)
        if self.name in _PRICED and costs is not None:
            return state.cost(costs, horizon) if self.name == "cost" else getattr(state, self.name)(costs)
        return getattr(state, self.name)


def measures_of(
    model: ParametricModel, wanted: object, costs: Costs | None, horizon: float
) -> tuple[Measure, ...]:
    """Return the measures that a user named.

    Parameters
    ----------
    model : Cluster, Reactive or Pool
        The model to measure.
    wanted : str, callable, or iterable or mapping of them
        Names, ``"P(u2)"`` for the probability of a state, or functions of the steady state; a mapping gives
        functions other names.
    costs : Costs or None
        Costs, which priced measures need.
    horizon : float
        Time [h] of downtime and cost.

    Returns
    -------
    tuple of Measure
        One for each.

    Raises
    ------
    InvalidInputError
        If a name is unknown or used twice, or what it needs is missing.
    """
    if isinstance(wanted, str) or callable(wanted):
        wanted = (wanted,)
    if isinstance(wanted, Mapping):
        pairs = list(wanted.items())
    elif isinstance(wanted, Iterable):
        pairs = [(None, one) for one in wanted]
    else:
        raise InvalidInputError("measures", shown(wanted), "measures are names or functions", _example())
    found = tuple(_measure(model, name, one, costs, horizon) for name, one in pairs)
    for k, one in enumerate(found):
        if one.name in [other.name for other in found[:k]]:
            raise InvalidInputError("measures", f"{shown(one.name)} twice", "every measure has its own name")
    return found


def needed_masses(measures: Iterable[Measure], costs: Costs | None) -> tuple[list[str], list[str]]:
    """Return the names of all masses that measures need, and of those needed as logarithms.

    Parameters
    ----------
    measures : iterable of Measure
        What is measured.
    costs : Costs or None
        Costs of the point or block.

    Returns
    -------
    tuple of list of str
        Plain ones and logarithms, without repetition.
    """
    kinds: tuple[dict[str, None], dict[str, None]] = ({}, {})
    for one in measures:
        priced = needed(costs) if one.name in _PRICED and costs is not None else ()
        kinds[one.logarithm].update(dict.fromkeys((*one.masses, *priced)))
    return list(kinds[0]), list(kinds[1])


def _measure(
    model: ParametricModel, name: object, one: object, costs: Costs | None, horizon: float
) -> Measure:
    if callable(one):
        called = name if name is not None else getattr(one, "__name__", "")
        if not isinstance(called, str) or not called or called == "<lambda>":
            raise InvalidInputError(
                "measures", shown(one), "a function has a name", 'Write measures={"my_measure": function}.'
            )
        return Measure(called, function=one)
    if isinstance(one, str) and one.startswith("P(") and one.endswith(")") and not isinstance(model, Pool):
        variable = one if name is None else str(name)
        return Measure(variable, f"probability of the state {one[2:-1]}", one, "1", state=one[2:-1])
    known = [key for key in _KNOWN if isinstance(model, Pool) or key not in _OF_POOLS]
    if not isinstance(one, str) or one not in known:
        near = get_close_matches(one, known, n=1) if isinstance(one, str) else []
        raise InvalidInputError(
            "measures", shown(one), f"the measures of a {type(model).__name__} are {', '.join(known)}",
            f'Did you mean "{near[0]}"?' if near else _example(),
        )  # fmt: skip
    if name is not None and name != one:
        raise InvalidInputError("measures", shown(name), "only functions are given other names")
    if one in _PRICED and costs is None:
        raise InvalidInputError("costs", "nothing", f"{one} needs costs", "Give costs=Costs(…).")
    long_name, symbol, unit, masses, logarithm = _KNOWN[one]
    if one in _OVER_A_HORIZON:
        long_name = f"{long_name} {words(horizon)}"
    return Measure(one, long_name, symbol, unit, masses, logarithm)


def _example() -> str:
    return 'Write measures=("availability", "downtime"), or a function of the steady state.'
