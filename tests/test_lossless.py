"""A roll by the runtime loses no request, on a real HAProxy with real servers under load; and a control."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import psutil
import pytest
from kept import file_of, rolled
from load import load
from rolling import NAMES, World, world
from watching_haproxy import watched


def lossless(folder: Path) -> int:
    """Roll three servers under load; check everything, return the requests."""
    with world() as one:
        before = {name: one.executor.identity(name) for name in NAMES}
        with load(one.proxy.port) as traffic, watched(one.balancer) as counts:
            time.sleep(0.2)
            result = rolled(file_of(one, folder))
            time.sleep(0.2)
        assert result.ok, result
        assert result.rejuvenated == NAMES
        assert traffic.lost == {}
        assert traffic.sent > 200
        assert len(counts) > 20
        assert min(counts) == len(NAMES) - 1
        after = {name: one.executor.identity(name) for name in NAMES}
        assert all(after[name] not in (None, before[name]) for name in NAMES)
        one.wait("all three up", lambda: one.balancer.view().serving == NAMES)
    return traffic.sent


def test_a_roll_loses_no_request(tmp_path: Path) -> None:
    """Three servers under load: nothing is lost, two always serve, every process is a new one, all are UP."""
    lossless(tmp_path)


def test_a_roll_with_a_spare_loses_no_request(tmp_path: Path) -> None:
    """In active/standby the spare serves before each drain: two always do, all are renewed, one stands by."""
    with world(warm_up=0.3) as one:
        before = {name: one.executor.identity(name) for name in NAMES}
        file = file_of(one, tmp_path, mode="active/standby", server={"s3": 'role = "spare"'})
        with load(one.proxy.port) as traffic, watched(one.balancer) as counts:
            result = rolled(file)
        assert result.ok, result
        assert result.rejuvenated == NAMES
        assert traffic.lost == {}
        assert traffic.sent > 200
        assert min(counts) == 2
        after = {name: one.executor.identity(name) for name in NAMES}
        assert all(after[name] not in (None, before[name]) for name in NAMES)
        one.wait("two that serve", lambda: len(one.balancer.view().serving) == 2)
        one.wait("all three up", lambda: all(server.up for server in one.balancer.view().servers))


@pytest.mark.soak
def test_ten_rolls_lose_no_request(tmp_path: Path) -> None:
    """Ten in a row."""
    folders = [tmp_path / str(number) for number in range(10)]
    for folder in folders:
        folder.mkdir()
    assert sum(map(lossless, folders)) > 5000


def test_a_restart_without_draining_loses_requests() -> None:
    """The control: the same servers, load and executor without the drain lose requests."""
    with world() as one, load(one.proxy.port) as traffic:
        time.sleep(0.2)
        one.executor.restart("s1")
        time.sleep(0.3)
    assert traffic.all_lost > 0


def test_nothing_is_left_behind() -> None:
    """Also after a failure every process that the tests have started is gone."""
    before = set(threading.enumerate())
    seen: list[psutil.Process] = []

    def fail(one: World) -> None:
        for parent in (one.proxy.process.pid, one.keeper.process.pid):
            seen.extend([psutil.Process(parent), *psutil.Process(parent).children(recursive=True)])
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError), world(warm=False) as one, load(one.proxy.port):
        fail(one)
    assert len(seen) == 5
    assert not any(process.is_running() for process in seen)
    assert set(threading.enumerate()) <= before
