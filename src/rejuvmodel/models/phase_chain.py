"""The n-server chain with a phase-type trigger: every wait for the trigger is spelt out in phases.

States in which the clock runs (unstable ones, on the clock "service" normal ones too) are split into phases.
The transitions are those of the table in ``cluster``, with three rules: an entry into a running state starts
the clock anew, in phase b with its starting probability; aging on the clock "service" goes on in the phase it
is in; the phases advance by themselves until the delay expires and rejuvenation begins.

This is the numeric road of triggers: it reads phases, never a transform.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.flows import Family
from rejuvmodel.memory import require_memory

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.models.phases import Phases

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]


class Expansion(NamedTuple):
    """A chain, and what its states mean in the model that it was made from.

    Attributes
    ----------
    chain : MarkovChain
        The chain.
    label_places : ndarray of int
        For each state of the chain, the place of its label among the labels of the model.
    start : ndarray
        Probability of starting in each state of the chain.
    """

    chain: MarkovChain
    label_places: Integers
    start: Floats


def plain(chain: MarkovChain) -> Expansion:
    """A chain without phases as it is."""
    places = np.arange(len(chain))
    return Expansion(chain, places, (places == chain.start).astype(np.float64))


def in_phases(
    chain: MarkovChain, phases: Phases, running: Integers, expires: Integers, keeps: frozenset[str]
) -> Expansion:
    """Return the chain in which a delay in phases runs in some of the states.

    Parameters
    ----------
    chain : MarkovChain
        The chain without the delay.
    phases : Phases
        Phases of the delay.
    running : ndarray of int
        States in which the delay runs.
    expires : ndarray of int
        For each of them, the state that is entered when the delay expires.
    keeps : frozenset of str
        Causes of transitions between running states that let the delay run on.

    Returns
    -------
    Expansion
        Labels such as ``u2.1, u2.2, …`` for the phases; without a number where there is one phase only.

    Raises
    ------
    SizeError
        If the chain would not fit in memory.
    """
    count, size = phases.number, len(chain)
    total = size + len(running) * (count - 1)
    require_memory(f"The chain of {total} states", 400.0 * total, "Use the closed form (solve).")
    runs = np.zeros(size, dtype=bool)
    runs[running] = True
    widths = np.where(runs, count, 1)
    first = np.concatenate([[0], np.cumsum(widths)[:-1]])
    families = [
        piece
        for family in chain.families
        for piece in _split(family, runs, first, phases, family.cause in keeps)
    ]
    families += _clockwork(first[running], first[expires], phases)
    down = {cause: _all_phases(places, first, widths) for cause, places in (chain.down or {}).items()}
    groups = {name: _all_phases(places, first, widths) for name, places in (chain.groups or {}).items()}
    begin = chain.start or 0
    start = np.zeros(total)
    start[first[begin] : first[begin] + widths[begin]] = phases.start if runs[begin] else 1.0
    labels = [
        f"{label}.{b + 1}" if width > 1 else label
        for label, width in zip(chain.labels, widths.tolist(), strict=True)
        for b in range(width)
    ]
    expanded = MarkovChain(tuple(labels), tuple(families), down, groups, start=int(np.flatnonzero(start)[0]))
    return Expansion(expanded, np.repeat(np.arange(size), widths), start)


def _split(
    family: Family, runs: NDArray[np.bool_], first: Integers, phases: Phases, keeps: bool
) -> list[Family]:
    """A family of transitions between states as families between their phases."""
    every = np.arange(phases.number)
    enters = np.flatnonzero(phases.start)
    pieces = []
    for from_running in (False, True):
        for into_running in (False, True):
            some = (runs[family.origin] == from_running) & (runs[family.target] == into_running)
            a, b, q = first[family.origin[some]], first[family.target[some]], family.rate[some]
            if from_running and into_running and keeps:
                pieces.append(_family(family.cause, a[:, None] + every, b[:, None] + every, q[:, None]))
                continue
            origins = a[:, None, None] + (every[:, None] if from_running else 0)
            targets = b[:, None, None] + (enters if into_running else 0)
            rates = q[:, None, None] * (phases.start[enters] if into_running else 1.0)
            pieces.append(_family(family.cause, origins, targets, rates))
    return [piece for piece in pieces if len(piece.rate)]


def _clockwork(waiting: Integers, expired: Integers, phases: Phases) -> list[Family]:
    """Phases that follow each other, and expiry."""
    states, target = waiting[:, None] + np.arange(phases.number), expired[:, None]
    if not phases.follows:
        return [_family("rejuvenation", states, target, phases.rate)]
    advance = _family("phase", states[:, :-1], states[:, 1:], phases.rate[:-1])
    return [advance, _family("rejuvenation", states[:, -1:], target, phases.rate[-1:])]


def _family(cause: str, origin: Integers, target: Integers, rate: Floats) -> Family:
    a, b, q = (array.reshape(-1) for array in np.broadcast_arrays(origin, target, rate))
    return Family(cause, a[q > 0], b[q > 0], q[q > 0])


def _all_phases(places: Integers, first: Integers, widths: Integers) -> Integers:
    return np.concatenate([np.arange(first[s], first[s] + widths[s]) for s in places.tolist()])
