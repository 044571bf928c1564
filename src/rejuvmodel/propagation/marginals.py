"""Marginal distributions of uncertain rates: from stated ranges, from counted events, or as given.

Rates are independent of each other. A stated range (lo, hi) is read as one of

* "lognormal" (default): lo and hi are its 5 % and 95 % points. Whoever names a range is seldom certain of its
  ends, so 10 % stay outside; and because 1/X is lognormal as well, a range of mean times says the same as the
  range of the rates that belong to them.
* "loguniform": nothing lies outside, and every factor of two inside has the same weight; also the same for
  times and rates.
* "uniform": nothing lies outside, and every rate inside has the same density; not the same for times.

Counted events: n exponential sojourns that ended so, in an exposure of T hours, have the likelihood
λ^n e^{−λT}, censored sojourns included. With Jeffreys' prior λ^{−1/2} of a fixed exposure the posterior is
Gamma(n + 1/2, T). It is proper where no event was seen, and its quantiles lie between those of Gamma(n, T)
and Gamma(n + 1, T), which are the exact limits of an interval.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from difflib import get_close_matches
from math import isfinite, log
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.arrays import is_number, real
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.estimation.rate_estimate import RateEstimate
from rejuvmodel.mean_times import mean_rate

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: How a stated range may be read.
READINGS = ("lognormal", "loguniform", "uniform")
#: Standard normal quantile of 95 %.
_Z95 = 1.6448536269514722
_KINDS = (
    'an input is a range (lo, hi) of rates per hour or of mean times such as ("5 d", "10 d"), a frozen '
    "distribution of scipy.stats, or a RateEstimate"
)
_RANGE = 'a range is two rates per hour, 0 < lo < hi, or two mean times such as ("5 d", "10 d")'
#: Rates of which 0 has no meaning.
_POSITIVE = ("repair", "restart")
#: A share this small is beyond the points of any sample.
_TAIL = 2.0**-54


@dataclass(frozen=True)
class Marginal:
    """What is known of one rate.

    Attributes
    ----------
    name : str
        The rate.
    law : frozen distribution
        Distribution [1/h], of `scipy.stats`.
    source : str
        Where it comes from, in words.
    """

    name: str
    law: Any
    source: str

    def quantile(self, share: Floats | float) -> Floats:
        """Return the rates [1/h] below which the given shares lie.

        Parameters
        ----------
        share : float or ndarray
            Shares, 0 < share < 1.

        Returns
        -------
        ndarray
            Rates, of the same shape.
        """
        inverse = self.law.ppf if hasattr(self.law, "ppf") else self.law.icdf
        return np.asarray(inverse(share), dtype=np.float64)

    def to_dict(self) -> dict[str, Any]:
        """Return name, source and three quantiles [1/h] as plain values.

        Returns
        -------
        dict
            ``name``, ``source``, ``low`` (5 %), ``median`` and ``high`` (95 %).
        """
        low, median, high = (float(x) for x in self.quantile(np.array([0.05, 0.5, 0.95])))
        return {"name": self.name, "source": self.source, "low": low, "median": median, "high": high}


def marginals(inputs: object, names: tuple[str, ...], reading: object) -> tuple[Marginal, ...]:
    """Return the distributions of the uncertain rates, in the order of the model.

    Parameters
    ----------
    inputs : mapping
        Distribution, range or counted events by the name of a rate.
    names : tuple of str
        Rates of the model.
    reading : str
        How a range is read, one of `READINGS`.

    Returns
    -------
    tuple of Marginal
        At least one.

    Raises
    ------
    InvalidInputError
        If a name is unknown, a value is none of the three, a rate would be negative, or nothing is uncertain.
    """
    if not isinstance(reading, str) or reading not in READINGS:
        raise InvalidInputError(
            "ranges", shown(reading), f"a range is read as one of {', '.join(READINGS)}",
            'Write ranges="loguniform".',
        )  # fmt: skip
    if not isinstance(inputs, Mapping):
        raise InvalidInputError(
            "inputs", shown(inputs), "inputs give a distribution or a range by the name of a rate",
            'Write inputs={"aging": ("5 d", "10 d")}.',
        )  # fmt: skip
    if not inputs:
        raise InvalidInputError(
            "inputs", "nothing", "at least one rate is uncertain", "Use solve where all rates are known."
        )
    for name in inputs:
        if name not in names:
            near = get_close_matches(str(name), names, n=1)
            raise InvalidInputError(
                f"inputs[{shown(name)}]", "an unknown rate",
                f"the rates of this model are {', '.join(names)}",
                f'Did you mean "{near[0]}"?' if near else "Remove it.",
            )  # fmt: skip
    return tuple(_marginal(name, inputs[name], reading) for name in names if name in inputs)


def _marginal(name: str, value: Any, reading: str) -> Marginal:
    place = f'inputs["{name}"]'
    if isinstance(value, list | tuple):
        return Marginal(name, *_from_range(place, value, reading))
    if isinstance(value, RateEstimate):
        return Marginal(name, *_from_events(place, value))
    if not (hasattr(value, "ppf") or hasattr(value, "icdf")) or not hasattr(value, "support"):
        raise InvalidInputError(place, shown(value), _KINDS, 'Write ("5 d", "10 d").')
    found = Marginal(name, value, _named(value))
    _require_rates(place, found)
    return found


def _from_range(place: str, value: Any, reading: str) -> tuple[Any, str]:
    from scipy import stats

    if len(value) != 2:
        raise InvalidInputError(place, shown(value), _RANGE, 'Write ("5 d", "10 d").')
    as_times = any(isinstance(end, str | timedelta) for end in value)
    if as_times:
        ends = [mean_rate(f"{place}[{k}]", end) for k, end in enumerate(value)][::-1]
    else:
        ends = [
            real(f"{place}[{k}]", end, _RANGE, open_minimum=True, advice="Give both ends above 0.")
            for k, end in enumerate(value)
        ]
    if not all(isinstance(end, float) for end in ends):
        raise InvalidInputError(place, shown(value), _RANGE, 'Write ("5 d", "10 d").')
    low, high = (float(end) for end in ends)
    if not low < high:
        which = "the shorter time stands first" if as_times else "lo < hi"
        raise InvalidInputError(place, shown(value), f"{_RANGE}; {which}", "Swap the ends, or leave it out.")
    text = f"{value[0]} to {value[1]}{'' if as_times else ' per hour'}"
    if reading == "loguniform":
        return stats.loguniform(low, high), f"{text}, loguniform"
    if reading == "uniform":
        return stats.uniform(low, high - low), f"{text}, uniform rate"
    middle, half = (log(low) + log(high)) / 2, (log(high) - log(low)) / 2
    return stats.lognorm(half / _Z95, scale=np.exp(middle)), f"{text} at 5 % and 95 %, lognormal"


def _from_events(place: str, counted: RateEstimate) -> tuple[Any, str]:
    from scipy import stats

    hours = counted.exposure_hours
    if not 0 < hours < np.inf:
        raise InvalidInputError(
            place, f"{counted.events} events in {hours:g} hours", "counted events have an exposure above 0",
            f'Give a range for this rate: {{"aging": estimates.aging, …, "{counted.name}": ("1 h", "4 h")}}.',
        )  # fmt: skip
    text = f"{counted.events} events in {hours:.6g} h, Gamma posterior of Jeffreys' prior"
    return stats.gamma(counted.events + 0.5, scale=1.0 / np.float64(hours)), text


def _named(law: Any) -> str:
    """A distribution in words: its name and parameters."""
    inner = getattr(law, "dist", None)
    name = getattr(inner, "name", None) or type(law).__name__
    given = [*getattr(law, "args", ()), *getattr(law, "kwds", {}).values()]
    return f"{name}({', '.join(f'{x:.6g}' for x in given if is_number(x))})" if given else str(name)


def _require_rates(place: str, found: Marginal) -> None:
    """Refuse a distribution that is not one of rates, or of one point."""
    least = float(np.asarray(found.law.support()[0]))
    rule = "a rate is at least 0"
    if found.name in _POSITIVE:
        rule = "a rate of this kind is above 0"
    low, high = (found.quantile(x) for x in (_TAIL, 1 - 2 * _TAIL))
    if np.ndim(low) or np.ndim(high):
        raise InvalidInputError(place, "an array of distributions", _KINDS, "Give one distribution.")
    if np.isnan(least) or np.isnan(low) or np.isnan(high):
        raise InvalidInputError(
            place, f"{found.source}, without quantiles", "a distribution has valid parameters",
            "Check them: SciPy returns NaN for it.",
        )  # fmt: skip
    if not least >= 0 or not low >= 0 or (found.name in _POSITIVE and not low > 0):
        raise InvalidInputError(
            place, f"{found.source}, which reaches down to {max(least, -1e308):.6g}", rule,
            "Use a distribution on positive numbers: lognorm, gamma, loguniform, or truncnorm.",
        )  # fmt: skip
    if not isfinite(high):
        raise InvalidInputError(
            place, f"{found.source}, which reaches infinity", "a rate is finite",
            "Use a distribution of finite numbers.",
        )  # fmt: skip
    if low == high:
        raise InvalidInputError(
            place, f"{found.source}, always {float(low):.6g}", "an uncertain rate has more than one value",
            "Leave it out and give the rate to the model.",
        )  # fmt: skip
