"""The command that writes a report."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from command_line import DUPLEX, GRID, HUANG_A, changed, document, refused, run, said
from report_pages import read

import rejuvmodel as rj
from rejuvmodel.models import closed_form


@pytest.fixture(autouse=True)
def _in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_page_is_written() -> None:
    """The page is written under the name of the file, and nothing else; --json has all digits."""
    found = document("report", HUANG_A)
    file = rj.read_cluster_file(HUANG_A)
    best = rj.optimize(file.cluster, file.costs, file.bounds)
    assert os.listdir() == [found["output"]] == ["huang_a.html"]
    page = read(Path("huang_a.html").read_text(encoding="utf-8"))
    assert page.errors == []
    assert found["decision"] in page.words()
    assert found["best"]["value"] == best.value
    assert found["state"]["unavailability"] == best.state.unavailability
    assert [one["title"] for one in found["sections"]] == ["".join(h.itertext()) for h in page.all("h2")]


def test_ranges_and_target_on_the_command_line() -> None:
    """A range makes rates uncertain, and a target is looked at; what is printed is the decision."""
    printed = said("report", HUANG_A, "--out", "a.html", "--range", "aging=5 d,10 d", "--target", "5 h")
    page = read(Path("a.html").read_text(encoding="utf-8"))
    names = [h.attrib["id"] for h in page.all("h2")]
    assert "uncertainty" in names
    assert "target met at most 5 h down in 360 d; with probability" in " ".join(page.words().split())
    decision, written = printed.splitlines()
    assert decision in page.words()
    assert written == f"a.html: written, {len(names)} sections"


def test_refusals() -> None:
    """Errors name what was typed; nothing is written."""
    assert refused("report", DUPLEX, "-o", "a.pdf").startswith("output a.pdf: got no name of a page")
    assert "directory that does not exist" in refused("report", DUPLEX, "-o", "no/a.html")
    assert refused("report", DUPLEX, "--target", "2").startswith("--target: got")
    assert refused("report", DUPLEX, "--range", "aging=5").startswith("--range aging: got")
    path = changed("huang_a", ('horizon = "360 d"', 'horizon = "1 h"\ntarget = "2 h"'))
    assert refused("report", path).startswith(f"target in {path}: got")
    Path("grid.toml").write_text(GRID, encoding="utf-8")
    assert "report takes one cluster" in refused("report", "grid.toml")
    assert sorted(os.listdir()) == ["grid.toml", "x.toml"]


def test_roads_that_disagree_end_with_1(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a closed form wrong by a millionth the page says that the roads disagree; the exit code is 1."""
    right = closed_form.probabilities

    def wrong(*numbers: object) -> object:
        p, logs = right(*numbers)  # type: ignore[arg-type]
        return p * (1 + 1e-6), logs + 1e-6

    monkeypatch.setattr(closed_form, "probabilities", wrong)
    result = run("report", HUANG_A)
    assert result.exit_code == 1
    assert "closed form and GTH differ by 1e-06" in result.stderr
    assert "DISAGREE" in read(Path("huang_a.html").read_text(encoding="utf-8")).words()
