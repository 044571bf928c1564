"""The keys of one TOML table: which are there, which were asked for, and what is said about the others.

Whatever key is asked for counts as valid, whether it is there or not; `StrictKeys.finish` refuses the
rest. So the list of valid keys stands nowhere but in the code that reads them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date, time
from difflib import get_close_matches
from enum import Enum
from typing import Any, Final, NoReturn, TypeVar

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError

_KINDS = {str: "text", int: "an integer", float: "a number", list: "a list", dict: "a table"}
_Default = TypeVar("_Default")


class Required(Enum):
    """The default of a key that has none."""

    REQUIRED = "required"


REQUIRED: Final = Required.REQUIRED


class StrictKeys:
    """The keys of one table.

    Parameters
    ----------
    mapping : mapping of str
        The table as `tomllib` gives it.
    place : str
        The file, as the user typed it.
    path : str
        Key path of this table within the file; empty for the whole file.

    Raises
    ------
    InvalidInputError
        If the mapping is no table.
    """

    def __init__(self, mapping: Mapping[str, Any], place: str, path: str = "") -> None:
        self.place = place
        self.path = path
        given: object = mapping
        if not isinstance(given, Mapping):
            raise InvalidInputError(
                f"{path} in {place}" if path else place, as_written(given), "a table is expected"
            )
        self._values = dict(mapping)
        self._asked: dict[str, None] = {}
        self._inner: list[StrictKeys] = []

    def __contains__(self, key: object) -> bool:
        """Tell whether the table has a key; asking makes it a valid one."""
        if isinstance(key, str):
            self._asked[key] = None
        return key in self._values

    def names(self) -> tuple[str, ...]:
        """Return the keys that the table has, known or not.

        Returns
        -------
        tuple of str
            The keys.
        """
        return tuple(self._values)

    def raw(self, key: str) -> Any:
        """Return the value of a key as `tomllib` gives it.

        Parameters
        ----------
        key : str
            A key of this table, which becomes a valid one.

        Returns
        -------
        object
            Its value; None if the key is missing.
        """
        return self._values[key] if key in self else None

    def key_path(self, key: str) -> str:
        """Return the path of a key within the file.

        Parameters
        ----------
        key : str
            A key of this table.

        Returns
        -------
        str
            Such as ``"costs.failure"``.
        """
        name = key if re.fullmatch(r"[A-Za-z0-9_-]{1,60}", key) else shown(key)
        return f"{self.path}.{name}" if self.path else name

    def where(self, key: str) -> str:
        """Return the name that errors give to a key.

        Parameters
        ----------
        key : str
            A key of this table.

        Returns
        -------
        str
            Such as ``"costs.failure in duplex.toml"``.
        """
        return f"{self.key_path(key)} in {self.place}"

    def finish(self) -> None:
        """Refuse every key that was not asked for, here and in the tables handed out.

        Raises
        ------
        InvalidInputError
            If there is such a key; the error names it, the valid keys and the nearest of them.
        """
        for key in self._values:
            if key not in self._asked:
                table = f"[{self.path}]" if self.path else "the file"
                rule = (
                    f"the keys of {table} are {listed(self._asked)}"
                    if self._asked
                    else f"{table} has no keys"
                )
                near = get_close_matches(key, self._asked, n=1)
                remove = "Remove it." if self.path else "Move it below its [table], or remove it."
                advice = f'Did you mean "{near[0]}"?' if near else remove
                raise InvalidInputError(self.where(key), "an unknown key", rule, advice)
        for inner in self._inner:
            inner.finish()

    def default_of(self, key: str, default: _Default | Required, rule: str, kind: str = "key") -> _Default:
        """Return the default of a missing key.

        Parameters
        ----------
        key : str
            The missing key.
        default : object
            Its default; `REQUIRED` if it has none.
        rule : str
            What is expected, for the error.
        kind : str
            What is missing, "key" or "table".

        Returns
        -------
        object
            The default.

        Raises
        ------
        InvalidInputError
            If the key has no default; a key that may be this one misspelt is named.
        """
        if not isinstance(default, Required):
            return default
        others = [
            other for other in self._values if other not in self._asked and abs(len(other) - len(key)) < 3
        ]
        near = get_close_matches(key, others, n=1, cutoff=0.7)
        advice = f'Is it "{near[0]}", misspelt?' if near else "Add it."
        raise InvalidInputError(self.where(key), f"nothing (the {kind} is missing)", rule, advice)

    def refuse(self, key: str, rule: str, advice: str = "") -> NoReturn:
        """Raise the error for the value of a key.

        Parameters
        ----------
        key : str
            The key.
        rule, advice : str
            What is expected, and the next step.

        Raises
        ------
        InvalidInputError
            Always.
        """
        raise InvalidInputError(self.where(key), as_written(self._values[key]), rule, advice)


def as_written(value: object) -> str:
    """Return a TOML value as the file has it, with its type.

    Parameters
    ----------
    value : object
        A value that `tomllib` returned.

    Returns
    -------
    str
        Short text for an error.
    """
    if isinstance(value, bool):
        return "true" if value else "false"
    kind = _KINDS.get(type(value), "a date or time" if hasattr(value, "isoformat") else type(value).__name__)
    return f"{_written(value)} ({kind})"


def _written(value: object) -> str:
    """Text of a value as TOML writes it; nested values as Python does."""
    if isinstance(value, list) and not any(isinstance(entry, list | dict) for entry in value[:60]):
        text = ", ".join(map(_written, value[:60]))
        return f"[{text}]" if len(value) <= 60 and len(text) <= 58 else f"[{text[:54]} ..."
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, date | time) else shown(value)


def listed(names: Iterable[str]) -> str:
    """Return names as a list in words.

    Parameters
    ----------
    names : iterable of str
        The names.

    Returns
    -------
    str
        The names, separated by commas.
    """
    return ", ".join(names)
