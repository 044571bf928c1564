"""Health that comes and goes, servers that only this side cannot reach: rows 6 and 24 of the fault list."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from forwarding import way
from kept import file_of, phases, refusals, server_of, starts, ticked
from rolling import World, world

from rejuvmodel.runtime.operating.status import is_loud
from rejuvmodel.runtime.runner import Runner

FLAPPING = Path(__file__).with_name("flapping_server.py")


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """Three servers for all tests of this file, whose health does as it is told."""
    with world(warm_up=0.2, server=FLAPPING) as one:
        yield one


@pytest.fixture
def one(shared: World) -> Iterator[World]:
    """The three servers, which are well and serve again after each test."""
    yield shared
    for name in shared.ports:
        mood(shared, name, "well")
    shared.put_back()


def mood(one: World, name: str, what: str) -> None:
    """Say how a server feels."""
    one.warmth.with_name(f"{one.warmth.name}.{one.ports[name]}").write_text(what, encoding="utf-8")


def test_6_health_that_flaps_takes_nobody_away(one: World, tmp_path: Path) -> None:
    """Every other answer is a bad one: nobody is lost, restarted or taken off the list."""
    before = starts(one)
    with Runner(file_of(one, tmp_path), by_policy=False) as runner:
        ticked(runner, "a full view", lambda found: runner.ready and found["serving"] == 3)
        mood(one, "s1", "every other")
        said: list[str] = []

        def enough(found: dict[str, object]) -> bool:
            said.append(server_of(found, "s1")["health"])
            assert set(phases(found).values()) == {"serving"}
            return said.count("unhealthy") > 20

        ticked(runner, "many bad answers", enough)
        assert "healthy" in said
        assert not is_loud(runner.status())
        server = one.balancer.view()["s1"]
        assert (server.admin, server.status[:2]) == ("ready", "UP")  # now and then UP 1/2: on its way down
    assert starts(one) == before


def test_6_a_server_that_is_ill_again_and_again_is_given_up(one: World, tmp_path: Path) -> None:
    """Two restarts are the cap: then it stays out and it is said; the others serve all the time."""
    before = starts(one)
    file = file_of(one, tmp_path, executor='restart_cap = 2\nrecover_attempts = 9\nrestart_timeout = "2 s"')
    with Runner(file, by_policy=False) as runner:
        ticked(runner, "a full view", lambda found: runner.ready and found["serving"] == 3)
        mood(one, "s1", "1.5")

        def out(found: dict[str, object]) -> bool:
            view = one.balancer.view()
            assert view["s2"].serving
            assert view["s3"].serving
            return phases(found)["s1"] == "out"

        found = ticked(runner, "the cap", out)
        assert any("cap" in alarm["text"] for alarm in found["loud"])
        for _ in range(20):
            runner.tick()
        after = starts(one)
        assert {name: after[name] - before[name] for name in after} == {"s1": 2, "s2": 0, "s3": 0}
        mood(one, "s1", "well")  # somebody has mended it
        ticked(runner, "its way back", lambda found: phases(found)["s1"] == "serving")
        assert starts(one) == after


def test_24_suspect_is_not_dead(one: World, tmp_path: Path) -> None:
    """A server that the balancer has up is not recovered, however long this side hears nothing of it."""
    before = starts(one)
    with way(one.ports["s1"]) as to_s1:
        file = file_of(
            one, tmp_path, health={"s1": f"http://127.0.0.1:{to_s1.port}/healthz"},
            more='[faults]\nheartbeat = "1 s"\n[policy]\nretry_after = "0.5 s"',
        )  # fmt: skip
        with Runner(file, by_policy=False) as runner:
            ticked(runner, "a full view", lambda found: runner.ready and found["serving"] == 3)
            to_s1.is_cut = True
            ticked(runner, "a suspect", lambda found: refusals(found).get("s1") == "suspect")
            runner.put({"ask": "roll"})
            for _ in range(40):
                runner.tick()
            found = runner.status()
            assert len(found["roll"]) == 3
            assert set(refusals(found)) == {"s1", "s2", "s3"}
            assert set(phases(found).values()) == {"serving"}
            assert found["serving"] == 2
            assert one.all_serve()
            assert starts(one) == before
            runner.put({"ask": "cancel"})
            runner.tick()
            to_s1.is_cut = False
            ticked(runner, "its answers", lambda found: found["serving"] == 3 and not refusals(found))
    assert starts(one) == before
