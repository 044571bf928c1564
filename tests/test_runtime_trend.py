"""The trend producer: statistics by hand and against SciPy, its two claims, what it must not believe."""

from __future__ import annotations

import math
import pickle
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from trend_world import DAY, LIMIT, ar1, found, states

import rejuvmodel as rj
from rejuvmodel.runtime.deciding import trend as trend_room
from rejuvmodel.runtime.deciding import trend_statistics as statistics
from rejuvmodel.runtime.deciding.group_state import first_state
from rejuvmodel.runtime.deciding.producer import produce
from rejuvmodel.runtime.deciding.producer_state import ProducerState
from rejuvmodel.runtime.deciding.records import EpisodeBegan, EpisodeEnded
from rejuvmodel.runtime.deciding.resuming import resumed
from rejuvmodel.runtime.deciding.settings import GroupSettings, ProducerSettings, ServerSettings
from rejuvmodel.runtime.deciding.states import Condition, Health, Mode, Phase
from rejuvmodel.runtime.deciding.trend import TrendFinding, TrendSettings, TrendState, first_trend, observe
from rejuvmodel.runtime.deciding.trend_window import MOST_POINTS, TrendWindow, added
from rejuvmodel.runtime.deciding.views import GroupView, Moment, ServerView

SETTINGS = TrendSettings(LIMIT, 48 * 3600.0)
#: Whatever is found to grow at all exhausts its limit within this horizon: the CUSUM is left alone.
ANY_HORIZON = TrendSettings(LIMIT, 1e12)
LOOK = ServerView(Health.HEALTHY, condition=Condition.NORMAL, identity="1", uptime=1e6, memory=1e9)
STEEP = 40 + np.arange(4 * 60) / 6  # 10 % an hour


# The statistics


def test_cusum_by_hand() -> None:
    """The CUSUM of 0, 0, 3, 3 is 3/2 and turns after two points; that of a fall is 0."""
    assert statistics.cusum([0.0, 0.0, 3.0, 3.0]) == (1.5, 2)
    assert statistics.cusum([5.0, 5.0]) == (0.0, 1)
    assert statistics.cusum([3.0, 2.0, 1.0])[0] == 0.0
    assert statistics.cusum([float(k) for k in range(4)]) == (1.0, 2)


@given(st.integers(10, 120), st.integers(1, 60))
def test_growth_is_dated(n: int, percent: int) -> None:
    """Points that turn into a line in the younger part are dated at the bend, to a tenth and two points."""
    growing = max(1, n * percent // 100)
    values = [0.0] * (n - growing) + [float(k + 1) for k in range(growing)]
    assert abs(statistics.growing_points(n, statistics.cusum(values)[1]) - growing) <= 0.1 * n + 2


def test_nothing_is_left_of_a_bent_line() -> None:
    """A line with a bend leaves no residuals, and a step leaves its sides' own."""
    times = [float(k) for k in range(20)]
    bent = [3 + 2 * t + 5 * max(t - 12.0, 0.0) for t in times]
    assert max(map(abs, statistics.bent_line_residuals(times, bent, 12))) < 1e-12
    assert max(map(abs, statistics.bent_line_residuals(times, times, 0))) < 1e-12
    assert statistics.step_residual_power([1.0] * 5 + [4.0] * 9) == pytest.approx(0.0, abs=1e-12)
    assert statistics.step_residual_power([0.0, 2.0, 7.0]) == pytest.approx(2.0)
    assert max(map(abs, statistics.bent_line_residuals(times, bent[::-1], 3))) > 1


@given(st.lists(st.floats(-1e6, 1e6), min_size=8, max_size=40), st.integers(0, 40))
def test_residuals_are_those_of_least_squares(values: list[float], bend: int) -> None:
    """The residuals are those of NumPy's least squares on the same columns."""
    times = np.arange(len(values)) * 1.5
    columns = [np.ones(len(values)), times]
    if 2 < bend < len(values) - 2:
        columns.append(np.maximum(times - times[bend], 0))
    matrix = np.stack(columns, axis=1)
    expected = values - matrix @ np.linalg.lstsq(matrix, np.array(values), rcond=None)[0]
    got = statistics.bent_line_residuals(times.tolist(), values, bend)
    np.testing.assert_allclose(got, expected, atol=1e-8 * (1 + max(map(abs, values))))


@given(st.lists(st.floats(-1e9, 1e9), min_size=2, max_size=30), st.data())
def test_slope_is_that_of_scipy(values: list[float], data: st.DataObject) -> None:
    """The slope of Theil and Sen is that of SciPy, for irregular times as well."""
    from scipy.stats import theilslopes

    gaps = data.draw(st.lists(st.floats(0.5, 9), min_size=len(values), max_size=len(values)))
    times = np.cumsum(gaps).tolist()
    slope, last = statistics.theil_sen(times, values)
    expected = theilslopes(values, times).slope
    assert slope == pytest.approx(expected, rel=1e-12, abs=1e-12)
    above = np.array(values) - (last + slope * (np.array(times) - times[-1]))
    assert abs(float(np.median(above))) <= 1e-9 * (1 + max(map(abs, values)) + abs(slope) * times[-1])


@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_noise_is_not_underestimated(phi: float) -> None:
    """The long-run deviation of AR(1) is above its true value, and in one of five at most below 0.7 of it."""
    n, truth = 120, math.sqrt((1 + phi) / (1 - phi))
    times = [float(k) for k in range(n)]
    got = [
        statistics.long_run_deviation(statistics.bent_line_residuals(times, ar1(seed, phi, n).tolist(), 60))
        for seed in range(300)
    ]
    assert 1.0 < np.median(got) / truth < 1.5
    assert np.mean(np.array(got) < 0.7 * truth) < 0.2


# The two claims


def days_with_findings(settings: TrendSettings, phi: float, runs: int, count: int = 3) -> list[float]:
    """Share of the first, second and third days on which a trend is found, or still held, in noise of 5 %."""
    days = [0.0] * count
    for seed in range(runs):
        percent = 50 + 5 * ar1(seed, phi, count * DAY)
        seen = {m // DAY for m, one in states(settings, percent, name=f"s{seed}") if one.finding}
        for day in seen:
            days[day] += 1 / runs
    return days


def leaks_found(phi: float, deviation: float, start: float, runs: int, flat: int = 0) -> list[float]:
    """Memory [%] at which leaks of 1 % an hour from `flat` on are found; 100 if not below 70 %."""
    growth = np.maximum(np.arange(flat + round((70 - start) * 60)) - flat, 0) / 60
    at = [found(SETTINGS, start + growth + deviation * ar1(seed, phi, growth.size)) for seed in range(runs)]
    return [100.0 if minute is None else float(start + growth[minute]) for minute in at]


def test_false_alarms_are_rare() -> None:
    """On 120 days of noise with φ up to 0.9 at most one has a finding, whatever horizon and noise."""
    alarms = [20 * share for phi in (0.0, 0.9) for share in days_with_findings(ANY_HORIZON, phi, 20)]
    assert sum(alarms) < 1.5


def test_a_plain_deviation_would_cry_wolf(monkeypatch: pytest.MonkeyPatch) -> None:
    """With noise taken for uncorrelated many first days see a finding: the test of false alarms can fail."""
    monkeypatch.setattr(trend_room, "long_run_deviation", lambda rest: float(np.std(rest)))
    assert days_with_findings(ANY_HORIZON, 0.9, 12, 1)[0] >= 0.4


@pytest.mark.parametrize(
    ("phi", "deviation", "start"), [(0.0, 5.0, 20.0), (0.9, 0.5, 45.0), (0.9, 5.0, 45.0)]
)
def test_leaks_are_found(phi: float, deviation: float, start: float) -> None:
    """A leak of 1 % an hour is found before 70 % of the limit, in the largest noise as well."""
    assert max(leaks_found(phi, deviation, start, 10)) < 70


@pytest.mark.soak
@pytest.mark.parametrize("phi", [0.0, 0.3, 0.6, 0.9])
def test_false_alarms_of_thousands_of_days(phi: float) -> None:
    """Findings on less than 5 % of 3,000 days by three standard errors, whatever the horizon."""
    shares = days_with_findings(ANY_HORIZON, phi, 1000)
    assert max(share + 3 * math.sqrt(max(share, 1e-3) / 1000) for share in shares) < 0.05


@pytest.mark.soak
@pytest.mark.parametrize("flat", [0, DAY])
@pytest.mark.parametrize("start", [20.0, 45.0])
@pytest.mark.parametrize("deviation", [0.5, 5.0])
@pytest.mark.parametrize("phi", [0.0, 0.5, 0.9])
def test_leaks_of_hundreds_of_servers(phi: float, deviation: float, start: float, flat: int) -> None:
    """At least 99 % of 500 leaks of 1 % an hour are found before 70 % of the limit."""
    assert np.mean(np.array(leaks_found(phi, deviation, start, 500, flat)) < 70) >= 0.99


# What is no leak


@pytest.mark.parametrize("size", [5.0, 20.0])
def test_a_step_is_no_trend(size: float) -> None:
    """Memory that jumps once and stays is no trend, whenever it jumps."""
    minutes = np.arange(2 * DAY)
    for seed in range(6):
        jump = size * (minutes > 200 + seed * 450)
        assert found(SETTINGS, 40 + jump + size / 20 * ar1(seed, 0.9, minutes.size)) is None


@pytest.mark.parametrize("tau", [10.0, 30.0])
def test_a_warm_up_is_no_trend(tau: float) -> None:
    """Memory that grows to its level after a start is no trend; without settling it would be one."""
    minutes = np.arange(DAY)
    for seed in range(4):
        percent = 30 + 30 * (1 - np.exp(-minutes / tau)) + 0.5 * ar1(seed, 0.9, DAY)
        assert found(SETTINGS, percent, started=0.0) is None
    slow = 30 + 30 * (1 - np.exp(-minutes / 240)) + 0.5 * ar1(1, 0.9, DAY)
    assert found(replace(SETTINGS, settle=0.0), slow, started=0.0) is not None


def test_a_daily_cycle_is_judged_as_a_whole() -> None:
    """Memory that follows the day is no trend once a cycle is declared, and a leak below it is found."""
    minutes = np.arange(3 * DAY)
    day = replace(SETTINGS, cycle=86400.0)
    for seed in range(4):
        wave = 10 * np.sin(2 * np.pi * (minutes / DAY + seed / 4)) + ar1(seed, 0.9, minutes.size)
        assert found(day, 50 + wave) is None
        leaking = 20 + minutes / 60 + wave / 2
        minute = found(day, leaking)
        assert minute is not None
        assert 20 + minute / 60 < 70


def test_a_slow_leak_waits_for_the_horizon() -> None:
    """A leak that exhausts its limit beyond the horizon is found when the limit has come near enough."""
    percent = 40 + np.arange(4 * DAY) / 60 + 0.2 * ar1(3, 0.5, 4 * DAY)
    near = found(replace(SETTINGS, horizon=12 * 3600.0), percent)
    assert near is not None
    assert 86 < percent[near] < 90
    assert found(SETTINGS, 40 - np.arange(DAY) / 60) is None


# Lives, gaps, what is not believed


def fed(percent: list[float] | np.ndarray, state: TrendState | None = None, start: float = 0.0) -> TrendState:
    """The state after looks once a minute."""
    state = first_trend("s1") if state is None else state
    for minute, memory in enumerate(percent):
        look = replace(LOOK, memory=float(memory) * LIMIT / 100)
        state = observe(SETTINGS, state, look, start + 60.0 * minute)
    return state


def test_a_finding_says_what_it_saw() -> None:
    """Slope, level and time to the limit of a leak without noise are right, and the words say them."""
    state = fed(STEEP)
    finding = state.finding
    assert finding is not None
    assert finding.slope == pytest.approx(0.1 * LIMIT, rel=1e-9)
    assert finding.level == pytest.approx(STEEP[round(finding.confirmed / 60) - 2] / 100 * LIMIT, rel=2e-3)
    assert finding.left == pytest.approx((LIMIT - finding.level) / finding.slope * 3600, rel=1e-9)
    assert finding.words == f"memory grows by 200.0 MB/h and reaches its limit in {finding.left / 3600:.1f} h"
    assert TrendFinding(0, 0, 12.04e3, 1, 0).words == "memory grows by 12.0 kB/h and has reached its limit"
    assert (
        TrendFinding(0, 0, 7e12, 1, 3600).words == "memory grows by 7.0 TB/h and reaches its limit in 1.0 h"
    )
    assert pickle.loads(pickle.dumps(state)) == state


@pytest.mark.parametrize(
    "look",
    [
        replace(LOOK, identity="2"),
        replace(LOOK, identity="2", memory=None),
        replace(LOOK, identity=None, uptime=5.0),
    ],
)
def test_another_life_begins_with_nothing(look: ServerView) -> None:
    """A new identity, or an uptime that goes back, empties window and finding at once."""
    state = fed(STEEP)
    assert state.finding is not None
    after = observe(SETTINGS, state, look, 240 * 60.0 - 59.9)
    assert (after.finding, after.window) == (None, TrendWindow())
    assert after.samples in ((), (LOOK.memory / LIMIT,))
    assert after.offset == state.offset


def test_a_life_goes_on() -> None:
    """A look without identity, without uptime, or with an uptime that rounding sets back ends no life."""
    state = fed(STEEP)
    for doubtful in ({"identity": None}, {"uptime": None}, {"uptime": math.nan, "identity": None}):
        state = observe(SETTINGS, state, replace(LOOK, **doubtful), state.taken + 60.0)
        assert state.finding is not None
    state = observe(SETTINGS, state, replace(LOOK, identity=None, uptime=1e6 - 1.5), state.taken + 60.0)
    assert state.finding is not None


def test_settling_is_left_out() -> None:
    """Nothing is kept of the first `settle` of a life, by its uptime, or since it was first seen."""
    for up in (1.0, 7199.0):
        assert observe(SETTINGS, TrendState(), replace(LOOK, uptime=up), 0.0).samples == ()
    assert observe(SETTINGS, TrendState(), replace(LOOK, uptime=7200.0), 0.0).samples == (0.5,)
    state, unseen = TrendState(), replace(LOOK, uptime=None, identity=None)
    for now in (50.0, 7249.0):
        state = observe(SETTINGS, state, unseen, now)
        assert state.samples == ()
    assert observe(SETTINGS, state, unseen, 7250.0 + 6).samples == (0.5,)


@pytest.mark.parametrize("memory", [None, math.nan, math.inf, -1.0])
def test_values_that_make_no_sense_are_left_out(memory: float | None) -> None:
    """Missing, NaN, infinite and negative memory change nothing (row 13)."""
    state = fed(STEEP)
    for k in range(1, 200):
        assert observe(SETTINGS, state, replace(LOOK, memory=memory), state.taken + 60.0 * k) is state


def test_absurd_values_are_contained() -> None:
    """The largest doubles raise nothing and leave numbers."""
    state = fed([1.0] * 130)
    for k in range(300):
        memory = (0.0, 1.7e308, 5e-324)[k % 3]
        state = observe(SETTINGS, state, replace(LOOK, memory=memory), 130 * 60.0 + 60.0 * k)
        assert all(map(math.isfinite, state.window.values))


def test_frozen_values_are_no_trend() -> None:
    """A value that never changes, and zeros, are no trend; nor are steps of rounding."""
    assert fed([50.0] * 400).finding is None
    assert fed([0.0] * 400).finding is None
    assert fed([50.0 + 1e-12 * k for k in range(400)]).finding is None


def test_a_gap_keeps_what_is_known() -> None:
    """After hours without a sample the points keep their times, and the slope is right."""
    state = fed(50 + 2 * np.arange(130) / 60)
    assert state.finding is not None
    state = fed(50 + 2 * (np.arange(130) + 400) / 60, state, 400 * 60.0)
    assert state.finding is not None
    assert state.finding.slope == pytest.approx(0.02 * LIMIT, rel=1e-6)
    later = fed([60.0] * 9, state, 5 * 86400.0)
    assert len(later.window.times) <= 3


def test_a_finding_is_let_go() -> None:
    """When memory has stopped growing the finding holds for an hour at least, and ends within hours."""
    percent = np.concatenate([STEEP, np.full(600, STEEP[-1])]) + 0.1 * ar1(5, 0.5, 840)
    held = [minute for minute, one in states(SETTINGS, percent) if one.finding is not None]
    assert 240 + 60 <= held[-1] < 700
    assert held == list(range(held[0], held[-1] + 1))


# Properties


@given(st.permutations(range(10)), st.integers(0, 2**32))
def test_order_within_a_period_does_not_matter(order: list[int], seed: int) -> None:
    """The samples of one period may come in any order."""
    memory = (np.random.default_rng(seed).random(10) * LIMIT).tolist()

    def after(values: list[float]) -> TrendWindow:
        state = TrendState()
        for k, value in enumerate([*values, 1e9]):
            state = observe(SETTINGS, state, replace(LOOK, memory=value), 6.0 * k)
        return state.window

    assert after(memory) == after([memory[k] for k in order])
    assert after(memory).values == (pytest.approx(float(np.median(memory)) / LIMIT),)


@settings(max_examples=8)
@given(st.integers(-20, 20), st.integers(0, 5))
def test_units_do_not_matter(power: int, seed: int) -> None:
    """Memory and limit in other units give the same finding in those units."""
    percent = 40 + np.arange(200) / 10 + ar1(seed, 0.5, 200)
    scale = 2.0**power
    other = TrendSettings(LIMIT * scale, SETTINGS.horizon)
    one, two = ([state.finding for _, state in states(which, percent)][-1] for which in (SETTINGS, other))
    assert one is not None
    assert two == replace(one, slope=one.slope * scale, level=one.level * scale)


@settings(max_examples=8)
@given(st.integers(0, 5), st.floats(-30, 30))
def test_a_level_does_not_matter_to_the_slope(seed: int, shift: float) -> None:
    """Memory and limit shifted alike have the same growth, and reach the limit at the same time."""
    percent = 40 + np.arange(200) / 10 + ar1(seed, 0.5, 200)
    moved = TrendSettings(LIMIT * (1 + shift / 100), SETTINGS.horizon)
    one = [state.finding for _, state in states(SETTINGS, percent)][-1]
    two = [state.finding for _, state in states(moved, (percent + shift) / (1 + shift / 100))][-1]
    assert one is not None
    assert two is not None
    assert two.slope == pytest.approx(one.slope, rel=1e-6)
    assert two.left == pytest.approx(one.left, rel=1e-6)


@given(st.lists(st.integers(1, 40), min_size=1, max_size=400), st.integers(60, 2000))
def test_the_window_is_bounded(gaps: list[int], length: int) -> None:
    """Points are at most 120, in order, within the window, and the mean of a line lies on it."""
    window, period = TrendWindow(), 0
    for gap in gaps:
        period += gap
        window = added(window, period, 3.0 * period, length)
        assert len(window.times) <= MOST_POINTS
    assert list(window.times) == sorted(set(window.times))
    if window.times:
        assert window.times[0] > window.times[-1] - length
        assert all(
            abs(v - 3 * t) <= 3 * window.width for t, v in zip(window.times, window.values, strict=True)
        )


def test_points_of_a_full_row_are_means() -> None:
    """Without gaps each point is the mean of its periods, at their middle, however often they were joined."""
    values = ar1(1, 0.9, 1600)
    window = TrendWindow()
    for period, value in enumerate(values.tolist()):
        window = added(window, period, value, 1440)
    assert window.width == 16
    assert len(window.times) == 90
    np.testing.assert_allclose(
        window.values, values.reshape(-1, 16).mean(axis=1)[-90:], rtol=1e-12, atol=1e-12
    )
    np.testing.assert_allclose(window.times, np.arange(10, 100) * 16 + 7.5)


# In the producer

GROUP = GroupSettings("web", Mode.ACTIVE, tuple(ServerSettings(f"s{k}") for k in range(2)), 1)
START = datetime(2026, 3, 1, 12, tzinfo=UTC)


def test_the_producer_demands_what_grows() -> None:
    """A server whose memory grows is due, with the evidence; the other is not; another life ends it."""
    rules, state, group = ProducerSettings(trend=SETTINGS), ProducerState(), first_state(GROUP)
    journal = []
    for minute in range(240):
        leaking = replace(LOOK, memory=LIMIT * float(STEEP[minute]) / 100)
        view = GroupView({"s0": leaking, "s1": LOOK})
        now = Moment(60.0 * minute, START + timedelta(minutes=minute))
        made = produce(rules, state, group, view, now)
        journal += [(now.wall, record) for record in made.records]
        state = made.state
    (demand,) = made.demands
    assert (demand.server, demand.forced) == ("s0", False)
    assert demand.why.startswith("memory grows by 200.0 MB/h and reaches its limit in ")
    assert [record for _, record in journal] == [EpisodeBegan("trend:s0", "1")]
    unknown = GroupView({"s0": replace(LOOK, memory=None), "s1": LOOK})
    assert produce(rules, state, group, unknown, now).demands == ()
    renewed = GroupView({"s0": replace(LOOK, identity="2", uptime=1.0), "s1": LOOK})
    after = produce(rules, state, group, renewed, now)
    assert (after.demands, after.records) == ((), (EpisodeEnded("trend:s0"),))
    away = replace(
        group, servers=dict(group.servers) | {"s0": replace(group.servers["s0"], phase=Phase.WARMING)}
    )
    gone = produce(rules, state, away, view, now)
    assert (gone.demands, gone.records) == ((), (EpisodeEnded("trend:s0"),))
    assert "s0" not in gone.state.trends


def test_a_successor_keeps_the_finding() -> None:
    """A controller that has the journal alone demands the same life, until a full window shows no growth."""
    rules, group = ProducerSettings(trend=SETTINGS), first_state(GROUP)
    journal = [(START, EpisodeBegan("trend:s0", "1"))]
    view = GroupView({"s0": LOOK, "s1": LOOK})
    _, state, _ = resumed(GROUP, journal, view, Moment(900.0, START + timedelta(minutes=10)))
    made = produce(rules, state, group, view, Moment(900.0, START + timedelta(minutes=10)))
    (demand,) = made.demands
    assert (demand.server, demand.since) == ("s0", 300.0)
    renewed = GroupView({"s0": replace(LOOK, identity="2"), "s1": LOOK})
    made = produce(rules, state, group, renewed, Moment(901.0, START))
    assert (made.demands, made.records) == ((), (EpisodeEnded("trend:s0"),))
    unknown = GroupView({"s0": replace(LOOK, identity=None), "s1": LOOK})
    made = produce(rules, state, group, unknown, Moment(901.0, START))
    assert (made.demands, made.records) == ((), ())
    due = []
    for minute in range(DAY):
        made = produce(rules, state, group, view, Moment(900.0 + 60 * minute, START))
        state = made.state
        due.append(len(made.demands))
    assert due == sorted(due, reverse=True)
    assert 0.85 * DAY < sum(due) < DAY


def test_a_life_that_cannot_be_told_apart_is_not_kept() -> None:
    """Where nobody knows the process, a successor starts from nothing."""
    group, unnamed = first_state(GROUP), GroupView({"s0": replace(LOOK, identity=None)})
    _, state, _ = resumed(GROUP, [(START, EpisodeBegan("trend:s0", ""))], unnamed, Moment(0.0, START))
    made = produce(ProducerSettings(trend=SETTINGS), state, group, unnamed, Moment(0.0, START))
    assert (made.demands, made.records) == ((), (EpisodeEnded("trend:s0"),))


# Bad settings


@pytest.mark.parametrize("name", ["limit", "horizon", "every", "settle", "window", "cycle"])
@pytest.mark.parametrize("value", [-1.0, math.nan, math.inf, "a", None])
def test_bad_settings_are_refused(name: str, value: object) -> None:
    """What is no finite number above 0 is refused by name."""
    with pytest.raises(rj.InvalidInputError, match=f"^{name}:"):
        TrendSettings(**({"limit": 1.0, "horizon": 1.0} | {name: value}))  # type: ignore[arg-type]


def test_a_short_window_is_refused() -> None:
    """A window of less than 240 periods could not be judged; without settling it is fine."""
    with pytest.raises(rj.InvalidInputError, match="240 periods of 60 s"):
        TrendSettings(1.0, 1.0, window=14399.0)
    assert TrendSettings(1.0, 1.0, every=1.0, settle=0, window=240).settle == 0.0
    with pytest.raises(rj.InvalidInputError, match="not longer than the window of 86400 s"):
        TrendSettings(1.0, 1.0, cycle=86401.0)
