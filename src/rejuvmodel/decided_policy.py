"""From a cluster at its best wait to the policy that carries the decision to whoever applies it."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from math import inf
from typing import Any

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.law_grid import Law
from rejuvmodel.policy import RejuvenationPolicy

_SCOPES = ("cluster", "server")


def decided_policy(
    model: Cluster, period: float, scope: object, computed_from: dict[str, Any], **terms: Any
) -> RejuvenationPolicy:
    """Return the policy of a decision; nothing is turned into something else on the way.

    Parameters
    ----------
    model : Cluster
        The cluster at its best wait.
    period : float
        Best mean delay [h].
    scope : object
        Whose clock it is, as the user gave it.
    computed_from : dict
        What the decision rests on, beyond the model itself.
    **terms
        Further fields of `RejuvenationPolicy`.

    Returns
    -------
    RejuvenationPolicy
        With the clock, law and mean of the model.

    Raises
    ------
    InvalidInputError
        If the scope does not fit the model, or the law fits no file.
    """
    n = model.servers
    clock = "unstable" if model.trigger is None else model.trigger.clock
    origin = {
        "library": _version(),
        "model": {"name": "Cluster", "servers": n},
        "rates": {name: rate for name, rate in model.rates.to_dict().items() if name != "rejuvenation"},
    }
    if terms.get("required") is None:
        terms["required"] = n - 1
    return RejuvenationPolicy(
        scope=_scope(scope, n),
        clock=clock,
        law=_law(model, period),
        mean=period,
        servers=n,
        computed_from=origin | computed_from,
        **terms,
    )


def _scope(scope: object, servers: int) -> str:
    if not isinstance(scope, str) or scope not in _SCOPES:
        raise InvalidInputError(
            "scope", shown(scope), 'a scope is "cluster" or "server"',
            '"cluster" is one clock for all servers, "server" a clock for each.',
        )  # fmt: skip
    if scope == "server" and servers > 1:
        raise InvalidInputError(
            "scope", f'"server" for a Cluster of {servers} servers',
            "the clocks of a Cluster are the cluster's, not each server's",
            'Write scope="cluster"; a clock for each server is found by a model of one server.',
        )  # fmt: skip
    return scope


def _law(model: Cluster, period: float) -> Any:
    """The law as plain data; its times are those of the mean."""
    if model.trigger is None:
        return "exponential"
    if period in (0, inf):
        return "fixed"  # at once and never are the same for every law
    law = model.trigger.law
    if not isinstance(law, Law):
        raise InvalidInputError(
            "law", shown(law), "a law of your own fits no file",
            "Draw delays from it and optimise Empirical(delays) instead.",
        )  # fmt: skip
    return {key: value for key, value in law.to_dict().items() if key not in ("mean", "delay")}


def _version() -> str:
    try:
        return version("rejuvmodel")
    except PackageNotFoundError:
        return "unknown"
