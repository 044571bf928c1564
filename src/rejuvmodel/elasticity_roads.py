"""Which road finds the elasticities of a model: its closed form, its product form, or GTH on its chain.

A rate of 0, or an infinite rejuvenation rate, is a limit of the formulas: the elasticities are taken 120
decades from it, where they are those at the limit to the last digit of a double, and ``at_zero`` and
``at_infinity`` say which parameters were moved, and to which values. A probability that vanishes with a rate
like its m-th power has elasticity m there.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.chain_elasticities import by_cause, by_transition, eliminated_masses
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.influences import InputParameter
from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.elimination import GTH
from rejuvmodel.mass_elasticities import MassElasticities, Size
from rejuvmodel.models import cluster_elasticities as closed
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.product_elasticities import product_elasticities
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.parameters import RATE_NAMES
from rejuvmodel.solving import ClosedForm

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.flows import Family
    from rejuvmodel.solving import Model

    Floats = NDArray[np.float64]

#: How far from a limit elasticities are taken, and the range of rates in which that is done.
_DECADES, _RANGE = 1e120, (1e-290, 1e290)
_PERIOD = ("mean delay before a rejuvenation", "E[D]", "h")


class Found(NamedTuple):
    """Elasticities with the parameters they belong to, and the limits near which they were taken."""

    parameters: tuple[InputParameter, ...]
    masses: MassElasticities
    at_zero: dict[str, float]
    at_infinity: dict[str, float]


def mass_elasticities(model: Model, solver: object = None, by: str = "cause") -> Found:
    """Return the masses of a model and their elasticities.

    Parameters
    ----------
    model : Cluster, Reactive, Pool or MarkovChain
        One model, no grid.
    solver : ClosedForm or GTH, optional
        Which road to take; the closed form where there is one.
    by : {"cause", "transition"}
        The parameters of a chain built by hand.

    Returns
    -------
    Found
        Parameters and elasticities.
    """
    _require_solver(solver)
    if isinstance(model, MarkovChain):
        return _of_chain(model, solver, by)
    _require_point(model)
    values = _values(model)
    moved, zero, infinite = _moved(values)
    parameters = tuple(_input(name, value) for name, value in values.items())
    numeric = isinstance(solver, GTH) or (isinstance(model, Pool) and not model.unrestricted)
    if isinstance(model, Pool) and isinstance(solver, ClosedForm) and numeric:
        raise InvalidInputError(
            "solver", "ClosedForm()", "a pool has a product form only where no rejuvenation has to wait",
            "Leave the solver out.",
        )  # fmt: skip
    found = _numeric(model, moved) if numeric else _closed(model, moved)
    sizes, elasticities, method = found
    return Found(parameters, MassElasticities(tuple(values), sizes, elasticities, method), zero, infinite)


def _require_solver(solver: object) -> None:
    if solver is not None and not isinstance(solver, ClosedForm | GTH):
        raise InvalidInputError(
            "solver", shown(solver), "derivatives are taken by ClosedForm() or GTH()", "Leave it out."
        )


def _require_point(model: object) -> None:
    if not isinstance(model, Cluster | Reactive | Pool):
        raise InvalidInputError(
            "model", shown(model), "a model is a Cluster, a Reactive, a Pool or a MarkovChain",
            "Build one first.",
        )  # fmt: skip
    if model.shape:
        raise InvalidInputError(
            "model", f"a grid of shape {model.shape}", "derivatives belong to one model",
            "Take one of its points, cluster[index].",
        )  # fmt: skip


def _values(model: Cluster | Reactive | Pool) -> dict[str, float]:
    """Values of the parameters by name."""
    if isinstance(model, Reactive):
        return {"failure": float(model.failure), "repair": float(model.repair)}
    model.require_rejuvenation()
    values = {name: float(getattr(model.rates, name)) for name in closed.RATES[:-1]}
    trigger = model.trigger
    if trigger is None:
        values["rejuvenation"] = float(np.asarray(model.rates.rejuvenation))
    elif trigger.mean is not None and not 0 < float(trigger.mean) < np.inf:
        raise InvalidInputError(
            "trigger", f"a mean delay of {float(trigger.mean):g} h",
            "derivatives need a mean delay above 0 and below infinity",
            "For never and at once, give rates.rejuvenation = 0 or infinity instead of the trigger.",
        )  # fmt: skip
    else:
        # The elasticities of a law of one's own do not depend on what its mean is.
        values["period"] = np.nan if trigger.mean is None else float(trigger.mean)
    if values["failure"] == values.get("rejuvenation") == 0:
        raise InvalidInputError(
            "rates.failure and rates.rejuvenation", "0 and 0",
            "with both at 0 servers stay unstable for ever, and how fast they leave has no derivative",
            "Give one of them a value above 0.",
        )  # fmt: skip
    return values


def _moved(values: dict[str, float]) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """The values with limits replaced by values very near to them, and which these are."""
    rates = [x for name, x in values.items() if name != "period" and 0 < x < np.inf]
    near = max(min(rates) / _DECADES, _RANGE[0])
    far = min(max(rates) * _DECADES, _RANGE[1])
    zero = {name: near for name, x in values.items() if x == 0}
    infinite = {name: far for name, x in values.items() if x == np.inf}
    return values | zero | infinite, zero, infinite


def _input(name: str, value: float) -> InputParameter:
    if name == "period":
        return InputParameter(name, _PERIOD[0], _PERIOD[1], _PERIOD[2], value)
    return InputParameter(name, *RATE_NAMES[name], "1/h", value)


def _closed(
    model: Cluster | Reactive | Pool, rates: dict[str, float]
) -> tuple[dict[str, Size], dict[str, Floats], str]:
    """By formulas that read no chain."""
    if isinstance(model, Reactive):
        return *closed.reactive_elasticities(
            model.servers, rates["failure"], rates["repair"]
        ), ClosedForm.name
    if isinstance(model, Pool):
        return *product_elasticities(model.total, model.crews, model.needed, rates), "product form"
    if model.trigger is None:
        return *closed.cluster_elasticities(model.servers, **rates), ClosedForm.name
    from rejuvmodel.models.trigger_elasticities import trigger_elasticities  # loaded only for triggers

    four = [rates[name] for name in ("aging", "failure", "repair", "restart")]
    return *trigger_elasticities(model.servers, four, model.trigger), ClosedForm.name


def _numeric(
    model: Cluster | Reactive | Pool, rates: dict[str, float]
) -> tuple[dict[str, Size], dict[str, Floats], str]:
    """By elimination on the chain."""
    names = list(rates)
    if isinstance(model, Reactive):
        chain = Reactive(servers=model.servers, **rates).chain()
    else:
        inner = model.rates.replace(**{name: x for name, x in rates.items() if name != "period"})
        chain = replace(model, rates=inner).chain()
    # The phases of a delay are left at rates in proportion to 1/mean.
    sign = -1.0 if "period" in rates else 1.0
    powers = {name: sign if name == "period" else 1.0 for name in names}
    place = {"phase": "period", "rejuvenation": "period"} if "period" in rates else {}

    def slopes(family: Family) -> Floats:
        name = place.get(family.cause, family.cause)
        row = np.zeros(len(names))
        row[names.index(name)] = powers[name]
        return np.broadcast_to(row, (len(family.rate), len(names)))

    return *eliminated_masses(chain, [slopes(family) for family in chain.families], len(names)), GTH.name


def _of_chain(chain: MarkovChain, solver: object, by: str) -> Found:
    """Elasticities of a chain built by hand."""
    if isinstance(solver, ClosedForm):
        raise InvalidInputError(
            "solver", "ClosedForm()", "a chain built by hand has no closed form", "Use GTH()."
        )
    if by not in ("cause", "transition"):
        raise InvalidInputError(
            "by", shown(by), 'the parameters of a chain are "cause" or "transition"', 'Write by="cause".'
        )
    parameters, slopes = (by_cause if by == "cause" else by_transition)(chain)
    sizes, elasticities = eliminated_masses(chain, slopes, len(parameters))
    masses = MassElasticities(tuple(one.name for one in parameters), sizes, elasticities, GTH.name)
    return Found(parameters, masses, {}, {})
