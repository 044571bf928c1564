"""The map of a choice of pools."""

from __future__ import annotations

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.patches import Rectangle

import rejuvmodel as rj
from rejuvmodel import plotting

RATES = rj.Rates(aging=1 / 100, failure=1 / 240, repair=1 / 2, restart=3, rejuvenation=1 / 24)
BASE = rj.Pool(primaries=2, rates=RATES, slots=1)


@pytest.fixture(autouse=True)
def closed():
    """Close the figures of each test."""
    yield
    plt.close("all")


@pytest.fixture(scope="module")
def chosen() -> rj.PoolChoice:
    """Three by three pools, two of them missing because they have too few servers."""
    return rj.choose_pool(BASE, target=0.9999, primaries=range(1, 4), spares=range(3), required=2)


def figures(ax) -> dict[tuple[float, float], str]:
    """The figures of all cells by their place."""
    return {tuple(text.get_position()): text.get_text() for text in ax.texts}


def frames(ax, width: float) -> list[tuple[float, float]]:
    """Centres of the rectangles of a line width."""
    found = [p for p in ax.patches if isinstance(p, Rectangle) and p.get_linewidth() == width]
    return [tuple(np.round(p.get_xy() + np.array([p.get_width(), p.get_height()]) / 2, 9)) for p in found]


def test_each_cell_shows_its_nines(chosen: rj.PoolChoice) -> None:
    """Each pool that was looked at has its nines in its cell, and no other cell has a figure."""
    ax = plotting.plot_choice(chosen, across="primaries", down="spares")
    expected = {(one.pool.primaries - 1, one.pool.spares): f"{one.nines:.1f}" for one in chosen.table}
    assert figures(ax) == expected
    assert len(expected) == 8


def test_the_best_has_the_frame(chosen: rj.PoolChoice) -> None:
    """The frame is around the best alternative alone."""
    ax = plotting.plot_choice(chosen, across="primaries", down="spares")
    assert chosen.best is not None
    assert frames(ax, 3.5) == [(chosen.best.pool.primaries - 1, chosen.best.pool.spares)]


def test_misses_are_hatched(chosen: rj.PoolChoice) -> None:
    """Cells are hatched exactly where the target is missed."""
    ax = plotting.plot_choice(chosen, across="primaries", down="spares")
    hatched = [p for p in ax.patches if p.get_hatch()]
    places = {tuple(np.round(np.array(p.get_xy()) + 0.5).astype(int)) for p in hatched}
    missed = {(x.pool.primaries - 1, x.pool.spares) for x in chosen.table if not x.meets_target}
    assert places == missed
    assert missed


def test_a_cell_stands_for_the_cheapest_that_meets() -> None:
    """Of several alternatives of a cell the cheapest that meets the target is shown."""
    chosen = rj.choose_pool(
        BASE, target=0.999, spares=range(3), slots=range(2), crews=(1, 2),
        prices=rj.Prices(server=1, crew=1),
    )  # fmt: skip
    ax = plotting.plot_choice(chosen, across="spares", down="slots")
    for (x, y), text in figures(ax).items():
        some = [one for one in chosen.table if (one.pool.spares, one.pool.places) == (x, y)]
        meeting = [one for one in some if one.meets_target]
        shown = meeting[0] if meeting else max(some, key=lambda one: one.nines)
        assert text == f"{shown.nines:.1f}"


def test_waits_along_an_axis() -> None:
    """Along the axis of the rejuvenation rate stand mean waits, never first."""
    chosen = rj.choose_pool(BASE, target=0.99, slots=range(2), rejuvenation=[0, 1 / 168, 1])
    ax = plotting.plot_choice(chosen, across="rejuvenation", down="slots")
    assert [tick.get_text() for tick in ax.get_xticklabels()] == ["never", "7 d", "1 h"]


def test_axes_in_axes_out(chosen: rj.PoolChoice) -> None:
    """The map is drawn on the axes that are given."""
    _, ax = plt.subplots()
    assert plotting.plot_choice(chosen, ax=ax) is ax


@pytest.mark.parametrize(
    ("options", "argument"),
    [({"across": "servers"}, "across"), ({"down": 3}, "down"), ({"down": "spares"}, "down")],
)
def test_axes_refused(options, argument: str, chosen: rj.PoolChoice) -> None:
    """An axis that is none, or the same twice, is refused by its name."""
    with pytest.raises(rj.InvalidInputError) as error:
        plotting.plot_choice(chosen, **options)
    assert error.value.argument == argument


def test_choice_refused() -> None:
    """What is no choice is refused."""
    with pytest.raises(rj.InvalidInputError, match="choose_pool"):
        plotting.plot_choice(BASE)  # type: ignore[arg-type]
