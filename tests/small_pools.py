"""Exact measures of small pools described as users describe them, by ``exact_pool``."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any, NamedTuple

from exact_pool import Definition

FIELDS = {"spares": 0, "mode": "active/active", "crews": 1, "dormancy": 0, "guarded": False}


class Truth(NamedTuple):
    """Exact measures; `rejuvenating_servers` is their mean number."""

    unavailability: Fraction
    planned: Fraction
    unplanned: Fraction
    capacity_availability: Fraction
    rejuvenating_servers: Fraction


def definition(pool: Mapping[str, Any], rates: Mapping[str, Any]) -> Definition:
    """The pool of those fields, the others as they are by default, and rates."""
    fields = FIELDS | dict(pool)
    total = fields["primaries"] + fields["spares"]
    slots = fields.get("slots")
    names = ("aging", "failure", "repair", "restart", "rejuvenation")
    return Definition(
        primaries=fields["primaries"], spares=fields["spares"], standby=fields["mode"] == "active/standby",
        required=fields.get("required") or fields["primaries"], slots=total if slots is None else slots,
        crews=fields["crews"], dormancy=Fraction(fields["dormancy"]), guarded=fields["guarded"],
        **{name: Fraction(rates[name]) for name in names},
    )  # fmt: skip


def truth(pool: Mapping[str, Any], rates: Mapping[str, Any]) -> Truth:
    """Exact measures of a pool."""
    one = definition(pool, rates)
    planned, unplanned = one.mass("planned"), one.mass("unplanned")
    return Truth(planned + unplanned, planned, unplanned, one.capacity_availability, one.steady.rejuvenating)


def time_to_outage(pool: Mapping[str, Any], rates: Mapping[str, Any]) -> Fraction:
    """Exact mean time to the first outage of a pool that starts all healthy."""
    found = definition(pool, rates).time_to_outage
    assert found is not None
    return found
