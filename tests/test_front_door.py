"""The front door: the public names, each the same object every time."""

from __future__ import annotations

import ast
import importlib
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

import rejuvmodel as rj

FIXED = {
    "Rates", "Cluster", "Costs", "optimize", "solve", "ClosedForm", "GTH", "Direct", "MarkovChain",
    "agreement", "AgreementError", "InvalidInputError", "SizeError", "ConvergenceError", "Reactive",
    "SteadyState", "Optimum", "Transient", "transient", "interval_availability", "interval_reliability",
    "mean_time_to_outage",
}  # fmt: skip


def test_fixed_names_are_there() -> None:
    """The names on which other programs rely are public."""
    assert set(rj.__all__) >= FIXED


@pytest.mark.parametrize("name", rj.__all__)
def test_same_object_twice(name: str) -> None:
    """A public name gives the same object each time, and it is no module."""
    first = getattr(rj, name)
    assert getattr(rj, name) is first
    assert not isinstance(first, type(sys))
    assert first.__name__ == name


def test_same_object_after_every_module_was_imported() -> None:
    """In a fresh interpreter each name means the same before and after all modules have been imported."""
    script = (
        "import importlib, pkgutil, rejuvmodel as rj\n"
        "before = {name: getattr(rj, name) for name in rj.__all__}\n"
        "for module in pkgutil.walk_packages(rj.__path__, 'rejuvmodel.'):\n"
        "    if not module.name.endswith('__main__'): importlib.import_module(module.name)\n"
        "assert all(getattr(rj, name) is one for name, one in before.items())\n"
        "from rejuvmodel import *\n"
        "assert all(globals()[name] is one for name, one in before.items())\n"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_no_name_is_a_module() -> None:
    """No public name is that of a top-level module, which would be handed out the second time."""
    modules = {path.stem for path in Path(rj.__path__[0]).iterdir() if path.suffix == ".py" or path.is_dir()}
    assert "solving" in modules
    assert not modules & set(rj.__all__)


def test_front_door_lists_its_names_for_types() -> None:
    """What type checkers see is what is handed out, from the same module."""
    tree = ast.parse(Path(rj.__file__).read_text(encoding="utf-8"))
    typed = {
        alias.asname: node.module
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("rejuvmodel.")
        for alias in node.names
    }
    assert typed == {name: f"rejuvmodel.{home}" for name, home in rj._HOMES.items()}
    for name, home in typed.items():
        assert getattr(importlib.import_module(home), name) is getattr(rj, name)


def test_listed_by_dir() -> None:
    """dir() lists the public names, nothing else."""
    assert dir(rj) == sorted([*rj.__all__, "__version__"])


def test_unknown_name() -> None:
    """A name that does not exist is an AttributeError that names it."""
    with pytest.raises(AttributeError, match="module 'rejuvmodel' has no attribute 'optimise'"):
        _ = rj.optimise  # type: ignore[attr-defined]
    with pytest.raises(ImportError, match="optimise"):
        from rejuvmodel import optimise  # noqa: F401


def test_version() -> None:
    """The version is that of the installed distribution."""
    assert rj.__version__ == version("rejuvmodel")


def test_errors_are_of_their_kinds() -> None:
    """Each error is what its kind promises, and all share one base."""
    assert issubclass(rj.InvalidInputError, ValueError)
    assert issubclass(rj.ConvergenceError, ArithmeticError)
    assert issubclass(rj.AgreementError, AssertionError)
    for error in (rj.InvalidInputError, rj.SizeError, rj.ConvergenceError, rj.AgreementError):
        assert issubclass(error, rj.RejuvmodelError)


def test_errors_have_four_parts() -> None:
    """An InvalidInputError names the argument, what was found, the rule and the next step, and pickles."""
    import pickle

    error = rj.InvalidInputError("rates.failure[3]", "-1", "a rate is at least 0", "Give a rate per hour.")
    assert str(error) == "rates.failure[3]: got -1; a rate is at least 0. Give a rate per hour."
    again = pickle.loads(pickle.dumps(error))
    assert str(again) == str(error)
    assert again.argument == "rates.failure[3]"


def test_typed() -> None:
    """The package says that it is typed."""
    assert (Path(rj.__path__[0]) / "py.typed").is_file()
