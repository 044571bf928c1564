"""From totals to estimates: ratios, how rare they are, and what follows for their intervals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.simulation.estimate import Estimate
from rejuvmodel.simulation.events import FAILURE, OUTAGE, REJUVENATION
from rejuvmodel.simulation.intervals import gamma_limits, share_limits, small_sample, sum_limits
from rejuvmodel.simulation.totals import COUNTS, TIMES, members

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from rejuvmodel.simulation.timed_chain import TimedChain
    from rejuvmodel.simulation.totals import Totals

    Floats = NDArray[np.float64]
    Booleans = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Estimator:
    """Totals, and what is known of each of their columns without having seen it.

    Attributes
    ----------
    totals : Totals
        What was seen.
    floors, rest_floors : ndarray
        The least that a contribution not seen yet is taken for: to a column, and to all others' time.
    possible : ndarray
        Whether a column can be other than 0 at all.
    shares : ndarray
        Whether a column is a share of the time; else it counts events, or several servers at a time.
    states : int
        Number of states.
    confidence : float
        Confidence of every interval.
    """

    totals: Totals
    floors: Floats
    rest_floors: Floats
    possible: Booleans
    shares: Booleans
    states: int
    confidence: float

    def column(self, name: str) -> int:
        """Place of one of `TIMES` or `COUNTS`."""
        return self.states + [*TIMES, *COUNTS].index(name)

    def ratio(self, column: int) -> Estimate:
        """Estimate of ΣX / ΣT: a probability, or events per hour."""
        seen, of = self.totals, self.totals.replications
        if not self.possible[column]:
            return Estimate(0.0, 0.0, 0.0, 0.0, 0, of, self.confidence)
        total, hours = float(seen.total[column]), seen.hours
        ratio = total / hours
        variance = float(seen.squares[column]) * of / (of - 1)
        error = float(np.sqrt(variance)) / hours
        variance *= small_sample(of, self.confidence)
        largest, floor = float(seen.largest[column]), float(self.floors[column])
        share = bool(self.shares[column])
        # One more replication would move ΣX − r·ΣT up by at most this, and down by at most that.
        above = max(largest, floor) * (1.0 - ratio if share and ratio < 1 else 1.0)
        below = ratio * (float(seen.largest_rest[column]) if share else seen.longest)
        if share and ratio > 0.5:
            # Of two complements the rarer one settles how far from normal they are.
            rest = max(hours - total, 0.0)
            above = ratio * max(float(seen.largest_rest[column]), float(self.rest_floors[column]))
            below = (1.0 - ratio) * largest
            low, high = gamma_limits(rest, variance, above, below, self.confidence)
            limits = (max(1.0 - high / hours, 0.0), min(1.0 - low / hours, 1.0))
        else:
            low, high = gamma_limits(total, variance, above, below, self.confidence)
            limits = (low / hours, min(high / hours, 1.0) if share else high / hours)
        return Estimate(ratio, *limits, error, int(seen.seen[column]), of, self.confidence)

    def combined(self, names: Sequence[str], weights: Sequence[float]) -> Estimate:
        """Estimate of a weighted sum of several of `TIMES` and `COUNTS`."""
        columns = [self.column(name) for name in names]
        parts = [self.ratio(column).times(weight) for column, weight in zip(columns, weights, strict=True)]
        if not parts:
            return Estimate(0.0, 0.0, 0.0, 0.0, 0, self.totals.replications, self.confidence)
        if len(parts) == 1:
            return parts[0]
        places = np.array(columns) - self.states
        products = self.totals.products[np.ix_(places, places)]
        scale = np.sqrt(np.diag(products))
        correlation = np.divide(
            products, np.outer(scale, scale), out=np.eye(len(parts)), where=np.outer(scale, scale) > 0
        )
        values, lows, highs, errors = np.array([(p.mean, p.low, p.high, p.standard_error) for p in parts]).T
        low, high = sum_limits(values, lows, highs, correlation)
        error = float(np.sqrt(max(errors @ correlation @ errors, 0.0)))
        seen = max(p.seen for p in parts)
        return Estimate(
            float(values.sum()), max(low, 0.0), high, error, seen, parts[0].replications, self.confidence
        )

    def struck(self) -> Estimate:
        """Estimate of the share of replications in which there was an outage."""
        column, of = self.column("down"), self.totals.replications
        count = int(self.totals.seen[column])
        share = count / of
        error = float(np.sqrt(share * (1.0 - share) / of))
        low, high = share_limits(count, of, self.confidence)
        return Estimate(share, low, high if self.possible[column] else 0.0, error, count, of, self.confidence)

    def until_outage(self) -> Estimate:
        """Estimate of the mean time to the first outage [h], E[B]/E[D] over cycles.

        Its reciprocal has the limits of a ratio of events to hours.
        """
        of = self.totals.replications
        hours, squares, crossed, count = self.totals.outage.tolist()
        if not self.possible[self.column("down")]:
            return Estimate(np.inf, np.inf, np.inf, 0.0, 0, of, self.confidence)
        if not hours:  # the start is down
            return Estimate(0.0, 0.0, 0.0, 0.0, of, of, self.confidence)
        rate = count / hours
        variance = max(count - 2 * rate * crossed + rate**2 * squares, 0.0) * of / (of - 1)
        widened = variance * small_sample(of, self.confidence)
        low, high = gamma_limits(count, widened, 1.0, rate * self.totals.longest, self.confidence)
        mean, most = (hours / x if x else np.inf for x in (count, low))
        error = float(np.sqrt(variance)) / count * mean if count else np.inf
        return Estimate(mean, hours / high, most, error, int(count), of, self.confidence)


def estimator(
    timed: TimedChain, totals: Totals, start: int, hours: float | None, confidence: float
) -> Estimator:
    """Return what totals say, together with what the chain says of what was not seen."""
    reached = timed.reached(start)
    possible = np.array([*reached, *_possible_groups(timed, reached)])
    most = np.inf if hours is None else hours
    floors, rest_floors = (np.minimum(x, most) for x in _floors(timed, totals, reached))
    floors = np.append(floors, np.ones(len(COUNTS)))
    weights = timed.chain.weights or {}
    groups = [name in TIMES and name not in weights for name in (*TIMES, *COUNTS)]
    shares = np.append(np.ones(len(timed.chain), bool), groups)
    return Estimator(totals, floors, rest_floors, possible, shares, len(timed.chain), confidence)


def _floors(timed: TimedChain, totals: Totals, reached: Booleans) -> tuple[Floats, Floats]:
    """Hours [h] that a replication not seen yet might add, to a state, one of `TIMES`, or the rest.

    A state that is entered after all is left after its mean sojourn on average. Twice that is the size that
    counts for a sum of exponential sojourns (second moment over first).
    """
    sojourn = np.where(reached, timed.sojourns(), 0.0)
    unseen = totals.seen[: len(sojourn)] == 0
    largest, second = (2.0 * np.sort(np.append(sojourn, [0.0, 0.0]))[[-1, -2]]).tolist()
    floors = [2.0 * sojourn]
    rests = [np.where(2.0 * sojourn < largest, largest, second)]
    for name, places in members(timed.chain).items():
        once = sojourn[places] * (timed.chain.weights or {}).get(name, 1.0)
        others = np.delete(sojourn, places)
        floors.append(np.array([max(2.0 * np.max(once, initial=0.0), once[unseen[places]].sum())]))
        rests.append(2.0 * np.max(others, initial=0.0, keepdims=True))
    return np.concatenate(floors), np.concatenate(rests)


def _possible_groups(timed: TimedChain, reached: Booleans) -> list[bool]:
    """Tell which of `TIMES` and `COUNTS` can be above 0."""
    groups = members(timed.chain)
    down = np.isin(np.arange(len(reached)), groups["down"])
    happens = dict.fromkeys(COUNTS.values(), False)
    for family in timed.paths.families:
        live = reached[family.origin]
        happens[REJUVENATION] |= family.cause == "rejuvenation" and bool(live.any())
        happens[FAILURE] |= family.cause == "failure" and bool(live.any())
        happens[OUTAGE] |= bool(np.any(live & down[family.target] & ~down[family.origin]))
    return [*(bool(reached[places].any()) for places in groups.values()), *happens.values()]
