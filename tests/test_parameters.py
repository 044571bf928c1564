"""Rates and Costs: what is accepted, what is refused and how, and that they behave as values."""

from __future__ import annotations

import copy
import dataclasses
import math
import pickle
from collections import deque
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rejuvmodel.arrays import broadcast_shape, real, whole_number
from rejuvmodel.errors import InvalidInputError, SizeError
from rejuvmodel.parameters import Costs, ParameterWarning, Rates

GOOD = {"aging": 1 / 168, "failure": 1 / 2160, "repair": 0.5, "restart": 3.0, "rejuvenation": 1 / 336}
TIMES = {"aging": "7 d", "failure": "90 d", "repair": "2 h", "restart": "20 min", "rejuvenation": "14 d"}
PRICES = {"failure": 1000.0, "rejuvenation": 10.0, "capacity": 5.0, "per_rejuvenation": 1.0, "degraded": 2.0}
MAKERS: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "Rates": (Rates, GOOD),
    "from_mean_times": (Rates.from_mean_times, TIMES),
    "Costs": (Costs, PRICES),
}
PLACES = [(maker, argument) for maker, (_, good) in MAKERS.items() for argument in good]


class Unwilling:
    """An object whose conversion to an array fails."""

    def __array__(self, *_args: object, **_named: object) -> np.ndarray:
        raise RuntimeError("no array today")


class Column:
    """A column of a table, as data frames hand it out: not a sequence, but it becomes an array."""

    def __array__(self, *_args: object, **_named: object) -> np.ndarray:
        return np.array([1, 2])


def masked(*mask: bool) -> Any:
    return np.ma.array([1.0] * len(mask), mask=list(mask))


NEVER_A_NUMBER: list[Any] = [
    *(True, False, np.bool_(True), 1j, np.complex64(1), b"1", bytearray(b"1"), "fast", "", "nan", "1"),
    *(
        {},
        {"a": 1},
        {1.0},
        frozenset({1}),
        {}.values(),
        iter([1.0]),
        (x for x in [1.0]),
        object(),
        float,
        len,
    ),
    *([], (), [[]], np.zeros(0), np.zeros((0, 3)), [[1.0, 2.0], [3.0]], [[1.0], 2.0], [1.0, [2.0]]),
    *(
        [np.zeros((2, 2)), np.zeros((2, 3))],
        [1.0, True],
        [None, 1.0],
        [1.0, "x"],
        [1.0, 1j],
        [1.0, {}],
        [b"1"],
    ),
    *(np.array([True, False]), np.array([1j]), np.array([1.0, None]), np.array(["x"]), np.array([b"1"])),
    *(
        np.array(["2020-01-01"], dtype="M8[D]"),
        np.datetime64("2020-01-01"),
        date(2020, 1, 1),
        datetime(2020, 1, 1, tzinfo=UTC),
    ),
    *(np.zeros(2, dtype="f8,f8"), masked(False, True), np.ma.masked, [1.0, np.ma.masked], Unwilling()),
    *(math.nan, np.float32("nan"), [1.0, math.nan], np.array([math.nan]), Decimal("nan"), Decimal("snan")),
    *(-1, -0.5, [1.0, -1.0], np.array([[1.0], [-1e-300]]), -math.inf, [-math.inf], Fraction(-1, 3)),
    *(10**400, -(10**400), [1.0, 10**400], 10**5000, Decimal("1e400"), Fraction(10**400), [Decimal("1e400")]),
]
BAD_SCALARS = (
    st.booleans()
    | st.complex_numbers()
    | st.binary(max_size=3)
    | st.floats(max_value=0, exclude_max=True)
    | st.integers(max_value=-1)
    | st.decimals(max_value=-1, allow_nan=False)
    | st.dates()
    | st.dictionaries(st.integers(), st.floats(), max_size=2)
    | st.frozensets(st.integers(), max_size=2)
    | st.sampled_from([math.nan, None, "x", b"", 10**400, -math.inf, Decimal("snan"), Fraction(-1, 7)])
)
FINE = st.floats(min_value=1e-300, max_value=1e300)


@st.composite
def spoilt(draw: st.DrawFn) -> object:
    """Draw a bad scalar, or good numbers in rows with one bad entry somewhere."""
    bad = draw(BAD_SCALARS)
    if draw(st.booleans()):
        return [1.0, bad] if bad is None else bad
    row: list[object] = list(draw(st.lists(FINE, max_size=3)))
    row.insert(draw(st.integers(0, len(row))), bad)
    if draw(st.booleans()):
        return tuple(row)
    return [[1.0] * len(row), row]


def names(error: InvalidInputError, argument: str) -> bool:
    return error.argument == argument or error.argument.startswith(f"{argument}[")


@pytest.mark.parametrize(("maker", "argument"), PLACES)
def test_known_bad_values_are_refused(maker: str, argument: str) -> None:
    """Every kind of value that is no number of the model is an InvalidInputError naming the argument."""
    make, good = MAKERS[maker]
    for value in NEVER_A_NUMBER:
        with pytest.raises(InvalidInputError) as error:
            make(**(good | {argument: value}))
        assert names(error.value, argument), (value, error.value)
        assert error.value.rule


@given(st.sampled_from(PLACES), spoilt())
@settings(max_examples=1500)
def test_thousands_of_bad_values_are_refused(place: tuple[str, str], value: object) -> None:
    """Bad values of any kind, alone or among good ones, are InvalidInputErrors naming the argument."""
    make, good = MAKERS[place[0]]
    with pytest.raises(InvalidInputError) as error:
        make(**(good | {place[1]: value}))
    assert names(error.value, place[1])


@pytest.mark.parametrize(
    ("maker", "argument"), [p for p in PLACES if p[1] != "rejuvenation" or p[0] == "Costs"]
)
def test_none_is_refused(maker: str, argument: str) -> None:
    """None is refused for everything but the rejuvenation rate."""
    make, good = MAKERS[maker]
    with pytest.raises(InvalidInputError, match=rf"^{argument}: got None"):
        make(**(good | {argument: None}))


@pytest.mark.parametrize("argument", ["repair", "restart"])
@pytest.mark.parametrize("zero", [0, 0.0, -0.0, [1, 0], np.zeros(1), Fraction(0)])
def test_zero_repair_and_restart_are_refused(argument: str, zero: object) -> None:
    """A repair or restart rate of zero is refused."""
    with pytest.raises(InvalidInputError, match=rf"^{argument}.*above 0"):
        Rates(**(GOOD | {argument: zero}))


@pytest.mark.parametrize(("maker", "argument"), [p for p in PLACES if p[0] != "from_mean_times"])
@pytest.mark.parametrize("value", [math.inf, [1.0, math.inf], np.array(math.inf), Decimal("inf")])
def test_infinity_is_for_the_rejuvenation_rate_only(maker: str, argument: str, value: object) -> None:
    """Only the rejuvenation rate may be infinite."""
    make, good = MAKERS[maker]
    if (maker, argument) == ("Rates", "rejuvenation"):
        assert np.isinf(make(**(good | {argument: value})).rejuvenation).any()
    else:
        with pytest.raises(InvalidInputError, match=rf"^{argument}"):
            make(**(good | {argument: value}))


@pytest.mark.parametrize(
    ("value", "place"),
    [
        ([1.0, -1.0], "failure[1]"),
        ([[1, 2], [math.nan, -1]], "failure[1, 0]"),
        (np.array([[1.0, -2.0]]), "failure[0, 1]"),
    ],
)
def test_the_first_bad_entry_is_named(value: object, place: str) -> None:
    """The error for an array names the index of its first bad entry."""
    with pytest.raises(InvalidInputError) as error:
        Rates(**(GOOD | {"failure": value}))
    assert error.value.argument == place


@pytest.mark.parametrize("extreme", [5e-324, 1e-310, 1e308, 2**1023])
def test_extreme_rates_are_accepted(extreme: float) -> None:
    """Subnormal and huge finite rates are kept as they are."""
    rates = Rates(aging=extreme, failure=extreme, repair=extreme, restart=extreme, rejuvenation=extreme)
    assert set(rates.to_dict().values()) == {float(extreme)}


@pytest.mark.parametrize(
    "value",
    [
        3,
        3.0,
        np.float32(3),
        np.int8(3),
        np.array(3),
        Fraction(3),
        Decimal(3),
        np.longdouble(3),
        np.array(3, dtype=">f8"),
    ],
)
def test_scalars_become_floats(value: object) -> None:
    """Every real scalar becomes a Python float."""
    rates = Rates(**(GOOD | {"repair": value}))
    assert type(rates.repair) is float
    assert rates.repair == 3
    assert rates.shape == ()


@pytest.mark.parametrize(
    "value",
    [
        [1, 2],
        (1.0, 2),
        range(1, 3),
        deque([1, 2]),
        np.array([1, 2]),
        np.array([1, 2], dtype=np.float16),
        [Fraction(1), Decimal(2)],
        [np.float32(1), np.array(2.0)],
        masked(False, False) * [1, 2],
        Column(),
        memoryview(b"\x01\x02"),
        np.array([1, 0, 2, 0], dtype=">f8")[::2],
        np.array([1, 2.0], dtype=object),
    ],
)
def test_arrays_become_read_only_doubles(value: object) -> None:
    """Every sequence or array of reals becomes a contiguous array of doubles that cannot be written to."""
    repair = Rates(**(GOOD | {"repair": value})).repair
    assert type(repair) is np.ndarray
    assert repair.dtype == np.float64
    assert repair.ravel().tolist() == [1, 2]
    assert repair.flags.c_contiguous
    with pytest.raises(ValueError, match="read-only"):
        repair[...] = 1


def test_later_changes_of_an_array_do_not_reach_the_rates() -> None:
    """Writing to the array that was passed, or to what a read-only view shows, leaves the rates alone."""
    source = np.array([1.0, 2.0])
    view = source[:]
    view.setflags(write=False)
    direct, through_view = Rates(**(GOOD | {"failure": source})), Rates(**(GOOD | {"failure": view}))
    source[0] = 7
    assert direct.failure[0] == through_view.failure[0] == 1


def test_read_only_arrays_are_shared() -> None:
    """An array that nobody can write to is used without a copy."""
    frozen = np.full(1000, 0.5)
    frozen.setflags(write=False)
    rates = Rates(**(GOOD | {"failure": frozen}))
    assert rates.failure is frozen
    assert rates.replace(repair=2).failure is frozen


def test_negative_zero_becomes_zero() -> None:
    """The sign of zero is dropped from numbers and arrays."""
    rates = Rates(**(GOOD | {"failure": -0.0, "aging": np.array([-0.0, 1.0])}))
    assert math.copysign(1, rates.failure) == 1
    assert not np.signbit(rates.aging).any()


def test_shapes_broadcast() -> None:
    """The shape is that of all fields broadcast together."""
    rates = Rates(aging=np.ones((4, 1)), failure=np.ones(3), repair=1, restart=np.ones((2, 1, 1)))
    assert rates.shape == (2, 4, 3)
    assert Costs(failure=[1, 2], rejuvenation=1).shape == (2,)


@given(st.lists(st.lists(st.integers(1, 3), max_size=3), min_size=1, max_size=4))
def test_broadcast_shape_is_that_of_numpy(shapes: list[list[int]]) -> None:
    """Shapes broadcast as in NumPy, and where they do not, the two that clash are named."""
    named = {f"x{k}": np.ones(shape) for k, shape in enumerate(shapes)}
    try:
        expected = np.broadcast_shapes(*map(tuple, shapes))
    except ValueError:
        with pytest.raises(InvalidInputError) as error:
            broadcast_shape(named)
        left, right = error.value.argument.split(" and ")
        with pytest.raises(ValueError, match="mismatch"):
            np.broadcast_shapes(named[left].shape, named[right].shape)
        assert str(named[left].shape) in error.value.found
        assert str(named[right].shape) in error.value.found
    else:
        assert broadcast_shape(named) == expected


def test_a_grid_beyond_all_memory_is_refused() -> None:
    """A grid that no array could hold is a SizeError that names the arguments."""
    long = np.ones(10**5)
    axes = [long.reshape((-1,) + (1,) * k) for k in range(4)]
    with pytest.raises(SizeError, match="failure"):
        Rates(aging=axes[0], failure=axes[1], repair=axes[2], restart=axes[3])
    big = Rates(aging=axes[0], failure=axes[1], repair=axes[2], restart=1)
    with pytest.raises(SizeError, match="Rates at 1000000000000000 points"):
        big[:]
    assert big[5, 5, 5].shape == ()


GRID = Rates(aging=[[0.1], [0.2]], failure=[1, 2, 3], repair=0.5, restart=3, rejuvenation=[[4], [math.inf]])


def test_an_index_selects_a_point() -> None:
    """A full index gives the scalars of that point."""
    assert GRID[1, 2] == Rates(aging=0.2, failure=3, repair=0.5, restart=3, rejuvenation=math.inf)


@pytest.mark.parametrize(
    "index", [0, slice(1, 3), (..., 1), (slice(None), [0, 2]), np.array([True, False]), -1]
)
def test_an_index_selects_as_in_numpy(index: Any) -> None:
    """Any index selects the same points from every field as from an array of the shape."""
    part = GRID[index]
    for name, value in GRID.to_dict().items():
        expected = np.broadcast_to(value, GRID.shape)[index]
        assert np.array_equal(np.broadcast_to(getattr(part, name), expected.shape), expected)
        assert part.shape == expected.shape


@pytest.mark.parametrize(
    "index", [2, (0, 3), (0, 0, 0), "failure", 1.5, slice(0, 0), [], object(), [[1], [1, 2]]]
)
def test_a_bad_index_is_refused(index: Any) -> None:
    """An index out of range, of a wrong type or that selects nothing is an InvalidInputError."""
    with pytest.raises(InvalidInputError, match=r"^Rates\[\.\.\.\]: got index .*shape \(2, 3\)"):
        GRID[index]


@pytest.mark.parametrize("value", [Rates(**GOOD), Costs(**PRICES)])
def test_scalars_have_no_index(value: Any) -> None:
    """Scalar parameters refuse an index and do not iterate."""
    with pytest.raises(InvalidInputError, match="scalars and have no index"):
        value[0]
    with pytest.raises(TypeError, match="not iterable"):
        list(value)


@pytest.mark.parametrize(
    "value", [GRID, Rates(**GOOD), Costs(**PRICES), Costs(failure=[1, 2], rejuvenation=[0, 3])]
)
def test_parameters_are_values(value: Any) -> None:
    """Copies, pickles and dicts of parameters are equal to them, hash alike and stay read-only."""
    for again in (
        pickle.loads(pickle.dumps(value)),
        copy.copy(value),
        copy.deepcopy(value),
        value.replace(),
        dataclasses.replace(value),
        type(value)(**value.to_dict()),
    ):
        assert again == value
        assert hash(again) == hash(value)
        assert not any(f.flags.writeable for f in map(np.asarray, vars_of(again)) if f.ndim)
    with pytest.raises(dataclasses.FrozenInstanceError):
        value.failure = 1.0


def vars_of(value: Any) -> list[Any]:
    return [getattr(value, field.name) for field in dataclasses.fields(value)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (Rates(**GOOD), Rates(**(GOOD | {"repair": 0.6}))),
        (Rates(**GOOD), Rates(**(GOOD | {"rejuvenation": None}))),
        (Rates(**GOOD), Rates(**(GOOD | {"repair": [0.5]}))),
        (Rates(**(GOOD | {"repair": [0.5, 1]})), Rates(**(GOOD | {"repair": [0.5, 2]}))),
        (Rates(**(GOOD | {"repair": [0.5, 1]})), Rates(**(GOOD | {"repair": [0.5]}))),
        (Costs(failure=1, rejuvenation=1), Costs(failure=1, rejuvenation=1, degraded=1)),
        (Costs(failure=1, rejuvenation=1), "text"),
    ],
)
def test_different_parameters_differ(left: object, right: object) -> None:
    """Parameters that differ in one value or shape are not equal."""
    assert left != right


def test_repr_can_be_typed_and_stays_short() -> None:
    """The repr of small parameters can be evaluated; large arrays are summed up."""
    assert eval(repr(Rates(**GOOD))) == Rates(**GOOD)
    assert "rejuvenation" not in repr(Rates(**(GOOD | {"rejuvenation": None})))
    assert len(repr(Rates(**(GOOD | {"failure": np.linspace(1, 2, 10**5)})))) < 200


def test_replace_validates() -> None:
    """A replaced field is validated like any other, against the other fields as well."""
    with pytest.raises(InvalidInputError, match=r"^repair: got 0"):
        Rates(**GOOD).replace(repair=0)
    with pytest.raises(InvalidInputError, match=r"^aging and failure: got shapes \(2, 1\) and \(3, 4\)"):
        GRID.replace(failure=np.ones((3, 4)))


def test_an_unknown_name_is_a_type_error() -> None:
    """A misspelt keyword is Python's own TypeError, as are positional arguments."""
    with pytest.raises(TypeError, match="ageing"):
        Rates(ageing=1, failure=1, repair=1, restart=1)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="positional"):
        Rates(1, 1, 1, 1)  # type: ignore[misc]


def test_mean_times_are_reciprocals() -> None:
    """Mean times as text, numbers and timedeltas give the rates nearest to the exact reciprocals."""
    rates = Rates.from_mean_times(aging="7 d", failure=2160, repair=timedelta(hours=2), restart="20 min")
    assert rates == Rates(aging=1 / 168, failure=1 / 2160, repair=0.5, restart=3)


@given(st.integers(1, 10**6), st.sampled_from([("s", 3600), ("min", 60), ("h", 1)]))
def test_mean_times_as_text_are_rounded_once(amount: int, unit: tuple[str, int]) -> None:
    """The rate of a mean time in text is the double nearest to the exact reciprocal."""
    rates = Rates.from_mean_times(aging=1, failure=1, repair=1, restart=f"{amount} {unit[0]}")
    assert rates.restart == float(Fraction(unit[1], amount))


@pytest.mark.parametrize(
    "value",
    [
        ["1 h", "2 h"],
        [1, 2],
        [1.0, "2 h"],
        (timedelta(hours=1), "120 min"),
        np.array([1, 2]),
        np.array(["1 h", "2 h"]),
        np.array([1, 2], dtype=object),
        np.array([60, 120], dtype="m8[m]"),
        [Fraction(1), Decimal(2)],
    ],
)
def test_many_mean_times(value: object) -> None:
    """Arrays and sequences of mean times, mixed or not, give an array of rates."""
    repair = Rates.from_mean_times(aging=1, failure=1, repair=value, restart=1).repair
    assert repair.tolist() == [1, 0.5]
    assert not repair.flags.writeable


@pytest.mark.parametrize("never", ["never", math.inf, np.array(math.inf)])
def test_never_is_rate_zero_where_allowed(never: object) -> None:
    """An infinite mean time is rate 0 for aging, failure and rejuvenation."""
    rates = Rates.from_mean_times(aging=never, failure=never, repair=1, restart=1, rejuvenation=never)
    assert (rates.aging, rates.failure, rates.rejuvenation) == (0, 0, 0)


@pytest.mark.parametrize("argument", ["repair", "restart"])
@pytest.mark.parametrize("never", ["never", math.inf, [1.0, math.inf], ["1 h", "never"]])
def test_never_is_refused_where_the_rate_must_be_positive(argument: str, never: object) -> None:
    """An infinite mean time of repair or restart is refused."""
    with pytest.raises(InvalidInputError, match=rf"^{argument}.*\(a mean time\)"):
        Rates.from_mean_times(**(TIMES | {argument: never}))


@pytest.mark.parametrize("argument", ["aging", "failure", "repair", "restart"])
@pytest.mark.parametrize(
    ("zero", "typed"),
    [(0, "0 hours"), (0.0, "0 hours"), ([1.0, 0.0], "0 hours"), ("0 s", '"0 s"'), (["0 min"], '"0 min"')],
)
def test_zero_mean_times_are_spoken_of_as_times(argument: str, zero: object, typed: str) -> None:
    """A mean time of zero is refused as 0 hours, never as an infinite rate."""
    with pytest.raises(InvalidInputError) as error:
        Rates.from_mean_times(**(TIMES | {argument: zero}))
    assert f"got {typed} (a mean time)" in str(error.value)
    assert "inf" not in str(error.value).replace("infinite", "")


def test_mean_times_too_short_for_a_rate_are_refused() -> None:
    """A mean time whose rate would overflow is refused, alone or in an array."""
    for value in (5e-324, [1.0, 5e-324], np.array([5e-324])):
        with pytest.raises(InvalidInputError, match="fit a float"):
            Rates.from_mean_times(**(TIMES | {"failure": value}))


@pytest.mark.parametrize(
    "value", [np.timedelta64(5), np.array([1], dtype="m8[Y]"), np.array(["NaT"], dtype="m8[s]")]
)
def test_lengths_without_hours_are_refused(value: object) -> None:
    """A NumPy timedelta without unit, in years, or missing is refused."""
    with pytest.raises(InvalidInputError, match=r"^failure"):
        Rates.from_mean_times(**(TIMES | {"failure": value}))


def test_a_unit_misspelt_is_shown_as_typed() -> None:
    """The error for a misspelt unit has the argument, the text as typed, and the units."""
    with pytest.raises(InvalidInputError, match=r'^restart\[1\]: got "20 minn"; .*s, min, h, d, w'):
        Rates.from_mean_times(**(TIMES | {"restart": ["1 h", "20 minn"]}))


@pytest.mark.parametrize(
    ("restart", "rejuvenation"),
    [("20 min", "10 min"), (["1 h", "2 h"], "90 min"), ("1 h", [2, 0.5]), (1, 0), ([[1], [3]], [2, 4])],
)
def test_a_wait_shorter_than_the_restart_warns(restart: object, rejuvenation: object) -> None:
    """A rejuvenation wait shorter than the restart at any point warns, at the line of the caller."""
    with pytest.warns(ParameterWarning, match="confused with the duration") as record:
        Rates.from_mean_times(aging=1, failure=1, repair=1, restart=restart, rejuvenation=rejuvenation)
    assert record[0].filename == __file__


@pytest.mark.parametrize(
    ("restart", "rejuvenation"),
    [("20 min", "20 min"), ([1, 3], [2, 4]), ([[1, 3]], [[2, 4], [1, 3]]), (1, "never"), (1, None)],
)
def test_a_wait_as_long_as_the_restart_does_not_warn(restart: object, rejuvenation: object) -> None:
    """No warning where every wait is at least its restart; the test settings make one an error."""
    Rates.from_mean_times(aging=1, failure=1, repair=1, restart=restart, rejuvenation=rejuvenation)


def test_at_once_is_an_infinite_rate() -> None:
    """A wait of 0 hours is an infinite rejuvenation rate."""
    with pytest.warns(ParameterWarning):
        rates = Rates.from_mean_times(**(TIMES | {"rejuvenation": [0, "14 d"]}))
    assert rates.rejuvenation.tolist() == [math.inf, 1 / 336]


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), st.lists(FINE, min_size=1, max_size=1) | FINE))
def test_good_rates_are_always_accepted(values: dict[str, object]) -> None:
    """Positive finite numbers are accepted for every rate and kept bit by bit."""
    rates = Rates(**(GOOD | values))
    for name, value in values.items():
        assert np.array_equal(getattr(rates, name), value)


@given(
    st.dictionaries(
        st.sampled_from(sorted(PRICES)), st.floats(0, 1e308) | st.lists(FINE, min_size=2, max_size=2)
    )
)
def test_good_costs_are_always_accepted(values: dict[str, object]) -> None:
    """Finite numbers of at least zero are accepted for every cost."""
    costs = Costs(**(PRICES | values))
    for name, value in values.items():
        assert np.array_equal(getattr(costs, name), value)


def test_costs_have_defaults() -> None:
    """All costs but those of the two kinds of downtime are zero unless given."""
    costs = Costs(failure=1, rejuvenation=2)
    assert (costs.capacity, costs.per_rejuvenation, costs.degraded) == (0, 0, 0)


@pytest.mark.parametrize("value", [2, np.int64(2), np.uint8(2)])
def test_whole_numbers_are_accepted(value: object) -> None:
    """An integer of any type is a whole number, returned as an int."""
    assert type(whole_number("servers", value, 1)) is int


@pytest.mark.parametrize(
    "value",
    [
        0,
        -1,
        2.5,
        2.0,
        np.float64(2),
        True,
        np.bool_(True),
        "2",
        None,
        [2],
        np.array(2),
        np.array([2]),
        1j,
        {},
        Decimal(2),
        Fraction(2),
        b"2",
        -(10**50),
    ],
)
def test_other_whole_numbers_are_refused(value: object) -> None:
    """Too small numbers, floats, bools, text, None and arrays are no whole numbers."""
    with pytest.raises(InvalidInputError, match=r"^servers: got .*whole number of at least 1"):
        whole_number("servers", value, 1)


def test_a_float_that_is_whole_is_told_how() -> None:
    """The error for 2.0 says to write 2."""
    with pytest.raises(InvalidInputError, match="Write servers=2, without"):
        whole_number("servers", 2.0, 1)


def test_values_may_have_other_limits() -> None:
    """A closed or open minimum other than zero is kept, for numbers and arrays."""
    assert real("x", [-2.0, 1.0], "x >= -2", minimum=-2).tolist() == [-2, 1]
    for value in (-2, [1.0, -2.0]):
        with pytest.raises(InvalidInputError, match=r"-2; x > -2"):
            real("x", value, "x > -2", minimum=-2, open_minimum=True)
