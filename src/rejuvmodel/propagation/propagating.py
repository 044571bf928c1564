"""uncertainty: from what is known of the rates to what is known of the measures and the decision.

Theory in ``docs/theory/uncertainty.md``. The rates are independent; one sample of quasi-Monte Carlo points
serves all questions. Two halves A and B of each Sobol' sequence are evaluated: A gives the distributions,
both give the Sobol' indices, and the first points of A compare decisions.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from math import inf, log
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np

from rejuvmodel.arrays import whole_number
from rejuvmodel.estimation.rate_estimates import RateEstimates
from rejuvmodel.memory import require_memory
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.parameters import Costs
from rejuvmodel.propagation.deciding import decide
from rejuvmodel.propagation.indices import SobolIndices, sobol
from rejuvmodel.propagation.marginals import Marginal, marginals
from rejuvmodel.propagation.points import SCRAMBLINGS, scrambled
from rejuvmodel.propagation.responses import Response
from rejuvmodel.propagation.spreads import Spread, share_of
from rejuvmodel.propagation.uncertainty_inputs import (
    checked_horizon,
    checked_points,
    checked_response,
    decides,
    deciding_points,
    estimated,
    log_allowed,
    measured_at_decision,
)
from rejuvmodel.propagation.uncertainty_result import Uncertainty
from rejuvmodel.sweeping.workers import own_processes, require_workers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Model: TypeAlias = "Cluster | Reactive | Pool"

#: Bytes for each point besides its rates.
_BYTES = 200.0


def uncertainty(
    model: Model,
    inputs: Mapping[str, Any] | RateEstimates,
    *,
    costs: Costs | None = None,
    bounds: Sequence[float | str] | None = None,
    target: float | timedelta | str | None = None,
    horizon: float | timedelta | str = "365 d",
    ranges: str = "lognormal",
    at: str | None = None,
    points: int | None = None,
    seed: int = 0,
    workers: Any = None,
    progress: Callable[[int, int], object] | None = None,
) -> Uncertainty:
    """Return what is known of availability, cost and the best decision while rates are uncertain.

    Parameters
    ----------
    model : Cluster, Reactive or Pool
        One model. Its own rates are the best guess; those named in ``inputs`` are uncertain. Where it leaves
        the rejuvenation rate open, the measures are those at the decision of least expected objective.
    inputs : mapping or RateEstimates
        By the name of a rate: a range (lo, hi) of rates [1/h], or of mean times as text or `timedelta`; a
        frozen distribution of `scipy.stats` of the rate [1/h]; or a `RateEstimate`, whose posterior is
        Gamma(events + 1/2, exposure). The rates are independent. Of `RateEstimates` all are taken but the
        rejuvenation rate, which is a decision.
    costs : Costs, optional
        Scalar costs. Without costs decisions minimise the unavailability.
    bounds : (float, float), optional
        Rejuvenation rates λ_r [1/h] to decide between, with a trigger mean delays [h]; as `optimize` takes
        them. Everything by default; a pool decides only where bounds are given.
    target : float, timedelta or str, optional
        Availability to be met, such as 0.9999, or downtime over the horizon, such as "50 min".
    horizon : float, timedelta or str, optional
        Time [h] of downtime, cost and values of information.
    ranges : {"lognormal", "loguniform", "uniform"}, optional
        How a range is read: lognormal with lo and hi as its 5 % and 95 % points, or nothing outside of it.
    at : {"model", "decision"}, optional
        Whether the measures are those at the model's own rejuvenation rate (or trigger), or at the decision
        of least expected objective. By default the model's own, and the decision where it leaves that open.
    points : int, optional
        Points of each of 8 scramblings, a power of 2; by default 4096, for pools 16. A pool decides on a
        quarter of them, but at least 8.
    seed : int, optional
        Gives other points; the same seed gives the same numbers.
    workers : int, executor or map-like callable, optional
        Who solves the points of a pool, as for `sweep`: a number of processes, an executor of
        `concurrent.futures` or the like, or a function like ``map``. The numbers are the same. Other models
        take all points at once and need none.
    progress : callable, optional
        Called with the parts done and all parts after each part.

    Returns
    -------
    Uncertainty
        Distributions, Sobol' indices, the probability of the target, and the decision.

    Raises
    ------
    InvalidInputError
        If an input is unknown or no distribution of a rate, the rejuvenation rate is both uncertain and
        decided, or another argument is not valid.
    SizeError
        If the points would not fit in memory.
    ConvergenceError
        If a pool cannot be solved at some point.

    Notes
    -----
    Errors are standard errors from 8 independent scramblings. They do not cover what is wrong in the inputs.

    Examples
    --------
    >>> from rejuvmodel import Cluster, Costs, Rates, uncertainty
    >>> web = Cluster(2, Rates(aging=1/168, failure=1/2160, repair=1/2, restart=3))
    >>> known = {"aging": ("5 d", "10 d"), "failure": ("30 d", "270 d")}
    >>> found = uncertainty(web, known, costs=Costs(failure=1000, rejuvenation=10, capacity=5))
    >>> f"{found.decision.period / 24:.0f} d"
    '9 d'
    """
    response = checked_response(model, costs)
    require_workers(workers)
    if isinstance(inputs, RateEstimates):
        inputs = estimated(inputs, response)
    known = marginals(inputs, response.names, ranges)
    span = checked_horizon(horizon)
    allowed = log_allowed(target, span)
    count = checked_points(points, model)
    number = whole_number("seed", seed, 0)
    require_memory(
        f"{SCRAMBLINGS * count} points of {len(known)} rates",
        SCRAMBLINGS * count * (_BYTES + 32.0 * len(known)), "Use fewer points.",
    )  # fmt: skip
    may_decide = decides(model, inputs, bounds)
    at_decision = measured_at_decision(model, at, may_decide=may_decide)
    valued = len(known) if len(known) == 1 or not isinstance(model, Pool) else 0
    step = _Steps(progress, 2 + len(known) + (3 + valued) * may_decide)
    for_points, for_knowing = np.random.SeedSequence(number).spawn(2)
    shares = scrambled(2 * len(known), count, for_points)
    with own_processes(workers if isinstance(model, Pool) else None) as hands:
        response = replace(response, workers=hands)
        best = None
        if may_decide:
            few = deciding_points(response, count)
            a = shares[:, :few, : len(known)]
            best = decide(
                response, known, a, (0.0, inf) if bounds is None else bounds, span, for_knowing, step
            )
            step()
        decision = best.decision if best is not None and at_decision else None
        sample = _Sample(response, known, shares, decision, step)
        down, objective = sample.half(0)
        indices = sample.indices((down, objective))
    log_span = log(span)
    meets = None if allowed is None else share_of(down <= allowed)
    return Uncertainty(
        model=model if decision is None else _at(model, decision),
        inputs=known,
        at="model" if decision is None else "decision",
        unavailability=Spread("unavailability", "", down),
        downtime=Spread("downtime", "h", down + log_span),
        cost=None if costs is None else Spread("cost", "", objective + log_span),
        indices=indices,
        decision=best,
        target=None if allowed is None else float(np.exp(allowed)),
        meets_target=meets,
        costs=costs,
        horizon=span,
        seed=number,
        columns=sample.columns(shares[..., : len(known)]),
    )


class _Sample:
    """The points, and what the model answers at them."""

    def __init__(
        self,
        response: Response,
        known: tuple[Marginal, ...],
        shares: Floats,
        decision: float | None,
        step: Callable[[], object],
    ) -> None:
        self.response, self.known, self.decision, self.step = response, known, decision, step
        self.halves = shares[..., : len(known)], shares[..., len(known) :]

    def columns(self, shares: Floats) -> dict[str, Floats]:
        """Rates [1/h] of some points."""
        return {one.name: one.quantile(shares[..., k]) for k, one in enumerate(self.known)}

    def half(self, which: int) -> tuple[Floats, Floats]:
        """Logarithms of unavailability and objective at the points of A or B."""
        found = self.response.logs(self.columns(self.halves[which]), self.decision)
        self.step()
        return found

    def indices(self, a: tuple[Floats, Floats]) -> dict[str, SobolIndices]:
        """Sobol' indices of unavailability and cost."""
        b = self.half(1)
        mixed = []
        for k in range(len(self.known)):
            points = self.halves[0].copy()
            points[..., k] = self.halves[1][..., k]
            mixed.append(self.response.logs(self.columns(points), self.decision))
            self.step()
        names = tuple(one.name for one in self.known)
        measures = ("unavailability",) if self.response.costs is None else ("unavailability", "cost")
        return {
            measure: sobol(measure, names, a[k], b[k], np.stack([one[k] for one in mixed]))
            for k, measure in enumerate(measures)
        }


class _Steps:
    """Counts the parts of the work."""

    def __init__(self, progress: Callable[[int, int], object] | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def __call__(self) -> None:
        self.done += 1
        if self.progress is not None:
            self.progress(self.done, self.total)


def _at(model: Model, decision: float) -> Model:
    if isinstance(model, Pool):
        return replace(model, rates=model.rates.replace(rejuvenation=decision))
    assert isinstance(model, Cluster)  # the prior-art model decides nothing
    return model.with_rejuvenation(decision) if model.trigger is None else model.with_period(decision)
