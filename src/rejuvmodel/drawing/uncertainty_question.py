"""What the pictures of an uncertainty check before they draw."""

from __future__ import annotations

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.propagation.expected_optimum import ExpectedOptimum
from rejuvmodel.propagation.spreads import Spread
from rejuvmodel.propagation.uncertainty_result import Uncertainty

#: From this share on the points at 0 or infinity are told of.
_TOLD = 0.0005


def require_uncertainty(result: object) -> Uncertainty:
    """Refuse what is no result of `uncertainty`."""
    if not isinstance(result, Uncertainty):
        raise InvalidInputError(
            "result", shown(result), "this picture shows an Uncertainty", "Write uncertainty(…) first."
        )
    return result


def require_spread(result: object, measure: object) -> Spread:
    """The distribution of that name; refuses one that the result has not."""
    spreads = require_uncertainty(result).spreads
    if not isinstance(measure, str) or measure not in spreads:
        raise InvalidInputError(
            "measure", shown(measure), f"this result has the measures {', '.join(spreads)}",
            'Write measure="downtime".',
        )  # fmt: skip
    return spreads[measure]


def require_decision(result: object) -> ExpectedOptimum:
    """The decision of the result; refuses one that decides nothing."""
    decision = require_uncertainty(result).decision
    if decision is None:
        raise InvalidInputError(
            "result", "an uncertainty without a decision", "a band lies around the curve of a decision",
            "Use a Cluster, or give a pool bounds, and leave the rejuvenation rate out of the inputs.",
        )  # fmt: skip
    return decision


def at_the_ends(spread: Spread, names: tuple[str, str]) -> list[str]:
    """Shares of the points at 0 and at infinity, which no logarithmic axis shows, in words."""
    shares = [float(np.mean(np.isneginf(spread.logs))), float(np.mean(np.isposinf(spread.logs)))]
    return [f"{name}: {100 * x:.3g} %" for name, x in zip(names, shares, strict=True) if x > _TOLD]
