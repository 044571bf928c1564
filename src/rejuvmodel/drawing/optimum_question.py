"""What a plot of an optimum may be asked: one cluster, and an optimum that belongs to it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rejuvmodel.durations import hours, shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum_result import Optimum

if TYPE_CHECKING:
    from rejuvmodel.models.trigger import Trigger
    from rejuvmodel.parameters import Costs


def require_cluster(cluster: object) -> Cluster:
    """Return the cluster, or raise InvalidInputError if it is none."""
    if not isinstance(cluster, Cluster):
        raise InvalidInputError("cluster", shown(cluster), "a plot of the optimum takes a Cluster")
    return cluster


def require_axis(cluster: object, *, triggered: bool) -> Trigger | None:
    """Refuse what is no cluster, and a cluster whose wait lies on the other axis."""
    cluster = require_cluster(cluster)
    if (cluster.trigger is not None) != triggered:
        found, other = ("without a trigger", "plot_rate") if triggered else ("with a trigger", "plot_period")
        shows = "plot_period shows the delay of a trigger" if triggered else "plot_rate shows a rate"
        raise InvalidInputError("cluster", f"a cluster {found}", shows, f"Use {other}.")
    return cluster.trigger


def require_same(
    best: Optimum, cluster: Cluster | Pool, costs: Costs | None, bounds: Sequence[float | str] | None
) -> None:
    """Refuse an optimum of another cluster, other costs or other bounds."""
    if not isinstance(best, Optimum):
        raise InvalidInputError("best", shown(best), "best is an Optimum", "Write best=optimize(cluster, …).")
    asked = {
        "cluster": _is_same(cluster, best.model),
        "costs": costs is None or costs == best.costs,
        "bounds": bounds is None or tuple(map(hours, bounds)) == best.bounds,
    }
    wrong = [name for name, same in asked.items() if not same]
    if wrong:
        raise InvalidInputError(
            "best",
            f"an optimum of other {' and '.join(wrong)}",
            "best belongs to the cluster, costs and bounds",
            "Leave best out, or pass what it was found for.",
        )


def _is_same(cluster: Cluster | Pool, other: Cluster | Pool) -> bool:
    """Whether two models differ in the wait alone."""
    if isinstance(cluster, Pool) or isinstance(other, Pool):
        return type(cluster) is type(other) and cluster.with_rejuvenation(1.0) == other.with_rejuvenation(1.0)
    if cluster.trigger is None or other.trigger is None:
        return cluster.trigger is other.trigger and (
            cluster.with_rejuvenation(None) == other.with_rejuvenation(None)
        )
    clocks = cluster.trigger.clock == other.trigger.clock
    laws = type(cluster.trigger.law) is type(other.trigger.law)
    return clocks and laws and (cluster.servers, cluster.rates) == (other.servers, other.rates)
