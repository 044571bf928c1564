"""What cannot be known is not acted on: rows 13 and 14 of the acceptance list, and parts that are silent."""

from __future__ import annotations

import json
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from free_ports import held_ports
from hostile_server import Answer, answering, dripping, endless, saying, silent
from kept import file_of, phases, refusals, running, server_of, starts, ticked
from rolling import NAMES, World, world

from rejuvmodel.runtime.acting import blackout
from rejuvmodel.runtime.operating import attention
from rejuvmodel.runtime.operating.status import is_loud
from rejuvmodel.runtime.runner import Runner

POLICY = """
[policy]
confirm_for = "0 s"
[thresholds]
load = 0.5
unstable_after = 1
normal_after = 1
max_age = "5 s"
"""
HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: "


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


def body(data: bytes) -> Answer:
    """A healthy answer with this body."""
    return saying(HEAD + b"%d\r\n\r\n" % len(data) + data)


def values(**given: object) -> Answer:
    """A healthy answer with these values."""
    return body(json.dumps(given).encode())


#: Answers of a health endpoint, and a word of the doubt that they raise.
HOSTILE = {
    "NaN": (body(b'{"load": NaN}'), "NaN"),
    "negative": (values(load=-0.9), "negative"),
    "missing": (values(memory=1), "load is not known"),
    "10 MB": (endless(b" " * 65536, HEAD + b"10485760\r\n\r\n", most=10 * 2**20), "longer than"),
    "invalid UTF-8": (body(b'{"load": "\xff\xfe"}'), "utf-8"),
}
#: Those that need two seconds to be seen through, one for each server.
SLOW = {
    "s1": (dripping(HEAD + b"9\r\n\r\n{       }", most=2.2), "no complete answer"),
    "s2": (silent(2.2), "no complete answer"),
    "s3": (values(load=0.1, uptime=5.0), "stands still"),
}


def test_13_values_that_cannot_be_believed(one: World, tmp_path: Path) -> None:
    """NaN, negative, frozen, missing, hostile: unknown, and nothing is done; on a real value it is."""
    well = values(load=0.1)
    said = dict.fromkeys(NAMES, well)
    before = starts(one)

    def unknown(status: dict[str, Any], expected: Mapping[str, tuple[Answer, str]]) -> bool:
        """Whether all of them are in doubt for the reason that they should; nothing has begun in any case."""
        assert phases(status) == dict.fromkeys(NAMES, "serving")
        looks = [(server_of(status, name), word) for name, (_, word) in expected.items()]
        return all(look["condition"] == "unknown" and word in look["evidence"] for look, word in looks)

    with ExitStack() as open_:
        urls = {
            name: open_.enter_context(answering(lambda connection, name=name: said[name](connection)))
            for name in NAMES
        }
        health = {name: f"http://{address}/" for name, address in urls.items()}
        runner = open_.enter_context(Runner(file_of(one, tmp_path, more=POLICY, health=health)))
        ticked(runner, "normal servers", lambda found: all(look["load"] == 0.1 for look in found["servers"]))
        for kind, hostile in HOSTILE.items():
            said["s1"] = hostile[0]
            ticked(runner, kind, lambda found, hostile=hostile: unknown(found, {"s1": hostile}))
        said |= {name: answer for name, (answer, _) in SLOW.items()}
        ticked(runner, "slow and frozen ones", lambda found: unknown(found, SLOW))
        assert one.balancer.view().serving == NAMES
        assert starts(one) == before
        said |= dict.fromkeys(NAMES, well) | {"s1": values(load=0.9)}
        ticked(runner, "what is real", lambda found: phases(found)["s1"] == "draining")
        said["s1"] = well
        ticked(runner, "its end", lambda found: set(phases(found).values()) == {"serving"})
    assert starts(one) == {**before, "s1": before["s1"] + 1}


def test_14_a_blocking_check_that_cannot_be_reached_blocks(
    one: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nobody answers nothing begins, and the status says why; then what was asked for begins."""
    monkeypatch.setattr(blackout, "FRESH", 0.2)
    before = starts(one)
    with held_ports(1) as [port], socket.socket() as listener:
        script = f"import socket; socket.create_connection(('127.0.0.1', {port}), 5)"
        more = f"[policy]\nblackout = [{json.dumps([sys.executable, '-c', script])}]"
        file = file_of(one, tmp_path, more=more)
        with Runner(file, by_policy=False) as runner:
            ticked(runner, "a full view", lambda _: runner.ready)
            runner.put({"ask": "rejuvenate", "servers": ["s1"]})

            def refused(status: dict[str, Any]) -> bool:
                assert phases(status) == dict.fromkeys(NAMES, "serving")
                return "exit code 1" in str(server_of(status, "s1")["refusal"])

            assert refusals(ticked(runner, "the answer", refused)) == {"s1": "blocked"}
            assert starts(one) == before
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind(("127.0.0.1", port))
            listener.listen(50)
            ticked(runner, "its end", lambda found: runner.idle and not found["roll"])
    assert starts(one) == {**before, "s1": before["s1"] + 1}


class Asking:
    """Asks a runner that ticks in another thread than its own; its answer is empty until it comes."""

    def __init__(self, runner: Runner, ask: str, *servers: str) -> None:
        self.answer: dict[str, Any] = {}
        self._request = {"ask": ask, "servers": list(servers)}
        threading.Thread(target=lambda: self.answer.update(runner.post(self._request))).start()


def test_a_balancer_that_is_not_there_at_the_start(
    one: World, tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is reported and nothing is done; once it is back, what was asked for is done."""
    monkeypatch.setattr(attention, "LASTS", 0.2)
    before = starts(one)
    file = file_of(one, tmp_path, group=f'notify = ["touch", "{tmp_path}/{{group}}-{{server}}"]')
    one.proxy.kill()
    with Runner(file, by_policy=False) as runner:
        status = ticked(runner, "the problem", lambda found: found["problems"])
        for _ in range(5):
            runner.tick()
        assert not runner.ready
        assert is_loud(status)
        refused = Asking(runner, "rejuvenate", "s1")
        ticked(runner, "an answer", lambda _: refused.answer)
        assert not refused.answer["ok"]
        assert "nobody listens" in refused.answer["error"]
        assert "nobody listens" in status["problems"][0]
        assert [one.levelname for one in caplog.records if "nobody listens" in one.message] == ["ERROR"]
        ticked(runner, "a call", lambda _: (tmp_path / "web-web").exists())
        one.proxy.begin()
        ticked(runner, "a full view", lambda _: runner.ready)
        runner.put({"ask": "rejuvenate", "servers": ["s1"]})
        ticked(runner, "a roll", lambda found: found["roll"])
        status = ticked(runner, "its end", lambda _: runner.idle)
        assert not is_loud(status)
    assert starts(one) == {**before, "s1": before["s1"] + 1}


def test_an_executor_that_is_not_there_at_the_start(
    one: World, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """It is reported, and nothing is restarted; once it is there, what was asked for is done."""
    before = starts(one)
    path = Path(one.keeper.url.removeprefix("unix://"))
    path.rename(away := path.with_name("away.sock"))
    try:
        with Runner(file_of(one, tmp_path), by_policy=False) as runner:
            ticked(runner, "a full view", lambda _: runner.ready)
            status = ticked(runner, "the problem", lambda found: found["problems"])
            assert is_loud(status)
            assert "executor" in status["problems"][0]
            assert any(one.levelname == "ERROR" and "s.sock" in one.message for one in caplog.records)
            runner.put({"ask": "rejuvenate", "servers": ["s1"]})
            status = ticked(runner, "the refusal", refusals)
            assert refusals(status) == {"s1": "unknown"}
            away.rename(path)
            ticked(runner, "its end", lambda found: runner.idle and not found["roll"])
            assert not is_loud(runner.status())
    finally:
        if away.exists():
            away.rename(path)
    assert starts(one) == {**before, "s1": before["s1"] + 1}


def test_a_server_that_cannot_be_reached_at_the_start(one: World, tmp_path: Path) -> None:
    """The balancer has it up: a suspect, shown with the reason, neither recovered nor rejuvenated."""
    before = starts(one)
    with held_ports(1) as [port]:
        file = file_of(one, tmp_path, health={"s1": f"http://127.0.0.1:{port}/healthz"})
        with running(file, by_policy=False) as runner:
            one.wait("a suspect", lambda: refusals(runner.status()) == {"s1": "suspect"})
            look = server_of(runner.status(), "s1")
            assert look["condition"] == "failed"
            assert look["up"]
            assert "nobody listens" in look["evidence"]
            answer = runner.post({"ask": "rejuvenate", "servers": ["s1"]})
            assert refusals(answer["status"]) == {"s1": "not healthy"}
            at = answer["status"]["at"]
            one.wait("more ticks", lambda: runner.status()["at"] > at, times=5)
            assert phases(runner.status()) == dict.fromkeys(NAMES, "serving")
            assert one.balancer.view().serving == NAMES
            assert runner.post({"ask": "cancel"})["ok"]
    assert starts(one) == before
