"""TOML files and strict tables: what is wrong is named by key path and file."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.toml_tables import Table, read_toml

DUPLEX = """
[cluster]
servers = 2
guarded = true
mode = "active/standby"
[mean_times]
restart = "20 min"
repair = 2
aging = "never"
[optimize]
rejuvenate_after = ["6 min", "never", 3]
[costs]
failure = 1000
"""


@pytest.fixture
def in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def table(**values: Any) -> Table:
    return Table({"costs": values}, "duplex.toml").table("costs")


def test_a_file_is_read(in_directory: Path) -> None:
    """A good file is read whole, every value by its type."""
    (in_directory / "duplex.toml").write_text(DUPLEX, encoding="utf-8")
    file = Table(read_toml("duplex.toml"), "duplex.toml")
    cluster, times, costs = file.table("cluster"), file.table("mean_times"), file.table("costs")
    assert cluster.integer("servers", minimum=1) == 2
    assert cluster.boolean("guarded") is True
    assert cluster.text("mode", choices=["active/active", "active/standby"]) == "active/standby"
    assert (times.duration("restart"), times.duration("repair"), times.duration("aging")) == (
        1 / 3,
        2.0,
        math.inf,
    )
    assert file.table("optimize").durations("rejuvenate_after") == [0.1, math.inf, 3.0]
    assert costs.number("failure", minimum=0) == 1000.0
    file.finish()


@pytest.mark.parametrize("start", [b"\xef\xbb\xbf", b""])
def test_marks_and_line_ends_do_not_matter(in_directory: Path, start: bytes) -> None:
    """A byte order mark and Windows line ends are read like any other file."""
    (in_directory / "a.toml").write_bytes(start + b"[a]\r\nb = 1\r\n")
    assert read_toml(Path("a.toml")) == {"a": {"b": 1}}


@pytest.mark.parametrize(
    ("contents", "words"),
    [
        (b"a = 1\nb == 2\n", "line 2, column 4"),
        (b"a = 1\na = 2\n", "line 2"),
        (b"restart = 20 min\n", "line 1"),
        (b"\x89PNG\r\n\x1a\n\0\0", "byte 0x89 in line 1"),
        (b"a = 1\n\xff", "byte 0xff in line 2"),
        ("a = 1".encode("utf-16"), "not UTF-8"),
        (b"\0\0\0", "line 1"),
        (b"a = " + b"[" * 50_000, "nested too deeply"),
        (b"a = " + b"9" * 5000, "syntax error"),
        (b"#" * (2**20 + 1), "bytes"),
    ],
)
def test_a_broken_file_is_refused(in_directory: Path, contents: bytes, words: str) -> None:
    """A file that is no TOML is an error that names the file as typed and the place in it."""
    (in_directory / "duplex.toml").write_bytes(contents)
    with pytest.raises(InvalidInputError) as error:
        read_toml("./duplex.toml")
    assert error.value.argument == "./duplex.toml"
    assert words in error.value.found


@given(st.binary(max_size=40))
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, contents: bytes) -> None:
    """No contents whatever give anything but a dict or an InvalidInputError."""
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_bytes(contents)
    try:
        result: object = read_toml(path)
    except InvalidInputError as error:
        result = error
    assert isinstance(result, dict | InvalidInputError)
    assert getattr(result, "argument", str(path)) == str(path)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("missing.toml", "no such file"),
        (".", "a directory"),
        ("", "no such file"),
        ("a\0b", "cannot be read"),
        ("x" * 5000, "cannot be read"),
        ("file/below", "cannot be read"),
    ],
)
def test_an_unreachable_file_is_refused(in_directory: Path, name: str, words: str) -> None:
    """A file that cannot be opened is an error that says why."""
    (in_directory / "file").write_text("", encoding="utf-8")
    with pytest.raises(InvalidInputError) as error:
        read_toml(name)
    assert error.value.argument == (name or '""')
    assert words in error.value.found


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read every file")
def test_an_unreadable_file_is_refused(in_directory: Path) -> None:
    """A file without permission to read it is an error that says so."""
    (in_directory / "a.toml").touch(mode=0o000)
    with pytest.raises(InvalidInputError, match=r"^a\.toml: got a file that may not be read"):
        read_toml("a.toml")


@pytest.mark.parametrize("path", [None, True, 3, 1.5, ["a.toml"], b"a.toml", {}])
def test_a_path_of_another_type_is_refused(path: Any) -> None:
    """What is no path is an error that names the path, and no file descriptor is read by number."""
    with pytest.raises(InvalidInputError, match=r"^path: got "):
        read_toml(path)


def test_an_unknown_key_names_the_nearest() -> None:
    """A misspelt optional key is an error with its key path, the file, the valid keys and the nearest."""
    file = Table({"costs": {"failure": 1, "capacty": 2}}, "my/duplex.toml")
    costs = file.table("costs")
    costs.number("failure")
    costs.number("capacity", None)
    with pytest.raises(InvalidInputError) as error:
        file.finish()
    assert error.value.argument == "costs.capacty in my/duplex.toml"
    assert "[costs] are failure, capacity" in error.value.rule
    assert error.value.advice == 'Did you mean "capacity"?'


def test_an_unknown_table_is_refused() -> None:
    """A table that nobody asked for is an error, at the top of the file as well."""
    file = Table({"cost": {}}, "duplex.toml")
    assert file.table("costs", None) is None
    with pytest.raises(InvalidInputError, match=r'^cost in duplex\.toml: got an unknown key; .* "costs"\?$'):
        file.finish()


def test_a_missing_key_names_its_misspelling() -> None:
    """A missing key is an error that names the key in the file that may be meant."""
    costs = table(failur=1, rejuvenation=2)
    with pytest.raises(InvalidInputError, match=r"^costs\.failure in duplex\.toml: got nothing .*failur\""):
        costs.number("failure")


def test_a_missing_table_is_refused() -> None:
    """A missing table is an error that names it."""
    with pytest.raises(InvalidInputError, match=r"^cluster in duplex\.toml: got nothing"):
        Table({}, "duplex.toml").table("cluster")


@pytest.mark.parametrize("name", ["table", "number", "integer", "text", "boolean", "duration", "durations"])
def test_a_default_makes_a_key_optional(name: str) -> None:
    """Every getter returns its default for a missing key and refuses the key without one."""
    costs = table()
    assert getattr(costs, name)("failure", None) is None
    with pytest.raises(InvalidInputError, match=r"^costs\.failure in duplex\.toml"):
        getattr(costs, name)("failure")


GETTERS: dict[str, tuple[Callable[[Table], object], tuple[type, ...]]] = {
    "table": (lambda t: t.table("key"), (dict,)),
    "number": (lambda t: t.number("key"), (int, float)),
    "integer": (lambda t: t.integer("key"), (int,)),
    "text": (lambda t: t.text("key"), (str,)),
    "boolean": (lambda t: t.boolean("key"), (bool,)),
    "duration": (lambda t: t.duration("key"), ()),
    "durations": (lambda t: t.durations("key"), ()),
}
SCALARS = st.booleans() | st.integers(-(10**400), 10**400) | st.floats() | st.text(max_size=8)
SCALARS |= st.dates() | st.times() | st.datetimes()
VALUES = SCALARS | st.lists(SCALARS, max_size=3) | st.dictionaries(st.text(max_size=4), SCALARS, max_size=2)


@given(st.sampled_from(sorted(GETTERS)), VALUES)
def test_a_value_has_the_type_or_is_refused(name: str, value: object) -> None:
    """Any value that TOML can hold is returned as its type or refused by key path and file."""
    getter, types = GETTERS[name]
    costs = table(key=value)
    try:
        result = getter(costs)
    except InvalidInputError as error:
        result = error
    if isinstance(result, InvalidInputError):
        assert result.argument.startswith("costs.key")
        assert result.argument.endswith(" in duplex.toml")
        assert type(value) not in types or name == "number"  # where numbers are too large, infinite or NaN
    else:
        assert not types or type(value) in types
        assert not isinstance(result, float) or result == result


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan, -1, 0, 10**400, True, "1", None])
def test_number_limits(value: object) -> None:
    """A number is above its minimum, finite and no NaN."""
    with pytest.raises(InvalidInputError, match=r"^costs\.rate in duplex\.toml: got "):
        table(rate=value).number("rate", minimum=0, open_minimum=True)


def test_infinity_is_a_number_where_allowed() -> None:
    """Infinity is read where it is allowed, and zero at a closed minimum, without its sign."""
    costs = table(a=math.inf, b=-0.0)
    assert costs.number("a", allow_infinity=True) == math.inf
    assert math.copysign(1, costs.number("b", minimum=0)) == 1


@pytest.mark.parametrize("value", [0, -2, 2.0, True, "2"])
def test_integer_limits(value: object) -> None:
    """A whole number has no decimal point, is no boolean and not below its minimum."""
    with pytest.raises(InvalidInputError, match=r"whole number of at least 1 is expected"):
        table(servers=value).integer("servers", minimum=1)


def test_choices_name_the_nearest() -> None:
    """Text outside the choices is an error with the nearest of them."""
    with pytest.raises(InvalidInputError, match=r'Did you mean "active/active"\?$'):
        table(mode="active/activ").text("mode", choices=["active/active", "active/standby"])


@pytest.mark.parametrize(
    ("value", "limits"),
    [
        ("0 s", {"positive": True}),
        (0, {"positive": True}),
        ("never", {"finite": True}),
        (math.inf, {"finite": True}),
        ("20 minn", {}),
        ("20", {}),
        (-1, {}),
        (math.nan, {}),
        (True, {}),
        (["1 h"], {}),
    ],
)
def test_duration_limits(value: object, limits: dict[str, bool]) -> None:
    """A bad duration is an error that names the key path and the file."""
    with pytest.raises(InvalidInputError, match=r"^costs\.repair in duplex\.toml: got "):
        table(repair=value).duration("repair", **limits)


def test_a_bad_duration_in_a_list_has_its_index() -> None:
    """The error for one of several durations names its index; the wrong number of them is an error."""
    bounds = table(after=["6 min", "2 months"])
    with pytest.raises(InvalidInputError, match=r'^costs\.after\[1\] in duplex\.toml: got "2 months"'):
        bounds.durations("after")
    with pytest.raises(InvalidInputError, match="a list of 3 durations"):
        bounds.durations("after", length=3)


def test_a_list_of_tables_is_no_table() -> None:
    """Double brackets where one table is expected are an error that says so."""
    with pytest.raises(InvalidInputError, match=r"^costs in a\.toml: .*single brackets"):
        Table({"costs": [{"failure": 1}]}, "a.toml").table("costs")


@pytest.mark.parametrize("mapping", [None, [], "text", 3])
def test_a_table_is_made_of_a_mapping(mapping: Any) -> None:
    """What is no mapping is no table."""
    with pytest.raises(InvalidInputError, match=r"^a\.toml: got "):
        Table(mapping, "a.toml")


def test_asking_for_a_key_makes_it_valid() -> None:
    """A key that was only looked for counts as known."""
    costs = table(currency="EUR")
    assert "currency" in costs
    assert "failure" not in costs
    costs.finish()


def test_odd_keys_are_quoted() -> None:
    """Keys that TOML writes in quotes are quoted in errors, and long ones cut."""
    assert table().where("a b") == 'costs."a b" in duplex.toml'
    assert len(table().where("x" * 1000)) < 100


def test_no_numpy_is_needed() -> None:
    """Durations and TOML tables load without NumPy, as the runtime needs them."""
    code = "import sys, rejuvmodel.durations, rejuvmodel.toml_tables; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
