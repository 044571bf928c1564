"""Heat maps show the numbers of a sweep: cells, scales, contour lines, the best, and what is refused."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from matplotlib.axes import Axes
from matplotlib.colors import LogNorm, Normalize
from matplotlib.figure import Figure
from numpy.testing import assert_allclose

import rejuvmodel as rj
from rejuvmodel.drawing.labelled_grid import better
from rejuvmodel.plotting import plot_heat_map

RATES = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3)
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)


def fine() -> xr.Dataset:
    """Cost and unavailability over 12 aging and 15 rejuvenation rates."""
    aging, rejuvenation = np.geomspace(1e-3, 0.1, 12), np.geomspace(1e-4, 1, 15)
    rates = RATES.replace(aging=aging[:, None], rejuvenation=rejuvenation[None, :])
    state = rj.solve(rj.Cluster(2, rates))
    dims = ("aging", "rejuvenation")
    return xr.Dataset(
        {
            "cost_rate": (
                dims,
                state.cost_rate(COSTS),
                {"long_name": "expected cost", "units": "currency/h"},
            ),
            "unavailability": (dims, state.unavailability, {"units": "1"}),
        },
        {
            "aging": ("aging", aging, {"long_name": "aging rate", "symbol": "λ_f", "units": "1/h"}),
            "rejuvenation": ("rejuvenation", rejuvenation, {"units": "1/h"}),
        },
    )


def coarse(values: Any, **coordinates: Any) -> xr.DataArray:
    """A small array named after a measure of which less is better."""
    return xr.DataArray(
        np.asarray(values, float), dims=tuple(coordinates), coords=coordinates, name="unavailability"
    )


def new_axes() -> Axes:
    return Figure(figsize=(7, 5), layout="constrained").add_subplot()


def mesh(ax: Axes) -> Any:
    return ax.collections[0]


def star(ax: Axes) -> Any:
    (found,) = [one for one in ax.get_lines() if one.get_marker() == "*"]
    return found


def test_colours_are_the_values() -> None:
    """The cells carry the values of the variable, the last dimension across."""
    sweep = fine()
    ax = plot_heat_map(sweep, "cost_rate", ax=new_axes())
    assert_allclose(mesh(ax).get_array(), sweep["cost_rate"].values, rtol=0)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("rejuvenation [1/h]", "aging rate $λ_f$ [1/h]")


def test_across_turns_the_map() -> None:
    """Another dimension across transposes the cells and the labels."""
    sweep = fine()
    ax = plot_heat_map(sweep, "cost_rate", across="aging", ax=new_axes())
    assert_allclose(mesh(ax).get_array(), sweep["cost_rate"].values.T, rtol=0)
    assert ax.get_xlabel() == "aging rate $λ_f$ [1/h]"


def test_every_cell_is_around_its_coordinate() -> None:
    """On a logarithmic axis each coordinate is the geometric middle of its cell."""
    sweep = fine()
    ax = plot_heat_map(sweep, "cost_rate", ax=new_axes())
    edges = mesh(ax).get_coordinates()[0, :, 0]
    assert_allclose(np.sqrt(edges[1:] * edges[:-1]), sweep["rejuvenation"].values, rtol=1e-12)
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")
    assert_allclose(ax.get_xlim(), (edges[0], edges[-1]), rtol=1e-12)


@pytest.mark.parametrize(("top", "norm"), [(1e-2, LogNorm), (2e-3, Normalize)])
def test_colours_over_decades(top: float, norm: type) -> None:
    """Values over a factor of 30 have logarithmic colours, others linear ones, over their whole range."""
    ax = plot_heat_map(coarse(np.linspace(1e-4, top, 6).reshape(2, 3), a=[1, 2], b=[1, 2, 3]), ax=new_axes())
    assert type(mesh(ax).norm) is norm
    assert mesh(ax).get_clim() == (1e-4, top)


def test_zeros_on_logarithmic_colours() -> None:
    """A value of 0 has the colour of the least other one, and the colour bar an open end."""
    ax = plot_heat_map(coarse([[0, 1e-6], [1e-3, 1e-2]], a=[1, 2], b=[1, 2]), ax=new_axes())
    shades = mesh(ax).to_rgba([0.0, 1e-6])
    assert_allclose(shades[0], shades[1], rtol=0)
    assert mesh(ax).colorbar.extend == "min"


def test_contour_lines() -> None:
    """A fine grid has contour lines at round values, each with its value, and they lie where it is taken."""
    sweep = fine()
    ax = plot_heat_map(sweep, "cost_rate", ax=new_axes())
    lines = next(one for one in ax.collections if hasattr(one, "levels"))
    low, high = float(sweep["cost_rate"].min()), float(sweep["cost_rate"].max())
    assert len(lines.levels) >= 3
    assert all(low < level < high for level in lines.levels)
    names = {f"{level:.4g}" for level in lines.levels}
    assert {text.get_text() for text in ax.texts} <= names
    assert ax.texts
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        x, y = path.vertices[len(path.vertices) // 2]
        state = rj.solve(rj.Cluster(2, RATES.replace(aging=float(y), rejuvenation=float(x))))
        assert state.cost_rate(COSTS) == pytest.approx(level, rel=0.25)


def test_figures_of_a_coarse_grid() -> None:
    """A coarse grid has each value in its cell, at the place of its coordinates, and no contour lines."""
    array = coarse([[0.1, 0.25, 0.3], [0.4, 0.5, 0.6]], servers=[2, 4], slots=[0, 1, 9])
    ax = plot_heat_map(array, ax=new_axes())
    found = {text.get_position(): text.get_text() for text in ax.texts}
    assert found == {
        (column, row): f"{array.values[row, column]:.4g}" for row in range(2) for column in range(3)
    }
    assert [text.get_text() for text in ax.get_xticklabels()] == ["0", "1", "9"]
    assert [text.get_text() for text in ax.get_yticklabels()] == ["2", "4"]


def test_words_along_an_axis() -> None:
    """Coordinates that are words stand one after the other."""
    array = coarse(np.ones((2, 40)) * np.arange(1, 41), mode=["active/active", "active/standby"], n=range(40))
    ax = plot_heat_map(array, ax=new_axes())
    assert [text.get_text() for text in ax.get_yticklabels()] == ["active/active", "active/standby"]


@pytest.mark.parametrize(
    ("best", "place", "word"), [("auto", (1, 0), "least"), ("greatest", (2, 1), "greatest")]
)
def test_star_at_the_best(best: str, place: tuple[int, int], word: str) -> None:
    """The star stands in the best cell, and the legend says its value and coordinates with units."""
    array = coarse([[0.3, 0.1, 0.4], [0.5, np.nan, 0.9]], servers=[2, 4], period=[24.0, 48.0, 72.0])
    array.coords["period"].attrs = {"long_name": "mean wait", "units": "h"}
    mark = star(plot_heat_map(array, best=best, ax=new_axes()))
    assert (round(mark.get_xdata()[0]), round(mark.get_ydata()[0])) == place
    wait, value = ("48", "0.1") if word == "least" else ("72", "0.9")
    servers = 2 if word == "least" else 4
    assert mark.get_label() == f"{word}: {value} at mean wait {wait} h and servers {servers}"


def test_no_star() -> None:
    """With best=None, and for a measure that has no better, there is no star."""
    array = coarse([[1, 2], [3, 4]], a=[1, 2], b=[1, 2])
    for ax in (
        plot_heat_map(array, best=None, ax=new_axes()),
        plot_heat_map(array.rename("period"), ax=new_axes()),
    ):
        assert not [one for one in ax.get_lines() if one.get_marker() == "*"]


def test_cells_without_value() -> None:
    """Cells without a value are left out of the colours, and the paper behind them is hatched."""
    ax = plot_heat_map(coarse([[1, np.nan], [3, np.inf]], a=[1, 2], b=[1, 2]), ax=new_axes())
    assert mesh(ax).get_array().mask.tolist() == [[False, True], [False, True]]
    assert ax.patch.get_hatch()


def test_heat_map_of_a_sweep() -> None:
    """What sweep() returns is drawn with its own names, symbols and units."""
    sweep = rj.sweep(
        rj.Cluster(2, RATES),
        {"aging": [0.01, 0.02], "rejuvenation": [0.1, 0.2, 0.3]},
        "cost_rate",
        costs=COSTS,
    )
    ax = plot_heat_map(sweep, ax=new_axes())
    assert_allclose(mesh(ax).get_array(), sweep["cost_rate"].values, rtol=0)
    assert "$λ_f$ [1/h]" in ax.get_ylabel()
    assert "$λ_r$ [1/h]" in ax.get_xlabel()
    assert "[currency/h]" in mesh(ax).colorbar.ax.get_ylabel()


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("availability", "greatest"), ("unavailability", "least"), ("planned_unavailability", "least"),
        ("cost_rate", "least"), ("downtime", "least"), ("nines", "greatest"), ("rate", None),
    ],
)  # fmt: skip
def test_which_is_better(name: str, wanted: str | None) -> None:
    """Whether more or less is better follows from the name of a measure."""
    assert better(name) == wanted


def test_two_dimensions_of_more() -> None:
    """Dimensions of length 1 do not count."""
    sweep = fine().expand_dims("servers")
    assert plot_heat_map(sweep, "cost_rate", ax=new_axes()).get_xlabel() == "rejuvenation [1/h]"


@pytest.mark.parametrize(
    ("sweep", "options", "argument", "says"),
    [
        (3, {}, "sweep", "xarray"),
        (fine(), {}, "measure", "cost_rate, unavailability"),
        (fine(), {"measure": "nines"}, "measure", "cost_rate, unavailability"),
        (fine()["cost_rate"], {"measure": "nines"}, "measure", "cost_rate"),
        (fine().isel(aging=0), {"measure": "cost_rate"}, "sweep", "dimensions rejuvenation"),
        (fine(), {"measure": "cost_rate", "across": "restart"}, "across", "aging and rejuvenation"),
        (fine(), {"measure": "cost_rate", "best": "most"}, "best", "greatest"),
        (coarse([[np.nan] * 2] * 2, a=[1, 2], b=[1, 2]), {}, "sweep", "no finite value"),
        (
            xr.DataArray([["a", "b"], ["c", "d"]], dims=("a", "b"), name="location"),
            {}, "measure", "numbers",
        ),
    ],
)  # fmt: skip
def test_refused(sweep: Any, options: dict[str, Any], argument: str, says: str) -> None:
    """What is no map of numbers over two dimensions is refused, with the argument and the way out."""
    with pytest.raises(rj.InvalidInputError, match=says) as error:
        plot_heat_map(sweep, **options, ax=new_axes())
    assert error.value.argument == argument
