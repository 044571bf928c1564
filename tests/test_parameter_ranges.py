"""Effects of stated ranges, each end solved anew, and the tornado that draws them."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from typing import Any

import matplotlib as mpl
import pytest

import rejuvmodel as rj
from rejuvmodel.plotting import plot_tornado

DUPLEX = rj.Rates(aging=1 / 168, failure=1 / 2160, repair=1 / 2, restart=3, rejuvenation=1 / 336)
CLUSTER = rj.Cluster(2, DUPLEX)
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
RANGES = {"repair": ("1 h", "8 h"), "restart": ("5 min", "1 h"), "period": ("7 d", "28 d"), "servers": (2, 3)}


@pytest.fixture(autouse=True)
def pictures() -> Iterator[None]:
    """Draw in memory, and close all figures afterwards."""
    mpl.use("Agg")
    yield
    import matplotlib.pyplot as plt

    plt.close("all")


def test_ends_are_solved_anew() -> None:
    """Each end is what solve gives for the model with this one parameter changed."""
    found = {one.parameter: one for one in rj.range_effects(CLUSTER, RANGES).effects}
    slow = rj.Cluster(2, DUPLEX.replace(repair=1 / 8))
    assert found["repair"].at_high == pytest.approx(rj.solve(slow).unavailability, rel=1e-14)
    assert found["servers"].at_high == pytest.approx(
        rj.solve(rj.Cluster(3, DUPLEX)).unavailability, rel=1e-14
    )
    assert found["servers"].at_low == pytest.approx(rj.solve(CLUSTER).unavailability, rel=1e-14)
    assert found["repair"].low == "1 h"


def test_widest_swing_first() -> None:
    """Effects are ordered by how far the measure moves."""
    swings = [one.swing for one in rj.range_effects(CLUSTER, RANGES).effects]
    assert swings == sorted(swings, reverse=True)


@pytest.mark.parametrize("measure", ["downtime", "planned_unavailability", "cost", "cost_rate"])
def test_measures(measure: str) -> None:
    """The value in the middle is that of the model as it is, over the horizon."""
    found = rj.range_effects(
        CLUSTER, {"costs.failure": (500, 2000)}, measure=measure, costs=COSTS, horizon="30 d"
    )
    state = rj.solve(CLUSTER)
    value = {
        "downtime": state.downtime("30 d"), "planned_unavailability": state.planned_unavailability,
        "cost": state.cost(COSTS, "30 d"), "cost_rate": state.cost_rate(COSTS),
    }[measure]  # fmt: skip
    assert found.value == pytest.approx(value, rel=1e-13)
    assert (found.effects[0].swing > 0) == measure.startswith("cost")


def test_small_ranges_follow_the_elasticity() -> None:
    """Over ±0.01 % the ends are those of the first order of logarithms."""
    low, high = (0.5 * (1 + sign * 1e-4) for sign in (-1, 1))
    one = rj.range_effects(CLUSTER, {"repair": (low, high)}).effects[0]
    slope = (one.log_at_high - one.log_at_low) / 2e-4
    assert slope == pytest.approx(rj.sensitivity(CLUSTER).elasticity("unavailability", "repair"), rel=1e-6)


def test_rows_frames_and_copies() -> None:
    """Rows, data frame, plain values, HTML and a pickled copy say the same."""
    found = rj.range_effects(CLUSTER, RANGES)
    assert pickle.loads(pickle.dumps(found)) == found
    swings = {one.parameter: one.swing for one in found.effects}
    assert found.to_dataframe()["swing"].to_dict() == swings
    assert json.loads(json.dumps(found.to_dict()))["effects"][0]["parameter"] == found.effects[0].parameter
    assert "8 h" in found._repr_html_()
    assert "8 h" in repr(found)


@pytest.mark.parametrize(
    ("ranges", "more", "named"),
    [
        ({"mu": (1, 2)}, {}, "mu"),
        ({"repair": 3}, {}, "repair"),
        ({"repair": (1, 2, 3)}, {}, "pair"),
        ({"repair": (0, 1)}, {}, "repair"),
        ({}, {}, "ranges"),
        ({"repair": (1, 2)}, {"measure": "nines"}, "measure"),
        ({"repair": (1, 2)}, {"measure": "cost"}, "costs"),
        ({"repair": (1, 2)}, {"horizon": 0}, "horizon"),
    ],
)
def test_wrong_ranges_are_refused(ranges: Any, more: dict[str, Any], named: str) -> None:
    """A wrong name, range, measure or horizon is named in the error."""
    with pytest.raises(rj.InvalidInputError, match=named):
        rj.range_effects(CLUSTER, ranges, **more)


# ---------------------------------------------------------------------------------------------- tornado


def bars_of(ax: Any) -> list[tuple[float, float]]:
    """Left and right ends of all bars, row by row, low end first."""
    ends = [(bar.get_x(), bar.get_x() + bar.get_width()) for bar in ax.patches]
    return [pair for pair in ends if pair[0] != pair[1]]


def test_tornado_of_ranges_shows_the_values() -> None:
    """Bars reach from the model as it is to the values at both ends, the widest on top."""
    found = rj.range_effects(CLUSTER, {"repair": ("1 h", "8 h"), "restart": ("5 min", "1 h")})
    ax = plot_tornado(found)
    (low, base), (same, high) = bars_of(ax)[:2]
    assert (low, high) == pytest.approx((found.effects[0].at_low, found.effects[0].at_high), rel=1e-12)
    assert (base, same) == pytest.approx((found.value, found.value), rel=1e-12)
    names = [tick.get_text().split()[0] for tick in ax.get_yticklabels()]
    assert names == ["repair", "restart"]
    top, bottom = ax.get_ylim()[1], ax.get_ylim()[0]
    assert top < 0 < bottom
    assert {"1 h", "8 h", "5 min"} <= {text.get_text() for text in ax.texts}


def test_tornado_of_a_sensitivity_follows_the_elasticities() -> None:
    """Bars of ±20 % reach to f·1.2^E and f·0.8^E."""
    found = rj.sensitivity(CLUSTER)
    ax = plot_tornado(found, measure="downtime", change=0.2)
    value, first = found.value("downtime"), found.ranking("downtime")[0]
    expected = sorted((value * 0.8**first.elasticity, value * 1.2**first.elasticity))
    ends = [x for pair in bars_of(ax)[:2] for x in pair if x != pytest.approx(value, rel=1e-12)]
    assert sorted(ends) == pytest.approx(expected, rel=1e-12)
    assert "downtime [h]" in ax.get_xlabel()


def test_tornado_names_the_currency_it_was_given() -> None:
    """A cost has the currency that was named, and no unit where none was."""
    costs = rj.Costs(failure=1000, rejuvenation=10)
    found = rj.sensitivity(CLUSTER, costs=costs)
    for measure, currency, label in (
        ("cost", "", "cost; "), ("cost", "EUR", "cost [EUR]; "),
        ("cost_rate", "", "cost rate [per hour]; "), ("cost_rate", "EUR", "cost rate [EUR/h]; "),
        ("unavailability", "EUR", "unavailability; "),
    ):  # fmt: skip
        ax = plot_tornado(found, measure=measure, currency=currency)
        assert ax.get_xlabel().startswith(label)
    ranges = rj.range_effects(CLUSTER, {"repair": (0.5, 1)}, measure="cost", costs=costs)
    assert plot_tornado(ranges, currency="EUR").get_xlabel().startswith("cost [EUR]; ")


def test_tornado_beyond_doubles() -> None:
    """Measures below 1e-300 are drawn by their logarithms."""
    rates = rj.Rates(aging=1e-4, failure=1e-7, repair=1, restart=60, rejuvenation=1e-3)
    found = rj.sensitivity(rj.Cluster(60, rates))
    ax = plot_tornado(found)
    assert ax.get_xlabel().startswith("log10 of unavailability")
    low, high = ax.get_xlim()
    assert low < float(found.log_values[1]) / 2.302585 < high


def test_tornado_leaves_out_what_does_not_move() -> None:
    """Parameters without influence get no bar and are counted."""
    found = rj.sensitivity(CLUSTER, costs=rj.Costs(failure=1000, rejuvenation=10))
    ax = plot_tornado(found, measure="unavailability", most=3)
    assert len(ax.get_yticks()) == 3
    assert ax.get_title(loc="right").startswith("7 parameters")


def test_ends_on_one_side_are_both_named() -> None:
    """Where both ends are worse than the model as it is, the nearer one stands in brackets."""
    costs = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
    best = rj.optimize(CLUSTER, costs=costs, bounds=(0, 10)).model
    found = rj.range_effects(best, {"period": ("5 d", "60 d")}, measure="cost", costs=costs)
    texts = [text.get_text() for text in plot_tornado(found).texts]
    assert texts in (["60 d (5 d)"], ["5 d (60 d)"])


@pytest.mark.parametrize(
    ("effects", "more", "named"),
    [
        (CLUSTER, {}, "effects"),
        (rj.sensitivity(CLUSTER), {"change": 1.5}, "change"),
        (rj.sensitivity(CLUSTER), {"measure": "cost"}, "measure"),
        (rj.sensitivity(CLUSTER), {"most": 0}, "most"),
        (rj.sensitivity(CLUSTER), {"currency": None}, "currency"),
        (rj.range_effects(CLUSTER, {"repair": (0.5, 0.5)}), {}, "moves"),
        (rj.range_effects(CLUSTER, {"repair": (0.5, 1)}), {"measure": "downtime"}, "measure"),
    ],
)
def test_wrong_tornados_are_refused(effects: Any, more: dict[str, Any], named: str) -> None:
    """What cannot be drawn is refused with the argument."""
    with pytest.raises(rj.InvalidInputError, match=named):
        plot_tornado(effects, **more)
