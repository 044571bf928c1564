"""Failures that only the recorded samples show: the journal has those that the fault detector reported.

A server that its own samples call failed, while the balancers have it up, is a suspect: the controller leaves
it alone, and its journal says that it serves. In a history it has failed all the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from rejuvmodel.runtime.foresight.sample_records import SampleRecord

#: What the collector has decided; the others are doubts, which neither begin nor end a failure.
_WELL = ("normal", "unstable")


@dataclass(frozen=True, slots=True)
class SeenFailed:
    """Samples begin to call a server failed.

    Parameters
    ----------
    server : str
        The server.
    first : bool
        Whether it was never seen to be well before.
    """

    server: str
    first: bool


@dataclass(frozen=True, slots=True)
class SeenWell:
    """Samples call a server well again.

    Parameters
    ----------
    server : str
        The server.
    """

    server: str


def failures_seen(
    samples: Iterable[SampleRecord],
) -> tuple[list[tuple[datetime, SeenFailed | SeenWell]], dict[str, float]]:
    """Return when servers were called failed and well again.

    Parameters
    ----------
    samples : iterable of SampleRecord
        Recorded samples, those of each server in the order of time.

    Returns
    -------
    tuple
        The moments; and for each server the time [s] between two of its samples of which the first was in
        doubt.
    """
    found: list[tuple[datetime, SeenFailed | SeenWell]] = []
    last: dict[str, str] = {}
    doubt: dict[str, float] = defaultdict(float)
    unknown: dict[str, datetime] = {}
    for one in samples:
        if one.server in unknown:
            doubt[one.server] += (one.at - unknown.pop(one.server)).total_seconds()
        if one.condition == "unknown":
            unknown[one.server] = one.at
        before = last.get(one.server)
        if one.condition == "failed" and before != "failed":
            found.append((one.at, SeenFailed(one.server, first=before is None)))
        elif one.condition in _WELL and before == "failed":
            found.append((one.at, SeenWell(one.server)))
        if one.condition == "failed" or one.condition in _WELL:
            last[one.server] = one.condition
    return found, dict(doubt)
