"""The page on nomenclature names every parameter and measure of the public classes, and nothing else."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import re

import pytest
from document_blocks import ROOT

import rejuvmodel as rj

COLUMNS = ["name", "symbol", "unit", "meaning", "source"]
TABLE = re.compile(r"^\|(.+)\|\n\|[-|: ]+\|\n((?:\|.*\|\n)+)", re.M)
PAGE = (ROOT / "docs" / "nomenclature.md").read_text(encoding="utf-8")
#: What describes, refers or labels, and is no quantity.
WORDS = {
    "advice", "at", "band", "best", "by_rate", "certainty", "certified", "closest", "columns", "complement",
    "costs", "decided", "decision", "declared", "doubts", "effects", "estimator", "exponential", "fit",
    "indices", "inputs", "interval", "is_open", "labels", "law", "layout", "location", "logarithms",
    "long_name", "measure", "measures", "meets_target", "method", "methods", "model", "name", "names",
    "notes", "objective", "of", "parameter", "parameters", "pool", "prices", "ranking", "rates",
    "reason", "regime", "seed", "shape", "solution", "spreads", "start", "state", "states", "symbol",
    "table", "trigger", "unit", "unrestricted", "until", "weibull", "where",
}  # fmt: skip
#: Containers, texts and solvers, which hold no quantity of their own.
OTHERS = {
    "ClosedForm", "ClusterFile", "Direct", "EventLog", "GTH", "LevelAggregation", "LevelReduction",
    "MarkovChain", "PrismText", "RateEstimates", "RejuvenationPolicy", "Report", "Sojourns",
}  # fmt: skip


def rows() -> list[list[str]]:
    """Return the rows of all tables, cell by cell, without the heads."""
    return [
        [cell.strip() for cell in line.strip().strip("|").split("|")]
        for table in TABLE.finditer(PAGE)
        for line in table[2].splitlines()
    ]


def public_classes() -> dict[str, type]:
    """Return the public classes that are no errors or warnings."""
    found = {name: getattr(rj, name) for name in rj.__all__ if not name.startswith("_")}
    return {
        name: one
        for name, one in found.items()
        if inspect.isclass(one) and not issubclass(one, Exception)
    }  # fmt: skip


def attributes(one: type) -> set[str]:
    """Return the public fields and properties of a class."""
    fields = {field.name for field in dataclasses.fields(one)} if dataclasses.is_dataclass(one) else set()
    properties = {
        name
        for owner in one.__mro__
        for name, member in vars(owner).items()
        if isinstance(member, (property, functools.cached_property))
    }
    return {name for name in fields | properties if not name.startswith("_")}


NAMED = {name for row in rows() for name in re.findall(r"`([\w.]+)`", row[0])}


def test_every_table_has_the_five_columns() -> None:
    """Each table has name, symbol, unit, meaning and source, and each row fills all five."""
    heads = [[cell.strip() for cell in table[1].split("|")] for table in TABLE.finditer(PAGE)]
    assert len(heads) >= 8
    assert all(head == COLUMNS for head in heads)
    assert [row for row in rows() if len(row) != 5 or not all(row)] == []


@pytest.mark.parametrize("name", [name for name in public_classes() if name not in OTHERS])
def test_every_quantity_is_named(name: str) -> None:
    """Every parameter and measure of the class stands in the first column of a row."""
    quantities = attributes(public_classes()[name]) - WORDS
    missing = {one for one in quantities if not {one, f"{name}.{one}"} & NAMED}
    assert missing == set()


def test_every_name_exists() -> None:
    """Every name in a first column is an attribute of a public class, or a public function."""
    known = {*rj.__all__}
    for name, one in public_classes().items():
        members = {*dir(one), *attributes(one)}
        known |= members | {f"{name}.{member}" for member in members}
    assert NAMED - known == set()
