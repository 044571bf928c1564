"""Elasticities of masses: how every road says how the sums of probabilities move with the parameters.

The elasticity of f with respect to θ is ∂ ln f / ∂ ln θ = (θ/f)·∂f/∂θ. With logarithms of the masses beside
them the derivatives follow, also where the masses underflow.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Size(NamedTuple):
    """A mass: its value, 0 where it underflows, and its natural logarithm, −inf for 0."""

    value: float
    log: float


#: The mass of what cannot happen.
NOTHING = Size(0.0, float("-inf"))


class MassElasticities(NamedTuple):
    """Masses of one model and how each moves with its parameters.

    Attributes
    ----------
    parameters : tuple of str
        Names of the parameters.
    masses : mapping of str to Size
        The masses of ``measures.PRICED``, "unavailability" and "up". Those that the model does not declare
        are left out.
    elasticities : mapping of str to ndarray
        Of every mass, shape (parameters,).
    method : str
        How they were obtained.
    """

    parameters: tuple[str, ...]
    masses: Mapping[str, Size]
    elasticities: Mapping[str, Floats]
    method: str
