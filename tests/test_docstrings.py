"""The docstrings of the public names follow the NumPy style, as numpydoc checks it."""

from __future__ import annotations

import doctest
import functools
import inspect
import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest
from numpydoc.validate import validate

import rejuvmodel

MODULES = [
    "rejuvmodel.models.closed_form",
    "rejuvmodel.models.product_form",
    "rejuvmodel.models.symbolic",
    "rejuvmodel.plotting",
]
MEMBERS = (staticmethod, classmethod, property, functools.cached_property)
LEFT_OUT = {
    "ES01",  # a clear summary may be all there is to say
    "EX01",  # most examples stand in the documents, where every one is run
    "GL01",  # the summary starts on the line of the quotes
    "PR08",  # a description may start with a symbol and need not be a sentence
    "PR09",
    "RT04",
    "RT05",
    "SS02",  # a summary may start with a symbol
    "SA01",  # no See Also without something to see
}


def names() -> Iterator[str]:
    """Yield the dotted name of everything the documentation shows."""
    for name in rejuvmodel.__all__:
        if name.startswith("_"):
            continue
        yield from with_members(f"rejuvmodel.{name}", getattr(rejuvmodel, name))
    for path in MODULES:
        module = import_module(path)
        door = getattr(module, "__all__", ())  # what a door shows lives in other rooms
        for name, found in vars(module).items():
            own = getattr(found, "__module__", None) == path
            if not name.startswith("_") and (own or name in door):
                yield from with_members(f"{path}.{name}", found)


def with_members(path: str, found: object) -> Iterator[str]:
    """Yield a name and, for a class, its public methods and properties."""
    if inspect.isfunction(found) or inspect.isclass(found):
        yield path
    if inspect.isclass(found):
        for name, member in vars(found).items():
            if not name.startswith("_") and (inspect.isfunction(member) or isinstance(member, MEMBERS)):
                yield f"{path}.{name}"


@pytest.mark.parametrize("name", list(dict.fromkeys(names())))
def test_a_public_docstring(name: str) -> None:
    """The docstring has every section of the NumPy style that its object needs."""
    report = validate(name)
    ignored = set(LEFT_OUT)
    text = report["docstring"]
    if "\nAttributes\n-" in text and "\nParameters\n-" not in text:
        ignored.add("PR01")  # a result, which nobody builds, documents what can be read from it
    wrong = [f"{code}: {what}" for code, what in report["errors"] if code not in ignored]
    assert not wrong, f"{report['file']}:{report['file_line']} {name}\n" + "\n".join(wrong)
    assert not re.search(r"\w --", text), f"{name}: a heading has run into its text"


def with_examples() -> list[str]:
    """Return the modules whose docstrings show examples."""
    root = Path(rejuvmodel.__file__).parent
    shown = [file for file in sorted(root.rglob("*.py")) if ">>> " in file.read_text(encoding="utf-8")]
    return [".".join(("rejuvmodel", *file.relative_to(root).with_suffix("").parts)) for file in shown]


@pytest.mark.parametrize("module", with_examples())
def test_examples_of_docstrings(module: str) -> None:
    """The examples in the docstrings of a module print what they show."""
    attempted = doctest.testmod(import_module(module))
    assert attempted.attempted > 0
    assert attempted.failed == 0
