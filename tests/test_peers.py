"""Another program's answers: Storm reads the exported texts and computes our measures.

Left out of ``make test``, because it needs Storm's Python package: ``make test-peers`` sets up an environment
of its own for it. The long run is compared with exact fractions and with the library; measures in time to the
precision that Storm states for them, 1e-6.
"""

from __future__ import annotations

import json
import math
import os
import subprocess
from fractions import Fraction
from pathlib import Path
from typing import TypeAlias

import pytest
from prism_models import HOURS, all_models, costs_for, measures
from prism_reader import read_model, read_properties

import rejuvmodel as rj

pytestmark = pytest.mark.peers

ROOT = Path(__file__).parents[1]
PYTHON = os.environ.get("PEERS_PYTHON", str(ROOT / ".venv-peers" / "bin" / "python"))
MODELS = all_models()
Texts: TypeAlias = "dict[str, rj.PrismText]"
Answers: TypeAlias = "dict[str, dict[str, str]]"
#: What Storm promises for bounded time, where it has no exact mode.
STATED = 1e-6
IN_TIME = {"unavailability_at", "interval_unreliability", "mission_downtime", "mission_cost"}


@pytest.fixture(scope="module")
def texts() -> Texts:
    """The exported text of every model."""
    return {name: rj.to_prism(model, costs_for(model)) for name, model in MODELS.items()}


def ask_storm(texts: list[rj.PrismText]) -> list[dict[str, str]]:
    """Let Storm answer every property of every text."""
    jobs = [{"model": one.model, "properties": one.properties, "hours": HOURS} for one in texts]
    run = subprocess.run(
        [PYTHON, str(ROOT / "tests" / "peers" / "storm_answers.py")],
        input=json.dumps(jobs), capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr[-2000:]
    found: list[dict[str, str]] = json.loads(run.stdout.split("\nANSWERS ")[-1])["answers"]
    return found


@pytest.fixture(scope="module")
def storm(texts: Texts) -> Answers:
    """What Storm answers for every property of every model."""
    return dict(zip(texts, ask_storm(list(texts.values())), strict=True))


def test_storm_sees_a_planted_fault(texts: Texts) -> None:
    """With one rate of the text changed, Storm's answer is no longer the library's."""
    right = texts["cluster 2"]
    wrong = rj.PrismText(right.model.replace("level*lambda", "lambda"), right.properties)
    unavailability = measures(MODELS["cluster 2"])["unavailability"]
    answers = [float(Fraction(one["unavailability"])) for one in ask_storm([right, wrong])]
    assert answers[0] == pytest.approx(unavailability, rel=1e-14)
    assert answers[1] != pytest.approx(unavailability, rel=0.1)


@pytest.mark.parametrize("name", MODELS)
def test_storm_answers_everything(name: str, texts: Texts, storm: Answers) -> None:
    """Storm reads the whole text and answers every property."""
    assert set(storm[name]) == set(read_properties(texts[name].properties))


@pytest.mark.parametrize("name", MODELS)
def test_storm_is_exactly_our_reader(name: str, texts: Texts, storm: Answers) -> None:
    """In the long run Storm's exact answers are the very fractions of the reader in the tests."""
    chain = read_model(texts[name].model)
    for one, formula in read_properties(texts[name].properties).items():
        if one not in IN_TIME:
            found, answer = chain.measure(formula), storm[name][one]
            assert answer == "inf" if math.isinf(found) else Fraction(answer) == found, one


@pytest.mark.parametrize("name", MODELS)
def test_storm_is_the_library(name: str, storm: Answers) -> None:
    """The library's doubles are Storm's exact answers to 1e-14, and those in time to what Storm states."""
    expected = measures(MODELS[name])
    for one, answer in storm[name].items():
        value = float(expected[one])
        if math.isinf(value):
            assert answer == "inf", one
            continue
        rtol = STATED if one in IN_TIME else 1e-14
        assert abs(Fraction(answer) - Fraction(value)) <= Fraction(rtol) * abs(Fraction(value)), one
