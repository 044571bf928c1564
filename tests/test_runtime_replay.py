"""Replay: what a policy would have done over recorded samples, by hand and against every single tick."""

from __future__ import annotations

import json
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from runtime_files import runtime_file

from rejuvmodel.errors import InvalidInputError
from rejuvmodel.runtime.deciding.states import Phase
from rejuvmodel.runtime.foresight.recorded_course import RecordedCourse
from rejuvmodel.runtime.foresight.replay_result import ReplayResult
from rejuvmodel.runtime.foresight.replaying import replay
from rejuvmodel.runtime.foresight.sample_records import SampleRecord
from rejuvmodel.runtime.foresight.simulated_run import Run
from rejuvmodel.runtime.foresight.simulated_world import Assumed, World

START = datetime(2026, 3, 1, tzinfo=UTC)
MB = 1e6


def sample(server: int, minute: float, memory: float | None = 0.0, **changes: Any) -> SampleRecord:
    at = START + timedelta(minutes=minute)
    one = SampleRecord(
        at, f"s{server}", "7@1.5", "healthy", "normal", 0.3, 60 * minute + 3600, memory, 10.0, True, 2
    )  # fmt: skip
    return replace(one, **changes)


def samples(memory: Callable[[int, int], float | None], minutes: int, servers: int = 3) -> list[SampleRecord]:
    """One sample a minute of each server with a memory by server and minute."""
    return [sample(k + 1, m, memory(k, m)) for m in range(minutes) for k in range(servers)]


def minutes(result: ReplayResult, what: str = "began") -> list[tuple[str, int]]:
    """Servers and minutes of what was done."""
    return [
        (one.server, round((getattr(one, what) - START).total_seconds() / 60)) for one in result.rejuvenations
    ]


def test_leak_is_rejuvenated_when_it_has_been_unstable_for_long_enough(tmp_path: Path) -> None:
    """1 MB a minute reaches 100 MB after 100 minutes, and again 100 minutes after each restart."""
    leak = samples(lambda k, m: m * MB if k == 0 else 0.0, 400)
    found = replay(runtime_file(tmp_path), leak, restart="30 s", drain="5 s")
    assert minutes(found) == [("s1", 110), ("s1", 220), ("s1", 330)]
    first = found.rejuvenations[0]
    assert first.why == "unstable for long enough"
    assert first.outcome == "rejuvenated"
    assert 37 <= first.away * 3600 <= 45  # 5 s of drain, 30 s of restart, 2 s of health, ticks between
    assert found.counts == {"s1": 3, "s2": 0, "s3": 0}
    assert found.unstable["s1"] == pytest.approx(3 * 10 / 60, abs=0.02)
    assert found.fewest_serving == 2
    assert found.serving[2] == pytest.approx(3 * first.away / found.hours, rel=0.1)
    assert sum(found.serving.values()) == pytest.approx(1.0)
    assert found.short == found.ours == 0


def test_all_at_once_go_one_after_another(tmp_path: Path) -> None:
    """Three servers that reach their limit together leave one by one, and their wait has its reason."""
    found = replay(runtime_file(tmp_path, required=2), samples(lambda _, m: m * MB, 130), restart="30 s")
    assert sorted(name for name, _ in minutes(found)) == ["s1", "s2", "s3"]
    ends = [one.back for one in found.rejuvenations[:2]]
    starts = [one.left for one in found.rejuvenations[1:]]
    assert all(end and start and end <= start for end, start in zip(ends, starts, strict=True))
    assert found.fewest_serving == 2
    assert found.refused["max_concurrent"] > 0


def test_server_that_waits_for_a_plain_up_is_judged(tmp_path: Path) -> None:
    """As in the runtime a server that joins is no longer in transition: over its limit, it is unstable."""
    file = runtime_file(tmp_path, limit="memory = 100e6\nunstable_after = 1")
    course = RecordedCourse(
        samples(lambda k, _: 200 * MB if k == 0 else 0.0, 20), ("s1", "s2", "s3"), file.rules
    )
    world, found = World(file.group, course, Assumed(restart=30.0, up=5.0)), []
    run = Run(file.group, file.producer, file.rules, world, course.start, Random(1), every_tick=True)
    run.go(course.length, lambda look: found.append((look.state.servers["s1"].phase, look.unstable)))
    joining = [unstable for phase, unstable in found if phase is Phase.JOINING]
    assert joining[0] == ()  # when it was looked at, it was still in transition
    assert set(joining[1:]) == {("s1",)}


def test_trend_is_replayed(tmp_path: Path) -> None:
    """A leak of 0.5 MB a minute is found by its trend, hours before the limit of 1,000 MB."""
    random = Random(4)
    leak = samples(lambda k, m: (300 + (0.5 * m if k == 0 else 0) + random.gauss(0, 2)) * MB, 1000)
    trend = '[trend]\nhorizon = "12 h"\nsettle = "0 s"'
    file = runtime_file(tmp_path, more=trend, limit="memory = 1000e6")
    found = replay(file, leak, restart="30 s", drain="0 s")
    ((name, minute),) = minutes(found)
    assert name == "s1"
    assert 600 < minute < 900  # 12 h before 1,400 minutes, and not much later
    assert found.rejuvenations[0].why.startswith("memory grows by")
    assert found.unstable["s1"] == 0


def test_windows_hold_it_back(tmp_path: Path) -> None:
    """Due at 01:50, a server waits for the window that opens at 03:00."""
    policy = 'confirm_for = "10 min"\nwindows = ["03:00-04:00"]'
    leak = samples(lambda k, m: m * MB if k == 0 else 0.0, 200)
    found = replay(runtime_file(tmp_path, policy), leak, restart="30 s")
    assert minutes(found, "due") == [("s1", 110)]
    assert minutes(found) == [("s1", 180)]
    assert found.refused["outside the windows"] == pytest.approx(70 / 60, abs=0.02)


def test_max_load_waits_for_a_quiet_sample(tmp_path: Path) -> None:
    """With max_load it begins with the first sample whose load is low enough."""
    leak = samples(lambda k, m: m * MB if k == 0 else 0.0, 200)
    busy = [replace(one, load=0.2 if one.at >= START + timedelta(minutes=150) else 0.9) for one in leak]
    found = replay(runtime_file(tmp_path, 'confirm_for = "10 min"\nmax_load = 0.5'), busy, restart="30 s")
    assert minutes(found) == [("s1", 150)]
    assert found.refused["load"] == pytest.approx(40 / 60, abs=0.02)


def test_slots_of_cron_are_rolls(tmp_path: Path) -> None:
    """A slot rejuvenates every server once, whatever its memory."""
    file = runtime_file(tmp_path, 'cron = "0 2 * * *"', limit="")
    found = replay(file, samples(lambda *_: 0.0, 200), restart="30 s", drain="0 s")
    assert [name for name, _ in minutes(found)] == ["s1", "s2", "s3"]
    assert minutes(found)[0] == ("s1", 120)
    assert found.rejuvenations[0].why.startswith("cron slot 2026-03-01T02:00")


def test_service_clock_counts_from_the_recorded_start(tmp_path: Path) -> None:
    """Servers of an uptime of 1 h at the start are due after 2 h of record, at an age of 3 h."""
    policy = 'scope = "server"\nclock = "service"\nlaw = "fixed"\nmean = "3 h"'
    file = runtime_file(tmp_path, policy, limit="")
    found = replay(file, samples(lambda *_: 0.0, 360), restart="30 s", drain="0 s")
    assert minutes(found)[0] == ("s1", 120)
    assert [name for name, _ in minutes(found)] == ["s1", "s2", "s3"] * 2  # again 3 h after the restart


def restarts(condition: str) -> list[SampleRecord]:
    """A leak of 1 MB a minute from 20 MB with a restart, seen as such or not, at minute 60."""
    found = []
    for m in range(200):
        level = (20 + m if m < 60 else 20 + m - 60) * MB
        life = "7@1.5" if m < 60 else "8@2.5"
        uptime = 3600 + 60 * m if m < 60 else 60 * (m - 60)
        state = condition if m == 59 else "normal"
        found.append(sample(1, m, level, identity=life, uptime=uptime, condition=state))
        found += [sample(k, m) for k in (2, 3)]
    return found


def test_own_restarts_of_the_record_are_left_out(tmp_path: Path) -> None:
    """What the runtime restarted goes on leaking in the replay; what others restarted begins anew."""
    file = runtime_file(tmp_path)
    own = replay(file, restarts("in transition"), restart="30 s", drain="0 s")
    # 100 MB after 80 minutes and what the restart hides; afterwards from the 20 MB of a restart.
    assert minutes(own) == [("s1", 92), ("s1", 182)]
    others = replay(file, restarts("normal"), restart="30 s", drain="0 s")
    assert minutes(others) == [("s1", 150)]
    everything = replay(file, restarts("normal"), restart="30 s", drain="0 s", undone="all")
    assert [name for name, _ in minutes(everything)] == ["s1", "s1"]
    nothing = replay(file, restarts("in transition"), restart="30 s", drain="0 s", undone="none")
    assert minutes(nothing) == minutes(others)


def test_gap_in_the_record_makes_nothing_due(tmp_path: Path) -> None:
    """A server of which nothing was recorded for an hour is unknown, and unknown is no reason to act."""
    leak = samples(lambda k, m: m * MB if k == 0 else 0.0, 200)
    holed = [one for one in leak if not 102 <= (one.at - START).total_seconds() / 60 < 162]
    assert minutes(replay(runtime_file(tmp_path), holed, restart="30 s"))[0] == ("s1", 162)
    unmeasured = samples(lambda k, _: None if k == 0 else 0.0, 200)
    assert replay(runtime_file(tmp_path), unmeasured, restart="30 s").rejuvenations == ()


def test_recorded_failures_hold_others_back(tmp_path: Path) -> None:
    """While a server is down in the record, required is kept: the unstable one waits until it is back."""
    leak = samples(lambda k, m: m * MB if k == 0 else 0.0, 200, servers=2)
    failed = [
        replace(one, answer="gone", memory=None, up=False)
        if one.server == "s2" and 100 <= (one.at - START).total_seconds() / 60 < 140
        else one
        for one in leak
    ]
    found = replay(runtime_file(tmp_path, servers=2), failed, restart="30 s")
    assert minutes(found) == [("s1", 140)]
    assert found.short == found.ours == 0  # one still served, and one was required
    assert found.serving[1] > 40 / 200


def test_server_that_answers_again_serves_again_though_its_memory_is_unknown(tmp_path: Path) -> None:
    """From no answer to an answer without a memory: the others need not wait until it is known."""
    leak = samples(lambda k, m: m * MB if k == 0 else 0.0, 200)
    lost = {"s2": (100, 130), "s3": (100, 140)}
    asked = [
        replace(one, answer="unknown" if minute < lost[one.server][1] else "healthy", memory=None)
        if one.server in lost and 100 <= (minute := (one.at - START).total_seconds() / 60) < 160
        else one
        for one in leak
    ]
    for every_tick in (False, True):
        found = replay(runtime_file(tmp_path, required=2), asked, restart="30 s", every_tick=every_tick)
        assert minutes(found) == [("s1", 140)]


def test_first_looks_are_one_moment(tmp_path: Path) -> None:
    """That servers are looked at one after another makes none of them missing at the start."""
    late = [
        replace(one, at=one.at + timedelta(seconds=10 * int(one.server[1])))
        for one in samples(lambda *_: 0.0, 9)
    ]
    found = replay(runtime_file(tmp_path, required=2), late, restart="30 s")
    assert dict(found.serving) == {3: pytest.approx(1.0)}
    assert found.fewest_serving == 3


def test_result_can_be_written_and_shown(tmp_path: Path) -> None:
    """The result goes into JSON, pickles, and shows what was assumed."""
    found = replay(runtime_file(tmp_path), samples(lambda _, m: m * MB, 130))
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["schema"] == 1
    assert plain["rejuvenated"] == found.counts
    assert pickle.loads(pickle.dumps(found)) == found
    page = found._repr_html_()
    assert "Replay of web" in page
    assert "restart: 60 s, its deadline" in page
    assert "no restart of s1 is recorded" in page


def test_restart_beyond_its_deadline_is_refused(tmp_path: Path) -> None:
    """A restart that the file's deadline would give up cannot be assumed."""
    with pytest.raises(InvalidInputError, match="60 s is the deadline of the file"):
        replay(runtime_file(tmp_path), samples(lambda *_: 0.0, 5), restart="70 s")


WRONG = {
    "stranger": ([sample(1, 0), sample(9, 1)], "samples", '"s9"'),
    "missing": ([sample(1, 0), sample(2, 1)], "samples", '"s3"'),
    "one moment": ([sample(k, 0) for k in (1, 2, 3)], "samples", "two moments"),
}


@pytest.mark.parametrize("name", WRONG)
def test_samples_must_be_those_of_the_group(name: str, tmp_path: Path) -> None:
    """Samples of a stranger, a server without any and a single moment are refused by name."""
    given_, argument, found = WRONG[name]
    with pytest.raises(InvalidInputError, match=found) as error:
        replay(runtime_file(tmp_path), given_)
    assert error.value.argument == argument


@pytest.mark.parametrize("given_", [5.5, None, b"x", ["x"], [None]])
def test_what_is_no_sample_is_refused(given_: Any, tmp_path: Path) -> None:
    """Neither numbers nor texts are samples, and a seed is a whole number."""
    with pytest.raises(InvalidInputError, match="SampleRecord") as error:
        replay(runtime_file(tmp_path), given_)
    assert error.value.argument == "samples"
    with pytest.raises(InvalidInputError, match=r"^seed:"):
        replay(runtime_file(tmp_path), samples(lambda *_: 0.0, 5), seed=given_)


@settings(max_examples=12, deadline=None)
@given(st.data())
def test_leaving_idle_ticks_out_changes_nothing(data: st.DataObject) -> None:
    """Looking at each second finds the same rejuvenations, at times that differ by ticks and one sample."""
    levels = st.sampled_from((0.0, 60 * MB, 95 * MB, 120 * MB, None))
    drawn = data.draw(st.lists(st.tuples(*[levels] * 3), min_size=20, max_size=20))
    records = []
    for m, row in enumerate(drawn):
        for k, memory in enumerate(row):
            answer = data.draw(st.sampled_from(("healthy",) * 8 + ("gone", "unknown")))
            load = data.draw(st.sampled_from((0.1, 0.1, 0.9)))
            records.append(sample(k + 1, m, memory, answer=answer, load=load))
    policy = data.draw(
        st.sampled_from(
            (
                'confirm_for = "2 min"',
                'confirm_for = "1 min"\nmax_load = 0.5',
                'confirm_for = "90 s"\nwindows = ["00:07-00:12"]\nmin_healthy = "2 min"',
                'confirm_for = "3 min"\ncron = "*/7 * * * *"',
                'scope = "server"\nclock = "unstable"\nlaw = "exponential"\nmean = "3 min"',
                'scope = "cluster"\nclock = "unstable"\nlaw = "exponential"\nmean = "3 min"',
            )
        )
    )
    with tempfile.TemporaryDirectory() as folder:
        file = runtime_file(Path(folder), policy)
    fast, slow = (
        replay(file, records, restart="20 s", drain="3 s", every_tick=every) for every in (False, True)
    )
    assert [one.server for one in fast.rejuvenations] == [one.server for one in slow.rejuvenations]
    for one, other in zip(fast.rejuvenations, slow.rejuvenations, strict=True):
        # A few ticks may decide whether one that waits for another begins with this sample or the next.
        assert abs((one.began - other.began).total_seconds()) <= 60 + 12
    # Servers that the record loses while another is away are nobody's fault, in both alike.
    assert fast.ours == pytest.approx(slow.ours, abs=12 / 3600)


def test_replay_loads_no_numpy() -> None:
    """A replay needs neither NumPy nor pandas."""
    program = (
        "import sys, rejuvmodel.runtime.foresight.replaying as room; "
        "assert not {'numpy', 'pandas', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
