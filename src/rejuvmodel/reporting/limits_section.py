"""The sections on what the model assumes, and on the symbols used."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rejuvmodel.durations import words
from rejuvmodel.reporting.blocks import Bullets, Section, Symbol, table
from rejuvmodel.reporting.result_rows import RATES

if TYPE_CHECKING:
    from rejuvmodel.reporting.case import Case

_ALL = (
    "Aging, failure, repair and restart take exponentially distributed times.",
    "Instability is always noticed, and switching over takes no time and never fails.",
    "All servers are equal, and load and time of day change nothing.",
    "There are no common causes, such as a power cut: very small unavailabilities promise more than is real.",
    "Results are expected values, in the long run unless they say otherwise; a single year may differ much.",
    "Gains are stated against the same model without rejuvenation.",
)
_CLUSTER = (
    "Aging, the wait and the restart are clocks of the cluster as a whole, not of each server.",
    "A rejuvenation makes the whole cluster fresh; after a failure the other servers count as fresh.",
    "While the cluster is unstable or rejuvenating nothing is repaired; a fresh cluster does not fail.",
    "One server is repaired at a time.",
    "The service is up while one server serves, and down for a rejuvenation only where one server is left.",
)
_POOL = (
    "Each server ages, fails, waits and rejuvenates by itself.",
    "The service is up while as many servers are up as are required.",
    "It is down by rejuvenation if it would be up with the servers that rejuvenate, else down by failure.",
)
_WAIT = (
    "The wait is counted from becoming unstable and is exponentially distributed.",
    "So a mean wait must not be read as a calendar that restarts servers every so often.",
)
_TRIGGER = {
    "unstable": ("The delay before a rejuvenation is counted from becoming unstable.",),
    "service": (
        "The delay before a rejuvenation is counted from every entry into a normal state, a repair included.",
        "A calendar that goes on regardless is not modelled.",
    ),
}
#: Symbols of the costs.
_COSTS = {
    "failure": ("C_f", "cost of an hour down by failure"),
    "rejuvenation": ("C_r", "cost of an hour down by rejuvenation"),
    "capacity": ("C_cap", "cost of an hour of rejuvenating, down or not"),
    "degraded": ("C_d", "cost of an hour of being unstable"),
    "per_rejuvenation": ("C_per", "cost of one rejuvenation"),
}


def limits_section(case: Case) -> Section:
    """What the model assumes."""
    trigger = case.model.trigger
    wait = _WAIT if trigger is None else _TRIGGER[trigger.clock]
    lines = (*(_CLUSTER if case.pool is None else _POOL), *wait, *_ALL)
    return Section("limits", "What the model assumes", (Bullets(lines),))


def symbols_section(case: Case) -> Section:
    """The symbols used, with their units and meaning."""
    each = " of each server" if case.pool is not None else ""
    rows = [["T", "h", f"horizon, {words(case.file.horizon)}"]]
    if case.pool is None:
        rows.append(["n", "1", "servers in the cluster"])
    else:
        rows += [["n", "1", "primaries, which share the work"], ["k", "1", "spares"]]
    rows += [[symbol, "1/h", f"rate{each}: {meaning}"] for meaning, symbol in RATES.values()]
    if case.model.trigger is None:
        rows.append(["λ_r", "1/h", f"rejuvenation rate{each}; 1/λ_r is the mean wait"])
    else:
        rows.append(["D", "h", "delay before a rejuvenation"])
    if case.pool is None:
        rows += [
            ["u_i", "", "state with i servers in operation, unstable"],
            ["r_i", "", "state that rejuvenates, with i servers not failed"],
            ["P_0", "1", "probability that all servers have failed: unplanned unavailability"],
            ["P_{r1}", "1", "probability that the last server rejuvenates: planned unavailability"],
        ]
    if case.file.costs is not None:
        unit = case.file.currency or "currency"
        rows += [
            [symbol, unit if name == "per_rejuvenation" else f"{unit}/h", meaning]
            for name, (symbol, meaning) in _COSTS.items()
        ]
    cells = [[Symbol(symbol), unit, meaning] for symbol, unit, meaning in rows]
    return Section("symbols", "Symbols", (table("Symbols and units", ("symbol", "unit", "meaning"), cells),))
