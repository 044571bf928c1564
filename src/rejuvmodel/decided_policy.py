"""From a cluster at its best wait to the policy that carries the decision to whoever applies it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from math import inf
from typing import Any

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.law_grid import Law
from rejuvmodel.models.pool import Pool
from rejuvmodel.policy import RejuvenationPolicy

_SCOPES = ("cluster", "server")


def decided_policy(
    model: Cluster | Pool,
    period: float,
    scope: object,
    computed_from: dict[str, Any],
    *,
    known: Mapping[str, str] | None = None,
    **terms: Any,
) -> RejuvenationPolicy:
    """Return the policy of a decision; nothing is turned into something else on the way.

    Parameters
    ----------
    model : Cluster or Pool
        The model at its best wait.
    period : float
        Best mean delay [h].
    scope : object
        Whose clock it is, as the user gave it.
    computed_from : dict
        What the decision rests on, beyond the model itself.
    known : mapping of str, optional
        What is known of each uncertain rate, by name.
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
    if isinstance(model, Pool):
        described: dict[str, Any] = {"name": "Pool", **model.layout()}
        n, clock, law = model.total, "unstable", "exponential"
        # Unguarded, the model itself lets the last required server go.
        required = model.needed if model.guarded else min(model.needed, n - 1)
        at_once = max(1, min(model.places, n - required))
    else:
        n, law = model.servers, _law(model, period)
        clock = "unstable" if model.trigger is None else model.trigger.clock
        required, at_once = n - 1, 1
        described = {"name": "Cluster", "servers": n}
    if known:
        described["uncertain"] = dict(known)
    origin = {
        "library": _version(),
        "model": described,
        "rates": {name: rate for name, rate in model.rates.to_dict().items() if name != "rejuvenation"},
    }
    for name, default in (("required", required), ("max_concurrent", at_once)):
        if terms.get(name) is None:
            terms[name] = default
    return RejuvenationPolicy(
        scope=_scope(scope, n, pool=isinstance(model, Pool)),
        clock=clock,
        law=law,
        mean=period,
        servers=n,
        computed_from=origin | computed_from,
        **terms,
    )


def _scope(scope: object, servers: int, *, pool: bool) -> str:
    if not isinstance(scope, str) or scope not in _SCOPES:
        raise InvalidInputError(
            "scope", shown(scope), 'a scope is "cluster" or "server"',
            '"cluster" is one clock for all servers, "server" a clock for each.',
        )  # fmt: skip
    if pool and scope == "cluster":
        raise InvalidInputError(
            "scope", '"cluster" for a Pool', "the clocks of a Pool are each server's, not the cluster's",
            'Write scope="server"; a clock for all is found by a Cluster.',
        )  # fmt: skip
    if not pool and scope == "server" and servers > 1:
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
