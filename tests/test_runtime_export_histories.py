"""Whatever happens to a group, its exported journal is a log that `estimate` accepts."""

from __future__ import annotations

import functools
import json
import tempfile
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import settings as profile
from hypothesis.stateful import initialize, run_state_machine_as_test
from runtime_files import runtime_file
from runtime_world import World
from test_runtime_invariants import DETECTORS, Faults, close, groups

import rejuvmodel as rj
from rejuvmodel.runtime.config.runtime_file import RuntimeFile
from rejuvmodel.runtime.deciding.faults import FaultSettings
from rejuvmodel.runtime.deciding.records import parsed
from rejuvmodel.runtime.deciding.settings import GroupSettings
from rejuvmodel.runtime.foresight.exporting import export_log


@functools.cache
def any_file() -> RuntimeFile:
    with tempfile.TemporaryDirectory() as folder:
        return runtime_file(Path(folder))


def exported(world: World) -> None:
    """The log has only possible sequences, and ends with every server back."""
    entries = [json.loads(line) for line in world.journal]
    journal = [(datetime.fromisoformat(at), parsed(values)) for at, values in entries]
    if not journal:
        return
    end = world.now.wall + timedelta(hours=1)
    log = export_log(replace(any_file(), group=world.settings), journal, until=end)
    found = rj.estimate(log.events, **log.settings)
    now = {name: dict(log.initial).get(name, "normal") for name in log.servers}
    for one in log.events:
        now[one.server] = one.event
    assert set(now.values()) <= {"normal", "repaired", "rejuvenation finished", "unstable"}, now
    assert found.restart.events == sum(one.event == "rejuvenation finished" for one in log.events)


class Exports(Faults):
    """Anything may happen at any time, and then the journal is exported; without a cap all come back."""

    @initialize(group=groups(), faults=DETECTORS)
    def begin(self, group: GroupSettings, faults: FaultSettings) -> None:
        free = replace(group, gates=replace(group.gates, restart_cap=0))
        self.world = World(free, faults=faults)
        self.names = list(self.world.machines)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            close(self.world)
            exported(self.world)


def test_random_histories() -> None:
    """Faults, kills and delays of any kind leave a journal whose log is possible."""
    run_state_machine_as_test(
        Exports, settings=profile(max_examples=30, stateful_step_count=30, deadline=None)
    )


@pytest.mark.soak
def test_random_histories_for_long() -> None:
    """Thousands of longer histories do as well."""
    run_state_machine_as_test(
        Exports, settings=profile(max_examples=1000, stateful_step_count=60, deadline=None)
    )
