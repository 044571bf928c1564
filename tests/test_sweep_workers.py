"""Whoever runs the chunks of a sweep, the same numbers come out, bit for bit."""

from __future__ import annotations

import os
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest
from sweep_cases import CLUSTER, POOL, Deadly, Logged, calls

import rejuvmodel as rj

OVER = {"servers": [1, 3], "aging": np.geomspace(1e-3, 1, 10)}
MEASURES = ("unavailability", "mean_time_to_outage")


def backwards(function: Any, items: Any) -> Any:
    """A map that works through its items in another order, one of them twice."""
    items = list(items)
    Random(1).shuffle(items)
    return (function(item) for item in [items[-1], *items])


@pytest.mark.parametrize("workers", [1, 2, map, backwards], ids=["1", "2", "map", "backwards"])
def test_the_same_numbers_bit_for_bit(workers: Any) -> None:
    """One worker, two processes and functions like map give what the calling thread gives."""
    here = rj.sweep(CLUSTER, OVER, MEASURES, chunk=4)
    assert rj.sweep(CLUSTER, OVER, MEASURES, chunk=4, workers=workers).identical(here)


def test_executors() -> None:
    """Executors of threads and of processes are used and left open."""
    here = rj.sweep(CLUSTER, OVER, MEASURES, chunk=4)
    blocks = rj.sweep(CLUSTER, OVER, chunk=4)
    with ThreadPoolExecutor(3) as threads, ProcessPoolExecutor(2, get_context("forkserver")) as processes:
        for executor in (threads, processes):
            assert rj.sweep(CLUSTER, OVER, MEASURES, chunk=4, workers=executor).identical(here)
            assert rj.sweep(CLUSTER, OVER, chunk=4, workers=executor).identical(blocks)
            assert executor.submit(abs, -1).result() == 1


def test_a_number_of_workers_is_processes_for_points(tmp_path: Path) -> None:
    """Points that are solved one by one are solved by so many other processes."""
    slow = {"logged": Logged(str(tmp_path / "log"), 0.02)}
    found = rj.sweep(CLUSTER, {"aging": np.linspace(0.1, 1, 30)}, slow, workers=2, chunk=1)
    processes = set((tmp_path / "log").read_text(encoding="utf-8").split())
    assert calls(tmp_path / "log") == 30
    assert len(processes) == 2
    assert str(os.getpid()) not in processes
    assert found.logged[-1] == rj.solve(rj.Cluster(2, CLUSTER.rates.replace(aging=1))).unavailability


def test_threads_share_the_result() -> None:
    """Blocks through the closed form by threads are those of the calling thread."""
    over = {"aging": np.geomspace(1e-4, 1, 1000), "failure": np.geomspace(1e-5, 1e-2, 900)}
    here = rj.sweep(CLUSTER, over, ("unavailability", "nines"))
    assert rj.sweep(CLUSTER, over, ("unavailability", "nines"), workers=2).identical(here)


def test_errors_of_workers_come_through() -> None:
    """An error in another process is raised here as what it is, with its point."""
    over = {"primaries": [1, 3], "required": [1, 2, 3, 4]}
    with pytest.raises(rj.InvalidInputError, match=r"required at primaries=1, required=[34]"):
        rj.sweep(POOL, over, workers=2, chunk=3)


def test_a_worker_that_dies(tmp_path: Path) -> None:
    """A process that is killed is an error in words; what was kept counts, and the rest is done then."""
    every = rj.sweep(CLUSTER, OVER, "unavailability", solver=rj.ClosedForm()).unavailability.values.ravel()
    over, limit = {"aging": OVER["aging"], "servers": [3, 1]}, float(np.sort(every)[-3])
    deadly = {"deadly": Deadly(str(tmp_path / "dead"), limit)}
    with pytest.raises(rj.RejuvmodelError, match="a process has ended before its work"):
        rj.sweep(CLUSTER, over, deadly, chunk=1, workers=2, keep=tmp_path / "kept")
    found = rj.sweep(CLUSTER, over, deadly, chunk=1, workers=2, keep=tmp_path / "kept")
    assert np.sort(found.deadly.values.ravel()) == pytest.approx(np.sort(every), rel=1e-13)


def test_a_map_that_loses_items_is_noticed() -> None:
    """A function that does not return a result for each item is an error, not a half-filled result."""
    with pytest.raises(rj.RejuvmodelError, match="only 1 of 5 chunks came back"):
        rj.sweep(CLUSTER, OVER, MEASURES, chunk=4, workers=lambda f, items: [f(next(iter(items)))])


@pytest.mark.parametrize(
    "workers",
    [0, 1.5, True, "2", ThreadPoolExecutor, object()],
    ids=["0", "1.5", "True", "text", "a class", "an object"],
)
def test_what_cannot_work(workers: Any) -> None:
    """What is no number, executor or function is refused before anything is computed."""
    with pytest.raises(rj.InvalidInputError, match="workers: got"):
        rj.sweep(CLUSTER, OVER, workers=workers)


def test_progress(capfd: pytest.CaptureFixture[str]) -> None:
    """A progress bar is shown on standard error when asked for, and only then."""
    rj.sweep(CLUSTER, OVER, progress=True)
    shown = capfd.readouterr()
    assert "20.0/20.0" in shown.err
    assert shown.out == ""
    rj.sweep(CLUSTER, OVER)
    assert capfd.readouterr() == ("", "")
