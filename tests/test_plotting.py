"""Plots show what the numbers say; every picture is drawn with matplotlib itself."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from math import inf, log

import matplotlib.pyplot as plt
import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, FancyArrowPatch
from numpy.testing import assert_allclose

import rejuvmodel as rj
from rejuvmodel.markov.export import COLOURS
from rejuvmodel.plotting import plot_diagram, plot_probabilities, plot_rate

RATES = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3)
WEB = rj.Cluster(2, RATES)
INTERIOR = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
HURTS = rj.Cluster(2, rj.Rates(aging=1 / 240, failure=1 / 2160, repair=2, restart=1 / 2))
DEEP = rj.Cluster(50, rj.Rates(aging=1e-4, failure=1e-7, repair=1, restart=60))
HAND = rj.MarkovChain.from_transitions(
    [
        ("healthy", "degraded", 0.004, "aging"), ("degraded", "failed", 0.0005, "failure"),
        ("failed", "healthy", 2, "repair"), ("degraded", "$restarting$", 0.01, "rejuvenation"),
        ("$restarting$", "healthy", 6, "restart"), ("healthy", "$restarting$", 0.001, "maintenance"),
    ],
    down={"failed": "unplanned", "$restarting$": "planned"},
)  # fmt: skip


@pytest.fixture(autouse=True)
def _close_figures() -> Iterator[None]:
    yield
    plt.close("all")


def new_axes() -> Axes:
    return Figure(figsize=(7, 6), layout="constrained").add_subplot()


def line(ax: Axes, start: str) -> Line2D:
    """The one line whose label starts with a text."""
    found = [one for one in ax.get_lines() if str(one.get_label()).startswith(start)]
    assert len(found) == 1, [one.get_label() for one in ax.get_lines()]
    return found[0]


def arrows(ax: Axes) -> int:
    return sum(isinstance(patch, FancyArrowPatch) for patch in ax.patches)


def texts(ax: Axes) -> list[str]:
    return [text.get_text() for text in ax.texts]


def overlaps(ax: Axes) -> list[tuple[str, str]]:
    """Pairs of texts that cover each other."""
    ax.figure.draw_without_rendering()
    boxes = [(text.get_text(), text.get_window_extent()) for text in ax.texts]
    return [(a, b) for k, (a, first) in enumerate(boxes) for b, second in boxes[:k] if first.overlaps(second)]


@pytest.mark.parametrize("servers", [1, 2, 10])
def test_unavailability_curve(servers: int) -> None:
    """Without costs the curve is the unavailability that solve() gives."""
    x, y = plot_rate(rj.Cluster(servers, RATES), ax=new_axes()).get_lines()[0].get_data()
    assert_allclose(
        y, rj.solve(rj.Cluster(servers, RATES.replace(rejuvenation=x))).unavailability, rtol=1e-12
    )


def test_cost_curve() -> None:
    """With costs the curve is the cost per hour that solve() gives."""
    x, y = plot_rate(WEB, INTERIOR, ax=new_axes()).get_lines()[0].get_data()
    assert_allclose(y, rj.solve(WEB.with_rejuvenation(x)).cost_rate(INTERIOR), rtol=1e-12)


def test_rate_axes_are_logarithmic() -> None:
    """Both axes of the plot against the rate are logarithmic."""
    ax = plot_rate(WEB, ax=new_axes())
    assert (ax.get_xscale(), ax.get_yscale()) == ("log", "log")


def test_underflowing_curve() -> None:
    """Where values underflow, log10 of the unavailability is drawn on a linear axis."""
    ax = plot_rate(DEEP, bounds=(0, 10), ax=new_axes())
    x, y = ax.get_lines()[0].get_data()
    wanted = rj.solve(DEEP.with_rejuvenation(x)).log_unavailability / np.log(10)
    assert ax.get_yscale() == "linear"
    assert ax.get_ylabel().startswith("log10")
    assert min(wanted) < -500
    assert_allclose(y, wanted, rtol=1e-12)


def test_window_within_the_bounds() -> None:
    """Finite bounds are the limits of the plot."""
    assert plot_rate(WEB, bounds=(0.001, 0.5), ax=new_axes()).get_xlim() == (0.001, 0.5)


def test_window_of_open_bounds() -> None:
    """For bounds 0 and ∞ the window holds the failure and the restart rate."""
    low, high = plot_rate(WEB, ax=new_axes()).get_xlim()
    assert 0 < low < 1 / 2160 < 3 < high < inf


def test_marker_at_the_optimum() -> None:
    """The star stands at the best rate and value."""
    best = rj.optimize(WEB, INTERIOR, (0, 10))
    star = line(plot_rate(WEB, INTERIOR, (0, 10), best=best, ax=new_axes()), "best (interior)")
    assert_allclose(star.get_xydata(), [[best.rate, best.value]], rtol=1e-14)


def test_optimum_is_found_if_not_given() -> None:
    """Without best= the star stands where optimize() finds the optimum."""
    star = line(plot_rate(WEB, INTERIOR, (0, 10), ax=new_axes()), "best")
    assert star.get_xdata()[0] == rj.optimize(WEB, INTERIOR, (0, 10)).rate


def test_best_brings_its_question() -> None:
    """Costs and bounds come from best= if they are not given."""
    best = rj.optimize(WEB, INTERIOR, (0.001, 10))
    ax = plot_rate(WEB, best=best, ax=new_axes())
    assert (ax.get_ylabel(), ax.get_xlim()) == ("expected cost per hour", (0.001, 10))


@pytest.mark.parametrize(
    ("cluster", "costs", "bounds", "name"),
    [
        (rj.Cluster(3, RATES), INTERIOR, (0, 10), "cluster"),
        (WEB, rj.Costs(failure=1, rejuvenation=1), (0, 10), "costs"),
        (WEB, INTERIOR, (0, 20), "bounds"),
    ],
)
def test_best_of_another_question(
    cluster: rj.Cluster, costs: rj.Costs, bounds: tuple[float, float], name: str
) -> None:
    """An optimum of another cluster, other costs or bounds is refused and the difference named."""
    best = rj.optimize(WEB, INTERIOR, (0, 10))
    with pytest.raises(rj.InvalidInputError, match=f"an optimum of other {name};"):
        plot_rate(cluster, costs, bounds, best=best, ax=new_axes())


@pytest.mark.parametrize(
    ("costs", "shape", "edge", "words"),
    [
        (rj.Costs(failure=1, rejuvenation=1), "<", 0, "never rejuvenate"),
        (rj.Costs(failure=5000, rejuvenation=5), ">", 1, "rejuvenate at once"),
    ],
)
def test_optimum_outside_the_window(costs: rj.Costs, shape: str, edge: int, words: str) -> None:
    """An optimum at 0 or ∞ is an arrow head at that edge of the plot, named in words."""
    ax = plot_rate(rj.Cluster(1, RATES), costs, ax=new_axes())
    mark = line(ax, "best")
    assert (mark.get_marker(), mark.get_xdata()[0]) == (shape, ax.get_xlim()[edge])
    assert words in str(mark.get_label())


def test_break_even_line() -> None:
    """A vertical line stands at the break-even rate, labelled with the wait."""
    best = rj.optimize(HURTS, bounds=(0, 10))
    mark = line(plot_rate(HURTS, bounds=(0, 10), best=best, ax=new_axes()), "break-even")
    assert list(mark.get_xdata()) == [best.break_even] * 2
    assert "2.822 d" in str(mark.get_label())


def test_flat_region_is_shaded() -> None:
    """The shaded span is the flat region of the optimum."""
    best = rj.optimize(WEB, INTERIOR, (0, 10))
    (span,) = plot_rate(WEB, INTERIOR, (0, 10), best=best, ax=new_axes()).patches
    assert_allclose((span.get_x(), span.get_x() + span.get_width()), best.flat_region, rtol=1e-12)


def test_level_without_rejuvenation() -> None:
    """A horizontal line stands at the value for λ_r = 0."""
    level = line(plot_rate(WEB, bounds=(0.01, 1), ax=new_axes()), "never rejuvenate")
    assert_allclose(level.get_ydata(), [rj.solve(WEB.with_rejuvenation(0)).unavailability] * 2, rtol=1e-12)


def test_level_at_once() -> None:
    """A horizontal line stands at the limit for λ_r = ∞ if the bounds are open."""
    level = line(plot_rate(WEB, INTERIOR, ax=new_axes()), "rejuvenate at once")
    limit = rj.solve(WEB.with_rejuvenation(inf)).cost_rate(INTERIOR)
    assert_allclose(level.get_ydata(), [limit] * 2, rtol=1e-12)


def test_given_rate_is_marked() -> None:
    """The cluster's own rate is marked on the curve."""
    given = WEB.with_rejuvenation(1 / 24)
    mark = line(plot_rate(given, bounds=(0, 10), ax=new_axes()), "as given: wait 1 d")
    assert_allclose(mark.get_xydata(), [[1 / 24, rj.solve(given).unavailability]], rtol=1e-12)


def test_waits_along_the_top() -> None:
    """A tick of the upper edge stands at the rate of the wait it names."""
    ax = plot_rate(WEB, bounds=(1e-4, 10), ax=new_axes())
    ax.figure.draw_without_rendering()
    (top,) = ax.child_axes
    ticks = dict(zip([text.get_text() for text in top.get_xticklabels()], top.get_xticks(), strict=True))
    assert_allclose(ticks["7 d"], 1 / 168, rtol=1e-12)


def test_flat_curve_has_no_best() -> None:
    """Where no rate changes anything, no rate is marked as the best."""
    ax = plot_rate(WEB, rj.Costs(failure=0, rejuvenation=0), ax=new_axes())
    assert not [one for one in ax.get_lines() if str(one.get_label()).startswith("best")]


@pytest.mark.parametrize(
    "cluster", [WEB.with_rejuvenation([1, 2]), rj.Cluster(2, RATES.replace(aging=[1, 2])), 2]
)
def test_rates_of_one_cluster(cluster: object) -> None:
    """A grid or something else than a cluster is refused."""
    with pytest.raises(rj.InvalidInputError):
        plot_rate(cluster, ax=new_axes())  # type: ignore[arg-type]


@pytest.mark.parametrize("solver", [rj.ClosedForm(), rj.GTH()])
def test_bars_are_the_probabilities(solver: rj.ClosedForm | rj.GTH) -> None:
    """The top of each bar is the probability of its state, on a log axis."""
    state = rj.solve(WEB.with_rejuvenation(1 / 336), solver)
    ax = plot_probabilities(state, ax=new_axes())
    tops = {round(bar.get_x() + bar.get_width() / 2): bar.get_y() + bar.get_height() for bar in ax.patches}
    assert ax.get_yscale() == "log"
    assert_allclose([tops[k] for k in range(7)], state.probabilities, rtol=1e-12)


@pytest.mark.parametrize("solver", [rj.ClosedForm(), rj.GTH()])
def test_bars_are_coloured_by_kind(solver: rj.ClosedForm | rj.GTH) -> None:
    """The bar of the failed state has the colour of unplanned downtime, that of r1 of planned."""
    ax = plot_probabilities(rj.solve(WEB.with_rejuvenation(1 / 336), solver), ax=new_axes())
    colours = {round(bar.get_x() + bar.get_width() / 2): bar.get_facecolor()[:3] for bar in ax.patches}
    assert (colours[2], colours[6]) == (to_rgb(COLOURS["down, unplanned"]), to_rgb(COLOURS["down, planned"]))


def test_bars_below_the_least_double() -> None:
    """Where probabilities underflow, bars reach log10 of the probability on a linear axis."""
    rates = rj.Rates(aging=1e-4, failure=1e-17, repair=1e3, restart=60, rejuvenation=1)
    state = rj.solve(rj.Cluster(21, rates))
    ax = plot_probabilities(state, ax=new_axes())
    (failed,) = [bar for bar in ax.patches if round(bar.get_x() + bar.get_width() / 2) == 21]
    assert ax.get_yscale() == "linear"
    assert_allclose(failed.get_y() + failed.get_height(), state.log_probability("0") / log(10), rtol=1e-12)
    assert state["0"] == 0


def test_impossible_states_have_no_bar() -> None:
    """A state of probability 0 has a 0 instead of a bar."""
    ax = plot_probabilities(rj.solve(WEB.with_rejuvenation(0)), ax=new_axes())
    assert (len(ax.patches), texts(ax)) == (5, ["0", "0"])


def test_bar_labels() -> None:
    """The ticks name the states, dollar signs included."""
    ax = plot_probabilities(rj.solve(HAND), ax=new_axes())
    assert [text.get_text() for text in ax.get_xticklabels()] == list(HAND.states)


def test_too_many_bars() -> None:
    """A chain of 301 states is refused with that number."""
    with pytest.raises(rj.InvalidInputError, match="301 states"):
        plot_probabilities(rj.solve(rj.Cluster(100, RATES.replace(rejuvenation=1))), ax=new_axes())


def test_bars_of_a_grid() -> None:
    """A steady state on a grid is refused."""
    with pytest.raises(rj.InvalidInputError, match="grid of shape"):
        plot_probabilities(rj.solve(WEB.with_rejuvenation([1, 2])), ax=new_axes())


@pytest.mark.parametrize("servers", [1, 6])
@pytest.mark.parametrize("rejuvenation", [0, 1 / 336, inf])
def test_an_arrow_for_each_transition(servers: int, rejuvenation: float) -> None:
    """The diagram of a cluster has one arrow for each entry of the transition table."""
    chain = rj.Cluster(servers, RATES.replace(rejuvenation=rejuvenation)).chain()
    assert arrows(plot_diagram(chain, ax=new_axes())) == sum(len(family.rate) for family in chain.families)


def test_an_arrow_for_each_transition_by_hand() -> None:
    """The diagram of a hand-built chain has one arrow for each transition."""
    assert arrows(plot_diagram(HAND, ax=new_axes())) == 6


@pytest.mark.parametrize("servers", [7, 50])
def test_long_clusters_show_both_ends(servers: int) -> None:
    """Beyond 6 servers the first three and the last levels stand beside an ellipsis."""
    ax = plot_diagram(rj.Cluster(servers, RATES.replace(rejuvenation=1)).chain(), ax=new_axes(), rates=False)
    normal = [text for text in texts(ax) if text.isdigit()]
    assert normal == [str(servers), str(servers - 1), str(servers - 2), "2", "1", "0"]
    assert texts(ax).count("⋯") == 3


def test_arrows_at_the_ellipsis() -> None:
    """Of a long cluster every transition with an end in sight is drawn: 5 shown levels, and 2 across."""
    chain = rj.Cluster(10, RATES.replace(rejuvenation=1)).chain()
    assert arrows(plot_diagram(chain, ax=new_axes())) == 5 * 5 + 2


def test_rows_of_figure_3() -> None:
    """Normal states stand in the middle row from left to right, unstable above, rejuvenating below."""
    ax = plot_diagram(rj.Cluster(3, RATES.replace(rejuvenation=1)).chain(), ax=new_axes())
    place = {text.get_text(): text.get_position() for text in ax.texts}
    assert place["3"][0] < place["2"][0] < place["1"][0] < place["0"][0]
    assert place["$r_{2}$"][1] < place["2"][1] == place["0"][1] < place["$u_{2}$"][1]


def test_symbols_at_the_arrows() -> None:
    """The arrows of a duplex carry the symbols of the patent."""
    found = texts(plot_diagram(WEB.with_rejuvenation(1).chain(), ax=new_axes(), rates=False))
    symbols = {
        r"$\lambda_f$": 2,
        r"$\lambda_r$": 2,
        r"$\mu_r$": 2,
        r"$\mu$": 2,
        r"$2\lambda$": 1,
        r"$\lambda$": 1,
    }
    assert {symbol: found.count(symbol) for symbol in symbols} == symbols


def test_numbers_below_the_diagram() -> None:
    """With rates=True the diagram gives every rate of the cluster and its mean time."""
    found = texts(plot_diagram(rj.Cluster(9, RATES.replace(rejuvenation=1 / 336)).chain(), ax=new_axes()))
    assert r"$\lambda$ = 0.000463/h (failure, mean 90 d)" in found
    assert r"$\lambda_r$ = 0.002976/h (rejuvenation, mean 14 d)" in found


@pytest.mark.parametrize(
    ("rate", "words"), [(0, "0 (rejuvenation: never)"), (inf, "∞ (rejuvenation: at once)")]
)
def test_limits_below_the_diagram(rate: float, words: str) -> None:
    """A rejuvenation rate of 0 or ∞ is named in words."""
    found = texts(plot_diagram(WEB.with_rejuvenation(rate).chain(), ax=new_axes()))
    assert rf"$\lambda_r$ = {words}" in found


def test_unreached_states_are_pale() -> None:
    """Without rejuvenation the two r states are pale, and no others."""
    ax = plot_diagram(WEB.with_rejuvenation(0).chain(), ax=new_axes())
    circles = [patch for patch in ax.patches if isinstance(patch, Circle) and patch.radius > 0.2]
    assert [circle.get_alpha() is not None for circle in circles].count(True) == 2


def test_down_states_differ() -> None:
    """The planned and the unplanned down state have their own colours."""
    ax = plot_diagram(WEB.with_rejuvenation(1).chain(), ax=new_axes())
    colours = [
        patch.get_facecolor()[:3] for patch in ax.patches if isinstance(patch, Circle) and patch.radius > 0.2
    ]
    assert colours.count(to_rgb(COLOURS["down, planned"])) == 1
    assert colours.count(to_rgb(COLOURS["down, unplanned"])) == 1


@pytest.mark.parametrize("servers", [1, 2, 50])
def test_no_texts_overlap_in_a_cluster(servers: int) -> None:
    """No two texts of a cluster's diagram cover each other."""
    assert overlaps(plot_diagram(rj.Cluster(servers, RATES.replace(rejuvenation=1 / 336)).chain())) == []


@pytest.mark.parametrize("chain", [HAND, rj.Reactive(servers=4, failure=1 / 2160, repair=1 / 2).chain()])
def test_no_texts_overlap_by_hand(chain: rj.MarkovChain) -> None:
    """No two texts of the diagram of a small chain cover each other."""
    assert overlaps(plot_diagram(chain)) == []


def test_causes_and_rates_by_hand() -> None:
    """Arrows of a hand-built chain carry cause and rate, those of rates=False the cause."""
    assert "repair\n2/h" in texts(plot_diagram(HAND, ax=new_axes()))
    assert "repair" in texts(plot_diagram(HAND, ax=new_axes(), rates=False))


def test_too_large_by_hand() -> None:
    """A hand-built chain of 40 states is refused with that number and a way out."""
    ring = rj.MarkovChain.from_transitions([(f"s{k}", f"s{(k + 1) % 40}", 1.0) for k in range(40)])
    with pytest.raises(rj.InvalidInputError, match=r"40 states.*mermaid"):
        plot_diagram(ring, ax=new_axes())


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plot_rate(WEB, ax=ax),
        lambda ax: plot_probabilities(rj.solve(HAND), ax=ax),
        lambda ax: plot_diagram(HAND, ax=ax),
    ],
)
class TestAxes:
    """What all plots do with axes."""

    def test_given_axes_come_back(self, draw) -> None:  # type: ignore[no-untyped-def]
        """The axes that are given are drawn on and returned."""
        ax = new_axes()
        assert draw(ax) is ax

    def test_new_figure(self, draw) -> None:  # type: ignore[no-untyped-def]
        """Without axes a new figure is made."""
        assert draw(None).figure.number in plt.get_fignums()

    def test_no_figure_of_its_own(self, draw) -> None:  # type: ignore[no-untyped-def]
        """With axes no further figure is made."""
        draw(new_axes())
        assert plt.get_fignums() == []

    def test_axes_of_many(self, draw) -> None:  # type: ignore[no-untyped-def]
        """An array of axes is refused."""
        with pytest.raises(rj.InvalidInputError, match=r"^ax: "):
            draw(Figure().subplots(2))


def test_matplotlib_loads_late() -> None:
    """Importing the plots loads no matplotlib; drawing on given axes loads no pyplot."""
    script = (
        "import sys, rejuvmodel as rj; from rejuvmodel.plotting import plot_diagram\n"
        "early = 'matplotlib' in sys.modules\n"
        "from matplotlib.figure import Figure\n"
        "chain = rj.Reactive(servers=2, failure=1, repair=1).chain()\n"
        "plot_diagram(chain, ax=Figure().add_subplot())\n"
        "assert not early and 'matplotlib.pyplot' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
