"""Two whole controllers in processes of their own, one of which acts: rows 2, 4 and 22 of the fault list."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from controllers import SHORT, controllers, is_stopped, signalled
from kept import file_of, phases, refusals, starts
from rolling import World, until, world
from watching_haproxy import watched

from rejuvmodel.runtime.deciding.records import Entered, parsed
from rejuvmodel.runtime.deciding.states import Phase
from rejuvmodel.runtime.deciding.transitions import Cause
from rejuvmodel.runtime.journal.base_lease import boot_clock
from rejuvmodel.runtime.journal.journal import Journal

#: Short, so that a successor that cannot know whether a restart was given does not wait long.
QUICK = 'restart_timeout = "3 s"'

#: The lease of whoever is gone is taken at once, however long it lasts.
LONG = '[lease]\nttl = "1 h"'

#: Every server is due as soon as it is back.
RESTLESS = """
[policy]
confirm_for = "0.1 s"
retry_after = "0.5 s"
[thresholds]
uptime = "1 s"
unstable_after = 1
normal_after = 1
"""
QUIET = ({"serving"}, {"watched"}, {"serving", "watched"})


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


def renewed(one: World, before: dict[str, int]) -> dict[str, int]:
    """How often each server was started since."""
    after = starts(one)
    return {name: after[name] - before[name] for name in after if after[name] != before[name]}


@pytest.mark.parametrize(
    "where", ["parked", *(pytest.param(one, marks=pytest.mark.soak) for one in ("restarting", "stopped"))]
)
def test_2_a_leader_that_is_stopped_in_a_restart_commands_no_more(
    one: World, tmp_path: Path, where: str
) -> None:
    """The other one takes over and ends the restart; the leader, continued, does not restart it again."""
    before = starts(one)
    with controllers(file_of(one, tmp_path, executor=QUICK, more=SHORT), tmp_path) as both:
        first = both.start(where=where)
        until("its lease", lambda: both.leads(first) and both.acting())
        second = both.start()
        both.ask("rejuvenate", "s1")
        until("its stop", lambda: is_stopped(first))
        until("the takeover", lambda: both.leads(second))
        until("its end", both.is_over)
        assert renewed(one, before) == {"s1": 1}
        signalled(first, signal.SIGCONT)
        until("that it stands by", lambda: any(not status["acting"] for status in both.statuses()))
        both.ticked(first)
        assert one.all_serve()
        assert both.leads(second)
        both.ask("rejuvenate", "s2")
        until("the next one", lambda: both.is_over() and renewed(one, before) == {"s1": 1, "s2": 1})
        both.check_one_at_a_time()


def test_4_the_other_takes_over_at_once_and_counts_what_it_sees(one: World, tmp_path: Path) -> None:
    """Its leader and a server killed amid a restart: nobody else leaves before both servers serve again."""
    before = starts(one)
    with controllers(file_of(one, tmp_path, executor=QUICK, more=LONG), tmp_path) as both:
        first = both.start(where="restarting")
        until("its lease", lambda: both.leads(first) and both.acting())
        second = both.start()
        until("its ticks", lambda: any(line.pid == second.pid for line in both.commands()))
        both.ask("roll")
        until("its stop", lambda: is_stopped(first))
        view = one.balancer.view()
        (away,) = [name for name in one.ports if view[name].admin != "ready"]
        killed, left = [name for name in one.ports if name != away]
        server = one.executor.identity(killed)
        assert server is not None
        os.kill(server.pid, signal.SIGKILL)
        signalled(first, signal.SIGKILL)
        ended = boot_clock()

        def over() -> bool:
            view = one.balancer.view()
            assert view[left].admin == "ready" or (view[away].serving and view[killed].serving), view
            return both.is_over()

        until("its end", over)
        both.check_taken_by(second, ended)
        both.check_one_at_a_time()
    assert renewed(one, before) == {"s1": 1, "s2": 1, "s3": 1}
    assert one.all_serve()


@pytest.mark.soak
def test_4_the_lease_of_one_that_is_stopped_is_taken_at_its_expiry(one: World, tmp_path: Path) -> None:
    """The first tick after the expiry has it; an idle takeover restarts nobody and orders nothing."""
    before = starts(one)
    with controllers(file_of(one, tmp_path, more=SHORT.replace("1 s", "3 s")), tmp_path) as both:
        first = both.start()
        until("its lease", lambda: both.leads(first) and both.acting())
        second = both.start()
        until("its ticks", lambda: any(line.pid == second.pid for line in both.commands()))
        signalled(first, signal.SIGSTOP)
        while (seen := both.holder()) is None:  # stopped in a transaction, which keeps everybody out
            signalled(first, signal.SIGCONT)
            both.ticked(first, 1)
            signalled(first, signal.SIGSTOP)
        expiry = boot_clock() + seen.left
        until("the takeover", lambda: both.leads(second))
        both.ticked(second)
        both.check_taken_by(second, expiry)
        assert {line.words[0] for line in both.commands()} == {"hold"}
    assert starts(one) == before


@pytest.mark.skipif(os.geteuid() != 0 or shutil.which("unshare") is None, reason="needs root and unshare")
def test_22_of_two_that_live_on_after_a_partition_one_acts(one: World, tmp_path: Path) -> None:
    """A leader without a network does nothing in doubt; deposed, it does nothing at all beside the other."""
    before = starts(one)
    with controllers(file_of(one, tmp_path, more=SHORT), tmp_path) as both:
        first = both.start(prefix=("unshare", "--net"))
        until("its lease", lambda: both.leads(first) and both.acting())
        second = both.start()
        both.ask("roll")
        until("its refusals", lambda: len(refusals(both.acting())) == len(one.ports))
        assert {server["health"] for server in both.acting()["servers"]} == {"unknown"}
        both.ticked(first)
        assert starts(one) == before
        assert one.all_serve()
        signalled(first, signal.SIGSTOP)
        until("the takeover", lambda: both.leads(second))
        signalled(first, signal.SIGCONT)  # in the midst of the roll
        until("its end", both.is_over)
        both.ticked(first)
        both.check_one_at_a_time()
        assert [status["acting"] for status in both.statuses()].count(True) == 1
        assert both.leads(second)
    assert renewed(one, before) == dict.fromkeys(one.ports, 1)
    assert one.all_serve()


def rolls_with_stops(one: World, folder: Path, rounds: int, seed: int) -> int:
    """Roll, stop whoever leads at a random moment, continue it, and check; return the last epoch."""
    draw = random.Random(seed)
    file = file_of(one, folder, executor=QUICK, more=SHORT)
    with controllers(file, folder) as both, watched(one.balancer) as counts:
        for _ in range(2):
            both.start()
        until("a leader", both.acting)
        for number in range(rounds):
            before, epoch = starts(one), both.acting()["epoch"]
            both.ask("roll")
            time.sleep(draw.uniform(0.0, 3.5))
            leader = both.leader()
            assert leader is not None
            signalled(leader, signal.SIGSTOP)
            time.sleep(draw.uniform(0.0, 3.0))
            signalled(leader, signal.SIGCONT)
            until("the end of the roll", both.is_over)
            both.ticked(leader, 3)
            assert renewed(one, before) == dict.fromkeys(one.ports, 1), (number, epoch)
            assert one.all_serve(), number
            assert not both.acting()["loud"], number
        both.check_one_at_a_time()
        last = both.acting()["epoch"]
    assert min(counts) >= file.group.required
    return int(last)


def test_2_stopped_at_random_moments(one: World, tmp_path: Path) -> None:
    """Never two act, no server is restarted twice, none is left drained, and enough serve all the time."""
    rolls_with_stops(one, tmp_path, rounds=1, seed=5)


@pytest.mark.soak
def test_2_stopped_at_random_moments_twenty_times(one: World, tmp_path: Path) -> None:
    """The same twenty times; the lease changes hands in many of them."""
    assert rolls_with_stops(one, tmp_path, rounds=20, seed=20261127) > 5


def decided(journal: str, name: str) -> int:
    """How many rejuvenations of a server came as far as its restart, by the journal."""
    found, commanded = 0, False
    with Journal(journal) as file:
        records = [parsed(values) for _, values in file.records("web")]
    for record in records:
        if isinstance(record, Entered) and record.server == name:
            commanded = commanded or record.cause == Cause.COMMANDED.value
            if commanded and record.phase == Phase.RESTARTING.value:
                found, commanded = found + 1, False
    return found


@pytest.mark.soak
def test_2_each_decision_of_a_policy_restarts_once(one: World, tmp_path: Path) -> None:
    """A policy that never rests, and twenty leaders that are stopped: as many starts as decisions."""
    draw, before = random.Random(7), starts(one)
    file = file_of(one, tmp_path, executor=QUICK, more=f"{SHORT}\n{RESTLESS}")
    with controllers(file, tmp_path) as both:
        for _ in range(2):
            both.start(policy=True)
        until("a leader", both.acting)
        for _ in range(20):
            time.sleep(draw.uniform(0.5, 3.0))
            leader = both.leader()
            if leader is not None:
                signalled(leader, signal.SIGSTOP)
                time.sleep(draw.uniform(0.0, 2.5))
                signalled(leader, signal.SIGCONT)
        both.ask("pause")
        until("an end", lambda: set(phases(both.acting() or {"servers": []}).values()) in QUIET)
        both.check_one_at_a_time()
        assert not both.acting()["loud"]
    assert renewed(one, before) == {name: decided(file.home.journal, name) for name in one.ports}
    assert sum(renewed(one, before).values()) > 20
