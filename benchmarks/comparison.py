"""Compare the unavailability of rare outages with other programs' answers: ``make bench-peers``.

Clusters with the rates of examples/duplex.toml, an unstable cluster waiting 14 days, and ever more servers:
the outage becomes rarer with each. The truth comes from exact fractions of the tests, which read nothing of
the library. The other programs run in an environment of their own, whose Python is named by PEERS_PYTHON.
"""

from __future__ import annotations

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")

import json
import math
import platform
import subprocess
import sys
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import rejuvmodel as rj
from benchmarks.__main__ import _processor, seconds

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from exact import cluster_stationary, log_fraction

ROOT = Path(__file__).resolve().parents[1]
RATES = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3, rejuvenation=1 / 336)
SERVERS = (2, 10, 50, 200)
OTHERS = (
    "NumPy, one equation replaced",
    "QuantEcon, gth_solve",
    "PyDTMC, steady_states",
    "Storm, doubles, sound",
    "Storm, doubles, not sound",
    "Storm, fractions",
)
PATIENCE = 60
sys.set_int_max_str_digits(0)  # exact answers have thousands
PEERS = os.environ.get("PEERS_PYTHON", str(ROOT / ".venv-peers" / "bin" / "python"))


def main() -> None:
    """Print a table for every number of servers."""
    print(f"machine: {_processor()}, {os.cpu_count()} cores; Python {platform.python_version()}")
    for cluster in (rj.Cluster(n, RATES) for n in SERVERS):
        true = truth(cluster.servers)
        exponent = log_fraction(true) / math.log(10)
        print(
            f"\n{cluster.servers} servers: unavailability {10 ** (exponent % 1):.6f}e{math.floor(exponent)}"
        )
        task = job(cluster)
        for name, answer in [*ours(cluster).items(), *((name, other(name, task)) for name in OTHERS)]:
            if "failed" in answer:
                print(f"  {name:30s} {answer['failed']}")
            else:
                print(f"  {name:30s} {error(answer, true):>12s}   {1e3 * answer['seconds']:10.3g} ms")
    print("\n" + ", ".join(f"{name} {one}" for name, one in answer["versions"].items()))


def truth(servers: int) -> Fraction:
    """Unavailability in exact fractions, by the tests' own solver."""
    pi = cluster_stationary(
        servers, RATES.aging, RATES.failure, RATES.rejuvenation, RATES.repair, RATES.restart
    )
    return pi["0"] + pi["r1"]


def error(answer: dict, true: Fraction) -> str:
    """Relative error of an answer, a number or its logarithm, as text."""
    if "logarithm" in answer:
        return f"{abs(math.expm1(answer['logarithm'] - log_fraction(true))):.0e}"
    if answer["answer"] in ("nan", "inf"):
        return "gives " + str(answer["answer"])
    found = Fraction(answer["answer"])
    if found == true:
        return "exact"
    return "gives 0" if found == 0 else scientific(abs(found / true - 1), 0)


def scientific(value: Fraction, decimals: int) -> str:
    """Return a positive fraction of any size in scientific notation."""
    exponent = math.floor(log_fraction(value) / math.log(10))
    mantissa, carried = f"{float(value / Fraction(10) ** exponent):.{decimals}e}".split("e")
    return f"{mantissa}e{exponent + int(carried):+03d}"


def ours(cluster: rj.Cluster) -> dict[str, dict]:
    """The answers of this library, model included."""
    solvers: dict[str, Callable[[], rj.SteadyState]] = {
        "rejuvmodel, closed form": lambda: rj.solve(rj.Cluster(cluster.servers, RATES)),
        "rejuvmodel, GTH": lambda: rj.solve(rj.Cluster(cluster.servers, RATES), rj.GTH()),
    }
    spent = seconds(*(lambda solve=solve: solve().log_unavailability for solve in solvers.values()))
    return {
        name: {"logarithm": float(solve().log_unavailability), "seconds": one}
        for (name, solve), one in zip(solvers.items(), spent, strict=True)
    }


def job(cluster: rj.Cluster) -> dict:
    """A cluster as the other programs take it."""
    chain = cluster.chain()
    q = chain.generator.tocoo()
    entries = [
        (int(i), int(j), float(rate)) for i, j, rate in zip(q.row, q.col, q.data, strict=True) if i != j
    ]
    down = [chain.states.index(state) for state in ("0", "r1")]
    text = rj.to_prism(cluster).model
    return {
        "size": len(chain.states), "generator": entries, "down": down,
        "model": text, "property": 'S=? [ "down" ]',
    }  # fmt: skip


def other(solver: str, task: dict) -> dict:
    """Let another program answer, in a process of its own."""
    try:
        run = subprocess.run(
            [PEERS, str(ROOT / "benchmarks" / "peers" / "answers.py")],
            input=json.dumps(task | {"solver": solver}),
            capture_output=True, text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return {"failed": f"no answer in {PATIENCE} s"}
    if run.returncode:
        return {"failed": (run.stderr.strip().splitlines() or [f"exit code {run.returncode}"])[-1][:100]}
    answer: dict = json.loads(run.stdout.split("\nANSWER ")[-1])
    return answer


if __name__ == "__main__":
    main()
