"""Sample paths as step functions: from logs, or from times and states; their down times."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.durations import hours, shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.export import KINDS, chain_groups, state_kinds
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.cluster_labels import ClusterLabels
from rejuvmodel.models.pool import Pool
from rejuvmodel.state_labels import index_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

PLANNED, UNPLANNED = KINDS.index("down, planned"), KINDS.index("down, unplanned")
#: States that have a row each, visited or not; rows at most.
FEW_ROWS, MOST_ROWS = 13, 40
_ADVICE = "Write event_log(model, hours), or (times, states) and model=…."


@dataclass(frozen=True, eq=False)
class LabelledPath:
    """A path through named states.

    Attributes
    ----------
    times : ndarray
        When each state is entered [h], and the end; one more than states.
    labels : tuple of str
        The states that are visited or, if they are few, all; in the order of the plot, from below.
    places : ndarray of int
        For each entry the place among the labels.
    kinds : ndarray of int
        Place in `KINDS` of each label.
    """

    times: Floats
    labels: tuple[str, ...]
    places: Integers
    kinds: Integers

    @property
    def down(self) -> Integers:
        """Kind of downtime of each entry, 0 where up."""
        kinds = self.kinds[self.places]
        return np.where(kinds >= PLANNED, kinds, 0)


@dataclass(frozen=True, eq=False)
class CountedPath:
    """A path of a pool: servers that are healthy, unstable, rejuvenating and failed, shape (entries, 4)."""

    times: Floats
    counts: Integers
    required: int | None

    @property
    def down(self) -> Integers:
        """Kind of downtime of each entry, 0 where up or where nothing says how many servers are required."""
        if self.required is None:
            return np.zeros(len(self.counts), np.int64)
        up = self.counts[:, 0] + self.counts[:, 1]
        planned = np.where(up + self.counts[:, 2] >= self.required, PLANNED, UNPLANNED)
        return np.where(up >= self.required, 0, planned)


def path_steps(path: Any, model: Any) -> LabelledPath | CountedPath:
    """Return a path as steps.

    Parameters
    ----------
    path : EventLog or tuple of array-like
        The path; of a pair the last time is the end, and its state is not entered any more.
    model : Cluster, Reactive, MarkovChain, Pool or None
        Whose path it is; a log knows it.

    Returns
    -------
    LabelledPath or CountedPath
        Of a pool the latter.
    """
    is_log = hasattr(path, "steps")
    if not is_log and not (isinstance(path, tuple | list) and len(path) == 2):
        raise InvalidInputError("path", shown(path), "a path is an EventLog, or times and states", _ADVICE)
    times, states = path.steps() if is_log else path
    moments = np.asarray(times, np.float64)
    if moments.ndim != 1 or len(moments) < 2 or len(moments) != len(states):
        raise InvalidInputError(
            "path", f"{np.size(moments)} times and {len(states)} states",
            "a path has a state for each time, and two times at least", _ADVICE,
        )  # fmt: skip
    if not np.all(np.isfinite(moments)) or np.any(np.diff(moments) < 0):
        raise InvalidInputError("path", "times out of order", "the times of a path do not fall", _ADVICE)
    rows = np.asarray(states)
    if rows.ndim == 2:
        return _counted(moments, rows, model, path if is_log else None)
    return _labelled(moments, states, model, path if is_log else None)


def part(path: LabelledPath | CountedPath, between: Any) -> tuple[float, float]:
    """The times between which a path is shown."""
    first, last = float(path.times[0]), float(path.times[-1])
    if between is None:
        return first, last
    if isinstance(between, str) or not hasattr(between, "__len__") or len(between) != 2:
        raise InvalidInputError(
            "between", shown(between), "between is two times", 'Write between=(0, "7 d").'
        )
    low, high = (hours(x, "between") for x in between)
    low, high = max(low, first), min(high, last)
    if not low < high:
        raise InvalidInputError(
            "between", shown(between), f"between lies in the path, from {first:g} to {last:g} hours",
            "Take other times.",
        )  # fmt: skip
    return low, high


def outages(path: LabelledPath | CountedPath) -> list[tuple[float, float, int]]:
    """Start, end and kind of each time of being down; neighbours of one kind are one."""
    found: list[tuple[float, float, int]] = []
    for start, end, kind in zip(path.times[:-1], path.times[1:], path.down.tolist(), strict=True):
        if found and kind and found[-1][2] == kind and found[-1][1] == start:
            found[-1] = (found[-1][0], float(end), kind)
        elif kind:
            found.append((float(start), float(end), kind))
    return found


def _counted(times: Floats, rows: Any, model: Any, log: Any) -> CountedPath:
    if rows.shape[1] != 4 or rows.dtype.kind not in "iu" or np.any(rows < 0):
        raise InvalidInputError(
            "path", f"rows of shape {rows.shape}",
            "rows count servers: (healthy, unstable, rejuvenating, failed)", _ADVICE,
        )  # fmt: skip
    if model is not None and not isinstance(model, Pool):
        raise InvalidInputError(
            "model", shown(model), "rows of counts are the path of a Pool", "Leave it out."
        )
    required = model.needed if model is not None else getattr(log, "layout", {}).get("required")
    return CountedPath(times, np.asarray(rows[:-1], np.int64), required)


def _known_states(model: Any, log: Any) -> tuple[Any, Integers, Integers]:
    """Labels and kinds of all states, and their order in the plot, the uppermost first."""
    if log is not None or isinstance(model, Cluster):
        n = len(log.servers) if log is not None else model.servers
        kinds, levels = ClusterLabels(n).kinds_and_levels(np.arange(3 * n + 1))
        order = np.lexsort((kinds, -levels))
        kinds[[n, 3 * n]] = UNPLANNED, PLANNED
        return ClusterLabels(n), kinds, order
    chain = model.chain() if hasattr(model, "chain") and not isinstance(model, Pool) else model
    if not isinstance(chain, MarkovChain):
        raise InvalidInputError(
            "model", "nothing" if model is None else shown(model), "a path of names needs the model of them",
            "Give model=, a Cluster, Reactive or MarkovChain.",
        )  # fmt: skip
    return chain.labels, state_kinds(len(chain), chain_groups(chain)), np.arange(len(chain))


def _labelled(times: Floats, states: Any, model: Any, log: Any) -> LabelledPath:
    """A path with the rows that it needs: all states if they are few, else those that are visited."""
    labels, kinds, order = _known_states(model, log)
    entries = np.array([index_of(labels, str(state), "path") for state in states[:-1]], np.int64)
    visited = np.unique(entries)
    if len(visited) > MOST_ROWS:
        raise InvalidInputError(
            "path", f"{len(visited)} states", f"a plot of a path has room for {MOST_ROWS} of them",
            "Plot a part of it, or fewer servers.",
        )  # fmt: skip
    rows = (
        order[::-1]
        if len(labels) <= FEW_ROWS
        else np.array([k for k in order[::-1] if k in set(visited.tolist())])
    )
    row_of = {int(place): row for row, place in enumerate(rows)}
    places = np.array([row_of[int(place)] for place in entries], np.int64)
    return LabelledPath(times, tuple(str(labels[int(k)]) for k in rows), places, kinds[rows])
