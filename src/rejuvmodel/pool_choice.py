"""choose_pool: how many spares, slots and crews; the cheapest pool that meets an availability target.

Every combination of the given numbers is solved exactly and none is skipped: availability need not grow with
each of them (a further slot may take down a server that is required), so no rule stands in for a solution.
The running cost per hour is

    price of a server · (n + k)  +  price of a crew · crews  +  what `Costs` price, Eq. 3 and its extensions.

The target is compared as a logarithm of unavailability, and read as the decimal that was written: the double
0.999999999 leaves 1 − 0.999999999 wrong in the eighth digit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from itertools import product
from math import inf, prod
from typing import Any, cast

from rejuvmodel.arrays import is_number, real, whole_number
from rejuvmodel.availability_target import allowed_log_unavailability
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError, SizeError
from rejuvmodel.models.pool import Pool
from rejuvmodel.parameters import Costs
from rejuvmodel.pool_alternative import PoolAlternative, Prices
from rejuvmodel.pool_choice_result import PoolChoice, why
from rejuvmodel.pool_curve import PoolCurve
from rejuvmodel.pool_optimum import pool_bounds
from rejuvmodel.pool_search import least_within, seen
from rejuvmodel.pool_state import PoolState
from rejuvmodel.solving import solve

#: Alternatives that are looked at, at most.
MOST = 100_000
_COUNTS = {"primaries": 1, "spares": 0, "required": 1, "slots": 0, "crews": 1}
_NOTHING = Costs(failure=0, rejuvenation=0)
_UNAVAILABILITY = Costs(failure=1, rejuvenation=1)

Counts = int | Iterable[int] | None


def choose_pool(
    base: Pool,
    *,
    target: float | Decimal | Fraction,
    primaries: Counts = None,
    spares: Counts = None,
    required: Counts = None,
    slots: Counts = None,
    crews: Counts = None,
    rejuvenation: float | Iterable[float] | str | None = None,
    bounds: Sequence[float] | None = None,
    costs: Costs | None = None,
    prices: Prices | None = None,
    progress: Callable[[int, int], object] | None = None,
) -> PoolChoice:
    """Return the cheapest pool that meets an availability target, with the table of all alternatives.

    Parameters
    ----------
    base : Pool
        What all alternatives share: rates, mode, dormancy, guard, and each number not given here.
    target : float, Decimal or Fraction
        Least availability, above 0 and below 1; a float is the decimal that it is written as.
    primaries, spares, required, slots, crews : int or iterable of int, optional
        Numbers to choose from; those of ``base`` by default. Where primaries are given and ``required`` is
        not, all primaries of each alternative are required. A base with as many slots as servers lets all
        servers of each alternative rejuvenate at once.
    rejuvenation : float, iterable of float or "best", optional
        Rates λ_r [1/h] to choose from; ``"best"`` looks in each alternative for the rate of least cost that
        meets the target (without costs, of least unavailability). That of ``base`` by default.
    bounds : (float, float), optional
        With ``"best"``, the rates [1/h] to look between; lower < upper, both finite.
    costs : Costs, optional
        Costs per hour of each condition; go with ``prices``.
    prices : Prices, optional
        Prices of servers and crews. Without them the fewest servers are the cheapest.
    progress : callable, optional
        Called with the alternatives done and in all.

    Returns
    -------
    PoolChoice
        The best, why, and all alternatives, the cheapest first. Of equal cost the fewest servers come
        first, then the fewest crews, then the highest availability.

    Raises
    ------
    InvalidInputError
        If an argument is outside its range, or no combination has enough servers for those required.
    SizeError
        If there are more than `MOST` combinations.
    ConvergenceError
        If some alternative cannot be solved.

    Notes
    -----
    Combinations that require more servers than they have are left out; those that differ only in slots or
    crews beyond the number of servers are one alternative.

    Examples
    --------
    >>> from rejuvmodel import Pool, Rates, choose_pool
    >>> rates = Rates(aging=1/240, failure=1/720, repair=2, restart=6, rejuvenation=1/24)
    >>> chosen = choose_pool(Pool(primaries=4, rates=rates, slots=1), target=0.99999, spares=range(4))
    >>> chosen.best.pool.spares
    1
    """
    allowed = allowed_log_unavailability(target)
    if not isinstance(base, Pool):
        raise InvalidInputError("base", shown(base), "base is a Pool", "Write Pool(primaries=…, rates=…).")
    prices = _prices(costs, prices)
    rates, search = _rates(base, rejuvenation, bounds)
    pools = list(dict.fromkeys(_combinations(base, _ranges(locals()), rates)))
    if not pools:
        raise InvalidInputError(
            "required", shown(required if required is not None else base.needed),
            "some combination has at least as many servers as it requires", "Add spares, or require fewer.",
        )  # fmt: skip
    found = []
    for done, pool in enumerate(pools, 1):
        found.append(_alternative(pool, search, allowed, costs, prices))
        if progress is not None:
            progress(done, len(pools))
    found.sort(key=lambda x: (x.running_cost, x.pool.total, x.pool.crews, x.log_unavailability))
    table = tuple(found)
    reason = why(table, allowed, searched=search is not None)
    return PoolChoice(float(target), allowed, table, costs, prices, reason)


def _alternative(
    pool: Pool, search: tuple[float, float] | None, allowed: float, costs: Costs | None, prices: Prices
) -> PoolAlternative:
    if search is not None:
        pool = pool.with_rejuvenation(_best_rate(pool, search, allowed, costs))
    state = cast("PoolState", solve(pool))
    log_down = float(state.log_unavailability)
    return PoolAlternative(
        pool,
        log_down,
        float(state.planned_unavailability),
        float(state.unplanned_unavailability),
        state.capacity_availability,
        prices.server * pool.total,
        prices.crew * pool.crews,
        float(state.cost_rate(costs or _NOTHING)),
        log_down <= allowed,
    )


def _best_rate(pool: Pool, bounds: tuple[float, float], allowed: float, costs: Costs | None) -> float:
    """The rate of least cost that meets the target; if none does, that of least unavailability."""
    if PoolCurve(pool, _UNAVAILABILITY).constant:
        return bounds[0]
    if costs is not None:
        curve = PoolCurve(pool, costs)
        rate = least_within(curve, seen(curve, *bounds), allowed)
        if rate is not None:
            return rate
    curve = PoolCurve(pool, _UNAVAILABILITY)
    return cast("float", least_within(curve, seen(curve, *bounds), inf))


def _combinations(base: Pool, ranges: dict[str, tuple[int, ...]], rates: tuple[float, ...]) -> Iterator[Pool]:
    follows = "primaries" in ranges and "required" not in ranges
    all_slots = "slots" not in ranges and base.places == base.total
    count = prod(len(x) for x in ranges.values()) * len(rates)
    if count > MOST:
        raise SizeError(f"choose_pool: {count} combinations, more than {MOST}. Give fewer numbers.")
    for values in product(*ranges.values()):
        chosen: dict[str, Any] = dict(zip(ranges, values, strict=True))
        total = chosen.get("primaries", base.primaries) + chosen.get("spares", base.spares)
        if follows:
            chosen["required"] = chosen["primaries"]
        if all_slots:
            chosen["slots"] = total
        if chosen.get("required", base.needed) > total:
            continue
        for rate in rates:
            yield replace(base, **chosen, rates=base.rates.replace(rejuvenation=rate))


def _ranges(given: dict[str, Any]) -> dict[str, tuple[int, ...]]:
    """The numbers of each field that was given, without repetitions."""
    return {
        name: _whole_numbers(name, given[name], least)
        for name, least in _COUNTS.items()
        if given[name] is not None
    }


def _whole_numbers(name: str, value: object, least: int) -> tuple[int, ...]:
    rule = f"{name} is a whole number of at least {least}, or several"
    advice = f"Write {name}=range({least}, {least + 4})."
    if is_number(value) or isinstance(value, str | bytes | dict) or not isinstance(value, Iterable):
        return (whole_number(name, value, least, rule, advice),)
    found: dict[int, None] = {}
    for k, one in enumerate(value):
        if k > MOST:
            raise SizeError(f"choose_pool: more than {MOST} numbers for {name}. Give fewer.")
        found[whole_number(f"{name}[{k}]", one, least, rule, advice)] = None
    if not found:
        raise InvalidInputError(name, "no number", rule, advice)
    return tuple(found)


def _rates(base: Pool, given: object, bounds: object) -> tuple[tuple[float, ...], tuple[float, float] | None]:
    rule = 'rejuvenation is a finite rate per hour of at least 0, several of them, or "best"'
    if isinstance(given, str) and given == "best":
        if bounds is None:
            raise InvalidInputError(
                "bounds", "nothing", '"best" needs two rates to look between', "Write bounds=(0, 10)."
            )
        return (0.0,), pool_bounds(bounds)
    if bounds is not None:
        raise InvalidInputError(
            "bounds", shown(bounds), 'bounds go with rejuvenation="best"', 'Write rejuvenation="best".'
        )
    if given is None:
        return (base.require_rejuvenation(),), None
    if not is_number(given) and isinstance(given, Iterable) and not isinstance(given, str | bytes | dict):
        given = list(given)
    numbers = real("rejuvenation", given, rule, advice="Write rejuvenation=[0, 1/24].")
    if isinstance(numbers, float):
        return (numbers,), None
    if numbers.ndim != 1:
        raise InvalidInputError("rejuvenation", f"an array of shape {numbers.shape}", rule, "Flatten it.")
    return tuple(dict.fromkeys(numbers.tolist())), None


def _prices(costs: object, prices: object) -> Prices:
    if costs is not None and not isinstance(costs, Costs):
        raise InvalidInputError(
            "costs", shown(costs), "costs are a Costs object", "Write Costs(failure=…, rejuvenation=…)."
        )
    if isinstance(costs, Costs) and costs.shape:
        raise InvalidInputError(
            "costs", f"a grid of shape {costs.shape}", "choose_pool takes one set of costs",
            "Write costs[index].",
        )  # fmt: skip
    if prices is None:
        if costs is not None:
            raise InvalidInputError(
                "prices",
                "nothing",
                "costs are weighed against the prices of servers",
                "Write Prices(server=…).",
            )
        return Prices(server=1.0)
    if not isinstance(prices, Prices):
        raise InvalidInputError(
            "prices", shown(prices), "prices are a Prices object", "Write Prices(server=…)."
        )
    return prices
