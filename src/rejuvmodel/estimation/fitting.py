"""The goodness of fit of the exponential law to sojourns, and the Weibull law where it does not fit."""

from __future__ import annotations

import math
import warnings
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.estimation.sojourn_fit import FEWEST, SIGNIFICANCE, SojournFit, WeibullFit
from rejuvmodel.estimation.sojourns import Sojourns

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def sojourn_fit(found: Sojourns) -> SojournFit:
    """Test whether sojourns are exponential, and fit a Weibull law if they are not.

    Parameters
    ----------
    found : Sojourns
        Complete and censored ones.

    Returns
    -------
    SojournFit
        Without a p-value after fewer than 5 complete sojourns.
    """
    events = int(found.complete.sum())
    p_value, weibull = None, None
    places = places_on_test(found)
    if events >= FEWEST and len(places):
        from scipy.stats import cramervonmises

        p_value = float(cramervonmises(places, "uniform").pvalue)
        if p_value < SIGNIFICANCE and found.whole:
            weibull = weibull_fit(found)
    return SojournFit(events, len(found.hours) - events, found.left_out, p_value, weibull)


def places_on_test(found: Sojourns) -> Floats:
    """Return the total time on test at each event, as a share of all of it.

    Parameters
    ----------
    found : Sojourns
        Complete and censored ones.

    Returns
    -------
    ndarray
        In order; without the longest sojourn if it is complete, for its place is always 1.
    """
    order = np.lexsort((~found.complete, found.hours))
    hours, complete = found.hours[order], found.complete[order]
    rest = np.arange(len(hours) - 1, -1, -1)
    at = np.cumsum(hours) + hours * rest
    if not len(at) or at[-1] <= 0:
        return np.zeros(0)
    places: Floats = (at / at[-1])[:-1][complete[:-1]]
    return places


def weibull_fit(found: Sojourns) -> WeibullFit | None:
    """Fit a Weibull law to complete and censored sojourns by maximum likelihood.

    Parameters
    ----------
    found : Sojourns
        Complete and censored ones.

    Returns
    -------
    WeibullFit or None
        None where there is none: fewer than two lengths.

    Notes
    -----
    Sojourns of no length, which logs of coarse time stamps have, are known to be below the shortest other
    one: they are censored on the left there.
    """
    from scipy.stats import CensoredData, weibull_min

    complete = found.hours[found.complete]
    hours = complete[complete > 0]
    if not len(hours) or hours.max() < hours.min() * (1 + 1e-6):
        return None
    unit = float(hours.mean())
    short = np.full(len(complete) - len(hours), hours.min() / unit)
    data = CensoredData(uncensored=hours / unit, left=short, right=found.hours[~found.complete] / unit)
    start = _first_shape(np.log(hours / unit))
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        shape, _, scale = weibull_min.fit(data, start, floc=0, scale=1.0)
    if not (math.isfinite(shape) and math.isfinite(scale) and shape > 0):
        return None
    return WeibullFit(float(shape), float(scale) * unit)


def _first_shape(logs: Floats) -> float:
    """Shape whose logarithms scatter as these do, uncensored: π/√6 over their standard deviation."""
    return float(np.clip(math.pi / math.sqrt(6.0) / max(float(np.std(logs)), 1e-9), 0.05, 100.0))
