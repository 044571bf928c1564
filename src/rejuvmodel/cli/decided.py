"""What the commands work on: the cluster of a file, at the rate of the file or else at the best one.

A file that leaves ``rejuvenate_after`` out means the optimum over its [optimize]. Whoever shows a result says
so, with the sentence kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from rejuvmodel.cli.numbers import wait_text
from rejuvmodel.cluster_file import ClusterFile
from rejuvmodel.cross_check import Agreement, agreement
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.optimum import optimize
from rejuvmodel.optimum_result import Optimum, mean_wait

#: Gives the indices of a grid of some shape, and may show how far the work has come.
Progress = Callable[[tuple[int, ...]], Iterable[tuple[int, ...]]]


def points(shape: tuple[int, ...]) -> Iterator[tuple[int, ...]]:
    """Indices of a grid, in order."""
    return iter(np.ndindex(shape))


@dataclass(frozen=True)
class Decided:
    """A file and its cluster with the rejuvenation rate filled in.

    Attributes
    ----------
    file : ClusterFile
        What the file says.
    cluster : Cluster
        The cluster, or grid, with a rate at every point.
    optimum : Optimum or None
        The optimum, if the file leaves the wait out and describes one cluster.
    """

    file: ClusterFile
    cluster: Cluster
    optimum: Optimum | None = None

    @property
    def source(self) -> str:
        """Where the rate comes from, "file" or "optimum"."""
        return "optimum" if self.file.cluster.rates.rejuvenation is None else "file"

    @property
    def note(self) -> str:
        """A sentence that says where the rate comes from; empty if from the file."""
        if self.source == "file":
            return ""
        low, high = (mean_wait(rate) for rate in reversed(self.file.bounds))
        where = f"the optimum between {wait_text(low)} and {wait_text(high)}"
        default = " (the default range)" if self.file.default_bounds else ""
        if self.optimum is None:
            return f"The file leaves rejuvenate_after out: each cluster is taken at {where}{default}."
        wait = wait_text(self.optimum.period)
        return f"The file leaves rejuvenate_after out: {wait} is taken, {where}{default}."


def decide(file: ClusterFile, progress: Progress = points) -> Decided:
    """Fill in the best rate where the file leaves it out.

    Parameters
    ----------
    file : ClusterFile
        What the file says.
    progress : callable
        Gives the points of a grid.

    Returns
    -------
    Decided
        Each point of a grid at its own best rate. Clusters too large for a certificate are searched without.

    Raises
    ------
    InvalidInputError
        If the optimum cannot be found.
    """
    cluster = file.cluster
    if cluster.rates.rejuvenation is not None:
        return Decided(file, cluster)
    if not cluster.shape:
        best = optimize(cluster, file.costs, file.bounds, certified=False)
        return Decided(file, best.model, best)
    rates = np.empty(cluster.shape)
    for index in progress(cluster.shape):
        rates[index] = optimize(cluster[index], file.costs, file.bounds, certified=False).rate
    return Decided(file, cluster.with_rejuvenation(rates))


def worst_agreement(cluster: Cluster, progress: Progress = points) -> Agreement:
    """Compare the two roads at every point, and keep the largest difference.

    Parameters
    ----------
    cluster : Cluster
        One cluster, or a grid.
    progress : callable
        Gives the points of a grid.

    Returns
    -------
    Agreement
        The worst; ``where`` also names the point of a grid.
    """
    if not cluster.shape:
        return agreement(cluster)
    worst: Agreement | None = None
    for index in progress(cluster.shape):
        one = agreement(cluster[index])
        if worst is None or one.worst_relative > worst.worst_relative:
            worst = replace(one, where=f"{one.where} at grid index {index}")
    assert worst is not None  # a grid has at least one point
    return worst


def require_one(file: ClusterFile, command: str) -> None:
    """Refuse a grid where one cluster is needed.

    Parameters
    ----------
    file : ClusterFile
        What the file says.
    command : str
        Who asks.

    Raises
    ------
    InvalidInputError
        If the file describes a grid.
    """
    if shape := file.cluster.shape:
        raise InvalidInputError(
            file.path, f"a grid of shape {shape}", f"{command} takes one cluster",
            "Write one value for each rate or mean time, or use solve or check.",
        )  # fmt: skip
