"""Snapshots of the journal: what a successor makes of one is what it makes of the whole."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import rejuvmodel as rj
from rejuvmodel.runtime.deciding.group_state import GroupState, ServerState, first_state
from rejuvmodel.runtime.deciding.producer_state import Episode, ProducerState
from rejuvmodel.runtime.deciding.records import Record, RestartBegan, SlotFired, Snapshot, parsed, plain
from rejuvmodel.runtime.deciding.resuming import resumed
from rejuvmodel.runtime.deciding.settings import GroupSettings, ServerSettings
from rejuvmodel.runtime.deciding.snapshots import snapshot
from rejuvmodel.runtime.deciding.states import Mode, Phase, Role
from rejuvmodel.runtime.deciding.views import GroupView, Moment
from rejuvmodel.runtime.journal.journal import Journal

NAMES = ("s0", "s1", "t0")
ROLES = (Role.PRIMARY, Role.PRIMARY, Role.SPARE)
GROUP = GroupSettings("web", Mode.STANDBY, tuple(map(ServerSettings, NAMES, ROLES)), 1)
WALL = datetime(2026, 3, 29, 0, 30, tzinfo=UTC)
#: Another clock and another process, 90 s later on the wall.
NOW, LATER = Moment(5000.0, WALL), Moment(70.0, WALL + timedelta(seconds=90))

LIVES = st.none() | st.sampled_from(["1@2.5", "7@9.0"])
AGES = st.floats(0, 4000)
SERVERS = st.builds(
    ServerState,
    phase=st.sampled_from(Phase),
    role=st.sampled_from(Role),
    since=AGES,
    identity=LIVES,
    partner=st.sampled_from(["", "t0"]),
    step=st.integers(0, 2),
    attempt=st.integers(0, 2),
    tried=st.integers(0, 2),
    recovered=AGES,
)
STATES = st.builds(
    GroupState,
    servers=st.fixed_dictionaries(dict.fromkeys(NAMES, SERVERS)),
    roll=st.dictionaries(st.sampled_from(NAMES), LIVES),
    paused=st.booleans(),
    halted=st.sampled_from(["", "s0: not back in time"]),
    restarts=st.lists(AGES, max_size=3).map(lambda ages: tuple(sorted(ages))),
    last_back=st.just(-math.inf) | AGES,
)
DELAYS = st.none() | st.just(math.inf) | st.floats(0, 1e6)
PRODUCERS = st.builds(
    ProducerState,
    episodes=st.dictionaries(
        st.sampled_from(["unstable:s0", "service:s1", "unstable:"]),
        st.builds(Episode, mark=st.sampled_from(["", "1@2.5"]), since=AGES, delay=DELAYS),
    ),
    fired=st.lists(st.sampled_from(["2026-03-28T03:00:00+00:00", "2026-03-29T03:00:00+00:00"])).map(tuple),
)


def read(record: Record) -> Record:
    """A record as it comes back from the journal."""
    return parsed(json.loads(json.dumps(plain(record), allow_nan=False)))


@given(STATES, PRODUCERS, STATES, PRODUCERS)
def test_a_successor_knows_the_same(
    state: GroupState, producer: ProducerState, other: GroupState, before: ProducerState
) -> None:
    """Everything that a successor needs comes back, on its own clock, whatever stands before the snapshot."""
    state = replace(state, asked=frozenset(list(state.roll)[:1]))
    history = [
        (WALL, read(snapshot(other, before, NOW))),
        (WALL, SlotFired("x")),
        (WALL, RestartBegan("s0", "")),
    ]
    found, produced, dropped = resumed(
        GROUP, [*history, (WALL, read(snapshot(state, producer, NOW)))], GroupView(), LATER
    )
    shift = LATER.clock - 90.0 - NOW.clock
    assert dropped == ()
    assert (found.roll, found.asked, found.paused, found.halted) == (
        state.roll, state.asked, state.paused, state.halted,
    )  # fmt: skip
    assert found.restarts == pytest.approx([at + shift for at in state.restarts], abs=2e-6)
    assert found.last_back == pytest.approx(state.last_back + shift, abs=2e-6)
    for name, server in state.servers.items():
        assert found.servers[name].tried == server.tried
        if server.tried:
            assert found.servers[name].recovered == pytest.approx(server.recovered + shift, abs=2e-6)
        lasting = server.phase in (Phase.SERVING, Phase.WATCHED, Phase.STANDBY)
        since = server.since + shift if lasting else LATER.clock
        assert found.servers[name].since == pytest.approx(since, abs=2e-6)
        assert replace(found.servers[name], since=server.since, recovered=server.recovered) == server
    assert produced.fired == producer.fired
    assert list(produced.episodes) == list(producer.episodes)
    for clock, episode in producer.episodes.items():
        again = produced.episodes[clock]
        assert (again.mark, again.delay) == (episode.mark, episode.delay)
        assert again.since == pytest.approx(episode.since + shift, abs=2e-6)


def test_what_comes_after_counts(tmp_path: Path) -> None:
    """Records after the snapshot go on from it, through the file and its retention."""
    state = replace(first_state(GROUP), halted="s0: not back in time")
    with Journal(tmp_path / "j.db") as journal:
        for day in range(10):
            journal.append("web", [plain(SlotFired(f"slot {day}"))], WALL + timedelta(days=day))
        now = Moment(5000.0, WALL + timedelta(days=10))
        produced = ProducerState(fired=tuple(f"slot {day}" for day in range(10)))
        snap = [plain(snapshot(state, produced, now))]
        assert journal.compact("web", snap, timedelta(days=3), now.wall) == 7
        journal.append("web", [plain(SlotFired("slot 10"))], now.wall)
        entries = [(at, parsed(values)) for at, values in journal.records("web")]
    assert [type(record) for _, record in entries] == [SlotFired] * 3 + [Snapshot, SlotFired]
    found, again, _ = resumed(GROUP, entries, GroupView(), now)
    assert found.halted == "s0: not back in time"
    assert again.fired == (*produced.fired, "slot 10")


@pytest.mark.parametrize(
    "entry",
    [
        ["2026-03-01T00:00:00", {"record": "SlotFired", "slot": "x"}],
        ["yesterday", {"record": "SlotFired", "slot": "x"}],
        ["2026-03-01T00:00:00+00:00", {"record": "SlotFired"}],
        ["2026-03-01T00:00:00+00:00"],
        7,
    ],
)
def test_what_is_no_snapshot(entry: object) -> None:
    """A snapshot with an entry that is none is refused as a whole."""
    with pytest.raises(rj.InvalidInputError, match="Drop it"):
        parsed({"record": "Snapshot", "entries": [entry]})
