"""What the commands work on: the cluster of a file, at the rate of the file or else at the best one.

A file that leaves ``rejuvenate_after`` out means the optimum over its [optimize]. Whoever shows a result says
so, with the sentence kept here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from rejuvmodel.cli.progress import progress_bar
from rejuvmodel.cluster_file import ClusterFile, read_cluster_file
from rejuvmodel.cross_check import Agreement, agreement
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.optimum import optimize
from rejuvmodel.optimum_result import Optimum
from rejuvmodel.reporting.number_texts import wait_text

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
    cluster : Cluster or Pool
        The cluster, grid or pool, with a rate at every point.
    optimum : Optimum or None
        The optimum, if the file leaves the wait out and describes one cluster.
    """

    file: ClusterFile
    cluster: Cluster | Pool
    optimum: Optimum | None = None

    @property
    def source(self) -> str:
        """Where the rate comes from, "file" or "optimum"."""
        return "optimum" if self.file.is_open else "file"

    @property
    def note(self) -> str:
        """A sentence that says where the rate comes from; empty if from the file."""
        if self.source == "file":
            return ""
        low, high = self.file.waits
        left_out = "rejuvenate_after" if self.cluster.trigger is None else "the mean of the trigger"
        where = f"the optimum between {wait_text(low)} and {wait_text(high)}"
        default = " (the default range)" if self.file.default_bounds else ""
        if self.optimum is None:
            return f"The file leaves {left_out} out: each cluster is taken at {where}{default}."
        wait = wait_text(self.optimum.period)
        return f"The file leaves {left_out} out: {wait} is taken, {where}{default}."


def decide_file(path: str, *, one_for: str = "") -> Decided:
    """Read a file and fill in the best rate where it leaves it out.

    Parameters
    ----------
    path : str
        The file, as the user typed it.
    one_for : str, optional
        The command that needs one cluster, not a grid; empty where a grid will do.

    Returns
    -------
    Decided
        File and cluster.

    Raises
    ------
    InvalidInputError
        If the file cannot be read, or the command does not take what it describes.
    """
    said = read_cluster_file(path)
    if one_for:
        require_one(said, one_for)
    return decide(said, progress_bar("optimum"))


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
    if not file.is_open:
        return Decided(file, cluster)
    if isinstance(cluster, Pool) or not cluster.shape:
        best = optimize(cluster, file.costs, file.bounds, certified=False)
        return Decided(file, best.model, best)
    rates, waits = np.empty((2, *cluster.shape))
    for index in progress(cluster.shape):
        best = optimize(cluster[index], file.costs, file.bounds, certified=False)
        rates[index], waits[index] = best.rate, best.period
    chosen = cluster.with_rejuvenation(rates) if cluster.trigger is None else cluster.with_period(waits)
    return Decided(file, chosen)


def worst_agreement(cluster: Cluster | Pool, progress: Progress = points) -> Agreement:
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
    if isinstance(cluster, Pool) or not cluster.shape:
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
