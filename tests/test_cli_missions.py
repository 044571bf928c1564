"""The command `mission`: what it prints, and its JSON."""

from __future__ import annotations

import pytest
from command_line import DUPLEX, HUANG_A, WEB_TIER, cells, document, refused, said, titles

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


@pytest.mark.parametrize("hours", ["never", "-1 h", "soon", ""])
def test_hours_that_are_none(hours: str) -> None:
    """A time that is none is refused by its name."""
    assert refused("mission", DUPLEX, "--hours", hours).startswith("hours: got ")
