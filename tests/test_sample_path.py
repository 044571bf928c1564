"""Sample paths: the steps, the stack of a pool's servers, and the shaded down times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

import rejuvmodel as rj
from rejuvmodel.markov.export import COLOURS
from rejuvmodel.plotting import plot_path

RATES = rj.Rates(aging=1 / 168, failure=1 / 500, repair=1 / 8, restart=2, rejuvenation=1 / 336)
WEB = rj.Cluster(2, RATES)
TIMES = [0.0, 50.0, 60.0, 64.0, 70.0, 90.0, 91.0, 100.0]
STATES = ["2", "u2", "1", "u1", "0", "1", "u1", "u1"]
BUSY = rj.Rates(aging=1 / 168, failure=1 / 240, repair=1 / 12, restart=1 / 4, rejuvenation=1 / 168)
POOL = rj.Pool(primaries=2, spares=1, rates=RATES, slots=1)
ROWS = np.array(
    [[3, 0, 0, 0], [2, 1, 0, 0], [1, 1, 1, 0], [1, 0, 1, 1], [0, 0, 0, 3], [3, 0, 0, 0], [3, 0, 0, 0]]
)
MOMENTS = [0.0, 10.0, 20.0, 22.0, 25.0, 30.0, 40.0]


def new_axes() -> Axes:
    return Figure(figsize=(8, 4), layout="constrained").add_subplot()


def spans(ax: Axes, kind: str) -> list[tuple[float, float]]:
    """Start and end of the shaded times of a kind."""
    colour = to_rgb(COLOURS[kind])
    return [
        (patch.get_x(), patch.get_x() + patch.get_width())
        for patch in ax.patches
        if isinstance(patch, Rectangle) and patch.get_facecolor() == (*colour, 1.0)
    ]


def test_steps_of_a_cluster() -> None:
    """The line enters each state at its time and holds it until the next."""
    ax = plot_path((TIMES, STATES), WEB, ax=new_axes())
    (line,) = ax.get_lines()
    assert line.get_drawstyle() == "steps-post"
    labels = [text.get_text() for text in ax.get_yticklabels()]
    assert list(line.get_xdata()) == TIMES
    assert [labels[int(row)] for row in line.get_ydata()] == STATES


def test_rows_of_a_cluster() -> None:
    """The states stand below each other from all servers normal down to none."""
    ax = plot_path((TIMES, STATES), WEB, ax=new_axes())
    rows = [text.get_text() for text in ax.get_yticklabels()]
    assert rows[::-1] == ["2", "u2", "r2", "1", "u1", "r1", "0"]


def test_down_times_of_a_cluster() -> None:
    """Shaded is the time in state 0 as unplanned, and in r1 as planned."""
    ax = plot_path((TIMES, STATES), WEB, ax=new_axes())
    assert spans(ax, "down, unplanned") == [(70.0, 90.0)]
    assert spans(ax, "down, planned") == []
    ax = plot_path(([0, 5, 6, 9], ["u1", "r1", "1", "1"]), WEB, ax=new_axes())
    assert spans(ax, "down, planned") == [(5.0, 6.0)]


def test_states_of_long_clusters() -> None:
    """Of many states only those that are visited have a row."""
    ax = plot_path(([0, 5, 6, 9], ["30", "u30", "29", "29"]), rj.Cluster(30, RATES), ax=new_axes())
    assert [text.get_text() for text in ax.get_yticklabels()] == ["29", "u30", "30"]


def test_path_of_any_chain() -> None:
    """States and down states of a chain built by hand are its own."""
    chain = rj.MarkovChain.from_transitions(
        [("up", "down", 0.1, "failure"), ("down", "up", 2.0, "repair")], down={"down": "unplanned"}
    )
    ax = plot_path(([0, 4, 5, 8], ["up", "down", "up", "up"]), chain, ax=new_axes())
    assert [text.get_text() for text in ax.get_yticklabels()] == ["down", "up"]
    assert spans(ax, "down, unplanned") == [(4.0, 5.0)]


def test_stack_of_a_pool() -> None:
    """The layers of the stack are the numbers of servers in each condition at every time."""
    ax = plot_path((MOMENTS, ROWS), POOL, ax=new_axes())
    layers = {str(one.get_label()): one.get_paths()[0] for one in ax.collections}
    assert list(layers) == ["healthy", "unstable", "rejuvenating", "failed"]
    for k, path in enumerate(layers.values()):
        below, height = ROWS[:, :k].sum(axis=1), ROWS[:, k]
        for start, end, low, high in zip(MOMENTS[:-1], MOMENTS[1:], below[:-1], height[:-1], strict=True):
            middle = (start + end) / 2
            assert not path.contains_point((middle, low - 0.5))
            assert path.contains_point((middle, low + 0.5)) == (high > 0)
            assert not path.contains_point((middle, low + high + 0.5))


def test_down_times_of_a_pool() -> None:
    """Down is fewer than required up; planned while restarts would make up for it, else unplanned."""
    ax = plot_path((MOMENTS, ROWS), POOL, ax=new_axes())
    assert spans(ax, "down, planned") == [(22.0, 25.0)]
    assert spans(ax, "down, unplanned") == [(25.0, 30.0)]
    (required,) = ax.get_lines()
    assert list(required.get_ydata()) == [2, 2]


def test_pool_without_its_model() -> None:
    """Rows of counts need no model; without one nothing is known to be down."""
    ax = plot_path((MOMENTS, ROWS), ax=new_axes())
    assert len(ax.collections) == 4
    assert spans(ax, "down, unplanned") == [(25.0, 30.0)] * 0
    assert list(ax.get_lines()) == []


def test_simulated_log_of_a_cluster() -> None:
    """A log needs no model: its steps are drawn, and down is what they say."""
    log = rj.event_log(rj.Cluster(2, BUSY), "180 d", seed=31)
    ax = plot_path(log, ax=new_axes())
    steps = log.steps()
    labels = [text.get_text() for text in ax.get_yticklabels()]
    (line,) = ax.get_lines()
    np.testing.assert_array_equal(line.get_xdata(), steps.times)
    assert [labels[int(row)] for row in line.get_ydata()] == list(steps.states)
    for kind, state in (("down, unplanned", "0"), ("down, planned", "r1")):
        entered = [k for k, one in enumerate(steps.states[:-1]) if one == state]
        wanted = [(steps.times[k], steps.times[k + 1]) for k in entered]
        np.testing.assert_allclose(spans(ax, kind), wanted, rtol=1e-9)
        assert len(entered) >= 2


def test_simulated_log_of_a_pool() -> None:
    """The log of a pool knows how many servers are required."""
    log = rj.event_log(rj.Pool(primaries=4, spares=1, rates=BUSY, slots=1), "365 d", seed=2)
    ax = plot_path(log, ax=new_axes())
    (required,) = ax.get_lines()
    assert list(required.get_ydata()) == [4, 4]
    steps = log.steps()
    short = np.diff(steps.times)[np.asarray(steps.states)[:-1, :2].sum(axis=1) < 4].sum()
    shaded = sum(
        end - start for kind in ("down, planned", "down, unplanned") for start, end in spans(ax, kind)
    )
    assert shaded == pytest.approx(short)
    assert short > 0


def test_neighbouring_down_times_are_one() -> None:
    """A change within a down time does not part it."""
    rows = np.array([[3, 0, 0, 0], [0, 1, 0, 2], [1, 0, 0, 2], [3, 0, 0, 0], [3, 0, 0, 0]])
    ax = plot_path(([0, 1, 2, 3, 4], rows), POOL, ax=new_axes())
    assert spans(ax, "down, unplanned") == [(1.0, 3.0)]


def test_part_of_the_time() -> None:
    """Of the time only a part is shown, which may be given as durations; shading ends at its edges."""
    ax = plot_path((TIMES, STATES), WEB, between=("3 d", 200), ax=new_axes())
    assert ax.get_xlim() == (72, 100)
    assert spans(ax, "down, unplanned") == [(72.0, 90.0)]


@pytest.mark.parametrize(
    ("arguments", "options", "argument", "says"),
    [
        ((WEB,), {}, "path", "event_log"),
        (((TIMES, STATES),), {}, "model", "needs the model"),
        (((TIMES, STATES), POOL), {}, "model", "needs the model"),
        (((TIMES, STATES[:-1]), WEB), {}, "path", "8 times and 7 states"),
        ((([0.0, 3.0, 2.0], ["2", "u2", "u2"]), WEB), {}, "path", "do not fall"),
        ((([0.0, 3.0], ["3", "3"]), WEB), {}, "path", "no state of that name"),
        (((MOMENTS, ROWS[:, :3]), POOL), {}, "path", "count servers"),
        (((MOMENTS, ROWS - 1), POOL), {}, "path", "count servers"),
        (((MOMENTS, ROWS), WEB), {}, "model", "path of a Pool"),
        (((TIMES, STATES), WEB), {"between": (200, 300)}, "between", "from 0 to 100"),
        (((TIMES, STATES), WEB), {"between": "7 d"}, "between", "two times"),
        (((range(42), [str(x) for x in [*range(41), 40]]), rj.Cluster(50, RATES)), {}, "path", "41 states"),
    ],
)  # fmt: skip
def test_refused(arguments: Any, options: dict[str, Any], argument: str, says: str) -> None:
    """What is no path of the model is refused, with the argument and the rule."""
    with pytest.raises(rj.InvalidInputError, match=says) as error:
        plot_path(*arguments, **options, ax=new_axes())
    assert error.value.argument == argument
