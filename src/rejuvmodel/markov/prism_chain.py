"""A chain as a model of PRISM: its commands, and the states and rewards that it declares."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.prism_commands import Coordinates
from rejuvmodel.markov.prism_text import Command, Constant, PrismModel, identifiers

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Integers = NDArray[np.int64]

#: Up to this many states each has a label of its own.
MOST_LABELLED = 100
#: Sets of states, in the order in which they are written, and what they are.
SETS = {
    "down": "down, whatever the cause",
    "planned": "down by rejuvenation",
    "unplanned": "down by failure",
    "degraded": "unstable",
    "rejuvenating": "rejuvenating, down or not",
}


def chain_model(
    title: str,
    chain: MarkovChain,
    where: Coordinates,
    commands: Iterable[tuple[str, Command]],
    constants: tuple[Constant, ...] = (),
    states: Iterable[tuple[str, Integers]] | None = None,
) -> PrismModel:
    """Return the model of a chain.

    Parameters
    ----------
    title : str
        What it is, in words.
    chain : MarkovChain
        The chain.
    where : Coordinates
        Coordinates of its states.
    commands : iterable of tuple of str and Command
        Its transitions, with their causes.
    constants : tuple of Constant
        Names in the commands.
    states : iterable of tuple of str and ndarray, optional
        Names and places of the states that get a label; by default every state, if they are few.

    Returns
    -------
    PrismModel
        The model. It starts where the chain does, or in a recurrent state if the chain does not say.

    Raises
    ------
    InvalidInputError
        If the chain names no start and has several recurrent classes.
    """
    made = list(commands)
    start = int(chain.recurrent_states[0]) if chain.start is None else chain.start
    sets = _sets(chain)
    entered = np.zeros(len(chain), bool)
    entered[np.append(chain.flows.target, start)] = True
    entered[chain.flows.origin] = False
    idle = np.flatnonzero(entered)
    stays = [Command(where.region(idle), "1.0", "true", "nothing more happens")] if len(idle) else []
    if states is None:
        few = len(chain) <= MOST_LABELLED
        states = [(str(chain.labels[k]), np.array([k])) for k in range(len(chain))] if few else []
    named = list(states)
    labels = {name: (name, SETS[name]) for name in sets}
    for one, (label, places) in zip(identifiers((name for name, _ in named), "state_"), named, strict=True):
        labels[one] = (where.region(places), label)
    rewards: dict[str, tuple[tuple[str, str], ...]] = {"time": (("true", "1"),)}
    rewards |= {"downtime" if name == "down" else name: ((name, "1"),) for name in sets}
    if started := tuple((one.guard, one.rate) for cause, one in made if cause == "rejuvenation"):
        rewards["rejuvenations"] = started
    formulas = {name: where.region(places) for name, places in sets.items()}
    every = (*(one for _, one in made), *stays)
    return PrismModel(title, constants, where.variables(start), every, formulas, labels, rewards)


def _sets(chain: MarkovChain) -> dict[str, Integers]:
    """Places of the states of each set that the chain declares."""
    found = {**(chain.groups or {}), **(chain.down or {})}
    if chain.down is not None:
        found["down"] = np.unique(np.concatenate(list(chain.down.values())))
    return {name: found[name] for name in SETS if name in found}
