"""The command on uncertain rates: what a file, the command line and a log know, and what is said of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import DUPLEX, EXAMPLES, cells, changed, document, refused, said

import rejuvmodel as rj

TABLE = """
[uncertainty]
aging = ["5 d", 240]
failure = ["30 d", "270 d"]
ranges = "loguniform"
target = "5 min"
"""
RATES = """
[cluster]
servers = 2
[rates]
aging = 0.006
failure = 0.0005
repair = 0.5
restart = 3
[uncertainty]
aging = {}
"""
FEW = ("--points", "16")
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)


@pytest.fixture(autouse=True)
def directory(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Files are written in a directory of their own."""
    monkeypatch.chdir(tmp_path)


def with_table(table: str = TABLE) -> str:
    """Write x.toml, the example with a table [uncertainty]."""
    path = changed("duplex")
    with open(path, "a", encoding="utf-8") as file:
        file.write(table)
    return path


def test_a_file_says_what_is_known() -> None:
    """The command prints what `uncertainty` returns for the ranges, target and bounds of the file."""
    path = with_table()
    file = rj.read_cluster_file(path)
    found = rj.uncertainty(
        file.cluster, {"aging": ("5 d", "240 h"), "failure": ("30 d", "270 d")}, costs=COSTS,
        bounds=(0, 10), target="5 min", ranges="loguniform", points=16,
    )  # fmt: skip
    printed = document("uncertainty", path, *FEW)
    assert printed["meets_target"] == found.meets_target.to_dict()
    assert printed["measures"]["cost"] == found.cost.to_dict()
    assert printed["decision"]["rate"] == found.decision.rate
    assert printed["at"] == "decision"
    text = said("uncertainty", path, *FEW)
    assert cells(text, "cost in 365 d")[1] == f"{found.cost.median:,.2f} EUR"
    assert "Target of at most 5 min down in 365 d" in text
    assert "no rate of the bounds is better by more than" in text


def test_a_wait_in_the_file_is_measured() -> None:
    """Where the file has a wait the measures are those at that wait; the decision is told all the same."""
    path = changed("duplex", ('restart = "20 min"', 'restart = "20 min"\nrejuvenate_after = "30 d"'))
    printed = document("uncertainty", path, "--range", "aging=5 d,10 d", *FEW)
    assert printed["at"] == "model"
    assert printed["model"]["rates"]["rejuvenation"] == pytest.approx(1 / 720)
    assert printed["decision"]["period"] != 720


def test_the_command_line_goes_before_the_file_and_the_log() -> None:
    """A range on the command line replaces that of the file, which replaces what the log says."""
    path = with_table('\n[uncertainty]\naging = ["5 d", "10 d"]\n')
    printed = document(
        "uncertainty", path, "--events", str(EXAMPLES / "events.csv"),
        "--range", "repair=0.2/h,0.9/h", "--target", "0.9999", *FEW,
    )  # fmt: skip
    sources = {one["name"]: one["source"] for one in printed["inputs"]}
    assert sources["aging"].startswith("5 d to 10 d")
    assert sources["repair"].startswith("0.2 to 0.9 per hour")
    assert "events" in sources["failure"]
    assert "events" in sources["restart"]
    assert printed["target"] == pytest.approx(1e-4)


def test_rates_have_ranges_of_rates() -> None:
    """Beside [rates] a range is one of rates per hour."""
    Path("rates.toml").write_text(RATES.format("[0.004, 0.008]"), encoding="utf-8")
    (one,) = rj.read_cluster_file("rates.toml").uncertainty.ranges
    assert one == ("aging", (0.004, 0.008))
    assert rj.read_cluster_file(DUPLEX).uncertainty is None


def test_a_trigger_without_a_mean_is_measured_at_the_decision() -> None:
    """Where the file leaves the mean of a trigger out, measures are those at the best mean delay."""
    path = with_table('\n[trigger]\nlaw = "fixed"\nclock = "unstable"\n')
    printed = document("uncertainty", path, "--range", "failure=30 d,270 d", "--points", "8")
    assert printed["at"] == "decision"
    assert printed["model"]["trigger"]["law"]["delay"] == pytest.approx(printed["decision"]["period"])


def test_a_pool_is_solved_point_by_point() -> None:
    """A file with a pool is answered as well, between the bounds of the file."""
    table = "[pool]\nprimaries = 1\nspares = 1\nrequired = 1"
    path = changed("duplex", ("[cluster]\nservers = 2", table), ('"never"]', '"30 d"]'))
    printed = document("uncertainty", path, "--range", "failure=30 d,270 d", "--points", "2")
    decision = printed["decision"]
    assert decision["partial_information"] == {"failure": decision["perfect_information"]}
    assert printed["points"] == 2


LOG = """server,time,event
a,10,unstable
a,15,failed
a,25,repaired
b,30,rejuvenation started
b,31,finished
"""
POOL = "[pool]\nprimaries = 2\nspares = 1\nrequired = 1"


def a_pool() -> str:
    """Write x.toml, the example as a pool of three servers with a wait."""
    wait = 'restart = "20 min"'
    with_wait = f'{wait}\nrejuvenate_after = "9 d"'
    return changed("duplex", ("[cluster]\nservers = 2", POOL), (wait, with_wait), ('"never"]', '"30 d"]'))


def exposures(printed: dict) -> dict[str, str]:
    return {one["name"]: one["source"].split(",")[0] for one in printed["inputs"]}


def test_the_command_line_says_what_the_log_does_not() -> None:
    """Start, end, conditions and limits of a log stand on the command line, as for `estimate`."""
    Path("log.csv").write_text(LOG, encoding="utf-8")
    printed = document(
        "uncertainty", a_pool(), "--events", "log.csv", "--clock", "server", "--log", "servers=a, b, c",
        "--log", "until=40", "--log", "initial=c failed", "--log", "crews=1", "--points", "2",
    )  # fmt: skip
    assert exposures(printed) == {
        "aging": f"1 events in {10 + 15 + 30 + 9} h", "failure": "1 events in 5 h",
        "repair": "1 events in 40 h", "restart": "1 events in 1 h",
    }  # fmt: skip
    began, scheduled = printed["log_notes"]
    assert began == "The log does not say when it began: hour 0 was taken. Give start=."
    assert scheduled.startswith("1 rejuvenation began while nothing was unstable")


def test_a_rate_that_the_log_does_not_tell_is_given_as_a_range() -> None:
    """A rate without exposure is refused with the option that gives it."""
    Path("log.csv").write_text("server,time,event\na,10,unstable\n", encoding="utf-8")
    options = ("uncertainty", DUPLEX, "--events", "log.csv", "--clock", "cluster", "--log", "until=40")
    message = refused(*options)
    assert message.startswith("--range repair: got 0 events in 0 hours")
    assert message.rstrip().endswith('Write --range repair="1 h,4 h".')
    assert document(*options, "--range", "repair=1 h,4 h", "--range", "restart=5 min,1 h", *FEW)["inputs"]


def test_servers_that_a_log_does_not_count_are_those_of_the_file() -> None:
    """Of a pool, servers without an event count, as many as the file has; what is assumed is said."""
    Path("log.csv").write_text(LOG, encoding="utf-8")
    path = a_pool()
    options = ("--events", "log.csv", "--clock", "server", "--points", "2")
    printed = document("uncertainty", path, *options)
    assert exposures(printed)["aging"] == f"1 events in {10 + 6 + 30 + 31} h"
    assert "- The log does not say when it ended" in said("uncertainty", path, *options)
    Path("log.csv").write_text("# servers: 2\n" + LOG, encoding="utf-8")
    assert exposures(document("uncertainty", path, *options))["aging"] == f"1 events in {10 + 6 + 30} h"


BAD = {
    "unknown setting of a log": (("--events", "x.csv", "--log", "untill=5"), "", '--log: got "untill"'),
    "no pair for the log": (("--events", "x.csv", "--log", "until"), "", '--log: got "until"'),
    "settings of no log": (("--range", "aging=5 d,9 d", "--log", "until=5"), "", "--log: got no log"),
    "clock of no log": (("--range", "aging=5 d,9 d", "--clock", "server"), "", "--clock: got no log"),
    "workers": (("--range", "aging=5 d,9 d", "--workers", "0"), "", "--workers: got 0"),
    "nothing known": ((), "", "no range and no log"),
    "unknown rate": (("--range", "ageing=5 d,9 d"), "", "--range ageing"),
    "no pair": (("--range", "aging"), "", "--range"),
    "one end": (("--range", "aging=5 d"), "", "--range aging"),
    "no unit": (("--range", "aging=5,9"), "", "Add a unit"),
    "swapped": (("--range", "aging=9 d,5 d"), "", "--range aging"),
    "no number": (("--range", "aging=x/h,2/h"), "", "--range aging"),
    "no log": (("--events", "none.csv"), "", "none.csv"),
    "target": (("--range", "aging=5 d,9 d", "--target", "2"), "", "--target"),
    "points": (("--range", "aging=5 d,9 d", "--points", "3"), "", "--points"),
    "swapped in the file": ((), '[uncertainty]\naging = ["9 d", "5 d"]\n', "uncertainty.aging in x.toml"),
    "a number in the file": ((), "[uncertainty]\naging = 5\n", "uncertainty.aging in x.toml"),
    "never in the file": ((), '[uncertainty]\naging = ["9 d", "never"]\n', "uncertainty.aging in x.toml"),
    "unknown key": ((), '[uncertainty]\nageing = ["5 d", "9 d"]\n', 'Did you mean "aging"?'),
    "reading": ((), '[uncertainty]\nranges = "normal"\n', "uncertainty.ranges in x.toml"),
    "target in the file": ((), "[uncertainty]\ntarget = 1.5\n", "uncertainty.target in x.toml"),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_named_as_typed(name: str) -> None:
    """What cannot be right ends with exit code 2 and one line that names the option or key."""
    options, table, text = BAD[name]
    assert text in refused("uncertainty", with_table(table), *options)


def test_ranges_of_rates_are_numbers() -> None:
    """Beside [rates] a text is no range."""
    Path("rates.toml").write_text(RATES.format('["5 d", "9 d"]'), encoding="utf-8")
    assert "two rates per hour are expected" in refused("uncertainty", "rates.toml")


def test_a_table_is_read_by_the_other_commands() -> None:
    """A file with a table [uncertainty] is one for every other command."""
    assert "Best mean wait" in said("optimize", with_table())
