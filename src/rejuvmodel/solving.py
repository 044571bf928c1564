"""solve(model, solver): one verb over models and solvers; a solver is a small frozen object.

The closed form evaluates Equations 4–7 from the numbers of a model; the numeric road solves the generator of
its chain. They share no code below this file but the result type.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from rejuvmodel import measures
from rejuvmodel.cluster_solution import ClusterSolution
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.direct import Direct
from rejuvmodel.markov.elimination import GTH
from rejuvmodel.markov.groups import weighted_groups
from rejuvmodel.markov.level_solvers import LevelAggregation, LevelReduction
from rejuvmodel.memory import require_memory
from rejuvmodel.models import birth_death
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.phase_chain import Expansion
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.solutions import ArraySolution
from rejuvmodel.steady_state import SteadyState

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rejuvmodel.markov.flows import Flows
    from rejuvmodel.pool_state import PoolState

    Floats = NDArray[np.float64]

Model: TypeAlias = "Cluster | Reactive | Pool | MarkovChain"


@dataclass(frozen=True)
class ClosedForm:
    """The corrected Equations 4–7; for `Cluster` (whole grids) and `Reactive`, at full relative accuracy."""

    name = "closed form"


Solver: TypeAlias = "ClosedForm | GTH | Direct | LevelAggregation | LevelReduction"
SOLVERS = (ClosedForm, GTH, Direct, LevelAggregation, LevelReduction)


def solve(model: Model, solver: Solver | None = None) -> SteadyState:
    """Return the steady state of a model.

    Parameters
    ----------
    model : Cluster, Reactive, Pool or MarkovChain
        What to solve. A `Cluster` with array rates is solved for the whole grid.
    solver : ClosedForm, GTH, Direct, LevelAggregation or LevelReduction, optional
        How. By default the closed form where there is one; a pool by its levels, and the result says which
        way and why; else GTH. The solvers by levels take a `Pool`, or a chain that declares its levels.

    Returns
    -------
    SteadyState
        Probabilities and measures.

    Raises
    ------
    InvalidInputError
        If the model has no unique steady state, its rejuvenation rate is left open, or the solver does
        not fit the model.
    SizeError
        If the solution would not fit in memory.
    ConvergenceError
        If a solver cannot stand behind its numbers.

    Examples
    --------
    >>> from rejuvmodel import Cluster, Rates, solve
    >>> rates = Rates(aging=1/168, failure=1/2160, repair=1/2, restart=3, rejuvenation=1/336)
    >>> f"{solve(Cluster(2, rates)).unavailability:.3g}"
    '3.7e-06'
    """
    if not isinstance(model, Cluster | Reactive | Pool | MarkovChain):
        raise InvalidInputError(
            "model", shown(model), "a model is a Cluster, a Reactive, a Pool or a MarkovChain",
            "Build one first.",
        )  # fmt: skip
    if isinstance(model, Cluster | Pool):
        model.require_rejuvenation()
    if isinstance(model, Pool):
        return _pool_state(model, solver)
    if isinstance(solver, LevelAggregation | LevelReduction):
        if not isinstance(model, MarkovChain) or model.levels is None:
            raise InvalidInputError(
                "solver", f"{type(solver).__name__}()", f"{_named(model)} has no levels",
                "Use GTH() or Direct(), or build a chain with levels=.",
            )  # fmt: skip
        return SteadyState(_by_levels(model, model.levels, solver))
    if solver is None:
        solver = GTH() if isinstance(model, MarkovChain) else ClosedForm()
    if isinstance(solver, ClosedForm):
        return SteadyState(_closed(model))
    if not isinstance(solver, GTH | Direct):
        raise InvalidInputError(
            "solver", shown(solver),
            "a solver is ClosedForm(), GTH(), Direct(), LevelAggregation() or LevelReduction()",
            "Mind the parentheses.",
        )  # fmt: skip
    if isinstance(model, Cluster) and model.shape:
        return SteadyState(_numeric_grid(model, solver))
    return SteadyState(_numeric_model(model, solver))


def _pool_state(pool: Pool, solver: Solver | None) -> PoolState:
    """The steady state of a pool, by its product form where there is one and nothing else is asked for."""
    # Loaded only for pools.
    from rejuvmodel.pool_solution import from_probabilities
    from rejuvmodel.pool_solving import solved_pool
    from rejuvmodel.pool_state import PoolState
    from rejuvmodel.product_solution import ProductSolution

    if pool.unrestricted and (solver is None or isinstance(solver, ClosedForm)):
        why = "it was asked for" if solver else "no server waits for another but for repair crews"
        return PoolState(ProductSolution(pool, why))
    if isinstance(solver, ClosedForm):
        raise InvalidInputError(
            "solver", "ClosedForm()", "a pool has a product form only where no rejuvenation has to wait",
            "Leave the solver out.",
        )  # fmt: skip
    if solver is None or isinstance(solver, LevelAggregation | LevelReduction):
        return PoolState(solved_pool(pool, solver))
    if not isinstance(solver, GTH | Direct):
        raise InvalidInputError(
            "solver", shown(solver),
            "a solver of pools is ClosedForm(), LevelAggregation(), LevelReduction(), GTH() or Direct()",
            "Mind the parentheses.",
        )  # fmt: skip
    found = _numeric(pool.chain(), solver)
    pi, left = found.log_probabilities, found.residual or 0.0
    return PoolState(from_probabilities(pool, pi, left, solver.name, "it was asked for"))


def _closed(model: Cluster | Reactive | MarkovChain) -> ClusterSolution | ArraySolution:
    if isinstance(model, Cluster):
        return ClusterSolution(model)
    if isinstance(model, MarkovChain):
        raise InvalidInputError(
            "solver", "ClosedForm()", "a chain built by hand has no closed form", "Use GTH() or Direct()."
        )
    pair = birth_death.reactive_probabilities(model.servers, float(model.failure), float(model.repair))
    # The last state is the only one down; nothing is read from the chain.
    none, down = (np.zeros(0, np.int64), np.zeros(0)), (np.array([model.servers]), np.ones(1))
    groups = {"unavailability": down, "unplanned": down, "planned": none, "rejuvenations": none}
    return ArraySolution(model.labels, *pair, groups, ClosedForm.name)


def _named(model: Model) -> str:
    return "a chain built without levels=" if isinstance(model, MarkovChain) else f"a {type(model).__name__}"


def _by_levels(
    chain: MarkovChain, numbers: NDArray[np.int64], solver: LevelAggregation | LevelReduction
) -> ArraySolution:
    # Loaded only for chains with levels.
    from rejuvmodel.markov.chain_levels import ChainLevels
    from rejuvmodel.markov.level_reduction import reduce_levels
    from rejuvmodel.markov.levels import aggregate

    members, flows = chain.recurrent_flows()
    levels = ChainLevels(flows, numbers[members])
    found = reduce_levels(levels) if isinstance(solver, LevelReduction) else aggregate(levels, solver)
    logs = levels.log_probabilities(found)
    return _of_all_states(chain, members, flows, (np.exp(logs), logs), solver.name)


def _numeric(chain: MarkovChain, solver: GTH | Direct) -> ArraySolution:
    members, flows = chain.recurrent_flows()
    return _of_all_states(chain, members, flows, solver.log_weights(flows), solver.name)


def _of_all_states(
    chain: MarkovChain, members: NDArray[np.int64], flows: Flows, found: tuple[Floats, Floats], name: str
) -> ArraySolution:
    inner, log_inner = found
    if len(members) == len(chain):
        pi, log_pi = inner, log_inner
    else:
        pi, log_pi = np.zeros(len(chain)), np.full(len(chain), -np.inf)
        pi[members], log_pi[members] = inner, log_inner
    residual = _residual(inner, flows.origin, flows.target, flows.rate)
    return ArraySolution(chain.labels, pi, log_pi, weighted_groups(chain), name, residual)


def _numeric_model(model: Cluster | Reactive | MarkovChain, solver: GTH | Direct) -> ArraySolution:
    if isinstance(model, Cluster):
        expansion = model.expansion()
        return _folded(_numeric(expansion.chain, solver), expansion, model.labels)
    return _numeric(model.chain() if isinstance(model, Reactive) else model, solver)


def _folded(solution: ArraySolution, expansion: Expansion, labels: Sequence[str]) -> ArraySolution:
    """The solution with the phases of each state summed back to its label."""
    places, size = expansion.label_places, len(labels)
    if len(places) == size:
        return solution
    pi: Floats = np.zeros(size)
    np.add.at(pi, places, solution.probabilities)
    order = np.argsort(places, kind="stable")
    firsts = np.flatnonzero(np.diff(places[order], prepend=-1))
    top = np.maximum.reduceat(solution.log_probabilities[order], firsts)
    with np.errstate(divide="ignore"):
        safe = np.where(np.isneginf(top), 0.0, top)
        parts = np.exp(solution.log_probabilities[order] - safe[places[order]])
        log_pi = np.log(np.add.reduceat(parts, firsts)) + safe
    pi = np.where(pi < measures.UNDERFLOW, np.exp(log_pi), pi)
    groups = {name: np.unique(places[states]) for name, (states, _) in solution.groups.items()}
    weighted = {name: (states, np.ones(len(states))) for name, states in groups.items()}
    flow = {"rejuvenations": (solution.mass("rejuvenations"), solution.mass("rejuvenations", logarithm=True))}
    return ArraySolution(labels, pi, log_pi, weighted, solution.method, solution.residual, flow)


def _numeric_grid(model: Cluster, solver: GTH | Direct) -> ArraySolution:
    points = int(np.prod(model.shape, dtype=object))
    states = len(model.labels)
    require_memory(
        f"All {states} state probabilities at {points} point(s)",
        16.0 * points * states,
        "Use solver=ClosedForm().",
    )
    pi, log_pi = np.empty((2, *model.shape, states))
    started, log_started = np.empty((2, *model.shape))
    residual = 0.0
    for index in np.ndindex(model.shape):
        one = _numeric_model(model[index], solver)
        pi[index], log_pi[index] = one.probabilities, one.log_probabilities
        # The only mass whose weights, rates that start a rejuvenation, differ from point to point.
        started[index] = one.mass("rejuvenations")
        log_started[index] = one.mass("rejuvenations", logarithm=True)
        residual = max(residual, cast("float", one.residual))
    flow = {"rejuvenations": (started, log_started)}
    return ArraySolution(model.labels, pi, log_pi, one.groups, solver.name, residual, flow)


def _residual(pi: Floats, origin: NDArray[np.int64], target: NDArray[np.int64], rate: Floats) -> float:
    """Largest relative difference of inflow and outflow among states that doubles resolve."""
    if not len(rate):
        return 0.0
    flow = pi[origin] * rate
    inflow = np.bincount(target, flow, minlength=len(pi))
    outflow = np.bincount(origin, flow, minlength=len(pi))
    seen = (pi > 1e-280) & (outflow > 1e-280) & np.isfinite(inflow) & np.isfinite(outflow)
    seen[target[pi[origin] < 1e-280]] = False  # part of their inflow has underflowed
    return float(np.max(np.abs(inflow[seen] - outflow[seen]) / outflow[seen], initial=0.0))
