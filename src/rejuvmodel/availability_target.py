"""Availability targets: read as the decimal that was written, compared as logarithms of unavailability."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from math import log
from numbers import Real

from rejuvmodel.arrays import is_number, real
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError


def allowed_log_unavailability(target: object) -> float:
    """Return the natural logarithm of the unavailability that a target allows.

    Parameters
    ----------
    target : float, Decimal or Fraction
        Availability, above 0 and below 1; the double 0.99999 is read as the decimal.

    Returns
    -------
    float
        ln(1 − target).

    Raises
    ------
    InvalidInputError
        If it is no such number.
    """
    rule = "a target is an availability above 0 and below 1"
    advice = "Write target=0.99999 for five nines."
    if isinstance(target, bool) or not is_number(target) or not isinstance(target, Real | Decimal):
        raise InvalidInputError("target", shown(target), rule, advice)
    number = real("target", target, rule, open_minimum=True, advice=advice)
    exact = Fraction(target) if isinstance(target, Fraction | Decimal | int) else Fraction(repr(number))
    if not 0 < exact < 1:
        raise InvalidInputError("target", shown(target), rule, advice)
    down = 1 - exact
    return log(down.numerator) - log(down.denominator) if float(down) < 1e-300 else log(down)
