"""Print every promised timing with the versions and the machine: ``make bench``.

The machines are shared and noisy, so each figure is the median of several runs, and comparisons run in turn.
"""

from __future__ import annotations

import os

# One core, as promised: BLAS would otherwise use all of them.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import platform
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from importlib.metadata import version
from itertools import product
from math import inf
from pathlib import Path
from statistics import median
from unittest.mock import patch

import numpy as np
from scipy.sparse import csc_array
from scipy.sparse.linalg import splu

import rejuvmodel as rj
from benchmarks.grid_sweeps import grid_sweeps
from benchmarks.runtime_footprint import runtime_footprint
from benchmarks.runtime_looks import runtime_looks
from benchmarks.runtime_ticks import runtime_ticks
from rejuvmodel.models import compiled_horner
from rejuvmodel.models.product_form import ProductForm

ROOT = Path(__file__).resolve().parents[1]
RATES = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3, rejuvenation=1 / 336)
TWO_ROOTS = rj.Rates(aging=1 / 6, failure=1 / 1600, repair=1 / 33, restart=1 / 42)


def main() -> None:
    """Run all benchmarks."""
    print(f"machine: {_processor()}, {os.cpu_count()} cores; {platform.platform()}")
    names = ("rejuvmodel", "numpy", "scipy")
    print(f"Python {platform.python_version()}; " + ", ".join(f"{n} {version(n)}" for n in names))
    print(f"{'':58s} {'measured':>12s}   promised")
    closed_form_of_a_million_servers()
    chains()
    sweeps()
    grid_sweeps(row)
    optima()
    triggers()
    missions()
    simulations()
    pool_formulas()
    runtime_ticks(row)
    runtime_looks(row)
    runtime_footprint(row)
    starts()


def seconds(*actions: Callable[[], object], runs: int = 7) -> list[float]:
    """Median seconds of each action, run in turn after one warm-up."""
    times: list[list[float]] = [[] for _ in actions]
    for k in range(runs + 1):
        for action, mine in zip(actions, times, strict=True):
            start = time.perf_counter()
            action()
            if k:
                mine.append(time.perf_counter() - start)
    return [median(mine) for mine in times]


def row(what: str, measured: str, promised: str) -> None:
    """Print one line of the table."""
    print(f"{what:58s} {measured:>12s}   {promised}")


def closed_form_of_a_million_servers() -> None:
    """Unavailability of a cluster of 1,000,000 servers."""
    big = rj.Cluster(1_000_000, RATES)
    (spent,) = seconds(lambda: rj.solve(big).log_unavailability)
    row("closed form, n = 1,000,000, unavailability", f"{spent:.3f} s", "< 0.2 s")


def chains() -> None:
    """GTH against sparse LU with the most probable state pinned, and building a chain."""
    for servers, limit in ((10_000, 2), (100_000, 3)):
        cluster = rj.Cluster(servers, RATES)
        chain = cluster.chain()
        q = chain.generator.T.tocsc()
        pinned = int(np.argmax(rj.solve(cluster).probabilities))
        others = np.flatnonzero(np.arange(q.shape[0]) != pinned)
        a, b = csc_array(-q[others][:, others]), q[:, [pinned]].toarray().ravel()[others]

        def lu(a: csc_array = a, b: np.ndarray = b) -> object:
            return splu(a, diag_pivot_thresh=0.0, options={"SymmetricMode": True}).solve(b)

        gth, other = seconds(lambda chain=chain: rj.solve(chain, rj.GTH()), lu, runs=5)
        row(f"GTH, n = {servers:,}, prebuilt chain", f"{gth:.3f} s", "")
        row("  sparse LU, matrix prebuilt, most probable state pinned", f"{other:.3f} s", "")
        row("  ratio", f"{gth / other:.2f}", f"<= {limit}")
    (spent,) = seconds(lambda: rj.Cluster(10_000, RATES).chain().generator)
    row("building the chain and its generator, n = 10,000", f"{spent * 1e3:.1f} ms", "< 50 ms")


def plain(servers: int, rates: rj.Rates) -> np.ndarray:
    """Return the same recurrence as a plain vectorised NumPy transcription."""
    beta = rates.repair / rates.aging
    alpha = beta * rates.rejuvenation / rates.failure
    c = (1 + rates.rejuvenation / rates.restart) * rates.repair / rates.failure
    h = np.ones_like(beta)
    for i in range(servers, 0, -1):
        h = (alpha / i + beta) * h + (1 + c / i)
    return (1 + rates.rejuvenation * rates.repair / (rates.restart * rates.failure)) / h


def sweeps() -> None:
    """A million points, all five rates varying, with the compiled scheme and without."""
    scheme = "on arrays, found no C compiler" if compiled_horner.library() is None else "compiled"
    draw = np.random.default_rng(1995)
    spread = {"aging": -2.5, "failure": -3.5, "rejuvenation": -2.5, "repair": 0.0, "restart": 0.5}
    rates = rj.Rates(
        **{name: 10 ** (centre + draw.uniform(-1, 1, 1_000_000)) for name, centre in spread.items()}
    )
    for servers, promised in ((10, 5), (50, 7)):
        grid = rj.Cluster(servers, rates)
        ours, theirs = seconds(
            lambda grid=grid: rj.solve(grid).unavailability, lambda n=servers: plain(n, rates)
        )
        with patch.object(compiled_horner, "library", lambda: None):
            (arrays,) = seconds(lambda grid=grid: rj.solve(grid).unavailability)
        error = np.max(np.abs(rj.solve(grid).unavailability / plain(servers, rates) - 1))
        row(f"sweep of 10^6 points, n = {servers}, {scheme}", f"{ours * 1e3:.1f} ms", "")
        row("  plain NumPy", f"{theirs * 1e3:.1f} ms", "")
        row("  ratio", f"{theirs / ours:.1f}", f">= {promised}")
        row("  ours on arrays alone", f"{arrays * 1e3:.1f} ms", "")
        row("  largest relative difference", f"{error:.1e}", "<= 1e-13")
    tracemalloc.start()
    result = rj.solve(rj.Cluster(10, rates)).unavailability
    peak = tracemalloc.get_traced_memory()[1] - np.asarray(result).nbytes
    tracemalloc.stop()
    row("  memory beyond input and result", f"{peak / 1e6:.1f} MB", "<= 50 MB")


def optima() -> None:
    """Certified optima."""
    ten, fifty = (rj.Cluster(n, RATES) for n in (10, 50))
    costs = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
    (spent,) = seconds(lambda: rj.optimize(ten, costs, bounds=(0, 10)))
    row("optimize with certificate, n = 10", f"{spent * 1e3:.1f} ms", "< 15 ms")
    (spent,) = seconds(lambda: rj.optimize(fifty, costs, bounds=(0, 10)), runs=5)
    row("optimize with certificate, n = 50, sign count settles it", f"{spent * 1e3:.0f} ms", "< 150 ms")
    hard = rj.Cluster(50, TWO_ROOTS)
    price = rj.Costs(failure=766, rejuvenation=1650, capacity=7.42, degraded=0.093)
    best = rj.optimize(hard, price, bounds=(0, inf))
    (spent,) = seconds(lambda: rj.optimize(hard, price, bounds=(0, inf)), runs=5)
    what = f"optimize with certificate, n = 50, {len(best.critical_points)} roots isolated"
    row(what, f"{spent * 1e3:.0f} ms", "< 300 ms")


def triggers() -> None:
    """Triggers in closed form over a grid of delays, and the best mean delay with its proof."""
    rates = RATES.replace(rejuvenation=None)
    costs = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
    delays = np.geomspace(1, 10_000, 100_000)
    for servers, clock in product((2, 10), ("unstable", "service")):
        grid = rj.Cluster(servers, rates, trigger=rj.Trigger(rj.Fixed(delays), clock))
        (spent,) = seconds(lambda grid=grid: rj.solve(grid).unavailability, runs=3)
        row(f"10^5 fixed delays from {clock}, n = {servers}, closed form", f"{spent * 1e3:.0f} ms", "")
    for servers, clock in product((1, 10, 50), ("unstable", "service")):
        model = rj.Cluster(servers, rates, trigger=rj.Trigger(rj.Fixed(1), clock))
        (spent,) = seconds(lambda model=model: rj.optimize(model, costs), runs=3)
        row(f"optimize of a fixed delay from {clock}, n = {servers}", f"{spent * 1e3:.0f} ms", "")


def missions() -> None:
    """A year at its worst: every rate at an end of nine decades; the slowest of 32 clusters."""
    for servers in (1, 10, 50):
        slowest = 0.0
        for ends in product((1e-6, 1e3), repeat=5):
            names = ("aging", "failure", "rejuvenation", "repair", "restart")
            stiff = rj.Cluster(servers, rj.Rates(**dict(zip(names, ends, strict=True))))
            (spent,) = seconds(lambda stiff=stiff: rj.transient(stiff, "365 d"), runs=1)
            slowest = max(slowest, spent)
        row(f"a year, rates over nine decades, n = {servers}", f"{slowest * 1e3:.0f} ms", "seconds")
    large = rj.Cluster(10_000, RATES)
    (spent,) = seconds(lambda: rj.transient(large, "365 d"), runs=1)
    row("a year, n = 10,000, jump by jump", f"{spent:.1f} s", "")


def pool_formulas() -> None:
    """Levels, up servers, outages and capacity of unrestricted pools; the mean field of a restricted one."""
    names = ("aging", "failure", "rejuvenation", "repair", "restart")
    rates = [float(getattr(RATES, name)) for name in names]

    def measures(servers: int) -> None:
        form = ProductForm(servers, 3, *rates)
        _ = form.log_levels, form.log_up, form.log_planned(servers - 9), form.log_unplanned(servers - 9)
        form.capacity_availability(servers - 5)

    for servers in (5000, 50_000):
        (spent,) = seconds(lambda servers=servers: measures(servers))
        row(f"product form of a pool, N = {servers:,}", f"{spent * 1e3:.0f} ms", "below a second")
    pool = rj.Pool(primaries=20_000, spares=50, rates=RATES, slots=10, guarded=True)
    (spent,) = seconds(lambda: rj.mean_field(pool))
    row("mean field of a restricted pool, N = 20,050", f"{spent * 1e3:.1f} ms", "")


def simulations() -> None:
    """State changes played per second, long-run values with their intervals included."""
    open_rates = RATES.replace(rejuvenation=None)
    by_hand = rj.MarkovChain.from_transitions(
        [
            ("up", "worn", 0.1),
            ("worn", "up", 1),
            ("worn", "down", 0.1),
            ("up", "down", 0.01),
            ("down", "up", 2),
        ],
        down={"down": "unplanned"},
    )
    models = {
        "n = 2, exponential": rj.Cluster(2, RATES),
        "n = 2, fixed, from unstable": rj.Cluster(
            2, open_rates, trigger=rj.Trigger(rj.Fixed(336), "unstable")
        ),
        "n = 2, fixed, from service": rj.Cluster(2, open_rates, trigger=rj.Trigger(rj.Fixed(336), "service")),
        "n = 10, exponential": rj.Cluster(10, RATES),
        "n = 100, exponential": rj.Cluster(100, RATES),
        "chain by hand": by_hand,
    }
    for name, model in models.items():
        events = rj.simulate(model, replications=1_000_000, seed=1).events
        (spent,) = seconds(
            lambda model=model: rj.simulate(model, replications=1_000_000, seed=1).unavailability, runs=3
        )
        row(f"simulation, cycles of {name}", f"{events / spent / 1e6:.1f} M/s", ">= 2 M/s")
    year = rj.simulate(models["n = 2, exponential"], "365 d", replications=20_000, seed=1).events
    (spent,) = seconds(
        lambda: rj.simulate(models["n = 2, exponential"], "365 d", replications=20_000, seed=1), runs=3
    )
    row("simulation, missions of a year, n = 2, exponential", f"{year / spent / 1e6:.1f} M/s", ">= 2 M/s")


#: Restrictions, their rates, and the seconds promised for 100, 200 and 300 servers.
POOLS: dict[str, tuple[dict[str, object], dict[str, float], dict[int, float]]] = {
    "unrestricted": ({}, {}, {100: 0.1, 200: 0.5, 300: 1.5}),
    "1 slot": ({"slots": 1}, {}, {200: 0.8, 300: 2.5}),
    "3 slots": ({"slots": 3}, {}, {200: 0.8, 300: 2.5}),
    "guarded": ({"guarded": True, "spares": 10}, {}, {200: 0.8, 300: 2.5}),
    "standby": ({"mode": "active/standby", "spares": 10}, {}, {200: 0.8, 300: 2.5}),
    "slow restart, 3 slots": ({"slots": 3}, {"restart": 0.02, "rejuvenation": 0.5}, {100: 0.3, 200: 2.0}),
}
_PEAK = """
import rejuvmodel as rj
rates = rj.Rates(aging=1 / 240, failure=1 / 720, rejuvenation=1 / 24, repair=2, restart=6)
rj.solve(rj.Pool(primaries={total}, rates=rates, crews=2), rj.LevelAggregation())
# The peak of this process alone; that of getrusage begins with the one it was forked from.
with open("/proc/self/status") as lines:
    print(next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")))
"""


def levels() -> None:
    """Pools built and solved by levels, and the peak memory of a process that does nothing else."""
    rates = rj.Rates(aging=1 / 240, failure=1 / 720, rejuvenation=1 / 24, repair=2, restart=6)
    for name, (rules, changes, promised) in POOLS.items():
        for total, limit in promised.items():
            primaries = total - int(str(rules.get("spares", 0)))

            # Without restrictions there is a product form, which would be chosen.
            solver = rj.LevelAggregation() if name == "unrestricted" else None

            def build_and_solve(
                n: int = primaries,
                rules: dict[str, object] = rules,
                changes: dict[str, float] = changes,
                solver: rj.LevelAggregation | None = solver,
            ) -> object:
                pool = rj.Pool(primaries=n, rates=rates.replace(**changes), crews=2, **rules)
                return rj.solve(pool, solver).log_unavailability

            (spent,) = seconds(build_and_solve, runs=3)
            row(f"pool by levels, N = {total}, {name}", f"{spent:.2f} s", f"<= {limit} s")
    for total, limit in ((200, 200), (300, 350)):
        peak = float(_run([sys.executable, "-c", _PEAK.format(total=total)]).stdout)
        row(f"pool by levels, N = {total}, unrestricted, peak memory", f"{peak:.0f} MB", f"<= {limit} MB")


def starts() -> None:
    """Import and command line, as whole processes run in turn."""
    python = [sys.executable, "-c"]
    command = [str(Path(sys.executable).with_name("rejuvmodel")), "optimize", "examples/duplex.toml"]
    numpy, ours, cli = seconds(
        lambda: _run([*python, "import numpy"]),
        lambda: _run([*python, "import rejuvmodel"]),
        lambda: _run(command),
        runs=11,
    )
    row("import numpy (whole process)", f"{numpy * 1e3:.0f} ms", "")
    row("import rejuvmodel, ratio", f"{ours / numpy:.2f}", "<= 1.3")
    row("rejuvmodel optimize examples/duplex.toml, ratio", f"{cli / numpy:.2f}", "< 4")


def _run(command: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    return next((x.split(":", 1)[1].strip() for x in lines if x.startswith("model name")), platform.machine())


if __name__ == "__main__":
    main()
