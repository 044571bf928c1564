"""Exact answers for tests, written from the definition of the chain in rational arithmetic.

Nothing here reads the library. A float is an exact rational, so ``Fraction(rate)`` loses nothing and
every probability of :func:`stationary` is the true one for the rates as the computer holds them.
For thousands of servers :func:`cluster_log_probabilities` answers in 60 digits instead.

Theory. For i = 1…n: ``i → u_i`` at λ_f, ``u_i → r_i`` at λ_r, ``r_i → i`` at μ_r, ``u_i → i−1`` at iλ,
``i−1 → i`` at μ. With λ_r = ∞ the state u_i takes no time: ``i → r_i`` at λ_f and nothing fails.
"""

from __future__ import annotations

import math
import random
import tomllib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any, TypeAlias

import mpmath

Number: TypeAlias = int | float | Fraction
Transition: TypeAlias = tuple[str, str, Fraction]
DIGITS = 60


def labels(n: int) -> list[str]:
    """Labels of the 3n+1 states in the library's order: n…0, u_n…u_1, r_n…r_1."""
    levels = range(n, 0, -1)
    return [*map(str, levels), "0", *(f"u{i}" for i in levels), *(f"r{i}" for i in levels)]


def cluster_transitions(
    n: int, aging: Number, failure: Number, rejuvenation: Number, repair: Number, restart: Number
) -> list[Transition]:
    """Transitions of the n-server chain at a positive rate, from its definition."""
    found: list[tuple[str, str, Fraction]] = []
    for i in range(1, n + 1):
        if rejuvenation == math.inf:
            found.append((f"{i}", f"r{i}", Fraction(aging)))
        else:
            found.append((f"{i}", f"u{i}", Fraction(aging)))
            found.append((f"u{i}", f"r{i}", Fraction(rejuvenation)))
            found.append((f"u{i}", f"{i - 1}", i * Fraction(failure)))
        found.append((f"r{i}", f"{i}", Fraction(restart)))
        found.append((f"{i - 1}", f"{i}", Fraction(repair)))
    return [(source, target, rate) for source, target, rate in found if rate > 0]


def reachable(transitions: Iterable[Transition], start: str) -> set[str]:
    """States that can be entered from `start`, itself included."""
    successors: dict[str, set[str]] = {}
    for source, target, rate in transitions:
        if rate > 0:
            successors.setdefault(source, set()).add(target)
    seen, waiting = {start}, [start]
    while waiting:
        new = successors.get(waiting.pop(), set()) - seen
        seen |= new
        waiting.extend(new)
    return seen


def recurrent_classes(transitions: Sequence[Transition], start: str | None = None) -> list[set[str]]:
    """Recurrent classes of the chain, or only those that can be reached from `start`."""
    states = _states(transitions) if start is None else reachable(transitions, start)
    reverse = [(target, source, rate) for source, target, rate in transitions]
    classes: list[set[str]] = []
    for state in sorted(states):
        if not any(state in known for known in classes):
            ahead = reachable(transitions, state)
            if ahead <= reachable(reverse, state):
                classes.append(ahead)
    return classes


def stationary(transitions: Sequence[Transition], start: str | None = None) -> dict[str, Fraction]:
    """Steady-state probabilities π of the one recurrent class reached, exactly; all other states are 0.

    Raises
    ------
    ValueError
        If more than one recurrent class can be reached.
    """
    classes = recurrent_classes(transitions, start)
    if len(classes) != 1:
        raise ValueError(f"{len(classes)} recurrent classes: {classes}")
    weights = _eliminate(transitions, classes[0])
    total = sum(weights.values(), Fraction(0))
    states = _states(transitions) | classes[0] | ({start} if start is not None else set())
    return {state: weights.get(state, Fraction(0)) / total for state in sorted(states)}


def cluster_stationary(
    n: int, aging: Number, failure: Number, rejuvenation: Number, repair: Number, restart: Number
) -> dict[str, Fraction]:
    """Exact probabilities of all 3n+1 states of the cluster started in state n, in the order of `labels`."""
    transitions = cluster_transitions(n, aging, failure, rejuvenation, repair, restart)
    pi = stationary(transitions, start=str(n))
    return {label: pi.get(label, Fraction(0)) for label in labels(n)}


def balance(transitions: Iterable[Transition], pi: Mapping[str, Fraction]) -> dict[str, Fraction]:
    """πQ state by state: inflow less outflow."""
    net = dict.fromkeys(pi, Fraction(0))
    for source, target, rate in transitions:
        net[source] -= pi[source] * rate
        net[target] += pi[source] * rate
    return net


def mean_time(
    transitions: Iterable[tuple[Any, Any, Fraction]], start: Any, lasts: Callable[[Any], bool]
) -> Fraction | None:
    """Mean time from `start` until the first state in which it no longer lasts; None if that never comes.

    First-step equations out_s·t_s = 1 + Σ rate(s → j)·t_j over the states in which it lasts, solved by
    putting one into all others after the other.
    """
    moves = [move for move in transitions if lasts(move[0])]
    seen = reachable([move for move in moves if lasts(move[1])], start)
    out = dict.fromkeys(seen, Fraction(0))
    ahead: dict[Any, dict[Any, Fraction]] = {state: {} for state in seen}
    for source, target, rate in moves:
        if source in seen:
            out[source] += rate
            if lasts(target):
                ahead[source][target] = ahead[source].get(target, Fraction(0)) + rate
    gained = dict.fromkeys(ahead, Fraction(1))
    while len(ahead) > 1:
        state = min((s for s in ahead if s != start), key=lambda s: (len(ahead[s]), s))
        row, left = ahead.pop(state), out.pop(state)
        if left == 0:
            return None  # it comes here, and stays
        for source, other in ahead.items():
            share = other.pop(state, Fraction(0)) / left
            if share:
                gained[source] += share * gained[state]
                for target, rate in row.items():
                    if target == source:
                        out[source] -= share * rate
                    else:
                        other[target] = other.get(target, Fraction(0)) + share * rate
    return gained[start] / out[start] if out[start] else None


def _states(transitions: Iterable[Transition]) -> set[str]:
    return {state for source, target, _ in transitions for state in (source, target)}


def _eliminate(transitions: Iterable[Transition], states: set[str]) -> dict[str, Fraction]:
    """Unnormalised π of an irreducible class: remove the state with fewest neighbours, then go back."""
    out: dict[str, dict[str, Fraction]] = {state: {} for state in states}
    into: dict[str, set[str]] = {state: set() for state in states}

    def add(source: str, target: str, rate: Fraction) -> None:
        if source != target:
            out[source][target] = out[source].get(target, Fraction(0)) + rate
            into[target].add(source)

    for source, target, rate in transitions:
        if source in states and rate > 0:
            add(source, target, rate)
    removed: list[tuple[str, dict[str, Fraction]]] = []
    left = set(states)
    while len(left) > 1:
        state = min(left, key=lambda s: (len(into[s]) * len(out[s]), s))
        left.discard(state)
        leaving = out.pop(state)
        outflow = sum(leaving.values(), Fraction(0))
        entering = {source: out[source].pop(state) for source in into.pop(state)}
        for target in leaving:
            into[target].discard(state)
        for source, rate in entering.items():
            for target, onward in leaving.items():
                add(source, target, rate * onward / outflow)
        removed.append((state, {source: rate / outflow for source, rate in entering.items()}))
    weights = {left.pop(): Fraction(1)}
    for state, shares in reversed(removed):
        weights[state] = sum((weights[source] * share for source, share in shares.items()), Fraction(0))
    return weights


@dataclass(frozen=True)
class Measures:
    """Exact measures of one solved cluster; rates and costs per hour."""

    planned: Fraction
    unplanned: Fraction
    unavailability: Fraction
    rejuvenations: Fraction
    cost_rate: Fraction


def measures(
    n: int,
    pi: Mapping[str, Fraction],
    restart: Number,
    *,
    failure: Number = 0,
    rejuvenation: Number = 0,
    capacity: Number = 0,
    per_rejuvenation: Number = 0,
    degraded: Number = 0,
) -> Measures:
    """Unavailability and cost rate from π; the keywords are costs, named as in the library's ``Costs``."""
    planned, unplanned = pi["r1"], pi["0"]
    rejuvenating = sum((pi[f"r{i}"] for i in range(1, n + 1)), Fraction(0))
    unstable = sum((pi[f"u{i}"] for i in range(1, n + 1)), Fraction(0))
    rejuvenations = Fraction(restart) * rejuvenating
    cost_rate = (
        Fraction(failure) * unplanned
        + Fraction(rejuvenation) * planned
        + Fraction(capacity) * rejuvenating
        + Fraction(degraded) * unstable
        + Fraction(per_rejuvenation) * rejuvenations
    )
    return Measures(planned, unplanned, planned + unplanned, rejuvenations, cost_rate)


def log_fraction(q: Fraction) -> float:
    """Natural logarithm of a fraction of any size to a few units in the last place; −∞ at 0."""
    if q == 0:
        return -math.inf
    if Fraction(1, 2) < q < 2:
        return math.log1p(float(q - 1))
    shift = q.numerator.bit_length() - q.denominator.bit_length()
    return shift * math.log(2) + math.log(float(q / Fraction(2) ** shift))


def logarithm(x: Any) -> Any:
    """Natural logarithm of a positive number of mpmath, whose own is that of 4x just above and below 1/4."""
    share, exponent = mpmath.frexp(x)
    if exponent in (0, 1):
        return mpmath.log(x)
    return mpmath.log(share) + exponent * mpmath.log(2)


def relative_error(x: float, exact: Fraction) -> float:
    """Return |x − exact| / |exact|; ∞ where `exact` is 0 and x is not, or where x is no number."""
    if not math.isfinite(x):
        return math.inf
    if exact == 0:
        return 0.0 if x == 0 else math.inf
    return float(min(abs(Fraction(float(x)) / exact - 1), Fraction(10**300)))


def cluster_log_probabilities(
    n: int, aging: Number, failure: Number, rejuvenation: Number, repair: Number, restart: Number
) -> list[float]:
    """Natural logarithms of all 3n+1 probabilities in the order of `labels`, from 60-digit balances.

    Level by level from P_n = 1: u_i balances as λ_f P_i = (λ_r + iλ) P_{u_i}, r_i as
    λ_r P_{u_i} = μ_r P_{r_i}, and the cut between levels as iλ P_{u_i} = μ P_{i−1}.
    """
    with mpmath.workdps(DIGITS):
        aging_, failure_, repair_, restart_ = map(_exact_mpf, (aging, failure, repair, restart))
        normal, unstable, restarting = [mpmath.mpf(1)], [], []
        for i in range(n, 0, -1):
            entries = aging_ * normal[-1]
            if rejuvenation == math.inf:
                sojourn, started = mpmath.mpf(0), entries
            elif rejuvenation == 0 and failure == 0 and aging > 0:
                normal, unstable, restarting = [mpmath.mpf(0)], [mpmath.mpf(1)], [mpmath.mpf(0)]
                break
            else:
                sojourn = entries / (_exact_mpf(rejuvenation) + i * failure_) if entries else entries
                started = _exact_mpf(rejuvenation) * sojourn
            unstable.append(sojourn)
            restarting.append(started / restart_)
            normal.append(i * failure_ * sojourn / repair_)
        total = mpmath.fsum([*normal, *unstable, *restarting])
        columns = ((normal, n + 1), (unstable, n), (restarting, n))
        padded = [w for column, size in columns for w in [*column, *[mpmath.mpf(0)] * (size - len(column))]]
        return [float(logarithm(weight / total)) if weight else -math.inf for weight in padded]


def _exact_mpf(value: Number) -> Any:
    ratio = Fraction(value)
    return mpmath.mpf(ratio.numerator) / ratio.denominator


@dataclass(frozen=True)
class Regime:
    """One named set of rates per hour, ready for ``Rates(**regime.rates)`` and ``f(n, **regime.rates)``."""

    name: str
    rates: dict[str, float]


def regimes(draws: int = 25, seed: int = 1995) -> list[Regime]:
    """Corner cases made by hand, then `draws` seeded sets of rates between 1e-6 and 1e3 per hour."""
    keys = ("aging", "failure", "rejuvenation", "repair", "restart")
    duplex = (1 / 168, 1 / 2160, 1 / 336, 1 / 2, 3.0)
    by_hand: dict[str, tuple[float, ...]] = {
        "duplex": duplex,
        "errata": (1 / 240, 1 / 720, 1 / 100, 2.0, 6.0),
        "all equal": (1.0, 1.0, 1.0, 1.0, 1.0),
        "fast aging": (1000.0, *duplex[1:]),
        "fast failure": (1 / 168, 50.0, 1 / 336, 1 / 2, 3.0),
        "slow repair": (1 / 168, 1 / 2160, 1 / 336, 1e-5, 3.0),
        "slow restart": (*duplex[:4], 1e-4),
        "rejuvenation tiny": (1 / 168, 1 / 2160, 1e-12, 1 / 2, 3.0),
        "rejuvenation huge": (1 / 168, 1 / 2160, 1e12, 1 / 2, 3.0),
        "rejuvenation 0": (1 / 168, 1 / 2160, 0.0, 1 / 2, 3.0),
        "rejuvenation inf": (1 / 168, 1 / 2160, math.inf, 1 / 2, 3.0),
        "failure 0": (1 / 168, 0.0, 1 / 336, 1 / 2, 3.0),
        "aging 0": (0.0, *duplex[1:]),
        "failure 0, rejuvenation 0": (1 / 168, 0.0, 0.0, 1 / 2, 3.0),
        "failure 0, rejuvenation inf": (1 / 168, 0.0, math.inf, 1 / 2, 3.0),
        "aging 0, failure 0, rejuvenation 0": (0.0, 0.0, 0.0, 1 / 2, 3.0),
        "aging 0, rejuvenation inf": (0.0, 1 / 2160, math.inf, 1 / 2, 3.0),
    }
    chance = random.Random(seed)
    for k in range(draws):
        by_hand[f"draw {k}"] = tuple(10 ** chance.uniform(-6, 3) for _ in keys)
    return [Regime(name, dict(zip(keys, values, strict=True))) for name, values in by_hand.items()]


def published(group: str | None = None) -> list[dict[str, Any]]:
    """Figures of ``data/published.toml``, of one group or all, with rates as floats."""
    text = (Path(__file__).parent / "data" / "published.toml").read_text(encoding="utf-8")
    found = [figure for figure in tomllib.loads(text)["figure"] if group in (None, figure["group"])]
    if not found:
        raise ValueError(f"no figure of group {group!r} in published.toml")
    for figure in found:
        rates = figure.get("rates", {})
        figure["rates"] = {key: float(Fraction(rate)) for key, rate in rates.items()}
    return found
