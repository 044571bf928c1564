"""What the controller is told of the outside world, and what its wishes become."""

from __future__ import annotations

from dataclasses import replace

import pytest
from haproxies import haproxy

from rejuvmodel.runtime.balancing.balancer import BalancedServer, BalancerView, Wanted
from rejuvmodel.runtime.balancing.haproxy import HAProxyBalancer
from rejuvmodel.runtime.balancing.in_process_balancer import InProcessBalancer
from rejuvmodel.runtime.deciding.states import Admission, Condition, Health
from rejuvmodel.runtime.deciding.views import UNSEEN, ServerView
from rejuvmodel.runtime.watching.collector import Assessment
from rejuvmodel.runtime.watching.identity import Identity
from rejuvmodel.runtime.watching.observing import identity_text, orders, server_views
from rejuvmodel.runtime.watching.samples import Sample

SAMPLE = Sample("s1", 10.0, "healthy", load=0.5, uptime=60.0, identity=Identity(7, 1.25))
ONE = Assessment("s1", "unstable", ("memory is 9, the limit 8", "load is 1, the limit 0.9"), last=SAMPLE)
BALANCED = BalancedServer("s1", "ready", "UP", True, 3, 100)


def view(balanced: BalancedServer | None, one: Assessment = ONE, now: float = 11.0) -> ServerView:
    balancers = None if balanced is None else BalancerView((balanced,))
    return server_views(balancers, {"s1": one}, now, 5.0)["s1"]


def test_row_24_balancers_that_differ() -> None:
    """A server that one balancer has up and the other has not is neither up nor down."""
    seen = BalancedServer("s1", "ready", "DOWN", False, 0, 100)
    assert view(seen).up is False
    assert view(replace(seen, split=True)).up is None


def test_everything_that_is_seen_is_told() -> None:
    """Health and values come from the sample, the judgement from the collector, the rest elsewhere."""
    assert view(BALANCED) == ServerView(
        health=Health.HEALTHY,
        up=True,
        admission=Admission.READY,
        sessions=3,
        condition=Condition.UNSTABLE,
        identity="7@1.25",
        uptime=60.0,
        load=0.5,
        evidence="memory is 9, the limit 8; load is 1, the limit 0.9",
        at=10.0,
    )


@pytest.mark.parametrize("balancers", [None, BalancerView(())])
def test_18_balancers_that_could_not_be_asked_leave_it_unknown(balancers: BalancerView | None) -> None:
    """Without a balancer's word on it a server is neither up nor down, and told nothing."""
    found = server_views(balancers, {"s1": ONE}, 11.0, 5.0)["s1"]
    assert (found.up, found.admission, found.sessions) == (None, None, None)
    assert not found.serves
    assert not found.is_dead


def test_balancers_that_disagree_leave_the_order_unknown() -> None:
    """Two orders are none."""
    differing = BalancedServer("s1", "ready", "UP", True, 3, 100, agreed=False)
    assert view(differing).admission is None


def test_13_an_old_sample_tells_nothing() -> None:
    """A sample beyond its age has neither health nor values nor a process."""
    found = view(BALANCED, now=15.1)
    assert (found.health, found.load, found.uptime, found.identity) == (Health.UNKNOWN, None, None, None)
    assert view(BALANCED, now=15.0).health is Health.HEALTHY


def test_nothing_seen_is_nothing_told() -> None:
    """A server before its first sample is the controller's unseen one, but for the words."""
    assert view(None, Assessment("s1")) == ServerView(evidence="no sample yet")
    assert ServerView() == UNSEEN


@pytest.mark.parametrize(
    ("answer", "health"),
    [("healthy", Health.HEALTHY), ("unhealthy", Health.UNHEALTHY), ("gone", Health.UNHEALTHY),
     ("unknown", Health.UNKNOWN)],
)  # fmt: skip
def test_every_answer_has_its_health(answer: str, health: Health) -> None:
    """What is gone is not well; what is in doubt is unknown."""
    one = Assessment("s1", last=Sample("s1", 10.0, answer))  # type: ignore[arg-type]
    assert view(BALANCED, one).health is health


def test_the_states_of_the_collector_are_those_of_the_controller() -> None:
    """Each state of the one is a condition of the other, by the same word."""
    for state in ("normal", "unstable", "failed", "in transition", "unknown"):
        assert view(BALANCED, Assessment("s1", state)).condition is Condition(state)  # type: ignore[arg-type]
    assert len(Condition) == 5


@pytest.mark.parametrize("kind", ["haproxy", "in process"])
def test_what_is_ordered_is_seen(kind: str) -> None:
    """Each wish of the controller, held by a balancer, comes back as the same word in its view."""
    wishes = dict(zip(("s1", "s2", "s3", "s4"), Admission, strict=True))
    wanted = orders(wishes, dict.fromkeys(wishes, 100))
    assert wanted["s2"] == Wanted("ready", 0)
    assessments = {name: Assessment(name) for name in wishes}
    if kind == "in process":
        inner = InProcessBalancer(wishes)
        inner.hold(wanted)
        seen = server_views(inner.view(), assessments, 0.0, 1.0)
    else:
        with haproxy([1, 2, 3, 4]) as proxy:
            real = HAProxyBalancer([proxy.socket], "app")
            real.hold(wanted)
            seen = server_views(real.view(), assessments, 0.0, 1.0)
    assert {name: one.admission for name, one in seen.items()} == wishes


def test_identities_are_compared_as_text() -> None:
    """Another process, or another begin, is another text."""
    texts = {identity_text(Identity(*one)) for one in ((7, 1.0), (8, 1.0), (7, 1.01))}
    assert len(texts) == 3
    assert identity_text(None) is None
