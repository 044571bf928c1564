"""A pool as a model of PRISM: three variables, and guards and rates as formulas, at any size.

The rules are those of ``pool``, written a second time because they are symbols here; a test reads the text
back and compares it with the chain of the pool, transition by transition.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from rejuvmodel.markov.prism_chain import MOST_LABELLED, SETS
from rejuvmodel.markov.prism_text import Command, Constant, PrismModel, Variable
from rejuvmodel.models.pool import Pool


def pool_model(pool: Pool) -> PrismModel:
    """Return the model of a pool.

    Parameters
    ----------
    pool : Pool
        The pool.

    Returns
    -------
    PrismModel
        Variables a (unstable), r (rejuvenating) and f (failed); h (healthy) is a formula.

    Raises
    ------
    InvalidInputError
        If the rejuvenation rate is left open.
    """
    states = pool.labels
    title = (
        f"Pool of {pool.primaries} + {pool.spares} servers, {pool.mode}"
        f"{', guarded' if pool.guarded else ''}; {len(states)} states."
    )
    labels = {name: (name, words) for name, words in SETS.items()}
    labels["all_failed"] = ("f=N", "every server has failed")
    if len(states) <= MOST_LABELLED:
        for h, a, r, f in states.rows.tolist():
            where = f"a={a} & r={r} & f={f}"
            labels[f"state_{h}_{a}_{r}_{f}"] = (where, f"(h, a, r, f) = ({h}, {a}, {r}, {f})")
    rewards = {
        "time": (("true", "1"),),
        "downtime": (("down", "1"),),
        "planned": (("planned", "1"),),
        "unplanned": (("unplanned", "1"),),
        "degraded": (("true", "a"),),
        "rejuvenating": (("true", "r"),),
        "rejuvenations": (("true", "rejuvenation_rate"),),
        "capacity": (("true", "min(up, n)/n"),),
    }
    # A variable that never changes is a formula instead, but for one, because a module has a variable.
    bounds = {"a": max(1, states.most_unstable), "r": states.most_rejuvenating, "f": states.most_failed}
    variables = tuple(Variable(name, 0, most, 0) for name, most in bounds.items() if most)
    fixed = {name: "0" for name, most in bounds.items() if not most}
    commands = tuple(_commands(pool, fixed))
    return PrismModel(title, _constants(pool), variables, commands, fixed | _formulas(pool), labels, rewards)


def _constants(pool: Pool) -> tuple[Constant, ...]:
    rates = pool.rates
    return (
        Constant("n", pool.primaries, "primaries"),
        Constant("N", pool.total, "all servers"),
        Constant("required", pool.needed, "servers that must be up"),
        Constant("slots", pool.places, "servers that may rejuvenate at the same time"),
        Constant("crews", pool.crews, "servers that are repaired at the same time"),
        Constant("dormancy", pool.dormancy, "share of the active rates on standby"),
        Constant("lambda_f", float(rates.aging), "aging, each healthy server"),
        Constant("lambda", float(rates.failure), "failure, each unstable server"),
        Constant("lambda_r", pool.require_rejuvenation(), "rejuvenation, each unstable server"),
        Constant("mu_r", float(rates.restart), "restart, each rejuvenating server"),
        Constant("mu", float(rates.repair), "repair, each crew"),
    )


def _formulas(pool: Pool) -> dict[str, str]:
    """Rates and conditions; those that are used stand before those that use them."""
    works = {"active_unstable": "a", "active_healthy": "h"}
    if pool.mode == "active/standby":
        works = {"active_unstable": "min(a, n)", "active_healthy": "min(h, n-active_unstable)"}
    may = "r<slots & up-1>=required" if pool.guarded else "r<slots"
    return {
        "h": "N-a-r-f",
        "up": "h+a",
        **works,
        "aging_rate": "lambda_f*(active_healthy + dormancy*(h-active_healthy))",
        "failure_rate": "lambda*(active_unstable + dormancy*(a-active_unstable))",
        "rejuvenation_rate": f"({may}) ? lambda_r*a : 0",
        "down": "up<required",
        "planned": "up<required & up+r>=required",
        "unplanned": "up+r<required",
        "degraded": "a>0",
        "rejuvenating": "r>0",
    }


def _commands(pool: Pool, fixed: Collection[str]) -> Iterator[Command]:
    table = (
        ("aging", "aging_rate>0", "aging_rate", {"a": "+1"}),
        ("failure", "failure_rate>0", "failure_rate", {"a": "-1", "f": "+1"}),
        ("rejuvenation", "rejuvenation_rate>0", "rejuvenation_rate", {"a": "-1", "r": "+1"}),
        ("restart", "r>0", "mu_r*r", {"r": "-1"}),
        ("repair", "f>0", "mu*min(f, crews)", {"f": "-1"}),
    )
    for cause, guard, rate, steps in table:
        if not set(steps) & set(fixed):
            update = " & ".join(f"({name}'={name}{step})" for name, step in steps.items())
            yield Command(guard, rate, update, cause)
    if not (pool.rates.aging and pool.rates.failure):
        still = "aging_rate=0 & failure_rate=0 & rejuvenation_rate=0 & r=0 & f=0"
        yield Command(still, "1.0", "true", "nothing more happens")
