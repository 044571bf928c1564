"""Transient analysis: probabilities at given times, and the time spent in each state until then.

Two ways, both without a subtraction: `squaring` for chains whose matrices are small, however stiff, and
`uniformization` jump by jump for large ones, where the mean number of jumps Λt allows it. The cheaper one is
taken; what would take longer than ``PATIENCE`` is refused with the estimate. Only states that can be reached
from the start are carried; all others have probability exactly 0.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.durations import words
from rejuvmodel.errors import ConvergenceError, SizeError
from rejuvmodel.markov.elimination import GTH
from rejuvmodel.markov.flows import Flows, adjacency, reachable
from rejuvmodel.markov.squaring import ALIKE, lost_to_underflow, squared, squarings
from rejuvmodel.markov.uniformization import STEADY, advance, expected_jumps, jump_chain
from rejuvmodel.memory import available_bytes, require_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Longest estimated work [s] that is begun.
PATIENCE = 600.0
#: Up to this many states squaring is taken whatever uniformization would cost: it is the more accurate.
SMALL = 300
#: Probabilities below this may be touched by the truncation of the Poisson weights.
RESOLVED = 1e-284
#: Where this would not be held, squaring gives up.
_WORST_RESOLUTION = 1e-200
#: Rates above this leave no room for a multiple.
_FASTEST = 1e307
#: Runs of fewer jumps than this are not worth a steady state.
_SHORT = 2000
#: Up to so many transitions graphs are searched without SciPy, whose graph routines take long to load.
_FEW = 2000
#: Beyond so many states only chains that are nearly trees are eliminated on the way.
_FILLS_UP = 3000
_ADVICE = "Shorten the mission, or take the steady state (solve), which a long mission comes close to."


class Course(NamedTuple):
    """What a chain does over time.

    Attributes
    ----------
    probabilities : ndarray
        Probabilities, shape (times, states).
    occupancies : ndarray
        Expected time [h] in each state from 0 on, shape (times, states).
    method : str
        "uniformization" or "squaring".
    truncation_error : float
        Bound on the relative error that truncation leaves in any probability of at least `resolution`.
    resolution : float
        Probabilities below this are given as 0.
    """

    probabilities: Floats
    occupancies: Floats
    method: str
    truncation_error: float
    resolution: float


def course(flows: Flows, start: Floats, times: Floats) -> Course:
    """Follow a chain from a distribution to each of several times.

    Parameters
    ----------
    flows : Flows
        Off-diagonal rates [1/h].
    start : ndarray
        Probabilities at time 0, shape (states,).
    times : ndarray
        Times [h], at least 0 and finite, in any order, shape (times,).

    Returns
    -------
    Course

    Raises
    ------
    SizeError
        If the work or the memory would be too much; the message has the estimate.
    """
    require_memory(
        f"The probabilities of {flows.size} states at {len(times)} times", 32.0 * flows.size * len(times),
        "Use fewer times.",
    )  # fmt: skip
    members, inner = _reached(flows, start)
    if not len(inner.rate) or not times.any():
        here = np.broadcast_to(start, (len(times), flows.size))
        return Course(here.copy(), np.multiply.outer(times, start), "no transition", 0.0, 0.0)
    if (fastest := _fastest(inner)) > _FASTEST:
        raise ConvergenceError(
            f"rates: a state is left at {fastest:.3g} per hour; up to {_FASTEST:g} can be followed in time. "
            "Leave out what happens at once."
        )
    work = _uniformized if _jumps_are_cheaper(inner, times) else _squared
    found = work(inner, start[members], times)
    p, spent = np.zeros((2, len(times), flows.size))
    p[:, members] = np.where(found.probabilities < found.resolution, 0.0, found.probabilities)
    least = found.resolution * times[:, None]
    spent[:, members] = np.where(found.occupancies < least, 0.0, found.occupancies)
    p[times == 0] = start
    return found._replace(probabilities=p, occupancies=spent)


def _reached(flows: Flows, start: Floats) -> tuple[Integers, Flows]:
    """Places of the states that the chain can reach, and the rates among them, renumbered."""
    begin = np.flatnonzero(start)
    # One more state, that leads to all in which the chain may begin.
    origin = np.concatenate([flows.origin, np.full(len(begin), flows.size)])
    target = np.concatenate([flows.target, begin])
    if len(origin) <= _FEW:
        seen = np.array(sorted(reachable(flows.size, origin, target)), np.int64)
    else:
        from scipy.sparse.csgraph import breadth_first_order

        graph = adjacency(Flows(flows.size + 1, origin, target, np.ones(len(origin))))
        seen = np.sort(breadth_first_order(graph, flows.size, return_predecessors=False)).astype(np.int64)
    members = seen[:-1]
    number = np.full(flows.size, -1)
    number[members] = np.arange(len(members))
    inside = number[flows.origin] >= 0
    moves = number[flows.origin[inside]], number[flows.target[inside]], flows.rate[inside]
    return members, Flows(len(members), *moves)


def _jumps_are_cheaper(flows: Flows, times: Floats) -> bool:
    """Choose by estimated seconds; refuse if both ways are too long or too large."""
    size, count, longest = float(flows.size), len(flows.rate), float(times.max())
    fit = 8.0 * size**2 * (squarings(flows, longest) + 4) < available_bytes()
    products = squarings(flows, longest) * (2 * size**3 / 8e9 + len(times) * size**2 * 2e-9)
    squaring = products + 177 * size * count * 1.5e-9 if fit else np.inf
    if size <= SMALL and squaring <= PATIENCE:
        return False
    jumps = sum(expected_jumps(x) for x in np.diff(np.sort(times), prepend=0.0) * _jump_rate(flows))
    stepping = jumps * (15e-6 + 6e-9 * count + 5e-9 * size)
    least = min(squaring, stepping)
    if least > PATIENCE:
        raise SizeError(
            f"hours: following {flows.size} states up to {words(longest)} would take about "
            f"{words(least / 3600)} of computing ({jumps:.1g} jumps of the uniformized chain). {_ADVICE}"
        )
    return bool(stepping < squaring)


def _fastest(flows: Flows) -> float:
    return float(np.bincount(flows.origin, flows.rate).max())


def _jump_rate(flows: Flows) -> float:
    return max(1.25 * _fastest(flows), 1e-300)


def _squared(flows: Flows, start: Floats, times: Floats) -> Course:
    p, spent, matrices = squared(flows, start, times.tolist())
    resolution = max(RESOLVED, lost_to_underflow(flows.size, matrices.doublings))
    if resolution > _WORST_RESOLUTION:
        raise ConvergenceError(
            f"hours: {words(float(times.max()))} are so many of the shortest sojourns, and the chain so far "
            f"from a steady state, that underflow would spoil probabilities up to {resolution:.0e}. {_ADVICE}"
        )
    return Course(p, spent, "squaring", ALIKE if matrices.settled else 1e-16, resolution)


def _uniformized(flows: Flows, start: Floats, times: Floats) -> Course:
    chain = jump_chain(flows, _jump_rate(flows))
    order = np.argsort(times, kind="stable")
    p, spent, now = start, np.zeros(flows.size), 0.0
    found, occupied = np.empty((2, len(times), flows.size))
    steady = _steady_state(flows) if times.max() * chain.rate > _SHORT else None
    settled = False
    for k in order:
        p, more, reached = advance(chain, p, (times[k] - now) * chain.rate, steady)
        spent, now, settled = spent + more, times[k], settled or reached
        found[k], occupied[k] = p, spent
    return Course(found, occupied, "uniformization", STEADY if settled else 1e-16, RESOLVED)


def _steady_state(flows: Flows) -> Floats | None:
    """Steady state of an irreducible chain; None for others, and where elimination may be long work."""
    if flows.size > _FILLS_UP and len(flows.rate) > 3 * flows.size:
        return None
    from scipy.sparse.csgraph import connected_components

    if connected_components(adjacency(flows), directed=True, connection="strong")[0] > 1:
        return None
    return GTH().log_weights(flows)[0]
