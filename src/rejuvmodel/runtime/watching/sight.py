"""One look at a whole group: samples, judged by the collector, and what the balancers say, as one view."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace

from rejuvmodel.runtime.balancing.balancer import Balancer, BalancerView
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.states import Health
from rejuvmodel.runtime.deciding.views import GroupView
from rejuvmodel.runtime.operating.attention import Attention
from rejuvmodel.runtime.outside.failures import OutsideError
from rejuvmodel.runtime.watching.collector import Assessment, assess
from rejuvmodel.runtime.watching.monitor import Monitor
from rejuvmodel.runtime.watching.observing import server_views
from rejuvmodel.runtime.watching.sampling import Sampling


@dataclass(frozen=True, slots=True)
class Sight:
    """What was seen at one moment.

    Parameters
    ----------
    view : GroupView
        For the controller.
    assessments : mapping of str to Assessment
        What the collector made of the samples.
    answered : bool
        Whether every balancer answered, and every server has been looked at since the beginning.
    balanced : BalancerView or None
        What the balancers said; None if they could not be asked.
    """

    view: GroupView
    assessments: Mapping[str, Assessment]
    answered: bool
    balanced: BalancerView | None = None

    def amended(self, doubtful: Iterable[str], blocked: str | None) -> Sight:
        """Return the same with what only the loop knows.

        Parameters
        ----------
        doubtful : iterable of str
            Servers that a command may still end, however well they look.
        blocked : str or None
            Why nothing new may begin.

        Returns
        -------
        Sight
            What the controller is told.
        """
        seen = {**self.view.servers}
        for name in doubtful:
            seen[name] = replace(seen[name], health=Health.UNKNOWN)
        return replace(self, view=GroupView(seen, blocked))


class Watch:
    """Looks at the servers of a group.

    Parameters
    ----------
    file : RuntimeFile
        The file.
    balancer : Balancer
        Who spreads the work.
    monitors : mapping of str to Monitor
        By server.
    attention : Attention
        Where it is said that a balancer does not answer.
    """

    def __init__(
        self, file: RuntimeFile, balancer: Balancer, monitors: Mapping[str, Monitor], attention: Attention
    ) -> None:
        self._file = file
        self._balancer = balancer
        self._attention = attention
        self._sampling = Sampling(monitors)
        self._assessments = {name: Assessment(name) for name in monitors}

    def look(self, away: Collection[str], patience: float) -> Sight:
        """Look at everything once.

        Parameters
        ----------
        away : collection of str
            Servers that are being restarted: nothing that they show is held against them.
        patience : float
            How long to wait for the servers' answers [s].

        Returns
        -------
        Sight
            What was seen.
        """
        samples = self._sampling.newest(patience)
        now, rules = time.monotonic(), self._file.rules
        self._assessments = {
            name: assess(before, samples.get(name), now, rules, in_transition=name in away)
            for name, before in self._assessments.items()
        }
        balanced, trouble = self._balanced()
        self._attention.problem("balancer", trouble)
        self._attention.problem("executor", self._nameless())
        servers = server_views(balanced, self._assessments, now, rules.max_age)
        if self._file.connections.executor.type == "dry-run":  # nothing is restarted, so no life is mistaken
            servers = {
                name: replace(one, identity=one.identity or "dry run") for name, one in servers.items()
            }
        looked = all(one.last is not None for one in self._assessments.values())
        return Sight(GroupView(servers, trouble), self._assessments, trouble is None and looked, balanced)

    def _nameless(self) -> str | None:
        """Say of which server nobody knows the process: it could be restarted twice, so it never is."""
        if self._file.connections.executor.type == "dry-run":
            return None
        asked = {one.name for one in self._file.group.servers if one.health}
        for name, one in self._assessments.items():
            sample = one.last
            if sample is None or sample.identity is not None or sample.answer == "gone":
                continue
            if sample.answer != "unknown" or name not in asked:  # else its own answer is what is missing
                why = "; ".join(sample.doubts) or "neither executor nor health body says it"
                return f"which process {name} is is not known ({why}). It is not restarted"
        return None

    def _balanced(self) -> tuple[BalancerView | None, str | None]:
        """What the balancers say, and what is wrong with them."""
        try:
            view = self._balancer.view()
        except OutsideError as problem:
            return None, str(problem)
        if view.missing:
            return view, f"{', '.join(view.missing)}: nobody listens there. Nothing new begins."
        listed = {one.name for one in view.servers}
        unlisted = [name for name in self._assessments if name not in listed]
        if unlisted:
            return view, f"it does not have the server {unlisted[0]}. Check the names on both sides."
        return view, None

    def close(self) -> None:
        """Stop looking."""
        self._sampling.close()
