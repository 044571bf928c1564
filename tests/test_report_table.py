"""The table [report] of a cluster file: title, target and alternatives, refused in words if not valid."""

from __future__ import annotations

from pathlib import Path

import pytest

import rejuvmodel as rj

HEAD = """
[mean_times]
aging = "7 d"
failure = "90 d"
repair = "2 h"
restart = "20 min"
"""
CLUSTER = f"{HEAD}[cluster]\nservers = 2\n"
POOL = f'{HEAD}[optimize]\nrejuvenate_after = ["1 h", "never"]\n[pool]\nprimaries = 2\n'


@pytest.fixture(autouse=True)
def _in_directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def reading(text: str) -> rj.ClusterFile:
    Path("x.toml").write_text(text, encoding="utf-8")
    return rj.read_cluster_file("x.toml")


def test_what_it_says() -> None:
    """Title, horizon, target and alternatives are read; what is left out has its default."""
    table = '[report]\ntitle = " Shop "\nhorizon = "30 d"\ntarget = 0.999\n'
    said = reading(f"{POOL}{table}[report.alternatives]\nspares = [0, 2]\n")
    assert (said.report.title, said.horizon, said.target) == ("Shop", 720.0, 0.999)
    assert said.report.alternatives == (("spares", (0, 2)),)
    plain = reading(CLUSTER)
    assert (plain.report.title, plain.horizon, plain.target, plain.report.alternatives) == (
        "",
        8760.0,
        None,
        (),
    )


def test_one_target_of_two_tables() -> None:
    """The target of [uncertainty] is that of the file as well."""
    assert reading(f'{CLUSTER}[uncertainty]\naging = ["5 d", "9 d"]\ntarget = "5 min"\n').target == "5 min"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f'{CLUSTER}[report]\ntitle = "{"x" * 121}"\n', r"report.title in x.toml.*one line of at most 120"),
        (f'{CLUSTER}[report]\ntitle = "a\\nb"\n', r"report.title in x.toml.*one line"),
        (f"{CLUSTER}[report]\ntarget = 1.5\n", r"report.target in x.toml.*below 1"),
        (f'{CLUSTER}[report]\ntarget = "soon"\n', r"report.target in x.toml"),
        (f"{CLUSTER}[report]\ntitel = 1\n", r'report.titel in x.toml.*Did you mean "title"'),
        (f"{CLUSTER}[report.alternatives]\nspares = [1]\n", r"report.alternatives in x.toml.*of a \[pool\]"),
        (f"{POOL}[report.alternatives]\nspares = [1]\n", r"report.alternatives in x.toml: got no target"),
        (
            f"{POOL}[report]\ntarget = 0.9\n[report.alternatives]\nspares = 1\n",
            r"alternatives.spares.*a list",
        ),
        (
            f"{POOL}[report]\ntarget = 0.9\n[report.alternatives]\nspares = []\n",
            r"alternatives.spares.*a list",
        ),
        (f"{POOL}[report]\ntarget = 0.9\n[report.alternatives]\ncrews = [0]\n", r"at least 1"),
        (f"{POOL}[report]\ntarget = 0.9\n[report.alternatives]\nspare = [0]\n", r'Did you mean "spares"'),
        (
            f'{CLUSTER}[report]\ntarget = 0.9\n[uncertainty]\naging = ["5 d", "9 d"]\ntarget = 0.99\n',
            r"report.target and uncertainty.target in x.toml: got both",
        ),
    ],
)
def test_refusals(text: str, message: str) -> None:
    """Errors name the key and the file, and say what is expected."""
    with pytest.raises(rj.InvalidInputError, match=message):
        reading(text)
