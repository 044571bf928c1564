"""Parameters that measures are differentiated by, and how one of them moves one measure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np


class InputParameter(NamedTuple):
    """A parameter that measures are differentiated by.

    Attributes
    ----------
    name : str
        Its name, as ``rejuvmodel.sweep`` knows it: "aging", "period", "costs.failure"; of a chain built by
        hand a cause or a transition.
    long_name : str
        What it is.
    symbol : str
        Its symbol in the theory pages; may be empty.
    unit : str
        "1/h", "h", "currency/h", "currency", or "1" for a common factor of several rates.
    value : float
        Its value.
    """

    name: str
    long_name: str
    symbol: str
    unit: str
    value: float


@dataclass(frozen=True)
class Influence:
    """How one parameter moves one measure.

    Attributes
    ----------
    measure : str
        The measure f.
    parameter : str
        The parameter θ.
    long_name, symbol : str
        What the parameter is, and its symbol in the theory pages.
    unit : str
        Unit of the parameter.
    value : float
        Its value θ.
    derivative : float
        ∂f/∂θ, in the unit of the measure over that of the parameter; 0 where it underflows.
    elasticity : float
        (θ/f)·∂f/∂θ = ∂ ln f/∂ ln θ: by how many per cent f changes if θ grows by one per cent.
    """

    measure: str
    parameter: str
    long_name: str
    symbol: str
    unit: str
    value: float
    derivative: float
    elasticity: float

    def factor(self, change: float) -> float:
        """Return by what the measure is multiplied, to first order of logarithms.

        Parameters
        ----------
        change : float
            Relative change of the parameter, such as 0.1 for +10 %; above −1.

        Returns
        -------
        float
            (1 + change)^elasticity.
        """
        return float(np.exp(self.elasticity * np.log1p(change)))

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            One entry per attribute.
        """
        return {name: getattr(self, name) for name in self.__dataclass_fields__}
