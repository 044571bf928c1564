"""Between the outside world and the controller: what was seen, as its views; what it wants, as orders.

Nothing is decided here and nothing is asked. A balancer view that could not be had, a sample that is too old
and balancers that disagree all become None or unknown, which the controller takes for "do nothing".
"""

from __future__ import annotations

from collections.abc import Mapping

from rejuvmodel.runtime.balancing.balancer import BalancedServer, BalancerView, Wanted
from rejuvmodel.runtime.deciding.states import Admission, Condition, Health
from rejuvmodel.runtime.deciding.views import ServerView
from rejuvmodel.runtime.watching.collector import Assessment
from rejuvmodel.runtime.watching.identity import Identity
from rejuvmodel.runtime.watching.samples import Sample

_ADMISSIONS = {"drain": Admission.DRAIN, "maint": Admission.MAINTENANCE}
_HEALTH = {"healthy": Health.HEALTHY, "unhealthy": Health.UNHEALTHY, "gone": Health.UNHEALTHY}


def server_views(
    balancers: BalancerView | None, assessments: Mapping[str, Assessment], now: float, max_age: float
) -> dict[str, ServerView]:
    """Return what the controller is told of each server.

    Parameters
    ----------
    balancers : BalancerView or None
        What the balancers said; None if they could not be asked.
    assessments : mapping of str to Assessment
        What the collector made of the samples, by server.
    now : float
        The time [s], on the clock of the samples.
    max_age : float
        How old a sample may be [s].

    Returns
    -------
    dict of str to ServerView
        One for each assessment.
    """
    balanced = {} if balancers is None else {one.name: one for one in balancers.servers}
    return {name: _server_view(balanced.get(name), one, now, max_age) for name, one in assessments.items()}


def orders(admissions: Mapping[str, Admission], weights: Mapping[str, int | None]) -> dict[str, Wanted]:
    """Return what the balancers are to be held to.

    Parameters
    ----------
    admissions : mapping of str to Admission
        What the controller wants, by server.
    weights : mapping of str to int or None
        The weight of each server while it serves, from 1 to 256; None leaves it as the balancer has it.

    Returns
    -------
    dict of str to Wanted
        For `Balancer.hold`. The weight is set where it matters: 0 for a spare, its own for a server that
        shall serve; one that leaves keeps what it has.
    """
    found = {}
    for name, admission in admissions.items():
        if admission is Admission.READY:
            found[name] = Wanted("ready", weights[name])
        elif admission is Admission.SPARE:
            found[name] = Wanted("ready", 0)
        else:
            found[name] = Wanted("drain" if admission is Admission.DRAIN else "maint")
    return found


def identity_text(identity: Identity | None) -> str | None:
    """Return an identity as the text that the controller and the journal compare.

    Parameters
    ----------
    identity : Identity or None
        A process.

    Returns
    -------
    str or None
        Such as ``"4711@81234.56"``; None for none.
    """
    return None if identity is None else f"{identity.pid}@{identity.started!r}"


def _server_view(balanced: BalancedServer | None, one: Assessment, now: float, max_age: float) -> ServerView:
    """Return the view of one server."""
    sample = one.last
    if sample is None or now - sample.at > max_age:
        sample = Sample(one.server, now, "unknown")
    return ServerView(
        health=_HEALTH.get(sample.answer, Health.UNKNOWN),
        up=None if balanced is None or balanced.split else balanced.up,
        admission=_admission(balanced),
        sessions=None if balanced is None or balanced.unseen else balanced.sessions,
        condition=Condition(one.state),
        identity=identity_text(sample.identity),
        uptime=sample.uptime,
        load=sample.load,
        evidence="; ".join(one.evidence),
        at=None if one.last is None else one.last.at,
        memory=sample.memory,
    )


def _admission(balanced: BalancedServer | None) -> Admission | None:
    """Return what all balancers have been told; None if they differ or were not asked."""
    if balanced is None or not balanced.agreed:
        return None
    ready = Admission.READY if balanced.weight > 0 else Admission.SPARE
    return _ADMISSIONS.get(balanced.admin, ready)
