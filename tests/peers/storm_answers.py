"""Solves exported models with Storm, in an environment of its own: ``make test-peers`` sets it up.

Reads a JSON list of jobs from standard input, each with a ``model``, its ``properties`` and ``hours``; writes
for each job a mapping from the name of a property to its value as text. Values of the long run are exact
fractions. Storm computes measures in time in doubles only.
"""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import stormpy


def answers(job: dict) -> dict[str, str]:
    """Value of every property of a model, as text."""
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "model.prism"
        path.write_text(job["model"], encoding="ascii")
        program = stormpy.parse_prism_program(str(path), prism_compatibility=True)
    properties = stormpy.parse_properties(job["properties"], program)
    timed = [one for one in properties if one.contains_undefined_constants()]
    steady = [one for one in properties if not one.contains_undefined_constants()]
    found = values(stormpy.build_model[stormpy.Rational](program, steady), steady)
    if timed:
        program, timed = stormpy.instantiate_constants(program, {"hours": job["hours"]}, timed)
        found |= values(stormpy.build_model[float](program, timed), timed)
    return found


def values(model, properties: list) -> dict[str, str]:
    """Value of each property in the initial state."""
    (start,) = model.initial_states
    return {one.get_name(): str(stormpy.model_checking(model, one).get_value(start)) for one in properties}


if __name__ == "__main__":
    # Storm writes its warnings to standard output, so the answers bear a mark.
    found = [answers(job) for job in json.load(sys.stdin)]
    sys.stdout.write("\nANSWERS " + json.dumps({"version": stormpy.__version__, "answers": found}))
