"""A policy in words: one sentence for people, and the rows of its table.

The wait of a clock that starts when servers become unstable is no period: nothing here calls it "every".
"""

from __future__ import annotations

import math

from rejuvmodel.durations import hours, words
from rejuvmodel.policy_terms import PolicyTerms

_WHO = {"cluster": "The cluster", "server": "Each server"}
_START = {
    ("cluster", "unstable"): "once its first server is unstable",
    ("server", "unstable"): "once unstable",
    ("cluster", "service"): "after service start",
    ("server", "service"): "after service start",
}
_DRAWN = {"unstable": "at each episode", "service": "at each start"}


def sentence(policy: PolicyTerms) -> str:
    """Return a policy as one sentence.

    Parameters
    ----------
    policy : PolicyTerms
        The policy.

    Returns
    -------
    str
        Who waits how long, from when and by which law; and how many servers at a time.
    """
    if math.isinf(policy.mean):
        return f"{_wait(policy)}."
    budget = (
        f"at most {policy.max_concurrent} of {policy.servers} server{'s' * (policy.servers != 1)} at a time"
    )
    if policy.required:
        budget += f", and at least {policy.required} stay{'s' * (policy.required == 1)} in service"
    return f"{_wait(policy)}; {budget}."


def rows(policy: PolicyTerms) -> list[tuple[str, str]]:
    """Return the rows of the table that notebooks show.

    Parameters
    ----------
    policy : PolicyTerms
        The policy.

    Returns
    -------
    list of tuple of str
        Name and value.
    """
    start = _START[policy.scope, policy.clock]
    mean = policy.mean
    found = [
        ("clock", f"{_WHO[policy.scope].lower()}, {start}"),
        ("mean wait", "at once" if mean == 0 else words(mean)),
        ("law", policy.law.phrase(mean) if 0 < mean < math.inf else policy.law.name),
        ("jitter", f"up to {words(policy.jitter)}" if policy.jitter else "none"),
        ("at most at a time", f"{policy.max_concurrent} of {policy.servers}"),
        ("at least in service", str(policy.required)),
    ]
    if policy.predicted is not None:
        predicted = policy.predicted
        found += [
            ("predicted unavailability", f"{predicted.unavailability:.6g}"),
            (f"predicted downtime in {words(predicted.horizon)}", words(predicted.downtime)),
        ]
        if predicted.cost_rate is not None:
            cost = f"{predicted.cost_rate:.6g} {predicted.currency or ''}".rstrip()
            found.append(("predicted cost per hour", cost))
    return found


def _wait(policy: PolicyTerms) -> str:
    who, start = _WHO[policy.scope], _START[policy.scope, policy.clock]
    spread = f", plus up to {words(policy.jitter)} drawn evenly to spread restarts" if policy.jitter else ""
    if math.isinf(policy.mean):
        return f"{who} is never rejuvenated: the wait {start} has no end"
    if policy.mean == 0:
        return f"{who} waits no time {start}{spread}"
    if policy.law.name == "fixed":
        return f"{who} waits exactly {_exactly(policy.mean)} {start}{spread}"
    drawn = f"drawn anew {_DRAWN[policy.clock]} from {policy.law.phrase(policy.mean)}"
    return f"{who} has a mean wait of {words(policy.mean)} {start}, {drawn}{spread}"


def _exactly(length: float) -> str:
    """Words where they lose nothing, else hours with all their digits."""
    short = words(length)
    return short if hours(short) == length else f"{length!r} h"
