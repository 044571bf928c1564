"""PoolChoice: the cheapest pool that meets the target, why, and all alternatives."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from rejuvmodel.durations import words
from rejuvmodel.html_tables import html_table
from rejuvmodel.parameters import Costs
from rejuvmodel.pool_alternative import PoolAlternative, Prices

#: Alternatives that a notebook shows.
_SHOWN = 20
#: A logarithm of unavailability this far below the one allowed is at the target, where the rate was searched.
_AT_TARGET = 1e-7
_HEAD = (
    "primaries + spares", "required", "slots", "crews", "wait", "cost per hour", "nines", "planned",
    "unplanned", "capacity", "meets target",
)  # fmt: skip


@dataclass(frozen=True, eq=False, repr=False)
class PoolChoice:
    """The cheapest pool that meets an availability target, and what it was chosen from.

    Attributes
    ----------
    target : float
        Least availability.
    log_allowed : float
        Natural logarithm of the unavailability that the target allows.
    table : tuple of PoolAlternative
        All alternatives, the cheapest first.
    costs : Costs or None
        Costs of the conditions.
    prices : Prices
        Prices of the means; a server costs 1 where none were given.
    reason : str
        Why the best is the best, in a sentence or two.
    """

    target: float
    log_allowed: float
    table: tuple[PoolAlternative, ...]
    costs: Costs | None
    prices: Prices
    reason: str

    @property
    def best(self) -> PoolAlternative | None:
        """The cheapest alternative that meets the target; None if none does."""
        return next((one for one in self.table if one.meets_target), None)

    @property
    def closest(self) -> PoolAlternative:
        """The alternative with the least unavailability, the cheapest of these."""
        return min(self.table, key=lambda one: one.log_unavailability)

    def records(self) -> list[dict[str, Any]]:
        """Return the table as flat rows, for ``pandas.DataFrame`` and the like.

        Returns
        -------
        list of dict
            One for each alternative, as `PoolAlternative.to_dict` says.
        """
        return [one.to_dict() for one in self.table]

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values.

        Returns
        -------
        dict
            One entry per attribute; ``table`` as `records`.
        """
        best = self.best
        return {
            "target": self.target, "log_allowed": self.log_allowed, "reason": self.reason,
            "costs": None if self.costs is None else self.costs.to_dict(), "prices": self.prices.to_dict(),
            "best": None if best is None else best.to_dict(), "closest": self.closest.to_dict(),
            "table": self.records(),
        }  # fmt: skip

    def _rows(self) -> list[tuple[str, ...]]:
        return [_row(one) for one in self.table[:_SHOWN]]

    def __repr__(self) -> str:
        rows = [_HEAD, *self._rows()]
        widths = [max(len(row[k]) for row in rows) for k in range(len(_HEAD))]
        lines = ["  ".join(f"{cell:<{w}}" for cell, w in zip(row, widths, strict=True)) for row in rows]
        more = len(self.table) - _SHOWN
        tail = [f"… {more} more"] if more > 0 else []
        return "\n".join([f"PoolChoice: {self.reason}", *(f"  {line.rstrip()}" for line in [*lines, *tail])])

    def _repr_html_(self) -> str:
        left_out = len(self.table) - _SHOWN
        more = f" The {_SHOWN} cheapest of {len(self.table)} alternatives:" if left_out > 0 else ""
        return html_table(f"{self.reason}{more}", self._rows(), _HEAD)


def _row(one: PoolAlternative) -> tuple[str, ...]:
    from_rate = one.pool.require_rejuvenation()
    return (
        f"{one.pool.primaries} + {one.pool.spares}", str(one.pool.needed), str(one.pool.places),
        str(one.pool.crews), words(1 / from_rate) if from_rate > 0 else "never", f"{one.running_cost:.6g}",
        f"{one.nines:.3f}", f"{one.planned_unavailability:.3g}", f"{one.unplanned_unavailability:.3g}",
        f"{one.capacity_availability:.6f}", "yes" if one.meets_target else "no",
    )  # fmt: skip


def why(table: Sequence[PoolAlternative], allowed: float, *, searched: bool) -> str:
    """Return why the cheapest alternative that meets the target is the choice.

    Parameters
    ----------
    table : sequence of PoolAlternative
        All alternatives, the cheapest first.
    allowed : float
        Natural logarithm of the unavailability that the target allows.
    searched : bool
        Whether the rejuvenation rate of each was searched.

    Returns
    -------
    str
        Which constraint binds, and by what the next cheaper alternative misses it.
    """
    place = next((k for k, one in enumerate(table) if one.meets_target), None)
    many = f"{len(table)} alternative{'s' if len(table) > 1 else ''}"
    if place is None:
        near = min(table, key=lambda one: one.log_unavailability)
        return (
            f"None of the {many} meets the target. The closest, {near.in_words()}, is down "
            f"{near.times_allowed(allowed):.3g} times as long as allowed, {_mostly(near)}."
        )
    best = table[place]
    start = f"{best.in_words()}: the cheapest of {many} that meets the target"
    if searched and best.log_unavailability > allowed - _AT_TARGET:
        rate = "Its rejuvenation rate is the one of least cost at which the target is just met."
        return f"{start}. {rate}"
    if place == 0 and (equal := sum(one.running_cost == best.running_cost for one in table)) > 1:
        return (
            f"{start}. None is cheaper; of the {equal} that cost the same it comes first, by servers, crews "
            "and availability."
        )
    if place == 0:
        return f"{start}, and the cheapest of all, so that the target does not bind."
    next_one = table[place - 1]
    saved = best.running_cost - next_one.running_cost
    cheaper = f"{saved:.4g} per hour cheaper" if saved > 0 else "no dearer"
    return (
        f"{start}. The target binds: the next cheaper one, {next_one.in_words()}, is {cheaper} and down "
        f"{next_one.times_allowed(allowed):.3g} times as long as allowed, {_mostly(next_one)}."
    )


def _mostly(one: PoolAlternative) -> str:
    planned, unplanned = one.planned_unavailability, one.unplanned_unavailability
    return "mostly for rejuvenation" if planned > unplanned else "mostly by failures"
