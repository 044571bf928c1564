"""Parameters of the models: rates per hour and costs per hour, as numbers or as whole grids.

The symbols are those of the theory pages: λ_f `aging`, λ `failure`, μ `repair`, μ_r `restart` and
λ_r `rejuvenation`. Every field is one number or an array; the arrays of one object broadcast together
and span its ``shape``, so that a grid of a million clusters is one `Rates` object.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from functools import partial
from math import inf

import numpy as np

from rejuvmodel.arrays import Numbers, real
from rejuvmodel.durations import shown, words
from rejuvmodel.html_tables import html_table
from rejuvmodel.mean_times import any_greater, mean_rate
from rejuvmodel.parameter_grid import ParameterGrid

_FINITE = "is a finite number of at least 0"
_POSITIVE = "is a finite number above 0"
_RULES = {
    "aging": f"the aging rate λ_f in Rates, per hour, {_FINITE}",
    "failure": f"the failure rate λ in Rates, per hour, {_FINITE}",
    "repair": f"the repair rate μ in Rates, per hour, {_POSITIVE}",
    "restart": f"the restart rate μ_r in Rates, per hour, {_POSITIVE}",
    "rejuvenation": "the rejuvenation rate λ_r in Rates, per hour, is None or at least 0, infinity included",
}
#: What each field is to a reader, and its symbol.
RATE_NAMES = {
    "aging": ("aging: normal to unstable", "λ_f"),
    "failure": ("failure of one unstable server", "λ"),
    "repair": ("repair of a failed server", "μ"),
    "restart": ("one rejuvenation (restart)", "μ_r"),
    "rejuvenation": ("wait after becoming unstable", "λ_r"),
}
COST_NAMES = {
    "failure": "hour down by failure",
    "rejuvenation": "hour down by rejuvenation",
    "capacity": "hour of rejuvenating, down or not",
    "per_rejuvenation": "rejuvenation, each",
    "degraded": "hour of being unstable",
}
#: Columns of the table of rates in notebooks.
RATES_HEAD = ("parameter", "symbol", "mean time", "rate")
_USE_TIMES = "Give mean times to Rates.from_mean_times instead."
_USE_NUMBERS = "Give plain numbers in one currency, and 0 for what costs nothing."
_COST_RULES = {
    "failure": f"the cost of an hour down by failure in Costs {_FINITE}",
    "rejuvenation": f"the cost of an hour down by rejuvenation in Costs {_FINITE}",
    "capacity": f"the cost of an hour in any rejuvenating state in Costs {_FINITE}",
    "per_rejuvenation": f"the cost of one rejuvenation in Costs {_FINITE}",
    "degraded": f"the cost of an hour in any unstable state in Costs {_FINITE}",
}


class ParameterWarning(UserWarning):
    """Parameters are valid but look like a mistake."""


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Rates(ParameterGrid):
    """Rates of a cluster, per hour.

    Parameters
    ----------
    aging : float or array-like
        Rate λ_f [1/h] from normal to unstable; finite, at least 0.
    failure : float or array-like
        Failure rate λ [1/h] of one server in an unstable cluster; finite, at least 0.
    repair : float or array-like
        Repair rate μ [1/h] of a failed server; finite, above 0.
    restart : float or array-like
        Rate μ_r [1/h] at which a rejuvenation completes; finite, above 0.
    rejuvenation : float or array-like, optional
        Rate λ_r [1/h] at which an unstable cluster is sent to rejuvenate; at least 0, infinity for
        "at once". None where a trigger or an optimisation decides it.

    Raises
    ------
    InvalidInputError
        If a rate is no real number, outside its range, or the arrays do not broadcast together.

    Notes
    -----
    Scalars are kept as Python floats, arrays as read-only copies. Objects compare and hash by value.

    Examples
    --------
    >>> Rates(aging=0.5, failure=0.25, repair=2, restart=[3, 6]).shape
    (2,)
    """

    aging: Numbers
    failure: Numbers
    repair: Numbers
    restart: Numbers
    rejuvenation: Numbers | None

    def __init__(
        self, *, aging: object, failure: object, repair: object, restart: object, rejuvenation: object = None
    ) -> None:
        put = partial(object.__setattr__, self)
        put("aging", real("aging", aging, _RULES["aging"], advice=_USE_TIMES))
        put("failure", real("failure", failure, _RULES["failure"], advice=_USE_TIMES))
        put("repair", real("repair", repair, _RULES["repair"], open_minimum=True, advice=_USE_TIMES))
        put("restart", real("restart", restart, _RULES["restart"], open_minimum=True, advice=_USE_TIMES))
        wait = None
        if rejuvenation is not None:
            wait = real(
                "rejuvenation", rejuvenation, _RULES["rejuvenation"], allow_infinity=True, advice=_USE_TIMES
            )
        put("rejuvenation", wait)
        _ = self.shape  # refuses arrays that do not broadcast together

    @classmethod
    def from_mean_times(
        cls, *, aging: object, failure: object, repair: object, restart: object, rejuvenation: object = None
    ) -> Rates:
        """Return the rates that belong to mean times.

        Parameters
        ----------
        aging : number, timedelta, text, or array-like of them
            Mean time 1/λ_f [h] from normal to unstable; ``"never"`` for rate 0.
        failure : number, timedelta, text, or array-like of them
            Mean time 1/λ [h] until an unstable server fails; ``"never"`` for rate 0.
        repair : number, timedelta, text, or array-like of them
            Mean time 1/μ [h] of a repair.
        restart : number, timedelta, text, or array-like of them
            Mean time 1/μ_r [h] that one rejuvenation takes.
        rejuvenation : number, timedelta, text, or array-like of them, optional
            Mean WAIT 1/λ_r [h] of an unstable cluster until it is sent to rejuvenate; 0 for at once
            (rate infinity), ``"never"`` for rate 0. Not the time a rejuvenation takes.

        Returns
        -------
        Rates
            Rates [1/h]; for single times each is the double nearest to the exact reciprocal, for
            arrays of numbers the reciprocal rounded once.

        Raises
        ------
        InvalidInputError
            If a mean time is no duration, negative, NaN, or 0 or infinite where that is not allowed.

        Warns
        -----
        ParameterWarning
            If a rejuvenation wait is shorter than the restart.

        Examples
        --------
        >>> Rates.from_mean_times(aging="7 d", failure="90 d", repair="2 h", restart="20 min").restart
        3.0
        """
        rates = cls(
            aging=mean_rate("aging", aging, allow_infinite=True),
            failure=mean_rate("failure", failure, allow_infinite=True),
            repair=mean_rate("repair", repair),
            restart=mean_rate("restart", restart),
            rejuvenation=None
            if rejuvenation is None
            else mean_rate("rejuvenation", rejuvenation, allow_infinite=True, allow_zero=True),
        )
        if rates.rejuvenation is not None and any_greater(rates.rejuvenation, rates.restart):
            warnings.warn(
                f"rejuvenation={shown(rejuvenation)} is shorter than restart={shown(restart)}: rejuvenation "
                "is the mean wait once unstable, restart the time that one rejuvenation takes. The wait was "
                "probably confused with the duration.",
                ParameterWarning,
                stacklevel=2,
            )
        return rates

    def _html_rows(self) -> list[tuple[str, str, str, str]]:
        values = self._values().items()
        return [(*RATE_NAMES[name], _span(value), _amount(value, "/h")) for name, value in values]

    def _repr_html_(self) -> str:
        return html_table("Rates", self._html_rows(), RATES_HEAD)


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Costs(ParameterGrid):
    """Costs of a cluster, per hour of the condition they name, in any one currency.

    Parameters
    ----------
    failure : float or array-like
        Cost C_f [1/h] of an hour down by failure.
    rejuvenation : float or array-like
        Cost C_r [1/h] of an hour down by rejuvenation.
    capacity : float or array-like
        Cost [1/h] of an hour in any rejuvenating state, down or not.
    per_rejuvenation : float or array-like
        Cost of one rejuvenation, each.
    degraded : float or array-like
        Cost [1/h] of an hour in any unstable state.

    Raises
    ------
    InvalidInputError
        If a cost is no real number, negative, not finite, or the arrays do not broadcast together.

    Examples
    --------
    >>> Costs(failure=1000, rejuvenation=10)
    Costs(failure=1000.0, rejuvenation=10.0, capacity=0.0, per_rejuvenation=0.0, degraded=0.0)
    """

    failure: Numbers
    rejuvenation: Numbers
    capacity: Numbers
    per_rejuvenation: Numbers
    degraded: Numbers

    def __init__(
        self,
        *,
        failure: object,
        rejuvenation: object,
        capacity: object = 0.0,
        per_rejuvenation: object = 0.0,
        degraded: object = 0.0,
    ) -> None:
        put = partial(object.__setattr__, self)
        put("failure", real("failure", failure, _COST_RULES["failure"], advice=_USE_NUMBERS))
        down = real("rejuvenation", rejuvenation, _COST_RULES["rejuvenation"], advice=_USE_NUMBERS)
        put("rejuvenation", down)
        put("capacity", real("capacity", capacity, _COST_RULES["capacity"], advice=_USE_NUMBERS))
        each = real(
            "per_rejuvenation", per_rejuvenation, _COST_RULES["per_rejuvenation"], advice=_USE_NUMBERS
        )
        put("per_rejuvenation", each)
        put("degraded", real("degraded", degraded, _COST_RULES["degraded"], advice=_USE_NUMBERS))
        _ = self.shape  # refuses arrays that do not broadcast together

    def _repr_html_(self) -> str:
        rows = [(COST_NAMES[name], _amount(value, "")) for name, value in self._values().items()]
        return html_table("Costs", rows, ("cost of one", "amount"))


def _amount(value: Numbers | None, unit: str) -> str:
    if value is None:
        return "left open"
    if isinstance(value, float):
        return f"{value:.6g}{unit}"
    low, high = np.min(value), np.max(value)
    return f"{low:.6g} to {high:.6g}{unit}, shape {np.shape(value)}"


def _span(rate: Numbers | None) -> str:
    """Mean time of a rate in words; from the shortest to the longest on a grid."""
    if rate is None:
        return "left open"
    ends = {float(np.max(rate)), float(np.min(rate))}
    spans = [1.0 / end if end > 0 else inf for end in sorted(ends, reverse=True)]
    return " to ".join("at once" if span == 0 else words(span) for span in spans)
