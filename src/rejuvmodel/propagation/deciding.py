"""The decision under uncertainty: the least expected objective, its regret, and the value of information.

All averages are over the same points (common random numbers), so that differences between decisions are known
much better than the averages themselves:

    x* = argmin_x E[f(x, θ)],   regret = E[f(x_0, θ) − f(x*, θ)],   EVPI = E[f(x*, θ) − min_x f(x, θ)]

Each difference is formed point by point from logarithms. The decision is found by a search; for
clusters with a rate, `lower_bounds` says how much better any other could be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, log
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum import optimize
from rejuvmodel.propagation.averages import Average, average, log_mean
from rejuvmodel.propagation.expected_optimum import BAND, Band, ExpectedOptimum
from rejuvmodel.propagation.knowing import knowing_grid, value_of_knowing
from rejuvmodel.propagation.lower_bounds import possible_gain
from rejuvmodel.propagation.search import best_of_all, best_of_each, decisions
from rejuvmodel.propagation.spreads import Spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.propagation.marginals import Marginal
    from rejuvmodel.propagation.responses import Response

    Floats = NDArray[np.float64]


def decide(
    response: Response,
    known: tuple[Marginal, ...],
    shares: Floats,
    bounds: Sequence[float | str],
    hours: float,
    seed: np.random.SeedSequence,
    step: Callable[[], object],
) -> ExpectedOptimum:
    """Return the decision of least expected objective.

    Parameters
    ----------
    response : Response
        A cluster or pool, its own decision not used.
    known : tuple of Marginal
        What is known of the rates.
    shares : ndarray
        Points of the unit cube, shape (scramblings, points, rates).
    bounds : sequence
        Decisions to choose from, as the user gave them.
    hours : float
        Horizon [h] of all values.
    seed : SeedSequence
        For the value of single rates.
    step : callable
        Called after each part of the work.

    Returns
    -------
    ExpectedOptimum
        Decision, regret and values of information.

    Raises
    ------
    InvalidInputError
        If the bounds or costs are not valid.
    """
    model = response.model
    assert isinstance(model, Cluster | Pool)  # the prior-art model decides nothing
    guess = optimize(model, response.costs, bounds, certified=False)  # type: ignore[arg-type]
    low, high = guess.bounds
    by_rate = response.by_rate
    best_guess = guess.rate if by_rate else guess.period
    sets, points = shares.shape[:2]
    columns = {one.name: one.quantile(shares[..., k].ravel()) for k, one in enumerate(known)}
    each = {name: column[:, None] for name, column in columns.items()}
    grid = decisions(response, columns, low, high)
    logs = response.log_objective(each, grid)
    step()
    best = best_of_all(response, columns, grid, logs)
    gain = possible_gain(response, columns, grid, best.log_value)
    own, least = best_of_each(response, columns, grid, logs)
    step()
    pair = response.log_objective(each, np.array([best.decision, best_guess]))
    at_best, at_guess = (pair[:, k].reshape(sets, points) for k in (0, 1))
    least = np.minimum(least.reshape(sets, points), at_best)
    log_hours = log(hours)
    scale = best.log_value if np.isfinite(best.log_value) else 0.0
    perfect = average(_excess(at_best, least, log_hours))
    partial: dict[str, Average] | None = None
    if len(known) == 1:
        partial = {known[0].name: perfect}  # to know the only one is to know all
        step()
    elif not isinstance(model, Pool):
        partial, few = {}, knowing_grid(grid, own)
        for k, (one, child) in enumerate(zip(known, seed.spawn(len(known)), strict=True)):
            found = value_of_knowing(response, known, k, few, points, child, scale)
            unit = float(_exp(scale + log_hours))
            partial[one.name] = found.times(unit) if unit > 0 else Average(0.0, 0.0)
            step()
    rates = _log(own) if by_rate else -_log(own)
    rates = rates.reshape(sets, points)
    decision = best.decision
    return ExpectedOptimum(
        rate=decision if by_rate else _inverse(decision),
        period=_inverse(decision) if by_rate else decision,
        location=best.location,
        expected=average(_exp(log_mean(at_best) + log_hours)),
        best_guess=best_guess,
        regret=average(_excess(at_guess, at_best, log_hours)),
        perfect_information=perfect,
        partial_information=partial,
        best_rates=Spread("best rate", "1/h", rates),
        best_periods=Spread("best period", "h", -rates),
        band=Band(grid, np.quantile(logs, BAND, axis=0, method="inverted_cdf"), log_mean(logs.T)),
        bounds=(low, high),
        possible_gain=gain,
        by_rate=by_rate,
        points=points,
    )


def _excess(upper: Floats, lower: Floats, log_hours: float) -> Floats:
    """Mean differences of each scrambling, from logarithms; both signs occur where decisions are compared."""
    with np.errstate(invalid="ignore"):
        gap = np.where(upper == lower, 0.0, lower - upper)
    with np.errstate(over="ignore"):
        return np.asarray((np.exp(upper + log_hours) * -np.expm1(gap)).mean(axis=1))


def _exp(logs: Floats | float) -> Floats:
    with np.errstate(over="ignore"):
        return np.asarray(np.exp(logs))


def _log(x: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(x))


def _inverse(x: float) -> float:
    return 1 / x if x > 0 else inf
