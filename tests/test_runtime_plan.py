"""Plan: exact where nothing is random, and the policy's law where something is."""

from __future__ import annotations

import json
import math
import pickle
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from runtime_files import runtime_file

import rejuvmodel as rj
from rejuvmodel.runtime.deciding.records import DelayDrawn, Entered, EpisodeBegan, Record, SlotFired
from rejuvmodel.runtime.foresight.delay_quantiles import delay_quantile
from rejuvmodel.runtime.foresight.plan_result import Plan
from rejuvmodel.runtime.foresight.planning import plan

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SERVICE = 'scope = "server"\nclock = "service"'


def made(law: object, mean: object = 10.0, jitter: object = 0) -> rj.RejuvenationPolicy:
    return rj.RejuvenationPolicy(
        scope="server", clock="unstable", law=law, mean=mean, jitter=jitter, servers=3, required=2
    )  # fmt: skip


def test_quantiles_by_hand() -> None:
    """Medians of laws whose distribution function can be turned round."""
    assert delay_quantile(made("exponential"), 0.5) == pytest.approx(10 * math.log(2), rel=1e-8)
    assert delay_quantile(made("fixed"), 0.05) == pytest.approx(10.0)
    assert delay_quantile(made("fixed", jitter=4), 0.25) == pytest.approx(11.0)
    assert delay_quantile(made({"name": "uniform", "lo": 1, "hi": 3}), 0.95) == pytest.approx(5 + 0.95 * 10)
    four = made({"name": "empirical", "samples": [1, 2, 3, 6]})
    assert delay_quantile(four, 0.5) == pytest.approx(20 / 3)
    # Erlang of 2 phases: 1 - (1 + y) e^-y = 0.5 at y = 1.678347, and a mean of 2 phases.
    erlang = made({"name": "erlang", "k": 2})
    assert delay_quantile(erlang, 0.5) == pytest.approx(10 * 1.6783469900 / 2, rel=1e-8)
    assert delay_quantile(made("exponential", mean="never"), 0.5) == math.inf
    assert delay_quantile(made("exponential", mean=0, jitter=2), 0.5) == 1.0


LAWS = (
    "exponential", "fixed", {"name": "erlang", "k": 1}, {"name": "erlang", "k": 7},
    {"name": "erlang", "k": 200}, {"name": "uniform", "lo": 0, "hi": 2},
    {"name": "uniform", "lo": 5, "hi": 6},
    {"name": "hyperexponential", "probabilities": [0.9, 0.1], "means": [0.5, 20]},
    {"name": "empirical", "samples": [0.5, 1, 1, 8]},
)  # fmt: skip


@given(st.sampled_from(LAWS), st.sampled_from((0.0, 0.5, 30.0)), st.sampled_from((0.05, 0.5, 0.95)))
def test_share_of_drawn_delays_is_below_the_quantile(law: object, jitter: float, share: float) -> None:
    """Of 4,000 delays that the policy draws, the share below the quantile is within four deviations."""
    policy = made(law, jitter=jitter)
    at, random = delay_quantile(policy, share), Random(7)
    drawn = [policy.sample_delay(random) for _ in range(4000)]
    slack = 4 * math.sqrt(share * (1 - share) / 4000)
    assert sum(one <= at * (1 + 1e-9) for one in drawn) / 4000 >= share - slack
    assert sum(one < at * (1 - 1e-9) for one in drawn) / 4000 <= share + slack


def begins(found: Plan) -> list[tuple[str, str]]:
    return [(name, f"{at:%d %H:%M}") for at, name, _ in found.timetable]


def test_cron_has_a_timetable(tmp_path: Path) -> None:
    """Slots of cron are exact: each server once a day, one after another, and nothing is random."""
    file = runtime_file(tmp_path, 'cron = "0 3 * * *"', limit="")
    found = plan(file, days=2, now=NOW, restart="50 s", drain="5 s")
    assert not found.random
    assert begins(found) == [
        ("s1", "02 03:00"), ("s2", "02 03:00"), ("s3", "02 03:01"),
        ("s1", "03 03:00"), ("s2", "03 03:00"), ("s3", "03 03:01"),
    ]  # fmt: skip
    first = found.servers[0]
    assert first.next.exact
    assert (first.expected, first.low, first.high) == (2, 2, 2)
    assert first.away * 3600 == pytest.approx(2 * 58, abs=6)
    assert found.per_day["2026-03-02"] == {"s1": 1, "s2": 1, "s3": 1}
    assert list(found.per_day) == ["2026-03-01", "2026-03-02", "2026-03-03"]


def test_slot_that_has_fired_does_not_come_again(tmp_path: Path) -> None:
    """A plan that begins within the grace of a slot knows from the journal that it has fired."""
    file = runtime_file(tmp_path, 'cron = "0 12 * * *"', limit="")
    fired: list[tuple[datetime, Record]] = [(NOW, SlotFired("2026-03-01T12:00:00+00:00"))]
    assert plan(file, days=0.5, now=NOW + timedelta(seconds=5), journal=fired).expected == 0
    assert plan(file, days=0.5, now=NOW + timedelta(seconds=5)).expected == 3


def test_slot_counts_beside_a_delay_that_is_drawn_then(tmp_path: Path) -> None:
    """A slot of cron is not lost in the tick in which clocks of the policy begin and draw their delays."""
    policy = f'cron = "0 12 * * *"\n{SERVICE}\nlaw = "fixed"\nmean = "30 d"'
    found = plan(runtime_file(tmp_path, policy, limit=""), days=0.5, now=NOW + timedelta(seconds=5))
    assert [name for name, _ in begins(found)] == ["s1", "s2", "s3"]


def test_due_outside_the_windows_begins_at_the_next_opening(tmp_path: Path) -> None:
    """Slots at noon of Berlin wait for the window at ten in the evening there; the second one still does."""
    policy = 'cron = "0 12 * * *"\nwindows = ["22:00-05:00"]\ntimezone = "Europe/Berlin"'
    found = plan(runtime_file(tmp_path, policy, limit=""), days=2, now=NOW, restart="30 s", drain="0 s")
    assert begins(found)[0] == ("s1", "02 22:00")
    assert found.waits["outside the windows"] == pytest.approx(3 * (10 + 1), abs=0.1)
    assert str(found.start.tzinfo) == "Europe/Berlin"


def status(**uptimes: float | None) -> dict[str, Any]:
    """The servers of a status document, with lives of their own."""
    return {
        "servers": [
            {"name": name, "identity": f"{name}@1", "uptime": uptime, "condition": "normal"}
            for name, uptime in uptimes.items()
        ]
    }


def test_service_clocks_go_on_from_the_uptimes(tmp_path: Path) -> None:
    """With a fixed delay of 2 d, servers of an age of 1, 2 and 3 h are due in 47, 46 and 45 h."""
    file = runtime_file(tmp_path, f'{SERVICE}\nlaw = "fixed"\nmean = "2 d"', limit="")
    found = plan(
        file, days=3, now=NOW, status=status(s1=3600, s2=7200, s3=10800), restart="30 s", drain="0 s"
    )
    assert begins(found) == [("s3", "03 09:00"), ("s2", "03 10:00"), ("s1", "03 11:00")]
    assert found.servers[0].due is not None
    assert found.servers[0].due.median == NOW + timedelta(hours=47)
    assert found.servers[0].due.exact


def test_drawn_delay_is_exact_and_others_have_quantiles(tmp_path: Path) -> None:
    """A delay in the journal is no longer random; those still to be drawn have the quantiles of the law."""
    file = runtime_file(tmp_path, f'{SERVICE}\nlaw = "exponential"\nmean = "10 h"', limit="")
    began = NOW - timedelta(hours=1)
    journal: list[tuple[datetime, Record]] = [
        (began, EpisodeBegan("service:s1", "s1@1")),
        (began, DelayDrawn("service:s1", "s1@1", 5 * 3600.0)),
    ]
    found = plan(
        file,
        days=1,
        now=NOW,
        journal=journal,
        status=status(s1=3600, s2=0, s3=0),
        restart="30 s",
        drain="0 s",
    )
    one, other = found.servers[:2]
    assert one.drawn
    assert one.due is not None
    assert one.due.exact
    assert one.due.median == NOW + timedelta(hours=4)
    assert one.next.exact
    assert abs((one.next.median or NOW) - one.due.median) < timedelta(minutes=3)
    assert not other.drawn
    assert other.due is not None
    hours = [
        (at - NOW).total_seconds() / 3600 for at in (other.due.low, other.due.median, other.due.high) if at
    ]
    assert hours == pytest.approx([-10 * math.log(0.95), 10 * math.log(2), -10 * math.log(0.05)], rel=1e-6)
    # Renewals of 10 h and some seconds away: one in 10 h, from the first moment on.
    assert other.expected == pytest.approx(2.4, abs=0.7)
    assert found.random


def test_unstable_server_is_due_by_its_delay(tmp_path: Path) -> None:
    """A server that has been unstable for 4 min is due in 6 min; of others nothing is known, as is said."""
    file = runtime_file(tmp_path)
    journal: list[tuple[datetime, Record]] = [
        (NOW - timedelta(minutes=4), EpisodeBegan("unstable:s2", "s2@1")),
        (NOW - timedelta(minutes=4), Entered("s2", "watched", "primary", "judged unstable")),
    ]
    now = status(s1=7200, s2=7200, s3=7200)
    now["servers"][1]["condition"] = "unstable"
    found = plan(file, days=1, now=NOW, journal=journal, status=now, restart="30 s", drain="0 s")
    assert begins(found) == [("s2", "01 12:06")]
    assert any("not known" in note for note in found.notes)


def test_trend_and_aging_make_later_ones(tmp_path: Path) -> None:
    """A moment from a trend is taken as it is; a rate makes the numbers of a renewal process."""
    trend = plan(
        runtime_file(tmp_path), days=1, now=NOW, restart="30 s", drain="0 s",
        unstable_at={"s3": NOW + timedelta(hours=5)},
    )  # fmt: skip
    assert begins(trend) == [("s3", "01 17:10")]
    found = plan(runtime_file(tmp_path), days=10, now=NOW, restart="30 s", drain="0 s", aging="1 d")
    cycle = 24 + 10 / 60 + 45 / 3600
    assert found.expected == pytest.approx(3 * 240 / cycle, rel=0.1)
    assert sum(sum(row.values()) for row in found.per_day.values()) == pytest.approx(found.expected)


def test_aging_comes_from_the_journal_where_nobody_says(tmp_path: Path) -> None:
    """Two episodes in 60 h of three normal servers are a mean time of about 90 h."""
    journal: list[tuple[datetime, Record]] = []
    for hour in (10, 40):
        for at, phase, cause in (
            (hour, "watched", "judged unstable"), (hour + 0.1, "draining", "others carry its work"),
            (hour + 0.1, "restarting", "clean"), (hour + 0.2, "serving", "a plain UP"),
        ):  # fmt: skip
            journal.append((NOW - timedelta(hours=70 - at), Entered("s1", phase, "primary", cause)))
    journal.append((NOW, SlotFired("2026-03-01T12:00:00+00:00")))
    found = plan(runtime_file(tmp_path), days=1, now=NOW, journal=journal)
    assert any("from 2 times in the journal" in note for note in found.notes)


def test_plan_can_be_written_and_shown(tmp_path: Path) -> None:
    """A plan goes into JSON, pickles, and is a table in a notebook."""
    found = plan(runtime_file(tmp_path, 'cron = "0 3 * * *"', limit=""), now=NOW)
    plain = json.loads(json.dumps(found.to_dict()))
    assert plain["schema"] == 1
    assert plain["expected"] == 21
    assert plain["servers"][0]["next"]["median"].startswith("2026-03-02T03:00")
    assert pickle.loads(pickle.dumps(found)) == found
    assert "Plan of web" in found._repr_html_()
    assert "its deadline" in found._repr_html_()


def test_bad_arguments_are_refused(tmp_path: Path) -> None:
    """Lengths, moments without a zone and times that are none are refused by name."""
    file = runtime_file(tmp_path)
    wrong = [("days", 0), ("days", 1000), ("days", "x"), ("days", math.nan), ("now", "x"), ("seed", None)]
    for name, value in (*wrong, ("now", datetime(2026, 3, 1)), ("aging", 0)):  # noqa: DTZ001
        with pytest.raises(rj.InvalidInputError) as error:
            plan(file, **{name: value})
        assert error.value.argument == name


def test_plan_loads_no_numpy() -> None:
    """A plan needs neither NumPy nor pandas."""
    program = (
        "import sys, rejuvmodel.runtime.foresight.planning as room, rejuvmodel.runtime.foresight.exporting; "
        "assert not {'numpy', 'pandas', 'scipy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
