"""Strict tables of TOML files: every value is asked for by name and type, and nothing else may stand there.

A reader asks a `Table` for its values and then calls ``finish``, which refuses what nobody asked for.
Every error names the key path and the file, as the user typed them. This module imports no NumPy.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from difflib import get_close_matches
from typing import TypeVar

from rejuvmodel.durations import hours, shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.toml_files import read_toml
from rejuvmodel.toml_keys import REQUIRED, Required, StrictKeys, as_written, listed

__all__ = ["Table", "read_toml"]

_Default = TypeVar("_Default")


class Table(StrictKeys):
    """One table of a TOML file, read value by value; made as ``Table(mapping, place)``, like `StrictKeys`.

    Raises
    ------
    InvalidInputError
        By every method for a value of the wrong type or outside its limits, and for a missing key
        without a default.

    Notes
    -----
    A ``default`` makes a key optional and is returned as it is.

    Examples
    --------
    >>> file = Table({"cluster": {"servers": 2}}, "duplex.toml")
    >>> file.table("cluster").integer("servers", minimum=1)
    2
    >>> file.finish()
    """

    def table(self, key: str, default: _Default | Required = REQUIRED) -> Table | _Default:
        """Return a table within this one; `finish` looks into it as well.

        Parameters
        ----------
        key : str
            The key.
        default : object, optional
            What to return where the key is missing.

        Returns
        -------
        Table
            The inner table.
        """
        name = self.key_path(key)
        rule = f"[{name}] is a table of keys"
        if key not in self:
            return self.default_of(key, default, rule, "table")
        if not isinstance(self._values[key], dict):
            self.refuse(key, rule, f"Write [{name}], once and in single brackets, and its keys below.")
        inner = Table(self._values[key], self.place, name)
        self._inner.append(inner)
        return inner

    def number(
        self,
        key: str,
        default: _Default | Required = REQUIRED,
        *,
        minimum: float = -math.inf,
        open_minimum: bool = False,
        allow_infinity: bool = False,
    ) -> float | _Default:
        """Return a number.

        Parameters
        ----------
        key : str
            The key.
        default : object, optional
            What to return where the key is missing.
        minimum : float
            The least value allowed.
        open_minimum : bool
            Whether the minimum itself is excluded.
        allow_infinity : bool
            Whether infinity (``inf``) is valid.

        Returns
        -------
        float
            The number.
        """
        least = f" {'above' if open_minimum else 'of at least'} {minimum:g}" if minimum > -math.inf else ""
        rule = f"a{'' if allow_infinity else ' finite'} number{least} is expected"
        if key not in self:
            return self.default_of(key, default, rule)
        value = self._values[key]
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.refuse(key, rule, f"Write one number{' without quotes' * isinstance(value, str)}.")
        try:
            number = float(value)
        except OverflowError:
            self.refuse(key, "a number must fit a float (below 1.8e308)")
        large_enough = number > minimum if open_minimum else number >= minimum
        if not large_enough or (math.isinf(number) and not allow_infinity):
            self.refuse(
                key, rule, "Check the sign." if number < 0 else "Write one number within these limits."
            )
        return number + 0.0  # so that no negative zero goes further

    def integer(
        self, key: str, default: _Default | Required = REQUIRED, *, minimum: int | None = None
    ) -> int | _Default:
        """Return a whole number.

        Parameters
        ----------
        key : str
            The key.
        default : object, optional
            What to return where the key is missing.
        minimum : int, optional
            The least value allowed.

        Returns
        -------
        int
            The number.
        """
        rule = f"a whole number{'' if minimum is None else f' of at least {minimum}'} is expected"
        if key not in self:
            return self.default_of(key, default, rule)
        value = self._values[key]
        if isinstance(value, bool) or not isinstance(value, int):
            self.refuse(key, rule, "Write it without quotes and without a decimal point.")
        if minimum is not None and value < minimum:
            self.refuse(key, rule, f"Write, for example, {minimum}.")
        return value

    def text(
        self, key: str, default: _Default | Required = REQUIRED, *, choices: Collection[str] = ()
    ) -> str | _Default:
        """Return text.

        Parameters
        ----------
        key : str
            The key.
        default : object, optional
            What to return where the key is missing.
        choices : collection of str
            The texts allowed; empty for any.

        Returns
        -------
        str
            The text.
        """
        rule = (
            f"one of {listed(map(shown, choices))} is expected" if choices else "text in quotes is expected"
        )
        if key not in self:
            return self.default_of(key, default, rule)
        value = self._values[key]
        if not isinstance(value, str):
            self.refuse(key, rule, "Write it in quotes.")
        if choices and value not in choices:
            near = get_close_matches(value, choices, n=1)
            self.refuse(key, rule, f'Did you mean "{near[0]}"?' if near else "Write one of these.")
        return value

    def boolean(self, key: str, default: _Default | Required = REQUIRED) -> bool | _Default:
        """Return true or false.

        Parameters
        ----------
        key : str
            The key.
        default : object, optional
            What to return where the key is missing.

        Returns
        -------
        bool
            The value.
        """
        rule = "true or false is expected"
        if key not in self:
            return self.default_of(key, default, rule)
        value = self._values[key]
        if not isinstance(value, bool):
            self.refuse(key, rule, "Write true or false, in lower case and without quotes.")
        return value

    def duration(
        self,
        key: str,
        default: _Default | Required = REQUIRED,
        *,
        positive: bool = False,
        finite: bool = False,
    ) -> float | _Default:
        """Return a duration.

        Parameters
        ----------
        key : str
            The key.
        default : object, optional
            What to return where the key is missing.
        positive : bool
            Whether 0 is refused.
        finite : bool
            Whether ``"never"`` is refused.

        Returns
        -------
        float
            Hours [h]; infinity for ``"never"``.
        """
        if key not in self:
            return self.default_of(key, default, 'a duration, such as "20 min", is expected')
        return _duration(self._values[key], self.where(key), positive, finite)

    def durations(
        self, key: str, default: _Default | Required = REQUIRED, *, length: int | None = None
    ) -> list[float] | _Default:
        """Return a list of durations.

        Parameters
        ----------
        key : str
            The key.
        default : object, optional
            What to return where the key is missing.
        length : int, optional
            How many there must be.

        Returns
        -------
        list of float
            Hours [h] each; infinity for ``"never"``.
        """
        rule = f"a list of {'' if length is None else f'{length} '}durations is expected"
        if key not in self:
            return self.default_of(key, default, rule)
        values = self._values[key]
        if not isinstance(values, list) or (length is not None and len(values) != length):
            self.refuse(key, rule, 'Write, for example, ["6 min", "never"].')
        names = (f"{self.key_path(key)}[{index}] in {self.place}" for index in range(len(values)))
        return [_duration(value, name, False, False) for value, name in zip(values, names, strict=True)]


def _duration(value: object, where: str, positive: bool, finite: bool) -> float:
    if not isinstance(value, str | int | float) or isinstance(value, bool):
        rule = 'a duration is text such as "20 min", or hours as a number'
        raise InvalidInputError(where, as_written(value), rule, 'Write, for example, "20 min" or "365 d".')
    length = hours(value, where)
    if (positive and length == 0) or (finite and math.isinf(length)):
        limits = " and ".join(["above 0"] * positive + ["finite"] * finite)
        raise InvalidInputError(
            where, as_written(value), f"a duration {limits} is expected", 'Write, for example, "365 d".'
        )
    return length
