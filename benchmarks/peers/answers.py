"""Solves clusters with QuantEcon, PyDTMC and Storm, in an environment of its own: ``make bench-peers``.

Reads a job from standard input as JSON: the name of a ``solver``, the entries of the ``generator`` off its
diagonal as triples, its ``size``, the states that are ``down``, and the PRISM ``model`` and ``property``.
Writes the unavailability that the solver finds, as text, and the seconds that it took, building its model
included. Each answer takes a process of its own, so that one that does not end stops no other.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from statistics import median

import numpy as np

RUNS = 5


def rate_matrix(job: dict) -> np.ndarray:
    """Rates from state to state; zeros on the diagonal."""
    q = np.zeros((job["size"], job["size"]))
    rows, columns, rates = zip(*job["generator"], strict=True)
    q[rows, columns] = rates
    return q


def by_quantecon(job: dict) -> str:
    """GTH of QuantEcon, which takes generators as they are."""
    import quantecon

    q = rate_matrix(job)
    np.fill_diagonal(q, -q.sum(axis=1))
    return repr(float(quantecon.markov.gth_solve(q)[job["down"]].sum()))


def by_pydtmc(job: dict) -> str:
    """The steady state of PyDTMC, of the uniformised chain: it knows no continuous time."""
    import pydtmc

    q = rate_matrix(job)
    p = q / (1.1 * q.sum(axis=1).max())
    np.fill_diagonal(p, 1 - p.sum(axis=1))
    return repr(float(pydtmc.MarkovChain(p).steady_states[0][job["down"]].sum()))


def by_textbook(job: dict) -> str:
    """A linear system with one equation replaced by the sum of all, as one writes it with NumPy."""
    q = rate_matrix(job)
    np.fill_diagonal(q, -q.sum(axis=1))
    a = q.T.copy()
    a[-1] = 1
    return repr(float(np.linalg.solve(a, np.eye(len(q))[-1])[job["down"]].sum()))


def by_storm(job: dict, exact: bool = False, sound: bool = True) -> str:
    """Storm's long-run average, with or without the sound methods that stormpy takes by default."""
    import stormpy

    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "model.prism"
        path.write_text(job["model"], encoding="ascii")
        program = stormpy.parse_prism_program(str(path), prism_compatibility=True)
    (wanted,) = stormpy.parse_properties(job["property"], program)
    model = stormpy.build_model[stormpy.Rational if exact else float](program, [wanted])
    (start,) = model.initial_states
    settings = {} if sound else {"environment": stormpy.Environment()}
    return str(stormpy.model_checking(model, wanted, **settings).get_value(start))


SOLVERS: dict[str, Callable[[dict], str]] = {
    "NumPy, one equation replaced": by_textbook,
    "QuantEcon, gth_solve": by_quantecon,
    "PyDTMC, steady_states": by_pydtmc,
    "Storm, doubles, sound": by_storm,
    "Storm, doubles, not sound": lambda job: by_storm(job, sound=False),
    "Storm, fractions": lambda job: by_storm(job, exact=True),
}


def timed(solve: Callable[[dict], str], job: dict) -> dict[str, object]:
    """Answer and median seconds of several runs after a first one, which imports and compiles."""
    times = []
    for _ in range(RUNS + 1):
        start = time.perf_counter()
        answer = solve(job)
        times.append(time.perf_counter() - start)
    return {"answer": answer, "seconds": median(times[1:])}


if __name__ == "__main__":
    job = json.load(sys.stdin)
    names = ("numpy", "quantecon", "PyDTMC", "stormpy")
    found = timed(SOLVERS[job["solver"]], job) | {"versions": {name: version(name) for name in names}}
    # Storm writes its warnings to standard output, so the answer bears a mark.
    sys.stdout.write("\nANSWER " + json.dumps(found))
