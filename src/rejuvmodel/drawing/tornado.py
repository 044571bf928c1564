"""The tornado: one bar for each parameter, how far a measure moves with it, the widest on top."""

from __future__ import annotations

from math import log
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from rejuvmodel.arrays import whole_number
from rejuvmodel.drawing.style import GREY, INK, ORANGE, SKY, axes_or_new, dress, fit_legend, wrapped
from rejuvmodel.durations import shown
from rejuvmodel.errors import InvalidInputError
from rejuvmodel.range_result import RangeEffects, end_in_words
from rejuvmodel.sensitivity_result import Sensitivity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

#: Bars that are drawn at most.
MOST_BARS = 20
#: Ends of bars this many times apart are drawn on a logarithmic axis, and below the second number in log10.
_WIDE, _LEAST = 20.0, log(1e-280)
#: Share of the axis beyond the widest bar, for texts.
_ROOM = 0.17
#: Inches of a short text, before the names of the parameters have taken their part of the width.
_TEXT = 0.9
#: Inches that the names of the parameters take up beside the axes.
_BESIDE = 0.6
#: Colour and hatching of the low and the high end.
_LOOKS = ((SKY, ""), (ORANGE, "////"))


class _Bar(NamedTuple):
    """One parameter: its name, and the two ends as text and as logarithms of the measure."""

    name: str
    low: str
    high: str
    log_low: float
    log_high: float


def plot_tornado(
    effects: Sensitivity | RangeEffects,
    *,
    measure: str | None = None,
    change: float = 0.1,
    most: int = MOST_BARS,
    currency: str = "",
    ax: Axes | None = None,
) -> Axes:
    """Plot how far a measure moves with each parameter, the most influential on top.

    From a `Sensitivity` every parameter is changed by the same share, and the measure follows its elasticity,
    f·(1 ± change)^E: exact for small changes. From `RangeEffects` each bar reaches from the measure at the
    low end of the stated range to that at the high end.

    Parameters
    ----------
    effects : Sensitivity or RangeEffects
        What ``sensitivity`` or ``range_effects`` found.
    measure : str, optional
        Of a sensitivity: the measure; by default the cost rate if there are costs, else the unavailability.
    change : float, optional
        Of a sensitivity: the relative change of every parameter, above 0 and below 1.
    most : int, optional
        Bars drawn at most; those of the least influence are left out.
    currency : str, optional
        The currency of the costs, for the label of the axis.
    ax : matplotlib.axes.Axes, optional
        Where to draw; by default on a new figure.

    Returns
    -------
    matplotlib.axes.Axes
        The axes. Parameters without any influence are left out, and their number is said.

    Raises
    ------
    InvalidInputError
        If ``effects`` is neither, the measure is unknown, or the change is not between 0 and 1.
    """
    if isinstance(effects, Sensitivity):
        name, value, bars = _of_sensitivity(effects, measure, change)
        ends = f"parameter {100 * change:.3g} % lower", f"parameter {100 * change:.3g} % higher"
    elif isinstance(effects, RangeEffects):
        if measure is not None and measure != effects.measure:
            raise InvalidInputError(
                "measure",
                shown(measure),
                f"these ranges were solved for the {effects.measure}",
                "Leave it out.",
            )
        name, value, bars = effects.measure, effects.log_value, _of_ranges(effects)
        ends = "at the low end of the range", "at the high end of the range"
    else:
        raise InvalidInputError(
            "effects", shown(effects), "plot_tornado takes a Sensitivity or RangeEffects",
            "Write sensitivity(…) or range_effects(…) first.",
        )  # fmt: skip
    most = whole_number("most", most, 1, "most is a whole number of at least 1")
    if not isinstance(currency, str):
        raise InvalidInputError("currency", shown(currency), "a currency is text", 'Write currency="EUR".')
    moving = [bar for bar in bars if bar.log_low != bar.log_high]
    if not np.isfinite(value) or not moving:
        raise InvalidInputError(
            "effects", f"{name} {np.exp(value):.3g}", "a tornado shows a measure that moves",
            "Choose another measure.",
        )  # fmt: skip
    ax = axes_or_new(ax, (7.5, 1.6 + 0.42 * min(len(moving), most)))
    _draw(ax, _measure(name, currency), value, moving[:most], ends)
    if left_out := len(bars) - len(moving[:most]):
        ax.set_title(f"{left_out} parameter{'s' if left_out > 1 else ''} of less or no influence not shown",
                     size="small", color=GREY, loc="right")  # fmt: skip
    return ax


def _of_sensitivity(found: Sensitivity, measure: str | None, change: object) -> tuple[str, float, list[_Bar]]:
    if isinstance(change, bool) or not isinstance(change, int | float) or not 0 < change < 1:
        raise InvalidInputError(
            "change",
            shown(change),
            "the change is a share above 0 and below 1",
            "Write change=0.1 for ±10 %.",
        )
    name = measure or ("cost_rate" if "cost_rate" in found.measures else "unavailability")
    ranked = found.ranking(name)
    value = float(found.log_values[found.measures.index(name)])
    bars = [
        _Bar(
            _title(one.parameter, one.symbol),
            f"−{100 * change:.3g} %",
            f"+{100 * change:.3g} %",
            value + one.elasticity * float(np.log1p(-change)),
            value + one.elasticity * float(np.log1p(change)),
        )
        for one in ranked
    ]
    return name, value, bars


def _measure(name: str, currency: str) -> str:
    """Name of a measure with its unit; of costs whose currency nobody named, only per what they are."""
    costs = {"cost_rate": f"{currency}/h" if currency else "per hour", "cost": currency}
    unit = ({"downtime": "h"} | costs).get(name, "")
    return name.replace("_", " ") + (f" [{unit}]" if unit else "")


def _of_ranges(effects: RangeEffects) -> list[_Bar]:
    return [
        _Bar(
            _title(one.parameter, one.symbol),
            end_in_words(one.low, one.unit),
            end_in_words(one.high, one.unit),
            one.log_at_low,
            one.log_at_high,
        )
        for one in effects.effects
    ]


def _title(name: str, symbol: str) -> str:
    """Name and symbol of a parameter, the symbol as a formula."""
    plain = name.replace("costs.", "cost of ").replace("mean_times.", "mean time of ").replace("_", " ")
    if not symbol:
        return plain
    letters = {"λ": r"\lambda", "μ": r"\mu"}
    stem, _, index = symbol.partition("_")
    text = letters.get(stem, stem) + (
        rf"_{{\mathrm{{{index}}}}}" if len(index) > 1 else f"_{index}" if index else ""
    )
    return f"{plain}  ${text}$"


class _Scale:
    """Places of logarithms on a linear or log axis of the measure, or of its log10 where it underflows."""

    def __init__(self, logs: Floats) -> None:
        logs = logs[np.isfinite(logs)]
        self.low, self.high = float(logs.min()), float(logs.max())
        self.deep = self.low < _LEAST
        self.wide = not self.deep and self.high - self.low > log(_WIDE)

    def __call__(self, logarithm: float) -> float:
        """Place of a natural logarithm."""
        if self.deep:
            return max(logarithm, self.low - 1.0) / log(10)
        return float(np.exp(max(logarithm, self.low - 1.0) if self.wide else logarithm))

    def limits(self, inches: float) -> tuple[float, float]:
        """Ends of an axis of some inches, with room for the texts beside the bars."""
        share = max(_ROOM, _TEXT / inches)
        first, last = self(self.low), self(self.high)
        if self.wide:
            room = (last / first) ** share
            return first / room, last * room
        return first - share * (last - first), last + share * (last - first)


def _draw(ax: Axes, measure: str, value: float, bars: list[_Bar], ends: tuple[str, str]) -> None:
    place = _Scale(np.array([*(x for bar in bars for x in (bar.log_low, bar.log_high)), value]))
    ax.set_xscale("log" if place.wide else "linear")
    figure = ax.get_figure(root=True)
    assert figure is not None  # axes stand on one
    inches = ax.get_window_extent().width / figure.dpi
    ax.set_xlim(*place.limits(inches))
    if not place.wide:
        ax.locator_params(axis="x", nbins=max(2, int(inches)))
    base = place(value)
    for row, bar in enumerate(bars):
        pair = bar.log_low, bar.log_high
        for k, (colour, hatch) in enumerate(_LOOKS):
            left, right = sorted((base, place(pair[k])))
            # Where both ends lie on one side, the nearer bar is drawn over the farther one.
            one_side = (pair[0] - value) * (pair[1] - value) > 0
            nearer = one_side and abs(pair[k] - value) < abs(pair[1 - k] - value)
            ax.barh(
                row, right - left, left=left, height=0.5 if nearer else 0.62, edgecolor="black",
                linewidth=0.8, color=colour, hatch=hatch, zorder=4 if nearer else 3, label=ends[k] if row == 0
                else "_nolegend_",
            )  # fmt: skip
        _write_ends(ax, row, bar, value, place)
    ax.axvline(base, color=INK, linewidth=1.4, zorder=5)
    ax.set_yticks(range(len(bars)), [bar.name for bar in bars])
    ax.set_ylim(len(bars) - 0.4, -0.6)
    ax.tick_params(axis="y", length=0)
    for side in ("top", "right", "left"):
        ax.spines[side].set_visible(False)
    what = f"log10 of {measure}" if place.deep else measure
    ax.set_xlabel(wrapped(ax, f"{what}; the line is the model as it is"))
    dress(ax, grid="x")
    fit_legend(ax, columns=2, beside=_BESIDE)


def _write_ends(ax: Axes, row: int, bar: _Bar, value: float, place: _Scale) -> None:
    """Write the ends of a range beside its bar; the nearer one in brackets where both lie on one side."""
    (first, text), (last, other) = sorted(((bar.log_low, bar.low), (bar.log_high, bar.high)))
    if first >= value:
        words = [(last, f"{other} ({text})", "left", 4)]
    elif last <= value:
        words = [(first, f"{text} ({other})", "right", -4)]
    else:
        words = [(first, text, "right", -4), (last, other, "left", 4)]
    for end, what, side, shift in words:
        ax.annotate(
            what, (place(end), row), xytext=(shift, 0), textcoords="offset points", ha=side, va="center",
            size="small", zorder=6, annotation_clip=False,
        )  # fmt: skip
