"""TimedChain: a Markov chain, and at most one clock beside it whose law need not be exponential.

Every state is left after an exponential sojourn, or when the clock expires, whichever comes first. The clock
is set anew on entry into some states, runs on through others, and its expiry is a transition of its own. A
chain without a clock is any `MarkovChain`; a cluster with a trigger is the chain without rejuvenation and a
clock:

* "unstable": set on entry into u_i, runs there, and leads to r_i;
* "service": set on entry into a normal state i, runs there and in u_i, and leads to r_i.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.markov.chain import MarkovChain
from rejuvmodel.markov.flows import Family, Flows, reachable
from rejuvmodel.models.cluster import Cluster
from rejuvmodel.models.pool import Pool
from rejuvmodel.models.reactive import Reactive
from rejuvmodel.models.trigger import Trigger
from rejuvmodel.state_labels import index_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Booleans = NDArray[np.bool_]


class Law(Protocol):
    """A law of waits that can be drawn from."""

    def sample(self, rng: np.random.Generator, size: int) -> Floats:
        """Draw waits [h]."""


@dataclass(frozen=True, eq=False)
class Clock:
    """A clock: the law it is set to, where it is set, where it runs, and where its expiry leads."""

    law: Law
    mean: float
    set_in: Booleans
    runs_in: Booleans
    leads_to: Integers


@dataclass(frozen=True, eq=False)
class TimedChain:
    """A chain and the clock beside it, if there is one."""

    chain: MarkovChain
    clock: Clock | None

    @property
    def paths(self) -> MarkovChain:
        """All transitions that can happen, those of the clock at a made-up rate: which state leads where."""
        if self.clock is None or np.isinf(self.clock.mean):
            return self.chain
        origin = np.flatnonzero(self.clock.runs_in)
        expiry = Family("rejuvenation", origin, self.clock.leads_to[origin], np.ones(len(origin)))
        at_once = self.clock.runs_in if self.clock.mean == 0 else np.zeros(len(self.chain), bool)
        others = [_without(family, at_once) for family in self.chain.families]
        chain = self.chain
        return MarkovChain(chain.labels, (*others, expiry), chain.down, chain.groups, chain.start)

    @property
    def flows(self) -> Flows:
        """The exponential transitions."""
        return self.chain.flows

    def sojourns(self) -> Floats:
        """Return the longest that the mean sojourn [h] of each state can be."""
        leaving = np.bincount(self.flows.origin, self.flows.rate, minlength=len(self.chain))
        with np.errstate(divide="ignore"):
            mean = 1.0 / leaving
        if self.clock is None:
            return mean
        return np.where(self.clock.runs_in, np.fmin(mean, self.clock.mean), mean)

    def reached(self, start: int) -> Booleans:
        """Tell which states can be entered from one."""
        paths = self.paths
        seen = reachable(start, paths.flows.origin, paths.flows.target)
        return np.isin(np.arange(len(paths)), sorted(seen))

    def mission_start(self, label: object) -> int:
        """Return the state in which a mission starts: the one named, or else that of the model."""
        if label is not None:
            place = index_of(self.chain.labels, label, "start")
            clock = self.clock
            if clock is not None and clock.runs_in[place] and not clock.set_in[place]:
                raise InvalidInputError(
                    "start", shown(label), "in this state the clock from service start has been running",
                    "Start in a state that is not unstable.",
                )  # fmt: skip
            return place
        if self.chain.start is None:
            raise InvalidInputError(
                "model", repr(self.chain), "a mission needs a state to start in, and this chain names none",
                "Give start= here or when building the chain.",
            )  # fmt: skip
        return self.chain.start


def timed_chain(model: Any) -> TimedChain:
    """Return what is to be simulated of a model."""
    if isinstance(model, MarkovChain):
        return TimedChain(model, None)
    if isinstance(model, Pool):
        return TimedChain(model.chain(), None)
    if not isinstance(model, Cluster | Reactive):
        raise InvalidInputError(
            "model", shown(model), "a model is a Cluster, a Pool, a Reactive or a MarkovChain",
            "Build one first.",
        )  # fmt: skip
    if model.shape:
        raise InvalidInputError(
            "model", f"a grid of shape {model.shape}", "a simulation plays one cluster",
            "Simulate cluster[index], one point at a time.",
        )  # fmt: skip
    if isinstance(model, Cluster) and model.trigger is not None:
        return _triggered(model, model.trigger)
    return TimedChain(model.chain(), None)


def _triggered(cluster: Cluster, trigger: Trigger) -> TimedChain:
    law = trigger.law
    if not callable(getattr(law, "sample", None)):
        raise InvalidInputError(
            "trigger.law", shown(law), "a simulation draws the waits of a trigger from its law",
            "Give the law a method sample(rng, size) that returns waits in hours.",
        )  # fmt: skip
    chain = Cluster(cluster.servers, cluster.rates.replace(rejuvenation=0.0)).chain()
    n = cluster.servers
    level, leads_to = np.arange(n), np.full(len(chain), -1)
    normal, unstable, rejuvenating = level, level + n + 1, level + 2 * n + 1
    leads_to[normal] = leads_to[unstable] = rejuvenating
    set_in, runs_in = np.zeros((2, len(chain)), bool)
    set_in[unstable if trigger.clock == "unstable" else normal] = True
    runs_in[unstable] = True
    runs_in[normal] = trigger.clock == "service"
    mean = np.nan if trigger.mean is None else float(trigger.mean)
    return TimedChain(chain, Clock(law, mean, set_in, runs_in, leads_to))


def _without(family: Family, origins: Booleans) -> Family:
    keep = ~origins[family.origin]
    return Family(family.cause, family.origin[keep], family.target[keep], family.rate[keep])
