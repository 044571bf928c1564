"""Cluster files: what they say becomes objects, and what they misspell is named."""

from __future__ import annotations

import math
import warnings
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel.cluster_file import ClusterFile, read_cluster_file
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.parameters import ParameterWarning

EXAMPLES = Path(__file__).parents[1] / "examples"
DUPLEX = """
[cluster]
servers = 2
[mean_times]
aging = "7 d"
failure = "90 d"
repair = "2 h"
restart = "20 min"
rejuvenate_after = "14 d"
[costs]
currency = "EUR"
failure = 1000
rejuvenation = 10
capacity = 5
[optimize]
rejuvenate_after = ["6 min", "never"]
[report]
horizon = "30 d"
"""
RATES = """
[cluster]
servers = 3
[rates]
aging = 0.25
failure = 0.125
repair = 2
restart = 3
"""


@pytest.fixture
def in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def read(text: str, *changes: tuple[str, str]) -> ClusterFile:
    """Read the text as x.toml, with every change made exactly once."""
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    Path("x.toml").write_text(text, encoding="utf-8")
    return read_cluster_file("x.toml")


def refused(text: str, *changes: tuple[str, str]) -> str:
    with pytest.raises(InvalidInputError) as error:
        read(text, *changes)
    return str(error.value)


@pytest.mark.usefixtures("in_directory")
def test_every_table_is_read() -> None:
    """Each value of a full file stands in the object of its name."""
    file = read(DUPLEX)
    rates = rj.Rates.from_mean_times(
        aging="7 d", failure="90 d", repair="2 h", restart="20 min", rejuvenation="14 d"
    )
    assert file.cluster == rj.Cluster(2, rates)
    assert file.costs == rj.Costs(failure=1000, rejuvenation=10, capacity=5)
    assert (file.currency, file.bounds, file.horizon) == ("EUR", (0.0, 10.0), 720.0)
    assert (file.path, file.default_bounds) == ("x.toml", False)


@pytest.mark.usefixtures("in_directory")
def test_defaults() -> None:
    """Without their tables there are no costs, a year, and waits from 6 min to never."""
    file = read(RATES)
    assert file.cluster == rj.Cluster(3, rj.Rates(aging=0.25, failure=0.125, repair=2, restart=3))
    assert (file.costs, file.currency, file.horizon) == (None, "", 8760.0)
    assert (file.bounds, file.default_bounds) == ((0.0, 10.0), True)


@pytest.mark.usefixtures("in_directory")
def test_a_left_out_wait_stays_open() -> None:
    """Without rejuvenate_after the rate is None."""
    assert read(DUPLEX, ('rejuvenate_after = "14 d"\n', "")).cluster.rates.rejuvenation is None


@pytest.mark.usefixtures("in_directory")
@pytest.mark.parametrize(
    ("waits", "bounds"),
    [
        ('["0 h", "never"]', (0.0, math.inf)),
        ("[0, 4]", (0.25, math.inf)),
        ('["1 min", 0.5]', (2.0, 60.0)),
        ("[0.5, inf]", (0.0, 2.0)),
    ],
)
def test_waits_become_rates(waits: str, bounds: tuple[float, float]) -> None:
    """The shortest wait is the upper bound of the rate, the longest the lower; never is 0, 0 h infinite."""
    assert read(DUPLEX, ('["6 min", "never"]', waits)).bounds == bounds


@pytest.mark.usefixtures("in_directory")
@pytest.mark.parametrize(("wait", "rate"), [('"never"', 0.0), ("4", 0.25), ("inf", 0.0), ('"4 h"', 0.25)])
def test_the_wait_is_the_reciprocal_of_the_rate(wait: str, rate: float) -> None:
    """rejuvenate_after is a mean wait once unstable, the library's rate is per hour."""
    assert read(DUPLEX, ('"14 d"', wait)).cluster.rates.rejuvenation == rate


@pytest.mark.usefixtures("in_directory")
def test_rates_name_the_rejuvenation_rate() -> None:
    """[rates] takes rejuvenation, per hour, infinity included."""
    assert read(RATES + "rejuvenation = inf\n").cluster.rates.rejuvenation == math.inf


@pytest.mark.usefixtures("in_directory")
@pytest.mark.parametrize(
    ("change", "shape", "restart"),
    [
        (('"20 min"', '["20 min", 0.5]'), (2,), [3.0, 2.0]),
        (('"20 min"', "[[0.25], [0.5]]"), (2, 1), [[4.0], [2.0]]),
    ],
)
def test_lists_make_a_grid(change: tuple[str, str], shape: tuple[int, ...], restart: list[float]) -> None:
    """A list of mean times, texts and numbers mixed, is a grid of clusters."""
    file = read(DUPLEX, change)
    assert file.cluster.shape == shape
    np.testing.assert_array_equal(file.cluster.rates.restart, restart)


@pytest.mark.usefixtures("in_directory")
def test_lists_of_rates_broadcast() -> None:
    """A column of one rate and a row of another span the whole grid."""
    file = read(RATES, ("aging = 0.25", "aging = [[1], [2]]"), ("repair = 2", "repair = [1, 2, 3]"))
    assert file.cluster.shape == (2, 3)


@pytest.mark.usefixtures("in_directory")
def test_a_short_wait_is_warned_of() -> None:
    """A wait shorter than the restart is read, with a warning that quotes both."""
    with pytest.warns(ParameterWarning) as caught:
        file = read(DUPLEX, ('"14 d"', '"19 min"'))
    assert file.cluster.rates.rejuvenation == 60 / 19
    words = str(caught[0].message)
    assert 'mean_times.rejuvenate_after = "19 min"' in words
    assert 'mean_times.restart = "20 min"' in words
    assert caught[0].filename == __file__


@pytest.mark.parametrize("name", ["duplex", "huang_a", "huang_b", "web_tier"])
def test_examples_are_read_without_a_warning(name: str) -> None:
    """Every example is a valid file with costs."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert read_cluster_file(EXAMPLES / f"{name}.toml").costs is not None


@pytest.mark.usefixtures("in_directory")
@pytest.mark.parametrize(
    ("change", "key", "advice"),
    [
        (("failure = 1000", "failur = 1000"), "costs.failure in x.toml", 'Is it "failur", misspelt?'),
        (("capacity", "capasity"), "costs.capasity in x.toml", 'Did you mean "capacity"?'),
        (("[costs]", "[cost]"), "cost in x.toml", 'Did you mean "costs"?'),
        (("[mean_times]", "[mean_time]"), "mean_times in x.toml", 'Is it "mean_time", misspelt?'),
        (("horizon", "horizont"), "report.horizont in x.toml", 'Did you mean "horizon"?'),
        (("servers", "server"), "cluster.servers in x.toml", 'Is it "server", misspelt?'),
        (("aging", "ageing"), "mean_times.aging in x.toml", 'Is it "ageing", misspelt?'),
        (('rejuvenate_after = "', 'rejuvenate_aftr = "'), "mean_times.rejuvenate_aftr", "rejuvenate_after"),
        (("rejuvenate_after = [", "after = ["), "optimize.after in x.toml", "rejuvenate_after"),
        (("[report]", "[trigerr]"), "trigerr in x.toml", 'Did you mean "trigger"?'),
    ],
)
def test_misspelt_keys_are_named(change: tuple[str, str], key: str, advice: str) -> None:
    """A misspelt key is an error with its path and the nearest key."""
    message = refused(DUPLEX, change)
    assert message.startswith(key)
    assert advice in message


@pytest.mark.usefixtures("in_directory")
def test_a_rate_and_a_wait_are_never_mixed_up() -> None:
    """The name of the rate is no key of [mean_times], nor that of the wait one of [rates]."""
    assert "is called rejuvenate_after" in refused(
        DUPLEX, ('rejuvenate_after = "14 d"', 'rejuvenation = "14 d"')
    )
    assert "is called rejuvenation" in refused(RATES + "rejuvenate_after = 3\n")


@pytest.mark.usefixtures("in_directory")
def test_one_of_rates_and_mean_times() -> None:
    """Both tables, or neither, is an error that names both."""
    for message in (
        refused(DUPLEX + "[rates]\naging = 1\n"),
        refused("[cluster]\nservers = 2\n"),
    ):
        assert "[mean_times]" in message
        assert "[rates]" in message


@pytest.mark.usefixtures("in_directory")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (('"20 min"', "0"), "mean_times.restart in x.toml: got 0 hours (a mean time)"),
        (('"20 min"', "[1, 0]"), "mean_times.restart[1] in x.toml: got 0 hours"),
        (('"20 min"', "-1"), "mean_times.restart in x.toml: got -1"),
        (('"20 min"', "nan"), "mean_times.restart in x.toml: got nan"),
        (('"20 min"', "true"), "mean_times.restart in x.toml: got true"),
        (('"20 min"', '"20"'), 'mean_times.restart in x.toml: got "20"'),
        (('"20 min"', '"20 mins"'), 'Did you mean "min"?'),
        (('"20 min"', "{ a = 1 }"), "mean_times.restart in x.toml: got {'a': 1} (a table)"),
        (('"20 min"', "2024-01-01"), "(a date or time)"),
        (('"20 min"', "[]"), "mean_times.restart in x.toml: got an empty array"),
        (('"20 min"', "[[1, 2], [3]]"), "mean_times.restart[0] in x.toml"),
        (('"2 h"', '"never"'), 'mean_times.repair in x.toml: got "never"'),
        (('"14 d"', '"-1 d"'), "mean_times.rejuvenate_after in x.toml"),
        (('"14 d"', "false"), "mean_times.rejuvenate_after in x.toml: got false"),
        (("servers = 2", "servers = 0"), "cluster.servers in x.toml: got 0"),
        (("servers = 2", "servers = 2.5"), "cluster.servers in x.toml: got 2.5"),
        (("servers = 2", "servers = true"), "cluster.servers in x.toml: got true"),
        (("failure = 1000", 'failure = "1000"'), 'costs.failure in x.toml: got "1000" (text)'),
        (("failure = 1000", "failure = -1"), "costs.failure in x.toml: got -1"),
        (("failure = 1000", "failure = inf"), "costs.failure in x.toml: got inf"),
        (('"EUR"', "3"), "costs.currency in x.toml: got 3"),
        (('"EUR"', r'"a\nb"'), "costs.currency in x.toml"),
        (('"EUR"', '"a very long name of a currency"'), "costs.currency in x.toml"),
        (('["6 min", "never"]', '["never", "6 min"]'), "optimize.rejuvenate_after in x.toml"),
        (('["6 min", "never"]', '["6 min", "6 min"]'), "the shortest wait comes first"),
        (('["6 min", "never"]', '["6 min"]'), "two mean waits are expected"),
        (('["6 min", "never"]', '"6 min"'), "two mean waits are expected"),
        (('["6 min", "never"]', '["6 min", true]'), "optimize.rejuvenate_after[1] in x.toml: got true"),
        (('["6 min", "never"]', '["6 min", [1]]'), "optimize.rejuvenate_after[1] in x.toml"),
        (('["6 min", "never"]', '["x", "never"]'), 'optimize.rejuvenate_after[0] in x.toml: got "x"'),
        (('["6 min", "never"]', '[0, "1e-309 h"]'), "optimize.rejuvenate_after[1] in x.toml"),
        (('"30 d"', '"never"'), "report.horizon in x.toml"),
        (('"30 d"', "0"), "report.horizon in x.toml"),
        (('"30 d"', '"1 year"'), "report.horizon in x.toml"),
    ],
)
def test_bad_values_are_named(change: tuple[str, str], words: str) -> None:
    """A bad value is an error with its key, the file, and the value as typed."""
    assert words in refused(DUPLEX, change)


@pytest.mark.usefixtures("in_directory")
@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("repair = 2", "repair = 0"), "rates.repair in x.toml: got 0"),
        (("aging = 0.25", "aging = -0.25"), "rates.aging in x.toml: got -0.25"),
        (("aging = 0.25", 'aging = "7 d"'), "Mean times belong in [mean_times]"),
        (("aging = 0.25", "aging = [1, inf]"), "rates.aging[1] in x.toml: got inf"),
        (("restart = 3", "restart = 3\nrejuvenation = nan"), "rates.rejuvenation in x.toml: got nan"),
        (("restart = 3", "restart = 3\nrejuvenation = true"), "rates.rejuvenation in x.toml: got true"),
    ],
)
def test_bad_rates_are_named(change: tuple[str, str], words: str) -> None:
    """A bad rate is an error with its key, the file, and the value as typed."""
    assert words in refused(RATES, change)


@pytest.mark.usefixtures("in_directory")
def test_lists_that_do_not_fit_are_named() -> None:
    """Lists of different lengths are an error with both keys as they stand in the file."""
    message = refused(DUPLEX, ('"7 d"', '["7 d", "9 d"]'), ('"2 h"', "[1, 2, 3]"))
    assert message.startswith("mean_times.aging and mean_times.repair in x.toml: got shapes (2,) and (3,)")


KEYS = st.sampled_from(["aging", "failure", "repair", "restart", "rejuvenate_after", "rejuvenation", "x"])
VALUES = st.one_of(
    st.sampled_from(['"20 min"', '"never"', "true", "[]", "inf", "-1", "0", "nan", '"x"', "{}", "[1, 2]"]),
    st.floats().map(repr),
    st.lists(st.integers(-2, 9), max_size=3).map(str),
)


@given(
    table=st.sampled_from(["mean_times", "rates", "costs"]),
    values=st.dictionaries(KEYS, VALUES, max_size=6),
    servers=st.one_of(st.just("2"), VALUES),
)
def test_anything_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, table: str, values: dict[str, str], servers: str
) -> None:
    """No file whatever gives anything but a ClusterFile or an InvalidInputError."""
    values = dict.fromkeys(["aging", "failure", "repair", "restart"], "1") | values
    lines = [f"[cluster]\nservers = {servers}\n[{table}]", *map(" = ".join, values.items())]
    path = tmp_path_factory.getbasetemp() / "any.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ParameterWarning)
        try:
            result: object = read_cluster_file(path)
        except InvalidInputError:
            return
    assert isinstance(result, ClusterFile)
