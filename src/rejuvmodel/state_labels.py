"""Labels of states: any sequence of names; found by name without searching the sequence."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import overload

from rejuvmodel.durations import shown as brief
from rejuvmodel.errors import InvalidInputError


class Labels(Sequence[str]):
    """An immutable sequence of distinct labels with constant-time ``index``."""

    def __init__(self, labels: Iterable[str]) -> None:
        self._labels = tuple(labels)
        self._place = {label: k for k, label in enumerate(self._labels)}

    def __len__(self) -> int:
        return len(self._labels)

    @overload
    def __getitem__(self, place: int) -> str: ...
    @overload
    def __getitem__(self, place: slice) -> Sequence[str]: ...
    def __getitem__(self, place: int | slice) -> str | Sequence[str]:
        return self._labels[place]

    def index(self, label: object, start: int = 0, stop: int | None = None) -> int:
        """Place of a label; ValueError if there is none."""
        try:
            place = self._place[label]  # type: ignore[index]  # a foreign key is simply not found
        except (KeyError, TypeError):
            raise ValueError(label) from None
        if start <= place < (len(self) if stop is None else stop):
            return place
        raise ValueError(label)


def index_of(labels: Sequence[str], label: object, argument: str = "state") -> int:
    """Place of ``label``, or InvalidInputError with the nearest labels."""
    try:
        return labels.index(label)
    except ValueError:
        pass
    some = [labels[k] for k in range(min(len(labels), 1000))]
    near = difflib.get_close_matches(label if isinstance(label, str) else brief(label), some, n=3, cutoff=0.5)
    hint = f"Did you mean {' or '.join(map(repr, near))}?" if near else f"States are {shown(labels)}."
    raise InvalidInputError(argument, brief(label), "there is no state of that name", hint)


def shown(labels: Sequence[str], most: int = 8) -> str:
    """A few labels as words."""
    names = ", ".join(repr(labels[k]) for k in range(min(len(labels), most)))
    return names if len(labels) <= most else f"{names}, … ({len(labels)} in all)"
