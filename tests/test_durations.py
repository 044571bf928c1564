"""Durations: text, numbers and timedeltas to hours, and back to words."""

from __future__ import annotations

import math
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejuvmodel.durations import exact_hours, hours, shown, words
from rejuvmodel.errors import InvalidInputError

UNITS = {
    Fraction(1, 3600): ("s", "sec", "second", "seconds"),
    Fraction(1, 60): ("min", "minute", "minutes"),
    Fraction(1): ("h", "hour", "hours"),
    Fraction(24): ("d", "day", "days"),
    Fraction(168): ("w", "week", "weeks"),
}
SPELLED = [(name, size) for size, names in UNITS.items() for name in names]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("20 min", Fraction(1, 3)),
        ("7 d", 168),
        ("1 h 30 min", Fraction(3, 2)),
        ("1h30min", Fraction(3, 2)),
        ("2 w 1 d 1 h 1 min 1 s", 336 + 24 + 1 + Fraction(1, 60) + Fraction(1, 3600)),
        ("1.5 h", Fraction(3, 2)),
        (".5 d", 12),
        ("2. h", 2),
        ("1e3 s", Fraction(1000, 3600)),
        ("1E-3 h", Fraction(1, 1000)),
        ("  20 Min ", Fraction(1, 3)),
        ("0 s", 0),
    ],
)
def test_text_is_read_exactly(text: str, expected: Fraction) -> None:
    """Text with units is the exact number of hours, in any spelling that the units have."""
    assert exact_hours(text) == expected


@given(st.fractions(min_value=0, max_value=10**6, max_denominator=1000), st.sampled_from(SPELLED))
def test_text_is_rounded_once(amount: Fraction, unit: tuple[str, Fraction]) -> None:
    """The hours of a decimal with a unit are the double nearest to the exact product."""
    number = Decimal(amount.numerator) / 8  # any decimal of finite length will do
    assert hours(f"{number:f} {unit[0]}") == float(Fraction(number) * unit[1])


@given(st.timedeltas(min_value=timedelta(0)))
def test_timedelta_is_rounded_once(value: timedelta) -> None:
    """The hours of a timedelta are the double nearest to its microseconds."""
    microseconds = value // timedelta(microseconds=1)
    assert hours(value) == float(Fraction(microseconds, 3600 * 10**6))


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=True))
def test_numbers_are_hours(value: float) -> None:
    """A number is a number of hours, whatever its type."""
    assert hours(value) == value
    assert hours(np.float64(value)) == value
    if math.isfinite(value):
        assert hours(Fraction(value)) == value
        assert hours(Decimal(value)) == value


@pytest.mark.parametrize("value", [2, np.int32(2), np.float32(2), Decimal("2.0"), Fraction(4, 2)])
def test_result_is_a_float(value: object) -> None:
    """Hours come back as a Python float from every type of number."""
    assert type(hours(value)) is float
    assert hours(value) == 2


def test_never_is_infinite() -> None:
    """The text "never" is an infinite duration, in any case."""
    assert hours("never") == hours("Never ") == hours(Decimal("inf")) == math.inf


@pytest.mark.parametrize(
    ("value", "advice"),
    [
        ("20 minn", '"min"'),
        ("20", 'Add a unit, for example "20 h"'),
        ("1 h 30", '"1 h 30 min"'),
        ("3 months", '"30 d"'),
        ("1 year", '"365 d"'),
        ("5 m", '"min"'),
        ("30 min 1 h", "1 h 30 min"),
        ("1 h 1 h", "1 h 30 min"),
        ("-5 min", "minus"),
        (-1, "minus"),
        ("", '"20 min"'),
        ("min", '"20 min"'),
        ("1,5 h", "decimals have a point"),
        (math.nan, "missing"),
        (Decimal("nan"), "missing"),
        (Decimal("snan"), "missing"),
        ("1e400 d", '"never"'),
        ("1e308 d", '"never"'),
        (10**400, '"never"'),
        (Decimal("1e400"), '"never"'),
        (-math.inf, '"never"'),
        (True, '"2 h"'),
    ],
)
def test_errors_name_the_next_step(value: object, advice: str) -> None:
    """The error for a bad duration names the argument, the value as typed and what to write instead."""
    with pytest.raises(InvalidInputError) as error:
        hours(value, "repair")
    assert error.value.argument == "repair"
    assert advice in error.value.advice
    assert str(value)[:20] in error.value.found


@pytest.mark.parametrize(
    "value",
    [
        None,
        False,
        1j,
        b"20 min",
        [1],
        (),
        {},
        {"h": 1},
        {1},
        date(2020, 1, 1),
        object(),
        np.array([1.0]),
        float,
        np.timedelta64(20, "m"),
        np.bool_(True),
        iter([1]),
        "nan h",
        "inf h",
        "inf",
        "٣ h",
        "1 h\x00",
        "1" * 300 + " h",
        "1e9999999999 h",
        "1e+ h",
        "1 h 2",
        "h 1",
        "1..2 h",
        "20 min and 3 s",
        "1 µs",
        "�",
    ],
)
def test_other_values_are_refused(value: object) -> None:
    """Whatever is no duration is an InvalidInputError that names the argument."""
    with pytest.raises(InvalidInputError, match=r"^failure: got "):
        hours(value, "failure")


@given(st.text(max_size=12) | st.from_regex(r"\A-?[0-9.e+]{0,6} ?[a-zA-Z]{0,6} ?[0-9]{0,3} ?[a-z]{0,3}\Z"))
def test_any_text_is_read_or_refused(text: str) -> None:
    """No text whatever gives anything but hours or an InvalidInputError."""
    try:
        result: object = hours(text, "aging")
    except InvalidInputError as error:
        result = error
    assert getattr(result, "argument", "aging") == "aging"
    assert isinstance(result, InvalidInputError) or (isinstance(result, float) and result >= 0)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1 / 3, "20 min"),
        (168, "7 d"),
        (336, "14 d"),
        (8760, "365 d"),
        (876000, "36500 d"),
        (2, "2 h"),
        (1.5, "1.5 h"),
        (0.1, "6 min"),
        (36, "1.5 d"),
        (100, "100 h"),
        (278.150731, "11.59 d"),
        (1 / 3600, "1 s"),
        (1 / 60, "1 min"),
        (1 / 60 - 1e-9, "60 s"),
        (1e-4, "0.36 s"),
        (0, "0 s"),
        (math.inf, "never"),
        ("90 min", "1.5 h"),
        (timedelta(hours=25), "25 h"),
    ],
)
def test_words_read_well(value: object, text: str) -> None:
    """Words use the longest unit that shows the duration without rounding."""
    assert words(value) == text


@given(st.floats(min_value=0, allow_nan=False, allow_infinity=True))
def test_words_are_read_back(value: float) -> None:
    """Words read back are the duration to 4 significant digits, from the smallest double to infinity."""
    # Rounding the largest doubles to 4 digits upwards would leave their range.
    length = value if value < 1.79e308 or math.isinf(value) else 1.79e308
    back = hours(words(length))
    assert back == length or math.isclose(back, length, rel_tol=5.1e-4, abs_tol=1e-323)


@given(st.integers(min_value=1, max_value=9999), st.sampled_from(["s", "min", "h", "d"]))
def test_short_durations_survive_words(amount: int, unit: str) -> None:
    """A duration of at most 4 digits in one unit comes back from its words unchanged."""
    value = hours(f"{amount} {unit}")
    assert hours(words(value)) == value


def test_words_of_a_bad_duration_are_refused() -> None:
    """Words refuse what is no duration."""
    with pytest.raises(InvalidInputError, match=r"^hours: got -1"):
        words(-1)


def test_any_value_can_be_shown() -> None:
    """Values that cannot be printed, or only at length, still have a short text in errors."""

    class Mute:
        def __repr__(self) -> str:
            raise RuntimeError

    assert shown(Mute()) == "a value of type Mute"
    assert shown(10**5000) == "a value of type int"
    assert len(shown("x" * 1000)) <= 60
