"""SojournFit: whether sojourns that end in one kind of event look exponential, and a Weibull law if not."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from math import gamma
from typing import Any

#: A sojourn is called not exponential below this p-value. There are five kinds of sojourns, so that at most
#: 5 of 100 logs raise a false alarm in any of them.
SIGNIFICANCE = 0.01
#: Smallest p-value that is shown: it is found as a difference from 1, of a law that holds for many sojourns.
_LEAST = 1e-4
#: Fewer sojourns than this say nothing of a law.
FEWEST = 5


@dataclass(frozen=True)
class WeibullFit:
    """A Weibull law fitted to sojourns, some of them censored, by maximum likelihood.

    Attributes
    ----------
    shape : float
        Shape k: 1 is the exponential law, above 1 the hazard rises with the age, below 1 it falls.
    scale : float
        Scale [h].
    """

    shape: float
    scale: float

    @property
    def mean(self) -> float:
        """Mean sojourn [h]."""
        return self.scale * gamma(1.0 + 1.0 / self.shape)


@dataclass(frozen=True)
class SojournFit:
    """Goodness of fit of the exponential law to the sojourns of one kind.

    Attributes
    ----------
    complete : int
        Sojourns that ended in the event.
    censored : int
        Sojourns that something else ended: another event, or the end of the log.
    left_out : int
        Sojourns that had begun before the log did, so that their age is unknown.
    p_value : float or None
        Of the Cramér–von Mises test on the total time on test; None after fewer than 5 complete sojourns.
    weibull : WeibullFit or None
        The Weibull law, where the exponential one is rejected.

    Notes
    -----
    Order the sojourns by length and let τ(x) = Σ min(sojourn, x) be the total time on test. If sojourns are
    exponential, the events make a Poisson process in τ whatever ended the others, so their places τ/τ(∞) are
    uniform on [0, 1] (Barlow and Campo 1975): exactly without censoring, approximately with it. The test asks
    for that. It sees a hazard that rises or falls with age.
    """

    complete: int
    censored: int
    left_out: int
    p_value: float | None
    weibull: WeibullFit | None = None

    @property
    def exponential(self) -> bool | None:
        """Whether the exponential law may stand; None where too few sojourns can tell."""
        return None if self.p_value is None else self.p_value >= SIGNIFICANCE

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values.

        Returns
        -------
        dict
            One entry per attribute, and ``exponential``.
        """
        return asdict(self) | {"exponential": self.exponential}


def p_words(p_value: float) -> str:
    """Return a p-value for a reader, without digits that it does not have.

    Parameters
    ----------
    p_value : float
        The p-value.

    Returns
    -------
    str
        Such as "p = 0.26", or "p < 0.0001".
    """
    return f"p < {_LEAST:.4f}" if p_value < _LEAST else f"p = {p_value:.2g}"
