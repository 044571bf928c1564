"""Sweeps on a cluster of Dask: complete and right, also when a machine dies in the middle."""

from __future__ import annotations

import os
import signal
import time
import warnings
from pathlib import Path
from threading import Thread

import numpy as np
from sweep_cases import CLUSTER, Logged, calls

import rejuvmodel as rj


def test_a_worker_is_killed(tmp_path: Path) -> None:
    """One of two worker processes is killed in the middle: every point is there and right."""
    log, kept = tmp_path / "log", tmp_path / "kept"
    over = {"aging": np.linspace(0.1, 1, 24), "servers": [1, 2]}
    slow = {"logged": Logged(str(log), 0.03)}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of Dask, about the machine and its own sockets
        from distributed import Client, LocalCluster

        with (
            LocalCluster(
                n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, silence_logs=50
            ) as local,
            Client(local) as client,
        ):
            pids = {str(pid) for pid in client.run(os.getpid).values()}
            killed = []

            def kill() -> None:
                deadline = time.monotonic() + 60
                while calls(log) < 12 and time.monotonic() < deadline:
                    time.sleep(0.01)
                busy = log.read_text(encoding="utf-8").split()[-1]
                os.kill(int(busy), signal.SIGKILL)
                killed.extend([busy, calls(log)])

            killer = Thread(target=kill)
            killer.start()
            found = rj.sweep(CLUSTER, over, slow, chunk=3, keep=kept, workers=client.get_executor())
            killer.join()
    victim, then = killed
    assert victim in pids
    assert 12 <= then < 48
    assert set(log.read_text(encoding="utf-8").split()[then:]) - {victim}
    expected = rj.sweep(CLUSTER, over, "unavailability", solver=rj.ClosedForm())
    np.testing.assert_allclose(found.logged, expected.unavailability, rtol=1e-14)
    before = calls(log)
    assert rj.sweep(CLUSTER, over, slow, chunk=3, keep=kept).identical(found)
    assert calls(log) == before
