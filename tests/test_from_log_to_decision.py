"""From a log to a decision: the command line, file by file, gives the numbers of the library."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import document, said

import rejuvmodel as rj

RATES = rj.Rates.from_mean_times(
    aging="7 d", failure="30 d", repair="6 h", restart="20 min", rejuvenation="10 d"
)
MODELS = {
    "cluster": (rj.Cluster(2, RATES), 16),
    "pool": (rj.Pool(primaries=1, spares=1, rates=RATES, slots=1, crews=1, mode="active/standby"), 2),
}
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
MORE = """
[costs]
failure = 1000
rejuvenation = 10
capacity = 5
[optimize]
rejuvenate_after = ["6 min", "365 d"]
"""
BOUNDS = (1 / 8760, 10)


@pytest.fixture(scope="module", params=MODELS)
def written(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A log, the cluster file that is estimated from it, and the same estimates in Python."""
    model, points = MODELS[request.param]
    where = tmp_path_factory.mktemp(request.param)
    log, file = str(where / "log.csv"), str(where / "cluster.toml")
    rj.event_log(model, "1500 d", seed=4).to_csv(log)
    said("estimate", log, "--write", file)
    with Path(file).open("a", encoding="utf-8") as handle:
        handle.write(MORE)
    return {"log": log, "file": file, "found": rj.estimate(log), "model": model, "points": points}


def test_estimates_hold_the_rates_that_made_the_log(written: dict[str, Any]) -> None:
    """The file has the estimated rates to the last digit, and the intervals hold those of the model."""
    found, model = written["found"], written["model"]
    assert rj.read_cluster_file(written["file"]).cluster == found.model()
    assert all(rate in found[name] for name, rate in model.rates.to_dict().items())


def test_optimum_of_the_file(written: dict[str, Any]) -> None:
    """`rejuvmodel optimize` on the file is `optimize` on the estimates."""
    best = rj.optimize(written["found"].model(), costs=COSTS, bounds=BOUNDS)
    assert document("optimize", written["file"])["rate"] == pytest.approx(best.rate, rel=1e-9)


def test_sweep_of_the_file(written: dict[str, Any]) -> None:
    """`rejuvmodel sweep` on the file is `solve` on the estimates, point by point."""
    printed = document("sweep", written["file"], "--over", "repair=1 h,8 h", "--measure", "downtime")
    hours = [rj.solve(written["found"].model(repair=rate)).downtime("365 d") for rate in (1, 1 / 8)]
    assert printed["variables"]["downtime"]["values"] == pytest.approx(hours, rel=1e-9)


def test_uncertainty_of_the_file(written: dict[str, Any]) -> None:
    """`rejuvmodel uncertainty` on file and log is `uncertainty` on the estimates."""
    points = written["points"]
    printed = document(
        "uncertainty", written["file"], "--events", written["log"], "--points", str(points), "--target", "2 h"
    )
    right = rj.uncertainty(
        written["found"].model(), written["found"], costs=COSTS, bounds=BOUNDS, target="2 h", points=points
    )
    assert printed["log_notes"] == []
    assert printed["decision"]["rate"] == pytest.approx(right.decision.rate, rel=1e-9)
    assert printed["meets_target"] == right.meets_target.to_dict()
    for name in ("unavailability", "downtime", "cost"):
        assert printed["measures"][name]["median"] == pytest.approx(right.spreads[name].median, rel=1e-9)
    low, high = np.asarray(right.downtime.quantile([0.05, 0.95]))
    assert low < rj.solve(written["found"].model()).downtime("365 d") < high
