"""Sweeps of ten million points against the raw closed form over the same points, and their memory."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

import rejuvmodel as rj

ROOT = Path(__file__).resolve().parents[1]
BASE = {"aging": 1 / 168, "failure": 1 / 2160, "repair": 1 / 2, "restart": 3.0, "rejuvenation": 1 / 336}
ENDS = {
    "aging": (1e-4, 1e-1), "failure": (1e-5, 1e-2), "repair": (0.1, 10), "restart": (0.1, 10),
    "rejuvenation": (1e-4, 1),
}  # fmt: skip
#: Axes, and points of each, that make ten million points.
GRIDS = {"1 rate": (1, 10_000_000), "2 rates": (2, 3_163), "5 rates": (5, 25)}
_PEAK = """
import numpy as np, rejuvmodel as rj
rates = rj.Rates(aging=1/168, failure=1/2160, repair=1/2, restart=3, rejuvenation=1/336)
over = {{name: np.geomspace(*ends, {points}) for name, ends in {ends}.items()}}
found = rj.sweep(rj.Cluster(10, rates), over, ("availability", "unavailability"))
size = sum(found[name].nbytes for name in (*found.data_vars, *found.coords))
with open("/proc/self/status") as lines:
    peak = next(int(line.split()[1]) * 1024 for line in lines if line.startswith("VmHWM"))
print((peak - size) / 1e6)
"""


def grid_sweeps(row: Callable[[str, str, str], None]) -> None:
    """Print the times of each grid, in turn with the raw closed form, and the memory of a fresh process."""
    base = rj.Cluster(10, rj.Rates(**BASE))
    for name, (axes, points) in GRIDS.items():
        over = {key: np.geomspace(*ends, points) for key, ends in list(ENDS.items())[:axes]}
        spread = {
            key: values.reshape(-1, *(1,) * (axes - 1 - k)) for k, (key, values) in enumerate(over.items())
        }
        raw = rj.Cluster(10, rj.Rates(**(BASE | spread)))
        # The arrays of the raw grid, which are read-only, so that neither side copies them.
        same = {key: np.ravel(getattr(raw.rates, key)) for key in over}
        pairs = []
        for k in range(8):
            start = time.perf_counter()
            plain = rj.solve(raw).unavailability
            between = time.perf_counter()
            found = rj.sweep(base, same, "unavailability")
            end = time.perf_counter()
            assert np.array_equal(found.unavailability, np.asarray(plain))
            if k:
                pairs.append((between - start, end - between))
        ratio = median(ours / theirs for theirs, ours in pairs)
        row(f"sweep of 10^7 points, n = 10, {name}", f"{median(x for _, x in pairs):.3f} s", "")
        row("  raw closed form over the same grid", f"{median(x for x, _ in pairs):.3f} s", "")
        row("  ratio, paired", f"{ratio:.2f}", "<= 1.3")
        script = _PEAK.format(points=points, ends=dict(list(ENDS.items())[:axes]))
        run = subprocess.run(
            [sys.executable, "-c", script], cwd=ROOT, check=True, capture_output=True, text=True
        )
        row(
            "  peak memory of a process beyond the result, two measures",
            f"{float(run.stdout):.0f} MB",
            "<= 1000 MB",
        )
