"""sensitivity(model): exact derivatives and elasticities of the measures with respect to every rate and cost.

The roads give logarithms and elasticities of the masses of the measures (``elasticity_roads``); here they
become measures. A cost rate is a sum of masses times their prices: its elasticity is the mean of theirs,
weighted by what each costs, and with respect to a price it is the share of the cost that the price causes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from rejuvmodel.durations import hours, shown
from rejuvmodel.elasticity_roads import mass_elasticities
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.influences import InputParameter
from rejuvmodel.mass_elasticities import NOTHING, Size
from rejuvmodel.measures import PRICED, log_sum
from rejuvmodel.parameters import COST_NAMES, Costs
from rejuvmodel.sensitivity_result import Sensitivity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.elasticity_roads import Found
    from rejuvmodel.markov.elimination import GTH
    from rejuvmodel.solving import ClosedForm, Model

    Floats = NDArray[np.float64]

Row: TypeAlias = "tuple[Size, Floats, Floats]"

#: Below these values and parameters are divided by their logarithms.
_SMALL, _NEAR = 1e-280, 1e-100
#: Elasticities below this at a limit are 0.
_NOTHING = 1e-60
#: Measures of the masses, without costs.
_OF_MASS = {
    "unavailability": "unavailability",
    "planned_unavailability": "planned",
    "unplanned_unavailability": "unplanned",
}
#: Costs in their order among the parameters, and their symbols.
_PRICES = tuple(COST_NAMES)
_SYMBOLS = {
    "failure": "C_f",
    "rejuvenation": "C_r",
    "capacity": "C_cap",
    "degraded": "C_d",
    "per_rejuvenation": "C_per",
}


def sensitivity(
    model: Model,
    *,
    costs: Costs | None = None,
    horizon: float | timedelta | str = "365 d",
    solver: ClosedForm | GTH | None = None,
    by: str = "cause",
) -> Sensitivity:
    """Return exact derivatives and elasticities of availability, downtime and cost for every parameter.

    Parameters
    ----------
    model : Cluster, Reactive, Pool or MarkovChain
        One model; no grid. Its parameters are its rates [1/h]; with a trigger the mean delay, "period" [h],
        takes the place of the rejuvenation rate: the law is stretched in time.
    costs : Costs, optional
        Costs of the conditions; with them the cost rate and the cost are measures, and each cost is a
        parameter.
    horizon : float, timedelta or str, optional
        Time T that downtime and cost are counted over: hours, or "365 d".
    solver : ClosedForm or GTH, optional
        Which road to take. By default the closed form, of pools the product form, where there is one; else
        GTH, with a derivative beside every number.
    by : {"cause", "transition"}, optional
        Of a chain built by hand: whether the parameters are its causes, each with the common rate of its
        transitions (a common factor, of value 1, if their rates differ), or its single transitions.

    Returns
    -------
    Sensitivity
        Values, derivatives ∂f/∂θ and elasticities (θ/f)·∂f/∂θ.

    Raises
    ------
    InvalidInputError
        If the model is a grid, has no derivatives, leaves its rejuvenation open, or declares no measure.
    SizeError
        If the chain is too large.

    Notes
    -----
    Nothing is differentiated numerically, and no step is chosen. The error of an elasticity E is at most
    about 1e-15·(n + abs(E)) with n servers, also of outages of 1e-300; a law of one's own on the clock
    "service" has 1e-8. At a rate of 0 the derivative is the one-sided one. Theory:
    ``docs/theory/sensitivity.md``.

    Examples
    --------
    >>> from rejuvmodel import Cluster, Rates, sensitivity
    >>> rates = Rates(aging=1/168, failure=1/2160, repair=1/2, restart=3, rejuvenation=1/336)
    >>> found = sensitivity(Cluster(2, rates))
    >>> found.ranking("unavailability")[0].parameter
    'repair'
    """
    span = _span(horizon)
    _require_costs(costs)
    found = mass_elasticities(model, solver, by)
    parameters = found.parameters + ((_cost_inputs(costs)) if costs is not None else ())
    table = _Table(found, len(parameters))
    rows: dict[str, Row] = {}
    if "unavailability" in found.masses.masses:
        rows["availability"] = table.availability()
        rows |= {name: table.of_mass(mass) for name, mass in _OF_MASS.items()}
        rows["downtime"] = _times(rows["unavailability"], span)
    if costs is not None:
        rows["cost_rate"] = table.cost_rate(costs)
        rows["cost"] = _times(rows["cost_rate"], span)
    if not rows:
        raise InvalidInputError(
            "down", "nothing", "this chain does not say which states are down, and there are no costs",
            "Give down= when building the chain.",
        )  # fmt: skip
    sizes, derivatives, elasticities = (np.array(column) for column in zip(*rows.values(), strict=True))
    return Sensitivity(
        parameters,
        tuple(rows),
        sizes[:, 0],
        sizes[:, 1],
        derivatives,
        elasticities,
        costs,
        span,
        found.masses.method,
    )


class _Table:
    """Measures from the elasticities of the masses."""

    def __init__(self, found: Found, count: int) -> None:
        self.found, self.count = found, count
        self.own = len(found.parameters)
        self._moved = bool(found.at_zero or found.at_infinity)

    def of_mass(self, name: str) -> Row:
        """Size, derivatives and elasticities of a mass."""
        masses = self.found.masses
        if name not in masses.masses:
            raise InvalidInputError(
                name, "nothing", f"this chain does not say which states count as {name!r}",
                f"Give {name}= when building the chain.",
            )  # fmt: skip
        size = masses.masses[name]
        elasticities = masses.elasticities[name]
        gone = self._vanishes(elasticities)
        derivatives, shown = np.zeros(self.own), elasticities.copy()
        for k, one in enumerate(self.found.parameters):
            others = gone.copy()
            others[k] = False
            if one.name in self.found.at_zero:
                # The value was moved; f/θ · E stays finite for E ≈ 1 and tends to 0 for higher powers.
                if not others.any() and elasticities[k] < 1.5:
                    derivatives[k] = _slope(size, self.found.at_zero[one.name], elasticities[k])
            elif self._moved and abs(elasticities[k]) <= _NOTHING:
                shown[k] = 0.0  # exactly so at the limit
            elif one.name not in self.found.at_infinity and not gone.any():
                derivatives[k] = _slope(size, one.value, elasticities[k])
            if one.name in self.found.at_zero or one.name in self.found.at_infinity:
                shown[k] = elasticities[k] if abs(elasticities[k]) > _NOTHING else 0.0
        return NOTHING if gone.any() else size, self._padded(derivatives), self._padded(shown)

    def availability(self) -> Row:
        """The same of the availability, from whichever of up and down is rarer."""
        down, derivatives, elasticities = self.of_mass("unavailability")
        if down.value > 0.5:
            return self.of_mass("up")
        up = Size(1.0 - down.value, float(np.log1p(-down.value)))
        return up, 0.0 - derivatives, 0.0 - elasticities * (down.value / up.value)

    def cost_rate(self, costs: Costs) -> Row:
        """The same of the cost per hour."""
        prices = {cost: float(np.asarray(getattr(costs, cost))) for cost in PRICED}
        known = {cost: self.of_mass(mass) for cost, mass in PRICED.items() if prices[cost] > 0}
        amounts = np.log([prices[cost] for cost in known])
        log = float(log_sum(amounts + np.array([known[cost][0].log for cost in known])))
        value = float(sum(prices[cost] * known[cost][0].value for cost in known))
        # Near a limit of the rates, where masses that vanish at it still are in proportion.
        terms = amounts + np.array([self.found.masses.masses[PRICED[cost]].log for cost in known])
        most = float(log_sum(terms))
        shares = np.exp(terms - most) if np.isfinite(most) else np.zeros(len(terms))
        derivatives, elasticities = np.zeros(self.count), np.zeros(self.count)
        for share, cost in zip(shares, known, strict=True):
            derivatives += prices[cost] * known[cost][1]
            elasticities += share * known[cost][2]
        for place, cost in enumerate(_PRICES, self.own):
            mass = PRICED[cost]
            if mass in self.found.masses.masses:
                derivatives[place] = self.of_mass(mass)[0].value
            if cost in known:
                elasticities[place] = shares[list(known).index(cost)]
        if self._moved:
            elasticities[np.abs(elasticities) <= _NOTHING] = 0.0
        return Size(value, log), derivatives, elasticities

    def _vanishes(self, elasticities: Floats) -> NDArray[np.bool_]:
        """With which of the parameters at a limit the mass vanishes."""
        return np.array(
            [
                (one.name in self.found.at_zero and e > 0.5)
                or (one.name in self.found.at_infinity and e < -0.5)
                for one, e in zip(self.found.parameters, elasticities.tolist(), strict=True)
            ]
        )

    def _padded(self, values: Floats) -> Floats:
        return np.concatenate([values, np.zeros(self.count - self.own)])


def _cost_inputs(costs: Costs) -> tuple[InputParameter, ...]:
    return tuple(
        InputParameter(
            f"costs.{name}",
            f"cost of one {COST_NAMES[name]}",
            _SYMBOLS[name],
            "currency" if name == "per_rejuvenation" else "currency/h",
            float(np.asarray(getattr(costs, name))),
        )
        for name in _PRICES
    )


def _times(row: Row, factor: float) -> Row:
    """A measure times a constant."""
    size, derivatives, elasticities = row
    with np.errstate(over="ignore"):
        return Size(size.value * factor, size.log + float(np.log(factor))), derivatives * factor, elasticities


def _slope(size: Size, theta: float, elasticity: float) -> float:
    """f·E/θ, by logarithms where f leaves the range of doubles or θ is near a limit."""
    if elasticity == 0 or size.log == -np.inf:
        return 0.0
    with np.errstate(over="ignore", under="ignore", divide="ignore"):
        if size.value > _SMALL and theta > _NEAR:
            return float(np.float64(size.value) / theta * elasticity)
        return float(np.copysign(np.exp(size.log - np.log(theta) + np.log(abs(elasticity))), elasticity))


def _span(horizon: float | timedelta | str) -> float:
    span = hours(horizon, "horizon")
    if not 0 < span < np.inf:
        raise InvalidInputError(
            "horizon", shown(horizon), "a horizon is a finite time above 0", 'Give hours, or "365 d".'
        )
    return span


def _require_costs(costs: object) -> None:
    if costs is None:
        return
    if not isinstance(costs, Costs):
        raise InvalidInputError(
            "costs", shown(costs), "costs are a Costs object", "Write Costs(failure=…, rejuvenation=…)."
        )
    if costs.shape:
        raise InvalidInputError(
            "costs", f"a grid of shape {costs.shape}", "derivatives belong to one set of costs",
            "Take one of its points, costs[index].",
        )  # fmt: skip
