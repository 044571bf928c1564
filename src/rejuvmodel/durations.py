"""Durations: hours from numbers, timedelta or text such as ``"20 min"``, and back to words.

Everything is computed with fractions and rounded once at the end, so ``hours("20 min")`` is the double
nearest to 1/3. Months and years are no units here: their length is a convention, and guessing it would
change results silently. This module imports no NumPy.
"""

from __future__ import annotations

import math
import re
from datetime import timedelta
from decimal import Decimal
from difflib import get_close_matches
from fractions import Fraction
from numbers import Rational, Real
from typing import NoReturn

from rejuvmodel.errors import InvalidInputError

# One unit in hours; the order, from long to short, is the order required in "1 h 30 min".
_HOURS_PER = {
    "w": Fraction(168),
    "d": Fraction(24),
    "h": Fraction(1),
    "min": Fraction(1, 60),
    "s": Fraction(1, 3600),
}
_UNIT_OF = {
    **dict.fromkeys(("w", "week", "weeks"), "w"),
    **dict.fromkeys(("d", "day", "days"), "d"),
    **dict.fromkeys(("h", "hour", "hours"), "h"),
    **dict.fromkeys(("min", "minute", "minutes"), "min"),
    **dict.fromkeys(("s", "sec", "second", "seconds"), "s"),
}
_CALENDAR = frozenset({"a", "y", "yr", "yrs", "year", "years", "mo", "mon", "month", "months"})
_NUMBER = r"(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?"
_PART = re.compile(rf"\s*({_NUMBER})\s*([^\W\d_]*)\s*")
_LONGEST_TEXT = 200
#: Relative rounding that is taken for none.
_ROUNDING = Fraction(1, 10**13)
_RULE = 'a duration is hours as a number, "never", or text with one of the units s, min, h, d, w'


def shown(value: object) -> str:
    """Return a short text for any value, fit for an error message.

    Parameters
    ----------
    value : object
        Anything a user may have passed.

    Returns
    -------
    str
        Text in double quotes, other values by their ``repr``, cut to 60 characters; the type alone
        where even ``repr`` fails.
    """
    try:
        text = f'"{value}"' if isinstance(value, str) else repr(value)
    except Exception:  # a foreign __repr__ may raise anything, and huge integers refuse to be printed
        return f"a value of type {type(value).__name__}"
    text = " ".join(text.split())
    return text if len(text) <= 60 else f"{text[:56]} ..."


def exact_hours(value: object, argument: str = "duration") -> Fraction | None:
    """Return a duration as an exact number of hours.

    Parameters
    ----------
    value : object
        Hours [h] as int, float, Fraction, Decimal or any real number; a ``datetime.timedelta``; or text:
        ``"20 min"``, ``"7 d"``, ``"1 h 30 min"``, ``"never"``.
    argument : str
        The name that errors give, as the user typed it.

    Returns
    -------
    Fraction or None
        Hours [h], without rounding; None for an infinite duration.

    Raises
    ------
    InvalidInputError
        If the value is negative, NaN, a bool, too large for a float, text without a unit or with an
        unknown one, or of any other type.
    """
    if isinstance(value, str):
        return _from_text(value, argument)
    if isinstance(value, timedelta):
        return _checked(_from_timedelta(value, argument), value, argument)
    # numpy.timedelta64 is registered as an integer, but counts units of its own.
    carries_unit = getattr(getattr(value, "dtype", None), "kind", "") == "m"
    if isinstance(value, bool) or carries_unit or not isinstance(value, Real | Decimal):
        advice = 'Write, for example, 2 or "2 h".'
        raise InvalidInputError(argument, f"{shown(value)} ({type(value).__name__})", _RULE, advice)
    return _from_number(value, argument)


def hours(value: object, argument: str = "duration") -> float:
    """Return a duration in hours, rounded once.

    Parameters
    ----------
    value : object
        Hours [h] as int, float, Fraction, Decimal or any real number; a ``datetime.timedelta``; or text:
        ``"20 min"``, ``"7 d"``, ``"1 h 30 min"``, ``"never"``.
    argument : str
        The name that errors give, as the user typed it.

    Returns
    -------
    float
        Hours [h], the double nearest to the exact value; infinity for ``"never"``.

    Raises
    ------
    InvalidInputError
        If the value is negative, NaN, a bool, too large for a float, text without a unit or with an
        unknown one, or of any other type.

    Examples
    --------
    >>> hours("1 h 30 min"), hours("7 d"), hours("never")
    (1.5, 168.0, inf)
    """
    exact = exact_hours(value, argument)
    return math.inf if exact is None else float(exact)


def words(value: object) -> str:
    """Return a duration as short text that ``hours`` reads back.

    Parameters
    ----------
    value : object
        Hours [h], or anything else that ``hours`` takes.

    Returns
    -------
    str
        Up to 4 significant digits in the longest of d, h, min and s that shows them without rounding;
        where every unit rounds, in the longest unit of which there is at least one; ``"never"`` for
        infinity.

    Raises
    ------
    InvalidInputError
        If the value is no duration.

    Examples
    --------
    >>> words(1 / 3), words(36), words(336)
    ('20 min', '1.5 d', '14 d')
    """
    length = hours(value, "hours")
    if length == 0:
        return "0 s"
    if math.isinf(length):
        return "never"
    exact = Fraction(length)
    # A double stands for every fraction within its rounding: 1/60 as a double is meant as 1 min.
    most = exact * (1 + _ROUNDING)
    amounts = [(exact / size, unit) for unit, size in _HOURS_PER.items() if unit != "w" and most >= size]
    for amount, unit in amounts:
        if abs(_four_digits(amount) - amount) <= amount * _ROUNDING:
            return f"{_plain(amount)} {unit}"
    amount, unit = amounts[0] if amounts else (exact / _HOURS_PER["s"], "s")
    return f"{_plain(amount)} {unit}"


def _four_digits(amount: Fraction) -> Fraction:
    return Fraction(Decimal(f"{_decimal(amount):.3e}"))


def _decimal(amount: Fraction) -> Decimal:
    # Seconds of the longest doubles exceed the range of a double; Decimal has room.
    return Decimal(amount.numerator) / Decimal(amount.denominator)


def _plain(amount: Fraction) -> str:
    number = Decimal(f"{_decimal(amount):.3e}").normalize()
    return f"{number:f}" if -5 <= number.adjusted() <= 8 else f"{number:e}".replace("E", "e")


def _checked(exact: Fraction, typed: object, argument: str) -> Fraction:
    if exact < 0:
        raise InvalidInputError(
            argument, shown(typed), "a duration is not negative", "Write it without the minus sign."
        )
    try:
        float(exact)
    except OverflowError:
        _refuse_long(typed, argument)
    return exact


def _refuse_long(typed: object, argument: str) -> NoReturn:
    raise InvalidInputError(
        argument,
        shown(typed),
        "a duration stays below 1.8e308 hours",
        'Write "never" for an infinite duration.',
    )


def _from_timedelta(value: timedelta, argument: str) -> Fraction:
    try:
        microseconds = (value.days * 86400 + value.seconds) * 10**6 + value.microseconds
        # pandas.Timedelta is a timedelta that carries nanoseconds as well.
        nanoseconds = microseconds * 1000 + int(getattr(value, "nanoseconds", 0))
    except (TypeError, ValueError):  # pandas.NaT answers NaN for every part
        raise InvalidInputError(argument, shown(value), _RULE, "Remove missing values first.") from None
    return Fraction(nanoseconds, 3600 * 10**9)


def _from_number(value: Real | Decimal, argument: str) -> Fraction | None:
    if isinstance(value, Rational):
        return _checked(Fraction(int(value.numerator), int(value.denominator)), value, argument)
    try:
        near = float(value)
    except (ValueError, OverflowError, TypeError):  # a signalling NaN, or a number type without a float
        near = math.nan
    if math.isnan(near):
        raise InvalidInputError(
            argument, shown(value), "a duration is not NaN", "Remove or replace missing values."
        )
    if math.isinf(near):
        if near > 0 and value == near:
            return None
        if near > 0:
            _refuse_long(value, argument)
        raise InvalidInputError(
            argument, shown(value), "a duration is not negative", 'Write "never" for infinity.'
        )
    # Far below the doubles a Decimal would need a denominator of millions of digits.
    exact = Fraction(value) if isinstance(value, Decimal) and value.adjusted() > -400 else Fraction(near)
    return _checked(exact, value, argument)


def _from_text(text: str, argument: str) -> Fraction | None:
    if text.strip().casefold() == "never":
        return None
    typed = text.strip()
    if not typed or len(typed) > _LONGEST_TEXT:
        raise InvalidInputError(
            argument, shown(text), _RULE, 'Write, for example, "20 min", "7 d" or "1 h 30 min".'
        )
    if typed.startswith(("-", "\N{MINUS SIGN}")):
        raise InvalidInputError(
            argument, shown(text), "a duration is not negative", "Write it without the minus sign."
        )
    total, position, last = Fraction(0), 0, -1
    while position < len(typed):
        part = _PART.match(typed, position)
        if part is None:
            raise InvalidInputError(
                argument, shown(text), _RULE, 'Write, for example, "20 min" or "1 h 30 min".'
            )
        unit = _unit(part[2], text, argument)
        rank = list(_HOURS_PER).index(unit)
        if rank <= last:
            advice = 'Write, for example, "1 h 30 min".'
            raise InvalidInputError(argument, shown(text), "units go from long to short, each once", advice)
        total += Fraction(Decimal(part[1])) * _HOURS_PER[unit]
        position, last = part.end(), rank
    return _checked(total, text, argument)


def _unit(written: str, text: str, argument: str) -> str:
    name = written.casefold()
    if name in _UNIT_OF:
        return _UNIT_OF[name]
    if not name:
        single = re.fullmatch(_NUMBER, text.strip())
        example = f"{text.strip()} h" if single else "1 h 30 min"
        advice = (
            f'Add a unit, for example "{example}"; decimals have a point; hours alone stand without quotes.'
        )
    elif name in _CALENDAR:
        advice = 'Months and years differ in length: write days, for example "30 d" or "365 d".'
    elif name == "m":
        advice = 'Write "min" for minutes, days ("30 d") for months.'
    else:
        near = get_close_matches(name, _UNIT_OF, n=1)
        advice = f'Did you mean "{near[0]}"?' if near else 'Write, for example, "20 min" or "7 d".'
    raise InvalidInputError(argument, shown(text), _RULE, advice)
