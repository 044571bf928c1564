"""Confidence of intervals: how often they hold the true value."""

from __future__ import annotations

from rejuvmodel.arrays import real
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError


def confidence_level(confidence: object) -> float:
    """Return a confidence that has been checked.

    Parameters
    ----------
    confidence : float
        Above 0 and below 1.

    Returns
    -------
    float
        The same number.

    Raises
    ------
    InvalidInputError
        If it is no such number.
    """
    rule = "a confidence is a number above 0 and below 1"
    number = real("confidence", confidence, rule, open_minimum=True, advice="Usual are 0.95 and 0.99.")
    if not isinstance(number, float) or number >= 1:
        raise InvalidInputError("confidence", shown(confidence), rule, "Usual are 0.95 and 0.99.")
    return number
