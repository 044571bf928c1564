"""Balancers that forget, die and come in pairs: rows 17 and 18 of the acceptance list, on a whole runner."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from haproxies import haproxy
from hostile_server import answering, dripping, endless, saying, silent
from kept import asked, file_of, phases, refusals, running, starts, ticked
from load import load
from rolling import NAMES, World, world

from rejuvmodel.runtime.balancing.haproxy import HAProxyBalancer
from rejuvmodel.runtime.deciding.states import WANTED, Admission, Phase
from rejuvmodel.runtime.operating.status import is_loud
from rejuvmodel.runtime.runner import Runner

#: What HAProxy calls what is wanted.
_ADMIN = {Admission.READY: "ready", Admission.DRAIN: "drain", Admission.MAINTENANCE: "maint"}
#: Answers that no HAProxy gives.
MAD = {
    "garbage": saying(b"\x00\xff\n\n\x1b[2J" * 100),
    "an answer cut off": saying(b"# pxname,svname,status\napp,s1,UP\n"),
    "another program's": saying(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
    "without end": endless(b"app,s1,UP,0,0,100\n" * 4096, most=2**24),
    "a slow drip": dripping(b"# pxname", most=1.0),
    "silence": silent(0.5),
}
#: A server that was called back may be tried again soon.
POLICY = '[policy]\nretry_after = "0.1 s"'


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


def test_17_a_balancer_that_is_reloaded_during_a_roll(one: World, tmp_path: Path) -> None:
    """In every phase HAProxy has what is wanted again one tick later, and the server is restarted once."""
    before, phase = starts(one), "serving"
    met = set()
    with Runner(file_of(one, tmp_path, more=POLICY), by_policy=False) as runner:
        ticked(runner, "a full view", lambda _: runner.ready)
        runner.put({"ask": "rejuvenate", "servers": ["s1"]})
        while "joining" not in met:
            status = ticked(runner, "its next phase", lambda found, last=phase: phases(found)["s1"] != last)
            met.add(phases(status)["s1"])
            one.proxy.reload()
            one.wait("the others up", lambda: {"s2", "s3"} <= set(one.balancer.view().serving))
            assert one.balancer.view()["s1"].admin == "ready"  # it has forgotten
            runner.tick()
            phase = phases(runner.status())["s1"]
            assert one.balancer.view()["s1"].admin == _ADMIN[WANTED[Phase(phase)]], phase
            met.add(phase)
        ticked(runner, "the end", lambda found: runner.idle and not found["roll"])
    assert met >= {"draining", "parking", "restarting", "warming", "joining"}
    assert starts(one) == {**before, "s1": before["s1"] + 1}


@pytest.mark.parametrize("phase", ["draining", "parking", "warming"])
def test_18_a_balancer_that_dies_during_a_roll(one: World, tmp_path: Path, phase: str) -> None:
    """Nothing is restarted whose drain nobody confirms, nothing new begins, and it goes on with it."""
    before = starts(one)
    with Runner(file_of(one, tmp_path, more=POLICY), by_policy=False) as runner:
        ticked(runner, "a full view", lambda _: runner.ready)
        runner.put({"ask": "roll"})
        status = ticked(runner, phase, lambda found: phase in phases(found).values())
        (first,) = [name for name in NAMES if phases(status)[name] == phase]
        one.proxy.kill()
        for _ in range(10):
            runner.tick()
        assert is_loud(runner.status())
        assert "nobody listens" in " ".join(runner.status()["problems"])
        done = int(phase == "warming")
        assert starts(one) == {**before, first: before[first] + done}
        ticked(runner, "its way back", lambda found: phases(found)[first] == "joining")
        assert {phases(runner.status())[name] for name in NAMES if name != first} == {"serving"}
        one.proxy.begin()
        ticked(runner, "its new life", lambda found: first not in found["roll"])
        runner.put({"ask": "cancel"})
        ticked(runner, "the end", lambda _: runner.idle)
        assert not is_loud(runner.status())
    assert starts(one)[first] == before[first] + 1


def test_18_a_balancer_that_stands_still_during_a_roll(one: World, tmp_path: Path) -> None:
    """It listens and does not answer: nothing is restarted, and late orders harm nobody."""
    before = starts(one)
    file = file_of(one, tmp_path, balancer='timeout = "0.2 s"', more=POLICY)
    with load(one.proxy.port) as traffic, running(file, by_policy=False) as runner:
        asked(runner, "s1")
        one.wait("a drain", lambda: phases(runner.status())["s1"] != "serving")
        one.proxy.process.send_signal(signal.SIGSTOP)
        try:
            one.wait("the problem", lambda: runner.status()["problems"])
            at = runner.status()["at"]
            one.wait("more ticks", lambda: runner.status()["at"] > at, times=5)
        finally:
            one.proxy.process.send_signal(signal.SIGCONT)
        one.wait("the end", lambda: runner.idle)
        one.wait("all three", lambda: one.balancer.view().serving == NAMES)
        assert not is_loud(runner.status())
    assert traffic.lost == {}
    assert starts(one) == {**before, "s1": before["s1"] + 1}


def test_18_a_balancer_that_goes_mad_during_a_roll(one: World, tmp_path: Path) -> None:
    """Whatever it answers, nothing is restarted and nobody is taken away; the roll goes on with it."""
    before, path = starts(one), Path(one.proxy.socket)
    with Runner(file_of(one, tmp_path, balancer='timeout = "0.3 s"', more=POLICY), by_policy=False) as runner:
        ticked(runner, "a full view", lambda _: runner.ready)
        runner.put({"ask": "rejuvenate", "servers": ["s1"]})
        ticked(runner, "a drain", lambda found: phases(found)["s1"] == "draining")
        one.proxy.kill()
        for kind, answer in MAD.items():
            path.unlink(missing_ok=True)
            with answering(answer, path):
                runner.tick()
                (problem, *_) = runner.status()["problems"]
                assert problem.startswith(f"balancer: {path}"), kind
                assert len(problem) < 500
                assert problem.isprintable()
                assert phases(runner.status()) == {"s1": "joining", "s2": "serving", "s3": "serving"}
        path.unlink(missing_ok=True)
        assert starts(one) == before
        one.proxy.begin()
        ticked(runner, "the end", lambda found: runner.idle and not found["roll"])
        assert not is_loud(runner.status())
    assert starts(one) == {**before, "s1": before["s1"] + 1}


def test_two_balancers_lose_nothing_and_one_alone_begins_nothing(one: World, tmp_path: Path) -> None:
    """Load over both: a server leaves when both have drained it. When one is killed, what is begun ends."""
    before = starts(one)
    with haproxy(list(one.ports.values())) as second:
        both = HAProxyBalancer([one.proxy.socket, second.socket], "app")
        one.wait("both up", lambda: both.view().serving == NAMES)
        file = file_of(one, tmp_path, sockets=[one.proxy.socket, second.socket], more=POLICY)
        with load(one.proxy.port) as traffic, running(file, by_policy=False) as runner:
            with load(second.port) as more:
                asked(runner, ask="roll")
                one.wait("a restart", lambda: starts(one) != before)
                begun = starts(one)
                one.wait("its end", lambda: len(runner.status()["roll"]) == 2)
                one.wait("the next one", lambda: runner.status()["away"])
                assert more.lost == {}
            second.kill()
            one.wait("the rest at rest", lambda: runner.at_rest and runner.status()["problems"])
            stopped = starts(one)
            assert sum(stopped.values()) - sum(begun.values()) <= 1
            one.wait("the refusals", lambda: set(refusals(runner.status()).values()) == {"blocked"})
            at = runner.status()["at"]
            one.wait("more ticks", lambda: runner.status()["at"] > at, times=5)
            assert phases(runner.status()) == dict.fromkeys(NAMES, "serving")
            assert starts(one) == stopped
            assert one.balancer.view().serving == NAMES
            second.begin()
            with load(second.port) as again:
                one.wait("the whole roll", lambda: runner.idle)
            assert again.lost == {}
            assert not is_loud(runner.status())
        assert traffic.lost == {}
        assert traffic.sent > 200
    after = starts(one)
    assert {name: after[name] - before[name] for name in NAMES} == dict.fromkeys(NAMES, 1)
