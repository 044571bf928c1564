"""The one style of the pictures: settings untouched, legends that fit, ticks that can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from itertools import pairwise
from typing import NamedTuple

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

import rejuvmodel as rj
from rejuvmodel import plotting
from rejuvmodel.drawing.point_labels import label_points
from rejuvmodel.drawing.style import HATCHES, LINES, fit_legend, name_ticks
from rejuvmodel.markov.export import COLOURS, KINDS

RATES = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3)
WEB = rj.Cluster(2, RATES)
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
GIVEN = WEB.with_rejuvenation(1 / 336)
POOL = rj.Pool(primaries=2, rates=RATES.replace(rejuvenation=1 / 24), slots=1)
PATH = ([0.0, 50.0, 60.0, 61.0, 70.0, 100.0], ["2", "u2", "1", "u1", "0", "0"])


def _grid() -> object:
    import xarray as xr

    rates = np.geomspace(1e-3, 1, 12)
    values = np.asarray(rj.solve(WEB.with_rejuvenation(rates)).unavailability)
    coordinates = {"rejuvenation": ("rejuvenation", rates, {"units": "1/h"}), "servers": range(6)}
    return xr.DataArray(
        np.outer(values, np.arange(1, 7)), dims=("rejuvenation", "servers"), coords=coordinates,
        name="unavailability",
    )  # fmt: skip


@cache
def _uncertain() -> rj.Uncertainty:
    known = {"aging": ("5 d", "10 d"), "failure": ("30 d", "270 d")}
    return rj.uncertainty(WEB, known, costs=COSTS, bounds=(0, 10), target="5 min", points=64)


DRAWN: dict[str, Callable[[Axes | None], Axes]] = {
    "plot_rate": lambda ax: plotting.plot_rate(WEB, COSTS, ax=ax),
    "plot_period": lambda ax: plotting.plot_period(rj.Cluster(2, RATES, rj.Trigger(rj.Fixed(9))), ax=ax),
    "plot_trade_off": lambda ax: plotting.plot_trade_off(WEB, COSTS, (0, 10), ax=ax),
    "plot_heat_map": lambda ax: plotting.plot_heat_map(_grid(), ax=ax),
    "plot_pareto": lambda ax: plotting.plot_pareto(
        rj.choose_pool(POOL, target=0.999, spares=range(3)), ax=ax
    ),
    "plot_choice": lambda ax: plotting.plot_choice(
        rj.choose_pool(POOL, target=0.999, spares=range(3)), ax=ax
    ),
    "plot_band": lambda ax: plotting.plot_band(_uncertain(), ax=ax),
    "plot_uncertainty": lambda ax: plotting.plot_uncertainty(_uncertain(), "downtime", ax=ax),
    "plot_tornado": lambda ax: plotting.plot_tornado(rj.sensitivity(GIVEN, costs=COSTS), ax=ax),
    "plot_probabilities": lambda ax: plotting.plot_probabilities(rj.solve(GIVEN), ax=ax),
    "plot_transient": lambda ax: plotting.plot_transient(rj.transient(GIVEN, [1.0, 10.0, 500.0]), ax=ax),
    "plot_path": lambda ax: plotting.plot_path(PATH, WEB, ax=ax),
    "plot_diagram": lambda ax: plotting.plot_diagram(GIVEN.chain(), ax=ax),
}
#: Axes whose numbers have no unit: counts, probabilities, names.
UNITLESS = (
    "unavailability", "steady-state probability", "state", "servers", "spares k", "primaries n",
    "log10 of", "nines", "probability",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def lightness(colour: str) -> float:
    return float(np.dot(to_rgb(colour), (0.2126, 0.7152, 0.0722)))


def test_every_picture_is_here() -> None:
    """Every picture of the door is among those that are looked at below."""
    pictures = {name for name in plotting.__all__ if name.startswith("plot_")}
    assert set(DRAWN) == pictures


class Drawn(NamedTuple):
    """A picture on a small figure, and what drawing it left behind."""

    figure: Figure
    ax: Axes
    returned: Axes
    settings_changed: bool
    figures: list[int]


@cache
def drawn(name: str) -> Drawn:
    """Draw a picture once for all tests."""
    before = mpl.rcParams.copy()
    figure = Figure(figsize=(4.0, 3.5), layout="constrained")
    ax = figure.add_subplot()
    returned = DRAWN[name](ax)
    figure.draw_without_rendering()
    return Drawn(figure, ax, returned, mpl.rcParams != before, plt.get_fignums())


@pytest.mark.parametrize("name", DRAWN)
def test_settings_stay(name: str) -> None:
    """No picture changes matplotlib's settings."""
    assert not drawn(name).settings_changed


@pytest.mark.parametrize("name", DRAWN)
def test_axes_come_back(name: str) -> None:
    """Every picture is drawn on the axes it is given, and makes no figure then."""
    picture = drawn(name)
    assert picture.returned is picture.ax
    assert picture.figures == []


@pytest.mark.parametrize("name", [name for name in DRAWN if name not in ("plot_diagram", "plot_tornado")])
def test_labels_have_units(name: str) -> None:
    """Every axis has a name, and a unit unless it counts or shows a share."""
    ax = drawn(name).ax
    for label in (ax.get_xlabel(), ax.get_ylabel()):
        assert label
        assert label.startswith(UNITLESS) or "[" in label or "per hour" in label, label


@pytest.mark.parametrize("name", [name for name in DRAWN if name != "plot_diagram"])
def test_nothing_is_cut_off(name: str) -> None:
    """On a small figure, too, legend and labels lie inside, and the axes keep a fair part of it."""
    figure, ax = drawn(name)[:2]
    edge = figure.bbox.padded(1.0)
    parts = [label for label in (ax.xaxis.label, ax.yaxis.label) if label.get_text()]
    parts += [] if ax.get_legend() is None else [ax.get_legend()]
    for part in parts:
        box = part.get_window_extent()
        assert edge.contains(box.x0, box.y0), part
        assert edge.contains(box.x1, box.y1), part
    assert ax.get_window_extent().width > figure.bbox.width / 3
    assert ax.get_window_extent().height > figure.bbox.height / 4


@pytest.mark.parametrize("name", [name for name in DRAWN if name != "plot_diagram"])
def test_tick_labels_keep_apart(name: str) -> None:
    """No two names of ticks of one axis cover each other."""
    ax = drawn(name).ax
    for axis in (ax.xaxis, ax.yaxis, *(child.xaxis for child in ax.child_axes)):  # type: ignore[attr-defined]
        texts = [text for text in axis.get_ticklabels(which="both") if text.get_text() and text.get_visible()]
        boxes = [text.get_window_extent() for text in texts]
        boxes = [box for box in boxes if ax.get_window_extent().padded(40).overlaps(box)]
        boxes.sort(key=lambda box: (box.x0, box.y0))
        assert not any(a.overlaps(b) for a, b in pairwise(boxes))


def test_lines_differ_without_colour() -> None:
    """No two lines have the same dashes, and no two neighbours the same lightness."""
    assert len({repr(dashes) for _, dashes in LINES}) == len(LINES)
    shades = [lightness(colour) for colour, _ in LINES]
    assert all(abs(a - b) > 0.1 for a, b in pairwise(shades))


def test_kinds_differ_without_colour() -> None:
    """Kinds of states of the same hatching differ clearly in lightness."""
    looks = [(HATCHES[k], lightness(COLOURS[kind])) for k, kind in enumerate(KINDS)]
    for k, (hatch, shade) in enumerate(looks):
        assert all(abs(shade - other) > 0.15 for h, other in looks[:k] if h == hatch)


@pytest.mark.parametrize(
    ("limits", "wanted"), [((0.004, 0.02), "0.005"), ((2.0, 30.0), "5"), ((1e-6, 1.0), "")]
)
def test_ticks_of_few_decades(limits: tuple[float, float], wanted: str) -> None:
    """A log axis of few decades names 5 × 10^k plainly, one of many only the powers of ten."""
    ax = Figure().add_subplot()
    ax.set(yscale="log", ylim=limits)
    name_ticks(ax.yaxis)
    ax.figure.draw_without_rendering()
    names = [text.get_text() for text in ax.yaxis.get_ticklabels(minor=True)]
    assert (wanted in names) if wanted else not any(names)


def test_legend_of_nothing() -> None:
    """Axes without anything named get no legend."""
    ax = Figure().add_subplot()
    fit_legend(ax)
    assert ax.get_legend() is None


def test_point_labels_keep_apart() -> None:
    """Of points on top of each other, as many are labelled as have room, the first ones first."""
    ax = Figure(figsize=(6, 4)).add_subplot()
    ax.set(xlim=(0, 1), ylim=(0, 1))
    names = [f"alternative {k}" for k in range(9)]
    kept = label_points(ax, [0.5] * 9, [0.5] * 9, names)
    assert kept[0] == 0
    assert 1 < len(kept) < 9
    ax.figure.draw_without_rendering()
    boxes = [text.get_window_extent() for text in ax.texts]
    assert not any(a.overlaps(b) for k, a in enumerate(boxes) for b in boxes[:k])
