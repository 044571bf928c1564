"""The command `mission`: what it prints, and its JSON."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import DUPLEX, HUANG_A, WEB_TIER, cells, changed, document, refused, said, titles

import rejuvmodel as rj


def test_mission_prints_the_measures() -> None:
    """The report has the numbers of the library, over the time asked for."""
    file = rj.read_cluster_file(HUANG_A)
    found = rj.transient(file.cluster, "30 d")
    text = said("mission", HUANG_A, "--hours", "30 d")
    assert text.startswith(f"A mission of 30 d of one server ({HUANG_A}), all fresh at its start")
    assert titles(text) == ["in 30 d"]
    assert cells(text, "availability at the end") == [f"{found.availability:.6f}"]
    assert cells(text, "cost") == [f"{found.cost(file.costs):.2f} USD"]
    assert float(cells(text, "an outage, probability")[0]) == pytest.approx(
        rj.interval_unreliability(file.cluster, "30 d"), rel=1e-5
    )


def test_mission_takes_the_horizon() -> None:
    """Without --hours the horizon of the file is the mission."""
    assert titles(said("mission", HUANG_A)) == ["in 360 d"]


def test_mission_in_json() -> None:
    """JSON keys are attribute names, and the numbers those of the library."""
    found = document("mission", DUPLEX, "--hours", "720 h")
    cluster = rj.read_cluster_file(DUPLEX).cluster.with_rejuvenation(found["rates"]["rejuvenation"])
    month = rj.transient(cluster, 720)
    assert found["hours"] == 720
    assert found["downtime"] == month.downtime
    assert found["probabilities"] == dict(zip(month.states, month.probabilities.tolist(), strict=True))
    assert found["mean_time_to_outage"] == rj.mean_time_to_outage(cluster)
    assert found["interval_unreliability"] == rj.interval_unreliability(cluster, 720)
    assert document("mission", WEB_TIER)["cost"] > 0


ERLANG = '[trigger]\nlaw = "erlang"\nk = 4\nclock = "service"\nmean = "3 d"\n\n[costs]'


def test_a_mission_with_a_trigger(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With a trigger in phases the report names its wait, and has the numbers of the library."""
    monkeypatch.chdir(tmp_path)
    file = changed("duplex", ("[costs]", ERLANG))
    text = said("mission", file, "--hours", "30 d")
    assert cells(text, "mean wait after entering a normal state") == ["3 d"]
    cluster = rj.read_cluster_file(file).cluster
    assert cluster.trigger == rj.Trigger(rj.Erlang(4, "3 d"), "service")
    assert float(cells(text, "an outage, probability")[0]) == pytest.approx(
        rj.interval_unreliability(cluster, "30 d"), rel=1e-5
    )


def test_a_mission_without_phases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A fixed delay is refused with the way that is open, simulation."""
    monkeypatch.chdir(tmp_path)
    fixed = ERLANG.replace("erlang", "fixed").replace("k = 4\n", "").replace("mean", "delay")
    said_why = refused("mission", changed("duplex", ("[costs]", fixed)))
    assert said_why.startswith("trigger: got Fixed(delay=72.0)")
    assert "Use simulate" in said_why


@pytest.mark.parametrize("hours", ["never", "-1 h", "soon", ""])
def test_hours_that_are_none(hours: str) -> None:
    """A time that is none is refused by its name."""
    assert refused("mission", DUPLEX, "--hours", hours).startswith("hours: got ")
