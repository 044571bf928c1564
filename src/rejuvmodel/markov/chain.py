"""Continuous-time Markov chains as arrays: families of transitions, generator, classes.

A chain is a set of states and transitions i → j at rate q_ij [1/h]. The infinitesimal generator Q
has the rates off its diagonal and minus their row sums on it, so that the steady state π solves
πQ = 0, Σπ = 1. π is unique where the chain has one recurrent class: a communicating class that no
transition leaves. States outside it are transient and have probability exactly 0.

This file knows nothing of servers.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.markov.flows import Family, Flows, adjacency, generator, reachable, read_only
from rejuvmodel.markov.level_numbers import checked_levels, level_numbers
from rejuvmodel.markov.transitions import checked, down_places, places_of
from rejuvmodel.memory import require_memory
from rejuvmodel.state_labels import Labels, index_of, shown

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from scipy.sparse import csr_array

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

#: Up to this many transitions classes are found without SciPy, whose graph routines take 0.2 s to load.
_SMALL = 2000


@dataclass(frozen=True)
class CommunicatingClass:
    """States that lead to each other.

    Attributes
    ----------
    states : tuple of str
        Labels, in the order of the chain.
    recurrent : bool
        Whether no transition leaves the class.
    """

    states: tuple[str, ...]
    recurrent: bool


@dataclass(frozen=True, eq=False)
class MarkovChain:
    """A continuous-time Markov chain; build one by hand with ``from_transitions``.

    Attributes
    ----------
    labels : sequence of str
        Names of the states (``states`` gives them as a tuple).
    families : tuple of Family
        The transitions, grouped by cause; the one table from which generator and diagrams come.
    down : mapping of str to array of int, or None
        States that are down, by cause "unplanned" and "planned"; None if not declared.
    groups : mapping of str to array of int
        States "degraded" and "rejuvenating", for the costs of those names.
    start : int or None
        The state in which the chain starts; only states reachable from it count.
    weights : mapping of str to array of float, optional
        How often each state of a group counts, such as servers that rejuvenate in it; once by default.
    levels : array of int or None
        Level 0 … L of each state, for solvers that go by levels; None if not declared.
    """

    labels: Sequence[str]
    families: tuple[Family, ...]
    down: Mapping[str, Integers] | None = None
    groups: Mapping[str, Integers] | None = None
    start: int | None = None
    weights: Mapping[str, Floats] | None = None
    levels: Integers | None = None

    def __post_init__(self) -> None:
        put = object.__setattr__
        put(self, "families", tuple(Family(f.cause, *map(read_only, f[1:])) for f in self.families))
        for name in ("down", "groups", "weights"):
            groups = getattr(self, name)
            if groups is not None:
                put(self, name, {key: read_only(places) for key, places in groups.items()})
        if self.levels is not None:
            put(self, "levels", read_only(checked_levels(self.labels, self.families, self.levels)))

    def __reduce__(self) -> tuple[Any, ...]:
        # Through the constructor, because unpickled arrays are writable.
        fields = self.labels, self.families, self.down, self.groups, self.start, self.weights, self.levels
        return MarkovChain, fields

    @classmethod
    def from_transitions(
        cls,
        transitions: Iterable[Sequence[Any]],
        *,
        down: Mapping[str, str] | None = None,
        degraded: Iterable[str] = (),
        rejuvenating: Iterable[str] = (),
        start: str | None = None,
        levels: Mapping[str, int] | None = None,
    ) -> MarkovChain:
        """Build a chain from ``(from, to, rate)`` or ``(from, to, rate, cause)`` tuples.

        Parameters
        ----------
        transitions : iterable of tuple
            Labels are text, the rate q_ij is per hour, the cause is any word; transitions of cause
            "rejuvenation" are counted for costs per rejuvenation. Rates of parallel transitions
            add up; rate 0 means no transition. States are ordered by first appearance.
        down : mapping of str to str, optional
            Down states and their cause, "planned" or "unplanned"; ``{}`` if the chain is never down.
        degraded, rejuvenating : iterable of str, optional
            States to which the costs of these names apply.
        start : str, optional
            State in which the chain starts. Needed where several classes are recurrent.
        levels : mapping of str to int, optional
            Level 0 … L of every state, such as the number of failed servers, where transitions lead to
            the same or a neighbouring level only. ``LevelAggregation`` and ``LevelReduction`` use them.

        Returns
        -------
        MarkovChain

        Raises
        ------
        InvalidInputError
            If a transition, label, rate or cause is not valid; the message names it.

        Examples
        --------
        >>> chain = MarkovChain.from_transitions(
        ...     [("up", "down", 0.01, "failure"), ("down", "up", 2.0, "repair")], down={"down": "unplanned"}
        ... )
        >>> chain.states
        ('up', 'down')
        """
        rows = checked(transitions)
        labels = Labels(dict.fromkeys(label for row in rows for label in row[:2]))
        families = []
        for cause in dict.fromkeys(row[3] for row in rows):
            mine = [row for row in rows if row[3] == cause and row[2] > 0]
            ends = np.array([[labels.index(a), labels.index(b)] for a, b, _, _ in mine], np.int64).reshape(
                -1, 2
            )
            families.append(Family(cause, ends[:, 0], ends[:, 1], np.array([row[2] for row in mine])))
        groups = {
            "degraded": places_of(labels, degraded, "degraded"),
            "rejuvenating": places_of(labels, rejuvenating, "rejuvenating"),
        }
        first = None if start is None else index_of(labels, start, "start")
        numbers = None if levels is None else level_numbers(labels, levels)
        return cls(labels, tuple(families), down_places(labels, down), groups, first, levels=numbers)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        transitions = sum(len(family.rate) for family in self.families)
        return f"MarkovChain({len(self)} states, {transitions} transitions)"

    @cached_property
    def states(self) -> tuple[str, ...]:
        """Labels of the states, in order."""
        require_memory("The labels", 80.0 * len(self.labels), "Use the arrays instead of the labels.")
        return tuple(self.labels)

    @cached_property
    def flows(self) -> Flows:
        """All positive rates [1/h] as arrays."""
        if not self.families:
            none = np.zeros(0, np.int64)
            return Flows(len(self), none, none, np.zeros(0))
        origin, target, rate = (np.concatenate(parts) for parts in list(zip(*self.families, strict=True))[1:])
        return Flows(len(self), *map(read_only, (origin, target, rate)))

    @cached_property
    def generator(self) -> csr_array:
        """Infinitesimal generator Q [1/h], CSR, shape (states, states); rows sum to 0; read-only."""
        q = generator(self.flows)
        q.sort_indices()  # SciPy could not do so later
        q.data, q.indices, q.indptr = map(read_only, (q.data, q.indices, q.indptr))
        return q

    @cached_property
    def communicating_classes(self) -> tuple[CommunicatingClass, ...]:
        """All communicating classes, in the order of their first state."""
        label, closed = self._classes
        first = np.unique(label, return_index=True)[1]
        classes = []
        for k in np.argsort(first):
            members = np.flatnonzero(label == k)
            classes.append(
                CommunicatingClass(tuple(self.labels[s] for s in members.tolist()), bool(closed[k]))
            )
        return tuple(classes)

    @cached_property
    def _classes(self) -> tuple[Integers, NDArray[np.bool_]]:
        """Class number of each state, and which classes are recurrent."""
        from scipy.sparse.csgraph import connected_components

        flows = self.flows
        count, label = connected_components(adjacency(flows), directed=True, connection="strong")
        closed = np.ones(count, bool)
        closed[label[flows.origin[label[flows.origin] != label[flows.target]]]] = False
        return label.astype(np.int64), closed

    @cached_property
    def recurrent_states(self) -> Integers:
        """Places of the states of the one recurrent class (the one reached from ``start``, if given).

        Raises
        ------
        InvalidInputError
            If several classes are recurrent; the message names them.
        """
        if self.start is not None and len(self.flows.rate) <= _SMALL:
            seen = reachable(self.start, self.flows.origin, self.flows.target)
            if seen <= reachable(self.start, self.flows.target, self.flows.origin):
                return read_only(np.array(sorted(seen)))  # the start is recurrent: the usual case
        label, closed = self._classes
        reached = closed.copy()
        if self.start is not None and closed.sum() > 1:
            from scipy.sparse.csgraph import breadth_first_order

            seen = breadth_first_order(adjacency(self.flows), self.start, return_predecessors=False)
            reached &= np.isin(np.arange(len(closed)), label[seen])
        first = np.unique(label, return_index=True)[1]
        several = sorted(np.flatnonzero(reached), key=lambda k: first[k])
        if len(several) == 1:
            return read_only(np.flatnonzero(label == several[0]))
        names = [shown([self.labels[s] for s in np.flatnonzero(label == k)[:9]], 8) for k in several[:4]]
        more = "" if len(several) <= 4 else " and others"
        raise InvalidInputError(
            "transitions",
            f"{len(several)} recurrent classes: {{{'}, {'.join(names)}}}{more}",
            "the steady state is unique only with one recurrent class",
            "Add the missing transitions, or give start= to choose the class that is reached.",
        )

    def recurrent_flows(self) -> tuple[Integers, Flows]:
        """Return the recurrent class by itself.

        Returns
        -------
        tuple of ndarray and Flows
            Places of its states in the chain, and the rates [1/h] among them, renumbered.
        """
        members = self.recurrent_states
        number = np.full(len(self), -1)
        number[members] = np.arange(len(members))
        flows = self.flows
        inside = (number[flows.origin] >= 0) & (number[flows.target] >= 0)
        if inside.all() and len(members) == len(self):
            return members, flows
        inner = Flows(
            len(members), number[flows.origin[inside]], number[flows.target[inside]], flows.rate[inside]
        )
        return members, inner
