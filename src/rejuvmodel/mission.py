"""Missions: what a model does in a finite time from a given start.

A steady state says what happens in the long run. Here the clock starts at 0, in the chain's own start (all
servers fresh) unless another is given: state probabilities and expected cost at t, the mean time to the first
outage, and the two measures of an interval. They answer different questions: *interval availability* is the
expected share of [0, t] that is up, *interval reliability* the probability that all of it is.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias, cast

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import ConvergenceError, InvalidInputError
from rejuvmodel.markov.absorption import Stopped, mean_time, stopped_at
from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.groups import weighted_groups
from rejuvmodel.markov.transient import course
from rejuvmodel.mission_inputs import mission_hours, start_distribution
from rejuvmodel.mission_result import Transient
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.models.trigger import Trigger
from rejuvmodel.pool_outage import mean_time_by_levels
from rejuvmodel.solutions import ArraySolution

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from numpy.typing import ArrayLike, NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Hours: TypeAlias = "float | str | timedelta | ArrayLike"
    Start: TypeAlias = "str | Mapping[str, float] | ArrayLike | None"

#: States of a pool up to which its whole chain takes the place of levels that doubles cannot resolve.
_SMALL_POOL = 5000

Model: TypeAlias = "Cluster | Reactive | Pool | MarkovChain"


def transient(model: Model, hours: Hours, *, start: Start = None) -> Transient:
    """Return the state of a model at given times, and its expected downtime and cost until then.

    Parameters
    ----------
    model : Cluster, Reactive, Pool or MarkovChain
        One model. A trigger has to follow a law in exponential phases (exponential, Erlang,
        hyperexponential); their probabilities are summed to the states they belong to.
    hours : float, str, timedelta or array_like
        Time t [h], or ``"30 d"``, or several in a one-dimensional array; finite and at least 0.
    start : str, mapping or array_like, optional
        State at time 0: a label, probabilities by label, or one for each state. By default the start of the
        chain, in a cluster n (all servers in operation and fresh), in a pool (N, 0, 0, 0). In phases, states
        bear the labels of the chain, such as ``"u2.1"``.

    Returns
    -------
    Transient
        Probabilities, measures at t, and those over [0, t].

    Raises
    ------
    InvalidInputError
        If the model has no Markov chain, a time is negative or infinite, or the start is no distribution.
    SizeError
        If the work or the memory would be too much; the message has the estimate.
    ConvergenceError
        If underflow would spoil the probabilities.

    Notes
    -----
    Every probability has its relative accuracy, however small: nothing is subtracted.

    Examples
    --------
    >>> from rejuvmodel import Cluster, Rates, transient
    >>> rates = Rates(aging=1/168, failure=1/2160, repair=1/2, restart=3, rejuvenation=1/336)
    >>> month = transient(Cluster(2, rates), "30 d")
    >>> f"{month.unavailability:.3g}, {month.downtime * 3600:.1f} s down"
    '3.21e-06, 4.8 s down'
    """
    chain, places, default = _expanded(model)
    times, begin = mission_hours(hours), start_distribution(chain, start, default)
    found = course(chain.flows, begin, np.atleast_1d(times))
    groups = dict(weighted_groups(chain))
    if chain.down is not None:
        up = np.setdiff1d(np.arange(len(chain)), groups["unavailability"][0])
        groups["up"] = (up, np.ones(len(up)))
    labels = cast("Sequence[str]", model.labels)
    at, until = (
        _solution(labels, places, groups, values if np.ndim(times) else values[0], found.method)
        for values in (found.probabilities, found.occupancies)
    )
    return Transient(times, at, until, found.method, found.truncation_error, found.resolution)


def interval_availability(model: Model, hours: Hours, *, start: Start = None) -> float | Floats:
    """Return the expected fraction of [0, t] that is up.

    Parameters
    ----------
    model : Cluster, Reactive, Pool or MarkovChain
        One model with down states.
    hours : float, str, timedelta or array_like
        Length t of the interval [h]; at 0 the limit, the availability at the start.
    start : str, mapping or array_like, optional
        State at time 0; by default the start of the chain.

    Returns
    -------
    float or ndarray
        Fraction, from 0 to 1.
    """
    return transient(model, hours, start=start).interval_availability


def interval_unavailability(model: Model, hours: Hours, *, start: Start = None) -> float | Floats:
    """Return the expected fraction of [0, t] that is down, 1 − `interval_availability` with all its digits.

    Parameters
    ----------
    model : Cluster, Reactive, Pool or MarkovChain
        One model with down states.
    hours : float, str, timedelta or array_like
        Length t of the interval [h]; at 0 the limit, the unavailability at the start.
    start : str, mapping or array_like, optional
        State at time 0; by default the start of the chain.

    Returns
    -------
    float or ndarray
        Fraction, from 0 to 1.
    """
    return transient(model, hours, start=start).interval_unavailability


def interval_reliability(model: Model, hours: Hours, *, start: Start = None) -> float | Floats:
    """Return the probability of no outage, planned or not, in [0, t].

    Parameters
    ----------
    model : Cluster, Reactive, Pool or MarkovChain
        One model with down states.
    hours : float, str, timedelta or array_like
        Length t of the interval [h].
    start : str, mapping or array_like, optional
        State at time 0; by default the start of the chain. A start in a down state is an outage.

    Returns
    -------
    float or ndarray
        Reliability R(t), with its relative accuracy where it is small.
    """
    times, found = _stopped_course(model, hours, start)
    return _of_shape(times, np.minimum(found[:, :-1].sum(axis=1), 1.0))


def interval_unreliability(model: Model, hours: Hours, *, start: Start = None) -> float | Floats:
    """Return the probability of an outage in [0, t], 1 − `interval_reliability` with all its digits.

    Parameters
    ----------
    model : Cluster, Reactive, Pool or MarkovChain
        One model with down states.
    hours : float, str, timedelta or array_like
        Length t of the interval [h].
    start : str, mapping or array_like, optional
        State at time 0; by default the start of the chain. A start in a down state is an outage.

    Returns
    -------
    float or ndarray
        Unreliability F(t) = 1 − R(t), the distribution of the time to the first outage.
    """
    times, found = _stopped_course(model, hours, start)
    return _of_shape(times, found[:, -1])


def mean_time_to_outage(model: Model, *, start: Start = None) -> float:
    """Return the mean time to the first outage, planned or not.

    Parameters
    ----------
    model : Cluster, Reactive, Pool or MarkovChain
        One model with down states.
    start : str, mapping or array_like, optional
        State at time 0; by default the start of the chain.

    Returns
    -------
    float
        Mean time [h], by elimination without subtractions, of a pool level by level; 0 for a start in an
        outage; infinite where there may never be an outage, and beyond 1.8e308 hours.
    """
    if isinstance(model, Pool) and start is None:
        try:
            return mean_time_by_levels(model)
        except ConvergenceError:
            if len(model.labels) > _SMALL_POOL:
                raise
    return mean_time(_stopped(model, start))


def _stopped(model: Model, start: Start) -> Stopped:
    chain, _, default = _expanded(model)
    if chain.down is None:
        raise InvalidInputError(
            "down", "nothing", "an outage needs a chain that says which of its states are down",
            "Give down= when building the chain.",
        )  # fmt: skip
    down = np.concatenate(list(chain.down.values()))
    return stopped_at(down, chain.flows, start_distribution(chain, start, default))


def _stopped_course(model: Model, hours: Hours, start: Start) -> tuple[float | Floats, Floats]:
    times, stopped = mission_hours(hours), _stopped(model, start)
    return times, course(stopped.flows, stopped.start, np.atleast_1d(times)).probabilities


def _expanded(model: Model) -> tuple[MarkovChain, Integers, Floats | None]:
    """The chain of a model, for each of its states the place of its label, and where it starts."""
    if isinstance(model, Cluster):
        if (trigger := model.trigger) is not None and not trigger.shape and not _has_chain(trigger):
            raise InvalidInputError(
                "trigger", repr(trigger.law), "only a law in exponential phases can be followed in time",
                "Use simulate, or an Erlang law of many stages for a fixed delay.",
            )  # fmt: skip
        return model.expansion()
    if not isinstance(model, Reactive | Pool | MarkovChain):
        raise InvalidInputError(
            "model", shown(model), "a model is a Cluster, a Reactive, a Pool or a MarkovChain",
            "Build one first.",
        )  # fmt: skip
    chain = model if isinstance(model, MarkovChain) else model.chain()
    return chain, np.arange(len(chain)), None


def _has_chain(trigger: Trigger) -> bool:
    return trigger.mean in (0, np.inf) or trigger.phases() is not None


def _solution(
    labels: Sequence[str],
    places: Integers,
    groups: Mapping[str, tuple[Integers, Floats]],
    values: Floats,
    method: str,
) -> ArraySolution:
    """Values of the states with their masses; phases are summed to the states they belong to."""
    masses = {}
    for name, (members, weights) in groups.items():
        total = np.asarray(values[..., members] @ weights)
        masses[name] = (total, _log(total))
    if len(labels) < values.shape[-1]:
        rows = [np.bincount(places, row, minlength=len(labels)) for row in np.atleast_2d(values)]
        values = np.array(rows).reshape((*values.shape[:-1], len(labels)))
    return ArraySolution(labels, values, _log(values), {}, method, masses=masses)


def _log(x: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.asarray(np.log(x))


def _of_shape(times: float | Floats, values: Floats) -> float | Floats:
    if np.ndim(times) == 0:
        return float(values[0])
    values = np.ascontiguousarray(values)
    values.setflags(write=False)
    return values
