"""The command that estimates: its table, its JSON, the cluster file it writes, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import EXAMPLES, cells, document, refused, said

import rejuvmodel as rj

EVENTS = str(EXAMPLES / "events.csv")
RATES = rj.Rates.from_mean_times(
    aging="7 d", failure="90 d", repair="2 h", restart="20 min", rejuvenation="5 d"
)
#: Two servers, one of which fails and is repaired.
LOG = "server,time,event\na,10,unstable\na,15,failed\na,25,repaired\n"


@pytest.fixture(autouse=True)
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("log.csv").write_text(LOG, encoding="utf-8")


def test_example_holds_the_rates_that_made_it() -> None:
    """The example log is one of a cluster at known rates, and the intervals hold them."""
    found = rj.estimate(EVENTS)
    assert (found.clock, found.servers) == ("cluster", 2)
    for name, rate in RATES.to_dict().items():
        assert rate in found[name]


def test_table_of_mean_times() -> None:
    """The table shows events, exposure, and the mean time between its limits."""
    row = cells(said("estimate", EVENTS), "failure of one unstable server")
    found = rj.estimate(EVENTS).failure
    assert row[:3] == ["λ", str(found.events), "507.3 d"]
    assert row[3:6] == ["72.47 d", "35.17 d", "180.2 d"]
    assert row[-1] == "yes"


def test_json_is_the_estimate_of_the_library() -> None:
    """The JSON has the events, exposures and limits of the library, and the rates for a model."""
    found, right = document("estimate", EVENTS, "--confidence", "0.9"), rj.estimate(EVENTS, confidence=0.9)
    for one in right:
        assert found["estimates"][one.name]["high"] == one.high
        assert found["estimates"][one.name]["events"] == one.events
    assert found["rates"] == right.rates.to_dict()
    assert found["written"] is None


def test_written_file_is_read_by_the_other_commands() -> None:
    """The cluster file has the estimated rates to the last digit."""
    assert "x.toml: written, with these rates" in said("estimate", EVENTS, "--write", "x.toml")
    found = rj.estimate(EVENTS)
    assert rj.read_cluster_file("x.toml").cluster == found.model()
    assert "mean time" in said("solve", "x.toml")


def test_options_say_what_the_log_does_not() -> None:
    """Clock, servers, end and limits are given where the log is silent."""
    options = ("--clock", "server", "--servers", "a, b", "--until", "40", "--layout", "crews=1")
    found = document("estimate", "log.csv", *options)["estimates"]
    assert found["aging"]["exposure_hours"] == 10 + 15 + 40
    assert found["repair"]["exposure_hours"] == 10.0
    options = ("--clock", "cluster", "--servers", "2", "--initial", "1", "--until", "40")
    assert document("estimate", "log.csv", *options)["estimates"]["repair"]["exposure_hours"] == 10 + 10 + 15


def test_pool_is_written_with_its_limits() -> None:
    """A log by the clock of servers writes a pool; rates that were not seen are given."""
    options = ("--clock", "server", "--servers", "2", "--until", "40", "--layout", "slots=1")
    known = ("--rate", "restart=3", "--rate", "rejuvenation=0.01")
    said("estimate", "log.csv", *options, *known, "--write", "x.toml")
    pool = rj.read_cluster_file("x.toml").cluster
    assert (pool.primaries, pool.crews, pool.slots) == (2, 2, 1)
    assert pool.rates == rj.Rates(aging=1 / 65, failure=1 / 5, repair=1 / 10, restart=3, rejuvenation=0.01)


def test_rates_that_were_not_seen() -> None:
    """Without rejuvenations the table says so, JSON has no rates, and nothing is written."""
    options = ("log.csv", "--clock", "server", "--servers", "2", "--until", "40")
    text = said("estimate", *options)
    assert cells(text, "one rejuvenation (restart)")[3] == "unknown"
    assert cells(text, "wait after becoming unstable")[3] == "not seen"
    assert document("estimate", *options)["rates"] is None
    message = refused("estimate", *options, "--write", "x.toml")
    assert message.startswith("restart: got 0 events in 0 h")
    assert message.rstrip().endswith("says nothing of this rate. Give --rate restart=….")
    message = refused("estimate", *options, "--write", "x.toml", "--rate", "restart=3", "--rate", "repair=-1")
    assert message.startswith("repair: got")
    assert not Path("x.toml").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([], "clock: got nothing, and log.csv does not say"),
        (["--clock", "wall"], 'clock: got "wall"'),
        (["--clock", "server", "--until", "20"], 'until: got "20"'),
        (["--clock", "server", "--layout", "crews"], '--layout: got "crews"'),
        (["--clock", "server", "--layout", "crew=1"], "layout: got"),
        (["--clock", "server", "--confidence", "2"], "confidence: got"),
        (["--clock", "server", "--write", "no/x.toml"], "output no/x.toml: got a file in a directory"),
        (["--clock", "server", "--write", "x.toml", "--rate", "restart=fast"], '--rate restart: got "fast"'),
        (["--clock", "server", "--write", "x.toml", "--rate", "start=1"], 'rate: got "start"'),
    ],
)
def test_what_is_refused(options: list[str], message: str) -> None:
    """Bad options are refused by name, with exit code 2."""
    assert message in refused("estimate", "log.csv", *options)


def test_impossible_sequence_is_refused() -> None:
    """The line of the file, the server and the event stand in the error."""
    Path("log.csv").write_text(LOG + "b,30,repaired\n", encoding="utf-8")
    assert "line 5 of log.csv: got 'repaired' of server 'b'" in refused(
        "estimate", "log.csv", "--clock", "server"
    )
