"""The compiled scheme of the closed form: the same numbers as on arrays, and what happens without it."""

from __future__ import annotations

import importlib.util
import re
import subprocess
import sys
import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import solvers
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel.models import closed_form, compiled_horner

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src" / "rejuvmodel" / "models" / "horner.c"
NAMES = ("aging", "failure", "rejuvenation", "repair", "restart")
MASSES = ("unplanned", "planned", "unavailability", "degraded", "rejuvenating", "rejuvenations")
NEEDS_COMPILED = pytest.mark.skipif(compiled_horner.library() is None, reason="found no C compiler")


def build_hook() -> types.ModuleType:
    """Return hatch_build.py, with a stand-in for the base class that only hatchling supplies."""
    spec = importlib.util.spec_from_file_location("hatch_build", ROOT / "hatch_build.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    name = "hatchling.builders.hooks.plugin.interface"
    stand_in = types.ModuleType(name)
    stand_in.BuildHookInterface = object  # type: ignore[attr-defined]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, name, stand_in)
        spec.loader.exec_module(module)
    return module


def on_arrays(servers: int, rates: list[Any], **more: Any) -> list[np.ndarray]:
    """Return all masses without the compiled scheme."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiled_horner, "library", lambda: None)
        return closed_form.masses(servers, *rates, names=MASSES, **more)


def columns(rates: rj.Rates) -> list[Any]:
    return [getattr(rates, name) for name in NAMES]


@NEEDS_COMPILED
@pytest.mark.parametrize("logarithms", [False, True])
@pytest.mark.parametrize("decades", [(-4.0, 1.0), (-6.0, 3.0), (-120.0, 120.0)])
@pytest.mark.parametrize("servers", [1, 2, 3, 4, 5, 7, 10, 50, 333])
def test_same_numbers_as_on_arrays(servers: int, decades: tuple[float, float], logarithms: bool) -> None:
    """Over 5, 9 and 240 decades every mass, and its logarithm, is that of the scheme on arrays."""
    rates = columns(solvers.grid(700, seed=servers, decades=decades))
    compiled = closed_form.masses(servers, *rates, names=MASSES, logarithms=logarithms)
    for name, a, b in zip(MASSES, compiled, on_arrays(servers, rates, logarithms=logarithms), strict=True):
        if logarithms:
            assert np.all(np.abs(a - b) <= (100 + servers) * 1e-15 * np.maximum(1, np.abs(b))), name
        else:
            seen = b > 1e-290
            assert np.all(np.abs(a / np.where(seen, b, 1) - 1)[seen] <= (10 + servers) * 1e-15), name
            assert np.all(a[~seen] <= 1.0001e-290), name


@NEEDS_COMPILED
@given(st.data())
def test_any_length_and_any_broadcast(data: st.DataObject) -> None:
    """Grids of any length, with single rates among the arrays, give each point what it has alone."""
    size, servers = data.draw(st.integers(25, 200)), data.draw(st.integers(1, 30))
    chance = np.random.default_rng(data.draw(st.integers(0, 2**32)))
    rates = [10 ** chance.uniform(-5, 2, size if data.draw(st.booleans()) else 1) for _ in NAMES]
    found = closed_form.unavailability(servers, *rates)
    full = [np.broadcast_to(rate, found.shape) for rate in rates]
    for k in {0, len(found) - 1, len(found) // 2}:
        alone = closed_form.unavailability(servers, *(rate[k] for rate in full))
        assert found[k] == pytest.approx(float(alone), rel=5e-14, abs=0)


@NEEDS_COMPILED
def test_point_in_any_place_has_the_same_bits() -> None:
    """A point has the very same bits at every place of a tile, the first, the last and the remainder."""
    rates = [np.full(131, rate) for rate in (1 / 168, 1 / 2160, 1 / 336, 0.5, 3.0)]
    for servers in (3, 40, 400):
        for mass in closed_form.masses(servers, *rates, names=MASSES, logarithms=True):
            assert len(set(mass.tolist())) == 1


PLACES = [
    m.start() for m in re.finditer(r"(?<=[\])a-z0]) [*/] (?=[(a-zr])", SOURCE.read_text(encoding="utf-8"))
]


def factors() -> list[tuple[int, str]]:
    """Return every product and quotient of the arithmetic in C: its place and its line."""
    text = SOURCE.read_text(encoding="utf-8")
    found = []
    for place in PLACES:
        line = text[text.rfind("\n", 0, place) + 1 : text.find("\n", place)].strip()
        decides = ("SMALLEST", "largest", "most", "mean", "levels = ", "by", "//", "*  ", "step")
        if not any(word in line for word in (*decides, "double *", "sizeof")) and not line.startswith(
            ("*", "/*", "normal =", "q =")
        ):
            found.append((place, line))
    return found


def agree(grid: rj.Cluster) -> bool:
    """Whether the check of the two roads passes."""
    try:
        rj.agreement(grid).check()
    except rj.AgreementError:
        return False
    return True


@NEEDS_COMPILED
@pytest.mark.parametrize(("place", "line"), factors(), ids=lambda x: str(x)[:40])
def test_planted_fault(place: int, line: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A factor of 1 + 1e-6 on any product or quotient in C makes the check of the two roads fail."""
    text = SOURCE.read_text(encoding="utf-8")
    operator = text[place : place + 3]
    changed = tmp_path / "horner.c"
    changed.write_text(text[:place] + " * 1.000001" + operator + text[place + 3 :], encoding="utf-8")
    assert build_hook().compile_scheme(changed, tmp_path / "horner.shared"), line
    faulty = compiled_horner.library(tmp_path)
    rates = solvers.grid(40)
    fast = rj.Rates(aging=np.full(30, 1e-4), failure=1e-7, repair=1, restart=60, rejuvenation=1e-3)
    grids = [rj.Cluster(n, rates) for n in (1, 7)] + [rj.Cluster(50, fast)]
    assert all(agree(grid) for grid in grids)
    monkeypatch.setattr(compiled_horner, "library", lambda: faulty)
    assert not all(agree(grid) for grid in grids)


def test_there_are_places_for_faults() -> None:
    """The search for products in C finds the levels and the sums, or nothing above would be tested."""
    lines = " ".join(line for _, line in factors())
    for part in ("a * (share)", "sum * factor", "weighted * factor", "rate[REPAIR][j] / rate[AGING][j]"):
        assert part in lines


def test_without_a_library(tmp_path: Path) -> None:
    """A folder without the library, or with something else of its name, counts as having none."""
    assert compiled_horner.library(tmp_path) is None
    other = tmp_path / "other"
    other.mkdir()
    (other / "horner.shared").write_bytes(b"not a library")
    assert compiled_horner.library(other) is None


def test_build_without_a_compiler(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a compiler the build goes on without the compiled scheme."""
    monkeypatch.setenv("CC", "no-such-compiler")
    assert build_hook().compile_scheme(SOURCE, tmp_path / "horner.shared") is False
    assert list(tmp_path.iterdir()) == []


def test_build_with_a_failing_compiler(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A compiler that fails is named with what it said, and the build goes on."""
    monkeypatch.setenv("CC", f'"{sys.executable}" -c "raise SystemExit(\'too old\')"')
    assert build_hook().compile_scheme(SOURCE, tmp_path / "horner.shared") is False
    said = capsys.readouterr().err
    assert "could not compile" in said
    assert "too old" in said


@NEEDS_COMPILED
def test_compiler_warns_of_nothing(tmp_path: Path) -> None:
    """The C source compiles without a warning."""
    command = ["cc", "-O2", "-Wall", "-Wextra", "-Werror", "-fPIC", "-shared", str(SOURCE), "-lm"]
    command += ["-o", str(tmp_path / "x.so")]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.stderr == ""
