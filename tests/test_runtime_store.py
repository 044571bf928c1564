"""Row 3 of the fault list: the file of lease and journal is lost, or can no longer be written."""

from __future__ import annotations

import os
import resource
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from controllers import SHORT, Controllers, controllers
from kept import asked, file_of, phases, running, starts
from rolling import World, until, world

from rejuvmodel.runtime.operating.control_client import ask_one
from rejuvmodel.runtime.operating.status import is_loud


@pytest.fixture(scope="module")
def shared() -> Iterator[World]:
    """Three servers for all tests of this file."""
    with world(warm_up=0.2) as one:
        yield one


@pytest.fixture
def one(shared: World) -> Iterator[World]:
    """The three servers, which serve again after each test; what is restarted meanwhile takes its time."""
    shared.warm_up(1.0)
    yield shared
    shared.put_back()


def under_way(status: dict[str, Any]) -> list[str]:
    """Servers that are restarted and not yet warm."""
    return [name for name, phase in phases(status).items() if phase == "warming"]


def restarted(one: World, before: dict[str, int]) -> int:
    """How many servers were started since; none of them twice."""
    after = starts(one)
    numbers = [after[name] - before[name] for name in after]
    assert max(numbers) <= 1
    return sum(numbers)


def check_nothing_new(one: World, both: Controllers, before: dict[str, int]) -> None:
    """The restart in flight ends, everybody serves, nobody else leaves, and it is said aloud."""

    def loud() -> bool:
        ask_one(both.file.home.control, "roll", timeout=5.0)  # a record more: there may still be room
        return is_loud(both.acting())

    until("words", loud)
    begun = restarted(one, before)
    until("its end", lambda: both.is_over(roll=False) and one.all_serve())
    ends = set()
    until("more ticks", lambda: ends.add(both.acting().get("at")) or len(ends) > 20)
    status = both.acting()
    assert is_loud(status)
    assert len(status["roll"]) == len(one.ports) - begun
    assert restarted(one, before) == begun < len(one.ports)
    assert one.all_serve()
    waits = [server["refusal"] for server in status["servers"] if server["refusal"]]
    assert {refusal["reason"] for refusal in waits} == {"blocked"}


def check_goes_on(one: World, both: Controllers, before: dict[str, int]) -> None:
    """The rest of the roll follows by itself, and nothing is wrong any more."""
    one.warm_up(0.2)
    until("the rest of the roll", lambda: both.is_over() and restarted(one, before) == len(one.ports))
    assert not is_loud(both.acting())
    assert one.all_serve()


def test_3_a_store_that_can_no_longer_be_written(one: World, tmp_path: Path) -> None:
    """The lease runs out, and what is in flight ends all the same; nothing begins until it is well again."""
    before = starts(one)
    with controllers(file_of(one, tmp_path, more=SHORT), tmp_path) as both:
        only = both.start()
        until("its lease", lambda: both.leads(only) and both.acting())
        both.ask("roll")
        until("a restart", lambda: both.acting() and under_way(both.acting()))
        most = resource.prlimit(only.pid, resource.RLIMIT_FSIZE)
        resource.prlimit(only.pid, resource.RLIMIT_FSIZE, (0, most[1]))  # each write to a file fails
        check_nothing_new(one, both, before)
        held = both.holder()
        assert held is not None
        assert held.left == 0
        resource.prlimit(only.pid, resource.RLIMIT_FSIZE, most)
        check_goes_on(one, both, before)


def test_3_a_store_that_is_lost(one: World, tmp_path: Path) -> None:
    """Whoever has it open begins a new one, as a successor would: what was drained comes back."""
    before = starts(one)
    file = file_of(one, tmp_path, more=SHORT)
    with running(file, by_policy=False) as runner:
        asked(runner, ask="roll")
        until("a restart", lambda: under_way(runner.status()))
        os.rename(file.home.journal, f"{file.home.journal}.away")
        until("a new beginning", lambda: runner.status()["dropped"])
        until("its end", lambda: set(phases(runner.status()).values()) == {"serving"})
        status = runner.status()
        assert "found drained" in status["dropped"][0]
        assert status["roll"] == []
        assert os.path.exists(file.home.journal)
    assert restarted(one, before) == 1
    assert one.all_serve()
