"""The first outage: the chain stopped when it enters a down state, and the mean time until then.

Theory
------
All down states become one state "out" that is never left. Its probability at t is the unreliability
F(t) = P(an outage in [0, t]), and that of the up states together is the reliability 1 − F(t); both come from
`course`, neither as a difference of the other from 1.

Mean time (a renewal argument): let the stopped chain begin anew from its start at rate 1 out of "out". Its
steady state π has cycles of an up time and a stay of mean 1 in "out", so the mean up time of a cycle is

    E[T] = Σ_up π_s / π_out .

GTH gives every π_s its full relative accuracy without a subtraction, beyond the range of doubles, and so
E[T], which is a quotient of sums of them. Where some reachable state cannot lead to an outage, or none can be
reached, there may never be one, and E[T] is infinite.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.markov.elimination import GTH
from rejuvmodel.markov.flows import Flows, reachable
from rejuvmodel.measures import UNDERFLOW, log_sum

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


class Stopped(NamedTuple):
    """A chain that stops at its first outage; its last state is "out".

    Attributes
    ----------
    flows : Flows
        Rates [1/h] among the up states and into "out".
    start : ndarray
        Probabilities at the beginning, those of all down states in "out".
    """

    flows: Flows
    start: Floats


def stopped_at(down: Integers, flows: Flows, start: Floats) -> Stopped:
    """Merge the down states into one that is never left."""
    up = np.ones(flows.size, bool)
    up[down] = False
    out = int(up.sum())
    number = np.where(up, np.cumsum(up) - 1, out)
    kept = up[flows.origin]
    moves = number[flows.origin[kept]], number[flows.target[kept]], flows.rate[kept]
    return Stopped(Flows(out + 1, *moves), np.append(start[up], start[~up].sum()))


def mean_time(stopped: Stopped) -> float:
    """Mean time [h] until the first outage; 0 for a start in an outage, infinite where there may be none."""
    flows, start = stopped
    out = flows.size - 1
    begin = np.flatnonzero(start[:out])
    if not len(begin):
        return 0.0
    again = np.full(len(begin), out)
    first = reachable(out, np.concatenate([again, flows.origin]), np.concatenate([begin, flows.target]))
    if not first <= reachable(out, flows.target, flows.origin):
        return np.inf
    members = np.array(sorted(first), np.int64)
    number = np.full(flows.size, -1)
    number[members] = np.arange(len(members))
    inside = number[flows.origin] >= 0
    alive = start[begin].sum()
    origin = np.concatenate([number[flows.origin[inside]], number[again]])
    target = np.concatenate([number[flows.target[inside]], number[begin]])
    rate = np.concatenate([flows.rate[inside], start[begin] / alive])
    pi, log_pi = GTH().log_weights(Flows(len(members), origin, target, rate))
    with np.errstate(over="ignore"):  # infinite beyond 1.8e308 hours
        if pi[-1] > UNDERFLOW and pi[:-1].max() > UNDERFLOW:
            return float(alive * (pi[:-1].sum() / pi[-1]))
        return float(alive * np.exp(log_sum(log_pi[:-1]) - log_pi[-1]))
