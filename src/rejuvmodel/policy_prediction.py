"""What a policy rests on: the prediction of the model, and the parameters it was computed from."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from rejuvmodel.durations import hours
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.plain_records import Record, record
from rejuvmodel.plain_values import described, keys, label, number

#: As in cluster files.
_LONGEST_CURRENCY = 20


@dataclass(frozen=True, slots=True)
class Prediction:
    """What the model predicts under a policy; made by `prediction`, which checks it.

    Attributes
    ----------
    unavailability : float
        Long-run share of time that the service is down.
    horizon : float
        Time [h] for which `downtime` is stated.
    cost_rate : float or None
        Expected cost [currency/h]; None where no costs were given.
    currency : str or None
        Label of the currency; None where it is not known.
    """

    unavailability: float
    horizon: float
    cost_rate: float | None
    currency: str | None

    @property
    def availability(self) -> float:
        """Long-run share of time that the service is up."""
        return 1.0 - self.unavailability

    @property
    def downtime(self) -> float:
        """Expected hours [h] down within the horizon."""
        return self.unavailability * self.horizon

    def to_dict(self) -> dict[str, Any]:
        """Return the prediction as plain data.

        Returns
        -------
        dict
            The attributes and the properties.
        """
        return {
            "availability": self.availability,
            "unavailability": self.unavailability,
            "horizon": self.horizon,
            "downtime": self.downtime,
            "cost_rate": self.cost_rate,
            "currency": self.currency,
        }


def prediction(value: object) -> Prediction:
    """Return a prediction from plain data.

    Parameters
    ----------
    value : mapping or Prediction
        Keys as in `Prediction.to_dict`; unavailability and horizon are enough.

    Returns
    -------
    Prediction
        The prediction.

    Raises
    ------
    InvalidInputError
        If a value is outside its limits, or the values contradict one another.
    """
    if isinstance(value, Prediction):
        value = value.to_dict()  # checked again: a prediction can be built by hand
    optional = ["availability", "downtime", "cost_rate", "currency"]
    table = keys("predicted", value, ["unavailability", "horizon"], optional)
    share = "unavailability is a share of time, a number from 0 to 1"
    down = number("predicted.unavailability", table["unavailability"], share, minimum=0, maximum=1)
    horizon = hours(table["horizon"], "predicted.horizon")
    if horizon == 0 or math.isinf(horizon):
        raise InvalidInputError(
            "predicted.horizon", described(table["horizon"]), "horizon is finite and above 0", "Write 8760."
        )
    cost, currency = table.get("cost_rate"), table.get("currency")
    if cost is not None:
        rule = "cost_rate is None or a finite number of at least 0"
        cost = number("predicted.cost_rate", cost, rule, minimum=0)
    elif currency is not None:
        raise InvalidInputError(
            "predicted.currency", described(currency), "a currency goes with a cost_rate", "Add cost_rate."
        )
    if currency is not None:
        currency = label("predicted.currency", currency, _LONGEST_CURRENCY)
    made = Prediction(down, horizon, cost, currency)
    _agrees(table, "availability", made.availability, "1 - unavailability")
    _agrees(table, "downtime", made.downtime, "unavailability * horizon")
    return made


def _agrees(table: Mapping[str, object], key: str, expected: float, rule: str) -> None:
    """Refuse a derived value that is not what it follows from."""
    if key in table:
        given = number(f"predicted.{key}", table[key], f"{key} is {rule}", minimum=0)
        rounding = 1e-12 if key == "availability" else 0.0  # a difference from 1
        if not math.isclose(given, expected, rel_tol=1e-9, abs_tol=rounding):
            raise InvalidInputError(
                f"predicted.{key}", repr(given), f"{key} is {rule} = {expected!r}", "Leave it out."
            )


def origin(value: object) -> Record:
    """Return the parameters that a policy was computed from.

    Parameters
    ----------
    value : mapping
        ``library`` (version), ``model`` and ``rates`` (tables), and, where there are any, ``costs`` (table),
        ``rate_bounds`` [1/h] or ``mean_bounds`` [h] (two numbers each).

    Returns
    -------
    Record
        A read-only copy.

    Raises
    ------
    InvalidInputError
        If a key is unknown or missing, or a value is not plain.
    """
    optional = ["costs", "rate_bounds", "mean_bounds"]
    given = keys("computed_from", value, ["library", "model", "rates"], optional)
    label("computed_from.library", given["library"], 100)
    made = record("computed_from", {key: entry for key, entry in given.items() if entry is not None})
    for key in ("model", "rates", "costs"):
        if not isinstance(made.get(key), Record) and (key in made or key != "costs"):
            rule = f"{key} is a table of plain values"
            raise InvalidInputError(
                f"computed_from.{key}", described(given[key]), rule, 'Write {"name": value}.'
            )
    for key in ("rate_bounds", "mean_bounds"):
        if key in made and not _is_interval(made[key]):
            rule = f"{key} are two numbers of at least 0, the smaller one first"
            raise InvalidInputError(f"computed_from.{key}", described(given[key]), rule, "Write [low, high].")
    return made


def _is_interval(ends: object) -> bool:
    if not isinstance(ends, tuple) or len(ends) != 2 or {type(end) for end in ends} - {int, float}:
        return False
    low, high = ends
    return bool(0 <= low <= high)
