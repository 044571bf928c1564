"""Simulated pools have the measures of solved ones, servers counted where several share a condition."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import document, said

import rejuvmodel as rj

RATES = rj.Rates(aging=1 / 24, failure=1 / 40, repair=1 / 10, restart=1 / 8, rejuvenation=1 / 20)
POOL = rj.Pool(
    primaries=2,
    spares=1,
    rates=RATES,
    mode="active/standby",
    dormancy=0.5,
    required=2,
    slots=2,
    guarded=False,
)
#: Each cost alone, so that none hides behind another.
COSTS = {
    name: rj.Costs(**{"failure": 0, "rejuvenation": 0, name: 1})
    for name in ("failure", "rejuvenation", "capacity", "per_rejuvenation", "degraded")
}


@pytest.fixture(scope="module")
def sim() -> rj.Simulation:
    return rj.simulate(POOL, replications=20_000, seed=1)


def test_shares_of_the_states(sim: rj.Simulation) -> None:
    """The intervals of nearly all states hold the exact probabilities, each by its row (h, a, r, f)."""
    state = rj.solve(POOL, rj.GTH())
    rows = [tuple(row) for row in POOL.states.tolist()]
    missed = [row for k, row in enumerate(rows) if float(state.probabilities[k]) not in sim[row]]
    assert len(missed) <= 1, missed


@pytest.mark.parametrize("name", COSTS)
def test_each_cost(name: str, sim: rj.Simulation) -> None:
    """Every cost is that of the solved pool; of servers that share a condition each one counts."""
    exact = float(rj.solve(POOL).cost_rate(COSTS[name]))
    found = sim.cost_rate(COSTS[name])
    assert exact in found
    assert found.high - found.low < 0.2 * exact


def test_servers_are_counted_beyond_one() -> None:
    """More than one server unstable on average is no share of the time, and its interval is right."""
    pool = rj.Pool(primaries=6, rates=RATES.replace(aging=1.0, rejuvenation=0.02, failure=0.01))
    exact = float(rj.solve(pool).cost_rate(COSTS["degraded"]))
    found = rj.simulate(pool, replications=3000, seed=2).cost_rate(COSTS["degraded"])
    assert exact > 2
    assert exact in found
    assert found.high - found.low < 0.2 * exact


def test_time_to_the_first_outage(sim: rj.Simulation) -> None:
    """The mean time to the first outage is that of the solved pool, from the same start."""
    assert sim.start == (3, 0, 0, 0)
    assert rj.mean_time_to_outage(POOL) in sim.mean_time_to_outage
    assert rj.solve(POOL).unavailability in sim.unavailability


def test_mission_of_a_pool() -> None:
    """A mission starts with all healthy, or in a row that is named."""
    found = rj.simulate(POOL, "30 h", replications=20_000, seed=3)
    assert found.start == (3, 0, 0, 0)
    assert rj.interval_availability(POOL, 30) in found.availability
    assert rj.interval_reliability(POOL, 30) in found.interval_reliability
    worse = rj.simulate(POOL, 30, replications=2000, seed=3, start=(0, 0, 0, 3))
    assert worse.unavailability.low > found.unavailability.high
    assert worse.interval_unreliability.mean == 1.0


def test_plain_values_of_a_simulated_pool(sim: rj.Simulation) -> None:
    """The states of a pool go to JSON by their rows as text."""
    found = json.loads(json.dumps(sim.to_dict()))
    assert found["probabilities"]["(3, 0, 0, 0)"]["mean"] == sim[3, 0, 0, 0].mean


def test_simulate_takes_the_file_of_a_pool(tmp_path: Path) -> None:
    """The command simulates a pool file and gives the library's numbers."""
    path = tmp_path / "pool.toml"
    path.write_text(
        "[pool]\nprimaries = 2\n[rates]\naging = 0.05\nfailure = 0.02\nrepair = 0.1\nrestart = 0.2\n"
        "rejuvenation = 0.05\n", encoding="utf-8",
    )  # fmt: skip
    assert "Simulation of a pool of 2 servers" in said("simulate", str(path), "--replications", "200")
    found = document("simulate", str(path), "--seed", "3", "--replications", "200")
    sim = rj.simulate(rj.read_cluster_file(path).cluster, replications=200, seed=3)
    assert found["unavailability"] == sim.unavailability.to_dict()
