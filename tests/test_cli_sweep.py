"""The command that sweeps: its ranges, what it prints and writes, and what it refuses."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from command_line import DUPLEX, HUANG_A, cells, document, refused, run, said

import rejuvmodel as rj
from rejuvmodel.cli.swept import ranges


def test_ranges() -> None:
    """Lists, equal distances and equal ratios, of numbers, durations and words."""
    found = ranges([
        "servers=1,2, 4", "spares=0:6:4", "failure=1e-4:1e-2:3:log", "aging=3 d, 7 d", "period=1 d:2 d:3",
        "mode=active/active,active/standby", "guarded=true,false", "repair=1:2:3",
    ])  # fmt: skip
    assert found["servers"] == [1, 2, 4]
    assert found["spares"] == [0, 2, 4, 6]
    assert all(isinstance(value, int) for value in found["spares"])
    assert found["failure"] == pytest.approx([1e-4, 1e-3, 1e-2], rel=1e-15)
    assert found["aging"] == ["3 d", "7 d"]
    assert [rj.Fixed(text).mean for text in found["period"]] == [24, 36, 48]
    assert found["mode"] == ["active/active", "active/standby"]
    assert found["guarded"] == [True, False]
    assert found["repair"] == [1, 1.5, 2]


def test_a_file_without_a_wait_is_optimised() -> None:
    """Where the file leaves the wait open, every point has its best, and the report says so."""
    text = said("sweep", DUPLEX, "--over", "aging=3 d:30 d:3", "--over", "restart=1 min,20 min")
    assert text.startswith(f"A sweep of a cluster of 2 servers ({DUPLEX}): 3 × 2 = 6 points\n")
    assert "- At every point the best mean wait between 6 min and never." in text
    one = said("sweep", DUPLEX, "--over", "aging=3 d")
    file = rj.read_cluster_file(DUPLEX)
    best = rj.optimize(rj.Cluster(2, file.cluster.rates.replace(aging=1 / 72)), file.costs, bounds=(0, 10))
    assert cells(one, "3 d")[0] == f"{best.rate:.6g}"
    assert f"| {best.rate:.6g} |" in text.replace("  ", " ").replace("  ", " ")


def test_the_head_names_no_number_of_servers_that_varies(tmp_path: Path) -> None:
    """Where the numbers of servers vary, those of the file are not said."""
    text = said("sweep", DUPLEX, "--over", "servers=1,2,4")
    assert text.startswith(f"A sweep of clusters ({DUPLEX}): 3 points\n")
    pool, wait = pool_file(tmp_path), ("--over", "period=12 h", "--measure", "nines")
    for sizes in ("spares=0,1", "primaries=3,4"):
        found = said("sweep", pool, "--over", sizes, *wait)
        assert found.startswith(f"A sweep of pools ({pool}): 2 × 1 = 2 points\n")
    found = said("sweep", pool, "--over", "required=1,2", *wait)
    assert found.startswith(f"A sweep of a pool of 2 + 0 servers ({pool}): 2 × 1 = 2 points\n")


def pool_file(folder: Path) -> str:
    """A file of a pool of two servers."""
    path = folder / "pool.toml"
    rates = "[rates]\naging = 0.1\nfailure = 0.01\nrepair = 1\nrestart = 5\n"
    path.write_text(f"[pool]\nprimaries = 2\n{rates}", encoding="utf-8")
    return str(path)


def test_json_is_the_sweep_of_the_library() -> None:
    """The JSON has dimensions, coordinates with units, and the values of the library."""
    found = document("sweep", HUANG_A, "--over", "period=1 d:30 d:4:log", "--measure", "nines")
    file = rj.read_cluster_file(HUANG_A)
    mine = rj.sweep(file.cluster, {"period": np.geomspace(24, 720, 4)}, "nines")
    assert found["dimensions"] == {"period": 4}
    assert found["coordinates"]["period"]["values"] == mine.period.values.tolist()
    assert found["coordinates"]["period"]["units"] == "h"
    assert found["variables"]["nines"]["values"] == mine.nines.values.tolist()
    assert found["variables"]["nines"]["dimensions"] == ["period"]


def test_files_hold_every_point(tmp_path: Path) -> None:
    """CSV, netCDF and JSON hold the same numbers, and the terminal shows the first of them."""
    ask = ("sweep", HUANG_A, "--over", "aging=0.01:0.1:70", "--measure", "unavailability")
    text = said(*ask, "--out", str(tmp_path / "a.csv"))
    assert text.count("\n| 0") == 60
    assert f"- {tmp_path / 'a.csv'}: all 70 points." in text
    assert "- Only the first 60 points" in said(*ask)
    said(*ask, "--out", str(tmp_path / "a.nc"))
    said(*ask, "--out", str(tmp_path / "a.json"))
    table = pd.read_csv(tmp_path / "a.csv")
    netcdf = xr.load_dataset(tmp_path / "a.nc")
    words = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert netcdf.unavailability.values.tolist() == words["variables"]["unavailability"]["values"]
    np.testing.assert_allclose(table.unavailability, netcdf.unavailability, rtol=1e-15)
    assert netcdf.unavailability.attrs["symbol"] == "U"
    assert sorted(os.listdir(tmp_path)) == ["a.csv", "a.json", "a.nc"]


def test_points_that_cannot_be_solved_are_told(tmp_path: Path) -> None:
    """With --errors nan the sweep goes on, and the table shows why a point is missing."""
    varied = ("--over", "required=1,99", "--over", "period=12 h")
    text = said("sweep", pool_file(tmp_path), *varied, "--measure", "nines", "--errors", "nan")
    assert "required is a whole number from 1 to" in text
    assert cells(text, "99")[1] == "-"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--over", "agin=1,2"], 'Did you mean "aging"?'),
        (["--over", "aging"], "--over: got \"aging\"; a name and a value are expected"),
        (["--over", "aging=1", "--over", "aging=2"], "once each"),
        (["--over", "aging=1:2"], "a range is FROM:TO:COUNT"),
        (["--over", "aging=1:2:x"], "COUNT is a whole number"),
        (["--over", "aging=1:2:3:lin"], "a range is FROM:TO:COUNT"),
        (["--over", "aging=1 d:2:3"], "both ends are numbers, or both are durations"),
        (["--over", "aging=0:2:3:log"], "the ends of a range are above 0"),
        (["--over", "aging=1 d:never:3"], "the ends of a range are finite"),
        (["--over", "servers=1:2:3"], "servers[1]: got 1.5"),
        (["--over", "aging=1,2", "--measure", "nine"], "measures: got \"nine\""),
        (["--over", "aging=1,2", "--out", "sweep.xls"], "a file ends with .csv, .nc (netCDF) or .json"),
        (["--over", "aging=1,2", "--out", "no/such/place.csv"], "a directory that does not exist"),
        (["--over", "aging=1,2", "--workers", "0"], "workers: got 0"),
        (["--over", "aging=1,2", "--keep", "/dev/full/x"], "keep: got /dev/full/x"),
        (["--over", "aging=1,2", "--errors", "no"], "errors: got \"no\""),
        (["--over", "period=1 d", "--optimize"], "optimize chooses it"),
    ],
)  # fmt: skip
def test_refusals(options: list[str], words: str) -> None:
    """Bad options are refused by name, in one line."""
    assert words in refused("sweep", HUANG_A, *options)


def test_a_sweep_needs_something_to_vary() -> None:
    """Without --over the command line says what is missing."""
    found = run("sweep", HUANG_A)
    assert found.exit_code == 2
    assert "--over" in found.stderr


def test_interrupted(tmp_path: Path) -> None:
    """Ctrl-C ends with 130 and says what is kept and how to go on."""
    keep = tmp_path / "kept"
    command = [
        sys.executable, "-m", "rejuvmodel", "sweep", DUPLEX, "--over", "servers=20:50:31", "--over",
        "aging=1 d:30 d:30", "--measure", "nines", "--keep", str(keep),
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not (keep.exists() and keep.stat().st_size > 25_000):
        time.sleep(0.02)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert err.startswith("interrupted: ")
    assert f"of 93 chunks are kept in {keep}; the same call goes on." in err
    assert sorted(os.listdir(tmp_path)) == ["kept"]
