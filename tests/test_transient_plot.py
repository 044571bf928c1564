"""Curves over a mission are the numbers of transient(), and their asymptotes those of solve()."""

from __future__ import annotations

from math import log
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.testing import assert_allclose

import rejuvmodel as rj
from rejuvmodel.plotting import plot_transient

RATES = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3, rejuvenation=1 / 336)
WEB = rj.Cluster(2, RATES)
TIMES = np.geomspace(0.1, 5000, 30)
COURSE = rj.transient(WEB, TIMES)
STEADY = rj.solve(WEB)
PLAIN = rj.MarkovChain.from_transitions([("a", "b", 1.0), ("b", "a", 1.0)], start="a")
POOL = rj.Pool(primaries=2, spares=1, rates=RATES, slots=1)


def new_axes() -> Axes:
    return Figure(figsize=(7, 5), layout="constrained").add_subplot()


def line(ax: Axes, label: str) -> Line2D:
    (found,) = [one for one in ax.get_lines() if one.get_label() == label]
    return found


def asymptotes(ax: Axes) -> list[float]:
    """Heights of the lines that go from edge to edge, those of the steady state."""
    return [float(y[0]) for x, y in (one.get_data() for one in ax.get_lines()) if list(x) == [0, 1]]


@pytest.mark.parametrize(
    "model", [WEB, POOL, rj.Cluster(2, RATES.replace(rejuvenation=None), rj.Trigger(rj.Erlang(2, 300)))]
)
def test_unavailability_and_its_parts(model: Any) -> None:
    """Without states the curves are the unavailability and its planned and unplanned part."""
    course = rj.transient(model, TIMES)
    ax = plot_transient(course, ax=new_axes())
    for label, wanted in (
        ("unavailability", course.unavailability),
        ("planned", course.planned_unavailability),
        ("unplanned", course.unplanned_unavailability),
    ):
        x, y = line(ax, label).get_data()
        assert_allclose(x, TIMES, rtol=0)
        assert_allclose(y, wanted, rtol=1e-12)


def test_probabilities_of_states() -> None:
    """With states the curves are their probabilities."""
    ax = plot_transient(COURSE, ["u2", "r1"], ax=new_axes())
    for label in ("u2", "r1"):
        assert_allclose(line(ax, f"state {label}").get_ydata(), COURSE[label], rtol=1e-12)
    assert ax.get_ylabel() == "probability at t"


def test_asymptotes() -> None:
    """The steady state is drawn from edge to edge, one line for each curve."""
    ax = plot_transient(COURSE, steady=STEADY, ax=new_axes())
    wanted = [STEADY.unavailability, STEADY.planned_unavailability, STEADY.unplanned_unavailability]
    assert_allclose(asymptotes(ax), wanted, rtol=1e-12)
    assert line(ax, "steady state")
    ax = plot_transient(COURSE, ["u2"], steady=STEADY, ax=new_axes())
    assert_allclose(asymptotes(ax), [STEADY["u2"]], rtol=1e-12)


def test_no_asymptotes() -> None:
    """Without a steady state there is none in the plot or the legend."""
    ax = plot_transient(COURSE, ax=new_axes())
    assert asymptotes(ax) == []
    assert len(ax.get_lines()) == 3


@pytest.mark.parametrize(("times", "scale"), [([0, 1, 1000], "log"), ([0, 10, 50], "linear")])
def test_scale_of_the_times(times: list[float], scale: str) -> None:
    """Times over a factor of 100 have a logarithmic axis, without the time 0."""
    ax = plot_transient(rj.transient(WEB, times), ax=new_axes())
    assert ax.get_xscale() == scale
    assert ax.get_xlim() == ((1, 1000) if scale == "log" else (0, 50))


def test_scale_that_is_asked_for() -> None:
    """log_time sets the scale of the times, and the order of the times makes no difference."""
    ax = plot_transient(rj.transient(WEB, [1000, 0, 1]), log_time=False, ax=new_axes())
    assert ax.get_xscale() == "linear"
    assert list(line(ax, "unavailability").get_xdata()) == [0, 1, 1000]


def test_times_along_the_top() -> None:
    """On a logarithmic axis a tick of the upper edge stands at the time that it names."""
    ax = plot_transient(COURSE, ax=new_axes())
    (top,) = ax.child_axes
    ticks = dict(zip([text.get_text() for text in top.get_xticklabels()], top.get_xticks(), strict=True))
    assert ticks["7 d"] == 168


def test_nothing_where_it_is_impossible() -> None:
    """At time 0 the unavailability is 0, which a logarithmic axis leaves out."""
    y = line(plot_transient(rj.transient(WEB, [0, 10, 50]), ax=new_axes()), "unavailability").get_ydata()
    assert np.isnan(y).tolist() == [True, False, False]


def test_twelve_decades() -> None:
    """The y axis ends twelve decades below the greatest value."""
    course = rj.transient(rj.Cluster(6, RATES), TIMES)
    assert np.log10(np.max(course.unavailability) / np.min(course.unavailability)) > 20
    low, high = plot_transient(course, ax=new_axes()).get_ylim()
    assert 12 < np.log10(high / low) < 16


def test_room_for_rare_states() -> None:
    """A state that is asked for is seen, however rare it is beside the others."""
    course = rj.transient(rj.Cluster(12, RATES), TIMES)
    low = plot_transient(course, ["12", "0"], ax=new_axes()).get_ylim()[0]
    assert low < np.max(course["0"]) < 1e-20


def test_below_the_doubles() -> None:
    """Values that are all below the least double are drawn as log10."""
    rates = rj.Rates(aging=1e-6, failure=1e-18, repair=1, restart=1, rejuvenation=1)
    deep = rj.Cluster(14, rates)
    steady = rj.solve(deep)
    course = rj.transient(deep, [1.0, 10.0])
    assert steady.unavailability < 1e-280
    ax = plot_transient(course, steady=steady, ax=new_axes())
    assert ax.get_ylabel() == "log10 of unavailability at t"
    assert_allclose(asymptotes(ax)[0], steady.log_unavailability / log(10), rtol=1e-12)


@pytest.mark.parametrize(
    ("arguments", "options", "argument"),
    [
        ((WEB,), {}, "course"),
        ((rj.transient(WEB, 10.0),), {}, "course"),
        ((rj.transient(WEB, [10.0, 10.0]),), {}, "course"),
        ((COURSE, ["u3"]), {}, "state"),
        ((COURSE, []), {}, "states"),
        ((COURSE, ["2", "1", "0", "u2", "u1", "r2", "r1", "2", "1"]), {}, "states"),
        ((COURSE,), {"steady": WEB}, "steady"),
        ((COURSE,), {"steady": rj.solve(rj.Cluster(3, RATES))}, "steady"),
        ((COURSE,), {"steady": rj.solve(WEB.with_rejuvenation([1, 2]))}, "steady"),
        ((rj.transient(WEB, [0, 10.0]),), {"log_time": True}, "log_time"),
        ((rj.transient(PLAIN, [1, 2]),), {}, "down"),
    ],
)  # fmt: skip
def test_refused(arguments: Any, options: dict[str, Any], argument: str) -> None:
    """What is no course, or has no such states, is refused by the name of the argument."""
    with pytest.raises(rj.InvalidInputError) as error:
        plot_transient(*arguments, **options, ax=new_axes())
    assert error.value.argument == argument
