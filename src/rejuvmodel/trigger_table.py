"""The table [trigger] of a cluster file: the law of the delay before rejuvenation, and its clock.

    law     "exponential", "fixed", "erlang", "uniform", "hyperexponential" or "empirical"
    clock   "unstable" or "service"; there is no default, because the two differ much
    mean    mean delay of exponential and erlang; leave it out to optimise
    delay   of fixed; leave it out to optimise
    k       stages of erlang
    lo, hi                   ends of uniform
    probabilities, means     branches of hyperexponential
    samples                  delays of empirical

With ``stretch = true`` a uniform, hyperexponential or empirical law gives the shape alone, and the best mean
is looked for. Delays are text, hours, or lists of them that make a grid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.laws import Erlang, Exponential, Fixed, Uniform
from rejuvmodel.models.mixed_laws import Empirical, Hyperexponential
from rejuvmodel.models.trigger import CLOCKS, Trigger
from rejuvmodel.toml_keys import REQUIRED
from rejuvmodel.toml_tables import Table

#: Class and keys of each law, in the order of its parameters.
_LAWS: dict[str, tuple[Callable[..., Any], tuple[str, ...]]] = {
    "exponential": (Exponential, ("mean",)),
    "fixed": (Fixed, ("delay",)),
    "erlang": (Erlang, ("k", "mean")),
    "uniform": (Uniform, ("lo", "hi")),
    "hyperexponential": (Hyperexponential, ("probabilities", "means")),
    "empirical": (Empirical, ("samples",)),
}
#: Keys that may be left out to optimise.
_LEFT_OUT = ("mean", "delay")
_TYPES = {"k": (int, list), "probabilities": (list,), "means": (list,), "samples": (list,)}
_ADVICE = {"k": "Write k = 5.", "probabilities": "Write probabilities = [0.5, 0.5]."}


def read_trigger(table: Table, values: Mapping[str, Any]) -> tuple[Trigger, bool]:
    """Return what a table [trigger] says.

    Parameters
    ----------
    table : Table
        The table.
    values : mapping
        Its contents.

    Returns
    -------
    tuple of Trigger and bool
        The trigger, and whether its mean is left open; it is then of any mean.

    Raises
    ------
    InvalidInputError
        If a key is missing or unknown, or a value is not valid.
    """
    name = table.text("law", choices=tuple(_LAWS))
    clock = table.text("clock", choices=tuple(CLOCKS))
    make, keys = _LAWS[name]
    stretch = False if any(key in _LEFT_OUT for key in keys) else table.boolean("stretch", False)
    arguments: list[Any] = []
    for key in keys:
        if key not in table and key in _LEFT_OUT:
            arguments.append(1.0)
            stretch = True
            continue
        if key not in table:
            table.default_of(key, REQUIRED, f"a law {name} has the keys {' and '.join(keys)}")
        value = values[key]
        if isinstance(value, bool) or not isinstance(value, _TYPES.get(key, (str, int, float, list))):
            table.refuse(
                key, "a value of another kind is expected", _ADVICE.get(key, 'Write, for example, "20 min".')
            )
        arguments.append(value)
    try:
        return Trigger(make(*arguments), clock), stretch
    except InvalidInputError as error:
        where = f"{table.key_path(error.argument)} in {table.place}"
        raise InvalidInputError(where, error.found, error.rule, error.advice) from None
