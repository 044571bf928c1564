"""Rewards and costs as users pass them, checked against the states or the grid they apply to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel import measures
from rejuvmodel.arrays import broadcast_shape, real
from rejuvmodel.durations import shown as brief
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.memory import require_memory
from rejuvmodel.parameters import Costs
from rejuvmodel.state_labels import index_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def reward_vector(labels: Sequence[str], reward: Mapping[str, float] | Sequence[float] | Floats) -> Floats:
    """Rewards of all states, from a mapping by label (others have 0) or one number per state."""
    rule = "a reward is a finite number"
    if isinstance(reward, Mapping):
        vector = np.zeros(len(labels))
        for label, value in reward.items():
            place = index_of(labels, label, "reward")
            argument = f"reward[{label!r}]"
            number = real(argument, value, rule, minimum=-np.inf, open_minimum=True)
            if not isinstance(number, float):
                raise InvalidInputError(argument, f"an array of shape {number.shape}", rule)
            vector[place] = number
        return vector
    array = np.asarray(real("reward", reward, rule, minimum=-np.inf, open_minimum=True))
    if array.shape != (len(labels),):
        raise InvalidInputError(
            "reward", f"shape {array.shape}", f"give one number for each of the {len(labels)} states",
            "Or give a mapping from labels to numbers.",
        )  # fmt: skip
    return array


def priced_masses(costs: object, shape: tuple[int, ...], grid: str = "the grid of rates") -> list[str]:
    """Names of the masses that have a price, once the costs are known to fit the grid."""
    if not isinstance(costs, Costs):
        raise InvalidInputError(
            "costs", brief(costs), "costs are a Costs object", "Write Costs(failure=…, rejuvenation=…)."
        )
    names = measures.needed(costs)
    if costs.shape:
        grids = {grid: np.broadcast_to(0.0, shape), "costs": np.broadcast_to(0.0, costs.shape)}
        points = float(np.prod(broadcast_shape(grids), dtype=object))
        require_memory(
            f"The costs at {points:g} points", 16.0 * points * (1 + len(names)), "Use fewer points."
        )
    return names
