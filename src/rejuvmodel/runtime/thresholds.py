"""Thresholds: whether a sample makes a server unstable. What makes no sense is unknown, not normal."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from rejuvmodel.runtime.states import Condition
from rejuvmodel.runtime.views import known


@dataclass(frozen=True, slots=True)
class Threshold:
    """One threshold.

    Parameters
    ----------
    measure : str
        What is measured: "memory" [bytes], "load", "uptime" [s], "buffers".
    limit : float
        A server at or above it is unstable.
    """

    measure: str
    limit: float


def judged(
    thresholds: tuple[Threshold, ...],
    sample: Mapping[str, float | None],
    before: Condition,
    hysteresis: float = 0.05,
) -> tuple[Condition, str]:
    """Return what a sample says of a server that answers.

    Parameters
    ----------
    thresholds : tuple of Threshold
        The thresholds; one that is reached is enough.
    sample : mapping of str to float or None
        The values; missing, NaN, infinite and negative ones are unknown.
    before : Condition
        The judgement before: an unstable server is normal again only below the limits by a margin.
    hysteresis : float
        That margin, as a share of the limit.

    Returns
    -------
    tuple of Condition and str
        Unstable, normal, or unknown if a value is missing and none of the others is too high; the evidence.
    """
    margin = 1.0 - hysteresis if before is Condition.UNSTABLE else 1.0
    evidence, missing = [], []
    for one in thresholds:
        value = known(sample.get(one.measure))
        if value is None:
            missing.append(one.measure)
        elif value >= one.limit * margin:
            evidence.append(f"{one.measure} {value:.6g} (limit {one.limit:.6g})")
    if evidence:
        return Condition.UNSTABLE, ", ".join(evidence)
    if missing:
        return Condition.UNKNOWN, f"{', '.join(missing)} unknown"
    return Condition.NORMAL, "below every threshold"
