"""The events: many replications in lockstep, one event of each at every step.

A *lane* plays one replication at a time; a lane that has finished one starts the next that has not been
started yet. Which replications are played is thereby settled before the first event, and all of them are
played to their end, so long ones are neither favoured nor cut off.

A row of the *ledger* belongs to each lane: hours in every state, how many transitions of every kind, and in
cycles the hours before the first outage.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.simulation.jumps import Jumps, jumps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from rejuvmodel.markov.chain import MarkovChain
    from rejuvmodel.simulation.timed_chain import TimedChain

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Kinds of transitions, to be combined: what begins a rejuvenation, what is a failure, what begins an outage.
REJUVENATION, FAILURE, OUTAGE, KINDS = 1, 2, 4, 8
#: Numbers of a ledger that are no hours in a state: transitions by kind, and last the hours before an outage.
BESIDES = KINDS + 1
#: Numbers in the ledger, so that it stays in the cache, and bounds on the lanes.
_LEDGER, _FEWEST, _MOST = 2**17, 64, 8192
#: Lanes, and events in each at least, that show which states are entered often.
_PILOT = 128


class Lanes:
    """Replications that are being played.

    Parameters
    ----------
    timed : TimedChain
        What is played.
    rng : numpy.random.Generator
        Where the chance comes from.
    start : int
        The state in which every replication starts.
    hours : float
        When a replication ends [h]; infinity where it ends with its return to the start.
    replications : int
        How many are to be played.
    """

    def __init__(
        self, timed: TimedChain, rng: np.random.Generator, start: int, hours: float, replications: int
    ) -> None:
        size = len(timed.chain)
        self.width = size + BESIDES
        count = min(max(_LEDGER // self.width, _FEWEST), _MOST, replications)
        self._rng, self._clock, self._start, self._hours = rng, timed.clock, start, hours
        self._tables: Jumps = jumps(timed.flows)
        self._target, self._column, self._expiry = _edges(timed)
        self.waiting = replications - count
        self.events = 0
        self.state = np.full(count, start)
        self._row = np.arange(count)
        self._left = np.full(count, hours)
        self._until = np.full(count, np.inf)
        self._ledger = np.zeros((count, self.width))
        self._up = ~down_states(timed.chain)
        self._no_outage = np.full(count, self._up[start])
        self._set_clocks()

    def play(self) -> Iterator[Floats]:
        """Yield the ledgers of replications as they end, until all have ended."""
        while len(self.state):
            over = self.step()
            done = np.flatnonzero(over if np.isfinite(self._hours) else self.state == self._start)
            if not len(done):
                continue
            rows = self._row[done]
            yield self._ledger[rows]
            self._ledger[rows] = 0.0
            again = done[: self.waiting]
            self.waiting -= len(again)
            self._left[again] = self._hours
            self._no_outage[again] = self._up[self._start]
            if len(again) < len(done):
                self._drop(done[len(again) :])

    def step(self) -> NDArray[np.bool_]:
        """Play one event in every lane; tell for which of them the time was over before it."""
        tables, state, rng = self._tables, self.state, self._rng
        stay = rng.standard_exponential(len(state))
        stay *= tables.mean.take(state)
        fired = self._until < stay
        np.minimum(stay, self._until, out=stay)
        over = stay >= self._left
        np.minimum(stay, self._left, out=stay)
        base = self._row * self.width
        ledger = self._ledger.reshape(-1)
        ledger[base + state] += stay
        if not np.isfinite(self._hours):
            ledger[base + (self.width - 1)] += stay * self._no_outage

        chance = rng.random(len(state))
        chance *= tables.slots.take(state)
        slot = chance.astype(np.int64)
        chance -= slot
        slot += tables.first.take(state)
        edge = np.where(chance < tables.share.take(slot), tables.inside.take(slot), tables.beyond.take(slot))
        if self._clock is not None:
            edge = np.where(fired, self._expiry.take(state), edge)
        happened = ~over
        ledger[base + self._column.take(edge)] += happened
        self.events += int(np.count_nonzero(happened))
        self.state = self._target.take(edge)
        self.state[over] = self._start
        self._no_outage &= self._up.take(self.state)
        self._left -= stay
        self._until -= stay
        self._set_clocks()
        return over

    def _set_clocks(self) -> None:
        """Set the clock where it is set on entry, and stop it where it does not run."""
        clock, state = self._clock, self.state
        if clock is None:
            return
        np.copyto(self._until, np.inf, where=~clock.runs_in.take(state))
        entered = np.flatnonzero(clock.set_in.take(state))
        waits = np.asarray(clock.law.sample(self._rng, len(entered)), np.float64)
        if waits.shape != entered.shape or not np.all(waits >= 0):
            raise InvalidInputError(
                "trigger.law", shown(clock.law), "sample(rng, size) returns size waits, none below 0",
                "Correct the law's method sample.",
            )  # fmt: skip
        self._until[entered] = waits

    def _drop(self, lanes: Integers) -> None:
        keep = np.ones(len(self.state), bool)
        keep[lanes] = False
        self.state, self._row = self.state[keep], self._row[keep]
        self._left, self._until = self._left[keep], self._until[keep]
        self._no_outage = self._no_outage[keep]


def regeneration_state(timed: TimedChain, rng: np.random.Generator) -> int:
    """Return a state at whose entry the process begins anew, and which is entered often.

    It is the start of the model unless another one is entered more than twice as often. Every entry is such a
    moment, except into states through which the clock runs on.

    A model may drift away from its start for long, and never come back to what it has passed. So the trial
    runs go on, each twice as long as the one before, until the choice of one holds in the next, too.
    """
    recurrent = timed.paths.recurrent_states
    if len(recurrent) == 1:
        label = timed.chain.labels[int(recurrent[0])]
        raise InvalidInputError(
            "hours", "None", f"in the long run this model stays in state {label!r}: nothing happens",
            "Give hours= to simulate the way there.",
        )  # fmt: skip
    allowed = np.zeros(len(timed.chain), bool)
    allowed[recurrent] = True
    if timed.clock is not None:
        allowed &= timed.clock.set_in | ~timed.clock.runs_in
    start = timed.chain.start
    first = start if start is not None and allowed[start] else int(np.flatnonzero(allowed)[0])
    lanes, length, chosen = Lanes(timed, rng, first, np.inf, _PILOT), _PILOT // 2, -1
    while True:
        entered = np.zeros(len(timed.chain), np.int64)
        for k in range(length):
            lanes.step()
            if 2 * k >= length:
                entered += np.bincount(lanes.state, minlength=len(entered))
        entered *= allowed
        if chosen >= 0 and 0 < entered.max() <= 4 * entered[chosen]:
            return chosen
        chosen = first if 2 * entered[first] >= entered.max() else int(np.argmax(entered))
        length *= 2


def down_states(chain: MarkovChain) -> NDArray[np.bool_]:
    """Tell which states are down; none where the chain does not say."""
    down = np.zeros(len(chain), bool)
    for places in (chain.down or {}).values():
        down[places] = True
    return down


def _edges(timed: TimedChain) -> tuple[Integers, Integers, Integers]:
    """For every transition its target and its column of the ledger; and for every state that of its expiry.

    The last transition is the one that never happens, of states that are never left.
    """
    chain, size = timed.chain, len(timed.chain)
    kind = {"rejuvenation": REJUVENATION, "failure": FAILURE}
    cause = [np.full(len(family.rate), kind.get(family.cause, 0)) for family in chain.families]
    origin, target = [timed.flows.origin], [timed.flows.target]
    expiry = np.full(size, -1)
    if timed.clock is not None:
        running = np.flatnonzero(timed.clock.runs_in)
        expiry[running] = len(timed.flows.rate) + np.arange(len(running))
        origin.append(running)
        target.append(timed.clock.leads_to[running])
        cause.append(np.full(len(running), REJUVENATION))
    down = down_states(chain)
    here, there = np.concatenate(origin), np.concatenate(target)
    kinds = np.concatenate([np.zeros(0, np.int64), *cause]) + OUTAGE * (down[there] & ~down[here])
    return np.append(there, 0), np.append(size + kinds, size), expiry
