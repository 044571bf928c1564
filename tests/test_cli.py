"""The command line: what it prints, its JSON, and what it compares."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from command_line import (
    DUPLEX,
    GRID,
    HUANG_A,
    HUANG_B,
    WEB_TIER,
    cells,
    changed,
    document,
    published,
    refused,
    run,
    said,
    titles,
)

import rejuvmodel as rj
from rejuvmodel import cross_check
from rejuvmodel.cli import options
from rejuvmodel.cli.text_tables import markdown_table
from rejuvmodel.markov.flows import Family


@pytest.fixture
def in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_optimize_prints_a_report() -> None:
    """The report names the cluster, both columns, the best wait and why, and every further line once."""
    text = said("optimize", DUPLEX)
    assert text.startswith(f"When to rejuvenate a cluster of 2 servers ({DUPLEX})")
    assert titles(text) == ["never rejuvenated", "at the best wait"]
    assert cells(text, "mean wait after becoming unstable") == ["never", "14.02 d"]
    assert cells(text, "one rejuvenation (restart)") == ["μ_r", "20 min", "3/h"]
    for start in (
        "Best mean wait after becoming unstable: 14.02 d", "Location: interior", "Why: ", "Searched: ",
        "Within 1 % of the best cost: mean waits from 11.56 d to 16.91 d.", "Break-even: ",
        "Against never rejuvenating: it saves 121.44 EUR in 365 d", "Certificate: exact",
        "Agreement: closed form and GTH agree",
    ):  # fmt: skip
        assert text.count(f"\n- {start}") == 1, start


@pytest.mark.parametrize("command", ["optimize", "solve"])
def test_reports_never_promise_a_schedule(command: str) -> None:
    """No report says "every": the wait is a mean counted from becoming unstable, no period."""
    assert " every " not in said(command, HUANG_A).replace("every place where", "").replace(
        "every wait is", ""
    )


def test_tables_are_markdown() -> None:
    """Every line of a table has as many cells as its header, and columns line up."""
    blocks = [block for block in said("optimize", WEB_TIER).split("\n\n") if block.startswith("|")]
    assert len(blocks) == 3
    for block in blocks:
        lines = block.splitlines()
        assert len({line.count("|") for line in lines}) == 1
        assert len({len(line) for line in lines}) == 1
        assert set(lines[1]) <= set("|:-")


def test_a_cell_cannot_break_its_table() -> None:
    """A bar or a line break in a cell is escaped."""
    assert markdown_table(["a", "b|c"], [["d\ne", "f"]]).splitlines()[0] == r"| a   | b\|c |"


def test_the_web_tier_has_an_interior_optimum() -> None:
    """The best wait of the four-server example lies between the waits searched, and no end is near it."""
    best = document("optimize", WEB_TIER)
    low, high = best["bounds"]
    assert best["location"] == "interior"
    assert best["certified"] is True
    assert low < best["flat_region"][0] < best["rate"] < best["flat_region"][1] < high
    costs = rj.read_cluster_file(WEB_TIER).costs
    cluster = rj.read_cluster_file(WEB_TIER).cluster
    assert costs is not None
    for rate in (best["rate"] * 0.9, best["rate"] * 1.1, low, high):
        assert rj.solve(cluster.with_rejuvenation(rate)).cost_rate(costs) > 1.001 * best["value"]


def test_a_given_wait_stands_beside_the_best() -> None:
    """A file with its own wait gets a column for it between never and the best."""
    text = said("optimize", HUANG_B)
    assert titles(text) == ["never rejuvenated", "as in the file", "at the best wait"]
    assert cells(text, "mean wait after becoming unstable") == ["never", "11 d", "6 min"]
    assert "(the default)" in text


@pytest.mark.parametrize(
    ("keys", "path", "figure"),
    [
        (("as_given", "downtime"), HUANG_A, "A, 1/336 per hour, downtime"),
        (("as_given", "cost"), HUANG_A, "A, 1/336 per hour, cost"),
        (("never", "downtime"), HUANG_A, "A, never, downtime"),
        (("never", "cost"), HUANG_A, "A, never, cost"),
        (("as_given", "downtime"), HUANG_B, "B, 1/264 per hour, downtime"),
        (("never", "downtime"), HUANG_B, "B, never, downtime"),
    ],
)
def test_published_numbers(keys: tuple[str, str], path: str, figure: str) -> None:
    """The examples of Huang et al. give the published downtime and cost."""
    value, rtol = published(figure)
    column, name = keys
    assert document("optimize", path)[column][name] == pytest.approx(value, rel=rtol)


def test_solve_prints_the_published_numbers() -> None:
    """The table of application A shows the downtime and the cost that were printed in 1995."""
    text = said("solve", HUANG_A)
    assert cells(text, "downtime in 360 d") == ["5.966 h"]
    assert cells(text, "cost in 360 d") == ["554.33 USD"]


def test_the_prior_art_stands_apart() -> None:
    """Fig. 2 gets one labelled line, in no table and with no gain."""
    lines = [line for line in said("solve", DUPLEX).splitlines() if "Fig. 2" in line]
    assert len(lines) == 1
    assert lines[0].startswith(
        "prior-art model (Fig. 2), other repair assumption: unavailability 1.71151e-06"
    )
    assert "|" not in lines[0]
    assert "Fig. 2" not in said("optimize", DUPLEX)


@pytest.mark.parametrize("command", ["solve", "check", "compare", "mission", "plot", "diagram"])
def test_an_optimum_taken_is_said(command: str, in_directory: Path) -> None:
    """Where the file leaves the wait out, the optimum is used and the output says so."""
    more = {"compare": [HUANG_A], "plot": ["-o", str(in_directory / "a.png")]}.get(command, [])
    result = run(command, DUPLEX, *more)
    assert result.exit_code == 0
    note = "The file leaves rejuvenate_after out: 14.02 d is taken, the optimum between 6 min and never."
    assert note in result.output


@pytest.mark.usefixtures("in_directory")
def test_the_default_range_is_said() -> None:
    """Where the file has no [optimize] either, the range is called the default."""
    path = changed("duplex", ('[optimize]\nrejuvenate_after = ["6 min", "never"]\n', ""))
    assert "(the default range)" in said("solve", path)


@pytest.mark.usefixtures("in_directory")
def test_without_costs_the_unavailability_is_minimised() -> None:
    """A file without costs is optimised for unavailability, and the gain is downtime."""
    path = changed("duplex")
    text = Path(path).read_text(encoding="utf-8")
    start, end = text.index("[costs]"), text.index("[optimize]")
    Path(path).write_text(text[:start] + text[end:], encoding="utf-8")
    report, best = said("optimize", path), document("optimize", path)
    assert "No costs given: the unavailability is minimised." in report
    assert "of downtime in 365 d" in report
    assert (best["objective"], best["costs"], best["state"]["cost"]) == ("unavailability", None, None)


@pytest.mark.usefixtures("in_directory")
def test_an_unattained_limit_is_told() -> None:
    """A best rate of infinity is "at once" in words and "infinity" in JSON, with a period of 0."""
    path = changed("duplex", ('["6 min", "never"]', '["0 h", "never"]'), ("capacity = 5 ", "capacity = 0 "))
    assert cells(said("optimize", path), "mean wait after becoming unstable") == ["never", "at once"]
    best = document("optimize", path)
    assert (best["rate"], best["period"], best["bounds"]) == ("infinity", 0.0, [0.0, "infinity"])
    assert float(best["rate"]) == math.inf


@pytest.mark.usefixtures("in_directory")
def test_underflow_is_still_a_number() -> None:
    """Where doubles underflow, unavailability and nines come from logarithms, and availability is not 1."""
    path = changed("huang_a", ("servers = 1", "servers = 400"))
    text = said("solve", path)
    (value,) = cells(text, "unavailability")
    assert int(value.split("e")[1]) < -310
    assert cells(text, "availability")[0].startswith("1 - ")


# Comparing and checking.


def test_compare_shows_both() -> None:
    """Both clusters stand side by side over one horizon, with the quotient of downtime."""
    text = said("compare", HUANG_A, HUANG_B)
    assert titles(text) == [f"A: {HUANG_A}", f"B: {HUANG_B}", "B / A"]
    one, two, ratio = cells(text, "downtime in 360 d")
    assert (one, two) == ("5.966 h", "5.704 h")
    assert float(ratio) == pytest.approx(5.703888576 / 5.966104644, rel=1e-3)
    assert cells(text, "cost in 360 d")[2] != ""


def test_compare_uses_one_horizon() -> None:
    """Both are reported over the horizon of the first file."""
    found = document("compare", HUANG_A, DUPLEX)["clusters"]
    assert [one["horizon"] for one in found] == [8640.0, 8640.0]
    assert [one["rejuvenation_from"] for one in found] == ["file", "optimum"]


def test_compare_does_not_divide_currencies() -> None:
    """Costs in different currencies have no quotient."""
    assert cells(said("compare", HUANG_A, DUPLEX), "cost in 360 d")[2] == ""


@pytest.mark.parametrize("path", [DUPLEX, HUANG_A, HUANG_B, WEB_TIER])
def test_check_passes_on_the_examples(path: str) -> None:
    """The two roads agree on every example to 1e-12."""
    found = document("check", path, "--rtol", "1e-12")
    assert found["agree"] is True
    assert found["worst_relative"] < 1e-12


def test_check_fails_below_rounding() -> None:
    """A tolerance that no rounding can meet ends with 1 and names the state."""
    result = run("check", DUPLEX, "--rtol", "0")
    assert result.exit_code == 1
    assert "DISAGREE" in result.stdout
    assert result.stderr.startswith("error: closed form and GTH differ by ")
    found = document("check", DUPLEX, "--rtol", "0", code=1)
    assert found["agree"] is False


@pytest.mark.parametrize("command", ["check", "optimize"])
def test_a_planted_fault_is_found(command: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One rate of the generator, wrong by a millionth, ends with 1 and the name of a state."""
    honest = rj.Cluster._transitions

    def planted(self: rj.Cluster, rejuvenation: float) -> list[Family]:
        return [
            family._replace(rate=family.rate * (1 + 1e-6)) if family.cause == "restart" else family
            for family in honest(self, rejuvenation)
        ]

    monkeypatch.setattr(rj.Cluster, "_transitions", planted)
    result = run(command, DUPLEX)
    assert result.exit_code == 1
    assert result.stderr.startswith("error: closed form and GTH differ by 9.99e-07 (relative) in r")


def test_check_takes_a_grid(in_directory: Path) -> None:
    """Every point of a grid is compared, and the worst is named with its place."""
    (in_directory / "x.toml").write_text(GRID, encoding="utf-8")
    found = document("check", "x.toml")
    assert found["shape"] == [2, 3]
    assert found["agree"] is True
    assert "at grid index (" in found["where"] or found["worst_relative"] == 0
    assert run("check", "x.toml", "--rtol", "0").exit_code == 1


def test_a_grid_is_solved_row_by_row(in_directory: Path) -> None:
    """A grid gets a row for each cluster, and in JSON arrays of its shape."""
    (in_directory / "x.toml").write_text(GRID, encoding="utf-8")
    assert (
        len([line for line in said("solve", "x.toml").splitlines() if line.startswith(("| 0,", "| 1,"))]) == 6
    )
    expected = rj.solve(rj.read_cluster_file("x.toml").cluster)
    np.testing.assert_array_equal(document("solve", "x.toml")["unavailability"], expected.unavailability)


def test_a_grid_is_optimised_point_by_point(in_directory: Path) -> None:
    """Where a grid leaves the wait out, each of its clusters has its own optimum."""
    text = GRID.replace("rejuvenation = 0.01\n", "[costs]\nfailure = 1000\nrejuvenation = 10\ncapacity = 5\n")
    (in_directory / "x.toml").write_text(text, encoding="utf-8")
    file = rj.read_cluster_file("x.toml")
    rates = np.array(document("solve", "x.toml")["rates"]["rejuvenation"])
    assert rates.shape == (2, 3)
    assert rates[1, 2] == rj.optimize(file.cluster[1, 2], file.costs, file.bounds).rate
    assert "each cluster is taken at the optimum" in said("solve", "x.toml")
    assert run("check", "x.toml").exit_code == 0


@pytest.mark.parametrize(
    "command", [["optimize"], ["compare"], ["mission"], ["simulate"], ["plot", "-o", "a.png"], ["diagram"]]
)
def test_one_cluster_is_asked_for(command: list[str], in_directory: Path) -> None:
    """Commands for one cluster refuse a grid and say which take one."""
    (in_directory / "x.toml").write_text(GRID, encoding="utf-8")
    more = [DUPLEX] if command == ["compare"] else []
    message = refused(command[0], "x.toml", *command[1:], *more)
    assert message.startswith(f"x.toml: got a grid of shape (2, 3); {command[0]} takes one cluster")
    assert not Path("a.png").exists()


# JSON.


def test_json_keys_are_attribute_names() -> None:
    """Every attribute of an Optimum that design names, and of a SteadyState, is a key of its own name."""
    best = document("optimize", DUPLEX)
    for name in (
        "rate", "period", "value", "location", "reason", "critical_points", "certified", "flat_region",
        "break_even", "gain",
    ):  # fmt: skip
        assert name in best
    for name in (
        "availability", "unavailability", "log_unavailability", "planned_unavailability",
        "unplanned_unavailability", "nines", "downtime", "cost", "cost_rate", "method", "residual",
    ):  # fmt: skip
        assert name in best["state"]
        assert name in document("solve", DUPLEX)
    for name in ("worst_relative", "where"):
        assert name in best["agreement"]
        assert name in document("check", DUPLEX)


def test_json_numbers_are_those_of_the_library() -> None:
    """Floats read back as the same doubles that the library returns."""
    file = rj.read_cluster_file(DUPLEX)
    best, found = rj.optimize(file.cluster, file.costs, file.bounds), document("optimize", DUPLEX)
    assert found["rate"] == best.rate
    assert found["flat_region"] == list(best.flat_region)
    assert found["gain"] == best.gain
    assert found["rates"] == best.model.rates.to_dict()
    state = document("solve", DUPLEX)
    assert state["unavailability"] == best.state.unavailability
    assert state["probabilities"] == dict(zip(best.state.states, best.state.probabilities, strict=True))
    assert state["optimum"]["rate"] == best.rate
    assert state["cost"] == best.state.cost(file.costs, "365 d")  # type: ignore[arg-type]


def test_json_of_the_prior_art_is_labelled() -> None:
    """The Fig. 2 model stands under a key of its own, with its label."""
    found = document("solve", DUPLEX)["prior_art"]
    assert found["label"] == "prior-art model (Fig. 2), other repair assumption"
    assert found["unavailability"] == pytest.approx(1.71e-6, rel=3e-3)


def test_the_default_tolerance_is_that_of_the_library() -> None:
    """check without --rtol uses the tolerance of ``Agreement.check``."""
    assert options.RTOL == cross_check.RTOL
    assert document("check", DUPLEX)["rtol"] == cross_check.RTOL


@pytest.mark.usefixtures("in_directory")
def test_nothing_is_rounded_to_all_or_none() -> None:
    """A gain short of everything is not 100 %, and parts that underflow are shown by their logarithms."""
    text = Path(DUPLEX).read_text(encoding="utf-8")
    costs = text[text.index("[costs]") : text.index("[optimize]")]
    Path("x.toml").write_text(text.replace(costs, ""), encoding="utf-8")
    assert "(more than 99.9 % of the unavailability)" in said("optimize", "x.toml")
    Path("y.toml").write_text(
        text.replace("servers = 2", "servers = 300").replace(costs, ""), encoding="utf-8"
    )
    parts = [line for line in said("solve", "y.toml").splitlines() if "planned (by" in line]
    assert len(parts) == 2
    assert all("e-12" in line for line in parts)


def test_short_help_option() -> None:
    """The option -h is --help, for the program and for each command."""
    assert said("-h") == said("--help")
    assert said("solve", "-h") == said("solve", "--help")
