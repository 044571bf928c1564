"""The command that simulates: what it prints, its JSON, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import DUPLEX, HUANG_A, document, refused, said

import rejuvmodel as rj


def test_simulate_prints_estimates_with_limits() -> None:
    """The report has each estimate between its limits, and the seed that gives it again."""
    text = said("simulate", HUANG_A, "--seed", "1", "--replications", "1000")
    assert "99 % from" in text
    assert "Played: 1,000 cycles from state 1 to its next entry, 3,000 events." in text
    assert "The same numbers again: --seed 1." in text
    assert text == said("simulate", HUANG_A, "--seed", "1", "--replications", "1000")


def test_simulate_says_where_the_wait_comes_from() -> None:
    """A file without a wait is simulated at its optimum, and the report says so."""
    assert "14.02 d is taken, the optimum" in said("simulate", DUPLEX, "--replications", "100")


def test_simulate_as_json_is_the_simulation_of_the_library() -> None:
    """The JSON has the estimates that the library gives for the same seed."""
    found = document("simulate", HUANG_A, "--seed", "3", "--replications", "2000")
    file = rj.read_cluster_file(HUANG_A)
    sim = rj.simulate(file.cluster, replications=2000, seed=3)
    assert found["unavailability"] == sim.unavailability.to_dict()
    assert found["cost"] == sim.cost(file.costs, file.horizon).to_dict()
    assert found["probabilities"]["u1"]["mean"] == sim["u1"].mean
    assert rj.solve(file.cluster).unavailability in sim.unavailability


def test_simulate_plays_missions() -> None:
    """A mission has its own length and the probability of no outage."""
    text = said("simulate", HUANG_A, "--seed", "1", "--replications", "1000", "--hours", "30 d")
    assert "downtime in 30 d" in text
    assert "an outage, probability" in text
    assert document("simulate", HUANG_A, "--replications", "100", "--hours", "12.5 h")["hours"] == 12.5


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--hours", "never"], "hours: got \"never\"; a mission takes a finite time above 0"),
        (["--hours", "soon"], "hours: got \"soon\""),
        (["--replications", "5"], "replications: got 5; replications is a whole number of at least 100"),
        (["--seed", "-1"], "seed: got -1"),
    ],
)  # fmt: skip
def test_simulate_refuses(options: list[str], message: str) -> None:
    """Bad settings are refused by name."""
    assert message in refused("simulate", HUANG_A, *options)


def test_simulate_plays_the_trigger_of_a_file(tmp_path: Path) -> None:
    """A file with a fixed delay from service start is simulated with it."""
    path = tmp_path / "nightly.toml"
    path.write_text(
        "[cluster]\nservers = 1\n[rates]\naging = 0.005\nfailure = 0.001\nrepair = 0.5\nrestart = 3\n"
        '[trigger]\nlaw = "fixed"\nclock = "service"\ndelay = "4 d"\n'
    )
    found = document("simulate", str(path), "--seed", "1", "--replications", "20000")
    exact = rj.solve(rj.read_cluster_file(path).cluster).unavailability
    assert found["unavailability"]["low"] <= exact <= found["unavailability"]["high"]
