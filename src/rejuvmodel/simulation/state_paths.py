"""One path of a chain and the clock beside it: when it changes its state, and why."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.simulation.timed_chain import Clock, TimedChain


def transitions(timed: TimedChain, span: float, rng: np.random.Generator) -> Iterator[tuple[float, str]]:
    """Yield the transitions of one path from the start of the model.

    Parameters
    ----------
    timed : TimedChain
        What is played.
    span : float
        Length [h].
    rng : numpy.random.Generator
        Where the chance comes from.

    Yields
    ------
    tuple of float and str
        Time [h] and cause.
    """
    exits = _exits(timed)
    clock, state, now = timed.clock, timed.mission_start(None), 0.0
    expiry = _set(clock, state, now, inf, rng)
    while True:
        total, choices = exits.get(state, (0.0, []))
        leave = now + rng.standard_exponential() / total if total else inf
        if min(leave, expiry) > span or min(leave, expiry) == inf:
            return
        if expiry < leave:
            assert clock is not None
            now, state, cause = expiry, int(clock.leads_to[state]), "rejuvenation"
        else:
            now, (state, cause) = leave, _drawn(choices, rng.random() * total)
        yield now, cause
        expiry = _set(clock, state, now, expiry, rng)


def _exits(timed: TimedChain) -> dict[int, tuple[float, list[tuple[float, int, str]]]]:
    """For every state its total rate out, and rate, target and cause of each transition."""
    found: dict[int, list[tuple[float, int, str]]] = {}
    for family in timed.chain.families:
        rows = zip(family.origin.tolist(), family.rate.tolist(), family.target.tolist(), strict=True)
        for origin, rate, target in rows:
            found.setdefault(origin, []).append((rate, target, family.cause))
    return {state: (sum(rate for rate, *_ in rows), rows) for state, rows in found.items()}


def _drawn(choices: list[tuple[float, int, str]], chance: float) -> tuple[int, str]:
    for rate, target, cause in choices:
        chance -= rate
        if chance < 0:
            return target, cause
    return choices[-1][1:]  # what rounding has left over


def _set(clock: Clock | None, state: int, now: float, running: float, rng: np.random.Generator) -> float:
    """When the clock expires [h], after entry into a state: set anew, running on, or stopped."""
    if clock is None or not clock.runs_in[state]:
        return inf
    if not clock.set_in[state]:
        return running
    wait = np.asarray(clock.law.sample(rng, 1), np.float64)
    if wait.shape != (1,) or not wait[0] >= 0:
        raise InvalidInputError(
            "trigger.law", shown(clock.law), "sample(rng, size) returns size waits, none below 0",
            "Correct the law's method sample.",
        )  # fmt: skip
    return now + float(wait[0])
