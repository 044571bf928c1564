"""Whom the runtime may take away, and when it gives up: rows 9, 10 and 15 of the acceptance list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from kept import asked, file_of, phases, refusals, running, starts, ticked
from load import load
from long_request import Long
from rolling import NAMES, World, world
from watching_haproxy import watched

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.operating.status import is_loud
from rejuvmodel.runtime.runner import Runner

#: A server that has leaked so much is over the threshold; what the load leaks is not.
LEAK = "/leak/60000000"
POLICY = """
[policy]
confirm_for = "0 s"
[thresholds]
memory = 5e7
unstable_after = 1
normal_after = 1
"""


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """Three servers for all tests of this file."""
    with world(warm_up=0.2) as one:
        yield one


@pytest.fixture
def one(shared: World) -> Iterator[World]:
    """The three servers, which serve again after each test."""
    yield shared
    shared.put_back()


def test_9_all_over_the_threshold_leave_one_after_another(one: World, tmp_path: Path) -> None:
    """The one unstable longest first, two always serve, each is restarted once, and nothing is lost."""
    order = ("s3", "s1", "s2")
    before = starts(one)
    with load(one.proxy.port) as traffic, running(file_of(one, tmp_path, more=POLICY)) as runner:
        asked(runner, ask="pause")
        for name in order:
            assert one.get(LEAK, name=name) == 200
            one.wait("a watch", lambda name=name: phases(runner.status())[name] == "watched")
        one.wait("all three due", lambda: refusals(runner.status()) == dict.fromkeys(NAMES, "paused"))
        gone: list[str] = []
        with watched(one.balancer) as counts:
            asked(runner, ask="resume")
            while len(gone) < len(order) or set(phases(runner.status()).values()) != {"serving"}:
                status = runner.status()
                away = [one["name"] for one in status["servers"] if one["admission"] != "ready"]
                assert len(away) <= 1
                gone += [name for name in away if name not in gone]
                one.wait("a tick", lambda at=status["at"]: runner.status()["at"] != at)
        assert tuple(gone) == order
        assert min(counts) == 2
        assert not is_loud(runner.status())
    assert traffic.lost == {}
    after = starts(one)
    assert {name: after[name] - before[name] for name in NAMES} == dict.fromkeys(NAMES, 1)


def test_10_a_single_server_leaves_only_by_name(one: World, tmp_path: Path) -> None:
    """Its file is refused with the reason; in simplex operation it is restarted, and nobody serves."""
    with pytest.raises(InvalidInputError, match=r"group\.required in .* simplex operation"):
        file_of(one, tmp_path, required=0, names=["s1"])
    before = starts(one)
    file = file_of(one, tmp_path, required=0, group="simplex = true", names=["s1"])
    with Runner(file, by_policy=False) as runner:
        ticked(runner, "a full view", lambda _: runner.ready)
        runner.put({"ask": "rejuvenate", "servers": ["s1"]})
        ticked(runner, "nobody", lambda found: found["serving"] == 0)
        ticked(runner, "its end", lambda found: runner.idle and found["serving"] == 1)
    assert starts(one)["s1"] == before["s1"] + 1


def test_10_the_last_of_two_waits_for_the_first(one: World, tmp_path: Path) -> None:
    """Two may be away at a time, but somebody has to serve: the second leaves when the first is back."""
    file = file_of(one, tmp_path, required=0, group="max_concurrent = 2", names=["s1", "s2"])
    before = starts(one)
    with Runner(file, by_policy=False) as runner:
        ticked(runner, "a full view", lambda _: runner.ready)
        runner.put({"ask": "roll"})
        seen = set()

        def over(status: dict[str, object]) -> bool:
            seen.update(refusals(status).values())
            view = one.balancer.view()
            assert any(view[name].serving for name in ("s1", "s2"))
            return runner.idle

        ticked(runner, "a roll", lambda found: found["roll"])
        ticked(runner, "its end", over)
    assert seen == {"last server"}
    after = starts(one)
    assert {name: after[name] - before[name] for name in NAMES} == {"s1": 1, "s2": 1, "s3": 0}


def test_15_a_request_that_takes_too_long_is_not_cut(one: World, tmp_path: Path) -> None:
    """At the deadline of the drain the server goes back to work, nothing is restarted, and it is said."""
    file = file_of(one, tmp_path, balancer='drain_timeout = "0.3 s"')
    before = starts(one)
    request = Long(one, 3.0)
    with Runner(file, by_policy=False) as runner:
        ticked(runner, "a full view", lambda _: runner.ready)
        runner.put({"ask": "rejuvenate", "servers": [request.server]})
        ticked(runner, "its drain", lambda _: one.balancer.view()[request.server].admin == "drain")
        status = ticked(runner, "its way back", lambda found: phases(found)[request.server] == "serving")
        assert one.balancer.view()[request.server].serving
        assert one.balancer.view()[request.server].sessions == 1
        assert [alarm["server"] for alarm in status["loud"]] == [request.server]
        assert "not drained in time" in status["loud"][0]["text"]
        status = ticked(runner, "its rest", refusals)
        assert refusals(status) == {request.server: "resting"}
        runner.put({"ask": "cancel"})
        runner.tick()
        assert request.end() == 200
    assert starts(one) == before


def test_15_a_request_that_takes_too_long_is_cut_by_force(one: World, tmp_path: Path) -> None:
    """Where it is configured, the restart comes at the deadline of the drain."""
    file = file_of(one, tmp_path, balancer='drain_timeout = "0.3 s"\nforce = true')
    before = starts(one)
    request = Long(one, 8.0)
    with Runner(file, by_policy=False) as runner:
        ticked(runner, "a full view", lambda _: runner.ready)
        runner.put({"ask": "rejuvenate", "servers": [request.server]})
        ticked(runner, "a roll", lambda found: found["roll"])
        ticked(runner, "its end", lambda _: runner.idle)
    assert request.end() != 200
    after = starts(one)
    assert {name: after[name] - before[name] for name in NAMES} == {
        n: int(n == request.server) for n in NAMES
    }
