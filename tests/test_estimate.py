"""Estimates from event logs: exposure by hand, whatever form the log has, and the test of the law."""

from __future__ import annotations

import dataclasses
import pickle
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.optimize import brentq

import rejuvmodel as rj
from rejuvmodel.estimation.fitting import places_on_test, sojourn_fit, weibull_fit
from rejuvmodel.estimation.sojourns import Sojourns

RATES = rj.Rates(aging=1 / 24, failure=1 / 40, repair=1 / 10, restart=1 / 8, rejuvenation=1 / 20)
#: Two servers by their own clocks: a fails once, b is rejuvenated, both are repaired or restarted.
ROWS = [
    ("a", 10, "unstable"), ("b", 12, "unstable"), ("a", 15, "failed"), ("b", 20, "rejuvenation started"),
    ("b", 21, "rejuvenation finished"), ("a", 25, "repaired"), ("b", 30, "unstable"),
]  # fmt: skip
#: The same kinds of events for a cluster of two as a whole.
WHOLE = [
    (10, "unstable"), (14, "rejuvenation started"), (15, "rejuvenation finished"), (20, "unstable"),
    (26, "failed"), (28, "repaired"), (40, "unstable"), (41, "failed"), (50, "unstable"),
]  # fmt: skip


def exposures(found: rj.RateEstimates) -> dict[str, tuple[int, float]]:
    """Events and exposure of each rate."""
    return {one.name: (one.events, one.exposure_hours) for one in found}


def cluster_rows(rows: list[tuple[float, str]]) -> list[dict[str, object]]:
    return [{"time": time, "event": event} for time, event in rows]


def test_exposure_of_servers_by_hand() -> None:
    """By the clock of servers, the hours of every server in each condition count, unfinished ones too."""
    found = rj.estimate(ROWS, clock="server", servers=3, start=0, until=40)
    assert exposures(found) == {
        "aging": (3, (10 + 15) + (12 + 9) + 40), "failure": (1, 5 + 8 + 10), "repair": (1, 10.0),
        "restart": (1, 1.0), "rejuvenation": (1, 5 + 8 + 10),
    }  # fmt: skip
    assert (found.clock, found.servers, found.hours, found.notes) == ("server", 3, 40.0, ())


def test_exposure_of_a_cluster_by_hand() -> None:
    """By the clock of a cluster, unstable hours count once per working server towards failure."""
    found = rj.estimate(cluster_rows(WHOLE), clock="cluster", servers=2, until=56)
    assert exposures(found) == {
        "aging": (4, 10 + 5 + (2 + 12) + 9), "failure": (2, 2 * (4 + 6 + 1) + 1 * 6),
        "repair": (1, 2 + 9), "restart": (1, 1.0), "rejuvenation": (1, 4 + 6 + 1 + 6),
    }  # fmt: skip


def test_level_zero_ages_not() -> None:
    """A cluster that has failed as a whole is repaired, but does not age."""
    rows = cluster_rows([(10, "unstable"), (12, "failed"), (20, "repaired"), (25, "unstable")])
    found = rj.estimate(rows, clock="cluster", servers=1, until=26)
    assert exposures(found)["aging"] == (2, 15.0)
    assert exposures(found)["repair"] == (1, 8.0)


def test_crews_limit_the_exposure_of_repair() -> None:
    """With one crew, two failed servers are one hour of repair per hour."""
    rows = [
        ("a", 1, "unstable"),
        ("b", 1, "unstable"),
        ("a", 2, "failed"),
        ("b", 3, "failed"),
        ("b", 9, "repaired"),
    ]
    free = rj.estimate(rows, clock="server", until=10)
    assert free.repair.exposure_hours == 8 + 6
    assert "Up to 2 servers had failed at the same time" in repr(free)
    assert rj.estimate(rows, clock="server", until=10, layout={"crews": 1}).repair.exposure_hours == 8.0


def test_slots_and_guard_limit_the_exposure_of_waits() -> None:
    """An unstable server that may not be rejuvenated does not count as waiting."""
    rows = [
        ("a", 1, "unstable"), ("b", 2, "unstable"), ("a", 5, "rejuvenation started"),
        ("a", 8, "rejuvenation finished"), ("b", 9, "rejuvenation started"),
    ]  # fmt: skip
    base = {"clock": "server", "servers": ["a", "b"], "until": 10}
    assert rj.estimate(rows, **base).rejuvenation.exposure_hours == 4 + 7
    one_slot = rj.estimate(rows, **base, layout={"slots": 1})
    assert one_slot.rejuvenation.exposure_hours == 4 + 4
    guarded = rj.estimate(rows, **base, layout={"required": 1, "guarded": True})
    assert guarded.rejuvenation.exposure_hours == 4 + 4
    with pytest.raises(
        rj.InvalidInputError, match=r"events\[2\]: got 'rejuvenation started' of server \"a\"; with"
    ):
        rj.estimate(rows, **base, layout={"required": 2, "guarded": True})


def test_standby_ages_at_its_share() -> None:
    """A server on standby counts for its dormancy."""
    rows = [("a", 10, "unstable")]
    layout = {"mode": "active/standby", "primaries": 1, "dormancy": 0.25}
    found = rj.estimate(rows, clock="server", servers=["a", "b"], until=12, layout=layout)
    assert found.aging.exposure_hours == 10 * 1.25 + 2 * 0.25


def test_log_that_begins_in_the_middle() -> None:
    """What is not normal at the start is said, and counts from the start of the log on."""
    rows = [("b", 105, "repaired"), ("a", 110, "failed")]
    found = rj.estimate(rows, clock="server", start=100, until=120, initial={"a": "unstable", "b": "failed"})
    assert exposures(found)["failure"] == (1, 10.0)
    assert exposures(found)["repair"] == (1, 15.0)
    assert exposures(found)["aging"] == (0, 15.0)
    later = rj.estimate(
        cluster_rows([(3, "failed"), (8, "repaired")]), clock="cluster", servers=2, initial="u1", until=9
    )
    assert exposures(later)["failure"] == (1, 3.0)


def test_scheduled_rejuvenations_are_no_waits() -> None:
    """A rejuvenation of what is normal censors its aging, and leaves the wait open."""
    rows = [
        ("a", 10, "rejuvenation started"),
        ("a", 11, "rejuvenation finished"),
        ("a", 15, "unstable"),
        ("a", 16, "rejuvenation started"),
    ]
    found = rj.estimate(rows, clock="server", until=17)
    assert found.scheduled == 1
    assert exposures(found)["aging"] == (1, 14.0)
    assert exposures(found)["rejuvenation"] == (1, 1.0)
    assert found.rates_with(failure=1.0, repair=1.0, restart=1.0).rejuvenation is None
    assert "1 rejuvenation began while nothing was unstable" in repr(found)


def forms(tmp_path) -> dict[str, object]:
    """The same log in every form."""
    frame = pd.DataFrame(ROWS, columns=["server", "time", "event"])
    path = tmp_path / "log.csv"
    lines = [f"{time}; {server}; {event.upper().replace(' ', '_')}" for server, time, event in ROWS]
    path.write_text("# a comment\n\nTime;Server;Event\n" + "\n".join(lines) + "\n", encoding="utf-8")
    tables = [dict(zip(("server", "time", "event"), row, strict=True)) for row in ROWS]
    return {
        "records": ROWS, "iterator": iter(ROWS), "mappings": tables,
        "objects": [SimpleNamespace(**table) for table in tables], "frame": frame,
        "columns": frame[["event", "time", "server"]], "path": path, "text": str(path),
        "numpy": frame.astype({"time": np.float32}), "words": [(s, f"{t} h", e) for s, t, e in ROWS],
        "structured": np.array(ROWS, [("server", "U5"), ("time", float), ("event", "U30")]),
        "categories": frame.astype({"server": "category", "event": "category"}),
    }  # fmt: skip


FORMS = "records iterator mappings objects frame columns path text numpy words structured categories"


@pytest.mark.parametrize("form", FORMS.split())
def test_forms_of_a_log(form: str, tmp_path) -> None:
    """A CSV file, a data frame and records of any kind give the same estimates."""
    events = forms(tmp_path)[form]
    assert rj.estimate(events, clock="server", until=40) == rj.estimate(ROWS, clock="server", until=40)


@pytest.mark.parametrize("zone", [None, UTC])
def test_time_stamps(zone) -> None:
    """Time stamps of any kind are hours since the start, and have to agree on their zone."""
    origin = datetime(2026, 3, 1, 6, tzinfo=zone)
    hours = rj.estimate(ROWS, clock="server", start=0, until=40)
    stamps = [(server, origin + timedelta(hours=time), event) for server, time, event in ROWS]
    options = {"clock": "server", "start": origin, "until": origin + timedelta(hours=40)}
    assert rj.estimate(stamps, **options) == hours
    assert rj.estimate([(s, t.isoformat(), e) for s, t, e in stamps], **options) == hours
    frame = pd.DataFrame(stamps, columns=["server", "time", "event"])
    assert rj.estimate(frame, **options) == hours


def test_other_zones_are_the_same_moments() -> None:
    """Offsets are understood: the same moments in two zones are one log."""
    rows = [("a", "2026-03-01T01:00Z", "unstable"), ("a", "2026-03-01T04:00+01:00", "failed")]
    found = rj.estimate(rows, clock="server", start="2026-03-01T00:00Z", until="2026-03-01T06:00+02:00")
    assert exposures(found)["failure"] == (1, 2.0)
    assert found.hours == 4.0


def test_what_had_to_be_assumed_is_said() -> None:
    """Without an end the last event is taken, without servers those seen, and the notes say so."""
    found = rj.estimate([("a", "2026-03-01", "unstable"), ("a", "2026-03-02", "failed")], clock="server")
    assert found.hours == 24.0
    notes = " ".join(found.notes)
    assert "does not say when it ended" in notes
    assert "does not say when it began" in notes
    assert "does not say which servers there are: the 1 in it" in notes


def test_end_line_is_the_end() -> None:
    """A line "end" says when the log ended, as until= does."""
    ended = [*ROWS, ("", 40, "end")]
    assert rj.estimate(ended, clock="server", servers=2) == rj.estimate(
        ROWS, clock="server", servers=2, until=40
    )


def test_log_without_events_bounds_what_it_watched() -> None:
    """A log in which nothing happened bounds the aging rate, and says nothing of the others."""
    found = rj.estimate([], clock="server", servers=5, until=1000)
    assert found.aging.exposure_hours == 5000.0
    assert found.aging.one_sided
    assert "says nothing" in found.failure.advice


def test_simulated_log_survives_its_files(tmp_path) -> None:
    """A log written to CSV or a data frame gives the estimates of the log itself, with its settings."""
    pool = rj.Pool(
        primaries=2, spares=1, rates=RATES, mode="active/standby", dormancy=0.5, slots=1, guarded=True
    )
    for model in (pool, rj.Cluster(3, RATES)):
        log = rj.event_log(model, 2000, seed=3)
        found = rj.estimate(log)
        log.to_csv(tmp_path / "log.csv")
        assert rj.estimate(tmp_path / "log.csv") == found
        assert rj.estimate(log.to_dataframe()) == found
        assert rj.estimate(pickle.loads(pickle.dumps(log))) == found
        assert found.model() == dataclasses.replace(model, rates=found.rates)


def test_log_says_its_settings_in_its_head(tmp_path) -> None:
    """Clock, servers, start, end and conditions at the start stand in the head of a file."""
    path = tmp_path / "log.csv"
    path.write_text(
        '# clock: server\n# servers: "x, y", a\n# start: 0\n# until: 20\n# initial: "x, y" failed\n'
        '# crews: 1\nserver,time,event\n"x, y",5,repaired\n', encoding="utf-8",
    )  # fmt: skip
    log = rj.read_event_log(path)
    assert log.servers == ("x, y", "a")
    assert log.initial == ("failed", "normal")
    assert rj.estimate(path).repair.exposure_hours == 5.0
    log.to_csv(tmp_path / "again.csv")
    assert rj.estimate(tmp_path / "again.csv") == rj.estimate(path)


def test_names_that_look_like_comments_survive(tmp_path) -> None:
    """Names with a sharp, a comma or a quote are read back from the file as they were."""
    rows = [("#1", 1, "unstable"), ('a "b", c', 2, "unstable"), (7, 3, "unstable")]
    log = rj.read_event_log(rows, clock="server", servers=["#1", 'a "b", c', 7], start=0, until=5)
    log.to_csv(tmp_path / "log.csv")
    assert rj.read_event_log(tmp_path / "log.csv").servers == ("#1", 'a "b", c', "7")
    assert rj.estimate(tmp_path / "log.csv") == rj.estimate(log)


def weibull_by_hand(hours: np.ndarray, complete: np.ndarray) -> tuple[float, float]:
    """Shape and scale of maximum likelihood, by the equation for the shape."""
    logs = np.log(hours)

    def slope(k: float) -> float:
        power = hours**k
        return float(power @ logs / power.sum() - 1 / k - logs[complete].mean())

    shape = brentq(slope, 0.01, 50, xtol=1e-13)
    return shape, float((np.sum(hours**shape) / complete.sum()) ** (1 / shape))


@pytest.mark.parametrize("shape", [0.6, 1.0, 2.5])
@pytest.mark.parametrize("scale", [0.01, 1.0, 5000.0])
def test_weibull_fit_is_the_root_of_the_likelihood_equation(shape: float, scale: float) -> None:
    """The fit with censored sojourns solves the equation of maximum likelihood."""
    rng = np.random.default_rng(7)
    hours, limit = scale * rng.weibull(shape, 300), scale * rng.exponential(2.0, 300)
    found = Sojourns(np.minimum(hours, limit), hours <= limit, 0, True)
    fit = weibull_fit(found)
    right = weibull_by_hand(found.hours, found.complete)
    assert (fit.shape, fit.scale) == pytest.approx(right, rel=1e-3)
    assert fit.mean > 0


def test_coarse_time_stamps_have_a_weibull_law() -> None:
    """Sojourns of no length, where a log has full minutes only, are censored on the left."""
    minutes = 3.0 * np.random.default_rng(5).weibull(2.5, 400)
    found = Sojourns(np.floor(minutes) / 60, np.ones(400, bool), 0, True)
    assert (found.hours == 0).sum() > 10
    fit = weibull_fit(found)
    right = weibull_by_hand((np.floor(minutes) + (minutes < 1) * 0.5) / 60, found.complete)
    assert (fit.shape, fit.scale) == pytest.approx(right, rel=0.15)


def test_places_are_total_time_on_test() -> None:
    """The place of an event is the time that all sojourns had been watched at its age, by hand."""
    found = Sojourns(np.array([4.0, 1.0, 2.0, 3.0]), np.array([False, True, False, True]), 0, True)
    # Watched until age 1: 4·1; until 2: 4 + 3; until 3: 7 + 2; until 4: 9 + 1.
    assert places_on_test(found).tolist() == [4 / 10, 9 / 10]


def test_exponential_law_is_rejected_where_it_is_wrong() -> None:
    """Fixed waits, and repairs that wear out, are seen; then there is a Weibull law, or the words say why."""
    trigger = rj.Trigger(rj.Erlang(4, 100), clock="unstable")
    cluster = rj.Cluster(2, RATES.replace(rejuvenation=None, failure=1 / 400), trigger=trigger)
    found = rj.estimate(rj.event_log(cluster, 20_000, seed=1))
    assert not found.rejuvenation.fit.exponential
    assert found.rejuvenation.fit.weibull.mean == pytest.approx(100, rel=0.1)
    assert "Trigger(Empirical(waits)" in found.rejuvenation.advice
    assert "Weibull shape" in found.rejuvenation.advice
    assert found.failure.fit.exponential
    assert found.failure.fit.weibull is None


def test_too_few_sojourns_are_not_tested() -> None:
    """Four sojourns say nothing of a law."""
    few = Sojourns(np.arange(1.0, 5.0), np.ones(4, bool), 2, True)
    fit = sojourn_fit(few)
    assert (fit.complete, fit.censored, fit.left_out, fit.p_value, fit.exponential) == (4, 0, 2, None, None)


def test_equal_sojourns_are_not_exponential() -> None:
    """Sojourns of one length are rejected without a Weibull law, for none is the best."""
    fit = sojourn_fit(Sojourns(np.full(30, 5.0), np.ones(30, bool), 0, True))
    assert fit.exponential is False
    assert fit.weibull is None


def test_sojourns_of_a_log() -> None:
    """Sojourns are those that began within the log; each ends in its event, or is censored."""
    found = rj.sojourns(rj.read_event_log(ROWS, clock="server", servers=3, until=40))
    assert sorted(found["aging"].hours) == [9.0, 15.0]
    assert found["aging"].complete.sum() == 1
    assert found["aging"].left_out == 3
    assert sorted(zip(found["failure"].hours, found["failure"].complete, strict=True)) == [
        (5.0, True), (8.0, False), (10.0, False),
    ]  # fmt: skip
    whole = rj.sojourns(rj.read_event_log(cluster_rows(WHOLE), clock="cluster", servers=2, until=56))
    assert whole["failure"].hours.tolist() == [8.0, 12.0, 2.0, 6.0]
    assert whole["failure"].complete.tolist() == [False, True, True, False]
    assert whole["repair"].hours.tolist() == [2.0, 9.0]
    assert whole["aging"].left_out == 1


def test_a_p_value_has_no_digits_that_it_does_not_have() -> None:
    """Where the test is as clear as can be, a table and an advice say "p < 0.0001" and not "p = 0"."""
    rates = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=0.5, restart=3)
    timer = rj.Cluster(2, rates, trigger=rj.Trigger(rj.Fixed("5 d"), clock="unstable"))
    found = rj.estimate(rj.event_log(timer, "730 d", seed=1))
    assert "no (p < 0.0001)" in repr(found)
    assert found.rejuvenation.advice.startswith("Not exponential (p < 0.0001): the chain assumes that it is")
    assert f"yes (p = {found.aging.fit.p_value:.2g})" in repr(found)
