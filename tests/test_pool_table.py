"""The table [pool] of a cluster file, and the commands that know it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from command_line import run

import rejuvmodel as rj

TIMES = """
[mean_times]
aging = "7 d"
failure = "30 d"
repair = "2 h"
restart = "10 min"
"""
WAIT = 'rejuvenate_after = "12 h"\n'
RATES = rj.Rates.from_mean_times(aging="7 d", failure="30 d", repair="2 h", restart="10 min")
FULL = """
[pool]
primaries = 3
spares = 2
mode = "active/standby"
required = 2
slots = 1
crews = 2
dormancy = 0.25
guarded = true
"""


@pytest.fixture
def write(tmp_path: Path):
    """Write a file and return its path."""

    def put(text: str) -> str:
        path = tmp_path / "pool.toml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return put


def test_every_key(write) -> None:
    """Every key of the table is the argument of that name."""
    pool = rj.read_cluster_file(write(FULL + TIMES + WAIT)).cluster
    assert pool == rj.Pool(
        primaries=3, spares=2, mode="active/standby", required=2, slots=1, crews=2, dormancy=0.25,
        guarded=True, rates=RATES.replace(rejuvenation=1 / 12),
    )  # fmt: skip


def test_defaults(write) -> None:
    """Keys that are left out have the defaults of Pool, and an open wait makes an open pool."""
    file = rj.read_cluster_file(write("[pool]\nprimaries = 3\n" + TIMES))
    assert file.cluster == rj.Pool(primaries=3, rates=RATES)
    assert file.is_open
    assert file.bounds == (0.0, 10.0)


AT_ONCE = "[rates]\naging = 0.1\nfailure = 0.1\nrepair = 1\nrestart = 9\nrejuvenation = inf\n"
WRONG = {
    "no primaries": ("[pool]\nspares = 1\n" + TIMES, "pool.primaries"),
    "both tables": ("[pool]\nprimaries = 1\n[cluster]\nservers = 1\n" + TIMES, "cluster and pool"),
    "unknown key": ("[pool]\nprimaries = 1\nspare = 1\n" + TIMES, "pool.spare"),
    "required beyond": ("[pool]\nprimaries = 1\nrequired = 2\n" + TIMES, "pool.required"),
    "a mode": ("[pool]\nprimaries = 1\nmode = 'hot'\n" + TIMES, "pool.mode"),
    "dormancy": ("[pool]\nprimaries = 1\ndormancy = 2\n" + TIMES, "pool.dormancy"),
    "a guard in words": ("[pool]\nprimaries = 1\nguarded = 'yes'\n" + TIMES, "pool.guarded"),
    "broken slots": ("[pool]\nprimaries = 1\nslots = 1.5\n" + TIMES, "pool.slots"),
    "a grid": ("[pool]\nprimaries = 1\n" + TIMES.replace('"7 d"', '["7 d", "9 d"]'), "mean_times in"),
    "no crews": ("[pool]\nprimaries = 1\ncrews = 0\n" + TIMES, "pool.crews"),
    "none required": ("[pool]\nprimaries = 1\nrequired = 0\n" + TIMES, "pool.required"),
    "negative dormancy": ("[pool]\nprimaries = 1\ndormancy = -1\n" + TIMES, "pool.dormancy"),
    "at once": ("[pool]\nprimaries = 1\n" + TIMES + "rejuvenate_after = 0\n", "mean_times.rejuvenate_after"),
    "an infinite rate": ("[pool]\nprimaries = 1\n" + AT_ONCE, "rates.rejuvenation"),
    "a trigger": ("[pool]\nprimaries = 1\n[trigger]\nlaw='fixed'\nclock='service'\n" + TIMES, "trigger"),
    "bounds from 0": (
        "[pool]\nprimaries = 1\n" + TIMES + "[optimize]\nrejuvenate_after=[0, 'never']\n",
        "optimize.rejuvenate_after",
    ),
}


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("ignore::rejuvmodel.ParameterWarning")
def test_wrong_files(name: str, write) -> None:
    """A wrong value is refused by its key and its file."""
    text, argument = WRONG[name]
    with pytest.raises(rj.InvalidInputError) as error:
        rj.read_cluster_file(write(text))
    assert error.value.argument.startswith(argument)
    assert "pool.toml" in error.value.argument


def test_solve_command(write) -> None:
    """The command solve prints the pool, and as JSON its measures."""
    path = write(FULL + TIMES + WAIT)
    text = run("solve", path).stdout
    assert "a pool of 3 + 2 servers" in text
    assert "prior-art" not in text
    found = json.loads(run("solve", path, "--json").stdout)
    state = rj.solve(rj.read_cluster_file(path).cluster)
    assert found["unavailability"] == state.unavailability
    assert found["capacity_availability"] == state.capacity_availability
    assert found["pool"]["slots"] == 1
    assert found["probabilities"]["(5, 0, 0, 0)"] == state.probabilities[0]


def test_optimize_and_check_commands(write) -> None:
    """The command optimize finds what the library finds, and check compares levels and the whole chain."""
    path = write(FULL + TIMES)
    found = json.loads(run("optimize", path, "--json").stdout)
    best = rj.optimize(rj.read_cluster_file(path).cluster, bounds=(0, 10))
    assert (found["rate"], found["value"]) == (best.rate, best.value)
    assert found["certified"] is False
    assert found["agreement"]["agree"]
    checked = run("check", path)
    assert checked.exit_code == 0
    assert "GTH agree" in checked.stdout


def test_compare_command(write, tmp_path: Path) -> None:
    """A pool can stand beside a cluster."""
    cluster = tmp_path / "cluster.toml"
    cluster.write_text("[cluster]\nservers = 2\n" + TIMES + WAIT, encoding="utf-8")
    text = run("compare", write(FULL + TIMES + WAIT), str(cluster)).stdout
    assert "3 + 2 active/standby, dormancy 0.25" in text


def test_report_of_a_pool(write) -> None:
    """The report says what only pools have: capacity, the case that all fail, and why it was solved so."""
    path = write(FULL + TIMES + WAIT)
    text = run("solve", path).stdout
    state = rj.solve(rj.read_cluster_file(path).cluster)
    rows = {row[1].strip(): row[2].strip() for line in text.splitlines() if len(row := line.split("|")) > 2}
    assert float(rows["capacity availability"]) == pytest.approx(state.capacity_availability, rel=1e-11)
    failed = np.exp(state.log_probability_all_failed)
    assert float(rows["all servers failed at once"]) == pytest.approx(failed, rel=1e-5)
    assert f"Solved by {state.method}: {state.reason}." in text


def test_prism_model_of_a_pool(write, tmp_path: Path) -> None:
    """The command diagram writes the PRISM model and properties that the library writes."""
    path = write(FULL + TIMES + WAIT)
    output = tmp_path / "pool.prism"
    found = run("diagram", path, "-o", str(output))
    assert (found.exit_code, found.stderr) == (0, "")
    text = rj.to_prism(rj.read_cluster_file(path).cluster)
    assert output.read_text(encoding="utf-8") == text.model
    assert output.with_suffix(".props").read_text(encoding="utf-8") == text.properties
    assert "36 states as prism" in found.stdout


def test_prism_model_of_a_large_pool(write) -> None:
    """A pool whose chain would not fit in memory is a few lines of PRISM."""
    sizes = "[pool]\nprimaries = 2000\nslots = 1999\n"
    found = run("diagram", write(sizes + TIMES + WAIT), "--format", "prism")
    assert (found.exit_code, found.stderr) == (0, "")
    assert "const int N = 2000;" in found.stdout


@pytest.mark.parametrize("kind", ["mermaid", "dot"])
def test_diagram_of_a_pool(kind: str, write) -> None:
    """The states of a diagram of a pool are (h, a, r, f), one each, with one arrow for each transition."""
    path = write("[pool]\nprimaries = 2\n" + TIMES + WAIT)
    text = run("diagram", path, "--format", kind).stdout
    chain = rj.read_cluster_file(path).cluster.chain()
    assert text.count("->" if kind == "dot" else "-->") == sum(len(x.rate) for x in chain.families)
    label = "(0, 1, 0, 1)" if kind == "dot" else "#40;0#44; 1#44; 0#44; 1#41;"
    assert text.count(f'"{label}"') == 1


@pytest.mark.parametrize("output", ["curve.svg", "states.svg"])
def test_pictures_of_a_pool(output: str, write, tmp_path: Path) -> None:
    """A small pool has a curve over the rate, and a picture of its states."""
    command = "plot" if output == "curve.svg" else "diagram"
    found = run(command, write("[pool]\nprimaries = 2\n" + TIMES), "-o", str(tmp_path / output))
    assert found.exit_code == 0
    assert (tmp_path / output).stat().st_size > 1000
