"""The pictures and texts that the command line writes to files."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from command_line import (
    DUPLEX,
    HUANG_A,
    changed,
    document,
    refused,
    run,
    said,
)

import rejuvmodel as rj
from rejuvmodel.markov.export import dot, mermaid

SIGNATURES = {"png": b"\x89PNG", "svg": b"<?xml", "pdf": b"%PDF"}


@pytest.fixture
def in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "kind"), [("plot", "png"), ("plot", "svg"), ("diagram", "pdf"), ("diagram", "png")]
)
def test_pictures_are_written(command: str, kind: str, in_directory: Path) -> None:
    """The ending of the output tells the format; nothing else is left in the directory."""
    found = document(command, DUPLEX, "-o", f"a.{kind}")
    assert (found["output"], found["format"]) == (f"a.{kind}", kind)
    assert Path(f"a.{kind}").read_bytes().startswith(SIGNATURES[kind])
    assert os.listdir(in_directory) == [f"a.{kind}"]


def test_a_plot_of_many_states_leaves_the_bars_out(in_directory: Path) -> None:
    """A cluster too large for bars is plotted with its curve alone."""
    path = changed("web_tier", ("servers = 4", "servers = 40"))
    assert run("plot", path, "-o", "a.png").exit_code == 0
    assert (in_directory / "a.png").exists()


@pytest.mark.usefixtures("in_directory")
def test_a_picture_is_the_same_each_time() -> None:
    """Drawing the same file twice gives the same bytes."""
    for name in ("a.svg", "b.svg"):
        assert run("diagram", HUANG_A, "-o", name).exit_code == 0
    assert Path("a.svg").read_bytes() == Path("b.svg").read_bytes()


def test_diagram_prints_text() -> None:
    """Without an output Mermaid is printed, DOT on request, as the library makes them."""
    chain = rj.read_cluster_file(HUANG_A).cluster.chain()
    assert said("diagram", HUANG_A) == mermaid(chain)
    assert said("diagram", HUANG_A, "--format", "dot") == dot(chain)


@pytest.mark.parametrize(
    ("name", "start"), [("a.mmd", "flowchart"), ("a.dot", "digraph"), ("a.gv", "digraph")]
)
def test_diagram_writes_text(name: str, start: str, in_directory: Path) -> None:
    """Text formats are written to a file by its ending."""
    assert run("diagram", HUANG_A, "-o", name).exit_code == 0
    assert (in_directory / name).read_text(encoding="utf-8").startswith(start)


def test_the_format_wins_over_the_ending(in_directory: Path) -> None:
    """--format decides where the ending of the output says nothing."""
    assert run("diagram", HUANG_A, "-o", "a.txt", "--format", "dot").exit_code == 0
    assert (in_directory / "a.txt").read_text(encoding="utf-8").startswith("digraph")


def test_a_prism_model_is_two_files(in_directory: Path) -> None:
    """A PRISM model is printed, or written with its properties beside it, with the costs of the file."""
    file = rj.read_cluster_file(HUANG_A)
    text = rj.to_prism(file.cluster, file.costs)
    assert said("diagram", HUANG_A, "--format", "prism") == text.model
    assert said("diagram", HUANG_A, "-o", "a.prism") == "a.prism and a.props: 4 states as prism\n"
    assert (in_directory / "a.prism").read_text(encoding="ascii") == text.model
    assert (in_directory / "a.props").read_text(encoding="ascii") == text.properties
    assert "cost_rate" in text.properties
    assert "a.props" in refused("diagram", HUANG_A, "-o", "a.props", "--format", "prism")


def test_diagram_json_is_the_transition_table() -> None:
    """JSON of a diagram has the states and each transition with rate and cause."""
    found = document("diagram", HUANG_A)
    assert found["states"] == ["1", "0", "u1", "r1"]
    assert {"from": "u1", "to": "0", "rate": 1 / 8640, "cause": "failure"} in found["transitions"]
    assert len(found["transitions"]) == 5


def test_an_output_is_replaced_whole(in_directory: Path) -> None:
    """An existing file keeps its mode, and a failure keeps its contents."""
    target = in_directory / "a.mmd"
    target.write_text("old", encoding="utf-8")
    target.chmod(0o640)
    assert run("diagram", HUANG_A, "-o", "a.mmd").exit_code == 0
    assert target.read_text(encoding="utf-8").startswith("flowchart")
    assert stat.S_IMODE(target.stat().st_mode) == 0o640


def test_a_failed_write_leaves_nothing(in_directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the last step fails, the old file stands and no part of the new one."""
    (in_directory / "a.mmd").write_text("old", encoding="utf-8")

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", full)
    assert "No space left on device" in refused("diagram", HUANG_A, "-o", "a.mmd")
    assert (in_directory / "a.mmd").read_text(encoding="utf-8") == "old"
    assert os.listdir(in_directory) == ["a.mmd"]
