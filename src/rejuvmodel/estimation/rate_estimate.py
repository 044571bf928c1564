"""RateEstimate: one rate from the number of its events and the hours during which they could have happened.

The rate is events N divided by exposure T, the estimate of maximum likelihood for any exponential sojourn,
whatever cut the unfinished ones short. Limits: the quantiles of gamma laws, lower one α/2 of shape N, upper
one 1 − α/2 of shape N + 1, divided by T (Garwood 1936). They are the exact limits for a log that is watched
for a fixed exposure, never too narrow there; where the exposure depends on the events, as it does if an event
ends what could happen, they hold to the same order. After no event there is only an upper limit, and it is
one-sided: −ln α / T holds with the whole confidence.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from rejuvmodel.durations import words
from rejuvmodel.estimation.sojourn_fit import SojournFit, p_words
from rejuvmodel.parameters import RATE_NAMES

#: What each event is called in words, singular.
EVENTS = {
    "aging": "becoming unstable", "failure": "failure", "repair": "repair",
    "restart": "end of a rejuvenation", "rejuvenation": "start of a rejuvenation",
}  # fmt: skip
_CONSEQUENCES = {
    "aging": (
        "the chain assumes that it is. Of one server, and of a pool without limits, long-run values depend "
        "on its mean alone, unless the wait runs from service start; a cluster of several fails as a whole "
        "less often than computed if the shape is above 1, and more often below"
    ),
    "failure": (
        "the chain assumes the same risk at every age. The rate is an average over the ages in this log, "
        "right for waits like those in it; if the shape is above 1, shorter waits fail less often than "
        "computed and longer ones more, below 1 the other way"
    ),
    "repair": (
        "of one server, and of a pool without limits, long-run values depend on its mean alone; of a cluster "
        "of several nearly so, where repairs are short against aging"
    ),
    "restart": (
        "no harm: long-run values of a cluster, and of a pool without limits, depend on its mean alone"
    ),
    "rejuvenation": (
        "the chain assumes that it is. Give the waits as they are, Trigger(Empirical(waits), "
        'clock="unstable"), with the complete ones of sojourns(log)["rejuvenation"]'
    ),
}


@dataclass(frozen=True)
class RateEstimate:
    """One rate, estimated from events and exposure.

    Attributes
    ----------
    name : str
        The rate, as a field of `Rates`.
    events : int
        Number of events N.
    exposure_hours : float
        Hours T [h] during which the event could have happened; of several servers at once, server-hours.
    confidence : float
        Confidence of the interval, such as 0.95.
    fit : SojournFit or None
        Whether the sojourns look exponential; None where only counts are known.
    """

    name: str
    events: int
    exposure_hours: float
    confidence: float
    fit: SojournFit | None = None

    @property
    def rate(self) -> float:
        """Rate N/T [1/h] of maximum likelihood; NaN without any exposure."""
        if self.exposure_hours:
            return self.events / self.exposure_hours
        return math.inf if self.events else math.nan

    @property
    def mean_time(self) -> float:
        """Mean time T/N [h]; infinity after no event, NaN without any exposure."""
        if self.events:
            return self.exposure_hours / self.events
        return math.inf if self.exposure_hours else math.nan

    @property
    def low(self) -> float:
        """Lower limit [1/h]; 0 after no event."""
        from scipy.special import gammaincinv

        if not self.events:
            return 0.0
        return self._over(float(gammaincinv(self.events, (1.0 - self.confidence) / 2)))

    @property
    def high(self) -> float:
        """Upper limit [1/h]; after no event the one-sided one."""
        from scipy.special import gammainccinv

        if not self.events:
            return self._over(-math.log1p(-self.confidence))
        return self._over(float(gammainccinv(self.events + 1, (1.0 - self.confidence) / 2)))

    @property
    def one_sided(self) -> bool:
        """Whether there is only an upper limit, because there was no event."""
        return not self.events

    def __contains__(self, rate: float) -> bool:
        return self.low <= rate <= self.high

    @property
    def interval(self) -> str:
        """What kind of interval it is, in words."""
        level = f"{100 * self.confidence:g} %"
        if self.one_sided:
            return f"no event: one-sided {level} upper bound, -ln(1 - confidence) / exposure"
        return f"two-sided {level} interval of Garwood, from gamma quantiles of shape N and N + 1"

    @property
    def advice(self) -> str:
        """What to make of it, in words."""
        return " ".join(sentence for sentence in (self._of_events(), self._of_fit()) if sentence)

    def to_dict(self) -> dict[str, Any]:
        """Return the fields and what follows from them as plain values.

        Returns
        -------
        dict
            Counts, rate and limits [1/h], mean time [h], the fit, and the words.
        """
        found: dict[str, Any] = {name: getattr(self, name) for name in ("name", "events", "exposure_hours")}
        found |= {name: getattr(self, name) for name in ("rate", "low", "high", "mean_time", "confidence")}
        found |= {name: getattr(self, name) for name in ("one_sided", "interval", "advice")}
        return found | {"fit": None if self.fit is None else self.fit.to_dict()}

    def _over(self, quantile: float) -> float:
        return quantile / self.exposure_hours if self.exposure_hours else math.inf

    def _of_events(self) -> str:
        if not self.events and not self.exposure_hours:
            return f"No {EVENTS[self.name]} was possible in this log, so it says nothing of this rate."
        if not self.events:
            least = words(1.0 / self.high)
            return (
                f"No {EVENTS[self.name]} was seen: the mean time is at least {least} with "
                f"{100 * self.confidence:g} % confidence. Decide for that bound, or log for longer."
            )
        if self.events < 10:
            return f"Few events ({self.events}): decide for the whole interval, not for its middle."
        return ""

    def _of_fit(self) -> str:
        if self.fit is None or self.fit.p_value is None or self.fit.exponential:
            return ""
        weibull = self.fit.weibull
        shape = "" if weibull is None else f", Weibull shape {weibull.shape:.3g}, scale {weibull.scale:.4g} h"
        return f"Not exponential ({p_words(self.fit.p_value)}{shape}): {_CONSEQUENCES[self.name]}."


def title(name: str) -> tuple[str, str]:
    """Return what a rate is called in tables, and its symbol."""
    return RATE_NAMES[name]
