"""Whether a model is one that the two roads, and a mission, can both take."""

from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING

from rejuvmodel.models.pool import Pool

if TYPE_CHECKING:
    from rejuvmodel.models.cluster import Cluster

#: States of a pool up to which its whole chain is solved beside its levels.
_COMPARED_STATES = 3000


def has_chain(cluster: Cluster | Pool) -> bool:
    """Tell whether one cluster has a Markov chain, from which the numeric road could solve it.

    Parameters
    ----------
    cluster : Cluster
        One cluster with its wait.

    Returns
    -------
    bool
        False for a trigger without exponential phases, and for a pool whose chain would take long.
    """
    if isinstance(cluster, Pool):
        return len(cluster.labels) <= _COMPARED_STATES
    trigger = cluster.trigger
    if trigger is None or trigger.mean == inf:
        return True
    return trigger.clock == "unstable" if trigger.mean == 0 else trigger.phases() is not None
