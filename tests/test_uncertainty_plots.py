"""Pictures of uncertain rates show the numbers of the result."""

from __future__ import annotations

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest

import rejuvmodel as rj
from rejuvmodel import plotting

mpl.use("Agg")
RATES = rj.Rates.from_mean_times(aging="7 d", failure="90 d", repair="2 h", restart="20 min")
COSTS = rj.Costs(failure=1000, rejuvenation=10, capacity=5)
KNOWN = {"aging": ("5 d", "10 d"), "failure": ("30 d", "270 d")}


@pytest.fixture(scope="module")
def result() -> rj.Uncertainty:
    """Costs, a decision and a target."""
    return rj.uncertainty(rj.Cluster(2, RATES), KNOWN, costs=COSTS, bounds=(0, 10), target="5 min", points=64)


@pytest.fixture(autouse=True)
def closed():
    """No figure stays open."""
    yield
    plt.close("all")


def labels(ax) -> list[str]:
    return [text.get_text() for text in ax.get_legend().get_texts()]


@pytest.mark.parametrize(
    "measure", ["availability", "unavailability", "downtime", "cost", "best_rate", "best_period"]
)
def test_bars_hold_the_distribution(result: rj.Uncertainty, measure: str) -> None:
    """The bars hold all points but one in a thousand, and lines stand at the quantiles."""
    ax = plotting.plot_uncertainty(result, measure)
    assert ax.get_xscale() == "log"
    bars = [patch for patch in ax.patches if patch.get_height() > 0]
    low, high = ax.get_xlim()
    width = np.log(high / low) / 48
    shares = [
        bar.get_height() * np.log((bar.get_x() + bar.get_width()) / bar.get_x()) / width for bar in bars
    ]
    finite = np.isfinite(result.spreads[measure].logs).mean()
    assert sum(shares) == pytest.approx(finite, abs=0.004)
    value = np.exp(np.quantile(result.spreads[measure].logs, 0.5, method="inverted_cdf"))
    assert any(np.allclose(line.get_xdata(), value) for line in ax.lines)
    ax.figure.canvas.draw()


def test_the_target_parts_the_bars(result: rj.Uncertainty) -> None:
    """Bars beyond the target are hatched and hold the probability of missing it."""
    ax = plotting.plot_uncertainty(result)
    low, high = ax.get_xlim()
    width = np.log(high / low) / 48
    beyond = sum(
        bar.get_height() * np.log((bar.get_x() + bar.get_width()) / bar.get_x()) / width
        for bar in ax.patches
        if bar.get_hatch()
    )
    assert beyond == pytest.approx(1 - result.meets_target.mean, abs=0.003)
    assert any("target 5 min, met with probability" in text for text in labels(ax))


def test_the_band_shows_quantiles_and_decision(result: rj.Uncertainty) -> None:
    """The mean curve is that of the band, and the star stands at the decision."""
    ax = plotting.plot_band(result)
    curves = {line.get_label(): line for line in ax.lines}
    mean, band = curves["mean"], result.decision.band
    inside = np.isin(band.decisions, mean.get_xdata())
    np.testing.assert_allclose(mean.get_ydata(), np.exp(band.log_mean[inside]))
    star = next(line for name, line in curves.items() if name.startswith("decision"))
    assert star.get_xdata()[0] == pytest.approx(result.decision.rate)
    expected = result.decision.expected.mean / result.horizon
    assert star.get_ydata()[0] == pytest.approx(expected, rel=0.01)
    assert "what would be best if the rates were known" in labels(ax)
    ax.figure.canvas.draw()


def test_bands_of_triggers_and_of_deep_tails() -> None:
    """With a trigger the axis is the mean delay; where doubles end the heights are logarithms."""
    trigger = rj.Trigger(rj.Fixed(300), clock="unstable")
    found = rj.uncertainty(rj.Cluster(2, RATES, trigger), KNOWN, costs=COSTS, points=8)
    assert "mean delay" in plotting.plot_band(found).get_xlabel()
    deep = rj.uncertainty(rj.Cluster(300, RATES), KNOWN, bounds=(0, 1), points=4)
    assert plotting.plot_band(deep).get_ylabel().startswith("log10")
    ax = plotting.plot_uncertainty(deep, "unavailability")
    assert ax.get_xlabel().startswith("log10")
    ax.figure.canvas.draw()


def test_what_has_no_finite_value_is_said() -> None:
    """Where every point is 0 or infinite the picture says so instead of failing."""
    costs = rj.Costs(failure=0, rejuvenation=1)
    found = rj.uncertainty(rj.Cluster(2, RATES), KNOWN, costs=costs, points=4)
    ax = plotting.plot_uncertainty(found, "best_period")
    assert ax.texts[0].get_text() == "always 0 or infinite"
    assert any("never: 100 %" in text for text in labels(plotting.plot_band(found)))


def test_other_things_are_refused(result: rj.Uncertainty) -> None:
    """No result, another measure, and a result without a decision are refused by name."""
    with pytest.raises(rj.InvalidInputError, match="result"):
        plotting.plot_uncertainty(3)
    with pytest.raises(rj.InvalidInputError, match="measure"):
        plotting.plot_uncertainty(result, "nines")
    prior = rj.uncertainty(rj.Reactive(servers=1, failure=0.1, repair=1), {"repair": (1, 2)}, points=4)
    with pytest.raises(rj.InvalidInputError, match="without a decision"):
        plotting.plot_band(prior)
    with pytest.raises(rj.InvalidInputError, match="ax"):
        plotting.plot_band(result, ax=3)
