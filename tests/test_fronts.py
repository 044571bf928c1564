"""Pareto fronts: which points are on them, and what the pictures of alternatives and of trade-offs show."""

from __future__ import annotations

from math import inf, log
from typing import Any

import numpy as np
import pytest
import xarray as xr
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.transforms import Bbox
from numpy.testing import assert_allclose

import rejuvmodel as rj
from rejuvmodel.drawing.pareto_front import pareto_front
from rejuvmodel.plotting import plot_pareto, plot_trade_off

RATES = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3)
WEB = rj.Cluster(2, RATES)
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
CLOCKED = rj.Cluster(1, RATES, trigger=rj.Trigger(rj.Fixed(100), clock="service"))
PRICED = rj.Costs(failure=1000, rejuvenation=100, per_rejuvenation=5)


@pytest.fixture(scope="module")
def chosen() -> rj.PoolChoice:
    """Twelve pools, one of which is the cheapest that meets the target."""
    base = rj.Pool(primaries=2, rates=RATES.replace(rejuvenation=1 / 24), slots=1, guarded=True)
    return rj.choose_pool(
        base,
        target=0.9999,
        spares=(1, 2, 3),
        slots=(0, 1),
        crews=(1, 2),
        prices=rj.Prices(server=1, crew=0.3),
    )


@pytest.fixture(scope="module")
def crowd() -> rj.PoolChoice:
    """Pools of which many are on the front, with long names."""
    base = rj.Pool(primaries=2, rates=RATES.replace(rejuvenation=1 / 24), slots=1, guarded=True)
    prices = rj.Prices(server=1, crew=0.3)
    return rj.choose_pool(
        base, target=0.9999, spares=range(5), slots=(0, 1, 2), crews=(1, 2, 3), prices=prices
    )


def new_axes() -> Axes:
    return Figure(figsize=(7, 5), layout="constrained").add_subplot()


def line(ax: Axes, start: str) -> Line2D:
    found = [one for one in ax.get_lines() if str(one.get_label()).startswith(start)]
    assert len(found) == 1, [one.get_label() for one in ax.get_lines()]
    return found[0]


NUMBERS = st.lists(st.tuples(st.integers(0, 6), st.integers(0, 6)), min_size=1, max_size=25)


@given(NUMBERS)
def test_front_by_definition(points: list[tuple[int, int]]) -> None:
    """On the front are exactly the points that no other one dominates, equal ones together."""
    first, second = (np.array(values, float) for values in zip(*points, strict=True))
    wanted = {
        k for k, (a, b) in enumerate(points)
        if not any(c <= a and d <= b and (c < a or d < b) for c, d in points)
    }  # fmt: skip
    found = pareto_front(first, second)
    assert set(found.tolist()) == wanted
    assert np.all(np.diff(first[found]) >= 0)


def test_front_without_unknown_values() -> None:
    """Points with NaN are on no front, those with infinity may be."""
    assert pareto_front(np.array([1, np.nan, 2, 3]), np.array([-1, -9, np.nan, -inf])).tolist() == [0, 3]


def test_all_alternatives_are_drawn(chosen: rj.PoolChoice) -> None:
    """Front and dominated points together are the costs and unavailabilities of all alternatives."""
    ax = plot_pareto(chosen, ax=new_axes())
    drawn = np.vstack([line(ax, "Pareto front").get_xydata(), line(ax, "dominated").get_xydata()])
    wanted = [(one.running_cost, one.unavailability) for one in chosen.table]
    assert_allclose(sorted(map(tuple, drawn)), sorted(wanted), rtol=1e-12)


def test_front_of_the_alternatives(chosen: rj.PoolChoice) -> None:
    """No alternative is left of and below a point of the front, and the target and the best are marked."""
    ax = plot_pareto(chosen, ax=new_axes())
    for cost, down in line(ax, "Pareto front").get_xydata():
        assert not [x for x in chosen.table if x.running_cost < cost and x.unavailability < down * (1 - 1e-9)]
    assert_allclose(line(ax, "target").get_ydata(), [1e-4] * 2, rtol=1e-9)
    assert chosen.best is not None
    star = line(ax, "the cheapest that meets the target").get_xydata()
    assert_allclose(star, [[chosen.best.running_cost, chosen.best.unavailability]], rtol=1e-12)


def test_labels_of_the_front(chosen: rj.PoolChoice) -> None:
    """Points of the front are named by what differs among them, the legend by what they have in common."""
    ax = plot_pareto(chosen, ax=new_axes())
    names = [text.get_text() for text in ax.texts]
    possible = {f"2 + {one.pool.spares}" for one in chosen.table}
    assert names
    assert len(set(names)) == len(names)
    assert all(name.split(",")[0] in possible for name in names)
    assert not any("slot" in name for name in names)
    assert "1 slot" in str(line(ax, "Pareto front").get_label())


def test_labels_of_a_crowded_front(crowd: rj.PoolChoice) -> None:
    """No label covers another one, a point of the front or its steps; the last points have labels too."""
    rates = np.geomspace(1e-4, 10, 60).tolist()
    sweep = rj.sweep(WEB, {"rejuvenation": rates}, ["cost_rate", "unavailability"], costs=COSTS)
    for alternatives in (sweep, crowd):
        ax = Figure(figsize=(7.5, 5.5), layout="constrained").add_subplot()
        plot_pareto(alternatives, ax=ax)
        ax.figure.draw_without_rendering()
        path = ax.transData.transform(line(ax, "Pareto front").get_xydata())
        boxes = [text.get_window_extent() for text in ax.texts]
        assert len(boxes) > 6
        points = [Bbox.from_extents(*(path[k] - 2), *(path[k] + 2)) for k in range(len(path))]
        right = [Bbox([path[k], (path[k + 1][0], path[k][1] + 0.1)]) for k in range(len(path) - 1)]
        down = [Bbox([path[k + 1], (path[k + 1][0] + 0.1, path[k][1])]) for k in range(len(path) - 1)]
        for k, box in enumerate(boxes):
            assert not any(box.overlaps(other) for other in (*boxes[:k], *points, *right, *down))
        assert max(box.x1 for box in boxes) > path[:, 0].max() - 60
        assert min(box.y0 for box in boxes) < path[:, 1].min() + 5


def test_the_choice_has_a_label_first(crowd: rj.PoolChoice) -> None:
    """Whatever else has no room, the label of the cheapest that meets the target is there."""
    assert crowd.best is not None
    names = [text.get_text() for text in plot_pareto(crowd, ax=new_axes()).texts]
    assert names[0].startswith(f"2 + {crowd.best.pool.spares}")


def test_dominated_points_beyond_the_edge() -> None:
    """Points far dearer than the front are counted in the legend instead of drawn."""
    sweep = xr.Dataset({"cost_rate": ("k", [1.0, 2.0, 90.0]), "unavailability": ("k", [1e-3, 1e-5, 1e-2])})
    ax = plot_pareto(sweep, ax=new_axes())
    assert line(ax, "dominated").get_label() == "dominated by another one (1 more beyond the right edge)"
    assert ax.get_xlim()[1] < 90


def test_front_of_a_sweep() -> None:
    """Variables over any dimensions make one point for each combination."""
    sweep = xr.Dataset(
        {"cost": (("n", "k"), [[1.0, 3.0], [2.0, 5.0]]), "down": (("n", "k"), [[0.1, 0.2], [0.01, 0.001]])},
        {"n": [1, 2], "k": ("k", [24.0, 48.0], {"long_name": "mean wait", "units": "h"})},
    )
    sweep["cost"].attrs = {"units": "EUR/h"}
    ax = plot_pareto(sweep, cost="cost", unavailability="down", ax=new_axes())
    assert_allclose(line(ax, "Pareto front").get_xydata(), [[1, 0.1], [2, 0.01], [5, 0.001]], rtol=1e-12)
    assert ax.get_xlabel() == "cost [EUR/h]"
    assert {text.get_text() for text in ax.texts} <= {
        "n 1, mean wait 24 h",
        "n 2, mean wait 24 h",
        "n 2, mean wait 48 h",
    }
    assert ax.texts


def test_labels_along_one_parameter() -> None:
    """Where one parameter makes all the difference, its name stands in the legend, not at every point."""
    sweep = xr.Dataset(
        {"cost": (("n", "k"), [[1.0, 3.0], [2.0, 0.5]]), "down": (("n", "k"), [[0.9, 0.2], [0.9, 0.3]])},
        {"n": [1, 2], "k": ("k", [24.0, 48.0], {"long_name": "mean wait", "units": "h"})},
    ).isel(k=[1])
    ax = plot_pareto(sweep, cost="cost", unavailability="down", ax=new_axes())
    assert {text.get_text() for text in ax.texts} == {"1", "2"}
    assert line(ax, "Pareto front").get_label() == "Pareto front, with the n"
    wide = xr.Dataset(
        {"cost": (("n", "k"), [[1.0, 3.0], [9.0, 9.0]]), "down": (("n", "k"), [[0.9, 0.2], [0.9, 0.9]])},
        {"n": [1, 2], "k": ("k", [24.0, 48.0], {"long_name": "mean wait", "units": "h"})},
    )
    ax = plot_pareto(wide, cost="cost", unavailability="down", ax=new_axes())
    assert {text.get_text() for text in ax.texts} == {"24 h", "48 h"}
    assert line(ax, "Pareto front").get_label() == "Pareto front, with the mean wait, all of them n 1"


def test_front_far_below_the_doubles() -> None:
    """A logarithm beside the unavailability is drawn where the unavailability is 0 as a double."""
    sweep = xr.Dataset(
        {"cost_rate": ("k", [1.0, 2.0]), "unavailability": ("k", [1e-3, 0.0]),
         "log_unavailability": ("k", [log(1e-3), -900.0])}
    )  # fmt: skip
    ax = plot_pareto(sweep, ax=new_axes())
    assert ax.get_ylabel() == "log10 of unavailability"
    assert_allclose(line(ax, "Pareto front").get_ydata(), [-3, -900 / log(10)], rtol=1e-12)


def test_trade_off_is_what_the_library_says() -> None:
    """Every point of the curve is the cost and the unavailability of the cluster at one rate."""
    ax = plot_trade_off(WEB, COSTS, (1e-3, 10), ax=new_axes())
    x, y = line(ax, "all waits").get_data()
    rates = np.geomspace(1e-3, 10, 41)
    state = rj.solve(WEB.with_rejuvenation(rates))
    # Along the curve the unavailability falls: the cost at equal unavailability has to be the same.
    order = np.argsort(y)
    found = np.interp(np.log(state.unavailability), np.log(np.asarray(y)[order]), np.asarray(x)[order])
    assert_allclose(found, state.cost_rate(COSTS), rtol=1e-3)


def test_trade_off_of_a_trigger() -> None:
    """With a trigger the named delays stand where solve() puts them."""
    ax = plot_trade_off(CLOCKED, PRICED, (1, 2000), ax=new_axes())
    marks = line(ax, "mean wait").get_xydata()
    delays = [30 * 24.0, 7 * 24.0, 24.0, 6.0, 1.0]
    for delay in delays:
        state = rj.solve(rj.Cluster(1, RATES, trigger=rj.Trigger(rj.Fixed(delay), clock="service")))
        wanted = (state.cost_rate(PRICED), state.unavailability)
        assert np.isclose(marks, wanted, rtol=1e-9).all(axis=1).any(), delay


def test_ends_of_the_trade_off() -> None:
    """The star is the optimum of the cost, the diamond that of the unavailability."""
    ax = plot_trade_off(WEB, COSTS, (0, 10), ax=new_axes())
    cheapest, best = rj.optimize(WEB, COSTS, (0, 10)), rj.optimize(WEB, bounds=(0, 10))
    star, diamond = line(ax, "least cost"), line(ax, "least unavailability")
    assert_allclose(star.get_xydata(), [[cheapest.value, cheapest.state.unavailability]], rtol=1e-12)
    assert_allclose(diamond.get_xydata(), [[best.state.cost_rate(COSTS), best.value]], rtol=1e-12)
    assert "waiting 14.02 d" in str(star.get_label())
    assert "waiting 6 min" in str(diamond.get_label())


def test_front_of_the_trade_off() -> None:
    """Along the heavy part less unavailability costs more, and it ends at star and diamond."""
    x, y = line(plot_trade_off(WEB, COSTS, (0, 10), ax=new_axes()), "Pareto front").get_data()
    kept = np.isfinite(x)
    costs, down = np.asarray(x)[kept], np.asarray(y)[kept]
    assert np.all(np.diff(costs) > 0)
    assert np.all(np.diff(down) < 0)
    assert not np.all(kept)


@pytest.mark.parametrize(
    ("draw", "argument"),
    [
        (lambda ax: plot_pareto(WEB, ax=ax), "alternatives"),
        (lambda ax: plot_pareto(xr.Dataset({"cost_rate": ("k", [1.0])}), ax=ax), "unavailability"),
        (
            lambda ax: plot_pareto(
                xr.Dataset({"cost_rate": ("k", [np.nan]), "unavailability": ("k", [0.1])}), ax=ax
            ),
            "alternatives",
        ),
        (lambda ax: plot_trade_off(WEB, ax=ax), "costs"),
        (lambda ax: plot_trade_off("web", COSTS, ax=ax), "cluster"),
        (lambda ax: plot_trade_off(WEB, PRICED, best=rj.optimize(WEB, COSTS), ax=ax), "best"),
        (lambda ax: plot_trade_off(rj.Cluster(2, RATES.replace(failure=0)), COSTS, (0, 10), ax=ax), None),
    ],
)  # fmt: skip
def test_refused(draw: Any, argument: str | None) -> None:
    """What has no cost or no unavailability is refused by the name of the argument."""
    with pytest.raises(rj.InvalidInputError) as error:
        draw(new_axes())
    assert argument is None or error.value.argument == argument
