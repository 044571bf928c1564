"""Another program's answers: Storm reads the exported texts and computes our measures.

Left out of ``make test``, because it needs Storm's Python package: ``make test-peers`` sets up an environment of
its own for it. The long run is compared with exact fractions and with the library; measures in time to the
precision that Storm states for them, 1e-6.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from fractions import Fraction
from pathlib import Path

import pytest
from prism_models import HOURS, all_models, costs_for, measures
from prism_reader import read_model, read_properties

import rejuvmodel as rj

pytestmark = pytest.mark.peers

ROOT = Path(__file__).parents[1]
PYTHON = os.environ.get("PEERS_PYTHON", str(ROOT / ".venv-peers" / "bin" / "python"))
MODELS = all_models()
#: What Storm promises for bounded time, where it has no exact mode.
STATED = 1e-6
IN_TIME = {"unavailability_at", "interval_unreliability", "mission_downtime", "mission_cost"}


@pytest.fixture(scope="module")
def texts() -> dict[str, rj.PrismText]:
    """The exported text of every model."""
    return {name: rj.to_prism(model, costs_for(model)) for name, model in MODELS.items()}


@pytest.fixture(scope="module")
def storm(texts: dict[str, rj.PrismText]) -> dict[str, dict[str, str]]:
    """What Storm answers for every property of every model."""
    jobs = [{"model": one.model, "properties": one.properties, "hours": HOURS} for one in texts.values()]
    run = subprocess.run(
        [PYTHON, str(ROOT / "tests" / "peers" / "storm_answers.py")],
        input=json.dumps(jobs), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    answers = json.loads(run.stdout.split("\nANSWERS ")[-1])["answers"]
    return dict(zip(texts, answers, strict=True))


@pytest.mark.parametrize("name", MODELS)
def test_storm_answers_everything(name: str, texts: dict[str, rj.PrismText], storm: dict[str, dict[str, str]]) -> None:
    """Storm reads the whole text and answers every property."""
    assert set(storm[name]) == set(read_properties(texts[name].properties))


@pytest.mark.parametrize("name", MODELS)
def test_storm_is_exactly_our_reader(
    name: str, texts: dict[str, rj.PrismText], storm: dict[str, dict[str, str]]
) -> None:
    """In the long run Storm's exact answers are the very fractions of the reader in the tests."""
    chain = read_model(texts[name].model)
    for one, formula in read_properties(texts[name].properties).items():
        if one not in IN_TIME:
            found, answer = chain.measure(formula), storm[name][one]
            assert answer == "inf" if math.isinf(found) else Fraction(answer) == found, one


@pytest.mark.parametrize("name", MODELS)
def test_storm_is_the_library(name: str, storm: dict[str, dict[str, str]]) -> None:
    """The library's doubles are Storm's exact answers to 1e-12, and its answers in time to what Storm states."""
    expected = measures(MODELS[name])
    for one, answer in storm[name].items():
        value = float(expected[one])
        if math.isinf(value):
            assert answer == "inf", one
            continue
        rtol = STATED if one in IN_TIME else 1e-12
        assert abs(Fraction(answer) - Fraction(value)) <= Fraction(rtol) * abs(Fraction(value)), one
