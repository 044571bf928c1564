"""agreement: the one place where the two roads meet.

The closed form (Equations 4–7) and the numeric road (GTH on the generator) share no code below this file.
Where they agree in every state, neither has the mistake that the other would have to have as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.arrays import real
from rejuvmodel.errors import AgreementError, InvalidInputError
from rejuvmodel.html_tables import html_table
from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.direct import Direct
from rejuvmodel.markov.elimination import GTH
from rejuvmodel.markov.level_solvers import LevelAggregation, LevelReduction
from rejuvmodel.measures import UNDERFLOW
from rejuvmodel.models.pool import Pool
from rejuvmodel.solving import ClosedForm, Model, Solver, solve

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.steady_state import SteadyState

    Floats = NDArray[np.float64]

#: States of a pool up to which GTH is quick.
_MOST_STATES = 5000
#: Largest relative difference that `Agreement.check` accepts by default.
RTOL = 1e-10
#: The masses that are compared, and what a difference in them is called.
_MASSES = {
    "unavailability": "unavailability",
    "unplanned": "unplanned unavailability",
    "planned": "planned unavailability",
    "degraded": "degraded states",
    "rejuvenating": "rejuvenating states",
    "rejuvenations": "rejuvenations per hour",
}


@dataclass(frozen=True)
class Agreement:
    """How far two independent solutions of one model differ.

    Attributes
    ----------
    worst_relative : float
        Largest relative difference ``|p − q| / q`` over all states and all masses that measures are made
        of (unavailability, planned, unplanned, degraded, rejuvenating, rejuvenations per hour); where a
        value is below 1e-290, of the logarithms, ``|ln p − ln q| / max(1, |ln q|)``. Infinite where only
        one is 0.
    where : str
        The state or mass (and grid index) where it occurs.
    first, second : float
        The two values there; natural logarithms if ``logarithms``.
    logarithms : bool
        Whether the worst difference is one of logarithms.
    methods : tuple of str
        Methods of the two solutions.
    """

    worst_relative: float
    where: str
    first: float
    second: float
    logarithms: bool
    methods: tuple[str, str]

    def check(self, rtol: float = RTOL) -> None:
        """Raise AgreementError unless the solutions agree.

        Parameters
        ----------
        rtol : float
            Largest relative difference to accept.

        Raises
        ------
        AgreementError
            If they differ by more, naming the state.
        """
        rule = "a tolerance is a finite number of at least 0"
        limit = real("rtol", rtol, rule, advice="Try rtol=1e-10.")
        if not isinstance(limit, float):
            raise InvalidInputError("rtol", f"an array of shape {limit.shape}", rule)
        if not self.worst_relative <= limit:
            kind = "ln p = " if self.logarithms else "p = "
            raise AgreementError(
                f"{self.methods[0]} and {self.methods[1]} differ by {self.worst_relative:.3g} (relative) in "
                f"{self.where}: {kind}{self.first!r} against {self.second!r}, more than rtol={limit:g}. "
                "Take a larger rtol if such a difference does not matter to you; else report the model."
            )

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            One entry per attribute.
        """
        return {
            "worst_relative": self.worst_relative, "where": self.where, "first": self.first,
            "second": self.second, "logarithms": self.logarithms, "methods": list(self.methods),
        }  # fmt: skip

    def _repr_html_(self) -> str:
        kind = "ln p by " if self.logarithms else "p by "
        values = zip(self.methods, (self.first, self.second), strict=True)
        rows = [
            ("largest relative difference", f"{self.worst_relative:.2g}"),
            ("where", self.where),
            *((f"{kind}{method}", repr(value)) for method, value in values),
        ]
        return html_table("Agreement of two solutions", rows)


def agreement(model: Model, solver: Solver | None = None) -> Agreement:
    """Compare two independent solutions of a model, state by state.

    Parameters
    ----------
    model : Cluster, Reactive, Pool or MarkovChain
        One model, or a grid of clusters.
    solver : GTH, Direct, LevelAggregation or LevelReduction, optional
        The numeric solver; by default GTH, for pools of more than 5000 states one that works by levels.

    Returns
    -------
    Agreement
        Closed form against the numeric solver; for a chain built by hand, GTH against Direct. For a pool,
        its product form against sweeps over its levels; without one, what `solve` chooses against another.

    Raises
    ------
    InvalidInputError
        If the model cannot be solved.

    Examples
    --------
    >>> from rejuvmodel import Cluster, Rates, agreement
    >>> rates = Rates(aging=1/168, failure=1/2160, repair=1/2, restart=3, rejuvenation=1/336)
    >>> agreement(Cluster(2, rates)).check(rtol=1e-12)
    """
    if isinstance(solver, ClosedForm):
        raise InvalidInputError(
            "solver", "ClosedForm()", "give a numeric solver to compare it with", "Use GTH()."
        )
    if isinstance(model, Pool):
        first = solve(model)
        return compare(first, solve(model, _other_way(model, first.method) if solver is None else solver))
    if isinstance(model, MarkovChain):
        return compare(solve(model, GTH()), solve(model, Direct() if solver is None else solver))
    return compare(solve(model, ClosedForm()), solve(model, GTH() if solver is None else solver))


def _other_way(pool: Pool, method: str) -> Solver:
    """A solver that shares as little as possible with the one that was used."""
    if pool.unrestricted or pool.labels.size > _MOST_STATES:
        return LevelReduction() if method == LevelAggregation.name else LevelAggregation()
    return GTH()


def compare(first: SteadyState, second: SteadyState) -> Agreement:
    """Compare two solutions of the same model.

    Parameters
    ----------
    first, second : SteadyState
        Solutions with the same states and shape.

    Returns
    -------
    Agreement
        The largest difference and where it is.

    Raises
    ------
    InvalidInputError
        If they have different states or shapes.
    """
    if first.shape != second.shape or list(first.solution.labels) != list(second.solution.labels):
        raise InvalidInputError("second", "other states or another grid", "compare solutions of one model")
    labels = [str(label) for label in first.solution.labels]
    known = [name for name in _MASSES if _has(first, name) and _has(second, name)]
    labels += [_MASSES[name] for name in known]
    p, log_p = _with_masses(first, known)
    q, log_q = _with_masses(second, known)
    with np.errstate(all="ignore"):
        tiny = (p < UNDERFLOW) | (q < UNDERFLOW)
        gap = np.where(tiny, np.abs(log_p - log_q) / np.maximum(1, np.abs(log_q)), np.abs(p - q) / q)
    gap = np.where(np.isneginf(log_p) & np.isneginf(log_q), 0.0, gap)
    gap = np.where(np.isnan(gap), np.inf, gap)
    # A mass of one state differs as much as the state: the state is what to name.
    rank = np.where(np.arange(len(labels)) < len(labels) - len(known), gap, 0.999 * gap)
    index = np.unravel_index(int(np.argmax(rank)), gap.shape)
    place = tuple(int(k) for k in index[:-1])
    where = str(labels[index[-1]]) + (f" at grid index {place}" if place else "")
    logarithms = bool(tiny[index])
    one, other = (log_p, log_q) if logarithms else (p, q)
    return Agreement(
        float(gap.max()),
        where,
        float(one[index]),
        float(other[index]),
        logarithms,
        (first.method, second.method),
    )


def _has(state: SteadyState, name: str) -> bool:
    try:
        state.solution.mass(name)
    except InvalidInputError:
        return False
    return True


def _with_masses(state: SteadyState, names: list[str]) -> tuple[Floats, Floats]:
    """Probabilities of all states with the masses behind them, and their logarithms."""
    mass = [np.asarray(state.solution.mass(name))[..., None] for name in names]
    log_mass = [np.asarray(state.solution.mass(name, logarithm=True))[..., None] for name in names]
    return (
        np.concatenate([state.probabilities, *mass], axis=-1),
        np.concatenate([state.log_probabilities, *log_mass], axis=-1),
    )
