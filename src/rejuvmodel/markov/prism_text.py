"""PRISM, the language of probabilistic model checkers: one module of a continuous-time chain, as text.

The text is plain ASCII. Rates are per hour, so that the checker's time is in hours. Numbers are written as
the exact decimal value of the double that the library holds (every double has one, of at most 767 digits), so
that a checker that computes exactly has the same rates, and one that computes in doubles the same doubles.

Commands bear no action: with actions, checkers differ in what a rate of a command means. So what happens in a
transition stands in a comment, and how often it happens is a reward rate of the state that it leaves.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import NamedTuple

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.text_files import file_name, write_text

_NOTE = "Rates per hour, times in hours. Decimals are the exact values of the doubles that rejuvmodel uses."


class Constant(NamedTuple):
    """A named number; whole numbers are ``int``, others ``double``."""

    name: str
    value: int | float
    comment: str


class Variable(NamedTuple):
    """A state variable: its range of whole numbers, and its first value."""

    name: str
    lowest: int
    highest: int
    start: int


class Command(NamedTuple):
    """A transition for all states that fulfil the guard."""

    guard: str
    rate: str
    update: str
    comment: str


@dataclass(frozen=True)
class PrismModel:
    """A chain in the parts of the language; every part is an expression over the variables.

    Attributes
    ----------
    title : str
        What it is, in words.
    constants, variables, commands : tuple
        Parts of the module.
    formulas : mapping of str to str
        Expressions by name.
    labels : mapping of str to (str, str)
        Sets of states by name, with a comment.
    rewards : mapping of str to tuple of (str, str)
        Reward rates by name: guards and rates, which add up.
    """

    title: str
    constants: tuple[Constant, ...]
    variables: tuple[Variable, ...]
    commands: tuple[Command, ...]
    formulas: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    rewards: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)

    def text(self) -> str:
        """The model as text."""
        blocks = [
            ["ctmc"],
            [f"// {printable(self.title)}", f"// {_NOTE}"],
            [_constant(*constant) for constant in self.constants],
            [f"formula {name} = {expression};" for name, expression in self.formulas.items()],
            ["module chain", *map(_variable, self.variables), "", *_commands(self.commands), "endmodule"],
            [f'label "{name}" = {one};{_comment(words)}' for name, (one, words) in self.labels.items()],
            *(
                [f'rewards "{name}"', *(f"  {guard} : {rate};" for guard, rate in items), "endrewards"]
                for name, items in self.rewards.items()
            ),
        ]
        return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


@dataclass(frozen=True)
class PrismText:
    """A model in the language PRISM, and the properties that are the library's measures.

    Attributes
    ----------
    model : str
        Text of the model, for a file ``.prism``.
    properties : str
        Text of the properties, for a file ``.props``.
    """

    model: str
    properties: str

    def __str__(self) -> str:
        return self.model

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write the model to a file, and the properties beside it.

        Parameters
        ----------
        path : str or path
            The file of the model, such as ``web.prism``; the properties go to ``web.props``.

        Raises
        ------
        InvalidInputError
            If no file can be written there.
        OSError
            If the disk is full or fails.
        """
        name = file_name(path, "web.prism")
        beside = properties_name(name)
        write_text(name, self.model)
        write_text(beside, self.properties)


def properties_name(name: str) -> str:
    """Name of the file of properties beside that of a model; InvalidInputError if it is the same."""
    stem, ending = os.path.splitext(name)
    if ending.lower() == ".props":
        raise InvalidInputError(
            name, "the ending of a file of properties", "a model has another ending", f"Write {stem}.prism."
        )
    return f"{stem}.props"


def number(value: int | float) -> str:
    """A number as the language writes it: whole, or the exact decimal value of a double."""
    if isinstance(value, int):
        return str(value)
    digits = str(Decimal(value))
    return digits if "." in digits or "E" in digits else f"{digits}.0"


def printable(text: str) -> str:
    """Any text in ASCII on one line."""
    return ascii(text)[1:-1]


def identifiers(names: Iterable[str], prefix: str) -> list[str]:
    """Distinct identifiers that resemble the given names."""
    found: dict[str, None] = {}
    for name in names:
        stem = prefix + re.sub(r"[^A-Za-z0-9_]", "_", name)
        one, k = stem, 2
        while one in found:
            one, k = f"{stem}_{k}", k + 1
        found[one] = None
    return list(found)


def _constant(name: str, value: int | float, comment: str) -> str:
    if isinstance(value, int):
        return f"const int {name} = {value};{_comment(comment)}"
    return f"const double {name} = {number(value)};{_comment(f'{value!r}: {comment}')}"


def _variable(variable: Variable) -> str:
    return f"  {variable.name} : [{variable.lowest}..{variable.highest}] init {variable.start};"


def _commands(commands: Iterable[Command]) -> list[str]:
    return [f"  [] {one.guard} -> {one.rate} : {one.update};{_comment(one.comment)}" for one in commands]


def _comment(words: str) -> str:
    return f"  // {printable(words)}" if words else ""
