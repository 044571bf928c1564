"""The order that loses no request, on a real HAProxy with real servers under load; and a control."""

from __future__ import annotations

import threading
import time

import psutil
import pytest
from load import load
from rolling import NAMES, World, restarted_in_order, world


def rolled() -> int:
    """Restart all three servers under load in the right order; check everything, return the requests."""
    with world() as one:
        before = {name: one.executor.identity(name) for name in NAMES}
        with load(one.proxy.port) as traffic:
            time.sleep(0.2)
            for name in NAMES:
                views = restarted_in_order(one, name)
                assert all(set(NAMES) - {name} <= set(view.serving) for view in views), "below n - 1"
            time.sleep(0.2)
        assert traffic.lost == {}
        assert traffic.sent > 200
        after = {name: one.executor.identity(name) for name in NAMES}
        assert all(after[name] not in (None, before[name]) for name in NAMES)
        assert one.balancer.view().serving == NAMES
    return traffic.sent


def test_the_order_loses_no_request() -> None:
    """Drain, idle, maintenance, restart, own health, ready, plain UP: nothing is lost over three servers."""
    rolled()


@pytest.mark.soak
def test_the_order_loses_no_request_ten_times() -> None:
    """Ten rolls in a row lose nothing."""
    assert sum(rolled() for _ in range(10)) > 5000


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
