"""Real servers that are killed, hang, or are out of our sight, behind HAProxy and under supervisor."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from kept import file_of, starts
from rolling import World, world
from test_runtime_runner import running, until

from rejuvmodel.runtime.config.runtime_file import RuntimeFile, read_runtime_file

THRESHOLDS = '[thresholds]\nuptime = "1 d"\nfailed_after = 2\n[policy]\nconfirm_for = "1 d"\n'


@pytest.fixture(scope="module")
def servers() -> Iterator[World]:
    with world() as one:
        yield one


def kept(one: World, folder: Path, faults: str = "") -> RuntimeFile:
    return file_of(one, folder, more=f"{THRESHOLDS}[faults]\n{faults}\n")


def phase(found: dict[str, Any], name: str) -> str:
    return next(str(one["phase"]) for one in found["servers"] if one["name"] == name)


def pid(one: World, name: str) -> int:
    found = one.executor.identity(name)
    assert found is not None
    return found.pid


def all_serve(found: dict[str, Any]) -> bool:
    return {(one["phase"], one["health"]) for one in found["servers"]} == {("serving", "healthy")}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_row_12_killed_or_hanging_server_is_recovered(
    servers: World, tmp_path: Path, how: signal.Signals
) -> None:
    """A server that is killed, or stops answering beyond the heartbeat, is restarted, and no other."""
    before, begun = {name: pid(servers, name) for name in servers.ports}, starts(servers)
    with running(kept(servers, tmp_path, 'heartbeat = "1 s"'), by_policy=False) as runner:
        until(runner, all_serve)
        os.kill(before["s1"], how)
        found = until(runner, lambda found: found["loud"] and phase(found, "s1") == "serving")
    assert [alarm["server"] for alarm in found["loud"]] == ["s1"]
    after = {name: pid(servers, name) for name in servers.ports}
    assert {name for name in after if after[name] != before[name]} == {"s1"}
    assert starts(servers) == begun | {"s1": begun["s1"] + 1}


def test_paused_group_restarts_nobody_and_its_runner_ends(servers: World, tmp_path: Path) -> None:
    """A server that dies during a pause waits; a runner ends meanwhile, and its successor recovers it."""
    file, begun = kept(servers, tmp_path), starts(servers)
    with running(file, by_policy=False) as runner:
        until(runner, all_serve)
        runner.post({"ask": "pause"})
        until(runner, lambda found: found["paused"])
        os.kill(pid(servers, "s2"), signal.SIGKILL)
        until(runner, lambda found: phase(found, "s2") == "failed")
    assert starts(servers) == begun
    with running(file, by_policy=False) as runner:
        until(runner, lambda found: found["acting"])
        assert phase(runner.status(), "s2") == "failed"
        runner.post({"ask": "resume"})
        until(runner, lambda found: all_serve(found) and not found["paused"])
    assert starts(servers) == begun | {"s2": begun["s2"] + 1}


def test_row_24_server_that_only_the_balancer_sees(servers: World, tmp_path: Path) -> None:
    """A server that is gone for us, and up for the balancer, is a suspect and is left alone."""
    file, begun = kept(servers, tmp_path), starts(servers)
    text = Path(file.path).read_text(encoding="utf-8")
    Path(file.path).write_text(
        text.replace(f":{servers.ports['s3']}/healthz", ":1/healthz"), encoding="utf-8"
    )
    with running(read_runtime_file(file.path), by_policy=False) as runner:
        found = until(runner, lambda found: "suspect" in str(found["servers"][2]))
        assert phase(found, "s3") == "serving"
    assert starts(servers) == begun
