"""Exact measures of small pools, written from the definition of the pool; nothing here reads the library."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

import exact

FIELDS = {"mode": "active/active", "slots": None, "crews": 1, "dormancy": 0, "guarded": False}


class Truth(NamedTuple):
    """Exact measures; `rejuvenating` is the share of time with some server rejuvenating."""

    unavailability: Fraction
    planned: Fraction
    unplanned: Fraction
    capacity_availability: Fraction
    rejuvenating_servers: Fraction


def transitions(pool: Mapping[str, Any], rates: Mapping[str, Any]) -> list[tuple[str, str, Fraction]]:
    """All transitions among the states (h, a, r, f) that can be reached from all healthy."""
    p = FIELDS | dict(pool)
    n, total = p["primaries"], p["primaries"] + p.get("spares", 0)
    required = p.get("required") or n
    slots = total if p["slots"] is None else p["slots"]
    dormancy = Fraction(p["dormancy"])
    aging, failure, repair, restart, rejuvenation = (
        Fraction(rates[name]) for name in ("aging", "failure", "repair", "restart", "rejuvenation")
    )
    found, seen, waiting = [], set(), [(total, 0, 0, 0)]
    while waiting:
        state = h, a, r, f = waiting.pop()
        if state in seen:
            continue
        seen.add(state)
        works_a = a if p["mode"] == "active/active" else min(a, n)
        works_h = h if p["mode"] == "active/active" else min(h, n - works_a)
        may = r < slots and (not p["guarded"] or h + a - 1 >= required)
        for rate, to in (
            (aging * (works_h + dormancy * (h - works_h)), (h - 1, a + 1, r, f)),
            (failure * (works_a + dormancy * (a - works_a)), (h, a - 1, r, f + 1)),
            (rejuvenation * a if may else Fraction(0), (h, a - 1, r + 1, f)),
            (restart * r, (h + 1, a, r - 1, f)),
            (repair * min(f, p["crews"]), (h + 1, a, r, f - 1)),
        ):
            if rate:
                found.append((str(state), str(to), rate))
                waiting.append(to)
    return found


def truth(pool: Mapping[str, Any], rates: Mapping[str, Any]) -> Truth:
    """Exact measures of a pool."""
    n, total = pool["primaries"], pool["primaries"] + pool.get("spares", 0)
    required = pool.get("required") or n
    moves = transitions(pool, rates)
    pi = exact.stationary(moves, str((total, 0, 0, 0))) if moves else {str((total, 0, 0, 0)): Fraction(1)}
    planned = unplanned = capacity = busy = Fraction(0)
    for label, p in pi.items():
        h, a, r, _ = (int(x) for x in label.strip("()").split(","))
        capacity += p * min(h + a, n) / n
        busy += p * r
        if h + a < required:
            planned, unplanned = (
                (planned + p, unplanned) if h + a + r >= required else (planned, unplanned + p)
            )
    return Truth(planned + unplanned, planned, unplanned, capacity, busy)


def time_to_outage(pool: Mapping[str, Any], rates: Mapping[str, Any]) -> Fraction:
    """Exact mean time to the first outage of a pool that starts all healthy, by linear equations."""
    total = pool["primaries"] + pool.get("spares", 0)
    required = pool.get("required") or pool["primaries"]
    moves = transitions(pool, rates)

    def is_up(label: str) -> bool:
        h, a, _, _ = (int(x) for x in label.strip("()").split(","))
        return h + a >= required

    start = str((total, 0, 0, 0))
    states = [start, *sorted({s for s, _, _ in moves if is_up(s)} - {start})]
    place = {s: k for k, s in enumerate(states)}
    rows = [[Fraction(0)] * len(states) + [Fraction(1)] for _ in states]
    for source, target, rate in moves:
        if source in place:
            rows[place[source]][place[source]] += rate
            if target in place:
                rows[place[source]][place[target]] -= rate
    for k in range(len(states) - 1, -1, -1):  # Gauss, from the last state to the first
        for row in rows[:k]:
            if row[k]:
                share = row[k] / rows[k][k]
                row[:] = [x - share * y for x, y in zip(row, rows[k], strict=True)]
    return rows[0][-1] / rows[0][0]
