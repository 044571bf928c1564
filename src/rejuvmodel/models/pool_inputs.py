"""What a pool takes: each argument checked, and named in the error if it is refused."""

from __future__ import annotations

import sys

import numpy as np

from rejuvmodel.arrays import real, whole_number
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError, SizeError
from rejuvmodel.parameters import Rates

MODES = ("active/active", "active/standby")
_COUNTS = {
    "primaries": "Give the number of servers that share the work.",
    "spares": "Leave spares out for none.",
    "slots": "0 is for no rejuvenation; leave slots out for all servers at the same time.",
    "crews": "Leave crews out for one, or give as many as servers for a crew each.",
}


def pool_count(name: str, value: object, least: int) -> int:
    """A number of servers, slots or crews, or of the servers of another model."""
    return whole_number(
        name, value, least, f"{name} is a whole number of at least {least}", _COUNTS.get(name, "")
    )


def pool_total(total: int) -> int:
    """All servers of a pool, refused if they cannot be counted."""
    if total > sys.maxsize:
        raise SizeError(
            f"primaries and spares: got {shown(total)} servers together; so many cannot be counted in "
            "64 bits. Use fewer servers."
        )
    return total


def pool_mode(mode: object) -> str:
    """The mode."""
    if not isinstance(mode, str) or mode not in MODES:
        raise InvalidInputError(
            "mode", shown(mode), 'a mode is "active/active" or "active/standby"',
            '"active/active": every up server works; "active/standby": the primaries do.',
        )  # fmt: skip
    return str(mode)


def pool_required(value: object, total: int) -> int:
    """Servers that must be up, out of the total."""
    rule = f"required is a whole number from 1 to the {total} servers"
    required = whole_number("required", value, 1, rule, "Leave required out for all primaries.")
    if required > total:
        raise InvalidInputError("required", shown(required), rule, "Add spares, or require fewer.")
    return required


def pool_dormancy(value: object) -> float:
    """Share of the active rates on standby."""
    rule = "dormancy is a number from 0 (cold standby) to 1 (as if active)"
    advice = "At 0.2 servers on standby age and fail at a fifth of the active rates."
    share = real("dormancy", value, rule, advice=advice)
    if not isinstance(share, float) or share > 1:
        raise InvalidInputError("dormancy", shown(value), rule, advice)
    return share


def pool_guarded(value: object) -> bool:
    """Whether the guard is on."""
    if not isinstance(value, bool | np.bool_):
        raise InvalidInputError(
            "guarded", shown(value), "guarded is True or False", "Leave guarded out for no guard."
        )
    return bool(value)


def pool_rates(rates: object, total: int) -> Rates:
    """Rates of one point, finite, and such that those of all servers together fit a float."""
    if not isinstance(rates, Rates):
        raise InvalidInputError(
            "rates", shown(rates), "rates are a Rates object", "Write Rates(aging=…, failure=…, …)."
        )
    if rates.shape:
        raise InvalidInputError(
            "rates", f"a grid of shape {rates.shape}", "a pool takes one number for each rate",
            "Loop over rates[index].",
        )  # fmt: skip
    if rates.rejuvenation is not None and np.isinf(rates.rejuvenation):
        raise InvalidInputError(
            "rates.rejuvenation", "infinity", "in a pool the rejuvenation rate is finite",
            "Use a large rate, such as 1000 per hour.",
        )  # fmt: skip
    name, rate = max(rates.to_dict().items(), key=lambda pair: pair[1] or 0.0)
    if total > sys.float_info.max / 5 / max(1.0, rate):
        raise InvalidInputError(
            f"rates.{name}", f"{rate:g} with {shown(total)} servers",
            "in a pool the rates of all servers together must fit a float (below 1.8e308)",
            "Check the unit: rates are per hour.",
        )  # fmt: skip
    return rates
