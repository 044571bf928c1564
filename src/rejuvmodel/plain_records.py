"""Records: read-only tables of plain values, which compare and hash by value and survive a JSON file."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from numbers import Integral
from typing import Any

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.plain_values import MOST, described, inner, label, nearest_float, number, whole

_DEEPEST = 8


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Record(Mapping[str, Any]):
    """A read-only table of plain values: None, bool, numbers, text, tuples and records.

    Parameters
    ----------
    entries : tuple of pairs
        Keys and values, made by `record`, which checks them.
    """

    entries: tuple[tuple[str, Any], ...]

    def __getitem__(self, key: str) -> Any:
        return dict(self.entries)[key]

    def __iter__(self) -> Iterator[str]:
        return (key for key, _ in self.entries)

    def __len__(self) -> int:
        return len(self.entries)

    def __hash__(self) -> int:
        return hash(frozenset(self.entries))

    def __repr__(self) -> str:
        return repr(dict(self.entries))


def record(argument: str, value: object, depth: int = 0) -> Record:
    """Return a mapping as a record.

    Parameters
    ----------
    argument : str
        The name that errors give.
    value : mapping of str
        Plain values, nested at will; the text "infinity" stands for the number.
    depth : int
        How deep it is nested already.

    Returns
    -------
    Record
        A read-only copy.

    Raises
    ------
    InvalidInputError
        If it holds anything but plain values, or NaN.
    """
    if not isinstance(value, Mapping):
        raise InvalidInputError(
            argument, described(value), f"{argument} is a table of plain values", 'Write {"name": value}.'
        )
    entries = []
    for key, entry in value.items():
        if not isinstance(key, str) or not key.isprintable():
            raise InvalidInputError(
                inner(argument, key), described(key), "a key is one line of text", "Write it in quotes."
            )
        entries.append((str(key), _plain(inner(argument, key), entry, depth + 1)))
    return Record(tuple(entries))


def jsonable(value: Any) -> Any:
    """Return a plain value as `json` writes it: dicts, lists, and the text "infinity" for the number.

    Parameters
    ----------
    value : object
        A plain value.

    Returns
    -------
    object
        The same in types of JSON.
    """
    if isinstance(value, Mapping):
        return {key: jsonable(entry) for key, entry in value.items()}
    if isinstance(value, tuple):
        return [jsonable(entry) for entry in value]
    return "infinity" if value == math.inf else value


def _plain(argument: str, value: object, depth: int) -> Any:
    if depth > _DEEPEST:
        raise InvalidInputError(
            argument, described(value), f"tables are nested {_DEEPEST} deep at most", "Flatten it."
        )
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return math.inf if value == "infinity" else label(argument, value, 1000)
    if isinstance(value, Mapping):
        return record(argument, value, depth)
    if isinstance(value, list | tuple):
        return tuple(_plain(f"{argument}[{index}]", entry, depth + 1) for index, entry in enumerate(value))
    rule = "plain values are None, bools, text, numbers, lists and tables of them"
    if isinstance(value, Integral):
        return whole(argument, value, f"{rule}; whole numbers stay within 2**53", minimum=-MOST)
    if nearest_float(value) == math.inf:
        return math.inf
    return number(argument, value, f"{rule}; no number is NaN")
