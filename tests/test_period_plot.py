"""The plot of the objective against the mean delay shows what the numbers say."""

from __future__ import annotations

from collections.abc import Iterator
from math import inf

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from numpy.testing import assert_allclose

import rejuvmodel as rj
from rejuvmodel.plotting import plot_period, plot_rate

RATES = rj.Rates(aging=1 / 240, failure=1 / 2160, repair=2, restart=60)
GARG = rj.Cluster(1, RATES, rj.Trigger(rj.Fixed(100), clock="service"))
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def labels(axes: Axes) -> list[str]:
    return axes.get_legend_handles_labels()[1]


@pytest.mark.parametrize("clock", ["unstable", "service"])
@pytest.mark.parametrize("law", [rj.Fixed(100), rj.Erlang(4, 100), rj.Empirical([1, 2, 4])], ids=repr)
def test_the_curve_is_the_objective(law: object, clock: str) -> None:
    """Every point of the curve is the cost at that mean delay."""
    cluster = rj.Cluster(2, RATES, rj.Trigger(law, clock=clock))
    x, y = plot_period(cluster, COSTS).lines[0].get_data()
    places = [0, len(x) // 3, -1]
    exact = [rj.solve(cluster.with_period(float(x[k]))).cost_rate(COSTS) for k in places]
    assert_allclose(np.asarray(y)[places], exact, rtol=1e-9)


def test_the_marks_of_garg() -> None:
    """The optimum, the delays within 1 %, the delay as given and never are marked with their values."""
    text = "\n".join(labels(plot_period(GARG, bounds=(1, 5000))))
    for words in (
        "best (interior): 11.59 d: unavailability 0.0001498",
        "within 1 % of the best: 9.579 d to 14.24 d",
        "as given: 100 h: unavailability 0.0002073",
        "never rejuvenate: unavailability 0.0002083",
    ):
        assert words in text


def test_a_best_delay_of_never_stands_at_the_edge() -> None:
    """Where no delay pays, the star is an arrow head at the right edge."""
    cluster = rj.Cluster(1, RATES.replace(restart=6), rj.Trigger(rj.Fixed(100), clock="service"))
    axes = plot_period(cluster)
    star = next(line for line in axes.lines if str(line.get_label()).startswith("best"))
    assert star.get_marker() == ">"
    assert star.get_xdata()[0] == axes.get_xlim()[1]  # type: ignore[index]
    assert "best (upper bound): never" in str(star.get_label())


def test_a_flat_curve_has_no_best() -> None:
    """Without aging every delay is shaded and none is marked."""
    cluster = rj.Cluster(2, RATES.replace(aging=0), rj.Trigger(rj.Fixed(100)))
    text = labels(plot_period(cluster))
    assert any("no delay changes anything" in one for one in text)
    assert not any(one.startswith("best") for one in text)


def test_delays_along_the_top() -> None:
    """The upper edge names delays where they are on the axis below."""
    axes = plot_period(GARG, bounds=(1, 5000))
    axes.figure.canvas.draw()
    top = axes.child_axes[0]
    names = [tick.get_text() for tick in top.get_xticklabels()]
    assert "7 d" in names
    assert_allclose(top.get_xticks()[names.index("7 d")], 168)


def test_rate_and_delay_have_their_own_plots() -> None:
    """A cluster without a trigger has no plot of delays, one with a trigger none of rates."""
    with pytest.raises(rj.InvalidInputError, match="Use plot_rate"):
        plot_period(rj.Cluster(1, RATES))
    with pytest.raises(rj.InvalidInputError, match="Use plot_period"):
        plot_rate(GARG)


@pytest.mark.parametrize(
    ("cluster", "bounds", "wrong"),
    [
        (rj.Cluster(2, RATES, rj.Trigger(rj.Fixed(1), clock="service")), None, "cluster"),
        (rj.Cluster(1, RATES, rj.Trigger(rj.Fixed(1), clock="unstable")), None, "cluster"),
        (rj.Cluster(1, RATES, rj.Trigger(rj.Erlang(2, 1), clock="service")), None, "cluster"),
        (GARG, (1, inf), "bounds"),
    ],
)
def test_best_of_another_question(
    cluster: rj.Cluster, bounds: tuple[float, float] | None, wrong: str
) -> None:
    """An optimum of another cluster, clock, law or bounds is refused; another mean is the same question."""
    best = rj.optimize(GARG, bounds=(1, 5000))
    plot_period(GARG.with_period(7), best=best)
    with pytest.raises(rj.InvalidInputError, match=wrong):
        plot_period(cluster, bounds=bounds, best=best)
