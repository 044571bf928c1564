"""Numbers as a planner reads them: as many digits as mean something, with their unit."""

from __future__ import annotations

import math

from rejuvmodel.durations import words

_LN10 = math.log(10.0)


def availability_text(unavailability: float, log_unavailability: float) -> str:
    """Availability with three digits beyond its nines: 1 only for a system that is never down."""
    if log_unavailability == -math.inf:
        return "1"
    places = max(4, math.ceil(-log_unavailability / _LN10) + 2)
    if places > 15:
        return f"1 - {small_text(unavailability, log_unavailability, 3)}"
    return f"{1.0 - unavailability:.{places}f}"


def small_text(value: float, log_value: float, digits: int = 6) -> str:
    """Return a number with so many digits; from its logarithm where doubles underflow."""
    if value >= 1e-290 or log_value == -math.inf:
        return f"{value:.{digits}g}"
    exponent = math.floor(log_value / _LN10)
    return f"{math.exp(log_value - exponent * _LN10):.3f}e{exponent}"


def money_text(value: float, currency: str = "") -> str:
    """Amount with cents, or with three digits where cents would hide it."""
    text = f"{value:,.2f}" if value == 0 or 0.1 <= abs(value) < 1e15 else f"{value:.3g}"
    return f"{text} {currency}".rstrip()


def rate_text(rate: float) -> str:
    """Rate per hour."""
    return f"{rate:.6g}/h"


def wait_text(wait: float) -> str:
    """Mean wait in words; "at once" for 0, "never" for infinity."""
    return "at once" if wait == 0 else words(wait)


def ratio_text(log_under: float, log_over: float) -> str:
    """Return a quotient from the logarithms of its parts; a dash where one of them is 0."""
    if math.isinf(log_under) or math.isinf(log_over):
        return "-"
    gap = log_over - log_under
    return small_text(math.exp(gap), gap, 4) if gap < 700 else f"1e{gap / _LN10:.1f}"
