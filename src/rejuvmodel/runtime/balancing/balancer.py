"""Balancers (601 in the patent's figures): the list of available servers, drain, maintenance and weights.

A `Balancer` has two methods. ``view`` says what every server looks like now, as a `BalancerView`; ``hold``
makes the balancer agree with the wanted states, and says what it had to correct. There is no other way to
change anything: whoever wants a server drained puts `Wanted` with admin "drain" into the table and holds it
at every tick, because a balancer forgets what it was told when it is reloaded.

The order that loses no request, in these terms::

    hold {s: Wanted("drain")}   until view[s].drained       (deadline: back to Wanted("ready"))
    hold {s: Wanted("maint")}   until view[s].in_maintenance
    clean, restart, own health check holds
    hold {s: Wanted("ready")}   until view[s].serving        (a plain UP, not "UP 1/3")

A balancer that cannot be asked raises an `OutsideError`; nothing is guessed. Implementations:
`rejuvmodel.runtime.balancing.haproxy.HAProxyBalancer` and
`rejuvmodel.runtime.balancing.in_process_balancer.InProcessBalancer`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.outside.names import checked_name

#: What an operator may order: work as usual; take no new sessions; take none and check nothing.
Admin = Literal["ready", "drain", "maint"]
#: From the most available to the least.
ADMINS: tuple[Admin, ...] = ("ready", "drain", "maint")
#: The largest weight of HAProxy.
MOST_WEIGHT = 256


@dataclass(frozen=True, slots=True)
class BalancedServer:
    """One server as the balancer sees it; with two balancers, as the more doubtful of them sees it.

    Parameters
    ----------
    name : str
        The server.
    admin : str
        What was ordered: "ready", "drain" or "maint".
    status : str
        The balancer's own word for what it finds, such as "UP", "UP 1/3", "DOWN", "DRAIN", "MAINT".
    up : bool
        Whether every balancer that answers has it as a plain UP, neither rising nor falling.
    sessions : int
        Sessions on it now, and those queued for it alone, summed over the balancers.
    weight : int
        Its share of new sessions; the largest among the balancers.
    agreed : bool
        Whether all balancers have the same order and weight.
    split : bool
        Whether some balancers have it up and others do not.
    unseen : bool
        Whether it may have sessions that no balancer tells of, because one was reloaded a moment ago.
    """

    name: str
    admin: Admin
    status: str
    up: bool
    sessions: int
    weight: int
    agreed: bool = True
    split: bool = False
    unseen: bool = False

    @property
    def drained(self) -> bool:
        """Whether no balancer sends it new work and none has work on it."""
        return self.admin != "ready" and self.sessions == 0 and not self.unseen

    @property
    def in_maintenance(self) -> bool:
        """Whether every balancer has it in maintenance, with no session left."""
        return self.admin == "maint" and self.sessions == 0

    @property
    def serving(self) -> bool:
        """Whether it takes new work: ready, a plain UP, and of a weight above 0."""
        return self.admin == "ready" and self.up and self.weight > 0


@dataclass(frozen=True, slots=True)
class BalancerView:
    """What the balancers said at one moment.

    Parameters
    ----------
    servers : tuple of BalancedServer
        In the balancer's order.
    missing : tuple of str
        Balancers on whose socket no program listens; at least one other has answered. One that listens
        but does not answer is an error, not missing.
    """

    servers: tuple[BalancedServer, ...]
    missing: tuple[str, ...] = ()

    def __getitem__(self, name: str) -> BalancedServer:
        for server in self.servers:
            if server.name == name:
                return server
        raise KeyError(name)

    def __contains__(self, name: object) -> bool:
        return any(server.name == name for server in self.servers)

    @property
    def serving(self) -> tuple[str, ...]:
        """The available list: names of the servers that take new work."""
        return tuple(server.name for server in self.servers if server.serving)


@dataclass(frozen=True, slots=True)
class Wanted:
    """The state a server shall have.

    Parameters
    ----------
    admin : str
        "ready", "drain" or "maint".
    weight : int, optional
        From 0 (a spare) to 256; left as it is if not given.
    """

    admin: Admin
    weight: int | None = None

    def __post_init__(self) -> None:
        if self.admin not in ADMINS:
            raise InvalidInputError(
                "admin", shown(self.admin), 'admin is "ready", "drain" or "maint"', "Choose one of them."
            )
        whole = isinstance(self.weight, int) and not isinstance(self.weight, bool)
        if self.weight is not None and not (whole and 0 <= self.weight <= MOST_WEIGHT):
            rule = f"a weight is a whole number from 0 to {MOST_WEIGHT}"
            raise InvalidInputError("weight", shown(self.weight), rule, "Write 0 for a spare, 100 otherwise.")

    def differs(self, found: BalancedServer) -> bool:
        """Return whether a server is not in this state.

        Parameters
        ----------
        found : BalancedServer
            The server as one balancer sees it.

        Returns
        -------
        bool
            True if anything must be set.
        """
        return found.admin != self.admin or (self.weight is not None and found.weight != self.weight)


@dataclass(frozen=True, slots=True)
class Correction:
    """One thing that a balancer had to be told again.

    Parameters
    ----------
    balancer, server : str
        Which balancer, and which server.
    found, wanted : str
        In words, such as "ready, weight 100".
    """

    balancer: str
    server: str
    found: str
    wanted: str


class Balancer(Protocol):
    """Whatever spreads work over servers."""

    def view(self) -> BalancerView:
        """Return what every server looks like now.

        Returns
        -------
        BalancerView
            All servers of the backend.

        Raises
        ------
        OutsideError
            If any balancer is in doubt, or none answers.
        """
        ...

    def hold(self, wanted: Mapping[str, Wanted]) -> tuple[Correction, ...]:
        """Make every balancer agree with the wanted states; to be called at every tick.

        Parameters
        ----------
        wanted : mapping of str to Wanted
            Servers by name; those not named are left alone.

        Returns
        -------
        tuple of Correction
            What had to be set, confirmed by the balancer itself; empty if all was as wanted.

        Raises
        ------
        OutsideError
            If any balancer is in doubt, none answers, one does not know a server, or one refuses.
        """
        ...


def checked_wanted(wanted: Mapping[str, Wanted]) -> dict[str, Wanted]:
    """Return a copy of a table of wanted states with its names checked.

    Parameters
    ----------
    wanted : mapping of str to Wanted
        Servers by name.

    Returns
    -------
    dict
        The same.

    Raises
    ------
    InvalidInputError
        If a name could carry a command, or a value is no `Wanted`.
    """
    for name, state in wanted.items():
        checked_name("server", name)
        if not isinstance(state, Wanted):
            raise InvalidInputError(
                f"wanted[{shown(name)}]", shown(state), "a wanted state is a Wanted", 'Write Wanted("drain").'
            )
    return dict(wanted)


def in_words(admin: str, weight: int | None) -> str:
    """Return a state as words for a log.

    Parameters
    ----------
    admin : str
        "ready", "drain" or "maint".
    weight : int or None
        The weight, if it matters.

    Returns
    -------
    str
        Such as "ready, weight 100".
    """
    return admin if weight is None else f"{admin}, weight {weight}"
