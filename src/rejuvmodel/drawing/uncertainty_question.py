"""What the pictures of an uncertainty check before they draw."""

from __future__ import annotations

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.propagation.expected_optimum import ExpectedOptimum
from rejuvmodel.propagation.spreads import Spread
from rejuvmodel.propagation.uncertainty_result import Uncertainty


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
